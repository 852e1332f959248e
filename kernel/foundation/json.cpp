#include "foundation/json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <vector>

#include "foundation/text.hpp"

namespace usher {
namespace {

/// Only watches: object keys seen twice. Boost.JSON's own parser keeps the last one silently.
struct DuplicateKeys {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
    using code = boost::system::error_code;
    std::vector<std::set<std::string>> open;
    std::string key;
    std::string twice;
    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code&) {
        open.emplace_back();
        return true;
    }
    bool on_object_end(std::size_t, code&) {
        open.pop_back();
        return true;
    }
    bool on_array_begin(code&) { return true; }
    bool on_array_end(std::size_t, code&) { return true; }
    bool on_key_part(json::string_view part, std::size_t, code&) {
        key.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t, code& ec) {
        key.append(part.data(), part.size());
        if (!open.back().insert(key).second) {
            twice = key;
            ec = json::error::exception;
            return false;
        }
        key.clear();
        return true;
    }
    bool on_string_part(json::string_view, std::size_t, code&) { return true; }
    bool on_string(json::string_view, std::size_t, code&) { return true; }
    bool on_number_part(json::string_view, code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, code&) { return true; }
    bool on_double(double, json::string_view, code&) { return true; }
    bool on_bool(bool, code&) { return true; }
    bool on_null(code&) { return true; }
    bool on_comment_part(json::string_view, code&) { return true; }
    bool on_comment(json::string_view, code&) { return true; }
};

void write_canonical(std::string& out, const json::value& value) {
    if (const auto* object = value.if_object()) {
        std::vector<const json::key_value_pair*> members;
        for (const auto& member : *object) members.push_back(&member);
        std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->key() < b->key(); });
        out += '{';
        for (const auto* member : members) {
            if (out.back() != '{') out += ',';
            out += json::serialize(member->key());
            out += ':';
            write_canonical(out, member->value());
        }
        out += '}';
    } else if (const auto* array = value.if_array()) {
        out += '[';
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (i != 0) out += ',';
            write_canonical(out, (*array)[i]);
        }
        out += ']';
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::size_t max_depth) {
    json::parse_options options;
    options.max_depth = max_depth;
    boost::system::error_code error;
    json::basic_parser<DuplicateKeys> watcher(options);
    const std::size_t read = watcher.write_some(false, text.data(), text.size(), error);
    if (!watcher.handler().twice.empty())
        return invalid("the key \"" + watcher.handler().twice + "\" stands twice in one object");
    if (!error && read < text.size()) error = json::error::extra_data;
    if (error) {
        if (error == json::error::too_deep)
            return invalid("JSON is nested deeper than " + std::to_string(max_depth) + " levels");
        return invalid("not valid JSON at byte " + std::to_string(read) + ": " + error.message());
    }
    json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
    if (error) return invalid("not valid JSON: " + error.message());
    return value;
}

std::string write_json(const json::value& value) {
    return json::serialize(value);
}

std::string pointer(std::string_view base, std::string_view token) {
    std::string out(base);
    out += '/';
    for (const char c : token) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

std::string pointer(std::string_view base, std::size_t index) {
    return pointer(base, std::to_string(index));
}

std::string write_canonical_json(const json::value& value) {
    std::string out;
    write_canonical(out, value);
    return out;
}

}  // namespace usher
