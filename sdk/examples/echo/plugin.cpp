/// The smallest channel: whatever is sent is taken at once.
#include <usher/plugin.hpp>

using namespace usher::sdk;

namespace {

class EchoChannel final : public Channel {
public:
    using Channel::Channel;
    void send(Outbound message, Done<Receipt> done) override { done(Receipt{.remote_id = "echo-" + message.id}); }
};

}  // namespace

USHER_PLUGIN(EchoChannel, "example.echo", "0.1.0", .name = "Echo")
