// What Telegram tells, kind by kind, and what no Telegram would ever tell.
#include "update.hpp"

#include <random>

#include "test_bot.hpp"

using namespace usher::telegram;
using testing::HasSubstr;
using testing::IsEmpty;
using usher::sdk::Kind;
namespace json = boost::json;

namespace {

constexpr std::int64_t kBot = 123456789;

Update read(const std::string& body) {
    auto update = parse_update(body, kBot);
    EXPECT_TRUE(update) << body;
    return update.value_or(Update{});
}
json::object typed(const Update& update) {
    return update.message.content_json.empty() ? json::object() : json::parse(update.message.content_json).as_object();
}
std::string text_of(const std::string& content) {
    return read(message(content)).message.text;
}

// The fact sheet's complete example.
constexpr char kExample[] = R"({
  "update_id": 731045521,
  "message": {
    "message_id": 1874,
    "from": {"id": 5044120077, "is_bot": false, "first_name": "Ana", "last_name": "Petrova", "username": "ana_p", "language_code": "en"},
    "chat": {"id": 5044120077, "first_name": "Ana", "last_name": "Petrova", "username": "ana_p", "type": "private"},
    "date": 1760000000,
    "reply_to_message": {
      "message_id": 1873,
      "from": {"id": 123456789, "is_bot": true, "first_name": "Shop", "username": "shop_help_bot"},
      "chat": {"id": 5044120077, "first_name": "Ana", "type": "private"},
      "date": 1759999900,
      "text": "Could you send a picture?"
    },
    "photo": [
      {"file_id": "AgACAgIAAxkBAAIHUm_s", "file_unique_id": "AQADq7sxG_s", "width": 90, "height": 67, "file_size": 1402},
      {"file_id": "AgACAgIAAxkBAAIHUm_x", "file_unique_id": "AQADq7sxG_x", "width": 800, "height": 600, "file_size": 74310}
    ],
    "caption": "Here, box arrived /broken",
    "caption_entities": [{"offset": 18, "length": 7, "type": "bot_command"}]
  }
})";

}  // namespace

TEST(TelegramUpdate, TheSheetsExampleArrivesWhole) {
    const Update update = read(kExample);
    EXPECT_EQ(update.sort, Update::Sort::message);
    EXPECT_EQ(update.id, 731045521);
    const auto& m = update.message;
    EXPECT_EQ(m.kind, Kind::text);
    EXPECT_EQ(m.contact, "5044120077");
    EXPECT_EQ(m.remote_id, "5044120077:1874");
    EXPECT_EQ(m.reply_to_remote_id, "5044120077:1873");
    EXPECT_EQ(m.dedupe_key, "123456789:m:5044120077:1874");
    EXPECT_EQ(m.text, "Here, box arrived /broken");
    EXPECT_EQ(m.sent_unix_us, 1'760'000'000'000'000);
    EXPECT_EQ(
        m.contact_json,
        R"({"name":"Ana Petrova","locale":"en","attributes":{"telegram_username":{"value":"@ana_p","verified":true}}})");
    ASSERT_EQ(update.media.size(), 1u);
    EXPECT_EQ(update.media[0].file_id, "AgACAgIAAxkBAAIHUm_x") << "the largest";
    EXPECT_EQ(update.media[0].mime, "image/jpeg");
    EXPECT_EQ(json::serialize(update.media[0].attrs), R"({"width":800,"height":600})");
}

TEST(TelegramUpdate, KindsThatAreNoTextAreShownAsWhatTheyAre) {
    EXPECT_EQ(text_of(R"("text":"/start order-77")"), "/start order-77");
    EXPECT_EQ(text_of(R"("dice":{"emoji":"🎲","value":4})"), "[Dice 🎲 4]");
    EXPECT_EQ(text_of(R"("location":{"latitude":52.52,"longitude":13.405})"), "[Location] 52.52, 13.405");
    EXPECT_EQ(text_of(R"("location":{"latitude":1,"longitude":2},"venue":{"location":{"latitude":1,"longitude":2},)"
                      R"("title":"Zoo","address":"Gate 1"})"),
              "[Location] Zoo, Gate 1 (1, 2)");
    EXPECT_EQ(text_of(R"("contact":{"phone_number":"+491","first_name":"Bo","last_name":"Li"})"),
              "[Contact] Bo Li, +491");
    EXPECT_EQ(text_of(R"("poll":{"question":"Tea?","options":[{"text":"yes"},{"text":"no"}]})"),
              "[Poll] Tea?\n- yes\n- no");
    EXPECT_EQ(text_of(R"("game":{"title":"Chess"})"), "[Game] Chess");
    EXPECT_EQ(text_of(R"("successful_payment":{"invoice_payload":"order-1"})"), "[Payment] order-1");
    EXPECT_EQ(text_of(R"("some_new_thing":{"x":1})"), "[Telegram: some new thing]");
    EXPECT_EQ(text_of(R"("text":"")"), "[Telegram: empty message]");
    const auto place = typed(read(message(R"("location":{"latitude":52.52,"longitude":13.405})")));
    EXPECT_EQ(json::serialize(place), R"({"location":{"latitude":5.252E1,"longitude":1.3405E1}})");
    const auto card = typed(read(message(R"("contact":{"phone_number":"+491","first_name":"Bo"})")));
    EXPECT_EQ(json::serialize(card), R"({"contacts":[{"name":"Bo","phones":["+491"],"emails":[]}]})");
}

TEST(TelegramUpdate, FilesOfEveryKind) {
    struct Case {
        const char *content, *name, *mime, *text;
    };
    for (const Case& c : {
             Case{R"("document":{"file_id":"f","file_name":"a.pdf","mime_type":"application/pdf"},"caption":"see")",
                  "a.pdf", "application/pdf", "see"},
             Case{R"("document":{"file_id":"f"})", "document", "application/octet-stream", ""},
             Case{R"("document":{"file_id":"f","file_name":"../../etc/passwd"})", "passwd", "application/octet-stream",
                  ""},
             Case{R"("voice":{"file_id":"f","duration":3,"mime_type":"audio/ogg"})", "voice.ogg", "audio/ogg", ""},
             Case{R"("video":{"file_id":"f"})", "video.mp4", "video/mp4", ""},
             Case{R"("video_note":{"file_id":"f"})", "video-message.mp4", "video/mp4", ""},
             Case{R"("audio":{"file_id":"f"})", "audio.mp3", "audio/mpeg", ""},
             Case{R"("animation":{"file_id":"f"},"document":{"file_id":"f"})", "animation.mp4", "video/mp4", ""},
             Case{R"("sticker":{"file_id":"f","emoji":"😀"})", "sticker.webp", "image/webp", "[Sticker 😀]"},
             Case{R"("sticker":{"file_id":"f","is_animated":true,"mime_type":"text/html"})", "sticker.tgs",
                  "application/x-tgsticker", "[Sticker]"},
             Case{R"("sticker":{"file_id":"f","is_video":true})", "sticker.webm", "video/webm", "[Sticker]"},
         }) {
        const Update update = read(message(c.content));
        ASSERT_EQ(update.media.size(), 1u) << c.content;
        EXPECT_EQ(update.media[0].name, c.name);
        EXPECT_EQ(update.media[0].mime, c.mime);
        EXPECT_EQ(update.message.text, c.text);
    }
}

TEST(TelegramUpdate, APhotoThatIsTooLargeGivesWayToASmallerOne) {
    const Update update = read(message(R"("photo":[{"file_id":"s","width":90,"height":60,"file_size":1000},)"
                                       R"({"file_id":"l","width":9000,"height":6000,"file_size":30000000}])"));
    ASSERT_EQ(update.media.size(), 1u);
    EXPECT_EQ(update.media[0].file_id, "s");
}

TEST(TelegramUpdate, LinksBehindWordsAreWrittenOut) {
    EXPECT_EQ(text_of(R"("text":"🙂 see here now","entities":[{"type":"bold","offset":0,"length":2},)"
                      R"({"type":"text_link","offset":7,"length":4,"url":"https://a.test/"}])"),
              "🙂 see here (https://a.test/) now");
    EXPECT_EQ(
        text_of(
            R"("text":"https://a.test/","entities":[{"type":"text_link","offset":0,"length":15,"url":"https://a.test/"}])"),
        "https://a.test/");
    EXPECT_EQ(
        text_of(R"("text":"x","entities":[{"type":"text_link","offset":-5,"length":99999999999,"url":"u"},7,null])"),
        "x");
    EXPECT_EQ(text_of(R"("text":"<b>not bold</b> *nor this*")"), "<b>not bold</b> *nor this*");
}

TEST(TelegramUpdate, ForwardsAndAlbumsSayWhatTheyAre) {
    const auto update = read(message(
        R"("text":"x","forward_origin":{"type":"hidden_user","sender_user_name":"Zoe"},"media_group_id":"77")"));
    EXPECT_EQ(json::serialize(typed(update)), R"({"metadata":{"forwarded_from":"Zoe","media_group":"77"}})");
}

TEST(TelegramUpdate, AnEditNamesItsMessageAndIsItsOwnFact) {
    std::string body = message(R"("text":"corrected","edit_date":1760000100)");
    body.replace(body.find("\"message\""), 9, "\"edited_message\"");
    const Update update = read(body);
    EXPECT_EQ(update.message.kind, Kind::edit);
    EXPECT_EQ(update.message.remote_id, "77:1874");
    EXPECT_EQ(update.message.dedupe_key, "123456789:u:731045521");
    EXPECT_EQ(update.message.sent_unix_us, 1'760'000'100'000'000);
    EXPECT_EQ(update.message.text, "corrected");
}

TEST(TelegramUpdate, AButtonIsAPostbackWithItsTitle) {
    const Update update =
        read(R"({"update_id":5,"callback_query":{"id":"4382","from":{"id":77,"first_name":"Ana"},"data":"order:1",)"
             R"("message":{"message_id":9,"chat":{"id":77,"type":"private"},"reply_markup":{"inline_keyboard":[[7],[)"
             R"({"text":"Other","callback_data":"x"},{"text":"My order","callback_data":"order:1"}]]}}}})");
    EXPECT_EQ(update.message.kind, Kind::postback);
    EXPECT_EQ(update.message.text, "My order");
    EXPECT_EQ(update.message.content_json, R"({"postback":{"payload":"order:1"}})");
    EXPECT_EQ(update.message.reply_to_remote_id, "77:9");
    EXPECT_EQ(update.message.dedupe_key, "123456789:q:4382");
    EXPECT_EQ(update.query_id, "4382");
}

TEST(TelegramUpdate, BlockingIsNewsOfTheContact) {
    const auto membership = [](const std::string& type, const std::string& status) {
        return read(R"({"update_id":6,"my_chat_member":{"chat":{"id":77,"type":")" + type +
                    R"("},"from":{"id":77},"new_chat_member":{"status":")" + status + R"("}}})");
    };
    EXPECT_EQ(membership("private", "kicked").message.contact_json, R"({"blocked":true})");
    EXPECT_EQ(membership("private", "member").message.contact_json, R"({"blocked":false})");
    EXPECT_EQ(membership("private", "member").message.kind, Kind::contact);
    EXPECT_EQ(membership("supergroup", "member").sort, Update::Sort::group);
    EXPECT_EQ(membership("supergroup", "left").sort, Update::Sort::nothing);
    EXPECT_EQ(membership("channel", "administrator").sort, Update::Sort::nothing);
}

TEST(TelegramUpdate, GroupsChannelsAndBotsAreNoConversations) {
    std::string body = message(R"("text":"hi")");
    EXPECT_EQ(read(body).sort, Update::Sort::message);
    std::string group = body;
    group.replace(group.find("\"private\""), 9, "\"group\"");
    EXPECT_EQ(read(group).sort, Update::Sort::group);
    std::string bot = body;
    bot.replace(bot.find("\"is_bot\":false"), 14, "\"is_bot\":true");
    EXPECT_EQ(read(bot).sort, Update::Sort::nothing);
    EXPECT_EQ(
        read(R"({"update_id":8,"channel_post":{"message_id":1,"chat":{"id":-100,"type":"channel"},"text":"x"}})").sort,
        Update::Sort::nothing);
    EXPECT_EQ(read(R"({"update_id":8,"brand_new":{"a":1}})").what, "brand_new");
}

TEST(TelegramUpdate, NumbersMayBeLarge) {
    std::string body = message(R"("text":"x")");
    for (std::size_t at; (at = body.find("\"id\":77")) != std::string::npos;)
        body.replace(at, 7, "\"id\":4503599627370495");
    const Update update = read(body);
    EXPECT_EQ(update.message.contact, "4503599627370495");
    EXPECT_EQ(update.message.remote_id, "4503599627370495:1874");
    const auto ref = parse_remote_id("-1002147483648:12");
    ASSERT_TRUE(ref);
    EXPECT_EQ(ref->chat_id, -1002147483648);
    for (const char* bad : {"", ":", "7", "7:", ":7", "7:x", "x:7", "7:7 ", "7:0", "99999999999999999999:1"})
        EXPECT_FALSE(parse_remote_id(bad)) << bad;
}

TEST(TelegramUpdate, WhatIsNoUpdateIsNone) {
    for (const char* bad : {"", "null", "[]", "{}", "7", R"({"update_id":"7"})", R"({"update_id":1.5})",
                            "{\"update_id\":7", R"({"update_id":7,"message":{"text":"\ud800"}})"})
        EXPECT_FALSE(parse_update(bad, kBot)) << bad;
    EXPECT_FALSE(parse_update(std::string(100'000, '['), kBot)) << "however deep";
    const Update odd = read(R"({"update_id":7,"message":[1],"edited_message":"x","callback_query":{"id":7}})");
    EXPECT_EQ(odd.sort, Update::Sort::nothing);
    EXPECT_EQ(read(R"({"update_id":7,"message":{"message_id":-1,"chat":{"id":1,"type":"private"}}})").sort,
              Update::Sort::nothing);
    EXPECT_EQ(read(message(R"("text":"a\u0000b")")).message.text,
              "a\xef\xbf\xbd"
              "b");
}

TEST(TelegramUpdate, NoBytesBreakTheReader) {
    std::mt19937 random(20261120);
    const std::vector<std::string> seeds = {
        kExample,
        message(
            R"("sticker":{"file_id":"f","emoji":"😀"},"venue":{"title":"x","location":{"latitude":1,"longitude":2}})"),
        message(R"("text":"🙂 see","entities":[{"type":"text_link","offset":1,"length":3,"url":"https://a.test/"}])"),
        R"({"update_id":5,"callback_query":{"id":"1","from":{"id":1},"message":{"chat":{"id":1,"type":"private"},"reply_markup":{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}},"data":"b"}})"};
    const std::string pieces[] = {"null", "-9223372036854775808", "1e400", "{}", "[]", "\"\\u0000\"", "true", "\"", "}",
                                  "\xff"};
    for (int i = 0; i < 20'000; ++i) {
        std::string body = seeds[random() % seeds.size()];
        for (int change = static_cast<int>(random() % 4); change >= 0; --change) {
            const std::size_t at = random() % body.size();
            if (random() % 2 == 0) {
                body[at] = static_cast<char>(random());
            } else {
                body.replace(at, random() % 12, pieces[random() % std::size(pieces)]);
            }
        }
        const auto update = parse_update(body, kBot);
        if (!update || update->sort != Update::Sort::message) continue;
        ASSERT_FALSE(update->message.dedupe_key.empty()) << body;
        ASSERT_FALSE(update->message.contact.empty()) << body;
        ASSERT_EQ(update->message.text.find('\0'), std::string::npos) << body;
    }
}
