// The open channel's side of a stranger: the four bodies, the upload, the target, the header's proof. The first byte
// picks.
#include "fuzz.hpp"
#include "inbound.hpp"
#include "signature.hpp"
#include "uploads.hpp"

using namespace usher;
namespace open = usher::open_channel;

namespace {

void check_message(const sdk::Message& message) {
    fuzz::check(open::is_text(message.text), "what is emitted is text");
    fuzz::check(open::is_text(message.remote_id), "an id is text");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bytes = fuzz::view(data + 1, size - 1);
    static const open::Config kConfig;
    const open::Caller caller{(data[0] & 8) != 0 ? open::Proof::signature : open::Proof::bearer, kConfig};
    switch (data[0] & 7) {
        case 5: {
            const auto line = bytes.find('\n');
            if (line == std::string_view::npos) return 0;
            const auto file = open::find_file_part(bytes.substr(line + 1), bytes.substr(0, line));
            if (file) fuzz::check(open::is_text(open::clean_file_name(file->name)), "a file's name is text");
            return 0;
        }
        case 6:
            if (const auto text = open::percent_decode(bytes)) fuzz::check(open::is_text(*text), "a path holds text");
            (void)open::is_valid_target(open::target_of(bytes));
            return 0;
        default:
            break;
    }
    const auto body = open::parse_object(bytes);
    if (const auto* problem = std::get_if<open::Problem>(&body)) {
        fuzz::check(problem->status >= 400 && !problem->message.empty(), "a refusal says why");
        return 0;
    }
    const auto& object = std::get<boost::json::object>(body);
    if (const auto draft = open::read_message(object, caller); const auto* read = std::get_if<open::Draft>(&draft))
        check_message(read->message);
    if (const auto event = open::read_event(object, caller); const auto* read = std::get_if<sdk::Message>(&event))
        check_message(*read);
    if (const auto contact = open::read_contact(object, "peer-1", caller);
        const auto* read = std::get_if<sdk::Message>(&contact))
        check_message(*read);
    (void)open::read_statuses(object);
    return 0;
}
