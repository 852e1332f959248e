#include "plugins/host_requests.hpp"

namespace usher::plugins {
namespace {

using wire::Op;

/// Carries the end of a host call back over the link.
struct Relay {
    std::weak_ptr<Link> link;
    std::uint32_t instance;
    std::uint64_t call;

    void answer(Outcome outcome) const {
        auto to = link.lock();
        if (!to || call == 0) return;
        std::string frame = wire::frame(Op::answer, instance, call, outcome);
        to->send(std::move(frame), outcome.fd);
    }
    static void done(void* ctx, const usher_result* result) noexcept {
        const std::unique_ptr<Relay> self(static_cast<Relay*>(ctx));
        try {
            self->answer(read_result(result));
        } catch (const std::exception& e) {  // out of memory at the worst; nothing may pass the border
            log::error("plugins", e.what());
        }
    }
};

/// Begins one call of the host; a refusal is an answer too.
template <class Begin>
void begin(const std::shared_ptr<Link>& link, const wire::Head& head, Begin call) {
    auto relay = std::make_unique<Relay>(Relay{link, head.instance, head.call});
    const usher_status status = call(usher_done{relay.get(), &Relay::done});
    if (status == USHER_OK) {
        (void)relay.release();  // done deletes it
    } else {
        relay->answer(Outcome::failed(status, "the host did not begin it"));
    }
}

std::vector<usher_pair> lend(const Pairs& pairs) {
    std::vector<usher_pair> out;
    for (const auto& [key, value] : pairs) out.push_back({borrow(key), borrow(value)});
    return out;
}

const usher_blob_host* blobs_of(const usher_host* c) {
    return static_cast<const usher_blob_host*>(c->service(c, borrow("usher.blob/1")));
}
const usher_visitor_host* visitors_of(const usher_host* c) {
    return static_cast<const usher_visitor_host*>(c->service(c, borrow("usher.visitor/1")));
}

bool tell(const usher_host* c, const Link::Frame& frame) {
    std::string text, name;
    std::uint32_t number = 0;
    Pairs labels;
    double delta = 0;
    switch (frame.head.op) {
        case Op::log:
            if (!wire::read(frame.body, number, text)) return false;
            c->log(c, number, borrow(text));
            return true;
        case Op::metric: {
            if (!wire::read(frame.body, name, delta, labels)) return false;
            const auto lent = lend(labels);
            c->metric(c, borrow(name), delta, lent.data(), lent.size());
            return true;
        }
        case Op::state:
            if (!wire::read(frame.body, number, text)) return false;
            c->state(c, number, borrow(text));
            return true;
        default:
            return false;
    }
}

bool store(const usher_host* c, const std::shared_ptr<Link>& link, const Link::Frame& frame) {
    Message message;
    std::string key, expected, value;
    switch (frame.head.op) {
        case Op::emit:
            if (!wire::read(frame.body, message)) return false;
            begin(link, frame.head, [&](usher_done done) { return c->emit(c, LentMessage(message).get(), done); });
            return true;
        case Op::emit_for:
            if (!wire::read(frame.body, key, message)) return false;
            begin(link, frame.head,
                  [&](usher_done done) { return c->emit_for(c, borrow(key), LentMessage(message).get(), done); });
            return true;
        case Op::kv_get:
            if (!wire::read(frame.body, key)) return false;
            begin(link, frame.head, [&](usher_done done) { return c->kv_get(c, borrow(key), done); });
            return true;
        case Op::kv_put:
            if (!wire::read(frame.body, key, value)) return false;
            begin(link, frame.head, [&](usher_done done) { return c->kv_put(c, borrow(key), borrow(value), done); });
            return true;
        case Op::kv_put_if:
            if (!wire::read(frame.body, key, expected, value)) return false;
            begin(link, frame.head,
                  [&](usher_done done) { return c->kv_put_if(c, borrow(key), borrow(expected), borrow(value), done); });
            return true;
        default:
            return false;
    }
}

bool transfer(const usher_host* c, const std::shared_ptr<Link>& link, const Link::Frame& frame) {
    HttpRequest request;
    std::string text;
    std::uint64_t limit = 0;
    const usher_blob_host* blobs = blobs_of(c);
    const auto absent = [](usher_done) { return static_cast<usher_status>(USHER_E_UNSUPPORTED); };
    switch (frame.head.op) {
        case Op::http:
            if (!wire::read(frame.body, request)) return false;
            begin(link, frame.head, [&](usher_done done) { return c->http(c, LentRequest(request).get(), done); });
            return true;
        case Op::fetch:
            if (!wire::read(frame.body, request, limit)) return false;
            if (!blobs) return begin(link, frame.head, absent), true;
            begin(link, frame.head,
                  [&](usher_done done) { return blobs->fetch(c, LentRequest(request).get(), limit, done); });
            return true;
        case Op::blob_open:
            if (!wire::read(frame.body, text)) return false;
            if (!blobs) return begin(link, frame.head, absent), true;
            begin(link, frame.head, [&](usher_done done) { return blobs->open(c, borrow(text), done); });
            return true;
        case Op::blob_create:
            if (!wire::read(frame.body, limit)) return false;
            if (!blobs) return begin(link, frame.head, absent), true;
            begin(link, frame.head, [&](usher_done done) { return blobs->create(c, limit, done); });
            return true;
        case Op::blob_seal:
            if (!wire::read(frame.body, text)) return false;
            if (!blobs) return begin(link, frame.head, absent), true;
            begin(link, frame.head, [&](usher_done done) { return blobs->seal(c, borrow(text), done); });
            return true;
        default:
            return false;
    }
}

bool visit(const usher_host* c, const std::shared_ptr<Link>& link, const Link::Frame& frame) {
    const usher_visitor_host* visitors = visitors_of(c);
    std::string session, text, thread, after;
    std::uint32_t number = 0;
    switch (frame.head.op) {
        case Op::push:
            if (!wire::read(frame.body, session, text)) return false;
            if (visitors) visitors->push(c, borrow(session), borrow(text));
            return true;
        case Op::close:
            if (!wire::read(frame.body, session, number, text)) return false;
            if (visitors) visitors->close(c, borrow(session), number, borrow(text));
            return true;
        case Op::history:
            if (!wire::read(frame.body, text, thread, after, number)) return false;
            begin(link, frame.head, [&](usher_done done) {
                if (!visitors) return static_cast<usher_status>(USHER_E_UNSUPPORTED);
                return visitors->history(c, borrow(text), borrow(thread), borrow(after), number, done);
            });
            return true;
        default:
            return false;
    }
}

}  // namespace

bool serve_request(Host& host, const std::shared_ptr<Link>& link, const Link::Frame& frame) {
    const usher_host* c = host.table();
    switch (frame.head.op) {
        case Op::log:
        case Op::metric:
        case Op::state:
            return tell(c, frame);
        case Op::emit:
        case Op::emit_for:
        case Op::kv_get:
        case Op::kv_put:
        case Op::kv_put_if:
            return store(c, link, frame);
        case Op::http:
        case Op::fetch:
        case Op::blob_open:
        case Op::blob_create:
        case Op::blob_seal:
            return transfer(c, link, frame);
        default:
            return visit(c, link, frame);
    }
}

}  // namespace usher::plugins
