#pragma once
/// Jsonl: appends the event feed to files. The disk may be slow, and an instance's thread must not wait for it: one
/// thread of our own writes, and finishes the batches in their order.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <usher/plugin.hpp>

#include "files.hpp"

namespace usher::jsonl {

Files::Settings parse_config(std::string_view json);

class Jsonl final : public sdk::Exporter {
public:
    Jsonl(sdk::Host given, std::string_view config_json);
    ~Jsonl() override;

    void start(sdk::Role role, sdk::Done<void> done) override;
    void stop(sdk::Done<void> done) override;
    void export_batch(std::string ndjson, sdk::Done<void> done) override;

private:
    void post(std::function<void()> job);
    void run();

    Files files_;  // the writer's alone
    bool degraded_ = false;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    bool ending_ = false;
    std::thread writer_;
};

}  // namespace usher::jsonl
