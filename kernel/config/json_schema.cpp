#include "config/json_schema.hpp"

#include <boost/regex.hpp>
#include <boost/url/parse.hpp>
#include <cmath>

#include "config/json_schema_view.hpp"
#include "foundation/clock.hpp"
#include "foundation/text.hpp"

namespace usher::config {
namespace detail {

const json::value* member(const json::object& object, std::string_view name) {
    return object.if_contains(json::string_view(name.data(), name.size()));
}
const json::object* object_member(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    return found ? found->if_object() : nullptr;
}
const json::array* array_member(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    return found ? found->if_array() : nullptr;
}
std::optional<std::string_view> text_member(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    if (!found || !found->is_string()) return std::nullopt;
    return view(found->get_string());
}
bool is_true(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    return found && found->is_bool() && found->get_bool();
}

std::string_view type_of(const json::object& schema) {
    if (auto type = text_member(schema, "type")) return *type;
    if (member(schema, "oneOf") || member(schema, "properties")) return "object";
    const json::value* sample = member(schema, "const");
    if (const json::array* names = array_member(schema, "enum"); !sample && names && !names->empty()) {
        sample = &names->front();
    }
    if (!sample) return "";
    if (sample->is_string()) return "string";
    if (sample->is_bool()) return "boolean";
    if (sample->is_int64() || sample->is_uint64()) return "integer";
    return sample->is_double() ? "number" : "";
}

std::string_view discriminator_of(const json::array& branches) {
    if (branches.empty() || !branches[0].is_object()) return "";
    const json::object* first = object_member(branches[0].get_object(), "properties");
    if (!first) return "";
    for (const auto& candidate : *first) {
        const std::string_view name(candidate.key().data(), candidate.key().size());
        bool in_all = true;
        for (const auto& branch : branches) {
            const json::object* properties =
                branch.is_object() ? object_member(branch.get_object(), "properties") : nullptr;
            const json::object* property = properties ? object_member(*properties, name) : nullptr;
            in_all = in_all && property && member(*property, "const");
        }
        if (in_all) return name;
    }
    return "";
}

const json::object* ObjectView::find(std::string_view name) const {
    for (const auto& property : properties) {
        if (property.name == name) return property.schema;
    }
    return nullptr;
}

namespace {

void take(ObjectView& into, const json::object& schema) {
    if (const json::object* properties = object_member(schema, "properties")) {
        for (const auto& property : *properties) {
            if (!property.value().is_object()) continue;
            into.properties.push_back({{property.key().data(), property.key().size()}, &property.value().get_object()});
        }
    }
    if (const json::array* names = array_member(schema, "required")) {
        for (const auto& name : *names) {
            if (name.is_string()) into.required.push_back(view(name.get_string()));
        }
    }
}

/// What a member is, or would be by its default.
const json::value* present(const ObjectView& object, const json::object& value, std::string_view name) {
    const json::value* found = member(value, name);
    if (found && !found->is_null()) return found;
    const json::object* schema = object.find(name);
    return schema ? member(*schema, "default") : nullptr;
}

bool condition_holds(const json::object& condition, const ObjectView& object, const json::object& value) {
    const json::object* properties = object_member(condition, "properties");
    if (!properties) return false;
    for (const auto& property : *properties) {
        const json::value* is = present(object, value, {property.key().data(), property.key().size()});
        if (!is || !property.value().is_object()) return false;
        const json::object& wanted = property.value().get_object();
        if (const json::value* only = member(wanted, "const"); only && *only != *is) return false;
        if (const json::array* names = array_member(wanted, "enum")) {
            if (std::find(names->begin(), names->end(), *is) == names->end()) return false;
        }
    }
    return true;
}

}  // namespace

ObjectView view_of(const json::object& schema, const json::object& value) {
    ObjectView out;
    take(out, schema);
    if (const json::object* condition = object_member(schema, "if");
        condition && condition_holds(*condition, out, value)) {
        if (const json::object* then = object_member(schema, "then")) take(out, *then);
    }
    if (const json::array* branches = array_member(schema, "oneOf")) {
        out.discriminator = discriminator_of(*branches);
        out.undecided = true;
        const json::value* is = member(value, out.discriminator);
        for (const auto& branch : *branches) {
            if (!branch.is_object()) continue;
            const json::object* properties = object_member(branch.get_object(), "properties");
            const json::object* property = properties ? object_member(*properties, out.discriminator) : nullptr;
            const json::value* only = property ? member(*property, "const") : nullptr;
            if (!only) continue;
            if (is && *is == *only) {
                out.undecided = false;
                take(out, branch.get_object());
                break;
            }
            out.choices.push_back(only->is_string() ? std::string(view(only->get_string())) : write_json(*only));
        }
    }
    out.free = !member(schema, "properties") && !member(schema, "oneOf");
    return out;
}

}  // namespace detail

namespace {

using namespace detail;

/// Longer texts are refused before a pattern is tried on them.
constexpr std::size_t kPatternTextBytes = 4 * 1024;

std::string_view kind_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null:
            return "nothing";
        case json::kind::bool_:
            return "true or false";
        case json::kind::int64:
        case json::kind::uint64:
            return "a whole number";
        case json::kind::double_:
            return "a number";
        case json::kind::string:
            return "a text";
        case json::kind::array:
            return "a list";
        case json::kind::object:
            return "an object";
    }
    return "something else";
}

/// Like nearest(), where two neighbouring letters that changed places are one mistake ("levle"): the usual slip of a
/// key.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    if (std::string near = nearest(word, candidates); !near.empty()) return near;
    for (const auto& candidate : candidates) {
        if (candidate.size() != word.size()) continue;
        const auto [a, b] = std::mismatch(word.begin(), word.end(), candidate.begin());
        const auto at = static_cast<std::size_t>(a - word.begin());
        if (at + 1 < word.size() && word[at] == candidate[at + 1] && word[at + 1] == candidate[at] &&
            word.substr(at + 2) == std::string_view(candidate).substr(at + 2)) {
            return candidate;
        }
    }
    return {};
}

bool is_whole(const json::value& value) {
    if (value.is_int64() || value.is_uint64()) return true;
    return value.is_double() && std::nearbyint(value.get_double()) == value.get_double() &&
           std::abs(value.get_double()) < 9e15;
}

std::string plain(const json::value& value) {
    return value.is_string() ? std::string(view(value.get_string())) : write_json(value);
}

bool matches(std::string_view text, const char* pattern) {
    return boost::regex_match(text.begin(), text.end(), boost::regex(pattern));
}

std::string format_fault(std::string_view format, std::string_view text) {
    if (format == "uri") {
        const auto uri = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
        if (!uri) return "expected an address such as https://example.com/path";
    } else if (format == "email") {
        if (!matches(text, "[^@\\s]{1,64}@[^@\\s.]+(\\.[^@\\s.]+)*")) return "expected an e-mail address";
    } else if (format == "date") {
        if (!matches(text, "\\d{4}-\\d{2}-\\d{2}") || !parse_rfc3339(std::string(text) + "T00:00:00Z")) {
            return "expected a date such as 2026-11-20";
        }
    } else if (format == "time") {
        if (!matches(text, "([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)?")) {
            return "expected a time such as 09:30";
        }
    } else if (format == "duration") {
        if (!matches(text, "P(?=.)(\\d+Y)?(\\d+M)?(\\d+W)?(\\d+D)?(T(?=.)(\\d+H)?(\\d+M)?(\\d+(\\.\\d+)?S)?)?")) {
            return "expected a duration such as PT30S or P1D";
        }
    }
    return {};
}

class Validator {
public:
    std::vector<SchemaFault> faults;

    void check(const json::object& schema, const json::value& value, const std::string& path) {
        const std::string_view type = type_of(schema);
        if (type == "string") {
            if (!value.is_string()) {
                const bool quotable = value.is_number() || value.is_bool();
                return expected("a text", value, path, quotable ? " (put it in quotes)" : "");
            }
            check_text_rules(schema, view(value.get_string()), path);
        } else if (type == "integer") {
            if (!is_whole(value)) return expected("a whole number", value, path);
            check_number(schema, value, path);
        } else if (type == "number") {
            if (!value.is_number()) return expected("a number", value, path);
            check_number(schema, value, path);
        } else if (type == "boolean") {
            if (!value.is_bool()) return expected("true or false", value, path);
        } else if (type == "array") {
            if (!value.is_array()) return expected("a list", value, path);
            return check_array(schema, value.get_array(), path);
        } else if (type == "object") {
            if (!value.is_object()) return expected("an object", value, path);
            return check_object(schema, value.get_object(), path);
        }
        check_choice(schema, value, path);
    }

private:
    void fault(const std::string& path, std::string message, bool at_key = false) {
        faults.push_back({path, std::move(message), at_key});
    }
    void expected(std::string_view what, const json::value& found, const std::string& path,
                  std::string_view hint = "") {
        fault(path, "expected " + std::string(what) + ", found " + std::string(kind_of(found)) + std::string(hint));
    }

    void check_choice(const json::object& schema, const json::value& value, const std::string& path) {
        if (const json::value* only = member(schema, "const"); only && value != *only) {
            fault(path, "expected " + plain(*only));
        }
        const json::array* names = array_member(schema, "enum");
        if (!names || std::find(names->begin(), names->end(), value) != names->end()) return;
        std::string message = "expected one of ";
        std::vector<std::string> known;
        for (const auto& name : *names) {
            if (!known.empty()) message += ", ";
            known.push_back(plain(name));
            message += known.back();
        }
        if (value.is_string() && !is_true(schema, "secret")) {
            if (const std::string near = suggestion(view(value.get_string()), known); !near.empty()) {
                message += "; did you mean " + near + "?";
            }
        }
        fault(path, std::move(message));
    }

    void check_text_rules(const json::object& schema, std::string_view text, const std::string& path) {
        if (!is_utf8(text) || text.find('\0') != std::string_view::npos) {
            return fault(path, "expected UTF-8 text without NUL");
        }
        const auto length = static_cast<std::int64_t>(length_utf8(text));
        if (const json::value* least = member(schema, "minLength");
            least && length < least->to_number<std::int64_t>()) {
            const auto n = least->to_number<std::int64_t>();
            fault(path, n == 1 ? "must not be empty" : "expected at least " + std::to_string(n) + " characters");
        }
        if (const json::value* most = member(schema, "maxLength"); most && length > most->to_number<std::int64_t>()) {
            fault(path, "expected at most " + std::to_string(most->to_number<std::int64_t>()) + " characters");
        }
        if (auto pattern = text_member(schema, "pattern")) check_pattern(schema, std::string(*pattern), text, path);
        if (auto format = text_member(schema, "format")) {
            if (std::string message = format_fault(*format, text); !message.empty()) fault(path, std::move(message));
        }
    }

    void check_pattern(const json::object& schema, const std::string& pattern, std::string_view text,
                       const std::string& path) {
        if (text.size() > kPatternTextBytes) return fault(path, "is too long to be compared with its pattern");
        try {
            if (boost::regex_search(text.begin(), text.end(), boost::regex(pattern))) return;
        } catch (const std::exception&) {  // check_schema tried to compile it, so this is a match that explodes
            return fault(path, "takes too long to be compared with the pattern " + pattern);
        }
        std::string message = "expected a text of the form " + pattern;
        const json::array* examples = array_member(schema, "examples");
        if (examples && !examples->empty() && examples->front().is_string())
            message += ", such as " + std::string(view(examples->front().get_string()));
        fault(path, message);
    }

    void check_number(const json::object& schema, const json::value& value, const std::string& path) {
        const auto number = value.to_number<double>();
        const json::value* least = member(schema, "minimum");
        const json::value* most = member(schema, "maximum");
        const bool low = least && number < least->to_number<double>();
        const bool high = most && number > most->to_number<double>();
        if (!low && !high) return;
        if (least && most) {
            fault(path, "expected a number from " + write_json(*least) + " to " + write_json(*most));
        } else if (low) {
            fault(path, "expected at least " + write_json(*least));
        } else {
            fault(path, "expected at most " + write_json(*most));
        }
    }

    void check_array(const json::object& schema, const json::array& value, const std::string& path) {
        const json::value* least = member(schema, "minItems");
        const json::value* most = member(schema, "maxItems");
        const auto size = static_cast<std::int64_t>(value.size());
        if (least && size < least->to_number<std::int64_t>()) {
            fault(path, "expected at least " + write_json(*least) + " entries");
        }
        if (most && size > most->to_number<std::int64_t>()) {
            fault(path, "expected at most " + write_json(*most) + " entries");
        }
        const json::object* items = object_member(schema, "items");
        if (!items) return;
        for (std::size_t i = 0; i < value.size(); ++i) check(*items, value[i], pointer(path, i));
    }

    void check_object(const json::object& schema, const json::object& value, const std::string& path) {
        const ObjectView object = view_of(schema, value);
        if (object.free) return;
        std::vector<std::string> known;
        for (const auto& property : object.properties) known.emplace_back(property.name);
        if (object.undecided) {
            known.emplace_back(object.discriminator);
            std::string message = "expected one of ";
            for (const auto& choice : object.choices)
                message += (choice == object.choices.front() ? "" : ", ") + choice;
            const json::value* found = member(value, object.discriminator);
            if (found && !found->is_null()) {
                fault(pointer(path, object.discriminator), std::move(message));
            } else {
                message = "missing; " + message;
                fault(path, std::string(object.discriminator) + " is " + message);
            }
        }
        for (const auto& entry : value) {
            const std::string_view name(entry.key().data(), entry.key().size());
            const std::string below = pointer(path, name);
            if (const json::object* property = object.find(name)) {
                if (!entry.value().is_null()) check(*property, entry.value(), below);
            } else if (!object.undecided) {  // which members it may have is not known before the choice
                std::vector<std::string> unused;
                for (const auto& candidate : known) {
                    if (!member(value, candidate)) unused.push_back(candidate);
                }
                const std::string near = suggestion(name, unused);
                std::string message = "unknown key";
                if (!near.empty()) message += "; did you mean " + near + "?";
                if (near.empty() && !known.empty()) {
                    message += "; known here are ";
                    for (const auto& candidate : known) message += (candidate == known.front() ? "" : ", ") + candidate;
                }
                fault(below, std::move(message), true);
            }
        }
        for (const std::string_view name : object.required) {
            const json::value* found = member(value, name);
            if (object.undecided && name == object.discriminator) continue;
            if (!found || found->is_null()) fault(path, std::string(name) + " is missing");
        }
    }
};

}  // namespace

std::vector<SchemaFault> validate(const json::object& schema, const json::value& value) {
    Validator validator;
    validator.check(schema, value, "");
    return std::move(validator.faults);
}

}  // namespace usher::config
