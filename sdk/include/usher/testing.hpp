#pragma once
/// CHECK for tests without a framework: says what does not hold and goes on; main returns failed().
#include <usher/fake_instance.hpp>
#include <usher/json.hpp>

#include <cstdio>

namespace usher::sdk::testing {

inline int& failures() {
    static int count = 0;
    return count;
}
inline void check(bool holds, const char* text, const char* file, int line) {
    if (holds) return;
    ++failures();
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
}
/// The exit status of a test program.
inline int failed() {
    return failures() == 0 ? 0 : 1;
}

}  // namespace usher::sdk::testing

#define CHECK(...) usher::sdk::testing::check(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
