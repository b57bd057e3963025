/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on the ends of a network without virtualisers, and on a forwarder: a client that owns
 * the buffers its device fills may give them away, once; a driver that serves it makes no frame and
 * loses none; and what passes a forwarder is one frame in one buffer. Of images that tell of their
 * moves and of those that do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <sddf/network/queue.h>

#include "sim/observe/moves.h"
#include "tests/unit/planned.h"

#define HEAD                                                                                      \
    "{ \"version\": 1,"                                                                           \
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\", \"count\": 1 } " \
    "],"                                                                                          \
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"

static const char direct_text[] =
    HEAD "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 8, \"virtualisers\": false } ],"
         "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_direct\","
         "    \"tx_buffers\": 4 } ] }";

static const char forwarder_text[] =
    HEAD "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 8 } ],"
         "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\","
         "    \"forwarder\": {}, \"tx_buffers\": 4 } ] }";

struct watcher {
    uint32_t pd;
    struct moves *moves;
    void *memory;
    struct moves_counts counts;
    unsigned events;
    struct probe last;
};

static struct planned p;
static struct watcher one, other;
static struct watcher *current;
static bool told;

static void on_move(enum move_kind kind, const volatile void *queue, uint64_t name, uint64_t rest)
{
    moves_moved(current->moves, kind, queue, name, rest);
}

static void on_event(void *context, const struct probe *probe)
{
    struct watcher *w = context;

    w->events++;
    w->last = *probe;
}

static void watch(struct watcher *w, const char *name)
{
    struct moves_hooks hooks = {.context = w, .event = on_event};

    *w = (struct watcher){.pd = planned_pd(&p, name)};
    assert_int_not_equal(w->pd, PLAN_NONE);
    w->memory = calloc(1, moves_bytes(p.plan, w->pd));
    w->moves = moves_init(w->memory, p.plan, w->pd, &w->counts, &hooks);
}

static void enter(struct watcher *w)
{
    current = w;
    sddfsim_move_hook = told ? on_move : NULL;
    moves_begin(w->moves, 0);
}

static void leave(void)
{
    moves_settle(current->moves);
    sddfsim_move_hook = NULL;
}

static void begin(const char *text, const char *first, const char *second, bool tells)
{
    told = tells;
    planned_must(&p, text);
    planned_map(&p);
    watch(&one, first);
    watch(&other, second);
}

static void end(void)
{
    sddfsim_move_hook = NULL;
    free(one.memory);
    free(other.memory);
    planned_finish(&p);
}

static net_queue_handle_t pair(const char *link)
{
    net_queue_handle_t handle;
    char name[64];

    snprintf(name, sizeof name, "%s.free", link);
    const struct queue_shape *frees = &p.plan->queues[planned_queue(&p, name)];
    const struct queue_shape *active = &p.plan->queues[frees->partner];
    net_queue_init(&handle, (net_queue_t *)(uintptr_t)frees->producer_vaddr,
                   (net_queue_t *)(uintptr_t)active->producer_vaddr, frees->capacity);
    return handle;
}

static int held(const struct watcher *w, const char *pool)
{
    uint32_t list[MOVES_POOLS_MAX], wanted = planned_pool(&p, pool);
    size_t count = moves_pool_list(p.plan, w->pd, list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == wanted) {
            return w->counts.pools[i].held;
        }
    }
    fail_msg("it never holds buffers of %s", pool);
    abort();
}

static net_buff_desc_t desc(uint64_t name, uint16_t len)
{
    return (net_buff_desc_t){.io_or_offset = name, .len = len};
}

static uint64_t io_of(const char *pool, uint64_t buffer)
{
    return p.plan->pools[planned_pool(&p, pool)].io_addr + buffer * NET_BUFFER_SIZE;
}

/* -- the client and the driver -- */

/* All receive buffers go to the driver, and wait there; all others are where they come back to. */
static void client_starts(void)
{
    net_queue_handle_t rx = pair("client0.rx"), tx = pair("client0.tx");

    assert_int_equal(held(&one, "net0.rx"), 8); /* they are its own */
    enter(&one);
    for (uint64_t i = 0; i < 8; i++) {
        assert_int_equal(net_enqueue_free(&rx, desc(io_of("net0.rx", i), 0)), 0);
    }
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(net_enqueue_free(&tx, desc(io_of("client0.tx", i), 0)), 0);
    }
    leave();
    assert_int_equal(one.events, 0);
    assert_int_equal(held(&one, "net0.rx"), 0);
}

/* The driver gives its device three buffers, and one of them comes back with a frame. */
static void driver_receives(void)
{
    net_queue_handle_t rx = pair("client0.rx");
    net_buff_desc_t buffer = {0};

    enter(&other);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(net_dequeue_free(&rx, &buffer), 0);
        assert_int_equal(buffer.io_or_offset, io_of("net0.rx", i));
    }
    leave();
    assert_int_equal(held(&other, "net0.rx"), 3);
    enter(&other);
    assert_int_equal(net_enqueue_active(&rx, desc(io_of("net0.rx", 1), 60)), 0);
    leave();
    assert_int_equal(held(&other, "net0.rx"), 2);
    assert_int_equal(other.counts.from_device, 1);
    assert_int_equal(other.events, 0);
}

static void client_echoes(void)
{
    net_queue_handle_t rx = pair("client0.rx"), tx = pair("client0.tx");
    net_buff_desc_t frame = {0}, buffer = {0};

    enter(&one);
    assert_int_equal(net_dequeue_active(&rx, &frame), 0);
    assert_int_equal(net_dequeue_free(&tx, &buffer), 0);
    assert_int_equal(net_enqueue_active(&tx, desc(buffer.io_or_offset, frame.len)), 0);
    assert_int_equal(net_enqueue_free(&rx, desc(frame.io_or_offset, 0)), 0);
    leave();
    assert_int_equal(held(&one, "net0.rx"), 0);
    assert_int_equal(held(&one, "client0.tx"), 0);
    assert_int_equal(one.events, 0);
}

static void driver_transmits(void)
{
    net_queue_handle_t tx = pair("client0.tx");
    net_buff_desc_t frame = {0};

    enter(&other);
    assert_int_equal(net_dequeue_active(&tx, &frame), 0);
    leave();
    assert_int_equal(other.counts.to_device, 1);
    assert_int_equal(held(&other, "client0.tx"), 1);
    enter(&other);
    assert_int_equal(net_enqueue_free(&tx, desc(frame.io_or_offset, 0)), 0);
    leave();
    assert_int_equal(held(&other, "client0.tx"), 0);
    assert_int_equal(other.events, 0);
    assert_int_equal(other.counts.in_hand, 0);
    for (unsigned why = 0; why < DROP_COUNT; why++) {
        assert_int_equal(other.counts.dropped[why], 0);
    }
}

static void test_direct(void **state)
{
    (void)state;
    for (int tells = 0; tells < 2; tells++) {
        begin(direct_text, "client0", "net0_driver", tells == 1);
        client_starts();
        driver_receives();
        client_echoes();
        driver_transmits();
        end();
    }
}

/* What it has given away is no longer its to give, nor is what names nothing of its. */
static void test_direct_forged(void **state)
{
    (void)state;
    for (int tells = 0; tells < 2; tells++) {
        begin(direct_text, "client0", "net0_driver", tells == 1);
        client_starts();
        driver_receives();
        net_queue_handle_t rx = pair("client0.rx"), tx = pair("client0.tx");

        enter(&one);
        assert_int_equal(net_enqueue_free(&rx, desc(io_of("net0.rx", 7), 0)), 0);
        leave();
        assert_int_equal(one.events, 1);
        assert_int_equal(one.last.kind, PROBE_BUFFER_TWICE);
        assert_int_equal(one.last.a, 7);
        enter(&one);
        assert_int_equal(net_enqueue_free(&rx, desc(io_of("client0.tx", 0), 0)), 0);
        leave();
        assert_int_equal(one.events, 2);
        assert_int_equal(one.last.kind, PROBE_BUFFER_FOREIGN);
        enter(&one);
        assert_int_equal(net_enqueue_active(&tx, desc(io_of("net0.rx", 0), 60)), 0);
        leave();
        assert_int_equal(one.events, 3);
        assert_int_equal(one.last.kind, PROBE_BUFFER_FOREIGN);
        end();
    }
}

/* An endpoint behind virtualisers begins with nothing. */
static void test_others_start_empty(void **state)
{
    (void)state;
    begin(forwarder_text, "client0", "net0_virt_rx", true);
    assert_int_equal(held(&one, "net0.rx"), 0);
    assert_int_equal(held(&one, "client0.tx"), 0);
    assert_int_equal(held(&other, "net0.rx"), 0);
    end();
}

/* -- the forwarder -- */

static void test_forwarder(void **state)
{
    (void)state;
    for (int tells = 0; tells < 2; tells++) {
        begin(forwarder_text, "client0_forwarder", "client0", tells == 1);
        net_queue_handle_t virt = pair("client0.virt_rx"), client = pair("client0.rx");
        net_buff_desc_t d = {0};

        uint8_t *frames = p.memory[planned_region(&p, "net0.rx.buffers")];
        for (uint64_t i = 0; i < 3; i++) {
            memcpy(frames + i * NET_BUFFER_SIZE, p.plan->pds[other.pd].macs[0], 6);
            (void)net_enqueue_active(&virt, desc(i * NET_BUFFER_SIZE, 60));
        }
        enter(&one); /* one is passed on, one given back, one kept */
        assert_int_equal(net_dequeue_active(&virt, &d), 0);
        assert_int_equal(net_enqueue_active(&client, d), 0);
        assert_int_equal(net_dequeue_active(&virt, &d), 0);
        assert_int_equal(net_enqueue_free(&virt, d), 0);
        assert_int_equal(net_dequeue_active(&virt, &d), 0);
        leave();
        assert_int_equal(held(&one, "net0.rx"), 1);
        assert_int_equal(one.counts.in_hand, 1);
        assert_int_equal(one.counts.copied, 0);
        uint64_t dropped = 0;
        for (unsigned why = 0; why < DROP_COUNT; why++) {
            dropped += one.counts.dropped[why];
        }
        assert_int_equal(dropped, 1);

        enter(&other);
        assert_int_equal(net_dequeue_active(&client, &d), 0);
        assert_int_equal(net_enqueue_free(&client, d), 0);
        leave();
        enter(&one);
        assert_int_equal(net_dequeue_free(&client, &d), 0);
        leave();
        assert_int_equal(held(&one, "net0.rx"), 2);
        enter(&one);
        assert_int_equal(net_enqueue_free(&virt, d), 0);
        leave();
        assert_int_equal(held(&one, "net0.rx"), 1);
        assert_int_equal(one.events, 0);
        assert_int_equal(other.events, 0);
        enter(&one); /* what went back is not its own any more */
        assert_int_equal(net_enqueue_active(&client, d), 0);
        leave();
        assert_int_equal(one.last.kind, PROBE_BUFFER_TWICE);
        end();
    }
}

/* It reads no frame, but its watch does: a client is given nobody else's. */
static void test_forwarder_delivers(void **state)
{
    (void)state;
    for (int tells = 0; tells < 2; tells++) {
        begin(forwarder_text, "client0_forwarder", "client0", tells == 1);
        net_queue_handle_t virt = pair("client0.virt_rx"), client = pair("client0.rx");
        uint8_t *frames = p.memory[planned_region(&p, "net0.rx.buffers")];
        net_buff_desc_t d = {0};

        memcpy(frames + 5 * NET_BUFFER_SIZE, "\x02\0\0\0\0\x09", 6);
        (void)net_enqueue_active(&virt, desc(5 * NET_BUFFER_SIZE, 60));
        enter(&one);
        (void)net_dequeue_active(&virt, &d);
        (void)net_enqueue_active(&client, d);
        leave();
        assert_int_equal(one.events, 1);
        assert_int_equal(one.last.kind, PROBE_FRAME_FOREIGN);
        assert_int_equal(one.last.a, 0x020000000009);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_direct_forged),
        cmocka_unit_test(test_others_start_empty),
        cmocka_unit_test(test_forwarder),
        cmocka_unit_test(test_forwarder_delivers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
