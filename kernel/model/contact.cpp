#include "model/contact.hpp"

#include "foundation/text.hpp"

namespace usher {

std::string search_text_of(const Contact& contact) {
    std::string text = fold(contact.name);
    if (contact.email) text += '\n' + fold(*contact.email);
    if (contact.phone) text += '\n' + *contact.phone;
    return std::string(prefix_utf8(text, 600));
}

}  // namespace usher
