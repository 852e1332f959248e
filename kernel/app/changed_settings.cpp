#include "app/changed_settings.hpp"

#include <concepts>

namespace usher::app {
namespace {

template <class T>
void compare(const T& now, const T& next, const std::string& path, std::vector<std::string>& out) {
    if constexpr (detail::described_struct<T>) {
        boost::mp11::mp_for_each<detail::members_of<T>>(
            [&](auto d) { compare(now.*d.pointer, next.*d.pointer, pointer(path, column_name<decltype(d)>()), out); });
    } else if constexpr (std::same_as<T, config::Secret>) {  // as JSON they are all the same
        if (!(now == next)) out.push_back(path);
    } else {
        if (to_json(now) != to_json(next)) out.push_back(path);
    }
}

}  // namespace

std::vector<std::string> changed_settings(const config::Settings& now, const config::Settings& next) {
    std::vector<std::string> out;
    compare(now, next, "", out);
    return out;
}

}  // namespace usher::app
