#include "plugins/blob_files.hpp"

#include <fcntl.h>

#include <system_error>

#include "foundation/crypto.hpp"
#include "foundation/describe.hpp"

namespace usher::plugins {
namespace {

constexpr std::size_t kDraftsOfAccount = 64;
constexpr std::chrono::hours kDraftAge{1};

std::string owner_of(const AccountRef& account) {
    return std::string(enum_name(account.kind)) + "/" + account.id;
}

}  // namespace

Task<Result<int>> BlobFiles::open(AccountRef, std::string blob) {
    auto file = co_await blobs_.open(std::move(blob));
    if (!file) co_return file.error();
    co_return (*file)->release();
}

Task<Result<BlobSink::Draft>> BlobFiles::create(AccountRef account, std::uint64_t limit_bytes) {
    const std::string owner = owner_of(account);
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.steady();
        std::erase_if(drafts_, [&](const auto& one) { return now - one.second.since > kDraftAge; });
        const auto mine =
            std::count_if(drafts_.begin(), drafts_.end(), [&](const auto& one) { return one.second.account == owner; });
        if (static_cast<std::size_t>(mine) >= kDraftsOfAccount) {
            co_return Error{Errc::unavailable, "64 drafts of this account are not sealed yet"};
        }
    }
    auto draft = co_await blobs_.create(limit_bytes);
    if (!draft) co_return draft.error();
    Draft out;
    out.fd = ::fcntl((*draft)->fd(), F_DUPFD_CLOEXEC, 3);
    if (out.fd < 0)
        co_return Error{Errc::unavailable, "the draft cannot be opened: " + std::generic_category().message(errno)};
    out.id = crypto::random_token(16);
    const std::lock_guard lock(mutex_);
    drafts_.emplace(out.id, Kept{owner, *draft, clock_.steady()});
    co_return out;
}

Task<Result<BlobSink::Sealed>> BlobFiles::seal(AccountRef account, std::string draft) {
    std::shared_ptr<blobs::Draft> mine;
    {
        const std::lock_guard lock(mutex_);
        auto found = drafts_.find(draft);
        if (found == drafts_.end() || found->second.account != owner_of(account)) {
            co_return not_found("there is no such draft of this account");
        }
        mine = std::move(found->second.draft);
        drafts_.erase(found);
    }
    auto sealed = co_await blobs_.seal(mine);
    if (!sealed) co_return sealed.error();
    co_return Sealed{sealed->hash, sealed->mime, sealed->hash, sealed->size};
}

}  // namespace usher::plugins
