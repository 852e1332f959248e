/* A strategy in plain C: the candidate who was assigned a conversation longest ago. It keeps no state, so one static
 * instance does for all; create hands out its address and destroy has nothing to free. */
#include <stddef.h>
#include <usher/plugin.h>

#define STR(literal) \
    { literal, sizeof(literal) - 1 }

static usher_status choose(void* self, const usher_route* route, usher_done done) {
    (void)self;
    usher_result result = {.struct_size = sizeof result};
    const usher_agent* best = NULL;
    for (size_t i = 0; i < route->agent_count; ++i) {
        const usher_agent* agent = &route->agents[i];
        if (best == NULL || agent->last_assigned_unix_us < best->last_assigned_unix_us) best = agent;
    }
    if (best != NULL) result.body = best->id; /* borrowed until fn returns: that is long enough */
    done.fn(done.ctx, &result);
    return USHER_OK;
}

static usher_status answer_ok(usher_done done) {
    usher_result result = {.struct_size = sizeof result};
    done.fn(done.ctx, &result);
    return USHER_OK;
}
static usher_status start(void* self, uint32_t role, usher_done done) {
    (void)self, (void)role;
    return answer_ok(done);
}
static usher_status stop(void* self, usher_done done) {
    (void)self;
    return answer_ok(done);
}
static void destroy(void* self) {
    (void)self;
}

static const usher_strategy kOps = {.struct_size = sizeof kOps, .choose = choose};
static const usher_instance kInstance = {
    .struct_size = sizeof kInstance, .ops = &kOps, .start = start, .stop = stop, .destroy = destroy};

static const usher_descriptor kDescriptor = {.struct_size = sizeof kDescriptor,
                                             .kind = USHER_STRATEGY,
                                             .id = STR("example.choose_first_c"),
                                             .name = STR("Longest without"),
                                             .version = STR("0.1.0"),
                                             .config_schema = STR("{\"type\": \"object\", \"properties\": {}}"),
                                             .capabilities = STR("{}")};
static const usher_descriptor* const kDescriptors[] = {&kDescriptor};

static usher_status create(usher_str id, const usher_host* host, usher_str config_json, const usher_instance** out) {
    (void)host, (void)config_json;
    if (id.size != kDescriptor.id.size) return USHER_E_NOT_FOUND;
    for (size_t i = 0; i < id.size; ++i)
        if (id.data[i] != kDescriptor.id.data[i]) return USHER_E_NOT_FOUND;
    *out = &kInstance;
    return USHER_OK;
}

const usher_entry usher_plugin_entry_v0 = {.struct_size = sizeof usher_plugin_entry_v0,
                                           .abi_minor = USHER_ABI_MINOR,
                                           .descriptors = kDescriptors,
                                           .descriptor_count = 1,
                                           .create = create};
