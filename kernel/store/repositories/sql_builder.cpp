#include "store/repositories/sql_builder.hpp"

namespace usher::store {

std::string like_anywhere(std::string_view text) {
    std::string out = "%";
    for (const char c : text) {
        if (c == '%' || c == '_' || c == '!') out += '!';
        out += c;
    }
    return out + "%";
}

std::string_view for_update(const Session& sql) {
    return sql.dialect() == Dialect::sqlite ? "" : " FOR UPDATE";
}

}  // namespace usher::store
