/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio network device on a PCI bus: its transport. What is behind that, test_virtio_net.c
 * tests. */
#include "tests/unit/played_nic.h"

#include "components/device/virtnet.h"

extern const struct device_type device_virtio_net_pci;

#define FIELD(field) offsetof(struct virtio_pci_common, field)

enum {
    NUM = 8,
    AVAIL = 0x1000,
    USED = 0x2000,
    HEADERS = 0x3000,
    ADDRESS = 0x4000,
    DATA = 0x4004,
    BAR4 = PCI_BAR0 + 4 * VIRTIO_PCI_BAR
};

static int setup(void **state)
{
    (void)state;
    power_on(&device_virtio_net_pci);
    return 0;
}

static uint32_t space(unsigned offset)
{
    set(ADDRESS, VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 0, offset));
    return get(DATA);
}

static void set_space(unsigned offset, uint32_t value)
{
    set(ADDRESS, VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 0, offset));
    set(DATA, value);
}

static uint64_t in(uint32_t offset, unsigned bytes)
{
    return model->read(nic, offset, bytes);
}

static void out(uint32_t offset, unsigned bytes, uint64_t value)
{
    model->write(nic, offset, bytes, value);
}

/* What a driver that was never told relies on. */
static void test_place(void **state)
{
    (void)state;
    assert_int_equal(model->place->regs_vaddr, 0x60000000);
    assert_int_equal(model->place->memory_vaddr, 0x70000000);
    assert_int_equal(model->place->memory_io_addr, 0x7a000000);
    assert_int_equal(model->place->irq_id, 16);
    assert_int_equal(model->ports[0].id, 1);
    assert_int_equal(model->ports[0].first, 0xcf8);
    assert_int_equal(model->ports[1].id, 2);
    assert_int_equal(model->ports[1].first, 0xcfc);
    assert_int_equal(model->ports[2].count, 0);
}

static void test_space(void **state)
{
    unsigned found = 0;

    (void)state;
    assert_int_equal(get(DATA), UINT32_MAX); /* nobody is addressed */
    set(ADDRESS, VIRTIO_PCI_ADDRESS(0, 1, 0, 0));
    assert_int_equal(get(DATA), UINT32_MAX);
    set(ADDRESS, VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 1, 0));
    assert_int_equal(get(DATA), UINT32_MAX);
    assert_int_equal(space(PCI_VENDOR_ID), 0x10001af4);
    assert_int_equal(space(PCI_REVISION), 0x02000000);
    set(ADDRESS, VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 0, PCI_VENDOR_ID));
    assert_int_equal(in(DATA + 2, 2), 0x1000);
    assert_int_equal(in(DATA + 1, 1), 0x1a);
    /* How large the BAR is, and where it is. */
    set_space(BAR4, UINT32_MAX);
    assert_int_equal(space(BAR4), 0xffffc00c);
    set_space(BAR4, 0x60001234);
    assert_int_equal(space(BAR4), 0x6000000c);
    set_space(PCI_VENDOR_ID, 0);
    assert_int_equal(space(PCI_VENDOR_ID), 0x10001af4);
    for (unsigned cap = space(PCI_CAPABILITIES) & 0xff; cap != 0; cap = space(cap) >> 8 & 0xff) {
        static const uint32_t offsets[] = {0, 0x3000, 0x1000, 0x2000};
        unsigned type = space(cap) >> 24;

        assert_int_equal(space(cap) & 0xff, 9);
        assert_in_range(type, 1, 4);
        assert_int_equal(space(cap + 4) & 0xff, 4);
        assert_int_equal(space(cap + 8), offsets[type - 1]);
        found |= 1u << type;
        assert_true(type != 2 || space(cap + 16) == 4);
    }
    assert_int_equal(found, 0x1e);
    assert_int_equal(machine.violations, 0);
}

static void set_up(unsigned queue, uint64_t ring)
{
    out(FIELD(queue_select), 2, queue);
    out(FIELD(queue_size), 2, NUM);
    out(FIELD(queue_desc), 8, ring);
    out(FIELD(queue_driver), 4, ring + AVAIL);
    out(FIELD(queue_driver) + 4, 4, 0);
    out(FIELD(queue_device), 8, ring + USED);
    out(FIELD(queue_enable), 2, 1);
}

static void bring_up(void)
{
    set_space(BAR4, VIRTIO_PCI_BAR_VADDR);
    set_space(PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    out(FIELD(device_status), 1, 1);
    out(FIELD(device_status), 1, 3);
    out(FIELD(driver_feature_select), 4, 1);
    out(FIELD(driver_feature), 4, 1);
    out(FIELD(device_status), 1, 11);
    (void)in(FIELD(device_status), 1);
    set_up(0, RX_RING);
    set_up(1, TX_RING);
    out(FIELD(device_status), 1, 15);
}

static void test_frames(void **state)
{
    struct virtio_descriptor *rx = at(RX_RING), *tx = at(TX_RING);
    struct virtio_ring_header *rx_avail = at(RX_RING + AVAIL), *tx_avail = at(TX_RING + AVAIL);

    (void)state;
    be_strict();
    bring_up();
    assert_int_equal(in(FIELD(queue_select), 2), 1);
    assert_int_equal(in(FIELD(queue_notify_off), 2), 1);
    assert_int_equal(in(FIELD(queue_desc), 8), TX_RING);
    assert_int_equal(in(FIELD(queue_device), 4), TX_RING + USED);
    assert_int_equal(in(FIELD(num_queues), 2), 2);
    rx[0] = (struct virtio_descriptor){RX_RING + HEADERS, 12, 3, 1};
    rx[1] = (struct virtio_descriptor){RX_BUFFERS, BUFFER_BYTES, 2, 0};
    rx_avail->idx = 1;
    tx[0] = (struct virtio_descriptor){TX_RING + HEADERS, 12, 1, 1};
    tx[1] = (struct virtio_descriptor){TX_BUFFERS, 60, 0, 0};
    tx_avail->idx = 1;
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_memory_equal(at(RX_BUFFERS), frame, 60);
    assert_true(machine.level);
    assert_int_equal(in(VIRTIO_PCI_ISR, 1), 1); /* which clears it */
    assert_false(machine.level);
    assert_int_equal(in(VIRTIO_PCI_ISR, 1), 0);
    out(VIRTIO_PCI_NOTIFY + 4, 2, 1);
    assert_int_equal(machine.frame_count, 1);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(in(VIRTIO_PCI_CONFIG + i, 1), "\x52\x54\x01\x02\x03\x04"[i]);
    }
    assert_int_equal(machine.violations, 0);
}

static void test_rules(void **state)
{
    (void)state;
    ASSERT_FORGIVEN(in(FIELD(device_status), 1));
    be_strict();
    ASSERT_BREAKS(VIRTNET_RULE_BUS, in(FIELD(device_status), 1));
    set_space(PCI_COMMAND, PCI_COMMAND_MEMORY);
    ASSERT_BREAKS(VIRTNET_RULE_BUS, in(FIELD(device_status), 1)); /* it is nowhere */
    set_space(BAR4, VIRTIO_PCI_BAR_VADDR);
    ASSERT_FORGIVEN(in(FIELD(device_status), 1));
    ASSERT_BREAKS(NIC_RULE_WIDTH, in(FIELD(device_status), 4));
    ASSERT_BREAKS(NIC_RULE_WIDTH, out(FIELD(queue_size), 4, 8));
    ASSERT_BREAKS(NIC_RULE_WIDTH, out(FIELD(queue_device), 2, 8));
    ASSERT_BREAKS(NIC_RULE_WIDTH, in(sizeof(struct virtio_pci_common), 4));
    ASSERT_BREAKS(VIRTNET_RULE_REGISTER, out(FIELD(num_queues), 2, 3));
    *(bool *)fake_key(model, nic, "strict") = false;
    bring_up();
    be_strict();
    set_space(PCI_COMMAND, PCI_COMMAND_MEMORY);
    ASSERT_BREAKS(VIRTNET_RULE_BUS, out(FIELD(device_status), 1, 15)); /* no master */
    assert_int_equal(in(FIELD(device_status), 1), 15);
}

/* The most there is, unless the driver wants less. */
static void test_size_as_it_is(void **state)
{
    (void)state;
    out(FIELD(queue_select), 2, 1);
    assert_int_equal(in(FIELD(queue_size), 2), 512);
    out(FIELD(queue_desc), 8, TX_RING);
    out(FIELD(queue_enable), 2, 1);
    assert_int_equal(in(FIELD(queue_enable), 2), 1);
    out(FIELD(queue_select), 2, 5);
    assert_int_equal(in(FIELD(queue_size), 2), 0);
    assert_int_equal(machine.violations, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_place), TEST(test_space),         TEST(test_frames),
        TEST(test_rules), TEST(test_size_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
