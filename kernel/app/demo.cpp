#include "app/demo.hpp"

#include "desk/assignment.hpp"
#include "desk/conversations.hpp"
#include "desk/messages.hpp"
#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "store/repositories/settings.hpp"

namespace usher::app {
namespace {

constexpr char kAccount[] = "demo-site";
constexpr char kDone[] = "demo_filled";

struct Line {
    bool ours = false;
    const char* text;
};
struct Story {
    const char* visitor;
    const char* name;
    const char* page;
    const char* agent;  // empty: nobody's
    const char* tag;    // empty: none
    ConversationStatus end;
    std::vector<Line> lines;
};

const std::vector<Story>& stories() {
    using enum ConversationStatus;
    static const std::vector<Story> all{
        {"demo-chiara",
         "Chiara Rossi",
         "/orders/1042",
         "Nadia Weber",
         "refund",
         active,
         {{false, "Hello, my parcel arrived damaged. The corner of the box was crushed."},
          {true, "I am sorry to hear that, Chiara. Could you tell me the order number?"},
          {false, "It is 1042. I can send a picture as well."},
          {true, "Thank you. I have started the refund; you will have it within three days."},
          {false, "That was quick. Do I have to send the old one back?"}}},
        {"demo-ben",
         "Ben Okafor",
         "/billing/invoices",
         "Tomás Silva",
         "invoice",
         waiting,
         {{false, "The invoice for October shows the wrong company address."},
          {true, "Thanks for telling us. Which address should it be?"},
          {false, "Okafor & Sons, 12 Harbour Street, Lagos. I will have the tax number by tomorrow."}}},
        {"demo-elif",
         "Elif Kaya",
         "/products/lamp",
         "Nadia Weber",
         "",
         solved,
         {{false, "Is the desk lamp dimmable?"},
          {true, "Yes, in five steps, with the button at its base."},
          {false, "Perfect, thank you!"}}},
        {"demo-grace",
         "Grace Lin",
         "/help/returns",
         "",
         "",
         active,
         {{false, "Hi! How long do I have to return something?"}, {false, "I bought the chair on the 2nd."}}},
        {"demo-dmitri",
         "Dmitri Petrov",
         "/billing/plans",
         "",
         "",
         active,
         {{false, "Can I change from monthly to yearly billing in the middle of a month?"}}},
        {"demo-hugo",
         "Hugo Silva",
         "/orders/977",
         "Tomás Silva",
         "",
         closed,
         {{false, "Where is my order 977?"},
          {true, "It left our warehouse this morning and arrives tomorrow."},
          {false, "Great."}}},
    };
    return all;
}

Principal system_principal(SpaceId space) {
    Principal who;
    who.space_id = space;
    who.name = "Demo";
    who.permissions = effective_permissions(std::vector<std::string>{"administrator"}, true);
    return who;
}

Task<Result<UserId>> add_agent(access::Access& access, access::Users& users, Principal by, std::string name,
                               std::string email, std::vector<std::string> roles) {
    access::NewUser input{name, email, std::move(roles), std::nullopt};
    auto invited = co_await users.invite(by, std::move(input));
    if (!invited) co_return invited.error();
    auto in = co_await access.accept_invitation(invited->token, name, kDemoPassword);
    if (!in) co_return in.error();
    co_return invited->user.id;
}

Task<Result<void>> tell(const Story& story, inbound::Inbound& inbound, store::Store& store, plugins::AccountRef account,
                        const std::map<std::string, UserId>& agents) {
    ConversationId conversation;
    int number = 0;
    Principal agent = system_principal(account.space_id);
    if (const auto at = agents.find(story.agent); at != agents.end()) agent.user_id = at->second;
    for (const auto& line : story.lines) {
        ++number;
        if (line.ours) {
            auto work = [agent, conversation, text = std::string(line.text)](store::Write& w) {
                desk::Draft draft;
                draft.conversation_id = conversation;
                draft.text = text;
                return desk::send_message(w, agent, draft);
            };
            auto sent = co_await store.write(std::move(work));
            if (!sent) co_return sent.error();
            continue;
        }
        plugins::Message message;
        message.contact = story.visitor;
        message.dedupe_key = "demo:" + std::string(story.visitor) + ":" + std::to_string(number);
        message.text = line.text;
        json::object contact;
        contact["name"] = story.name;
        message.contact_json = write_json(contact);
        message.attrs = {{"url", "https://shop.demo.test" + std::string(story.page)}};
        auto stored = co_await inbound.emit(account, std::move(message));
        if (!stored) co_return stored.error();
        if (auto id = parse_id(stored->conversation_id)) conversation = {*id};
    }
    auto work2 = [agent, conversation, story](store::Write& w) -> Result<void> {
        if (*story.tag != '\0') {
            if (auto done = desk::set_tags(w, agent, conversation, {story.tag}); !done) return done.error();
        }
        if (story.end == ConversationStatus::active) return {};
        if (auto done = desk::set_status(w, agent, conversation, story.end, std::nullopt); !done) return done.error();
        return {};
    };
    auto ended = co_await store.write(std::move(work2));
    co_return ended;
}

std::string page_of(const DemoPlaces& places) {
    return R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lamp &amp; Chair, a demo shop</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif; }
  body { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; }
  h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 1rem; }
  a { color: inherit; }
</style></head><body>
<h1>Lamp &amp; Chair</h1>
<p>This page plays a customer's site. It is served from an origin of its own and has one script tag in it. Open the chat in the
corner and write something; an agent who is available sees it in the <a href=")" +
           places.workspace_url + R"(">workspace</a>.</p>
<script async src=")" +
           places.public_url + "/channels/" + kAccount + R"(/widget.js"></script>
</body></html>
)";
}

}  // namespace

config::Document with_demo_account(config::Document document, const std::string& site_origin) {
    json::object config;
    config["title"] = "Lamp & Chair";
    config["greeting"] = "Hello! How can we help?";
    config["allowed_origins"] = json::array{site_origin};
    json::object account;
    account["id"] = kAccount;
    account["name"] = "Demo shop";
    account["channel"] = "livechat";
    account["config"] = std::move(config);
    json::object root;
    root["accounts"] = json::array{std::move(account)};
    return config::overlay(std::move(document), config::parse_yaml(write_json(root), "the demo"));
}

std::shared_ptr<http::Router> demo_site(const DemoPlaces& places) {
    auto router = std::make_shared<http::Router>();
    auto page = std::make_shared<const std::string>(page_of(places));
    const auto serve = [page](http::Request) -> Task<http::Response> {
        http::Response response = http::Response::text(200, *page);
        response.headers.set("Content-Type", "text/html; charset=utf-8");
        co_return response;
    };
    router->add("GET", "/", {}, serve);
    router->add("GET", "/*rest", {}, serve);
    return router;
}

Task<Result<void>> fill_demo(access::Access& access, access::Users& users, access::Inboxes& inboxes,
                             inbound::Inbound& inbound, const plugins::Registry& registry, store::Store& store) {
    const auto spec = registry.spec(plugins::Kind::channel, kAccount);
    if (!spec) co_return Error{Errc::not_found, "the demo's account does not run; is the live-chat plugin there?"};
    auto done = co_await store.read([](store::Session& sql) { return store::find_setting(sql, kDone); });
    if (!done) co_return done.error();
    if (*done) co_return Result<void>();
    const Principal by = system_principal(spec->ref.space_id);

    std::map<std::string, UserId> agents;
    const std::vector<std::tuple<std::string, std::string, std::vector<std::string>>> people{
        {"Nadia Weber", "nadia@demo.test", {"agent"}},
        {"Tomás Silva", "tomas@demo.test", {"agent"}},
        {"Vera Lindqvist", "vera@demo.test", {"supervisor"}}};
    for (const auto& [name, email, roles] : people) {
        auto user = co_await add_agent(access, users, by, name, email, roles);
        if (!user) co_return user.error();
        agents.emplace(name, *user);
    }
    auto billing = co_await inboxes.create(by, [](Inbox& inbox, bool&, Faults&) {
        inbox.name = "Billing";
        inbox.description = "Invoices, plans and payments";
        inbox.color = "#945a00";
        inbox.icon = "receipt";
    });
    if (!billing) co_return billing.error();
    auto all = co_await inboxes.list(by);
    if (!all) co_return all.error();
    for (const auto& inbox : *all) {
        if (inbox.inbox.id != billing->inbox.id) {
            const InboxId target = billing->inbox.id;
            auto member = [target](Inbox& support, bool&, Faults&) {
                support.name = "Support";
                support.color = "#1f53b8";
                support.icon = "life-buoy";
                RoutingRule rule;
                rule.condition.url = UrlCondition{"/billing"};
                rule.inbox_id = target;
                support.routing_rules = {rule};
            };
            auto changed = co_await inboxes.update(by, inbox.inbox.id, std::nullopt, std::move(member));
            if (!changed) co_return changed.error();
        }
        for (const auto& [name, user] : agents) {
            auto member = co_await inboxes.add_member(by, inbox.inbox.id, {user, MemberRole::agent});
            if (!member) co_return member.error();
        }
    }
    for (const auto& story : stories()) {
        auto told = co_await tell(story, inbound, store, spec->ref, agents);
        if (!told) co_return told.error();
    }
    co_return co_await store.write([](store::Write& w) { store::put_setting(w.sql(), kDone, "1"); });
}

}  // namespace usher::app
