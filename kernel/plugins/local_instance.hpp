#pragma once
/// The in-process carrier: calls a plugin's tables on the instance's strand over the pool of plugin threads. One
/// instance is never on two threads at once, and never on a thread that serves connections.
#include <boost/asio/thread_pool.hpp>

#include "plugins/calls.hpp"
#include "plugins/host.hpp"
#include "plugins/instance.hpp"
#include "plugins/loader.hpp"
#include "plugins/webhook_rules.hpp"

namespace usher::plugins {

class LocalInstance final : public Instance, public std::enable_shared_from_this<LocalInstance> {
public:
    /// Calls the library's create on the new instance's strand. `pool` outlives the instance.
    static Task<Result<std::shared_ptr<LocalInstance>>> create(std::shared_ptr<const Library> library,
                                                               std::string config_json, HostSettings settings,
                                                               Deadlines deadlines, asio::thread_pool& pool);
    ~LocalInstance() override;

    const AccountRef& account() const override { return host_->account(); }
    Offers offers() const override { return offers_; }
    State state() const override { return host_->state(); }
    void set_state(State state, const std::string& text) override { host_->set_state(state, text); }
    const Strand& strand() const { return host_->strand(); }

    Task<Result<void>> start(Role role) override;
    Task<Result<void>> stop() override;
    Task<Result<void>> reload(std::string config_json) override;
    Task<void> destroy() override;
    void destroy_soon() override;
    Task<SendResult> send(Message message) override;
    /// The same for the helper, which is on the strand already. `finish` runs exactly once, on any thread.
    void send_on_strand(Message message, std::function<void(SendResult)> finish);
    Task<HttpResponse> webhook(HttpRequest request) override;
    Task<Result<std::chrono::milliseconds>> poll() override;
    Task<Result<std::string>> list_templates() override;
    Task<VisitorAdmission> visitor_accept(std::string session, HttpRequest request) override;
    Task<Result<void>> visitor_frame(std::string session, std::string json) override;
    void visitor_closed(std::string session) override;
    Task<Result<std::string>> choose(RouteRequest route) override;
    Task<Result<std::string>> respond(std::string event_json) override;
    Task<Result<void>> export_batch(std::string ndjson) override;

private:
    enum class Phase { created, running, stopped, destroyed };  // on the strand
    using Begin = std::function<usher_status(usher_done)>;

    LocalInstance(std::shared_ptr<const Library> library, std::string config_json, HostSettings settings,
                  Deadlines deadlines, asio::thread_pool& pool);
    Result<void> create_on_strand();
    void destroy_on_strand();
    void destroy_plugin();
    Result<void> take_tables(const usher_instance* peer);
    /// Runs `begin` on the strand and waits for its done. Operations need a running instance; life-cycle calls do not.
    Task<Outcome> call(const char* function, std::chrono::milliseconds deadline, Begin begin, bool life_cycle = false);
    void call_on_strand(const char* function, std::chrono::milliseconds deadline, const Begin& begin, bool life_cycle,
                        std::function<void(Outcome)> finish);
    Begin begin_send(std::shared_ptr<const Message> message);
    SendResult sent(Outcome outcome) const;
    void measure(const char* function, std::chrono::steady_clock::time_point since);
    std::string what(std::string_view function) const;
    Task<bool> settled(std::shared_ptr<Host::Watch> watch, std::chrono::steady_clock::time_point deadline);
    Task<HttpResponse> answer(Outcome outcome, std::shared_ptr<Host::Watch> watch,
                              std::chrono::steady_clock::time_point deadline);

    std::shared_ptr<const Library> library_;
    std::string config_json_;
    Deadlines deadlines_;
    std::shared_ptr<Host> host_;
    std::shared_ptr<Calls> calls_;
    Offers offers_;
    // on the strand
    Phase phase_ = Phase::created;
    usher_instance c_{};
    usher_channel channel_{};
    usher_strategy strategy_{};
    usher_responder responder_{};
    usher_exporter exporter_{};
    usher_visitor visitor_{};
};

}  // namespace usher::plugins
