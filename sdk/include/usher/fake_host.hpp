#pragma once
/// FakeHost: a kernel for authors' unit tests. It records what a plugin does (emits, logs, states, pushes), answers by
/// script (http, emit) or by itself (kv in memory, blobs in a temporary folder, a clock moved by hand), and checks what
/// the border forbids (violations()). Like the kernel it finishes operations later, never inside the call: run() hands
/// out what is ready, advance() moves the clock. Drive a plugin with FakeInstance (fake_instance.hpp). No test
/// framework.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <usher/borrow.hpp>
#include <usher/fake/sha256.hpp>
#include <usher/fd.hpp>

#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

namespace usher::sdk {

class FakeHost {
public:
    struct Emit {
        Message message;
        std::string routing_key{};  ///< of emit_for
    };
    struct Log {
        Level level;
        std::string text;
    };
    struct StateChange {
        State state;
        std::string text;
    };
    struct Push {
        std::string session, json;
    };
    struct Close {
        std::string session;
        std::uint32_t code;
        std::string reason;
    };

    explicit FakeHost(std::string account = "test", std::string origin = "https://public.example.test")
        : account_(std::move(account)), public_url_(std::move(origin) + "/channels/" + account_) {
        c_.struct_size = sizeof c_;
        c_.abi_minor = USHER_ABI_MINOR;
        c_.self = this;
        c_.account = str(account_);
        c_.public_url = str(public_url_);
        c_.log = [](const usher_host* h, std::uint32_t level, usher_str text) {
            const std::lock_guard lock(of(h).mutex_);
            of(h).logs_.push_back({static_cast<Level>(level), std::string(view(text))});
        };
        c_.metric = [](const usher_host* h, usher_str name, double delta, const usher_pair*, std::size_t) {
            const std::lock_guard lock(of(h).mutex_);
            of(h).metrics_[std::string(view(name))] += delta;
        };
        c_.state = [](const usher_host* h, std::uint32_t state, usher_str text) {
            const std::lock_guard lock(of(h).mutex_);
            of(h).states_.push_back({static_cast<State>(state), std::string(view(text))});
        };
        c_.emit = [](const usher_host* h, const usher_message* m, usher_done d) { return of(h).emit({}, *m, d); };
        c_.emit_for = [](const usher_host* h, usher_str key, const usher_message* m, usher_done d) {
            return of(h).emit(std::string(view(key)), *m, d);
        };
        c_.http = [](const usher_host* h, const usher_http* r, usher_done d) { return of(h).http(*r, d); };
        c_.kv_get = [](const usher_host* h, usher_str k, usher_done d) { return of(h).kv_get(k, d); };
        c_.kv_put = [](const usher_host* h, usher_str k, usher_str v, usher_done d) { return of(h).kv_put(k, v, d); };
        c_.kv_put_if = [](const usher_host* h, usher_str k, usher_str expected, usher_str v, usher_done d) {
            return of(h).kv_put_if(k, expected, v, d);
        };
        c_.timer = [](const usher_host* h, std::uint32_t ms, usher_done d) { return of(h).timer(ms, d); };
        c_.service = [](const usher_host* h, usher_str id) { return of(h).service(view(id)); };
        blob_.struct_size = sizeof blob_;
        blob_.fetch = [](const usher_host* h, const usher_http* r, std::uint64_t limit, usher_done d) {
            return of(h).blob_fetch(*r, limit, d);
        };
        blob_.open = [](const usher_host* h, usher_str id, usher_done d) { return of(h).blob_open(id, d); };
        blob_.create = [](const usher_host* h, std::uint64_t, usher_done d) { return of(h).blob_create(d); };
        blob_.seal = [](const usher_host* h, usher_str id, usher_done d) { return of(h).blob_seal(id, d); };
        visitor_.struct_size = sizeof visitor_;
        visitor_.push = [](const usher_host* h, usher_str session, usher_str json) {
            const std::lock_guard lock(of(h).mutex_);
            of(h).pushes_.push_back({std::string(view(session)), std::string(view(json))});
            return static_cast<usher_status>(USHER_OK);
        };
        visitor_.close = [](const usher_host* h, usher_str session, std::uint32_t code, usher_str reason) {
            const std::lock_guard lock(of(h).mutex_);
            of(h).closes_.push_back({std::string(view(session)), code, std::string(view(reason))});
            return static_cast<usher_status>(USHER_OK);
        };
        visitor_.history = [](const usher_host* h, usher_str contact, usher_str thread_key, usher_str, std::uint32_t,
                              usher_done d) {
            const auto key = std::string(view(contact)) + "/" + std::string(view(thread_key));
            return of(h).later(d, [&host = of(h), key](BorrowedResult& r) { r.body(host.history[key]); });
        };
    }
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;
    ~FakeHost() {
        cancel_pending();
        if (!folder_.empty()) std::filesystem::remove_all(folder_);
    }

    const usher_host* raw() const { return &c_; }

    // ---- the script: set before the plugin asks -------------------------------------------------------------------
    /// Answers Host::http and Blobs::fetch. Unset: unavailable.
    std::function<Result<HttpAnswer>(const HttpRequest&)> on_http;
    /// Answers an emit in place of the fake's own store. Return nothing to let the fake store it.
    std::function<std::optional<Result<Emitted>>(const Message&)> on_emit;
    /// Visitor histories by "contact/thread_key".
    std::map<std::string, std::string> history;
    std::map<std::string, std::string, std::less<>> kv;
    bool owner = true;  ///< false: kv_put answers fenced
    bool offers_services = true;

    // ---- what happened; look once the plugin's own threads are done ------------------------------------------------
    const std::deque<Emit>& emits() const { return emits_; }  ///< those begun, repeated ones too
    const std::deque<HttpRequest>& requests() const { return requests_; }
    const std::deque<Log>& logs() const { return logs_; }
    const std::deque<StateChange>& states() const { return states_; }
    const std::deque<Push>& pushes() const { return pushes_; }
    const std::deque<Close>& closes() const { return closes_; }
    const std::map<std::string, double>& metrics() const { return metrics_; }
    /// What the plugin did that the border forbids, in words; empty at the end of a good test.
    const std::deque<std::string>& violations() const { return violations_; }
    bool logged(std::string_view text) const {
        const std::lock_guard lock(mutex_);
        return std::any_of(logs_.begin(), logs_.end(),
                           [&](const Log& log) { return log.text.find(text) != std::string::npos; });
    }

    // ---- blobs ----------------------------------------------------------------------------------------------------
    /// Stores bytes as the kernel does with a large webhook body. @returns the blob's id
    std::string put_blob(std::string_view bytes) {
        const std::string id = "blob-" + std::to_string(next_id());
        std::ofstream(folder() / id, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return id;
    }
    std::string blob(const std::string& id) {
        std::ifstream file(folder() / id, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    // ---- time -----------------------------------------------------------------------------------------------------
    /// Finishes what is ready, on this thread, until nothing is. @returns whether it did anything
    bool run();
    /// Moves the fake clock; timers that fall due run in their order, each followed by what it causes.
    void advance(std::chrono::milliseconds by);
    std::size_t timers() const {
        const std::lock_guard lock(mutex_);
        return timers_.size();
    }
    /// What the kernel does before destroy: everything pending comes back as cancelled.
    void cancel_pending();
    void violation(std::string text) {
        const std::lock_guard lock(mutex_);
        violations_.push_back(std::move(text));
    }

private:
    using Fill = std::function<void(BorrowedResult&)>;
    struct Ready {
        usher_done done;
        Fill fill;
    };

    static FakeHost& of(const usher_host* host) { return *static_cast<FakeHost*>(host->self); }
    std::uint64_t next_id() {
        const std::lock_guard lock(mutex_);
        return ++last_id_;
    }
    usher_status later(usher_done done, Fill fill) {
        const std::lock_guard lock(mutex_);
        ready_.push_back({done, std::move(fill)});
        return USHER_OK;
    }
    void finish(const Ready& one) {
        BorrowedResult result;
        one.fill(result);
        one.done.fn(one.done.ctx, result.get());
    }
    const std::filesystem::path& folder() {
        const std::lock_guard lock(mutex_);
        if (folder_.empty()) {
            std::string name = (std::filesystem::temp_directory_path() / "usher-fake-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder: " + name);
            folder_ = name;
        }
        return folder_;
    }

    usher_status emit(std::string routing_key, const usher_message& peer, usher_done done);
    usher_status http(const usher_http& peer, usher_done done);
    Result<HttpAnswer> ask(const usher_http& peer);
    usher_status kv_get(usher_str key, usher_done done);
    usher_status kv_put(usher_str key, usher_str value, usher_done done);
    usher_status kv_put_if(usher_str key, usher_str expected, usher_str value, usher_done done);
    usher_status timer(std::uint32_t delay_ms, usher_done done);
    const void* service(std::string_view id) const {
        if (offers_services && id == "usher.blob/1") return &blob_;
        if (offers_services && id == "usher.visitor/1") return &visitor_;
        return nullptr;
    }
    usher_status blob_fetch(const usher_http& peer, std::uint64_t limit, usher_done done);
    usher_status blob_open(usher_str id, usher_done done);
    usher_status blob_create(usher_done done);
    usher_status blob_seal(usher_str id, usher_done done);
    void fill_blob(BorrowedResult& result, const std::string& id, std::string& size, std::string& hash);
    void check_text(std::string_view what, std::string_view text);

    std::string account_, public_url_;
    usher_host c_{};
    usher_blob_host blob_{};
    usher_visitor_host visitor_{};
    mutable std::mutex mutex_;  // a plugin may finish and log from its own threads
    std::filesystem::path folder_;
    std::uint64_t last_id_ = 0;
    std::int64_t now_ms_ = 0;
    std::deque<Ready> ready_;
    std::multimap<std::int64_t, usher_done> timers_;
    std::deque<Emit> emits_;
    std::map<std::string, std::pair<std::string, Emitted>> seen_;  // dedupe_key -> content, first answer
    std::deque<HttpRequest> requests_;
    std::deque<Log> logs_;
    std::deque<StateChange> states_;
    std::deque<Push> pushes_;
    std::deque<Close> closes_;
    std::map<std::string, double> metrics_;
    std::deque<std::string> violations_;
};

}  // namespace usher::sdk

#include <usher/fake/host_impl.hpp>
