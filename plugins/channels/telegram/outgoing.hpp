#pragma once
/// Which calls a message to the customer needs, decided before the first is made. Pure.
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <usher/values.hpp>
#include <variant>
#include <vector>

namespace usher::telegram {

inline constexpr std::uint64_t kUploadLimit = 50ULL << 20;  // of a file (Bot API, sendDocument)
inline constexpr std::uint64_t kPhotoLimit = 10ULL << 20;   // of a picture; a larger one goes as a file

/// One call of the Bot API; with a file it is an upload.
struct Step {
    std::string method{};
    boost::json::object parameters{};
    std::optional<sdk::FormField> file{};
    std::string file_if_refused{};  // a picture that Telegram does not take as one: the method and field to try then
};

/// The calls in order, or why there can be none: then nothing was sent.
std::variant<std::vector<Step>, sdk::Failure> plan(const sdk::Message& message);

}  // namespace usher::telegram
