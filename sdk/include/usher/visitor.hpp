#pragma once
/// Customers on a WebSocket that the kernel owns (service "usher.visitor/1"), both ways: VisitorHost is the kernel's
/// side, VisitorSessions is what a channel implements beside Channel. The kernel writes the visible entries itself.
#include <usher/done.hpp>
#include <usher/host.hpp>

namespace usher::sdk {

class VisitorHost {
public:
    VisitorHost(Host host, const usher_visitor_host* table) : host_(host), table_(table) {}

    /// May be lost: nothing durable goes here. @returns false where the host has no such session (any more)
    bool push(std::string_view session, std::string_view json) const {
        return table_->push(host_.raw(), str(session), str(json)) == USHER_OK;
    }
    /// @param code  a WebSocket close code: 1000, or 4000-4999 with the channel's own meaning
    bool close(std::string_view session, std::uint32_t code, std::string_view reason) const {
        return table_->close(host_.raw(), str(session), code, str(reason)) == USHER_OK;
    }
    /// What the stream has shown, of this account only: JSON entries (ABI.md). after "" = from the oldest.
    void history(std::string_view contact, std::string_view thread_key, std::string_view after, std::uint32_t limit,
                 Callback<std::string> callback) const {
        detail::begin<std::string>(
            host_, "visitor.history", std::move(callback), &detail::decode_body, [&](usher_done done) {
                return table_->history(host_.raw(), str(contact), str(thread_key), str(after), limit, done);
            });
    }

private:
    Host host_;
    const usher_visitor_host* table_;
};

inline std::optional<VisitorHost> Host::visitors() const {
    const auto* table = service<usher_visitor_host>("usher.visitor/1");
    if (table == nullptr || !USHER_FITS(usher_visitor_host, table, history)) return std::nullopt;
    return VisitorHost(*this, table);
}

/// A channel that also derives from this one offers the service; the wrapper does the rest.
class VisitorSessions {
public:
    virtual ~VisitorSessions() = default;
    /// Lets a visitor in, or refuses (Failure::http is the answer to the upgrade, where set).
    virtual void accept(std::string session, HttpRequest request, Done<Admission> done) = 0;
    /// A frame from the visitor. The next one comes after `done`.
    virtual void frame(std::string session, std::string json, Done<void> done) = 0;
    virtual void closed(std::string session) = 0;
};

}  // namespace usher::sdk
