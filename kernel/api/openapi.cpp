#include "api/openapi.hpp"

#include "foundation/error.hpp"

namespace usher::api {
namespace {

/// Inputs: an absent member keeps or takes its default, so only what the operation demands is required.
void drop_required(json::value& schema) {
    if (auto* object = schema.if_object()) {
        object->erase("required");
        for (auto& member : *object) drop_required(member.value());
    } else if (auto* array = schema.if_array()) {
        for (auto& item : *array) drop_required(item);
    }
}

json::object reference(std::string_view name) {
    return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

json::object error_schema() {
    const json::object text{{"type", "string"}};
    const json::object detail{{"type", "object"},
                              {"properties", {{"path", text}, {"message", text}}},
                              {"required", {"path", "message"}},
                              {"additionalProperties", false}};
    const json::object error{{"type", "object"},
                             {"properties",
                              {{"code", text},
                               {"message", text},
                               {"details", json::object{{"type", "array"}, {"items", detail}}},
                               {"requestId", text}}},
                             {"required", {"code", "message", "details", "requestId"}},
                             {"additionalProperties", false}};
    return {{"type", "object"},
            {"properties", {{"error", error}}},
            {"required", json::array{"error"}},
            {"additionalProperties", false}};
}

std::string permission_text(const Needs& needs) {
    if (needs.kind == Needs::Kind::open) return "Open to everybody.";
    if (needs.kind == Needs::Kind::signed_in) return "For whoever is signed in; what one may not see is 404.";
    std::string out = "Needs";
    for (std::size_t i = 0; i < needs.any_of.size(); ++i) out += (i == 0 ? " `" : " or `") + needs.any_of[i] + "`";
    return out + ".";
}

std::string operation_id(const Operation& operation) {
    std::string out;
    for (const char c : operation.method) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    bool upper = true;
    for (const char c : operation.path) {
        if (c == '/' || c == '{' || c == '}' || c == '-' || c == '.' || c == '*') {
            upper = true;
        } else {
            out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
            upper = false;
        }
    }
    return out;
}

json::array path_parameters(std::string_view path) {
    json::array out;
    for (auto at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
        const auto name = path.substr(at + 1, path.find('}', at) - at - 1);
        out.push_back(json::object{{"name", json::string_view(name.data(), name.size())},
                                   {"in", "path"},
                                   {"required", true},
                                   {"schema", json::object{{"type", "string"}}}});
    }
    return out;
}

json::object header(std::string_view name, std::string_view description) {
    return {{"name", json::string_view(name.data(), name.size())},
            {"in", "header"},
            {"description", json::string_view(description.data(), description.size())},
            {"schema", json::object{{"type", "string"}}}};
}

}  // namespace

json::object Document::component(const TypeDoc& type, bool input) {
    if (!type.schema.contains("properties")) return type.schema;  // any object, a list, a plain value: no name needed
    json::value schema = type.schema;
    std::string name = type.name;
    if (input) {
        drop_required(schema);
        name += name.ends_with("Input") ? "" : "Input";
    }
    const auto [at, fresh] = schemas_.try_emplace(name, schema.as_object());
    if (!fresh && json::value(at->second) != schema) {
        throw Failure({Errc::internal, "OpenAPI: two types are called " + name + "; give one another name"});
    }
    return reference(name);
}

json::object Document::answer_of(const Answer& answer) {
    json::object out{{"description", answer.description.empty() ? "Done." : answer.description}};
    if (answer.type.empty()) {
        if (!answer.content_type.empty()) {
            out["content"] = json::object{{answer.content_type, json::object{{"schema", json::object{}}}}};
        }
        return out;
    }
    json::object schema = component(answer.type.front(), false);
    if (answer.envelope) {
        json::object properties;
        json::array required{"data"};
        if (answer.list) {
            properties["data"] = json::object{{"type", "array"}, {"items", std::move(schema)}};
            properties["nextCursor"] = json::object{{"type", json::array{"string", "null"}}};
            required.emplace_back("nextCursor");
        } else {
            properties["data"] = std::move(schema);
        }
        for (const auto& [name, type] : answer.beside) {
            properties[name] = component(type, false);
            required.emplace_back(name);
        }
        schema = {{"type", "object"},
                  {"properties", std::move(properties)},
                  {"required", std::move(required)},
                  {"additionalProperties", false}};
    }
    out["content"] = json::object{{"application/json", json::object{{"schema", std::move(schema)}}}};
    return out;
}

void Document::add(const Operation& operation, std::string_view base, bool socket) {
    json::object out{{"operationId", operation_id(operation)},
                     {"summary", operation.summary},
                     {"description", (operation.description.empty() ? "" : operation.description + "\n\n") +
                                         permission_text(operation.needs)},
                     {"tags", json::array{operation.tag}}};
    if (operation.needs.kind == Needs::Kind::open) out["security"] = json::array{};
    if (operation.needs.kind == Needs::Kind::permission) out["x-permissions"] = to_json(operation.needs.any_of);

    json::array parameters = path_parameters(operation.path);
    for (const auto& parameter : operation.query) {
        json::object one{{"name", parameter.name}, {"in", "query"}, {"description", parameter.description}};
        if (parameter.many) {
            one["schema"] = json::object{{"type", "array"}, {"items", parameter.schema}};
            one["explode"] = true;
        } else {
            one["schema"] = parameter.schema;
        }
        parameters.push_back(std::move(one));
    }
    if (operation.idempotent) {
        parameters.push_back(header("Idempotency-Key",
                                    "The same key and body within 24 h are answered anew from what the first call "
                                    "created; another body is 409."));
    }
    if (!parameters.empty()) out["parameters"] = std::move(parameters);

    const Body& body = operation.request;
    if (!body.type.empty()) {
        json::object schema = component(body.type.front(), true);
        if (!body.required.empty()) {
            schema = {{"allOf", json::array{std::move(schema), json::object{{"required", to_json(body.required)}}}}};
        }
        out["requestBody"] =
            json::object{{"required", !body.required.empty()},
                         {"content", json::object{{body.content_type, json::object{{"schema", std::move(schema)}}}}}};
    } else if (body.content_type != "application/json") {
        out["requestBody"] =
            json::object{{"required", true},
                         {"content", json::object{{body.content_type, json::object{{"schema", json::object{}}}}}}};
    }

    json::object responses;
    for (const auto& answer : operation.answers) responses[std::to_string(answer.status)] = answer_of(answer);
    if (socket) responses["101"] = json::object{{"description", "The connection is a WebSocket from here on."}};
    schemas_.try_emplace("Error", error_schema());
    responses["default"] =
        json::object{{"description", "A refusal: what is wrong, where, and what was expected."},
                     {"content", json::object{{"application/json", json::object{{"schema", reference("Error")}}}}}};
    out["responses"] = std::move(responses);

    std::string method;
    for (const char c : operation.method.empty() ? std::string("get") : operation.method) {
        method += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    auto& path = paths_[std::string(base) + operation.path];
    if (path.is_null()) path = json::object{};
    path.as_object()[method] = std::move(out);
}

json::object Document::render() const {
    json::object schemas;
    for (const auto& [name, schema] : schemas_) schemas[name] = schema;
    return {
        {"openapi", "3.1.0"},
        {"info", json::object{{"title", "Usher"},
                              {"version", version_},
                              {"description",
                               "The one API of an Usher installation: of the workspace, of scripts, of partners."}}},
        {"servers", json::array{json::object{{"url", "/"}}}},
        {"security", json::array{json::object{{"apiKey", json::array{}}}, json::object{{"session", json::array{}}}}},
        {"paths", paths_},
        {"components",
         json::object{
             {"schemas", std::move(schemas)},
             {"securitySchemes",
              json::object{{"apiKey", json::object{{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}},
                           {"session", json::object{{"type", "apiKey"},
                                                    {"in", "cookie"},
                                                    {"name", "usher_session"},
                                                    {"description", "Writes also need X-CSRF-Token (GET /me)."}}}}}}}};
}

}  // namespace usher::api
