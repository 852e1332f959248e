#pragma once
/// TelegramChannel: one bot. Polls or is told, takes updates in, sends what agents write. Nothing durable is kept here
/// but the polling cursor and how far a message of several parts has come.
#include <usher/plugin.hpp>

#include "api.hpp"
#include "intake.hpp"
#include "sender.hpp"

namespace usher::telegram {

class TelegramChannel final : public sdk::Channel {
public:
    /// @param unix_s  the clock; moved by hand in tests
    TelegramChannel(sdk::Host given, std::string_view config_json,
                    std::function<std::int64_t()> unix_s = system_clock());
    static std::function<std::int64_t()> system_clock();

    void start(sdk::Role role, sdk::Done<void> done) override;
    void stop(sdk::Done<void> done) override;
    void send(sdk::Outbound message, sdk::Done<sdk::Receipt> done) override;
    void webhook(sdk::HttpRequest request, sdk::Done<sdk::HttpAnswer> done) override;
    void poll(sdk::Done<sdk::Polled> done) override;

private:
    using PollDone = sdk::Done<sdk::Polled>;
    using Ready = std::function<void(std::optional<sdk::Failure>)>;
    /// A round of polling. What comes back to an older one is nothing.
    struct Round {
        std::uint64_t number = 0;
        PollDone done;
        bool waiting = true;  // for Telegram: may be left at once
    };

    // channel.cpp
    void set_up(const Ready& ready);
    void take_webhook(const Ready& ready);
    void leave_webhook(const Ready& ready);
    std::string webhook_address() const;
    void take_posted(std::string_view body, const sdk::Done<sdk::HttpAnswer>& done);
    void note(const Reply& reply);
    std::shared_ptr<void> busy();
    void work_ended();

    // round.cpp
    void end_round(std::uint64_t number, const sdk::Result<sdk::Polled>& outcome);
    bool is_current(std::uint64_t number) const { return round_ && round_->number == number; }
    void check_webhook(std::uint64_t number);
    void read_cursor(std::uint64_t number);
    void ask(std::uint64_t number);
    void got(std::uint64_t number, const sdk::Result<sdk::HttpAnswer>& answer);
    void conflict(std::uint64_t number, const Reply& reply);
    void unreadable(std::uint64_t number, std::string_view body);
    void take_batch(std::uint64_t number, const boost::json::array& updates);
    void move_cursor(std::uint64_t number, std::int64_t offset, std::optional<sdk::Failure> failure);

    // what `busy` touches comes first: it is destroyed last
    int at_work_ = 0;
    std::optional<sdk::Done<void>> stopping_;

    const Config config_;
    const std::function<std::int64_t()> unix_s_;
    const Api api_;
    Intake intake_;
    const Sender sender_;

    bool set_up_ = false;
    std::int64_t set_up_at_s_ = 0;
    bool unauthorized_ = false;
    bool away_at_start_ = false;
    int conflicts_ = 0;  // in a row
    std::uint64_t rounds_ = 0;
    std::optional<Round> round_;
    bool cursor_known_ = false;
    std::int64_t offset_ = 0;  // what the next getUpdates confirms; 0: nothing
    int limit_ = 50;           // updates to ask for at once
};

}  // namespace usher::telegram
