/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a ring of descriptors; see the header. */
#include "components/device/ring.h"

#include <string.h>

#include <sddf/util/fence.h>

#define LINE_BYTES (RING_AHEAD_WORDS * 4u)

void ring_start(struct ring *r, const struct ring_format *format, uint64_t base, unsigned entries)
{
    memset(r, 0, sizeof(*r));
    r->format = format;
    r->base = r->io_addr = base;
    r->entries = entries;
}

/*
 * Read the run of descriptors the device owns from here on. As long as the length of the ring is
 * unknown they are read one by one, so that nothing beyond its end is touched; then a line at a
 * time.
 */
const uint32_t *ring_read_ahead(struct nic *n, struct ring *r)
{
    const struct ring_format *f = r->format;
    unsigned count = 1, bytes = f->words * 4u;

    if (r->entries > r->index) {
        unsigned in_line = (LINE_BYTES - (unsigned)(r->io_addr % LINE_BYTES)) / bytes;
        unsigned in_ring = r->entries - r->index;
        count = in_line < in_ring ? in_line : in_ring;
        count = count == 0 ? 1 : count; /* one that lies across two lines */
    }
    r->next = r->have = 0;
    if (!n->bus->dma_read(n->bus, r->io_addr, r->ahead, (size_t)count * bytes)) {
        n->verbs->bus_error(n);
        return NULL;
    }
    /* The bodies of the descriptors, and the buffers they name, are read after the owner bits. */
    THREAD_MEMORY_ACQUIRE();
    while (r->have < count * f->words &&
           (r->ahead[r->have + f->owner_word] & f->owner_mask) == f->owner_value) {
        r->have += f->words;
    }
    r->active = r->have > 0;
    return r->active ? r->ahead : NULL;
}

/* Is it still what it was when it was read? Who gives a descriptor away before it is complete, or
 * takes it back before it is handed back, is found out. */
static void look_again(struct nic *n, const struct ring *r)
{
    uint32_t now[RING_AHEAD_WORDS];
    size_t bytes = r->format->words * 4u;

    if (n->bus->dma_read(n->bus, r->io_addr, now, bytes) &&
        memcmp(now, &r->ahead[r->next], bytes) != 0) {
        nic_violation_in(n, NIC_RULE_CHANGED, r->io_addr);
    }
}

/* All but the word that tells the owner. */
static bool write_others(struct nic *n, const struct ring *r, unsigned offset, const char *from,
                         size_t bytes)
{
    unsigned owner = r->format->owner_word * 4u, end = offset + (unsigned)bytes;
    bool good =
        (owner == offset || n->bus->dma_write(n->bus, r->io_addr + offset, from, owner - offset)) &&
        (owner + 4 == end || n->bus->dma_write(n->bus, r->io_addr + owner + 4,
                                               from + (owner + 4 - offset), end - owner - 4));

    THREAD_MEMORY_RELEASE();
    if (!good) {
        n->verbs->bus_error(n);
    }
    return good;
}

bool ring_hand_back(struct nic *n, struct ring *r, unsigned offset, const void *from, size_t bytes)
{
    if (n->strict) {
        look_again(n, r);
    }
    THREAD_MEMORY_FENCE();
    if (bytes > 4 && !write_others(n, r, offset, from, bytes)) {
        return false;
    }
    unsigned owner = r->format->owner_word * 4u;
    if (bytes > 4) {
        from = (const char *)from + (owner - offset);
        offset = owner;
        bytes = 4;
    }
    if (!n->bus->dma_write(n->bus, r->io_addr + offset, from, bytes)) {
        n->verbs->bus_error(n);
        return false;
    }
    ring_advance(n, r);
    return true;
}

void ring_advance(struct nic *n, struct ring *r)
{
    const struct ring_format *f = r->format;
    bool wrap = f->wrap_mask != 0 ? r->ahead[r->next + f->wrap_word] & f->wrap_mask
                                  : r->index + 1 == r->entries;

    r->next += f->words;
    r->index++;
    r->io_addr += f->words * 4u;
    if (!wrap && r->index == RING_ENTRIES_LIMIT) {
        nic_violation_in(n, NIC_RULE_NO_WRAP, r->base);
        wrap = true;
    }
    if (wrap) {
        r->entries = r->index;
        r->index = 0;
        r->io_addr = r->base;
        r->next = r->have = 0;
    }
}
