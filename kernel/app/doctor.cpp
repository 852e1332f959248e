#include "app/doctor.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

#include "config/json_schema.hpp"
#include "plugins/registry.hpp"
#include "store/connection.hpp"
#include "store/migrate.hpp"

namespace usher::app {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kClockDifferenceUs = 2'000'000;

std::string store_url(const Premises& premises) {
    const auto& url = premises.loaded->settings.store.url;
    return url.empty() ? "sqlite://" + (premises.data / "usher.db").string() : url.value;
}

const char* dialect_name(store::Dialect dialect) {
    switch (dialect) {
        case store::Dialect::sqlite:
            return "SQLite";
        case store::Dialect::postgresql:
            return "PostgreSQL";
        case store::Dialect::mysql:
            break;
    }
    return "MySQL or MariaDB";
}

std::string text_of(store::Session& sql, std::string_view query) {
    const auto row = sql.one<std::tuple<std::string>>(query);
    return row ? std::get<0>(*row) : std::string();
}

/// Whether what was committed survives a power cut.
void examine_durability(store::Session& sql, Diagnoses& out) {
    const auto loses = [&](const std::string& what, const std::string& advice) {
        out.push_back({Health::bad, "database", what + ": acknowledged messages may be lost in a power cut", advice});
    };
    if (sql.dialect() == store::Dialect::postgresql) {
        const std::string commit = text_of(sql, "SELECT current_setting('synchronous_commit')");
        if (commit == "off" || text_of(sql, "SELECT current_setting('fsync')") == "off")
            loses("PostgreSQL does not wait for the disk (fsync or synchronous_commit is off)",
                  "set fsync = on and synchronous_commit = on in postgresql.conf");
        const std::string names = text_of(sql, "SELECT current_setting('synchronous_standby_names')");
        const auto standbys = sql.one<std::int64_t>("SELECT count(*) FROM pg_stat_replication").value_or(0);
        if (standbys > 0 && names.empty())
            out.push_back(
                {Health::worth_a_look, "database",
                 "there is a replica and replication is asynchronous: promoting it may lose acknowledged messages",
                 "set synchronous_standby_names, or do not promote the replica without thought"});
    } else if (sql.dialect() == store::Dialect::mysql) {
        if (text_of(sql, "SELECT CAST(@@global.innodb_flush_log_at_trx_commit AS CHAR(8))") != "1")
            loses("InnoDB does not wait for the disk (innodb_flush_log_at_trx_commit is not 1)",
                  "set innodb_flush_log_at_trx_commit = 1");
    }
}

void examine_database_clock(store::Session& sql, Diagnoses& out) {
    if (sql.dialect() == store::Dialect::sqlite) return;
    const auto theirs =
        sql.one<std::int64_t>(sql.dialect() == store::Dialect::postgresql
                                  ? "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
                                  : "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)");
    const auto ours =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    const std::int64_t apart = theirs ? std::abs(*theirs - ours) : 0;
    if (apart > kClockDifferenceUs)
        out.push_back({Health::worth_a_look, "clock",
                       "the database's clock and this machine's are " + std::to_string(apart / 1'000'000) + " s apart",
                       "synchronise both (chrony or systemd-timesyncd)"});
}

void examine_schema(store::Session& sql, const std::string& where, Diagnoses& out) {
    const std::int64_t newest = store::embedded_migrations().empty() ? 0 : store::embedded_migrations().back().number;
    std::int64_t applied = 0;
    try {
        applied = sql.one<std::int64_t>("SELECT COALESCE(MAX(number), 0) FROM schema_migration WHERE done = statements")
                      .value_or(0);
    } catch (const store::DatabaseError&) {
        out.push_back({Health::good, "database", where + " is empty; the first start fills it", ""});
        return;
    }
    const std::string state = "schema " + std::to_string(applied) + " of " + std::to_string(newest);
    if (applied > newest) {
        out.push_back({Health::worth_a_look, "database", where + " was changed by a newer Usher (" + state + ")",
                       "run the newer program, or one that it says can work with this schema"});
    } else if (applied < newest) {
        out.push_back({Health::worth_a_look, "database", where + " is of an older Usher (" + state + ")",
                       "make a backup; the next start brings it up to date"});
    } else {
        out.push_back({Health::good, "database", where + ", " + state, ""});
    }
}

/// Secrets that stand in the YAML itself, not brought by a substitution.
bool has_literal_secrets(const config::Loaded& loaded, const plugins::Registry& registry) {
    const auto literal = [&](const std::string& path) {
        return config::exactly_at(loaded.sources, path) && !loaded.substituted.contains(path);
    };
    const config::Settings& s = loaded.settings;
    if (!s.secret_key.empty() && literal("/secret_key")) return true;
    if (s.store.url.value.find("password=") != std::string::npos && literal("/store/url")) return true;
    for (std::size_t i = 0; i < s.accounts.size(); ++i) {
        std::vector<std::string> secrets;
        static_cast<void>(registry.redact(plugins::Kind::channel, s.accounts[i].channel,
                                          json::value(s.accounts[i].config), &secrets));
        const std::string below = pointer(pointer("/accounts", i), "config");
        for (const auto& path : secrets) {
            if (literal(below + path) && !loaded.substituted.contains(below + path + "/0")) return true;
        }
    }
    return false;
}

}  // namespace

void examine_database(const Premises& premises, Diagnoses& out) {
    const auto url = store::parse_url(store_url(premises));
    if (!url) {
        out.push_back({Health::bad, "database", url.error().message, "mend store.url"});
        return;
    }
    std::error_code error;
    const bool sqlite = url->dialect == store::Dialect::sqlite;
    const std::string where = sqlite ? "SQLite " + url->target : dialect_name(url->dialect);
    if (sqlite && !fs::exists(url->target, error)) {
        out.push_back({Health::good, "database", where + " is not there yet; the first start makes it", ""});
        return;
    }
    try {
        store::ConnectOptions options;
        options.read_only = true;
        options.deadline = std::chrono::seconds(5);
        const auto connection = store::Connection::open(*url, options);
        connection->begin();
        examine_schema(*connection, where, out);
        connection->rollback();
        connection->begin();
        examine_durability(*connection, out);
        examine_database_clock(*connection, out);
        connection->rollback();
    } catch (const store::DatabaseError& e) {
        out.push_back(
            {Health::bad, "database", where + ": " + e.what(),
             sqlite ? "see that the file is whole and may be read and written by Usher's user"
                    : "see that the server runs, and that host, database, user and password in store.url are right"});
    }
}

Diagnoses examine(const Options& options) {
    Diagnoses out;
    Premises premises;
    premises.config_files = options.config;
    config::Surroundings around = config::Surroundings::system();
    around.read_file = [&](const fs::path& path) {
        if (std::find(options.config.begin(), options.config.end(), path) == options.config.end())
            premises.secret_files.push_back(path);
        return config::Surroundings::system().read_file(path);
    };
    Configuration configuration = read_configuration(options, around);
    plugins::Registry registry({}, {});
    const std::size_t before = configuration.faults.size();
    check_plugins(configuration, registry);
    for (std::size_t i = 0; i < configuration.faults.size(); ++i) {
        out.push_back({Health::bad, "configuration", to_string(configuration.faults[i]),
                       "mend it; `usherctl config check` tells when all is well"});
    }
    if (configuration.faults.empty()) out.push_back({Health::good, "configuration", "no faults", ""});
    const std::size_t loaded = registry.plugins().size();
    if (loaded == 0 && before == configuration.faults.size()) {
        out.push_back({Health::bad, "plugins", "none is loaded: without a channel nobody can write",
                       "see that plugin_dirs names the folder with the usher-*.so files"});
    } else if (loaded != 0) {
        out.push_back({Health::good, "plugins", std::to_string(loaded) + " are there and can be loaded", ""});
    }
    const config::Settings& s = configuration.loaded.settings;
    std::error_code error;
    premises.loaded = &configuration.loaded;
    premises.data = fs::absolute(s.data_dir, error);
    premises.blobs = s.blobs.folder.empty() ? premises.data / "blobs" : fs::absolute(s.blobs.folder, error);
    premises.secrets_in_yaml = has_literal_secrets(configuration.loaded, registry);
    examine_folders(premises, out);
    examine_database(premises, out);
    examine_ports(premises, out);
    examine_clock(out);
    examine_limits(premises, out);
    examine_permissions(premises, out);
    return out;
}

}  // namespace usher::app
