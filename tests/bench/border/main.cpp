// usher_bench_border [--json]: what the border costs. In this process: a call through the C tables against a virtual
// call that does the same. In a helper: a send and its answer against a bare ping of the same bytes over a socketpair,
// one at a time and pipelined, both in turns in the same run.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <string_view>

#include "foundation/json.hpp"
#include "ping.hpp"
#include "plugins/local_instance.hpp"
#include "plugins/remote_instance.hpp"

namespace usher::bench {
namespace {

using plugins::Instance;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kRounds = 9;
constexpr std::size_t kWindow = 32;

double ns_since(Clock::time_point start, std::size_t count) {
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / static_cast<double>(count);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// A message whose frame is `bytes` long.
plugins::Message message_of(std::size_t bytes) {
    plugins::Message out;
    out.id = "4711";
    out.contact = "customer";
    out.timeout_ms = 30'000;
    out.text.resize(bytes - plugins::wire::frame(plugins::wire::Op::send, 1, 1, out).size(), 'x');
    return out;
}

// ---- in this process ------------------------------------------------------------------------------------------------

/// What the border would be if everybody were C++ of one compiler.
class Sender {
public:
    using Done = void (*)(void* ctx, usher_status status, std::string_view remote_id);
    virtual ~Sender() = default;
    virtual usher_status send(const plugins::Message& message, void* ctx, Done done) = 0;
};
class Echo final : public Sender {
public:
    usher_status send(const plugins::Message& message, void* ctx, Done done) override {
        done(ctx, USHER_OK, message.id);
        return USHER_OK;
    }
};
usher_status echo(void*, const usher_message* message, usher_done done) {
    const usher_pair field{{"remote_id", 9}, message->id};
    usher_result result{};
    result.struct_size = sizeof result;
    result.fields = &field;
    result.field_count = 1;
    done.fn(done.ctx, &result);
    return USHER_OK;
}

std::size_t answered = 0;

double virtual_call(Sender& sender, const plugins::Message& message, std::size_t count) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        sender.send(message, nullptr, [](void*, usher_status, std::string_view id) { answered += id.size(); });
    }
    return ns_since(start, count);
}

double border_call(const usher_channel& channel, const plugins::Message& message, std::size_t count) {
    const usher_done done{nullptr, [](void*, const usher_result* result) {
                              const usher_result mine = plugins::whole(result);
                              answered += mine.fields[0].value.size;
                          }};
    const auto start = Clock::now();
    for (std::size_t i = 0; i < count; ++i) {
        const plugins::LentMessage lent(message);
        channel.send(nullptr, lent.get(), done);
    }
    return ns_since(start, count);
}

// ---- through an instance --------------------------------------------------------------------------------------------

template <class T>
T wait_for(Task<T> task) {
    asio::io_context context;
    std::optional<T> out;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr, T value) { out.emplace(std::move(value)); });
    context.run();
    return std::move(*out);
}

Task<void> send_some(Instance& instance, const plugins::Message& message, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const plugins::SendResult result = co_await instance.send(message);
        if (!result.ok) throw std::runtime_error(result.error);
    }
}

/// `count` sends by `window` coroutines on one thread, as the kernel's outbox makes them.
double sends(Instance& instance, const plugins::Message& message, std::size_t count, std::size_t window) {
    asio::io_context context(1);
    std::exception_ptr failed;
    const auto start = Clock::now();
    for (std::size_t i = 0; i < window; ++i) {
        asio::co_spawn(context, send_some(instance, message, count / window), [&](std::exception_ptr failure) {
            if (failure) failed = failure;
        });
    }
    context.run();
    if (failed) std::rethrow_exception(failed);
    return ns_since(start, count);
}

double pings(Ping& ping, std::size_t count, std::size_t window) {
    const auto start = Clock::now();
    ping.run(count, window);
    return ns_since(start, count);
}

plugins::HostSettings settings() {
    plugins::HostSettings out;
    out.account = {.id = "bench", .channel = "plain"};
    return out;
}

struct Row {
    std::string what;
    double ns, against, limit;  // limit: of ns - against, or of ns / against
    bool ratio;
    bool within() const { return limit == 0 || (ratio ? ns / against : ns - against) <= limit; }
};

int run(bool as_json) {
    asio::thread_pool pool(2);
    std::vector<Row> rows;
    const plugins::Message small = message_of(512);
    {
        Echo direct;
        Sender* sender = &direct;
        asm volatile("" : "+r"(sender));  // nobody may know what it is
        usher_channel channel{};
        channel.struct_size = sizeof channel;
        channel.send = &echo;
        usher_channel* table = &channel;
        asm volatile("" : "+r"(table));
        std::vector<double> a, b;
        for (std::size_t i = 0; i < kRounds; ++i) {
            a.push_back(virtual_call(*sender, small, 200'000));
            b.push_back(border_call(*table, small, 200'000));
        }
        rows.push_back(
            {"in process: a call through the tables, against a virtual call", median(b), median(a), 100, false});
    }
    auto library = plugins::load_library(USHER_BENCH_PLUGIN).value();
    auto local = wait_for(plugins::LocalInstance::create(library, "{}", settings(), {}, pool)).value();
    wait_for(local->start(plugins::Role::owner)).value();
    plugins::RemoteInstance::Place place;
    place.helpers = std::make_shared<plugins::Helpers>(plugins::HelperOptions{}, pool);
    place.library = USHER_BENCH_PLUGIN;
    auto remote = wait_for(plugins::RemoteInstance::create(place, "{}", settings(), {}, pool)).value();
    wait_for(remote->start(plugins::Role::owner)).value();
    for (const std::size_t size : {std::size_t{1024}, std::size_t{16 * 1024}}) {
        const plugins::Message message = message_of(size);
        plugins::SendResult answer;
        answer.remote_ids = {"echo-4711"};
        answer.fields = {{"remote_id", "echo-4711"}};
        Ping ping(size, plugins::wire::frame(plugins::wire::Op::answer, 1, 1, answer).size());
        std::vector<double> one_ping, one_send, many_pings, many_sends, one_local;
        for (std::size_t i = 0; i < kRounds; ++i) {
            one_ping.push_back(pings(ping, 3'000, 1));
            one_send.push_back(sends(*remote, message, 3'000, 1));
            many_pings.push_back(pings(ping, 9'600, kWindow));
            many_sends.push_back(sends(*remote, message, 9'600, kWindow));
            one_local.push_back(sends(*local, message, 3'000, 1));
        }
        const std::string bytes = std::to_string(size / 1024) + " KiB";
        rows.push_back({"isolated, " + bytes + ", one at a time, against a bare ping", median(one_send),
                        median(one_ping), 2, true});
        rows.push_back({"isolated, " + bytes + ", " + std::to_string(kWindow) + " at once, against a bare ping",
                        median(many_sends), median(many_pings), 2, true});
        rows.push_back({"in process, " + bytes + ", with the hop to a plugin thread and back, against a bare ping",
                        median(one_local), median(one_ping), 0, true});
    }
    wait_for([](Instance& a, Instance& b) -> Task<bool> {
        co_await a.destroy();
        co_await b.destroy();
        co_return true;
    }(*local, *remote));
    local.reset();
    remote.reset();
    pool.join();

    json::array list;
    bool within = true;
    for (const auto& row : rows) {
        within = within && row.within();
        const double shown = row.ratio ? row.ns / row.against : row.ns - row.against;
        if (!as_json) {
            std::printf("%-82s %9.0f ns  %9.0f ns  %s%.2f%s%s\n", row.what.c_str(), row.ns, row.against,
                        row.ratio ? "x" : "+", shown, row.ratio ? "" : " ns",
                        row.limit == 0 ? ""
                        : row.within() ? "  within"
                                       : "  OVER");
        }
        list.push_back(json::object{{"what", row.what},
                                    {"ns", row.ns},
                                    {"against_ns", row.against},
                                    {"limit", row.limit},
                                    {"is_ratio", row.ratio},
                                    {"within", row.within()}});
    }
    if (as_json) std::printf("%s\n", write_json(list).c_str());
    return within ? 0 : 1;
}

}  // namespace
}  // namespace usher::bench

int main(int count, char** words) {
    try {
        return usher::bench::run(count > 1 && std::string_view(words[1]) == "--json");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "usher_bench_border: %s\n", e.what());
        return 2;
    }
}
