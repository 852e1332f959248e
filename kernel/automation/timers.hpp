#pragma once
/// What is due: the ends of responders' waits and of snoozes. Each responder's waits ring apart from the others', so
/// that one which is slow or dead delays nobody else. Thread-safe.
#include <memory>

#include "automation/asking.hpp"

namespace usher::automation {

class Timers final {
public:
    Timers(Asking asking, Clock& clock, asio::any_io_executor executor);
    ~Timers();
    void start();
    Task<void> stop();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::automation
