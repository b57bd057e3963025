/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_ARCH_TIMESTAMP_COUNTER_H
#define SDDF_UTIL_ARCH_TIMESTAMP_COUNTER_H
/*
 * The CPU's own clock, for those who need the time often. There is one only under CONFIG_ARCH_X86;
 * leave that undefined where time is simulated, since this reads the clock of the host.
 */
#if defined(CONFIG_ARCH_X86) && (defined(__x86_64__) || defined(__i386__))
#include <stdint.h>
#include <cpuid.h>

/* Ticks since some moment in the past. */
static inline uint64_t sddf_read_counter(void)
{
    return __builtin_ia32_rdtsc();
}

/*
 * Ticks a second, or 0 if that is not known for certain or may change: it is taken only from an
 * Intel CPU with an invariant counter that names its crystal.
 */
static inline uint64_t sddf_read_freq(void)
{
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;

    if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx) || ebx != signature_INTEL_ebx ||
        edx != signature_INTEL_edx || ecx != signature_INTEL_ecx) {
        return 0;
    }
    if (!__get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) || (edx & (1U << 8)) == 0) {
        return 0;
    }
    if (!__get_cpuid(0x15, &eax, &ebx, &ecx, &edx) || eax == 0 || ebx == 0) {
        return 0;
    }
    return (uint64_t)ecx * ebx / eax;
}
#endif
#endif
