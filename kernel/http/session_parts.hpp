#pragma once
/// The values that a request in progress consists of. Internal to session*.cpp.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "http/offload.hpp"
#include "http/session.hpp"

namespace usher::http {

/// Counts a request for as long as it lives: a drain waits for it.
class InFlight final {
public:
    explicit InFlight(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) { ++shared_->in_flight; }
    InFlight(InFlight&& other) noexcept = default;
    InFlight& operator=(InFlight&&) = delete;
    ~InFlight() {
        if (shared_) --shared_->in_flight;
    }

private:
    std::shared_ptr<Shared> shared_;
};

/// A temporary file that a body goes to. On the file thread, but for its making and its end.
class UploadWriter final {
public:
    UploadWriter(const std::filesystem::path& folder, std::uint64_t number) {
        std::error_code ignored;  // no temporary folder: then opening says so
        path_ = (folder.empty() ? std::filesystem::temp_directory_path(ignored) : folder) /
                ("usher-upload-" + std::to_string(::getpid()) + "-" + std::to_string(number));
    }
    ~UploadWriter() {
        if (fd_ >= 0) ::close(fd_);
        if (made_) ::unlink(path_.c_str());
    }
    UploadWriter(const UploadWriter&) = delete;
    UploadWriter& operator=(const UploadWriter&) = delete;

    Result<void> append(const std::string& bytes) {
        if (!made_) {
            fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            if (fd_ < 0) return failed();
            made_ = true;
        }
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ::ssize_t written = ::write(fd_, bytes.data() + done, bytes.size() - done);
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return failed();
            done += static_cast<std::size_t>(written);
        }
        size_ += bytes.size();
        return {};
    }

    std::shared_ptr<const UploadedFile> finish() {
        ::close(std::exchange(fd_, -1));
        made_ = false;  // it is the UploadedFile's now
        return std::make_shared<const UploadedFile>(path_, size_);
    }

private:
    Error failed() const { return {Errc::unavailable, "upload " + path_.string() + ": " + std::strerror(errno)}; }

    std::filesystem::path path_;
    int fd_ = -1;
    bool made_ = false;
    std::uint64_t size_ = 0;
};

struct Session::Call {
    explicit Call(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    asio::cancellation_signal cancel;
    bool finished = false;
    std::exception_ptr failure;
    Response response;
};

struct Session::Incoming {
    explicit Incoming(std::size_t header_count) : parser(header_count) {}

    /// The request goes to its handler; what its answer still needs stays.
    Request take() {
        Request out = std::move(request);
        request = Request();
        request.method = out.method;
        request.id = out.id;
        request.remote_addr = out.remote_addr;
        taken = true;
        return out;
    }
    void refuse(int status, Error error) { refusal.emplace(status, std::move(error)); }

    RequestParser parser;
    ParsedHead head;
    Request request;
    const Route* route = nullptr;
    std::shared_ptr<UploadWriter> upload;
    std::optional<std::pair<int, Error>> refusal;  // of the head
    SteadyTime started;
    bool keep_alive = true;
    bool body_left = false;
    bool expect_continue = false;
    bool unparsed = false;  // there is no request to show to a renderer
    bool taken = false;     // nor is there any more
    bool silent = false;    // nobody is there to answer
};

}  // namespace usher::http
