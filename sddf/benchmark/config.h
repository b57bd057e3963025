/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_BENCHMARK_CONFIG_H
#define SDDF_BENCHMARK_CONFIG_H
/*
 * What the parts of a benchmark are told, one structure per role: sections .benchmark_config (of
 * the benchmark's and the idle PD) and .benchmark_client_config. There is no magic; all zeros means
 * that nobody measures, which is what a client finds here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/benchmark/bench.h>

#define BENCHMARK_MAX_CHILDREN 64

#ifndef CONFIG_MAX_NUM_NODES
#define CONFIG_MAX_NUM_NODES 1
#endif

typedef struct benchmark_child_config {
    char name[SDDF_NAME_LENGTH];
    uint8_t child_id;
} benchmark_child_config_t;

/* Of the PD that measures one core, and is parent of all PDs on it. */
typedef struct benchmark_config {
    uint8_t rx_start_ch;
    uint8_t tx_start_ch;
    uint8_t rx_stop_ch;
    uint8_t tx_stop_ch;
    uint8_t init_ch;
    uint8_t core;
    bool last_core;
    uint8_t num_children;
    benchmark_child_config_t children[BENCHMARK_MAX_CHILDREN];
    uint8_t pmu_events[BENCHMARK_MAX_PMU_EVENTS];
    uint8_t num_pmu_events;
} benchmark_config_t;

typedef struct benchmark_idle_config {
    void *cycle_counters; /* a struct bench */
    uint8_t init_channel;
} benchmark_idle_config_t;

/* Of the client that begins and ends a measurement. */
typedef struct benchmark_client_config {
    uint8_t start_ch;
    uint8_t stop_ch;
    uint8_t num_cores;                        /* 0: nobody measures */
    void *core_ccounts[CONFIG_MAX_NUM_NODES]; /* each a struct bench */
} benchmark_client_config_t;
#endif
