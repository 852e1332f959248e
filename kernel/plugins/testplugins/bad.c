/* Libraries that are wrong in one way each; BAD_* says which. */
#include <stddef.h>
#include <usher/plugin.h>

#if defined(BAD_NO_ENTRY)
__attribute__((visibility("default"))) int something_else = 1;
#elif defined(BAD_MAJOR)
__attribute__((visibility("default"))) const int usher_plugin_entry_v1 = 1;
#elif defined(BAD_MINOR)
const usher_entry usher_plugin_entry_v0 = {.struct_size = sizeof(usher_entry), .abi_minor = USHER_ABI_MINOR + 1};
#elif defined(BAD_SHORT)
const usher_entry usher_plugin_entry_v0 = {.struct_size = 8, .abi_minor = USHER_ABI_MINOR};
#elif defined(BAD_SYMBOL)
extern int nobody_has_this(void);
static usher_status create(usher_str id, const usher_host* host, usher_str config_json, const usher_instance** out) {
    (void)id, (void)host, (void)config_json, (void)out;
    return nobody_has_this();
}
const usher_entry usher_plugin_entry_v0 = {
    .struct_size = sizeof(usher_entry), .abi_minor = USHER_ABI_MINOR, .create = create};
#endif
