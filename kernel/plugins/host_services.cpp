// The service tables of one instance: usher.blob/1 and usher.visitor/1. usher.net/1 is not offered yet: service()
// answers NULL, which a plugin reads as "absent".
#include "foundation/text.hpp"
#include "plugins/host.hpp"

namespace usher::plugins {

const usher_blob_host Host::kBlobTable = {
    sizeof(usher_blob_host), 0, &Host::c_fetch, &Host::c_open, &Host::c_create, &Host::c_seal};
const usher_visitor_host Host::kVisitorTable = {sizeof(usher_visitor_host), 0, &Host::c_push, &Host::c_close,
                                                &Host::c_history};

const void* Host::c_service(const usher_host* c, usher_str id) {
    return of(c).service(view(id));
}

const void* Host::service(std::string_view id) const {
    if (id == "usher.blob/1" && settings_.sinks.blobs) return &kBlobTable;
    if (id == "usher.visitor/1" && settings_.sinks.visitors && settings_.account.kind == Kind::channel)
        return &kVisitorTable;
    return nullptr;
}

namespace {

std::string blob_id(usher_str blob) {
    std::string_view id = view(blob);
    if (id.starts_with("blob:")) id.remove_prefix(5);
    return std::string(id);
}

void add_blob_fields(Outcome& out, const std::string& blob, std::uint64_t size, const std::string& mime,
                     const std::string& sha256) {
    out.fields.emplace_back("blob", blob);
    out.fields.emplace_back("size_bytes", std::to_string(size));
    out.fields.emplace_back("mime", mime);
    out.fields.emplace_back("sha256", sha256);
}

}  // namespace

usher_status Host::c_fetch(const usher_host* c, const usher_http* request, std::uint64_t limit, usher_done done) {
    Host& host = of(c);
    HttpSink* sink = host.settings_.sinks.http;
    if (!sink) return USHER_E_UNSUPPORTED;
    auto copied = read_request(request);
    if (!copied) {
        host.complain(copied.error().message);
        return USHER_E_INVALID;
    }
    auto work = [self = host.shared_from_this(), sink, request = std::move(*copied), limit]() -> Task<Outcome> {
        auto result = co_await sink->fetch(self->account(), self->settings_.allow_cidrs, request, limit);
        if (!result) co_return Outcome::of(result.error());
        Outcome out;
        if (!result->blob.empty()) add_blob_fields(out, result->blob, result->size_bytes, result->mime, result->sha256);
        out.http = std::move(result->response);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work), true);
}

usher_status Host::c_open(const usher_host* c, usher_str blob, usher_done done) {
    Host& host = of(c);
    BlobSink* sink = host.settings_.sinks.blobs;
    if (!sink || !check_text(view(blob), 1024)) return sink ? USHER_E_INVALID : USHER_E_UNSUPPORTED;
    auto work = [self = host.shared_from_this(), sink, id = blob_id(blob)]() -> Task<Outcome> {
        auto fd = co_await sink->open(self->account(), id);
        if (!fd) co_return Outcome::of(fd.error());
        Outcome out;
        out.fd = std::make_shared<Fd>(*fd);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work));
}

usher_status Host::c_create(const usher_host* c, std::uint64_t limit, usher_done done) {
    Host& host = of(c);
    BlobSink* sink = host.settings_.sinks.blobs;
    if (!sink) return USHER_E_UNSUPPORTED;
    auto work = [self = host.shared_from_this(), sink, limit]() -> Task<Outcome> {
        auto draft = co_await sink->create(self->account(), limit);
        if (!draft) co_return Outcome::of(draft.error());
        Outcome out;
        out.fd = std::make_shared<Fd>(draft->fd);
        out.fields.emplace_back("draft", draft->id);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work));
}

usher_status Host::c_seal(const usher_host* c, usher_str draft, usher_done done) {
    Host& host = of(c);
    BlobSink* sink = host.settings_.sinks.blobs;
    if (!sink || !check_text(view(draft), 1024)) return sink ? USHER_E_INVALID : USHER_E_UNSUPPORTED;
    auto work = [self = host.shared_from_this(), sink, id = copy(draft)]() -> Task<Outcome> {
        auto sealed = co_await sink->seal(self->account(), id);
        if (!sealed) co_return Outcome::of(sealed.error());
        Outcome out;
        add_blob_fields(out, sealed->blob, sealed->size_bytes, sealed->mime, sealed->sha256);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work));
}

usher_status Host::c_push(const usher_host* c, usher_str session, usher_str json) {
    Host& host = of(c);
    VisitorSink* sink = host.settings_.sinks.visitors;
    if (!sink) return USHER_E_UNSUPPORTED;
    if (!check_text(view(json), kFrameLimit) || !check_text(view(session), 1024)) return USHER_E_INVALID;
    if (!sink->push(host.account(), copy(session), copy(json))) return USHER_E_NOT_FOUND;
    return USHER_OK;
}

usher_status Host::c_close(const usher_host* c, usher_str session, std::uint32_t code, usher_str reason) {
    Host& host = of(c);
    VisitorSink* sink = host.settings_.sinks.visitors;
    if (!sink) return USHER_E_UNSUPPORTED;
    // RFC 6455: what an endpoint may send, and a reason that fits a control frame.
    const bool sendable = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                          (code >= 3000 && code <= 4999);
    if (!sendable || !check_text(view(reason), 123) || !check_text(view(session), 1024)) return USHER_E_INVALID;
    if (!sink->close(host.account(), copy(session), code, copy(reason))) return USHER_E_NOT_FOUND;
    return USHER_OK;
}

usher_status Host::c_history(const usher_host* c, usher_str contact, usher_str thread, usher_str after,
                             std::uint32_t limit, usher_done done) {
    Host& host = of(c);
    VisitorSink* sink = host.settings_.sinks.visitors;
    if (!sink) return USHER_E_UNSUPPORTED;
    for (const usher_str text : {contact, thread, after}) {
        if (!check_text(view(text), 1024)) return USHER_E_INVALID;
    }
    if (contact.size == 0 && thread.size == 0) return USHER_E_INVALID;
    auto work = [self = host.shared_from_this(), sink, who = copy(contact), key = copy(thread), cursor = copy(after),
                 most = std::clamp(limit, 1U, 200U)]() -> Task<Outcome> {
        auto entries = co_await sink->history(self->account(), who, key, cursor, most);
        if (!entries) co_return Outcome::of(entries.error());
        Outcome out;
        out.body = std::move(*entries);
        co_return out;
    };
    return host.begin_and_run(done, std::move(work));
}

}  // namespace usher::plugins
