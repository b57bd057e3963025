/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The look around at the end of a run. What the world, the queues and those who are to be trusted
 * say is made up consistently, and all others fill their pages and the queues they share with
 * noise: still every sum must hold. Then, one by one, who is believed about what.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <sddf/network/queue.h>

#include "sim/base/rng.h"
#include "sim/exec/look.h"
#include "tests/unit/planned.h"

static const char system_text[] =
    "{ \"version\": 1,"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"to\": \"client0\", \"count\": 1 } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 16 } ],"
    "  \"clients\": ["
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"copier\": {},"
    "      \"rx_buffers\": 8, \"tx_buffers\": 8 },"
    "    { \"name\": \"client1\", \"image\": \"network/client_echo\", \"tx_buffers\": 4 } ] }";

static struct planned p;
static struct world world;
static struct supervise s;
static struct probe_bus bus;

/* Everything that was told. */
static struct probe events[16384];
static unsigned event_count;

static void hear(void *context, const struct probe *e)
{
    (void)context;
    assert_true(event_count < sizeof events / sizeof events[0]);
    events[event_count++] = *e;
}

static int begin(void **state)
{
    (void)state;
    event_count = 0;
    planned_must(&p, system_text);
    planned_map(&p);
    world = (struct world){.plan = p.plan, .arena = &p.arena, .views = p.memory};
    world.pages = arena_array(&p.arena, p.plan->pd_count, sizeof *world.pages);
    for (uint32_t i = 0; i < p.plan->pd_count; i++) {
        world.pages[i] = (struct pd_page *)(uintptr_t)p.plan->pds[i].page_vaddr;
        atomic_store(&world.pages[i]->state, PD_IDLE);
    }
    s = (struct supervise){.world = &world, .length_ns = 12345, .end = RUN_QUIET};
    s.pds = arena_array(&p.arena, p.plan->pd_count, sizeof *s.pds);
    bus = (struct probe_bus){0};
    probe_listen(&bus, hear, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    planned_finish(&p);
    return 0;
}

/* -- hands -- */

static struct pd_page *page(const char *pd)
{
    return world.pages[planned_pd(&p, pd)];
}

static struct moves_queue_counts *counts(const char *pd, const char *queue)
{
    uint32_t list[MOVES_QUEUES_MAX], index = planned_pd(&p, pd), wanted = planned_queue(&p, queue);
    size_t count = moves_queue_list(p.plan, index, list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == wanted) {
            return &world.pages[index]->counts.queues[i];
        }
    }
    fail_msg("%s does not use %s", pd, queue);
    abort();
}

static size_t place_of(const char *pd, const char *pool)
{
    uint32_t list[MOVES_POOLS_MAX], index = planned_pd(&p, pd);
    size_t count = moves_pool_list(p.plan, index, list);

    for (size_t i = 0; i < count; i++) {
        if (list[i] == planned_pool(&p, pool)) {
            return i;
        }
    }
    fail_msg("%s does not hold %s", pd, pool);
    abort();
}

static int32_t *held(const char *pd, const char *pool)
{
    return &world.pages[planned_pd(&p, pd)]->counts.pools[place_of(pd, pool)].held;
}

static int32_t *again(const char *pd, const char *pool)
{
    return &world.pages[planned_pd(&p, pd)]->counts.pools[place_of(pd, pool)].again;
}

static net_queue_t *queue_at(uint32_t queue)
{
    return (net_queue_t *)(void *)world_queue(&world, queue);
}

static net_queue_t *queue_named(const char *queue)
{
    return queue_at(planned_queue(&p, queue));
}

static void distrust(const char *pd)
{
    p.plan->pds[planned_pd(&p, pd)].trusted = false;
}

/* -- ears -- */

static uint64_t sum(unsigned kind)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < event_count; i++) {
        all += events[i].kind == kind ? events[i].count : 0;
    }
    return all;
}

static const struct probe *find(unsigned kind, const char *pd)
{
    uint32_t index = pd == NULL ? PLAN_NONE : planned_pd(&p, pd);

    for (unsigned i = 0; i < event_count; i++) {
        if (events[i].kind == kind && events[i].pd == index) {
            return &events[i];
        }
    }
    return NULL;
}

/* Count of the event of this kind at pd whose `a` (a reason, a place) is this. */
static uint64_t count_of(unsigned kind, const char *pd, uint64_t a)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < event_count; i++) {
        if (events[i].kind == kind && events[i].pd == planned_pd(&p, pd) && events[i].a == a) {
            all += events[i].count;
        }
    }
    return all;
}

static uint64_t began(void)
{
    return sum(PROBE_FRAME_IN) + sum(PROBE_FRAME_SENT) + sum(PROBE_FRAME_COPIED);
}

static uint64_t ended(void)
{
    return sum(PROBE_FRAME_DELIVERED) + sum(PROBE_FRAME_OUT) + sum(PROBE_FRAME_DROPPED) +
           sum(PROBE_FRAME_IN_FLIGHT);
}

static void look_once(void)
{
    event_count = 0;
    look(&s, &bus);
    for (unsigned i = 0; i < event_count; i++) {
        assert_true(events[i].count != 0);
    }
}

/* -- a consistent world -- */

/* `put` went into a queue; some of them came out, and no more are left than it holds. */
static uint64_t pass(struct rng *rng, const char *queue, uint64_t put)
{
    const struct queue_shape *q = &p.plan->queues[planned_queue(&p, queue)];
    uint64_t left = rng_below(rng, (put < q->capacity ? put : q->capacity) + 1);
    net_queue_t *at = queue_named(queue);

    at->tail = (uint16_t)put;
    at->head = (uint16_t)(put - left);
    counts(p.plan->pds[q->producer].name, queue)->moved = put;
    counts(p.plan->pds[q->consumer].name, queue)->moved = put - left;
    return put - left;
}

/* `in` frames came into a domain's hands; what goes on is what it neither kept nor dropped, and
 * some twice. */
static uint64_t handle(struct rng *rng, const char *pd, uint64_t in)
{
    struct moves_counts *c = &page(pd)->counts;

    c->in_hand = (int64_t)rng_below(rng, in / 8 + 1);
    c->dropped[DROP_NO_MATCH] = rng_below(rng, in / 8 + 1);
    c->dropped[DROP_NO_BUFFER] = rng_below(rng, in / 8 + 1);
    c->copied = rng_below(rng, in + 1);
    return in - (uint64_t)c->in_hand - c->dropped[DROP_NO_MATCH] - c->dropped[DROP_NO_BUFFER] +
           c->copied;
}

static void make_world(struct rng *rng)
{
    struct page_device *d = &page("eth0")->device;
    struct moves_counts *driver = &page("net0_driver")->counts;

    d->rx_written = rng_below(rng, 5000);
    d->drops_rx[DEVICE_DROP_NO_DESCRIPTOR] = rng_below(rng, 10);
    d->gates.dropped[0] = rng_below(rng, 10);
    d->wire.in_frames =
        d->rx_written + d->drops_rx[DEVICE_DROP_NO_DESCRIPTOR] + d->gates.dropped[0];
    driver->from_device = d->rx_written - rng_below(rng, d->rx_written / 4 + 1);
    uint64_t out = handle(rng, "net0_virt_rx", pass(rng, "net0.rx.active", driver->from_device));
    uint64_t first = rng_below(rng, out + 1);
    (void)pass(rng, "client1.rx.active", out - first);
    (void)pass(rng, "client0.rx.active",
               handle(rng, "client0_copier", pass(rng, "client0.virt_rx.active", first)));
    uint64_t sent = pass(rng, "client0.tx.active", rng_below(rng, 3000)) +
                    pass(rng, "client1.tx.active", rng_below(rng, 3000));
    driver->to_device = pass(rng, "net0.tx.active", handle(rng, "net0_virt_tx", sent));
    uint64_t gone = driver->to_device - rng_below(rng, driver->to_device / 8 + 1);
    d->gates.dropped[1] = gone / 16;
    d->drops_tx[DEVICE_DROP_DMA_FAULT] = gone / 8;
    atomic_store(&d->holds, (uint32_t)(gone / 32));
    d->wire.out_frames =
        gone - d->gates.dropped[1] - d->drops_tx[DEVICE_DROP_DMA_FAULT] - gone / 32;
}

static void test_consistent(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 1, "look");
    for (unsigned i = 0; i < 300; i++) {
        make_world(&rng);
        look_once();
        assert_int_equal(began(), ended());
        assert_null(find(PROBE_INDEX_ILLEGAL, "client0"));
        assert_int_equal(sum(PROBE_INDEX_ILLEGAL) + sum(PROBE_INDEX_DISPLACED), 0);
    }
    assert_int_equal(sum(PROBE_RUN_ENDED), 1);
    assert_int_equal(events[event_count - 1].kind, PROBE_RUN_ENDED);
    assert_int_equal(events[event_count - 1].a, RUN_QUIET);
    assert_int_equal(events[event_count - 1].time_ns, 12345);
}

/* Each kind of lie of a trusted domain is a difference that shows: nothing hides our own mistakes.
 */
static void test_mistakes_show(void **state)
{
    static const char *const pds[] = {"client0", "client1", "client0_copier", "net0_virt_rx",
                                      "net0_virt_tx"};
    struct rng rng;
    unsigned tries = 0;

    (void)state;
    rng_init(&rng, 2, "look");
    for (unsigned i = 0; i < 5; i++) {
        make_world(&rng);
        uint32_t list[MOVES_QUEUES_MAX], pd = planned_pd(&p, pds[i]);
        size_t count = moves_queue_list(p.plan, pd, list);

        for (size_t k = 0; k < count; k++) {
            const struct queue_shape *q = &p.plan->queues[list[k]];
            bool is_word = p.plan->pds[pd].endpoint && q->carries_frames;

            if (is_word) {
                tries++;
                world.pages[pd]->counts.queues[k].moved++;
                look_once();
                assert_int_not_equal(began(), ended());
                world.pages[pd]->counts.queues[k].moved--;
            }
        }
        uint64_t *const others[] = {&world.pages[pd]->counts.copied,
                                    &world.pages[pd]->counts.dropped[DROP_DUPLICATE]};
        for (unsigned k = 0; k < 2 && !p.plan->pds[pd].endpoint; k++) {
            tries++;
            ++*others[k];
            look_once();
            assert_int_not_equal(began(), ended());
            --*others[k];
        }
    }
    assert_int_equal(tries, 4 + 6);
    page("net0_driver")->counts.to_device += page("eth0")->device.rx_written + 1;
    look_once();
    assert_int_not_equal(began(), ended());
}

static bool is_suspect(uint32_t pd, unsigned suspects)
{
    return (suspects >> pd & 1) != 0;
}

/* Everything a set of domains can write is noise. */
static void lie(struct rng *rng, unsigned suspects)
{
    for (uint32_t i = 0; i < p.plan->pd_count; i++) {
        if (is_suspect(i, suspects)) {
            struct moves_counts *c = &world.pages[i]->counts;

            rng_bytes(rng, c, sizeof *c);
            for (unsigned k = 0; k < 8 && rng_chance(rng, 1, 2); k++) { /* small lies as well */
                c->queues[k].moved = rng_below(rng, 5000);
                c->queues[k].illegal = (uint32_t)rng_below(rng, 2);
                c->dropped[k] = rng_below(rng, 100);
                c->copied = rng_below(rng, 100);
                c->in_hand = (int64_t)rng_below(rng, 100) - 10;
            }
        }
    }
    for (uint32_t i = 0; i < p.plan->queue_count; i++) {
        const struct queue_shape *q = &p.plan->queues[i];

        if (is_suspect(q->producer, suspects) || is_suspect(q->consumer, suspects)) {
            if (rng_chance(rng, 1, 2)) {
                queue_at(i)->tail = (uint16_t)rng_u64(rng);
            }
            if (rng_chance(rng, 1, 2)) {
                queue_at(i)->head = (uint16_t)(queue_at(i)->tail - rng_below(rng, 2 * q->capacity));
            }
            rng_bytes(rng, queue_at(i)->buffers, q->capacity * sizeof(net_buff_desc_t));
            /* An honest end has seen that its index was not where it left it. */
            uint32_t honest = is_suspect(q->producer, suspects) ? q->consumer : q->producer;
            if (!is_suspect(honest, suspects) && rng_chance(rng, 1, 2)) {
                counts(p.plan->pds[honest].name, q->name)->displaced = 1;
            }
        }
    }
}

/* Whoever lies, dies or forges, in any company: the sums hold, and no honest domain is blamed. */
static void test_noise(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 3, "look");
    for (unsigned round = 0; round < 1500; round++) {
        unsigned suspects = 0;

        end(NULL);
        begin(NULL);
        make_world(&rng);
        for (uint32_t i = 0; i < p.plan->pd_count; i++) {
            if (p.plan->pds[i].kind == PD_IMAGE && rng_chance(&rng, 1, 4)) {
                suspects |= 1u << i;
                if (rng_chance(&rng, 1, 3)) {
                    s.pds[i].died = true;
                } else if (rng_chance(&rng, 1, 3)) {
                    atomic_store(&world.pages[i]->state, PD_STOPPED);
                } else {
                    p.plan->pds[i].trusted = false;
                }
            }
        }
        lie(&rng, suspects);
        look_once();
        if (began() != ended()) {
            fail_msg("round %u, suspects %#x: %llu began, %llu ended", round, suspects,
                     (unsigned long long)began(), (unsigned long long)ended());
        }
        for (unsigned i = 0; i < event_count; i++) {
            unsigned kind = events[i].kind;

            if (kind == PROBE_INDEX_DISPLACED || (kind == PROBE_INDEX_ILLEGAL && suspects != 0)) {
                assert_true(kind == PROBE_INDEX_ILLEGAL || is_suspect(events[i].pd, suspects));
            }
        }
    }
}

/* -- one by one -- */

static void test_told_by(void **state)
{
    struct rng rng;

    (void)state;
    rng_init(&rng, 4, "look");
    make_world(&rng);
    distrust("client1");
    look_once();
    assert_int_equal(find(PROBE_FRAME_SENT, "client0")->told, TOLD_BY_PD);
    assert_int_equal(find(PROBE_FRAME_SENT, "client1")->told, TOLD_BY_WORLD);
    assert_int_equal(find(PROBE_FRAME_DELIVERED, "client0")->told, TOLD_BY_PD);
    assert_int_equal(find(PROBE_FRAME_DELIVERED, "client1")->told, TOLD_BY_WORLD);
    assert_int_equal(find(PROBE_FRAME_COPIED, "net0_virt_rx")->told, TOLD_BY_PD);
    assert_int_equal(find(PROBE_FRAME_IN, "eth0")->told, TOLD_BY_WORLD);
}

/* What an untrusted client says it took or sent is not asked. */
static void test_client_lies(void **state)
{
    (void)state;
    distrust("client1");
    counts("net0_virt_rx", "client1.rx.active")->moved = 10;
    counts("client1", "client1.rx.active")->moved = 10000;
    queue_named("client1.rx.active")->tail = 10;
    queue_named("client1.rx.active")->head = 7;
    counts("net0_virt_tx", "client1.tx.active")->moved = 5;
    counts("client1", "client1.tx.active")->moved = 0;
    queue_named("client1.tx.active")->tail = 6;
    queue_named("client1.tx.active")->head = 5;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DELIVERED), 7);
    assert_int_equal(sum(PROBE_FRAME_SENT), 6);
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 4);
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 0);
}

/* It forged its head: what it says it took before is believed so far as there was something to
 * take. */
static void test_client_forges_head(void **state)
{
    (void)state;
    distrust("client1");
    counts("net0_virt_rx", "client1.rx.active")->moved = 10;
    counts("client1", "client1.rx.active")->moved = 4;
    counts("client1", "client1.rx.active")->illegal = 1;
    queue_named("client1.rx.active")->tail = 10;
    queue_named("client1.rx.active")->head = 9;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DELIVERED), 4);
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "client1", DROP_FORGED), 6);
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 0);
    counts("client1", "client1.rx.active")->moved = 40;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DELIVERED), 10);
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 0);
}

/* More in the queue than was ever put there. */
static void test_client_forges_tail(void **state)
{
    (void)state;
    distrust("client1");
    counts("net0_virt_rx", "client1.rx.active")->moved = 2;
    queue_named("client1.rx.active")->tail = 9;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DELIVERED), 0);
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 2);
}

static void test_impossible(void **state)
{
    (void)state;
    queue_named("client0.tx.active")->tail = 9; /* it holds 8 */
    look_once();
    assert_int_equal(sum(PROBE_INDEX_ILLEGAL), 1);
    const struct probe *e = find(PROBE_INDEX_ILLEGAL, "client0");
    assert_non_null(e);
    assert_int_equal(e->object, planned_queue(&p, "client0.tx.active"));
    assert_int_equal(e->a, 0);
    assert_int_equal(e->b, 9);
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 0);
    queue_named("client0.tx.active")->tail = 8;
    look_once();
    assert_int_equal(sum(PROBE_INDEX_ILLEGAL), 0);
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 8);

    /* Of two, the one that is not to be trusted. */
    distrust("client0");
    queue_named("client0.tx.active")->tail = 0;
    queue_named("client0.rx.active")->head = 100;
    look_once();
    assert_int_equal(sum(PROBE_INDEX_ILLEGAL), 1);
    assert_non_null(find(PROBE_INDEX_ILLEGAL, "client0"));
    /* Said already by who did it: once is enough. */
    counts("client0", "client0.rx.active")->illegal = 1;
    look_once();
    assert_int_equal(sum(PROBE_INDEX_ILLEGAL), 0);
}

static void test_displaced(void **state)
{
    struct moves_queue_counts *c = counts("net0_virt_tx", "client1.tx.free");

    (void)state;
    c->displaced = 1;
    c->displaced_from = 11;
    c->displaced_to = 22;
    look_once();
    assert_int_equal(sum(PROBE_INDEX_DISPLACED), 0); /* both are to be trusted */
    distrust("client1");
    look_once();
    const struct probe *e = find(PROBE_INDEX_DISPLACED, "client1");
    assert_non_null(e);
    assert_int_equal(e->object, planned_queue(&p, "client1.tx.free"));
    assert_int_equal(e->a, 11);
    assert_int_equal(e->b, 22);
    distrust("net0_virt_tx");
    look_once();
    assert_int_equal(sum(PROBE_INDEX_DISPLACED), 0); /* its word is worth nothing */
    c = counts("client0", "client0.tx.active"); /* a producer that is displaced, by its consumer */
    c->displaced = 1;
    look_once();
    assert_non_null(find(PROBE_INDEX_DISPLACED, "net0_virt_tx"));
}

/* A compromised virtualiser: what it says holds if its queues agree, and is nothing if not. */
static void test_between(void **state)
{
    struct moves_counts *c = &page("net0_virt_rx")->counts;

    (void)state;
    distrust("net0_virt_rx");
    page("eth0")->device.rx_written = page("eth0")->device.wire.in_frames = 20;
    page("net0_driver")->counts.from_device = 20;
    counts("net0_driver", "net0.rx.active")->moved = 20;
    queue_named("net0.rx.active")->tail = queue_named("net0.rx.active")->head = 20;
    counts("client1", "client1.rx.active")->moved = 12;
    c->copied = 2;
    c->dropped[DROP_NO_MATCH] = 7;
    c->in_hand = 3;
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "net0_virt_rx", DROP_NO_MATCH), 7);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "net0_virt_rx", PLACE_PD), 3);
    assert_int_equal(sum(PROBE_FRAME_COPIED), 2);
    assert_int_equal(began(), ended());

    c->dropped[DROP_NO_MATCH] = 8;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_COPIED), 0);
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 8);
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "net0_virt_rx", DROP_FORGED), 8);

    counts("client1", "client1.rx.active")->moved = 25; /* more came out than went in */
    look_once();
    assert_int_equal(sum(PROBE_FRAME_COPIED), 5);
    assert_int_equal(find(PROBE_FRAME_COPIED, "net0_virt_rx")->told, TOLD_BY_WORLD);
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 0);
    assert_int_equal(began(), ended());
}

/* Lies that add up are lies still: no number is beyond what there was. */
static void test_between_absurd(void **state)
{
    struct moves_counts *c = &page("net0_virt_rx")->counts;

    (void)state;
    distrust("net0_virt_rx");
    counts("net0_driver", "net0.rx.active")->moved = 4;
    c->copied = UINT64_MAX - 3;
    c->dropped[DROP_NO_MATCH] = UINT64_MAX - 3 + 4;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 4);
    c->copied = 4 * 64 + 1;
    c->dropped[DROP_NO_MATCH] = 4 * 64 + 5;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 4);
    c->copied = 4 * 64;
    c->dropped[DROP_NO_MATCH] = 4 * 64 + 4;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 4 * 64 + 4);
    c->in_hand = -4;
    c->dropped[DROP_NO_MATCH] = 4 * 64 + 8;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_DROPPED), 4);
}

/* It died between taking a frame and saying so. */
static void test_died_between(void **state)
{
    uint32_t copier = planned_pd(&p, "client0_copier");

    (void)state;
    counts("net0_virt_rx", "client0.virt_rx.active")->moved = 3;
    page("net0_virt_rx")->counts.copied = 3; /* from nowhere, to make it even */
    queue_named("client0.virt_rx.active")->tail = 3;
    queue_named("client0.virt_rx.active")->head = 2;
    counts("client0_copier", "client0.virt_rx.active")->moved = 1;
    page("client0_copier")->counts.in_hand = 1;
    look_once();
    assert_int_not_equal(began(), ended());
    s.pds[copier].died = true;
    s.pds[copier].signal = SIGSEGV;
    s.pds[copier].vaddr = 0x1234;
    s.pds[copier].died_ns = 77;
    look_once();
    assert_int_equal(began(), ended());
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "client0_copier", DROP_DEAD), 2);
    const struct probe *e = find(PROBE_PD_DIED, "client0_copier");
    assert_int_equal(e->a, SIGSEGV);
    assert_int_equal(e->b, 0x1234);
    assert_int_equal(e->time_ns, 77);
    assert_int_equal(sum(PROBE_PD_DIED), 1);
}

/* Stopped with frames in hand, and nothing amiss otherwise. */
static void test_stopped(void **state)
{
    (void)state;
    counts("net0_virt_rx", "client0.virt_rx.active")->moved = 2;
    counts("client0_copier", "client0.virt_rx.active")->moved = 2;
    page("net0_virt_rx")->counts.copied = 2;
    page("client0_copier")->counts.in_hand = 2;
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "client0_copier", PLACE_PD), 2);
    atomic_store(&page("client0_copier")->state, PD_STOPPED);
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "client0_copier", DROP_DEAD), 2);
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 0);
}

static void test_device(void **state)
{
    struct page_device *d = &page("eth0")->device;

    (void)state;
    d->wire.in_frames = 50;
    d->wire.in_bytes = 5000;
    d->wire.out_frames = 5;
    d->wire.out_bytes = 500;
    d->rx_written = 30;
    for (unsigned why = 0; why < DEVICE_DROPS; why++) {
        d->drops_rx[why] = why;
        d->drops_tx[why] = 1;
    }
    d->gates.dropped[0] = 3;
    d->gates.dropped[1] = 4;
    atomic_store(&d->holds, 6);
    page("net0_driver")->counts.from_device = 20;
    page("net0_driver")->counts.to_device = 34;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_IN), 50);
    assert_int_equal(find(PROBE_FRAME_IN, "eth0")->a, 5000);
    assert_int_equal(find(PROBE_FRAME_IN, "eth0")->object, 0);
    assert_int_equal(sum(PROBE_FRAME_OUT), 5);
    assert_int_equal(find(PROBE_FRAME_OUT, "eth0")->a, 500);
    static const enum drop_reason reasons[DEVICE_DROPS] = {
        DROP_NONE,     DROP_DISABLED,  DROP_NO_DESCRIPTOR, DROP_FILTERED,       DROP_RUNT,
        DROP_OVERSIZE, DROP_DMA_FAULT, DROP_RESET,         DROP_BAD_DESCRIPTOR, DROP_FCS};
    for (unsigned why = 1; why < DEVICE_DROPS; why++) {
        assert_int_equal(count_of(PROBE_FRAME_DROPPED, "eth0", reasons[why]), why + 1);
    }
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "eth0", DROP_NONE), 0);
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "eth0", DROP_GATE), 7);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_DEVICE), 6);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_RX), 10);
    /* 5 out, 6 inside, 4 gated, 9 dropped: 10 of the 34 wait in the ring. */
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_TX), 10);
}

/* What the host would not take has left the ring, and is not out. */
static void test_refused(void **state)
{
    struct page_device *d = &page("eth0")->device;

    (void)state;
    d->wire.out_frames = 5;
    d->wire.refused = 2;
    page("net0_driver")->counts.to_device = 10;
    look_once();
    assert_int_equal(sum(PROBE_FRAME_OUT), 5);
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "eth0", DROP_REFUSED), 2);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_TX), 3);
}

/* What waits at a gate is there, further copies began there, and acts are counted. */
static void test_gates(void **state)
{
    struct page_device *d = &page("eth0")->device;

    (void)state;
    d->wire.in_frames = 20;
    d->rx_written = 18;
    d->gates.copied[0] = 5;
    d->gates.kept[0] = 4;
    d->gates.dropped[0] = 3;
    page("net0_driver")->counts.from_device = 18;
    counts("net0_driver", "net0.rx.active")->moved = 18;
    counts("net0_virt_rx", "net0.rx.active")->moved = 18;
    page("net0_virt_rx")->counts.in_hand = 18;
    counts("net0_driver", "net0.tx.active")->moved = 10;
    counts("net0_virt_tx", "net0.tx.active")->moved = 10;
    page("net0_virt_tx")->counts.copied = 10;
    page("net0_driver")->counts.to_device = page("net0_driver")->counts.back_from_device = 10;
    d->wire.out_frames = 11;
    d->gates.copied[1] = 7;
    d->gates.kept[1] = 2;
    d->gates.dropped[1] = 4;
    page("eth0")->acted[3].count = 1000;
    page("eth0")->acted[3].first.a = 77;
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_COPIED, "eth0", 0), 12);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_DEVICE), 6);
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "eth0", DROP_GATE), 7);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_TX), 0);
    assert_int_equal(sum(PROBE_FAULT_ACTED), 1000);
    assert_int_equal(find(PROBE_FAULT_ACTED, "eth0")->object, 3);
    assert_int_equal(find(PROBE_FAULT_ACTED, "eth0")->a, 77);
    assert_int_equal(began(), ended());
}

/* A driver that took frames back from a device that had stopped has dropped them. */
static void test_taken_back(void **state)
{
    struct moves_counts *driver = &page("net0_driver")->counts;

    (void)state;
    counts("net0_driver", "net0.tx.active")->moved = 10;
    counts("net0_virt_tx", "net0.tx.active")->moved = 10;
    page("net0_virt_tx")->counts.copied = 10;
    driver->to_device = 10;
    driver->back_from_device = 8;
    page("eth0")->device.wire.out_frames = 5;
    page("eth0")->device.drops_tx[DEVICE_DROP_RESET] = 1;
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "net0_driver", DROP_RESET), 2);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_TX), 2);
    assert_int_equal(began(), ended());
    driver->back_from_device = 1000; /* more than there were */
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_DROPPED, "net0_driver", DROP_RESET), 4);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_TX), 0);
}

/* A driver that is not believed is known by its queues and its device. */
static void test_driver_lies(void **state)
{
    struct page_device *d = &page("eth0")->device;

    (void)state;
    distrust("net0_driver");
    d->wire.in_frames = d->rx_written = 10;
    d->wire.out_frames = 7;
    counts("net0_virt_rx", "net0.rx.active")->moved = 12;
    page("net0_virt_rx")->counts.dropped[DROP_NO_MATCH] = 12;
    counts("net0_virt_tx", "net0.tx.active")->moved = 4;
    page("net0_virt_tx")->counts.copied = 4;
    page("net0_driver")->counts.from_device = page("net0_driver")->counts.to_device = 1000;
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_COPIED, "net0_driver", 0), 2 + 3);
    assert_int_equal(began(), ended());
    assert_int_equal(sum(PROBE_FRAME_IN_FLIGHT), 0);
    d->rx_written = d->wire.in_frames = 15;
    d->wire.out_frames = 1;
    look_once();
    assert_int_equal(count_of(PROBE_FRAME_COPIED, "net0_driver", 0), 0);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_RX), 3);
    assert_int_equal(count_of(PROBE_FRAME_IN_FLIGHT, "eth0", PLACE_RING_TX), 3);
    assert_int_equal(began(), ended());
}

/* -- events in pages -- */

static void test_events(void **state)
{
    struct pd_page *image = page("client0"), *device = page("eth0");

    (void)state;
    for (unsigned kind = 0; kind < PAGE_EVENTS_MAX; kind++) {
        image->events[kind] = device->events[kind] =
            (struct probe){.kind = (uint16_t)kind, .told = TOLD_BY_WORLD, .pd = 5, .count = 1000};
    }
    atomic_store(&image->event_count, PAGE_EVENTS_MAX);
    atomic_store(&device->event_count, PAGE_EVENTS_MAX);
    look_once();
    for (unsigned kind = 0; kind < PROBE_COUNT; kind++) {
        bool both = kind == PROBE_FRAME_FOREIGN || kind == PROBE_FRAME_ASTRAY ||
                    kind == PROBE_FRAME_ALTERED || kind == PROBE_FRAME_LEAKED ||
                    kind == PROBE_FRAME_FORGED || kind == PROBE_SHARE_EXCEEDED ||
                    kind == PROBE_REQUEST_MISSING || kind == PROBE_WORK_UNBOUNDED ||
                    kind == PROBE_CALL_WRONG || kind == PROBE_COPY_BEYOND ||
                    kind == PROBE_BUFFER_TWICE || kind == PROBE_BUFFER_FOREIGN ||
                    kind == PROBE_INDEX_ILLEGAL || kind == PROBE_DEFERRED_REPLACED ||
                    kind == PROBE_CHANNEL_UNKNOWN || kind == PROBE_FAULT_ACTED ||
                    kind == PROBE_STRAY_LANDED || kind == PROBE_QUEUE_REFUSED ||
                    kind == PROBE_SIGNAL_MISSING || kind == PROBE_LOOK_MISSING ||
                    kind == PROBE_LINE_PASSED_OVER || kind == PROBE_IRQ_HELD ||
                    kind == PROBE_PD_STOPPED;
        bool devices = kind == PROBE_DMA_FAULT || kind == PROBE_VIOLATION;
        const struct probe *e = find(kind, "client0");

        assert_int_equal(e != NULL, both);
        assert_true(e == NULL || (e->told == TOLD_BY_PD && e->count == 1));
        e = find(kind, "eth0");
        assert_int_equal(e != NULL, both || devices);
        assert_true(e == NULL || (e->told == TOLD_BY_WORLD && e->count == 1));
    }
    /* As many as are kept, the newest, in order, whatever their number is said to be. */
    event_count = 0;
    for (unsigned i = 0; i < PAGE_EVENTS_MAX; i++) {
        image->events[i] = (struct probe){.kind = PROBE_CHANNEL_UNKNOWN, .a = i};
    }
    atomic_store(&device->event_count, 0);
    atomic_store(&image->event_count, PAGE_EVENTS_MAX + 3);
    look_once();
    assert_int_equal(sum(PROBE_CHANNEL_UNKNOWN), PAGE_EVENTS_MAX);
    assert_int_equal(find(PROBE_CHANNEL_UNKNOWN, "client0")->a, 3);
    atomic_store(&image->event_count, UINT64_MAX);
    look_once();
    assert_int_equal(sum(PROBE_CHANNEL_UNKNOWN), PAGE_EVENTS_MAX);
}

/* -- buffers -- */

static const struct probe *found(const char *pool)
{
    for (unsigned i = 0; i < event_count; i++) {
        if (events[i].kind == PROBE_BUFFERS_FOUND && events[i].object == planned_pool(&p, pool)) {
            assert_int_equal(events[i].pd, PLAN_NONE);
            return &events[i];
        }
    }
    fail_msg("nobody looked for %s", pool);
    abort();
}

static void put(const char *queue, uint64_t name, unsigned id)
{
    net_queue_t *q = queue_named(queue);

    q->buffers[q->tail++ & (p.plan->queues[planned_queue(&p, queue)].capacity - 1)] =
        (net_buff_desc_t){.io_or_offset = name, .oid = id & 0x3f};
}

/* The client offered so many of its transmit buffers, and has taken them all again. */
static void offer(const char *queue, uint32_t count)
{
    net_queue_t *q = queue_named(queue);

    q->tail = q->head = (uint16_t)count;
}

static void test_buffers(void **state)
{
    uint64_t io = p.plan->pools[planned_pool(&p, "client1.tx")].io_addr;

    (void)state;
    offer("client0.tx.free", p.plan->pools[planned_pool(&p, "client0.tx")].buffer_count);
    offer("client1.tx.free", p.plan->pools[planned_pool(&p, "client1.tx")].buffer_count);
    put("client1.tx.free", 0, 0);
    put("client1.tx.free", 0, 0); /* the same once more */
    put("client1.tx.active", 2048, 0);
    put("client1.tx.active", 3 * 2048, 1); /* of no pool */
    put("client1.tx.active", 4 * 2048, 0); /* beyond */
    put("net0.tx.active", io + 2 * 2048, 0);
    put("net0.tx.free", io + 1, 0);
    *held("client1", "client1.tx") = 1;
    *held("net0_driver", "client1.tx") = 2;
    *held("net0_virt_tx", "client1.tx") = -4;
    look_once();
    assert_int_equal(found("client1.tx")->a, 3);
    assert_int_equal((int64_t)found("client1.tx")->b, -1);
    assert_int_equal(found("client0.tx")->a, 0);
    assert_int_equal(found("client0.tx")->b, 0);
    assert_int_equal(found("net0.rx")->a, 0);
    queue_named("client1.tx.active")->head = 100; /* impossible: nothing in it is to be found */
    look_once();
    assert_int_equal(found("client1.tx")->a, 2);
}

/* One that several have is one buffer; but only where somebody who passes frames on says so, and
 * only as far as there would be more than there are. */
static void test_buffers_of_several(void **state)
{
    int32_t all = (int32_t)p.plan->pools[planned_pool(&p, "client1.tx")].buffer_count;

    (void)state;
    offer("client1.tx.free", (uint32_t)all);
    put("client1.tx.free", 0, 0);
    *held("client1", "client1.tx") = all;
    *again("client1", "client1.tx") = 7;
    look_once();
    assert_int_equal((int64_t)found("client1.tx")->b, all);
    *again("net0_virt_tx", "client1.tx") = 7;
    look_once();
    assert_int_equal((int64_t)found("client1.tx")->b, all - 1);
    *held("client1", "client1.tx") = all + 9;
    look_once();
    assert_int_equal((int64_t)found("client1.tx")->b, all + 2);
    *held("client1", "client1.tx") = all - 3;
    look_once();
    assert_int_equal((int64_t)found("client1.tx")->b, all - 3);
}

/* What a client never offered it has yet; what it did is asked for. */
static void test_buffers_never_offered(void **state)
{
    uint32_t all = p.plan->pools[planned_pool(&p, "client1.tx")].buffer_count;

    (void)state;
    look_once();
    assert_int_equal(found("client1.tx")->b, all);
    assert_int_equal(found("net0.rx")->b, 0);
    put("client1.tx.free", 0, 0);
    put("client1.tx.free", 2048, 0);
    look_once();
    assert_int_equal(found("client1.tx")->a, 2);
    assert_int_equal(found("client1.tx")->b, all - 2);
    queue_named("client1.tx.free")->head = 2; /* taken, and nobody says that he has them */
    look_once();
    assert_int_equal(found("client1.tx")->a + found("client1.tx")->b, all - 2);
    put("client1.tx.free", 0, 0); /* one came back: that was not offered then */
    counts("net0_virt_tx", "client1.tx.free")->moved = 1;
    look_once();
    assert_int_equal(found("client1.tx")->a + found("client1.tx")->b, all - 1);
    counts("net0_virt_tx", "client1.tx.free")->moved =
        3; /* it lies: its own affair, and no more there */
    look_once();
    assert_true(found("client1.tx")->a + found("client1.tx")->b <= all);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_consistent),
        TEST(test_mistakes_show),
        TEST(test_noise),
        TEST(test_told_by),
        TEST(test_client_lies),
        TEST(test_client_forges_head),
        TEST(test_client_forges_tail),
        TEST(test_impossible),
        TEST(test_displaced),
        TEST(test_between),
        TEST(test_between_absurd),
        TEST(test_died_between),
        TEST(test_stopped),
        TEST(test_refused),
        TEST(test_device),
        TEST(test_gates),
        TEST(test_taken_back),
        TEST(test_driver_lies),
        TEST(test_events),
        TEST(test_buffers),
        TEST(test_buffers_of_several),
        TEST(test_buffers_never_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
