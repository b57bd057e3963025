/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vswitch must answer its clients' calls (sddf/network/vswitch.h), worked out anew from its
 * configuration and from the addresses that it was told before. Of a request that lacks a word, any
 * error is right.
 */
#include <sddf/network/config.h>
#include <sddf/network/vswitch.h>

#include "sim/class/net_parts.h"

struct told {
    uint32_t ip[SDDF_NET_MAX_CLIENTS];
};
_Static_assert(sizeof(struct told) <= CLASS_ANSWERS_BYTES, "there is room for each port's address");

/* What is right. */
struct right {
    uint64_t error;
    bool any_error;
    unsigned length;
    uint64_t words[VSWITCH_QUERY_RET_NUM_ARGS];
};

static struct right refused(uint64_t error)
{
    return (struct right){.error = error, .length = 1};
}

static struct right set_address(struct told *told, uint32_t caller, const struct class_call *asked)
{
    uint64_t ip = asked->words[VSWITCH_SET_IP_ADDR_ARG];

    if (asked->length < VSWITCH_SET_NUM_ARGS || ip == 0 || ip > UINT32_MAX) {
        struct right right = refused(VSWITCH_ERR_INVALID_IP);

        right.any_error = asked->length < VSWITCH_SET_NUM_ARGS;
        return right;
    }
    told->ip[caller] = (uint32_t)ip;
    return (struct right){.error = VSWITCH_ERR_OKAY, .length = VSWITCH_SET_RET_NUM_ARGS};
}

static struct right ask_client(const net_vswitch_config_t *config, const struct told *told,
                               uint64_t reach, const struct class_call *asked)
{
    uint64_t port = asked->words[VSWITCH_REQ_CLIENT_ID];
    struct right right = refused(VSWITCH_ERR_OPERATION_DENIED);

    if (asked->length < VSWITCH_REQ_NUM_ARGS) {
        right.any_error = true;
    } else if (port == config->num_ports - 1u) {
        right.error = VSWITCH_ERR_VIRT_PORT;
    } else if (port < config->num_ports && (reach >> port & 1) != 0) {
        right = told->ip[port] == 0 ? refused(VSWITCH_ERR_NO_IP)
                                    : (struct right){.length = VSWITCH_REQ_RET_NUM_ARGS,
                                                     .words = {0, told->ip[port]}};
    }
    return right;
}

static struct right right_answer(const net_vswitch_config_t *config, struct told *told,
                                 unsigned channel, const struct class_call *asked)
{
    uint32_t caller = 0, virt = config->num_ports - 1u;

    while (caller < virt && config->ports[caller].tx.id != channel) {
        caller++;
    }
    if (caller == virt) {
        return refused(VSWITCH_ERR_INVALID_OPERATION);
    }
    uint64_t reach = config->ports[caller].acl & ~(UINT64_C(1) << caller) &
                     UINT64_MAX >> (64 - config->num_ports);

    switch (asked->label) {
    case VSWITCH_SET_IP_ADDR:
        return set_address(told, caller, asked);
    case VSWITCH_QUERY_STATE:
        return (struct right){.length = VSWITCH_QUERY_RET_NUM_ARGS, .words = {0, caller, reach}};
    case VSWITCH_REQ_CLIENT:
        return ask_client(config, told, reach, asked);
    default:
        return refused(VSWITCH_ERR_INVALID_OPERATION);
    }
}

enum call_wrong net_answer(const struct plan *plan, uint32_t pd, unsigned channel,
                           const struct class_call *asked, const struct class_call *answer,
                           void *memory)
{
    const struct plan_blob *blob = plan_told(&plan->pds[pd], net_vswitch_section.name);
    const net_vswitch_config_t *config = blob == NULL ? NULL : blob->bytes;

    if (config == NULL || config->num_ports == 0 || config->num_ports > SDDF_NET_MAX_CLIENTS) {
        return CALL_RIGHT;
    }
    struct right right = right_answer(config, memory, channel, asked);

    if (answer->length == 0 || answer->label != 0 || answer->caps != 0) {
        return CALL_SHAPE;
    }
    if (right.any_error ? answer->words[0] == VSWITCH_ERR_OKAY : answer->words[0] != right.error) {
        return CALL_ERROR;
    }
    if (answer->length != right.length) {
        return CALL_SHAPE;
    }
    for (unsigned i = 1; i < right.length; i++) {
        if (answer->words[i] != right.words[i]) {
            return CALL_WORD;
        }
    }
    return CALL_RIGHT;
}
