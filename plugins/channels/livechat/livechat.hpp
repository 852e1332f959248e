#pragma once
/// The live-chat channel of one account: serves the widget, names visitors, takes their words over sockets and
/// requests, and tells them what agents are doing. What agents write reaches them from the kernel, not from here.
#include <map>
#include <set>

#include <usher/plugin.hpp>

#include "frames.hpp"
#include "pages.hpp"
#include "settings.hpp"
#include "tokens.hpp"

namespace usher::livechat {

/// What a client is told when something is refused; the same words on the socket and in an HTTP answer.
struct Refusal {
    std::uint32_t http_status = 400;
    std::string code{}, message{};
    std::chrono::milliseconds retry_after{0};  ///< with 429 and 503
};
Refusal to_refusal(const sdk::Failure& failure);
sdk::HttpAnswer json_answer(std::uint32_t status, const json::value& body);
sdk::HttpAnswer refusal_answer(const Refusal& refusal);

/// Where the answer to a request goes; a page of an allowed origin is let read it.
class Answer {
public:
    Answer(sdk::Done<sdk::HttpAnswer> done, std::string origin) : done_(std::move(done)), origin_(std::move(origin)) {}
    void operator()(sdk::HttpAnswer answer) const {
        if (!origin_.empty()) {
            answer.headers.emplace_back("Access-Control-Allow-Origin", origin_);
            answer.headers.emplace_back("Vary", "Origin");
        }
        done_(answer);
    }

private:
    sdk::Done<sdk::HttpAnswer> done_;
    std::string origin_;
};

class LiveChat final : public sdk::Channel, public sdk::VisitorSessions {
public:
    LiveChat(sdk::Host host, std::string_view config_json);

    void start(sdk::Role role, sdk::Done<void> done) override;
    void webhook(sdk::HttpRequest request, sdk::Done<sdk::HttpAnswer> done) override;
    void send(sdk::Outbound message, sdk::Done<sdk::Receipt> done) override;

    void accept(std::string session, sdk::HttpRequest request, sdk::Done<sdk::Admission> done) override;
    void frame(std::string session, std::string json, sdk::Done<void> done) override;
    void closed(std::string session) override;

private:
    // visitor_api.cpp
    void route(std::string_view path, sdk::HttpRequest request, Answer answer);
    void open_session(const sdk::HttpRequest& request, const Answer& answer) const;
    void take_frame(const sdk::HttpRequest& request, bool is_message, const Answer& answer);
    void poll_history(const sdk::HttpRequest& request, const Answer& answer) const;
    sdk::Result<Visitor> visitor_of(const sdk::HttpRequest& request) const;
    sdk::HttpAnswer session_answer(const Visitor& visitor, const std::string& token) const;

    // uploads.cpp
    void take_upload(sdk::HttpRequest request, const Answer& answer);
    void store_upload(sdk::Blobs blobs, std::string bytes, Upload upload, const Answer& answer) const;

    void push(const std::string& session, const json::value& frame) const;
    void push_to_contact(const std::string& contact, const json::value& frame) const;
    Seconds now() const;

    Settings settings_;
    Pages pages_;
    Tokens tokens_{""};  // until start() has the account's secret
    std::map<std::string, Visitor> sessions_;
    std::map<std::string, std::set<std::string>> sessions_of_;  // contact -> sessions
};

}  // namespace usher::livechat
