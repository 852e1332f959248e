/// least_busy: the candidate with the smallest share of their capacity in use (open_count / open_limit); ties go to who
/// waited longest. Exact integer arithmetic: no two nodes may see a tie differently.
#include <algorithm>
#include <usher/plugin.hpp>

#include "schema_json.hpp"

using namespace usher::sdk;

namespace {

class LeastBusy final : public Strategy {
public:
    using Strategy::Strategy;

    void choose(Route route, Done<std::string> done) override {
        // Who has no limit is measured by the largest among the others, so that "unlimited" is neither always idle nor
        // always full; where nobody has one, the counts alone decide.
        std::uint64_t widest = 1;
        for (const Agent& agent : route.agents) widest = std::max<std::uint64_t>(widest, agent.open_limit);
        const auto limit = [&](const Agent& agent) { return agent.open_limit == 0 ? widest : agent.open_limit; };
        const auto less_busy = [&](const Agent& a, const Agent& b) {
            const std::uint64_t left = a.open_count * limit(b);  // a/limit(a) < b/limit(b), multiplied out
            const std::uint64_t right = b.open_count * limit(a);
            if (left != right) return left < right;
            return waited_longer(a, b);
        };
        const auto next = std::min_element(route.agents.begin(), route.agents.end(), less_busy);
        done(next == route.agents.end() ? std::string() : next->id);
    }
};

}  // namespace

USHER_PLUGIN(LeastBusy, "least_busy", "0.1.0", .name = "Least busy", .vendor = "Usher", .config_schema = kSchemaJson)
