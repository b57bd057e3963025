/* SPDX-License-Identifier: BSD-2-Clause */
/* A virtio network device with its registers in memory: VIRTIO 1.1, section 4.2. */
#include "components/device/virtnet.h"

#define REG(field) offsetof(struct virtio_mmio, field)

struct virtio_net {
    struct virtnet v;
    uint32_t device_half, driver_half, queue; /* the selectors */
};

static const struct param params[] = {
    NIC_PARAMS(512, VIRTNET_RING_MAX),
    VIRTNET_PARAM_LACKS,
    PARAM_END,
};

/* Half of an address, 64 bits of it in two registers. */
static void set_half(uint64_t *address, bool high, uint32_t value)
{
    unsigned shift = high ? 32 : 0;

    *address = (*address & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value << shift;
}

static uint32_t read_register(struct nic *n, uint32_t offset)
{
    struct virtio_net *d = (struct virtio_net *)n;
    const struct virtnet_queue *q = virtnet_queue(&d->v, d->queue);

    switch (offset) {
    case REG(MagicValue):
        return d->v.lacks == VIRTNET_LACKS_MAKER ? 0 : VIRTIO_MMIO_MAGIC;
    case REG(Version):
        return d->v.lacks >= VIRTNET_LACKS_LAYOUT ? 1 : VIRTIO_MMIO_VERSION; /* legacy */
    case REG(DeviceID):
        return VIRTIO_DEVICE_NET + (d->v.lacks == VIRTNET_LACKS_IDENTITY);
    case REG(VendorID):
        return VIRTIO_VENDOR;
    case REG(DeviceFeatures):
        return virtnet_features(&d->v, d->device_half);
    case REG(QueueNumMax):
        return q == NULL ? 0 : q->num_max;
    case REG(QueueReady):
        return q != NULL && q->ready;
    case REG(InterruptStatus):
        return d->v.isr;
    case REG(Status):
        return virtnet_status(&d->v);
    default:
        return 0; /* ConfigGeneration: nothing here changes by itself */
    }
}

/* The registers of the queue that is selected. False: it is none of them. */
static bool write_queue(struct virtio_net *d, uint32_t offset, uint32_t value)
{
    static const struct {
        uint16_t offset, field;
        bool high;
    } addresses[] = {
        {REG(QueueDescLow), offsetof(struct virtnet_queue, descriptors), false},
        {REG(QueueDescHigh), offsetof(struct virtnet_queue, descriptors), true},
        {REG(QueueDriverLow), offsetof(struct virtnet_queue, avail), false},
        {REG(QueueDriverHigh), offsetof(struct virtnet_queue, avail), true},
        {REG(QueueDeviceLow), offsetof(struct virtnet_queue, used), false},
        {REG(QueueDeviceHigh), offsetof(struct virtnet_queue, used), true},
    };

    if (offset == REG(QueueNum)) {
        virtnet_set_num(&d->v, d->queue, value);
        return true;
    }
    if (offset == REG(QueueReady)) {
        virtnet_set_ready(&d->v, d->queue, value & 1);
        return true;
    }
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        if (addresses[i].offset == offset) {
            struct virtnet_queue *q = virtnet_setting_up(&d->v, d->queue);

            if (q != NULL) {
                set_half((uint64_t *)(void *)((char *)q + addresses[i].field), addresses[i].high,
                         value);
            }
            return true;
        }
    }
    return false;
}

static void write_register(struct nic *n, uint32_t offset, uint32_t value)
{
    struct virtio_net *d = (struct virtio_net *)n;

    switch (offset) {
    case REG(DeviceFeaturesSel):
        d->device_half = value;
        break;
    case REG(DriverFeatures):
        virtnet_accept(&d->v, d->driver_half, value);
        break;
    case REG(DriverFeaturesSel):
        d->driver_half = value;
        break;
    case REG(QueueSel):
        d->queue = value;
        break;
    case REG(QueueNotify):
        virtnet_notify(&d->v, value);
        break;
    case REG(InterruptACK):
        virtnet_acknowledge(&d->v, value);
        break;
    case REG(Status):
        virtnet_set_status(&d->v, value);
        break;
    default:
        if (!write_queue(d, offset, value)) {
            nic_violation(n, VIRTNET_RULE_REGISTER);
        }
        break;
    }
}

/* The configuration is read and written in any width, all else in 32 bits. */
static uint64_t virtio_net_read(void *state, uint32_t offset, unsigned bytes)
{
    return offset >= REG(Config) ? virtnet_config_read(state, offset - REG(Config), bytes)
                                 : nic_read(state, offset, bytes);
}

static void virtio_net_write(void *state, uint32_t offset, unsigned bytes, uint64_t value)
{
    if (offset >= REG(Config)) {
        virtnet_config_write(state, offset - REG(Config), bytes, value);
    } else {
        nic_write(state, offset, bytes, value);
    }
}

static uint32_t virtio_net_lowering(void *state, uint32_t *offset)
{
    const struct virtnet *v = state;

    *offset = REG(InterruptACK);
    return v->isr;
}

static const struct nic_verbs verbs = {
    .rules = virtnet_rules,
    .read = read_register,
    .write = write_register,
    .may_send = virtnet_may_send,
    .next_piece = virtnet_next_piece,
    .give_back = virtnet_give_back,
    .bus_error = virtnet_bus_error,
};

static void virtio_net_reset(void *state, struct bus *bus)
{
    struct virtio_net *d = state;

    virtnet_init(&d->v, &verbs, bus);
    d->v.status_at = REG(Status);
    d->device_half = d->driver_half = d->queue = 0;
}

const struct device_type device_virtio_net = {
    .name = "virtio_net",
    .doc = "virtio network device, registers in memory (VIRTIO 1.1, sections 4.2 and 5.1)",
    .driver = "network/driver_virtio",
    .state_size = sizeof(struct virtio_net),
    .params = params,
    .regs_bytes = VIRTIO_MMIO_BYTES,
    .memory = {{"ring", .entries = VIRTNET_RING_UNITS, .entry_bytes = 8}},
    .irq_lines = 1,
    .rules = virtnet_rules,
    .reset = virtio_net_reset,
    .read = virtio_net_read,
    .write = virtio_net_write,
    .frame_in = virtnet_frame_in,
    .ready = virtnet_ready,
    .lowering = virtio_net_lowering,
    .timer = virtnet_timer,
    .holds = nic_holds,
};
