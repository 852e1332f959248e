#pragma once
/// For tests of the API: an installation with all resources of people and inboxes, called through the router without
/// sockets. Every answer is held against the OpenAPI document.
#include <gmock/gmock.h>

#include "access/access_fixture.hpp"
#include "api/resources.hpp"
#include "http/uri.hpp"

namespace usher::api::testing {

struct Answer {
    int status = 0;
    http::Headers headers;
    json::value body;

    const json::value& data() const { return body.as_object().at("data"); }
    const json::object& error() const { return body.as_object().at("error").as_object(); }
    std::string text(std::string_view pointer) const {
        boost::json::error_code failed;
        const auto* at = body.find_pointer({pointer.data(), pointer.size()}, failed);
        if (!at) return "(absent)";
        return at->is_string() ? std::string(at->as_string()) : write_json(*at);
    }
    std::string code() const { return text("/error/code"); }
    std::vector<std::string> paths() const {
        std::vector<std::string> out;
        for (const auto& detail : error().at("details").as_array()) {
            out.emplace_back(detail.as_object().at("path").as_string());
        }
        return out;
    }
};

/// How a call says who it is from.
struct As {
    http::Headers headers{};
};

class ApiTest : public access::testing::AccessTest {
protected:
    void SetUp() override {
        AccessTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        feed_ = std::make_unique<feed::Feed>(store());
        good(feed_->start());
        presence_ = std::make_unique<access::Presence>(clock());
        services_ = std::make_unique<Services>(Services{store(), clock(), access(), users(), keys(), inboxes(),
                                                        *presence_, *feed_, nullptr, "http://desk.example.test",
                                                        "http://chat.example.test", 5, "test"});
        router_ = std::make_shared<http::Router>();
        api_ = std::make_unique<Api>(router_, access(), Api::Settings{.origins = {"http://desk.example.test"}});
        add_all(*api_, *services_);
        more();
        api_->finish();
    }
    void TearDown() override {
        api_.reset();
        services_.reset();
        feed_.reset();
        AccessTest::TearDown();
    }
    /// Registers what a suite tests beside the usual.
    virtual void more() {}

    Api& api() { return *api_; }
    Services& services() { return *services_; }
    access::Presence& presence() { return *presence_; }

    static As admin_key() { return {{{"X-API-Key", access::testing::kAdminKey}}}; }
    static As nobody() { return {}; }
    static As cookie(const access::SignedIn& who) {
        return {{{"Cookie", "usher_session=" + who.token}, {"X-CSRF-Token", who.caller.csrf}}};
    }
    static As with(As as, std::string name, std::string value) {
        as.headers.set(std::move(name), std::move(value));
        return as;
    }

    /// `target` is below /api/support unless it starts with "//".
    http::Request request(std::string method, std::string target, const As& as, std::optional<std::string> body = {}) {
        http::Request out;
        out.method = std::move(method);
        out.target = target.starts_with("//") ? target.substr(1) : std::string(kBase) + target;
        const auto query = out.target.find('?');
        out.path = out.target.substr(0, query);
        if (query != std::string::npos) out.query = out.target.substr(query + 1);
        out.params = http::parse_query(out.query).value();
        out.headers = as.headers;
        out.headers.set("Host", "desk.example.test");
        out.remote_addr = "127.0.0.1";
        if (body) {
            if (!out.headers.has("Content-Type")) out.headers.set("Content-Type", "application/json");
            out.body = std::move(*body);
        }
        return out;
    }
    Answer call(std::string method, std::string target, const As& as, std::optional<std::string> body = {}) {
        auto sent = request(std::move(method), std::move(target), as, std::move(body));
        const std::string verb = sent.method;
        const auto match = router_->match(sent.method, sent.path);
        auto response = run(api_->dispatch(std::move(sent)));
        const std::string text = response.shared_body ? *response.shared_body : response.body;
        if (match.route && match.route->pattern.starts_with(kBase)) {
            const auto faults = api_->document().check_answer(verb, match.route->pattern, response.status,
                                                              response.headers.get("Content-Type"), text);
            EXPECT_THAT(faults, ::testing::IsEmpty()) << verb << " " << match.route->pattern << " -> " << text;
        }
        Answer out{response.status, response.headers, nullptr};
        if (auto value = parse_json(text, 64)) out.body = std::move(*value);
        return out;
    }
    Answer get(std::string target, const As& as) { return call("GET", std::move(target), as); }
    Answer post(std::string target, const As& as, std::string body) {
        return call("POST", std::move(target), as, std::move(body));
    }
    Answer put(std::string target, const As& as, std::string body) {
        return call("PUT", std::move(target), as, std::move(body));
    }

    feed::Feed& feed() { return *feed_; }

private:
    std::unique_ptr<feed::Feed> feed_;
    std::unique_ptr<access::Presence> presence_;
    std::unique_ptr<Services> services_;
    std::shared_ptr<http::Router> router_;
    std::unique_ptr<Api> api_;
};

#define USHER_ON_SQLITE(Suite)                                                            \
    INSTANTIATE_TEST_SUITE_P(On, Suite, ::testing::Values(usher::store::Dialect::sqlite), \
                             usher::store::testing::name_of)

}  // namespace usher::api::testing
