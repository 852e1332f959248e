#include "colour.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace usher::livechat {
namespace {

using Rgb = std::array<double, 3>;

constexpr std::string_view kWhite = "#ffffff";
constexpr std::string_view kDarkSurface = "#292d35";  // the lightest surface that the accent stands on in the dark look
constexpr double kWanted = 4.6;                       // a little more than 4.5, for rounding
constexpr int kSteps = 50;

Rgb parse(std::string_view colour) {
    Rgb rgb{};
    const bool is_short = colour.size() == 4;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string_view digits = is_short ? colour.substr(1 + i, 1) : colour.substr(1 + 2 * i, 2);
        int value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        rgb[i] = is_short ? value * 17 : value;
    }
    return rgb;
}

std::string text(const Rgb& rgb) {
    std::array<char, 8> out{};
    std::snprintf(out.data(), out.size(), "#%02x%02x%02x", static_cast<unsigned>(rgb[0]) & 255u,
                  static_cast<unsigned>(rgb[1]) & 255u, static_cast<unsigned>(rgb[2]) & 255u);
    return out.data();
}

double luminance(const Rgb& rgb) {
    constexpr Rgb kWeights{0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const double part = rgb[i] / 255;
        sum += kWeights[i] * (part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/// The first colour on the way from one to the other that is good.
template <class Good>
std::string toward(const Rgb& from, const Rgb& to, Good good) {
    for (int step = 0; step < kSteps; ++step) {
        Rgb mixed{};
        for (std::size_t i = 0; i < 3; ++i) mixed[i] = std::round(from[i] + (to[i] - from[i]) * step / kSteps);
        if (const std::string candidate = text(mixed); good(candidate)) return candidate;
    }
    return text(to);
}

}  // namespace

double contrast(std::string_view one, std::string_view other) {
    const auto [dark, light] = std::minmax({luminance(parse(one)), luminance(parse(other))});
    return (light + 0.05) / (dark + 0.05);
}

Accent readable_accent(std::string_view colour) {
    const Rgb accent = parse(colour);
    return {.light = toward(accent, Rgb{}, [](const std::string& c) { return contrast(c, kWhite) >= kWanted; }),
            .dark = toward(accent, parse(kWhite), [](const std::string& c) {
                return contrast(c, kDarkSurface) >= kWanted && contrast(c, kInk) >= kWanted;
            })};
}

}  // namespace usher::livechat
