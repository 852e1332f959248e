/// round_robin: in turn. Of the candidates the one who was assigned a conversation longest ago; who never was comes
/// first; ties go by id. Keeps nothing itself, so it is the same on every node and after a restart.
#include <algorithm>
#include <usher/plugin.hpp>

#include "schema_json.hpp"

using namespace usher::sdk;

namespace {

class RoundRobin final : public Strategy {
public:
    using Strategy::Strategy;

    void choose(Route route, Done<std::string> done) override {
        const auto next = std::min_element(route.agents.begin(), route.agents.end(), waited_longer);
        done(next == route.agents.end() ? std::string() : next->id);
    }
};

}  // namespace

USHER_PLUGIN(RoundRobin, "round_robin", "0.1.0", .name = "Round robin", .vendor = "Usher", .config_schema = kSchemaJson)
