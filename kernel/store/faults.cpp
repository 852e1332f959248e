#include "store/faults.hpp"

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
    switch (number) {
        case 1040:
        case 1053:
        case 1152:
        case 1158:
        case 1159:
        case 1160:
        case 1161:
        case 1203:
        case 1927:
        case 2002:
        case 2003:
        case 2006:
        case 2013:
        case 2055:
        case 4031:
            return DatabaseFault::connection_lost;
        case 1020:
        case 1021:
        case 1114:
        case 1205:
        case 1213:
        case 1290:
        case 1836:
            return DatabaseFault::busy;
        case 1062:
        case 1169:
        case 1586:
            return DatabaseFault::unique;
        case 1048:
        case 1216:
        case 1217:
        case 1264:
        case 1364:
        case 1366:
        case 1406:
        case 1451:
        case 1452:
        case 3819:
        case 4025:
            return DatabaseFault::constraint;
        case 1317:
        case 1969:
        case 3024:
            return DatabaseFault::interrupted;
        default:
            return DatabaseFault::other;
    }
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
