#include "plugins/helper.hpp"

#include <atomic>
#include <filesystem>

#include "foundation/log.hpp"
#include "plugins/host_requests.hpp"
#include "plugins/wire_values.hpp"

namespace usher::plugins {

using std::chrono::steady_clock;

namespace {

constexpr std::size_t kLogLine = 2000;
constexpr std::chrono::milliseconds kLastWords{1'000};

}  // namespace

Result<std::shared_ptr<Helper>> Helper::start(const std::string& library, HelperOptions options,
                                              asio::thread_pool& pool) {
    const std::string program = options.program.empty() ? helper_program() : options.program;
    auto process = start_helper(program, {library});
    if (!process) return process.error();
    std::shared_ptr<Helper> self(new Helper(library, std::move(options), std::move(*process), pool));
    log::info("plugins", "a process for a plugin",
              {{"library", std::filesystem::path(library).filename().string()}, {"pid", self->pid_}});
    self->link_->start([self](const Link::Frame& frame) { self->on_frame(frame); },
                       [self](const std::string& why) { self->on_closed(why); });
    self->read_errors();
    self->next_ping();
    return self;
}

Helper::Helper(std::string library, HelperOptions options, Process process, asio::thread_pool& pool)
    : library_(std::move(library)),
      options_(std::move(options)),
      pid_(process.pid),
      link_(Link::make(std::move(process.link), pool.get_executor(), Link::Limits{})),
      strand_(asio::make_strand(pool.get_executor())),
      errors_(strand_, process.errors.release()),
      ping_(strand_) {
    error_buffer_.resize(4096);
}

Helper::~Helper() = default;

std::string Helper::name() const {
    return "plugins/" + std::filesystem::path(library_).filename().string();
}

// ---- who is in it ---------------------------------------------------------------------------------------------------

std::uint32_t Helper::join(Member member) {
    const std::lock_guard lock(mutex_);
    if (ended_ || leaving_) return 0;
    members_.emplace(++last_member_, std::move(member));
    return last_member_;
}

void Helper::leave(std::uint32_t instance) {
    {
        const std::lock_guard lock(mutex_);
        members_.erase(instance);
        if (!members_.empty() || ended_ || leaving_) return;
        leaving_ = true;
    }
    link_->close("nobody needs it any more");
}

bool Helper::ended() const {
    const std::lock_guard lock(mutex_);
    return ended_ || leaving_;
}

// ---- operations -----------------------------------------------------------------------------------------------------

void Helper::ask(std::string frame, std::chrono::milliseconds deadline, std::function<void(Reply)> finish) {
    std::uint64_t call = 0;
    std::string how;
    {
        const std::lock_guard lock(mutex_);
        if (!ended_) {
            call = ++last_call_;
            std::uint32_t instance = 0;
            std::memcpy(&instance, frame.data() + offsetof(wire::Head, instance), sizeof instance);
            pending_.emplace(call,
                             Pending{instance, steady_clock::now() + deadline + options_.slack, std::move(finish)});
        }
        how = how_;
    }
    if (call == 0) return finish({Reply::Kind::not_begun, how});
    std::memcpy(frame.data() + offsetof(wire::Head, call), &call, sizeof call);
    link_->send(std::move(frame));
}

void Helper::tell(std::string frame) {
    link_->send(std::move(frame));
}

void Helper::finish(std::uint64_t call, Reply reply) {
    std::function<void(Reply)> last;
    {
        const std::lock_guard lock(mutex_);
        auto found = pending_.find(call);
        if (found == pending_.end()) return;
        last = std::move(found->second.finish);
        pending_.erase(found);
    }
    last(std::move(reply));
}

void Helper::end_overdue() {
    const auto now = steady_clock::now();
    std::vector<std::uint64_t> overdue;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [call, one] : pending_) {
            if (one.instance != 0 && one.deadline < now) overdue.push_back(call);
        }
    }
    for (const auto call : overdue) finish(call, {Reply::Kind::overdue, "no answer in time"});
}

// ---- what it says ---------------------------------------------------------------------------------------------------

void Helper::on_frame(const Link::Frame& frame) {
    switch (frame.head.op) {
        case wire::Op::hello:
            return on_hello(frame);
        case wire::Op::answer:
            return finish(frame.head.call, {Reply::Kind::answered, std::string(frame.body)});
        case wire::Op::log:
            if (frame.head.instance == 0) return on_log(frame);
            break;
        default:
            break;
    }
    std::shared_ptr<Host> host;
    {
        const std::lock_guard lock(mutex_);
        if (auto found = members_.find(frame.head.instance); found != members_.end()) host = found->second.host;
    }
    if (!host) return;  // it left
    if (!serve_request(*host, link_, frame)) link_->close("it sent a frame that cannot be read");
}

void Helper::on_hello(const Link::Frame& frame) {
    wire::Hello hello;
    if (!wire::read(frame.body, hello)) return link_->close("it sent a frame that cannot be read");
    if (hello.version != wire::kVersion || hello.abi_minor != USHER_ABI_MINOR)
        return link_->close("usher-plugin-host is of another version than this program");
    static std::atomic<bool> told{false};
    if (hello.missing.empty() || told.exchange(true)) return;
    std::string what;
    for (const auto& one : hello.missing) what += (what.empty() ? "" : ", ") + one;
    log::warn("plugins", "plugins' processes run without " + what + ": this system does not offer it");
}

bool Helper::may_log() {
    const auto now = steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (now - log_second_ >= std::chrono::seconds(1)) {
        log_second_ = now;
        log_count_ = 0;
    }
    return ++log_count_ <= kLogLinesPerSecond;
}

void Helper::on_log(const Link::Frame& frame) {
    std::uint32_t level = 0;
    std::string area, text;
    if (!wire::read(frame.body, level, area, text)) return link_->close("it sent a frame that cannot be read");
    if (!may_log() || text.size() > 2 * kLogLine || area.size() > 100) return;
    const auto as =
        level <= static_cast<std::uint32_t>(log::Level::error) ? static_cast<log::Level>(level) : log::Level::info;
    log::write(as, "plugins", text, {{"from", area}, {"pid", pid_}});  // it speaks as a plugin, whatever it says
}

void Helper::read_errors() {
    errors_.async_read_some(asio::buffer(error_buffer_),
                            [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
                                self->log_lines(std::string_view(self->error_buffer_).substr(0, got), !!error);
                                if (!error) return self->read_errors();
                                self->errors_open_ = false;
                                if (self->ended()) self->ping_.cancel();
                            });
}

void Helper::log_lines(std::string_view text, bool last) {
    auto flush = [this] {
        if (!error_line_.empty() && may_log()) log::warn(name(), error_line_, {{"pid", pid_}});
        error_line_.clear();
    };
    for (const char c : text) {
        if (c == '\n') {
            flush();
        } else if (error_line_.size() < kLogLine) {
            error_line_ += c;
        }
    }
    if (last) flush();
}

// ---- heartbeat and end ----------------------------------------------------------------------------------------------

void Helper::next_ping() {
    ping_.expires_after(options_.ping);
    ping_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (error) return;
        int unanswered = 0;
        {
            const std::lock_guard lock(self->mutex_);
            if (self->ended_ || self->leaving_) return;
            unanswered = self->unanswered_++;
        }
        if (unanswered >= self->options_.missed_pings)
            return self->link_->close("it did not answer " + std::to_string(self->options_.missed_pings) + " pings");
        self->end_overdue();
        self->ask(wire::frame(wire::Op::ping, 0, 0), std::chrono::hours(1), [self](const Reply& reply) {
            const std::lock_guard lock(self->mutex_);
            if (reply.kind == Reply::Kind::answered) self->unanswered_ = 0;
        });
        self->next_ping();
    });
}

void Helper::on_closed(const std::string& why) {
    bool leaving = false;
    {
        const std::lock_guard lock(mutex_);
        leaving = leaving_;
    }
    const std::string how = "its process " + end_helper(pid_, why == Link::kEnded ? std::string() : why);
    std::map<std::uint64_t, Pending> pending;
    std::map<std::uint32_t, Member> members;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        how_ = how;
        pending.swap(pending_);
        members.swap(members_);
    }
    // Its last words are still to be read, unless somebody else holds the pipe open.
    asio::post(strand_, [self = shared_from_this()] {
        self->ping_.cancel();
        if (!self->errors_open_) return;
        self->ping_.expires_after(kLastWords);
        self->ping_.async_wait([self](boost::system::error_code) {
            boost::system::error_code ignored;
            self->errors_.close(ignored);
        });
    });
    if (!leaving) {
        log::error("plugins", how, {{"library", std::filesystem::path(library_).filename().string()}, {"pid", pid_}});
    }
    std::map<std::uint32_t, bool> busy;
    for (auto& [call, one] : pending) {
        busy[one.instance] = true;
        one.finish({Reply::Kind::lost, how});
    }
    for (auto& [number, member] : members) {
        if (member.lost) member.lost(how, busy[number]);
    }
}

// ---- all of them ----------------------------------------------------------------------------------------------------

Result<std::pair<std::shared_ptr<Helper>, std::uint32_t>> Helpers::join(const std::string& library,
                                                                        const std::string& own, Helper::Member member) {
    const std::lock_guard lock(mutex_);
    auto& known = helpers_[{library, own}];
    if (auto running = known.lock()) {
        if (const std::uint32_t number = running->join(member); number != 0) return std::pair(running, number);
    }
    auto started = Helper::start(library, options_, pool_);
    if (!started) return started.error();
    known = *started;
    const std::uint32_t number = (*started)->join(std::move(member));
    return std::pair(*started, number);
}

}  // namespace usher::plugins
