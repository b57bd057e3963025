/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch on a virtual switch, which is played by hand, well and badly: a frame for several is
 * one more for each but the first; what goes nowhere went there for a reason that frame and access
 * list give; and what goes where its sender may not reach is told of. Of images that tell of their
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

/* Ports: a, b, c, and the wire. */
static const char text[] =
    "{ \"version\": 1,"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"a\", \"count\": 1 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 4, \"vswitch\": {} } ],"
    "  \"clients\": ["
    "    { \"name\": \"a\", \"image\": \"network/client_echo\", \"copier\": {}, \"rx_buffers\": 4,"
    "      \"tx_buffers\": 4, \"reaches\": \"b\" },"
    "    { \"name\": \"b\", \"image\": \"network/client_echo\", \"copier\": {}, \"rx_buffers\": 4,"
    "      \"tx_buffers\": 4, \"reaches\": \"a, wire\" },"
    "    { \"name\": \"c\", \"image\": \"network/client_echo\", \"copier\": {}, \"rx_buffers\": 4,"
    "      \"tx_buffers\": 4, \"trusted\": false } ] }";

enum port { A, B, C, WIRE, PORTS };
static const char *const submitted[PORTS] = {"a.tx", "b.tx", "c.tx", "net0.vswitch_rx"};
static const char *const given[PORTS] = {"a.vswitch_rx", "b.vswitch_rx", "c.vswitch_rx",
                                         "net0.vswitch_tx"};

static struct planned p;
static struct moves *moves;
static void *memory;
static struct moves_counts counts;
static unsigned events;
static struct probe last;
static net_queue_handle_t tx[PORTS], rx[PORTS];
static uint32_t tx_active[PORTS], rx_active[PORTS];
static bool told;

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t stranger[6] = {0x52, 0x54, 0, 9, 9, 9};

static void on_move(enum move_kind kind, const volatile void *queue, uint64_t name, uint64_t rest)
{
    moves_moved(moves, kind, queue, name, rest);
}

static void on_event(void *context, const struct probe *probe)
{
    (void)context;
    events++;
    last = *probe;
}

static uint32_t find_pair(const char *name, net_queue_handle_t *pair)
{
    char full[64];

    snprintf(full, sizeof full, "%s.active", name);
    uint32_t active = planned_queue(&p, full);
    assert_int_not_equal(active, PLAN_NONE);
    const struct queue_shape *q = &p.plan->queues[active];
    net_queue_init(pair, (net_queue_t *)(uintptr_t)p.plan->queues[q->partner].producer_vaddr,
                   (net_queue_t *)(uintptr_t)q->producer_vaddr, q->capacity);
    return active;
}

static int begin(void **state, bool tell)
{
    const struct moves_hooks hooks = {.event = on_event};

    (void)state;
    told = tell;
    events = 0;
    counts = (struct moves_counts){0};
    planned_must(&p, text);
    planned_map(&p);
    uint32_t pd = planned_pd(&p, "net0_vswitch");
    memory = calloc(1, moves_bytes(p.plan, pd));
    moves = moves_init(memory, p.plan, pd, &counts, &hooks);
    for (int i = 0; i < PORTS; i++) {
        tx_active[i] = find_pair(submitted[i], &tx[i]);
        rx_active[i] = find_pair(given[i], &rx[i]);
    }
    return 0;
}

static int begin_told(void **state)
{
    return begin(state, true);
}

static int begin_untold(void **state)
{
    return begin(state, false);
}

static int end(void **state)
{
    (void)state;
    sddfsim_move_hook = NULL;
    free(memory);
    planned_finish(&p);
    return 0;
}

static const uint8_t *mac_of(enum port port)
{
    static const char *const names[] = {"a", "b", "c"};

    return p.plan->pds[planned_pd(&p, names[port])].macs[0];
}

static uint8_t *data_of(enum port port, uint64_t buffer)
{
    uint32_t pool = p.plan->queues[tx_active[port]].pools[0];

    return p.memory[p.plan->pools[pool].region] + buffer * NET_BUFFER_SIZE;
}

static void enter(void)
{
    sddfsim_move_hook = told ? on_move : NULL;
    moves_begin(moves, 0);
}

static void leave(void)
{
    moves_settle(moves);
    sddfsim_move_hook = NULL;
}

/* A frame is submitted, and the switch takes it. */
static void submit(enum port from, uint64_t buffer, const uint8_t *to, const uint8_t *source)
{
    net_buff_desc_t frame = {.io_or_offset = buffer * NET_BUFFER_SIZE, .len = 60};

    memcpy(data_of(from, buffer), to, 6);
    if (source != NULL) {
        memcpy(data_of(from, buffer) + 6, source, 6);
    }
    assert_int_equal(net_enqueue_active(&tx[from], frame), 0);
    enter();
    assert_int_equal(net_dequeue_active(&tx[from], &frame), 0);
    leave();
}

static void give(enum port from, uint64_t buffer, enum port to)
{
    net_buff_desc_t frame = {
        .io_or_offset = buffer * NET_BUFFER_SIZE, .len = 60, .oid = from & 0x3f};

    enter();
    assert_int_equal(net_enqueue_active(&rx[to], frame), 0);
    leave();
}

/* Who was given it returns it, and the switch takes it. */
static void take_back(enum port from, uint64_t buffer, enum port to)
{
    net_buff_desc_t frame = {.io_or_offset = buffer * NET_BUFFER_SIZE, .oid = from & 0x3f};

    assert_int_equal(net_enqueue_free(&rx[to], frame), 0);
    enter();
    assert_int_equal(net_dequeue_free(&rx[to], &frame), 0);
    leave();
}

/* The switch gives a buffer back, and its port takes it. */
static void send_home(enum port from, uint64_t buffer)
{
    net_buff_desc_t empty = {.io_or_offset = buffer * NET_BUFFER_SIZE};

    enter();
    assert_int_equal(net_enqueue_free(&tx[from], empty), 0);
    leave();
    assert_int_equal(net_dequeue_free(&tx[from], &empty), 0);
}

static void test_pass(void **state)
{
    (void)state;
    submit(A, 1, mac_of(B), NULL);
    assert_int_equal(counts.in_hand, 1);
    give(A, 1, B);
    assert_int_equal(counts.in_hand, 0);
    take_back(A, 1, B);
    send_home(A, 1);
    assert_int_equal(counts.copied, 0);
    for (int why = 0; why < DROP_COUNT; why++) {
        assert_int_equal(counts.dropped[why], 0);
    }
    assert_int_equal(events, 0);
}

/* Beyond the first, by how many a buffer of this port is had at a time. */
static int32_t again(enum port port)
{
    uint32_t list[MOVES_POOLS_MAX], pool = p.plan->queues[tx_active[port]].pools[0];
    size_t count = moves_pool_list(p.plan, planned_pd(&p, "net0_vswitch"), list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == pool) {
            return counts.pools[i].again;
        }
    }
    return -1;
}

static void test_several(void **state)
{
    (void)state;
    submit(B, 2, everybody, mac_of(B));
    give(B, 2, A);
    give(B, 2, WIRE);
    assert_int_equal(counts.copied, 1);
    submit(WIRE, 3, everybody, NULL);
    give(WIRE, 3, A);
    give(WIRE, 3, B);
    give(WIRE, 3, C);
    assert_int_equal(counts.copied, 3);
    assert_int_equal(again(B), 1);
    assert_int_equal(again(WIRE), 2);
    take_back(WIRE, 3, C);
    assert_int_equal(again(WIRE), 1);
    take_back(B, 2, WIRE);
    take_back(WIRE, 3, A);
    take_back(B, 2, A);
    take_back(WIRE, 3, B);
    assert_int_equal(again(B), 0);
    assert_int_equal(again(WIRE), 0);
    send_home(WIRE, 3);
    send_home(B, 2);
    assert_int_equal(counts.in_hand, 0);
    assert_int_equal(events, 0);
}

static void goes_nowhere(enum port from, const uint8_t *to, const uint8_t *source,
                         enum drop_reason why)
{
    uint64_t before = counts.dropped[why];

    submit(from, 0, to, source);
    send_home(from, 0);
    assert_int_equal(counts.dropped[why], before + 1);
    assert_int_equal(counts.in_hand, 0);
    assert_int_equal(events, 0);
}

static void test_reasons(void **state)
{
    (void)state;
    goes_nowhere(A, mac_of(C), NULL, DROP_DENIED);
    goes_nowhere(A, stranger, NULL, DROP_DENIED);
    goes_nowhere(A, mac_of(A), NULL, DROP_DENIED);
    goes_nowhere(WIRE, stranger, NULL, DROP_DENIED);
    goes_nowhere(A, mac_of(B), mac_of(B), DROP_DENIED); /* in the name of another */
    goes_nowhere(A, mac_of(B), mac_of(A), DROP_NO_BUFFER);
    goes_nowhere(WIRE, mac_of(B), mac_of(A), DROP_NO_BUFFER);
    goes_nowhere(B, stranger, NULL, DROP_NO_BUFFER);
    goes_nowhere(A, everybody, NULL, DROP_NO_BUFFER);
    goes_nowhere(WIRE, everybody, NULL, DROP_NO_BUFFER);
}

static void test_astray(void **state)
{
    (void)state;
    submit(A, 0, mac_of(B), NULL);
    give(A, 0, C);
    assert_int_equal(events, 1);
    assert_int_equal(last.kind, PROBE_FRAME_ASTRAY);
    assert_int_equal(last.object, rx_active[C]);
    assert_int_equal(last.a, tx_active[A]);
    submit(A, 1, mac_of(A), NULL);
    give(A, 1, B); /* whatever its address is, there it may go */
    assert_int_equal(events, 1);
    submit(B, 0, mac_of(A), NULL);
    give(B, 0, A);
    give(B, 0, WIRE);
    assert_int_equal(events, 1);
    give(B, 0, C);
    assert_int_equal(events, 2);
}

/* -- when a frame began -- */

static void on_endpoint(void *context, bool taken, const void *data, uint32_t bytes,
                        uint64_t *stamp_ns)
{
    uint64_t *seen_ns = context;

    (void)data;
    (void)bytes;
    assert_non_null(stamp_ns);
    if (taken) {
        *seen_ns = *stamp_ns;
    } else {
        *stamp_ns = *seen_ns;
    }
}

/* From here on `name` is watched, and its moves are told. The memory is the caller's. */
static void *watch_another(const char *name, uint64_t *time_ns)
{
    const struct moves_hooks hooks = {
        .context = time_ns, .endpoint = on_endpoint, .event = on_event};
    uint32_t pd = planned_pd(&p, name);
    void *of_its_own = calloc(1, moves_bytes(p.plan, pd));

    counts = (struct moves_counts){0};
    moves = moves_init(of_its_own, p.plan, pd, &counts, &hooks);
    return of_its_own;
}

/* A frame goes from one client to another past the copier; what the latter then knows of when it
 * began. */
static uint64_t stamp_seen(enum port from, const char *sender, const char *copier,
                           const char *receiver, enum port to, uint64_t sent_ns)
{
    net_buff_desc_t frame = {.io_or_offset = NET_BUFFER_SIZE, .len = 60}, room;
    char name[64];
    net_queue_handle_t rx_pair;
    uint64_t unused, seen_ns = sent_ns;

    memcpy(data_of(from, 1), mac_of(to), 6);
    void *sender_memory = watch_another(sender, &seen_ns);
    enter();
    assert_int_equal(net_enqueue_active(&tx[from], frame), 0);
    leave();
    seen_ns = 0;

    snprintf(name, sizeof name, "%s.rx", receiver);
    (void)find_pair(name, &rx_pair);
    frame.oid = from & 0x3f;
    room = (net_buff_desc_t){.io_or_offset = 2 * NET_BUFFER_SIZE};
    assert_int_equal(net_enqueue_active(&rx[to], frame), 0);
    assert_int_equal(net_enqueue_free(&rx_pair, room), 0);
    void *copier_memory = watch_another(copier, &unused);
    enter();
    assert_int_equal(net_dequeue_active(&rx[to], &frame), 0);
    assert_int_equal(net_dequeue_free(&rx_pair, &room), 0);
    room.len = 60;
    assert_int_equal(net_enqueue_active(&rx_pair, room), 0);
    leave();

    void *receiver_memory = watch_another(receiver, &seen_ns);
    enter();
    assert_int_equal(net_dequeue_active(&rx_pair, &room), 0);
    leave();
    free(sender_memory);
    free(copier_memory);
    free(receiver_memory);
    return seen_ns;
}

/* The one that a frame came from is not the wire: it began when it was submitted. Of when, an
 * untrusted one is not believed. */
static void what_a_client_sent_to_another_has_its_time(void **state)
{
    (void)state;
    assert_int_equal(stamp_seen(A, "a", "b_copier", "b", B, 4711), 4711);
    assert_int_equal(stamp_seen(C, "c", "a_copier", "a", A, 815), 0);
}

/* What goes on in another client's name; what comes from beyond the wire may say what it likes. */
static void test_forged(void **state)
{
    (void)state;
    submit(A, 0, mac_of(B), mac_of(B));
    give(A, 0, B);
    assert_int_equal(events, 1);
    assert_int_equal(last.kind, PROBE_FRAME_FORGED);
    assert_int_equal(last.object, rx_active[B]);
    assert_int_equal(last.b, planned_pd(&p, "a"));
    submit(A, 1, mac_of(B), mac_of(A));
    give(A, 1, B);
    submit(A, 2, mac_of(B), stranger);
    give(A, 2, B);
    submit(WIRE, 0, mac_of(B), mac_of(A));
    give(WIRE, 0, B);
    assert_int_equal(events, 1);
}

#define TEST(test)                                                              \
    cmocka_unit_test_setup_teardown(test, begin_told, end),                     \
    {                                                                           \
        .name = #test " untold", .test_func = test, .setup_func = begin_untold, \
        .teardown_func = end                                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pass),
        TEST(test_several),
        TEST(test_reasons),
        TEST(test_astray),
        TEST(what_a_client_sent_to_another_has_its_time),
        TEST(test_forged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
