#pragma once
/// Reading what Telegram tells: one Update becomes what is to be emitted and which files are to be fetched for it.
/// Pure and total: whatever the bytes are, there is an answer, and nothing is thrown. Any thread.
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <usher/values.hpp>
#include <vector>

namespace usher::telegram {

inline constexpr std::uint64_t kDownloadLimit = 20ULL << 20;  // of getFile (Bot API)

/// A file that Telegram keeps for us.
struct Media {
    std::string file_id{}, name{}, mime{};
    std::uint64_t size_bytes = 0;  // as Telegram says; 0: it does not
    boost::json::object attrs{};   // usher_part.attrs_json
};

struct Update {
    enum class Sort {
        message,  // of a private chat: emit it
        group,    // somewhere the bot does not work: to be refused politely
        nothing,  // of no interest here; `what` says what it is
    };
    std::int64_t id = 0;
    Sort sort = Sort::nothing;
    std::int64_t chat_id = 0;
    sdk::Message message{};  // complete but for its parts
    std::vector<Media> media{};
    std::string query_id{};  // a button was pressed: its client waits for an answer
    std::string what{};
};

/// A message as its text shows it, and its files; of a whole `Message` object.
struct Content {
    std::string text{};
    boost::json::object typed{};  // usher_message.content_json
    std::vector<Media> media{};
};
Content read_content(const boost::json::object& message);

/// Writes out the addresses behind words ("here" becomes "here (https://...)"). Offsets count UTF-16 units.
std::string with_links(std::string_view text, const boost::json::array& entities);

/// @returns nothing where it is no Update at all: no object, or without an update_id
std::optional<Update> read_update(const boost::json::value& update, std::int64_t bot_id);
/// The same of a webhook's body.
std::optional<Update> parse_update(std::string_view body, std::int64_t bot_id);

/// "<chat>:<message>": how messages are named at the border; a message's id is unique in its chat only.
std::string remote_id(std::int64_t chat_id, std::int64_t message_id);
struct MessageRef {
    std::int64_t chat_id = 0, message_id = 0;
};
std::optional<MessageRef> parse_remote_id(std::string_view id);

/// JSON as deep as an Update may be; nothing where it is not JSON.
std::optional<boost::json::value> parse_json(std::string_view text);
/// Members that may be absent or of another type.
const boost::json::object* object_in(const boost::json::object& parent, std::string_view name);
const boost::json::array* array_in(const boost::json::object& parent, std::string_view name);
std::string text_in(const boost::json::object& parent, std::string_view name);  // without NUL
std::int64_t integer_in(const boost::json::object& parent, std::string_view name);
double number_in(const boost::json::object& parent, std::string_view name);
bool flag_in(const boost::json::object& parent, std::string_view name);

}  // namespace usher::telegram
