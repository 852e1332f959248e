#include "automation/blob_sweep.hpp"

#include <set>

#include "foundation/log.hpp"

namespace usher::automation {
namespace {

constexpr std::size_t kPiece = 500;
constexpr std::chrono::hours kKept{25};

std::set<std::string> named_in(store::Session& sql, const std::vector<std::string>& hashes) {
    std::set<std::string> out;
    for (auto& hash : sql.rows<std::string>(
             "SELECT DISTINCT blob_hash FROM attachment WHERE blob_hash >= :first AND blob_hash <= :last",
             hashes.front(), hashes.back()))
        out.insert(std::move(hash));
    return out;
}

}  // namespace

Task<std::int64_t> sweep_blobs(store::Store& store, blobs::Blobs& blobs) {
    std::int64_t gone = 0;
    std::string after;
    for (;;) {
        auto hashes = co_await blobs.list(after, kPiece);
        if (!hashes) {
            log::warn("automation", "the files could not be looked through", {{"error", hashes.error().message}});
            co_return gone;
        }
        if (hashes->empty()) co_return gone;
        after = hashes->back();
        auto look = [hashes = *hashes](store::Session& sql) { return named_in(sql, hashes); };
        auto named = co_await store.read(std::move(look));
        if (!named) {
            log::warn("automation", "which files are used cannot be read", {{"error", named.error().message}});
            co_return gone;
        }
        for (const auto& hash : *hashes) {
            if (named->contains(hash)) continue;
            auto removed = co_await blobs.remove(hash, kKept);
            if (removed && *removed) ++gone;
            if (!removed) {
                log::warn("automation", "a file could not be removed",
                          {{"blob", hash}, {"error", removed.error().message}});
            }
        }
        co_await sleep_for(std::chrono::milliseconds(10));
    }
}

}  // namespace usher::automation
