// Accounts on every database, with the plugin that does what its configuration says.
#include "provisioning/accounts.hpp"

#include <gmock/gmock.h>

#include "access/access_fixture.hpp"
#include "config/load.hpp"

namespace usher::provisioning {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AccountsTest : public access::testing::AccessTest {
protected:
    void SetUp() override {
        AccessTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        boot();
    }
    void TearDown() override {
        if (accounts_) shut();
        AccessTest::TearDown();
    }
    /// The program starts, with these accounts in its YAML.
    Result<void> boot_with(const std::string& yaml, std::string key = std::string(32, 'k')) {
        plugins::Registry::Options options;
        options.public_url = "https://chat.test";
        options.threads = 2;
        registry_ = std::make_unique<plugins::Registry>(options, plugins::Sinks{});
        const std::string library = std::string(USHER_TEST_PLUGINS) + "/usher-test-scripted.so";
        auto loaded = config::load_text("plugins: [{library: " + library + "}]\n" + yaml, "usher.yaml");
        EXPECT_THAT(loaded.faults, IsEmpty());
        EXPECT_THAT(registry_->load(loaded.loaded), IsEmpty());
        accounts_ = std::make_unique<Accounts>(store(), *registry_, threads_.get_executor(), SecretBox(std::move(key)),
                                               SpaceId{1});
        auto started = run(accounts_->start(registry_->specs_of(loaded.loaded)));
        run([](plugins::Registry& registry) -> Task<bool> {
            co_await registry.start();
            co_return true;
        }(*registry_));
        return started;
    }
    void boot(const std::string& yaml = "", std::string key = std::string(32, 'k')) {
        auto started = boot_with(yaml, std::move(key));
        ASSERT_TRUE(started) << started.error().message;
    }
    void shut() {
        run([](Accounts& accounts, plugins::Registry& registry) -> Task<bool> {
            co_await accounts.stop();
            co_await registry.stop(std::chrono::seconds(10));
            co_return true;
        }(*accounts_, *registry_));
        accounts_.reset();
        registry_.reset();
    }
    void reboot(const std::string& yaml = "", std::string key = std::string(32, 'k')) {
        shut();
        boot(yaml, std::move(key));
    }

    static NewAccount wish(const std::string& id, std::string_view config = R"({"token":"s3cret"})") {
        NewAccount out;
        out.id = id;
        out.channel = "scripted";
        out.draft.config = parse_json(config).value().as_object();
        return out;
    }
    AccountView made(const std::string& id, std::string_view config = R"({"token":"s3cret"})") {
        return good(accounts_->create(admin(), wish(id, config), std::nullopt, {}));
    }
    Result<AccountView> change(const std::string& id, Accounts::Edit edit) {
        return run(accounts_->update(admin(), id, std::nullopt, std::move(edit)));
    }
    Result<AccountView> configure(const std::string& id, std::string_view config) {
        return change(id, [config = parse_json(config).value()](AccountDraft& draft, Faults&) {
            draft.config = config.as_object();
        });
    }
    Result<void> remove(const std::string& id, bool fail_waiting = false) {
        return run(accounts_->remove(admin(), id, std::nullopt, fail_waiting));
    }
    store::AccountRow row(const std::string& slug) {
        auto look = [slug](store::Session& sql) { return store::find_account_even_deleted(sql, slug).value(); };
        return run(store().read(std::move(look))).value();
    }
    std::vector<std::string> paths(const Error& error) {
        std::vector<std::string> out;
        for (const auto& detail : error.details) out.push_back(detail.path);
        return out;
    }
    std::string running_token(const std::string& slug) {
        const auto spec = registry_->spec(plugins::Kind::channel, slug);
        if (!spec) return "(none)";
        const json::value* token = spec->config.if_contains("token");
        return token ? std::string(token->as_string()) : "(no token)";
    }
    bool runs(const std::string& slug) { return registry_->account(slug) != nullptr; }

    asio::thread_pool threads_{1};
    std::unique_ptr<plugins::Registry> registry_;
    std::unique_ptr<Accounts> accounts_;
};
USHER_ON_EVERY_DATABASE(AccountsTest);

TEST_P(AccountsTest, ANewOneRunsAtOnceAndAfterARestart) {
    const auto view = made("shop");
    EXPECT_EQ(view.state, plugins::State::ready);
    EXPECT_EQ(view.row.name, "shop");
    EXPECT_EQ(view.webhook_url, "https://chat.test/channels/shop");
    EXPECT_TRUE(runs("shop"));
    EXPECT_THAT(event_types(), Contains("account.created"));
    reboot();
    EXPECT_TRUE(runs("shop"));
    EXPECT_EQ(running_token("shop"), "s3cret");
}

TEST_P(AccountsTest, ASecretIsSealedAndNeverShown) {
    const auto view = made("shop");
    EXPECT_THAT(view.secrets, ElementsAre("/token"));
    EXPECT_THAT(view.config, IsEmpty());
    EXPECT_THAT(write_json(row("shop").config), Not(HasSubstr("s3cret")));
    EXPECT_THAT(write_json(row("shop").config), HasSubstr("$sealed"));
}

TEST_P(AccountsTest, AnAbsentSecretIsKeptAndNullClearsIt) {
    made("shop");
    ASSERT_TRUE(configure("shop", R"({"port":26})"));
    EXPECT_EQ(running_token("shop"), "s3cret");
    ASSERT_TRUE(configure("shop", R"({"port":26,"token":"next"})"));
    EXPECT_EQ(running_token("shop"), "next");
    reboot();
    EXPECT_EQ(running_token("shop"), "next");
    const auto cleared = configure("shop", R"({"token":null})");
    ASSERT_TRUE(cleared);
    EXPECT_THAT(cleared->secrets, IsEmpty());
    EXPECT_EQ(running_token("shop"), "(no token)");
}

TEST_P(AccountsTest, EveryFaultIsToldAtOnceAndNothingIsMade) {
    NewAccount input = wish("No Slug", R"({"port":0,"prot":1})");
    input.draft.name = std::string(101, 'x');
    input.draft.inbox_id = InboxId{4711};
    input.draft.retry.delays_s = std::vector<int>{0};
    input.draft.egress.allow_cidrs = {"home"};
    const Error error = bad(accounts_->create(admin(), input, std::nullopt, {}));
    EXPECT_EQ(error.code, Errc::validation);
    EXPECT_THAT(paths(error), ::testing::IsSupersetOf({"/id", "/name", "/inboxId", "/config/port", "/config/prot",
                                                       "/retry/delaysS/0", "/egress/allowCidrs"}));
    EXPECT_THAT(good(accounts_->list(admin())), IsEmpty());
    NewAccount unknown = wish("shop");
    unknown.channel = "scriptde";
    EXPECT_THAT(bad(accounts_->create(admin(), unknown, std::nullopt, {})).message,
                HasSubstr("did you mean scripted?"));
}

TEST_P(AccountsTest, AnIdIsGivenOnce) {
    made("shop");
    const Error error = bad(accounts_->create(admin(), wish("shop"), std::nullopt, {}));
    EXPECT_EQ(error.reason, "already_exists");
}

TEST_P(AccountsTest, ARepeatedCallMakesOne) {
    const store::IdempotencyKey key{std::string(64, 'a'), std::string(64, 'b')};
    const auto first = good(accounts_->create(admin(), wish("shop"), key, {}));
    const auto again = good(accounts_->create(admin(), wish("shop"), key, {}));
    EXPECT_EQ(first.row.id, again.row.id);
    EXPECT_EQ(row("shop").version, 1);
}

TEST_P(AccountsTest, AConfigurationThatThePluginRefusesMakesAndChangesNothing) {
    const Error error = bad(accounts_->create(admin(), wish("shop", R"({"create":"refuse"})"), std::nullopt, {}));
    EXPECT_EQ(error.code, Errc::validation);
    EXPECT_THAT(paths(error), ElementsAre("/config"));
    EXPECT_THAT(error.message, HasSubstr("the secret is too short"));
    EXPECT_THAT(good(accounts_->list(admin())), IsEmpty());
    EXPECT_FALSE(registry_->spec(plugins::Kind::channel, "shop"));

    made("bar");
    const auto refused = configure("bar", R"({"create":"refuse","reload":"refuse"})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::validation);
    EXPECT_THAT(paths(refused.error()), ElementsAre("/config"));
    EXPECT_EQ(row("bar").version, 1);
    EXPECT_EQ(running_token("bar"), "s3cret");
    EXPECT_TRUE(runs("bar"));
}

TEST_P(AccountsTest, OneThatCannotStartStaysAndSaysWhy) {
    const auto view = made("shop", R"({"start":"refuse"})");
    EXPECT_EQ(view.state, plugins::State::failed);
    EXPECT_THAT(view.last_error.value_or(""), HasSubstr("the token was revoked"));
    const auto mended = configure("shop", R"({"token":"good"})");
    ASSERT_TRUE(mended) << mended.error().message;
    EXPECT_EQ(mended->state, plugins::State::ready);
    EXPECT_EQ(mended->last_error, std::nullopt);
}

TEST_P(AccountsTest, DisabledMeansStoppedAlsoAfterARestart) {
    made("shop");
    const auto off = change("shop", [](AccountDraft& draft, Faults&) { draft.enabled = false; });
    ASSERT_TRUE(off);
    EXPECT_EQ(off->state, plugins::State::stopped);
    EXPECT_FALSE(runs("shop"));
    reboot();
    EXPECT_FALSE(runs("shop"));
    EXPECT_EQ(good(accounts_->get(admin(), "shop")).state, plugins::State::stopped);
    ASSERT_TRUE(change("shop", [](AccountDraft& draft, Faults&) { draft.enabled = true; }));
    EXPECT_TRUE(runs("shop"));
    EXPECT_EQ(running_token("shop"), "s3cret");
}

TEST_P(AccountsTest, AStaleChangeIsRefused) {
    made("shop");
    ASSERT_TRUE(change("shop", [](AccountDraft& draft, Faults&) { draft.name = "Shop"; }));
    const auto rename = [](AccountDraft& draft, Faults&) { draft.name = "Other"; };
    EXPECT_EQ(run(accounts_->update(admin(), "shop", 1, rename)).error().code, Errc::precondition);
    EXPECT_EQ(run(accounts_->remove(admin(), "shop", 1, false)).error().code, Errc::precondition);
    EXPECT_EQ(row("shop").name, "Shop");
}

TEST_P(AccountsTest, WhatDoesNotChangeIsNotWritten) {
    made("shop");
    ASSERT_TRUE(configure("shop", R"({})"));  // the secret is kept: nothing is new
    ASSERT_TRUE(change("shop", [](AccountDraft& draft, Faults&) { draft.name = "shop"; }));
    EXPECT_EQ(row("shop").version, 1);
}

TEST_P(AccountsTest, AnInboxHasToExist) {
    made("shop");
    const auto refused = change("shop", [](AccountDraft& draft, Faults&) { draft.inbox_id = InboxId{4711}; });
    EXPECT_EQ(paths(refused.error()), std::vector<std::string>{"/inboxId"});
    const InboxId sales = inbox("Sales");
    ASSERT_TRUE(change("shop", [sales](AccountDraft& draft, Faults&) { draft.inbox_id = sales; }));
    EXPECT_EQ(row("shop").inbox_id, sales);
    ASSERT_TRUE(change("shop", [](AccountDraft& draft, Faults&) { draft.inbox_id.reset(); }));
    EXPECT_FALSE(row("shop").inbox_id);
}

TEST_P(AccountsTest, DeletedOnesKeepTheirRowAndNothingSecret) {
    made("shop");
    ASSERT_TRUE(remove("shop"));
    EXPECT_FALSE(runs("shop"));
    EXPECT_THAT(good(accounts_->list(admin())), IsEmpty());
    EXPECT_EQ(bad(accounts_->get(admin(), "shop")).code, Errc::not_found);
    EXPECT_EQ(remove("shop").error().code, Errc::not_found);
    EXPECT_THAT(row("shop").config, IsEmpty());
    EXPECT_THAT(event_types(), Contains("account.deleted"));
    reboot();
    EXPECT_FALSE(runs("shop"));
}

TEST_P(AccountsTest, ADeletedIdComesBackForItsChannelOnly) {
    const auto first = made("shop");
    ASSERT_TRUE(remove("shop"));
    NewAccount other = wish("shop");
    other.channel = "exclusive";
    EXPECT_EQ(bad(accounts_->create(admin(), other, std::nullopt, {})).reason, "id_was_used");
    const auto again = made("shop", R"({"token":"new"})");
    EXPECT_EQ(again.row.id, first.row.id) << "its conversations go on";
    EXPECT_EQ(running_token("shop"), "new");
}

TEST_P(AccountsTest, WaitingMessagesHoldADeletionBack) {
    const auto view = made("shop");
    auto wait = [key = view.row.id](store::Write& write) {
        write.sql().exec(
            "INSERT INTO outbox (message_id, account_id, conversation_id, seq, out_seq, state, attempt, due_at, "
            "first_attempt_at, created_at) VALUES (:m, :a, 1, 1, 0, 0, 0, 1, NULL, 1)",
            write.next_id(), key);
    };
    ASSERT_TRUE(run(store().write(std::move(wait))));
    const auto refused = remove("shop");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().reason, "messages_waiting");
    EXPECT_THAT(refused.error().message, HasSubstr("1 message waits to be sent through 'shop'"));
    EXPECT_TRUE(runs("shop"));
    ASSERT_TRUE(remove("shop", true));
    auto count = [key = view.row.id](store::Session& sql) { return store::count_waiting(sql, key); };
    EXPECT_EQ(run(store().read(std::move(count))).value(), 0);
}

TEST_P(AccountsTest, PrivateNetworksNeedTheirOwnPermission) {
    NewAccount input = wish("shop");
    input.draft.egress.allow_cidrs = {"10.0.0.0/8"};
    Principal setup = admin();
    setup.permissions = {"inbox/setup/channels"};
    EXPECT_EQ(bad(accounts_->create(setup, input, std::nullopt, {})).code, Errc::forbidden);
    EXPECT_EQ(bad(accounts_->test_new(setup, input, {})).code, Errc::forbidden);
    good(accounts_->create(admin(), input, std::nullopt, {}));
    const auto wider = [](AccountDraft& draft, Faults&) { draft.egress.allow_cidrs.push_back("192.168.0.0/16"); };
    EXPECT_THAT(bad(accounts_->update(setup, "shop", std::nullopt, wider)).message,
                HasSubstr("inbox/admin/private-networks"));
    const auto rename = [](AccountDraft& draft, Faults&) { draft.name = "Shop"; };
    good(accounts_->update(setup, "shop", std::nullopt, rename));
    EXPECT_EQ(registry_->spec(plugins::Kind::channel, "shop")->allow_cidrs, std::vector<std::string>{"10.0.0.0/8"});
}

TEST_P(AccountsTest, AnotherSpaceSeesNothing) {
    made("shop");
    Principal other = admin();
    other.space_id = SpaceId{2};
    EXPECT_THAT(good(accounts_->list(other)), IsEmpty());
    EXPECT_EQ(bad(accounts_->get(other, "shop")).code, Errc::not_found);
    EXPECT_EQ(bad(accounts_->test(other, "shop", std::nullopt)).code, Errc::not_found);
    EXPECT_EQ(run(accounts_->remove(other, "shop", std::nullopt, false)).error().code, Errc::not_found);
}

TEST_P(AccountsTest, WhatIsNoIdIsNotThere) {
    for (const std::string& id :
         {std::string("a\0b", 3), std::string("\xff"), std::string("Shop"), std::string(41, 'a')})
        EXPECT_EQ(bad(accounts_->get(admin(), id)).code, Errc::not_found);
}

TEST_P(AccountsTest, ATestKeepsNothing) {
    made("shop");
    EXPECT_EQ(good(accounts_->test(admin(), "shop", std::nullopt)), std::nullopt);
    const auto revoked = parse_json(R"({"start":"refuse"})")->as_object();
    EXPECT_THAT(good(accounts_->test(admin(), "shop", revoked)).value_or(""), HasSubstr("the token was revoked"));
    const auto wrong = parse_json(R"({"port":"x"})")->as_object();
    EXPECT_EQ(paths(bad(accounts_->test(admin(), "shop", wrong))), std::vector<std::string>{"/config/port"});
    EXPECT_EQ(row("shop").version, 1);
    EXPECT_TRUE(runs("shop"));
    EXPECT_THAT(good(accounts_->test_new(admin(), wish("", R"({"create":"refuse"})"), {})).value_or(""),
                HasSubstr("the secret is too short"));
    EXPECT_THAT(good(accounts_->list(admin())), ::testing::SizeIs(1));
}

// ---- another key

TEST_P(AccountsTest, UnderAnotherKeyAnAccountSaysSoAndTakesNewSecrets) {
    made("shop", R"({"token":"s3cret","port":26})");
    reboot("", std::string(32, 'n'));
    const auto view = good(accounts_->get(admin(), "shop"));
    EXPECT_EQ(view.state, plugins::State::failed);
    EXPECT_THAT(view.last_error.value_or(""), HasSubstr("Its secrets (/token) were sealed with the secret_key " +
                                                        SecretBox(std::string(32, 'k')).key_id()));
    EXPECT_EQ(view.config.at("port"), 26);
    EXPECT_EQ(paths(configure("shop", R"({"port":27})").error()), std::vector<std::string>{"/config/token"});
    const auto renamed = change("shop", [](AccountDraft& draft, Faults&) { draft.name = "Shop"; });
    ASSERT_TRUE(renamed) << renamed.error().message;  // and what is sealed stays as it is

    reboot();  // the old key comes back
    EXPECT_EQ(running_token("shop"), "s3cret");
    reboot("", std::string(32, 'n'));
    const auto given = configure("shop", R"({"port":27,"token":"anew"})");
    ASSERT_TRUE(given) << given.error().message;
    EXPECT_EQ(given->state, plugins::State::ready);
    EXPECT_EQ(running_token("shop"), "anew");
}

// ---- YAML

constexpr const char* kYaml = "accounts:\n  - {id: site, channel: scripted, config: {token: from-yaml}}\n";

TEST_P(AccountsTest, WhatStandsInYamlIsReadOnlyHere) {
    reboot(kYaml);
    const auto view = good(accounts_->get(admin(), "site"));
    EXPECT_EQ(view.row.source, "usher.yaml:3:5");
    EXPECT_THAT(view.secrets, ElementsAre("/token"));
    EXPECT_THAT(view.config, IsEmpty());
    EXPECT_THAT(row("site").config, IsEmpty());
    const auto refused = change("site", [](AccountDraft& draft, Faults&) { draft.name = "Other"; });
    EXPECT_EQ(refused.error().reason, "provisioned");
    EXPECT_THAT(refused.error().message, HasSubstr("usher.yaml:3:5: edit it there"));
    EXPECT_EQ(remove("site").error().reason, "provisioned");
    EXPECT_EQ(bad(accounts_->create(admin(), wish("site"), std::nullopt, {})).reason, "already_exists");
    EXPECT_EQ(good(accounts_->test(admin(), "site", std::nullopt)), std::nullopt);
}

TEST_P(AccountsTest, WhatLeavesYamlStaysDisabledAndCanBeTakenUp) {
    reboot(kYaml);
    const auto key = row("site").id;
    reboot();
    const auto view = good(accounts_->get(admin(), "site"));
    EXPECT_EQ(view.row.source, std::nullopt);
    EXPECT_EQ(view.state, plugins::State::stopped);
    reboot(kYaml);  // and back
    EXPECT_TRUE(runs("site"));
    EXPECT_EQ(row("site").id, key);
    reboot();
    ASSERT_TRUE(remove("site"));
}

TEST_P(AccountsTest, YamlDoesNotTakeOverUnnoticed) {
    made("site");
    shut();
    const auto refused = boot_with(kYaml);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "usher.yaml:3:5: there is an account site that was made in the workspace; delete it there, or choose "
              "another id");
}

}  // namespace
}  // namespace usher::provisioning
