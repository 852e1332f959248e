#pragma once
/// Agents who are gone. Without a browser: after the limit they become away, and their conversations that wait for an
/// answer go back to the queue. Nothing else is taken from anybody. Thread-safe.
#include <chrono>
#include <memory>
#include <span>

#include "access/presence.hpp"
#include "access/users.hpp"
#include "foundation/async.hpp"
#include "store/store.hpp"

namespace usher::routing {

class Absence final {
public:
    struct Options {
        std::chrono::seconds limit{600};
        std::chrono::milliseconds interval{2'000};
    };
    /// Borrows all of them.
    Absence(store::Store& store, access::Users& users, access::Presence& presence, asio::any_io_executor executor,
            Options options);
    ~Absence();
    /// Whoever is available at the start counts as just seen: a restart takes nobody's conversations.
    void start();
    Task<void> stop();
    /// Looks at committed events: whoever was deactivated, or lost seat or rights, gives back what they hold. Returns
    /// at once; any thread.
    void committed(std::span<const Event> events);
    /// The same of everybody, where events were missed; start() does so too. Returns at once; any thread.
    void wake();
    /// What happens to one user whose time is over; how many conversations went back.
    Task<int> send_away(UserId user);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::routing
