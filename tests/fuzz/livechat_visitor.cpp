// What a visitor's browser sends: frames, tokens, proofs of identity, names, queries. The first byte picks.
#include "frames.hpp"
#include "fuzz.hpp"
#include "identity.hpp"
#include "text.hpp"

using namespace usher;
namespace livechat = usher::livechat;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto bytes = fuzz::view(data + 1, size - 1);
    static const livechat::Tokens kTokens("a secret of the test");
    const livechat::Seconds now{1'800'000'000};
    switch (data[0] & 3) {
        case 0: {
            boost::json::error_code error;
            const auto frame = boost::json::parse(bytes, error);
            if (error) return 0;
            const auto intent = livechat::read_frame(frame, {.contact = "anon-1"}, kTokens, now);
            if (intent && intent->message)
                fuzz::check(livechat::is_text(intent->message->text), "what is emitted is text");
            const auto proven = livechat::prove(frame, "a secret of the site", now);
            fuzz::check(!proven, "nobody proves who they are without the secret");
            break;
        }
        case 1:
            fuzz::check(!kTokens.read_visitor(bytes, now), "nobody makes a token without the secret");
            fuzz::check(!kTokens.read_ticket(bytes, now), "nobody makes a ticket without the secret");
            fuzz::check(!kTokens.read_upload(bytes, now), "nobody makes an upload without the secret");
            break;
        case 2: {
            const auto name = livechat::file_name(bytes);
            fuzz::check(!name.empty() && name.size() <= 200 && livechat::is_text(name),
                        "a file has a name of 1-200 bytes");
            fuzz::check(name.find('/') == std::string::npos && name.find('\\') == std::string::npos,
                        "a name is no path");
            (void)livechat::query_value(bytes, "token");
            break;
        }
        default:
            if (const auto at = livechat::unix_us(bytes)) {
                const auto again = livechat::unix_us(livechat::rfc3339(*at));  // with milliseconds
                fuzz::check(again && *again <= *at && *at - *again < 1000, "a time that was read is written as itself");
            }
            (void)livechat::sniff(bytes);
            if (livechat::is_text(bytes))
                fuzz::check(livechat::is_text(livechat::cut(bytes, 7)), "cutting splits no letter");
            break;
    }
    return 0;
}
