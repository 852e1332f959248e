/// jsonl: the event feed as lines of JSON in rotated files.
#include <usher/plugin.hpp>

#include "jsonl.hpp"
#include "schema_json.hpp"

USHER_PLUGIN(usher::jsonl::Jsonl, "jsonl", "0.1.0", .name = "JSON lines", .vendor = "Usher",
             .config_schema = kSchemaJson)
