/// manual: assigns nobody, ever. Agents take conversations from the queue themselves.
#include <usher/plugin.hpp>

#include "schema_json.hpp"

using namespace usher::sdk;

namespace {

class Manual final : public Strategy {
public:
    using Strategy::Strategy;

    void choose(Route, Done<std::string> done) override { done(std::string()); }
};

}  // namespace

USHER_PLUGIN(Manual, "manual", "0.1.0", .name = "Manual", .vendor = "Usher", .config_schema = kSchemaJson)
