#pragma once
/// What the desk's resources (conversations, messages, contacts, attachments) work with beside api/services.hpp.
/// Borrowed.
#include <functional>
#include <string>

#include "api/api.hpp"
#include "api/attachment_links.hpp"
#include "api/services.hpp"
#include "blobs/blobs.hpp"
#include "desk/views.hpp"

namespace usher::api {

struct DeskServices {
    Services& base;
    const desk::Views& views;
    blobs::Blobs& blobs;
    const AttachmentLinks& links;
    std::int64_t attachment_limit_bytes = 25 * 1024 * 1024;
    /// An agent types: to colleagues who look at it and, where the channel shows it, to the customer. May be lost.
    std::function<void(const Principal&, const Conversation&)> typing;
};

void add_conversations(Api& api, DeskServices& services);  // /conversations: lists, commands
void add_messages(Api& api, DeskServices& services);       // their timeline, messages and notes
void add_contacts(Api& api, DeskServices& services);       // /contacts
void add_attachments(Api& api, DeskServices& services);    // /attachments

}  // namespace usher::api
