/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_TIMER_CONFIG_H
#define SDDF_TIMER_CONFIG_H
/*
 * What a client of the timer is told: which of its channels leads there. Section
 * .timer_client_config.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>

#define SDDF_TIMER_MAX_CLIENTS 64

#define SDDF_TIMER_MAGIC_LEN 5
static const char SDDF_TIMER_MAGIC[SDDF_TIMER_MAGIC_LEN] = {'s', 'D', 'D', 'F', 0x06};

typedef struct timer_client_config {
    char magic[SDDF_TIMER_MAGIC_LEN];
    uint8_t driver_id; /* channel */
} timer_client_config_t;

/* Whether the structure was filled in, by a builder that meant a timer's client. */
static inline bool timer_config_check_magic(void *config)
{
    const char *magic = config;

    for (int i = 0; i < SDDF_TIMER_MAGIC_LEN; i++) {
        if (magic[i] != SDDF_TIMER_MAGIC[i]) {
            return false;
        }
    }
    return true;
}
#endif
