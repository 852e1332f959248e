#pragma once
/// What an operation of the API says of itself when it is registered: who may call it, what it takes and what it
/// answers. From these comes the OpenAPI document, and the checks before a handler runs.
///
///   api.add({.method = "GET", .path = "/inboxes/{id}", .summary = "One inbox", .tag = "Inboxes",
///            .needs = signed_in(), .answers = {one<shape::Inbox>()}},
///           [&s](Call call) { return get_inbox(s, std::move(call)); });
#include <string>
#include <string_view>
#include <vector>

#include "foundation/describe.hpp"

namespace usher::api {

/// Who may call. A permission is checked before the body is read; what depends on the object is the handler's.
struct Needs {
    enum class Kind { open, signed_in, permission };
    Kind kind = Kind::signed_in;
    std::vector<std::string> any_of;  // one of them is enough; the first is the one that a refusal names
};
inline Needs open() {
    return {Needs::Kind::open, {}};
}
inline Needs signed_in() {
    return {Needs::Kind::signed_in, {}};
}
template <class... Names>
Needs permission_of(const Names&... names) {
    return {Needs::Kind::permission, {std::string(names)...}};
}

/// A type as a component of the document: its name and its schema.
struct TypeDoc {
    std::string name;
    json::object schema;
};

namespace detail {
/// "shape::Inbox" -> "Inbox", from the compiler's own spelling.
template <class T>
std::string type_name() {
    std::string_view text = __PRETTY_FUNCTION__;
    const auto from = text.find("T = ") + 4;
    text = text.substr(from, text.find_first_of(";]", from) - from);
    const auto colon = text.rfind("::");
    return std::string(colon == std::string_view::npos ? text : text.substr(colon + 2));
}
}  // namespace detail

template <class T>
TypeDoc type_doc() {
    return {detail::type_name<T>(), json_schema<T>()};
}

/// One way an operation may answer.
struct Answer {
    int status = 200;
    std::string description;
    std::vector<TypeDoc> type;                            // one, or none: no body
    bool list = false;                                    // {"data": [..], "nextCursor"}
    bool envelope = true;                                 // false: the type is the whole body
    std::vector<std::pair<std::string, TypeDoc>> beside;  // further members of the envelope
    std::string content_type = "application/json";        // of an answer without a type: any bytes
};
template <class T>
Answer one(int status = 200, std::string description = "") {
    return {status, std::move(description), {type_doc<T>()}, false, true, {}, "application/json"};
}
template <class T>
Answer many(std::string description = "") {
    return {200, std::move(description), {type_doc<T>()}, true, true, {}, "application/json"};
}
inline Answer none(int status = 204, std::string description = "") {
    return {status, std::move(description), {}, false, true, {}, ""};
}
inline Answer bytes(std::string content_type, int status = 200) {
    return {status, "", {}, false, false, {}, std::move(content_type)};
}

struct Parameter {
    std::string name;
    std::string description;
    json::object schema{{"type", "string"}};
    bool many = false;  // may be repeated
};
/// The two of every list.
inline std::vector<Parameter> paging(std::vector<Parameter> others = {}) {
    others.push_back(
        {"limit", "Most items of a page.", {{"type", "integer"}, {"minimum", 1}, {"maximum", 200}, {"default", 25}}});
    others.push_back({"cursor", "nextCursor of the page before."});
    return others;
}

/// The body of a request. Its members are optional but for those named here.
struct Body {
    std::vector<TypeDoc> type;  // one, or none: no body, or bytes
    std::vector<std::string> required;
    std::string content_type = "application/json";
};
template <class T>
Body body(std::vector<std::string> required = {}) {
    return {{type_doc<T>()}, std::move(required), "application/json"};
}

struct Operation {
    std::string method;
    std::string path;  // below /api/support
    std::string summary;
    std::string tag;
    Needs needs = signed_in();
    std::vector<Parameter> query{};
    Body request{};
    std::vector<Answer> answers{};
    bool idempotent = false;       // takes an Idempotency-Key
    std::size_t body_limit = 0;    // bytes; 0: the API's usual one
    std::size_t memory_limit = 0;  // a longer body is streamed to a file; 0: never
    std::string description{};
};

}  // namespace usher::api
