/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HW_MMIO_H
#define SIM_HW_MMIO_H
/*
 * The way of a register access from a driver's domain to its device's: a ring of posted writes, in
 * order, in memory that only those two map. A read is an entry like a write, so that all earlier
 * writes take effect before it, and is then waited for. The acknowledgement of an interrupt goes
 * the same way: it must not overtake the write that lowers the line. The device trusts no word of
 * it: an entry is copied, checked, then used.
 *
 * A driver clears an event, then looks at memory for what the event was about. Here the clearing
 * takes effect a while after it was posted, and something new may have been written in between,
 * whose event would be cleared with the other's, unseen. So an entry says how much the device had
 * `raised` when it was posted, and for a write that comes too late the interrupt fires once more.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MMIO_ENTRIES 2048u

enum mmio_kind { MMIO_WRITE, MMIO_READ, MMIO_ACK };

struct mmio_entry {
    uint32_t offset; /* MMIO_ACK: the interrupt line */
    uint8_t bytes;   /* 1, 2, 4, 8 */
    uint8_t kind;
    uint16_t number; /* of a read, so an answer cannot be taken for another's; else what the device
                        had raised, as far as the driver's side could know */
    uint64_t value;
    uint32_t place; /* in the driver's image, for what is told of it */
};

struct mmio_ring {
    _Alignas(64) _Atomic uint32_t tail; /* driver */
    _Atomic uint32_t driver_waits;      /* for room or an answer: the device must ring it */
    _Alignas(64) _Atomic uint32_t head; /* device */
    _Atomic uint32_t device_sleeps;     /* the driver must ring it ... */
    _Atomic uint32_t idle_offset; /* ... except for a write here, which would change nothing ... */
    /* ... or of these bits here, which would lower the line that the kernel has masked anyway. */
    _Atomic uint32_t lowering_offset, lowering_bits;
    _Atomic uint32_t raised;                /* counts what may have raised an event */
    _Alignas(64) _Atomic uint32_t answered; /* 1 + number of the read last answered */
    uint64_t answer;
    _Alignas(64) struct mmio_entry entries[MMIO_ENTRIES];
};

_Static_assert(sizeof(struct mmio_ring) <= 0x10000, "the plan gives a ring 64 KiB");

/*
 * Driver's side. False if the ring is full. `*wake`: the device sleeps and must be rung. An
 * acknowledgement does not wake it: whoever posts one knows whether the line goes down.
 */
bool mmio_post(struct mmio_ring *ring, const struct mmio_entry *entry, bool *wake);
/*
 * Would this write lower the line of a device that sleeps? Then `*at` is where it will be. And is
 * what was posted there still unseen? As long as it is, a device that sleeps need not be woken to
 * lower its line and unmask it: it will do both before anything else.
 */
bool mmio_lowers(const struct mmio_ring *ring, const struct mmio_entry *entry, uint32_t *at);
bool mmio_unseen(const struct mmio_ring *ring, uint32_t at);
/* Device's side: the next entry, copied. False if there is none; a tail that lies by more than the
 * ring is none. */
bool mmio_next(struct mmio_ring *ring, struct mmio_entry *out);
bool mmio_pending(const struct mmio_ring *ring);
#endif
