// The resource /accounts: shapes, rights and refusals. What an account does stands in provisioning/accounts_test.cpp.
#include "api/api_fixture.hpp"
#include "config/load.hpp"

namespace usher::api {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class AccountsApi : public testing::ApiTest {
protected:
    void more() override {
        plugins::Registry::Options options;
        options.public_url = "http://chat.example.test";
        options.threads = 2;
        registry_ = std::make_unique<plugins::Registry>(options, plugins::Sinks{});
        auto loaded = config::load_text("plugins: [{library: " + std::string(USHER_TEST_PLUGINS) +
                                            "/usher-test-scripted.so}]\n"
                                            "accounts: [{id: site, channel: scripted, config: {token: y-s3cret}}]\n",
                                        "usher.yaml");
        ASSERT_THAT(registry_->load(loaded.loaded), IsEmpty());
        accounts_ = std::make_unique<provisioning::Accounts>(store(), *registry_, threads_.get_executor(),
                                                             provisioning::SecretBox(std::string(32, 'k')), SpaceId{1});
        good(accounts_->start(registry_->specs_of(loaded.loaded)));
        run([](plugins::Registry& registry) -> Task<bool> {
            co_await registry.start();
            co_return true;
        }(*registry_));
        services().registry = registry_.get();
        services().accounts = accounts_.get();
    }
    void TearDown() override {
        if (accounts_) {
            run([](provisioning::Accounts& accounts, plugins::Registry& registry) -> Task<bool> {
                co_await accounts.stop();
                co_await registry.stop(std::chrono::seconds(10));
                co_return true;
            }(*accounts_, *registry_));
        }
        ApiTest::TearDown();
        accounts_.reset();
        registry_.reset();
    }
    testing::Answer patch(std::string target, const testing::As& as, std::string body) {
        return call("PATCH", std::move(target), as, std::move(body));
    }
    testing::Answer made(
        const std::string& body = R"({"id":"shop","channel":"scripted","config":{"token":"s3cret"}})") {
        return post("/accounts", admin_key(), body);
    }
    void expect_refused(const testing::Answer& answer, int status, const std::string& code) {
        EXPECT_EQ(answer.status, status);
        EXPECT_EQ(answer.code(), code) << answer.text("/error/message");
    }

    asio::thread_pool threads_{1};
    std::unique_ptr<plugins::Registry> registry_;
    std::unique_ptr<provisioning::Accounts> accounts_;
};
USHER_ON_SQLITE(AccountsApi);

TEST_P(AccountsApi, IsMadeShownChangedAndDeleted) {  // proves S0-31
    const auto created = made();
    ASSERT_EQ(created.status, 201) << created.text("/error/message");
    EXPECT_EQ(created.headers.get("ETag"), "\"1\"");
    EXPECT_EQ(created.text("/data/id"), "shop");
    EXPECT_EQ(created.text("/data/state"), "ready");
    EXPECT_EQ(created.text("/data/source"), "null");
    EXPECT_EQ(created.text("/data/secretsSet"), R"(["/token"])");
    EXPECT_EQ(created.text("/data/webhookUrl"), "http://chat.example.test/channels/shop");
    const auto changed =
        patch("/accounts/shop", admin_key(), R"({"name":"Our shop","config":{"port":26},"retry":{"delaysS":[3,9]}})");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.text("/data/config"), R"({"port":26})");
    EXPECT_EQ(changed.text("/data/secretsSet"), R"(["/token"])");
    EXPECT_EQ(changed.text("/data/retry/delaysS"), "[3,9]");
    EXPECT_EQ(changed.text("/data/version"), "2");
    EXPECT_EQ(patch("/accounts/shop", admin_key(), R"({"enabled":false})").text("/data/state"), "stopped");
    EXPECT_EQ(get("/accounts", admin_key()).data().as_array().size(), 2u);
    EXPECT_EQ(call("DELETE", "/accounts/shop", admin_key()).status, 204);
    expect_refused(get("/accounts/shop", admin_key()), 404, "not_found");
}

TEST_P(AccountsApi, NoAnswerShowsASecret) {
    std::string all = write_json(made().body);
    all += write_json(patch("/accounts/shop", admin_key(), R"({"config":{"token":"s3cret-2","port":0}})").body);
    all += write_json(patch("/accounts/shop", admin_key(), R"({"config":{"token":"s3cret-3"}})").body);
    all += write_json(post("/accounts/shop/test", admin_key(), R"({"config":{"token":"s3cret-4"}})").body);
    all += write_json(get("/accounts/site", admin_key()).body) + write_json(get("/accounts", admin_key()).body);
    EXPECT_THAT(all, Not(HasSubstr("s3cret")));
}

TEST_P(AccountsApi, OnlyWhoSetsUpChannelsMayWrite) {
    made();
    const auto agent = cookie(person("Anna", {"agent"}));
    for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{{"POST", "/accounts"},
                                                                                       {"PATCH", "/accounts/shop"},
                                                                                       {"DELETE", "/accounts/shop"},
                                                                                       {"POST", "/accounts/shop/test"},
                                                                                       {"POST", "/accounts/test"}}) {
        const auto refused = call(method, path, agent, "{}");
        EXPECT_EQ(refused.status, 403) << method << " " << path;
        EXPECT_THAT(refused.text("/error/message"), HasSubstr("inbox/setup/channels"));
        EXPECT_EQ(call(method, path, nobody(), "{}").status, 401) << method << " " << path;
    }
    const auto setup = cookie(person("Ines", {"inbox_setup"}));
    EXPECT_EQ(patch("/accounts/shop", setup, R"({"name":"Shop"})").status, 200);
    const auto refused = patch("/accounts/shop", setup, R"({"egress":{"allowCidrs":["10.0.0.0/8"]}})");
    expect_refused(refused, 403, "forbidden");
    EXPECT_THAT(refused.text("/error/message"), HasSubstr("inbox/admin/private-networks"));
    EXPECT_EQ(get("/accounts", cookie(person("Vera", {"viewer"}))).status, 403);
}

TEST_P(AccountsApi, WhoOnlyWritesThroughItDoesNotSeeHowItIsSetUp) {
    made(R"({"id":"shop","channel":"scripted","config":{"port":26,"token":"s3cret"}})");
    const auto seen = get("/accounts/shop", cookie(person("Anna", {"agent"})));
    EXPECT_EQ(seen.text("/data/id"), "shop");
    EXPECT_EQ(seen.text("/data/config"), "{}");
    EXPECT_EQ(seen.text("/data/secretsSet"), "[]");
    EXPECT_EQ(seen.text("/data/webhookUrl"), "");
    EXPECT_EQ(get("/accounts/site", cookie(person("Otto", {"agent"}))).text("/data/source"), "null");
}

TEST_P(AccountsApi, EveryFaultIsNamedWithItsPath) {
    expect_refused(post("/accounts", admin_key(), "{"), 400, "invalid_request");
    EXPECT_EQ(post("/accounts", with(admin_key(), "Content-Type", "text/plain"), "{}").status, 415);
    const auto empty = post("/accounts", admin_key(), "{}");
    EXPECT_EQ(empty.status, 422);
    EXPECT_THAT(empty.paths(), UnorderedElementsAre("/id", "/channel"));
    const auto wrong = made(R"({"id":"Shop 1","channel":"scripted","nmae":"x","enabled":"yes",)"
                            R"("config":{"port":"x","colour":1},"retry":{"breaker":{"failures":0,"probeS":1}}})");
    EXPECT_EQ(wrong.status, 422);
    EXPECT_THAT(wrong.paths(), UnorderedElementsAre("/id", "/nmae", "/enabled", "/config/port", "/config/colour",
                                                    "/retry/breaker/failures"));
    made();
    const auto fixed = patch("/accounts/shop", admin_key(), R"({"id":"shop2","channel":"exclusive","x":1})");
    EXPECT_EQ(fixed.status, 422);
    EXPECT_THAT(fixed.paths(), UnorderedElementsAre("/id", "/channel", "/x"));
    EXPECT_EQ(patch("/accounts/shop", admin_key(), R"({"config":null})").paths(), std::vector<std::string>{"/config"});
    EXPECT_EQ(get("/accounts/shop", admin_key()).text("/data/version"), "1");
}

TEST_P(AccountsApi, StateAndPlaceRefuse) {
    made();
    expect_refused(made(), 409, "already_exists");
    const auto provisioned = patch("/accounts/site", admin_key(), R"({"name":"x"})");
    expect_refused(provisioned, 409, "provisioned");
    EXPECT_THAT(provisioned.text("/error/message"), HasSubstr("usher.yaml:2:12"));
    expect_refused(call("DELETE", "/accounts/site", admin_key()), 409, "provisioned");
    EXPECT_EQ(get("/accounts/site", admin_key()).text("/data/source"), "usher.yaml:2:12");
    for (const char* method : {"PATCH", "DELETE"}) {
        EXPECT_EQ(call(method, "/accounts/shop", with(admin_key(), "If-Match", "\"7\""), "{}").status, 412);
        expect_refused(call(method, "/accounts/nowhere", admin_key(), "{}"), 404, "not_found");
    }
    expect_refused(post("/accounts/nowhere/test", admin_key(), "{}"), 404, "not_found");
    expect_refused(call("DELETE", "/accounts/shop?waiting=drop", admin_key()), 400, "invalid_request");
}

TEST_P(AccountsApi, ATestSaysWhatIsWrong) {
    made();
    EXPECT_EQ(post("/accounts/shop/test", admin_key(), "{}").text("/data"), R"({"ok":true,"error":null})");
    const auto refused = post("/accounts/test", admin_key(), R"({"channel":"scripted","config":{"start":"refuse"}})");
    EXPECT_EQ(refused.status, 200);
    EXPECT_EQ(refused.text("/data/ok"), "false");
    EXPECT_THAT(refused.text("/data/error"), HasSubstr("the token was revoked"));
    EXPECT_EQ(post("/accounts/test", admin_key(), R"({"channel":"scripted","config":{"port":0}})").paths(),
              std::vector<std::string>{"/config/port"});
    EXPECT_EQ(post("/accounts/test", admin_key(), R"({"channel":"telegraph"})").paths(),
              std::vector<std::string>{"/channel"});
}

TEST_P(AccountsApi, ARepeatedPostMakesOneAccount) {
    const auto as = with(admin_key(), "Idempotency-Key", "k-1");
    const std::string body = R"({"id":"shop","channel":"scripted"})";
    EXPECT_EQ(post("/accounts", as, body).status, 201);
    EXPECT_EQ(post("/accounts", as, body).status, 201);
    expect_refused(post("/accounts", as, R"({"id":"bar","channel":"scripted"})"), 409, "idempotency_key_reused");
}

}  // namespace
}  // namespace usher::api
