// usher.yaml: any bytes are either settings or faults, each fault at a place of the file and free of secrets.
#include "config/load.hpp"
#include "foundation/text.hpp"
#include "fuzz.hpp"

using namespace usher;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string kSecret = "hush-3f9c";
    static const config::Surroundings kAround{
        [](const std::string& name) -> std::optional<std::string> {
            if (name == "SET") return kSecret;
            return std::nullopt;
        },
        [](const std::filesystem::path&) -> Result<std::string> { return not_found("there is no such file"); }};
    if (size > 16'384 || fuzz::view(data, size).find(kSecret) != std::string_view::npos) return 0;
    const auto result = config::load_text(fuzz::view(data, size), "fuzz.yaml", kAround);
    for (const auto& fault : result.faults) {
        const std::string text = to_string(fault);
        fuzz::check(is_utf8(text), "a diagnostic is UTF-8");
        fuzz::check(!fault.message.empty(), "a diagnostic says something");
        fuzz::check(text.find(kSecret) == std::string::npos, "a diagnostic holds nothing that a substitution brought");
        if (fault.location) fuzz::check(fault.location.line > 0 && fault.location.column > 0, "places start at 1:1");
    }
    return 0;
}
