/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_COMPONENTS_H
#define COMPONENTS_COMPONENTS_H
/*
 * One row per image, in the order `list images` prints them, which is packet order:
 *
 *   ROW(id, name, doc, section, type, variable, params, others)
 *
 * `name` is how a scenario spells it and where it lies, components/<name>.c. `section` is where the
 * configuration of its class goes, an object `variable` of `type`; an image whose section has
 * another size is stale. `params` is PARAMS(section, type, variable, table), for the keys a
 * scenario may give it, or NO_PARAMS. `others` are further sections the builder must fill, any
 * number of OTHER(section, type, variable), or NO_OTHERS.
 *
 * Whoever expands COMPONENT_ROWS defines ROW and these four beforehand, for instance as
 * initialisers:
 *
 *   #define PARAMS(section, type, variable, table) section, sizeof(type), table
 *   #define NO_PARAMS                              NULL, 0, NULL
 *   #define OTHER(section, type, variable)
 *   #define NO_OTHERS
 *   #define ROW(id, name, doc, section, type, variable, params, others) \
 *       {name, doc, section, sizeof(type), params},
 */
#include <sddf/network/config.h>
#include <sddf/resources/device.h>
#include <sddf/timer/config.h>

#include "components/network/client_params.h"

#define COMPONENT_ROWS(ROW)                                                                      \
    ROW(net_driver_enet, "network/driver_enet", "drives the ENET of an i.MX 8M",                 \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_imx, "network/driver_imx", "the same, register by register as published",     \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_virtio, "network/driver_virtio", "drives a virtio network device",            \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_virtio_pci, "network/driver_virtio_pci", "drives one on the PCI bus of a PC", \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_gem, "network/driver_gem", "drives the Cadence GEM of a Zynq",                \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_meson, "network/driver_meson", "drives the MAC of Amlogic Meson chips",       \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_eqos, "network/driver_eqos", "drives the DesignWare Ethernet QoS MAC",        \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_eqos_star64, "network/driver_eqos_star64",                                    \
        "drives it in a JH7110, and releases its reset", ".net_driver_config",                   \
        net_driver_config_t, config, NO_PARAMS,                                                  \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_driver_genet, "network/driver_genet", "drives the GENET of a BCM2711",               \
        ".net_driver_config", net_driver_config_t, config, NO_PARAMS,                            \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_virt_rx, "network/virt_rx", "gives each received frame to the clients it is for",    \
        ".net_virt_rx_config", net_virt_rx_config_t, config, NO_PARAMS, NO_OTHERS)               \
    ROW(net_vswitch, "network/vswitch",                                                          \
        "passes frames among clients, each as far as it may reach", ".net_vswitch_config",       \
        net_vswitch_config_t, config, NO_PARAMS, NO_OTHERS)                                      \
    ROW(net_copy, "network/copy", "copies one client's frames out of the shared receive region", \
        ".net_copy_config", net_copy_config_t, config, NO_PARAMS, NO_OTHERS)                     \
    ROW(net_copy_forward, "network/copy_forward", "stands where a copier would, copies nothing", \
        ".net_copy_config", net_copy_config_t, config, NO_PARAMS, NO_OTHERS)                     \
    ROW(net_client_echo, "network/client_echo", "answers ARP and ping, sends back the rest",     \
        ".net_client_config", net_client_config_t, config,                                       \
        PARAMS(".client_echo_config", struct client_echo_config, client_config,                  \
               client_echo_params),                                                              \
        NO_OTHERS)                                                                               \
    ROW(net_client_direct, "network/client_direct", "answers as well, and has no virtualisers",  \
        ".net_client_config", net_client_config_t, config,                                       \
        PARAMS(".client_echo_config", struct client_echo_config, client_config,                  \
               client_echo_params),                                                              \
        OTHER(".device_resources", device_resources_t, device_resources))                        \
    ROW(net_client_sink, "network/client_sink", "takes every frame, slowly if asked to",         \
        ".net_client_config", net_client_config_t, config,                                       \
        PARAMS(".client_sink_config", struct client_sink_config, client_config,                  \
               client_sink_params),                                                              \
        OTHER(".timer_client_config", timer_client_config_t, timer_config))                      \
    ROW(net_client_source, "network/client_source", "sends numbered UDP datagrams at a rate",    \
        ".net_client_config", net_client_config_t, config,                                       \
        PARAMS(".client_source_config", struct client_source_config, client_config,              \
               client_source_params),                                                            \
        OTHER(".timer_client_config", timer_client_config_t, timer_config))                      \
    ROW(net_client_talk, "network/client_talk",                                                  \
        "asks its neighbours at a vswitch, and answers them", ".net_client_config",              \
        net_client_config_t, config,                                                             \
        PARAMS(".client_talk_config", struct client_talk_config, client_config,                  \
               client_talk_params),                                                              \
        OTHER(".timer_client_config", timer_client_config_t, timer_config))                      \
    ROW(net_virt_tx, "network/virt_tx", "checks what clients send and gives it to the driver",   \
        ".net_virt_tx_config", net_virt_tx_config_t, config, NO_PARAMS, NO_OTHERS)
#endif
