#include "store/stream.hpp"

#include <algorithm>

#include "store/dialect.hpp"

namespace usher::store {
namespace {

template <class F>
auto in_transaction(Connection& connection, F f) {
    connection.begin();
    try {
        auto result = f();
        connection.commit();
        return result;
    } catch (...) {
        connection.rollback();
        throw;
    }
}

}  // namespace

Stream take_slot(Connection& connection, std::int64_t slot) {
    return in_transaction(connection, [&] {
        connection.exec("INSERT INTO stream (slot, epoch, batch, last_seq) VALUES (:slot, 0, 0, 0)" +
                            on_conflict_nothing(connection.dialect(), "slot", "slot"),
                        slot);
        // From here on the row is ours: a batch of the former holder has committed before, or will find another epoch.
        connection.exec("UPDATE stream SET epoch = epoch + 1, batch = 0 WHERE slot = :slot", slot);
        const auto row = connection.one<std::tuple<std::int64_t, std::int64_t>>(
            "SELECT epoch, last_seq FROM stream WHERE slot = :slot", slot);
        const auto last =
            connection.one<std::optional<std::int64_t>>("SELECT max(seq) FROM event WHERE slot = :slot", slot);
        Stream taken{slot, std::get<0>(*row), 0, std::max(std::get<1>(*row), last->value_or(0))};
        connection.exec("UPDATE stream SET last_seq = :last WHERE slot = :slot", taken.last_seq, slot);
        return taken;
    });
}

Claim claim_batch(Session& sql, const Stream& held, bool in_doubt) {
    const std::int64_t batch = held.batch + 1;
    const auto moved = sql.exec(
        "UPDATE stream SET batch = :batch, last_seq = :last WHERE slot = :slot AND epoch = :epoch AND batch = :before",
        batch, held.last_seq, held.slot, held.epoch, held.batch);
    if (moved == 1) return Claim::ours;
    const auto row = sql.one<std::tuple<std::int64_t, std::int64_t>>(
        "SELECT epoch, batch FROM stream WHERE slot = :slot", held.slot);
    if (in_doubt && row && *row == std::tuple(held.epoch, batch)) return Claim::committed;
    return Claim::fenced;
}

std::int64_t IdSource::take(std::int64_t count) {
    if (end_ - next_ < count) throw Exhausted{next_ - batch_ + count};
    const auto first = next_;
    next_ += count;
    return first;
}

void IdSource::reserve(Connection& connection, std::int64_t wanted) {
    const std::int64_t size = std::max(kBlock, wanted * 2);
    const auto end = in_transaction(connection, [&] {
        connection.exec("INSERT INTO id_block (name, next_value) VALUES ('id', 1)" +
                        on_conflict_nothing(connection.dialect(), "name", "name"));
        connection.exec("UPDATE id_block SET next_value = next_value + :size WHERE name = 'id'", size);
        return *connection.one<std::int64_t>("SELECT next_value FROM id_block WHERE name = 'id'");
    });
    next_ = end - size;
    end_ = end;
}

}  // namespace usher::store
