/// A channel whose provider takes everything at once: what remains is Usher's own time.
#include <usher/plugin.hpp>

namespace {

using namespace usher::sdk;

class Noop final : public Channel {
public:
    using Channel::Channel;
    void send(Outbound message, Done<Receipt> done) override { done(Receipt{.remote_id = "noop-" + message.id}); }
};

constexpr char kCapabilities[] = R"({"kinds": ["text"], "idempotent_send": true})";

}  // namespace

USHER_PLUGIN(Noop, "bench-noop", "0.1.0", .name = "No-op", .capabilities = kCapabilities)
