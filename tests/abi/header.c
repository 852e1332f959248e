/* The header alone, included twice, before anything else: compiled under each standard by CTest. */
#include <usher/plugin.h>

int usher_header_compiles(const usher_message* message) {
    return USHER_FITS(usher_message, message, attr_count) ? 1 : 0;
}
