#include "intake.hpp"

#include <algorithm>

namespace usher::telegram {

namespace json = boost::json;
using namespace sdk;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kChatsAtOnce = 8;
constexpr int kFetchTries = 3;  // then the message comes without its file
constexpr milliseconds kCallTimeout{10'000};

/// Would the same message meet this again? Then it must not hold up the others.
bool is_for_good(const Failure& failure) {
    return failure.status == Status::invalid || failure.status == Status::unsupported ||
           failure.status == Status::not_found || failure.status == Status::conflict;
}

/// What the provider calls a file is not what its address may hold.
bool is_plain_path(std::string_view path) {
    return !path.empty() && path.size() <= 500 && path.front() != '/' && path.find("..") == std::string_view::npos &&
           std::all_of(path.begin(), path.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("/._-").find(c) != std::string_view::npos;
           });
}

}  // namespace

// ---- several
// ---------------------------------------------------------------------------------------------------------

/// Updates by chat; of each chat one is at work at most.
struct Intake::Batch {
    std::map<std::int64_t, std::deque<Update>> waiting;
    std::size_t at_work = 0;
    std::optional<Left> left;
    ThenAll then;
};

void Intake::take_all(std::vector<Update> updates, ThenAll then) {
    auto batch = std::make_shared<Batch>();
    for (Update& update : updates) batch->waiting[update.chat_id].push_back(std::move(update));
    batch->then = std::move(then);
    if (batch->waiting.empty()) return batch->then(std::nullopt);
    next_of(batch);
}

void Intake::next_of(const std::shared_ptr<Batch>& batch) {
    while (batch->at_work < kChatsAtOnce && !batch->waiting.empty()) {
        auto chat = std::make_shared<std::deque<Update>>(std::move(batch->waiting.begin()->second));
        batch->waiting.erase(batch->waiting.begin());
        batch->at_work += 1;
        // One after the other; what fails holds back the rest of its chat.
        auto step = std::make_shared<std::function<void()>>();
        *step = [this, batch, chat, weak = std::weak_ptr(step)] {
            const auto again = weak.lock();
            if (chat->empty()) {
                batch->at_work -= 1;
                if (!batch->waiting.empty()) return next_of(batch);
                if (batch->at_work == 0) std::exchange(batch->then, nullptr)(batch->left);
                return;
            }
            const std::int64_t id = chat->front().id;
            Update update = std::move(chat->front());
            chat->pop_front();
            take(std::move(update), [batch, chat, again, id](const Outcome& outcome) {
                if (!outcome.taken) {
                    if (!batch->left || id < batch->left->id) batch->left = Left{id, outcome};
                    chat->clear();
                }
                (*again)();
            });
        };
        (*step)();
    }
}

// ---- one
// -------------------------------------------------------------------------------------------------------------

void Intake::take(Update update, Then then) {
    if (update.sort == Update::Sort::group) return refuse_group(update.chat_id, std::move(then));
    if (update.sort == Update::Sort::nothing) {
        if (!update.query_id.empty()) answer_query(update.query_id);
        host_.debug("update " + std::to_string(update.id) + " (" + update.what + ") is of no use here");
        return then({});
    }
    fetch(std::make_shared<Update>(std::move(update)), 0, std::move(then));
}

void Intake::fetch(std::shared_ptr<Update> update, std::size_t index, Then then) {
    if (index == update->media.size()) return emit(std::move(update), std::move(then));
    const Media& media = update->media[index];
    if (media.size_bytes > kDownloadLimit)
        return without_file(update, index, "is larger than the 20 MB that Telegram hands to bots", std::move(then));
    api_.call("getFile", {{"file_id", media.file_id}}, kCallTimeout,
              [this, update, index, then = std::move(then)](const Reply& reply) {
                  if (!reply.ok) {
                      const bool refused = reply.code == 400;
                      const bool large = refused && reply.description.find("too big") != std::string::npos;
                      if (large)
                          return without_file(update, index, "is larger than the 20 MB that Telegram hands to bots",
                                              then);
                      if (reply.code == 429)
                          return then({.taken = false, .why = reply.failure.error, .retry_after = reply.retry_after});
                      return give_up_or_retry(update, index, "getFile: " + reply.failure.error, then);
                  }
                  const json::object* file = reply.result.if_object();
                  const std::string path = file != nullptr ? text_in(*file, "file_path") : "";
                  if (!is_plain_path(path))
                      return without_file(update, index, "could not be fetched from Telegram", then);
                  download(update, index, path, then);
              });
}

void Intake::download(std::shared_ptr<Update> update, std::size_t index, const std::string& path, Then then) {
    const auto blobs = host_.blobs();
    if (!blobs) return without_file(update, index, "could not be kept: this host has no blobs", std::move(then));
    blobs->fetch(api_.download(path), kDownloadLimit,
                 [this, update, index, then = std::move(then)](const Result<Blob>& fetched) {
                     if (!fetched) {
                         const Failure& failure = fetched.failure();
                         if (failure.status == Status::invalid && failure.reason_code != "egress_refused")
                             return without_file(update, index, "is too large to be kept here", then);
                         return give_up_or_retry(update, index, "download: " + api_.cleaned(failure.error), then);
                     }
                     if (fetched->http.status < 200 || fetched->http.status > 299 || fetched->id.empty())
                         return give_up_or_retry(update, index,
                                                 "download: HTTP " + std::to_string(fetched->http.status), then);
                     const Media& media = update->media[index];
                     update->message.parts.push_back({.mime = media.mime,
                                                      .name = media.name,
                                                      .uri = "blob:" + fetched->id,
                                                      .attrs_json = json::serialize(media.attrs),
                                                      .size_bytes = fetched->size_bytes});
                     fetch(update, index + 1, then);
                 });
}

void Intake::give_up_or_retry(std::shared_ptr<Update> update, std::size_t index, const std::string& why, Then then) {
    if (++failed_fetches_[update->id] < kFetchTries)
        return then({.taken = false, .why = why, .retry_after = milliseconds(1000)});
    host_.warn("update " + std::to_string(update->id) + ": " + why + "; it is taken without the file");
    without_file(std::move(update), index, "could not be fetched from Telegram", std::move(then));
}

void Intake::without_file(std::shared_ptr<Update> update, std::size_t index, std::string_view note, Then then) {
    std::string& text = update->message.text;
    text +=
        (text.empty() ? "" : "\n") + std::string("[File ") + update->media[index].name + " " + std::string(note) + "]";
    fetch(std::move(update), index + 1, std::move(then));
}

void Intake::emit(std::shared_ptr<Update> update, Then then) {
    host_.emit(update->message, [this, update, then = std::move(then)](const Result<Emitted>& emitted) {
        if (!emitted && !is_for_good(emitted.failure()))
            return then({.taken = false, .why = emitted.failure().error, .retry_after = emitted.failure().retry_after});
        failed_fetches_.erase(update->id);
        if (!emitted && emitted.failure().reason_code != "contact_blocked")
            host_.warn("update " + std::to_string(update->id) +
                       " cannot be stored and is left out: " + emitted.failure().error);
        if (!update->query_id.empty()) answer_query(update->query_id);
        then({});
    });
}

/// The client shows a spinner until then. Whether it arrives changes nothing.
void Intake::answer_query(const std::string& query_id) {
    api_.call("answerCallbackQuery", {{"callback_query_id", query_id}}, kCallTimeout,
              [host = host_](const Reply& reply) {
                  if (!reply.ok) host.debug("answerCallbackQuery: " + reply.failure.error);
              });
}

/// Says once that it works in private chats only, and goes.
void Intake::refuse_group(std::int64_t chat_id, Then then) {
    if (!left_groups_.insert(chat_id).second) return then({});
    if (left_groups_.size() > 1000) left_groups_.clear();
    const auto leave = [this, chat_id] {
        api_.call("leaveChat", {{"chat_id", chat_id}}, kCallTimeout, [this, chat_id](const Reply& reply) {
            host_.info("left the group " + std::to_string(chat_id) +
                       (reply.ok ? "" : " (" + reply.failure.error + ")"));
            left_groups_.erase(chat_id);  // somebody may add it again
        });
    };
    if (config_.group_reply.empty()) {
        leave();
    } else {
        api_.call("sendMessage", {{"chat_id", chat_id}, {"text", config_.group_reply}}, kCallTimeout,
                  [leave](const Reply&) { leave(); });
    }
    then({});
}

}  // namespace usher::telegram
