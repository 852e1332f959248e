// Channels: which channel plugins there are.
#include <algorithm>

#include "api/resources.hpp"

namespace usher::api {
namespace shape {

struct Channel {
    std::string id, name, version;
    std::string kind;
    json::object capabilities;
    json::object config_schema;
    std::int64_t accounts = 0;
};
BOOST_DESCRIBE_STRUCT(Channel, (), (id, name, version, kind, capabilities, config_schema, accounts))

}  // namespace shape

namespace {

Task<Reply> list_channels(Services& s, Call) {
    std::vector<shape::Channel> out;
    if (!s.registry) co_return page(out);
    const auto statuses = s.registry->statuses(plugins::Kind::channel);
    for (auto& plugin : s.registry->plugins(plugins::Kind::channel)) {
        const auto accounts = std::count_if(statuses.begin(), statuses.end(),
                                            [&](const auto& status) { return status.ref.channel == plugin.id; });
        out.push_back({std::move(plugin.id), std::move(plugin.name), std::move(plugin.version), "channel",
                       std::move(plugin.capabilities), std::move(plugin.config_schema), accounts});
    }
    co_return page(out);
}

}  // namespace

void add_channels(Api& api, Services& s) {
    api.add({.method = "GET",
             .path = "/channels",
             .summary = "Channel plugins that are loaded",
             .tag = "Set-up",
             .needs = permission_of(permission::kSetupChannels, permission::kSetupPlugins),
             .answers = {many<shape::Channel>()}},
            [&s](Call call) { return list_channels(s, std::move(call)); });
}

}  // namespace usher::api
