#pragma once
/// From the peer's JSON to what is emitted: messages, events, statuses, contacts. Pure: no clock, no host.
#include <boost/json.hpp>
#include <string>
#include <usher/values.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "config.hpp"
#include "problem.hpp"
#include "signature.hpp"

namespace usher::open_channel {

/// A message on its way in; uploads still have to be looked up.
struct Draft {
    sdk::Message message{};
    std::vector<std::pair<std::size_t, std::string>> uploads{};  ///< part index, upload id
};

template <class T>
using Outcome = std::variant<T, Problem>;

/// Who asks decides how far their claims are believed.
struct Caller {
    Proof proof = Proof::signature;
    const Config& config;
};

Outcome<boost::json::object> parse_object(std::string_view body);
Outcome<Draft> read_message(const boost::json::object& body, const Caller& caller);
Outcome<sdk::Message> read_event(const boost::json::object& body, const Caller& caller);
/// @param external_id  from the path, decoded
Outcome<sdk::Message> read_contact(const boost::json::object& body, std::string external_id, const Caller& caller);

/// One of the statuses of a call: a receipt to emit, or why it is passed over.
struct StatusItem {
    std::string id{};
    sdk::Message receipt{};
    std::string ignored{};
};
Outcome<std::vector<StatusItem>> read_statuses(const boost::json::object& body);

/// @returns whether bytes are UTF-8 without U+0000, the only text that the border takes
bool is_text(std::string_view bytes);
/// @returns the bytes behind %-escapes, or nothing when they are malformed or no text
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace usher::open_channel
