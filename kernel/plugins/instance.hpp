#pragma once
/// A configured instance of a plugin as the kernel sees it, whatever carries it: in this process (LocalInstance) or in
/// a child (RemoteInstance). All operations are awaited from any executor and resume there; each has a deadline, none
/// blocks a thread.
///
/// Arguments are values. A cancelled caller stops waiting; the plugin's operation goes on and its result is dropped.
#include <boost/describe.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "foundation/async.hpp"
#include "plugins/values.hpp"

namespace usher::plugins {

struct Deadlines {
    std::chrono::milliseconds start{10'000}, stop{10'000}, send{30'000}, webhook{30'000}, poll{120'000},
        templates{30'000}, choose{2'000}, respond{10'000}, export_batch{60'000}, accept{10'000}, frame{30'000};
    /// A function that begins an operation returns sooner than this, or it is counted and logged as misbehaving.
    std::chrono::milliseconds slow_begin{20};
};
BOOST_DESCRIBE_STRUCT(Deadlines, (),
                      (start, stop, send, webhook, poll, templates, choose, respond, export_batch, accept, frame,
                       slow_begin))

class Instance {
public:
    /// Which operations this instance has; others answer Errc::unsupported (a webhook: 404).
    struct Offers {
        bool send = false, webhook = false, poll = false, list_templates = false, visitors = false, reload = false;
    };
    virtual ~Instance() = default;
    virtual const AccountRef& account() const = 0;
    virtual Offers offers() const = 0;
    virtual State state() const = 0;
    virtual bool alive() const { return true; }  // false: the process that carried it is gone
    virtual int pid() const { return 0; }        // of the process that carries it; 0: this one, or none any more
    /// How the kernel itself sees it: started, failed to start, stopped.
    virtual void set_state(State state, const std::string& text) = 0;

    // ---- life; called by the registry
    virtual Task<Result<void>> start(Role role) = 0;  // again after a stop: a changed role
    virtual Task<Result<void>> stop() = 0;            // the plugin finishes pending operations first
    virtual Task<Result<void>> reload(std::string config_json) = 0;
    /// Ends pending host calls with USHER_E_CANCELLED, then destroys; operations still pending end as cancelled (a
    /// send: as unknown_outcome). Afterwards every operation answers Errc::unavailable.
    virtual Task<void> destroy() = 0;
    virtual void destroy_soon() = 0;  // the same without waiting for it

    // ---- channel
    /// One attempt. Never an exception, always a SendResult: also for an instance that is not started.
    virtual Task<SendResult> send(Message message) = 0;
    /// Always an answer: the plugin's, or one made from its error; a 2xx only after everything emitted before it is
    /// durable (else 503 with Retry-After).
    virtual Task<HttpResponse> webhook(HttpRequest request) = 0;
    /// One round. How long until the next may begin (0: soon); ends when everything it emitted is durable, and as
    /// Errc::unavailable where that could not be.
    virtual Task<Result<std::chrono::milliseconds>> poll() = 0;
    virtual Task<Result<std::string>> list_templates() = 0;  // a JSON array

    // ---- visitors (usher.visitor/1)
    virtual Task<VisitorAdmission> visitor_accept(std::string session, HttpRequest request) = 0;
    /// The caller sends a session's next frame after this one's end.
    virtual Task<Result<void>> visitor_frame(std::string session, std::string json) = 0;
    virtual void visitor_closed(std::string session) = 0;

    // ---- the other kinds
    virtual Task<Result<std::string>> choose(RouteRequest route) = 0;       // an agent's id, or "" = nobody now
    virtual Task<Result<std::string>> respond(std::string event_json) = 0;  // JSON actions
    virtual Task<Result<void>> export_batch(std::string ndjson) = 0;
};
BOOST_DESCRIBE_STRUCT(Instance::Offers, (), (send, webhook, poll, list_templates, visitors, reload))

}  // namespace usher::plugins
