#pragma once
/// Sends one message, which may be several calls. What was sent is remembered, so that another attempt goes on where
/// this one stopped and nothing reaches the customer twice.
#include <functional>
#include <memory>

#include "api.hpp"
#include "outgoing.hpp"

namespace usher::telegram {

class Sender {
public:
    using Then = std::function<void(sdk::Result<sdk::Receipt>)>;
    Sender(sdk::Host host, const Api& api) : host_(host), api_(api) {}

    void send(const sdk::Message& message, Then then) const;
    /// Changes or withdraws what was sent; a change that changes nothing is a success.
    void edit(const sdk::Message& message, Then then) const;
    void withdraw(const sdk::Message& message, Then then) const;
    void typing(const sdk::Message& message, Then then) const;

private:
    struct Work;
    void next(const std::shared_ptr<Work>& work) const;
    void answered(const std::shared_ptr<Work>& work, const Reply& reply) const;
    void stop(const std::shared_ptr<Work>& work, sdk::Failure failure) const;
    void change(const sdk::Message& message, std::string_view method, boost::json::object parameters, Then then) const;

    sdk::Host host_;
    const Api& api_;
};

}  // namespace usher::telegram
