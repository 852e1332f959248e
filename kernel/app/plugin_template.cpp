#include "app/plugin_template.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "app/places.hpp"

namespace usher::app {
namespace fs = std::filesystem;
namespace {

bool is_name(const std::string& name) {
    if (name.empty() || name.size() > 40 || !(name[0] >= 'a' && name[0] <= 'z')) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

/// "carrier-pigeon" -> "CarrierPigeon"
std::string class_name(const std::string& name) {
    std::string out;
    bool upper = true;
    for (const char c : name) {
        if (c == '-' || c == '_') {
            upper = true;
            continue;
        }
        out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
        upper = false;
    }
    return out;
}

std::string filled(std::string text, const TemplateRequest& request) {
    const std::pair<std::string, std::string> places[] = {
        {"@id@", request.name}, {"@Class@", class_name(request.name)}, {"@kind@", request.kind}};
    for (const auto& [mark, value] : places) {
        for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
            text.replace(at, mark.size(), value);
    }
    return text;
}

Result<std::string> text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    if (!file) return invalid("the template " + path.string() + " cannot be read");
    return out.str();
}

}  // namespace

Result<MadePlugin> make_plugin(const TemplateRequest& request, const fs::path& templates) {
    if (!is_name(request.name))
        return invalid("\"" + request.name +
                       "\" is no name for a plugin; expected [a-z][a-z0-9_-]{0,39}, such as carrier-pigeon");
    const fs::path all =
        templates.empty() ? beside_program({"../share/usher/sdk/template", "../../../sdk/template"}) : templates;
    std::error_code error;
    if (all.empty() || !fs::is_directory(all / request.kind, error))
        return invalid("there is no template for a " + request.kind + (all.empty() ? "" : " in " + all.string()) +
                       "; --template FOLDER names the SDK's sdk/template");
    MadePlugin made;
    made.folder = fs::absolute(request.folder.empty() ? fs::path(request.name) : fs::path(request.folder), error);
    if (fs::exists(made.folder, error) && !fs::is_empty(made.folder, error))
        return invalid(made.folder.string() + " is there already and not empty; nothing was changed");
    std::vector<std::pair<fs::path, std::string>> files;
    for (const fs::path& part : {all / "common", all / request.kind}) {
        for (const auto& entry : fs::recursive_directory_iterator(part, error)) {
            if (!entry.is_regular_file()) continue;
            auto text = text_of(entry.path());
            if (!text) return text.error();
            fs::path name = entry.path().lexically_relative(part);
            if (name.extension() == ".in") name.replace_extension();  // so that nothing here takes it for source
            files.emplace_back(std::move(name), filled(std::move(*text), request));
        }
    }
    for (const auto& [name, text] : files) {
        const fs::path path = made.folder / name;
        fs::create_directories(path.parent_path(), error);
        std::ofstream out(path, std::ios::binary);
        out << text;
        out.close();
        if (!out) return Error{Errc::unavailable, "cannot write " + path.string()};
        made.files.push_back(name.string());
    }
    std::sort(made.files.begin(), made.files.end());
    return made;
}

}  // namespace usher::app
