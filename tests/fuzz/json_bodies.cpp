// JSON bodies: the text, then the described types. What was read is written and read again without a difference.
#include "foundation/describe.hpp"
#include "fuzz.hpp"
#include "model/contact.hpp"
#include "model/conversation.hpp"
#include "model/entry.hpp"
#include "model/inbox.hpp"
#include "model/user.hpp"
#include "model/working_hours.hpp"

using namespace usher;

namespace {

template <class T>
void read_as(const json::value& body) {
    const auto read = from_json<T>(body);
    if (!read) {
        fuzz::check(!read.error().message.empty(), "a refusal says why");
        return;
    }
    const json::value written = to_json(*read);
    const auto again = from_json<T>(written);
    fuzz::check(again.has_value(), "what we write can be read");
    fuzz::check(to_json(*again) == written, "reading loses nothing that writing keeps");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto body = parse_json(fuzz::view(data, size));
    if (!body) return 0;
    const auto again = parse_json(write_json(*body), 64);
    fuzz::check(again.has_value() && *again == *body, "JSON that we write is the JSON that we read");
    fuzz::check(write_canonical_json(*body) == write_canonical_json(*again), "the canonical form is one form");
    read_as<Inbox>(*body);
    read_as<Contact>(*body);
    read_as<Conversation>(*body);
    read_as<Entry>(*body);
    read_as<User>(*body);
    read_as<WorkingHours>(*body);
    read_as<RoutingRule>(*body);
    return 0;
}
