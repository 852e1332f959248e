#include <algorithm>

#include "api/realtime_hub.hpp"

namespace usher::api {
namespace {

constexpr std::chrono::milliseconds kTellEvery{900};  // of one kind, about one conversation

}  // namespace

Socket::Socket(std::shared_ptr<Realtime::Hub> hub, access::Caller caller, std::optional<std::string> after)
    : hub_(std::move(hub)),
      caller_(std::move(caller)),
      after_(std::move(after)),
      principal_(caller_.principal),
      allowance_(2 * hub_->settings.messages_per_s),
      counted_(hub_->clock.steady()) {
    const std::lock_guard lock(hub_->users_mutex);
    ++hub_->users[id_of(*principal_)];
}

Socket::~Socket() {
    const std::lock_guard lock(hub_->users_mutex);
    const auto mine = hub_->users.find(id_of(*caller_.principal));
    if (mine != hub_->users.end() && --mine->second == 0) hub_->users.erase(mine);
}

void Socket::on_open(std::shared_ptr<http::WebSocket> socket) {
    {
        const std::lock_guard lock(mutex_);
        wire_ = std::move(socket);
    }
    hub_->opened(shared_from_this());
}

void Socket::on_close(std::uint16_t) {
    hub_->closed(shared_from_this());
}

access::PrincipalPtr Socket::principal() const {
    const std::lock_guard lock(mutex_);
    return principal_;
}

void Socket::set_principal(access::PrincipalPtr principal) {
    const std::lock_guard lock(mutex_);
    principal_ = std::move(principal);
}

void Socket::send(Text text) {
    std::shared_ptr<http::WebSocket> wire;
    {
        const std::lock_guard lock(mutex_);
        wire = wire_;
    }
    if (wire) wire->send(std::move(text));  // a full queue closes it, a closed one forgets it
}

void Socket::give(Text text) {
    bool over = false;
    {
        const std::lock_guard lock(mutex_);
        if (replaying_) {
            over = kept_.size() >= hub_->settings.buffer_limit;
            if (!over) kept_.push_back(std::move(text));
        }
    }
    if (over) return close(1013, "too much at once; come again");
    if (text) send(std::move(text));
}

void Socket::live() {
    std::vector<Text> kept;
    {
        const std::lock_guard lock(mutex_);
        replaying_ = false;
        kept.swap(kept_);
    }
    // On the hub's strand, as give() is: nothing comes between these.
    for (auto& text : kept) send(std::move(text));
}

void Socket::close(std::uint16_t code, std::string reason) {
    std::shared_ptr<http::WebSocket> wire;
    {
        const std::lock_guard lock(mutex_);
        wire = wire_;
    }
    if (wire) wire->close(code, std::move(reason));
}

bool Socket::too_many() {
    const auto now = hub_->clock.steady();
    const double rate = hub_->settings.messages_per_s;
    const std::chrono::duration<double> passed = now - counted_;
    counted_ = now;
    allowance_ = std::min(2 * rate, allowance_ + passed.count() * rate);
    if (allowance_ < 1) return true;
    allowance_ -= 1;
    return false;
}

Task<void> Socket::on_text(std::string text) {
    if (too_many()) {
        close(1008, "too many messages");
        co_return;
    }
    if (const UserId user = principal()->user_id) hub_->presence.seen(user);
    auto value = parse_json(text, 4);
    const json::object* object = value ? value->if_object() : nullptr;
    const json::value* type = object ? object->if_contains("type") : nullptr;
    if (!type || !type->is_string()) {
        close(1008, "expected a JSON object with a type");
        co_return;
    }
    if (type->as_string() == "ping") {
        send(pong_text());
        co_return;
    }
    if (type->as_string() != "typing" && type->as_string() != "viewing") co_return;  // of a newer client
    const json::value* named = object->if_contains("conversationId");
    if (!named || !named->is_string()) co_return;
    auto id = parse_id(std::string_view(named->as_string().data(), named->as_string().size()));
    if (!id) co_return;
    co_await tell(std::string(type->as_string()), ConversationId{*id});
}

Task<void> Socket::tell(std::string type, ConversationId conversation) {
    const auto now = hub_->clock.steady();
    if (told_.size() > 200) told_.clear();
    auto& last = told_[{type, conversation}];
    if (last != std::chrono::steady_clock::time_point{} && now - last < kTellEvery) co_return;
    last = now;
    const auto who = principal();
    auto key = co_await hub_->source.visibility(conversation);
    if (!key || !*key || !may_see(*who, **key)) co_return;  // what one may not see is nothing
    if (type == "typing") {
        if (!may_work(*who, **key)) co_return;
        if (hub_->typing) hub_->typing(conversation, *who);
    }
    json::object author{{"type", "agent"}, {"id", to_json(who->user_id)}, {"name", who->name}};
    hub_->relay(std::move(type), std::move(**key),
                {{"conversationId", to_json(conversation)}, {"author", std::move(author)}}, id_of(*who));
}

}  // namespace usher::api
