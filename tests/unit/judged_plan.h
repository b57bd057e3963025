/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_JUDGED_PLAN_H
#define TESTS_UNIT_JUDGED_PLAN_H
/*
 * A small plan made by hand, for those who judge: one device, its driver and virtualisers, and two
 * clients behind copiers, of whom client1 is untrusted. No class had a hand in it, so the judges
 * cannot depend on one.
 * Behind the last of everything lies poison, for those who look one too far.
 */
#include <string.h>

#include "sim/hook/probe.h"
#include "sim/model/plan.h"

enum { CLIENT0, CLIENT1, DRIVER, VIRT_RX, VIRT_TX, ETH0, COPIER0, COPIER1, PDS };
enum { POOL_RX, POOL_CLIENT0_RX, POOL_CLIENT1_RX, POOL_CLIENT0_TX, POOL_CLIENT1_TX, POOLS };
enum {
    LINK_NET_RX,
    LINK_VIRT_RX0,
    LINK_VIRT_RX1,
    LINK_RX0,
    LINK_RX1,
    LINK_TX0,
    LINK_TX1,
    LINK_NET_TX,
    LINKS
};
#define FREE(link)      (2u * (link))
#define ACTIVE(link)    (2u * (link) + 1)
#define JUDGED_CAPACITY 8u
#define JUDGED_BUFFERS  8u
#define RX_IO           0x80000000ull
#define TX_IO(n)        (0x80010000ull + (n)*0x10000ull)

/* As the network class lays a queue out. */
struct judged_queue {
    uint16_t tail, head;
    uint32_t signalled;
    struct {
        uint64_t name;
        uint16_t len;
        uint8_t pool, rest[5];
    } slots[JUDGED_CAPACITY];
};

struct judged {
    struct arena arena;
    struct diag diag;
    struct scenario scenario;
    struct scenario_fault faults[4];
    struct scenario_expect expects[16];
    struct plan plan;
    struct plan_pd pds[PDS + 1];
    struct plan_region regions[LINKS + POOLS + 1];
    struct plan_map maps[2 + 1];
    struct plan_channel channels[LINKS + 1];
    struct plan_pool pools[POOLS + 1];
    struct queue_shape shapes[2 * LINKS + 1];
    struct plan_window windows[3 + 1];
    struct plan_device devices[1 + 1];
    struct judged_queue queues[2 * LINKS];
};

static const uint8_t judged_macs[2][6] = {{0x52, 0x54, 1, 0, 0, 0}, {0x52, 0x54, 1, 0, 0, 1}};
static const uint32_t judged_pools[POOLS] = {0, 1, 2, 3, 4};

static inline void judged_link(struct judged *j, unsigned link, const char *free_name,
                               const char *active_name, uint32_t from, uint32_t to,
                               enum plan_naming naming, uint32_t pool, size_t pool_count)
{
    for (unsigned i = 0; i < 2; i++) {
        uint32_t q = 2 * link + i;
        uint64_t vaddr = (uint64_t)(uintptr_t)&j->queues[q];

        j->shapes[q] = (struct queue_shape){
            .name = i == 0 ? free_name : active_name,
            .region = POOLS + link,
            .capacity = JUDGED_CAPACITY,
            .tail_offset = 0,
            .head_offset = 2,
            .index_bytes = 2,
            .flag_offset = 4,
            .flag_bytes = 4,
            .slots_offset = 8,
            .slot_bytes = 16,
            .name_bytes = 8,
            .len_offset = 8,
            .len_bytes = 2,
            .pool_offset = 10,
            .naming = naming,
            .carries_frames = i == 1,
            .producer = i == 1 ? from : to,
            .consumer = i == 1 ? to : from,
            .producer_vaddr = vaddr,
            .consumer_vaddr = vaddr,
            .partner = q ^ 1u,
            .pools = &judged_pools[pool],
            .pool_count = pool_count,
            .channel = link,
        };
    }
    j->channels[link] =
        (struct plan_channel){.end = {{.pd = from, .id = (uint8_t)(10 + link), .may_notify = true},
                                      {.pd = to, .id = (uint8_t)(20 + link), .may_notify = true}}};
}

static inline void judged_pds(struct judged *j)
{
    static const struct {
        const char *name, *role;
        bool endpoint, trusted;
    } pds[PDS] = {
        [CLIENT0] = {"client0", "client", true, true},
        [CLIENT1] = {"client1", "client", true, false},
        [DRIVER] = {"net0_driver", "driver", false, true},
        [VIRT_RX] = {"net0_virt_rx", "virt_rx", false, true},
        [VIRT_TX] = {"net0_virt_tx", "virt_tx", false, true},
        [ETH0] = {"eth0", "device", false, true},
        [COPIER0] = {"client0_copier", "copier", false, true},
        [COPIER1] = {"client1_copier", "copier", false, true},
    };

    for (unsigned i = 0; i < PDS; i++) {
        j->pds[i] = (struct plan_pd){.name = pds[i].name,
                                     .role = pds[i].role,
                                     .kind = i == ETH0 ? PD_DEVICE : PD_IMAGE,
                                     .device = i == ETH0 ? 0 : PLAN_NONE,
                                     .endpoint = pds[i].endpoint,
                                     .trusted = pds[i].trusted};
    }
    for (unsigned i = 0; i < 2; i++) {
        j->pds[CLIENT0 + i].macs = &judged_macs[i];
        j->pds[CLIENT0 + i].mac_count = 1;
    }
}

static inline void judged_memory(struct judged *j)
{
    static const char *const pools[POOLS] = {"net0.rx", "client0.rx", "client1.rx", "client0.tx",
                                             "client1.tx"};
    static const char *const regions[POOLS] = {"net0.rx.buffers", "client0.rx.buffers",
                                               "client1.rx.buffers", "client0.tx.buffers",
                                               "client1.tx.buffers"};
    static const char *const links[LINKS] = {"net0.rx.queues",         "client0.virt_rx.queues",
                                             "client1.virt_rx.queues", "client0.rx.queues",
                                             "client1.rx.queues",      "client0.tx.queues",
                                             "client1.tx.queues",      "net0.tx.queues"};
    static const struct plan_window windows[3] = {
        {.region = POOL_RX, .io_addr = RX_IO, .rights = RIGHT_READ | RIGHT_WRITE},
        {.region = POOL_CLIENT0_TX, .io_addr = TX_IO(0), .rights = RIGHT_READ},
        {.region = POOL_CLIENT1_TX, .io_addr = TX_IO(1), .rights = RIGHT_READ}};

    for (unsigned i = 0; i < POOLS; i++) {
        j->regions[i] = (struct plan_region){
            .name = regions[i], .kind = REGION_BUFFERS, .bytes = JUDGED_BUFFERS * 2048};
        j->pools[i] = (struct plan_pool){.name = pools[i],
                                         .region = i,
                                         .buffer_bytes = 2048,
                                         .buffer_count = JUDGED_BUFFERS,
                                         .stamps = PLAN_NONE,
                                         .tags = PLAN_NONE};
    }
    for (unsigned i = 0; i < LINKS; i++) {
        j->regions[POOLS + i] =
            (struct plan_region){.name = links[i], .kind = REGION_QUEUES, .bytes = 4096};
    }
    for (unsigned i = 0; i < 3; i++) {
        j->windows[i] = windows[i];
        j->windows[i].bytes = j->regions[windows[i].region].bytes;
        j->pools[windows[i].region].io_addr = windows[i].io_addr;
    }
    j->maps[0] = (struct plan_map){COPIER0, POOL_RX, 0x200000000000ull, RIGHT_READ};
    j->maps[1] =
        (struct plan_map){CLIENT0, POOL_CLIENT0_TX, 0x200100000000ull, RIGHT_READ | RIGHT_WRITE};
}

static inline void judged_poison(struct judged *j)
{
    memset(&j->pds[PDS], 0xa5, sizeof j->pds[0]);
    memset(&j->regions[LINKS + POOLS], 0xa5, sizeof j->regions[0]);
    memset(&j->maps[2], 0xa5, sizeof j->maps[0]);
    memset(&j->channels[LINKS], 0xa5, sizeof j->channels[0]);
    memset(&j->pools[POOLS], 0xa5, sizeof j->pools[0]);
    memset(&j->shapes[2 * LINKS], 0xa5, sizeof j->shapes[0]);
    memset(&j->windows[3], 0xa5, sizeof j->windows[0]);
    memset(&j->devices[1], 0xa5, sizeof j->devices[0]);
}

static inline void judged_init(struct judged *j)
{
    memset(j, 0, sizeof *j);
    judged_poison(j);
    j->diag.arena = &j->arena;
    judged_pds(j);
    judged_memory(j);
    judged_link(j, LINK_NET_RX, "net0.rx.free", "net0.rx.active", DRIVER, VIRT_RX, NAMES_IO_ADDR,
                POOL_RX, 1);
    judged_link(j, LINK_VIRT_RX0, "client0.virt_rx.free", "client0.virt_rx.active", VIRT_RX,
                COPIER0, NAMES_OFFSET, POOL_RX, 1);
    judged_link(j, LINK_VIRT_RX1, "client1.virt_rx.free", "client1.virt_rx.active", VIRT_RX,
                COPIER1, NAMES_OFFSET, POOL_RX, 1);
    judged_link(j, LINK_RX0, "client0.rx.free", "client0.rx.active", COPIER0, CLIENT0, NAMES_OFFSET,
                POOL_CLIENT0_RX, 1);
    judged_link(j, LINK_RX1, "client1.rx.free", "client1.rx.active", COPIER1, CLIENT1, NAMES_OFFSET,
                POOL_CLIENT1_RX, 1);
    judged_link(j, LINK_TX0, "client0.tx.free", "client0.tx.active", CLIENT0, VIRT_TX, NAMES_OFFSET,
                POOL_CLIENT0_TX, 1);
    judged_link(j, LINK_TX1, "client1.tx.free", "client1.tx.active", CLIENT1, VIRT_TX, NAMES_OFFSET,
                POOL_CLIENT1_TX, 1);
    judged_link(j, LINK_NET_TX, "net0.tx.free", "net0.tx.active", VIRT_TX, DRIVER, NAMES_IO_ADDR,
                POOL_CLIENT0_TX, 2);
    j->devices[0] = (struct plan_device){.name = "eth0",
                                         .pd = ETH0,
                                         .driver = DRIVER,
                                         .rx_queue_source = ACTIVE(LINK_NET_RX),
                                         .tx_queue_sink = ACTIVE(LINK_NET_TX)};
    j->scenario = (struct scenario){.path = "two_clients.json",
                                    .name = "two_clients",
                                    .story = "Two clients, one of them not to be trusted.",
                                    .seed = 7,
                                    .faults = j->faults,
                                    .expects = j->expects};
    j->plan = (struct plan){.scenario = &j->scenario,
                            .arena = &j->arena,
                            .diag = &j->diag,
                            .pds = j->pds,
                            .regions = j->regions,
                            .maps = j->maps,
                            .channels = j->channels,
                            .pools = j->pools,
                            .queues = j->shapes,
                            .windows = j->windows,
                            .devices = j->devices,
                            .pd_count = PDS,
                            .region_count = LINKS + POOLS,
                            .map_count = 2,
                            .channel_count = LINKS,
                            .pool_count = POOLS,
                            .queue_count = 2 * LINKS,
                            .window_count = 3,
                            .device_count = 1};
}

static inline void judged_finish(struct judged *j)
{
    arena_finish(&j->arena);
}
#endif
