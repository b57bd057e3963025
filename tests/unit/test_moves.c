/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The watch is right about every buffer and every frame, for images that tell of their moves and
 * for those that do not, and is not led astray by a peer. Domains are played by hand with the very
 * queue functions images use. A long random play of an honest system is held, move by move, against
 * books that the players keep themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <sddf/network/queue.h>

#include "sim/base/rng.h"
#include "sim/observe/moves.h"
#include "tests/unit/planned.h"

/* client0 and client1 behind copiers, client2 not; client1 is not to be trusted. */
static const char system_text[] =
    "{ \"version\": 1,"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\", \"count\": 1 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 8 } ],"
    "  \"clients\": ["
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"copier\": {},"
    "      \"rx_buffers\": 4, \"tx_buffers\": 4 },"
    "    { \"name\": \"client1\", \"image\": \"network/client_echo\", \"copier\": {},"
    "      \"rx_buffers\": 2, \"tx_buffers\": 8, \"trusted\": false },"
    "    { \"name\": \"client2\", \"image\": \"network/client_echo\", \"tx_buffers\": 2 } ] }";

enum who { CLIENT0, CLIENT1, CLIENT2, COPIER0, COPIER1, DRIVER, VIRT_RX, VIRT_TX, WHO };
static const char *const names[WHO] = {"client0",        "client1",        "client2",
                                       "client0_copier", "client1_copier", "net0_driver",
                                       "net0_virt_rx",   "net0_virt_tx"};

enum link { NET_RX, VIRT_RX0, VIRT_RX1, RX0, RX1, RX2, TX0, TX1, TX2, NET_TX, LINKS };
static const char *const links[LINKS] = {
    "net0.rx",    "client0.virt_rx", "client1.virt_rx", "client0.rx", "client1.rx",
    "client2.rx", "client0.tx",      "client1.tx",      "client2.tx", "net0.tx"};

struct watcher {
    uint32_t pd;
    struct moves *moves;
    void *memory;
    struct moves_counts counts;
    unsigned events[PROBE_COUNT];
    struct probe last;
};

static struct planned p;
static struct watcher watchers[WHO];
static net_queue_handle_t queues[LINKS];
static uint32_t free_index[LINKS], active_index[LINKS];
static uint64_t rx_io, tx_io[3];
static bool told; /* the images tell of their moves */

/* What endpoint hooks saw last. */
static struct {
    unsigned count;
    bool rx;
    uint32_t bytes;
    uint64_t stamp_ns;
    const void *data;
} seen;

static struct watcher *current;
static bool exact; /* as in virtual time */

static void on_move(enum move_kind kind, const volatile void *queue, uint64_t name, uint64_t rest)
{
    moves_moved(current->moves, kind, queue, name, rest);
}

static void on_event(void *context, const struct probe *probe)
{
    struct watcher *w = context;

    assert_true(probe->kind < PROBE_COUNT);
    assert_int_equal(probe->pd, w->pd);
    assert_int_equal(probe->count, 1);
    w->events[probe->kind]++;
    w->last = *probe;
}

static void on_endpoint(void *context, bool rx, const void *data, uint32_t bytes,
                        uint64_t *stamp_ns)
{
    const volatile uint8_t *first = data;

    (void)context;
    (void)first[0];
    if (bytes > 0) {
        (void)first[bytes - 1];
    }
    seen.count++;
    seen.rx = rx;
    seen.data = data;
    seen.bytes = bytes;
    seen.stamp_ns = stamp_ns == NULL ? 0 : *stamp_ns;
}

/* From here on `who` runs: an entry begins. */
static void enter(enum who who)
{
    current = &watchers[who];
    sddfsim_move_hook = told ? on_move : NULL;
    moves_begin(current->moves, 0);
}

static void leave(void)
{
    moves_settle(current->moves);
}

static void start_watching(enum who who)
{
    struct watcher *w = &watchers[who];
    struct moves_hooks hooks = {.context = w, .endpoint = on_endpoint, .event = on_event};

    hooks.exact = exact;
    *w = (struct watcher){.pd = planned_pd(&p, names[who])};
    assert_int_not_equal(w->pd, PLAN_NONE);
    w->memory = calloc(1, moves_bytes(p.plan, w->pd));
    w->moves = moves_init(w->memory, p.plan, w->pd, &w->counts, &hooks);
}

static void find_link(unsigned link)
{
    char name[64];

    snprintf(name, sizeof name, "%s.free", links[link]);
    free_index[link] = planned_queue(&p, name);
    snprintf(name, sizeof name, "%s.active", links[link]);
    active_index[link] = planned_queue(&p, name);
    assert_int_not_equal(free_index[link], PLAN_NONE);
    assert_int_not_equal(active_index[link], PLAN_NONE);
    const struct queue_shape *f = &p.plan->queues[free_index[link]];
    const struct queue_shape *a = &p.plan->queues[active_index[link]];
    net_queue_init(&queues[link], (net_queue_t *)(uintptr_t)f->producer_vaddr,
                   (net_queue_t *)(uintptr_t)a->producer_vaddr, f->capacity);
}

static int begin(bool tell)
{
    static const char *const pools[3] = {"client0.tx", "client1.tx", "client2.tx"};

    told = tell;
    seen.count = 0;
    exact = false;
    planned_must(&p, system_text);
    planned_map(&p);
    for (unsigned i = 0; i < LINKS; i++) {
        find_link(i);
    }
    rx_io = p.plan->pools[planned_pool(&p, "net0.rx")].io_addr;
    for (unsigned i = 0; i < 3; i++) {
        tx_io[i] = p.plan->pools[planned_pool(&p, pools[i])].io_addr;
    }
    for (unsigned i = 0; i < WHO; i++) {
        start_watching((enum who)i);
    }
    return 0;
}

static int begin_told(void **state)
{
    (void)state;
    return begin(true);
}

static int begin_untold(void **state)
{
    (void)state;
    return begin(false);
}

static int end(void **state)
{
    (void)state;
    sddfsim_move_hook = NULL;
    for (unsigned i = 0; i < WHO; i++) {
        free(watchers[i].memory);
    }
    planned_finish(&p);
    return 0;
}

/* -- looking at the counts -- */

static const struct moves_queue_counts *queue_counts(enum who who, uint32_t queue)
{
    uint32_t list[MOVES_QUEUES_MAX];
    size_t count = moves_queue_list(p.plan, watchers[who].pd, list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == queue) {
            return &watchers[who].counts.queues[i];
        }
    }
    fail_msg("%s does not use %s", names[who], p.plan->queues[queue].name);
    abort();
}

static uint32_t pool_at(enum who who, const char *pool)
{
    uint32_t list[MOVES_POOLS_MAX], wanted = planned_pool(&p, pool);
    size_t count = moves_pool_list(p.plan, watchers[who].pd, list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == wanted) {
            return (uint32_t)i;
        }
    }
    fail_msg("%s never holds buffers of %s", names[who], pool);
    abort();
}

static int held(enum who who, const char *pool)
{
    return watchers[who].counts.pools[pool_at(who, pool)].held;
}

static int refused(enum who who, const char *pool)
{
    return watchers[who].counts.pools[pool_at(who, pool)].refused;
}

static uint64_t all_drops(enum who who)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < DROP_COUNT; i++) {
        sum += watchers[who].counts.dropped[i];
    }
    return sum;
}

/* Frames of this domain in the order in hand, copied, dropped (altogether, and for the reason). */
#define assert_frames(who, hand, copies, reason, drops)                \
    do {                                                               \
        assert_int_equal(watchers[who].counts.in_hand, hand);          \
        assert_int_equal(watchers[who].counts.copied, copies);         \
        assert_int_equal(watchers[who].counts.dropped[reason], drops); \
        assert_int_equal(all_drops(who), drops);                       \
    } while (0)

static unsigned all_events(enum who who)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < PROBE_COUNT; i++) {
        sum += watchers[who].events[i];
    }
    return sum;
}

static void assert_silence(void)
{
    for (unsigned i = 0; i < WHO; i++) {
        if (all_events((enum who)i) != 0) {
            fail_msg("%s told of %s", names[i], probe_name(watchers[i].last.kind));
        }
    }
}

/* -- moves -- */

static void put_free(enum link link, uint64_t name)
{
    net_buff_desc_t d = {.io_or_offset = name};

    assert_int_equal(net_enqueue_free(&queues[link], d), 0);
}

static void put_active(enum link link, uint64_t name, uint16_t len)
{
    net_buff_desc_t d = {.io_or_offset = name, .len = len};

    assert_int_equal(net_enqueue_active(&queues[link], d), 0);
}

static uint64_t get_free(enum link link)
{
    net_buff_desc_t d = {0};

    assert_int_equal(net_dequeue_free(&queues[link], &d), 0);
    return d.io_or_offset;
}

static net_buff_desc_t get_active(enum link link)
{
    net_buff_desc_t d = {0};

    assert_int_equal(net_dequeue_active(&queues[link], &d), 0);
    return d;
}

static uint8_t *pool_data(const char *pool, uint64_t offset)
{
    return p.memory[p.plan->pools[planned_pool(&p, pool)].region] + offset;
}

static uint64_t *pool_stamp(const char *pool, unsigned buffer)
{
    return (uint64_t *)(void *)p.memory[p.plan->pools[planned_pool(&p, pool)].stamps] + buffer;
}

/* client: 0..2; 3: broadcast; 4: nobody's. */
static void write_mac(uint8_t *to, unsigned client)
{
    static const uint8_t macs[5][6] = {{0x52, 0x54, 1, 0, 0, 0},
                                       {0x52, 0x54, 1, 0, 0, 1},
                                       {0x52, 0x54, 1, 0, 0, 2},
                                       {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                       {0x52, 0x54, 9, 9, 9, 9}};

    memcpy(to, macs[client], 6);
}

/* Everybody's init(). */
static void init_all(void)
{
    enter(VIRT_RX);
    for (unsigned i = 0; i < 8; i++) {
        put_free(NET_RX, rx_io + i * 2048);
    }
    leave();
    for (unsigned i = 0; i < 2; i++) {
        enter(COPIER0 + i);
        net_buffers_init(&queues[RX0 + i], 0);
        leave();
    }
    for (unsigned i = 0; i < 3; i++) {
        enter(CLIENT0 + i);
        net_buffers_init(&queues[TX0 + i], 0);
        leave();
    }
    enter(VIRT_TX);
    leave();
    enter(DRIVER);
    leave();
}

/* A frame to `client` arrives: the driver takes a buffer, the device fills it, the driver passes it
 * on. */
static void receive(unsigned client, uint16_t len)
{
    enter(DRIVER);
    uint64_t name = get_free(NET_RX);
    write_mac(pool_data("net0.rx", name - rx_io), client);
    put_active(NET_RX, name, len);
    leave();
}

/* -- one way after the other -- */

static void test_forward(void **state)
{
    (void)state;
    init_all();
    receive(0, 60);
    assert_int_equal(watchers[DRIVER].counts.from_device, 1);
    assert_int_equal(held(DRIVER, "net0.rx"), 0);

    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    if (told) {
        assert_int_equal(held(VIRT_RX, "net0.rx"), 1);
        assert_frames(VIRT_RX, 1, 0, DROP_NO_MATCH, 0);
    }
    put_active(VIRT_RX0, d.io_or_offset - rx_io, d.len);
    leave();
    assert_int_equal(held(VIRT_RX, "net0.rx"), 0);
    assert_frames(VIRT_RX, 0, 0, DROP_NO_MATCH, 0);
    assert_int_equal(queue_counts(VIRT_RX, active_index[VIRT_RX0])->moved, 1);
    assert_int_equal(queue_counts(VIRT_RX, active_index[VIRT_RX0])->max_length, 1);
    assert_int_equal(queue_counts(VIRT_RX, active_index[NET_RX])->index, 1);

    enter(COPIER0);
    *pool_stamp("net0.rx", 0) = 4711;
    uint64_t to = get_free(RX0);
    d = get_active(VIRT_RX0);
    put_active(RX0, to, d.len);
    put_free(VIRT_RX0, d.io_or_offset);
    leave();
    assert_int_equal(held(COPIER0, "net0.rx"), 0);
    assert_int_equal(held(COPIER0, "client0.rx"), 0);
    assert_frames(COPIER0, 0, 0, DROP_NO_BUFFER, 0);
    assert_int_equal(*pool_stamp("client0.rx", 0), 4711);

    enter(CLIENT0);
    d = get_active(RX0);
    leave();
    assert_int_equal(held(CLIENT0, "client0.rx"), 1);
    assert_int_equal(seen.count, 1);
    assert_true(seen.rx);
    assert_int_equal(seen.bytes, 60);
    assert_int_equal(seen.stamp_ns, 4711);
    assert_ptr_equal(seen.data, pool_data("client0.rx", 0));
    enter(CLIENT0);
    put_free(RX0, d.io_or_offset);
    leave();
    assert_int_equal(held(CLIENT0, "client0.rx"), 0);

    enter(VIRT_RX);
    put_free(NET_RX, get_free(VIRT_RX0) + rx_io);
    leave();
    assert_int_equal(held(VIRT_RX, "net0.rx"), 0);
    assert_frames(VIRT_RX, 0, 0, DROP_NO_MATCH, 0);
    assert_silence();
}

static void test_broadcast(void **state)
{
    (void)state;
    init_all();
    receive(3, 60);
    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    put_active(VIRT_RX0, d.io_or_offset - rx_io, d.len);
    put_active(VIRT_RX1, d.io_or_offset - rx_io, d.len);
    put_active(RX2, d.io_or_offset - rx_io, d.len);
    leave();
    assert_frames(VIRT_RX, 0, 2, DROP_NO_MATCH, 0);

    /* It is here again only when the last of them has given it back. */
    enter(CLIENT2);
    put_free(RX2, get_active(RX2).io_or_offset);
    leave();
    for (unsigned i = 0; i < 2; i++) {
        enter(VIRT_RX);
        (void)get_free(i == 0 ? RX2 : VIRT_RX0);
        leave();
        assert_int_equal(held(VIRT_RX, "net0.rx"), 0);
        enter(COPIER0 + i);
        uint64_t to = get_free(RX0 + i);
        d = get_active(VIRT_RX0 + i);
        put_active(RX0 + i, to, d.len);
        put_free(VIRT_RX0 + i, d.io_or_offset);
        leave();
    }
    enter(VIRT_RX);
    uint64_t name = get_free(VIRT_RX1);
    leave();
    assert_int_equal(held(VIRT_RX, "net0.rx"), 1);
    enter(VIRT_RX);
    put_free(NET_RX, name + rx_io);
    leave();
    assert_int_equal(held(VIRT_RX, "net0.rx"), 0);
    assert_frames(VIRT_RX, 0, 2, DROP_NO_MATCH, 0);
    assert_silence();
}

/* A frame comes and virt_rx gives it straight back. */
static void refuse(unsigned client, uint16_t len)
{
    receive(client, len);
    enter(VIRT_RX);
    put_free(NET_RX, get_active(NET_RX).io_or_offset);
    leave();
}

static void test_reasons(void **state)
{
    (void)state;
    init_all();
    refuse(4, 60);
    assert_frames(VIRT_RX, 0, 0, DROP_NO_MATCH, 1);
    refuse(4, 13);
    assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_INVALID], 1);
    refuse(4, 14);
    assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_NO_MATCH], 2);
    refuse(4, 2048);
    assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_NO_MATCH], 3);
    refuse(4, 2049);
    assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_INVALID], 2);
    for (unsigned i = 0; i < 3; i++) { /* behind copiers and not */
        refuse(i, 60);
        assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_NO_BUFFER], i + 1);
    }
    assert_int_equal(all_drops(VIRT_RX), 8);
    assert_int_equal(held(VIRT_RX, "net0.rx"), 0);
    assert_silence();
}

static void test_copier_without_buffer(void **state)
{
    (void)state;
    init_all();
    for (unsigned i = 0; i < 3; i++) {
        receive(1, (uint16_t)(60 + i));
        *pool_stamp("net0.rx", i) = 100 + i;
        enter(VIRT_RX);
        net_buff_desc_t d = get_active(NET_RX);
        put_active(VIRT_RX1, d.io_or_offset - rx_io, d.len);
        leave();
    }
    enter(COPIER1);
    for (unsigned i = 0; i < 3; i++) {
        net_buff_desc_t d = get_active(VIRT_RX1);
        if (i < 2) {
            put_active(RX1, get_free(RX1), d.len);
        }
        put_free(VIRT_RX1, d.io_or_offset);
    }
    leave();
    assert_frames(COPIER1, 0, 0, DROP_NO_BUFFER, 1);
    assert_int_equal(held(COPIER1, "net0.rx"), 0);
    assert_int_equal(held(COPIER1, "client1.rx"), 0);
    assert_int_equal(*pool_stamp("client1.rx", 0), 100);
    assert_int_equal(*pool_stamp("client1.rx", 1), 101);
    assert_silence();
}

/* A copier is given what no buffer begins with, and copies from there all the same. */
static void test_copier_misled(void **state)
{
    const net_buff_desc_t beside = {.io_or_offset = 64, .len = 60};

    (void)state;
    init_all();
    sddfsim_move_hook = NULL;
    assert_int_equal(net_enqueue_active(&queues[VIRT_RX0], beside), 0);
    enter(COPIER0);
    net_buff_desc_t d = get_active(VIRT_RX0);
    put_active(RX0, get_free(RX0), d.len);
    put_free(VIRT_RX0, d.io_or_offset);
    leave();
    assert_frames(COPIER0, 0, 0, DROP_INVALID, 0);
    assert_int_equal(held(COPIER0, "client0.rx"), 0);
    assert_silence();

    /* What it does not copy was no frame. */
    sddfsim_move_hook = NULL;
    assert_int_equal(net_enqueue_active(&queues[VIRT_RX0], beside), 0);
    enter(COPIER0);
    put_free(VIRT_RX0, get_active(VIRT_RX0).io_or_offset);
    leave();
    assert_frames(COPIER0, 0, 0, DROP_INVALID, 1);
    assert_silence();
}

/* One frame all the way out, and its buffer all the way back. */
static void test_transmit(void **state)
{
    (void)state;
    init_all();
    enter(CLIENT0);
    uint64_t name = get_free(TX0);
    leave();
    assert_int_equal(held(CLIENT0, "client0.tx"), 1);
    enter(CLIENT0);
    put_active(TX0, name, 100);
    leave();
    assert_int_equal(held(CLIENT0, "client0.tx"), 0);
    assert_false(seen.rx);
    assert_int_equal(seen.bytes, 100);
    assert_ptr_equal(seen.data, pool_data("client0.tx", name));
    enter(VIRT_TX);
    net_buff_desc_t d = get_active(TX0);
    put_active(NET_TX, tx_io[0] + d.io_or_offset, d.len);
    leave();
    assert_frames(VIRT_TX, 0, 0, DROP_INVALID, 0);
    enter(DRIVER);
    d = get_active(NET_TX);
    leave();
    assert_int_equal(watchers[DRIVER].counts.to_device, 1);
    assert_int_equal(held(DRIVER, "client0.tx"), 1);
    enter(DRIVER);
    put_free(NET_TX, d.io_or_offset);
    leave();
    assert_int_equal(held(DRIVER, "client0.tx"), 0);
    assert_frames(DRIVER, 0, 0, DROP_INVALID, 0);
    enter(VIRT_TX);
    put_free(TX0, get_free(NET_TX) - tx_io[0]);
    leave();
    assert_int_equal(held(VIRT_TX, "client0.tx"), 0);
    assert_frames(VIRT_TX, 0, 0, DROP_INVALID, 0);
    assert_int_equal(queue_counts(VIRT_TX, free_index[TX0])->moved, 1);
    assert_int_equal(queue_counts(VIRT_TX, free_index[TX0])->index, 5);
    assert_silence();
}

/* What client1 submits is no frame; virt_tx hands it back as it came. */
static void reject(net_buff_desc_t d)
{
    enter(CLIENT1);
    assert_int_equal(net_enqueue_active(&queues[TX1], d), 0);
    leave();
    enter(VIRT_TX);
    (void)get_active(TX1);
    assert_int_equal(net_enqueue_free(&queues[TX1], d), 0);
    leave();
    enter(CLIENT1);
    (void)get_free(TX1);
    leave();
}

static void test_invalid(void **state)
{
    static const net_buff_desc_t bad[] = {
        {.io_or_offset = 1, .len = 60},
        {.io_or_offset = 8 * 2048, .len = 60},
        {.io_or_offset = UINT64_MAX, .len = 60},
        {.io_or_offset = (uint64_t)1 << 43, .len = 60}, /* whose buffer number is 0 in 32 bits */
        {.io_or_offset = 0, .len = 60, .oid = 1},
        {.io_or_offset = 0, .len = 60, .oid = 63},
        {.io_or_offset = 0, .len = 0},
        {.io_or_offset = 2048, .len = 2049},
        {.io_or_offset = 7 * 2048, .len = 65535},
    };
    unsigned count = sizeof bad / sizeof bad[0];

    (void)state;
    init_all();
    enter(CLIENT1);
    for (unsigned i = 0; i < 8; i++) {
        (void)get_free(TX1); /* now they are all its own to do with as it likes */
    }
    leave();
    for (unsigned i = 0; i < count; i++) {
        reject(bad[i]);
        assert_frames(VIRT_TX, 0, 0, DROP_INVALID, i + 1);
        assert_int_equal(held(VIRT_TX, "client1.tx"), 0);
    }
    assert_int_equal(all_events(VIRT_TX), 0);
    assert_true(watchers[CLIENT1].events[PROBE_BUFFER_FOREIGN] >= 1);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->moved, count);
}

/* client1 submits a buffer twice while the driver has it. */
static void test_duplicate(void **state)
{
    (void)state;
    init_all();
    enter(CLIENT1);
    uint64_t name = get_free(TX1);
    (void)get_free(TX1); /* so that there is room for both to come back */
    put_active(TX1, name, 60);
    put_active(TX1, name, 61);
    leave();
    assert_int_equal(watchers[CLIENT1].events[PROBE_BUFFER_TWICE], 1);
    assert_int_equal(watchers[CLIENT1].last.object, planned_pool(&p, "client1.tx"));
    assert_int_equal(watchers[CLIENT1].last.a, 0);
    assert_int_equal(watchers[CLIENT1].last.b, active_index[TX1]);
    enter(VIRT_TX);
    net_buff_desc_t first = get_active(TX1);
    put_active(NET_TX, tx_io[1] + first.io_or_offset, first.len);
    put_free(TX1, get_active(TX1).io_or_offset);
    leave();
    assert_frames(VIRT_TX, 0, 0, DROP_DUPLICATE, 1);
    assert_int_equal(held(VIRT_TX, "client1.tx"), 0);
    assert_int_equal(all_events(VIRT_TX), 0);
    /* The first comes back as if nothing had been. */
    enter(DRIVER);
    put_free(NET_TX, get_active(NET_TX).io_or_offset);
    leave();
    enter(VIRT_TX);
    put_free(TX1, get_free(NET_TX) - tx_io[1]);
    leave();
    assert_frames(VIRT_TX, 0, 0, DROP_DUPLICATE, 1);
    assert_int_equal(held(VIRT_TX, "client1.tx"), 0);
    assert_int_equal(all_events(VIRT_TX), 0);
}

/* However often client1 does that before any of it comes back, each goes back once. */
static void test_claims_are_counted(void **state)
{
    enum { CLAIMS = 300 };

    (void)state;
    init_all();
    enter(CLIENT1);
    uint64_t name = get_free(TX1);
    leave();
    for (unsigned i = 0; i < CLAIMS; i++) {
        enter(CLIENT1);
        put_active(TX1, name, 60);
        leave();
        enter(VIRT_TX);
        net_buff_desc_t d = get_active(TX1);
        if (i == 0) {
            put_active(NET_TX, tx_io[1] + d.io_or_offset, d.len);
        }
        leave();
    }
    for (unsigned i = 1; i < CLAIMS; i++) {
        enter(CLIENT1);
        (void)get_free(TX1);
        leave();
        enter(VIRT_TX);
        put_free(TX1, name);
        leave();
    }
    assert_frames(VIRT_TX, 0, 0, DROP_DUPLICATE, CLAIMS - 1);
    assert_int_equal(all_events(VIRT_TX), 0);
}

/* A virtualiser that believes a second claim gives away what it does not have. */
static void test_duplicate_believed(void **state)
{
    (void)state;
    init_all();
    enter(CLIENT1);
    uint64_t name = get_free(TX1);
    put_active(TX1, name, 60);
    put_active(TX1, name, 61);
    leave();
    enter(VIRT_TX);
    for (unsigned i = 0; i < 2; i++) {
        net_buff_desc_t d = get_active(TX1);
        put_active(NET_TX, tx_io[1] + d.io_or_offset, d.len);
    }
    leave();
    assert_int_equal(watchers[VIRT_TX].events[PROBE_BUFFER_TWICE], 1);
    assert_int_equal(watchers[VIRT_TX].last.object, planned_pool(&p, "client1.tx"));
    assert_int_equal(watchers[VIRT_TX].last.b, active_index[NET_TX]);
    assert_frames(VIRT_TX, 0, 0, DROP_DUPLICATE, 0);
}

/* Buffers that are nobody's to give. */
static void test_given_wrongly(void **state)
{
    (void)state;
    init_all();
    enter(DRIVER);
    (void)get_free(NET_RX); /* makes room */
    leave();
    enter(VIRT_RX);
    put_free(NET_RX, 12345); /* names nothing */
    leave();
    assert_int_equal(watchers[VIRT_RX].events[PROBE_BUFFER_FOREIGN], 1);
    assert_int_equal(watchers[VIRT_RX].last.object, free_index[NET_RX]);
    assert_int_equal(watchers[VIRT_RX].last.a, 12345);
    enter(VIRT_RX);
    put_active(VIRT_RX0, 3 * 2048 + 1, 77);
    leave();
    assert_int_equal(watchers[VIRT_RX].events[PROBE_BUFFER_FOREIGN], 2);
    assert_int_equal(watchers[VIRT_RX].last.b, 77);
    enter(COPIER0);
    assert_int_equal(get_free(RX0), 0);
    leave();
    enter(CLIENT0);
    put_free(RX0, 0); /* which the copier has */
    leave();
    if (told) { /* untold, it could be the copier's first filling */
        assert_int_equal(watchers[CLIENT0].events[PROBE_BUFFER_TWICE], 1);
    }
    enter(CLIENT0);
    put_active(TX0, 0, 60); /* which is in its free queue */
    leave();
    assert_int_equal(watchers[CLIENT0].last.kind, PROBE_BUFFER_TWICE);
    assert_int_equal(watchers[CLIENT0].last.b, active_index[TX0]);
    enter(COPIER0);
    put_active(RX0, 0, 60); /* without a frame to put in it */
    leave();
    assert_int_equal(watchers[COPIER0].events[PROBE_BUFFER_TWICE], 1);
    assert_int_equal(held(COPIER0, "client0.rx"), 0);
}

/* client2 has no copier: virt_rx gives it somebody else's frame. */
static void test_foreign_frame(void **state)
{
    (void)state;
    init_all();
    for (unsigned i = 0; i < 5; i++) {
        receive(i, 60);
        enter(VIRT_RX);
        net_buff_desc_t d = get_active(NET_RX);
        put_active(RX2, d.io_or_offset - rx_io, d.len);
        leave();
        unsigned wrong = i < 2 ? i + 1 : i < 4 ? 2 : 3;
        assert_int_equal(watchers[VIRT_RX].events[PROBE_FRAME_FOREIGN], wrong);
    }
    assert_int_equal(watchers[VIRT_RX].last.object, active_index[RX2]);
    assert_int_equal(watchers[VIRT_RX].last.a, 0x525409090909);
    assert_int_equal(watchers[VIRT_RX].last.b, watchers[CLIENT2].pd);
}

/* What names no buffer, but could be an address, is for the device to refuse. */
static void test_stray_to_device(void **state)
{
    (void)state;
    init_all();
    enter(VIRT_TX);
    put_active(NET_TX, 0x90000000, 60);
    put_active(NET_TX, (uint64_t)1 << 32, 60);
    put_active(NET_TX, tx_io[0], 0);
    leave();
    enter(DRIVER);
    for (unsigned i = 0; i < 3; i++) {
        put_free(NET_TX, get_active(NET_TX).io_or_offset);
    }
    leave();
    assert_int_equal(watchers[DRIVER].counts.to_device, 1);
    assert_int_equal(watchers[DRIVER].counts.back_from_device, 1);
    assert_frames(DRIVER, 0, 0, DROP_INVALID, 2);
    assert_int_equal(all_events(DRIVER), 0);
    assert_int_equal(held(DRIVER, "client0.tx"), 0);
}

/* Another is watched in its place: what the first had in hand is gone, and nothing else. */
static void test_begun_anew(void **state)
{
    struct watcher *w = &watchers[VIRT_RX];
    struct moves_hooks hooks = {.context = w, .endpoint = on_endpoint, .event = on_event};

    (void)state;
    init_all();
    for (unsigned i = 0; i < 3; i++) {
        receive(2, 60);
    }
    enter(VIRT_RX);
    net_buff_desc_t first = get_active(NET_RX);
    put_active(RX2, first.io_or_offset - rx_io, first.len);
    (void)get_active(NET_RX);
    leave();
    assert_frames(VIRT_RX, 1, 0, DROP_DEAD, 0);
    uint64_t moved = queue_counts(VIRT_RX, active_index[NET_RX])->moved;
    int before = held(VIRT_RX, "net0.rx");

    free(w->memory);
    w->memory = calloc(1, moves_bytes(p.plan, w->pd));
    w->moves = moves_init(w->memory, p.plan, w->pd, &w->counts, &hooks);
    moves_go_on(w->moves);
    assert_frames(VIRT_RX, 0, 0, DROP_DEAD, 1);
    enter(VIRT_RX);
    net_buff_desc_t last = get_active(NET_RX);
    put_active(RX2, last.io_or_offset - rx_io, last.len);
    leave();
    assert_frames(VIRT_RX, 0, 0, DROP_DEAD, 1);
    assert_int_equal(queue_counts(VIRT_RX, active_index[NET_RX])->moved, moved + 1);
    assert_int_equal(held(VIRT_RX, "net0.rx"), before); /* the one it lost is still with it */
    assert_silence();
}

/* A client takes things, and is begun anew: what it took last it may give away. */
static void test_client_begun_anew(void **state)
{
    struct watcher *w = &watchers[CLIENT0];
    struct moves_hooks hooks = {.context = w, .endpoint = on_endpoint, .event = on_event};

    (void)state;
    init_all();
    for (unsigned i = 0; i < 3; i++) {
        enter(COPIER0);
        put_active(RX0, get_free(RX0), 60);
        leave();
    }
    memset(watchers[COPIER0].events, 0, sizeof watchers[COPIER0].events);
    enter(CLIENT0);
    put_free(RX0, get_active(RX0).io_or_offset);
    uint64_t frame = get_active(RX0).io_or_offset, buffer = get_free(TX0);
    leave();
    int before = held(CLIENT0, "client0.rx");

    free(w->memory);
    w->memory = calloc(1, moves_bytes(p.plan, w->pd));
    w->moves = moves_init(w->memory, p.plan, w->pd, &w->counts, &hooks);
    moves_go_on(w->moves);
    assert_int_equal(held(CLIENT0, "client0.rx"), before);
    enter(CLIENT0);
    put_free(RX0, frame);
    put_active(TX0, buffer, 60);
    leave();
    assert_int_equal(held(CLIENT0, "client0.rx"), before - 1);
    assert_silence();
    enter(CLIENT0);
    put_free(RX0, frame); /* but not twice */
    leave();
    assert_int_equal(w->events[PROBE_BUFFER_TWICE], 1);
}

/* -- indices -- */

static uint16_t *tail_of(enum link link, bool active)
{
    return active ? &queues[link].active->tail : &queues[link].free->tail;
}

static uint16_t *head_of(enum link link, bool active)
{
    return active ? &queues[link].active->head : &queues[link].free->head;
}

/* An untrusted domain forges indices of its own. */
static void test_own_index_forged(void **state)
{
    static const int to[] = {9, -1, 300, -32768, 32767};

    for (unsigned i = 0; i < sizeof to / sizeof to[0]; i++) {
        for (unsigned tail = 0; tail < 2; tail++) {
            begin(*(bool *)*state);
            init_all();
            enter(CLIENT1);
            put_active(TX1, get_free(TX1), 60);
            leave();
            uint16_t *index = tail ? tail_of(TX1, true) : head_of(TX1, false);
            uint32_t queue = tail ? active_index[TX1] : free_index[TX1];
            enter(CLIENT1);
            *index = (uint16_t)(*index + to[i]);
            leave();
            assert_int_equal(watchers[CLIENT1].events[PROBE_INDEX_ILLEGAL], 1);
            assert_int_equal(watchers[CLIENT1].last.object, queue);
            assert_int_equal(watchers[CLIENT1].last.a, 1);
            assert_int_equal(watchers[CLIENT1].last.b, (uint16_t)(1 + to[i]));
            const struct moves_queue_counts *c = queue_counts(CLIENT1, queue);
            assert_int_equal(c->illegal, 1);
            assert_int_equal(c->displaced, 0);
            assert_int_equal(c->moved, 1);
            assert_int_equal(c->index, 1);
            /* It is said once, and what it counts there ends. */
            enter(CLIENT1);
            *index = (uint16_t)(*index + 1);
            leave();
            assert_int_equal(all_events(CLIENT1), 1);
            assert_int_equal(c->moved, 1);
            end(NULL);
        }
    }
}

/* One that steps where it may, without queue code, has moved: from empty to full, and back. */
static void test_own_index_legal(void **state)
{
    (void)state;
    init_all();
    enter(CLIENT1);
    *head_of(TX1, false) = 8;
    leave();
    assert_int_equal(held(CLIENT1, "client1.tx"), 8);
    enter(CLIENT1);
    for (unsigned i = 0; i < 8; i++) {
        queues[TX1].active->buffers[i] = (net_buff_desc_t){.io_or_offset = 2048 * i, .len = 60};
    }
    *tail_of(TX1, true) = 8;
    leave();
    assert_int_equal(held(CLIENT1, "client1.tx"), 0);
    assert_int_equal(queue_counts(CLIENT1, active_index[TX1])->moved, 8);
    assert_int_equal(queue_counts(CLIENT1, active_index[TX1])->max_length, 8);
    assert_int_equal(all_events(CLIENT1), 0);
    enter(CLIENT1);
    *tail_of(TX1, true) = 9; /* one more than there is room for */
    leave();
    assert_int_equal(watchers[CLIENT1].events[PROBE_INDEX_ILLEGAL], 1);
}

/* The other end's index lies, and this one follows it no further than its queue is long. */
static void test_peer_lies(void **state)
{
    (void)state;
    init_all();
    for (unsigned round = 0; round < 3; round++) {
        *tail_of(TX1, true) = (uint16_t)(*tail_of(TX1, true) + 1000);
        enter(VIRT_TX);
        for (unsigned i = 0; i < 8; i++) {
            *head_of(TX1, false) = (uint16_t)(*head_of(TX1, false) + 1);
            put_free(TX1, get_active(TX1).io_or_offset);
        }
        leave();
    }
    assert_int_equal(watchers[VIRT_TX].events[PROBE_INDEX_ILLEGAL], 0);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->moved, 24);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->illegal, 0);
    assert_int_equal(watchers[VIRT_TX].counts.in_hand, 0);
}

/* client1 writes the indices of those it shares queues with: they go on from where they were put.
 */
static void test_displaced(void **state)
{
    (void)state;
    init_all();
    enter(CLIENT1);
    put_active(TX1, get_free(TX1), 60);
    put_active(TX1, get_free(TX1), 60);
    leave();
    enter(VIRT_TX);
    put_free(TX1, get_active(TX1).io_or_offset);
    leave();
    const struct moves_queue_counts *head = queue_counts(VIRT_TX, active_index[TX1]);
    const struct moves_queue_counts *tail = queue_counts(VIRT_TX, free_index[TX1]);

    *head_of(TX1, true) = 0; /* the same again */
    *tail_of(TX1, false) = 3000;
    enter(VIRT_TX);
    leave();
    assert_int_equal(head->displaced, 1);
    assert_int_equal(head->displaced_from, 1);
    assert_int_equal(head->displaced_to, 0);
    assert_int_equal(tail->displaced, 1);
    assert_int_equal(tail->displaced_from, 9);
    assert_int_equal(tail->displaced_to, 3000);
    enter(VIRT_TX);
    net_buff_desc_t d = get_active(TX1);
    put_active(NET_TX, tx_io[1] + d.io_or_offset, d.len);
    leave();
    assert_int_equal(head->moved, 2);
    assert_int_equal(head->index, 1);
    *head_of(TX1, true) = 77; /* in the middle of an entry as well; the first time is remembered */
    enter(VIRT_TX);
    *head_of(TX1, true) = 1;
    (void)get_active(TX1);
    leave();
    assert_int_equal(head->moved, 3);
    assert_int_equal(head->displaced_from, 1);
    assert_int_equal(head->illegal + tail->illegal, 0);
    assert_int_equal(all_events(VIRT_TX), 0);
}

/* The same before virt_tx has told of a move: it cannot have made this one. */
static void test_displaced_at_first(void **state)
{
    (void)state;
    init_all();
    *head_of(TX1, true) = 32637;
    enter(VIRT_TX);
    leave();
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->displaced, 1);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->displaced_to, 32637);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->illegal, 0);
    assert_int_equal(all_events(VIRT_TX), 0);
}

/* Neighbours that both are to be trusted do not displace each other: a step without a move is one's
 * own. */
static void test_trusted_step(void **state)
{
    (void)state;
    init_all();
    enter(VIRT_TX);
    *tail_of(NET_TX, true) = 100;
    leave();
    assert_int_equal(watchers[VIRT_TX].events[PROBE_INDEX_ILLEGAL], 1);
    assert_int_equal(queue_counts(VIRT_TX, active_index[NET_TX])->displaced, 0);
}

/* The peer makes its queue look full: what should go back there is kept, as refused, or lost. */
static void test_refused(void **state)
{
    net_buff_desc_t d = {0};

    (void)state;
    init_all();
    enter(CLIENT1);
    put_active(TX1, get_free(TX1), 60);   /* goes out, and cannot come back */
    put_active(TX1, get_free(TX1), 2049); /* is no frame */
    put_active(TX1, 0, 60);               /* a second claim */
    put_active(TX1, 5, 60);               /* names nothing */
    leave();
    *head_of(TX1, false) = (uint16_t)(*tail_of(TX1, false) - 8);
    enter(VIRT_TX);
    d = get_active(TX1);
    put_active(NET_TX, tx_io[1] + d.io_or_offset, d.len);
    for (unsigned i = 0; i < 3; i++) {
        d = get_active(TX1);
        assert_int_equal(net_enqueue_free(&queues[TX1], d), -1);
        assert_int_equal(watchers[VIRT_TX].counts.in_hand, 0);
    }
    leave();
    assert_int_equal(watchers[VIRT_TX].counts.dropped[DROP_INVALID], 2);
    assert_int_equal(watchers[VIRT_TX].counts.dropped[DROP_DUPLICATE], 1);
    enter(DRIVER);
    put_free(NET_TX, get_active(NET_TX).io_or_offset);
    leave();
    enter(VIRT_TX);
    d = (net_buff_desc_t){.io_or_offset = get_free(NET_TX) - tx_io[1]};
    assert_int_equal(held(VIRT_TX, "client1.tx"), 2);
    assert_int_equal(refused(VIRT_TX, "client1.tx"), 1);
    assert_int_equal(net_enqueue_free(&queues[TX1], d), -1);
    leave();
    assert_int_equal(held(VIRT_TX, "client1.tx"), 2);
    assert_int_equal(refused(VIRT_TX, "client1.tx"), 2);
    /* So the client may submit it again, and nothing is wrong with that. */
    enter(CLIENT1);
    put_active(TX1, 0, 60);
    leave();
    enter(VIRT_TX);
    d = get_active(TX1);
    put_active(NET_TX, tx_io[1] + d.io_or_offset, d.len);
    leave();
    assert_int_equal(held(VIRT_TX, "client1.tx"), 1);
    assert_int_equal(refused(VIRT_TX, "client1.tx"), 1);
    assert_int_equal(all_events(VIRT_TX), 1); /* however often that queue had no room */
    assert_int_equal(watchers[VIRT_TX].events[PROBE_QUEUE_REFUSED], 1);
    assert_int_equal(watchers[VIRT_TX].counts.in_hand, 0);
    assert_int_equal(all_drops(VIRT_TX), 3);
}

/* What had no way back for a while may go back later, and then nobody gave it twice. */
static void test_refused_for_a_while(void **state)
{
    (void)state;
    init_all();
    receive(4, 60);
    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    uint16_t head = *head_of(NET_RX, false);
    *head_of(NET_RX, false) = (uint16_t)(*tail_of(NET_RX, false) - 8);
    assert_int_equal(net_enqueue_free(&queues[NET_RX], d), -1);
    assert_frames(VIRT_RX, 0, 0, DROP_NO_MATCH, 1);
    assert_int_equal(refused(VIRT_RX, "net0.rx"), 1);
    *head_of(NET_RX, false) = head;
    put_free(NET_RX, d.io_or_offset);
    leave();
    assert_int_equal(held(VIRT_RX, "net0.rx"), 0);
    assert_int_equal(refused(VIRT_RX, "net0.rx"), 0);
    assert_frames(VIRT_RX, 0, 0, DROP_NO_MATCH, 1);
    assert_int_equal(watchers[VIRT_RX].events[PROBE_BUFFER_TWICE], 0);
}

/* One who is not to be relied on fills a queue while it is emptied: one queue full is enough. */
static void test_work_is_bounded(void **state)
{
    static const struct {
        unsigned taken, told;
    } rows[] = {{8, 0}, {9, 1}};

    (void)state;
    init_all();
    for (unsigned i = 0; i < 2; i++) {
        enter(VIRT_TX);
        for (unsigned k = 0; k < rows[i].taken; k++) {
            *tail_of(TX1, true) = (uint16_t)(*tail_of(TX1, true) + 1);
            (void)get_active(TX1);
        }
        leave();
        assert_int_equal(watchers[VIRT_TX].events[PROBE_WORK_UNBOUNDED], rows[i].told);
    }
    assert_int_equal(watchers[VIRT_TX].last.object, active_index[TX1]);
    assert_int_equal(watchers[VIRT_TX].last.a, 9);
    assert_int_equal(watchers[VIRT_TX].last.b, 8);
    /* Of one who is, it takes what there is; and it may come back as often as it is called. */
    enter(VIRT_TX);
    for (unsigned k = 0; k < 9; k++) {
        *tail_of(TX0, true) = (uint16_t)(*tail_of(TX0, true) + 1);
        (void)get_active(TX0);
    }
    leave();
    assert_int_equal(watchers[VIRT_TX].events[PROBE_WORK_UNBOUNDED], 1);
}

/* A copier takes a buffer for each packet, and beyond that one queue full of what is none. */
static void test_a_copiers_work(void **state)
{
    (void)state;
    init_all();
    receive(1, 60);
    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    put_active(VIRT_RX1, d.io_or_offset - rx_io, d.len);
    leave();
    enter(COPIER1);
    d = get_active(VIRT_RX1);
    for (unsigned k = 0; k < 4; k++) { /* two that its client may have, one packet, one too many */
        *tail_of(RX1, false) = (uint16_t)(*tail_of(RX1, false) + 1);
        (void)get_free(RX1);
    }
    put_free(VIRT_RX1, d.io_or_offset);
    leave();
    assert_int_equal(watchers[COPIER1].events[PROBE_WORK_UNBOUNDED], 1);
    assert_int_equal(watchers[COPIER1].last.b, 3);
}

/* A copier drops what it has a buffer for. */
static void test_dropped_beside_a_buffer(void **state)
{
    (void)state;
    init_all();
    receive(0, 60);
    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    put_active(VIRT_RX0, d.io_or_offset - rx_io, d.len);
    leave();
    enter(COPIER0);
    d = get_active(VIRT_RX0);
    put_free(VIRT_RX0, d.io_or_offset);
    leave();
    assert_frames(COPIER0, 0, 0, DROP_UNEXPLAINED, 1);
}

/* Who copies stays within the buffer, whatever it was told of the packet. */
static void test_copy_stays_within_a_buffer(void **state)
{
    const uint8_t *data = pool_data("net0.rx", 0);

    init_all();
    enter(COPIER0);
    moves_copies(current->moves, data + 2048 + 14, 2034);
    moves_copies(current->moves, data + 7 * 2048, 2048);
    moves_copies(current->moves, state, 4096); /* that is no packet */
    leave();
    assert_int_equal(all_events(COPIER0), 0);
    enter(COPIER0);
    moves_copies(current->moves, data + 2048 + 15, 2034);
    moves_copies(current->moves, data + 2047, 2);
    leave();
    assert_int_equal(watchers[COPIER0].events[PROBE_COPY_BEYOND], 1);
    assert_int_equal(watchers[COPIER0].last.a, 2048 + 15);
    assert_int_equal(watchers[COPIER0].last.b, 2034);
    enter(CLIENT0); /* an endpoint's own business */
    moves_copies(current->moves, pool_data("client0.tx", 2047), 60);
    leave();
    assert_int_equal(all_events(CLIENT0), 0);
}

/* More buffers than the queue to a client holds, which takes them out and keeps them. */
static void test_share(void **state)
{
    (void)state;
    p.plan->queues[active_index[VIRT_RX0]].capacity = 4;
    init_all();
    for (unsigned i = 0; i < 5; i++) {
        receive(0, 60);
        enter(VIRT_RX);
        net_buff_desc_t d = get_active(NET_RX);
        put_active(VIRT_RX0, d.io_or_offset - rx_io, d.len);
        leave();
        enter(COPIER0);
        d = get_active(VIRT_RX0);
        if (i == 0) { /* it gives one back */
            put_active(RX0, get_free(RX0), 60);
            put_free(VIRT_RX0, d.io_or_offset);
        }
        leave();
        enter(VIRT_RX);
        if (i == 0) {
            put_free(NET_RX, get_free(VIRT_RX0) + rx_io);
        }
        leave();
    }
    assert_int_equal(watchers[VIRT_RX].events[PROBE_SHARE_EXCEEDED], 0);
    receive(0, 60);
    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    put_active(VIRT_RX0, d.io_or_offset - rx_io, d.len);
    leave();
    assert_int_equal(watchers[VIRT_RX].events[PROBE_SHARE_EXCEEDED], 1);
    assert_int_equal(watchers[VIRT_RX].last.a, 5);
    assert_int_equal(watchers[VIRT_RX].last.b, 4);
}

/* An endpoint and a domain with a full frame queue keep what they could not give. */
static void test_refused_kept(void **state)
{
    (void)state;
    init_all();
    receive(0, 60);
    enter(VIRT_RX);
    net_buff_desc_t d = get_active(NET_RX);
    *tail_of(VIRT_RX0, true) = 8;
    assert_int_equal(
        net_enqueue_active(&queues[VIRT_RX0],
                           (net_buff_desc_t){.io_or_offset = d.io_or_offset - rx_io, .len = 60}),
        -1);
    assert_frames(VIRT_RX, 1, 0, DROP_NO_BUFFER, 0);
    assert_int_equal(held(VIRT_RX, "net0.rx"), 1);
    *tail_of(VIRT_RX0, true) = 0;
    put_free(NET_RX, d.io_or_offset);
    leave();
    assert_frames(VIRT_RX, 0, 0, DROP_NO_BUFFER, 1);

    enter(COPIER0);
    put_active(RX0, get_free(RX0), 60);
    leave();
    enter(CLIENT0);
    d = get_active(RX0);
    uint16_t head = *head_of(RX0, false);
    *head_of(RX0, false) = (uint16_t)(*tail_of(RX0, false) - 4);
    assert_int_equal(net_enqueue_free(&queues[RX0], d), -1);
    assert_int_equal(held(CLIENT0, "client0.rx"), 1);
    *head_of(RX0, false) = head;
    put_free(RX0, d.io_or_offset);
    leave();
    assert_int_equal(held(CLIENT0, "client0.rx"), 0);
    assert_int_equal(all_events(CLIENT0), 1);
    assert_int_equal(watchers[CLIENT0].events[PROBE_QUEUE_REFUSED], 1);
}

/* Indices run through 2^16 and nothing changes. */
static void test_wrap(void **state)
{
    (void)state;
    init_all();
    for (uint32_t i = 0; i < 66000; i++) {
        enter(CLIENT0);
        put_active(TX0, get_free(TX0), 60);
        leave();
        enter(VIRT_TX);
        put_free(TX0, get_active(TX0).io_or_offset);
        leave();
    }
    assert_int_equal(all_drops(VIRT_TX), 66000);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX0])->moved, 66000);
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX0])->index, (uint16_t)66000);
    assert_int_equal(queue_counts(CLIENT0, free_index[TX0])->index, (uint16_t)66000);
    assert_int_equal(queue_counts(CLIENT0, active_index[TX0])->max_length, 1);
    assert_silence();
}

/* A burst longer than the queue, since the other end moved on meanwhile. */
static void test_long_burst(void **state)
{
    (void)state;
    init_all();
    enter(VIRT_TX);
    for (unsigned i = 0; i < 40; i++) {
        current = &watchers[CLIENT0];
        put_active(TX0, get_free(TX0), 60);
        current = &watchers[VIRT_TX];
        put_free(TX0, get_active(TX0).io_or_offset);
    }
    leave();
    enter(CLIENT0);
    leave();
    assert_int_equal(queue_counts(VIRT_TX, active_index[TX0])->moved, 40);
    assert_int_equal(queue_counts(VIRT_TX, free_index[TX0])->moved, 40);
    assert_int_equal(queue_counts(CLIENT0, active_index[TX0])->moved, 40);
    assert_int_equal(watchers[VIRT_TX].counts.in_hand, 0);
    assert_int_equal(held(VIRT_TX, "client0.tx"), 0);
    assert_int_equal(held(CLIENT0, "client0.tx"), 0);
    assert_silence();
}

/* The client fills its free queue after virt_tx first looked, and has a frame refused at once. */
static void test_filled_late(void **state)
{
    (void)state;
    enter(VIRT_TX);
    leave();
    init_all();
    enter(CLIENT0);
    put_active(TX0, get_free(TX0), 60);
    leave();
    enter(VIRT_TX);
    put_free(TX0, get_active(TX0).io_or_offset);
    leave();
    assert_frames(VIRT_TX, 0, 0, DROP_UNEXPLAINED, 1);
    assert_int_equal(held(VIRT_TX, "client0.tx"), 0);
    assert_int_equal(queue_counts(VIRT_TX, free_index[TX0])->moved, 1);
    assert_silence();
}

/* The client is in the middle of filling it as virt_tx returns from its init(). */
static void test_half_filled(void **state)
{
    (void)state;
    enter(VIRT_TX);
    current = &watchers[CLIENT0];
    put_free(TX0, 0);
    current = &watchers[VIRT_TX];
    leave();
    assert_int_equal(queue_counts(VIRT_TX, free_index[TX0])->moved, 0);
    enter(CLIENT0);
    put_free(TX0, 2048);
    leave();
    enter(CLIENT0);
    put_active(TX0, get_free(TX0), 60);
    leave();
    enter(VIRT_TX);
    put_free(TX0, get_active(TX0).io_or_offset);
    leave();
    assert_int_equal(held(VIRT_TX, "client0.tx"), 0);
    assert_int_equal(queue_counts(VIRT_TX, free_index[TX0])->moved, 1);
    assert_silence();
}

/* While one who tells nothing waits, another who is not to be relied on moves its indices: by a
 * step that it might have made, and by one that nobody may. */
static void test_displaced_waiting(void **state)
{
    const uint16_t steps[] = {1, 9000};

    for (unsigned i = 0; i < 2; i++) {
        exact = true;
        free(watchers[VIRT_TX].memory);
        start_watching(VIRT_TX);
        init_all();
        enter(CLIENT1);
        put_active(TX1, get_free(TX1), 60);
        leave();
        queues[TX1].active->head = (uint16_t)(queues[TX1].active->head + steps[i]);
        enter(VIRT_TX);
        leave();
        assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->displaced, 1);
        assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->illegal, 0);
        assert_int_equal(queue_counts(VIRT_TX, active_index[TX1])->moved, 0);
        end(state);
        begin(false);
    }
}

/* In one entry of the client what it sent comes back in another order, over what it had taken. */
static void covered(bool look)
{
    init_all();
    enter(CLIENT0);
    uint64_t one = get_free(TX0), other = get_free(TX0);
    put_active(TX0, one, 60);
    put_active(TX0, other, 60);
    if (look) {
        moves_look(watchers[CLIENT0].moves);
    }
    enter(VIRT_TX);
    put_active(NET_TX, tx_io[0] + get_active(TX0).io_or_offset, 60);
    put_free(TX0, get_active(TX0).io_or_offset);
    leave();
    current = &watchers[CLIENT0];
    (void)get_free(TX0);
    leave();
    assert_int_equal(held(CLIENT0, "client0.tx"), 1);
}

static void test_covered(void **state)
{
    (void)state;
    covered(true);
    assert_silence();
}

/* What nobody looked at in time is known by number only. */
static void test_covered_unseen(void **state)
{
    (void)state;
    covered(false);
    assert_silence();
    enter(CLIENT0); /* and that is all there was to excuse */
    put_active(TX0, 0, 60);
    leave();
    assert_int_equal(watchers[CLIENT0].events[PROBE_BUFFER_TWICE], 1);
}

static void test_announced(void **state)
{
    (void)state;
    assert_false(moves_announced(watchers[CLIENT0].moves));
    init_all();
    for (unsigned i = 0; i < DRIVER; i++) {
        if (i != CLIENT0 + 3) {
            assert_int_equal(moves_announced(watchers[i].moves), told);
        }
    }
}

/* -- naming buffers from outside -- */

static void test_resolve(void **state)
{
    const struct queue_shape *offsets = &p.plan->queues[active_index[TX1]];
    const struct queue_shape *addresses = &p.plan->queues[active_index[NET_TX]];
    uint32_t pool, buffer;

    (void)state;
    assert_true(moves_resolve(p.plan, offsets, 7 * 2048, 0, &pool, &buffer));
    assert_int_equal(pool, planned_pool(&p, "client1.tx"));
    assert_int_equal(buffer, 7);
    assert_false(moves_resolve(p.plan, offsets, 8 * 2048, 0, &pool, &buffer));
    assert_false(moves_resolve(p.plan, offsets, 2047, 0, &pool, &buffer));
    assert_false(moves_resolve(p.plan, offsets, 0, 1, &pool, &buffer));
    assert_false(moves_resolve(p.plan, offsets, UINT64_MAX - 2047, 0, &pool, &buffer));
    for (unsigned i = 0; i < 3; i++) {
        assert_true(moves_resolve(p.plan, addresses, tx_io[i] + 2048, 0, &pool, &buffer));
        assert_string_equal(p.plan->pools[pool].name, links[TX0 + i]);
        assert_int_equal(buffer, 1);
        assert_false(moves_resolve(p.plan, addresses, tx_io[i] - 2048, 0, &pool, &buffer));
    }
    assert_false(moves_resolve(p.plan, addresses, tx_io[2] + 2 * 2048, 0, &pool, &buffer));
    assert_false(moves_resolve(p.plan, addresses, rx_io, 0, &pool, &buffer));
}

/* -- a long honest play, by the books -- */

#define BUFFERS 8
#define STEPS   100000u

struct list {
    uint64_t name[64];
    uint16_t len[64];
    unsigned count;
};

static void list_add(struct list *l, uint64_t name, uint16_t len)
{
    assert_true(l->count < 64);
    l->name[l->count] = name;
    l->len[l->count++] = len;
}

static net_buff_desc_t list_take(struct list *l, unsigned at)
{
    net_buff_desc_t d = {.io_or_offset = l->name[at], .len = l->len[at]};

    assert_true(at < l->count);
    l->count--;
    memmove(&l->name[at], &l->name[at + 1], (l->count - at) * sizeof l->name[0]);
    memmove(&l->len[at], &l->len[at + 1], (l->count - at) * sizeof l->len[0]);
    return d;
}

/* What each has in hand, in the order it came. */
static struct {
    struct rng rng;
    struct list ring_rx, ring_tx, virt_rx, virt_tx, virt_tx_back[3], copier[2], client_rx[3],
        client_tx[3];
    unsigned refs[BUFFERS];
    unsigned receiver[BUFFERS]; /* what the frame in each receive buffer is: a client, 3 all, 4
                                   none, 5 runt */
    struct {
        uint64_t from_device, to_device, copied, no_match, invalid, no_buffer[2], delivered[3],
            sent[3];
    } is;
} play;

static unsigned dice(unsigned of)
{
    return (unsigned)rng_below(&play.rng, of);
}

static bool has_free(enum link link)
{
    return net_queue_length(queues[link].free) != 0;
}

static bool has_active(enum link link)
{
    return net_queue_length(queues[link].active) != 0;
}

static void play_driver(void)
{
    switch (dice(4)) {
    case 0:
        if (has_free(NET_RX)) {
            list_add(&play.ring_rx, get_free(NET_RX), 0);
        }
        break;
    case 1:
        if (play.ring_rx.count > 0) {
            uint64_t name = list_take(&play.ring_rx, 0).io_or_offset;
            unsigned kind = dice(6);

            write_mac(pool_data("net0.rx", name - rx_io), kind == 5 ? 0 : kind);
            play.receiver[(name - rx_io) / 2048] = kind;
            put_active(NET_RX, name, kind == 5 ? 13 : 60);
            play.is.from_device++;
        }
        break;
    case 2:
        if (has_active(NET_TX)) {
            net_buff_desc_t d = get_active(NET_TX);

            list_add(&play.ring_tx, d.io_or_offset, d.len);
            play.is.to_device++;
        }
        break;
    default:
        if (play.ring_tx.count > 0) {
            put_free(NET_TX, list_take(&play.ring_tx, 0).io_or_offset);
        }
    }
}

static const enum link to_client[3] = {VIRT_RX0, VIRT_RX1, RX2};

static void play_virt_rx_pass(void)
{
    uint64_t offset = list_take(&play.virt_rx, 0).io_or_offset - rx_io;
    unsigned kind = play.receiver[offset / 2048];
    unsigned first = kind == 3 ? 0 : kind, last = kind == 3 ? 2 : kind;

    if (kind > 3) {
        put_free(NET_RX, offset + rx_io);
        *(kind == 4 ? &play.is.no_match : &play.is.invalid) += 1;
        return;
    }
    for (unsigned i = first; i <= last; i++) {
        put_active(to_client[i], offset, 60);
        play.refs[offset / 2048]++;
    }
    play.is.copied += last - first;
}

static void play_virt_rx(void)
{
    unsigned from = dice(5);

    if (from < 3) {
        if (has_free(to_client[from])) {
            uint64_t offset = get_free(to_client[from]);

            if (--play.refs[offset / 2048] == 0) {
                put_free(NET_RX, offset + rx_io);
            }
        }
    } else if (from == 3 && has_active(NET_RX)) {
        net_buff_desc_t d = get_active(NET_RX);

        list_add(&play.virt_rx, d.io_or_offset, d.len);
    } else if (play.virt_rx.count > 0) {
        play_virt_rx_pass();
    }
}

static void play_copier(unsigned i)
{
    if (dice(2) == 0 && has_active(VIRT_RX0 + i)) {
        net_buff_desc_t d = get_active(VIRT_RX0 + i);

        list_add(&play.copier[i], d.io_or_offset, d.len);
    } else if (play.copier[i].count > 0) {
        net_buff_desc_t d = list_take(&play.copier[i], 0);

        if (has_free(RX0 + i)) {
            put_active(RX0 + i, get_free(RX0 + i), d.len);
        } else {
            play.is.no_buffer[i]++;
        }
        put_free(VIRT_RX0 + i, d.io_or_offset);
    }
}

static void play_client(unsigned i)
{
    struct list *rx = &play.client_rx[i], *tx = &play.client_tx[i];

    switch (dice(4)) {
    case 0:
        if (has_active(RX0 + i)) {
            list_add(rx, get_active(RX0 + i).io_or_offset, 0);
            play.is.delivered[i]++;
        }
        break;
    case 1:
        if (rx->count > 0) {
            put_free(RX0 + i, list_take(rx, dice(rx->count)).io_or_offset);
        }
        break;
    case 2:
        if (has_free(TX0 + i)) {
            list_add(tx, get_free(TX0 + i), 0);
        }
        break;
    default:
        if (tx->count > 0) {
            put_active(TX0 + i, list_take(tx, dice(tx->count)).io_or_offset,
                       (uint16_t)(14 + dice(2035)));
            play.is.sent[i]++;
        }
    }
}

static unsigned tx_owner(uint64_t io_addr)
{
    return io_addr >= tx_io[2] ? 2 : io_addr >= tx_io[1] ? 1 : 0;
}

static void play_virt_tx(void)
{
    unsigned i = dice(3);

    switch (dice(4)) {
    case 0:
        if (has_active(TX0 + i)) {
            net_buff_desc_t d = get_active(TX0 + i);

            list_add(&play.virt_tx, tx_io[i] + d.io_or_offset, d.len);
        }
        break;
    case 1:
        if (play.virt_tx.count > 0) {
            net_buff_desc_t d = list_take(&play.virt_tx, dice(play.virt_tx.count));

            put_active(NET_TX, d.io_or_offset, d.len);
        }
        break;
    case 2:
        if (has_free(NET_TX)) {
            uint64_t name = get_free(NET_TX);
            unsigned owner = tx_owner(name);

            list_add(&play.virt_tx_back[owner], name - tx_io[owner], 0);
        }
        break;
    default:
        if (play.virt_tx_back[i].count > 0) {
            put_free(TX0 + i, list_take(&play.virt_tx_back[i], 0).io_or_offset);
        }
    }
}

static void play_one(enum who who)
{
    switch (who) {
    case CLIENT0:
    case CLIENT1:
    case CLIENT2:
        play_client(who - CLIENT0);
        break;
    case COPIER0:
    case COPIER1:
        play_copier(who - COPIER0);
        break;
    case DRIVER:
        play_driver();
        break;
    case VIRT_RX:
        play_virt_rx();
        break;
    default:
        play_virt_tx();
    }
}

/* How many buffers of tx pool `client` are in a list of IO addresses. */
static int of_client(const struct list *l, unsigned client)
{
    int count = 0;

    for (unsigned i = 0; i < l->count; i++) {
        count += tx_owner(l->name[i]) == client;
    }
    return count;
}

/* Every book against every count. */
static void audit(void)
{
    static const char *const rx[3] = {"client0.rx", "client1.rx", "net0.rx"};
    static const char *const tx[3] = {"client0.tx", "client1.tx", "client2.tx"};

    assert_int_equal(held(DRIVER, "net0.rx"), play.ring_rx.count);
    assert_int_equal(held(VIRT_RX, "net0.rx"), play.virt_rx.count);
    assert_int_equal(watchers[VIRT_RX].counts.in_hand, play.virt_rx.count);
    assert_int_equal(watchers[VIRT_TX].counts.in_hand, play.virt_tx.count);
    assert_int_equal(watchers[VIRT_RX].counts.copied, play.is.copied);
    assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_NO_MATCH], play.is.no_match);
    assert_int_equal(watchers[VIRT_RX].counts.dropped[DROP_INVALID], play.is.invalid);
    assert_int_equal(all_drops(VIRT_RX), play.is.no_match + play.is.invalid);
    assert_int_equal(all_drops(VIRT_TX) + all_drops(DRIVER), 0);
    assert_int_equal(watchers[DRIVER].counts.from_device, play.is.from_device);
    assert_int_equal(watchers[DRIVER].counts.to_device, play.is.to_device);
    assert_int_equal(watchers[DRIVER].counts.in_hand, 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(held(CLIENT0 + i, rx[i]), play.client_rx[i].count);
        assert_int_equal(held(CLIENT0 + i, tx[i]), play.client_tx[i].count);
        assert_int_equal(held(VIRT_TX, tx[i]),
                         of_client(&play.virt_tx, i) + (int)play.virt_tx_back[i].count);
        assert_int_equal(held(DRIVER, tx[i]), of_client(&play.ring_tx, i));
        assert_int_equal(queue_counts(CLIENT0 + i, active_index[RX0 + i])->moved,
                         play.is.delivered[i]);
        assert_int_equal(queue_counts(CLIENT0 + i, active_index[TX0 + i])->moved, play.is.sent[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(held(COPIER0 + i, "net0.rx"), play.copier[i].count);
        assert_int_equal(held(COPIER0 + i, rx[i]), 0);
        assert_int_equal(watchers[COPIER0 + i].counts.in_hand, play.copier[i].count);
        assert_int_equal(watchers[COPIER0 + i].counts.dropped[DROP_NO_BUFFER],
                         play.is.no_buffer[i]);
        assert_int_equal(all_drops(COPIER0 + i), play.is.no_buffer[i]);
    }
}

/* Each buffer of a pool that no broadcast shares is in exactly one place. */
static void audit_pool(const char *pool, enum link first, enum link second)
{
    uint32_t index = planned_pool(&p, pool);
    int64_t places = 0;

    for (unsigned i = 0; i < WHO; i++) {
        uint32_t list[MOVES_POOLS_MAX];
        size_t count = moves_pool_list(p.plan, watchers[i].pd, list);

        for (size_t k = 0; k < count; k++) {
            places += list[k] == index ? watchers[i].counts.pools[k].held : 0;
        }
    }
    const enum link both[2] = {first, second};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned active = 0; active < 2; active++) {
            net_queue_t *q = active ? queues[both[i]].active : queues[both[i]].free;
            uint32_t shape = active ? active_index[both[i]] : free_index[both[i]];

            for (uint16_t at = q->head; at != q->tail && (i == 0 || second != first); at++) {
                net_buff_desc_t *d = &q->buffers[at & (queues[both[i]].capacity - 1)];
                uint32_t named, buffer;

                assert_true(moves_resolve(p.plan, &p.plan->queues[shape], d->io_or_offset, d->oid,
                                          &named, &buffer));
                places += named == index;
            }
        }
    }
    assert_int_equal(places, p.plan->pools[index].buffer_count);
}

static void test_play(void **state)
{
    (void)state;
    memset(&play, 0, sizeof play);
    rng_init(&play.rng, 20240607, "moves");
    init_all();
    for (unsigned step = 0; step < STEPS; step++) {
        enum who who = (enum who)dice(WHO);

        enter(who);
        for (unsigned acts = 1 + dice(6); acts > 0; acts--) {
            play_one(who);
        }
        leave();
        audit();
        if (step % 16 == 0) {
            audit_pool("client0.rx", RX0, RX0);
            audit_pool("client1.rx", RX1, RX1);
            audit_pool("client0.tx", TX0, NET_TX);
            audit_pool("client1.tx", TX1, NET_TX);
            audit_pool("client2.tx", TX2, NET_TX);
        }
    }
    assert_silence();
    for (unsigned i = 0; i < 3; i++) { /* it was a lively play */
        assert_true(play.is.delivered[i] > 1000);
        assert_true(play.is.sent[i] > 1000);
    }
    assert_true(play.is.no_buffer[1] > 100);
    for (unsigned i = 0; i < LINKS; i++) {
        const struct queue_shape *q = &p.plan->queues[active_index[i]];

        for (unsigned k = 0; k < WHO; k++) {
            if (watchers[k].pd == q->producer) {
                const struct moves_queue_counts *c = queue_counts((enum who)k, active_index[i]);

                assert_int_equal(c->index, queues[i].active->tail);
                assert_in_range(c->max_length, 1, q->capacity);
            } else if (watchers[k].pd == q->consumer) {
                assert_int_equal(queue_counts((enum who)k, active_index[i])->index,
                                 queues[i].active->head);
            }
        }
    }
}

/* -- a hostile neighbour writes what it likes, whenever it likes -- */

static void scribble(struct rng *rng, enum link link)
{
    uint32_t capacity = queues[link].capacity;
    net_queue_t *q = rng_chance(rng, 1, 2) ? queues[link].free : queues[link].active;

    switch (rng_below(rng, 4)) {
    case 0:
        q->tail = (uint16_t)(q->tail + rng_below(rng, 2 * capacity) - capacity);
        break;
    case 1:
        q->head = (uint16_t)(q->head + rng_below(rng, 2 * capacity) - capacity);
        break;
    case 2:
        q->head = (uint16_t)rng_u64(rng);
        q->tail = (uint16_t)(q->head + rng_below(rng, capacity));
        break;
    default:
        rng_bytes(rng, &q->buffers[rng_below(rng, capacity)], sizeof q->buffers[0]);
    }
}

static void pass_anything(struct rng *rng, enum link from, enum link to, uint64_t base)
{
    net_buff_desc_t d = {0};

    if (net_dequeue_active(&queues[from], &d) == 0) {
        d.io_or_offset += base;
        if (rng_chance(rng, 1, 2)) {
            (void)net_enqueue_active(&queues[to], d);
        } else {
            (void)net_enqueue_free(&queues[from], d);
        }
    }
    if (net_dequeue_free(&queues[to], &d) == 0) {
        (void)net_enqueue_free(&queues[from], d);
    }
}

static void test_hostile(void **state)
{
    static const enum who who[] = {VIRT_TX, COPIER1, VIRT_RX, CLIENT1, DRIVER};
    struct rng rng;

    (void)state;
    rng_init(&rng, 20240608, "hostile");
    init_all();
    for (unsigned step = 0; step < 60000; step++) {
        enter(who[step % 5]);
        for (unsigned i = 0; i < 3; i++) {
            scribble(&rng, (enum link)rng_below(&rng, LINKS));
            switch (step % 5) {
            case 0:
                pass_anything(&rng, TX1, NET_TX, tx_io[1]);
                break;
            case 1:
                pass_anything(&rng, VIRT_RX1, RX1, 0);
                break;
            case 2:
                pass_anything(&rng, NET_RX, RX2, 0 - rx_io);
                break;
            case 3:
                pass_anything(&rng, RX1, TX1, 0);
                break;
            default:
                pass_anything(&rng, NET_TX, NET_RX, 0);
            }
        }
        leave();
        for (unsigned k = 0; k < WHO; k++) {
            uint32_t list[MOVES_POOLS_MAX];
            size_t count = moves_pool_list(p.plan, watchers[k].pd, list);

            assert_true(watchers[k].counts.in_hand >= 0);
            for (size_t i = 0; i < count; i++) {
                assert_in_range(watchers[k].counts.pools[i].held, 0,
                                p.plan->pools[list[i]].buffer_count);
            }
        }
    }
}

/* -- as many as there can be -- */

static void test_many(void **state)
{
    char text[16384];
    int used =
        snprintf(text, sizeof text,
                 "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
                 "  \"networks\": [ { \"name\": \"net0\" } ], \"clients\": [");

    end(NULL);
    for (unsigned i = 0; i < 61; i++) {
        used += snprintf(
            text + used, sizeof text - (size_t)used,
            "%s{ \"name\": \"client%u\", \"image\": \"network/client_echo\", \"copier\": {},"
            " \"rx_buffers\": 8, \"tx_buffers\": 8 }",
            i == 0 ? "" : ",", i);
    }
    snprintf(text + used, sizeof text - (size_t)used, "] }");
    assert_true(planned_make(&p, text));
    planned_map(&p);
    static const char *const both[2] = {"net0_virt_tx", "net0_virt_rx"};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t pd = planned_pd(&p, both[i]), list[MOVES_QUEUES_MAX];
        struct watcher *w = &watchers[0];
        struct moves_hooks hooks = {.context = w, .event = on_event};

        *w = (struct watcher){.pd = pd, .memory = calloc(1, moves_bytes(p.plan, pd))};
        w->moves = moves_init(w->memory, p.plan, pd, &w->counts, &hooks);
        assert_int_equal(moves_queue_list(p.plan, pd, list), 2 * 62);
        assert_int_equal(moves_pool_list(p.plan, pd, list), i == 0 ? 61 : 1);
        /* Each queue is found by its address, and its moves are its own. */
        for (size_t q = 0; q < 2 * 62; q++) {
            uint32_t queues_of[MOVES_QUEUES_MAX];

            moves_queue_list(p.plan, pd, queues_of);
            const struct queue_shape *s = &p.plan->queues[queues_of[q]];
            bool makes = s->producer == pd;
            net_queue_t *at =
                (net_queue_t *)(uintptr_t)(makes ? s->producer_vaddr : s->consumer_vaddr);
            *(makes ? &at->tail : &at->head) = 1;
            moves_moved(w->moves, makes ? MOVE_PUT : MOVE_TAKEN, at, UINT64_MAX, 0);
            for (size_t k = 0; k < 2 * 62; k++) {
                assert_int_equal(w->counts.queues[k].moved, k <= q);
            }
        }
        free(w->memory);
        w->memory = NULL;
    }
    planned_finish(&p);
    (void)state;
    for (unsigned i = 0; i < WHO; i++) {
        watchers[i].memory = NULL;
    }
}

static bool yes = true, no;

#define BOTH(test)                                                              \
    cmocka_unit_test_setup_teardown(test, begin_told, end),                     \
    {                                                                           \
        .name = #test " untold", .test_func = test, .setup_func = begin_untold, \
        .teardown_func = end                                                    \
    }
#define TOLD(test) cmocka_unit_test_setup_teardown(test, begin_told, end)
/* Begins and ends by itself. */
#define WITH(test, which)                                                      \
    {                                                                          \
        .name = #test " " #which, .test_func = test, .initial_state = &(which) \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_forward),
        BOTH(test_broadcast),
        BOTH(test_reasons),
        BOTH(test_copier_without_buffer),
        BOTH(test_transmit),
        BOTH(test_invalid),
        BOTH(test_duplicate),
        BOTH(test_claims_are_counted),
        BOTH(test_duplicate_believed),
        BOTH(test_given_wrongly),
        BOTH(test_foreign_frame),
        BOTH(test_stray_to_device),
        BOTH(test_begun_anew),
        TOLD(test_client_begun_anew),
        TOLD(test_copier_misled),
        WITH(test_own_index_forged, yes),
        WITH(test_own_index_forged, no),
        BOTH(test_own_index_legal),
        BOTH(test_peer_lies),
        TOLD(test_displaced),
        TOLD(test_displaced_at_first),
        BOTH(test_trusted_step),
        TOLD(test_refused),
        TOLD(test_refused_for_a_while),
        TOLD(test_work_is_bounded),
        TOLD(test_a_copiers_work),
        TOLD(test_dropped_beside_a_buffer),
        TOLD(test_copy_stays_within_a_buffer),
        TOLD(test_share),
        TOLD(test_refused_kept),
        BOTH(test_wrap),
        BOTH(test_long_burst),
        BOTH(test_filled_late),
        BOTH(test_half_filled),
        BOTH(test_covered),
        {
            .name = "test_displaced_waiting untold",
            .test_func = test_displaced_waiting,
            .setup_func = begin_untold,
            .teardown_func = end,
        },
        BOTH(test_covered_unseen),
        BOTH(test_announced),
        TOLD(test_resolve),
        BOTH(test_play),
        BOTH(test_hostile),
        TOLD(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
