#pragma once
/// For tests: a TCP proxy before a database server that cuts the connection at the worst moment.
#include <atomic>
#include <thread>

namespace usher::store::testing {

class CuttingProxy final {
public:
    enum class Cut {
        never,
        before_commit,         // the server never sees the COMMIT
        after_commit,          // the server has it; nobody waits for the answer
        after_commit_answered  // the server has committed and said so; the client never hears it
    };

    explicit CuttingProxy(int server_port);
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    int port() const { return port_; }
    /// The next COMMIT that passes is cut so, once (or `every_time`); with `then_down` the server is gone after it.
    void arm(Cut cut, bool then_down = false, bool every_time = false) {
        every_time_ = every_time;
        then_down_ = then_down;
        cut_ = cut;
    }
    bool armed() const { return cut_ != Cut::never; }
    /// Down: every connection ends and new ones are closed at once.
    void down() { down_ = true; }
    void up() { down_ = false; }
    /// Held: what comes is neither answered nor refused, as by a server that hangs or a way that swallows everything.
    void hold(bool held) { held_ = held; }

private:
    void loop();

    int server_port_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<Cut> cut_ = Cut::never;
    std::atomic<bool> then_down_ = false;
    std::atomic<bool> every_time_ = false;
    std::atomic<bool> down_ = false;
    std::atomic<bool> held_ = false;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace usher::store::testing
