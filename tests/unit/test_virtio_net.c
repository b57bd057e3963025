/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio network device with registers in memory: what the standard promises of it, what it
 * says of a driver that breaks the standard, and what it lets pass. */
#include "tests/unit/played_nic.h"

#include "components/device/virtnet.h"

#define REG(field) offsetof(struct virtio_mmio, field)

extern const struct device_type device_virtio_net;

enum { NUM = 8, AVAIL = 0x1000, USED = 0x2000, HEADERS = 0x3000 };

static const uint64_t rings[] = {RX_RING, TX_RING};

static int setup(void **state)
{
    (void)state;
    power_on(&device_virtio_net);
    return 0;
}

static struct virtio_descriptor *descriptor(unsigned queue, unsigned i)
{
    return (struct virtio_descriptor *)at(rings[queue]) + i;
}

static struct virtio_ring_header *avail(unsigned queue)
{
    return at(rings[queue] + AVAIL);
}

static struct virtio_ring_header *used(unsigned queue)
{
    return at(rings[queue] + USED);
}

static struct virtio_used *entry(unsigned queue, unsigned i)
{
    return (struct virtio_used *)(used(queue) + 1) + i;
}

static void set_up(unsigned queue, uint32_t num)
{
    set(REG(QueueSel), queue);
    set(REG(QueueNum), num);
    set(REG(QueueDescLow), (uint32_t)rings[queue]);
    set(REG(QueueDescHigh), 0);
    set(REG(QueueDriverLow), (uint32_t)rings[queue] + AVAIL);
    set(REG(QueueDriverHigh), 0);
    set(REG(QueueDeviceLow), (uint32_t)rings[queue] + USED);
    set(REG(QueueDeviceHigh), 0);
    set(REG(QueueReady), 1);
}

static void negotiate(uint32_t low, uint32_t high)
{
    set(REG(Status), 0);
    set(REG(Status), 1);
    set(REG(Status), 3);
    set(REG(DriverFeaturesSel), 0);
    set(REG(DriverFeatures), low);
    set(REG(DriverFeaturesSel), 1);
    set(REG(DriverFeatures), high);
    set(REG(Status), 11);
}

static void bring_up(void)
{
    negotiate(1 << VIRTIO_NET_F_MAC, 1);
    set_up(VIRTIO_NET_RX, NUM);
    set_up(VIRTIO_NET_TX, NUM);
    set(REG(Status), 15);
}

/* A chain of a header and one buffer, in two descriptors from `head` on. */
static void give(unsigned queue, uint16_t head, uint32_t header_bytes, uint64_t io_addr,
                 uint32_t bytes)
{
    uint16_t write = queue == VIRTIO_NET_RX ? VIRTIO_DESC_WRITE : 0;
    uint16_t *heads = (uint16_t *)(avail(queue) + 1);

    *descriptor(queue, head) =
        (struct virtio_descriptor){rings[queue] + HEADERS + head * 16u, header_bytes,
                                   (uint16_t)(write | VIRTIO_DESC_NEXT), (uint16_t)(head + 1)};
    *descriptor(queue, head + 1u) = (struct virtio_descriptor){io_addr, bytes, write, 0};
    heads[avail(queue)->idx % NUM] = head;
    avail(queue)->idx++;
}

static void test_identity(void **state)
{
    (void)state;
    assert_int_equal(get(REG(MagicValue)), 0x74726976);
    assert_int_equal(get(REG(Version)), 2);
    assert_int_equal(get(REG(DeviceID)), 1);
    assert_int_equal(get(REG(Status)), 0);
    set(REG(DeviceFeaturesSel), 0);
    assert_int_equal(get(REG(DeviceFeatures)), 1 << 5 | 1 << 16);
    set(REG(DeviceFeaturesSel), 1);
    assert_int_equal(get(REG(DeviceFeatures)), 1 << 0 | 1 << 3);
    set(REG(DeviceFeaturesSel), 2);
    assert_int_equal(get(REG(DeviceFeatures)), 0);
    set(REG(QueueSel), 1);
    assert_int_equal(get(REG(QueueNumMax)), 512);
    set(REG(QueueSel), 2);
    assert_int_equal(get(REG(QueueNumMax)), 0);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(model->read(nic, REG(Config) + i, 1), "\x52\x54\x01\x02\x03\x04"[i]);
    }
    assert_int_equal(model->read(nic, REG(Config) + 6, 2), 1);
    assert_int_equal(machine.violations, 0);
}

static void test_receive(void **state)
{
    (void)state;
    bring_up();
    assert_int_equal(frame_in(100), DEVICE_DROP_NO_DESCRIPTOR);
    assert_false(model->ready(nic));
    give(VIRTIO_NET_RX, 0, 12, RX_BUFFERS, BUFFER_BYTES);
    give(VIRTIO_NET_RX, 2, 12, RX_BUFFERS + BUFFER_BYTES, BUFFER_BYTES);
    memset(at(RX_RING + HEADERS), 0xff, 12);
    assert_true(model->ready(nic));
    assert_int_equal(frame_in(100), DEVICE_DROP_NONE);
    assert_memory_equal(at(RX_BUFFERS), frame, 100);
    assert_memory_equal(at(RX_RING + HEADERS), "\0\0\0\0\0\0\0\0\0\0\1\0", 12);
    assert_int_equal(used(VIRTIO_NET_RX)->idx, 1);
    assert_int_equal(entry(VIRTIO_NET_RX, 0)->id, 0);
    assert_int_equal(entry(VIRTIO_NET_RX, 0)->len, 112);
    assert_true(machine.level);
    /* The frame, then the entry, then the index: each is valid when it is pointed at. */
    assert_int_equal(write_count, 4);
    assert_int_equal(writes[1].io_addr, RX_BUFFERS);
    assert_int_equal(writes[2].io_addr, RX_RING + USED + 4);
    assert_int_equal(writes[3].io_addr, RX_RING + USED + 2);
    assert_int_equal(get(REG(InterruptStatus)), 1);
    set(REG(InterruptACK), 1);
    assert_false(machine.level);
    assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
    assert_int_equal(entry(VIRTIO_NET_RX, 1)->id, 2);
    assert_int_equal(frame_in(60), DEVICE_DROP_NO_DESCRIPTOR);
    assert_int_equal(machine.violations, 0);
}

/* Before DRIVER_OK there is no device; and what nobody asks to hear of raises no interrupt. */
static void test_quiet(void **state)
{
    (void)state;
    assert_int_equal(frame_in(100), DEVICE_DROP_DISABLED);
    bring_up();
    give(VIRTIO_NET_RX, 0, 12, RX_BUFFERS, BUFFER_BYTES);
    avail(VIRTIO_NET_RX)->flags = VIRTIO_AVAIL_NO_INTERRUPT;
    assert_int_equal(frame_in(13), DEVICE_DROP_RUNT);
    assert_int_equal(frame_in(100), DEVICE_DROP_NONE);
    assert_false(machine.level);
    set(REG(Status), 0);
    assert_int_equal(frame_in(100), DEVICE_DROP_DISABLED);
    assert_int_equal(get(REG(QueueReady)), 0);
}

static void test_transmit(void **state)
{
    (void)state;
    bring_up();
    machine.wire_ns_per_byte = 10;
    memcpy(at(TX_BUFFERS), frame, 100);
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 100);
    give(VIRTIO_NET_TX, 2, 12, TX_BUFFERS, 30);
    set(REG(QueueNotify), VIRTIO_NET_TX);
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(used(VIRTIO_NET_TX)->idx, 0);
    assert_int_equal(model->holds(nic), 1);
    run(1000);
    assert_int_equal(machine.frame_count, 1);
    assert_int_equal(used(VIRTIO_NET_TX)->idx, 1);
    run(600);
    assert_int_equal(machine.frame_count, 2);
    assert_int_equal(frames[0].bytes, 100);
    assert_memory_equal(frames[0].data, frame, 100);
    assert_int_equal(frames[1].bytes, 60); /* padded */
    assert_int_equal(entry(VIRTIO_NET_TX, 1)->id, 2);
    assert_true(machine.level);
    assert_int_equal(machine.violations, 0);
}

/* The header may share a buffer with the frame, or lie in pieces. */
static void test_transmit_layouts(void **state)
{
    (void)state;
    bring_up();
    memcpy(at(TX_BUFFERS + 12), frame, 100);
    give(VIRTIO_NET_TX, 0, 0, 0, 0);
    *descriptor(VIRTIO_NET_TX, 0) = (struct virtio_descriptor){TX_BUFFERS, 112, 0, 0};
    give(VIRTIO_NET_TX, 2, 0, 0, 0);
    *descriptor(VIRTIO_NET_TX, 2) = (struct virtio_descriptor){TX_BUFFERS, 5, VIRTIO_DESC_NEXT, 5};
    *descriptor(VIRTIO_NET_TX, 5) =
        (struct virtio_descriptor){TX_BUFFERS + 5, 57, VIRTIO_DESC_NEXT, 4};
    *descriptor(VIRTIO_NET_TX, 4) = (struct virtio_descriptor){TX_BUFFERS + 62, 50, 0, 0};
    set(REG(QueueNotify), VIRTIO_NET_TX);
    assert_int_equal(machine.frame_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(frames[i].bytes, 100);
        assert_memory_equal(frames[i].data, frame, 100);
    }
    assert_int_equal(used(VIRTIO_NET_TX)->idx, 2);
}

/* Without VERSION_1 the header is two bytes shorter. */
static void test_legacy_header(void **state)
{
    (void)state;
    negotiate(0, 0);
    set_up(VIRTIO_NET_RX, NUM);
    set_up(VIRTIO_NET_TX, NUM);
    set(REG(Status), 15);
    give(VIRTIO_NET_RX, 0, 10, RX_BUFFERS, BUFFER_BYTES);
    assert_int_equal(frame_in(100), DEVICE_DROP_NONE);
    assert_int_equal(entry(VIRTIO_NET_RX, 0)->len, 110);
    assert_memory_equal(at(RX_BUFFERS), frame, 100);
}

/* What drivers in the field do, and devices take: see sddf-interface, on virtio. */
static void test_forgives(void **state)
{
    for (unsigned strict = 0; strict < 2; strict++) {
        (void)setup(state);
        if (strict) {
            be_strict();
        }
        set(REG(Status), 1);
        set(REG(Status), 2); /* alone */
        set(REG(DriverFeaturesSel), 0);
        set(REG(DriverFeatures), 5); /* a number, not a bit */
        set(REG(DriverFeaturesSel), 1);
        set(REG(DriverFeatures), 32);
        set(REG(Status), 8);
        assert_int_equal(get(REG(Status)) & 8, 8);
        give(VIRTIO_NET_RX, 0, 10, RX_BUFFERS, BUFFER_BYTES);
        give(VIRTIO_NET_TX, 0, 10, TX_BUFFERS, 60);
        set(REG(QueueNotify), VIRTIO_NET_RX); /* not set up yet */
        set(REG(QueueNotify), VIRTIO_NET_TX);
        set_up(VIRTIO_NET_RX, NUM);
        set_up(VIRTIO_NET_TX, NUM);
        model->write(nic, REG(Config), 1, 0x52);
        assert_int_equal(machine.frame_count, 0);
        set(REG(Status), 4);
        assert_int_equal(machine.frame_count, 1); /* the queues are looked at anew */
        assert_int_equal(frame_in(60), DEVICE_DROP_NONE);
        /* Three times a bit was taken back; two offers; no VERSION_1; two notified early; MAC. */
        assert_int_equal(machine.violations, strict ? 3 + 2 + 1 + 2 + 1 : 0);
    }
}

static void test_rules_of_setting_up(void **state)
{
    (void)state;
    negotiate(0, 1);
    ASSERT_BREAKS(VIRTNET_RULE_FEATURES_LATE, set(REG(DriverFeatures), 0));
    set(REG(QueueSel), 2);
    ASSERT_BREAKS(VIRTNET_RULE_NO_QUEUE, set(REG(QueueNum), 8));
    ASSERT_BREAKS(VIRTNET_RULE_NO_QUEUE, set(REG(QueueNotify), 9));
    set(REG(QueueSel), 0);
    ASSERT_BREAKS(VIRTNET_RULE_NUM, set(REG(QueueReady), 1)); /* no size */
    assert_int_equal(get(REG(QueueReady)), 0);
    ASSERT_BREAKS(VIRTNET_RULE_NUM, set(REG(QueueNum), 7));
    ASSERT_BREAKS(VIRTNET_RULE_NUM, set(REG(QueueNum), 1024));
    set(REG(QueueNum), 8);
    set(REG(QueueDescLow), RX_RING + 8);
    ASSERT_BREAKS(VIRTNET_RULE_ALIGN, set(REG(QueueReady), 1));
    ASSERT_BREAKS(VIRTNET_RULE_QUEUE_BUSY, set(REG(QueueDeviceLow), 0));
    set(REG(Status), 15);
    set(REG(QueueSel), 1);
    set(REG(QueueNum), 8);
    ASSERT_BREAKS(VIRTNET_RULE_QUEUE_LATE, set(REG(QueueReady), 1));
    ASSERT_BREAKS(VIRTNET_RULE_REGISTER, set(REG(MagicValue), 1));
    ASSERT_BREAKS(NIC_RULE_WIDTH, model->read(nic, REG(Status), 1));
    set(REG(Status), 0);
    ASSERT_BREAKS(VIRTNET_RULE_OK_EARLY, set(REG(Status), 7));
}

/* Each of these ends with the chain used, and nothing sent or written. */
static void test_rules_of_chains(void **state)
{
    struct virtio_descriptor *d = descriptor(VIRTIO_NET_TX, 0);

    (void)state;
    bring_up();
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    d->next = NUM;
    ASSERT_BREAKS(VIRTNET_RULE_CHAIN, set(REG(QueueNotify), 1));
    assert_int_equal(machine.violation, TX_RING + NUM * 16);
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    d->next = 0; /* for ever round: the store is full long before that */
    set(REG(QueueNotify), 1);
    give(VIRTIO_NET_TX, 0, 0, TX_BUFFERS, 60);
    d->next = 0; /* ... and this never fills it */
    ASSERT_BREAKS(VIRTNET_RULE_CHAIN, set(REG(QueueNotify), 1));
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    d->flags |= VIRTIO_DESC_INDIRECT;
    ASSERT_BREAKS(VIRTNET_RULE_INDIRECT, set(REG(QueueNotify), 1));
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    d->flags |= VIRTIO_DESC_WRITE;
    ASSERT_BREAKS(VIRTNET_RULE_DIRECTION, set(REG(QueueNotify), 1));
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    d->flags = 0;
    ASSERT_BREAKS(VIRTNET_RULE_HEADER, set(REG(QueueNotify), 1));
    assert_int_equal(used(VIRTIO_NET_TX)->idx, 6);
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(machine.drops[DEVICE_DROP_BAD_DESCRIPTOR], 6);
    avail(VIRTIO_NET_TX)->idx += NUM + 1;
    ASSERT_BREAKS(VIRTNET_RULE_AVAIL, set(REG(QueueNotify), 1));
    give(VIRTIO_NET_RX, 0, 12, RX_BUFFERS, 50);
    assert_int_equal(frame_in(60), DEVICE_DROP_OVERSIZE);
    assert_int_equal(used(VIRTIO_NET_RX)->idx, 0); /* it waits for one that fits */
    descriptor(VIRTIO_NET_RX, 1)->flags = 0;
    ASSERT_BREAKS(VIRTNET_RULE_DIRECTION,
                  assert_int_equal(frame_in(50), DEVICE_DROP_BAD_DESCRIPTOR));
    assert_int_equal(used(VIRTIO_NET_RX)->idx, 1);
}

/* Refused memory stops the device, which says so; a reset makes it run again. */
static void test_bus_error(void **state)
{
    (void)state;
    bring_up();
    give(VIRTIO_NET_RX, 0, 12, 0x1000, BUFFER_BYTES);
    assert_int_equal(frame_in(60), DEVICE_DROP_DMA_FAULT);
    assert_int_equal(get(REG(Status)), 15 | 0x40);
    assert_int_equal(get(REG(InterruptStatus)), 2);
    assert_true(machine.level);
    assert_int_equal(frame_in(60), DEVICE_DROP_DISABLED);
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    set(REG(QueueNotify), 1);
    assert_int_equal(machine.frame_count, 0);
    memset(memory, 0, sizeof(memory));
    set(REG(Status), 0);
    assert_false(machine.level);
    bring_up();
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    set(REG(QueueNotify), 1);
    assert_int_equal(machine.frame_count, 1);
    give(VIRTIO_NET_TX, 2, 12, 0x1000, 60);
    set(REG(QueueNotify), 1);
    assert_int_equal(machine.drops[DEVICE_DROP_DMA_FAULT], 1);
    assert_int_equal(model->holds(nic), 0);
}

/* What is in the transmitter is lost with a reset, and does not come out later. */
static void test_reset_while_sending(void **state)
{
    (void)state;
    bring_up();
    machine.wire_ns_per_byte = 10;
    give(VIRTIO_NET_TX, 0, 12, TX_BUFFERS, 60);
    set(REG(QueueNotify), 1);
    assert_int_equal(model->holds(nic), 1);
    set(REG(Status), 0);
    assert_int_equal(machine.drops[DEVICE_DROP_RESET], 1);
    run(10000);
    assert_int_equal(machine.frame_count, 0);
    assert_int_equal(used(VIRTIO_NET_TX)->idx, 0);
}

/* Each step after the one before, and a look whether what was agreed on stayed. */
static void test_steps(void **state)
{
    (void)state;
    be_strict();
    ASSERT_BREAKS(VIRTNET_RULE_STEP, set(REG(Status), 2));
    set(REG(Status), 0);
    run(2000);
    set(REG(DriverFeaturesSel), 1);
    ASSERT_BREAKS(VIRTNET_RULE_STEP, set(REG(DriverFeatures), 1));
    set(REG(Status), 3);
    set(REG(DriverFeatures), 1);
    set(REG(Status), 11);
    set_up(VIRTIO_NET_RX, NUM);
    set_up(VIRTIO_NET_TX, NUM);
    ASSERT_BREAKS(VIRTNET_RULE_UNREAD, set(REG(Status), 15));
    set(REG(Status), 0);
    assert_int_equal(get(REG(Status)), 15); /* a reset takes a while */
    ASSERT_BREAKS(NIC_RULE_RESETTING, set(REG(QueueSel), 0));
    run(2000);
    assert_int_equal(get(REG(Status)), 0);
    set(REG(Status), 1);
    set(REG(Status), 3);
    set(REG(DriverFeatures), 1);
    set(REG(Status), 11);
    (void)get(REG(Status));
    set_up(VIRTIO_NET_RX, NUM);
    ASSERT_BREAKS(VIRTNET_RULE_NO_QUEUES, set(REG(Status), 15));
}

static void test_lacks(void **state)
{
    (void)state;
    for (unsigned lack = VIRTNET_LACKS_NOTHING; lack <= VIRTNET_LACKS_AGREEMENT; lack++) {
        power_on(&device_virtio_net);
        *(uint64_t *)fake_key(model, nic, "lacks") = lack;
        model->reset(nic, &machine.bus);
        set(REG(DeviceFeaturesSel), 1);
        assert_int_equal(get(REG(DeviceFeatures)) & 1, lack != VIRTNET_LACKS_VERSION_1);
        assert_int_equal(get(REG(DeviceFeatures)) >> 3 & 1, lack != VIRTNET_LACKS_IN_ORDER);
        set(REG(Status), 11);
        assert_int_equal(get(REG(Status)), lack == VIRTNET_LACKS_AGREEMENT ? 3 : 11);
    }
}

/* Who drives what says that it is another breaks a rule that none forgives. */
static void test_strangers(void **state)
{
    (void)state;
    for (unsigned lack = VIRTNET_LACKS_IDENTITY; lack <= VIRTNET_LACKS_NOTIFY; lack++) {
        power_on(&device_virtio_net);
        *(uint64_t *)fake_key(model, nic, "lacks") = lack;
        model->reset(nic, &machine.bus);
        assert_true(get(REG(MagicValue)) != VIRTIO_MMIO_MAGIC || get(REG(Version)) != 2 ||
                    get(REG(DeviceID)) != VIRTIO_DEVICE_NET);
        ASSERT_FORGIVEN(set(REG(Status), 0));
        ASSERT_BREAKS(VIRTNET_RULE_STRANGER, set(REG(Status), 1));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_identity),
        TEST(test_receive),
        TEST(test_quiet),
        TEST(test_transmit),
        TEST(test_transmit_layouts),
        TEST(test_legacy_header),
        TEST(test_forgives),
        TEST(test_rules_of_setting_up),
        TEST(test_rules_of_chains),
        TEST(test_bus_error),
        TEST(test_steps),
        TEST(test_lacks),
        TEST(test_strangers),
        TEST(test_reset_while_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
