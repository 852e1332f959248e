#pragma once
/// For tests of visitors' sockets: the real store and feed, one account whose channel and sockets the test holds.
#include <gmock/gmock.h>

#include <boost/asio/thread_pool.hpp>

#include "api/channel_fixture.hpp"
#include "api/visitors.hpp"
#include "desk/conversations.hpp"
#include "desk/desk_fixture.hpp"
#include "desk/messages.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::api::testing {

using namespace std::chrono_literals;
using store::testing::run;

class VisitorsTest : public desk::testing::DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        channel_ = std::make_shared<FakeChannel>(ref());
        restart();
    }
    void TearDown() override {
        stop();
        DeskTest::TearDown();
    }
    /// The program again, on the same database.
    void restart(Visitors::Limits limits = {}) {
        stop();
        limits.read_again = 1ms;
        threads_ = std::make_unique<asio::thread_pool>(1);
        feed_ = std::make_unique<feed::Feed>(store());
        ASSERT_TRUE(run(feed_->start()));
        visitors_ = std::make_unique<Visitors>(store(), links_, threads_->get_executor(), limits);
        visitors_->start(*feed_, [this](std::string_view slug) -> std::shared_ptr<plugins::Instance> {
            const std::lock_guard lock(mutex_);
            return slug == "shop1" ? channel_ : nullptr;
        });
        router_ = std::make_unique<http::Router>();
        visitors_->add_routes(*router_, "https://public.test");
    }
    void stop() {
        if (visitors_) run_to_end();
        if (threads_) threads_->join();
        visitors_.reset();
        feed_.reset();
        threads_.reset();
    }
    void run_to_end() {
        store::testing::run_to_end([this] { return visitors_->stop(); });
    }
    void set_channel(std::shared_ptr<FakeChannel> channel) {
        const std::lock_guard lock(mutex_);
        channel_ = std::move(channel);
    }

    http::Upgrade ask(const std::string& query, const std::string& slug = "shop1") {
        http::Request request;
        request.method = "GET";
        request.path = "/channels/" + slug + "/socket";
        request.query = query;
        request.target = request.path + "?" + query;
        request.remote_addr = "192.0.2.7";
        request.websocket = true;
        auto match = router_->match("GET", request.path);
        request.path_params = match.path_params;
        return run(match.route->upgrade(std::move(request)));
    }
    Client connect(const std::string& contact, const std::string& after = "") {
        auto upgrade = ask("contact=" + contact + "&after=" + after);
        Client client;
        if (auto* accept = std::get_if<http::Accept>(&upgrade)) {
            client.session = accept->session;
            client.socket = std::make_shared<FakeSocket>(threads_->get_executor());
            client.session->on_open(client.socket);
        } else {
            ADD_FAILURE() << std::get<http::Response>(upgrade).body;
        }
        return client;
    }
    http::Response refused(const std::string& query, const std::string& slug = "shop1") {
        auto upgrade = ask(query, slug);
        auto* response = std::get_if<http::Response>(&upgrade);
        if (!response) ADD_FAILURE() << "was admitted";
        return response ? *response : http::Response{};
    }

    Entry inbound(ConversationId id, const std::string& text) {
        return write([=](store::Write& w) {
                   desk::Change change(w, *store::lock_conversation(w.sql(), id));
                   Entry entry;
                   entry.author_id = change.now.contact_id.value;
                   entry.text = text;
                   entry.client_key = "client-" + text;
                   entry = change.add(entry);
                   change.message_event("message.received", entry);
                   change.commit();
                   return entry;
               })
            .value();
    }
    Entry outbound(ConversationId id, const std::string& text, MessageStatus status = MessageStatus::held) {
        return write([=](store::Write& w) {
                   desk::Change change(w, *store::lock_conversation(w.sql(), id));
                   Entry entry;
                   entry.direction = Direction::outbound;
                   entry.author_type = AuthorType::agent;
                   entry.author_id = kAnna.value;
                   entry.text = text;
                   entry.status = status;
                   entry = change.add(entry);
                   change.message_event("message.created", entry);
                   change.commit();
                   return entry;
               })
            .value();
    }
    void set_status(EntryId id, MessageStatus status) {
        ASSERT_TRUE(write([=](store::Write& w) -> Result<void> {
            auto entry = *store::find_entry(w.sql(), id);
            desk::Change change(w, *store::lock_conversation(w.sql(), entry.conversation_id));
            entry.status = status;
            store::update_entry(w.sql(), entry);
            change.message_event("message.status", entry, {{"to", to_json(status)}});
            change.commit();
            return {};
        }));
    }
    void read_up_to(ConversationId id, std::int64_t seq) {
        ASSERT_TRUE(write([=, who = supervisor()](store::Write& w) { return desk::mark_read(w, who, id, seq); }));
    }
    void close(ConversationId id) {
        ASSERT_TRUE(write([=](store::Write& w) {
            return desk::set_status_as(w, {AuthorType::system, 0}, id, ConversationStatus::closed);
        }));
    }
    /// A further conversation of the same contact.
    Conversation another(const Conversation& first, const std::string& thread = "") {
        return write([=](store::Write& w) {
                   Conversation c = *store::find_conversation(w.sql(), first.id);
                   c.id = {w.next_id()};
                   c.open_key = store::open_key_of(c.identity_id, thread);
                   c.status = ConversationStatus::active;
                   c.last_seq = c.read_seq = c.unread_count = 0;
                   c.created_at = c.last_activity_at = w.now();
                   w.sql().insert(c);
                   return c;
               })
            .value();
    }
    json::array history(const std::string& contact, const std::string& after, std::uint32_t limit) {
        auto told = run(visitors_->history(ref(), contact, "", after, limit));
        EXPECT_TRUE(told) << (told ? "" : told.error().message);
        return parse_json(told ? *told : "[]")->as_array();
    }
    plugins::AccountRef ref(std::string slug = "shop1") {
        return {std::move(slug), "open", plugins::Kind::channel, kAccount, kSpace};
    }

    AttachmentLinks links_{std::string(32, 'k'), "https://public.test", clock()};
    std::shared_ptr<FakeChannel> channel_;
    std::unique_ptr<asio::thread_pool> threads_;
    std::unique_ptr<feed::Feed> feed_;
    std::unique_ptr<Visitors> visitors_;
    std::unique_ptr<http::Router> router_;
    std::mutex mutex_;
};

}  // namespace usher::api::testing
