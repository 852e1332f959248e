#pragma once
/// Calls of a plugin's code. Nothing may be thrown across the border; what is, ends here and is told.
#include <exception>
#include <string>
#include <utility>

namespace usher::plugins {

/// Runs `call`. @returns what it threw, or empty.
template <class Call>
std::string thrown_by(Call&& call) noexcept {
    try {
        try {
            std::forward<Call>(call)();
            return {};
        } catch (const std::exception& e) {
            return std::string("it threw an exception across the border: ") + e.what();
        } catch (...) {
            return "it threw something across the border";
        }
    } catch (...) {  // out of memory for the text
        return "it threw";
    }
}

}  // namespace usher::plugins
