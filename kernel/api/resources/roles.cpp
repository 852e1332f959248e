// The default roles and the table of permissions. Both are what the program was built with.
#include "api/resources.hpp"
#include "model/permissions.hpp"

namespace usher::api {
namespace shape {

struct Role {
    std::string id, name, description;
    bool default_ = true;
    std::vector<std::string> permissions;
};
BOOST_DESCRIBE_STRUCT(Role, (), (id, name, description, default_, permissions))

}  // namespace shape

namespace {

Task<Reply> list_roles(Call) {
    std::vector<shape::Role> out;
    for (const auto& role : default_roles()) {
        out.push_back({role.id, role.name, role.description, role.default_, role.permissions});
    }
    co_return page(out);
}

Task<Reply> list_permissions(Call) {
    co_return page(permission_catalogue());
}

}  // namespace

void add_roles(Api& api, Services&) {
    api.add({.method = "GET",
             .path = "/roles",
             .summary = "The roles and what they allow",
             .tag = "People",
             .answers = {many<shape::Role>("Default roles are read-only.")}},
            [](Call call) { return list_roles(std::move(call)); });
    api.add({.method = "GET",
             .path = "/permissions",
             .summary = "All permissions, what each allows and what it depends on",
             .tag = "People",
             .answers = {many<PermissionInfo>()}},
            [](Call call) { return list_permissions(std::move(call)); });
}

}  // namespace usher::api
