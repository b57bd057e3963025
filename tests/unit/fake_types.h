/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FAKE_TYPES_H
#define TESTS_UNIT_FAKE_TYPES_H
/* A small world of types for reading scenarios: two wires, two devices, two classes, faults and
 * images. */
#include <sddf/hw/param.h>

#include "sim/model/scenario.h"

struct fake_pcap {
    const char *file;
    struct pace pace;
    uint64_t loop;
};
struct fake_gen {
    uint64_t frames;
};
struct fake_enet {
    uint64_t rx_ring, tx_ring;
};
struct fake_net {
    uint64_t rx_buffers;
};
struct fake_net_client {
    uint8_t mac[6];
    uint64_t rx_buffers, tx_buffers;
};
struct fake_serial_client {
    uint64_t baud;
};
struct fake_drop {
    uint64_t burst;
};
struct fake_source {
    uint64_t frames, gap, bytes, mode;
    uint32_t to;
};

static const char *const fake_modes[] = {"polite", "greedy", NULL};
static const struct param fake_pcap_params[] = {
    PARAM_PATH(struct fake_pcap, file, "the capture"),
    PARAM_PACE(struct fake_pcap, pace, "recorded", "how fast"),
    PARAM_UINT(struct fake_pcap, loop, 1, 0, 1000, "how often"),
    PARAM_END,
};
static const struct param fake_gen_params[] = {
    PARAM_UINT(struct fake_gen, frames, 10, 1, 0, "how many"),
    PARAM_END,
};
static const struct param fake_enet_params[] = {
    PARAM_UINT(struct fake_enet, rx_ring, 256, 2, 1024, "receive descriptors"),
    PARAM_UINT(struct fake_enet, tx_ring, 256, 2, 1024, "transmit descriptors"),
    PARAM_END,
};
static const struct param fake_net_params[] = {
    PARAM_UINT(struct fake_net, rx_buffers, 512, 1, 32768, "receive buffers"),
    PARAM_END,
};
static const struct param fake_net_client_params[] = {
    PARAM_MAC(struct fake_net_client, mac, NULL, "its address"),
    PARAM_UINT(struct fake_net_client, rx_buffers, 512, 1, 32768, "receive buffers"),
    PARAM_UINT(struct fake_net_client, tx_buffers, 512, 1, 32768, "transmit buffers"),
    PARAM_END,
};
static const struct param fake_serial_client_params[] = {
    PARAM_UINT(struct fake_serial_client, baud, 115200, 50, 4000000, "speed"),
    PARAM_END,
};
static const struct param fake_drop_params[] = {
    PARAM_UINT(struct fake_drop, burst, 10, 1, UINT32_MAX, "so many in a row"),
    PARAM_END,
};
static const struct param fake_source_params[] = {
    PARAM_UINT(struct fake_source, frames, 100, 0, 0, "how many"),
    PARAM_TIME(struct fake_source, gap, 1000, 1, 1000000000, "time between frames"),
    PARAM_BYTES(struct fake_source, bytes, 64, 14, 1514, "of each frame"),
    PARAM_ENUM(struct fake_source, mode, 0, fake_modes, "how it behaves"),
    PARAM_IPV4(struct fake_source, to, "10.0.0.1", "where to"),
    PARAM_END,
};

static const struct type_view fake_wires[] = {
    {.name = "pcap", .state_size = sizeof(struct fake_pcap), .params = fake_pcap_params},
    {.name = "gen", .state_size = sizeof(struct fake_gen), .params = fake_gen_params},
};
static const struct type_view fake_devices[] = {
    {.name = "enet", .state_size = sizeof(struct fake_enet), .params = fake_enet_params},
    {.name = "uart"},
};
static const struct type_view fake_faults[] = {
    {.name = "queue_index"},
    {.name = "wire_drop", .state_size = sizeof(struct fake_drop), .params = fake_drop_params},
};
static const struct type_view fake_images[] = {
    {.name = "network/driver_enet"},
    {.name = "network/virt_rx"},
    {.name = "network/virt_tx"},
    {.name = "network/copy"},
    {.name = "network/client_echo"},
    {.name = "network/client_sink"},
    {.name = "network/client_source",
     .state_size = sizeof(struct fake_source),
     .params = fake_source_params},
    {.name = "serial/driver_uart"},
};
static const struct role_view fake_net_roles[] = {
    {.name = "driver",
     .image = "network/driver_enet",
     .priority = 101,
     .budget_ns = 100000,
     .period_ns = 400000},
    {.name = "virt_tx", .image = "network/virt_tx", .priority = 100},
    {.name = "virt_rx", .image = "network/virt_rx", .priority = 99},
    {.name = NULL},
};
static const struct role_view fake_net_client_roles[] = {
    {.name = "copier", .image = "network/copy", .priority = 98, .optional = true},
    {.name = NULL},
};
static const struct role_view fake_serial_roles[] = {
    {.name = "driver", .image = "serial/driver_uart", .priority = 90},
    {.name = NULL},
};
static const struct class_view fake_classes[] = {
    {.view = {.name = "net", .state_size = sizeof(struct fake_net), .params = fake_net_params},
     .instances_key = "networks",
     .client_key = "network",
     .roles = fake_net_roles,
     .client_state_size = sizeof(struct fake_net_client),
     .client_params = fake_net_client_params,
     .client_roles = fake_net_client_roles},
    {.view = {.name = "serial"},
     .instances_key = "serials",
     .client_key = "serial",
     .roles = fake_serial_roles,
     .client_state_size = sizeof(struct fake_serial_client),
     .client_params = fake_serial_client_params},
};

#define FAKE_COUNT(list) (sizeof(list) / sizeof((list)[0]))
static const struct scenario_types fake_types = {
    .wires = fake_wires,
    .devices = fake_devices,
    .faults = fake_faults,
    .images = fake_images,
    .wire_count = FAKE_COUNT(fake_wires),
    .device_count = FAKE_COUNT(fake_devices),
    .fault_count = FAKE_COUNT(fake_faults),
    .image_count = FAKE_COUNT(fake_images),
    .classes = fake_classes,
    .class_count = FAKE_COUNT(fake_classes),
};
#endif
