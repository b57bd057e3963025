/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_TIMER_TIMER_COMMON_H
#define SDDF_TIMER_TIMER_COMMON_H
/*
 * From a clock's ticks to nanoseconds and back. Whole periods and the remainder are converted
 * apart, so that nothing overflows before the result does, as long as frequencies are below 18 GHz.
 * Results are rounded down. A frequency must not be 0.
 */
#include <stdint.h>
#include <sddf/util/si_units.h>

typedef uint64_t sddf_timer_freq_hz_t;

#define ONE_GHZ GIGA

/* The frequency in Hz behind a divider by 2^prescaler; `prescaler` is below 64. */
static inline uint64_t find_true_freq(uint64_t freq_hz, uint64_t prescaler)
{
    return freq_hz >> prescaler;
}

/* `period` counted at `input_freq_hz`, counted at `target_freq_hz` instead. */
static inline uint64_t period_transform(uint64_t period, uint64_t target_freq_hz,
                                        uint64_t input_freq_hz)
{
    uint64_t whole = period / input_freq_hz;
    uint64_t rest = period % input_freq_hz;

    return whole * target_freq_hz + rest * target_freq_hz / input_freq_hz;
}

static inline uint64_t ticks_to_ns(uint64_t ticks, uint64_t freq_hz)
{
    return period_transform(ticks, ONE_GHZ, freq_hz);
}

static inline uint64_t ns_to_ticks(uint64_t ns, uint64_t freq_hz)
{
    return period_transform(ns, freq_hz, ONE_GHZ);
}

/* The same for a clock of `freq_hz` that counts behind a divider by 2^prescaler. */
static inline uint64_t ticks_to_ns_prescaled(uint64_t ticks, uint64_t prescaler, uint64_t freq_hz)
{
    return ticks_to_ns(ticks, find_true_freq(freq_hz, prescaler));
}

static inline uint64_t ns_to_ticks_prescaled(uint64_t ns, uint64_t prescaler, uint64_t freq_hz)
{
    return ns_to_ticks(ns, find_true_freq(freq_hz, prescaler));
}
#endif
