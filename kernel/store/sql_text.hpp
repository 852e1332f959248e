#pragma once
/// SQL as text: where its parameters stand and where its statements end. Knows literals, quoted names and comments.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace usher::store {

/// A statement whose parameters are named once each, so that all three databases bind them by position.
struct ParsedSql {
    std::string text;                      // without comments; the second `:id` has become `:id__2`
    std::vector<std::size_t> occurrences;  // for each place in the text: which parameter (0 is the first name)
    std::size_t parameters = 0;            // different names
};
ParsedSql parse_sql(std::string_view sql);

/// The statements of a file, without comments and without the `;` that ends them.
std::vector<std::string> split_statements(std::string_view file);

}  // namespace usher::store
