#pragma once
/// What visitors carry: signed, never encrypted, with nothing kept on this side, so that any node can read what another
/// one gave. Three purposes that cannot stand for each other: the visitor's token, a ticket for one WebSocket, an
/// upload.
#include <boost/json.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include <usher/values.hpp>

namespace usher::livechat {

namespace json = boost::json;
using Seconds = std::chrono::seconds;  // since the Unix epoch

/// Who is on the other end.
struct Visitor {
    std::string contact{};  ///< "anon-<random>", or "user-<id>" for a proven person
    bool verified = false;
    json::object claims{};  ///< proven ones only: name?, email?, attributes?
};

/// Bytes that a visitor uploaded and may put into a message.
struct Upload {
    std::string contact{}, blob{}, name{}, mime{};
    std::uint64_t size_bytes = 0;
};

class Tokens {
public:
    static constexpr Seconds kAnonymousLife = std::chrono::days(180);  ///< from the last visit
    static constexpr Seconds kProvenLife = std::chrono::hours(12);     ///< from the proof; a new proof begins anew
    static constexpr Seconds kTicketLife{120};
    static constexpr Seconds kUploadLife = std::chrono::hours(24);  ///< as long as the kernel keeps an unused blob

    explicit Tokens(std::string secret) : secret_(std::move(secret)) {}

    std::string visitor(const Visitor& visitor, Seconds now) const;
    std::string ticket(const Visitor& visitor, Seconds now) const;
    std::string upload(const Upload& upload, Seconds now) const;

    /// @errors auth, with a sentence for whoever builds the client
    sdk::Result<Visitor> read_visitor(std::string_view token, Seconds now) const;
    sdk::Result<Visitor> read_ticket(std::string_view ticket, Seconds now) const;
    sdk::Result<Upload> read_upload(std::string_view id, Seconds now) const;

private:
    std::string sign(std::string_view purpose, json::object payload, Seconds expires) const;
    sdk::Result<json::object> read(std::string_view purpose, std::string_view token, Seconds now) const;

    std::string secret_;
};

/// A member of an object that is a text, else an empty view.
std::string_view text_of(const json::object& object, std::string_view key);

}  // namespace usher::livechat
