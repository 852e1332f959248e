#pragma once
/// The Bot API: making its calls, and what its answers mean. The token stands in every address, so nothing here lets an
/// address or a foreign text out without taking the token from it.
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <usher/plugin.hpp>

#include "config.hpp"

namespace usher::telegram {

/// An answer of the Bot API, or why there is none.
struct Reply {
    bool ok = false;
    boost::json::value result{};
    int code = 0;               // error_code; 0: Telegram did not say (see failure)
    std::string description{};  // as Telegram has it; the token is taken out
    std::chrono::milliseconds retry_after{0};
    sdk::Failure failure{};  // not ok: what a send answers
};

/// Reads what Host::http brought. A 5xx, and a 200 that is no answer of the Bot API, are unknown outcomes: the call may
/// have been carried out. @param secret  the token, taken out of every text
Reply read_reply(const sdk::Result<sdk::HttpAnswer>& answer, std::string_view secret);

/// `text` without the token: "bot<token>" becomes "bot***".
std::string without_token(std::string text, std::string_view token);

class Api {
public:
    using Then = std::function<void(Reply)>;

    Api(sdk::Host host, const Config& config) : host_(host), config_(config) {}

    /// One call with a JSON body.
    void call(std::string_view method, const boost::json::object& parameters, std::chrono::milliseconds timeout,
              Then then) const;
    /// A call that brings bytes: every parameter is a form field.
    void upload(std::string_view method, const boost::json::object& parameters, sdk::FormField file,
                std::chrono::milliseconds timeout, Then then) const;
    /// getUpdates, by GET: an answer that is too large for memory is then told from one that was lost.
    void updates(std::int64_t offset, int limit, int wait_s,
                 std::function<void(sdk::Result<sdk::HttpAnswer>)> then) const;
    /// Where a file's bytes are; only ever handed to Blobs::fetch.
    sdk::HttpRequest download(std::string_view file_path) const;

    sdk::Failure cleaned(sdk::Failure failure) const;
    std::string cleaned(std::string text) const { return without_token(std::move(text), config_.bot_token); }

private:
    std::string address(std::string_view method) const;

    sdk::Host host_;
    const Config& config_;  // of the channel, which outlives this
};

/// What the bot asks to be told; a JSON array.
inline constexpr std::string_view kAllowedUpdates = R"(["message","edited_message","callback_query","my_chat_member"])";

/// What 401 and 404 mean, in words for the operator; empty for other codes.
std::string refusal_of_token(const Reply& reply);

}  // namespace usher::telegram
