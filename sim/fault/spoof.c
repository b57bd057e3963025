/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain that sends frames in somebody else's name: it takes an empty buffer as its image would,
 * writes a frame there whose source is not its own, and submits it. Where a domain passes frames on
 * to a client, that client is given a frame nobody sent.
 *
 * FAULT_ACTED: a is the plan queue, b how many frames were sent.
 */
#include <string.h>

#include "sim/fault/queues.h"

#define MAC_BYTES    6u
#define HEADER_BYTES 14u

struct spoof {
    struct queue_aim aim;
    uint8_t source[MAC_BYTES], destination[MAC_BYTES];
    uint64_t bytes, times;
    bool ring;
};

static const struct param params[] = {
    PARAM_QUEUE(struct spoof, "a frame queue it fills"),
    PARAM_MAC(struct spoof, source, NULL, "in whose name; another client's if left out"),
    PARAM_MAC(struct spoof, destination, "ff:ff:ff:ff:ff:ff", "to whom"),
    PARAM_UINT(struct spoof, bytes, 60, 14, 2048, "length of each frame"),
    PARAM_UINT(struct spoof, times, 1, 1, 1024, "how many, each time"),
    PARAM_BOOL(struct spoof, ring, true, "signal the other end afterwards"),
    PARAM_END,
};

static const struct queue_choice choice = {.side = SIDE_FILLS, .frames = true, .doing = "sends by"};

static bool spoof_check(void *state, const struct plan *plan, uint32_t pd, struct diag *diag,
                        struct diag_place place)
{
    const struct spoof *s = state;

    return queues_check(&s->aim, &choice, plan, pd, diag, place);
}

/* Some other endpoint's address; zeros if there is no other. */
static void others_mac(const struct inside *in, uint8_t mac[static MAC_BYTES])
{
    const struct plan *plan = in->plan;
    uint32_t first = (uint32_t)rng_below(in->rng, plan->pd_count);

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        uint32_t pd = (first + i) % plan->pd_count;

        if (pd != in->pd && plan->pds[pd].mac_count > 0) {
            memcpy(mac, plan->pds[pd].macs[0], MAC_BYTES);
            return;
        }
    }
}

static void write_frame(const struct spoof *s, const struct inside *in, uint8_t *to, uint64_t bytes)
{
    static const uint8_t none[MAC_BYTES];
    /* A type that is set aside for experiments. */
    uint8_t header[HEADER_BYTES] = {[12] = 0x88, [13] = 0xb5};

    memcpy(header, s->destination, MAC_BYTES);
    memcpy(header + MAC_BYTES, s->source, MAC_BYTES);
    if (memcmp(s->source, none, MAC_BYTES) == 0) {
        others_mac(in, header + MAC_BYTES);
    }
    for (uint64_t i = 0; i < bytes; i++) {
        __atomic_store_n(to + i, i < HEADER_BYTES ? header[i] : 0, __ATOMIC_RELAXED);
    }
}

/* One frame. False if there is no buffer for it, or no room. */
static bool send_one(const struct spoof *s, const struct inside *in, const struct queue_view *q)
{
    struct queue_view partner;
    struct descriptor d;
    uint64_t room;

    if (queue_length(q) >= q->shape->capacity || !queue_open(&partner, in, q->shape->partner) ||
        !queue_take(&partner, &d)) {
        return false;
    }
    uint8_t *to = queue_buffer(in, q, d, RIGHT_WRITE, &room);

    if (to != NULL) {
        write_frame(s, in, to, s->bytes < room ? s->bytes : room);
    }
    d.len = (uint32_t)s->bytes;
    return queue_put(q, d);
}

static void send_some(const void *state, struct inside *in, const struct queue_view *q)
{
    const struct spoof *s = state;
    uint64_t sent = 0;

    while (sent < s->times && send_one(s, in, q)) {
        sent++;
    }
    if (sent != 0) {
        queue_did(in, q, sent, s->ring);
    }
}

static enum inside_next spoof_inside(void *state, struct inside *in)
{
    struct spoof *s = state;

    return queues_each(&s->aim, &choice, in, send_some, s);
}

const struct fault_type fault_spoof = {
    .name = "spoof",
    .doc = "a domain sends frames in somebody else's name",
    .state_size = sizeof(struct spoof),
    .params = params,
    .needs_pd = true,
    .composes = true,
    .check = spoof_check,
    .inside = spoof_inside,
};
