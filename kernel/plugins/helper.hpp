#pragma once
/// One running usher-plugin-host as the kernel holds it: the link, the operations that wait for an answer, the
/// heartbeat, and the end. It ends once, for all instances in it; who starts the next one is not decided here.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>

#include "plugins/helper_options.hpp"
#include "plugins/host.hpp"
#include "plugins/link.hpp"
#include "plugins/process.hpp"

namespace usher::plugins {

class Helper final : public std::enable_shared_from_this<Helper> {
public:
    struct Reply {
        enum class Kind { answered, not_begun, lost, overdue };
        Kind kind = Kind::answered;
        std::string text;  // the body; else why
    };
    /// An instance in it.
    struct Member {
        std::shared_ptr<Host> host;
        /// The process ended; `busy`: an operation of this instance was in flight. Comes once, after those have ended.
        std::function<void(const std::string& how, bool busy)> lost;
    };

    /// On a thread of the pool: the process dies with the thread that starts it.
    static Result<std::shared_ptr<Helper>> start(const std::string& library, HelperOptions options,
                                                 asio::thread_pool& pool);
    ~Helper();

    pid_t pid() const { return pid_; }
    /// 0: it has ended, or is about to as nobody is left in it.
    std::uint32_t join(Member member);
    /// The last one to leave turns off the light.
    void leave(std::uint32_t instance);
    bool ended() const;

    /// Sends the frame under a number of its own. `finish` runs exactly once, on any thread.
    void ask(std::string frame, std::chrono::milliseconds deadline, std::function<void(Reply)> finish);
    /// Nobody waits for an answer.
    void tell(std::string frame);

private:
    struct Pending {
        std::uint32_t instance = 0;
        std::chrono::steady_clock::time_point deadline;
        std::function<void(Reply)> finish;
    };
    Helper(std::string library, HelperOptions options, Process process, asio::thread_pool& pool);
    void finish(std::uint64_t call, Reply reply);
    void on_frame(const Link::Frame& frame);
    void on_hello(const Link::Frame& frame);
    void on_log(const Link::Frame& frame);
    void on_closed(const std::string& why);
    void read_errors();
    void log_lines(std::string_view text, bool last);
    bool may_log();
    void next_ping();
    void end_overdue();
    std::string name() const;  // for the log: "plugins/usher-open.so"

    const std::string library_;
    const HelperOptions options_;
    const pid_t pid_;
    std::shared_ptr<Link> link_;
    const Strand strand_;  // of the next four
    asio::posix::stream_descriptor errors_;
    std::string error_buffer_, error_line_;
    bool errors_open_ = true;
    asio::steady_timer ping_;
    int unanswered_ = 0;  // pings; under the mutex

    mutable std::mutex mutex_;
    bool ended_ = false, leaving_ = false;
    std::string how_;
    std::uint64_t last_call_ = 0;
    std::uint32_t last_member_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::map<std::uint32_t, Member> members_;
    std::chrono::steady_clock::time_point log_second_{};
    std::size_t log_count_ = 0;
};

/// The helper of a library, one for all accounts or one for a single account; started where there is none. Thread-safe.
class Helpers final {
public:
    Helpers(HelperOptions options, asio::thread_pool& pool) : options_(std::move(options)), pool_(pool) {}
    /// A place in the helper of `library`; `own`: the account that has one to itself, or empty. On a pool thread.
    Result<std::pair<std::shared_ptr<Helper>, std::uint32_t>> join(const std::string& library, const std::string& own,
                                                                   Helper::Member member);
    const HelperOptions& options() const { return options_; }

private:
    const HelperOptions options_;
    asio::thread_pool& pool_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, std::weak_ptr<Helper>> helpers_;
};

}  // namespace usher::plugins
