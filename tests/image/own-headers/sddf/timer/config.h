/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_TIMER_CONFIG_H
#define OWN_TIMER_CONFIG_H
/* What a timer's client finds in its section. */
#include <stdbool.h>
#include <stdint.h>

#include <os/sddf.h>

#define SDDF_TIMER_MAGIC_LEN 5

typedef struct timer_client_config {
    char magic[SDDF_TIMER_MAGIC_LEN];
    uint8_t driver_id;
} timer_client_config_t;

static inline bool timer_config_check_magic(void *config)
{
    return __builtin_memcmp(config, "sDDF\x06", SDDF_TIMER_MAGIC_LEN) == 0;
}
#endif
