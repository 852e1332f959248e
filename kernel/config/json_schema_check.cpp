#include <boost/regex.hpp>

#include "config/json_schema.hpp"
#include "config/json_schema_view.hpp"
#include "foundation/text.hpp"

namespace usher::config {
namespace {

using namespace detail;
using Names = std::vector<std::string>;

const Names kEverywhere{"type", "title", "description", "default", "examples", "order", "group", "secret"};
const Names kOfString{"format", "pattern", "minLength", "maxLength", "enum", "const"};
const Names kOfNumber{"minimum", "maximum", "enum", "const"};
const Names kOfBoolean{"const"};
const Names kOfArray{"items", "minItems", "maxItems"};
const Names kOfObject{"properties", "required", "oneOf", "if", "then"};
const Names kFormats{"uri", "email", "date", "time", "duration", "multiline"};
const Names kTypes{"string", "integer", "number", "boolean", "array", "object"};
constexpr int kDepthLimit = 8;

bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string join(const Names& names) {
    std::string out;
    for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

class Checker {
public:
    std::vector<SchemaFault> faults;

    /// @param branch  inside then or a branch of oneOf: no conditions of its own
    void check(const json::value& value, const std::string& path, int depth, bool branch = false) {
        if (!value.is_object()) return fault(path, "expected a schema (an object)");
        if (depth > kDepthLimit) return fault(path, "is nested deeper than " + std::to_string(kDepthLimit) + " levels");
        const json::object& schema = value.get_object();
        const std::string_view type = type_of(schema);
        if (!contains(kTypes, type)) {
            return fault(path, "type is missing or unknown; expected one of " + join(kTypes));
        }
        check_keywords(schema, type, path, branch);
        check_annotations(schema, path);
        if (type == "string") check_string(schema, path);
        if (type == "string" || type == "integer" || type == "number" || type == "boolean") check_choices(schema, path);
        if (type == "integer" || type == "number") check_range(schema, path);
        if (type == "array") check_array(schema, path, depth);
        if (type == "object") check_object(schema, path, depth, branch);
        if (const json::value* preset = member(schema, "default")) check_default(schema, *preset, path);
    }

    void fault(const std::string& path, std::string message) { faults.push_back({path, std::move(message)}); }

private:
    void check_keywords(const json::object& schema, std::string_view type, const std::string& path, bool branch) {
        Names known = kEverywhere;
        const Names& more = type == "string"    ? kOfString
                            : type == "array"   ? kOfArray
                            : type == "object"  ? kOfObject
                            : type == "boolean" ? kOfBoolean
                                                : kOfNumber;
        known.insert(known.end(), more.begin(), more.end());
        if (path.empty()) known.emplace_back("$schema");
        for (const auto& entry : schema) {
            const std::string name(entry.key().data(), entry.key().size());
            if (!contains(known, name)) {
                fault(pointer(path, name),
                      "the keyword " + name + " is not known for " + std::string(type) + "; known are " + join(known));
            } else if (branch && (name == "oneOf" || name == "if" || name == "then")) {
                fault(pointer(path, name), "the keyword " + name + " cannot stand inside then or a branch of oneOf");
            }
        }
    }

    void check_annotations(const json::object& schema, const std::string& path) {
        for (const char* name : {"title", "description", "group", "$schema"}) {
            if (const json::value* found = member(schema, name); found && !found->is_string()) {
                fault(pointer(path, name), "expected a text");
            }
        }
        if (const json::value* order = member(schema, "order"); order && !order->is_number()) {
            fault(pointer(path, "order"), "expected a number");
        }
        if (const json::value* examples = member(schema, "examples"); examples && !examples->is_array()) {
            fault(pointer(path, "examples"), "expected a list");
        }
        if (const json::value* secret = member(schema, "secret")) {
            if (!secret->is_bool()) fault(pointer(path, "secret"), "expected true or false");
            if (is_true(schema, "secret") && (member(schema, "default") || member(schema, "const"))) {
                fault(pointer(path, "secret"), "a secret has neither default nor const: they would be public");
            }
        }
    }

    void check_string(const json::object& schema, const std::string& path) {
        check_count(schema, "minLength", "maxLength", path);
        if (const json::value* format = member(schema, "format")) {
            if (!format->is_string() || !contains(kFormats, view(format->get_string()))) {
                fault(pointer(path, "format"), "expected one of " + join(kFormats));
            }
        }
        if (const json::value* pattern = member(schema, "pattern")) {
            if (!pattern->is_string()) return fault(pointer(path, "pattern"), "expected a text");
            try {
                const boost::regex compiled{std::string(view(pattern->get_string()))};
            } catch (const boost::regex_error& e) {
                fault(pointer(path, "pattern"), std::string("is no regular expression: ") + e.what());
            }
        }
    }

    void check_choices(const json::object& schema, const std::string& path) {
        const json::value* names = member(schema, "enum");
        if (!names) return;
        if (!names->is_array() || names->get_array().empty()) {
            return fault(pointer(path, "enum"), "expected a list with at least one value");
        }
        for (std::size_t i = 0; i < names->get_array().size(); ++i) {
            const json::value& name = names->get_array()[i];
            if (!name.is_string() && !name.is_number()) {
                fault(pointer(pointer(path, "enum"), i), "expected a text or a number");
            }
        }
    }

    void check_range(const json::object& schema, const std::string& path) {
        for (const char* name : {"minimum", "maximum"}) {
            if (const json::value* found = member(schema, name); found && !found->is_number()) {
                return fault(pointer(path, name), "expected a number");
            }
        }
        const json::value* least = member(schema, "minimum");
        const json::value* most = member(schema, "maximum");
        if (least && most && least->to_number<double>() > most->to_number<double>()) {
            fault(pointer(path, "minimum"), "is greater than maximum");
        }
    }

    void check_count(const json::object& schema, const char* least, const char* most, const std::string& path) {
        for (const char* name : {least, most}) {
            const json::value* found = member(schema, name);
            if (found && !(found->is_int64() && found->get_int64() >= 0)) {
                fault(pointer(path, name), "expected a whole number, at least 0");
            }
        }
    }

    void check_array(const json::object& schema, const std::string& path, int depth) {
        check_count(schema, "minItems", "maxItems", path);
        const json::value* items = member(schema, "items");
        if (!items) return fault(path, "items is missing: a list says what it holds");
        check(*items, pointer(path, "items"), depth + 1);
        if (items->is_object() && type_of(items->get_object()) == "array") {
            fault(pointer(path, "items"), "a list of lists cannot be drawn; expected scalars or objects");
        }
    }

    void check_object(const json::object& schema, const std::string& path, int depth, bool branch) {
        const json::object* properties = object_member(schema, "properties");
        if (!properties && !(branch && member(schema, "required")) && !member(schema, "oneOf")) {
            return fault(path, "properties is missing: an object names its members");
        }
        if (properties) {
            for (const auto& property : *properties) {
                const std::string_view name(property.key().data(), property.key().size());
                check(property.value(), pointer(pointer(path, "properties"), name), depth + 1);
            }
        }
        check_condition(schema, path, depth);
        check_branches(schema, path, depth);
        if (!branch) check_required(schema, {&schema}, path);
    }

    /// The names in `schema`'s required stand in the properties of one of `homes`.
    void check_required(const json::object& schema, const std::vector<const json::object*>& homes,
                        const std::string& path) {
        const json::value* required = member(schema, "required");
        if (!required) return;
        if (!required->is_array()) return fault(pointer(path, "required"), "expected a list of names");
        for (std::size_t i = 0; i < required->get_array().size(); ++i) {
            const json::value& name = required->get_array()[i];
            bool known = false;
            for (const json::object* home : homes) {
                const json::object* properties = object_member(*home, "properties");
                known = known || (name.is_string() && properties && member(*properties, view(name.get_string())));
            }
            if (!known) fault(pointer(pointer(path, "required"), i), "expected the name of one of the properties");
        }
    }

    void check_condition(const json::object& schema, const std::string& path, int depth) {
        const json::value* condition = member(schema, "if");
        const json::value* then = member(schema, "then");
        if (!condition && !then) return;
        if (!condition || !then) return fault(path, "if and then stand together");
        const json::object* tested =
            condition->is_object() ? object_member(condition->get_object(), "properties") : nullptr;
        const std::string place = pointer(path, "if");
        if (!tested || tested->size() != 1) return fault(place, "expected properties with the one property it tests");
        for (const auto& entry : condition->get_object()) {
            if (entry.key() != "properties" && entry.key() != "required") {
                fault(pointer(place, std::string_view(entry.key().data(), entry.key().size())),
                      "expected only properties and required here");
            }
        }
        const auto& test = *tested->begin();
        const std::string_view name(test.key().data(), test.key().size());
        const json::object* properties = object_member(schema, "properties");
        if (!properties || !member(*properties, name)) {
            fault(pointer(pointer(place, "properties"), name), "tests a property that is not in properties");
        }
        const json::object* rule = test.value().if_object();
        if (!rule || rule->size() != 1 || (!member(*rule, "const") && !array_member(*rule, "enum"))) {
            fault(pointer(pointer(place, "properties"), name), "expected const or enum, and nothing else");
        }
        check_part(*then, schema, pointer(path, "then"), depth);
    }

    void check_branches(const json::object& schema, const std::string& path, int depth) {
        const json::value* branches = member(schema, "oneOf");
        if (!branches) return;
        const std::string place = pointer(path, "oneOf");
        if (!branches->is_array() || branches->get_array().empty()) return fault(place, "expected a list of objects");
        const std::string_view discriminator = discriminator_of(branches->get_array());
        if (discriminator.empty()) {
            return fault(place, "expected a property that is const in every branch, to tell them apart");
        }
        std::vector<const json::value*> seen;
        for (std::size_t i = 0; i < branches->get_array().size(); ++i) {
            const json::object& branch = branches->get_array()[i].get_object();
            const std::string below = pointer(place, i);
            check_part(branches->get_array()[i], schema, below, depth);
            const json::object& property = *object_member(*object_member(branch, "properties"), discriminator);
            const json::value* only = member(property, "const");
            for (const json::value* other : seen) {
                if (*other == *only) fault(below, "has the same " + std::string(discriminator) + " as another branch");
            }
            seen.push_back(only);
        }
    }

    /// then, or a branch: adds properties, repeats none.
    void check_part(const json::value& part, const json::object& schema, const std::string& path, int depth) {
        if (!part.is_object()) return fault(path, "expected an object");
        json::object typed = part.get_object();
        if (!member(typed, "type")) typed.emplace("type", "object");
        check(typed, path, depth + 1, true);
        check_required(part.get_object(), {&part.get_object(), &schema}, path);
        const json::object* outer = object_member(schema, "properties");
        const json::object* inner = object_member(part.get_object(), "properties");
        if (!outer || !inner) return;
        for (const auto& property : *inner) {
            const std::string_view name(property.key().data(), property.key().size());
            if (member(*outer, name)) {
                fault(pointer(pointer(path, "properties"), name), "stands in the object's own properties already");
            }
        }
    }

    void check_default(const json::object& schema, const json::value& preset, const std::string& path) {
        if (!faults.empty()) return;  // validate wants a sound schema
        for (const auto& wrong : validate(schema, preset)) {
            fault(pointer(path, "default") + wrong.path, wrong.message);
        }
    }
};

}  // namespace

std::vector<SchemaFault> check_schema(const json::value& schema) {
    Checker checker;
    if (schema.is_object() && type_of(schema.get_object()) != "object") {
        checker.fault("", "expected type object at the root");
        return std::move(checker.faults);
    }
    checker.check(schema, "", 0);
    return std::move(checker.faults);
}

}  // namespace usher::config
