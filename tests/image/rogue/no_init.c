/* SPDX-License-Identifier: BSD-2-Clause */
/* An image that forgot its init(): the loader must say so before anything starts. */
#include <os/sddf.h>
#include <sddf/network/config.h>

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

void notified(sddf_channel ch)
{
    (void)ch;
}
