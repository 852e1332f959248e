/// The open channel: any third party's app, shop or messenger over signed HTTP, both ways (README.md is the contract).
#include <usher/plugin.hpp>

#include "channel.hpp"
#include "schema_json.hpp"

namespace {

constexpr char kCapabilities[] = R"({
  "kinds": ["text", "typing", "read", "edit", "delete", "closed"],
  "idempotent_send": true,
  "attachments": true,
  "max_text_length": 4096,
  "typing": true,
  "read_receipts": true,
  "retry": {
    "delays_s": [5, 15, 30, 60],
    "conversation_block_s": 120,
    "breaker": { "failures": 20, "probe_s": 60 },
    "give_up_s": 86400
  }
})";

}  // namespace

USHER_PLUGIN(usher::open_channel::OpenChannel, "open", "0.1.0", .name = "Open channel", .vendor = "Usher",
             .config_schema = kSchemaJson, .capabilities = kCapabilities)
