#pragma once
/// One end of the socketpair between the kernel and a helper: whole frames in order, both ways, with a descriptor where
/// one belongs to them. Whoever sends never blocks; what the socket does not take at once waits here, up to a limit.
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "foundation/async.hpp"
#include "plugins/abi.hpp"
#include "plugins/wire.hpp"

namespace usher::plugins {

class Link final : public std::enable_shared_from_this<Link> {
public:
    struct Limits {
        std::size_t frame = 16 * 1024 * 1024;    // one that comes in
        std::size_t waiting = 64 * 1024 * 1024;  // bytes that the peer has not taken yet
    };
    struct Frame {
        wire::Head head;
        std::string_view body;     // valid during the call
        std::shared_ptr<Fd> fd{};  // where the head says so
    };
    static constexpr char kEnded[] = "it ended";                   // why: the peer closed
    using OnFrame = std::function<void(const Frame&)>;             // never two at once
    using OnClosed = std::function<void(const std::string& why)>;  // once; frames read before may still be on their way

    /// A pair of connected, non-blocking sockets, closed on exec.
    static Result<std::pair<Fd, Fd>> pair();
    static std::shared_ptr<Link> make(Fd socket, asio::any_io_executor executor, Limits limits);

    void start(OnFrame on_frame, OnClosed on_closed);
    /// Any thread. False: closed. What was taken arrives whole and in order, or the link closes.
    bool send(std::string frame, std::shared_ptr<Fd> fd = nullptr);
    /// Any thread; on_closed comes from the executor.
    void close(const std::string& why);

private:
    struct Out {
        std::string bytes;
        std::shared_ptr<Fd> fd;
        std::size_t sent = 0;
    };
    Link(Fd socket, asio::any_io_executor executor, Limits limits);
    void wait_readable();
    void readable();
    bool read_some(bool& drained, std::string& fault);
    bool take_frames(std::string& fault);
    void write_some();  // under the mutex
    void wait_writable();
    void close_locked(const std::string& why);

    const Limits limits_;
    asio::any_io_executor executor_;
    std::mutex mutex_;  // of the descriptor's initiations and everything to the outside
    asio::posix::stream_descriptor socket_;
    bool closed_ = false;
    bool broken_ = false;   // nothing can be written any more
    bool writing_ = false;  // waits for room
    std::deque<Out> out_;
    std::size_t waiting_ = 0;
    OnClosed on_closed_;
    // of the reading turn
    OnFrame on_frame_;
    std::string in_;
    std::size_t begin_ = 0, end_ = 0;
    std::deque<std::shared_ptr<Fd>> fds_;
};

}  // namespace usher::plugins
