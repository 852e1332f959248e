#pragma once
/// Channel: a medium. Override what the medium can do; what is not overridden is absent from the C table, and the
/// kernel has its default. All of it runs on the instance's thread, never two at once; answer through `done`, now or
/// later.
#include <usher/instance.hpp>

namespace usher::sdk {

class Channel : public Instance {
public:
    static constexpr std::uint32_t kKind = USHER_CHANNEL;
    using Instance::Instance;

    /// One attempt; the kernel queues, orders within the conversation and retries. Owner only. A failure other than
    /// unknown_outcome promises that the provider did not take the message.
    virtual void send(Outbound, Done<Receipt> done) {
        done(Failure{.status = Status::unsupported, .error = "this channel does not send"});
    }
    /// A request below /channels/<account>. The host holds a 2xx back until every emit begun before it is durable.
    virtual void webhook(HttpRequest, Done<HttpAnswer> done) {
        done(Failure{.status = Status::not_found, .error = "this channel takes no webhooks"});
    }
    /// One round, which may wait for the provider (at most two minutes). Owner only, never two at once. What it emits
    /// is durable before a cursor moves (ABI.md, Polling). A failure is shown to the operator; the kernel backs off.
    virtual void poll(Done<Polled> done) { done(Polled{}); }
    /// A JSON array. Owner only.
    virtual void list_templates(Done<std::string> done) { done(std::string("[]")); }

    template <class T>
    struct Ops {
        using A = detail::Adapter<T>;
        static usher_status send(void* self, const usher_message* message, usher_done done) {
            return A::template run<Receipt>(self, "send", done, [&](T& object, Done<Receipt>& owed) {
                if (message->kind > USHER_MSG_CLOSED)  // of a later kernel: nobody here knows it
                    return owed(Failure{.status = Status::unsupported, .error = "unknown kind of message"});
                object.send(Message::copy(*message), owed);
            });
        }
        static usher_status webhook(void* self, const usher_http* request, usher_done done) {
            return A::template run<HttpAnswer>(self, "webhook", done, [&](T& object, Done<HttpAnswer>& owed) {
                object.webhook(HttpRequest::copy(*request), owed);
            });
        }
        static usher_status poll(void* self, usher_done done) {
            return A::template run<Polled>(self, "poll", done,
                                           [&](T& object, Done<Polled>& owed) { object.poll(owed); });
        }
        static usher_status list_templates(void* self, usher_done done) {
            return A::template run<std::string>(
                self, "list_templates", done, [&](T& object, Done<std::string>& owed) { object.list_templates(owed); });
        }
        template <class Mine, class Base>
        static constexpr bool overrides(Mine, Base) {
            return !std::is_same_v<Mine, Base>;
        }
        static constexpr usher_channel kTable = {
            sizeof(usher_channel),
            0,
            overrides(&T::send, &Channel::send) ? &Ops::send : nullptr,
            overrides(&T::webhook, &Channel::webhook) ? &Ops::webhook : nullptr,
            overrides(&T::poll, &Channel::poll) ? &Ops::poll : nullptr,
            overrides(&T::list_templates, &Channel::list_templates) ? &Ops::list_templates : nullptr,
        };
    };
};

}  // namespace usher::sdk
