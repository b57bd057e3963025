/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image built against other headers, in which a client's configuration was shorter: written as
 * it is now, it would run over what lies behind.
 */
#include <os/sddf.h>
#include <sddf/network/config.h>

struct old_client_config {
    char magic[SDDF_NET_MAGIC_LEN];
    net_connection_resource_t rx;
    region_resource_t rx_data;
};

__attribute__((__section__(".net_client_config"))) struct old_client_config config;

void init(void)
{
}

void notified(sddf_channel ch)
{
    (void)ch;
}
