#include "store/sql_text.hpp"

#include <map>

#include "foundation/text.hpp"

namespace usher::store {
namespace {

bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_name(char c) {
    return starts_name(c) || (c >= '0' && c <= '9');
}

/// The end of the token that starts at `at`: a literal, a quoted name, a comment, `::`, or a single character.
struct Token {
    std::size_t end;
    bool comment;
};
Token token_at(std::string_view sql, std::size_t at) {
    const char c = sql[at];
    const auto found = [&](std::string_view close, std::size_t from, std::size_t length) {
        const std::size_t end = sql.find(close, from);
        return end == std::string_view::npos ? sql.size() : end + length;
    };
    if (c == '\'' || c == '"' || c == '`') return {found({&c, 1}, at + 1, 1), false};
    if (sql.substr(at, 2) == "--") return {found("\n", at, 0), true};
    if (sql.substr(at, 2) == "/*") return {found("*/", at + 2, 2), true};
    if (sql.substr(at, 2) == "::") return {at + 2, false};
    return {at + 1, false};
}

}  // namespace

ParsedSql parse_sql(std::string_view sql) {
    ParsedSql out;
    std::map<std::string_view, std::pair<std::size_t, std::size_t>> names;  // name -> its number, how often seen
    for (std::size_t at = 0; at < sql.size();) {
        if (sql[at] == ':' && at + 1 < sql.size() && starts_name(sql[at + 1])) {
            std::size_t end = at + 1;
            while (end < sql.size() && continues_name(sql[end])) ++end;
            const auto name = sql.substr(at + 1, end - at - 1);
            auto& [number, seen] = names.try_emplace(name, names.size(), 0).first->second;
            out.occurrences.push_back(number);
            out.text.append(sql.substr(at, end - at));
            if (++seen > 1) out.text += "__" + std::to_string(seen);
            at = end;
            continue;
        }
        const Token token = token_at(sql, at);
        if (!token.comment) out.text.append(sql.substr(at, token.end - at));
        at = token.end;
    }
    out.parameters = names.size();
    return out;
}

std::vector<std::string> split_statements(std::string_view file) {
    std::vector<std::string> out;
    std::string statement;
    const auto finish = [&] {
        if (const auto text = trim(statement); !text.empty()) out.emplace_back(text);
        statement.clear();
    };
    for (std::size_t at = 0; at < file.size();) {
        if (file[at] == ';') {
            finish();
            ++at;
            continue;
        }
        const Token token = token_at(file, at);
        if (!token.comment) statement.append(file.substr(at, token.end - at));
        at = token.end;
    }
    finish();
    return out;
}

}  // namespace usher::store
