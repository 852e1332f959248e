/// away: answers a waiting customer once, after a delay or outside working hours.
#include <usher/plugin.hpp>

#include "away.hpp"
#include "schema_json.hpp"

USHER_PLUGIN(usher::away::Away, "away", "0.1.0", .name = "Away", .vendor = "Usher", .config_schema = kSchemaJson)
