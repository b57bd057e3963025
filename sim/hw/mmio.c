/* SPDX-License-Identifier: BSD-2-Clause */
/* The posted-write ring; see the header. Who sleeps and who rings is the domains' business. */
#include "sim/hw/mmio.h"

/* A write that changes nothing as long as the device sleeps. */
static bool idle(const struct mmio_ring *ring, const struct mmio_entry *entry)
{
    return entry->kind == MMIO_WRITE && entry->bytes == 4 &&
           entry->offset == atomic_load_explicit(&ring->idle_offset, memory_order_relaxed);
}

static bool lowers(const struct mmio_ring *ring, const struct mmio_entry *entry)
{
    uint32_t bits = atomic_load_explicit(&ring->lowering_bits, memory_order_relaxed);

    return entry->kind == MMIO_WRITE && entry->bytes == 4 && bits != 0 &&
           entry->offset == atomic_load_explicit(&ring->lowering_offset, memory_order_relaxed) &&
           (entry->value & bits) == bits;
}

bool mmio_lowers(const struct mmio_ring *ring, const struct mmio_entry *entry, uint32_t *at)
{
    if (!lowers(ring, entry)) {
        return false;
    }
    *at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    return true;
}

bool mmio_unseen(const struct mmio_ring *ring, uint32_t at)
{
    return (int32_t)(atomic_load_explicit(&ring->head, memory_order_acquire) - at) <= 0;
}

bool mmio_post(struct mmio_ring *ring, const struct mmio_entry *entry, bool *wake)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    if (tail - head >= MMIO_ENTRIES) {
        return false;
    }
    ring->entries[tail % MMIO_ENTRIES] = *entry;
    /* Publish the entry before the index, and the index before looking whether the device sleeps:
     * the device says that it sleeps and then looks at the index once more. */
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    *wake = atomic_load_explicit(&ring->device_sleeps, memory_order_acquire) != 0 &&
            entry->kind != MMIO_ACK && !idle(ring, entry) && !lowers(ring, entry);
    return true;
}

bool mmio_pending(const struct mmio_ring *ring)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    return tail - head - 1 < MMIO_ENTRIES;
}

bool mmio_next(struct mmio_ring *ring, struct mmio_entry *out)
{
    if (!mmio_pending(ring)) {
        return false;
    }
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    *out = *(volatile struct mmio_entry *)&ring->entries[head % MMIO_ENTRIES];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return true;
}
