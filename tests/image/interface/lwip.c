/* SPDX-License-Identifier: BSD-2-Clause */
/* The glue of lwIP, as an echo server includes it. */
#include <sddf/network/lib_sddf_lwip.h>
#include "facts.h"

__attribute__((__section__(".lib_sddf_lwip_config"))) lib_sddf_lwip_config_t lib_sddf_lwip_config;

IS(SDDF_LWIP_ETHER_MTU, 1500);
IS(SDDF_LIB_SDDF_LWIP_MAGIC_LEN, 5);
SIZE(lib_sddf_lwip_config_t, 32);
AT(lib_sddf_lwip_config_t, pbuf_pool, 8);
AT(lib_sddf_lwip_config_t, num_pbufs, 24);
IS(SDDF_LWIP_ERR_OK, 0);
IS(SDDF_LWIP_ERR_LARGE_PBUF, -1);
IS(SDDF_LWIP_ERR_INVALID_PBUF, -2);
IS(SDDF_LWIP_ERR_NO_BUF, -3);
IS(SDDF_LWIP_ERR_UNHANDLED, -4);
FIELD(pbuf_custom_offset_t, custom, struct pbuf_custom);
FIELD(pbuf_custom_offset_t, offset, uint64_t);
CALL(sddf_lwip_pbuf_pool_empty, bool, void);
CALL(sddf_lwip_pbuf_pool_alloc, pbuf_custom_offset_t *, void);
CALL(sddf_lwip_pbuf_pool_free, net_sddf_err_t, pbuf_custom_offset_t *);
CALL(sddf_lwip_process_timeout, void, void);
CALL(sddf_lwip_process_rx, void, void);
CALL(sddf_lwip_maybe_notify, void, void);
CALL(sddf_lwip_transmit_pbuf, net_sddf_err_t, struct pbuf *);
CALL(sddf_lwip_input_pbuf, net_sddf_err_t, struct pbuf *);

static net_client_config_t net_config;
static timer_client_config_t timer_config;
static net_queue_handle_t rx, tx;

static net_sddf_err_t no_room(struct pbuf *p)
{
    return p->len > SDDF_LWIP_ETHER_MTU ? SDDF_LWIP_ERR_LARGE_PBUF : SDDF_LWIP_ERR_NO_BUF;
}

void use(int (*print)(const char *format, ...), void (*told)(char *ip));
void use(int (*print)(const char *format, ...), void (*told)(char *ip))
{
    sddf_lwip_init(&lib_sddf_lwip_config, &net_config, &timer_config, rx, tx, NULL, print, told,
                   no_room, NULL, NULL);
    sddf_lwip_maybe_notify();
}
