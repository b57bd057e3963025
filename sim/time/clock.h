/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_TIME_CLOCK_H
#define SIM_TIME_CLOCK_H
/*
 * The host's time. Nothing else asks the host what time it is: a run in virtual time that never
 * calls this room cannot depend on the host's clock.
 *
 * clock_host_ns() is the plain and exact way, and costs two tens of nanoseconds. Where every frame
 * is stamped, half of that is worth saving: clock_host_fast_ns() reads the processor's counter and
 * scales it to the same nanoseconds. The scale is found once, by the process that starts the
 * others, and is plain data: processes that were handed the same scale read the same time.
 */
#include <stdint.h>

/*
 * nanoseconds = zero_ns + (ticks - zero_ticks) * mult / 2^32. All zero, or mult 0: the counter is
 * not to be trusted here (not invariant, or not what the kernel itself keeps time by), and the fast
 * way is the plain one. Never changed once found; copy it wherever it is needed.
 */
struct clock_scale {
    uint64_t zero_ticks, zero_ns;
    uint64_t mult;
    uint64_t error_ppb; /* how far mult may be off, in parts of 10^9 */
};

/* CLOCK_MONOTONIC. Never backwards; the same clock in every process. */
uint64_t clock_host_ns(void);

/* Find the scale. Takes about 10 ms and one look into /sys: call it once, before confinement. */
void clock_calibrate(struct clock_scale *out);

/*
 * CLOCK_MONOTONIC, nearly: differs from clock_host_ns() by at most 100 ns, plus error_ppb of the
 * time since the scale was found, plus as much as the host's clock was slewed meanwhile (NTP: at
 * most 500 ppm, usually a few). The processor may read its counter some nanoseconds early, past
 * loads not yet done, so two readings on different cores closer than 100 ns have no order. Use it
 * for differences of up to seconds, never to decide what is due.
 */
static inline uint64_t clock_host_fast_ns(const struct clock_scale *s)
{
#if defined(__x86_64__)
    if (__builtin_expect(s->mult != 0, 1)) {
        uint64_t ticks = __builtin_ia32_rdtsc() - s->zero_ticks;

        return s->zero_ns + (uint64_t)(((unsigned __int128)ticks * s->mult) >> 32);
    }
#endif
    (void)s;
    return clock_host_ns();
}
#endif
