#include "access/passwords.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "foundation/crypto.hpp"

namespace usher::access {
namespace {

Task<std::string> hash_on_thread(std::string password) {
    co_return crypto::hash_password(password);
}

Task<bool> verify_on_thread(std::string hash, std::string password) {
    co_return crypto::verify_password(hash, password);
}

/// Counts one that waits, for as long as it lives.
class Waiting final {
public:
    explicit Waiting(std::atomic<int>& count) : count_(count), now_(++count) {}
    ~Waiting() { --count_; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    int now() const { return now_; }

private:
    std::atomic<int>& count_;
    int now_;
};

Error busy() {
    Error error{Errc::rate_limited, "Too many people are signing in at this moment. Try again shortly."};
    error.retry_after = std::chrono::seconds{2};
    return error;
}

}  // namespace

void check_password(std::string_view password, std::string_view email, std::string_view path, Faults& faults) {
    if (length_utf8(password) < kPasswordMin) {
        detail::fault(faults, path, "must have at least " + std::to_string(kPasswordMin) + " characters");
    } else if (password.size() > kPasswordMax) {
        detail::fault(faults, path, "must have at most " + std::to_string(kPasswordMax) + " bytes");
    } else if (!email.empty() && fold(trim(password)) == fold(trim(email))) {
        detail::fault(faults, path, "must not be the e-mail address");
    }
}

Passwords::Passwords(Settings settings)
    : settings_(settings),
      nobody_(crypto::hash_password(crypto::random_token())),
      threads_(static_cast<std::size_t>(std::max(1, settings.threads))) {}

Passwords::~Passwords() {
    threads_.stop();
    threads_.join();
}

Task<Result<std::string>> Passwords::hash(std::string password) {
    const Waiting waiting(waiting_);
    if (waiting.now() > settings_.waiting_max) co_return busy();
    co_return co_await asio::co_spawn(threads_.get_executor(), hash_on_thread(std::move(password)),
                                      asio::use_awaitable);
}

Task<Result<bool>> Passwords::verify(std::optional<std::string> hash, std::string password) {
    const Waiting waiting(waiting_);
    if (waiting.now() > settings_.waiting_max) co_return busy();
    if (!hash) {
        co_await asio::co_spawn(threads_.get_executor(), verify_on_thread(nobody_, std::move(password)),
                                asio::use_awaitable);
        co_return false;
    }
    co_return co_await asio::co_spawn(threads_.get_executor(), verify_on_thread(std::move(*hash), std::move(password)),
                                      asio::use_awaitable);
}

}  // namespace usher::access
