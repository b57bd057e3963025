/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio network device on the PCI bus of a PC: VIRTIO 1.1, section 4.1. Its structures lie in
 * one BAR, each on a page of its own, and configuration space is behind two I/O ports. The window
 * of registers is that BAR, wherever the driver says it is, and one page more: the ports.
 *
 * Plainer than the bus: the device is alone on it, and raises its interrupt by the pin only.
 */
#include <string.h>

#include "components/device/virtnet.h"

#define FIELD(field) offsetof(struct virtio_pci_common, field)
#define PORTS        VIRTIO_PCI_BAR_BYTES
#define ADDRESS      PORTS
#define DATA         (PORTS + 4)
#define SPACE_BYTES  256
#define CAPABILITIES 0x40
#define ELSEWHERE    0x800 /* in the BAR, where no driver looks that expects its place */

struct virtio_net_pci {
    struct virtnet v;
    uint32_t device_half, driver_half, queue; /* the selectors */
    uint32_t address;                         /* of configuration space */
    uint8_t space[SPACE_BYTES];
};

static const struct param params[] = {
    NIC_PARAMS(512, VIRTNET_RING_MAX),
    VIRTNET_PARAM_LACKS,
    PARAM_END,
};

/* ---- Configuration space ---- */

static void put(struct virtio_net_pci *d, unsigned offset, uint64_t value, unsigned bytes)
{
    memcpy(d->space + offset, &value, bytes);
}

static unsigned put_capability(struct virtio_net_pci *d, unsigned at, uint8_t type, uint32_t offset)
{
    bool notify = type == VIRTIO_PCI_CAP_NOTIFY;
    struct virtio_pci_capability c = {.id = VIRTIO_PCI_CAP_VENDOR,
                                      .bytes = (uint8_t)(sizeof(c) + (notify ? 4 : 0)),
                                      .type = type,
                                      .bar = VIRTIO_PCI_BAR,
                                      .offset = offset,
                                      .length = 0x1000};
    unsigned next = at + c.bytes;

    c.next = notify ? 0 : (uint8_t)next; /* which is the last */
    memcpy(d->space + at, &c, sizeof(c));
    if (notify) {
        put(d, at + (unsigned)sizeof(c), VIRTIO_PCI_MULTIPLIER, 4);
    }
    return next;
}

static void reset_space(struct virtio_net_pci *d)
{
    unsigned at = CAPABILITIES;
    uint64_t lacks = d->v.lacks;

    memset(d->space, 0, sizeof(d->space));
    put(d, PCI_VENDOR_ID, VIRTIO_PCI_VENDOR_ID + (lacks == VIRTNET_LACKS_MAKER), 2);
    put(d, PCI_DEVICE_ID, VIRTIO_PCI_NET_DEVICE_ID + (lacks == VIRTNET_LACKS_IDENTITY), 2);
    put(d, PCI_STATUS, PCI_STATUS_CAPABILITIES, 2);
    put(d, PCI_CLASS, 2, 1); /* network, Ethernet */
    put(d, PCI_BAR0 + 4 * VIRTIO_PCI_BAR, PCI_BAR_MEMORY_64, 4);
    put(d, PCI_SUBSYSTEM_VENDOR, VIRTIO_PCI_VENDOR_ID, 2);
    put(d, PCI_SUBSYSTEM, VIRTIO_DEVICE_NET, 2);
    put(d, PCI_CAPABILITIES, CAPABILITIES, 1);
    put(d, PCI_INTERRUPT_PIN, 1, 1);
    at =
        put_capability(d, at, VIRTIO_PCI_CAP_COMMON, lacks == VIRTNET_LACKS_LAYOUT ? ELSEWHERE : 0);
    at = put_capability(d, at, VIRTIO_PCI_CAP_ISR,
                        lacks == VIRTNET_LACKS_ISR ? ELSEWHERE : VIRTIO_PCI_ISR);
    at = put_capability(d, at, VIRTIO_PCI_CAP_DEVICE, VIRTIO_PCI_CONFIG);
    (void)put_capability(d, at, VIRTIO_PCI_CAP_NOTIFY,
                         lacks == VIRTNET_LACKS_NOTIFY ? ELSEWHERE : VIRTIO_PCI_NOTIFY);
}

/* Which bits of the word at an offset can be written. */
static uint32_t writable(unsigned offset)
{
    switch (offset) {
    case PCI_COMMAND:
        return 0x0547;
    case PCI_BAR0 + 4 * VIRTIO_PCI_BAR:
        return ~(uint32_t)(VIRTIO_PCI_BAR_BYTES - 1);
    case PCI_BAR0 + 4 * (VIRTIO_PCI_BAR + 1):
        return UINT32_MAX;
    case PCI_INTERRUPT_LINE:
        return 0xff;
    default:
        return 0;
    }
}

/* Is it this function that the address names? */
static bool is_addressed(const struct virtio_net_pci *d)
{
    return (d->address & UINT32_C(0x80ffff00)) ==
           (VIRTIO_PCI_ADDRESS(0, VIRTIO_PCI_DEVICE, 0, 0) & UINT32_C(0x80ffff00));
}

static uint64_t read_port(struct virtio_net_pci *d, uint32_t offset, unsigned bytes)
{
    uint64_t value = UINT64_MAX;

    if (offset < DATA) {
        return d->address;
    }
    if (is_addressed(d) && offset - DATA + bytes <= 4) {
        value = 0;
        memcpy(&value, d->space + (d->address & 0xfc) + (offset - DATA), bytes);
    }
    return value;
}

static void write_port(struct virtio_net_pci *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    if (offset < DATA) {
        d->address = (uint32_t)value;
    } else if (is_addressed(d) && offset - DATA + bytes <= 4) {
        unsigned word = d->address & 0xfc, shift = 8 * (offset - DATA);
        uint32_t mask = (bytes == 4 ? UINT32_MAX : (1u << 8 * bytes) - 1) << shift & writable(word);
        uint32_t was;

        memcpy(&was, d->space + word, 4);
        put(d, word, (was & ~mask) | ((uint32_t)value << shift & mask), 4);
    }
}

static bool bus_lets(const struct virtio_net_pci *d, unsigned what)
{
    return d->space[PCI_COMMAND] & what;
}

/* Is its memory where somebody has put it? It may be used once it is, and the bus lets it be. */
static bool is_reachable(const struct virtio_net_pci *d)
{
    uint32_t at;

    memcpy(&at, d->space + PCI_BAR0 + 4 * VIRTIO_PCI_BAR, sizeof(at));
    return (at & ~(uint32_t)(VIRTIO_PCI_BAR_BYTES - 1)) != 0 && bus_lets(d, PCI_COMMAND_MEMORY);
}

/* ---- The BAR ---- */

static unsigned width_of(uint32_t offset)
{
    if (offset >= FIELD(queue_desc)) {
        return 8;
    }
    if (offset < FIELD(config_msix_vector)) {
        return 4;
    }
    return offset == FIELD(device_status) || offset == FIELD(config_generation) ? 1 : 2;
}

/* Addresses may be written in halves; all else as wide as it is. */
static bool is_field(uint32_t offset, unsigned bytes)
{
    unsigned width = offset < sizeof(struct virtio_pci_common) ? width_of(offset) : 0;

    if (width == 0 || offset % bytes != 0) {
        return false;
    }
    return bytes == width || (width == 8 && bytes == 4);
}

static uint64_t *address_field(struct virtnet_queue *q, uint32_t offset)
{
    switch (offset & ~7u) {
    case FIELD(queue_desc):
        return &q->descriptors;
    case FIELD(queue_driver):
        return &q->avail;
    default:
        return &q->used;
    }
}

static uint64_t read_common(struct virtio_net_pci *d, uint32_t offset, unsigned bytes)
{
    struct virtnet_queue *q = virtnet_queue(&d->v, d->queue);

    if (!is_field(offset, bytes)) {
        nic_violation(&d->v.nic, NIC_RULE_WIDTH);
        return 0;
    }
    switch (offset) {
    case FIELD(device_feature_select):
        return d->device_half;
    case FIELD(device_feature):
        return virtnet_features(&d->v, d->device_half);
    case FIELD(driver_feature_select):
        return d->driver_half;
    case FIELD(driver_feature):
        return d->driver_half > 1 ? 0 : (uint32_t)(d->v.accepted >> 32 * d->driver_half);
    case FIELD(config_msix_vector):
    case FIELD(queue_msix_vector):
        return 0xffff; /* there are none */
    case FIELD(num_queues):
        return VIRTNET_QUEUES;
    case FIELD(device_status):
        return virtnet_status(&d->v);
    case FIELD(queue_select):
        return d->queue;
    case FIELD(queue_size):
        return q == NULL ? 0 : q->num != 0 ? q->num : q->num_max;
    case FIELD(queue_enable):
        return q != NULL && q->ready;
    case FIELD(queue_notify_off):
        return q == NULL ? 0 : d->queue;
    default:
        break;
    }
    if (offset < FIELD(queue_desc) || q == NULL) {
        return 0;
    }
    return *address_field(q, offset) >> 8 * (offset & 4);
}

static void write_queue(struct virtio_net_pci *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct virtnet_queue *q;

    if (offset == FIELD(queue_size)) {
        virtnet_set_num(&d->v, d->queue, (uint32_t)value);
        return;
    }
    if (offset == FIELD(queue_enable)) {
        q = virtnet_queue(&d->v, d->queue);
        if (q != NULL && q->num == 0) {
            q->num = q->num_max; /* as it is unless the driver wants less */
        }
        virtnet_set_ready(&d->v, d->queue, value != 0);
        return;
    }
    q = virtnet_setting_up(&d->v, d->queue);
    if (q != NULL) {
        uint64_t mask = bytes == 8 ? UINT64_MAX : UINT64_C(0xffffffff) << 8 * (offset & 4);
        uint64_t *field = address_field(q, offset);

        *field = (*field & ~mask) | (value << 8 * (offset & 4) & mask);
    }
}

static void write_common(struct virtio_net_pci *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    if (!is_field(offset, bytes)) {
        nic_violation(&d->v.nic, NIC_RULE_WIDTH);
        return;
    }
    switch (offset) {
    case FIELD(device_feature_select):
        d->device_half = (uint32_t)value;
        break;
    case FIELD(driver_feature_select):
        d->driver_half = (uint32_t)value;
        break;
    case FIELD(driver_feature):
        virtnet_accept(&d->v, d->driver_half, (uint32_t)value);
        break;
    case FIELD(device_status):
        if (value & VIRTIO_STATUS_DRIVER_OK && !bus_lets(d, PCI_COMMAND_MASTER)) {
            nic_violation(&d->v.nic, VIRTNET_RULE_BUS);
        }
        virtnet_set_status(&d->v, (uint32_t)value);
        break;
    case FIELD(queue_select):
        d->queue = (uint32_t)value;
        break;
    case FIELD(config_msix_vector):
    case FIELD(queue_msix_vector):
        break;
    case FIELD(queue_size):
    case FIELD(queue_enable):
        write_queue(d, offset, bytes, value);
        break;
    default:
        if (offset >= FIELD(queue_desc)) {
            write_queue(d, offset, bytes, value);
        } else {
            nic_violation(&d->v.nic, VIRTNET_RULE_REGISTER);
        }
        break;
    }
}

static uint64_t virtio_net_pci_read(void *state, uint32_t offset, unsigned bytes)
{
    struct virtio_net_pci *d = state;
    uint32_t within = offset & 0xfff;

    if (offset >= PORTS) {
        return read_port(d, offset, bytes);
    }
    if (!is_reachable(d)) {
        nic_violation(&d->v.nic, VIRTNET_RULE_BUS);
    }
    switch (offset & ~0xfffu) {
    case 0:
        return read_common(d, within, bytes);
    case VIRTIO_PCI_ISR: {
        uint8_t isr = d->v.isr;
        virtnet_acknowledge(&d->v, isr);
        return isr;
    }
    case VIRTIO_PCI_CONFIG:
        return virtnet_config_read(&d->v, within, bytes);
    default:
        return 0; /* notifications are written */
    }
}

static void virtio_net_pci_write(void *state, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct virtio_net_pci *d = state;
    uint32_t within = offset & 0xfff;

    if (offset >= PORTS) {
        write_port(d, offset, bytes, value);
        return;
    }
    if (!is_reachable(d)) {
        nic_violation(&d->v.nic, VIRTNET_RULE_BUS);
    }
    if (offset != FIELD(device_status) && nic_is_resetting(&d->v.nic)) {
        nic_violation(&d->v.nic, NIC_RULE_RESETTING);
    }
    switch (offset & ~0xfffu) {
    case 0:
        write_common(d, within, bytes, value);
        break;
    case VIRTIO_PCI_ISR:
        break; /* it is cleared by being read; some write it as well */
    case VIRTIO_PCI_CONFIG:
        virtnet_config_write(&d->v, within, bytes, value);
        break;
    default:
        virtnet_notify(&d->v, within / VIRTIO_PCI_MULTIPLIER);
        break;
    }
}

static const struct nic_verbs verbs = {
    .rules = virtnet_rules,
    .may_send = virtnet_may_send,
    .next_piece = virtnet_next_piece,
    .give_back = virtnet_give_back,
    .bus_error = virtnet_bus_error,
};

static void virtio_net_pci_reset(void *state, struct bus *bus)
{
    struct virtio_net_pci *d = state;

    virtnet_init(&d->v, &verbs, bus);
    d->device_half = d->driver_half = d->queue = d->address = 0;
    reset_space(d);
}

static const struct device_place place = {.regs_vaddr = VIRTIO_PCI_BAR_VADDR,
                                          .memory_vaddr = VIRTIO_PCI_RINGS_VADDR,
                                          .memory_io_addr = VIRTIO_PCI_RINGS_IO,
                                          .irq_id = VIRTIO_PCI_IRQ};
static const struct device_ports ports[] = {
    {VIRTIO_PCI_ADDRESS_PORT_ID, VIRTIO_PCI_ADDRESS_PORT, 4, ADDRESS},
    {VIRTIO_PCI_DATA_PORT_ID, VIRTIO_PCI_DATA_PORT, 4, DATA},
    {.count = 0},
};

const struct device_type device_virtio_net_pci = {
    .name = "virtio_net_pci",
    .doc = "virtio network device on the PCI bus of a PC (VIRTIO 1.1, sections 4.1 and 5.1)",
    .driver = "network/driver_virtio_pci",
    .state_size = sizeof(struct virtio_net_pci),
    .params = params,
    .regs_bytes = VIRTIO_PCI_BAR_BYTES + 0x1000,
    .memory = {{"ring", .entries = VIRTNET_RING_UNITS, .entry_bytes = 8}},
    .irq_lines = 1,
    .place = &place,
    .ports = ports,
    .rules = virtnet_rules,
    .reset = virtio_net_pci_reset,
    .read = virtio_net_pci_read,
    .write = virtio_net_pci_write,
    .frame_in = virtnet_frame_in,
    .ready = virtnet_ready,
    .timer = virtnet_timer,
    .holds = nic_holds,
};
