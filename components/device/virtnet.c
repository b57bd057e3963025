/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio network device behind its registers; the standard is named in virtio.h.
 *
 * A frame from the wire goes into the next chain of buffers that the driver made available in queue
 * 0, behind a header of zeros; its chain is then used: an entry is written, then the index that
 * makes the entry valid, then the interrupt is raised. A frame to send is gathered from a chain of
 * queue 1, its header left out, and the chain is used when the frame is out.
 *
 * Everything in the queues is the driver's to write at any time, so each word is read once and
 * checked. A chain is followed for at most as many links as its queue has entries. Queues are
 * looked at anew when DRIVER_OK is set: what was made available before that was notified of in
 * vain.
 *
 * What a device may do with a driver that breaks the standard the standard leaves open. This one
 * goes on as far as that makes sense: a status bit that is lost stays, features that were not
 * offered are ignored, a chain that makes no sense is used unsent. Only where memory cannot be
 * reached does it stop, and say DEVICE_NEEDS_RESET.
 *
 * Plainer than it might be: no offload, no merged buffers, no indirect chains, no event index.
 */
#include "components/device/virtnet.h"

#include <string.h>

#include <sddf/util/fence.h>

#define ENTRY_BYTES sizeof(uint16_t) /* of the ring of what is available */

const struct device_rule virtnet_rules[] = {
    NIC_RULE_TEXTS,
    [VIRTNET_RULE_STATUS] = {"a status bit was taken back without a reset", true},
    [VIRTNET_RULE_OFFER] = {"a feature was accepted that is not offered", true},
    [VIRTNET_RULE_VERSION] = {"VIRTIO_F_VERSION_1 was not accepted", true},
    [VIRTNET_RULE_FEATURES_LATE] = {"features were changed after FEATURES_OK", false},
    [VIRTNET_RULE_OK_EARLY] = {"DRIVER_OK was set before FEATURES_OK", false},
    [VIRTNET_RULE_NO_QUEUE] = {"there is no queue of that number", false},
    [VIRTNET_RULE_NUM] = {"the queue's size is no power of two, or more than its maximum", false},
    [VIRTNET_RULE_ALIGN] = {"a part of the queue is not aligned as it must be", false},
    [VIRTNET_RULE_QUEUE_LATE] = {"the queue was set up after DRIVER_OK", false},
    [VIRTNET_RULE_QUEUE_BUSY] = {"the queue was changed while it was ready", false},
    [VIRTNET_RULE_NOTIFY_EARLY] = {"the device was notified before DRIVER_OK", true},
    [VIRTNET_RULE_CONFIG] = {"a field of the configuration that is read-only was written", true},
    [VIRTNET_RULE_AVAIL] = {"more was made available than the queue has entries", false},
    [VIRTNET_RULE_CHAIN] = {"a chain leaves the table, or has no end", false},
    [VIRTNET_RULE_INDIRECT] = {"a chain is indirect, which was not agreed on", false},
    [VIRTNET_RULE_DIRECTION] = {"a buffer is not for what its queue does with it", false},
    [VIRTNET_RULE_HEADER] = {"a chain is too short for the header of a frame", false},
    [VIRTNET_RULE_REGISTER] = {"there is no such register, or it cannot be written", false},
    [VIRTNET_RULE_BUS] = {"its memory used, or its DMA, before that was enabled on the bus", true},
    [VIRTNET_RULE_STEP] = {"a step of its initialization before the one it follows", true},
    [VIRTNET_RULE_UNREAD] = {"DRIVER_OK set without a look whether FEATURES_OK stayed", true},
    [VIRTNET_RULE_NO_QUEUES] = {"DRIVER_OK set before both queues were ready", true},
    [VIRTNET_RULE_STRANGER] = {"driven as what it does not say it is", false},
    {NULL, false},
};

const char *const virtnet_lacks[] = {"nothing", "version_1", "in_order", "agreement", "identity",
                                     "maker",   "layout",    "isr",      "notify",    NULL};

static bool accepted(const struct virtnet *v, unsigned feature)
{
    return v->accepted >> feature & 1;
}

static uint32_t header_bytes(const struct virtnet *v)
{
    return accepted(v, VIRTIO_F_VERSION_1) ? VIRTIO_NET_HEADER_BYTES
                                           : VIRTIO_NET_LEGACY_HEADER_BYTES;
}

static bool running(const struct virtnet *v)
{
    return (v->status & (VIRTIO_STATUS_DRIVER_OK | VIRTIO_STATUS_NEEDS_RESET)) ==
           VIRTIO_STATUS_DRIVER_OK;
}

static void interrupt(struct virtnet *v, uint8_t cause)
{
    v->isr |= cause;
    nic_line(&v->nic, v->isr != 0);
}

void virtnet_acknowledge(struct virtnet *v, uint32_t bits)
{
    v->isr &= (uint8_t)~bits;
    nic_line(&v->nic, v->isr != 0);
}

/* ---- Queues ---- */

static bool read_memory(struct virtnet *v, uint64_t io_addr, void *to, size_t bytes)
{
    if (v->nic.bus->dma_read(v->nic.bus, io_addr, to, bytes)) {
        return true;
    }
    virtnet_bus_error(&v->nic);
    return false;
}

static bool write_memory(struct virtnet *v, uint64_t io_addr, const void *from, size_t bytes)
{
    if (v->nic.bus->dma_write(v->nic.bus, io_addr, from, bytes)) {
        return true;
    }
    virtnet_bus_error(&v->nic);
    return false;
}

/* Is there something available? Looks at the driver's index when all that was known is taken. */
static bool available(struct virtnet *v, struct virtnet_queue *q)
{
    struct virtio_ring_header header;

    if (!running(v) || !q->ready) {
        return false;
    }
    if (q->next != q->available) {
        return true;
    }
    if (!read_memory(v, q->avail, &header, sizeof(header))) {
        return false;
    }
    /* The entries are read after the index that makes them valid. */
    THREAD_MEMORY_ACQUIRE();
    if ((uint16_t)(header.idx - q->next) > q->num) {
        nic_violation_in(&v->nic, VIRTNET_RULE_AVAIL, q->avail);
        return false;
    }
    q->available = header.idx;
    q->wants_no_interrupt = header.flags & VIRTIO_AVAIL_NO_INTERRUPT;
    return q->next != q->available;
}

/* The head of the chain that is next, which stays where it is. */
static bool peek_head(struct virtnet *v, struct virtnet_queue *q, uint16_t *head)
{
    uint64_t at =
        q->avail + sizeof(struct virtio_ring_header) + q->next % q->num * (uint64_t)ENTRY_BYTES;

    return available(v, q) && read_memory(v, at, head, sizeof(*head));
}

/* What one link of a chain says. */
enum link { LINK_GOOD, LINK_BAD, LINK_UNREAD };

static enum link read_link(struct virtnet *v, const struct virtnet_queue *q, uint16_t at,
                           unsigned links, struct virtio_descriptor *d)
{
    uint64_t io_addr = q->descriptors + at * (uint64_t)sizeof(*d);
    bool write = q == &v->queues[VIRTIO_NET_RX];

    if (at >= q->num || links >= q->num) {
        nic_violation_in(&v->nic, VIRTNET_RULE_CHAIN, io_addr);
        return LINK_BAD;
    }
    if (!read_memory(v, io_addr, d, sizeof(*d))) {
        return LINK_UNREAD;
    }
    if (d->flags & VIRTIO_DESC_INDIRECT) {
        nic_violation_in(&v->nic, VIRTNET_RULE_INDIRECT, io_addr);
        return LINK_BAD;
    }
    if ((d->flags & VIRTIO_DESC_WRITE) != (write ? VIRTIO_DESC_WRITE : 0)) {
        nic_violation_in(&v->nic, VIRTNET_RULE_DIRECTION, io_addr);
        return LINK_BAD;
    }
    return LINK_GOOD;
}

/* The chain that is next has been used: first the entry, then the index that makes it valid. */
static bool use_chain(struct virtnet *v, struct virtnet_queue *q, uint16_t head, uint32_t written)
{
    const struct virtio_used entry = {.id = head, .len = written};
    uint64_t at =
        q->used + sizeof(struct virtio_ring_header) + q->done % q->num * (uint64_t)sizeof(entry);
    uint16_t done = (uint16_t)(q->done + 1);

    THREAD_MEMORY_RELEASE();
    if (!write_memory(v, at, &entry, sizeof(entry))) {
        return false;
    }
    THREAD_MEMORY_RELEASE();
    if (!write_memory(v, q->used + offsetof(struct virtio_ring_header, idx), &done, sizeof(done))) {
        return false;
    }
    q->done = done;
    q->next++;
    if (!q->wants_no_interrupt) {
        interrupt(v, VIRTIO_ISR_QUEUE);
    }
    return true;
}

/* ---- Receiver ---- */

/* Where a frame goes: the places of a chain. */
#define PLACES_MAX 16

struct places {
    struct {
        uint64_t io_addr;
        uint32_t bytes;
    } list[PLACES_MAX];
    unsigned count;
    uint64_t bytes;
};

/* As much of the chain as a frame of so many bytes needs. */
static enum link find_places(struct virtnet *v, struct virtnet_queue *q, uint16_t head,
                             uint64_t wanted, struct places *p)
{
    struct virtio_descriptor d = {.flags = VIRTIO_DESC_NEXT, .next = head};

    p->count = 0;
    p->bytes = 0;
    for (unsigned links = 0; d.flags & VIRTIO_DESC_NEXT && p->bytes < wanted; links++) {
        enum link link = read_link(v, q, d.next, links, &d);

        if (link != LINK_GOOD) {
            return link;
        }
        if (p->count == PLACES_MAX) {
            break;
        }
        p->list[p->count].io_addr = d.io_addr;
        p->list[p->count].bytes = d.len;
        p->count++;
        p->bytes += d.len;
    }
    return LINK_GOOD;
}

/* Put bytes into places from `offset` on. */
static bool fill(struct virtnet *v, const struct places *p, uint64_t offset, const uint8_t *bytes,
                 size_t count)
{
    for (unsigned i = 0; i < p->count && count > 0; i++) {
        uint64_t room = p->list[i].bytes;

        if (offset >= room) {
            offset -= room;
            continue;
        }
        size_t part = room - offset < count ? (size_t)(room - offset) : count;
        if (!write_memory(v, p->list[i].io_addr + offset, bytes, part)) {
            return false;
        }
        bytes += part;
        count -= part;
        offset = 0;
    }
    return true;
}

enum device_drop virtnet_frame_in(void *state, const uint8_t *frame, size_t bytes)
{
    struct virtnet *v = state;
    struct virtnet_queue *q = &v->queues[VIRTIO_NET_RX];
    struct virtio_net_header header = {.num_buffers = 1};
    struct places places;
    uint16_t head;

    if (!running(v)) {
        return DEVICE_DROP_DISABLED;
    }
    if (nic_is_runt(&v->nic, bytes)) {
        return DEVICE_DROP_RUNT;
    }
    if (!peek_head(v, q, &head)) {
        return running(v) ? DEVICE_DROP_NO_DESCRIPTOR : DEVICE_DROP_DMA_FAULT;
    }
    uint64_t wanted = header_bytes(v) + bytes;
    enum link link = find_places(v, q, head, wanted, &places);
    if (link == LINK_UNREAD) {
        return DEVICE_DROP_DMA_FAULT;
    }
    if (link == LINK_BAD) {
        return use_chain(v, q, head, 0) ? DEVICE_DROP_BAD_DESCRIPTOR : DEVICE_DROP_DMA_FAULT;
    }
    if (places.bytes < header_bytes(v)) {
        nic_violation_in(&v->nic, VIRTNET_RULE_HEADER,
                         q->descriptors + head * (uint64_t)sizeof(struct virtio_descriptor));
    }
    if (places.bytes < wanted) {
        return DEVICE_DROP_OVERSIZE;
    }
    if (!fill(v, &places, 0, (const uint8_t *)&header, header_bytes(v)) ||
        !fill(v, &places, header_bytes(v), frame, bytes) ||
        !use_chain(v, q, head, (uint32_t)wanted)) {
        return DEVICE_DROP_DMA_FAULT;
    }
    return DEVICE_DROP_NONE;
}

bool virtnet_ready(void *state)
{
    struct virtnet *v = state;

    return available(v, &v->queues[VIRTIO_NET_RX]);
}

/* ---- Transmitter ---- */

bool virtnet_may_send(struct nic *n)
{
    const struct virtnet *v = (struct virtnet *)n;

    return running(v) && v->queues[VIRTIO_NET_TX].ready;
}

/* A chain that makes no sense is one piece that cannot be sent. */
static bool nonsense(struct nic_piece *piece)
{
    *piece = (struct nic_piece){.last = true};
    return true;
}

bool virtnet_next_piece(struct nic *n, struct nic_piece *piece)
{
    struct virtnet *v = (struct virtnet *)n;
    struct virtnet_queue *q = &v->queues[VIRTIO_NET_TX];
    struct virtio_descriptor d;

    if (!v->in_chain) {
        if (!peek_head(v, q, &v->head)) {
            return false;
        }
        v->in_chain = true;
        v->at = v->head;
        v->links = 0;
        v->header_left = header_bytes(v);
    }
    for (;;) {
        enum link link = read_link(v, q, v->at, v->links++, &d);

        if (link != LINK_GOOD) {
            return link == LINK_BAD && nonsense(piece);
        }
        v->at = d.next;
        if (d.len > v->header_left) {
            break;
        }
        v->header_left -= d.len;
        if (!(d.flags & VIRTIO_DESC_NEXT)) {
            nic_violation_in(n, VIRTNET_RULE_HEADER,
                             q->descriptors + v->head * (uint64_t)sizeof(d));
            return nonsense(piece);
        }
    }
    *piece = (struct nic_piece){.io_addr = d.io_addr + v->header_left,
                                .bytes = d.len - v->header_left,
                                .last = !(d.flags & VIRTIO_DESC_NEXT)};
    v->header_left = 0;
    return true;
}

void virtnet_give_back(struct nic *n, const struct nic_piece *piece)
{
    struct virtnet *v = (struct virtnet *)n;

    if (piece->last) {
        v->in_chain = false;
        (void)use_chain(v, &v->queues[VIRTIO_NET_TX], v->head, 0);
    }
}

void virtnet_timer(void *state, unsigned id)
{
    if (id == NIC_TIMER_TX) {
        nic_transmit_timer(state);
    }
}

void virtnet_bus_error(struct nic *n)
{
    struct virtnet *v = (struct virtnet *)n;

    nic_transmit_stop(n, DEVICE_DROP_DMA_FAULT);
    v->in_chain = false;
    v->status |= VIRTIO_STATUS_NEEDS_RESET;
    interrupt(v, VIRTIO_ISR_CONFIG);
}

/* ---- Registers ---- */

static uint16_t power_of_two(uint64_t most)
{
    uint16_t num = 1;

    while (num * 2u <= most && num < VIRTIO_QUEUE_MAX) {
        num = (uint16_t)(num * 2);
    }
    return num;
}

static void reset(struct virtnet *v)
{
    nic_transmit_stop(&v->nic, DEVICE_DROP_RESET);
    memset(v->queues, 0, sizeof(v->queues));
    v->queues[VIRTIO_NET_RX].num_max = power_of_two(v->nic.rx_ring);
    v->queues[VIRTIO_NET_TX].num_max = power_of_two(v->nic.tx_ring);
    v->in_chain = false;
    v->accepted = 0;
    v->agreed = false;
    v->status = 0;
    v->isr = 0;
    nic_line(&v->nic, false);
}

void virtnet_init(struct virtnet *v, const struct nic_verbs *verbs, struct bus *bus)
{
    nic_init(&v->nic, verbs, bus);
    v->offered = UINT64_C(1) << VIRTIO_NET_F_MAC | UINT64_C(1) << VIRTIO_NET_F_STATUS |
                 UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_IN_ORDER;
    if (v->lacks == VIRTNET_LACKS_VERSION_1) {
        v->offered &= ~(UINT64_C(1) << VIRTIO_F_VERSION_1);
    } else if (v->lacks == VIRTNET_LACKS_IN_ORDER) {
        v->offered &= ~(UINT64_C(1) << VIRTIO_F_IN_ORDER);
    }
    memcpy(v->config + VIRTIO_NET_CONFIG_MAC, v->nic.mac, 6);
    v->config[VIRTIO_NET_CONFIG_STATUS] = 1;
    v->config[VIRTIO_NET_CONFIG_STATUS + 1] = 0;
    reset(v);
}

uint8_t virtnet_status(struct virtnet *v)
{
    if (nic_is_resetting(&v->nic)) {
        return v->status_before;
    }
    v->agreed = v->status & VIRTIO_STATUS_FEATURES_OK;
    return v->status;
}

/* Section 3.1.1: each bit is set after the one before it, and what it allows is done by then. */
static void check_steps(struct virtnet *v, uint32_t value)
{
    static const uint8_t order[] = {VIRTIO_STATUS_ACKNOWLEDGE, VIRTIO_STATUS_DRIVER,
                                    VIRTIO_STATUS_FEATURES_OK, VIRTIO_STATUS_DRIVER_OK};

    for (unsigned i = 1; i < sizeof(order); i++) {
        if (value & order[i] && !(v->status & order[i - 1])) {
            nic_violation(&v->nic, VIRTNET_RULE_STEP);
            break;
        }
    }
    if (!(value & VIRTIO_STATUS_DRIVER_OK) || v->status & VIRTIO_STATUS_DRIVER_OK) {
        return;
    }
    if (!v->agreed) {
        nic_violation(&v->nic, VIRTNET_RULE_UNREAD);
    }
    if (!v->queues[VIRTIO_NET_RX].ready || !v->queues[VIRTIO_NET_TX].ready) {
        nic_violation(&v->nic, VIRTNET_RULE_NO_QUEUES);
    }
}

void virtnet_set_status(struct virtnet *v, uint32_t value)
{
    uint8_t lost = v->status & (uint8_t)~value & (uint8_t)~VIRTIO_STATUS_NEEDS_RESET;
    bool was_running = running(v);

    if ((value & 0xff) == 0) {
        v->status_before = v->status;
        reset(v);
        if (v->status_before != 0) {
            nic_begin_reset(&v->nic, v->status_at);
        }
        return;
    }
    check_steps(v, value);
    if (v->lacks >= VIRTNET_LACKS_IDENTITY) {
        nic_violation(&v->nic, VIRTNET_RULE_STRANGER);
    }
    if (v->lacks == VIRTNET_LACKS_AGREEMENT) {
        value &= ~VIRTIO_STATUS_FEATURES_OK;
    }
    if (lost != 0) {
        nic_violation(&v->nic, VIRTNET_RULE_STATUS);
    }
    v->status |= (uint8_t)(value & (uint32_t)~VIRTIO_STATUS_NEEDS_RESET);
    if (value & VIRTIO_STATUS_FEATURES_OK && !accepted(v, VIRTIO_F_VERSION_1)) {
        nic_violation(&v->nic, VIRTNET_RULE_VERSION);
    }
    if (!was_running && running(v)) {
        if (!(v->status & VIRTIO_STATUS_FEATURES_OK)) {
            nic_violation(&v->nic, VIRTNET_RULE_OK_EARLY);
        }
        nic_transmit(&v->nic);
    }
}

uint32_t virtnet_features(const struct virtnet *v, uint32_t half)
{
    return half > 1 ? 0 : (uint32_t)(v->offered >> 32 * half);
}

void virtnet_accept(struct virtnet *v, uint32_t half, uint32_t bits)
{
    if (v->status & VIRTIO_STATUS_FEATURES_OK) {
        nic_violation(&v->nic, VIRTNET_RULE_FEATURES_LATE);
        return;
    }
    if (!(v->status & VIRTIO_STATUS_DRIVER)) {
        nic_violation(&v->nic, VIRTNET_RULE_STEP);
    }
    if (bits & ~virtnet_features(v, half)) {
        nic_violation(&v->nic, VIRTNET_RULE_OFFER);
    }
    if (half <= 1) {
        v->accepted &= ~(UINT64_C(0xffffffff) << 32 * half);
        v->accepted |= (uint64_t)bits << 32 * half & v->offered;
    }
}

struct virtnet_queue *virtnet_queue(struct virtnet *v, uint32_t queue)
{
    return queue < VIRTNET_QUEUES ? &v->queues[queue] : NULL;
}

struct virtnet_queue *virtnet_setting_up(struct virtnet *v, uint32_t queue)
{
    struct virtnet_queue *q = virtnet_queue(v, queue);

    if (q == NULL) {
        nic_violation(&v->nic, VIRTNET_RULE_NO_QUEUE);
    } else if (q->ready) {
        nic_violation(&v->nic, VIRTNET_RULE_QUEUE_BUSY);
        q = NULL;
    }
    return q;
}

void virtnet_set_num(struct virtnet *v, uint32_t queue, uint32_t num)
{
    struct virtnet_queue *q = virtnet_setting_up(v, queue);

    if (q == NULL) {
        return;
    }
    if (num == 0 || num > q->num_max || (num & (num - 1)) != 0) {
        nic_violation(&v->nic, VIRTNET_RULE_NUM);
        return;
    }
    q->num = (uint16_t)num;
}

void virtnet_set_ready(struct virtnet *v, uint32_t queue, bool ready)
{
    struct virtnet_queue *q = virtnet_queue(v, queue);

    if (q == NULL) {
        nic_violation(&v->nic, VIRTNET_RULE_NO_QUEUE);
        return;
    }
    if (ready && v->status & VIRTIO_STATUS_DRIVER_OK) {
        nic_violation(&v->nic, VIRTNET_RULE_QUEUE_LATE);
    }
    if (ready && !(v->status & VIRTIO_STATUS_FEATURES_OK)) {
        nic_violation(&v->nic, VIRTNET_RULE_STEP);
    }
    if (ready && q->num == 0) {
        nic_violation(&v->nic, VIRTNET_RULE_NUM);
        return;
    }
    if (ready && (q->descriptors % VIRTIO_DESC_ALIGN != 0 || q->avail % VIRTIO_AVAIL_ALIGN != 0 ||
                  q->used % VIRTIO_USED_ALIGN != 0)) {
        nic_violation(&v->nic, VIRTNET_RULE_ALIGN);
    }
    q->ready = ready;
}

void virtnet_notify(struct virtnet *v, uint32_t queue)
{
    if (virtnet_queue(v, queue) == NULL) {
        nic_violation(&v->nic, VIRTNET_RULE_NO_QUEUE);
    } else if (!(v->status & VIRTIO_STATUS_DRIVER_OK)) {
        nic_violation(&v->nic, VIRTNET_RULE_NOTIFY_EARLY);
    } else if (queue == VIRTIO_NET_TX) {
        nic_bell(&v->nic);
    }
}

uint64_t virtnet_config_read(const struct virtnet *v, uint32_t offset, unsigned bytes)
{
    uint64_t value = 0;

    if (offset + bytes <= sizeof(v->config)) {
        memcpy(&value, v->config + offset, bytes);
    }
    return value;
}

void virtnet_config_write(struct virtnet *v, uint32_t offset, unsigned bytes, uint64_t value)
{
    nic_violation(&v->nic, VIRTNET_RULE_CONFIG);
    if (offset + bytes <= VIRTIO_NET_CONFIG_STATUS) { /* legacy devices let the address be set */
        memcpy(v->config + offset, &value, bytes);
    }
}
