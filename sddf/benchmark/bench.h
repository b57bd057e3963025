/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_BENCHMARK_BENCH_H
#define SDDF_BENCHMARK_BENCH_H
/*
 * What a benchmark counts on a real machine. Here the report tells cycles and utilisation, so
 * nothing fills these counters; the names are for sources that mention them.
 */
#include <stdint.h>

#define BENCHMARK_MAX_PMU_EVENTS 6

#if defined(CONFIG_ENABLE_BENCHMARKS) && (defined(CONFIG_ARCH_ARM) || defined(CONFIG_ARCH_RISCV))
#define ENABLE_BENCHMARKING 1
#else
#define ENABLE_BENCHMARKING 0
#endif

#if defined(CONFIG_ENABLE_BENCHMARKS) && defined(CONFIG_ARCH_ARM)
#define ENABLE_PMU_EVENTS 1
#else
#define ENABLE_PMU_EVENTS 0
#endif

/* Of one core, written by its idle PD and read by a client: cycles. */
struct bench {
    uint64_t core_ccount;
    uint64_t prev_ccount;
    uint64_t idle_ccount;
};
#endif
