/// Telegram: a bot's private chats, by long polling or webhook (README.md).
#include <usher/plugin.hpp>

#include "channel.hpp"
#include "schema_json.hpp"

namespace {

// A send is never repeated when its outcome is unknown: the Bot API has no idempotency key.
constexpr char kCapabilities[] = R"({
  "kinds": ["text", "typing", "edit", "delete"],
  "idempotent_send": false,
  "attachments": true,
  "max_text_length": 20000,
  "typing": true,
  "read_receipts": false,
  "exclusive": true,
  "retry": {
    "delays_s": [1, 5, 15, 30, 60],
    "conversation_block_s": 120,
    "breaker": { "failures": 20, "probe_s": 60 },
    "give_up_s": 86400
  }
})";

}  // namespace

USHER_PLUGIN(usher::telegram::TelegramChannel, "telegram", "0.1.0", .name = "Telegram", .vendor = "Usher",
             .config_schema = kSchemaJson, .capabilities = kCapabilities)
