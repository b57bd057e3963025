/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network as it is wired: who maps what with which rights, to the last page; channels, IO
 * addresses and queues; and every configuration blob against the maps, since an image believes what
 * it finds there. Then what cannot be wired, and how it is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/resources/device.h>
#include <sddf/timer/config.h>

#include "tests/unit/planned.h"

#define WIRE "{ \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\", \"count\": 1 }"
#define DEVICE                                                                         \
    "{ \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\", \"rx_ring\": 128, " \
    "\"tx_ring\": 64 }"
#define ECHO "\"image\": \"network/client_echo\""

/* client0 behind a copier, client1 not. */
static const char two_clients[] =
    "{ \"version\": 1, \"wires\": [" WIRE "], \"devices\": [" DEVICE "],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 16 } ], \"clients\": ["
    "    { \"name\": \"client0\", " ECHO ", \"copier\": {}, \"rx_buffers\": 8, \"tx_buffers\": 8 },"
    "    { \"name\": \"client1\", " ECHO ", \"tx_buffers\": 4, \"mac\": \"52:54:00:aa:bb:cc\","
    "      \"more_macs\": \"52:54:00:aa:bb:cd, 52:54:00:aa:bb:ce\" } ],"
    "  \"captures\": [ { \"at\": \"lan.in\" }, { \"at\": \"client0.tx\" } ] }";

static struct planned p;

static int end(void **state)
{
    (void)state;
    planned_finish(&p);
    return 0;
}

/* -- rights -- */

/*
 * The whole table. Packet data: a client its own; virt_tx and the device read what clients send;
 * only the device, virt_rx and (to read) whoever copies out of it the shared receive region; a
 * driver none.
 */
static const char *const rights[] = {
    "client0 client0.page rw",
    "client0 client0.rx.queues rw",
    "client0 client0_copier-client0.channel rw",
    "client0 client0.rx.buffers rw",
    "client0 client0.rx.stamps r",
    "client0 client0.tx.queues rw",
    "client0 client0-net0_virt_tx.channel rw",
    "client0 client0.tx.buffers rw",
    "client0 client0.tx.tags rw",
    "client0 client0.timer rw",
    "client0 client0.tx.capture rw",
    "client1 client1.page rw",
    "client1 net0.rx.buffers r",
    "client1 net0.rx.stamps r",
    "client1 client1.rx.queues rw",
    "client1 net0_virt_rx-client1.channel rw",
    "client1 client1.tx.queues rw",
    "client1 client1-net0_virt_tx.channel rw",
    "client1 client1.tx.buffers rw",
    "client1 client1.tx.tags rw",
    "client1 client1.timer rw",
    "net0_driver net0_driver.page rw",
    "net0_driver eth0.mmio rw",
    "net0_driver eth0.rx_ring rw",
    "net0_driver eth0.tx_ring rw",
    "net0_driver eth0.irq0 rw",
    "net0_driver net0.rx.queues rw",
    "net0_driver net0_driver-net0_virt_rx.channel rw",
    "net0_driver net0.tx.queues rw",
    "net0_driver net0_virt_tx-net0_driver.channel rw",
    "net0_virt_rx net0_virt_rx.page rw",
    "net0_virt_rx net0.rx.buffers rw",
    "net0_virt_rx net0.refcounts rw",
    "net0_virt_rx net0.rx.stamps r",
    "net0_virt_rx net0.rx.queues rw",
    "net0_virt_rx net0_driver-net0_virt_rx.channel rw",
    "net0_virt_rx client0.virt_rx.queues rw",
    "net0_virt_rx net0_virt_rx-client0_copier.channel rw",
    "net0_virt_rx client1.rx.queues rw",
    "net0_virt_rx net0_virt_rx-client1.channel rw",
    "net0_virt_tx net0_virt_tx.page rw",
    "net0_virt_tx client0.tx.queues rw",
    "net0_virt_tx client0-net0_virt_tx.channel rw",
    "net0_virt_tx client0.tx.buffers r",
    "net0_virt_tx client1.tx.queues rw",
    "net0_virt_tx client1-net0_virt_tx.channel rw",
    "net0_virt_tx client1.tx.buffers r",
    "net0_virt_tx net0.tx.queues rw",
    "net0_virt_tx net0_virt_tx-net0_driver.channel rw",
    "eth0 eth0.page rw",
    "eth0 eth0.mmio rw",
    "eth0 eth0.rx_ring rw",
    "eth0 eth0.tx_ring rw",
    "eth0 eth0.irq0 rw",
    "eth0 net0.rx.buffers rw",
    "eth0 net0.rx.stamps rw",
    "eth0 client0.tx.buffers r",
    "eth0 client0.tx.tags r",
    "eth0 client1.tx.buffers r",
    "eth0 client1.tx.tags r",
    "eth0 lan.in.capture rw",
    "client0_copier client0_copier.page rw",
    "client0_copier net0.rx.buffers r",
    "client0_copier net0.rx.stamps r",
    "client0_copier client0.virt_rx.queues rw",
    "client0_copier net0_virt_rx-client0_copier.channel rw",
    "client0_copier client0.rx.queues rw",
    "client0_copier client0_copier-client0.channel rw",
    "client0_copier client0.rx.buffers rw",
    "client0_copier client0.rx.stamps rw",
};

/* All that is mapped, and nothing else. */
static void rights_are(const char *const *wanted, size_t count)
{
    bool seen[128] = {false};

    assert_true(count <= 128);
    for (uint32_t i = 0; i < p.plan->map_count; i++) {
        const struct plan_map *m = &p.plan->maps[i];
        char line[160];
        size_t k = 0;

        snprintf(line, sizeof line, "%s %s %s", p.plan->pds[m->pd].name,
                 p.plan->regions[m->region].name,
                 m->rights == (RIGHT_READ | RIGHT_WRITE) ? "rw"
                 : m->rights == RIGHT_READ               ? "r"
                                                         : "?");
        while (k < count && strcmp(wanted[k], line) != 0) {
            k++;
        }
        if (k == count) {
            fail_msg("%s should not be", line);
        } else if (seen[k]) {
            fail_msg("%s is there twice", line);
        } else {
            seen[k] = true;
        }
    }
    for (size_t k = 0; k < count; k++) {
        if (!seen[k]) {
            fail_msg("%s is missing", wanted[k]);
        }
    }
}

static void test_rights(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    rights_are(rights, sizeof rights / sizeof rights[0]);
}

/* Maps are page aligned, lie in the domain's own window, and have a hole after each. */
static void test_addresses(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    for (uint32_t i = 0; i < p.plan->map_count; i++) {
        const struct plan_map *a = &p.plan->maps[i];
        uint64_t bytes = p.plan->regions[a->region].bytes;

        assert_int_equal(a->vaddr % 4096, 0);
        assert_int_equal(bytes % 4096, 0);
        assert_true(bytes > 0);
        assert_int_equal((a->vaddr - 0x200000000000) >> 32, a->pd);
        assert_int_equal((a->vaddr + bytes - 1 - 0x200000000000) >> 32, a->pd);
        for (uint32_t k = 0; k < i; k++) {
            const struct plan_map *b = &p.plan->maps[k];
            uint64_t b_end = b->vaddr + p.plan->regions[b->region].bytes;

            assert_true(b_end + 4096 <= a->vaddr || a->vaddr + bytes + 4096 <= b->vaddr);
        }
    }
    /* Nothing is mapped where the driver finds its registers. */
    const struct plan_device *d = &p.plan->devices[0];
    for (uint32_t i = 0; i < p.plan->map_count; i++) {
        const struct plan_map *m = &p.plan->maps[i];

        assert_true(m->vaddr + p.plan->regions[m->region].bytes <= d->registers[0].vaddr ||
                    m->vaddr >= d->registers[0].vaddr + 0x10000 + 4096);
    }
}

/* -- channels -- */

static void channel_is(const char *region, enum plan_channel_kind kind, const char *a,
                       unsigned a_id, const char *b, unsigned b_id)
{
    for (uint32_t i = 0; i < p.plan->channel_count; i++) {
        const struct plan_channel *c = &p.plan->channels[i];

        if (strcmp(p.plan->regions[c->region].name, region) == 0) {
            assert_int_equal(c->kind, kind);
            assert_int_equal(c->end[0].pd, a == NULL ? PLAN_NONE : planned_pd(&p, a));
            assert_int_equal(c->end[1].pd, planned_pd(&p, b));
            assert_int_equal(c->end[0].id, a_id);
            assert_int_equal(c->end[1].id, b_id);
            for (int k = 0; k < 2; k++) {
                assert_int_equal(c->end[k].may_notify, kind == CHANNEL_PEER);
                assert_int_equal(c->end[k].may_call, kind == CHANNEL_TIMER && k == 1);
                if (c->end[k].pd != PLAN_NONE) {
                    const struct plan_map *m = plan_find_map(p.plan, c->end[k].pd, c->region);
                    assert_int_equal(c->end[k].vaddr, m->vaddr);
                } else {
                    assert_int_equal(c->end[k].vaddr, 0);
                }
            }
            return;
        }
    }
    fail_msg("no channel %s", region);
}

/* In the order they are made, each end takes its lowest free id. */
static void test_channels(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    channel_is("eth0.irq0", CHANNEL_IRQ, "eth0", 0, "net0_driver", 0);
    channel_is("net0_driver-net0_virt_rx.channel", CHANNEL_PEER, "net0_driver", 1, "net0_virt_rx",
               0);
    channel_is("net0_virt_rx-client0_copier.channel", CHANNEL_PEER, "net0_virt_rx", 1,
               "client0_copier", 0);
    channel_is("client0_copier-client0.channel", CHANNEL_PEER, "client0_copier", 1, "client0", 0);
    channel_is("client0-net0_virt_tx.channel", CHANNEL_PEER, "client0", 1, "net0_virt_tx", 0);
    channel_is("client0.timer", CHANNEL_TIMER, NULL, 0, "client0", 2);
    channel_is("net0_virt_rx-client1.channel", CHANNEL_PEER, "net0_virt_rx", 2, "client1", 0);
    channel_is("client1-net0_virt_tx.channel", CHANNEL_PEER, "client1", 1, "net0_virt_tx", 1);
    channel_is("client1.timer", CHANNEL_TIMER, NULL, 0, "client1", 2);
    channel_is("net0_virt_tx-net0_driver.channel", CHANNEL_PEER, "net0_virt_tx", 2, "net0_driver",
               2);
    assert_int_equal(p.plan->channel_count, 10);
    uint32_t first = p.plan->queues[planned_queue(&p, "net0.rx.active")].channel;
    assert_int_equal(plan_channel_id(p.plan, first, planned_pd(&p, "net0_driver")), 1);
    assert_int_equal(plan_channel_id(p.plan, first, planned_pd(&p, "net0_virt_rx")), 0);
}

/* Whoever takes protected calls must be more urgent than who makes them. */
static void test_callee(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    uint32_t client = planned_pd(&p, "client0"), virt = planned_pd(&p, "net0_virt_rx");
    uint32_t channel = plan_add_channel(p.plan, client, virt, 1);

    assert_int_equal(p.diag.errors, 0);
    assert_true(p.plan->channels[channel].end[0].may_call);
    assert_false(p.plan->channels[channel].end[1].may_call);
    assert_true(p.plan->channels[channel].end[1].may_notify);
    channel = plan_add_channel(p.plan, virt, client, 1);
    assert_int_equal(p.diag.errors, 1);
    assert_non_null(strstr(planned_complaints(&p),
                           "client0 takes protected calls from net0_virt_rx, so its priority must "
                           "be above 99"));
    p.plan->pds[client].priority = p.plan->pds[virt].priority; /* as urgent is not enough */
    (void)plan_add_channel(p.plan, client, virt, 1);
    assert_int_equal(p.diag.errors, 2);
    p.plan->pds[client].priority++;
    (void)plan_add_channel(p.plan, client, virt, 0);
    assert_int_equal(p.diag.errors, 2);
}

/* -- IO addresses -- */

/* What the device reaches, and that it can read only what clients send. */
static void windows_are(const char *const *reached, uint32_t count)
{
    assert_int_equal(p.plan->window_count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_window *w = &p.plan->windows[i];
        const struct plan_map *m = plan_find_map(p.plan, planned_pd(&p, "eth0"), w->region);

        assert_int_equal(w->region, planned_region(&p, reached[i]));
        assert_int_equal(w->rights, i < 3 ? RIGHT_READ | RIGHT_WRITE : RIGHT_READ);
        assert_int_equal(w->bytes, p.plan->regions[w->region].bytes);
        assert_int_equal(m->rights, w->rights);
        assert_int_equal(m->vaddr, w->vaddr);
        assert_true(w->io_addr + w->bytes <= UINT32_MAX);
        assert_int_equal(w->io_addr % 4096, 0);
        for (uint32_t k = 0; k < p.plan->region_count; k++) { /* no offset into anything */
            assert_true(w->io_addr > p.plan->regions[k].bytes);
        }
        for (uint32_t k = 0; k < i; k++) { /* apart, ascending, and with a hole between */
            assert_true(p.plan->windows[k].io_addr + p.plan->windows[k].bytes + 4096 <= w->io_addr);
        }
    }
}

static void pool_is_at(const char *name, uint32_t window)
{
    const struct plan_pool *pool = &p.plan->pools[planned_pool(&p, name)];

    assert_int_equal(pool->io_addr, p.plan->windows[window].io_addr);
    assert_int_equal(pool->region, p.plan->windows[window].region);
}

static void test_io_addresses(void **state)
{
    static const char *const reached[] = {"eth0.rx_ring", "eth0.tx_ring", "net0.rx.buffers",
                                          "client0.tx.buffers", "client1.tx.buffers"};

    (void)state;
    planned_must(&p, two_clients);
    windows_are(reached, 5);
    pool_is_at("net0.rx", 2);
    pool_is_at("client0.tx", 3);
    pool_is_at("client1.tx", 4);
    assert_int_equal(p.plan->pools[planned_pool(&p, "client0.rx")].io_addr, 0);
}

/* Two networks share nothing. */
static void test_two_networks(void **state)
{
    (void)state;
    assert_true(planned_make(
        &p, "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" },"
            "  { \"name\": \"eth1\", \"model\": \"enet\" } ],"
            "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" },"
            "    { \"name\": \"net1\", \"device\": \"eth1\" } ],"
            "  \"clients\": [ { \"name\": \"a\", " ECHO ", \"network\": \"net0\", \"copier\": {} },"
            "    { \"name\": \"b\", " ECHO ", \"network\": \"net1\", \"copier\": {},"
            "      \"mac\": \"52:54:01:00:00:00\" } ] }"));
    static const char *const ones[] = {
        "a", "a_copier", "net0_driver", "net0_virt_rx", "net0_virt_tx", "eth0"};
    static const char *const others[] = {
        "b", "b_copier", "net1_driver", "net1_virt_rx", "net1_virt_tx", "eth1"};
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned k = 0; k < 6; k++) {
            for (uint32_t r = 0; r < p.plan->region_count; r++) {
                assert_true(plan_find_map(p.plan, planned_pd(&p, ones[i]), r) == NULL ||
                            plan_find_map(p.plan, planned_pd(&p, others[k]), r) == NULL);
            }
        }
    }
    for (uint32_t i = 0; i < p.plan->window_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const struct plan_window *a = &p.plan->windows[k], *b = &p.plan->windows[i];
            assert_true(a->io_addr + a->bytes <= b->io_addr);
        }
    }
    assert_true(plan_serves(p.plan, &p.plan->devices[0], planned_pd(&p, "a")));
    assert_false(plan_serves(p.plan, &p.plan->devices[0], planned_pd(&p, "b")));
    assert_true(plan_serves(p.plan, &p.plan->devices[1], planned_pd(&p, "b")));
    assert_false(plan_serves(p.plan, &p.plan->devices[1], planned_pd(&p, "net1_virt_rx")));
}

/* -- queues and pools -- */

static void queue_is(const char *link, uint32_t capacity, const char *from, const char *to,
                     enum plan_naming naming, const char *pool, size_t pools)
{
    char name[64];

    snprintf(name, sizeof name, "%s.active", link);
    uint32_t active_index = planned_queue(&p, name);
    const struct queue_shape *active = &p.plan->queues[active_index];
    snprintf(name, sizeof name, "%s.free", link);
    const struct queue_shape *frees = &p.plan->queues[active->partner];
    assert_string_equal(frees->name, name);
    assert_int_equal(frees->partner, active_index);
    assert_true(active->carries_frames);
    assert_false(frees->carries_frames);
    assert_int_equal(active->producer, planned_pd(&p, from));
    assert_int_equal(active->consumer, planned_pd(&p, to));
    assert_int_equal(frees->producer, active->consumer);
    assert_int_equal(frees->consumer, active->producer);
    assert_int_equal(frees->region, active->region);
    assert_int_equal(frees->channel, active->channel);
    const struct queue_shape *both[2] = {active, frees};
    for (int i = 0; i < 2; i++) {
        const struct queue_shape *q = both[i];
        uint64_t bytes = q->slots_offset + (uint64_t)q->capacity * q->slot_bytes;

        assert_int_equal(q->capacity, capacity);
        assert_int_equal(q->naming, naming);
        assert_int_equal(q->pool_bits, naming == NAMES_OFFSET ? 6 : 0);
        assert_int_equal(q->pool_count, pools);
        assert_int_equal(q->pools[0], planned_pool(&p, pool));
        assert_int_equal(q->producer_vaddr,
                         plan_find_map(p.plan, q->producer, q->region)->vaddr + q->offset);
        assert_int_equal(q->consumer_vaddr,
                         plan_find_map(p.plan, q->consumer, q->region)->vaddr + q->offset);
        assert_true(q->offset + bytes <= p.plan->regions[q->region].bytes);
        assert_true(i == 0 || frees->offset + bytes <= active->offset ||
                    active->offset + bytes <= frees->offset);
        assert_int_equal(q->tail_offset, offsetof(net_queue_t, tail));
        assert_int_equal(q->head_offset, offsetof(net_queue_t, head));
        assert_int_equal(q->flag_offset, offsetof(net_queue_t, consumer_signalled));
        assert_int_equal(q->slots_offset, offsetof(net_queue_t, buffers));
        assert_int_equal(q->slot_bytes, sizeof(net_buff_desc_t));
        assert_int_equal(q->index_bytes, 2);
        assert_int_equal(q->flag_bytes, 4);
        assert_int_equal(q->name_bytes, 8);
        assert_int_equal(q->len_bytes, 2);
    }
    /* A descriptor written with the framework's own type is found where the shape says. */
    union {
        net_buff_desc_t d;
        uint8_t bytes[16];
    } slot = {.d = {.io_or_offset = 0x1122334455667788, .len = 0x99aa, .oid = 0x2b}};
    uint64_t named;
    uint16_t len;
    memcpy(&named, slot.bytes + active->name_offset, sizeof named);
    memcpy(&len, slot.bytes + active->len_offset, sizeof len);
    assert_true(named == slot.d.io_or_offset);
    assert_int_equal(len, slot.d.len);
    assert_int_equal(slot.bytes[active->pool_offset] & 0x3f, 0x2b);
}

static void test_queues(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    assert_int_equal(p.plan->queue_count, 14);
    queue_is("net0.rx", 16, "net0_driver", "net0_virt_rx", NAMES_IO_ADDR, "net0.rx", 1);
    queue_is("client0.virt_rx", 16, "net0_virt_rx", "client0_copier", NAMES_OFFSET, "net0.rx", 1);
    queue_is("client0.rx", 8, "client0_copier", "client0", NAMES_OFFSET, "client0.rx", 1);
    queue_is("client1.rx", 16, "net0_virt_rx", "client1", NAMES_OFFSET, "net0.rx", 1);
    queue_is("client0.tx", 8, "client0", "net0_virt_tx", NAMES_OFFSET, "client0.tx", 1);
    queue_is("client1.tx", 4, "client1", "net0_virt_tx", NAMES_OFFSET, "client1.tx", 1);
    /* Room for all that clients can send at once: 12, in a power of two. */
    queue_is("net0.tx", 16, "net0_virt_tx", "net0_driver", NAMES_IO_ADDR, "client0.tx", 2);
    assert_int_equal(p.plan->queues[planned_queue(&p, "net0.tx.free")].pools[1],
                     planned_pool(&p, "client1.tx"));
    const struct plan_device *d = &p.plan->devices[0];
    assert_int_equal(d->rx_queue_source, planned_queue(&p, "net0.rx.active"));
    assert_int_equal(d->tx_queue_sink, planned_queue(&p, "net0.tx.active"));
    assert_int_equal(d->driver, planned_pd(&p, "net0_driver"));
    assert_int_equal(d->pd, planned_pd(&p, "eth0"));
    assert_int_equal(d->wire, 0);

    static const struct {
        const char *pool, *stamps;
        uint32_t count;
    } pools[] = {{"net0.rx", "net0.rx.stamps", 16},
                 {"client0.rx", "client0.rx.stamps", 8},
                 {"client0.tx", NULL, 8},
                 {"client1.tx", NULL, 4}};
    assert_int_equal(p.plan->pool_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct plan_pool *pool = &p.plan->pools[planned_pool(&p, pools[i].pool)];
        assert_int_equal(pool->buffer_bytes, 2048);
        assert_int_equal(pool->buffer_count, pools[i].count);
        assert_int_equal(pool->stamps,
                         pools[i].stamps == NULL ? PLAN_NONE : planned_region(&p, pools[i].stamps));
    }
}

/* -- configuration -- */

static const void *blob(const char *pd, const char *section, size_t size, bool optional)
{
    const struct plan_pd *owner = &p.plan->pds[planned_pd(&p, pd)];

    for (size_t i = 0; i < owner->blob_count; i++) {
        if (strcmp(owner->blobs[i].section, section) == 0) {
            assert_int_equal(owner->blobs[i].size, size);
            assert_int_equal(owner->blobs[i].optional, optional);
            return owner->blobs[i].bytes;
        }
    }
    fail_msg("%s has no %s", pd, section);
    abort();
}

/* What is for the section of a domain's image that has the type's name. */
#define CONFIG(name, pd)          ((const name##_t *)blob(pd, "." #name, sizeof(name##_t), false))
#define OPTIONAL_CONFIG(name, pd) ((const name##_t *)blob(pd, "." #name, sizeof(name##_t), true))

static void region_is(const region_resource_t *r, const char *pd, const char *region,
                      uint64_t bytes)
{
    const struct plan_map *m =
        plan_find_map(p.plan, planned_pd(&p, pd), planned_region(&p, region));

    assert_non_null(m);
    assert_int_equal((uintptr_t)r->vaddr, m->vaddr);
    assert_int_equal(r->size, bytes);
}

static void connection_is(const net_connection_resource_t *c, const char *pd, const char *link)
{
    char name[64];
    uint32_t index = planned_pd(&p, pd);

    snprintf(name, sizeof name, "%s.free", link);
    const struct queue_shape *frees = &p.plan->queues[planned_queue(&p, name)];
    const struct queue_shape *active = &p.plan->queues[frees->partner];
    assert_int_equal((uintptr_t)c->free_queue.vaddr,
                     frees->producer == index ? frees->producer_vaddr : frees->consumer_vaddr);
    assert_int_equal((uintptr_t)c->active_queue.vaddr,
                     active->producer == index ? active->producer_vaddr : active->consumer_vaddr);
    assert_int_equal(c->free_queue.size, 8 + 16 * frees->capacity);
    assert_int_equal(c->active_queue.size, 8 + 16 * frees->capacity);
    assert_int_equal(c->num_buffers, frees->capacity);
    assert_int_equal(c->id, plan_channel_id(p.plan, frees->channel, index));
}

static void mac_is(const void *mac, const char *text)
{
    const uint8_t *m = mac;
    char is[18];

    snprintf(is, sizeof is, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
    assert_string_equal(is, text);
}

static void test_driver_config(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    const net_driver_config_t *c = CONFIG(net_driver_config, "net0_driver");
    const device_resources_t *d = CONFIG(device_resources, "net0_driver");

    assert_true(net_config_check_magic((void *)(uintptr_t)c));
    connection_is(&c->virt_rx, "net0_driver", "net0.rx");
    connection_is(&c->virt_tx, "net0_driver", "net0.tx");
    assert_true(device_resources_check_magic((void *)(uintptr_t)d));
    assert_int_equal(d->num_regions, 3);
    assert_int_equal((uintptr_t)d->regions[0].region.vaddr, p.plan->devices[0].registers[0].vaddr);
    assert_int_equal(d->regions[0].region.size, 0x10000);
    assert_int_equal(d->regions[0].io_addr, 0);
    region_is(&d->regions[1].region, "net0_driver", "eth0.rx_ring", 128 * 8);
    region_is(&d->regions[2].region, "net0_driver", "eth0.tx_ring", 64 * 8);
    assert_int_equal(d->regions[1].io_addr, p.plan->windows[0].io_addr);
    assert_int_equal(d->regions[2].io_addr, p.plan->windows[1].io_addr);
    assert_int_equal(d->num_irqs, 1);
    assert_int_equal(d->irqs[0].id, 0);
}

static void test_virt_configs(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    const net_virt_rx_config_t *rx = CONFIG(net_virt_rx_config, "net0_virt_rx");
    const net_virt_tx_config_t *tx = CONFIG(net_virt_tx_config, "net0_virt_tx");

    assert_true(net_config_check_magic((void *)(uintptr_t)rx));
    connection_is(&rx->driver, "net0_virt_rx", "net0.rx");
    region_is(&rx->data.region, "net0_virt_rx", "net0.rx.buffers", 16 * 2048);
    assert_int_equal(rx->data.io_addr, p.plan->windows[2].io_addr);
    region_is(&rx->buffer_metadata, "net0_virt_rx", "net0.refcounts", 16);
    assert_int_equal(rx->num_clients, 2);
    connection_is(&rx->clients[0].conn, "net0_virt_rx", "client0.virt_rx");
    connection_is(&rx->clients[1].conn, "net0_virt_rx", "client1.rx");
    assert_int_equal(rx->clients[0].num_macs, 1);
    mac_is(&rx->clients[0].mac_addrs[0], "52:54:01:00:00:00");
    assert_int_equal(rx->clients[1].num_macs, 3);
    mac_is(&rx->clients[1].mac_addrs[0], "52:54:00:aa:bb:cc");
    mac_is(&rx->clients[1].mac_addrs[1], "52:54:00:aa:bb:cd");
    mac_is(&rx->clients[1].mac_addrs[2], "52:54:00:aa:bb:ce");

    assert_true(net_config_check_magic((void *)(uintptr_t)tx));
    connection_is(&tx->driver, "net0_virt_tx", "net0.tx");
    assert_int_equal(tx->num_clients, 2);
    static const char *const buffers[2] = {"client0.tx.buffers", "client1.tx.buffers"};
    static const char *const links[2] = {"client0.tx", "client1.tx"};
    for (unsigned i = 0; i < 2; i++) {
        const net_virt_tx_client_config_t *c = &tx->clients[i];

        connection_is(&c->conn, "net0_virt_tx", links[i]);
        assert_int_equal(c->num_regions, 1);
        region_is(&c->regions[0].data.region, "net0_virt_tx", buffers[i], (8 >> i) * 2048);
        assert_int_equal(c->regions[0].data.io_addr, p.plan->windows[3 + i].io_addr);
        assert_int_equal(c->regions[0].num_buffers, 8 >> i);
    }
}

static void test_client_configs(void **state)
{
    (void)state;
    planned_must(&p, two_clients);
    const net_client_config_t *c0 = CONFIG(net_client_config, "client0");
    const net_client_config_t *c1 = CONFIG(net_client_config, "client1");
    const net_copy_config_t *copy = CONFIG(net_copy_config, "client0_copier");

    assert_true(net_config_check_magic((void *)(uintptr_t)c0));
    connection_is(&c0->rx, "client0", "client0.rx");
    region_is(&c0->rx_data, "client0", "client0.rx.buffers", 8 * 2048);
    connection_is(&c0->tx, "client0", "client0.tx");
    region_is(&c0->tx_data, "client0", "client0.tx.buffers", 8 * 2048);
    mac_is(&c0->mac_addr, "52:54:01:00:00:00");
    connection_is(&c1->rx, "client1", "client1.rx");
    region_is(&c1->rx_data, "client1", "net0.rx.buffers", 16 * 2048);
    region_is(&c1->tx_data, "client1", "client1.tx.buffers", 4 * 2048);
    mac_is(&c1->mac_addr, "52:54:00:aa:bb:cc");

    assert_true(net_config_check_magic((void *)(uintptr_t)copy));
    connection_is(&copy->rx, "client0_copier", "client0.virt_rx");
    region_is(&copy->rx_data[0], "client0_copier", "net0.rx.buffers", 16 * 2048);
    assert_null(copy->rx_data[1].vaddr);
    connection_is(&copy->client, "client0_copier", "client0.rx");
    region_is(&copy->client_data, "client0_copier", "client0.rx.buffers", 8 * 2048);

    const timer_client_config_t *t = OPTIONAL_CONFIG(timer_client_config, "client1");
    assert_memory_equal(t->magic, SDDF_TIMER_MAGIC, SDDF_TIMER_MAGIC_LEN);
    assert_int_equal(t->driver_id, 2);

    const struct plan_pd *pd = &p.plan->pds[planned_pd(&p, "client1")];
    assert_int_equal(pd->mac_count, 3);
    mac_is(pd->macs[2], "52:54:00:aa:bb:ce");
    assert_true(pd->endpoint);
    assert_string_equal(pd->class_name, "net");
    assert_string_equal(pd->role, "client");
    assert_false(p.plan->pds[planned_pd(&p, "client0_copier")].endpoint);
}

static void test_pds(void **state)
{
    static const struct {
        const char *name, *role, *image;
        unsigned priority;
        uint64_t budget_ns, period_ns;
    } pds[] = {
        {"net0_driver", "driver", "network/driver_enet.so", 101, 100000, 400000},
        {"net0_virt_tx", "virt_tx", "network/virt_tx.so", 100, 20000000, 20000000},
        {"net0_virt_rx", "virt_rx", "network/virt_rx.so", 99, 0, 0},
        {"client0_copier", "copier", "network/copy.so", 98, 20000000, 20000000},
        {"client0", "client", "network/client_echo.so", 97, 20000000, 20000000},
    };

    (void)state;
    planned_must(&p, two_clients);
    assert_int_equal(p.plan->pd_count, 7);
    for (unsigned i = 0; i < 5; i++) {
        const struct plan_pd *pd = &p.plan->pds[planned_pd(&p, pds[i].name)];

        assert_string_equal(pd->role, pds[i].role);
        assert_int_equal(pd->kind, PD_IMAGE);
        assert_int_equal(pd->device, PLAN_NONE);
        assert_non_null(strstr(pd->image_file, pds[i].image));
        assert_int_equal(pd->priority, pds[i].priority);
        if (i < 4 && pds[i].budget_ns != 0) {
            assert_int_equal(pd->budget_ns, pds[i].budget_ns);
            assert_int_equal(pd->period_ns, pds[i].period_ns);
        }
        assert_true(pd->trusted);
    }
    assert_int_equal(p.plan->pds[planned_pd(&p, "eth0")].kind, PD_DEVICE);
    assert_int_equal(p.plan->pds[planned_pd(&p, "eth0")].device, 0);
    assert_int_equal(planned_pd(&p, "nobody"), PLAN_NONE);
    assert_int_equal(p.plan->capture_count, 2);
    assert_int_equal(p.plan->captures[0].pd, planned_pd(&p, "eth0"));
    assert_int_equal(p.plan->captures[1].pd, planned_pd(&p, "client0"));
    for (unsigned i = 0; i < 2; i++) {
        const struct plan_capture *c = &p.plan->captures[i];
        assert_int_equal(c->vaddr, plan_find_map(p.plan, c->pd, c->region)->vaddr);
    }
    const struct plan_pd *pd = &p.plan->pds[planned_pd(&p, "net0_driver")];
    assert_int_equal(pd->page_vaddr,
                     plan_find_map(p.plan, planned_pd(&p, "net0_driver"), pd->page)->vaddr);
}

/* -- how many -- */

static char text[65536];

static bool plan_many(unsigned clients, bool copiers, unsigned tx_buffers)
{
    int used =
        snprintf(text, sizeof text,
                 "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
                 "  \"networks\": [ { \"name\": \"net0\" } ], \"clients\": [");

    for (unsigned i = 0; i < clients; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "%s{ \"name\": \"client%u\", " ECHO ", \"tx_buffers\": %u%s }",
                         i == 0 ? "" : ",", i, tx_buffers, copiers ? ", \"copier\": {}" : "");
    }
    snprintf(text + used, sizeof text - (size_t)used, "] }");
    return planned_make(&p, text);
}

static void complains(const char *of, bool does)
{
    if ((strstr(planned_complaints(&p), of) != NULL) != does) {
        fail_msg("%s: %s", does ? "not said" : "said", of);
    }
}

static void test_how_many(void **state)
{
    (void)state;
    assert_true(plan_many(61, true, 512));
    complains("protection domains: this runs here, but Microkit allows 63", true);
    assert_int_equal(p.diag.errors, 0);
    assert_int_equal(p.diag.warnings, 1);
    assert_int_equal(p.plan->pds[planned_pd(&p, "net0_virt_rx")].channel_next, 62);
    const net_virt_rx_config_t *rx = CONFIG(net_virt_rx_config, "net0_virt_rx");
    assert_int_equal(rx->num_clients, 61);
    assert_int_equal(rx->clients[60].conn.id, 61);
    mac_is(&rx->clients[60].mac_addrs[0], "52:54:01:00:00:3c");
    end(NULL);

    assert_false(plan_many(62, false, 8));
    complains("net0_virt_rx needs more than 62 channels, which is all Microkit gives a domain",
              true);
    complains("net0_virt_tx needs more than 62 channels", true);
    assert_int_equal(p.diag.errors, 2); /* said once for each */
    end(NULL);

    assert_false(plan_many(66, true, 8));
    complains("net0 has 64 clients already; sDDF allows no more", true);
    end(NULL);

    assert_true(
        plan_many(60, false, 8)); /* 60 and the three of the network: as many as Microkit allows */
    assert_int_equal(p.diag.warnings, 0);
    end(NULL);
    assert_true(plan_many(61, false, 8));
    assert_int_equal(p.diag.warnings, 1);
}

static void test_transmit_room(void **state)
{
    (void)state;
    assert_true(plan_many(1, false, 32768));
    assert_int_equal(p.plan->queues[planned_queue(&p, "net0.tx.active")].capacity, 32768);
    end(NULL);
    assert_true(plan_many(2, false, 16384));
    assert_int_equal(p.plan->queues[planned_queue(&p, "net0.tx.active")].capacity, 32768);
    end(NULL);
    assert_true(plan_many(1, false, 1));
    assert_int_equal(p.plan->queues[planned_queue(&p, "net0.tx.active")].capacity, 1);
    end(NULL);
    assert_true(plan_many(5, false, 1));
    assert_int_equal(p.plan->queues[planned_queue(&p, "net0.tx.active")].capacity, 8);
    end(NULL);
    assert_false(plan_many(3, false, 16384));
    complains("its clients have 49152 transmit buffers together and no \"tx_queue\"; one queue to "
              "the driver holds 32768",
              true);
}

/* Thirty-two receive regions of 64 MiB fill half of a 32-bit space. */
static void test_io_space(void **state)
{
    (void)state;
    for (unsigned networks = 30; networks <= 34; networks += 4) {
        int used = snprintf(text, sizeof text, "{ \"version\": 1, \"devices\": [");

        for (unsigned i = 0; i < networks; i++) {
            used +=
                snprintf(text + used, sizeof text - (size_t)used,
                         "%s{ \"name\": \"eth%u\", \"model\": \"enet\" }", i == 0 ? "" : ",", i);
        }
        used += snprintf(text + used, sizeof text - (size_t)used, "], \"networks\": [");
        for (unsigned i = 0; i < networks; i++) {
            used +=
                snprintf(text + used, sizeof text - (size_t)used,
                         "%s{ \"name\": \"net%u\", \"device\": \"eth%u\", \"rx_buffers\": 32768 }",
                         i == 0 ? "" : ",", i, i);
        }
        snprintf(text + used, sizeof text - (size_t)used,
                 "], \"clients\": [ { \"name\": \"c\", " ECHO
                 ", \"network\": \"net0\", \"copier\": {} } ] }");
        assert_int_equal(planned_make(&p, text), networks == 30);
        complains("must reach does not fit in its 32-bit IO space", networks == 34);
        end(NULL);
    }
}

/* -- what is wrong -- */

static void refused(const char *client_keys, const char *why)
{
    snprintf(text, sizeof text,
             "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
             "  \"networks\": [ { \"name\": \"net0\" } ], \"clients\": ["
             "  { \"name\": \"a\", " ECHO ", \"copier\": {} },"
             "  { \"name\": \"b\", " ECHO ", \"copier\": {}%s } ] }",
             client_keys);
    bool made = planned_make(&p, text);
    if (why == NULL) {
        if (!made) {
            fail_msg("%s: %s", client_keys, planned_complaints(&p));
        }
    } else {
        assert_false(made);
        complains(why, true);
    }
    planned_finish(&p);
}

static void test_refused(void **state)
{
    (void)state;
    refused("", NULL);
    refused(", \"mac\": \"52:54:01:00:00:00\"", "a and b both have the address 52:54:01:00:00:00");
    refused(", \"more_macs\": \"02:00:00:00:00:01,52:54:01:00:00:00\"",
            "a and b both have the address 52:54:01:00:00:00");
    refused(", \"mac\": \"53:54:01:00:00:00\"",
            "mac: a client's address cannot be a multicast one");
    refused(", \"rx_buffers\": 12", "rx_buffers: 12 is no power of two; the next is 16");
    refused(", \"tx_buffers\": 3", "tx_buffers: 3 is no power of two; the next is 4");
    refused(", \"rx_buffers\": 3, \"tx_buffers\": 5", "tx_buffers: 5 is no power of two");
    refused(", \"rx_buffers\": 0", "rx_buffers");
    refused(", \"rx_buffers\": 65536", "rx_buffers");
    refused(", \"rx_buffers\": 32768", NULL);
}

static void test_more_macs(void **state)
{
    static const char *const bad[] = {
        "52:54:01:00:00",          "52:54:01:00:00:0g",      "52:54:01:00:00:0",
        "52:54:01:00:00:001",      "52-54-01-00-00-01",      "-1:54:01:00:00:01",
        "0x:54:01:00:00:01",       "52: 4:01:00:00:01",      "nonsense",
        "52:54:01:00:00:09;52:54", "52:54:01:00:00:09 junk",
    };
    char keys[2048];

    (void)state;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(keys, sizeof keys, ", \"more_macs\": \"%s\"", bad[i]);
        refused(keys, "more_macs: no address at '");
    }
    refused(", \"more_macs\": \"52:54:01:00:00:09,52:54:01:00:00:0A , 52:54:01:00:00:0b\"", NULL);
    refused(", \"more_macs\": \"01:00:5e:00:00:01\"", NULL); /* a group it takes part in */
    refused(", \"more_macs\": \"ff:ff:ff:ff:ff:ff\"", "broadcasts go to every client");
    for (unsigned count = 63; count <= 64; count++) {
        int used = snprintf(keys, sizeof keys, ", \"more_macs\": \"");

        for (unsigned i = 0; i < count; i++) {
            used += snprintf(keys + used, sizeof keys - (size_t)used, "02:00:00:00:00:%02x,", i);
        }
        snprintf(keys + used, sizeof keys - (size_t)used, "\"");
        refused(keys, count == 63 ? NULL : "at most 63");
    }
}

/* -- without virtualisers -- */

static const char direct[] =
    "{ \"version\": 1, \"wires\": [" WIRE "], \"devices\": [" DEVICE "],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 16, \"virtualisers\": false } ],"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_direct\","
    "    \"tx_buffers\": 8 } ] }";

/* Only the client and the device see frames; the driver sees none. */
static void test_direct_rights(void **state)
{
    static const char *const wanted[] = {
        "client0 client0.page rw",
        "client0 client0.rx.queues rw",
        "client0 net0_driver-client0.channel rw",
        "client0 net0.rx.buffers rw",
        "client0 net0.rx.stamps r",
        "client0 client0.tx.queues rw",
        "client0 client0-net0_driver.channel rw",
        "client0 client0.tx.buffers rw",
        "client0 client0.tx.tags rw",
        "client0 client0.timer rw",
        "net0_driver net0_driver.page rw",
        "net0_driver eth0.mmio rw",
        "net0_driver eth0.rx_ring rw",
        "net0_driver eth0.tx_ring rw",
        "net0_driver eth0.irq0 rw",
        "net0_driver client0.rx.queues rw",
        "net0_driver net0_driver-client0.channel rw",
        "net0_driver client0.tx.queues rw",
        "net0_driver client0-net0_driver.channel rw",
        "eth0 eth0.page rw",
        "eth0 eth0.mmio rw",
        "eth0 eth0.rx_ring rw",
        "eth0 eth0.tx_ring rw",
        "eth0 eth0.irq0 rw",
        "eth0 net0.rx.buffers rw",
        "eth0 net0.rx.stamps rw",
        "eth0 client0.tx.buffers r",
        "eth0 client0.tx.tags r",
    };

    (void)state;
    planned_must(&p, direct);
    rights_are(wanted, sizeof wanted / sizeof wanted[0]);
    assert_int_equal(p.plan->pd_count, 3);
    assert_true(p.plan->pds[planned_pd(&p, "client0")].endpoint);
    assert_true(plan_serves(p.plan, &p.plan->devices[0], planned_pd(&p, "client0")));
}

static void test_direct_queues(void **state)
{
    (void)state;
    planned_must(&p, direct);
    assert_int_equal(p.plan->queue_count, 4);
    assert_int_equal(p.plan->pool_count, 2);
    queue_is("client0.rx", 16, "net0_driver", "client0", NAMES_IO_ADDR, "net0.rx", 1);
    queue_is("client0.tx", 8, "client0", "net0_driver", NAMES_IO_ADDR, "client0.tx", 1);
    const struct plan_device *d = &p.plan->devices[0];
    assert_int_equal(d->rx_queue_source, planned_queue(&p, "client0.rx.active"));
    assert_int_equal(d->tx_queue_sink, planned_queue(&p, "client0.tx.active"));
    assert_int_equal(p.plan->channel_count, 4);
    channel_is("eth0.irq0", CHANNEL_IRQ, "eth0", 0, "net0_driver", 0);
    channel_is("net0_driver-client0.channel", CHANNEL_PEER, "net0_driver", 1, "client0", 0);
    channel_is("client0-net0_driver.channel", CHANNEL_PEER, "client0", 1, "net0_driver", 2);
    channel_is("client0.timer", CHANNEL_TIMER, NULL, 0, "client0", 2);

    static const char *const reached[] = {"eth0.rx_ring", "eth0.tx_ring", "net0.rx.buffers",
                                          "client0.tx.buffers"};
    windows_are(reached, 4);
    pool_is_at("net0.rx", 2);
    pool_is_at("client0.tx", 3);
    assert_int_equal(p.plan->pools[planned_pool(&p, "net0.rx")].stamps,
                     planned_region(&p, "net0.rx.stamps"));
}

static void test_direct_configs(void **state)
{
    (void)state;
    planned_must(&p, direct);
    const net_driver_config_t *driver = CONFIG(net_driver_config, "net0_driver");
    const net_client_config_t *client = CONFIG(net_client_config, "client0");
    const device_resources_t *d = CONFIG(device_resources, "client0");

    connection_is(&driver->virt_rx, "net0_driver", "client0.rx");
    connection_is(&driver->virt_tx, "net0_driver", "client0.tx");
    assert_true(net_config_check_magic((void *)(uintptr_t)client));
    connection_is(&client->rx, "client0", "client0.rx");
    connection_is(&client->tx, "client0", "client0.tx");
    region_is(&client->rx_data, "client0", "net0.rx.buffers", 16 * 2048);
    region_is(&client->tx_data, "client0", "client0.tx.buffers", 8 * 2048);
    mac_is(&client->mac_addr, "52:54:01:00:00:00");
    assert_true(device_resources_check_magic((void *)(uintptr_t)d));
    assert_int_equal(d->num_regions, 2);
    assert_int_equal(d->num_irqs, 0);
    region_is(&d->regions[0].region, "client0", "net0.rx.buffers", 16 * 2048);
    region_is(&d->regions[1].region, "client0", "client0.tx.buffers", 8 * 2048);
    assert_int_equal(d->regions[0].io_addr, p.plan->windows[2].io_addr);
    assert_int_equal(d->regions[1].io_addr, p.plan->windows[3].io_addr);
    (void)OPTIONAL_CONFIG(timer_client_config, "client0");
}

/* The network, and its clients as they are spelt. */
static void direct_refused(const char *clients, unsigned errors, const char *why)
{
    snprintf(text, sizeof text,
             "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
             "  \"networks\": [ { \"name\": \"net0\", \"virtualisers\": false } ],"
             "  \"clients\": [ %s ] }",
             clients);
    assert_false(planned_make(&p, text));
    complains(why, true);
    assert_int_equal(p.diag.errors, errors);
    planned_finish(&p);
}

static void test_direct_refused(void **state)
{
#define DIRECT "\"image\": \"network/client_direct\""
    (void)state;
    direct_refused("", 1, "net0 has no virtualisers, so one client must join it, and none does");
    direct_refused("{ " DIRECT " }, { " DIRECT " }, { " DIRECT " }", 2,
                   "net0 has no virtualisers, so only one client can join it");
    direct_refused("{ " DIRECT ", \"copier\": {} }", 1,
                   "net0 has no virtualisers, so there is nothing a copier could take frames from");
    direct_refused("{ " DIRECT ", \"forwarder\": {} }", 1,
                   "so there is nothing a forwarder could take frames from");
    direct_refused("{ " DIRECT ", \"more_macs\": \"02:00:00:00:00:01\" }", 1,
                   "more_macs: net0 has no virtualisers to be told of further addresses");
    direct_refused("{ " DIRECT ", \"tx_buffers\": 3 }", 1, "tx_buffers: 3 is no power of two");
}

/* An image that must be told more than it is here is not started to find out. */
static void test_untold(void **state)
{
    static const char one[] =
        "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
        "  \"networks\": [ { \"name\": \"net0\" } ],"
        "  \"clients\": [ { \"name\": \"a\", \"image\": \"network/client_%s\" } ] }";

    (void)state;
    snprintf(text, sizeof text, one, "direct");
    assert_false(planned_make(&p, text));
    complains("network/client_direct cannot be a: nothing here fills its section .device_resources",
              true);
    assert_int_equal(p.diag.errors, 1);
    end(NULL);
    snprintf(text, sizeof text, one, "sink"); /* which is told of its timer */
    assert_true(planned_make(&p, text));
}

/* Who has shared buffers in its own hands, and is not to be trusted to return them, has its share
 * at most; behind a copier nobody keeps any. */
static void test_shares(void **state)
{
    (void)state;
    assert_true(planned_make(
        &p, "{ \"version\": 1, \"wires\": [" WIRE "], \"devices\": [" DEVICE "],"
            "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 64 } ], \"clients\": ["
            "    { \"name\": \"client0\", " ECHO " },"
            "    { \"name\": \"client1\", " ECHO ", \"trusted\": false,"
            "      \"allow_shared_receive\": true },"
            "    { \"name\": \"client2\", " ECHO ", \"trusted\": false, \"copier\": {} } ] }"));
    queue_is("client0.rx", 64, "net0_virt_rx", "client0", NAMES_OFFSET, "net0.rx", 1);
    queue_is("client1.rx", 16, "net0_virt_rx", "client1", NAMES_OFFSET, "net0.rx", 1);
    queue_is("client2.virt_rx", 64, "net0_virt_rx", "client2_copier", NAMES_OFFSET, "net0.rx", 1);
}

/* With nobody to share with, all is its own. */
static void test_only_share(void **state)
{
    (void)state;
    assert_true(planned_make(
        &p, "{ \"version\": 1, \"wires\": [" WIRE "], \"devices\": [" DEVICE "],"
            "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 64 } ], \"clients\": ["
            "    { \"name\": \"client0\", " ECHO ", \"trusted\": false, \"forwarder\": {},"
            "      \"allow_shared_receive\": true } ] }"));
    queue_is("client0.rx", 64, "client0_forwarder", "client0", NAMES_OFFSET, "net0.rx", 1);
}

/* -- behind a forwarder -- */

/* As many domains as with a copier, and the rights of none: both read what all receive. */
static void test_forwarder(void **state)
{
    (void)state;
    assert_true(planned_make(
        &p, "{ \"version\": 1, \"wires\": [" WIRE "], \"devices\": [" DEVICE "],"
            "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 16 } ], \"clients\": ["
            "    { \"name\": \"client0\", " ECHO ", \"forwarder\": {}, \"rx_buffers\": 8 } ] }"));
    uint32_t forwarder = planned_pd(&p, "client0_forwarder"), client = planned_pd(&p, "client0");
    uint32_t shared = planned_region(&p, "net0.rx.buffers");
    const struct plan_pd *pd = &p.plan->pds[forwarder];

    assert_string_equal(pd->role, "forwarder");
    assert_non_null(strstr(pd->image_file, "network/copy_forward.so"));
    assert_int_equal(pd->priority, 98);
    assert_false(pd->endpoint);
    assert_int_equal(plan_find_map(p.plan, forwarder, shared)->rights, RIGHT_READ);
    assert_int_equal(plan_find_map(p.plan, client, shared)->rights, RIGHT_READ);
    assert_non_null(plan_find_map(p.plan, client, planned_region(&p, "net0.rx.stamps")));
    assert_int_equal(planned_region(&p, "client0.rx.buffers"), PLAN_NONE);
    queue_is("client0.virt_rx", 16, "net0_virt_rx", "client0_forwarder", NAMES_OFFSET, "net0.rx",
             1);
    queue_is("client0.rx", 16, "client0_forwarder", "client0", NAMES_OFFSET, "net0.rx", 1);

    const net_copy_config_t *copy = CONFIG(net_copy_config, "client0_forwarder");
    const net_client_config_t *c = CONFIG(net_client_config, "client0");
    const net_virt_rx_config_t *rx = CONFIG(net_virt_rx_config, "net0_virt_rx");
    connection_is(&copy->rx, "client0_forwarder", "client0.virt_rx");
    connection_is(&copy->client, "client0_forwarder", "client0.rx");
    region_is(&copy->rx_data[0], "client0_forwarder", "net0.rx.buffers", 16 * 2048);
    region_is(&copy->client_data, "client0_forwarder", "net0.rx.buffers", 16 * 2048);
    connection_is(&c->rx, "client0", "client0.rx");
    region_is(&c->rx_data, "client0", "net0.rx.buffers", 16 * 2048);
    connection_is(&rx->clients[0].conn, "net0_virt_rx", "client0.virt_rx");
    end(NULL);
    refused(", \"forwarder\": {}", "b has a copier already; a forwarder would stand in its place");
}

/* -- a vswitch -- */

/* a and b talk, c only hears the wire; b alone may send there. */
static const char switched[] =
    "{ \"version\": 1, \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"a\" } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 16, \"vswitch\": {},"
    "    \"wire_reaches\": \"b,c\" } ],"
    "  \"clients\": ["
    "    { \"name\": \"a\", " ECHO ", \"copier\": {}, \"tx_buffers\": 8, \"reaches\": \"b\" },"
    "    { \"name\": \"b\", " ECHO ", \"copier\": {}, \"tx_buffers\": 4 },"
    "    { \"name\": \"c\", " ECHO ", \"copier\": {}, \"tx_buffers\": 4, \"reaches\": \"\" },"
    "    { \"name\": \"d\", " ECHO ", \"copier\": {}, \"tx_buffers\": 2, \"vswitch\": false } ] }";

static unsigned rights_to(const char *pd, const char *region)
{
    const struct plan_map *m =
        plan_find_map(p.plan, planned_pd(&p, pd), planned_region(&p, region));

    return m == NULL ? 0 : m->rights;
}

/* Nobody sees what it has no part in: not the copier of a client who may not be reached, not the
 * device. */
static void test_vswitch_rights(void **state)
{
    static const struct {
        const char *region, *readers;
    } sent[] = {
        {"a.tx.buffers", " net0_vswitch b_copier "},
        {"b.tx.buffers", " net0_vswitch a_copier c_copier net0_virt_tx eth0 "},
        {"c.tx.buffers", " net0_vswitch "},
        {"d.tx.buffers", " net0_virt_tx eth0 "},
        {"net0.rx.buffers", " net0_vswitch b_copier c_copier d_copier "},
    };

    (void)state;
    planned_must(&p, switched);
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        for (uint32_t pd = 0; pd < p.plan->pd_count; pd++) {
            const char *name = p.plan->pds[pd].name;
            char word[64];

            snprintf(word, sizeof word, " %s ", name);
            bool writes = strncmp(sent[i].region, word + 1, 1) == 0 && name[1] == '\0';
            bool fills = i == 4 && (strcmp(name, "net0_virt_rx") == 0 || strcmp(name, "eth0") == 0);
            unsigned wanted = writes || fills                         ? RIGHT_READ | RIGHT_WRITE
                              : strstr(sent[i].readers, word) != NULL ? RIGHT_READ
                                                                      : 0;
            assert_int_equal(rights_to(name, sent[i].region), wanted);
        }
    }
}

static void test_vswitch_queues(void **state)
{
    (void)state;
    planned_must(&p, switched);
    queue_is("a.tx", 8, "a", "net0_vswitch", NAMES_OFFSET, "a.tx", 1);
    queue_is("a.vswitch_rx", 4, "net0_vswitch", "a_copier", NAMES_OFFSET, "a.tx", 4);
    queue_is("b.vswitch_rx", 32, "net0_vswitch", "b_copier", NAMES_OFFSET, "a.tx", 4);
    queue_is("net0.vswitch_rx", 16, "net0_virt_rx", "net0_vswitch", NAMES_OFFSET, "net0.rx", 1);
    queue_is("net0.vswitch_tx", 4, "net0_vswitch", "net0_virt_tx", NAMES_OFFSET, "a.tx", 3);
    queue_is("net0.tx", 8, "net0_virt_tx", "net0_driver", NAMES_IO_ADDR, "d.tx", 2);
    const struct queue_shape *b = &p.plan->queues[planned_queue(&p, "b.tx.active")];
    assert_int_equal(b->onward_count, 3);
    assert_int_equal(b->onward[0], planned_queue(&p, "a.vswitch_rx.active"));
    assert_int_equal(b->onward[2], planned_queue(&p, "net0.vswitch_tx.active"));
    const struct queue_shape *c = &p.plan->queues[planned_queue(&p, "c.tx.active")];
    assert_non_null(c->onward);
    assert_int_equal(c->onward_count, 0);
    assert_null(p.plan->queues[planned_queue(&p, "d.tx.active")].onward);
}

static void test_vswitch_configs(void **state)
{
    (void)state;
    planned_must(&p, switched);
    const net_vswitch_config_t *v = CONFIG(net_vswitch_config, "net0_vswitch");
    const net_copy_config_t *b = CONFIG(net_copy_config, "b_copier");
    const net_virt_rx_config_t *virt_rx = CONFIG(net_virt_rx_config, "net0_virt_rx");
    const net_virt_tx_config_t *virt_tx = CONFIG(net_virt_tx_config, "net0_virt_tx");

    assert_memory_equal(v->magic, SDDF_NET_MAGIC, SDDF_NET_MAGIC_LEN);
    assert_int_equal(v->num_ports, 4);
    assert_int_equal(v->ports[0].acl, 1 << 1);
    assert_int_equal(v->ports[1].acl, 1 << 0 | 1 << 2 | 1 << 3);
    assert_int_equal(v->ports[2].acl, 0);
    assert_int_equal(v->ports[3].acl, 1 << 1 | 1 << 2);
    connection_is(&v->ports[0].tx, "net0_vswitch", "a.tx");
    connection_is(&v->ports[0].rx, "net0_vswitch", "a.vswitch_rx");
    connection_is(&v->ports[3].tx, "net0_vswitch", "net0.vswitch_rx");
    connection_is(&v->ports[3].rx, "net0_vswitch", "net0.vswitch_tx");
    region_is(&v->ports[0].tx_data, "net0_vswitch", "a.tx.buffers", 8 * 2048);
    region_is(&v->ports[3].tx_data, "net0_vswitch", "net0.rx.buffers", 16 * 2048);
    region_is(&v->buffer_metadata, "net0_vswitch", "net0_vswitch.refcounts", 8 + 4 + 4 + 16);
    mac_is(v->ports[1].mac_addr.addr, "52:54:01:00:00:01");
    connection_is(&b->rx, "b_copier", "b.vswitch_rx");
    connection_is(&b->client, "b_copier", "b.rx");
    region_is(&b->rx_data[0], "b_copier", "a.tx.buffers", 8 * 2048);
    region_is(&b->rx_data[3], "b_copier", "net0.rx.buffers", 16 * 2048);
    assert_null(b->rx_data[1].vaddr);
    assert_null(b->rx_data[2].vaddr);
    /* virt_rx knows two clients, d and the switch with all the wire may reach there. */
    assert_int_equal(virt_rx->num_clients, 2);
    connection_is(&virt_rx->clients[1].conn, "net0_virt_rx", "net0.vswitch_rx");
    assert_int_equal(virt_rx->clients[1].num_macs, 2);
    mac_is(&virt_rx->clients[1].mac_addrs[1], "52:54:01:00:00:02");
    assert_int_equal(virt_tx->num_clients, 2);
    connection_is(&virt_tx->clients[1].conn, "net0_virt_tx", "net0.vswitch_tx");
    assert_int_equal(virt_tx->clients[1].num_regions, 3);
    assert_int_equal(virt_tx->clients[1].regions[0].num_buffers, 0);
    assert_int_equal(virt_tx->clients[1].regions[1].num_buffers, 4);
    region_is(&virt_tx->clients[1].regions[1].data.region, "net0_virt_tx", "b.tx.buffers",
              4 * 2048);
    /* Clients, and they alone, may call the switch, each on the channel it signals with. */
    for (uint32_t i = 0; i < p.plan->channel_count; i++) {
        const struct plan_channel *c = &p.plan->channels[i];
        bool from_client = c->end[0].pd < 3;

        if (c->kind == CHANNEL_PEER && c->end[1].pd == planned_pd(&p, "net0_vswitch")) {
            assert_int_equal(c->end[0].may_call, from_client);
            assert_false(c->end[1].may_call);
        } else if (c->kind == CHANNEL_PEER) {
            assert_false(c->end[0].may_call || c->end[1].may_call);
        }
    }
}

static void test_captures_refused(void **state)
{
    (void)state;
    assert_false(planned_make(
        &p,
        "{ \"version\": 1, \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"c\" },"
        "  { \"name\": \"air\", \"kind\": \"gen\", \"to\": \"c\" } ],"
        "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
        "  \"networks\": [ { \"name\": \"net0\" } ],"
        "  \"clients\": [ { \"name\": \"c\", " ECHO ", \"copier\": {} } ],"
        "  \"captures\": [ { \"at\": \"air.in\" } ] }"));
    complains("nothing to capture at air.in: no network drives that wire", true);
}

/* -- whom not to rely on -- */

static void test_suspects(void **state)
{
    static struct scenario_fault faults[1];

    (void)state;
    planned_must(&p, two_clients);
    uint32_t virt = planned_pd(&p, "net0_virt_rx"), client = planned_pd(&p, "client1");
    assert_false(plan_suspect(p.plan, virt));
    assert_false(plan_suspect(p.plan, client));
    p.plan->pds[client].trusted = false;
    assert_true(plan_suspect(p.plan, client));
    faults[0].pd = "net0_virt_rx";
    p.scenario->faults = faults;
    p.scenario->fault_count = 1;
    assert_true(plan_suspect(p.plan, virt));
    assert_false(plan_suspect(p.plan, planned_pd(&p, "net0_virt_tx")));
    faults[0].pd = NULL;
    assert_false(plan_suspect(p.plan, virt));
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rights),
        TEST(test_addresses),
        TEST(test_channels),
        TEST(test_callee),
        TEST(test_io_addresses),
        TEST(test_two_networks),
        TEST(test_queues),
        TEST(test_driver_config),
        TEST(test_virt_configs),
        TEST(test_client_configs),
        TEST(test_pds),
        TEST(test_direct_rights),
        TEST(test_direct_queues),
        TEST(test_direct_configs),
        TEST(test_direct_refused),
        TEST(test_untold),
        TEST(test_shares),
        TEST(test_only_share),
        TEST(test_forwarder),
        TEST(test_how_many),
        TEST(test_transmit_room),
        TEST(test_io_space),
        TEST(test_refused),
        TEST(test_more_macs),
        TEST(test_vswitch_rights),
        TEST(test_vswitch_queues),
        TEST(test_vswitch_configs),
        TEST(test_captures_refused),
        TEST(test_suspects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
