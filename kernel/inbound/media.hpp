#pragma once
/// Customers' attachments that a channel named by an address: fetched after their message is stored, into blobs. What
/// the entry shows changes with them: its version is raised and `message.updated` appended.
///
/// The rows are the queue (attachment.state = fetching, tries): a restart goes on where it stood. An address is tried
/// up to `tries` times; what can never succeed (refused by the egress policy, too large) fails at once.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "foundation/async.hpp"
#include "model/entry.hpp"
#include "model/event.hpp"
#include "plugins/registry.hpp"
#include "store/store.hpp"

namespace usher::inbound {

/// Thread-safe.
class MediaFetcher final {
public:
    struct Options {
        std::uint64_t limit_bytes = 25ull << 20;
        std::chrono::milliseconds timeout{30'000};  // of one try, redirects included
        std::uint32_t redirect_limit = 3;
        int tries = 3;
        std::chrono::milliseconds again_after{5'000};  // then four times that
        std::size_t at_once = 8;
        std::size_t at_once_per_account = 4;
    };
    /// What is known of an account: where its fetches may go. nullopt: no such account now; its rows wait.
    using SpecOf = std::function<std::optional<plugins::InstanceSpec>(std::string_view slug)>;
    /// Borrows store and http. `spec_of`: [&](auto slug) { return registry.spec(plugins::Kind::channel, slug); }
    MediaFetcher(store::Store& store, plugins::HttpSink& http, SpecOf spec_of, asio::any_io_executor executor,
                 Options options);
    ~MediaFetcher();

    /// Goes on with what is unfinished, then with what comes, until stopped.
    void start();
    /// Ends running fetches; they are tried again after the next start.
    Task<void> stop();
    /// Looks at committed events: is there something new to fetch? Returns at once; any thread.
    void committed(std::span<const Event> events);
    void wake();  // the same when what happened is not known
    /// Tries a failed one anew. Errc::not_found, Errc::conflict when it has not failed.
    Task<Result<void>> retry(AttachmentId id);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace usher::inbound
