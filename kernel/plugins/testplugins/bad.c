/* Libraries that are wrong in one way each; BAD_* says which. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
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
#else
/* A sound library but for one thing. */
#define TEXT(literal) \
    { (literal), sizeof(literal) - 1 }
#if !defined(BAD_ID)
#define BAD_ID "org.example.bad"
#endif
#if !defined(BAD_NAME)
#define BAD_NAME "Bad"
#endif
#if !defined(BAD_SCHEMA)
#define BAD_SCHEMA "{\"type\": \"object\", \"properties\": {}}"
#endif
#if !defined(BAD_CAPABILITIES)
#define BAD_CAPABILITIES ""
#endif
#if !defined(BAD_KIND)
#define BAD_KIND USHER_CHANNEL
#endif
#if !defined(BAD_COUNT)
#define BAD_COUNT 1
#endif
__attribute__((unused)) static usher_status create(usher_str id, const usher_host* host, usher_str config_json,
                                                   const usher_instance** out) {
    (void)id, (void)host, (void)config_json, (void)out;
    return USHER_E_INTERNAL;
}
static const usher_descriptor kDescriptor = {.struct_size = sizeof(usher_descriptor),
                                             .kind = BAD_KIND,
                                             .id = TEXT(BAD_ID),
                                             .name = TEXT(BAD_NAME),
                                             .version = TEXT("1.0"),
                                             .config_schema = TEXT(BAD_SCHEMA),
                                             .capabilities = TEXT(BAD_CAPABILITIES)};
__attribute__((unused)) static const usher_descriptor* const kList[] = {&kDescriptor};
const usher_entry usher_plugin_entry_v0 = {.struct_size = sizeof(usher_entry),
                                           .abi_minor = USHER_ABI_MINOR,
#if !defined(BAD_NULL_LIST)
                                           .descriptors = kList,
#endif
                                           .descriptor_count = BAD_COUNT,
#if !defined(BAD_NULL_CREATE)
                                           .create = create
#endif
};
#if defined(BAD_BEGINNING)
__attribute__((constructor)) static void begin(void) {
    BAD_BEGINNING;
}
#endif
#endif
