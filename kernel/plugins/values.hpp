#pragma once
/// What crosses the plugin border, as plain C++ values: the tables of <usher/plugin.h> copied out, so that nothing
/// above sees a borrowed pointer and a carrier in another process can flatten them member by member.
#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/error.hpp"
#include "model/ids.hpp"

namespace usher::plugins {

using Pair = std::pair<std::string, std::string>;
using Pairs = std::vector<Pair>;

/// The first value of `key`, or empty. Keys may repeat. Header names: find_header, which ignores case.
std::string_view find(const Pairs& pairs, std::string_view key);
std::string_view find_header(const Pairs& headers, std::string_view name);

enum class Kind : std::uint32_t { channel = 1, strategy = 2, responder = 3, exporter = 4 };
BOOST_DESCRIBE_ENUM(Kind, channel, strategy, responder, exporter)
enum class Role : std::uint32_t { edge = 0, owner = 1 };
BOOST_DESCRIBE_ENUM(Role, edge, owner)
/// What an error is about; account holds the account's other sends back too.
enum class Scope : std::uint32_t { message = 0, contact = 1, account = 2 };
BOOST_DESCRIBE_ENUM(Scope, message, contact, account)
/// How an instance is. ready, degraded and failed are what the plugin says (or the host, of one that did not start).
enum class State : std::uint32_t { ready = 0, degraded = 1, failed = 2, stopped = 3 };
BOOST_DESCRIBE_ENUM(State, ready, degraded, failed, stopped)

/// USHER_MSG_*; a number that is not here is kept as it is (the kernel stores it as an event).
enum class MessageKind : std::uint32_t {
    text = 1,
    sent = 2,
    delivered = 3,
    read = 4,
    failed = 5,
    typing = 6,
    edit = 7,
    delete_ = 8,
    reaction = 9,
    postback = 10,
    contact = 11,
    page_view = 12,
    echo = 13,
    closed = 14,
};
BOOST_DESCRIBE_ENUM(MessageKind, text, sent, delivered, read, failed, typing, edit, delete_, reaction, postback,
                    contact, page_view, echo, closed)

/// An attachment. emit: uri is "blob:<id>" or an https: address that is fetched after the message is stored. send: uri
/// is "blob:<id>", attrs_json has id, url, sha256, expires_at_unix_us.
struct Part {
    std::string mime, name, uri, attrs_json;
    std::uint64_t size_bytes = 0;
    friend bool operator==(const Part&, const Part&) = default;
};
BOOST_DESCRIBE_STRUCT(Part, (), (mime, name, uri, attrs_json, size_bytes))

/// usher_message. Strings of an emitted one are UTF-8 without NUL and within the host's limits (checked at the border).
struct Message {
    MessageKind kind = MessageKind::text;
    std::uint32_t timeout_ms = 0;  // send: 0 = 30 s
    std::uint32_t attempt = 1;     // send
    std::string id;  // send: the idempotency key. emit: the API's id of our message, where the peer knows it
    std::string conversation_id;
    std::string dedupe_key;  // emit
    std::string thread_key;
    std::string remote_id;
    std::string reply_to_remote_id;
    std::string contact;
    std::string text;
    std::string content_json;  // these three: an object, or empty
    std::string contact_json;
    std::string author_json;
    std::int64_t sent_unix_us = 0;
    std::uint64_t seq = 0;
    std::vector<Part> parts;
    Pairs attrs;
    friend bool operator==(const Message&, const Message&) = default;
};
BOOST_DESCRIBE_STRUCT(Message, (),
                      (kind, timeout_ms, attempt, id, conversation_id, dedupe_key, thread_key, remote_id,
                       reply_to_remote_id, contact, text, content_json, contact_json, author_json, sent_unix_us, seq,
                       parts, attrs))

struct FormField {
    std::string name, file_name, mime, value, blob;
};
BOOST_DESCRIBE_STRUCT(FormField, (), (name, file_name, mime, value, blob))

/// A webhook or a visitor's upgrade on its way in, or a plugin's own request on its way out.
struct HttpRequest {
    std::string method;
    std::string url;          // webhook: public origin + request target exactly as received
    std::string path, query;  // webhook: raw; the path below /channels/<account>, without "?"
    std::string remote_addr;  // webhook: the client, behind trusted proxies too
    std::string body;         // any bytes
    std::string body_blob;    // webhook: over 256 KiB the body is a blob
    Pairs headers;            // webhook: without Cookie, X-API-Key, X-CSRF-Token (the host removes them here again)
    std::vector<FormField> form;
    std::uint32_t timeout_ms = 0;  // 0 = 30 s
    std::uint32_t redirect_limit = 0;
};
BOOST_DESCRIBE_STRUCT(HttpRequest, (),
                      (method, url, path, query, remote_addr, body, body_blob, headers, form, timeout_ms,
                       redirect_limit))

struct HttpResponse {
    std::uint32_t status = 0;
    Pairs headers;  // of a webhook's answer: without Set-Cookie
    std::string body;
    std::string body_blob;
};
BOOST_DESCRIBE_STRUCT(HttpResponse, (), (status, headers, body, body_blob))

/// How one attempt to send ended. Every code but unknown_outcome and plugin_lost promises that nothing was sent.
struct SendResult {
    bool ok = false;
    std::vector<std::string> remote_ids;  // one per part, in order; a plugin may give none
    std::string status;                   // "delivered" where the peer said so at once; else empty: sent
    Errc code = Errc::internal;           // not ok: why
    Scope scope = Scope::message;
    std::chrono::milliseconds retry_after{0};  // not before; 0 = by the account's schedule
    std::string error;                         // for operators
    std::string reason_code;                   // for programs
    std::string reason_text;                   // for the agent
    Pairs fields;                              // all that the plugin answered
    explicit operator bool() const { return ok; }
};
BOOST_DESCRIBE_STRUCT(SendResult, (),
                      (ok, remote_ids, status, code, scope, retry_after, error, reason_code, reason_text, fields))

/// What became of an emit; all are durable when this exists.
struct EmitResult {
    std::string message_id;  // empty for what is no message (a receipt without a match, typing)
    std::string conversation_id;
    bool duplicate = false;  // stored before with the same content; the ids are the first ones
    bool conflict = false;   // stored before with other content; nothing changed
    std::string ignored;     // why a receipt changed nothing: "lower_rank", "after_delivered"; else empty
};
BOOST_DESCRIBE_STRUCT(EmitResult, (), (message_id, conversation_id, duplicate, conflict, ignored))

/// An agent who may take the conversation.
struct Candidate {
    std::string id, attrs_json;
    std::uint32_t open_count = 0;
    std::uint32_t open_limit = 0;  // 0 = none
    std::int64_t last_assigned_unix_us = 0;
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (id, attrs_json, open_count, open_limit, last_assigned_unix_us))

struct RouteRequest {
    std::vector<Message> message;  // the contact's newest, or none
    std::vector<Candidate> agents;
    std::string conversation_json;  // sdk/ABI.md, Strategies
    std::uint32_t timeout_ms = 0;   // 0 = 2 s
};
BOOST_DESCRIBE_STRUCT(RouteRequest, (), (message, agents, conversation_json, timeout_ms))

/// What a visitor's socket may see.
struct VisitorScope {
    std::string contact;
    std::string thread_key;  // at least one of the two is set
    std::string after;       // cursor to resume at; empty: from now
    std::string attrs_json;  // object, kept with the session
};
BOOST_DESCRIBE_STRUCT(VisitorScope, (), (contact, thread_key, after, attrs_json))

struct VisitorAdmission {
    bool admitted = false;
    VisitorScope scope;
    HttpResponse refusal;  // not admitted: always an answer
};
BOOST_DESCRIBE_STRUCT(VisitorAdmission, (), (admitted, scope, refusal))

/// Who speaks: one configured instance. `key` and `space_id` are 0 for kinds other than channels.
struct AccountRef {
    std::string id;       // the slug
    std::string channel;  // the plugin's id
    Kind kind = Kind::channel;
    AccountKey key;
    SpaceId space_id;
};
BOOST_DESCRIBE_STRUCT(AccountRef, (), (id, channel, kind, key, space_id))

}  // namespace usher::plugins
