/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_FENCE_H
#define SDDF_UTIL_FENCE_H
/*
 * Memory ordering, in three strengths: against the compiler, against another core, and the one full
 * barrier that keeps a store before a later load.
 *
 * PDs here run on real cores whatever the simulated machine has, so every barrier is always issued;
 * CONFIG_ENABLE_SMP_SUPPORT does not weaken any of them.
 */
#include <stdint.h>
#include <os/sddf.h>

/*
 * Instrumented builds replace atomics by calls; gcc then warns of fences that its own checker
 * cannot model.
 */
#if defined(__SANITIZE_THREAD__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* Order the compiler only: for what the same core sees. */
#define COMPILER_MEMORY_FENCE()   __atomic_signal_fence(__ATOMIC_ACQ_REL)
#define COMPILER_MEMORY_RELEASE() __atomic_signal_fence(__ATOMIC_RELEASE)
#define COMPILER_MEMORY_ACQUIRE() __atomic_signal_fence(__ATOMIC_ACQUIRE)

/*
 * Order what other cores see. None of these keeps a store before a later load: that is
 * fence_seq_cst().
 */
#define THREAD_MEMORY_FENCE()   __atomic_thread_fence(__ATOMIC_ACQ_REL)
#define THREAD_MEMORY_RELEASE() __atomic_thread_fence(__ATOMIC_RELEASE)
#define THREAD_MEMORY_ACQUIRE() __atomic_thread_fence(__ATOMIC_ACQUIRE)

/*
 * Reads before it stay before reads after it; writes before it before writes after it. Device rings
 * need no more.
 */
#define rrmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define wwmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/* Everything before is seen, by every core, before anything after. */
static inline void fence_seq_cst(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * One access to a naturally aligned shared word, never torn and never repeated. Acquire: nothing
 * after moves before it. Release: nothing before moves after it. Relaxed: no order.
 */
static inline uint32_t load_acquire_32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline uint16_t load_acquire_16(const uint16_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void store_release_32(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}

static inline void store_release_16(uint16_t *p, uint16_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELEASE);
}

static inline uint32_t load_relaxed_32(const uint32_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline uint16_t load_relaxed_16(const uint16_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void store_relaxed_32(uint32_t *p, uint32_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
}

static inline void store_relaxed_16(uint16_t *p, uint16_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
}
#endif
