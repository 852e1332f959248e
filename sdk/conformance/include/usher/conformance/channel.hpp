#pragma once
/// Steps for channels: sends that go well and badly, webhooks from anybody, rounds of polling, visitors.
#include <usher/conformance/steps.hpp>

namespace usher::sdk::conformance {

namespace detail {

inline bool sends(Guest& guest, Report& report) {
    if (static_cast<const usher_channel*>(guest.instance->raw()->ops)->send != nullptr) return true;
    report.note("no send: visitors' sockets, webhooks or polling are all this channel has");
    return false;
}

inline Message outbound(std::string id = "48219301") {
    return {.id = std::move(id),
            .conversation_id = "482000",
            .thread_key = "",
            .contact = "customer-17",
            .text = "Your order is on its way.",
            .author_json = R"({"type":"agent","name":"Nadia"})",
            .timeout = std::chrono::seconds(30),
            .attempt = 1,
            .sent_unix_us = 1795165529871000,
            .seq = 1};
}

/// Rules that hold for the outcome of any send.
inline void check_outcome(const Subject& subject, Report& report, const std::string& name,
                          const Result<Receipt>& outcome) {
    if (outcome) return;
    const Failure& failure = outcome.failure();
    if (failure.error.empty())
        report.warning(name + ": the failure has no error text", "usher_result.error: what and where, for operators",
                       place::kErrors);
    for (const auto& secret : subject.secrets) {
        for (const std::string* text : {&failure.error, &failure.reason_text, &failure.reason_code}) {
            if (text->find(secret) != std::string::npos)
                report.error(name + ": a secret of the configuration stands in the failure's text",
                             "no secret in any text: operators and agents read them", place::kSecrets);
        }
    }
}

inline void send_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start() || !sends(guest, report)) return;
    const auto before = std::chrono::steady_clock::now();
    const auto op = guest.instance->begin_send(outbound());
    const auto spent = std::chrono::steady_clock::now() - before;
    if (spent > std::chrono::milliseconds(20))
        report.warning("send took more than 20 ms before it returned",
                       "to begin at once and finish later: nothing blocks", place::kThreads);
    const auto first = guest.finish(op, "send");
    check_outcome(subject, report, "send", first);
    if (!first)
        report.note("the first send ends as " + told(first.failure()) +
                    "; the fake provider answers 200 and {} to everything, which this channel may rightly refuse");
    if (first && first->remote_id.empty() && !subject.flag("visitors"))
        report.warning("send answers without remote_id", "the provider's id: receipts and replies are found by it",
                       place::kSend);
    Message again = outbound();
    again.attempt = 2;  // the kernel did not learn how the first attempt ended
    check_outcome(subject, report, "the second attempt",
                  guest.finish(guest.instance->begin_send(again), "the second attempt"));
    guest.stop();
}

inline void send_kinds_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start() || !sends(guest, report)) return;
    const std::pair<Kind, const char*> kinds[] = {{Kind::typing, "typing"},     {Kind::read, "read"},
                                                  {Kind::edit, "edit"},         {Kind::deleted, "delete"},
                                                  {Kind::reaction, "reaction"}, {Kind::closed, "closed"}};
    const Json declared_kinds = subject.capability("kinds");
    for (const auto& [kind, name] : kinds) {
        const bool declared = std::any_of(declared_kinds.items().begin(), declared_kinds.items().end(),
                                          [&](const Json& one) { return one.string() == name; });
        Message message = outbound(kind == Kind::typing ? "" : "op-" + std::string(name));
        message.kind = kind;
        message.remote_id = "provider-1";
        message.attrs = {{"message_id", "48219301"}};
        if (kind == Kind::typing) message.content_json = R"({"state":"started"})";
        if (kind == Kind::reaction) message.text = "\xF0\x9F\x91\x8D";
        if (kind != Kind::edit && kind != Kind::reaction) message.text.clear();
        const auto outcome = guest.finish(guest.instance->begin_send(message), std::string("send of ") + name);
        check_outcome(subject, report, std::string("send of ") + name, outcome);
        if (declared && !outcome && outcome.failure().status == Status::unsupported)
            report.warning(std::string("capabilities name the kind ") + name + ", and a send of it is unsupported" +
                               ", with this configuration at least",
                           "kinds that the channel takes, unless the account has turned this one off",
                           place::kCapabilities);
    }
    Message future = outbound("op-99");
    future.kind = static_cast<Kind>(99);
    const auto outcome = guest.finish(guest.instance->begin_send(future), "send of kind 99");
    if (outcome || outcome.failure().status != Status::unsupported)
        report.error("a send of the unknown kind 99 ends as " + (outcome ? std::string("ok") : told(outcome.failure())),
                     "USHER_E_UNSUPPORTED for a kind that the plugin does not know", place::kSend);
    guest.stop();
}

inline void send_contents_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start() || !sends(guest, report)) return;
    std::string long_text;
    while (long_text.size() < 60'000) long_text += "\xC3\xA4\xF0\x9F\x98\x80 long ";  // umlaut and emoji
    struct Case {
        const char* name;
        std::function<void(Message&)> change;
    };
    const Case cases[] = {
        {"an empty text", [](Message& m) { m.text.clear(); }},
        {"60 KB of text", [&](Message& m) { m.text = long_text; }},
        {"markup and control characters", [](Message& m) { m.text = "<b>&amp;\"'\\ \n\t\x01 {{name}} %s %n"; }},
        {"a contact of another form", [](Message& m) { m.contact = "../../%00?#\" or 1=1"; }},
        {"an attachment",
         [&](Message& m) {
             m.parts = {{"image/png", "photo \"1\".png", "blob:" + guest.host.put_blob("\x89PNG"),
                         R"({"id":"1","url":"https://public.example.test/files/1","sha256":"00"})", 4}};
         }},
        {"an attachment whose blob is gone",
         [](Message& m) {
             m.parts = {{"application/pdf", "bill.pdf", "blob:gone",
                         R"({"id":"2","url":"https://public.example.test/files/2","sha256":"00"})", 1 << 20}};
         }},
        {"content that it may not know",
         [](Message& m) {
             m.content_json =
                 R"({"location":{"latitude":1.5,"longitude":2},"quick_replies":[{"title":"Yes","payload":"y"}],"new":[{}]})";
         }},
        {"a reply to an unknown message", [](Message& m) { m.reply_to_remote_id = "no-such-id"; }},
    };
    int number = 0;
    for (const auto& [name, change] : cases) {
        Message message = outbound("48219" + std::to_string(400 + number++));
        change(message);
        const std::string what = std::string("send of ") + name;
        check_outcome(subject, report, what, guest.finish(guest.instance->begin_send(message), what));
    }
    guest.stop();
}

/// What a provider may answer, and what then may not be claimed.
inline void provider_step(const Subject& subject, Report& report) {
    struct Case {
        const char* name;
        Result<HttpAnswer> answer;
        bool may_succeed;
        std::vector<Status> right;
    };
    const auto failing = [](Status status, const char* error) {
        return Result<HttpAnswer>(Failure{.status = status, .error = error});
    };
    const auto http = [](std::uint32_t status, std::string body, Pairs headers = {}) {
        return Result<HttpAnswer>(HttpAnswer{.status = status, .headers = std::move(headers), .body = std::move(body)});
    };
    const Case cases[] = {
        {"the provider cannot be reached (nothing was written)",
         failing(Status::unavailable, "connect: refused"),
         false,
         {Status::unavailable, Status::timeout}},
        {"the answer is lost (the request was written)",
         failing(Status::unknown_outcome, "connection reset"),
         false,
         {Status::unknown_outcome}},
        {"the provider answers 401", http(401, R"({"error":"token revoked"})"), false, {Status::auth}},
        {"the provider answers 429, Retry-After: 7",
         http(429, "{}", {{"Retry-After", "7"}}),
         false,
         {Status::rate_limited}},
        {"the provider answers 500", http(500, "oops"), false, {Status::unavailable, Status::unknown_outcome}},
        {"the provider answers 200 with a web page", http(200, "<html>maintenance</html>"), true, {}},
        {"the provider answers 200 with nothing", http(200, ""), true, {}},
        {"the provider answers 200 with brackets nested 100,000 deep", http(200, std::string(100'000, '[')), true, {}},
    };
    for (const Case& one : cases) {
        Guest guest(subject, report);
        if (!guest.start() || !sends(guest, report)) return;
        guest.host.on_http = [&](const HttpRequest&) { return one.answer; };
        const std::size_t before = guest.host.requests().size();
        const auto outcome =
            guest.finish(guest.instance->begin_send(outbound()), "send while " + std::string(one.name));
        check_outcome(subject, report, one.name, outcome);
        const std::size_t asked = guest.host.requests().size() - before;
        if (asked == 0) {
            report.note("send asks no provider over host->http; its answers were not tried");
            guest.stop();
            return;
        }
        if (asked > 3)
            report.error(std::string(one.name) + ": send asks " + std::to_string(asked) + " times",
                         "one attempt: the kernel's outbox is the only retry", place::kSend);
        if (outcome && !one.may_succeed)
            report.error(std::string(one.name) + ": send claims success", "a failure: the message was not taken",
                         place::kSend);
        if (!outcome && !one.right.empty() &&
            std::find(one.right.begin(), one.right.end(), outcome.failure().status) == one.right.end()) {
            std::string expected;
            for (const Status status : one.right)
                expected += (expected.empty() ? "" : " or ") + std::string(to_string(status));
            report.warning(std::string(one.name) + ": send ends as " + told(outcome.failure()), expected, place::kSend);
        }
        if (!outcome && outcome.failure().status == Status::rate_limited &&
            outcome.failure().retry_after != std::chrono::seconds(7))
            report.warning("the provider's Retry-After: 7 does not reach the kernel", "retry_after_ms = 7000",
                           place::kErrors);
        guest.stop();
    }
}

inline void pending_step(const Subject& subject, Report& report, bool stop) {
    Guest guest(subject, report);
    if (!guest.start() || !sends(guest, report)) return;
    std::vector<FakeOp<Receipt>> open;
    for (int i = 0; i < 64; ++i) open.push_back(guest.instance->begin_send(outbound("p" + std::to_string(i))));
    if (stop) guest.stop();
    const bool alive = guest.created();
    if (stop && alive) {
        for (const auto& op : open) {
            if (!op.finished()) {
                report.error("stop is done while a send is still open", "stop finishes pending operations first",
                             place::kLife);
                break;
            }
        }
    }
    guest.end();  // cancels what is open, then destroys
}

inline void webhook_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    if (static_cast<const usher_channel*>(guest.instance->raw()->ops)->webhook == nullptr) {
        report.note("no webhook");
        return;
    }
    const std::string bodies[] = {"",
                                  "{}",
                                  "[]",
                                  "null",
                                  "{",
                                  "not json",
                                  std::string("\0\xFF\xFE", 3),
                                  std::string(100'000, '['),
                                  R"({"update_id":1,"message":{"text":null}})",
                                  "a=b&c=%zz",
                                  std::string(200'000, 'x')};
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "BREW"}) {
        for (const char* path : {"", "/", "/webhook", "/messages", "/../../etc/passwd", "/%00/%ff", "/media/7"}) {
            for (const auto& body : bodies) {
                HttpRequest request{.method = method,
                                    .url = guest.host.raw()->public_url.data + std::string(path),
                                    .path = path,
                                    .query = "a=1&b=%zz&hub.challenge=7",
                                    .remote_addr = "203.0.113.9",
                                    .body = body,
                                    .headers = {{"Content-Type", "application/json"}, {"X-Signature", "sha256=zz"}}};
                const std::string name = std::string(method) + " " + path;
                const auto answer = guest.finish(guest.instance->begin_webhook(request), "webhook " + name);
                if (!answer) continue;
                if (answer->status < 100 || answer->status > 599)
                    report.error("webhook " + name + " answers the HTTP status " + std::to_string(answer->status),
                                 "a status from 100 to 599", place::kWebhook);
                else if (answer->status >= 500)
                    report.warning(
                        "webhook " + name + " answers a stranger's request with " + std::to_string(answer->status),
                        "a 4xx: the request is wrong, not the plugin", place::kWebhook);
            }
        }
    }
    if (!guest.host.emits().empty())
        report.warning(
            std::to_string(guest.host.emits().size()) + " messages were emitted from requests that nobody signed",
            "to check signature or token before anything is emitted", place::kWebhook);
    guest.stop();
}

inline void poll_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    const auto* ops = static_cast<const usher_channel*>(guest.instance->raw()->ops);
    if (ops->poll == nullptr && ops->list_templates == nullptr) {
        report.note("neither poll nor list_templates");
        return;
    }
    const Result<HttpAnswer> answers[] = {HttpAnswer{.body = "{}"},
                                          HttpAnswer{.body = "not json"},
                                          HttpAnswer{.status = 401, .body = "{}"},
                                          HttpAnswer{.status = 409, .body = "{}"},
                                          HttpAnswer{.status = 500},
                                          Failure{.status = Status::unavailable, .error = "connect: refused"}};
    for (const auto& answer : answers) {
        guest.host.on_http = [&](const HttpRequest&) { return answer; };
        if (ops->poll != nullptr) {
            const auto round = guest.instance->poll();
            if (!round && round.failure().error == "poll is still open")
                report.error("poll is never answered", "one round, then its answer", place::kDone);
        }
    }
    guest.stop();
}

inline void visitor_step(const Subject& subject, Report& report) {
    Guest guest(subject, report);
    if (!guest.start()) return;
    const usher_instance* c = guest.instance->raw();
    if (!USHER_FITS(usher_instance, c, service) || c->service == nullptr ||
        c->service(c->self, str("usher.visitor/1")) == nullptr) {
        report.note("no usher.visitor/1");
        return;
    }
    HttpRequest request{.method = "GET",
                        .url = guest.host.raw()->public_url.data + std::string("/ws"),
                        .path = "/ws",
                        .remote_addr = "203.0.113.9",
                        .headers = {{"Origin", "https://shop.example"}}};
    const auto admission = guest.instance->accept("s1", request);
    if (admission && admission->contact.empty() && admission->thread_key.empty())
        report.error("a visitor is admitted without contact and thread_key",
                     "at least one of them: it is what the stream shows", place::kVisitor);
    if (admission && !admission->attrs_json.empty() && !is_object(admission->attrs_json))
        report.error("attrs_json of an admission is no JSON object", "a JSON object or nothing", place::kVisitor);
    for (const char* frame : {"{}", R"({"type":null})", R"({"type":"message","text":7})", R"({"type":"no-such-type"})",
                              R"({"type":"message","id":"1","text":"hello"})", R"({"a":[[[[{}]]]]})"}) {
        for (const char* session : {"s1", "no-such-session"}) static_cast<void>(guest.instance->frame(session, frame));
    }
    for (const auto& push : guest.host.pushes())
        if (!is_object(push.json)) report.error("a pushed frame is no JSON object", "a JSON object", place::kVisitor);
    guest.instance->closed("s1");
    guest.instance->closed("no-such-session");
    guest.stop();
}

}  // namespace detail

inline std::vector<Step> channel_steps() {
    return {{"send, and the same message again", detail::send_step},
            {"send: every kind, and one that does not exist", detail::send_kinds_step},
            {"send: odd contents", detail::send_contents_step},
            {"send: what a provider may answer", detail::provider_step},
            {"send: 64 pending at stop", [](const Subject& s, Report& r) { detail::pending_step(s, r, true); }},
            {"send: 64 pending at destroy", [](const Subject& s, Report& r) { detail::pending_step(s, r, false); }},
            {"webhook: requests from strangers", detail::webhook_step},
            {"poll: what a provider may answer", detail::poll_step},
            {"visitors", detail::visitor_step}};
}

}  // namespace usher::sdk::conformance
