#include "plugins/keeping_emit.hpp"

namespace usher::plugins {

Task<Result<EmitResult>> KeepingEmit::emit(AccountRef account, Message message) {
    std::vector<std::string> hashes;
    for (const auto& part : message.parts) {
        constexpr std::string_view kScheme = "blob:";
        if (!part.uri.starts_with(kScheme)) continue;
        std::string hash = part.uri.substr(kScheme.size());
        if (blobs_.lent(hash)) hashes.push_back(std::move(hash));
    }
    if (hashes.empty()) return next_.emit(std::move(account), std::move(message));
    return keep_and_emit(std::move(account), std::move(message), std::move(hashes));
}

Task<Result<EmitResult>> KeepingEmit::keep_and_emit(AccountRef account, Message message,
                                                    std::vector<std::string> hashes) {
    for (auto& hash : hashes) {
        auto kept = co_await blobs_.keep(std::move(hash));
        if (!kept) co_return kept.error();
    }
    co_return co_await next_.emit(std::move(account), std::move(message));
}

void KeepingEmit::typing(AccountRef account, Message message) {
    next_.typing(std::move(account), std::move(message));
}

}  // namespace usher::plugins
