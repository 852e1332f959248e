// Wrong YAML, one file per way of being wrong: testdata/<name>.yaml is answered with exactly testdata/<name>.expected.
// USHER_WRITE_EXPECTED=1 writes the answers instead, to be read before they are committed.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/load.hpp"

namespace usher::config {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

std::vector<std::string> cases() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(USHER_CONFIG_TESTDATA)) {
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

Surroundings surroundings() {
    Surroundings out = Surroundings::system();
    out.environment = [](const std::string& name) -> std::optional<std::string> {
        if (name == "TEST_PORT") return "8081";
        if (name == "TEST_TEXT") return "a-secret-that-no-error-may-show";
        return std::nullopt;
    };
    return out;
}

class WrongYaml : public testing::TestWithParam<std::string> {};

TEST_P(WrongYaml, IsAnsweredWithEveryFaultAtItsPlace) {
    const fs::path folder(USHER_CONFIG_TESTDATA);
    const fs::path before = fs::current_path();
    fs::current_path(folder);  // as somebody checks it who stands there: the places name the file alone
    const LoadResult result = load_files({GetParam() + ".yaml"}, surroundings());
    fs::current_path(before);
    std::string answer;
    for (const auto& fault : result.faults) answer += to_string(fault) + "\n";
    EXPECT_FALSE(result.faults.empty());
    EXPECT_EQ(answer.find("a-secret"), std::string::npos) << answer;
    const fs::path expected = folder / (GetParam() + ".expected");
    if (std::getenv("USHER_WRITE_EXPECTED")) {
        std::ofstream(expected, std::ios::binary) << answer;
    }
    EXPECT_EQ(answer, text_of(expected));
}

INSTANTIATE_TEST_SUITE_P(Files, WrongYaml, testing::ValuesIn(cases()), [](const auto& one) {
    std::string name = one.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

}  // namespace
}  // namespace usher::config
