// Contacts.
#include "desk/contacts.hpp"
#include "api/desk_services.hpp"
#include "foundation/text.hpp"
#include "store/repositories/contacts.hpp"

namespace usher::api {
namespace {

using desk::ContactView;

Task<Reply> list(DeskServices& s, Call call) {
    auto limit = call.limit();
    if (!limit) co_return limit.error();
    auto after = call.cursor();
    if (!after) co_return after.error();
    const std::string search(trim(call.request.param("q").value_or("")));
    if (search.size() > 200) co_return invalid("The parameter q is longer than 200 bytes.");
    struct Page {
        std::vector<ContactView> rows;
        std::optional<std::string> next;
    };
    auto look = [&views = s.views, space = call.who().space_id, search, limit = *limit,
                 after = *after](store::Session& sql) {
        auto rows = store::list_contacts(sql, space, search, limit, after);
        Page out;
        if (rows.next) out.next = id_cursor(*rows.next);
        out.rows = views.contacts(sql, rows.rows);
        return out;
    };
    auto found = co_await s.base.store.read(std::move(look));
    if (!found) co_return found.error();
    co_return page(found->rows, std::move(found->next));
}

Task<Reply> get(DeskServices& s, Call call) {
    auto id = call.id<ContactId>("id");
    if (!id) co_return id.error();
    auto look = [&views = s.views, space = call.who().space_id, id = *id](store::Session& sql) -> Result<ContactView> {
        auto row = store::find_contact(sql, space, id);
        if (!row) return not_found("There is no contact " + to_string(id) + ".");
        return std::move(views.contacts(sql, {*row}).at(0));
    };
    auto view = co_await s.base.store.read(std::move(look));
    if (!view) co_return view.error();
    co_return ok(*view);
}

Task<Reply> create(DeskServices& s, Call call) {
    auto key = call.idempotency();
    if (!key) co_return key.error();
    Faults faults;
    auto input = call.read<desk::ContactInput>(faults, {"name"});
    if (!input) co_return input.error();
    desk::check(*input, faults);
    if (auto fine = access::refuse(std::move(faults)); !fine) co_return fine.error();
    auto work = [&views = s.views, who = call.caller.principal, key = *key,
                 input = *input](store::Write& w) -> Result<ContactView> {
        auto earlier = store::earlier_result(w.sql(), key, w.now());
        if (!earlier) return earlier.error();
        if (*earlier) {
            auto row = store::find_contact(w.sql(), who->space_id, {**earlier});
            if (!row) return not_found("The contact is gone.");
            return std::move(views.contacts(w.sql(), {*row}).at(0));
        }
        auto row = desk::create_contact(w, *who, input);
        if (!row) return row.error();
        store::remember(w, key, row->id.value);
        return std::move(views.contacts(w.sql(), {*row}).at(0));
    };
    auto view = co_await s.base.store.write(std::move(work));
    if (!view) co_return view.error();
    co_return created(*view);
}

Task<Reply> edit(DeskServices& s, Call call) {
    auto id = call.id<ContactId>("id");
    if (!id) co_return id.error();
    auto patch = call.json_body();
    if (!patch) co_return patch.error();
    auto work = [&views = s.views, who = call.caller.principal, id = *id,
                 patch = *patch](store::Write& w) -> Result<ContactView> {
        auto row = desk::edit_contact(w, *who, id, patch);
        if (!row) return row.error();
        return std::move(views.contacts(w.sql(), {*row}).at(0));
    };
    auto view = co_await s.base.store.write(std::move(work));
    if (!view) co_return view.error();
    co_return ok(*view);
}

}  // namespace

void add_contacts(Api& api, DeskServices& s) {
    const std::string tag = "Contacts";
    api.add({.method = "GET",
             .path = "/contacts",
             .summary = "Contacts, newest first",
             .tag = tag,
             .needs = permission_of(permission::kContactsView),
             .query = paging({{"q", "In names, e-mail addresses and phone numbers."}}),
             .answers = {many<ContactView>()}},
            [&s](Call call) { return list(s, std::move(call)); });
    api.add({.method = "POST",
             .path = "/contacts",
             .summary = "Create a contact",
             .tag = tag,
             .needs = permission_of(permission::kContactsCreate),
             .request = body<desk::ContactInput>({"name"}),
             .answers = {one<ContactView>(201)},
             .idempotent = true},
            [&s](Call call) { return create(s, std::move(call)); });
    api.add({.method = "GET",
             .path = "/contacts/{id}",
             .summary = "One contact",
             .tag = tag,
             .needs = permission_of(permission::kContactsView),
             .answers = {one<ContactView>()}},
            [&s](Call call) { return get(s, std::move(call)); });
    api.add({.method = "PATCH",
             .path = "/contacts/{id}",
             .summary = "Change a contact: what is absent stays",
             .tag = tag,
             .needs = permission_of(permission::kContactsEdit),
             .request = body<desk::ContactInput>(),
             .answers = {one<ContactView>()}},
            [&s](Call call) { return edit(s, std::move(call)); });
}

}  // namespace usher::api
