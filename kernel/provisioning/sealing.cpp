#include "provisioning/sealing.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "foundation/crypto.hpp"
#include "foundation/log.hpp"
#include "foundation/text.hpp"

namespace usher::provisioning {
namespace {

constexpr std::string_view kMark = "$sealed";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kFileLimit = 256;

std::string_view view(const json::string& text) {
    return {text.data(), text.size()};
}

/// The text of {"$sealed": "..."}; null for anything else.
const json::string* sealed_text(const json::value& value) {
    const json::object* object = value.if_object();
    if (!object || object->size() != 1) return nullptr;
    const json::value* text = object->if_contains({kMark.data(), kMark.size()});
    return text ? text->if_string() : nullptr;
}

/// A copy of `value`; `sealed` says what stands in place of a sealed value, nullopt: it goes.
using Replace = std::function<std::optional<json::value>(const json::string& sealed, const std::string& place)>;
json::value walk(const json::value& value, const std::string& place, const Replace& replace) {
    if (const json::object* object = value.if_object()) {
        json::object out;
        for (const auto& member : *object) {
            const std::string below = pointer(place, std::string_view(member.key().data(), member.key().size()));
            if (const json::string* sealed = sealed_text(member.value())) {
                if (auto opened = replace(*sealed, below)) out.emplace(member.key(), std::move(*opened));
            } else {
                out.emplace(member.key(), walk(member.value(), below, replace));
            }
        }
        return out;
    }
    if (const json::array* list = value.if_array()) {
        json::array out;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const std::string below = pointer(place, i);
            if (const json::string* sealed = sealed_text((*list)[i])) {
                if (auto opened = replace(*sealed, below)) out.push_back(std::move(*opened));
            } else {
                out.push_back(walk((*list)[i], below, replace));
            }
        }
        return out;
    }
    return value;
}

Error bad_file(const std::filesystem::path& path, const std::string& what) {
    return {Errc::unavailable, path.string() + ": " + what};
}

std::string reason() {
    return std::strerror(errno);
}

/// A descriptor that is closed.
struct File {
    explicit File(int descriptor) : fd(descriptor) {}
    ~File() {
        if (fd >= 0) ::close(fd);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd;
};

Result<std::string> key_of(std::string_view text) {
    auto key = from_base64url(trim(text));
    if (!key || key->size() != kKeyBytes) return invalid("expected 32 bytes as base64url, 43 characters");
    return std::move(*key);
}

Result<std::string> read_key(const std::filesystem::path& path, int fd) {
    struct stat about {};
    if (::fstat(fd, &about) != 0) return bad_file(path, reason());
    if ((about.st_mode & 077) != 0) {
        return bad_file(path, "others than its owner may use this file, which opens all stored secrets; chmod 600 it");
    }
    std::string text(kFileLimit, '\0');
    const ssize_t got = ::read(fd, text.data(), text.size());
    if (got < 0) return bad_file(path, reason());
    text.resize(static_cast<std::size_t>(got));
    auto key = key_of(text);
    if (!key) return bad_file(path, "not a key: " + key.error().message);
    return key;
}

/// Made under another name and linked, so that the file is whole or not there; two at once agree on the first.
Result<void> make_key(const std::filesystem::path& path) {
    const std::string draft = path.string() + "." + crypto::random_token(8);
    const std::string text = to_base64url(crypto::random_bytes(kKeyBytes)) + "\n";
    {
        const File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (file.fd < 0) return bad_file(draft, "cannot be made: " + reason());
        const bool written =
            ::write(file.fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file.fd) == 0;
        if (!written) {
            const Error error = bad_file(draft, "cannot be written: " + reason());
            ::unlink(draft.c_str());
            return error;
        }
    }
    const int linked = ::link(draft.c_str(), path.c_str());
    const int error = errno;
    ::unlink(draft.c_str());
    if (linked != 0 && error != EEXIST) return bad_file(path, std::string("cannot be made: ") + std::strerror(error));
    const File folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.fd < 0 || ::fsync(folder.fd) != 0) return bad_file(path.parent_path(), reason());
    if (linked == 0) {
        log::info("provisioning", "a key that seals accounts' secrets was made; keep a copy apart from the database",
                  {{"file", path.string()}});
    }
    return {};
}

}  // namespace

SecretBox::SecretBox(std::string key)
    : key_(std::move(key)), key_id_(crypto::sha256_hex("usher secret_key id\n" + key_).substr(0, 8)) {}

Result<SecretBox> SecretBox::open(const config::Secret& configured, const std::filesystem::path& data_folder) {
    if (!configured.empty()) {
        auto key = key_of(configured.value);
        if (!key) return Error{Errc::validation, "secret_key: " + key.error().message};
        return SecretBox(std::move(*key));
    }
    const std::filesystem::path path = data_folder / "secret_key";
    for (const bool first : {true, false}) {
        const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (file.fd >= 0) {
            auto key = read_key(path, file.fd);
            if (!key) return key.error();
            return SecretBox(std::move(*key));
        }
        if (errno != ENOENT || !first) return bad_file(path, "cannot be read: " + reason());
        if (auto made = make_key(path); !made) return made.error();
    }
    return bad_file(path, "cannot be read");
}

json::object SecretBox::seal(json::object config, const std::vector<std::string>& places, AccountKey account) const {
    json::value all = std::move(config);
    for (const auto& place : places) {
        boost::system::error_code none;
        json::value* at = all.find_pointer(place, none);
        if (!at) continue;
        const json::object inside{{"account", account.value}, {"place", place}, {"value", std::move(*at)}};
        *at = json::object{{kMark, key_id_ + "." + to_base64url(crypto::seal(key_, write_json(inside)))}};
    }
    return std::move(all.as_object());
}

SecretBox::Opened SecretBox::unseal(const json::object& stored, AccountKey account) const {
    Opened out;
    const Replace open_one = [&](const json::string& sealed, const std::string& place) -> std::optional<json::value> {
        const std::string_view text = view(sealed);
        const std::size_t dot = text.find('.');
        const auto bytes = from_base64url(dot == std::string_view::npos ? text : text.substr(dot + 1));
        std::string plain;
        if (bytes && crypto::open(key_, *bytes, plain)) {
            auto inside = parse_json(plain, 64);
            const json::object* object = inside ? inside->if_object() : nullptr;
            if (object && object->contains("value") && object->contains("account") &&
                object->at("account") == json::value(account.value) && object->contains("place") &&
                object->at("place") == json::value(place)) {
                return object->at("value");
            }
        }
        out.lost.push_back(place);
        if (dot != std::string_view::npos) out.sealed_with = std::string(text.substr(0, dot));
        return std::nullopt;
    };
    out.config = walk(stored, "", open_one).as_object();
    return out;
}

json::object without_sealed(const json::object& stored, std::vector<std::string>* places) {
    const Replace leave = [&](const json::string&, const std::string& place) -> std::optional<json::value> {
        if (places) places->push_back(place);
        return std::nullopt;
    };
    return walk(stored, "", leave).as_object();
}

}  // namespace usher::provisioning
