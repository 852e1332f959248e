#pragma once
/// OpenChannel: the open channel's account. Checks and translates what the peer posts, and posts what agents write.
/// The contract is README.md; nothing is kept here but settings, so every node answers the same.
#include <usher/plugin.hpp>

#include "config.hpp"
#include "inbound.hpp"
#include "rate_limit.hpp"
#include "times.hpp"
#include "uploads.hpp"

namespace usher::open_channel {

class OpenChannel final : public sdk::Channel {
public:
    OpenChannel(sdk::Host given, std::string_view config_json, Clock clock = Clock::system());

    void start(sdk::Role role, sdk::Done<void> done) override;
    sdk::Result<void> reload(std::string_view config_json) override;
    void send(sdk::Outbound message, sdk::Done<sdk::Receipt> done) override;
    void webhook(sdk::HttpRequest request, sdk::Done<sdk::HttpAnswer> done) override;

private:
    using Answer = sdk::Done<sdk::HttpAnswer>;

    void take_body(const sdk::HttpRequest& request, std::shared_ptr<Bytes> bytes, const Answer& done);
    void take_upload_request(const sdk::HttpRequest& request, const Answer& done);
    std::optional<Problem> over_rate();
    void route(const sdk::HttpRequest& request, std::string_view body, const Admitted& admitted, const Answer& done);
    void take_message(const boost::json::object& body, const Caller& caller, const Answer& done);
    void take_event(const boost::json::object& body, const Caller& caller, const Answer& done);
    void take_statuses(const boost::json::object& body, const Answer& done);
    void take_contact(const boost::json::object& body, std::string_view encoded_id, const Caller& caller,
                      const std::string& timestamp, const Answer& done);
    void emit(const sdk::Message& message, const std::string& id, const Answer& done);
    void warn_of_short_secrets();

    Config config_;
    Clock clock_;
    RateLimit rate_;
    bool unauthorized_ = false;  ///< the last send was answered 401
};

}  // namespace usher::open_channel
