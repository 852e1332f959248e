#include "jsonl.hpp"

#include <boost/json.hpp>

namespace usher::jsonl {

namespace json = boost::json;
using namespace sdk;

Files::Settings parse_config(std::string_view text) {
    json::error_code failed;
    const json::value parsed = json::parse(text, failed);
    if (failed || !parsed.is_object()) throw ConfigError("expected a JSON object");
    const json::object& config = parsed.get_object();
    const json::value* folder = config.if_contains("folder");
    if (folder == nullptr || !folder->is_string() || folder->get_string().empty())
        throw ConfigError("folder: is required");
    Files::Settings settings{.folder = std::string(folder->get_string())};
    const auto number = [&](std::string_view key, std::uint64_t& value) {
        const json::value* found = config.if_contains(key);
        if (found == nullptr) return;
        json::error_code wrong;
        value = found->to_number<std::uint64_t>(wrong);
        if (wrong) throw ConfigError(std::string(key) + ": expected a whole number, not negative");
    };
    number("max_file_bytes", settings.max_file_bytes);
    number("max_files", settings.max_files);
    if (const json::value* found = config.if_contains("fsync"); found != nullptr && found->is_bool())
        settings.fsync = found->get_bool();
    return settings;
}

Jsonl::Jsonl(Host given, std::string_view config_json)
    : Exporter(given, config_json), files_(parse_config(config_json)), writer_([this] { run(); }) {}

Jsonl::~Jsonl() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    writer_.join();  // jobs that were queued are written first
}

void Jsonl::post(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    wake_.notify_all();
}

void Jsonl::run() {
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        guard(host(), "jsonl", job);
    }
}

void Jsonl::start(Role, Done<void> done) {
    post([this, done] {
        const auto opened = files_.open();
        if (!opened) {
            host().state(State::failed, opened.failure().error);
            return done(opened.failure());
        }
        if (*opened > 0)
            host().warn("cut " + std::to_string(*opened) + " bytes of an unfinished line from " +
                        files_.current().string() + "; its batch comes again");
        done();
    });
}

void Jsonl::stop(Done<void> done) {
    post([this, done] {  // behind every batch that was accepted
        files_.close();
        done();
    });
}

void Jsonl::export_batch(std::string ndjson, Done<void> done) {
    post([this, done, lines = std::move(ndjson)] {
        const auto written = files_.append(lines);
        if (!written) {
            degraded_ = true;
            host().state(State::degraded, written.failure().error);
            return done(written.failure());
        }
        if (std::exchange(degraded_, false)) host().state(State::ready, "writing again");
        done();
    });
}

}  // namespace usher::jsonl
