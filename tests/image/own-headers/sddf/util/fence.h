/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_FENCE_H
#define OWN_FENCE_H
/* Order among cores, by what C11 has for it. */
#include <stdatomic.h>
#include <stdint.h>

#include <os/sddf.h>

#define THREAD_MEMORY_FENCE()   atomic_thread_fence(memory_order_acq_rel)
#define THREAD_MEMORY_RELEASE() atomic_thread_fence(memory_order_release)
#define THREAD_MEMORY_ACQUIRE() atomic_thread_fence(memory_order_acquire)

static inline uint16_t load_acquire_16(const uint16_t *word)
{
    uint16_t value = *(const volatile uint16_t *)word;

    THREAD_MEMORY_ACQUIRE();
    return value;
}

static inline void store_release_16(uint16_t *word, uint16_t value)
{
    THREAD_MEMORY_RELEASE();
    *(volatile uint16_t *)word = value;
}

static inline uint32_t load_relaxed_32(const uint32_t *word)
{
    return *(const volatile uint32_t *)word;
}

static inline void store_relaxed_32(uint32_t *word, uint32_t value)
{
    *(volatile uint32_t *)word = value;
}

static inline void fence_seq_cst(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}
#endif
