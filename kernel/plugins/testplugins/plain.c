/* A plugin in plain C11: a channel that echoes and a strategy that takes the first agent. For the tests beside it. */
#include <stdlib.h>
#include <string.h>
#include <usher/plugin.h>

typedef struct plain {
    usher_instance instance;
    const usher_host* host;
} plain;

static usher_str text(const char* s) {
    usher_str out = {s, strlen(s)};
    return out;
}

static void finish(usher_done done, usher_status status) {
    usher_result result;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    result.status = status;
    done.fn(done.ctx, &result);
}

static usher_status start(void* self, uint32_t role, usher_done done) {
    (void)self;
    (void)role;
    finish(done, USHER_OK);
    return USHER_OK;
}

static usher_status stop(void* self, usher_done done) {
    (void)self;
    finish(done, USHER_OK);
    return USHER_OK;
}

static usher_status echo(void* self, const usher_message* message, usher_done done) {
    usher_result result;
    usher_pair field;
    char id[64] = "echo-";
    (void)self;
    strncat(id, message->id.data, message->id.size < 50 ? message->id.size : 50);
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    field.key = text("remote_id");
    field.value = text(id);
    result.fields = &field;
    result.field_count = 1;
    done.fn(done.ctx, &result);
    return USHER_OK;
}

static usher_status first(void* self, const usher_route* route, usher_done done) {
    usher_result result;
    (void)self;
    memset(&result, 0, sizeof result);
    result.struct_size = sizeof result;
    if (route->agent_count > 0) result.body = route->agents[0].id;
    done.fn(done.ctx, &result);
    return USHER_OK;
}

static const usher_channel channel = {.struct_size = sizeof(usher_channel), .send = echo};
static const usher_strategy strategy = {.struct_size = sizeof(usher_strategy), .choose = first};

static void destroy(void* self) {
    free(self);
}

static usher_status create(usher_str id, const usher_host* host, usher_str config_json, const usher_instance** out) {
    plain* self = calloc(1, sizeof *self);
    (void)config_json;
    if (self == NULL) return USHER_E_INTERNAL;
    self->host = host;
    self->instance.struct_size = sizeof self->instance;
    self->instance.self = self;
    self->instance.ops = id.size == 5 ? (const void*)&channel : (const void*)&strategy; /* plain, plain_first */
    self->instance.start = start;
    self->instance.stop = stop;
    self->instance.destroy = destroy;
    *out = &self->instance;
    return USHER_OK;
}

static const usher_descriptor plain_channel = {.struct_size = sizeof(usher_descriptor),
                                               .kind = USHER_CHANNEL,
                                               .id = {"plain", 5},
                                               .name = {"Plain C", 7},
                                               .version = {"1.0", 3}};
static const usher_descriptor plain_strategy = {.struct_size = sizeof(usher_descriptor),
                                                .kind = USHER_STRATEGY,
                                                .id = {"plain_first", 11},
                                                .name = {"First", 5},
                                                .version = {"1.0", 3}};
static const usher_descriptor* const descriptors[] = {&plain_channel, &plain_strategy};

const usher_entry usher_plugin_entry_v0 = {.struct_size = sizeof(usher_entry),
                                           .abi_minor = USHER_ABI_MINOR,
                                           .descriptors = descriptors,
                                           .descriptor_count = 2,
                                           .create = create};
