#pragma once
/// The writer's hold on its slot, and the ids it hands out. Both are rows; both survive any crash.
#include <cstdint>
#include <optional>

#include "store/connection.hpp"

namespace usher::store {

/// What a writer holds: see migrations/0001_store.sql.
struct Stream {
    std::int64_t slot = 0;
    std::int64_t epoch = 0;
    std::int64_t batch = 0;     // the last one that committed
    std::int64_t last_seq = 0;  // of the last event that committed
};

/// Takes the slot from whoever had it (epoch + 1) and goes on after its last event. A transaction of its own.
Stream take_slot(Connection& connection, std::int64_t slot);

enum class Claim {
    ours,       // the batch may run
    committed,  // this very batch has committed before: its first try's COMMIT had arrived
    fenced,     // the slot belongs to another
};
/// The first statement of a batch's transaction.
/// @param in_doubt  a COMMIT of this batch was sent and never answered
Claim claim_batch(Session& sql, const Stream& held, bool in_doubt);

/// Ids from blocks of a table: what was reserved is never reserved again, so none comes twice, whatever is killed.
class IdSource final {
public:
    /// Thrown when a batch needs more than is left: it is rolled back, a larger block reserved, and it runs again.
    struct Exhausted {
        std::int64_t wanted;
    };
    void begin_batch() { batch_ = next_; }
    /// The first of `count` consecutive ids.
    std::int64_t take(std::int64_t count);
    bool low() const { return end_ - next_ < kBlock / 4; }
    /// Reserves a block that holds twice what a batch wanted. A transaction of its own; what was left is dropped.
    void reserve(Connection& connection, std::int64_t wanted = 0);

private:
    static constexpr std::int64_t kBlock = 65'536;
    std::int64_t next_ = 0;
    std::int64_t end_ = 0;
    std::int64_t batch_ = 0;  // next_ at the begin of the batch
};

}  // namespace usher::store
