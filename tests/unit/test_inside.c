/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each fault kind does inside a domain: that, and nothing else. The domain is client1 of a
 * plan made by hand, its memory lies between that of others, and after every act what is not its
 * own is looked at for a byte that changed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/fault/fault_set.h"
#include "tests/unit/judged_plan.h"

#define BUFFER_BYTES 2048u
#define POOL_BYTES   (JUDGED_BUFFERS * BUFFER_BYTES)
#define MAPS         8u

static struct judged j;
static struct plan_map maps[MAPS];
static _Alignas(8) uint8_t memory[POOLS + 2][POOL_BYTES]; /* by pool, then what nobody has */
static struct type_view views[4];

/* What the runtime was asked. */
static unsigned rung[64], rings, dids, burns, strays;
static uint64_t did_a, did_b, burnt_ns, stray_vaddr;
static bool stray_write;

static void on_notify(void *runtime, unsigned channel)
{
    assert_ptr_equal(runtime, &j);
    rung[channel % 64]++;
    rings++;
}

static void on_did(void *runtime, uint32_t fault, uint64_t a, uint64_t b)
{
    assert_ptr_equal(runtime, &j);
    assert_int_equal(fault, 0);
    dids++;
    did_a = a;
    did_b = b;
}

static uint16_t left_there;
static struct judged_queue *drained; /* whose other end takes three entries meanwhile; NULL */

static void on_burn(void *runtime, uint64_t ns)
{
    (void)runtime;
    burns++;
    burnt_ns = ns;
    if (drained != NULL) {
        left_there = (uint16_t)(drained->tail - drained->head);
        drained->head = (uint16_t)(drained->head + (left_there < 3 ? left_there : 3));
    }
}

static unsigned calls, calls_long;
static uint64_t labels_beyond;

static void on_call(void *runtime, unsigned channel, uint64_t label, const uint64_t *words,
                    unsigned count)
{
    assert_ptr_equal(runtime, &j);
    assert_int_equal(channel, 10 + LINK_TX1);
    assert_in_range(count, 0, 2);
    calls++;
    calls_long += words[0] >> 32 != 0;
    labels_beyond += label >= 4;
}

static void on_stray(void *runtime, uint64_t vaddr, bool write)
{
    (void)runtime;
    strays++;
    stray_vaddr = vaddr;
    stray_write = write;
}

static void map(unsigned at, uint32_t pd, uint32_t region, void *host, unsigned rights)
{
    maps[at] = (struct plan_map){pd, region, (uint64_t)(uintptr_t)host, rights};
}

static int start(void **state)
{
    (void)state;
    judged_init(&j);
    memset(memory, 0xee, sizeof memory);
    map(0, CLIENT1, POOL_CLIENT1_TX, memory[POOL_CLIENT1_TX], RIGHT_READ | RIGHT_WRITE);
    map(1, CLIENT1, POOL_CLIENT1_RX, memory[POOL_CLIENT1_RX], RIGHT_READ | RIGHT_WRITE);
    map(2, CLIENT1, POOLS + LINK_TX1, &j.queues[FREE(LINK_TX1)], RIGHT_READ | RIGHT_WRITE);
    map(3, CLIENT1, POOLS + LINK_RX1, &j.queues[FREE(LINK_RX1)], RIGHT_READ | RIGHT_WRITE);
    map(4, CLIENT0, POOL_CLIENT0_TX, memory[POOL_CLIENT0_TX], RIGHT_READ | RIGHT_WRITE);
    map(5, COPIER1, POOL_RX, memory[POOL_RX], RIGHT_READ);
    map(6, COPIER1, POOL_CLIENT1_RX, memory[POOL_CLIENT1_RX] + 16, RIGHT_READ | RIGHT_WRITE);
    map(7, CLIENT1, POOL_RX, memory[POOL_RX], RIGHT_READ);
    j.plan.maps = maps;
    j.plan.map_count = MAPS;
    for (unsigned link = 0; link < LINKS; link++) {
        j.regions[POOLS + link].bytes = 2 * sizeof j.queues[0];
        j.shapes[ACTIVE(link)].offset = sizeof j.queues[0];
        for (unsigned i = 0; i < 2; i++) {
            j.shapes[2 * link + i].pool_bits = 6;
        }
    }
    rings = dids = burns = strays = 0;
    memset(rung, 0, sizeof rung);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    judged_finish(&j);
    return 0;
}

/* -- a fault, its keys by their names -- */

static struct scenario_fault *fault;

static void aim(const char *kind, const char *pd)
{
    size_t count;
    const struct type_view *all = fault_views(&count);

    j.scenario.fault_count = 1;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, kind) == 0) {
            views[0] = all[i];
            fault = &j.faults[0];
            *fault = (struct scenario_fault){
                .type = &views[0], .pd = pd, .place = {.file = "x", .path = "faults[0]"}};
            fault->state = arena_alloc(&j.arena, all[i].state_size + 1);
            for (const struct param *p = all[i].params; p != NULL && p->name != NULL; p++) {
                if (p->kind == PARAM_KIND_BOOL) {
                    *((bool *)fault->state + p->offset) = p->preset != 0;
                } else if (p->kind == PARAM_KIND_MAC) {
                    memset((char *)fault->state + p->offset, p->preset_text == NULL ? 0 : 0xff, 6);
                } else if (p->kind != PARAM_KIND_TEXT) {
                    memcpy((char *)fault->state + p->offset, &p->preset, sizeof p->preset);
                }
            }
            return;
        }
    }
    fail_msg("no fault kind %s", kind);
}

static const struct param *key(const char *name)
{
    const struct param *p = views[0].params;

    while (p->name != NULL && strcmp(p->name, name) != 0) {
        p++;
    }
    assert_non_null(p->name);
    return p;
}

static void number(const char *name, uint64_t value)
{
    if (key(name)->kind == PARAM_KIND_BOOL) {
        *((bool *)fault->state + key(name)->offset) = value != 0;
    } else {
        memcpy((char *)fault->state + key(name)->offset, &value, sizeof value);
    }
}

static void text(const char *name, const char *value)
{
    memcpy((char *)fault->state + key(name)->offset, &value, sizeof value);
}

static void choice(const char *name, const char *value)
{
    const struct param *p = key(name);
    uint64_t i = 0;

    while (p->choices[i] != NULL && strcmp(p->choices[i], value) != 0) {
        i++;
    }
    assert_non_null(p->choices[i]);
    number(name, i);
}

static struct fault_set set;

static void arm(void)
{
    assert_true(faults_check(&j.plan, &j.diag));
    faults_init(&set, &j.plan, plan_find_pd(&j.plan, fault->pd));
}

static enum inside_next enter(void)
{
    struct inside in = {.plan = &j.plan,
                        .pd = set.pd,
                        .entries = 1,
                        .notify = on_notify,
                        .call = on_call,
                        .burn = on_burn,
                        .stray = on_stray,
                        .did = on_did,
                        .runtime = &j};

    return faults_inside(&set, &in);
}

static enum inside_next act(void)
{
    arm();
    return enter();
}

/* -- what is not client1's -- */

static struct judged_queue queues_before[2 * LINKS];
static uint8_t memory_before[POOLS + 2][POOL_BYTES];

static void remember(void)
{
    memcpy(queues_before, j.queues, sizeof j.queues);
    memcpy(memory_before, memory, sizeof memory);
}

static void others_untouched(void)
{
    for (unsigned q = 0; q < 2 * LINKS; q++) {
        if (q / 2 != LINK_TX1 && q / 2 != LINK_RX1) {
            assert_memory_equal(&j.queues[q], &queues_before[q], sizeof j.queues[q]);
        }
    }
    for (unsigned pool = 0; pool < POOLS + 2; pool++) {
        if (pool != POOL_CLIENT1_TX && pool != POOL_CLIENT1_RX) {
            assert_memory_equal(memory[pool], memory_before[pool], POOL_BYTES);
        }
    }
}

static struct judged_queue *tx(void)
{
    return &j.queues[ACTIVE(LINK_TX1)];
}

static struct judged_queue *tx_free(void)
{
    return &j.queues[FREE(LINK_TX1)];
}

/* So many empty buffers lie ready to be sent in, and the indices are about to wrap. */
static void offer(unsigned count)
{
    tx()->head = tx()->tail = tx_free()->head = 0xfffe;
    tx_free()->tail = (uint16_t)(0xfffe + count);
    for (unsigned i = 0; i < count; i++) {
        tx_free()->slots[(0xfffe + i) % JUDGED_CAPACITY].name = (uint64_t)i * BUFFER_BYTES;
    }
}

/* -- descriptors -- */

static void each_forged_descriptor_says_what_it_was_told_to(void **state)
{
    static const struct {
        const char *what, *key;
        uint64_t value, name, len, pool;
    } rows[] = {
        {"misaligned", "offset", 1, 1, 60, 0},
        {"misaligned", "offset", 2047, 2047, 60, 0},
        {"beyond", "offset", 1, POOL_BYTES, 60, 0},
        {"beyond", "offset", 3, POOL_BYTES + 2 * BUFFER_BYTES, 60, 0},
        {"length", "length", 0, 0, 0, 0},
        {"length", "length", 1, 0, 1, 0},
        {"length", "length", 2049, 0, 2049, 0},
        {"length", "length", 65535, 0, 65535, 0},
        {"pool", "pool", 63, 0, 60, 63},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        aim("descriptor", "client1");
        text("queue", "tx.active");
        choice("what", rows[i].what);
        number(rows[i].key, rows[i].value);
        offer(2);
        remember();
        assert_int_equal(act(), INSIDE_RUN);
        assert_int_equal(tx()->tail, 0xffff);
        assert_int_equal(tx()->head, 0xfffe);
        /* In a buffer that it had, as the image would have taken it. */
        assert_int_equal(tx_free()->head, 0xffff);
        assert_int_equal(tx()->slots[0xfffe % JUDGED_CAPACITY].name, rows[i].name);
        assert_int_equal(tx()->slots[0xfffe % JUDGED_CAPACITY].len, rows[i].len);
        assert_int_equal(tx()->slots[0xfffe % JUDGED_CAPACITY].pool, rows[i].pool);
        assert_int_equal(dids, i + 1);
        assert_int_equal(did_a, ACTIVE(LINK_TX1));
        assert_int_equal(did_b, rows[i].name);
        assert_int_equal(rung[10 + LINK_TX1], i + 1);
        others_untouched();
    }
}

/* What a reader finds who adds the name to where the queue's own pool begins. */
static void anothers_memory_is_named_by_its_distance(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 50; seed++) {
        j.scenario.seed = seed;
        aim("descriptor", "client1");
        text("queue", "tx.active");
        choice("what", "another");
        offer(1);
        (void)act();
        uint64_t io_addr = TX_IO(1) + tx()->slots[0xfffe % JUDGED_CAPACITY].name;
        assert_true(io_addr - RX_IO < POOL_BYTES || io_addr - TX_IO(0) < POOL_BYTES);
        assert_int_equal(io_addr % BUFFER_BYTES, 0);

        /* No device sees client1's receive buffers: there it is the copier who is led astray. */
        aim("descriptor", "client1");
        text("queue", "rx.free");
        choice("what", "another");
        j.queues[FREE(LINK_RX1)] = (struct judged_queue){0};
        (void)act();
        uint64_t found = maps[6].vaddr + j.queues[FREE(LINK_RX1)].slots[0].name;
        assert_true(found - maps[5].vaddr < POOL_BYTES);
    }
}

static void what_is_published_can_still_be_changed(void **state)
{
    (void)state;
    aim("descriptor", "client1");
    text("queue", "tx.active");
    choice("what", "length");
    choice("where", "published");
    number("length", 7);
    *tx() = (struct judged_queue){.head = 2, .tail = 4};
    for (unsigned i = 0; i < JUDGED_CAPACITY; i++) {
        tx()->slots[i].len = 100;
        tx()->slots[i].pool = 0xc0; /* the bits above are not the pool's */
    }
    (void)act();
    for (unsigned i = 0; i < JUDGED_CAPACITY; i++) {
        assert_int_equal(tx()->slots[i].len, i == 2 || i == 3 ? 7 : 100);
        assert_int_equal(tx()->slots[i].pool, 0xc0);
    }
    assert_int_equal(tx()->tail, 4);
    assert_int_equal(dids, 1);
    /* Where all was taken, there is one more first. */
    tx()->head = 4;
    (void)enter();
    assert_int_equal(tx()->tail, 5);
    assert_int_equal(tx()->slots[4].len, 7);
    assert_int_equal(dids, 2);
    /* Where more are said to be there than can be, nothing is done, and that is no act. */
    tx()->head = 6;
    (void)enter();
    assert_int_equal(tx()->tail, 5);
    assert_int_equal(dids, 2);
    assert_int_equal(set.runs[0].acts, 2);
}

static void a_full_queue_takes_no_more(void **state)
{
    (void)state;
    aim("descriptor", "client1");
    number("times", 1000);
    text("queue", "tx.active");
    (void)act();
    assert_int_equal(tx()->tail, JUDGED_CAPACITY);
    (void)enter();
    assert_int_equal(tx()->tail, JUDGED_CAPACITY);
    assert_int_equal(dids, 1);
}

/* -- twice, never, afterwards -- */

static void what_was_handed_over_is_handed_over_again(void **state)
{
    (void)state;
    aim("duplicate", "client1");
    text("queue", "tx.active");
    (void)act();
    assert_int_equal(dids, 0); /* it never handed over anything */
    tx()->tail = tx()->head = 2;
    tx()->slots[0].name = 5 * BUFFER_BYTES;
    tx()->slots[0].len = 70;
    tx()->slots[1].name = 6 * BUFFER_BYTES;
    tx()->slots[1].len = 80;
    (void)enter();
    assert_int_equal(tx()->tail, 3);
    assert_int_equal(tx()->slots[2].name, 6 * BUFFER_BYTES);
    assert_int_equal(tx()->slots[2].len, 80);
    assert_int_equal(rung[10 + LINK_TX1], 1);

    aim("duplicate", "client1");
    text("queue", "tx.active");
    number("age", 3);
    number("times", 2);
    number("ring", false);
    (void)act();
    assert_int_equal(tx()->tail, 5);
    assert_int_equal(tx()->slots[3].name, 5 * BUFFER_BYTES);
    assert_int_equal(tx()->slots[4].name, 5 * BUFFER_BYTES);
    assert_int_equal(rung[10 + LINK_TX1], 1);
    assert_int_equal(did_b, 5 * BUFFER_BYTES);
    number("times", 1000); /* but no more than there is room for */
    (void)act();
    assert_int_equal((uint16_t)(tx()->tail - tx()->head), JUDGED_CAPACITY);
}

static void what_was_handed_over_changes(void **state)
{
    (void)state;
    aim("reuse", "client1");
    text("queue", "tx.active");
    number("depth", 2);
    number("offset", 6);
    number("bytes", 4);
    *tx() = (struct judged_queue){.head = 3, .tail = 3};
    for (unsigned i = 0; i < 3; i++) {
        tx()->slots[i].name = (2 + i) * BUFFER_BYTES;
    }
    remember();
    (void)act();
    assert_int_equal(did_b, 2);
    const uint8_t *mine = memory[POOL_CLIENT1_TX];
    for (unsigned i = 0; i < POOL_BYTES; i++) {
        unsigned buffer = i / BUFFER_BYTES, within = i % BUFFER_BYTES;
        bool meant = (buffer == 3 || buffer == 4) && within >= 6 && within < 10;

        if (!meant) {
            assert_int_equal(mine[i], 0xee);
        }
    }
    assert_memory_not_equal(mine + 3 * BUFFER_BYTES + 6, memory_before[POOL_CLIENT1_TX], 4);
    assert_memory_not_equal(mine + 4 * BUFFER_BYTES + 6, memory_before[POOL_CLIENT1_TX], 4);
    others_untouched();

    /* Not where it may only read. */
    maps[0].rights = RIGHT_READ;
    (void)enter();
    assert_int_equal(dids, 1);
    maps[0].rights |= RIGHT_WRITE;

    /* At the end of a pool it ends there, and a name of nothing is left alone. */
    tx()->slots[1].name = POOL_BYTES - 8;
    tx()->slots[2].name = POOL_BYTES;
    aim("reuse", "client1");
    text("queue", "tx.active");
    number("depth", 2);
    number("bytes", 2048);
    remember();
    (void)act();
    assert_int_equal(did_b, 1);
    others_untouched();
}

static void what_is_offered_is_kept(void **state)
{
    (void)state;
    aim("hoard", "client1");
    offer(5);
    j.queues[ACTIVE(LINK_RX1)].tail = 2;
    number("amount", 3);
    remember();
    (void)act();
    assert_int_equal((uint16_t)(tx_free()->tail - tx_free()->head), 2);
    assert_int_equal(j.queues[ACTIVE(LINK_RX1)].head, 2);
    assert_int_equal(dids, 2);
    number("amount", 0);
    (void)act();
    assert_int_equal(tx_free()->head, tx_free()->tail);
    (void)enter();
    assert_int_equal(dids, 3);
    /* More than there can be is nothing. */
    tx_free()->tail = (uint16_t)(tx_free()->head + JUDGED_CAPACITY + 1);
    (void)enter();
    assert_int_equal(dids, 3);
    others_untouched();
}

static void a_frame_goes_out_in_anothers_name(void **state)
{
    const uint8_t *frame = memory[POOL_CLIENT1_TX] + BUFFER_BYTES;

    (void)state;
    aim("spoof", "client1");
    offer(3);
    tx_free()->slots[0xfffe % JUDGED_CAPACITY].name = BUFFER_BYTES;
    number("bytes", 64);
    remember();
    (void)act();
    assert_int_equal(tx()->tail, 0xffff);
    assert_int_equal(tx()->slots[0xfffe % JUDGED_CAPACITY].name, BUFFER_BYTES);
    assert_int_equal(tx()->slots[0xfffe % JUDGED_CAPACITY].len, 64);
    assert_memory_equal(frame, "\xff\xff\xff\xff\xff\xff", 6);
    assert_memory_equal(frame + 6, judged_macs[0], 6);
    assert_int_equal(frame[63], 0);
    assert_int_equal(frame[64], 0xee);
    assert_int_equal(rung[10 + LINK_TX1], 1);
    others_untouched();
    /* As often as there are buffers, and in nobody else's. */
    number("times", 10);
    (void)act();
    assert_int_equal((uint16_t)(tx()->tail - tx()->head), 3);
    assert_int_equal(did_b, 2);
    (void)enter();
    assert_int_equal(dids, 2);
    /* Whatever the dice say. */
    for (unsigned seed = 0; seed < 20; seed++) {
        j.scenario.seed = seed;
        offer(1);
        tx_free()->slots[0xfffe % JUDGED_CAPACITY].name = BUFFER_BYTES;
        (void)act();
        assert_memory_equal(frame + 6, judged_macs[0], 6);
    }
}

/* -- signals -- */

static void signals_go_where_they_may_and_where_they_may_not(void **state)
{
    (void)state;
    aim("signal", "client1");
    number("times", 5);
    (void)act();
    assert_int_equal(rings, 10);
    assert_int_equal(rung[20 + LINK_RX1], 5);
    assert_int_equal(rung[10 + LINK_TX1], 5);
    assert_int_equal(did_a, 10);
    assert_int_equal(did_b, 2);

    rings = 0;
    memset(rung, 0, sizeof rung);
    choice("on", "unconfigured");
    (void)act();
    assert_int_equal(rung[20 + LINK_RX1], 0);
    assert_int_equal(rung[10 + LINK_TX1], 0);
    assert_int_equal(rung[0], 5);
    assert_int_equal(rung[63], 5); /* beyond all that Microkit has */
    assert_int_equal(rings, 62 * 5);
    choice("on", "all");
    rings = 0;
    (void)act();
    assert_int_equal(rings, 64 * 5);
    /* One that it has, but may not signal by, is as good as none. */
    j.channels[LINK_TX1].end[0].may_notify = false;
    choice("on", "own");
    rings = 0;
    (void)act();
    assert_int_equal(rings, 5);
}

/* -- memory -- */

static void scribbling_ends_where_the_right_to_write_does(void **state)
{
    (void)state;
    remember();
    for (unsigned seed = 0; seed < 100; seed++) {
        j.scenario.seed = seed;
        aim("scribble", "client1");
        number("words", 1024);
        (void)act();
        others_untouched();
    }
    assert_memory_not_equal(&j.queues[ACTIVE(LINK_TX1)], &queues_before[ACTIVE(LINK_TX1)],
                            sizeof j.queues[0]);
    assert_memory_not_equal(&j.queues[FREE(LINK_RX1)], &queues_before[FREE(LINK_RX1)],
                            sizeof j.queues[0]);
    assert_memory_not_equal(memory[POOL_CLIENT1_RX], memory_before[POOL_CLIENT1_RX], POOL_BYTES);

    /* One region is one region; the runtime's own are none. */
    remember();
    aim("scribble", "client1");
    text("region", "client1.tx.buffers");
    number("words", 1024);
    (void)act();
    assert_memory_equal(memory[POOL_CLIENT1_RX], memory_before[POOL_CLIENT1_RX], POOL_BYTES);
    assert_memory_equal(j.queues, queues_before, sizeof j.queues);
    j.regions[POOL_CLIENT1_TX].kind = REGION_PAGE;
    assert_false(faults_check(&j.plan, &j.diag));
    text("region", "net0.rx.buffers"); /* which it may only read */
    assert_false(faults_check(&j.plan, &j.diag));
}

static void straying_is_only_where_it_may_not(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 200; seed++) {
        j.scenario.seed = seed;
        aim("stray", "client1");
        choice("access", seed % 2 == 0 ? "read" : "write");
        (void)act();
        assert_int_equal(strays, seed + 1);
        assert_int_equal(stray_write, seed % 2);
        for (unsigned i = 0; i < MAPS; i++) {
            bool its = maps[i].pd == CLIENT1 &&
                       (maps[i].rights & (stray_write ? RIGHT_WRITE : RIGHT_READ)) != 0;

            assert_false(its && stray_vaddr - maps[i].vaddr < j.regions[maps[i].region].bytes);
        }
    }
    /* A write to what it may read, at its own address for it. */
    aim("stray", "client1");
    choice("access", "write");
    text("region", "net0.rx.buffers");
    number("offset", 5);
    (void)act();
    assert_int_equal(stray_vaddr, maps[7].vaddr + 5);
    assert_true(stray_write);
    choice("access", "read");
    /* The copier's view of it lies at the same place here, so that is allowed as well. */
    assert_false(faults_check(&j.plan, &j.diag));
    text("region", "client0.tx.buffers");
    (void)act();
    assert_int_equal(stray_vaddr, maps[4].vaddr + 5);
    text("region", "client0.tx.bufers");
    assert_false(faults_check(&j.plan, &j.diag));
}

/* -- standing over a queue -- */

static void a_queue_is_filled_as_fast_as_it_is_emptied(void **state)
{
    (void)state;
    aim("refill", "client1");
    text("queue", "tx.active");
    number("for", 1000);
    tx()->tail = tx()->head = 0xfffe;
    drained = tx();
    remember();
    assert_int_equal(act(), INSIDE_RUN);
    drained = NULL;
    assert_int_equal(burns, 10);
    assert_int_equal(burnt_ns, 100);
    assert_int_equal(left_there, JUDGED_CAPACITY); /* full, whenever it was looked at */
    assert_int_equal((uint16_t)(tx()->tail - tx()->head), JUDGED_CAPACITY);
    assert_int_equal(did_b, JUDGED_CAPACITY + 10 * 3);
    assert_true(tx()->slots[0].name >= 1ull << 40);
    assert_int_equal(rings, 2);
    others_untouched();
    choice("naming", "again");
    tx()->head = tx()->tail;
    tx()->slots[(uint16_t)(tx()->tail - 1) % JUDGED_CAPACITY].name = BUFFER_BYTES;
    (void)act();
    assert_int_equal(tx()->slots[3].name, BUFFER_BYTES);
}

static void there_is_no_room_and_then_there_is(void **state)
{
    (void)state;
    aim("withhold", "client1");
    text("queue", "tx.free");
    offer(3);
    drained = NULL;
    remember();
    (void)act();
    assert_int_equal(burnt_ns, 100000);
    assert_int_equal(tx_free()->head, 0xfffe);
    assert_int_equal(did_b, 3);
    others_untouched();
    /* It looked full meanwhile: whoever took some found as many as there can be. */
    drained = tx_free();
    (void)act();
    assert_int_equal(left_there, JUDGED_CAPACITY);
    number("spare", 1);
    (void)act();
    assert_int_equal(left_there, JUDGED_CAPACITY - 1);
    number("spare", JUDGED_CAPACITY); /* that is no withholding */
    burns = 0;
    (void)act();
    assert_int_equal(burns, 0);
    drained = NULL;
}

static void anything_is_asked_of_who_may_be_called(void **state)
{
    (void)state;
    aim("call", "client1");
    assert_false(faults_check(&j.plan, &j.diag)); /* it may call nobody */
    j.channels[LINK_TX1].end[0].may_call = true;
    number("times", 200);
    (void)act();
    assert_int_equal(calls, 200);
    assert_int_equal(did_a, 200);
    assert_in_range(calls_long, 20, 180);
    assert_in_range(labels_beyond, 5, 60);
}

/* -- the processor, and the end -- */

static void spinning_takes_time(void **state)
{
    (void)state;
    aim("spin", "client1");
    assert_false(faults_check(&j.plan, &j.diag)); /* nothing would end it */
    j.scenario.stop_after_ns = 1;
    assert_int_equal(act(), INSIDE_RUN);
    assert_int_equal(burns, 1);
    assert_true(burnt_ns == UINT64_MAX);
    number("busy", 1234);
    (void)act();
    assert_int_equal(burnt_ns, 1234);
}

static int end_of(const char *how)
{
    int status = 0;

    aim("crash", "client1");
    choice("how", how);
    arm();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        (void)enter();
        _exit(77);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 1000 + WEXITSTATUS(status);
}

static void there_are_ways_to_die(void **state)
{
    (void)state;
#if defined(__x86_64__)
    assert_int_equal(end_of("illegal"), SIGILL);
#endif
    assert_int_equal(end_of("abort"), SIGABRT);
    assert_int_equal(end_of("null"), 1077); /* that is the runtime's to say */
    (void)act();
    assert_int_equal(strays, 1);
    assert_int_equal(stray_vaddr, 0);
}

/* -- anything -- */

static void fuzz_as(unsigned seed, unsigned times)
{
    j.scenario.seed = seed;
    memset(j.queues, 0, sizeof j.queues);
    memset(memory, 0xee, sizeof memory);
    aim("fuzz", "client1");
    number("moves", 16);
    arm();
    for (unsigned i = 0; i < times; i++) {
        enum inside_next next = enter();

        assert_true(next == INSIDE_RUN || next == INSIDE_SKIP);
    }
}

static void fuzzing_stays_within_what_is_its_own(void **state)
{
    static struct judged_queue first[2 * LINKS];

    (void)state;
    memset(memory, 0xee, sizeof memory);
    memset(j.queues, 0, sizeof j.queues);
    remember();
    for (unsigned seed = 0; seed < 200; seed++) {
        fuzz_as(seed, 20);
        others_untouched();
        assert_int_equal(strays, 0);
    }
    /* It does many things: all there are that take a queue, a signal, time or memory. */
    assert_true(burns > 0 && rings > 0);
    assert_memory_not_equal(memory[POOL_CLIENT1_RX], memory_before[POOL_CLIENT1_RX], POOL_BYTES);

    /* The same seed the same, another another. */
    fuzz_as(5, 20);
    memcpy(first, j.queues, sizeof first);
    fuzz_as(5, 20);
    assert_memory_equal(first, j.queues, sizeof first);
    fuzz_as(6, 20);
    assert_memory_not_equal(first, j.queues, sizeof first);
}

/* What cannot be aimed at any image, by any numbers, is not to be composed. */
static void kinds_that_compose_need_no_names(void **state)
{
    size_t count;
    unsigned composing = 0;
    const struct fault_type *const *all = fault_types(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (const struct param *p = all[i]->params;
             all[i]->composes && p != NULL && p->name != NULL; p++) {
            assert_false(p->required);
        }
        composing += all[i]->composes;
    }
    assert_true(composing >= 9);
}

/* -- complaints -- */

static void what_a_domain_cannot_do_is_said_before(void **state)
{
    static const struct {
        const char *kind, *queue;
    } rows[] = {
        {"hoard", "tx.active"},      /* it fills that */
        {"duplicate", "rx.active"},  /* it empties that */
        {"descriptor", "tx.aktive"}, /* there is none */
        {"spoof", "rx.free"},        /* that carries no frames */
        {"refill", "rx.active"},     /* it empties that */
        {"withhold", "tx.active"},   /* it fills that */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        aim(rows[i].kind, "client1");
        text("queue", rows[i].queue);
        assert_false(faults_check(&j.plan, &j.diag));
        assert_int_equal(j.diag.errors, i + 1);
    }
    aim("reuse", "net0_driver"); /* it hands over what it cannot see */
    assert_false(faults_check(&j.plan, &j.diag));
}

/* Both indices by the same, across the wrap: the queue is as long as it was. */
static void both_indices_move_together(void **state)
{
    (void)state;
    aim("queue_index", "client1");
    text("queue", "tx.active");
    choice("index", "both");
    choice("how", "wrap");
    tx()->tail = 7;
    tx()->head = 4;
    (void)act();
    assert_int_equal(tx()->tail, 0xffff);
    assert_int_equal(tx()->head, 0xfffc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_forged_descriptor_says_what_it_was_told_to),
        TEST(anothers_memory_is_named_by_its_distance),
        TEST(what_is_published_can_still_be_changed),
        TEST(a_full_queue_takes_no_more),
        TEST(what_was_handed_over_is_handed_over_again),
        TEST(what_was_handed_over_changes),
        TEST(what_is_offered_is_kept),
        TEST(a_frame_goes_out_in_anothers_name),
        TEST(signals_go_where_they_may_and_where_they_may_not),
        TEST(scribbling_ends_where_the_right_to_write_does),
        TEST(straying_is_only_where_it_may_not),
        TEST(a_queue_is_filled_as_fast_as_it_is_emptied),
        TEST(there_is_no_room_and_then_there_is),
        TEST(anything_is_asked_of_who_may_be_called),
        TEST(spinning_takes_time),
        TEST(there_are_ways_to_die),
        TEST(fuzzing_stays_within_what_is_its_own),
        TEST(kinds_that_compose_need_no_names),
        TEST(what_a_domain_cannot_do_is_said_before),
        TEST(both_indices_move_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
