#pragma once
/// Takes updates in: fetches their files to blobs, emits them, answers buttons, leaves groups. Several chats at once,
/// one update of a chat after the other, each durable before the next of its chat begins.
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "api.hpp"
#include "update.hpp"

namespace usher::telegram {

class Intake {
public:
    /// What became of one update: taken (durable, or of no use for ever), or to be brought again.
    struct Outcome {
        bool taken = true;
        std::string why{};  // not taken
        std::chrono::milliseconds retry_after{0};
    };
    using Then = std::function<void(Outcome)>;
    /// The id of the first that was not taken, and why; none: all were.
    struct Left {
        std::int64_t id = 0;
        Outcome outcome{};
    };
    using ThenAll = std::function<void(std::optional<Left>)>;

    Intake(sdk::Host host, const Api& api, const Config& config) : host_(host), api_(api), config_(config) {}

    void take(Update update, Then then);
    void take_all(std::vector<Update> updates, ThenAll then);

private:
    struct Batch;
    void next_of(const std::shared_ptr<Batch>& batch);
    void fetch(std::shared_ptr<Update> update, std::size_t index, Then then);
    void download(std::shared_ptr<Update> update, std::size_t index, const std::string& path, Then then);
    void give_up_or_retry(std::shared_ptr<Update> update, std::size_t index, const std::string& why, Then then);
    void without_file(std::shared_ptr<Update> update, std::size_t index, std::string_view note, Then then);
    void emit(std::shared_ptr<Update> update, Then then);
    void answer_query(const std::string& query_id);
    void refuse_group(std::int64_t chat_id, Then then);

    sdk::Host host_;
    const Api& api_;
    const Config& config_;
    std::map<std::int64_t, int> failed_fetches_;  // by update
    std::set<std::int64_t> left_groups_;
};

}  // namespace usher::telegram
