/* SPDX-License-Identifier: BSD-2-Clause */
/* The ENET driver that spares register accesses. */
#define DRIVER_IMAGE "driver_enet"
#include "tests/image/enet_driver_tests.h"

/*
 * A register access is the dearest thing the driver does: one doorbell a batch, no read for an
 * interrupt that brings frames, and one for any other.
 */
static void test_is_sparing(void **unused)
{
    (void)unused;
    start(256, 256);
    accesses = reads = 0;
    rx_give(200);
    image.notified(VIRT_RX);
    assert_int_equal(accesses, 1);
    assert_int_equal(writes_to(ENET_RDAR), 1);
    for (unsigned n = 0; n < 200; n++) {
        tx_give(TX_BUFFERS, 60);
        assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    }
    image.notified(VIRT_TX);
    assert_int_equal(accesses, 2);
    assert_int_equal(writes_to(ENET_TDAR), 1);
    /* Nothing to give: no bell. */
    image.notified(VIRT_TX);
    image.notified(VIRT_RX);
    assert_int_equal(accesses, 2);
    assert_int_equal(reads, 0);
    fake_run(&machine, &device_enet, enet, machine.now_ns + 200000);
    assert_int_equal(settle(), 2); /* the frames that came, then those that have left */
    assert_int_equal(reads, 1);
    assert_int_equal(net_queue_length(rx.active), 200);
    assert_int_equal(net_queue_length(tx.free), 200);
    rx_give(1);
    image.notified(VIRT_RX);
    reads = 0;
    assert_int_equal(arrive(1, 60), DEVICE_DROP_NONE);
    assert_int_equal(settle(), 1);
    assert_int_equal(reads, 0);
}

/*
 * Frames keep coming while an interrupt is handled: it ends all the same, and the next one takes
 * the rest.
 */
static void test_interrupt_is_bounded(void **unused)
{
    (void)unused;
    start(8, 8);
    rx_give(CAPACITY);
    image.notified(VIRT_RX);
    for (unsigned n = 0; n < 100; n++) {
        arrive(1, 60);
        reads = 0;
        image.notified(IRQ);
        assert_in_range(reads, 0, 1);
        arrive(2, 60);
    }
    settle();
    assert_int_equal(net_queue_length(rx.active), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TESTS_OF_ALL,
        TEST(test_is_sparing),
        TEST(test_interrupt_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
