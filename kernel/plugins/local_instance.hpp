#pragma once
/// The in-process carrier: calls a plugin's tables on the instance's strand over the pool of plugin threads. One
/// instance is never on two threads at once, and never on a thread that serves connections.
#include <boost/asio/thread_pool.hpp>

#include "plugins/calls.hpp"
#include "plugins/host.hpp"
#include "plugins/instance.hpp"
#include "plugins/loader.hpp"

namespace usher::plugins {

struct Deadlines {
    std::chrono::milliseconds start{10'000}, stop{10'000}, send{30'000}, webhook{30'000}, poll{120'000},
        templates{30'000}, choose{2'000}, respond{10'000}, export_batch{60'000}, accept{10'000}, frame{30'000};
    /// A function that begins an operation returns sooner than this, or it is counted and logged as misbehaving.
    std::chrono::milliseconds slow_begin{20};
};

class LocalInstance final : public Instance, public std::enable_shared_from_this<LocalInstance> {
public:
    /// Calls the library's create on the new instance's strand. `pool` outlives the instance.
    static Task<Result<std::shared_ptr<LocalInstance>>> create(std::shared_ptr<const Library> library,
                                                               std::string config_json, HostSettings settings,
                                                               Deadlines deadlines, asio::thread_pool& pool);
    ~LocalInstance() override;

    const AccountRef& account() const override { return host_->account(); }
    Offers offers() const override { return offers_; }
    State state() const { return host_->state(); }
    Host& host() { return *host_; }

    Task<Result<void>> start(Role role) override;
    Task<Result<void>> stop() override;
    Task<Result<void>> reload(std::string config_json) override;
    Task<void> destroy() override;
    /// The same without waiting for it.
    void destroy_soon();
    Task<SendResult> send(Message message) override;
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
    Result<void> take_tables(const usher_instance* peer);
    /// Runs `begin` on the strand and waits for its done. Operations need a running instance; life-cycle calls do not.
    Task<Outcome> call(const char* function, std::chrono::milliseconds deadline, Begin begin, bool life_cycle = false);
    void call_on_strand(const char* function, std::chrono::milliseconds deadline, const Begin& begin, bool life_cycle,
                        std::function<void(Outcome)> finish);
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

/// The HTTP answer to a webhook whose outcome says nothing of HTTP; and one that may leave the house: checked, without
/// Set-Cookie and what belongs to the connection.
HttpResponse response_of(const Outcome& outcome);
HttpResponse cleaned(HttpResponse response, std::string_view what);
/// Without Cookie, X-API-Key, X-CSRF-Token.
HttpRequest cleaned(HttpRequest request);

}  // namespace usher::plugins
