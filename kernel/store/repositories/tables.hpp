#pragma once
/// Which table each row type of the model lives in.
#include "model/contact.hpp"
#include "model/conversation.hpp"
#include "model/entry.hpp"
#include "store/session.hpp"

namespace usher::store {

template <>
inline constexpr std::string_view kTable<Conversation> = "conversation";
template <>
inline constexpr std::string_view kTable<Entry> = "entry";
template <>
inline constexpr std::string_view kTable<Attachment> = "attachment";
template <>
inline constexpr std::string_view kTable<Contact> = "contact";
template <>
inline constexpr std::string_view kTable<Identity> = "identity";

}  // namespace usher::store
