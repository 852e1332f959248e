/// A strategy: of the candidates the one who has most of the skills that the conversation asks for.
#include <usher/json.hpp>
#include <usher/plugin.hpp>

using namespace usher::sdk;

namespace {

std::size_t in_common(const Json& wanted, const Json& offered) {
    std::size_t count = 0;
    for (const Json& skill : wanted.items()) {
        for (const Json& one : offered.items()) count += one.string() == skill.string() ? 1 : 0;
    }
    return count;
}

class BySkill final : public Strategy {
public:
    using Strategy::Strategy;

    void choose(Route route, Done<std::string> done) override {
        const Json conversation = Json::parse(route.conversation_json).value_or(Json());
        std::string best;
        std::size_t most = 0;
        for (const Agent& agent : route.agents) {
            const Json attributes = Json::parse(agent.attrs_json).value_or(Json());
            const std::size_t count = in_common(conversation["required_skills"], attributes["skills"]);
            if (best.empty() || count > most) {
                best = agent.id;
                most = count;
            }
        }
        done(best);
    }
};

}  // namespace

USHER_PLUGIN(BySkill, "example.choose_by_skill", "0.1.0", .name = "By skill")
