/// The reference transaction of tests/bench, one per message, through our own store layer: what a program that writes
/// each message by itself gets from the same database. `usher_bench_reference --url ... --connections N --seconds S`.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <random>
#include <thread>

#include "figures.hpp"
#include "options.hpp"
#include "store/connection.hpp"
#include "store/dialect.hpp"

namespace usher::bench {
namespace {

using store::Connection;
using store::Dialect;

constexpr std::int64_t kContacts = 10'000;
constexpr char kEvent[] = R"({"type":"message.created","direction":"in","n":1234567890})";

// From the clock: a second run goes on above the first one's.
std::atomic<std::int64_t> next_id{std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1)};

class Writer {
public:
    explicit Writer(const store::Url& url) : connection_(Connection::open(url, {})) {
        const Dialect dialect = connection_->dialect();
        insert_ =
            "INSERT INTO message(id, conversation_id, channel_id, external_id, direction, body, created_at) VALUES "
            "(:id, :conversation, 1, :external, 0, :body, :at)" +
            store::on_conflict_nothing(dialect, "channel_id, external_id", "id");
        update_ = "UPDATE conversation SET last_message_at = " + store::greatest(dialect, "last_message_at", ":at") +
                  ", unread = unread + 1, status = 1 WHERE id = :id";
    }

    void write() {
        Connection& sql = *connection_;
        const std::int64_t at = 1'700'000'000'000'000 + static_cast<std::int64_t>(random_() % 1'000'000'000);
        const std::string who = "user-" + std::to_string(1 + random_() % kContacts);
        sql.begin();
        const auto identity =
            sql.one<std::int64_t>("SELECT id FROM identity WHERE channel_id = 1 AND external_id = :external", who);
        const auto conversation = sql.one<std::int64_t>(
            "SELECT id FROM conversation WHERE identity_id = :identity AND status <> 3 ORDER BY id DESC LIMIT 1",
            identity.value());
        sql.exec(insert_, next_id++, conversation.value(), "wamid." + std::to_string(random_()), body_, at);
        sql.exec(update_, at, conversation.value());
        sql.exec("INSERT INTO event(conversation_id, kind, payload, created_at) VALUES (:conversation, 1, :event, :at)",
                 conversation.value(), kEvent, at);
        sql.commit();
    }

    void recover() { connection_->rollback(); }

private:
    std::unique_ptr<Connection> connection_;
    std::mt19937_64 random_{std::random_device{}()};
    std::string insert_, update_;
    const std::string body_ = std::string(200, 'x');
};

void run(const Options& options) {
    const auto url = store::parse_url(options.text("url"));
    if (!url) throw std::invalid_argument(url.error().message);
    const auto count = static_cast<std::size_t>(options.number("connections", 16));
    std::atomic<bool> counting{false}, stopping{false};
    std::atomic<std::size_t> done{0}, repeated{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.emplace_back([&] {
            try {
                Writer writer(*url);
                while (!stopping) {
                    try {
                        writer.write();
                        if (counting) ++done;
                    } catch (const store::DatabaseError& e) {
                        if (e.fault != store::DatabaseFault::busy) throw;  // a deadlock is tried again
                        writer.recover();
                        ++repeated;
                    }
                }
            } catch (const std::exception& e) {
                std::fprintf(stderr, "usher_bench_reference: %s\n", e.what());
                std::_Exit(1);
            }
        });
    }
    const auto sleep = [](double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); };
    sleep(options.real("warmup", 0.5));
    counting = true;
    const auto from = SteadyTime::now();
    const double cpu = own_cpu();
    sleep(options.real("seconds", 3));
    const double took = seconds_since(from);
    const auto messages = static_cast<double>(done.load());
    const double used = own_cpu() - cpu;
    stopping = true;
    for (auto& thread : threads) thread.join();
    Report report;
    report.add("messages", messages).add("seconds", took).add("per_s", messages / took);
    report.add("repeated", static_cast<double>(repeated)).add("client_cpu_us", used / messages * 1e6).print();
}

}  // namespace
}  // namespace usher::bench

int main(int count, char** words) {
    try {
        usher::bench::run(usher::bench::Options(count - 1, words + 1));
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "usher_bench_reference: %s\n", e.what());
        return 1;
    }
}
