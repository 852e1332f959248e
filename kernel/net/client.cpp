#include "net/client.hpp"

#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "net/transfer.hpp"

namespace usher::net {

std::string_view find_header(const Headers& headers, std::string_view name) {
    for (const auto& [field, value] : headers)
        if (iequals_ascii(field, name)) return value;
    return {};
}

struct Client::Impl {
    explicit Impl(Settings s) : settings(std::move(s)) {
        static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
        multi = kInitialised == CURLE_OK ? curl_multi_init() : nullptr;
        if (multi == nullptr) throw Failure(Error{Errc::internal, "libcurl could not be started"});
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 128L);
        thread = std::thread([this] { run(); });
    }
    ~Impl() { curl_multi_cleanup(multi); }

    /// Coroutines that wait may keep this object; the thread ends here nevertheless.
    void stop() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        curl_multi_wakeup(multi);
        thread.join();
    }

    const Settings settings;
    CURLM* multi = nullptr;
    std::atomic<std::uint64_t> next_number{1};
    std::mutex mutex;  // guards what follows, down to stopping
    std::deque<std::unique_ptr<Transfer>> fresh;
    std::vector<std::uint64_t> cancelled;
    std::size_t waiting_count = 0;
    bool stopping = false;
    std::thread thread;

    // The thread's own.
    std::deque<std::unique_ptr<Transfer>> waiting;
    std::map<std::uint64_t, std::unique_ptr<Transfer>> running;

    void start(std::unique_ptr<Transfer> transfer) {
        bool full = false, over = false;
        {
            const std::lock_guard lock(mutex);
            over = stopping;
            full = waiting_count >= settings.queue;
            if (!over && !full) {
                ++waiting_count;
                fresh.push_back(std::move(transfer));
            }
        }
        if (over) return transfer->fail(Errc::cancelled, "the client is stopping");
        if (full) return transfer->fail(Errc::unavailable, "too many outgoing requests are waiting");
        curl_multi_wakeup(multi);
    }

    void cancel(std::uint64_t number) {
        {
            const std::lock_guard lock(mutex);
            cancelled.push_back(number);
        }
        curl_multi_wakeup(multi);
    }

    void run() {
        while (take_commands()) {
            start_waiting();
            int active = 0;
            curl_multi_perform(multi, &active);
            collect();
            expire_waiting();
            const CURLMcode polled = curl_multi_poll(multi, nullptr, 0, waiting.empty() ? 1000 : 50, nullptr);
            if (polled != CURLM_OK) log::error("net", "waiting failed", {{"error", curl_multi_strerror(polled)}});
        }
        for (auto& [number, transfer] : running) {
            curl_multi_remove_handle(multi, transfer->easy());
            transfer->fail(Errc::cancelled, "the client is stopping");
        }
        for (auto& transfer : waiting) transfer->fail(Errc::cancelled, "the client is stopping");
        running.clear();
        waiting.clear();
    }

    bool take_commands() {
        std::vector<std::uint64_t> ended;
        bool go_on = true;
        {
            const std::lock_guard lock(mutex);
            for (auto& transfer : fresh) waiting.push_back(std::move(transfer));
            fresh.clear();
            ended.swap(cancelled);
            go_on = !stopping;
        }
        for (const std::uint64_t number : ended) {
            if (const auto found = running.find(number); found != running.end()) {
                curl_multi_remove_handle(multi, found->second->easy());
                found->second->fail(Errc::cancelled, "the request was cancelled");
                running.erase(found);
                continue;
            }
            std::erase_if(waiting, [&](const auto& transfer) {
                if (transfer->number() != number) return false;
                transfer->fail(Errc::cancelled, "the request was cancelled");
                left_queue();
                return true;
            });
        }
        return go_on;
    }

    void left_queue() {
        const std::lock_guard lock(mutex);
        --waiting_count;
    }

    void start_waiting() {
        while (!waiting.empty() && running.size() < settings.transfers) {
            auto transfer = std::move(waiting.front());
            waiting.pop_front();
            left_queue();
            begin_hop(std::move(transfer));
        }
    }

    void begin_hop(std::unique_ptr<Transfer> transfer) {
        if (auto prepared = transfer->prepare(); !prepared) {
            return transfer->fail(prepared.error().code, prepared.error().message);
        }
        const CURLMcode added = curl_multi_add_handle(multi, transfer->easy());
        if (added != CURLM_OK) return transfer->fail(Errc::unavailable, curl_multi_strerror(added));
        running.emplace(transfer->number(), std::move(transfer));
    }

    void collect() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            const CURLcode code = message->data.result;
            CURL* easy = message->easy_handle;
            void* pointer = nullptr;
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &pointer);
            curl_multi_remove_handle(multi, easy);
            const auto found = running.find(static_cast<Transfer*>(pointer)->number());
            auto transfer = std::move(found->second);
            running.erase(found);
            if (transfer->ended(code)) begin_hop(std::move(transfer));
        }
    }

    void expire_waiting() {
        const auto now = std::chrono::steady_clock::now();
        std::erase_if(waiting, [&](const auto& transfer) {
            if (transfer->deadline() > now) return false;
            transfer->expire();
            left_queue();
            return true;
        });
    }
};

Client::Client(Settings settings) : impl_(std::make_shared<Impl>(std::move(settings))) {}
Client::~Client() {
    impl_->stop();
}

Task<Result<Response>> Client::send(Request request) {
    auto url = parse_url(request.url);
    if (!url) co_return url.error();
    auto begin = [impl = impl_](auto handler, Request what, Url where) {
        auto guard = asio::make_work_guard(asio::get_associated_executor(handler));
        const std::uint64_t number = impl->next_number++;
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([client = std::weak_ptr(impl), number](asio::cancellation_type) {
                if (const auto alive = client.lock()) alive->cancel(number);
            });
        }
        // Shared, because a std::function must be copyable.
        auto waiter = std::make_shared<decltype(handler)>(std::move(handler));
        auto done = [waiter = std::move(waiter), guard = std::move(guard)](Result<Response> result) {
            asio::post(guard.get_executor(),
                       [waiter, result = std::move(result)]() mutable { std::move (*waiter)(std::move(result)); });
        };
        impl->start(
            std::make_unique<Transfer>(number, std::move(what), std::move(where), impl->settings, std::move(done)));
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Response>)>(
        std::move(begin), asio::use_awaitable, std::move(request), std::move(*url));
}

}  // namespace usher::net
