#pragma once
/// One call of the API as its handler sees it: who calls, what they sent, read and checked; and how to answer.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/access.hpp"
#include "foundation/describe.hpp"
#include "http/message.hpp"
#include "store/repositories/settings.hpp"

namespace usher::api {

/// What a handler answers: a response, or an error in the API's form.
using Reply = Result<http::Response>;

class Call final {
public:
    Call(http::Request sent, access::Caller by, std::size_t json_depth)
        : request(std::move(sent)), caller(std::move(by)), json_depth_(json_depth) {}

    http::Request request;
    access::Caller caller;  // without a principal on an open operation

    const Principal& who() const { return *caller.principal; }

    // ---- the path and the query
    /// Errc::not_found for what cannot be an id: there is nothing by that name.
    template <class Id>
    Result<Id> id(std::string_view name) const {
        auto value = parse_id(request.path_param(name));
        if (!value) return no_such(request.path_param(name));
        return Id{*value};
    }
    /// ?limit= (1-200, default 25). Errc::invalid.
    Result<int> limit() const;
    /// ?cursor= of a list that is ordered by id; 0: from the start. Errc::invalid.
    Result<std::int64_t> cursor() const;
    /// All values of a repeatable parameter as an enum; Errc::invalid names what is allowed.
    template <class E>
    Result<std::vector<E>> enums(std::string_view name) const;
    /// An id in the query; nullopt when absent or empty. Errc::invalid.
    template <class Id>
    Result<std::optional<Id>> query_id(std::string_view name) const {
        const auto text = request.param(name);
        if (!text || text->empty()) return std::optional<Id>{};
        auto value = parse_id(*text);
        if (!value) return invalid("The parameter " + std::string(name) + " is not an id.");
        return std::optional<Id>{Id{*value}};
    }
    Result<std::optional<bool>> query_bool(std::string_view name) const;

    // ---- the body
    /// Errc::unsupported for another type than JSON, Errc::invalid for what is none. No body at all is an empty object.
    Result<json::value> json_body() const;
    /// Reads all that can be read; what is wrong is added to `faults`, so that a handler can add its own and refuse all
    /// at once. `required` are JSON names. The error is for a body that cannot be read at all.
    template <class T>
    Result<T> read(Faults& faults, std::initializer_list<std::string_view> required = {}) const {
        auto value = json_body();
        if (!value) return value.error();
        T out{};
        read_json(*value, out, "", faults);
        miss(*value, required, faults);
        return out;
    }
    /// The same for who has nothing to add: Errc::validation lists every fault.
    template <class T>
    Result<T> input(std::initializer_list<std::string_view> required = {}) const {
        Faults faults;
        auto out = read<T>(faults, required);
        if (!out) return out;
        if (auto ok = access::refuse(std::move(faults)); !ok) return ok.error();
        return out;
    }

    // ---- headers
    /// Of the Idempotency-Key header; nullopt without one. Errc::invalid.
    Result<std::optional<store::IdempotencyKey>> idempotency() const;
    /// The version that If-Match names; nullopt without one or for "*". Errc::invalid.
    Result<std::optional<std::int64_t>> if_match() const;

private:
    static Error no_such(std::string_view name);
    static void miss(const json::value& body, std::initializer_list<std::string_view> required, Faults& faults);
    static Error bad_choice(std::string_view name, const std::vector<std::string>& allowed);
    std::size_t json_depth_;
};

template <class E>
Result<std::vector<E>> Call::enums(std::string_view name) const {
    std::vector<E> out;
    for (const auto text : request.all_params(name)) {
        if (text.empty()) continue;
        const auto value = enum_of<E>(text);
        if (!value) return bad_choice(name, enum_names<E>());
        out.push_back(*value);
    }
    return out;
}

// ---- answers

template <class T>
http::Response ok(const T& data, int status = 200) {
    return http::Response::json(status, json::object{{"data", to_json(data)}});
}
inline http::Response created(const auto& data) {
    return ok(data, 201);
}
inline http::Response no_content() {
    return http::Response::empty(204);
}
/// A page of a list; `next` is what ?cursor= takes.
template <class T>
http::Response page(const std::vector<T>& data, std::optional<std::string> next = std::nullopt) {
    return http::Response::json(200, json::object{{"data", to_json(data)}, {"nextCursor", to_json(next)}});
}
/// Cursors of lists that are ordered by id.
std::string id_cursor(std::int64_t id);
/// Cuts a list that was read with limit + 1 rows; the cursor of the next page, if there is one.
template <class Row>
std::optional<std::string> cut_page(std::vector<Row>& rows, int limit) {
    if (rows.size() <= static_cast<std::size_t>(limit)) return std::nullopt;
    rows.resize(static_cast<std::size_t>(limit));
    return id_cursor(rows.back().id.value);
}

/// {"error": {"code", "message", "details", "requestId"}} with the error's status and Retry-After.
http::Response error_response(const Error& error, std::string_view request_id);
http::Response error_response(int status, const Error& error, std::string_view request_id);

/// Changes `into` by a PUT or PATCH: only top-level members merge. Absent keeps, null clears an optional one, an object
/// or list replaces the old one whole. Unknown members and everything else wrong goes to `faults`.
template <class T>
void merge_json(const json::value& from, T& into, Faults& faults) {
    const json::object* object = from.if_object();
    if (!object) return usher::detail::fault(faults, "", "expected an object");
    T fresh{};
    boost::mp11::mp_for_each<usher::detail::members_of<T>>([&](auto d) {
        const auto name = json_name<decltype(d)>();
        if (object->contains({name.data(), name.size()})) into.*d.pointer = fresh.*d.pointer;
    });
    read_json(from, into, "", faults);
}

}  // namespace usher::api
