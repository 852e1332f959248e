#pragma once
/// One prepared statement with its buffers. For connection.cpp alone.
#include <memory>
#include <span>
#include <vector>

#include "store/session.hpp"
#include "store/sql_text.hpp"

namespace soci {
class session;
}

namespace usher::store {

class Statement final {
public:
    /// @param uses  the kind of each place in the text, see ParsedSql::occurrences
    Statement(soci::session& session, Dialect dialect, ParsedSql sql, std::vector<Kind> uses,
              const std::vector<Kind>& intos);
    ~Statement();

    const ParsedSql& sql() const;
    /// The kinds it would need for these parameters; equal to uses() when it can take them.
    const std::vector<Kind>& uses() const;

    std::int64_t run(std::span<const Value> parameters);
    /// Reads to the end, always: on SQLite an unread SELECT pins its snapshot past COMMIT.
    void select(std::span<const Value> parameters, const std::function<void(std::span<const Value>)>& row);

    std::uint64_t used_at = 0;  // for throwing out the one that was used longest ago

private:
    struct Impl;
    struct Finally;
    std::unique_ptr<Impl> impl_;
};

}  // namespace usher::store
