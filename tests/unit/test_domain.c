/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime keeps Microkit's rules, whoever runs it: images are functions here, each on a stack
 * of its own, and this program is the executor that wakes them one at a time.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <sddf/hw/mmio.h>
#include <sddf/timer/client.h>

#include "sim/exec/domain.h"
#include "sim/exec/switch.h"
#include "tests/unit/planned.h"

static const char system_text[] =
    "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"rx_buffers\": 8 } ],"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\", \"rx_buffers\": "
    "8,"
    "    \"tx_buffers\": 8 } ] }";

/* client0's channels; the last is to virt_rx, which takes its calls. */
enum { TO_RX, TO_TX, TIMER, CALLS };
/* The driver's. */
enum { IRQ, FROM_RX, FROM_TX };

#define STACK_BYTES (128u * 1024u)
#define TRACE       64u

struct player {
    struct domain d;
    struct domain_exec exec;
    struct stack stack;
    uint32_t pd;
    bool rung, ended, began;
    uint64_t deadline_ns;
    unsigned blocks;
    char log[2048];
    size_t log_bytes;
    int trace[TRACE]; /* channels as notified, 100 + channel as called */
    unsigned traced;
    void (*on_init)(void);
    void (*on_notified)(unsigned channel);
};

static struct planned p;
static struct stack self;
static struct player client, server, driver, *running;
static uint64_t now_ns;
static unsigned supervisor_rings, stray_rings;
static uint32_t last_ring;

/* -- the executor -- */

static struct player *player_of(uint32_t pd)
{
    struct player *const all[] = {&client, &server, &driver};

    for (unsigned i = 0; i < 3; i++) {
        if (all[i]->pd == pd) {
            return all[i];
        }
    }
    return NULL;
}

static void ring(void *context, uint32_t target)
{
    (void)context;
    last_ring = target;
    if (target == PLAN_NONE) {
        supervisor_rings++;
    } else if (player_of(target) != NULL) {
        player_of(target)->rung = true;
    } else {
        stray_rings++;
    }
}

static void yield_to_test(struct player *w)
{
    stack_switch(&w->stack, &self);
}

static void block(void *context, uint64_t deadline_ns)
{
    struct player *w = context;

    w->deadline_ns = deadline_ns;
    w->blocks++;
    if (!w->rung) {
        yield_to_test(w);
    }
    w->rung = false;
}

static uint64_t now(void *context)
{
    (void)context;
    return now_ns;
}

static void write_log(void *context, const char *text, size_t bytes)
{
    struct player *w = context;

    assert_true(w->log_bytes + bytes < sizeof w->log);
    memcpy(w->log + w->log_bytes, text, bytes);
    w->log_bytes += bytes;
    w->log[w->log_bytes] = '\0';
}

static void end_player(void *context) __attribute__((noreturn));

static void end_player(void *context)
{
    struct player *w = context;

    w->ended = true;
    yield_to_test(w);
    abort();
}

static void body(void *argument)
{
    domain_run(&((struct player *)argument)->d);
}

/* Let it run until it waits. */
static void run(struct player *w)
{
    assert_false(w->ended);
    running = w;
    domain_current = &w->d;
    stack_switch(&self, &w->stack);
    w->rung = false;
}

/* Wake it and let it run. */
static void wake(struct player *w)
{
    run(w);
}

/* -- the images -- */

static void image_init(void)
{
    if (running->on_init != NULL) {
        running->on_init();
    }
}

static void image_notified(sddf_channel ch)
{
    struct player *w = running;

    assert_true(w->traced < TRACE);
    w->trace[w->traced++] = (int)ch;
    if (w->on_notified != NULL) {
        w->on_notified(ch);
    }
}

static seL4_MessageInfo_t (*on_protected)(sddf_channel ch, seL4_MessageInfo_t info);

static seL4_MessageInfo_t image_protected(sddf_channel ch, seL4_MessageInfo_t info)
{
    struct player *w = running;

    w->trace[w->traced++] = 100 + (int)ch;
    return on_protected(ch, info);
}

/* -- setting up -- */

static void start(struct player *w, const char *name)
{
    *w = (struct player){.pd = planned_pd(&p, name)};
    w->exec = (struct domain_exec){.context = w,
                                   .ring = ring,
                                   .block = block,
                                   .now = now,
                                   .stamp = now,
                                   .write = write_log,
                                   .end = end_player};
    domain_init(&w->d, p.plan, w->pd, &w->exec, NULL);
    w->d.entry.init = image_init;
    w->d.entry.notified = image_notified;
    assert_int_equal(stack_create(&w->stack, STACK_BYTES, body, w), 0);
}

static int begin(void **state)
{
    (void)state;
    planned_must(&p, system_text);
    (void)plan_add_channel(p.plan, planned_pd(&p, "client0"), planned_pd(&p, "net0_virt_rx"), 1);
    assert_int_equal(p.diag.errors, 0);
    planned_map(&p);
    now_ns = 1000;
    supervisor_rings = stray_rings = 0;
    self = (struct stack){0};
    start(&client, "client0");
    start(&server, "net0_virt_rx");
    server.d.entry.protected = image_protected;
    start(&driver, "net0_driver");
    return 0;
}

static int end(void **state)
{
    (void)state;
    stack_destroy(&client.stack);
    stack_destroy(&server.stack);
    stack_destroy(&driver.stack);
    planned_finish(&p);
    return 0;
}

/* The page of a channel of this domain, and which word is its own. */
static struct channel_page *page_of(struct player *w, unsigned channel)
{
    return w->d.channels[channel].page;
}

static unsigned side_of(struct player *w, unsigned channel)
{
    return w->d.channels[channel].side;
}

/* The peer's signal. */
static void signal_to(struct player *w, unsigned channel)
{
    atomic_store(&page_of(w, channel)->word[side_of(w, channel)], 1);
}

/* Has this domain signalled its peer, who has not looked yet? */
static bool has_signalled(struct player *w, unsigned channel)
{
    return atomic_load(&page_of(w, channel)->word[1 - side_of(w, channel)]) != 0;
}

static void trace_is(struct player *w, unsigned count, ...)
{
    va_list expected;

    assert_int_equal(w->traced, count);
    va_start(expected, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(w->trace[i], va_arg(expected, int));
    }
    va_end(expected);
    w->traced = 0;
}

static const struct probe *event(struct player *w, uint64_t from_last)
{
    uint64_t count = atomic_load(&w->d.page->event_count);

    assert_true(count > from_last);
    return &w->d.page->events[(count - 1 - from_last) % PAGE_EVENTS_MAX];
}

static uint64_t event_count(struct player *w)
{
    return atomic_load(&w->d.page->event_count);
}

/* -- life -- */

static void test_begin_and_end(void **state)
{
    struct pd_page *page = client.d.page;

    (void)state;
    signal_to(&client, TO_TX); /* before it began: it gets none before init() has returned */
    run(&client);
    trace_is(&client, 1, TO_TX);
    assert_int_equal(atomic_load(&page->ready), 1);
    assert_int_equal(supervisor_rings, 1);
    assert_int_equal(atomic_load(&page->state), PD_IDLE);
    assert_int_equal(atomic_load(&page->entries), 1);
    assert_int_equal(client.deadline_ns, DOMAIN_FOREVER);
    wake(&client); /* for nothing */
    trace_is(&client, 0);
    assert_int_equal(atomic_load(&page->entries), 1);
    atomic_store(&page->order_drain, 1);
    wake(&client);
    assert_int_equal(supervisor_rings, 2); /* it says so each time it comes to rest */
    atomic_store(&page->order_stop, 1);
    signal_to(&client, TO_TX);
    wake(&client);
    assert_true(client.ended);
    trace_is(&client, 0);
}

static void test_ascending(void **state)
{
    (void)state;
    run(&client);
    signal_to(&client, CALLS);
    signal_to(&client, TO_TX);
    signal_to(&client, TO_RX);
    signal_to(&client, TO_TX);
    wake(&client);
    trace_is(&client, 3, TO_RX, TO_TX, CALLS);
    assert_int_equal(atomic_load(&client.d.page->notified), 3);
    assert_int_equal(atomic_load(&client.d.page->entries), 1);
}

static void signal_again(unsigned channel)
{
    if (client.traced <= 2) {
        signal_to(&client, TO_RX);
        signal_to(&client, TO_TX);
    }
    (void)channel;
}

/* A badge is taken whole: what comes while it is worked on is the next. */
static void test_meanwhile(void **state)
{
    (void)state;
    run(&client);
    client.on_notified = signal_again;
    signal_to(&client, TO_TX);
    wake(&client);
    trace_is(&client, 5, TO_TX, TO_RX, TO_TX, TO_RX, TO_TX);
    assert_int_equal(atomic_load(&client.d.page->entries), 3);
    assert_int_equal(client.blocks, 2); /* it did not wait in between */
}

/* -- signals -- */

static void test_notify(void **state)
{
    (void)state;
    run(&client);
    domain_current = &client.d;
    sddf_notify(TO_RX);
    assert_true(has_signalled(&client, TO_RX));
    assert_false(has_signalled(&client, TO_TX));
    assert_true(server.rung);
    server.rung = false;
    sddf_notify(TO_RX); /* it has not looked yet: sticky, and no second ring */
    assert_false(server.rung);
    assert_int_equal(atomic_load(&client.d.page->signals_sent), 2);
    assert_int_equal(atomic_load(&client.d.page->rings), 1);
    run(&server);
    trace_is(&server, 1, 1); /* both as one, by its own number */
    assert_false(has_signalled(&client, TO_RX));
    domain_current = &client.d;
    sddf_notify(TO_RX);
    assert_true(server.rung);
}

static void test_unknown_channels(void **state)
{
    static const unsigned unknown[] = {50, 61, 62, 63, 64, 1000, UINT32_MAX, TIMER};

    (void)state;
    run(&client);
    domain_current = &client.d;
    for (unsigned i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        uint64_t before = event_count(&client);

        client.log_bytes = 0;
        sddf_notify(unknown[i]);
        assert_int_equal(event_count(&client), before + 1);
        assert_int_equal(event(&client, 0)->kind, PROBE_CHANNEL_UNKNOWN);
        assert_int_equal(event(&client, 0)->a, unknown[i]);
        assert_int_equal(event(&client, 0)->pd, client.pd);
        assert_non_null(strstr(client.log, "client0|WARNING: notify on channel "));
        sddf_irq_ack(unknown[i]);
        sddf_deferred_notify(unknown[i]);
        sddf_deferred_irq_ack(unknown[i]);
        assert_int_equal(event_count(&client), before + 4);
        assert_int_equal(sddf_deferred_notify_curr(), UINT32_MAX);
        if (unknown[i] != TIMER) {
            seL4_MessageInfo_t answer = sddf_ppcall(unknown[i], seL4_MessageInfo_new(7, 0, 0, 3));
            assert_int_equal(answer.words[0], 0);
            assert_int_equal(event_count(&client), before + 5);
        }
    }
    uint64_t before = event_count(&client);
    (void)sddf_ppcall(TO_RX, seL4_MessageInfo_new(7, 0, 0, 0)); /* a peer that takes none */
    sddf_irq_ack(TO_RX);                                        /* no interrupt */
    assert_int_equal(event_count(&client), before + 2);
    assert_int_equal(stray_rings, 0);
    assert_false(server.rung);
}

/* -- the deferred slot -- */

static void defer_once(unsigned channel)
{
    (void)channel;
    assert_int_equal(sddf_deferred_notify_curr(), UINT32_MAX);
    sddf_deferred_notify(TO_TX);
    assert_int_equal(sddf_deferred_notify_curr(), TO_TX);
    sddf_deferred_notify(TO_TX); /* the same once more loses nothing */
    assert_false(has_signalled(&client, TO_TX));
}

static void test_deferred(void **state)
{
    (void)state;
    client.on_init = NULL;
    run(&client);
    client.on_notified = defer_once;
    signal_to(&client, TO_RX);
    wake(&client);
    assert_true(has_signalled(&client, TO_TX));
    assert_int_equal(event_count(&client), 0);
    assert_int_equal(client.d.deferred.kind, DEFERRED_NONE);
    assert_int_equal(stray_rings, 1); /* virt_tx, who does not play */
}

static void defer_in_init(void)
{
    sddf_deferred_notify(TO_TX);
}

static void test_deferred_in_init(void **state)
{
    (void)state;
    client.on_init = defer_in_init;
    run(&client);
    assert_true(has_signalled(&client, TO_TX));
}

static void defer_by_channel(unsigned channel)
{
    sddf_deferred_notify(channel == TO_RX ? TO_RX : TO_TX);
}

/* Two wake-ups of one badge share the slot: the second takes the place of the first. */
static void test_deferred_replaced(void **state)
{
    (void)state;
    run(&client);
    client.on_notified = defer_by_channel;
    signal_to(&client, TO_RX);
    signal_to(&client, TO_TX);
    wake(&client);
    assert_false(has_signalled(&client, TO_RX));
    assert_true(has_signalled(&client, TO_TX));
    assert_int_equal(event_count(&client), 1);
    assert_int_equal(event(&client, 0)->kind, PROBE_DEFERRED_REPLACED);
    assert_int_equal(event(&client, 0)->a, TO_RX);
    assert_int_equal(event(&client, 0)->b, TO_TX);
    /* One that may not be done takes nobody's place. */
    domain_current = &client.d;
    sddf_deferred_notify(TO_RX);
    sddf_deferred_notify(55);
    assert_int_equal(sddf_deferred_notify_curr(), TO_RX);
    assert_int_equal(event(&client, 0)->kind, PROBE_CHANNEL_UNKNOWN);
}

static void defer_both_kinds(unsigned channel)
{
    (void)channel;
    sddf_deferred_irq_ack(IRQ);
    assert_int_equal(sddf_deferred_notify_curr(), 128 + IRQ); /* which is no channel */
    sddf_deferred_notify(FROM_RX);
    assert_int_equal(sddf_deferred_notify_curr(), FROM_RX);
}

static void test_deferred_kinds(void **state)
{
    (void)state;
    run(&driver);
    driver.on_notified = defer_both_kinds;
    atomic_store(&page_of(&driver, IRQ)->masked, 1);
    signal_to(&driver, FROM_TX);
    wake(&driver);
    assert_int_equal(atomic_load(&page_of(&driver, IRQ)->masked),
                     1); /* the acknowledgement is lost */
    assert_true(has_signalled(&driver, FROM_RX));
    assert_int_equal(event(&driver, 0)->kind, PROBE_DEFERRED_REPLACED);
}

/* -- interrupts -- */

/* The device's line goes up, as its station does it. */
static void raise_line(bool level)
{
    struct channel_page *page = page_of(&driver, IRQ);

    atomic_store(&page->line, level);
    if (level && atomic_exchange(&page->masked, 1) == 0) {
        atomic_store(&page->word[1], 1);
    }
}

static void test_irq(void **state)
{
    struct channel_page *page = page_of(&driver, IRQ);

    (void)state;
    atomic_store(&page->masked, 1);
    run(&driver); /* after init() all are acknowledged once */
    assert_int_equal(atomic_load(&page->masked), 0);
    trace_is(&driver, 0);

    raise_line(true);
    wake(&driver);
    trace_is(&driver, 1, IRQ);
    raise_line(false);
    raise_line(true); /* masked until it is acknowledged */
    wake(&driver);
    trace_is(&driver, 0);
    running = &driver;
    domain_current = &driver.d;
    sddf_irq_ack(IRQ); /* and still high, so it comes again, once */
    assert_int_equal(atomic_load(&page->masked), 1);
    wake(&driver);
    trace_is(&driver, 1, IRQ);
    raise_line(false);
    domain_current = &driver.d;
    sddf_irq_ack(IRQ);
    assert_int_equal(atomic_load(&page->masked), 0);
    wake(&driver);
    trace_is(&driver, 0);
    raise_line(true);
    wake(&driver);
    trace_is(&driver, 1, IRQ);
}

/* A line that was high before init() returned is not lost. */
static void test_irq_early(void **state)
{
    (void)state;
    raise_line(true);
    atomic_store(&page_of(&driver, IRQ)->word[1], 0); /* nobody waited for that */
    run(&driver);
    trace_is(&driver, 1, IRQ);
}

static void defer_ack(unsigned channel)
{
    sddf_deferred_irq_ack(channel);
    raise_line(false);
}

static void test_irq_deferred(void **state)
{
    (void)state;
    run(&driver);
    driver.on_notified = defer_ack;
    for (unsigned i = 0; i < 3; i++) {
        raise_line(true);
        wake(&driver);
        trace_is(&driver, 1, IRQ);
        assert_int_equal(atomic_load(&page_of(&driver, IRQ)->masked), 0);
    }
    assert_int_equal(event_count(&driver), 0);
}

/* -- time -- */

static void test_timer(void **state)
{
    (void)state;
    run(&client);
    domain_current = &client.d;
    now_ns = 5000;
    assert_int_equal(sddf_timer_time_now(TIMER), 5000);
    sddf_timer_set_timeout(TIMER, 700);
    sddf_timer_set_timeout(TIMER, 300); /* instead */
    wake(&client);
    assert_int_equal(client.deadline_ns, 5300);
    assert_int_equal(atomic_load(&client.d.page->deadline_ns), 5300);
    now_ns = 5299;
    wake(&client);
    trace_is(&client, 0);
    now_ns = 5300;
    signal_to(&client, TO_RX);
    signal_to(&client, CALLS);
    wake(&client);
    trace_is(&client, 3, TO_RX, TIMER, CALLS); /* in its place among the others */
    assert_int_equal(client.deadline_ns, DOMAIN_FOREVER);
    now_ns = 9000;
    wake(&client);
    trace_is(&client, 0); /* once */
    domain_current = &client.d;
    sddf_timer_set_timeout(TIMER, 0);
    wake(&client);
    trace_is(&client, 1, TIMER);
    domain_current = &client.d;
    sddf_timer_set_timeout(TIMER, UINT64_MAX); /* not in the past */
    wake(&client);
    trace_is(&client, 0);
    assert_true(client.deadline_ns >= UINT64_MAX - 1);
    (void)event_count(&client);
    domain_current = &client.d;
    assert_int_equal(event_count(&client), 0);
    (void)sddf_ppcall(TIMER, seL4_MessageInfo_new(77, 0, 0, 0));
    assert_int_equal(event_count(&client), 1);
    assert_non_null(strstr(client.log, "unknown timer call"));
}

/* -- protected calls -- */

static uint64_t asked[3], answered[3];

static seL4_MessageInfo_t add_up(sddf_channel ch, seL4_MessageInfo_t info)
{
    (void)ch;
    asked[0] = seL4_MessageInfo_get_label(info);
    asked[1] = sddf_get_mr(0);
    asked[2] = sddf_get_mr(63);
    sddf_set_mr(0, asked[1] + asked[2]);
    sddf_set_mr(64, 99); /* there is none */
    sddf_deferred_notify(1);
    return seL4_MessageInfo_new(asked[0] + 1, 0, 0, 2);
}

static void call_server(unsigned channel)
{
    (void)channel;
    sddf_set_mr(0, 40);
    sddf_set_mr(63, 2);
    sddf_deferred_notify(TO_TX);
    seL4_MessageInfo_t info = sddf_ppcall(CALLS, seL4_MessageInfo_new(5, 0, 0, 64));
    assert_false(has_signalled(&client, TO_TX)); /* a call does not flush */
    answered[0] = seL4_MessageInfo_get_label(info);
    answered[1] = sddf_get_mr(0);
    answered[2] = sddf_get_mr(64);
}

static void test_call(void **state)
{
    (void)state;
    run(&server);
    run(&client);
    on_protected = add_up;
    client.on_notified = call_server;
    signal_to(&client, TO_RX);
    memset(answered, 0, sizeof answered);
    wake(&client);
    assert_int_equal(answered[0], 0); /* it waits */
    assert_int_equal(client.d.page->waits_for, server.pd + 1);
    assert_int_equal(atomic_load(&client.d.page->state), PD_RUNNING); /* and is not idle */
    assert_true(server.rung);
    signal_to(&client, TO_TX); /* nothing else is heard meanwhile */
    wake(&client);
    trace_is(&client, 1, TO_RX);
    client.rung = false;
    wake(&server);
    trace_is(&server, 1, 100 + 2);
    assert_int_equal(asked[0], 5);
    assert_int_equal(asked[1], 40);
    assert_int_equal(asked[2], 2);
    assert_true(client.rung);
    assert_int_equal(last_ring, client.pd); /* the answer last, */
    assert_true(has_signalled(&server, 1)); /* what was deferred before it */
    client.on_notified = NULL;
    wake(&client);
    assert_int_equal(answered[0], 6);
    assert_int_equal(answered[1], 42);
    assert_int_equal(answered[2], 0);
    assert_true(has_signalled(&client, TO_TX));
    trace_is(&client, 2, TO_RX, TO_TX);
    assert_int_equal(event_count(&client) + event_count(&server), 0);
    assert_int_equal(client.d.page->waits_for, 0);
}

static seL4_MessageInfo_t keep_to_oneself(sddf_channel ch, seL4_MessageInfo_t info)
{
    (void)ch;
    (void)info;
    asked[0] = sddf_get_mr(0);
    asked[1] = sddf_get_mr(1);
    sddf_set_mr(0, 71);
    sddf_set_mr(1, 72);
    sddf_set_mr(2, 73);
    return seL4_MessageInfo_new(0, 0, 0, 1);
}

static void call_with_one_word(unsigned channel)
{
    (void)channel;
    sddf_set_mr(0, 61);
    sddf_set_mr(1, 62);
    (void)sddf_ppcall(CALLS, seL4_MessageInfo_new(5, 0, 0, 1));
    answered[0] = sddf_get_mr(0);
    answered[1] = sddf_get_mr(1);
}

/* What registers hold beyond a message is nobody else's: it may be of another's call. */
static void test_call_words(void **state)
{
    const struct channel_page *page = client.d.channels[CALLS].page;

    (void)state;
    run(&server);
    run(&client);
    on_protected = keep_to_oneself;
    client.on_notified = call_with_one_word;
    signal_to(&client, TO_RX);
    wake(&client);
    wake(&server);
    wake(&client);
    assert_int_equal(asked[0], 61);
    assert_int_equal(asked[1], 0);
    assert_int_equal(answered[0], 71);
    assert_int_equal(answered[1], 62);
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(page->call[side].mrs[1], 0);
    }
}

static void defer_other(unsigned channel)
{
    (void)channel;
    sddf_deferred_notify(0);
}

/* Pending signals come before a pending call, and what they deferred is done before it. */
static void test_call_after_signals(void **state)
{
    (void)state;
    run(&server);
    run(&client);
    on_protected = add_up;
    client.on_notified = call_server;
    signal_to(&client, TO_RX);
    wake(&client);
    server.on_notified = defer_other;
    signal_to(&server, 0);
    wake(&server);
    trace_is(&server, 2, 0, 100 + 2);
    assert_true(has_signalled(&server, 0));
    assert_true(has_signalled(&server, 1));
    assert_int_equal(event_count(&server), 0);
}

static int died_of(void (*what)(void))
{
    int status;

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGILL, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        what();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void wake_server(void)
{
    wake(&server);
}

/* An image without protected() does not survive a call, as on Microkit. */
static void test_call_unanswerable(void **state)
{
    (void)state;
    server.d.entry.protected = NULL;
    run(&server);
    run(&client);
    client.on_notified = call_server;
    signal_to(&client, TO_RX);
    wake(&client);
    int signal_number = died_of(wake_server);
    assert_true(signal_number == SIGILL || signal_number == SIGTRAP);
}

/* -- registers -- */

static uint64_t regs;
static uint32_t got;

static void read_register(unsigned channel)
{
    (void)channel;
    got = mmio_read32((void *)(uintptr_t)regs, 0x24);
}

static void test_registers(void **state)
{
    struct mmio_ring *mmio = driver.d.mmio;
    struct mmio_entry e;

    (void)state;
    regs = p.plan->devices[0].registers[0].vaddr;
    run(&driver);
    domain_current = &driver.d;
    mmio_write32((void *)(uintptr_t)regs, 8, 0x11223344);
    assert_int_equal(stray_rings, 0); /* the device is awake */
    atomic_store(&mmio->device_sleeps, 1);
    sddfsim_mmio_write((void *)(uintptr_t)(regs + 0xfffe), 2, 7);
    assert_int_equal(stray_rings, 1);
    assert_int_equal(last_ring, planned_pd(&p, "eth0"));
    assert_int_equal(atomic_load(&mmio->device_sleeps), 0);
    sddfsim_mmio_write((void *)(uintptr_t)(regs + 3), 1, 9);
    assert_int_equal(stray_rings, 1); /* rung once */
    assert_true(mmio_next(mmio, &e));
    assert_int_equal(e.offset, 8);
    assert_int_equal(e.bytes, 4);
    assert_int_equal(e.kind, MMIO_WRITE);
    assert_int_equal(e.value, 0x11223344);
    assert_true(mmio_next(mmio, &e));
    assert_int_equal(e.offset, 0xfffe);
    assert_int_equal(e.bytes, 2);
    assert_int_equal(e.value, 7);
    assert_true(mmio_next(mmio, &e));
    assert_int_equal(e.bytes, 1);
    assert_false(mmio_next(mmio, &e));

    for (uint32_t i = 1; i < 3; i++) { /* each read has a number of its own */
        driver.on_notified = read_register;
        signal_to(&driver, FROM_RX);
        got = 0;
        wake(&driver);
        assert_true(mmio_next(mmio, &e));
        assert_int_equal(e.kind, MMIO_READ);
        assert_int_equal(e.offset, 0x24);
        assert_int_equal(e.number, i);
        wake(&driver); /* for nothing: the answer is still the last one's */
        assert_int_equal(got, 0);
        assert_int_equal(atomic_load(&mmio->driver_waits), 1);
        mmio->answer = 0xabc0 + i;
        atomic_store(&mmio->answered, e.number + 1u);
        wake(&driver);
        assert_int_equal(got, 0xabc0 + i);
        assert_int_equal(atomic_load(&mmio->driver_waits), 0);
    }
}

static void write_many(unsigned channel)
{
    (void)channel;
    for (uint32_t i = 0; i < MMIO_ENTRIES + 5; i++) {
        mmio_write32((void *)(uintptr_t)regs, 0, i);
    }
    got = 1;
}

static void test_registers_full(void **state)
{
    struct mmio_ring *mmio = driver.d.mmio;
    struct mmio_entry e;

    (void)state;
    regs = p.plan->devices[0].registers[0].vaddr;
    run(&driver);
    got = 0;
    driver.on_notified = write_many;
    signal_to(&driver, FROM_RX);
    wake(&driver);
    assert_int_equal(got, 0);
    assert_int_equal(atomic_load(&mmio->driver_waits), 1);
    assert_int_equal(stray_rings, 1); /* it asks the device for room */
    for (uint32_t i = 0; i < MMIO_ENTRIES + 5; i++) {
        if (i == MMIO_ENTRIES) {
            wake(&driver);
            assert_int_equal(got, 1);
        }
        assert_true(mmio_next(mmio, &e));
        assert_int_equal(e.value, i); /* in order, and none lost */
    }
    assert_false(mmio_next(mmio, &e));
}

static void write_below(void)
{
    domain_current = &driver.d;
    sddfsim_mmio_write((void *)(uintptr_t)(regs - 4), 4, 1);
}

static void write_above(void)
{
    domain_current = &driver.d;
    sddfsim_mmio_write((void *)(uintptr_t)(regs + 0x10000), 4, 1);
}

static void read_by_another(void)
{
    domain_current = &client.d;
    (void)sddfsim_mmio_read((void *)(uintptr_t)regs, 4);
}

static void test_registers_of_others(void **state)
{
    (void)state;
    regs = p.plan->devices[0].registers[0].vaddr;
    run(&driver);
    assert_int_not_equal(died_of(write_below), 0);
    assert_int_not_equal(died_of(write_above), 0);
    assert_int_not_equal(died_of(read_by_another), 0);
}

/* -- the rest of what an image may ask -- */

static void test_names(void **state)
{
    (void)state;
    domain_current = &client.d;
    char *name = sddf_get_pd_name();
    assert_string_equal(name, "client0");
    domain_current = &driver.d;
    assert_string_equal(sddf_get_pd_name(), "net0_driver");
    assert_string_equal(name, "client0"); /* a domain keeps its name while others ask for theirs */
}

/* What can be done without end neither fills the log nor pushes out what else there is to tell. */
static void test_complaints_end(void **state)
{
    (void)state;
    run(&client);
    domain_current = &client.d;
    for (unsigned i = 0; i < 10000; i++) {
        client.log_bytes = 0;
        sddf_notify(50);
    }
    assert_in_range(event_count(&client), 1, PAGE_EVENTS_MAX / 2);
    assert_int_equal(event(&client, 0)->kind, PROBE_CHANNEL_UNKNOWN);
    sddf_notify(TO_RX); /* and what it may do it still may */
    assert_true(has_signalled(&client, TO_RX));
}

/* A fault that acts all the time is counted, and told of once. */
static void test_acts_are_counted(void **state)
{
    (void)state;
    now_ns = 7000;
    for (uint64_t i = 0; i < 1000; i++) {
        client.d.faults.acted(&client.d, 2, 5 + i, 6);
    }
    client.d.faults.acted(&client.d, PAGE_FAULTS_MAX, 8, 9); /* one too many to be counted */
    assert_int_equal(client.d.page->acted[2].count, 1000);
    assert_int_equal(client.d.page->acted[2].first.a, 5);
    assert_int_equal(client.d.page->acted[2].first.b, 6);
    assert_int_equal(event_count(&client), 1);
    assert_int_equal(event(&client, 0)->kind, PROBE_FAULT_ACTED);
    assert_int_equal(event(&client, 0)->object, PAGE_FAULTS_MAX);
}

static void test_events_kept(void **state)
{
    (void)state;
    run(&client);
    domain_current = &client.d;
    now_ns = 7000;
    atomic_store(&client.d.page->order_go_ns, 6900);
    for (unsigned i = 0; i < PAGE_EVENTS_MAX + 10; i++) {
        domain_event(&client.d, &(struct probe){.a = 200 + i, .told = TOLD_BY_PD});
    }
    assert_int_equal(event_count(&client), PAGE_EVENTS_MAX + 10);
    assert_int_equal(event(&client, 0)->a, 200 + PAGE_EVENTS_MAX + 9);
    assert_int_equal(event(&client, PAGE_EVENTS_MAX - 1)->a, 210);
    assert_int_equal(event(&client, 0)->time_ns, 100);
    assert_int_equal(event(&client, 0)->told, TOLD_BY_PD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_begin_and_end),
        TEST(test_ascending),
        TEST(test_meanwhile),
        TEST(test_notify),
        TEST(test_unknown_channels),
        TEST(test_deferred),
        TEST(test_deferred_in_init),
        TEST(test_deferred_replaced),
        TEST(test_deferred_kinds),
        TEST(test_irq),
        TEST(test_irq_early),
        TEST(test_irq_deferred),
        TEST(test_timer),
        TEST(test_call),
        TEST(test_call_words),
        TEST(test_call_after_signals),
        TEST(test_call_unanswerable),
        TEST(test_registers),
        TEST(test_registers_full),
        TEST(test_registers_of_others),
        TEST(test_names),
        TEST(test_complaints_end),
        TEST(test_acts_are_counted),
        TEST(test_events_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
