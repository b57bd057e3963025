/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Can a hand-over be missed? A consumer that found its queue empty asks for a signal and looks once
 * more, while on another core a producer enqueues and looks whether a signal is wanted. If each
 * could look before its own store is visible to the other, neither would act and both would sleep
 * for ever. Two threads on two cores play that moment millions of times with the inline functions
 * that components use, and never sleep.
 *
 * There are many queues, so that the threads need not meet at each: they meet once per sheet of
 * queues, run down it side by side, and look a few queues ahead, so that both caches hold a line
 * before either writes to it. That is the state in which a core can run ahead of its own stores.
 *
 * The same game with a fence left out is played too, to show that a loss would be seen. Whether a
 * machine shows it is the machine's own affair, so that is printed and not required.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include <sddf/network/queue.h>

enum {
    CAPACITY = 2,
    SHEET_QUEUES = 2000,
    AHEAD_QUEUES = 6,
    HANDOVERS = 10000000,
    TEETH = 100, /* losses that show enough */
    SKIPPED = 77,
};

/* The header and its descriptors share one cache line, and no line has two queues. */
struct line {
    _Alignas(128) unsigned char queue[sizeof(net_queue_t) + CAPACITY * sizeof(net_buff_desc_t)];
};

/* How the two sides order their store before their look. */
enum play { PLAY_REAL, PLAY_BARE_REQUEST, PLAY_BARE_REQUIRE, PLAY_BARE, PLAYS };

static const char *const play_names[PLAYS] = {
    "both fences",
    "no fence in request",
    "no fence in require",
    "no fence at all",
};

struct game {
    enum play play;
    unsigned sheets; /* at most */
    uint64_t enough; /* losses after which the game is over */
    bool over;       /* the consumer's word, read once both have met */
    unsigned played; /* sheets */
    uint64_t lost;   /* hand-overs that nobody noticed */
    uint64_t close;  /* that both noticed, at the last moment: the two sides did cross */
};

static struct line lines[SHEET_QUEUES];
static net_queue_handle_t handles[SHEET_QUEUES];

/* When a side noticed the other: the consumer may do so before it asks, the producer only after. */
enum notice { NOTICE_NEVER, NOTICE_EARLY, NOTICE_LATE };

/* Written by one side, read by the consumer once both have met. */
static _Alignas(128) uint8_t producer_noticed[SHEET_QUEUES];
static _Alignas(128) uint8_t consumer_noticed[SHEET_QUEUES];

static _Alignas(128) unsigned arrived;
static _Alignas(128) unsigned generation;
static int cpus[2];
static unsigned handovers = HANDOVERS;

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, function, assertion);
    abort();
}

/* Wait for the other thread. Spins, but lets others run when the other is not running at all. */
static void meet(void)
{
    unsigned mine = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);

    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == 2) {
        __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&generation, mine + 1, __ATOMIC_RELEASE);
        return;
    }
    for (unsigned spins = 1; __atomic_load_n(&generation, __ATOMIC_ACQUIRE) == mine; spins++) {
        if (spins % 20000 == 0) {
            sched_yield();
        }
    }
}

/* Hold the line of a queue that comes soon, as a core does that has looked at it before. */
static inline void look_ahead(unsigned i)
{
    (void)load_relaxed_32(&handles[(i + AHEAD_QUEUES) % SHEET_QUEUES].active->consumer_signalled);
}

static inline __attribute__((always_inline)) void request(enum play play, net_queue_handle_t *h)
{
    if (play == PLAY_BARE_REQUEST || play == PLAY_BARE) {
        store_relaxed_32(&h->active->consumer_signalled, 0);
        COMPILER_MEMORY_FENCE();
    } else {
        net_request_signal_active(h);
    }
}

static inline __attribute__((always_inline)) bool require(enum play play, net_queue_handle_t *h)
{
    if (play == PLAY_BARE_REQUIRE || play == PLAY_BARE) {
        COMPILER_MEMORY_FENCE();
        return load_relaxed_32(&h->active->consumer_signalled) == 0;
    }
    return net_require_signal_active(h);
}

/* `play` is a constant wherever this is called: no branch stands between a store and its look. */
static inline __attribute__((always_inline)) void produce_sheet(enum play play)
{
    net_buff_desc_t buffer = {.io_or_offset = NET_BUFFER_SIZE, .len = 64};

    for (unsigned i = 0; i < SHEET_QUEUES; i++) {
        look_ahead(i);
        if (net_enqueue_active(&handles[i], buffer) != 0) {
            abort();
        }
        producer_noticed[i] = require(play, &handles[i]) ? NOTICE_LATE : NOTICE_NEVER;
    }
}

static inline __attribute__((always_inline)) void consume_sheet(enum play play)
{
    net_buff_desc_t buffer;

    for (unsigned i = 0; i < SHEET_QUEUES; i++) {
        enum notice notice = NOTICE_NEVER;

        look_ahead(i);
        while (net_dequeue_active(&handles[i], &buffer) == 0) {
            notice = NOTICE_EARLY;
        }
        request(play, &handles[i]);
        if (!net_queue_empty_active(&handles[i])) {
            notice = NOTICE_LATE;
        }
        consumer_noticed[i] = notice;
    }
}

static void play_sheet(enum play play, bool producer)
{
    switch (play) {
    case PLAY_BARE_REQUEST:
        producer ? produce_sheet(PLAY_BARE_REQUEST) : consume_sheet(PLAY_BARE_REQUEST);
        break;
    case PLAY_BARE_REQUIRE:
        producer ? produce_sheet(PLAY_BARE_REQUIRE) : consume_sheet(PLAY_BARE_REQUIRE);
        break;
    case PLAY_BARE:
        producer ? produce_sheet(PLAY_BARE) : consume_sheet(PLAY_BARE);
        break;
    default:
        producer ? produce_sheet(PLAY_REAL) : consume_sheet(PLAY_REAL);
        break;
    }
}

/* For the consumer, between sheets: count, then leave every queue empty and no signal wanted. */
static void clear_sheet(struct game *game)
{
    net_buff_desc_t buffer;

    for (unsigned i = 0; i < SHEET_QUEUES; i++) {
        game->lost += producer_noticed[i] == NOTICE_NEVER && consumer_noticed[i] == NOTICE_NEVER;
        game->close += producer_noticed[i] == NOTICE_LATE && consumer_noticed[i] == NOTICE_LATE;
        while (net_dequeue_active(&handles[i], &buffer) == 0) {
        }
        net_cancel_signal_active(&handles[i]);
    }
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0) {
        perror("pthread_setaffinity_np");
        abort();
    }
}

static void *produce(void *arg)
{
    struct game *game = arg;

    pin(cpus[0]);
    for (meet(); !game->over; meet()) {
        play_sheet(game->play, true);
        meet();
    }
    return NULL;
}

static void *consume(void *arg)
{
    struct game *game = arg;

    pin(cpus[1]);
    for (meet(); !game->over; meet()) {
        play_sheet(game->play, false);
        meet();
        clear_sheet(game);
        game->over = ++game->played == game->sheets || game->lost >= game->enough;
    }
    return NULL;
}

static uint64_t count_lost(enum play play, unsigned count, uint64_t enough)
{
    struct game game = {.play = play, .sheets = MAX(count / SHEET_QUEUES, 1u), .enough = enough};
    struct timespec begin;
    struct timespec end;
    pthread_t threads[2];

    clock_gettime(CLOCK_MONOTONIC, &begin);
    assert_int_equal(pthread_create(&threads[0], NULL, produce, &game), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, consume, &game), 0);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(pthread_join(threads[1], NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%-20s %9u hand-overs, %7llu lost, %7llu close, %5.2f s\n", play_names[play],
           game.played * SHEET_QUEUES, (unsigned long long)game.lost,
           (unsigned long long)game.close,
           (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec));
    return game.lost;
}

static void test_real_loses_none(void **state)
{
    (void)state;
    assert_int_equal(count_lost(PLAY_REAL, handovers, UINT64_MAX), 0);
}

static void test_litmus_has_teeth(void **state)
{
    (void)state;
    for (enum play play = PLAY_BARE_REQUEST; play < PLAYS; play++) {
        if (count_lost(play, handovers / 2, TEETH) == 0) {
            printf("(this machine did not show the loss: %s)\n", play_names[play]);
        }
    }
}

/* The first two CPUs that this process may use. */
static bool find_cpus(void)
{
    cpu_set_t allowed;
    int found = 0;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        return false;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) {
            cpus[found++] = cpu;
        }
    }
    return found == 2;
}

/* test_litmus [HANDOVERS]: fewer, for a tool under which threads run slowly. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_loses_none),
        cmocka_unit_test(test_litmus_has_teeth),
    };

    if (!find_cpus()) {
        printf("skipped: needs two CPUs\n");
        return SKIPPED;
    }
    if (argc > 1) {
        handovers = (unsigned)strtoul(argv[1], NULL, 10);
    }
    for (unsigned i = 0; i < SHEET_QUEUES; i++) {
        net_queue_init(&handles[i], NULL, (net_queue_t *)lines[i].queue, CAPACITY);
        net_cancel_signal_active(&handles[i]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
