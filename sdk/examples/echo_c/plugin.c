/* The echo channel in plain C: an instance of its own for each account, made by create and freed by destroy. */
#include <stdlib.h>
#include <string.h>
#include <usher/plugin.h>

#define STR(literal) \
    { literal, sizeof(literal) - 1 }

typedef struct {
    usher_instance instance; /* what the host sees; self points back at this */
    const usher_host* host;
} echo;

static usher_status finish(usher_done done, usher_status status, usher_str error) {
    usher_result result = {.struct_size = sizeof result, .status = status, .error = error};
    done.fn(done.ctx, &result); /* exactly once, and only because USHER_OK is returned */
    return USHER_OK;
}

static usher_status echo_send(void* self, const usher_message* message, usher_done done) {
    (void)self;
    if (message->kind != USHER_MSG_TEXT)
        return finish(done, USHER_E_UNSUPPORTED, (usher_str)STR("only texts are sent"));
    usher_pair remote_id = {STR("remote_id"), message->id};
    usher_result result = {.struct_size = sizeof result, .fields = &remote_id, .field_count = 1};
    done.fn(done.ctx, &result);
    return USHER_OK;
}

static usher_status echo_start(void* self, uint32_t role, usher_done done) {
    const echo* me = self;
    const usher_str text = STR("ready");
    (void)role;
    me->host->log(me->host, USHER_LOG_DEBUG, text);
    return finish(done, USHER_OK, (usher_str){NULL, 0});
}
static usher_status echo_stop(void* self, usher_done done) {
    (void)self; /* nothing is ever pending here */
    return finish(done, USHER_OK, (usher_str){NULL, 0});
}
static void echo_destroy(void* self) {
    free(self);
}

static const usher_channel kOps = {.struct_size = sizeof kOps, .send = echo_send};

static const usher_descriptor kDescriptor = {.struct_size = sizeof kDescriptor,
                                             .kind = USHER_CHANNEL,
                                             .id = STR("example.echo_c"),
                                             .name = STR("Echo in C"),
                                             .version = STR("0.1.0"),
                                             .config_schema = STR("{\"type\": \"object\", \"properties\": {}}"),
                                             .capabilities = STR("{\"kinds\": [\"text\"]}")};
static const usher_descriptor* const kDescriptors[] = {&kDescriptor};

static usher_status create(usher_str id, const usher_host* host, usher_str config_json, const usher_instance** out) {
    (void)config_json; /* valid by the schema, which takes nothing */
    if (id.size != kDescriptor.id.size || memcmp(id.data, kDescriptor.id.data, id.size) != 0) return USHER_E_NOT_FOUND;
    echo* me = calloc(1, sizeof *me);
    if (me == NULL) return USHER_E_UNAVAILABLE;
    me->host = host;
    me->instance = (usher_instance){.struct_size = sizeof me->instance,
                                    .self = me,
                                    .ops = &kOps,
                                    .start = echo_start,
                                    .stop = echo_stop,
                                    .destroy = echo_destroy};
    *out = &me->instance;
    return USHER_OK;
}

const usher_entry usher_plugin_entry_v0 = {.struct_size = sizeof usher_plugin_entry_v0,
                                           .abi_minor = USHER_ABI_MINOR,
                                           .descriptors = kDescriptors,
                                           .descriptor_count = 1,
                                           .create = create};
