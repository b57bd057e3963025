/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking the host for the time, and finding out how its cycle counter relates to that time. The
 * counter is used only where the processor says that it ticks evenly through every power state, and
 * the kernel, which has compared the counters of all cores and would have dropped them otherwise,
 * keeps its own time by it.
 */
#include "sim/time/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define NS_PER_S 1000000000u

uint64_t clock_host_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

#if defined(__x86_64__)

#define CALIBRATION_NS 10000000u
#define TRIES          64

/* One moment, read from both clocks. The true time of `ticks` is within spread_ns / 2 of `ns`. */
struct moment {
    uint64_t ticks, ns, spread_ns;
};

static bool counter_is_invariant(void)
{
    unsigned a, b, c, d = 0;

    return __get_cpuid(0x80000007u, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

static bool kernel_trusts_counter(void)
{
    FILE *f = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
    char name[16] = "";

    if (f == NULL) {
        return false;
    }
    if (fgets(name, sizeof(name), f) == NULL) {
        name[0] = '\0';
    }
    fclose(f);
    return strcmp(name, "tsc\n") == 0;
}

/* The tightest of many tries: an interrupt between the readings spoils one, never all. */
static struct moment moment_now(void)
{
    struct moment best = {.spread_ns = UINT64_MAX};

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t before_ns = clock_host_ns();
        uint64_t ticks = __builtin_ia32_rdtsc();
        uint64_t after_ns = clock_host_ns();

        if (after_ns - before_ns < best.spread_ns) {
            best = (struct moment){
                .ticks = ticks,
                .ns = before_ns + (after_ns - before_ns) / 2,
                .spread_ns = after_ns - before_ns,
            };
        }
    }
    return best;
}

void clock_calibrate(struct clock_scale *out)
{
    *out = (struct clock_scale){.mult = 0};
    if (!counter_is_invariant() || !kernel_trusts_counter()) {
        return;
    }
    struct moment first = moment_now();

    while (clock_host_ns() - first.ns < CALIBRATION_NS) {
    }
    struct moment last = moment_now();
    uint64_t ticks = last.ticks - first.ticks;
    uint64_t ns = last.ns - first.ns;

    /* A counter that stands still or races is not one to keep time by (some emulators). */
    if (ticks < ns / 100 || ticks > ns * 100) {
        return;
    }
    out->zero_ticks = first.ticks;
    out->zero_ns = first.ns;
    out->mult = (uint64_t)(((unsigned __int128)ns << 32) / ticks);
    out->error_ppb = (first.spread_ns + last.spread_ns) * NS_PER_S / (2 * ns) + 1;
}

#else

void clock_calibrate(struct clock_scale *out)
{
    *out = (struct clock_scale){.mult = 0};
}

#endif
