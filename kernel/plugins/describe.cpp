#include "plugins/describe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/json_schema.hpp"
#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"
#include "plugins/process.hpp"
#include "plugins/wire_values.hpp"

namespace usher::plugins {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kAnswerLimit = 16 * 1024 * 1024;
constexpr std::size_t kWordsLimit = 16 * 1024;  // of what a constructor writes to standard error

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

/// Reads what is there; false at the end.
bool take(int fd, std::string& into, std::size_t limit) {
    char buffer[16 * 1024];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (into.size() < limit) into.append(buffer, static_cast<std::size_t>(got));
    return got != 0;
}

/// The body of the one frame that is expected.
std::optional<std::string_view> body_of(std::string_view bytes) {
    wire::Head head;
    if (bytes.size() < sizeof head) return std::nullopt;
    std::memcpy(&head, bytes.data(), sizeof head);
    bytes.remove_prefix(sizeof head);
    if (head.op != wire::Op::describe || head.size != bytes.size()) return std::nullopt;
    return bytes;
}

/// The loader checked all this over there; here it is not believed.
Result<PluginInfo> checked(const wire::Described& said, const std::string& path) {
    auto wrong = [&](const std::string& what) {
        return invalid(path + ": plugin " + (is_utf8(said.id) ? said.id : std::string("?")) + ": " + what);
    };
    PluginInfo out;
    out.library = path;
    for (const std::string* text : {&said.id, &said.name, &said.vendor, &said.version}) {
        if (!check_text(*text, 1024)) return wrong("a text of its descriptor is not valid");
    }
    if (said.kind < Kind::channel || said.kind > Kind::exporter || said.id.empty())
        return wrong("its kind is not known");
    out.kind = said.kind;
    out.id = said.id;
    out.name = said.name;
    out.vendor = said.vendor;
    out.version = said.version;
    const auto schema = parse_json(said.config_schema);
    const auto capabilities = parse_json(said.capabilities);
    if (!schema || !schema->is_object() || !config::check_schema(*schema).empty())
        return wrong("its config_schema is not valid");
    if (!capabilities || !capabilities->is_object()) return wrong("its capabilities are no JSON object");
    out.config_schema = schema->get_object();
    out.capabilities = capabilities->get_object();
    return out;
}

Result<std::vector<PluginInfo>> read_answer(std::string_view body, const std::string& path) {
    wire::Ended ended;
    std::vector<wire::Described> plugins;
    if (!wire::read(body, ended, plugins)) return invalid(path + ": its description cannot be read");
    if (!ended.ok) return invalid(is_utf8(ended.message) ? ended.message : path + ": it was refused");
    std::vector<PluginInfo> out;
    for (const auto& one : plugins) {
        auto info = checked(one, path);
        if (!info) return info.error();
        out.push_back(std::move(*info));
    }
    return out;
}

}  // namespace

Result<Descriptions::Library> Descriptions::of(const std::string& path) const {
    const auto bytes = fs::is_regular_file(path) ? read_file(path) : std::nullopt;
    if (!bytes) return invalid(path + ": no such file");
    Library out;
    out.hash = crypto::sha256_hex(*bytes);
    if (const auto known = remembered(out.hash)) {
        if (auto plugins = read_answer(*known, path)) {
            out.plugins = std::move(*plugins);
            return out;
        }
    }
    auto plugins = ask(path);
    if (!plugins) return plugins.error();
    out.plugins = std::move(*plugins);
    std::vector<wire::Described> plain;
    for (const auto& info : out.plugins) {
        plain.push_back({info.kind, info.id, info.name, info.vendor, info.version, write_json(info.config_schema),
                         write_json(info.capabilities)});
    }
    std::string answer;
    wire::Encoder encoder(answer);
    encoder.put(wire::Ended{});
    encoder.put(plain);
    remember(out.hash, answer);
    return out;
}

Result<std::vector<PluginInfo>> Descriptions::ask(const std::string& path) const {
    const std::string program = options_.program.empty() ? helper_program() : options_.program;
    auto process = start_helper(program, {"--describe", path});
    if (!process) return Error{Errc::unavailable, path + ": " + process.error().message};
    std::string answer, words, killed_for;
    const auto until = std::chrono::steady_clock::now() + options_.describe;
    bool more = true, talks = true;
    while (more) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd both[2] = {{process->link.get(), POLLIN, 0}, {talks ? process->errors.get() : -1, POLLIN, 0}};
        const int ready = left.count() > 0 ? ::poll(both, 2, static_cast<int>(left.count())) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            killed_for = "no answer in " + std::to_string(options_.describe.count()) + " ms";
            break;
        }
        if (both[1].revents != 0) talks = take(process->errors.get(), words, kWordsLimit);
        if (both[0].revents != 0) more = take(process->link.get(), answer, kAnswerLimit);
    }
    const std::string how = end_helper(process->pid, killed_for);
    if (talks) take(process->errors.get(), words, kWordsLimit);
    for (const auto line : split(words, '\n')) {
        if (!line.empty()) log::warn("plugins/" + fs::path(path).filename().string(), prefix_utf8(line, 2000));
    }
    const auto body = body_of(answer);
    if (!body) return invalid(path + ": does not say what it holds: its process " + how);
    return read_answer(*body, path);
}

std::optional<std::string> Descriptions::remembered(const std::string& hash) const {
    if (folder_.empty()) return std::nullopt;
    return read_file(folder_ + "/" + hash + "-" + std::to_string(wire::kVersion) + ".plugin");
}

/// A cache: where it cannot be written, the next start asks again.
void Descriptions::remember(const std::string& hash, const std::string& answer) const {
    if (folder_.empty()) return;
    std::error_code error;
    fs::create_directories(folder_, error);
    const std::string path = folder_ + "/" + hash + "-" + std::to_string(wire::kVersion) + ".plugin";
    {
        std::ofstream out(path + ".new", std::ios::binary);
        out.write(answer.data(), static_cast<std::streamsize>(answer.size()));
        if (!out) return log::warn("plugins", path + ": cannot be written");
    }
    fs::rename(path + ".new", path, error);
}

}  // namespace usher::plugins
