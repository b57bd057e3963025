/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP over a client's queues. A received packet is wrapped, not copied: its pbuf, of a pool that
 * the configuration names, points into the receive region, and the buffer goes back to the free
 * queue when lwIP has done with the pbuf. A sent one is copied, chain by chain, into a transmit
 * buffer. Neighbours are signalled once, at the end of an entry point.
 */
#include <stdbool.h>
#include <string.h>
#include <lwip/dhcp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>
#include <netif/etharp.h>
#include <sddf/network/lib_sddf_lwip.h>
#include <sddf/timer/client.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>

static struct {
    net_client_config_t *net;
    timer_client_config_t *timer;
    net_queue_handle_t rx, tx;
    bool notify_rx, notify_tx;
    struct netif netif;
    pbuf_custom_offset_t *pbufs, *free_pbufs;
    uint64_t pbuf_count;
    sddf_lwip_err_output_fn complain;
    sddf_lwip_netif_status_callback_fn status;
    sddf_lwip_handle_empty_tx_free_fn empty_tx_free;
    sddf_lwip_tx_intercept_condition_fn intercepts;
    sddf_lwip_tx_handle_intercept_fn intercept;
} glue;

uint32_t sys_now(void)
{
    return (uint32_t)(sddf_timer_time_now(glue.timer->driver_id) / NS_IN_MS);
}

/* A free pbuf's payload is the next free one. */
bool sddf_lwip_pbuf_pool_empty(void)
{
    return glue.free_pbufs == NULL;
}

pbuf_custom_offset_t *sddf_lwip_pbuf_pool_alloc(void)
{
    pbuf_custom_offset_t *p = glue.free_pbufs;

    if (p != NULL) {
        glue.free_pbufs = p->custom.pbuf.payload;
    }
    return p;
}

net_sddf_err_t sddf_lwip_pbuf_pool_free(pbuf_custom_offset_t *p)
{
    if (p < glue.pbufs || p >= glue.pbufs + glue.pbuf_count) {
        return SDDF_LWIP_ERR_INVALID_PBUF;
    }
    p->custom.pbuf.payload = glue.free_pbufs;
    glue.free_pbufs = p;
    return SDDF_LWIP_ERR_OK;
}

static void return_buffer(uint64_t offset)
{
    net_buff_desc_t buffer = {.io_or_offset = offset};

    if (net_enqueue_free(&glue.rx, buffer) != 0) {
        glue.complain("no room for the buffer at 0x%lx to go back to\n", (unsigned long)offset);
    }
    glue.notify_rx = true;
}

/* lwIP has done with a received packet. */
static void release(struct pbuf *p)
{
    pbuf_custom_offset_t *mine = (pbuf_custom_offset_t *)p;

    return_buffer(mine->offset);
    if (sddf_lwip_pbuf_pool_free(mine) != SDDF_LWIP_ERR_OK) {
        glue.complain("a pbuf came back that is none of the pool\n");
    }
}

net_sddf_err_t sddf_lwip_input_pbuf(struct pbuf *p)
{
    if (glue.netif.input(p, &glue.netif) != ERR_OK) {
        pbuf_free(p);
        return SDDF_LWIP_ERR_UNHANDLED;
    }
    return SDDF_LWIP_ERR_OK;
}

static void receive(net_buff_desc_t buffer)
{
    pbuf_custom_offset_t *mine;
    struct pbuf *p;

    if (buffer.io_or_offset % NET_BUFFER_SIZE != 0 || buffer.len > NET_BUFFER_SIZE ||
        buffer.io_or_offset / NET_BUFFER_SIZE >= glue.rx.capacity) {
        glue.complain("received %u bytes at 0x%lx\n", (unsigned)buffer.len,
                      (unsigned long)buffer.io_or_offset);
        return;
    }
    mine = sddf_lwip_pbuf_pool_alloc();
    mine->offset = buffer.io_or_offset;
    mine->custom.custom_free_function = release;
    p = pbuf_alloced_custom(PBUF_RAW, buffer.len, PBUF_REF, &mine->custom,
                            (char *)glue.net->rx_data.vaddr + buffer.io_or_offset, NET_BUFFER_SIZE);
    if (p == NULL) {
        release(&mine->custom.pbuf);
    } else {
        sddf_lwip_input_pbuf(p);
    }
}

/* Is there something, and something to wrap it in? */
static bool can_receive(void)
{
    return !sddf_lwip_pbuf_pool_empty() && !net_queue_empty_active(&glue.rx);
}

void sddf_lwip_process_rx(void)
{
    net_buff_desc_t buffer;

    if (glue.rx.capacity == 0) {
        return;
    }
    for (;;) {
        while (can_receive() && net_dequeue_active(&glue.rx, &buffer) == 0) {
            receive(buffer);
        }
        net_request_signal_active(&glue.rx);
        if (!can_receive()) {
            return;
        }
        net_cancel_signal_active(&glue.rx);
    }
}

void sddf_lwip_process_timeout(void)
{
    sys_check_timeouts();
}

static void notify(sddf_channel channel)
{
    if (sddf_deferred_notify_curr() == (sddf_channel)-1) {
        sddf_deferred_notify(channel);
    } else if (sddf_deferred_notify_curr() != channel) {
        sddf_notify(channel);
    }
}

void sddf_lwip_maybe_notify(void)
{
    if (glue.notify_rx && net_require_signal_free(&glue.rx)) {
        net_cancel_signal_free(&glue.rx);
        glue.notify_rx = false;
        notify(glue.net->rx.id);
    }
    if (glue.notify_tx && net_require_signal_active(&glue.tx)) {
        net_cancel_signal_active(&glue.tx);
        glue.notify_tx = false;
        notify(glue.net->tx.id);
    }
}

/* Let who has the buffers know that they are wanted; lwIP will try again. */
static net_sddf_err_t no_buffer(struct pbuf *p)
{
    (void)p;
    if (glue.notify_tx && net_require_signal_active(&glue.tx)) {
        net_cancel_signal_active(&glue.tx);
        glue.notify_tx = false;
        sddf_notify(glue.net->tx.id);
    }
    return SDDF_LWIP_ERR_NO_BUF;
}

net_sddf_err_t sddf_lwip_transmit_pbuf(struct pbuf *p)
{
    net_buff_desc_t buffer;

    if (p->tot_len > NET_BUFFER_SIZE) {
        return SDDF_LWIP_ERR_LARGE_PBUF;
    }
    if (glue.tx.capacity == 0 || net_dequeue_free(&glue.tx, &buffer) != 0) {
        return glue.empty_tx_free(p);
    }
    if (buffer.io_or_offset % NET_BUFFER_SIZE != 0 ||
        buffer.io_or_offset / NET_BUFFER_SIZE >= glue.tx.capacity) {
        glue.complain("given a buffer at 0x%lx\n", (unsigned long)buffer.io_or_offset);
        return SDDF_LWIP_ERR_NO_BUF;
    }
    pbuf_copy_partial(p, (char *)glue.net->tx_data.vaddr + buffer.io_or_offset, p->tot_len, 0);
    buffer.len = p->tot_len;
    if (net_enqueue_active(&glue.tx, buffer) != 0) {
        return SDDF_LWIP_ERR_UNHANDLED;
    }
    glue.notify_tx = true;
    return SDDF_LWIP_ERR_OK;
}

static err_t output(struct netif *netif, struct pbuf *p)
{
    net_sddf_err_t err;

    (void)netif;
    if (glue.intercepts != NULL && glue.intercepts(p)) {
        err = glue.intercept(p);
    } else {
        err = sddf_lwip_transmit_pbuf(p);
    }
    switch (err) {
    case SDDF_LWIP_ERR_OK:
        return ERR_OK;
    case SDDF_LWIP_ERR_LARGE_PBUF:
        return ERR_BUF;
    default:
        return ERR_MEM;
    }
}

static err_t begin_netif(struct netif *netif)
{
    memcpy(netif->hwaddr, glue.net->mac_addr.addr, sizeof glue.net->mac_addr.addr);
    netif->hwaddr_len = ETHARP_HWADDR_LEN;
    netif->mtu = SDDF_LWIP_ETHER_MTU;
    netif->name[0] = 'e';
    netif->name[1] = '0';
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = output;
    netif->flags =
        NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void tell_status(struct netif *netif)
{
    if (!ip4_addr_isany_val(*netif_ip4_addr(netif)) && glue.status != NULL) {
        glue.status(ip4addr_ntoa(netif_ip4_addr(netif)));
    }
}

static void begin_pool(lib_sddf_lwip_config_t *config)
{
    assert(config->num_pbufs >= glue.rx.capacity);
    assert(config->num_pbufs * sizeof(pbuf_custom_offset_t) <= config->pbuf_pool.size);
    glue.pbufs = config->pbuf_pool.vaddr;
    glue.pbuf_count = config->num_pbufs;
    for (uint64_t i = glue.pbuf_count; i > 0; i--) {
        sddf_lwip_pbuf_pool_free(&glue.pbufs[i - 1]);
    }
}

void sddf_lwip_init(lib_sddf_lwip_config_t *config, net_client_config_t *net,
                    timer_client_config_t *timer, net_queue_handle_t rx, net_queue_handle_t tx,
                    char *ip, sddf_lwip_err_output_fn complain,
                    sddf_lwip_netif_status_callback_fn status,
                    sddf_lwip_handle_empty_tx_free_fn empty_tx_free,
                    sddf_lwip_tx_intercept_condition_fn intercepts,
                    sddf_lwip_tx_handle_intercept_fn intercept)
{
    ip4_addr_t own, mask, none;

    glue.net = net;
    glue.timer = timer;
    glue.rx = rx;
    glue.tx = tx;
    glue.complain = complain != NULL ? complain : sddf_printf_;
    glue.status = status;
    glue.empty_tx_free = empty_tx_free != NULL ? empty_tx_free : no_buffer;
    glue.intercepts = intercept == NULL ? NULL : intercepts;
    glue.intercept = intercept;
    begin_pool(config);

    lwip_init();
    ip4_addr_set_zero(&own);
    ip4_addr_set_zero(&none);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    assert(ip == NULL || ip4addr_aton(ip, &own));
    netif_add(&glue.netif, &own, &mask, &none, NULL, begin_netif, ethernet_input);
    netif_set_default(&glue.netif);
    netif_create_ip6_linklocal_address(&glue.netif, 1);
    netif_set_status_callback(&glue.netif, tell_status);
    netif_set_up(&glue.netif);
    if (ip == NULL) {
        dhcp_start(&glue.netif);
    }
}
