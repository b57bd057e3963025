/* SPDX-License-Identifier: BSD-2-Clause */
/* The ENET driver whose register accesses are those of the published figures. */
#define DRIVER_IMAGE "driver_imx"
#include "tests/image/enet_driver_tests.h"

/* A doorbell for each descriptor, and none where there is none. */
static void test_rings_for_each(void **unused)
{
    (void)unused;
    start(256, 256);
    accesses = reads = 0;
    rx_give(20);
    image.notified(VIRT_RX);
    assert_int_equal(writes_to(ENET_RDAR), 20);
    for (unsigned n = 0; n < 10; n++) {
        tx_give(TX_BUFFERS, 60);
    }
    image.notified(VIRT_TX);
    assert_int_equal(writes_to(ENET_TDAR), 10);
    image.notified(VIRT_TX);
    image.notified(VIRT_RX);
    assert_int_equal(accesses, 30);
    assert_int_equal(reads, 0);
}

/* Both causes in one interrupt: read and cleared, and read and cleared once more, now empty. */
static void test_reads_until_quiet(void **unused)
{
    (void)unused;
    start(256, 256);
    rx_give(20);
    image.notified(VIRT_RX);
    tx_give(TX_BUFFERS, 60);
    image.notified(VIRT_TX);
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    fake_run(&machine, &device_enet, enet, machine.now_ns + 200000);
    accesses = reads = 0;
    assert_int_equal(settle(), 1);
    assert_int_equal(reads, 2);
    assert_int_equal(writes_to(ENET_EIR), 2);
    assert_int_equal(net_queue_length(rx.active), 1);
    assert_int_equal(net_queue_length(tx.free), 1);
}

/* A frame after each clearing: what comes during an interrupt is taken in it. */
static unsigned more;

static void bring_more(bool write, uint32_t offset)
{
    if (!write && offset == ENET_EIR && more > 0) {
        more--;
        (void)arrive(2, 60);
    }
}

static void test_takes_what_comes_meanwhile(void **unused)
{
    (void)unused;
    start(256, 256);
    rx_give(CAPACITY);
    image.notified(VIRT_RX);
    (void)arrive(1, 60);
    more = 3;
    at_access = bring_more;
    image.notified(IRQ);
    at_access = NULL;
    assert_int_equal(net_queue_length(rx.active), 4);
    assert_false(machine.level);
}

/* A device that never stops telling of frames: the interrupt ends, and nothing is lost. */
static void insist(bool write, uint32_t offset)
{
    if (!write && offset == ENET_EIR && arrived < 2 * CAPACITY) {
        (void)arrive(2, 60);
    }
}

static void test_interrupt_ends(void **unused)
{
    (void)unused;
    start(256, 256);
    rx_give(CAPACITY);
    image.notified(VIRT_RX);
    (void)arrive(1, 60);
    reads = 0;
    at_access = insist;
    image.notified(IRQ);
    at_access = NULL;
    assert_in_range(reads, 1, 256);
    settle();
    assert_int_equal(net_queue_length(rx.active), 257);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_OF_ALL,
        TEST(test_rings_for_each),
        TEST(test_reads_until_quiet),
        TEST(test_takes_what_comes_meanwhile),
        TEST(test_interrupt_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
