#include "plugins/link.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/post.hpp>
#include <system_error>

namespace usher::plugins {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;
constexpr int kReadsInARow = 16;      // then others have their turn
constexpr std::size_t kFdsAhead = 8;  // descriptors whose frame has not come yet
constexpr std::size_t kKeep = 1024 * 1024;

std::string system_text(int error) {
    return std::generic_category().message(error);
}

}  // namespace

Result<std::pair<Fd, Fd>> Link::pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return Error{Errc::unavailable, "no socketpair: " + system_text(errno)};
    return std::pair<Fd, Fd>(Fd(ends[0]), Fd(ends[1]));
}

std::shared_ptr<Link> Link::make(Fd socket, asio::any_io_executor executor, Limits limits) {
    return std::shared_ptr<Link>(new Link(std::move(socket), std::move(executor), limits));
}

Link::Link(Fd socket, asio::any_io_executor executor, Limits limits)
    : limits_(limits), executor_(std::move(executor)), socket_(executor_, socket.release()) {
    in_.resize(kReadSize);
}

void Link::start(OnFrame on_frame, OnClosed on_closed) {
    {
        const std::lock_guard lock(mutex_);
        on_closed_ = std::move(on_closed);
    }
    on_frame_ = std::move(on_frame);
    wait_readable();
}

// ---- in -------------------------------------------------------------------------------------------------------------

void Link::wait_readable() {
    {
        const std::lock_guard lock(mutex_);
        if (!closed_) {
            socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                               [self = shared_from_this()](boost::system::error_code error) {
                                   if (error) {
                                       self->on_frame_ = nullptr;
                                   } else {
                                       self->readable();
                                   }
                               });
            return;
        }
    }
    on_frame_ = nullptr;  // whoever listened may go
}

void Link::readable() {
    std::string fault;
    bool drained = false;
    for (int i = 0; i < kReadsInARow && !drained; ++i) {
        if (read_some(drained, fault) && take_frames(fault)) continue;
        close(fault);
        break;
    }
    wait_readable();
}

bool Link::read_some(bool& drained, std::string& fault) {
    if (in_.size() - end_ < kReadSize) {
        if (begin_ > 0) {
            std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (in_.size() - end_ < kReadSize) in_.resize(end_ + kReadSize);
    }
    iovec part{in_.data() + end_, in_.size() - end_};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kFdsAhead)];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t got = 0;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return false;
        do {
            got = ::recvmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        } while (got < 0 && errno == EINTR);
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return drained = true;
    if (got < 0) {
        fault = "its connection broke: " + system_text(errno);
        return false;
    }
    for (cmsghdr* one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(one) + i * sizeof fd, sizeof fd);
            fds_.push_back(std::make_shared<Fd>(fd));
        }
    }
    if (fds_.size() > kFdsAhead || (message.msg_flags & MSG_CTRUNC) != 0) {
        fault = "it sent descriptors that belong to no frame";
        return false;
    }
    if (got == 0) {
        fault = kEnded;
        return false;
    }
    end_ += static_cast<std::size_t>(got);
    drained = static_cast<std::size_t>(got) < part.iov_len && fds_.empty();
    return true;
}

bool Link::take_frames(std::string& fault) {
    while (end_ - begin_ >= sizeof(wire::Head)) {
        Frame frame;
        std::memcpy(&frame.head, in_.data() + begin_, sizeof frame.head);
        if (frame.head.size > limits_.frame || frame.head.fds > 1) {
            fault = "it sent a frame of " + std::to_string(frame.head.size) + " bytes; at most " +
                    std::to_string(limits_.frame) + " are read";
            return false;
        }
        const std::size_t whole_size = sizeof frame.head + frame.head.size;
        if (end_ - begin_ < whole_size) {
            if (in_.size() < begin_ + whole_size) in_.resize(begin_ + whole_size);
            return true;
        }
        if (frame.head.fds == 1) {
            if (fds_.empty()) {
                fault = "it announced a descriptor and sent none";
                return false;
            }
            frame.fd = std::move(fds_.front());
            fds_.pop_front();
        }
        frame.body = std::string_view(in_.data() + begin_ + sizeof frame.head, frame.head.size);
        begin_ += whole_size;
        on_frame_(frame);
    }
    if (begin_ == end_) {
        begin_ = end_ = 0;
        if (in_.size() > kKeep) {
            in_.resize(kReadSize);
            in_.shrink_to_fit();
        }
    }
    return true;
}

// ---- out ------------------------------------------------------------------------------------------------------------

bool Link::send(std::string frame, std::shared_ptr<Fd> fd) {
    if (fd && !*fd) fd.reset();
    if (fd) {
        const std::uint16_t one = 1;
        std::memcpy(frame.data() + offsetof(wire::Head, fds), &one, sizeof one);
    }
    const std::lock_guard lock(mutex_);
    if (closed_ || broken_) return false;
    waiting_ += frame.size();
    out_.push_back({std::move(frame), std::move(fd)});
    if (writing_) {
        if (waiting_ > limits_.waiting) close_locked("it does not read what it is sent");
        return !closed_;
    }
    write_some();
    if (!out_.empty()) wait_writable();
    return !broken_;
}

/// A peer that is gone: what it said before is still there to be read, and the end comes with that.
void Link::write_some() {
    while (!out_.empty()) {
        Out& next = out_.front();
        iovec part{next.bytes.data() + next.sent, next.bytes.size() - next.sent};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (next.fd && next.sent == 0) {
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            cmsghdr* header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            const int fd = next.fd->get();
            std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
        }
        ssize_t sent = 0;
        do {
            sent = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        } while (sent < 0 && errno == EINTR);
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (sent < 0) {
            broken_ = true;
            out_.clear();
            waiting_ = 0;
            return;
        }
        next.sent += static_cast<std::size_t>(sent);
        waiting_ -= static_cast<std::size_t>(sent);
        if (next.sent == next.bytes.size()) out_.pop_front();  // its descriptor is the peer's now; ours closes
    }
}

void Link::wait_writable() {
    writing_ = true;
    socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [self = shared_from_this()](boost::system::error_code error) {
                           const std::lock_guard lock(self->mutex_);
                           self->writing_ = false;
                           if (error || self->closed_) return;
                           self->write_some();
                           if (!self->out_.empty()) self->wait_writable();
                       });
}

void Link::close(const std::string& why) {
    const std::lock_guard lock(mutex_);
    close_locked(why);
}

void Link::close_locked(const std::string& why) {
    if (closed_) return;
    closed_ = true;
    out_.clear();
    waiting_ = 0;
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (on_closed_) asio::post(executor_, [told = std::move(on_closed_), why] { told(why); });
    on_closed_ = nullptr;
}

}  // namespace usher::plugins
