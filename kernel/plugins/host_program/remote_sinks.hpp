#pragma once
/// The kernel as a plugin's host in the helper sees it: every sink asks over the link.
#include <atomic>
#include <map>
#include <set>

#include "foundation/log.hpp"
#include "plugins/link.hpp"
#include "plugins/sinks.hpp"

namespace usher::plugins {

/// What was asked and is not answered yet, of all instances. Thread-safe.
class Requests final : public std::enable_shared_from_this<Requests> {
public:
    explicit Requests(std::shared_ptr<Link> link) : link_(std::move(link)) {}
    Task<Outcome> ask(std::string frame);
    void tell(std::string frame) { link_->send(std::move(frame)); }
    void answered(const Link::Frame& frame);

private:
    std::shared_ptr<Link> link_;
    std::mutex mutex_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::function<void(Outcome)>> pending_;
};

class RemoteSinks final : public EmitSink,
                          public KvStore,
                          public VisitorSink,
                          public StateSink,
                          public MetricSink,
                          public HttpSink,
                          public BlobSink {
public:
    RemoteSinks(std::shared_ptr<Requests> requests, std::uint32_t instance)
        : requests_(std::move(requests)), instance_(instance) {}

    Task<Result<EmitResult>> emit(AccountRef account, Message message) override;
    Task<Result<EmitResult>> emit_for(std::string routing_key, Message message);
    void typing(AccountRef account, Message message) override;
    Task<Result<std::optional<std::string>>> get(std::string instance, std::string key) override;
    Task<Result<void>> put(std::string instance, std::string key, std::string value) override;
    Task<Result<PutIf>> put_if(std::string instance, std::string key, std::string expected, std::string value) override;
    bool push(const AccountRef& account, const std::string& session, const std::string& json) override;
    bool close(const AccountRef& account, const std::string& session, std::uint32_t code,
               const std::string& reason) override;
    Task<Result<std::string>> history(AccountRef account, std::string contact, std::string thread_key,
                                      std::string after, std::uint32_t limit) override;
    void state(const AccountRef& account, State state, const std::string& text) override;
    void add(const AccountRef& account, const std::string& name, double delta, const Pairs& labels) override;
    Task<Result<HttpResponse>> request(AccountRef account, std::vector<std::string> allow_cidrs,
                                       HttpRequest request) override;
    Task<Result<Fetched>> fetch(AccountRef account, std::vector<std::string> allow_cidrs, HttpRequest request,
                                std::uint64_t limit_bytes) override;
    Task<Result<int>> open(AccountRef account, std::string blob) override;
    Task<Result<Draft>> create(AccountRef account, std::uint64_t limit_bytes) override;
    Task<Result<Sealed>> seal(AccountRef account, std::string draft) override;
    void write_log(log::Level level, const std::string& line);

    /// Visitors' sessions that this instance was told of: push() knows no others.
    void opened(const std::string& session);
    void shut(const std::string& session);

private:
    template <class... Values>
    std::string frame(wire::Op op, const Values&... values) const {
        return wire::frame(op, instance_, 0, values...);
    }
    bool is_open(const std::string& session);

    std::shared_ptr<Requests> requests_;
    const std::uint32_t instance_;
    std::mutex mutex_;
    std::set<std::string> sessions_;
};

}  // namespace usher::plugins
