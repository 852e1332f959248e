// usher-plugin-host: carries one plugin library in a process of its own. The kernel starts it and speaks with it over
// descriptor 3; nobody else has a use for it.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "foundation/log_redirect.hpp"
#include "plugins/host_program/guest.hpp"
#include "plugins/host_program/hardening.hpp"
#include "plugins/wire_values.hpp"

namespace usher::plugins {
namespace {

constexpr int kLinkFd = 3;
constexpr unsigned kThreads = 4;  // an instance that blocks one leaves the others theirs

/// Everything goes out before the process ends: the peer reads until then.
[[noreturn]] void describe(const std::string& library) {
    const auto loaded = load_library(library);
    wire::Ended ended;
    std::vector<wire::Described> plugins;
    if (!loaded) {
        ended = wire::Ended::of(loaded.error());
    } else {
        for (const auto& plugin : (*loaded)->plugins()) {
            const PluginInfo& info = plugin.info;
            plugins.push_back({info.kind, info.id, info.name, info.vendor, info.version, write_json(info.config_schema),
                               write_json(info.capabilities)});
        }
    }
    const std::string frame = wire::frame(wire::Op::describe, 0, 0, ended, plugins);
    std::size_t sent = 0;
    while (sent < frame.size()) {
        const ssize_t done = ::send(kLinkFd, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
        if (done > 0) sent += static_cast<std::size_t>(done);
        if (done < 0 && errno != EAGAIN && errno != EINTR) ::_exit(1);
    }
    ::_exit(0);  // not exit: the library's own exit handlers are not asked
}

int carry(const std::string& library, bool debug, std::vector<std::string> missing) {
    asio::thread_pool pool(kThreads);
    auto link = Link::make(Fd(kLinkFd), pool.get_executor(), Link::Limits{});
    log::redirect(debug ? log::Level::debug : log::Level::info,
                  [link](log::Level level, std::string_view area, std::string_view line) {
                      link->send(wire::frame(wire::Op::log, 0, 0, static_cast<std::uint32_t>(level), std::string(area),
                                             std::string(line)));
                  });
    const wire::Hello hello{wire::kVersion, USHER_ABI_MINOR, std::move(missing)};
    link->send(wire::frame(wire::Op::hello, 0, 0, hello));
    auto guest = std::make_shared<Guest>(link, pool);
    guest->serve(load_library(library));
    pool.join();
    return 0;
}

}  // namespace
}  // namespace usher::plugins

int main(int count, char** words) {
    const bool describes = count == 3 && std::string_view(words[1]) == "--describe";
    const bool debug = count == 3 && std::string_view(words[2]) == "--debug";
    int type = 0;
    socklen_t size = sizeof type;
    const bool linked = ::getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    if (!linked || !(count == 2 || describes || debug)) {
        std::fputs("usher-plugin-host carries a plugin for usherd, which starts it by itself.\n", stderr);
        return 2;
    }
    const std::string library = words[describes ? 2 : 1];
    auto missing = usher::plugins::harden(library);
    if (describes) usher::plugins::describe(library);
    return usher::plugins::carry(library, debug, std::move(missing));
}
