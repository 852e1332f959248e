#include "inbound/arrival.hpp"

#include "foundation/crypto.hpp"
#include "foundation/text.hpp"
#include "model/contact.hpp"

namespace usher::inbound {
namespace {

bool is_blob_hash(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void feed_hash(std::string& into, std::string_view part) {
    into += std::to_string(part.size());
    into += ':';
    into += part;
}

}  // namespace

Result<Arrival> make_arrival(plugins::AccountRef account, plugins::Message message) {
    const auto refuse = [](std::string_view what, const Error& error) {
        return Error{Errc::validation, std::string(what) + " " + error.message};
    };
    if (message.contact.empty()) return Error{Errc::validation, "contact must not be empty"};
    if (auto ok = check_text(message.contact, kAddressBytes); !ok) return refuse("contact", ok.error());
    if (auto ok = check_text(message.text, 1024 * 1024); !ok) return refuse("text", ok.error());
    if (message.dedupe_key.empty()) return Error{Errc::validation, "dedupe_key must not be empty"};
    for (const auto& part : message.parts) {
        const std::string_view uri = part.uri;
        const bool blob = uri.starts_with("blob:") && is_blob_hash(uri.substr(5));
        if (!blob && !uri.starts_with("https://") && !uri.starts_with("http://"))
            return Error{Errc::validation, "a part's uri is blob:<id>, https: or http:"};
    }
    if (message.contact_json == "{}") message.contact_json.clear();  // says nothing: then nothing is looked up for it
    Arrival arrival;
    arrival.key_hash = crypto::sha256_hex(message.dedupe_key);
    arrival.address_hash = crypto::sha256_hex(message.contact);
    std::string body;
    feed_hash(body, std::to_string(static_cast<unsigned>(message.kind)));
    for (const auto* part : {&message.thread_key, &message.remote_id, &message.id, &message.reply_to_remote_id,
                             &message.contact, &message.text, &message.content_json}) {
        feed_hash(body, *part);
    }
    for (const auto& part : message.parts) {
        feed_hash(body, part.mime);
        feed_hash(body, part.name);
        feed_hash(body, part.uri);
        feed_hash(body, std::to_string(part.size_bytes));
    }
    arrival.body_hash = crypto::sha256_hex(body);
    arrival.account = std::move(account);
    arrival.message = std::move(message);
    return arrival;
}

std::optional<SeenBefore> record_seen(store::Write& write, AccountKey account, std::string_view key_hash,
                                      std::string_view body_hash, std::int64_t result) {
    auto& sql = write.sql();
    const auto row = sql.one<std::tuple<std::int64_t, std::string>>(
        "SELECT result_id, body_hash FROM seen WHERE account_id = :account AND key_hash = :key", account, key_hash);
    if (row) return SeenBefore{std::get<0>(*row), std::get<1>(*row) == body_hash};
    // Two nodes at once: the second one's insert fails, its batch runs again and finds the row.
    sql.exec(
        "INSERT INTO seen (account_id, key_hash, body_hash, result_id, at) VALUES (:account, :key, :body, :result, "
        ":at)",
        account, key_hash, body_hash, result, write.now());
    return std::nullopt;
}

}  // namespace usher::inbound
