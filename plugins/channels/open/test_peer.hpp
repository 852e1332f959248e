#pragma once
/// A peer of an open channel for the tests: an account with a clock moved by hand, and requests signed for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <usher/fake_instance.hpp>

#include "channel.hpp"
#include "signature.hpp"

namespace usher::open_channel {

inline constexpr char kConfig[] = R"({
  "inbound": {"secrets": ["k2:oc-test-secret-new", "k1:oc-test-secret"]},
  "outbound": {"webhook_url": "https://shop.example.test/inbox-events?shop=1", "secrets": ["k2:oc-test-secret"]}
})";

struct Peer : testing::Test {
    std::int64_t now_us = 1'700'000'000'000'000;
    sdk::FakeHost host{"shop1"};
    std::optional<sdk::FakeInstance> channel;

    void SetUp() override { make(kConfig); }
    void TearDown() override {
        if (channel) channel->destroy();
        EXPECT_THAT(host.violations(), testing::IsEmpty());
    }
    void make(std::string_view config) {
        channel.reset();
        auto* made = new sdk::detail::Adapter<OpenChannel>(
            host.raw(), config, Clock{.unix_us = [this] { return now_us; }, .steady_us = [this] { return now_us; }});
        channel.emplace(host, made->c());
        ASSERT_TRUE(channel->start());
    }

    sdk::HttpRequest request(std::string method, std::string target, std::string body = {}) const {
        const std::string below = "/channels/shop1";
        const std::string path = target.substr(0, target.find('?'));
        sdk::HttpRequest made{.method = std::move(method),
                              .url = "https://public.example.test" + target,
                              .path = path.starts_with(below) ? path.substr(below.size()) : path,
                              .remote_addr = "127.0.0.1",
                              .body = std::move(body)};
        if (!made.body.empty()) made.headers.emplace_back("Content-Type", "application/json");
        return made;
    }
    sdk::HttpRequest sign_request(sdk::HttpRequest made, std::string_view secret = "oc-test-secret") const {
        const std::string timestamp = std::to_string(now_us / 1'000'000);
        made.headers.emplace_back("X-Usher-Timestamp", timestamp);
        made.headers.emplace_back("X-Usher-Signature",
                                  "v1=" + sign(secret, timestamp, made.method, target_of(made.url), made.body));
        return made;
    }
    sdk::HttpRequest signed_post(const std::string& path, std::string body) const {
        return sign_request(request("POST", "/channels/shop1" + path, std::move(body)));
    }
    sdk::HttpAnswer ask(const sdk::HttpRequest& asked) {
        const auto answer = channel->webhook(asked);
        if (answer) return *answer;
        ADD_FAILURE() << "no answer: " << answer.failure().error;
        return {.status = 0};
    }
    sdk::HttpAnswer post(const std::string& path, std::string body) { return ask(signed_post(path, std::move(body))); }
};

inline boost::json::object body_of(const sdk::HttpAnswer& answer) {
    boost::json::error_code failed;
    const auto parsed = boost::json::parse(answer.body, failed);
    return parsed.is_object() ? parsed.get_object() : boost::json::object();
}
inline std::string error_of(const sdk::HttpAnswer& answer, std::string_view member = "code") {
    const auto body = body_of(answer);
    const auto* error = body.if_contains("error");
    if (error == nullptr || !error->is_object()) return {};
    const auto* found = error->get_object().if_contains(member);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}
inline boost::json::object object_in(std::string_view text) {
    return text.empty() ? boost::json::object() : boost::json::parse(text).as_object();
}

}  // namespace usher::open_channel
