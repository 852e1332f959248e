#pragma once
/// The helper's inside: frames of the kernel become calls of instances in this process, which is the in-process carrier
/// over sinks that ask the kernel.
#include "plugins/host_program/remote_sinks.hpp"
#include "plugins/local_instance.hpp"

namespace usher::plugins {

class Guest final : public std::enable_shared_from_this<Guest> {
public:
    Guest(std::shared_ptr<Link> link, asio::thread_pool& pool);
    /// What create answers from: a library, or why there is none.
    void serve(Result<std::shared_ptr<const Library>> library);

private:
    struct Place {
        std::shared_ptr<LocalInstance> instance;
        RemoteSinks* sinks = nullptr;
    };
    void on_frame(const Link::Frame& frame);
    void create(const Link::Frame& frame);
    void created(std::uint32_t number, RemoteSinks* sinks, std::uint64_t call,
                 Result<std::shared_ptr<LocalInstance>> made);
    void operate(const Link::Frame& frame);
    void answer(const wire::Head& head, std::string frame);

    std::shared_ptr<Link> link_;
    asio::thread_pool& pool_;
    std::shared_ptr<Requests> requests_;
    std::optional<Result<std::shared_ptr<const Library>>> library_;
    std::mutex mutex_;
    std::map<std::uint32_t, Place> places_;
    // Of every instance there ever was: a plugin's late completion may still ask for one.
    std::vector<std::unique_ptr<RemoteSinks>> sinks_;
};

}  // namespace usher::plugins
