#pragma once
/// The isolated carrier: an instance whose plugin runs in usher-plugin-host. It lives as long as that process does;
/// when the process is lost, operations end as plugin_lost and `lost` is called once: whoever holds it makes another.
#include <atomic>

#include "plugins/helper.hpp"
#include "plugins/instance.hpp"
#include "plugins/suspects.hpp"
#include "plugins/wire_values.hpp"

namespace usher::plugins {

class RemoteInstance final : public Instance, public std::enable_shared_from_this<RemoteInstance> {
public:
    struct Place {
        std::shared_ptr<Helpers> helpers;
        std::string library;  // absolute path
        std::string own;      // a process for this account alone: its id
        std::shared_ptr<Suspects> suspects;
        /// The process ended under this instance. `busy`: while an operation of it was in flight.
        std::function<void(const std::string& how, bool busy)> lost;
    };
    /// A process that cannot be started, or is lost before the plugin answered, is Errc::plugin_lost.
    static Task<Result<std::shared_ptr<RemoteInstance>>> create(Place place, std::string config_json,
                                                                HostSettings settings, Deadlines deadlines,
                                                                asio::thread_pool& pool);
    ~RemoteInstance() override;

    const AccountRef& account() const override { return host_->account(); }
    Offers offers() const override { return offers_; }
    State state() const override { return host_->state(); }
    void set_state(State state, const std::string& text) override { host_->set_state(state, text); }
    bool alive() const override { return pid() != 0; }
    int pid() const override { return helper_ && !helper_->ended() ? helper_->pid() : 0; }

    Task<Result<void>> start(Role role) override;
    Task<Result<void>> stop() override;
    Task<Result<void>> reload(std::string config_json) override;
    Task<void> destroy() override;
    void destroy_soon() override;
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
    using Reply = Helper::Reply;
    RemoteInstance(Place place, HostSettings settings, Deadlines deadlines, asio::thread_pool& pool);
    void join(const std::string& config_json, std::function<void(Reply)> finish);
    void leave();
    void on_lost(const std::string& how, bool busy);
    std::string what(std::string_view function) const;
    /// Why there is no answer.
    Error missing(std::string_view function, const Reply& reply) const;
    /// The answer to one frame. `suspect`: what is remembered of it should the process crash meanwhile.
    Task<Reply> ask(std::string frame, std::chrono::milliseconds deadline, std::string suspect = {});
    Task<Result<wire::Ended>> ask_ended(const char* function, std::string frame, std::chrono::milliseconds deadline);
    Task<Result<std::string>> ask_text(const char* function, std::string frame, std::chrono::milliseconds deadline);
    template <class... Values>
    std::string frame(wire::Op op, const Values&... values) const {
        return wire::frame(op, number_, 0, values...);
    }

    const Place place_;
    const Deadlines deadlines_;
    const std::shared_ptr<Host> host_;
    Offers offers_;
    std::atomic<bool> created_{false}, left_{false};
    std::shared_ptr<Helper> helper_;  // both are set before create() returns
    std::uint32_t number_ = 0;
};

}  // namespace usher::plugins
