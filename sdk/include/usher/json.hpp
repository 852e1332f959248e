#pragma once
/// Json: enough of JSON (RFC 8259) to read a configuration and to talk to a provider, for plugins that bring no library
/// of their own. A value is read whole, never changes, and an absent member reads as null, so that
/// `json["message"]["chat"]["id"].integer()` needs no checks on its way. Text is UTF-8 both ways.
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::sdk {

class Json {
public:
    enum class Type { null, boolean, number, string, array, object };
    static constexpr int kDepthLimit = 64;

    Json() = default;
    Json(bool value) : type_(Type::boolean), text_(value ? "true" : "false") {}
    Json(std::int64_t value) : type_(Type::number), text_(std::to_string(value)) {}
    Json(int value) : Json(static_cast<std::int64_t>(value)) {}
    Json(std::string value) : type_(Type::string), text_(std::move(value)) {}
    Json(std::string_view value) : Json(std::string(value)) {}
    Json(const char* value) : Json(std::string(value)) {}
    static Json object(std::initializer_list<std::pair<std::string, Json>> members) {
        Json out(Type::object);
        for (const auto& [key, value] : members) out.add(key, value);
        return out;
    }
    static Json array(std::vector<Json> items) {
        Json out(Type::array);
        out.items_ = std::move(items);
        return out;
    }

    /// @returns nothing for a text that is no JSON, is nested deeper than kDepthLimit, or goes on after its value
    static std::optional<Json> parse(std::string_view text);

    Type type() const { return type_; }
    bool is_null() const { return type_ == Type::null; }
    bool is_object() const { return type_ == Type::object; }
    bool is_array() const { return type_ == Type::array; }

    /// The member, or null: also of what is no object.
    const Json& operator[](std::string_view key) const {
        for (std::size_t i = 0; i < keys_.size(); ++i)
            if (keys_[i] == key) return items_[i];
        static const Json kNull;
        return kNull;
    }
    /// Of an array; of an object its values. Empty for anything else.
    const std::vector<Json>& items() const { return items_; }
    /// Of an object, in their order.
    const std::vector<std::string>& keys() const { return keys_; }

    /// The value if it is of this type, else the preset.
    std::string string(std::string_view preset = {}) const {
        return type_ == Type::string ? text_ : std::string(preset);
    }
    std::int64_t integer(std::int64_t preset = 0) const {
        if (type_ != Type::number) return preset;
        errno = 0;
        char* end = nullptr;
        const long long value = std::strtoll(text_.c_str(), &end, 10);
        return errno == 0 && *end == '\0' ? value : preset;
    }
    double number(double preset = 0) const {
        return type_ == Type::number ? std::strtod(text_.c_str(), nullptr) : preset;
    }
    bool boolean(bool preset = false) const { return type_ == Type::boolean ? text_ == "true" : preset; }

    /// Adds a member to an object.
    void add(std::string key, Json value) {
        keys_.push_back(std::move(key));
        items_.push_back(std::move(value));
    }
    /// As one line.
    std::string write() const;

private:
    class Reader;
    explicit Json(Type type) : type_(type) {}

    static std::string quoted(std::string_view text);

    Type type_ = Type::null;
    std::string text_;  // of a string its value; of a number or boolean as it stands
    std::vector<std::string> keys_;
    std::vector<Json> items_;
};

class Json::Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<Json> all() {
        std::optional<Json> value = read(0);
        space();
        return value && at_ == text_.size() ? value : std::nullopt;
    }

private:
    void space() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r' || text_[at_] == '\n'))
            ++at_;
    }
    bool take(char c) {
        space();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::optional<Json> word(std::string_view expected, Json value) {
        if (text_.substr(at_, expected.size()) != expected) return std::nullopt;
        at_ += expected.size();
        return value;
    }
    bool digits() {
        const std::size_t before = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
        return at_ > before;
    }
    std::optional<Json> number() {
        const std::size_t start = at_;
        if (text_[at_] == '-') ++at_;
        const std::size_t first = at_;
        if (!digits() || (text_[first] == '0' && at_ > first + 1)) return std::nullopt;
        if (at_ < text_.size() && text_[at_] == '.') {
            ++at_;
            if (!digits()) return std::nullopt;
        }
        if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
            ++at_;
            if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
            if (!digits()) return std::nullopt;
        }
        Json out(Type::number);
        out.text_ = text_.substr(start, at_ - start);
        return out;
    }
    std::optional<std::uint32_t> hex4() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ >= text_.size()) return std::nullopt;
            const char c = text_[at_];
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0) return std::nullopt;
            value = value * 16 + static_cast<std::uint32_t>(digit);
        }
        return value;
    }
    /// After "\u": one code point, of two escapes where it needs them.
    bool escaped_point(std::string& out) {
        std::optional<std::uint32_t> point = hex4();
        if (!point) return false;
        if (*point >= 0xd800 && *point < 0xdc00) {
            if (text_.substr(at_, 2) != "\\u") return false;
            at_ += 2;
            const std::optional<std::uint32_t> low = hex4();
            if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
            point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
        } else if (*point >= 0xdc00 && *point < 0xe000) {
            return false;
        }
        const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
        if (*point < 0x80) {
            byte(*point);
        } else if (*point < 0x800) {
            byte(0xc0 | *point >> 6), byte(0x80 | (*point & 0x3f));
        } else if (*point < 0x10000) {
            byte(0xe0 | *point >> 12), byte(0x80 | (*point >> 6 & 0x3f)), byte(0x80 | (*point & 0x3f));
        } else {
            byte(0xf0 | *point >> 18), byte(0x80 | (*point >> 12 & 0x3f)), byte(0x80 | (*point >> 6 & 0x3f));
            byte(0x80 | (*point & 0x3f));
        }
        return true;
    }
    std::optional<std::string> text() {
        if (!take('"')) return std::nullopt;
        std::string out;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') return out;
            if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
            if (c != '\\') {
                out += c;
                continue;
            }
            if (at_ >= text_.size()) return std::nullopt;
            constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
            const char escape = text_[at_++];
            if (const std::size_t found = kEscapes.find(escape); found != std::string_view::npos) {
                out += kMeanings[found];
            } else if (escape != 'u' || !escaped_point(out)) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }
    std::optional<Json> list(Json out, char end, int depth) {
        if (take(end)) return out;
        do {
            std::string key;
            if (out.is_object()) {
                std::optional<std::string> name = text();
                if (!name || !take(':')) return std::nullopt;
                key = std::move(*name);
            }
            std::optional<Json> value = read(depth + 1);
            if (!value) return std::nullopt;
            if (out.is_object()) out.keys_.push_back(std::move(key));
            out.items_.push_back(std::move(*value));
        } while (take(','));
        if (!take(end)) return std::nullopt;
        return out;
    }
    std::optional<Json> read(int depth) {
        space();
        if (at_ >= text_.size() || depth > kDepthLimit) return std::nullopt;
        switch (text_[at_]) {
            case '{':
                ++at_;
                return list(Json(Type::object), '}', depth);
            case '[':
                ++at_;
                return list(Json(Type::array), ']', depth);
            case '"': {
                std::optional<std::string> value = text();
                if (!value) return std::nullopt;
                return Json(std::move(*value));
            }
            case 't':
                return word("true", Json(true));
            case 'f':
                return word("false", Json(false));
            case 'n':
                return word("null", Json());
            default:
                return number();
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

inline std::optional<Json> Json::parse(std::string_view text) {
    return Reader(text).all();
}

inline std::string Json::quoted(std::string_view text) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

inline std::string Json::write() const {
    switch (type_) {
        case Type::null:
            return "null";
        case Type::boolean:
        case Type::number:
            return text_;
        case Type::string:
            return quoted(text_);
        case Type::array:
        case Type::object:
            break;
    }
    std::string out(1, is_object() ? '{' : '[');
    for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) out += ',';
        if (is_object()) out += quoted(keys_[i]) + ':';
        out += items_[i].write();
    }
    return out + (is_object() ? '}' : ']');
}

}  // namespace usher::sdk
