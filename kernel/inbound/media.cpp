#include "inbound/media.hpp"

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <map>

#include "blobs/sniff.hpp"
#include "desk/change.hpp"
#include "foundation/log.hpp"
#include "store/repositories/conversations.hpp"
#include "store/repositories/entries.hpp"

namespace usher::inbound {
namespace {

constexpr int kLook = 200;  // rows at a time
constexpr std::chrono::minutes kLookAgain{1};
constexpr std::chrono::milliseconds kAfterFailedRead{1'000};
constexpr int kTriesCutShort = 3;  // by a restart or a crash; they count no failure

using Steady = std::chrono::steady_clock;

struct Job {
    AttachmentId id;
    AccountKey account;
    std::string slug;
    std::string url;
    std::int64_t tries = 0;
};

/// The message that shows this attachment, its conversation locked, is changed by `f`; nothing when it is gone.
Result<void> change_attachment(store::Write& write, AttachmentId id,
                               const std::function<Result<void>(Attachment&)>& f) {
    auto& sql = write.sql();
    const auto first = sql.one<Attachment>("WHERE id = :id", id);
    if (!first) return not_found("There is no such attachment.");
    auto conversation = store::lock_conversation(sql, first->conversation_id);
    auto row = sql.one<Attachment>("WHERE id = :id", id);  // again, now that nobody else changes it
    if (!row) return not_found("There is no such attachment.");
    if (const auto ok = f(*row); !ok) return ok;
    store::update_attachment(sql, *row);
    if (!conversation) return {};
    auto entry = sql.one<Entry>("WHERE conversation_id = :id AND attachment_ids LIKE :pattern ORDER BY seq LIMIT 1",
                                conversation->id, "%\"" + to_string(id) + "\"%");
    if (!entry) return {};
    desk::Change change(write, std::move(*conversation));
    entry->version += 1;
    store::update_entry(sql, *entry);
    change.message_event("message.updated", *entry);
    change.commit();
    return {};
}

Error not_fetching() {
    return conflict("not_fetching", "The attachment is not being fetched.");
}

/// Nothing changes by trying these again.
bool is_final(Errc code) {
    return code == Errc::forbidden || code == Errc::invalid || code == Errc::too_large || code == Errc::unsupported ||
           code == Errc::validation;
}

}  // namespace

struct MediaFetcher::Impl : std::enable_shared_from_this<MediaFetcher::Impl> {
    Impl(store::Store& s, plugins::HttpSink& h, SpecOf spec, asio::any_io_executor executor, Options o)
        : store(s), http(h), spec_of(std::move(spec)), options(o), tasks(asio::make_strand(std::move(executor))) {}

    Task<void> run();
    Task<bool> look();
    void begin(Job job);
    Task<void> fetch(Job job, plugins::InstanceSpec spec);
    Task<Result<plugins::HttpSink::Fetched>> get(const Job& job, const plugins::InstanceSpec& spec);
    Task<void> fetched(const Job& job, plugins::HttpSink::Fetched what);
    Task<void> failed(const Job& job, const Error& error);
    Steady::duration until_due() const;

    store::Store& store;
    plugins::HttpSink& http;
    const SpecOf spec_of;
    const Options options;
    Signal wake;

    // on the strand
    std::map<AttachmentId, AccountKey> running;
    std::map<AttachmentId, Steady::time_point> due;  // those that wait for their next try

    TaskScope tasks;  // last
};

Task<void> MediaFetcher::Impl::run() {
    while (true) {
        const bool fine = co_await look();
        Steady::duration pause = kAfterFailedRead;
        if (fine) pause = until_due();
        co_await wake.wait(pause);
    }
}

Steady::duration MediaFetcher::Impl::until_due() const {
    Steady::duration out = kLookAgain;
    const auto now = Steady::now();
    for (const auto& [id, at] : due) out = std::min(out, std::max(at - now, Steady::duration(1)));
    return out;
}

/// Begins what may begin now, oldest first. False: the store could not be read.
Task<bool> MediaFetcher::Impl::look() {
    AttachmentId after;
    while (running.size() < options.at_once) {
        auto read = [after](store::Session& sql) {
            return sql.rows<
                std::tuple<AttachmentId, AccountKey, std::string, std::optional<std::string>, std::int64_t>>(
                "SELECT a.id, a.account_id, c.slug, a.source_url, a.tries FROM attachment a JOIN account c ON c.id = "
                "a.account_id WHERE a.state = 1 AND a.id > :after ORDER BY a.id LIMIT :limit",
                after.value, kLook);
        };
        auto rows = co_await store.read(std::move(read));
        if (!rows) {
            log::warn("media", "the attachments to fetch cannot be read", {{"error", rows.error().message}});
            co_return false;
        }
        for (auto& [id, account, slug, url, tries] : *rows) {
            after = id;
            begin({id, account, std::move(slug), url.value_or(""), tries});
        }
        if (rows->size() < static_cast<std::size_t>(kLook)) break;
    }
    co_return true;
}

void MediaFetcher::Impl::begin(Job job) {
    if (running.size() >= options.at_once || running.contains(job.id)) return;
    const auto wait = due.find(job.id);
    if (wait != due.end() && wait->second > Steady::now()) return;
    const auto of_account =
        std::count_if(running.begin(), running.end(), [&](const auto& one) { return one.second == job.account; });
    if (static_cast<std::size_t>(of_account) >= options.at_once_per_account) return;
    auto spec = spec_of(job.slug);
    if (!spec) return;
    due.erase(job.id);
    running.emplace(job.id, job.account);
    tasks.spawn("fetch an attachment", [self = shared_from_this(), job, spec = std::move(*spec)]() -> Task<void> {
        co_await self->fetch(job, spec);
    });
}

Task<void> MediaFetcher::Impl::fetch(Job job, plugins::InstanceSpec spec) {
    struct Done {
        Impl& impl;
        AttachmentId id;
        ~Done() {
            impl.running.erase(id);
            impl.wake.set();
        }
    };
    const Done done{*this, job.id};
    // Counted before it is tried: one that takes the whole program down does so a few times only.
    job.tries += 1;
    auto count = [id = job.id](store::Write& write) -> Result<bool> {
        return write.sql().exec("UPDATE attachment SET tries = tries + 1 WHERE id = :id AND state = 1", id) == 1;
    };
    auto counted = co_await store.write(std::move(count));
    if (!counted) {
        due[job.id] = Steady::now() + options.again_after;
        co_return;
    }
    if (!*counted) co_return;
    Result<plugins::HttpSink::Fetched> got = Error{Errc::internal, "nothing was fetched"};
    if (job.tries > options.tries + kTriesCutShort) {
        got = Error{Errc::unsupported, "no try came to its end"};
    } else {
        got = co_await get(job, spec);
    }
    if (got) {
        co_await fetched(job, std::move(*got));
    } else if (got.error().code != Errc::cancelled) {
        co_await failed(job, got.error());
    }
}

Task<Result<plugins::HttpSink::Fetched>> MediaFetcher::Impl::get(const Job& job, const plugins::InstanceSpec& spec) {
    plugins::HttpRequest request;
    request.method = "GET";
    request.url = job.url;
    request.timeout_ms = static_cast<std::uint32_t>(options.timeout.count());
    request.redirect_limit = options.redirect_limit;
    auto got = co_await http.fetch(spec.ref, spec.allow_cidrs, std::move(request), options.limit_bytes);
    if (!got) co_return got.error();
    const auto status = got->response.status;
    if (status < 200 || status > 299 || got->blob.empty())
        co_return Error{Errc::unavailable, "the other side answered " + std::to_string(status)};
    co_return std::move(*got);
}

Task<void> MediaFetcher::Impl::fetched(const Job& job, plugins::HttpSink::Fetched what) {
    std::string blob = std::move(what.blob);
    if (blob.starts_with("blob:")) blob.erase(0, 5);
    auto store_it = [id = job.id, blob = std::move(blob), mime = std::move(what.mime),
                     size = what.size_bytes](store::Write& write) -> Result<void> {
        return change_attachment(write, id, [&](Attachment& row) -> Result<void> {
            if (row.state != AttachmentState::fetching) return not_fetching();
            row.state = AttachmentState::ready;
            row.blob_hash = blob;
            row.mime_type = mime;
            row.size_bytes = static_cast<std::int64_t>(size);
            row.shown_inline = blobs::is_inline_mime(mime);
            return {};
        });
    };
    auto stored = co_await store.write(std::move(store_it), job.slug);
    if (stored) co_return;
    log::warn("media", "a fetched attachment was not stored",
              {{"account", job.slug}, {"attachment", to_string(job.id)}, {"error", stored.error().message}});
    due[job.id] = Steady::now() + options.again_after;
}

Task<void> MediaFetcher::Impl::failed(const Job& job, const Error& error) {
    const bool last = is_final(error.code) || job.tries >= options.tries;
    log::info("media", last ? "an attachment could not be fetched" : "an attachment could not be fetched yet",
              {{"account", job.slug}, {"attachment", to_string(job.id)}, {"try", job.tries}, {"error", error.message}});
    if (!last) {
        const int before = static_cast<int>(std::min<std::int64_t>(job.tries - 1, 5));
        due[job.id] = Steady::now() + options.again_after * (1 << (2 * before));
        co_return;
    }
    auto give_up = [id = job.id](store::Write& write) -> Result<void> {
        return change_attachment(write, id, [](Attachment& row) -> Result<void> {
            if (row.state != AttachmentState::fetching) return not_fetching();
            row.state = AttachmentState::failed;
            return {};
        });
    };
    const auto stored = co_await store.write(std::move(give_up), job.slug);
    if (!stored) due[job.id] = Steady::now() + options.again_after;
}

MediaFetcher::MediaFetcher(store::Store& store, plugins::HttpSink& http, SpecOf spec_of, asio::any_io_executor executor,
                           Options options)
    : impl_(std::make_shared<Impl>(store, http, std::move(spec_of), std::move(executor), options)) {}
MediaFetcher::~MediaFetcher() = default;

void MediaFetcher::start() {
    impl_->tasks.spawn("attachments", [impl = impl_]() -> Task<void> { co_await impl->run(); });
}

Task<void> MediaFetcher::stop() {
    const auto impl = impl_;
    co_await impl->tasks.stop();
}

void MediaFetcher::committed(std::span<const Event> events) {
    const bool something = std::any_of(events.begin(), events.end(), [](const Event& e) {
        return e.type == "message.received" || e.type == "message.blocked" || e.type == "message.created";
    });
    if (something) impl_->wake.set();
}

void MediaFetcher::wake() {
    impl_->wake.set();
}

Task<Result<void>> MediaFetcher::retry(AttachmentId id) {
    const auto impl = impl_;
    auto again = [id](store::Write& write) -> Result<void> {
        return change_attachment(write, id, [](Attachment& row) -> Result<void> {
            if (row.state != AttachmentState::failed || !row.source_url)
                return conflict("not_failed", "The attachment has not failed.");
            row.state = AttachmentState::fetching;
            row.tries = 0;
            return {};
        });
    };
    const auto done = co_await impl->store.write(std::move(again));
    if (done) impl->wake.set();
    co_return done;
}

}  // namespace usher::inbound
