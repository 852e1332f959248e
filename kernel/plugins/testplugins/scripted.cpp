// A plugin that does what its configuration and its requests say, also what no plugin should. It tells what happened to
// it through host->metric, so that a test can count.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>
#include <usher/plugin.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

usher_str str(std::string_view text) {
    return {text.data(), text.size()};
}
std::string_view view(usher_str text) {
    return {text.data, text.size};
}

usher_result result_of(usher_status status, std::string_view error = {}) {
    usher_result result;
    std::memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.status = status;
    result.error = str(error);
    return result;
}
void finish(usher_done done, usher_status status, std::string_view error = {}) {
    const usher_result result = result_of(status, error);
    done.fn(done.ctx, &result);
}
void finish_http(usher_done done, std::uint32_t status, std::string_view body = {}, const usher_pair* headers = nullptr,
                 std::size_t count = 0) {
    usher_http_result http;
    std::memset(&http, 0, sizeof http);
    http.struct_size = sizeof http;
    http.http_status = status;
    http.body = str(body);
    http.headers = headers;
    http.header_count = count;
    usher_result result = result_of(USHER_OK);
    result.http = &http;
    done.fn(done.ctx, &result);
}

/// Threads that outlive their instance, but not the program.
struct LateThreads {
    void begin(std::function<void()> work) {
        const std::lock_guard lock(mutex);
        threads.emplace_back(std::move(work));
    }
    ~LateThreads() {
        for (auto& thread : threads) thread.join();
    }
    std::mutex mutex;
    std::vector<std::thread> threads;
} late_threads;

struct Scripted {
    usher_instance c{};
    const usher_host* host = nullptr;
    std::string config;
    std::atomic<int> inside{0};
    std::vector<usher_done> kept;  // never finished, or finished at destroy
    std::vector<std::thread> threads;
    std::vector<usher_done> held_poll;  // the round that waits for the provider
    int polls = 0;
    usher_done draft{};  // a webhook that waits for its blob

    bool says(std::string_view member, std::string_view value) const {
        return config.find("\"" + std::string(member) + "\":\"" + std::string(value) + "\"") != std::string::npos;
    }
    std::string text(std::string_view member) const {
        const std::string before = "\"" + std::string(member) + "\":\"";
        const auto at = config.find(before);
        if (at == std::string::npos) return {};
        const auto begin = at + before.size();
        return config.substr(begin, config.find('"', begin) - begin);
    }
    void count(std::string_view name, double by = 1) const { host->metric(host, str(name), by, nullptr, 0); }
};

/// Marks the time inside one call; two at once are counted.
struct Inside {
    explicit Inside(Scripted& s) : self(s) {
        if (self.inside.fetch_add(1) != 0) self.count("overlaps");
    }
    ~Inside() { self.inside.fetch_sub(1); }
    Scripted& self;
};
Scripted& of(void* self) {
    return *static_cast<Scripted*>(self);
}

/// What waits for a host operation.
struct Waiting {
    Scripted* self;
    usher_done webhook;  // fn NULL: nobody waits
    std::string name;
};
void host_done(void* ctx, const usher_result* result) {
    Waiting* waiting = static_cast<Waiting*>(ctx);
    Scripted& self = *waiting->self;
    const Inside inside(self);
    self.count(result->status == USHER_E_CANCELLED ? "cancelled" : result->status == USHER_OK ? "completed" : "errors");
    if (waiting->webhook.fn) {
        std::string body = waiting->name + " " + std::to_string(result->status) + " " + std::string(view(result->body));
        for (std::size_t i = 0; i < result->field_count; ++i) {
            body += " " + std::string(view(result->fields[i].key)) + "=" + std::string(view(result->fields[i].value));
        }
        if (result->http)
            body += " http=" + std::to_string(result->http->http_status) + " " + std::string(view(result->http->body));
        const bool unavailable = result->status == USHER_E_UNAVAILABLE;
        finish_http(waiting->webhook, unavailable ? 503 : 200, body);
    }
    delete waiting;
}
usher_done wait_for(Scripted& self, usher_done webhook, const char* name) {
    return {new Waiting{&self, webhook, name}, &host_done};
}
/// A begin function that was refused never runs its done.
void begun(usher_status status, usher_done mine, Scripted& self, usher_done webhook) {
    if (status == USHER_OK) return;
    delete static_cast<Waiting*>(mine.ctx);
    self.count("refused");
    if (webhook.fn) finish_http(webhook, 400, "refused " + std::to_string(status));
}

/// Writes a draft, seals it, reads the blob back: the bytes go by descriptor.
void blob_read(void* ctx, const usher_result* result) {
    Scripted& s = *static_cast<Scripted*>(ctx);
    if (result->status != USHER_OK) return finish(s.draft, result->status, "open");
    std::string all;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(result->fd, buffer, sizeof buffer)) > 0) all.append(buffer, static_cast<std::size_t>(got));
    ::close(result->fd);
    finish_http(s.draft, 200, std::to_string(all.size()) + " " + all.substr(0, 5));
}
void draft_sealed(void* ctx, const usher_result* result) {
    Scripted& s = *static_cast<Scripted*>(ctx);
    if (result->status != USHER_OK) return finish(s.draft, result->status, "seal");
    const auto* table = static_cast<const usher_blob_host*>(s.host->service(s.host, str("usher.blob/1")));
    const usher_status status = table->open(s.host, result->fields[0].value, {&s, &blob_read});
    if (status != USHER_OK) finish(s.draft, status, "open");
}
void draft_made(void* ctx, const usher_result* result) {
    Scripted& s = *static_cast<Scripted*>(ctx);
    if (result->status != USHER_OK) return finish(s.draft, result->status, "create");
    const std::string bytes(100'000, 'b');
    const ssize_t written = ::write(result->fd, bytes.data(), bytes.size());
    ::close(result->fd);
    const auto* table = static_cast<const usher_blob_host*>(s.host->service(s.host, str("usher.blob/1")));
    const usher_status status = written > 0 ? table->seal(s.host, result->fields[0].value, {&s, &draft_sealed})
                                            : static_cast<usher_status>(USHER_E_INTERNAL);
    if (status != USHER_OK) finish(s.draft, status, "seal");
}

/// Tries to get out of the process; tells how each try ended.
std::string escapes(const std::string& parent) {
    std::string out;
    auto tried = [&](const char* what, bool worked) {
        out += std::string(what) + (worked ? " worked; " : " refused; ");
    };
    const int shadow = ::open("/etc/shadow", O_RDONLY);
    tried("read", shadow >= 0);
    const int made = ::open("/tmp/usher-escape", O_WRONLY | O_CREAT, 0600);
    tried("write", made >= 0);
    tried("kill", ::kill(std::atoi(parent.c_str()), 0) == 0);
    tried("ptrace", ::ptrace(PTRACE_ATTACH, std::atoi(parent.c_str()), nullptr, nullptr) == 0);
    tried("environment", ::getenv("USHER_SECRET_OF_THE_TEST") != nullptr || ::getenv("HOME") != nullptr);
    int inherited = 0;
    for (int fd = 4; fd < 1024; ++fd) {
        struct stat what {};
        if (::fstat(fd, &what) == 0 && (S_ISREG(what.st_mode) || S_ISDIR(what.st_mode))) ++inherited;
    }
    tried("files", inherited > 0);
    return out;
}

usher_message text_message(std::string_view key, std::string_view text) {
    usher_message m;
    std::memset(&m, 0, sizeof m);
    m.struct_size = sizeof m;
    m.kind = USHER_MSG_TEXT;
    m.dedupe_key = str(key);
    m.contact = str("customer");
    m.text = str(text);
    return m;
}

/// What ends the process, or should not come back. In this process only where the test says so.
[[noreturn]] void crash(std::string_view how) {
    if (how == "exit") std::exit(3);
    if (how == "abort") std::abort();
    if (how == "throw_on_a_thread") {
        std::thread([] { throw std::runtime_error("nobody catches this"); }).join();
    }
    if (how == "leak") {
        for (std::size_t size = 64 << 20;;) {
            void* block = std::malloc(size);
            if (!block) std::abort();
            std::memset(block, 1, 4096);  // kept for ever
        }
    }
    *static_cast<volatile int*>(nullptr) = 1;  // "segfault"
    for (;;) ::pause();
}
constexpr std::string_view kCrashes[] = {"exit", "abort", "throw_on_a_thread", "leak", "segfault"};

/// Does the configuration want a crash in this function, always or for this input alone?
void crash_where_told(const Scripted& s, std::string_view function, std::string_view input = {}) {
    for (const auto how : kCrashes) {
        if (s.says(function, how)) crash(how);
    }
    if (input.find("poison") != std::string_view::npos) crash("segfault");
}

[[noreturn]] void block_for_ever() {
    for (;;) ::pause();
}

usher_status start(void* self, std::uint32_t role, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    s.count(role == USHER_ROLE_OWNER ? "started_owner" : "started_edge");
    crash_where_told(s, "start");
    if (s.says("start", "throw")) throw std::runtime_error("start went wrong");
    if (s.says("start", "refuse")) {
        finish(done, USHER_E_AUTH, "the token was revoked");
        return USHER_OK;
    }
    if (s.says("start", "never")) return USHER_OK;
    if (s.says("start", "degraded")) s.host->state(s.host, USHER_STATE_DEGRADED, str("the webhook is not registered"));
    finish(done, USHER_OK);
    return USHER_OK;
}
usher_status stop(void* self, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    s.count("stopped");
    for (const usher_done& held : std::exchange(s.held_poll, {})) finish(held, USHER_OK);
    crash_where_told(s, "stop");
    if (s.says("stop", "never")) return USHER_OK;
    finish(done, USHER_OK);
    if (s.says("send", "after_stop")) {
        for (const usher_done& late : s.kept) finish(late, USHER_OK);
        s.kept.clear();
    }
    return USHER_OK;
}
usher_status reload(void* self, usher_str config) {
    Scripted& s = of(self);
    const Inside inside(s);
    if (view(config).find("\"reload\":\"refuse\"") != std::string_view::npos) return USHER_E_INVALID;
    if (view(config).find("\"reload\":\"block\"") != std::string_view::npos) block_for_ever();
    s.config = view(config);
    s.count("reloaded");
    return USHER_OK;
}
void destroy(void* self) {
    Scripted* s = &of(self);
    s->count("destroyed");
    if (s->says("destroy", "throw")) throw std::runtime_error("destroy went wrong");
    crash_where_told(*s, "destroy");
    for (auto& thread : s->threads) thread.join();
    if (s->says("send", "after_destroy")) {
        // Too late, and nobody may notice.
        late_threads.begin([kept = s->kept] {
            for (const usher_done& done : kept) finish(done, USHER_OK);
        });
    }
    if (s->says("destroy", "calls_the_host")) {
        // The worst kind of plugin: a thread that does not know that its instance is gone.
        std::thread([host = s->host] {
            for (;;) {
                host->metric(host, str("after_destroy"), 1, nullptr, 0);
                ::usleep(100);
            }
        }).detach();
    }
    if (s->says("send", "at_destroy")) {
        for (const usher_done& done : s->kept) finish(done, USHER_E_CANCELLED);
    }
    delete s;
}

usher_status send(void* self, const usher_message* message, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    const std::string id = "remote-" + std::string(view(message->id));
    usher_pair field{str("remote_id"), str(id)};
    usher_result ok = result_of(USHER_OK);
    ok.fields = &field;
    ok.field_count = 1;
    crash_where_told(s, "send", view(message->text));
    if (s.says("send", "throw")) throw std::runtime_error("send went wrong");
    if (s.says("send", "throw_something")) throw 42;
    if (s.says("send", "throw_after")) {
        done.fn(done.ctx, &ok);
        throw std::runtime_error("send went wrong");
    }
    if (s.says("send", "block")) block_for_ever();
    if (s.says("send", "after_stop") || s.says("send", "after_destroy")) {
        s.kept.push_back(done);
        return USHER_OK;
    }
    if (s.says("send", "ten_threads")) {
        for (int i = 0; i < 10; ++i) s.threads.emplace_back([done] { finish(done, USHER_OK); });
        return USHER_OK;
    }
    if (s.says("send", "null_result")) {
        done.fn(done.ctx, nullptr);
        return USHER_OK;
    }
    if (s.says("send", "zero_size")) {
        ok.struct_size = 0;
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "many_fields")) {
        const std::vector<usher_pair> many(257, field);
        ok.fields = many.data();
        ok.field_count = many.size();
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "null_fields")) {
        ok.fields = nullptr;
        ok.field_count = 3;
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "oversized")) {
        const std::string big(1024 * 1024 + 1, 'x');
        field.value = str(big);
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "unknown_status")) {
        ok.status = 4711;
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "refuse_and_finish")) {
        finish(done, USHER_OK);
        return USHER_E_INTERNAL;
    }
    if (s.says("send", "refuse")) return USHER_E_UNSUPPORTED;
    if (s.says("send", "never")) return USHER_OK;
    if (s.says("send", "at_destroy")) {
        s.kept.push_back(done);
        return USHER_OK;
    }
    if (s.says("send", "limited")) {
        usher_result result = result_of(USHER_E_RATE_LIMITED, "429");
        result.retry_after_ms = 1500;
        result.scope = USHER_SCOPE_ACCOUNT;
        result.reason_code = str("too_fast");
        result.reason_text = str("The provider asks us to slow down.");
        done.fn(done.ctx, &result);
        return USHER_OK;
    }
    if (s.says("send", "internal")) {
        finish(done, USHER_E_INTERNAL, "an exception");
        return USHER_OK;
    }
    if (s.says("send", "malformed")) {
        field.value = str("\xff\xfe");
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "short")) {  // an older, shorter result: fields are absent
        ok.struct_size = offsetof(usher_result, body);
        done.fn(done.ctx, &ok);
        return USHER_OK;
    }
    if (s.says("send", "thread")) {
        s.threads.emplace_back([done, id] {
            usher_pair own{str("remote_id"), str(id)};
            usher_result result = result_of(USHER_OK);
            result.fields = &own;
            result.field_count = 1;
            done.fn(done.ctx, &result);
        });
        return USHER_OK;
    }
    done.fn(done.ctx, &ok);
    if (s.says("send", "twice")) finish(done, USHER_E_INVALID, "again");
    return USHER_OK;
}

usher_status webhook(void* self, const usher_http* request, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    const usher_host* host = s.host;
    const std::string_view path = view(request->path);
    const std::string query(view(request->query));
    crash_where_told(s, "webhook", query);
    if (path == "/emit") {  // answers at once: the host has to hold it back
        const usher_done mine = wait_for(s, {}, "emit");
        const usher_message m = text_message(query, "hello");
        begun(host->emit(host, &m, mine), mine, s, {});
        finish_http(done, 202, "taken");
    } else if (path == "/emit-and-wait") {
        const usher_done mine = wait_for(s, done, "emit");
        const usher_message m = text_message(query, "hello");
        begun(host->emit(host, &m, mine), mine, s, done);
    } else if (path == "/emit-for") {
        const usher_done mine = wait_for(s, done, "emit_for");
        const usher_message m = text_message("k", "hello");
        begun(host->emit_for(host, str(query), &m, mine), mine, s, done);
    } else if (path == "/emit-bad") {
        const usher_done mine = wait_for(s, done, "emit");
        usher_message m = text_message(query == "nokey" ? "" : "k", query == "utf8" ? "\xff" : "hello");
        if (query == "nul") m.text = {"a\0b", 3};
        if (query == "json") m.content_json = str("[1]");
        begun(host->emit(host, &m, mine), mine, s, done);
    } else if (path == "/typing") {
        usher_message m = text_message("", "");
        m.kind = USHER_MSG_TYPING;
        const usher_done mine = wait_for(s, done, "typing");
        begun(host->emit(host, &m, mine), mine, s, done);
    } else if (path == "/flood") {
        const int n = std::atoi(query.c_str());
        for (int i = 0; i < n; ++i) {
            const usher_done mine = wait_for(s, {}, "emit");
            const std::string key = "k" + std::to_string(i);
            const usher_message m = text_message(key, "hello");
            begun(host->emit(host, &m, mine), mine, s, {});
        }
        finish_http(done, 200);
    } else if (path == "/log-flood") {
        const int n = std::atoi(query.c_str());
        for (int i = 0; i < n; ++i) host->log(host, USHER_LOG_INFO, str("a line among many"));
        finish_http(done, 200);
    } else if (path == "/log-bad") {
        host->log(host, 99, str("\xff\xfe"));
        host->log(host, USHER_LOG_INFO, {nullptr, 3});
        host->metric(host, str("Not A Name"), 1, nullptr, 5);
        host->state(host, 77, str("?"));
        finish_http(done, 200);
    } else if (path == "/no-done") {  // calls that name nobody to tell
        const usher_message m = text_message("k", "hello");
        const usher_status status = host->emit(host, &m, usher_done{});
        finish_http(done, 400, std::to_string(status) + std::to_string(host->timer(host, 0, usher_done{})));
    } else if (path == "/blob") {
        const auto* table = static_cast<const usher_blob_host*>(host->service(host, str("usher.blob/1")));
        s.draft = done;
        const usher_done mine{&s, &draft_made};
        const usher_status status = table ? table->create(host, 1 << 20, mine) : USHER_E_UNSUPPORTED;
        if (status != USHER_OK) finish(done, status);
    } else if (path == "/escape") {
        finish_http(done, 200, escapes(query));
    } else if (path == "/pending") {  // one of each, none of which ends by itself in the test
        usher_done mine = wait_for(s, {}, "timer");
        begun(host->timer(host, 3'600'000, mine), mine, s, {});
        mine = wait_for(s, {}, "kv");
        begun(host->kv_get(host, str("hangs"), mine), mine, s, {});
        mine = wait_for(s, {}, "emit");
        const usher_message m = text_message("k", "hello");
        begun(host->emit(host, &m, mine), mine, s, {});
        finish_http(done, 404);
    } else if (path == "/kv-flood") {
        for (int i = 0; i < 70; ++i) {
            const usher_done mine = wait_for(s, {}, "kv");
            begun(host->kv_get(host, str("hangs"), mine), mine, s, {});
        }
        finish_http(done, 204);
    } else if (path == "/kv-put") {
        const usher_done mine = wait_for(s, done, "kv_put");
        const std::string value(static_cast<std::size_t>(std::atoi(query.c_str())), 'x');
        begun(host->kv_put(host, str("cursor"), str(value), mine), mine, s, done);
    } else if (path == "/kv-put-if") {
        const usher_done mine = wait_for(s, done, "kv_put_if");
        begun(host->kv_put_if(host, str("cursor"), {}, str(query), mine), mine, s, done);
    } else if (path == "/kv-get") {
        const usher_done mine = wait_for(s, done, "kv_get");
        begun(host->kv_get(host, str(query), mine), mine, s, done);
    } else if (path == "/http") {
        usher_http out;
        std::memset(&out, 0, sizeof out);
        out.struct_size = sizeof out;
        out.method = str("POST");
        out.url = str(query);
        const std::string big(query == "https://big.test/" ? 1024 * 1024 + 1 : 2, 'b');
        out.body = str(big);
        const usher_done mine = wait_for(s, done, "http");
        begun(host->http(host, &out, mine), mine, s, done);
    } else if (path == "/post") {
        const usher_done mine = wait_for(s, done, "timer");
        begun(host->timer(host, 0, mine), mine, s, done);
    } else if (path == "/service") {
        finish_http(done, 200, host->service(host, str(query)) ? "there" : "absent");
    } else if (path == "/headers") {
        std::string names;
        for (std::size_t i = 0; i < request->header_count; ++i)
            names += std::string(view(request->headers[i].key)) + ";";
        const usher_pair headers[] = {
            {str("Set-Cookie"), str("a=b")}, {str("X-Kept"), str("1")}, {str("Content-Length"), str("9")}};
        finish_http(done, 200, names, headers, 3);
    } else if (path == "/bad-header") {
        const usher_pair header{str("X-Evil"), str("a\r\nSet-Cookie: b")};
        finish_http(done, 200, {}, &header, 1);
    } else if (path == "/huge") {
        finish_http(done, 200, std::string(1024 * 1024 + 1, 'x'));
    } else if (path == "/plain-ok") {
        finish(done, USHER_OK);
    } else if (path == "/limited") {
        usher_result result = result_of(USHER_E_RATE_LIMITED, "internal detail");
        result.retry_after_ms = 2500;
        done.fn(done.ctx, &result);
    } else if (path == "/never") {
        return USHER_OK;
    } else if (path == "/fail") {
        host->state(host, USHER_STATE_FAILED, str("401: token revoked"));
        finish(done, USHER_E_AUTH);
    } else {
        finish_http(done, 404);
    }
    return USHER_OK;
}

/// One round as the configuration says. "cursor": emits a message, and puts its cursor when that is durable.
void emitted_for_cursor(void* ctx, const usher_result* result) {
    auto* waiting = static_cast<Waiting*>(ctx);
    Scripted& s = *waiting->self;
    const Inside inside(s);
    if (result->status == USHER_OK) {
        const usher_done mine = wait_for(s, {}, "kv_put");
        begun(s.host->kv_put(s.host, str("cursor"), str(waiting->name), mine), mine, s, {});
    }
    finish(waiting->webhook, result->status, "the message was not stored");
    delete waiting;
}
usher_status poll(void* self, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    s.polls += 1;
    s.count("polls");
    if (!s.held_poll.empty()) s.count("poll_overlaps");
    const std::string round = std::to_string(s.polls);
    if (s.says("poll", "cursor") || s.says("poll", "early")) {
        const bool early = s.says("poll", "early");  // done before what it emitted is durable
        auto* waiting = new Waiting{&s, done, round};
        const usher_message m = text_message(round, "polled");
        const usher_done mine = early ? wait_for(s, {}, "emit") : usher_done{waiting, &emitted_for_cursor};
        s.host->emit(s.host, &m, mine);
        if (early) finish(done, USHER_OK);
        if (early) delete waiting;
    } else if (s.says("poll", "hold")) {
        s.held_poll.push_back(done);
    } else if (s.says("poll", "fails") || (s.says("poll", "fails_once") && s.polls == 1)) {
        finish(done, USHER_E_UNAVAILABLE, "the provider is down");
    } else if (s.says("poll", "failed_state")) {
        s.host->state(s.host, USHER_STATE_FAILED, str("401: token revoked"));
        finish(done, USHER_E_AUTH, "401");
    } else {
        usher_result result = result_of(USHER_OK);
        if (s.says("poll", "rarely")) result.retry_after_ms = 3'600'000;
        done.fn(done.ctx, &result);
    }
    return USHER_OK;
}

usher_status accept(void* self, usher_str session, const usher_http* request, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    if (view(request->query) == "refuse") {
        finish_http(done, 403, "no");
        return USHER_OK;
    }
    if (view(request->query) == "refuse-plain") {
        finish(done, USHER_E_AUTH);
        return USHER_OK;
    }
    const usher_pair fields[] = {
        {str("contact"), str("visitor-1")}, {str("after"), str("c9")}, {str("attrs_json"), str("{}")}};
    usher_result result = result_of(USHER_OK);
    if (view(request->query) != "nobody") {
        result.fields = fields;
        result.field_count = 3;
    }
    done.fn(done.ctx, &result);
    (void)session;
    return USHER_OK;
}
usher_status frame(void* self, usher_str session, usher_str json, usher_done done) {
    Scripted& s = of(self);
    const Inside inside(s);
    const auto* table = static_cast<const usher_visitor_host*>(s.host->service(s.host, str("usher.visitor/1")));
    const usher_status status = table ? table->push(s.host, session, json) : USHER_E_UNSUPPORTED;
    finish(done, status, "push");
    return USHER_OK;
}
void closed(void* self, usher_str) {
    Scripted& s = of(self);
    const Inside inside(s);
    s.count("visitor_closed");
}
const usher_visitor kVisitor = {sizeof(usher_visitor), 0, &accept, &frame, &closed};
const void* service(void*, usher_str id) {
    return view(id) == "usher.visitor/1" ? &kVisitor : nullptr;
}

usher_status choose(void* self, const usher_route* route, usher_done done) {
    Scripted& s = of(self);
    usher_result result = result_of(USHER_OK);
    std::string best;
    std::uint32_t least = UINT32_MAX;
    for (std::size_t i = 0; i < route->agent_count; ++i) {
        if (route->agents[i].open_count < least) {
            least = route->agents[i].open_count;
            best = view(route->agents[i].id);
        }
    }
    if (s.says("choose", "stranger")) best = "4711";
    // "reason=returned": nobody unless the conversation's facts say so.
    const std::string wanted = s.text("choose");
    if (const auto equals = wanted.find('='); equals != std::string::npos) {
        const std::string fact = "\"" + wanted.substr(0, equals) + "\":\"" + wanted.substr(equals + 1) + "\"";
        if (view(route->conversation_json).find(fact) == std::string_view::npos) best.clear();
    }
    result.body = str(best);
    done.fn(done.ctx, &result);
    return USHER_OK;
}
usher_status respond(void* self, usher_str event, usher_done done) {
    if (of(self).says("respond", "unavailable")) {
        finish(done, USHER_E_UNAVAILABLE, "the peer is down");
        return USHER_OK;
    }
    if (view(event).find("\"note.created\"") != std::string_view::npos) {  // its own, maybe: not for ever
        finish(done, USHER_OK, "[]");
        return USHER_OK;
    }
    usher_result result = result_of(USHER_OK);
    const std::string body = "[{\"type\":\"note\",\"text\":\"" + std::to_string(event.size) + "\"}]";
    result.body = str(body);
    done.fn(done.ctx, &result);
    return USHER_OK;
}
usher_status export_batch(void*, usher_str ndjson, usher_done done) {
    finish(done, ndjson.size == 0 ? USHER_E_INVALID : USHER_OK);
    return USHER_OK;
}

const usher_channel kChannel = {sizeof(usher_channel), 0, &send, &webhook, &poll, nullptr};
const usher_strategy kStrategy = {sizeof(usher_strategy), 0, &choose};
const usher_responder kResponder = {sizeof(usher_responder), 0, &respond};
const usher_exporter kExporter = {sizeof(usher_exporter), 0, &export_batch};

usher_status create(usher_str id, const usher_host* host, usher_str config, const usher_instance** out) {
    auto* s = new Scripted();
    s->host = host;
    s->config = view(config);
    crash_where_told(*s, "create");
    if (s->says("create", "throw")) throw std::runtime_error("create went wrong");
    if (s->says("create", "block")) block_for_ever();
    if (s->says("create", "refuse")) {
        host->state(host, USHER_STATE_FAILED, str("the secret is too short"));
        delete s;
        return USHER_E_INVALID;
    }
    if (s->says("create", "nothing")) {
        delete s;
        return USHER_OK;
    }
    if (s->says("create", "no_start") || s->says("create", "short") || s->says("create", "no_ops") ||
        s->says("create", "no_send")) {
        static const usher_channel empty = {sizeof(usher_channel), 0, nullptr, nullptr, nullptr, nullptr};
        static usher_instance wrong = {};
        wrong = {sizeof wrong, 0, s, &empty, &start, &stop, nullptr, &destroy, nullptr};
        if (s->says("create", "no_start")) wrong.start = nullptr;
        if (s->says("create", "no_ops")) wrong.ops = nullptr;
        if (s->says("create", "short")) wrong.struct_size = 24;
        *out = &wrong;
        return USHER_OK;
    }
    s->c.struct_size = sizeof s->c;
    s->c.self = s;
    s->c.start = &start;
    s->c.stop = &stop;
    if (!s->says("reload", "absent")) s->c.reload = &reload;
    s->c.destroy = &destroy;
    if (view(id) == "scripted" || view(id) == "exclusive") {
        s->c.ops = &kChannel;
        s->c.service = &service;
    } else if (view(id) == "scripted_strategy") {
        s->c.ops = &kStrategy;
    } else if (view(id) == "scripted_responder") {
        s->c.ops = &kResponder;
    } else {
        s->c.ops = &kExporter;
    }
    s->count("created");
    *out = &s->c;
    return USHER_OK;
}

constexpr char kSchema[] = R"({"type": "object", "properties": {
  "create": {"type": "string"}, "start": {"type": "string"}, "send": {"type": "string"}, "reload": {"type": "string"},
  "stop": {"type": "string"}, "destroy": {"type": "string"}, "webhook": {"type": "string"},
  "choose": {"type": "string"}, "respond": {"type": "string"}, "poll": {"type": "string"}, "via": {"type": "string"}, "routing_keys": {"type": "array", "items": {"type": "string"}},
  "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 25}, "token": {"type": "string", "secret": true}}})";
constexpr char kNeedy[] = R"({"type": "object", "required": ["folder"], "properties": {"folder": {"type": "string"}}})";

template <std::size_t N>
constexpr usher_str lit(const char (&text)[N]) {
    return {text, N - 1};
}
const usher_descriptor kDescriptors[] = {
    {sizeof(usher_descriptor), USHER_CHANNEL, lit("scripted"), lit("Scripted"), lit("Usher"), lit("0.1.0"),
     lit(kSchema), lit(R"({"retry": {"delays_s": [7]}})")},
    {sizeof(usher_descriptor), USHER_CHANNEL, lit("exclusive"), lit("Exclusive"), lit("Usher"), lit("0.1.0"),
     lit(kSchema), lit(R"({"exclusive": true})")},
    {sizeof(usher_descriptor), USHER_STRATEGY, lit("scripted_strategy"), lit("S"), lit("Usher"), lit("0.1.0"),
     lit(kSchema), lit("")},
    {sizeof(usher_descriptor), USHER_RESPONDER, lit("scripted_responder"), lit("R"), lit("Usher"), lit("0.1.0"),
     lit(kSchema), lit("")},
    {sizeof(usher_descriptor), USHER_EXPORTER, lit("scripted_exporter"), lit("E"), lit("Usher"), lit("0.1.0"),
     lit(kNeedy), lit("")},
};
const usher_descriptor* const kList[] = {&kDescriptors[0], &kDescriptors[1], &kDescriptors[2], &kDescriptors[3],
                                         &kDescriptors[4]};

}  // namespace

extern "C" const usher_entry usher_plugin_entry_v0 = {sizeof(usher_entry), USHER_ABI_MINOR, kList, 5, &create};
