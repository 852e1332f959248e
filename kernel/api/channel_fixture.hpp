#pragma once
/// For tests of what customers reach: a channel that admits whom its query names, and sockets that remember what they
/// were sent.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>

#include "foundation/text.hpp"
#include "http/websocket.hpp"
#include "plugins/instance.hpp"

namespace usher::api::testing {

/// Its operations do what the test says; what a channel has not is refused.
class FakeChannel : public plugins::Instance {
public:
    explicit FakeChannel(plugins::AccountRef ref) : ref_(std::move(ref)) {}
    const plugins::AccountRef& account() const override { return ref_; }
    Offers offers() const override { return {.webhook = true, .visitors = true}; }
    plugins::State state() const override { return plugins::State::ready; }
    void set_state(plugins::State, const std::string&) override {}
    Task<Result<void>> start(plugins::Role) override { co_return Result<void>{}; }
    Task<Result<void>> stop() override { co_return Result<void>{}; }
    Task<Result<void>> reload(std::string) override { co_return Result<void>{}; }
    Task<void> destroy() override { co_return; }
    void destroy_soon() override {}
    Task<plugins::SendResult> send(plugins::Message) override { co_return plugins::SendResult{}; }
    Task<Result<std::chrono::milliseconds>> poll() override { co_return std::chrono::milliseconds(0); }
    Task<Result<std::string>> list_templates() override { co_return "[]"; }
    Task<Result<std::string>> choose(plugins::RouteRequest) override { co_return ""; }
    Task<Result<std::string>> respond(std::string) override { co_return "[]"; }
    Task<Result<void>> export_batch(std::string) override { co_return Result<void>{}; }

    Task<plugins::HttpResponse> webhook(plugins::HttpRequest request) override {
        if (on_request) on_request(request);
        requests.push_back(std::move(request));
        if (throws) throw std::runtime_error("thrown by a test");
        co_return answer;
    }
    Task<plugins::VisitorAdmission> visitor_accept(std::string session, plugins::HttpRequest request) override {
        plugins::VisitorAdmission out;
        for (const auto pair : split(request.query, '&')) {
            const auto parts = split(pair, '=');
            const std::string value(parts.size() > 1 ? parts[1] : "");
            if (parts[0] == "contact") out.scope.contact = value;
            if (parts[0] == "thread") out.scope.thread_key = value;
            if (parts[0] == "after") out.scope.after = value;
        }
        out.admitted = !out.scope.contact.empty() || !out.scope.thread_key.empty();
        out.refusal = answer;
        if (out.admitted) sessions.push_back(session);
        requests.push_back(std::move(request));
        co_return out;
    }
    Task<Result<void>> visitor_frame(std::string session, std::string json) override {
        frames.emplace_back(session, json);
        if (refuses.empty()) co_return Result<void>{};
        const Errc code = refuses.front();
        refuses.pop_front();
        co_return Error{code, "refused by a test"};
    }
    void visitor_closed(std::string session) override { closed.push_back(std::move(session)); }

    plugins::HttpResponse answer;
    bool throws = false;
    std::function<void(const plugins::HttpRequest&)> on_request;
    std::deque<Errc> refuses;  // of the next frames
    std::vector<plugins::HttpRequest> requests;
    std::vector<std::string> sessions, closed;
    std::vector<std::pair<std::string, std::string>> frames;

private:
    plugins::AccountRef ref_;
};

class FakeSocket final : public http::WebSocket {
public:
    explicit FakeSocket(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    bool send(std::shared_ptr<const std::string> text) override {
        const std::lock_guard lock(mutex_);
        if (code_ != 0) return false;
        sent_.push_back(*text);
        changed_.notify_all();
        return true;
    }
    void close(std::uint16_t code, std::string) override {
        const std::lock_guard lock(mutex_);
        if (code_ == 0) code_ = code;
        changed_.notify_all();
    }
    std::size_t queued() const override { return 0; }
    asio::any_io_executor executor() const override { return executor_; }

    /// The next frame; null when none comes.
    json::object next() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !sent_.empty() || code_ != 0; }) ||
            sent_.empty())
            return {};
        return pop();
    }
    /// The next frame if it has come.
    json::object take() {
        const std::lock_guard lock(mutex_);
        return sent_.empty() ? json::object() : pop();
    }
    int code() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return code_ != 0; });
        return code_;
    }
    bool silent() {
        const std::lock_guard lock(mutex_);
        return sent_.empty() && code_ == 0;
    }

private:
    json::object pop() {
        const std::string text = std::move(sent_.front());
        sent_.pop_front();
        return parse_json(text)->as_object();
    }
    asio::any_io_executor executor_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> sent_;
    int code_ = 0;
};

/// A visitor with an open socket.
struct Client {
    std::shared_ptr<http::WebSocketSession> session;
    std::shared_ptr<FakeSocket> socket;
    std::string cursor;                // of the last frame taken
    std::vector<std::string> entries;  // texts, as told by until()

    /// Takes frames up to one of this type.
    json::object until(std::string_view type) {
        while (true) {
            json::object frame = socket->next();
            if (frame.empty()) {
                ADD_FAILURE() << "no frame of type " << type << " came";
                return frame;
            }
            if (const auto* at = frame.if_contains("cursor")) cursor = at->as_string();
            if (frame.at("type") == "entry") entries.emplace_back(frame.at("entry").at("text").as_string());
            if (frame.at("type") == json::string_view(type.data(), type.size())) return frame;
        }
    }
    /// The next frame is an entry: its text.
    std::string entry() {
        const json::object frame = socket->next();
        if (frame.empty() || frame.at("type") != "entry") return "not an entry: " + write_json(frame);
        cursor = frame.at("cursor").as_string();
        return std::string(frame.at("entry").at("text").as_string());
    }
    void leave() {
        if (session) session->on_close(1006);
        session.reset();
    }
};

}  // namespace usher::api::testing
