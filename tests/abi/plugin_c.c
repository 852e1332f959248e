/* A channel in plain C11: what a plugin looks like without the wrapper. It echoes what it is sent, and emits the body
 * of a webhook as a message, answering once that is durable. One operation at a time of each kind keeps it short. */
#include <stdlib.h>
#include <string.h>
#include <usher/plugin.h>

#define STR(literal) \
    { literal, sizeof(literal) - 1 }

typedef struct {
    usher_instance instance;
    const usher_host* host;
} echo;

typedef struct { /* a webhook that waits for its emit */
    usher_done answer;
} webhook_in_flight;

static void finish(usher_done done, usher_status status) {
    usher_result result = {.struct_size = sizeof result, .status = status};
    done.fn(done.ctx, &result);
}

static usher_status echo_send(void* self, const usher_message* message, usher_done done) {
    (void)self;
    if (message->kind != USHER_MSG_TEXT) return USHER_E_UNSUPPORTED;
    usher_pair remote_id = {STR("remote_id"), message->id};
    usher_result result = {.struct_size = sizeof result, .fields = &remote_id, .field_count = 1};
    done.fn(done.ctx, &result);
    return USHER_OK;
}

static void emitted(void* ctx, const usher_result* emit) {
    webhook_in_flight* flight = ctx;
    if (emit->status == USHER_OK) {
        usher_http_result http = {.struct_size = sizeof http, .http_status = 202, .body = STR("taken")};
        usher_result result = {.struct_size = sizeof result, .http = &http};
        flight->answer.fn(flight->answer.ctx, &result);
    } else {
        finish(flight->answer, emit->status);
    }
    free(flight);
}

static usher_status echo_webhook(void* self, const usher_http* request, usher_done done) {
    const echo* me = self;
    if (request->body.size == 0) return USHER_E_INVALID;
    webhook_in_flight* flight = malloc(sizeof *flight);
    if (flight == NULL) return USHER_E_INTERNAL;
    flight->answer = done;
    usher_message message = {.struct_size = sizeof message, .kind = USHER_MSG_TEXT};
    message.dedupe_key = request->body;
    message.contact = request->remote_addr;
    message.text = request->body;
    const usher_status status = me->host->emit(me->host, &message, (usher_done){flight, emitted});
    if (status != USHER_OK) free(flight);
    return status;
}

static usher_status start(void* self, uint32_t role, usher_done done) {
    const echo* me = self;
    const usher_str text = role == USHER_ROLE_OWNER ? (usher_str)STR("owner") : (usher_str)STR("edge");
    me->host->log(me->host, USHER_LOG_INFO, text);
    finish(done, USHER_OK);
    return USHER_OK;
}

static usher_status stop(void* self, usher_done done) {
    (void)self;
    finish(done, USHER_OK);
    return USHER_OK;
}

static void destroy(void* self) {
    free(self);
}

static const usher_channel kOps = {.struct_size = sizeof(usher_channel), .send = echo_send, .webhook = echo_webhook};

static usher_status create(usher_str id, const usher_host* host, usher_str config_json, const usher_instance** out) {
    (void)config_json;
    if (id.size != 9 || memcmp(id.data, "c_example", 9) != 0) return USHER_E_NOT_FOUND;
    echo* me = calloc(1, sizeof *me);
    if (me == NULL) return USHER_E_INTERNAL;
    me->host = host;
    me->instance.struct_size = sizeof me->instance;
    me->instance.self = me;
    me->instance.ops = &kOps;
    me->instance.start = start;
    me->instance.stop = stop;
    me->instance.destroy = destroy;
    *out = &me->instance;
    return USHER_OK;
}

static const usher_descriptor kDescriptor = {
    .struct_size = sizeof(usher_descriptor),
    .kind = USHER_CHANNEL,
    .id = STR("c_example"),
    .name = STR("Echo in C"),
    .vendor = STR("Usher"),
    .version = STR("0.1.0"),
    .config_schema = STR("{\"type\": \"object\", \"properties\": {}}"),
    .capabilities = STR("{\"kinds\": [\"text\"]}"),
};
static const usher_descriptor* const kDescriptors[] = {&kDescriptor};

const usher_entry usher_plugin_entry_v0 = {
    .struct_size = sizeof(usher_entry),
    .abi_minor = USHER_ABI_MINOR,
    .descriptors = kDescriptors,
    .descriptor_count = 1,
    .create = create,
};
