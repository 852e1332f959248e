#pragma once
/// The whole of Usher, put together: started in order, stopped in the opposite one.
#include <memory>

#include "app/options.hpp"
#include "foundation/error.hpp"

namespace usher::app {

class Daemon final {
public:
    explicit Daemon(Options options);
    ~Daemon();  // stops

    /// Everything up to open ports; then the address and, while there is no administrator, the set-up link are printed.
    /// An error is one that the operator can act on; what had started is stopped.
    Result<void> start();
    /// SIGHUP: what can be taken over at once is, what cannot is named in the log.
    void reload();
    /// Drains and stops; returns when nothing runs any more.
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace usher::app
