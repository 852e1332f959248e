// usher-plugin-conformance: the conformance kit as a program of its own, for an author's build. `usherctl plugin check`
// does the same and knows the schema besides. Exit status: 0 no errors, 1 errors, 2 a wrong command line.
#include <usher/conformance/check.hpp>

#include <cstdio>
#include <fstream>

using namespace usher::sdk::conformance;

namespace {

int errors = 0;

void print(const std::string& step, const std::vector<Finding>& findings) {
    bool bad = false;
    for (const Finding& one : findings) bad = bad || one.severity == Severity::error;
    std::printf("%s %s\n", bad ? "ERROR" : "ok   ", step.c_str());
    for (const Finding& one : findings) {
        if (one.severity == Severity::note) continue;
        if (one.severity == Severity::error) ++errors;
        std::printf("  %s: %s\n    expected: %s\n    see: %s\n", one.severity == Severity::error ? "error" : "warning",
                    one.what.c_str(), one.expected.c_str(), one.where.c_str());
    }
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) {
        std::fprintf(stderr, "usher-plugin-conformance LIBRARY.so [CONFIG.json]\n");
        return 2;
    }
    Configured configured;
    if (argc == 3) {
        std::ifstream file(argv[2], std::ios::binary);
        configured.config_json.assign(std::istreambuf_iterator<char>(file), {});
        if (!file || !is_object(configured.config_json)) {
            std::fprintf(stderr, "usher-plugin-conformance: %s holds no JSON object\n", argv[2]);
            return 2;
        }
    }
    const std::string path = std::filesystem::absolute(argv[1]).string();
    const LibraryCheck library = check_library(path, std::chrono::seconds(60));
    print("the library", library.findings);
    for (const Described& plugin : library.described) {
        std::printf("\n%s %s %s\n", plugin.kind.c_str(), plugin.id.c_str(), plugin.version.c_str());
        check_plugin(path, plugin, configured, std::chrono::seconds(60), print);
    }
    std::printf("\n%d %s\n", errors, errors == 1 ? "error" : "errors");
    return errors == 0 ? 0 : 1;
}
