/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_NETWORK_CLIENT_PARAMS_H
#define COMPONENTS_NETWORK_CLIENT_PARAMS_H
/*
 * What a scenario may ask of the clients that come with the product, beyond what every network
 * client is told. The loader fills each structure from the table below it, and writes it over the
 * section of the client's name (.client_echo_config, ...) before the image runs. An image without
 * it being written finds zeros.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sddf/hw/param.h>

struct client_echo_config {
    uint32_t ip, mirror_ip; /* network order */
    bool reflect;
};

static const struct param client_echo_params[] = {
    PARAM_IPV4(
        struct client_echo_config, ip, NULL,
        "its IPv4 address; if left out, it answers to any address that a frame for it names"),
    PARAM_IPV4(struct client_echo_config, mirror_ip, NULL,
               "a second address beside `ip`: TCP and UDP for either goes back as if from the "
               "other, so that two programs of one host talk through the stack"),
    PARAM_BOOL(struct client_echo_config, reflect, true,
               "send back other unicast frames too, such as TCP, with the two ends exchanged"),
    PARAM_END,
};

struct client_sink_config {
    uint64_t frames;
    uint64_t interval;
};

static const struct param client_sink_params[] = {
    PARAM_UINT(struct client_sink_config, frames, 0, 0, UINT32_MAX,
               "take at most this many frames in each interval; 0: every frame at once"),
    PARAM_TIME(struct client_sink_config, interval, 1000000, 1, 0, "the interval of a slow client"),
    PARAM_END,
};

struct client_source_config {
    uint64_t rate;
    uint64_t size;
    uint64_t count;
    uint8_t to_mac[6];
    uint32_t to_ip; /* network order, as is from_ip */
    uint32_t from_ip;
    uint64_t to_port;
    uint64_t from_port;
};

static const struct param client_source_params[] = {
    PARAM_UINT(struct client_source_config, rate, 0, 0, 100000000,
               "frames a second; 0: as fast as transmit buffers come back"),
    PARAM_UINT(struct client_source_config, size, 64, 60, 1514, "bytes of a frame, without FCS"),
    PARAM_UINT(struct client_source_config, count, 0, 0, 0,
               "stop after this many frames; 0: never"),
    PARAM_MAC(struct client_source_config, to_mac, "52:54:00:65:43:21",
              "Ethernet address the frames are for"),
    PARAM_IPV4(struct client_source_config, to_ip, "192.0.2.2", "IPv4 address they are for"),
    PARAM_IPV4(struct client_source_config, from_ip, "192.0.2.1",
               "IPv4 address they claim to be from"),
    PARAM_UINT(struct client_source_config, to_port, 9, 0, 65535, "UDP port they are for"),
    PARAM_UINT(struct client_source_config, from_port, 9, 0, 65535,
               "UDP port they claim to be from"),
    PARAM_END,
};

struct client_talk_config {
    uint32_t ip; /* network order */
    uint64_t count;
    uint64_t interval;
    uint64_t size;
};

static const struct param client_talk_params[] = {
    {.name = "ip",
     .kind = PARAM_KIND_IPV4,
     .offset = offsetof(struct client_talk_config, ip),
     .required = true,
     .doc = "its IPv4 address, which it tells the vswitch"},
    PARAM_UINT(struct client_talk_config, count, 10, 0, 1000000,
               "questions to each client it can reach; 0: it only answers"),
    PARAM_TIME(struct client_talk_config, interval, 1000000, 1000, 0,
               "between two questions to the same client"),
    PARAM_UINT(struct client_talk_config, size, 64, 60, 1514, "bytes of a question, without FCS"),
    PARAM_END,
};
#endif
