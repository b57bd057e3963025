/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial queue against a plain model, at the wrap of its 32-bit indices, with a peer that adds
 * bytes in the middle of a transfer, and with one that lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sddf/serial/queue.h>

enum { CAPACITY = 16 };

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, function, assertion);
    abort();
}

/* A queue whose indices stand at `at`, its data exactly as large as it must be. */
static serial_queue_handle_t queue_create(uint32_t at)
{
    serial_queue_t *queue = calloc(1, sizeof(*queue));
    serial_queue_handle_t h;

    assert_non_null(queue);
    queue->tail = at;
    queue->head = at;
    serial_queue_init(&h, queue, CAPACITY, calloc(1, CAPACITY));
    assert_non_null(h.data_region);
    return h;
}

static void queue_destroy(serial_queue_handle_t *h)
{
    free(h->queue);
    free(h->data_region);
}

static void put(serial_queue_handle_t *h, const char *text)
{
    assert_int_equal(serial_enqueue_batch(h, (uint32_t)strlen(text), text), strlen(text));
}

static void expect(serial_queue_handle_t *h, const char *text)
{
    char byte;

    for (; *text != '\0'; text++) {
        assert_int_equal(serial_dequeue(h, &byte), 0);
        assert_int_equal(byte, *text);
    }
    assert_int_equal(serial_dequeue(h, &byte), -1);
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    for (uint32_t start = 0; start < 2 * CAPACITY; start++) {
        uint32_t at = start - CAPACITY; /* the 32-bit wrap is in the middle */
        serial_queue_handle_t h = queue_create(at);

        assert_true(serial_queue_empty(&h, at));
        for (uint32_t i = 0; i < CAPACITY; i++) {
            assert_false(serial_queue_full(&h, at + i));
            assert_int_equal(serial_queue_length_producer(&h), i);
            assert_int_equal(serial_queue_free(&h), CAPACITY - i);
            assert_int_equal(serial_enqueue(&h, (char)('a' + i)), 0);
        }
        assert_true(serial_queue_full(&h, at + CAPACITY));
        assert_int_equal(serial_enqueue(&h, 'z'), -1);
        assert_int_equal(serial_queue_length_consumer(&h), CAPACITY);
        assert_false(serial_queue_empty(&h, at));
        expect(&h, "abcdefghijklmnop");
        queue_destroy(&h);
    }
}

/* Local indices move without the peer seeing it, until they are published. */
static void test_local_indices(void **state)
{
    serial_queue_handle_t h = queue_create(0xfffffffe);
    uint32_t tail = 0xfffffffe;
    uint32_t head = 0xfffffffe;
    char byte;

    (void)state;
    for (int i = 0; i < CAPACITY; i++) {
        assert_int_equal(serial_enqueue_local(&h, &tail, (char)('a' + i)), 0);
    }
    assert_int_equal(serial_enqueue_local(&h, &tail, 'z'), -1);
    assert_int_equal(tail, CAPACITY - 2);
    assert_true(serial_queue_empty(&h, head));
    assert_int_equal(serial_dequeue_local(&h, &head, &byte), -1);
    serial_update_shared_tail(&h, tail);
    for (int i = 0; i < CAPACITY; i++) {
        assert_int_equal(serial_dequeue_local(&h, &head, &byte), 0);
        assert_int_equal(byte, 'a' + i);
    }
    assert_int_equal(serial_dequeue_local(&h, &head, &byte), -1);
    assert_true(serial_queue_full(&h, tail));
    serial_update_shared_head(&h, head);
    assert_int_equal(serial_queue_free(&h), CAPACITY);
    queue_destroy(&h);
}

static void test_batches_and_pieces(void **state)
{
    serial_queue_handle_t h = queue_create(12);

    (void)state;
    assert_int_equal(serial_queue_contiguous_free(&h), 4);
    assert_int_equal(serial_queue_contiguous_length(&h), 0);
    assert_int_equal(serial_enqueue_batch(&h, 6, "abcdef"), 6);
    assert_int_equal(serial_queue_contiguous_length(&h), 4);
    assert_int_equal(serial_queue_contiguous_free(&h), 10);
    assert_memory_equal(h.data_region, "ef", 2);
    assert_memory_equal(h.data_region + 12, "abcd", 4);
    assert_int_equal(serial_enqueue_batch(&h, 20, "ghijklmnopqrstuvwxyz"), 10);
    assert_int_equal(serial_enqueue_batch(&h, 1, "!"), 0);
    assert_int_equal(serial_queue_contiguous_free(&h), 0);
    expect(&h, "abcdefghijklmnop");
    queue_destroy(&h);
}

static void test_transfer_all(void **state)
{
    (void)state;
    for (uint32_t from = 0; from < CAPACITY; from++) {
        for (uint32_t to = 0; to < CAPACITY; to++) {
            serial_queue_handle_t active = queue_create(from);
            serial_queue_handle_t free_h = queue_create(to - 8);

            put(&active, "0123456");
            serial_transfer_all(&free_h, &active);
            assert_int_equal(serial_queue_length_consumer(&active), 0);
            put(&active, "789");
            serial_transfer_all_colour(&free_h, &active, "<<", 2, ">", 1);
            expect(&free_h, "0123456<<789>");
            expect(&active, "");
            queue_destroy(&active);
            queue_destroy(&free_h);
        }
    }
}

/* The producer runs on while its bytes are moved: what it adds was not counted and must stay. */
static serial_queue_handle_t *busy_producer;

static void add_a_byte(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)units;
    if (op == POINT_ENQUEUE && where != busy_producer->queue) {
        sddfsim_point_hook = NULL;
        assert_int_equal(serial_enqueue(busy_producer, '!'), 0);
    }
}

static void test_transfer_leaves_what_comes_late(void **state)
{
    serial_queue_handle_t active = queue_create(3);
    serial_queue_handle_t free_h = queue_create(9);

    (void)state;
    put(&active, "abc");
    busy_producer = &active;
    sddfsim_point_hook = add_a_byte;
    serial_transfer_all(&free_h, &active);
    assert_null(sddfsim_point_hook);
    expect(&free_h, "abc");
    expect(&active, "!");
    queue_destroy(&active);
    queue_destroy(&free_h);
}

/* What does not fit stays; decoration that does not fit means nothing is moved. */
static void test_transfer_without_room(void **state)
{
    serial_queue_handle_t active = queue_create(0);
    serial_queue_handle_t free_h = queue_create(0);

    (void)state;
    put(&free_h, "0123456789abcd");
    put(&active, "xyz");
    serial_transfer_all_colour(&free_h, &active, "<<", 2, ">", 1);
    assert_int_equal(serial_queue_length_consumer(&free_h), 14);
    assert_int_equal(serial_queue_length_consumer(&active), 3);
    serial_transfer_all(&free_h, &active);
    expect(&free_h, "0123456789abcdxy");
    expect(&active, "z");
    queue_destroy(&active);
    queue_destroy(&free_h);
}

/* Every pair of indices a peer can write: lengths stay within the capacity, accesses within the
 * data. */
static void test_lying_peer(void **state)
{
    static const uint32_t claims[] = {0, 1, 15, 16, 17, 31, 0x7fffffff, 0x80000000, 0xffffffff};
    serial_queue_handle_t h = queue_create(0);
    serial_queue_handle_t other = queue_create(0);
    char byte;

    (void)state;
    for (size_t t = 0; t < ARRAY_SIZE(claims); t++) {
        for (size_t hd = 0; hd < ARRAY_SIZE(claims); hd++) {
            h.queue->tail = claims[t];
            h.queue->head = claims[hd];
            assert_true(serial_queue_length_consumer(&h) <= CAPACITY);
            assert_true(serial_queue_length_producer(&h) <= CAPACITY);
            assert_true(serial_queue_free(&h) <= CAPACITY);
            assert_true(serial_queue_contiguous_length(&h) <= CAPACITY);
            assert_true(serial_queue_contiguous_free(&h) <= serial_queue_free(&h));
            serial_enqueue(&h, 'a');
            serial_dequeue(&h, &byte);
            assert_true(serial_enqueue_batch(&h, 40, "0123456789012345678901234567890123456789") <=
                        CAPACITY);
            other.queue->head = other.queue->tail;
            serial_transfer_all_colour(&other, &h, "<", 1, ">", 1);
            serial_transfer_all(&h, &other);
        }
    }
    queue_destroy(&h);
    queue_destroy(&other);
}

/* The source's peer claims more than its queue can hold, and the destination would have the room.
 */
static void test_transfer_of_too_much(void **state)
{
    serial_queue_handle_t active = queue_create(0);
    serial_queue_handle_t large = queue_create(0);

    (void)state;
    free(large.data_region);
    serial_queue_init(&large, large.queue, 8 * CAPACITY, calloc(8, CAPACITY));
    assert_non_null(large.data_region);
    active.queue->tail = 3 * CAPACITY;
    serial_transfer_all(&large, &active);
    assert_int_equal(serial_queue_length_consumer(&large), CAPACITY);
    assert_int_equal(active.queue->head, CAPACITY);
    queue_destroy(&active);
    queue_destroy(&large);
}

/* A head that claims to be ahead of the tail leaves no room. */
static void test_lying_head(void **state)
{
    serial_queue_handle_t h = queue_create(5);

    (void)state;
    h.queue->head = 6;
    assert_true(serial_queue_full(&h, 5));
    assert_int_equal(serial_enqueue(&h, 'a'), -1);
    assert_int_equal(serial_queue_free(&h), 0);
    queue_destroy(&h);
}

static void test_flag(void **state)
{
    serial_queue_handle_t h = queue_create(0);

    (void)state;
    assert_true(serial_require_consumer_signal(&h));
    serial_cancel_consumer_signal(&h);
    assert_int_equal(h.queue->producer_signalled, 1);
    assert_false(serial_require_consumer_signal(&h));
    serial_request_consumer_signal(&h);
    assert_int_equal(h.queue->producer_signalled, 0);
    assert_true(serial_require_consumer_signal(&h));
    queue_destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_local_indices),
        cmocka_unit_test(test_batches_and_pieces),
        cmocka_unit_test(test_transfer_all),
        cmocka_unit_test(test_transfer_leaves_what_comes_late),
        cmocka_unit_test(test_transfer_without_room),
        cmocka_unit_test(test_lying_peer),
        cmocka_unit_test(test_transfer_of_too_much),
        cmocka_unit_test(test_lying_head),
        cmocka_unit_test(test_flag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
