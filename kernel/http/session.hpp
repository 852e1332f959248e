#pragma once
/// One HTTP connection from its first byte to its last, or to its upgrade. Internal. Knows no Beast: bytes come from a
/// Transport, requests from RequestParser.
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/request_parser.hpp"
#include "http/transport.hpp"

namespace usher::http {

/// A listener's settings as connections hold them, for as long as the last one lives.
struct ListenerState {
    Listener listener;
    std::string host_text;  // "127.0.0.1:8080", for messages
};

class Session final : public Peer, public std::enable_shared_from_this<Session> {
public:
    Session(std::shared_ptr<Shared> shared, Worker& worker, std::shared_ptr<const ListenerState> listener,
            std::unique_ptr<Transport> transport, std::string peer_address, bool tls, ConnectionSlot slot);

    static Task<void> run(std::shared_ptr<Session> self);

    void tick(SteadyTime now) override;
    void drain() override;
    void cut() override;

private:
    static constexpr std::size_t kHeadRead = 4 * 1024;
    enum class Next { again, close, upgraded };
    struct Call;      // a handler that runs, maybe longer than we wait for it
    struct Incoming;  // a request while it is read and answered

    Task<Next> serve_one();
    Task<bool> read_head(Incoming& in);
    Task<bool> fill(std::size_t most = kHeadRead);
    void build(Incoming& in);
    std::optional<Response> refuse_early(Incoming& in);
    Task<std::optional<Response>> ask_before(Incoming& in);
    Task<std::optional<Response>> read_body(Incoming& in);
    Task<Result<void>> write_upload(Incoming& in, std::string bytes);
    Task<Response> answer(Incoming& in);
    Task<Next> upgrade(Incoming& in);
    Task<Next> respond(Incoming& in, Response response);
    Task<bool> write_all(std::string_view first, std::string_view second);
    Task<bool> write_file(const FileBody& file);
    Task<bool> discard_rest(Incoming& in);
    Task<void> linger();
    Response too_large(const Incoming& in);
    static Response gone(Incoming& in);
    void finished(const Incoming& in, int status);
    Response render(int status, Error error, const Incoming& in);

    void allow(std::chrono::milliseconds time);
    void allow_forever() { deadline_ = SteadyTime::max(); }

    std::shared_ptr<Shared> shared_;
    Worker& worker_;
    std::shared_ptr<const ListenerState> listener_;
    std::unique_ptr<Transport> transport_;
    std::string peer_;
    bool tls_;
    std::optional<ConnectionSlot> slot_;
    std::string buffer_;      // received, not yet used
    bool idle_ = true;        // between requests
    bool timed_out_ = false;  // a deadline passed: what was waited for was cancelled
    bool cut_ = false;
    SteadyTime deadline_ = SteadyTime::max();
    std::weak_ptr<Call> call_;
    Place place_;
};

}  // namespace usher::http
