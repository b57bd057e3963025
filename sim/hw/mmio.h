/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HW_MMIO_H
#define SIM_HW_MMIO_H
/*
 * The way of a register access from a driver's domain to its device's: a ring of posted writes, in
 * order, in memory that only those two map. A read is an entry like a write, so that all earlier
 * writes take effect before it, and is then waited for. The device trusts no word of it: an entry
 * is copied, checked, then used.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define MMIO_ENTRIES 2048u

struct mmio_entry {
    uint32_t offset;
    uint8_t bytes; /* 1, 2, 4, 8 */
    uint8_t read;
    uint16_t number; /* of a read, so an answer cannot be taken for another's */
    uint64_t value;
};

struct mmio_ring {
    _Alignas(64) _Atomic uint32_t tail; /* driver */
    _Atomic uint32_t driver_waits;      /* for room or an answer: the device must ring it */
    _Alignas(64) _Atomic uint32_t head; /* device */
    _Atomic uint32_t device_sleeps;     /* the driver must ring it ... */
    _Atomic uint32_t idle_offset; /* ... except for a write here, which would change nothing */
    _Alignas(64) _Atomic uint32_t answered; /* 1 + number of the read last answered */
    uint64_t answer;
    _Alignas(64) struct mmio_entry entries[MMIO_ENTRIES];
};

_Static_assert(sizeof(struct mmio_ring) <= 0x10000, "the plan gives a ring 64 KiB");

/* Driver's side. False if the ring is full. `*wake`: the device sleeps and must be rung. */
bool mmio_post(struct mmio_ring *ring, const struct mmio_entry *entry, bool *wake);
/* Device's side: the next entry, copied. False if there is none; a tail that lies by more than the
 * ring is none. */
bool mmio_next(struct mmio_ring *ring, struct mmio_entry *out);
bool mmio_pending(const struct mmio_ring *ring);
#endif
