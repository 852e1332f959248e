#include "store/faults.hpp"

#include <algorithm>
#include <iterator>

namespace usher::store {

DatabaseFault fault_of_sqlite(int extended) {
    switch (extended) {
        case 2067:  // UNIQUE
        case 1555:  // PRIMARY KEY
        case 2579:  // ROWID
            return DatabaseFault::unique;
        default:
            break;
    }
    switch (extended & 0xff) {
        case 5:   // BUSY
        case 6:   // LOCKED
        case 10:  // IOERR
        case 13:  // FULL
        case 14:  // CANTOPEN
            return DatabaseFault::busy;
        case 9:
            return DatabaseFault::interrupted;
        case 19:
            return DatabaseFault::constraint;
        default:
            return DatabaseFault::other;
    }
}

DatabaseFault fault_of_postgresql(std::string_view sqlstate) {
    if (sqlstate == "57014") return DatabaseFault::interrupted;  // statement_timeout
    if (sqlstate == "23505") return DatabaseFault::unique;
    const auto kind = sqlstate.substr(0, 2);
    if (kind == "08" || kind == "57") return DatabaseFault::connection_lost;  // shutdown, crash, starting up
    if (sqlstate == "53300" || sqlstate == "25P03") return DatabaseFault::connection_lost;
    if (kind == "40" || kind == "53" || kind == "55" || sqlstate == "25006") return DatabaseFault::busy;
    if (kind == "22" || kind == "23") return DatabaseFault::constraint;
    return DatabaseFault::other;
}

DatabaseFault fault_of_mysql(unsigned number) {
    // Too many connections, shutting down, network errors, killed, cannot connect, gone, lost, disconnected when idle.
    static constexpr unsigned kLost[] = {1040, 1053, 1152, 1158, 1159, 1160, 1161, 1203,
                                         1927, 2002, 2003, 2006, 2013, 2055, 4031};
    // Row changed meanwhile, disk full, table full, lock wait, deadlock, read-only server.
    static constexpr unsigned kBusy[] = {1020, 1021, 1114, 1205, 1213, 1290, 1836};
    static constexpr unsigned kUnique[] = {1062, 1169, 1586};
    // NULL, foreign keys, range, no default, wrong value, too long, CHECK.
    static constexpr unsigned kConstraint[] = {1048, 1216, 1217, 1264, 1364, 1366, 1406, 1451, 1452, 3819, 4025};
    static constexpr unsigned kInterrupted[] = {1317, 1969, 3024};
    const auto in = [&](const auto& numbers) {
        return std::find(std::begin(numbers), std::end(numbers), number) != std::end(numbers);
    };
    if (in(kLost)) return DatabaseFault::connection_lost;
    if (in(kBusy)) return DatabaseFault::busy;
    if (in(kUnique)) return DatabaseFault::unique;
    if (in(kConstraint)) return DatabaseFault::constraint;
    if (in(kInterrupted)) return DatabaseFault::interrupted;
    return DatabaseFault::other;
}

Error to_error(const DatabaseError& error) {
    const std::string text = std::string("database: ") + error.what();
    switch (error.fault) {
        case DatabaseFault::connection_lost:
        case DatabaseFault::busy:
            return {Errc::unavailable, text, {}, std::chrono::seconds(2)};
        case DatabaseFault::interrupted:
            return {Errc::timeout, text, {}, std::chrono::seconds(2)};
        case DatabaseFault::unique:
            return conflict("duplicate", text);
        case DatabaseFault::constraint:
        case DatabaseFault::other:
            break;
    }
    return {Errc::internal, text};
}

}  // namespace usher::store
