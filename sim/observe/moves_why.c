/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the addresses in a frame say of the way it takes: may this endpoint see it, was it let pass
 * in another's name, and why did it go nowhere? All is deduced from the frame, the plan's addresses
 * and the queues. Nothing here changes the books.
 */
#include <string.h>

#include "sim/observe/moves_parts.h"

#define MAC_BYTES 6u

static bool has_mac(const struct plan_pd *pd, const uint8_t *mac)
{
    for (size_t i = 0; i < pd->mac_count; i++) {
        if (memcmp(pd->macs[i], mac, MAC_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Is the frame in this buffer one that the endpoint behind `q` may see: its own address, or a
 * group's? Of a frame that goes on in another buffer, the one it came in is asked: the endpoint
 * cannot write that. Where its sender can, and is not to be relied on, it may by now be anything.
 */
void moves_check_receiver(struct moves *m, const struct watched *q, const struct held_pool *pool,
                          uint32_t buffer)
{
    const uint8_t *data = moves_frame_data(pool, buffer);
    const struct plan_pd *to = &m->plan->pds[q->endpoint];
    uint8_t mac[8] = {0};

    if (data == NULL || to->mac_count == 0 || pool->forgeable) {
        return;
    }
    memcpy(mac, data, MAC_BYTES);
    if (mac[0] & 1) {
        return;
    }
    if (has_mac(to, mac)) {
        return;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < MAC_BYTES; i++) {
        value = value << 8 | mac[i];
    }
    moves_tell(m, PROBE_FRAME_FOREIGN, q->index, value, q->endpoint);
}

/* Does a client give to a switch a frame that bears the address of another client there as its own?
 */
static bool is_spoofed(const struct moves *m, const struct watched *source,
                       const uint8_t mac[static MAC_BYTES])
{
    if (!m->plan->pds[source->shape->producer].endpoint ||
        has_mac(&m->plan->pds[source->shape->producer], mac)) {
        return false;
    }
    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct watched *q = &m->queues[i];
        const struct plan_pd *other = &m->plan->pds[q->shape->producer];

        if (!q->produces && q->frames && q != source && other->endpoint && has_mac(other, mac)) {
            return true;
        }
    }
    return false;
}

/* Who says where frames may go says as well in whose name. */
void moves_check_sender(struct moves *m, const struct watched *q, const struct held_pool *pool,
                        uint32_t buffer)
{
    const uint8_t *data = moves_frame_data(pool, buffer);
    uint8_t mac[MAC_BYTES];
    uint64_t value = 0;

    if (data == NULL) {
        return;
    }
    memcpy(mac, data + MAC_BYTES, MAC_BYTES);
    if (is_spoofed(m, pool->source, mac)) {
        for (unsigned i = 0; i < MAC_BYTES; i++) {
            value = value << 8 | mac[i];
        }
        moves_tell(m, PROBE_FRAME_FORGED, q->index, value, pool->source->shape->producer);
    }
}

/*
 * Why a frame for this address went nowhere, that may go to the neighbours `onward`. One for a
 * group is for all of them; one for nobody here is for a device, if there is one behind a
 * neighbour.
 */
static enum drop_reason why_not_passed(const struct moves *m, uint64_t onward,
                                       const uint8_t mac[static MAC_BYTES])
{
    static const uint8_t broadcast[MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    bool all = memcmp(mac, broadcast, MAC_BYTES) == 0, known = false, device = m->device_by != 0;
    uint64_t by = all ? m->device_by : 0;

    for (size_t i = 0; i < m->reach_count; i++) {
        if (all || has_mac(&m->plan->pds[m->reach[i].pd], mac)) {
            by |= m->reach[i].by;
            known = true;
        }
    }
    if (!known && device) {
        by |= m->device_by;
        known = true;
    }
    if (!known) {
        return DROP_NO_MATCH;
    }
    return (by & onward) == 0 ? DROP_DENIED : DROP_NO_BUFFER;
}

/* Does one who copies leave buffers where it gets them, which were there when it was entered? */
static bool has_spare_buffer(const struct moves *m)
{
    return m->spare != NULL && m->spare->counts->moved - m->spare_moved < m->spare_offered;
}

/* Has one who is not to be relied on ever left no room for a frame? */
static bool was_refused(const struct moves *m)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct watched *q = &m->queues[i];

        if (q->produces && q->frames && q->exposed && q->told_refused) {
            return true;
        }
    }
    return false;
}

/* Why a frame that was taken comes back unpassed. */
enum drop_reason moves_why_dropped(const struct moves *m, const struct held_pool *pool,
                                   uint32_t buffer)
{
    const uint8_t *data = moves_frame_data(pool, buffer);
    uint32_t len = pool->buffers[buffer].len;
    const struct watched *source = pool->source;
    uint8_t macs[2 * MAC_BYTES]; /* to whom, and from whom */

    if (len < 14 || len > FRAME_BYTES_MAX) {
        return DROP_INVALID;
    }
    if (m->line != NULL) { /* it cannot copy what it cannot read */
        return data == NULL          ? DROP_INVALID
               : has_spare_buffer(m) ? DROP_UNEXPLAINED
                                     : DROP_NO_BUFFER;
    }
    if (data == NULL || (m->reach_count == 0 && m->device_by != 0)) {
        /* All it could do was to pass it on. */
        return was_refused(m) ? DROP_NO_BUFFER : DROP_UNEXPLAINED;
    }
    memcpy(macs, data, sizeof macs);
    if (source != NULL && source->shape->onward != NULL &&
        is_spoofed(m, source, macs + MAC_BYTES)) {
        return DROP_DENIED;
    }
    return why_not_passed(m, source == NULL ? UINT64_MAX : source->onward, macs);
}
