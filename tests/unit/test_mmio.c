/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The register ring between two threads: everything arrives once and in order, and whichever side
 * goes to sleep, or waits for room, is woken by the other. Both sides follow the protocol the
 * domains follow; a wake-up that is missed would leave both asleep, and a minute later the alarm
 * goes off.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/hw/mmio.h"

#define WRITES 1000000u

static struct mmio_ring ring;
static sem_t device_bell, driver_bell;
static unsigned device_slept, driver_waited;

static void test_order(void **state)
{
    struct mmio_entry e = {0};
    bool wake = true;

    (void)state;
    memset(&ring, 0, sizeof ring);
    assert_false(mmio_pending(&ring));
    assert_false(mmio_next(&ring, &e));
    for (uint32_t round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < MMIO_ENTRIES; i++) {
            assert_true(mmio_post(
                &ring, &(struct mmio_entry){.offset = i, .bytes = 4, .value = round}, &wake));
            assert_false(wake);
        }
        assert_false(mmio_post(&ring, &e, &wake));
        for (uint32_t i = 0; i < MMIO_ENTRIES; i++) {
            assert_true(mmio_pending(&ring));
            assert_true(mmio_next(&ring, &e));
            assert_int_equal(e.offset, i);
            assert_int_equal(e.bytes, 4);
            assert_int_equal(e.value, round);
        }
        assert_false(mmio_pending(&ring));
    }
    atomic_store(&ring.device_sleeps, 1);
    assert_true(mmio_post(&ring, &e, &wake));
    assert_true(wake);
    assert_int_equal(atomic_load(&ring.device_sleeps), 1); /* whoever rings clears it */
}

/* Indices run through 2^32. */
static void test_wrap(void **state)
{
    struct mmio_entry e;
    bool wake;

    (void)state;
    memset(&ring, 0, sizeof ring);
    atomic_store(&ring.head, UINT32_MAX - 2);
    atomic_store(&ring.tail, UINT32_MAX - 2);
    for (uint32_t i = 0; i < MMIO_ENTRIES; i++) {
        assert_true(mmio_post(&ring, &(struct mmio_entry){.value = i}, &wake));
    }
    assert_false(mmio_post(&ring, &(struct mmio_entry){0}, &wake));
    for (uint32_t i = 0; i < MMIO_ENTRIES; i++) {
        assert_true(mmio_next(&ring, &e));
        assert_int_equal(e.value, i);
    }
    assert_false(mmio_next(&ring, &e));
}

/* A tail that no driver could have reached. */
static void test_lies(void **state)
{
    struct mmio_entry e;
    static const uint32_t ahead[] = {MMIO_ENTRIES + 1, 1u << 31, UINT32_MAX};

    (void)state;
    memset(&ring, 0, sizeof ring);
    atomic_store(&ring.head, 100);
    for (unsigned i = 0; i < 3; i++) {
        atomic_store(&ring.tail, 100 + ahead[i]);
        assert_false(mmio_pending(&ring));
        assert_false(mmio_next(&ring, &e));
        assert_int_equal(atomic_load(&ring.head), 100);
    }
    atomic_store(&ring.tail, 100 + MMIO_ENTRIES);
    assert_true(mmio_next(&ring, &e));
}

/* -- two threads, as domain.c and station.c do it -- */

static void post(const struct mmio_entry *entry)
{
    bool wake;

    while (!mmio_post(&ring, entry, &wake)) {
        atomic_store(&ring.driver_waits, 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (mmio_post(&ring, entry, &wake)) {
            break;
        }
        sem_post(&device_bell);
        driver_waited++;
        while (sem_wait(&driver_bell) != 0) {
        }
    }
    if (wake) {
        atomic_store(&ring.device_sleeps, 0);
        sem_post(&device_bell);
    }
}

static void *drive(void *argument)
{
    unsigned seed = 1;

    (void)argument;
    for (uint32_t i = 0; i < WRITES; i++) {
        post(&(struct mmio_entry){.offset = i, .bytes = 4, .value = ~(uint64_t)i});
        seed = seed * 1103515245u + 12345;
        if (seed >> 24 == 0) { /* let the device fall asleep now and then */
            sched_yield();
        }
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    pthread_t driver;
    struct mmio_entry e;

    (void)state;
    memset(&ring, 0, sizeof ring);
    sem_init(&device_bell, 0, 0);
    sem_init(&driver_bell, 0, 0);
    alarm(60);
    assert_int_equal(pthread_create(&driver, NULL, drive, NULL), 0);
    for (uint32_t expected = 0; expected < WRITES;) {
        unsigned served = 0;

        while (mmio_next(&ring, &e)) {
            served++;
            if (e.offset != expected || e.value != ~(uint64_t)expected) {
                fail_msg("%u came as %u", expected, e.offset);
            }
            expected++;
        }
        if (served > 0 && atomic_exchange(&ring.driver_waits, 0) != 0) {
            sem_post(&driver_bell);
        }
        if (served == 0) {
            atomic_store(&ring.device_sleeps, 1);
            if (!mmio_pending(&ring)) {
                device_slept++;
                while (sem_wait(&device_bell) != 0) {
                }
            }
            atomic_store_explicit(&ring.device_sleeps, 0, memory_order_relaxed);
        }
    }
    pthread_join(driver, NULL);
    alarm(0);
    assert_true(device_slept > 0); /* else nothing was shown */
    sem_destroy(&device_bell);
    sem_destroy(&driver_bell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_two_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
