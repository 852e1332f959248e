/// A provider that has to be asked. poll is one round: fetch what is new, emit it, and move the cursor only once all of
/// it is stored. A crash in between fetches the same messages again; their dedupe keys make that harmless.
#include <usher/json.hpp>
#include <usher/plugin.hpp>

using namespace usher::sdk;

namespace {

constexpr char kUrl[] = "https://provider.example/updates?after=";

class PollingChannel final : public Channel {
public:
    using Channel::Channel;

    void poll(Done<Polled> done) override {
        host().kv_get("cursor", [this, done](const Result<std::optional<std::string>>& cursor) {
            if (!cursor) return done(cursor.failure());
            fetch(cursor->value_or("0"), done);
        });
    }

private:
    void fetch(const std::string& cursor, Done<Polled> done) {
        host().http({.method = "GET", .url = kUrl + cursor}, [this, cursor, done](const Result<HttpAnswer>& answer) {
            if (!answer) return done(answer.failure());
            const auto body = Json::parse(answer->body);
            if (answer->status != 200 || !body)
                return done(Failure{.status = Status::unavailable, .error = "no list of updates came"});
            take(*body, cursor, done);
        });
    }

    void take(const Json& body, const std::string& cursor, Done<Polled> done) {
        auto round = std::make_shared<Round>(Round{body["updates"].items().size(), false});
        const std::string next = body["next"].string(cursor);
        if (round->open == 0) return move(next, cursor, done);
        for (const Json& update : body["updates"].items()) {
            Inbound message{.kind = Kind::text};
            message.remote_id = update["id"].string();
            message.dedupe_key = "update/" + message.remote_id;
            message.contact = update["from"].string();
            message.text = update["text"].string();
            host().emit(message, [this, round, next, cursor, done](const Result<Emitted>& stored) {
                round->failed = round->failed || !stored;
                if (--round->open > 0) return;
                if (round->failed) return done(Failure{.status = Status::unavailable, .error = "not all is stored"});
                move(next, cursor, done);
            });
        }
    }

    void move(const std::string& next, const std::string& cursor, Done<Polled> done) {
        if (next == cursor) return done(Polled{.next_in = std::chrono::seconds(5)});  // nothing new: not at once
        host().kv_put("cursor", next, [done](const Result<void>& written) {
            if (!written) return done(written.failure());
            done(Polled{});
        });
    }

    struct Round {
        std::size_t open;
        bool failed;
    };
};

}  // namespace

USHER_PLUGIN(PollingChannel, "example.poll_with_cursor", "0.1.0", .name = "Polling",
             .capabilities = R"({"kinds": [], "exclusive": true})")
