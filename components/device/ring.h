/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_RING_H
#define COMPONENTS_DEVICE_RING_H
/*
 * A ring of descriptors in memory, one bit in each of which says whose it is: what most network
 * controllers have, each with the bit elsewhere. How a ring is laid out is data, so a model says
 * only which bits, and what it reads from and writes to the rest of a descriptor.
 *
 * Descriptors lie in memory the driver can write, so they are hostile: each is read once into the
 * ring's private read-ahead and used from there. Only descriptors the device owns are kept, as a
 * real DMA engine does.
 */
#include "components/device/nic.h"

#define RING_ENTRIES_LIMIT 4096 /* a ring that has not wrapped by then is taken to wrap */
#define RING_AHEAD_WORDS   16   /* descriptors read at once: a line of 64 bytes */

struct ring_format {
    uint8_t words; /* of a descriptor, 32 bits each; 2 or 4 */
    uint8_t owner_word;
    uint32_t owner_mask, owner_value; /* it is the device's */
    uint8_t wrap_word;
    uint32_t wrap_mask; /* the ring ends with it; 0: its length is in a register */
};

struct ring {
    const struct ring_format *format;
    uint64_t io_addr; /* of the next descriptor */
    uint64_t base;
    unsigned index;      /* of the next descriptor, from base */
    unsigned entries;    /* as a register, or the last wrap, told; 0: not yet known */
    unsigned next, have; /* words */
    bool active;         /* there is, or may be, one that is the device's */
    uint32_t ahead[RING_AHEAD_WORDS];
};

/* A ring from its first descriptor on; not active. `entries` 0: as its wrap bit says. */
void ring_start(struct ring *r, const struct ring_format *format, uint64_t base, unsigned entries);

/* As ring_peek, when nothing is ahead. */
const uint32_t *ring_read_ahead(struct nic *n, struct ring *r);

/*
 * The next descriptor if the device owns it, else NULL: the ring has run dry, and is not active any
 * more; or it could not be read, and the model has been told of the bus error.
 */
static inline const uint32_t *ring_peek(struct nic *n, struct ring *r)
{
    if (r->next < r->have) {
        return &r->ahead[r->next];
    }
    return r->active ? ring_read_ahead(n, r) : NULL;
}

/* Done with the present descriptor, without a word to the driver. */
void ring_advance(struct nic *n, struct ring *r);
/*
 * Hand the present descriptor back: what goes with it is in memory, or has been read, before these
 * bytes of it, whole words, say so; of these the one that tells the owner is written last. False:
 * refused, and the model has been told of the bus error.
 */
bool ring_hand_back(struct nic *n, struct ring *r, unsigned offset, const void *from, size_t bytes);
#endif
