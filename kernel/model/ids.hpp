#pragma once
/// The ids of everything that has one.
#include "foundation/ids.hpp"

namespace usher {

using SpaceId = Id<struct SpaceTag>;
using InboxId = Id<struct InboxTag>;
using UserId = Id<struct UserTag>;
using ContactId = Id<struct ContactTag>;
using IdentityId = Id<struct IdentityTag>;
using ConversationId = Id<struct ConversationTag>;
using EntryId = Id<struct EntryTag>;  // of a timeline entry: a message, a note or an event badge
using AttachmentId = Id<struct AttachmentTag>;
using ApiKeyId = Id<struct ApiKeyTag>;
using TeamId = Id<struct TeamTag>;
using AccountKey = Id<struct AccountTag>;  // the row of an account; its public id is a slug

}  // namespace usher
