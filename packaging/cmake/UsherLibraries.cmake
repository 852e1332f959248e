# Libraries from Debian 12, as imported targets. SOCI's package ships no CMake files, hence find_library.
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url filesystem system)
find_package(OpenSSL 3 REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(date REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(GUMBO REQUIRED IMPORTED_TARGET gumbo)

find_library(JEMALLOC_LIBRARY jemalloc)  # faster where it is; nothing depends on it

foreach(part core sqlite3 postgresql mysql)
  find_library(SOCI_${part} soci_${part} REQUIRED)
endforeach()
find_path(SOCI_INCLUDE soci/soci.h REQUIRED)
find_path(PQ_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_path(MARIADB_INCLUDE mysql.h PATH_SUFFIXES mariadb REQUIRED)
find_library(PQ_LIBRARY pq REQUIRED)
find_library(MARIADB_LIBRARY mariadb REQUIRED)
add_library(usher_soci INTERFACE)
target_include_directories(usher_soci SYSTEM INTERFACE ${SOCI_INCLUDE} ${PQ_INCLUDE} ${MARIADB_INCLUDE})
target_link_libraries(usher_soci INTERFACE ${SOCI_sqlite3} ${SOCI_postgresql} ${SOCI_mysql} ${SOCI_core}
  ${PQ_LIBRARY} ${MARIADB_LIBRARY} SQLite::SQLite3)

# Boost as everything here sees it: no deprecated Asio names, coroutines on.
add_library(usher_boost INTERFACE)
target_link_libraries(usher_boost INTERFACE Boost::json Boost::url Boost::filesystem Boost::system Threads::Threads)
target_compile_definitions(usher_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION)

if(NOT DEFINED USHER_TESTS OR USHER_TESTS)
  find_package(GTest REQUIRED)
endif()
