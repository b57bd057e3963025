/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network queue: what each call does to the shared words and to nothing else, at every position
 * of the 16-bit indices, with an honest peer and with one that lies, and across two threads.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <sddf/network/queue.h>

enum { POSITIONS = 65536, PATIENCE_S = 120 };

static const uint32_t capacities[] = {1, 2, 512, 32768};

/* What the point hook was told last, how often, and what the queue's indices were at that time. */
static struct {
    unsigned calls;
    enum point_op op;
    const volatile void *where;
    uint64_t units;
    uint16_t tail, head;
    uint32_t flag;
} seen;

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

static jmp_buf assert_return;

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    (void)assertion;
    (void)file;
    (void)line;
    (void)function;
    longjmp(assert_return, 1);
}

/* Whether `act` runs into an assert. */
static __attribute__((noinline)) bool asserts(void (*act)(void *), void *arg)
{
    if (setjmp(assert_return) != 0) {
        return true;
    }
    act(arg);
    return false;
}

static void init_with_capacity(void *arg)
{
    net_queue_handle_t h;

    net_queue_init(&h, NULL, NULL, *(uint32_t *)arg);
}

static void init_buffers(void *arg)
{
    net_buffers_init(arg, 0);
}

static void record_point(enum point_op op, const volatile void *where, uint64_t units)
{
    const volatile net_queue_t *queue = where;

    seen.calls++;
    seen.op = op;
    seen.where = where;
    seen.units = units;
    seen.tail = queue->tail;
    seen.head = queue->head;
    seen.flag = queue->consumer_signalled;
}

/* A pair of zeroed queues of exactly the size they need, so that a sanitizer sees a step outside.
 */
static net_queue_handle_t queues_create(uint32_t capacity)
{
    size_t bytes = sizeof(net_queue_t) + capacity * sizeof(net_buff_desc_t);
    net_queue_handle_t h;

    net_queue_init(&h, calloc(1, bytes), calloc(1, bytes), capacity);
    assert_non_null(h.free);
    assert_non_null(h.active);
    return h;
}

static void queues_destroy(net_queue_handle_t *h)
{
    free(h->free);
    free(h->active);
}

static net_buff_desc_t desc(uint64_t number)
{
    return (net_buff_desc_t){
        .io_or_offset = number * 0x100000001u, .len = (uint16_t)number, .oid = number & 0x3f};
}

static void assert_desc(const net_buff_desc_t *buffer, uint64_t number)
{
    assert_true(buffer->io_or_offset == number * 0x100000001u);
    assert_int_equal(buffer->len, (uint16_t)number);
    assert_int_equal(buffer->oid, number & 0x3f);
}

static void test_init_fills_only_the_handle(void **state)
{
    net_queue_t queues[2];
    net_queue_t before[2];
    net_queue_handle_t h;

    (void)state;
    memset(queues, 0xa5, sizeof(queues));
    memcpy(before, queues, sizeof(queues));
    net_queue_init(&h, &queues[0], &queues[1], 512);
    assert_ptr_equal(h.free, &queues[0]);
    assert_ptr_equal(h.active, &queues[1]);
    assert_int_equal(h.capacity, 512);
    assert_memory_equal(queues, before, sizeof(queues));
}

static void test_init_refuses_odd_capacities(void **state)
{
    static uint32_t wrong[] = {3, 511, 513, 32767, 32769, 65536, 0x80000000u};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_true(asserts(init_with_capacity, &wrong[i]));
    }
    for (uint32_t capacity = 1; capacity <= NET_QUEUE_MAX_CAPACITY; capacity *= 2) {
        assert_false(asserts(init_with_capacity, &capacity));
    }
}

/* A direction that is not used has no slots: nothing goes in, and nothing comes out of it either.
 */
static void test_no_capacity(void **state)
{
    net_queue_handle_t h = queues_create(0);
    net_buff_desc_t buffer = {0};

    (void)state;
    assert_true(net_queue_full_free(&h));
    assert_true(net_queue_empty_free(&h));
    assert_int_equal(net_enqueue_free(&h, desc(1)), -1);
    h.free->tail = 5;
    assert_int_equal(net_dequeue_free(&h, &buffer), -1);
    queues_destroy(&h);
}

/* The two queues of a handle are not mixed up, and only the index of the caller's side moves. */
static void test_sides(void **state)
{
    net_queue_handle_t h = queues_create(4);
    net_buff_desc_t buffer = {0};

    (void)state;
    assert_int_equal(net_enqueue_free(&h, desc(7)), 0);
    assert_int_equal(h.free->tail, 1);
    assert_int_equal(h.free->head, 0);
    assert_int_equal(h.active->tail, 0);
    assert_false(net_queue_empty_free(&h));
    assert_true(net_queue_empty_active(&h));
    assert_int_equal(net_dequeue_active(&h, &buffer), -1);
    assert_int_equal(net_dequeue_free(&h, &buffer), 0);
    assert_desc(&buffer, 7);
    assert_int_equal(h.free->tail, 1);
    assert_int_equal(h.free->head, 1);

    assert_int_equal(net_enqueue_active(&h, desc(8)), 0);
    assert_int_equal(h.active->tail, 1);
    assert_int_equal(h.active->head, 0);
    assert_true(net_queue_empty_free(&h));
    assert_false(net_queue_empty_active(&h));
    assert_int_equal(net_dequeue_free(&h, &buffer), -1);
    assert_int_equal(net_dequeue_active(&h, &buffer), 0);
    assert_desc(&buffer, 8);
    assert_int_equal(h.active->head, 1);
    queues_destroy(&h);
}

static void test_full_and_empty(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_SIZE(capacities); c++) {
        net_queue_handle_t h = queues_create(capacities[c]);
        net_buff_desc_t buffer = {0};

        for (uint32_t i = 0; i < capacities[c]; i++) {
            assert_false(net_queue_full_active(&h));
            assert_int_equal(net_queue_length(h.active), i);
            assert_int_equal(net_enqueue_active(&h, desc(i)), 0);
        }
        assert_true(net_queue_full_active(&h));
        assert_false(net_queue_full_free(&h));
        assert_int_equal(net_enqueue_active(&h, desc(99)), -1);
        assert_int_equal(h.active->tail, capacities[c]);
        for (uint32_t i = 0; i < capacities[c]; i++) {
            assert_false(net_queue_empty_active(&h));
            assert_int_equal(net_dequeue_active(&h, &buffer), 0);
            assert_desc(&buffer, i);
        }
        assert_true(net_queue_empty_active(&h));
        memset(&buffer, 0x5a, sizeof(buffer));
        assert_int_equal(net_dequeue_active(&h, &buffer), -1);
        assert_true(buffer.io_or_offset == 0x5a5a5a5a5a5a5a5aull);
        assert_int_equal(buffer.len, 0x5a5a);
        queues_destroy(&h);
    }
}

/* One position: empty, one short of full, full, and the one slot between. */
static void check_position(net_queue_handle_t *h, uint16_t at)
{
    uint16_t last = (uint16_t)(at + h->capacity - 1);
    net_buff_desc_t buffer = {0};

    h->free->tail = at;
    h->free->head = at;
    assert_int_equal(net_queue_length(h->free), 0);
    assert_true(net_queue_empty_free(h));
    assert_false(net_queue_full_free(h));
    assert_int_equal(net_dequeue_free(h, &buffer), -1);

    h->free->tail = last;
    assert_int_equal(net_queue_length(h->free), h->capacity - 1);
    assert_false(net_queue_full_free(h));
    assert_int_equal(net_enqueue_free(h, desc(at)), 0);
    assert_desc(&h->free->buffers[last % h->capacity], at);
    assert_int_equal(h->free->tail, (uint16_t)(last + 1));
    assert_int_equal(net_queue_length(h->free), h->capacity);
    assert_true(net_queue_full_free(h));
    assert_int_equal(net_enqueue_free(h, desc(0)), -1);

    h->free->buffers[at % h->capacity] = desc(at ^ 0x1111u);
    assert_int_equal(net_dequeue_free(h, &buffer), 0);
    assert_desc(&buffer, at ^ 0x1111u);
    assert_int_equal(h->free->head, (uint16_t)(at + 1));
    assert_false(net_queue_full_free(h));
}

static void test_every_position(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_SIZE(capacities); c++) {
        net_queue_handle_t h = queues_create(capacities[c]);

        for (uint32_t at = 0; at < POSITIONS; at++) {
            check_position(&h, (uint16_t)at);
        }
        queues_destroy(&h);
    }
}

/* Stream through the wrap three times at every fill level that the capacity and stride give. */
static void test_stream_across_the_wrap(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_SIZE(capacities); c++) {
        net_queue_handle_t h = queues_create(capacities[c]);
        uint64_t in = 0;
        uint64_t out = 0;
        net_buff_desc_t buffer = {0};

        while (out < 3 * POSITIONS) {
            while (net_enqueue_active(&h, desc(in)) == 0) {
                in++;
            }
            assert_int_equal(in - out, capacities[c]);
            for (uint32_t i = 0; i <= in % capacities[c]; i++) {
                assert_int_equal(net_dequeue_active(&h, &buffer), 0);
                assert_desc(&buffer, out++);
            }
        }
        queues_destroy(&h);
    }
}

static void test_buffers_init(void **state)
{
    const uintptr_t base = 0xfffff000;
    net_queue_handle_t h = queues_create(512);
    net_buff_desc_t buffer = {0};

    (void)state;
    memset(h.free->buffers, 0xff, 512 * sizeof(buffer));
    net_buffers_init(&h, base);
    assert_true(net_queue_full_free(&h));
    assert_true(net_queue_empty_active(&h));
    for (uint64_t i = 0; i < 512; i++) {
        assert_int_equal(net_dequeue_free(&h, &buffer), 0);
        assert_true(buffer.io_or_offset == base + i * NET_BUFFER_SIZE);
        assert_int_equal(buffer.len, 0);
        assert_int_equal(buffer.oid, 0);
    }
    assert_int_equal(net_enqueue_free(&h, desc(1)), 0);
    assert_true(asserts(init_buffers, &h));
    queues_destroy(&h);
}

static void test_flags(void **state)
{
    net_queue_handle_t h = queues_create(2);

    (void)state;
    /* Zeroed memory asks for a signal. */
    assert_true(net_require_signal_free(&h));
    assert_true(net_require_signal_active(&h));
    net_cancel_signal_free(&h);
    assert_int_equal(h.free->consumer_signalled, 1);
    assert_false(net_require_signal_free(&h));
    assert_true(net_require_signal_active(&h));
    net_cancel_signal_active(&h);
    net_request_signal_free(&h);
    assert_int_equal(h.free->consumer_signalled, 0);
    assert_int_equal(h.active->consumer_signalled, 1);
    assert_true(net_require_signal_free(&h));
    assert_false(net_require_signal_active(&h));
    net_request_signal_active(&h);
    assert_true(net_require_signal_active(&h));
    /* Whatever a peer writes that is not 0 means: no signal. */
    h.active->consumer_signalled = 0x80000000u;
    assert_false(net_require_signal_active(&h));
    assert_int_equal(h.active->tail, 0);
    assert_int_equal(h.active->head, 0);
    queues_destroy(&h);
}

/* A tail that claims too much: each take is one slot inside the queue, however long it goes on. */
static void test_lying_tail(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_SIZE(capacities); c++) {
        net_queue_handle_t h = queues_create(capacities[c]);
        net_buff_desc_t buffer = {0};

        for (uint32_t i = 0; i < capacities[c]; i++) {
            h.active->buffers[i] = desc(i);
        }
        h.active->head = 100;
        h.active->tail = 99;
        assert_int_equal(net_queue_length(h.active), 65535);
        assert_true(net_queue_full_active(&h));
        for (uint32_t i = 0; i < 65535; i++) {
            assert_int_equal(net_dequeue_active(&h, &buffer), 0);
            assert_desc(&buffer, (100 + i) % 65536 % capacities[c]);
        }
        assert_int_equal(net_dequeue_active(&h, &buffer), -1);
        queues_destroy(&h);
    }
}

/* A head that claims to be ahead of the tail: there is no room, so nothing is overwritten. */
static void test_lying_head(void **state)
{
    net_queue_handle_t h = queues_create(512);

    (void)state;
    h.free->tail = 10;
    h.free->head = 11;
    assert_true(net_queue_full_free(&h));
    assert_int_equal(net_enqueue_free(&h, desc(1)), -1);
    assert_int_equal(h.free->tail, 10);
    h.free->head = (uint16_t)(10 - 513);
    assert_int_equal(net_enqueue_free(&h, desc(1)), -1);
    h.free->head = (uint16_t)(10 - 511);
    assert_int_equal(net_enqueue_free(&h, desc(1)), 0);
    queues_destroy(&h);
}

/* Bits that no field owns neither leave the producer nor reach the consumer. */
static void test_unused_bits(void **state)
{
    net_queue_handle_t h = queues_create(1);
    net_buff_desc_t buffer = {0};
    uint8_t *slot = (uint8_t *)h.active->buffers;

    (void)state;
    memset(&buffer, 0xff, sizeof(buffer));
    buffer.oid = 5;
    assert_int_equal(net_enqueue_active(&h, buffer), 0);
    assert_int_equal(slot[9], 0xff);
    assert_int_equal(slot[10], 5);
    for (int i = 11; i < 16; i++) {
        assert_int_equal(slot[i], 0);
    }
    memset(slot, 0xff, 16);
    memset(&buffer, 0, sizeof(buffer));
    assert_int_equal(net_dequeue_active(&h, &buffer), 0);
    assert_int_equal(buffer.oid, 0x3f);
    assert_int_equal(buffer.len, 0xffff);
    assert_int_equal(((uint8_t *)&buffer)[10], 0x3f);
    queues_destroy(&h);
}

/* The last call was told to the hook exactly once, as `op` on `queue`, while the queue was like
 * this. */
static void check_point(enum point_op op, net_queue_t *queue, unsigned tail, unsigned head,
                        unsigned flag)
{
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.op, op);
    assert_ptr_equal(seen.where, queue);
    assert_int_equal(seen.units, 1);
    assert_int_equal(seen.tail, tail);
    assert_int_equal(seen.head, head);
    assert_int_equal(seen.flag, flag);
    seen.calls = 0;
}

static void check_points_of(net_queue_t *queue, net_queue_handle_t *h,
                            int (*enqueue)(net_queue_handle_t *, net_buff_desc_t),
                            int (*dequeue)(net_queue_handle_t *, net_buff_desc_t *),
                            void (*request)(net_queue_handle_t *),
                            void (*cancel)(net_queue_handle_t *),
                            bool (*require)(net_queue_handle_t *))
{
    net_buff_desc_t buffer = {0};

    enqueue(h, desc(1));
    check_point(POINT_ENQUEUE, queue, 0, 0, 0);
    cancel(h);
    check_point(POINT_CANCEL, queue, 1, 0, 0);
    require(h);
    check_point(POINT_REQUIRE, queue, 1, 0, 1);
    dequeue(h, &buffer);
    check_point(POINT_DEQUEUE, queue, 1, 0, 1);
    request(h);
    check_point(POINT_REQUEST, queue, 1, 1, 1);
}

static void test_points(void **state)
{
    net_queue_handle_t h = queues_create(2);

    (void)state;
    memset(&seen, 0, sizeof(seen));
    sddfsim_point_hook = record_point;
    check_points_of(h.free, &h, net_enqueue_free, net_dequeue_free, net_request_signal_free,
                    net_cancel_signal_free, net_require_signal_free);
    check_points_of(h.active, &h, net_enqueue_active, net_dequeue_active, net_request_signal_active,
                    net_cancel_signal_active, net_require_signal_active);
    sddfsim_point_hook = NULL;
    queues_destroy(&h);
}

/* Two threads and the whole protocol: every buffer goes round many times, none lost or changed. */
enum { ROUND_CAPACITY = 64, ROUND_PACKETS = 2000000 };

struct rounds {
    net_queue_handle_t h;
    uint64_t packets[ROUND_CAPACITY]; /* what the buffers hold; plain memory, as packets are */
    uint64_t wrong;
    uint64_t slept;
    uint32_t doorbell;
};

static void *round_consume(void *arg)
{
    struct rounds *r = arg;
    uint64_t expected = 0;
    net_buff_desc_t buffer = {0};

    while (expected < ROUND_PACKETS) {
        while (net_dequeue_active(&r->h, &buffer) == 0) {
            r->wrong += r->packets[buffer.io_or_offset / NET_BUFFER_SIZE] != expected;
            r->wrong += buffer.len != (uint16_t)expected;
            expected++;
            r->wrong += net_enqueue_free(&r->h, buffer) != 0;
        }
        net_request_signal_active(&r->h);
        if (!net_queue_empty_active(&r->h) || expected >= ROUND_PACKETS) {
            net_cancel_signal_active(&r->h);
            continue;
        }
        /* Wait as a PD does: only a signal wakes it, so a missed one hangs the test. */
        r->slept++;
        while (__atomic_exchange_n(&r->doorbell, 0, __ATOMIC_SEQ_CST) == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void round_produce(struct rounds *r)
{
    uint64_t sent = 0;
    net_buff_desc_t buffer = {0};

    while (sent < ROUND_PACKETS) {
        while (sent < ROUND_PACKETS && net_dequeue_free(&r->h, &buffer) == 0) {
            r->packets[buffer.io_or_offset / NET_BUFFER_SIZE] = sent;
            buffer.len = (uint16_t)sent;
            assert_int_equal(net_enqueue_active(&r->h, buffer), 0);
            sent++;
        }
        if (net_require_signal_active(&r->h)) {
            net_cancel_signal_active(&r->h);
            __atomic_store_n(&r->doorbell, 1, __ATOMIC_SEQ_CST);
        }
        if (net_queue_empty_free(&r->h)) {
            sched_yield();
        }
    }
}

static void test_two_threads(void **state)
{
    struct rounds *r = calloc(1, sizeof(*r));
    pthread_t consumer;

    (void)state;
    assert_non_null(r);
    r->h = queues_create(ROUND_CAPACITY);
    net_buffers_init(&r->h, 0);
    assert_int_equal(pthread_create(&consumer, NULL, round_consume, r), 0);
    round_produce(r);
    assert_int_equal(pthread_join(consumer, NULL), 0);
    assert_int_equal(r->wrong, 0);
    assert_true(net_queue_full_free(&r->h));
    printf("%d packets, the consumer waited %llu times\n", ROUND_PACKETS,
           (unsigned long long)r->slept);
    queues_destroy(&r->h);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_fills_only_the_handle),
        cmocka_unit_test(test_init_refuses_odd_capacities),
        cmocka_unit_test(test_no_capacity),
        cmocka_unit_test(test_sides),
        cmocka_unit_test(test_full_and_empty),
        cmocka_unit_test(test_every_position),
        cmocka_unit_test(test_stream_across_the_wrap),
        cmocka_unit_test(test_buffers_init),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_lying_tail),
        cmocka_unit_test(test_lying_head),
        cmocka_unit_test(test_unused_bits),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_two_threads),
    };

    /* A lost signal or a queue that is never full shows as a test that never ends. */
    alarm(PATIENCE_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
