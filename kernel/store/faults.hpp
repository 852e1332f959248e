#pragma once
/// What the databases' error codes mean for us. Tables without any library behind them.
#include <string_view>

#include "foundation/error.hpp"
#include "store/session.hpp"

namespace usher::store {

/// `extended` is SQLite's extended result code.
DatabaseFault fault_of_sqlite(int extended);
/// Five characters; blank when the server did not answer at all.
DatabaseFault fault_of_postgresql(std::string_view sqlstate);
DatabaseFault fault_of_mysql(unsigned number);

/// What a caller of the store gets: unavailable (try again), timeout, conflict "duplicate", or internal.
Error to_error(const DatabaseError& error);

}  // namespace usher::store
