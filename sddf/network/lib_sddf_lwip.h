/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_LIB_SDDF_LWIP_H
#define SDDF_NETWORK_LIB_SDDF_LWIP_H
/*
 * What a client calls that runs lwIP over its queues. Neither lwIP nor the glue is here: both come
 * with the image, and "lwip/pbuf.h" from its own folders. Section .lib_sddf_lwip_config.
 */
#include <stdbool.h>
#include <stdint.h>
#include <os/sddf.h>
#include <sddf/resources/common.h>
#include <sddf/network/queue.h>
#include <sddf/network/config.h>
#include <sddf/timer/config.h>
#include <lwip/pbuf.h>

#define SDDF_LWIP_ETHER_MTU 1500

#define SDDF_LIB_SDDF_LWIP_MAGIC_LEN 5
static const char SDDF_LIB_SDDF_LWIP_MAGIC[SDDF_LIB_SDDF_LWIP_MAGIC_LEN] = {'s', 'D', 'D', 'F',
                                                                            0x08};

typedef struct lib_sddf_lwip_config {
    char magic[SDDF_LIB_SDDF_LWIP_MAGIC_LEN];
    region_resource_t pbuf_pool; /* an array of pbuf_custom_offset_t */
    uint64_t num_pbufs;
} lib_sddf_lwip_config_t;

typedef enum {
    SDDF_LWIP_ERR_OK = 0,
    SDDF_LWIP_ERR_LARGE_PBUF = -1,
    SDDF_LWIP_ERR_INVALID_PBUF = -2,
    SDDF_LWIP_ERR_NO_BUF = -3,
    SDDF_LWIP_ERR_UNHANDLED = -4,
} net_sddf_err_t;

/* A pbuf whose payload is a buffer of the client's receive region. */
typedef struct pbuf_custom_offset {
    struct pbuf_custom custom;
    uint64_t offset; /* in that region */
} pbuf_custom_offset_t;

/* What the client may do in the glue's place; NULL asks for the default. */
typedef int (*sddf_lwip_err_output_fn)(const char *format, ...)
    __attribute__((__format__(__printf__, 1, 2)));
typedef void (*sddf_lwip_netif_status_callback_fn)(char *ip_addr);
typedef net_sddf_err_t (*sddf_lwip_handle_empty_tx_free_fn)(struct pbuf *p);
typedef bool (*sddf_lwip_tx_intercept_condition_fn)(struct pbuf *p);
typedef net_sddf_err_t (*sddf_lwip_tx_handle_intercept_fn)(struct pbuf *p);

/* The pool: pbufs for received packets. */
bool sddf_lwip_pbuf_pool_empty(void);
pbuf_custom_offset_t *sddf_lwip_pbuf_pool_alloc(void);
net_sddf_err_t sddf_lwip_pbuf_pool_free(pbuf_custom_offset_t *p);

/* Let lwIP look at its timeouts. */
void sddf_lwip_process_timeout(void);

/* Give lwIP what has been received. */
void sddf_lwip_process_rx(void);
net_sddf_err_t sddf_lwip_input_pbuf(struct pbuf *p);

/* Copy a chain of pbufs into a transmit buffer and submit it. */
net_sddf_err_t sddf_lwip_transmit_pbuf(struct pbuf *p);

/* Signal the neighbours that are owed a signal. At the end of each entry point. */
void sddf_lwip_maybe_notify(void);

/* `ip`: text, or NULL to ask a DHCP server. A queue of capacity 0 leaves its direction out. */
void sddf_lwip_init(lib_sddf_lwip_config_t *lib_sddf_lwip_config, net_client_config_t *net_config,
                    timer_client_config_t *timer_config, net_queue_handle_t rx_queue,
                    net_queue_handle_t tx_queue, char *ip, sddf_lwip_err_output_fn err_output,
                    sddf_lwip_netif_status_callback_fn netif_callback,
                    sddf_lwip_handle_empty_tx_free_fn handle_empty_tx_free,
                    sddf_lwip_tx_intercept_condition_fn tx_intercept_condition,
                    sddf_lwip_tx_handle_intercept_fn tx_handle_intercept);
#endif
