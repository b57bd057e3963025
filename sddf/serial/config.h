/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_SERIAL_CONFIG_H
#define SDDF_SERIAL_CONFIG_H
/*
 * What each serial component is told about its place, one structure per role. The builder of the
 * system writes it over the image's section before the image runs (.serial_driver_config,
 * .serial_virt_rx_config, .serial_virt_tx_config, .serial_client_config); a component may trust it
 * once its magic is right.
 *
 * rx carries bytes from the device to clients, tx to the device, whichever end the structure
 * belongs to.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/resources/common.h>

#define SDDF_SERIAL_MAX_CLIENTS       64
#define SDDF_SERIAL_BEGIN_STR_MAX_LEN 128

#define SDDF_SERIAL_MAGIC_LEN 5
static const char SDDF_SERIAL_MAGIC[SDDF_SERIAL_MAGIC_LEN] = {'s', 'D', 'D', 'F', 0x03};

/* One neighbour: a queue, its bytes, and the channel to signal it. */
typedef struct serial_connection_resource {
    region_resource_t queue;
    region_resource_t data; /* its size, a power of two, is the queue's capacity */
    uint8_t id;             /* channel */
} serial_connection_resource_t;

typedef struct serial_driver_config {
    char magic[SDDF_SERIAL_MAGIC_LEN];
    serial_connection_resource_t rx;
    serial_connection_resource_t tx;
    uint64_t default_baud; /* bits a second */
    bool rx_enabled;
} serial_driver_config_t;

typedef struct serial_virt_rx_config {
    char magic[SDDF_SERIAL_MAGIC_LEN];
    serial_connection_resource_t driver;
    serial_connection_resource_t clients[SDDF_SERIAL_MAX_CLIENTS];
    uint8_t num_clients;
    char switch_char;        /* begins a choice of client */
    char terminate_num_char; /* ends it */
} serial_virt_rx_config_t;

typedef struct serial_virt_tx_client_config {
    serial_connection_resource_t conn;
    char name[SDDF_NAME_LENGTH];
} serial_virt_tx_client_config_t;

typedef struct serial_virt_tx_config {
    char magic[SDDF_SERIAL_MAGIC_LEN];
    serial_connection_resource_t driver;
    serial_virt_tx_client_config_t clients[SDDF_SERIAL_MAX_CLIENTS];
    uint8_t num_clients;
    char begin_str[SDDF_SERIAL_BEGIN_STR_MAX_LEN]; /* printed first, tells a listener to begin */
    bool enable_colour;
    bool enable_rx;
} serial_virt_tx_config_t;

typedef struct serial_client_config {
    char magic[SDDF_SERIAL_MAGIC_LEN];
    serial_connection_resource_t rx;
    serial_connection_resource_t tx;
} serial_client_config_t;

/* Whether any of the structures above was filled in, by a builder that meant a serial component. */
static inline bool serial_config_check_magic(void *config)
{
    const char *magic = config;

    for (int i = 0; i < SDDF_SERIAL_MAGIC_LEN; i++) {
        if (magic[i] != SDDF_SERIAL_MAGIC[i]) {
            return false;
        }
    }
    return true;
}
#endif
