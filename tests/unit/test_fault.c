/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults act when their trigger says, where they are aimed, and with nothing but what is mapped
 * there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sim/fault/fault_set.h"
#include "sim/fault/queues.h"
#include "tests/unit/judged_plan.h"

static struct judged j;

/* What the runtime was told. */
static unsigned rung[64], rings;
static struct {
    uint32_t fault;
    uint64_t a, b;
} did_list[64];
static unsigned dids;

static void on_notify(void *runtime, unsigned channel)
{
    assert_ptr_equal(runtime, &j);
    rung[rings++ % 64] = channel;
}

static void on_did(void *runtime, uint32_t fault, uint64_t a, uint64_t b)
{
    assert_ptr_equal(runtime, &j);
    did_list[dids % 64].fault = fault;
    did_list[dids % 64].a = a;
    did_list[dids++ % 64].b = b;
}

static int start(void **state)
{
    (void)state;
    judged_init(&j);
    rings = dids = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    judged_finish(&j);
    return 0;
}

static struct inside inside_of(uint32_t pd, uint64_t entries, uint64_t time_ns)
{
    return (struct inside){.plan = &j.plan,
                           .pd = pd,
                           .entries = entries,
                           .time_ns = time_ns,
                           .notify = on_notify,
                           .did = on_did,
                           .runtime = &j};
}

static enum inside_next enter(struct fault_set *set, uint64_t entries, uint64_t time_ns)
{
    struct inside in = inside_of(set->pd, entries, time_ns);

    return faults_inside(set, &in);
}

/* As the scenario's reader does: every default from the table, then what a test wants otherwise. */
struct queue_index_state {
    struct queue_aim aim;
    uint64_t index, how, amount;
    bool ring;
    char rest[2048];
};
enum { OWN, TAIL, HEAD, FLAG };
enum { ONE, BEYOND, BACKWARDS, WRAP, RANDOM, LIE };

static struct type_view view_of(const char *name)
{
    size_t count;
    const struct type_view *views = fault_views(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(views[i].name, name) == 0) {
            return views[i];
        }
    }
    fail_msg("no fault kind %s", name);
    abort();
}

static struct type_view stop_view, index_view;

static struct scenario_fault *add_fault(struct type_view *view, const char *kind, const char *pd)
{
    struct scenario_fault *f = &j.faults[j.scenario.fault_count++];

    *view = view_of(kind);
    *f = (struct scenario_fault){
        .type = view, .pd = pd, .place = {.file = "x", .path = "faults[0]"}};
    return f;
}

static struct queue_index_state *add_queue_index(const char *pd)
{
    struct scenario_fault *f = add_fault(&index_view, "queue_index", pd);
    struct queue_index_state *s = arena_alloc(&j.arena, sizeof *s);

    assert_true(index_view.state_size <= sizeof *s);
    for (const struct param *p = index_view.params; p->name != NULL; p++) {
        if (p->kind == PARAM_KIND_BOOL) {
            *(bool *)((char *)s + p->offset) = p->preset != 0;
        } else if (p->kind != PARAM_KIND_TEXT) {
            memcpy((char *)s + p->offset, &p->preset, sizeof p->preset);
        }
    }
    f->state = s;
    return s;
}

/* -- triggers -- */

static bool due(struct fault_run *run, uint64_t time_ns, uint64_t entries)
{
    return fault_due(run, &(struct fault_moment){.time_ns = time_ns, .entries = entries});
}

static void a_trigger_is_a_time_an_entry_a_count_and_a_duration(void **state)
{
    struct scenario_fault asked = {.at_ns = 100};
    struct fault_run run = {.asked = &asked};

    (void)state;
    assert_false(due(&run, 99, 1000));
    assert_true(due(&run, 100, 0));

    asked = (struct scenario_fault){.after_entries = 3};
    run = (struct fault_run){.asked = &asked};
    assert_false(due(&run, 1u << 30, 2));
    assert_true(due(&run, 0, 3));

    /* Both must have come. */
    asked = (struct scenario_fault){.at_ns = 100, .after_entries = 3};
    run = (struct fault_run){.asked = &asked};
    assert_false(due(&run, 100, 2));
    assert_false(due(&run, 99, 3));
    assert_true(due(&run, 100, 3));

    asked = (struct scenario_fault){.count = 2};
    run = (struct fault_run){.asked = &asked, .acts = 1};
    assert_true(due(&run, 0, 0));
    run.acts = 2;
    assert_false(due(&run, 0, 0));

    /* A duration runs from the time asked for, even if nobody was there to act at that moment. */
    asked = (struct scenario_fault){.at_ns = 100, .duration_ns = 50};
    run = (struct fault_run){.asked = &asked};
    assert_true(due(&run, 149, 0));
    assert_false(due(&run, 150, 0));

    /* From an entry it runs from when that came. */
    asked = (struct scenario_fault){.after_entries = 2, .duration_ns = 50};
    run = (struct fault_run){.asked = &asked};
    assert_true(due(&run, 1000, 2));
    assert_true(due(&run, 1049, 3));
    assert_false(due(&run, 1050, 4));
}

static void a_trigger_is_a_number_of_frames(void **state)
{
    struct scenario_fault asked = {.after_frames = 3, .duration_ns = 50};
    struct fault_run run = {.asked = &asked};

    (void)state;
    assert_false(fault_due(&run, &(struct fault_moment){.time_ns = 10, .frames = 2}));
    assert_true(fault_due(&run, &(struct fault_moment){.time_ns = 1000, .frames = 3}));
    assert_true(fault_due(&run, &(struct fault_moment){.time_ns = 1049, .frames = 3}));
    assert_false(fault_due(&run, &(struct fault_moment){.time_ns = 1050, .frames = 4}));
}

static void each_so_manieth_occasion_is_taken(void **state)
{
    struct scenario_fault asked = {.every = 3, .after_entries = 2, .count = 2};
    struct fault_run run = {.asked = &asked};
    unsigned taken = 0;

    (void)state;
    for (uint64_t entry = 1; entry < 20; entry++) {
        bool now = due(&run, 0, entry);

        /* The first occasion is the second entry. */
        assert_int_equal(now, entry == 4 || entry == 7);
        taken += now;
        run.acts = taken;
    }
    assert_int_equal(taken, 2);
}

static void a_chance_is_what_the_seed_makes_it(void **state)
{
    struct scenario_fault asked = {.pass_ppm = 990000};
    struct fault_run run = {.asked = &asked}, again = {.asked = &asked}, other = {.asked = &asked};
    unsigned taken = 0, differ = 0;

    (void)state;
    rng_init(&run.rng, 1, "fault.0");
    rng_init(&again.rng, 1, "fault.0");
    rng_init(&other.rng, 1, "fault.1");
    for (uint64_t entry = 0; entry < 100000; entry++) {
        bool now = due(&run, 0, entry);

        taken += now;
        assert_int_equal(now, due(&again, 0, entry));
        differ += now != due(&other, 0, entry);
    }
    assert_in_range(taken, 900, 1100);
    assert_true(differ > 0);
    asked.pass_ppm = 1000000;
    for (uint64_t entry = 0; entry < 100000; entry++) {
        assert_false(due(&run, 0, entry));
    }
    /* What always acts throws no dice, so that the kind's are the same with and without. */
    asked.pass_ppm = 0;
    struct rng before = run.rng;
    assert_true(due(&run, 0, 0));
    assert_memory_equal(&before, &run.rng, sizeof before);
}

/* To the last of a million: the same throw passes or does not, as what it comes to is below. */
static void a_chance_is_in_a_million(void **state)
{
    struct scenario_fault asked = {0};
    struct fault_run run = {.asked = &asked};

    (void)state;
    rng_init(&run.rng, 2, "fault.0");
    for (uint64_t entry = 0; entry < 100; entry++) {
        struct rng next = run.rng;
        struct fault_run again = run;
        uint64_t thrown = rng_below(&next, 1000000);

        asked.pass_ppm = thrown + 1;
        assert_false(due(&again, 0, entry));
        asked.pass_ppm = thrown;
        assert_true(thrown == 0 || due(&run, 0, entry));
    }
}

static void a_period_needs_no_invitation(void **state)
{
    struct scenario_fault *f = add_fault(&stop_view, "stop", "client1");
    struct fault_set set;

    (void)state;
    f->at_ns = 100;
    f->period_ns = 1000;
    f->duration_ns = 2500;
    assert_true(faults_check(&j.plan, &j.diag));
    faults_init(&set, &j.plan, CLIENT1);
    assert_int_equal(faults_wake_ns(&set), 100);
    assert_int_equal(enter(&set, 1, 110), INSIDE_STOP);
    assert_int_equal(faults_wake_ns(&set), 1110);
    assert_int_equal(enter(&set, 2, 1109), INSIDE_RUN); /* woken for something else */
    assert_int_equal(faults_wake_ns(&set), 1110);
    assert_int_equal(enter(&set, 3, 1110), INSIDE_STOP);
    assert_int_equal(enter(&set, 4, 2500), INSIDE_STOP); /* late is late */
    assert_int_equal(faults_wake_ns(&set), FAULTS_NEVER);
    assert_int_equal(enter(&set, 5, 9999), INSIDE_RUN);

    /* From the start: as soon as there is a time. */
    f->at_ns = 0;
    faults_init(&set, &j.plan, CLIENT1);
    assert_int_equal(faults_wake_ns(&set), 1);
    /* From a number: not before that. */
    f->after_entries = 2;
    faults_init(&set, &j.plan, CLIENT1);
    assert_int_equal(faults_wake_ns(&set), FAULTS_NEVER);
    assert_int_equal(enter(&set, 2, 5), INSIDE_STOP);
    assert_int_equal(faults_wake_ns(&set), 1005);
}

static void without_faults_nothing_is_asked(void **state)
{
    struct fault_set set;
    struct gate_frame frame = {0};
    struct inside in = inside_of(CLIENT0, 1, 0);

    (void)state;
    faults_init(&set, &j.plan, CLIENT0);
    assert_int_equal(set.count, 0);
    assert_int_equal(faults_frame(&set, &frame), VERDICT_PASS);
    assert_int_equal(faults_inside(&set, &in), INSIDE_RUN);
    assert_null(in.rng);
}

static void a_stopped_domain_stops_and_no_other(void **state)
{
    struct scenario_fault *f = add_fault(&stop_view, "stop", "client1");
    struct fault_set mine, others;

    (void)state;
    f->after_entries = 2;
    assert_true(faults_check(&j.plan, &j.diag));
    faults_init(&mine, &j.plan, CLIENT1);
    faults_init(&others, &j.plan, CLIENT0);
    assert_int_equal(enter(&others, 5, 5), INSIDE_RUN);
    assert_int_equal(enter(&mine, 1, 5), INSIDE_RUN);
    assert_int_equal(dids, 0);
    assert_int_equal(enter(&mine, 2, 5), INSIDE_STOP);
    assert_int_equal(dids, 1);
    assert_int_equal(did_list[0].fault, 0);
}

/* -- forging -- */

static void own_indices_are_forged_and_the_peer_is_rung(void **state)
{
    struct fault_set set;

    (void)state;
    add_queue_index("client1")->how = ONE;
    assert_true(faults_check(&j.plan, &j.diag));
    j.queues[ACTIVE(LINK_TX1)].tail = 0xffff;
    j.queues[FREE(LINK_TX1)].head = 3;
    faults_init(&set, &j.plan, CLIENT1);
    assert_int_equal(enter(&set, 1, 0), INSIDE_RUN);
    /* It fills tx.active and rx.free, and empties rx.active and tx.free. */
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].tail, 0);
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].head, 0);
    assert_int_equal(j.queues[FREE(LINK_RX1)].tail, 1);
    assert_int_equal(j.queues[ACTIVE(LINK_RX1)].head, 1);
    assert_int_equal(j.queues[FREE(LINK_TX1)].head, 4);
    assert_int_equal(j.queues[FREE(LINK_TX1)].tail, 0);
    /* Nobody else's queue. */
    assert_int_equal(j.queues[ACTIVE(LINK_TX0)].tail, 0);
    assert_int_equal(j.queues[ACTIVE(LINK_NET_TX)].tail, 0);
    assert_int_equal(dids, 4);
    assert_int_equal(rings, 4);
    assert_int_equal(rung[0], 20 + LINK_RX1);
    assert_int_equal(rung[3], 10 + LINK_TX1);
    assert_int_equal(did_list[3].a, ACTIVE(LINK_TX1));
    assert_int_equal(did_list[3].b >> 32, 0xffff);
    assert_int_equal(did_list[3].b & 0xffffffff, 0);
}

static void the_queue_may_be_named_by_its_end(void **state)
{
    struct queue_index_state *s = add_queue_index("client1");
    struct fault_set set;

    (void)state;
    s->aim.queue = "tx.active";
    s->ring = false;
    assert_true(faults_check(&j.plan, &j.diag));
    faults_init(&set, &j.plan, CLIENT1);
    (void)enter(&set, 1, 0);
    assert_int_equal(dids, 1);
    assert_int_equal(rings, 0);
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].tail, JUDGED_CAPACITY + 1);

    /* Not by a part of a word. */
    s->aim.queue = "x.active";
    assert_false(faults_check(&j.plan, &j.diag));
    s->aim.queue = "client1.tx.active";
    assert_true(faults_check(&j.plan, &j.diag));
}

static uint16_t forged_tail(uint64_t how, uint64_t index, uint16_t from)
{
    struct queue_index_state *s;
    struct fault_set set;

    j.scenario.fault_count = 0;
    s = add_queue_index("client1");
    s->aim.queue = "tx.active";
    s->how = how;
    s->index = index;
    s->amount = 3;
    j.queues[ACTIVE(LINK_TX1)] = (struct judged_queue){.tail = from, .head = from};
    faults_init(&set, &j.plan, CLIENT1);
    (void)enter(&set, 1, 0);
    return index == HEAD ? j.queues[ACTIVE(LINK_TX1)].head : j.queues[ACTIVE(LINK_TX1)].tail;
}

static void each_way_to_forge_is_what_it_says(void **state)
{
    (void)state;
    assert_int_equal(forged_tail(ONE, OWN, 5), 6);
    assert_int_equal(forged_tail(BEYOND, OWN, 5), 5 + JUDGED_CAPACITY + 3);
    assert_int_equal(forged_tail(BACKWARDS, OWN, 1), 0xfffe);
    assert_int_equal(forged_tail(WRAP, OWN, 5), 0xffff);
    assert_int_equal(forged_tail(BACKWARDS, HEAD, 5), 2);
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].tail, 5);
    assert_int_equal(forged_tail(ONE, FLAG, 5), 5);
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].signalled, 3);
}

static void indices_of_four_bytes_are_forged_whole(void **state)
{
    struct queue_index_state *s = add_queue_index("client1");
    struct queue_shape *shape = &j.shapes[ACTIVE(LINK_TX1)];
    uint32_t *words = (uint32_t *)(void *)&j.queues[ACTIVE(LINK_TX1)];
    struct fault_set set;

    (void)state;
    s->aim.queue = "tx.active";
    s->how = BACKWARDS;
    s->amount = 3;
    shape->index_bytes = 4;
    shape->tail_offset = 8;
    words[2] = 1;
    words[3] = 77;
    faults_init(&set, &j.plan, CLIENT1);
    (void)enter(&set, 1, 0);
    assert_int_equal(words[2], 0xfffffffe);
    assert_int_equal(words[3], 77);
    /* Of a width nobody knows nothing is touched. */
    shape->index_bytes = 3;
    (void)enter(&set, 2, 0);
    assert_int_equal(words[2], 0xfffffffe);
    assert_int_equal(dids, 1);
}

static void only_one_who_may_rings(void **state)
{
    struct inside in = inside_of(CLIENT1, 1, 0);

    (void)state;
    inside_ring(&in, ACTIVE(LINK_TX0)); /* not its queue */
    assert_int_equal(rings, 0);
    j.channels[LINK_TX1].end[0].may_notify = false;
    inside_ring(&in, ACTIVE(LINK_TX1));
    assert_int_equal(rings, 0);
    j.shapes[ACTIVE(LINK_TX1)].channel = PLAN_NONE;
    inside_ring(&in, ACTIVE(LINK_TX1));
    j.shapes[ACTIVE(LINK_TX1)].channel = LINKS;
    inside_ring(&in, ACTIVE(LINK_TX1));
    assert_int_equal(rings, 0);
    in.notify = NULL;
    inside_ring(&in, ACTIVE(LINK_RX1));
    in.notify = on_notify;
    inside_ring(&in, ACTIVE(LINK_RX1));
    assert_int_equal(rings, 1);
}

static void chance_comes_from_the_seed(void **state)
{
    uint16_t first = forged_tail(RANDOM, OWN, 0);
    uint16_t again = forged_tail(RANDOM, OWN, 0);

    (void)state;
    assert_int_equal(first, again);
    j.scenario.seed = 8;
    assert_int_not_equal(forged_tail(RANDOM, OWN, 0), first);
}

static void a_lie_is_held(void **state)
{
    struct queue_index_state *s = add_queue_index("client1");
    struct fault_set set;
    struct judged_queue *q = &j.queues[ACTIVE(LINK_TX1)];

    (void)state;
    s->aim.queue = "tx.active";
    s->how = LIE;
    faults_init(&set, &j.plan, CLIENT1);
    (void)enter(&set, 1, 0);
    uint16_t lie = q->tail;
    assert_int_equal(lie, JUDGED_CAPACITY + 1);
    q->tail = 2;
    (void)enter(&set, 2, 0);
    assert_int_equal(q->tail, lie);
}

static void count_and_copies_hold_across_entries(void **state)
{
    struct queue_index_state *s = add_queue_index("client1");
    struct fault_set one, two;

    (void)state;
    s->aim.queue = "tx.active";
    s->how = ONE;
    j.faults[0].count = 2;
    faults_init(&one, &j.plan, CLIENT1);
    faults_init(&two, &j.plan, CLIENT1);
    for (uint64_t entry = 1; entry < 6; entry++) {
        (void)enter(&one, entry, 0);
    }
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].tail, 2);
    /* The other process's copy has acted never. */
    (void)enter(&two, 9, 0);
    assert_int_equal(j.queues[ACTIVE(LINK_TX1)].tail, 3);
}

/* -- complaints -- */

static char *complaints(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);

    assert_non_null(to);
    diag_print(&j.diag, to);
    fclose(to);
    return text;
}

static void what_cannot_be_is_complained_of_at_once(void **state)
{
    (void)state;
    (void)add_fault(&stop_view, "stop", "clint1");
    (void)add_fault(&stop_view, "stop", NULL);
    assert_true(((const struct fault_type *)view_of("queue_index").type)->needs_pd);
    (void)add_fault(&stop_view, "stop", "eth0");
    add_queue_index("client1")->aim.queue = "rx.activ";
    assert_false(faults_check(&j.plan, &j.diag));
    assert_int_equal(j.diag.errors, 4);
    char *text = complaints();
    assert_non_null(strstr(text, "no protection domain \"clint1\"; did you mean \"client1\"?"));
    assert_non_null(strstr(text, "say which protection domain stop compromises"));
    assert_non_null(strstr(text, "eth0 is a device"));
    assert_non_null(strstr(text, "client1 has no queue \"rx.activ\"; it has client1.rx.free, "
                                 "client1.rx.active, client1.tx.free, client1.tx.active"));
    free(text);
}

static void one_fault_forges_what_many_can(void **state)
{
    (void)state;
    add_queue_index("client1")->index = FLAG;
    j.shapes[FREE(LINK_TX1)].flag_bytes = 0;
    assert_false(faults_check(&j.plan, &j.diag));
    char *text = complaints();
    assert_non_null(strstr(text, "client1.tx.free has no flag"));
    free(text);
}

static void what_never_ends_is_complained_of(void **state)
{
    struct scenario_fault *f = add_fault(&stop_view, "stop", "client1");

    (void)state;
    f->period_ns = 1000;
    assert_false(faults_check(&j.plan, &j.diag));
    f->count = 1;
    assert_true(faults_check(&j.plan, &j.diag));
    f->count = 0;
    j.scenario.stop_after_ns = 1;
    assert_true(faults_check(&j.plan, &j.diag));
}

/* -- gates: no kind has one yet, so here are two -- */

struct every {
    uint64_t every, seen;
};

static enum verdict every_frame(void *state, struct gate_frame *f)
{
    struct every *e = state;

    (void)f;
    return ++e->seen % e->every == 0 ? VERDICT_DROP : VERDICT_PASS;
}

static enum verdict late_frame(void *state, struct gate_frame *f)
{
    (void)state;
    f->delay_ns = 5;
    return VERDICT_DELAY;
}

static const struct fault_type every_type = {
    .name = "every", .state_size = sizeof(struct every), .frame = every_frame};
static const struct fault_type late_type = {.name = "late", .frame = late_frame};

static uint64_t acted_at_gate[2];

static void on_acted(void *context, uint32_t fault, uint64_t a, uint64_t b)
{
    (void)context;
    (void)a;
    (void)b;
    acted_at_gate[fault]++;
}

static void the_first_at_a_gate_that_objects_decides(void **state)
{
    struct every e = {.every = 2};
    const struct type_view every_view = {.name = "every", .type = &every_type};
    const struct type_view late_view = {.name = "late", .type = &late_type};
    struct fault_set set, other;

    (void)state;
    memset(acted_at_gate, 0, sizeof acted_at_gate);
    j.scenario.fault_count = 2;
    j.faults[0] = (struct scenario_fault){.type = &every_view, .state = &e, .at_ns = 10};
    j.faults[1] = (struct scenario_fault){.type = &late_view, .count = 3};
    assert_true(faults_check(&j.plan, &j.diag));
    faults_init(&set, &j.plan, ETH0);
    faults_init(&other, &j.plan, DRIVER);
    set.acted = on_acted;
    struct gate_frame f = {.time_ns = 9};
    assert_int_equal(faults_frame(&set, &f), VERDICT_DELAY);
    f.time_ns = 10;
    assert_int_equal(faults_frame(&set, &f), VERDICT_DELAY);
    assert_int_equal(faults_frame(&set, &f), VERDICT_DROP);
    assert_int_equal(faults_frame(&set, &f), VERDICT_DELAY);
    assert_int_equal(faults_frame(&set, &f), VERDICT_DROP);
    assert_int_equal(faults_frame(&set, &f), VERDICT_PASS); /* the delays are used up */
    assert_int_equal(acted_at_gate[0], 2);
    assert_int_equal(acted_at_gate[1], 3);
    assert_int_equal(e.seen, 0);
    assert_int_equal(other.askable[FAULT_FRAME], 2);
    struct gate_dma dma = {0};
    assert_int_equal(faults_dma(&set, 100, &dma), VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trigger_is_a_time_an_entry_a_count_and_a_duration, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_trigger_is_a_number_of_frames, start, stop),
        cmocka_unit_test_setup_teardown(each_so_manieth_occasion_is_taken, start, stop),
        cmocka_unit_test(a_chance_is_in_a_million),
        cmocka_unit_test_setup_teardown(a_chance_is_what_the_seed_makes_it, start, stop),
        cmocka_unit_test_setup_teardown(a_period_needs_no_invitation, start, stop),
        cmocka_unit_test_setup_teardown(what_never_ends_is_complained_of, start, stop),
        cmocka_unit_test_setup_teardown(without_faults_nothing_is_asked, start, stop),
        cmocka_unit_test_setup_teardown(a_stopped_domain_stops_and_no_other, start, stop),
        cmocka_unit_test_setup_teardown(own_indices_are_forged_and_the_peer_is_rung, start, stop),
        cmocka_unit_test_setup_teardown(the_queue_may_be_named_by_its_end, start, stop),
        cmocka_unit_test_setup_teardown(each_way_to_forge_is_what_it_says, start, stop),
        cmocka_unit_test_setup_teardown(indices_of_four_bytes_are_forged_whole, start, stop),
        cmocka_unit_test_setup_teardown(only_one_who_may_rings, start, stop),
        cmocka_unit_test_setup_teardown(chance_comes_from_the_seed, start, stop),
        cmocka_unit_test_setup_teardown(a_lie_is_held, start, stop),
        cmocka_unit_test_setup_teardown(count_and_copies_hold_across_entries, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_complained_of_at_once, start, stop),
        cmocka_unit_test_setup_teardown(one_fault_forges_what_many_can, start, stop),
        cmocka_unit_test_setup_teardown(the_first_at_a_gate_that_objects_decides, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
