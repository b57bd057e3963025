/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the domains of a network are told, and in which section of its image each looks for that:
 * the one place that knows. The wiring fills these sections; whoever has an image and wants to know
 * what it could be compares it with the roles here.
 */
#include <sddf/resources/device.h>

#include "sim/class/net_parts.h"

const struct class_section net_driver_section = {".net_driver_config", sizeof(net_driver_config_t),
                                                 false};
const struct class_section net_virt_rx_section = {".net_virt_rx_config",
                                                  sizeof(net_virt_rx_config_t), false};
const struct class_section net_virt_tx_section = {".net_virt_tx_config",
                                                  sizeof(net_virt_tx_config_t), false};
const struct class_section net_vswitch_section = {".net_vswitch_config",
                                                  sizeof(net_vswitch_config_t), false};
const struct class_section net_copy_section = {".net_copy_config", sizeof(net_copy_config_t),
                                               false};
const struct class_section net_client_section = {".net_client_config", sizeof(net_client_config_t),
                                                 false};
/* A client's transmit regions, where there are several: a list as a driver has one. */
const struct class_section net_regions_section = {".device_resources", sizeof(device_resources_t),
                                                  true};

const struct class_role net_told[] = {
    {"driver",
     "the driver of a network",
     {&net_driver_section, &class_device_section, &class_timer_section, &class_serial_section}},
    {"virt_rx", "the virt_rx of a network", {&net_virt_rx_section}},
    {"virt_tx", "the virt_tx of a network", {&net_virt_tx_section}},
    {"vswitch", "the vswitch of a network", {&net_vswitch_section}},
    {"copier", "the copier or forwarder of a client", {&net_copy_section}},
    {"client",
     "a client of a network",
     {&net_client_section, &class_timer_section, &class_serial_section, &class_lwip_section}},
    {"client",
     "a client with several regions, or of a network without virtualisers",
     {&net_client_section, &class_device_section, &class_timer_section, &class_serial_section,
      &class_lwip_section}},
    {NULL, NULL, {NULL}},
};
