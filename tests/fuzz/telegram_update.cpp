// What Telegram posts, or somebody who has its secret: an Update to what is emitted, and a provider's answer to a
// reply.
#include "api.hpp"
#include "fuzz.hpp"
#include "text.hpp"
#include "update.hpp"

using namespace usher;
namespace tg = usher::telegram;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::view(data, size);
    const auto reply = tg::read_reply(sdk::HttpAnswer{.status = 200, .body = std::string(bytes)}, "1:token");
    fuzz::check(reply.ok || reply.failure.status != sdk::Status::ok, "what is no success is a failure");
    const auto update = tg::parse_update(bytes, 1);
    if (!update || update->sort != tg::Update::Sort::message) return 0;
    fuzz::check(!update->message.dedupe_key.empty() && !update->message.contact.empty(), "what is emitted is named");
    fuzz::check(update->message.text.find('\0') == std::string::npos, "a text has no NUL");
    for (const auto& media : update->media)
        fuzz::check(!media.name.empty() && media.name.find('/') == std::string::npos, "a name is no path");
    std::string joined;
    for (const auto& part : tg::split_text(update->message.text, tg::kTextLimit)) {
        fuzz::check(tg::utf16_length(part) <= tg::kTextLimit, "a part fits");
        joined += part;
    }
    fuzz::check(joined == update->message.text, "nothing of a text is lost");
    return 0;
}
