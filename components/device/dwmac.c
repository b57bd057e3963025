/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DesignWare MACs; see the header. The DMA of either direction suspends itself at a descriptor that
 * is not its own. A doorbell makes the transmitter look again; the receiver looks again for every
 * frame by itself. Where a list is in memory is taken over when its register is written, where the
 * DMA was in it is kept when that is stopped and started.
 *
 * Plainer than the parts: a received frame must fit one buffer or it is dropped (they would go on
 * in the next one); no hash filters, no chains, no checksum offload, no timestamps, no management
 * counters, no PHY.
 */
#include "components/device/dwmac.h"

#include <string.h>

#define LIST_ALIGN 8

const struct device_rule dwmac_rules[] = {
    NIC_RULE_TEXTS,
    [DWMAC_RULE_LIST] = {"DMA started before its list has a base", false},
    [DWMAC_RULE_LIST_ALIGN] = {"base of a list not aligned to 8 bytes", false},
    [DWMAC_RULE_MOVED] = {"base or length of a list written while its DMA runs", false},
    [DWMAC_RULE_LENGTH] = {"DMA started with a list of no length", false},
    [DWMAC_RULE_BELL_OFF] = {"doorbell of a DMA that does not run", true},
    [DWMAC_RULE_TAIL] = {"tail pointer outside of the list", false},
    [DWMAC_RULE_RX_BUFFER] = {"receive descriptor given without a buffer", false},
    [DWMAC_RULE_FORM] = {"descriptor of a kind that is not modelled", false},
    [DWMAC_RULE_FIRST] = {"frame whose first descriptor does not say it is, or a later one does",
                          false},
    [DWMAC_RULE_READ_ONLY] = {"a read-only register was written", true},
    [DWMAC_RULE_FIFO] = {"enabled with a queue that holds no frame, or more than there is", true},
    [DWMAC_RULE_HELD] = {"a register used of a MAC that is held in its reset", false},
    {NULL, false},
};

const struct param dwmac_params[] = {
    NIC_PARAMS(256, RING_ENTRIES_LIMIT),
    NIC_PARAM_FCS,
    PARAM_END,
};

static bool runs(struct dwmac *d, const struct dwmac_side *side)
{
    return *dwmac_reg(d, side->start) & side->start_bit;
}

/* ---- Interrupts ---- */

/* What the MAC has to tell by itself. */
static uint32_t of_mac(struct dwmac *d)
{
    const struct dwmac_part *p = d->part;

    return p->mac_events == 0 ? 0 : *dwmac_reg(d, p->mac_events) & ~*dwmac_reg(d, p->mac_mask);
}

static void update_line(struct dwmac *d)
{
    const struct dwmac_part *p = d->part;
    uint32_t up = *dwmac_reg(d, p->status) & *dwmac_reg(d, p->enable);

    nic_line(&d->nic, (up & (p->normal_sum | p->abnormal_sum)) != 0 || of_mac(d) != 0);
}

static void raise(struct dwmac *d, uint32_t events)
{
    const struct dwmac_part *p = d->part;
    uint32_t heard = events & *dwmac_reg(d, p->enable);

    *dwmac_reg(d, p->status) |= events | (heard & p->normal ? p->normal_sum : 0) |
                                (heard & p->abnormal ? p->abnormal_sum : 0);
    update_line(d);
}

uint32_t dwmac_lowering(void *state, uint32_t *offset)
{
    struct dwmac *d = state;

    *offset = d->part->status;
    return of_mac(d) != 0 ? 0 : *dwmac_reg(d, d->part->status);
}

/* ---- Lists ---- */

static void start_list(struct dwmac *d, const struct dwmac_side *side, struct ring *r)
{
    uint64_t base = *dwmac_reg(d, side->list) |
                    (side->high == 0 ? 0 : (uint64_t)*dwmac_reg(d, side->high) << 32);

    ring_start(r, &side->format, base, 0);
}

static void start(struct dwmac *d, const struct dwmac_side *side, struct ring *r)
{
    if (r->base == 0) {
        nic_violation(&d->nic, DWMAC_RULE_LIST);
    }
    if (side->length != 0) {
        r->entries = *dwmac_reg(d, side->length) + 1;
        if (r->entries == 1) {
            nic_violation(&d->nic, DWMAC_RULE_LENGTH);
        }
    }
    r->active = true;
}

/* "Fatal bus error: the DMA disables all its bus accesses", until all is reset. */
void dwmac_bus_error(struct nic *n)
{
    struct dwmac *d = (struct dwmac *)n;
    const struct dwmac_part *p = d->part;

    *dwmac_reg(d, p->rx.start) &= ~p->rx.start_bit;
    *dwmac_reg(d, p->tx.start) &= ~p->tx.start_bit;
    start_list(d, &p->rx, &d->rx);
    start_list(d, &p->tx, &d->tx);
    nic_transmit_stop(n, DEVICE_DROP_DMA_FAULT);
    raise(d, p->fatal);
}

/* ---- Receiver ---- */

static bool accepts(struct dwmac *d, const uint8_t *dest)
{
    uint32_t filter = *dwmac_reg(d, d->part->filter);
    uint32_t low = *dwmac_reg(d, d->part->address_low);
    uint32_t high = *dwmac_reg(d, d->part->address_high);
    const uint8_t station[6] = {(uint8_t)low,         (uint8_t)(low >> 8), (uint8_t)(low >> 16),
                                (uint8_t)(low >> 24), (uint8_t)high,       (uint8_t)(high >> 8)};

    if (filter & (DWMAC_FILTER_PR | DWMAC_FILTER_RA)) {
        return true;
    }
    switch (nic_cast_of(dest)) {
    case NIC_BROADCAST:
        return !(filter & DWMAC_FILTER_DBF);
    case NIC_MULTICAST:
        return filter & DWMAC_FILTER_PM;
    default:
        return memcmp(dest, station, 6) == 0;
    }
}

static bool is_let_through(struct dwmac *d, enum nic_unit unit)
{
    return d->part->lets_through == NULL || d->part->lets_through(d, unit);
}

static bool receives(struct dwmac *d)
{
    return *dwmac_reg(d, DWMAC_CONFIGURATION) & d->part->receiver && runs(d, &d->part->rx) &&
           is_let_through(d, NIC_UNIT_RX);
}

static enum device_drop receive(struct dwmac *d, const uint8_t *frame, size_t bytes)
{
    const struct dwmac_part *p = d->part;
    uint32_t done[4];

    d->rx.active = true;
    const uint32_t *words = ring_peek(&d->nic, &d->rx);
    if (words == NULL) {
        if (!receives(d)) {
            return DEVICE_DROP_DMA_FAULT;
        }
        raise(d, p->rx_none);
        return DEVICE_DROP_NO_DESCRIPTOR;
    }
    bool keep_fcs = d->nic.fcs && !(*dwmac_reg(d, DWMAC_CONFIGURATION) & p->strip);
    uint32_t stored = (uint32_t)bytes + (keep_fcs ? NIC_FCS_BYTES : 0);
    struct dwmac_buffer b = p->buffer(d, words);
    if (b.io_addr == 0 || b.bytes == 0) {
        nic_violation_in(&d->nic, DWMAC_RULE_RX_BUFFER, d->rx.io_addr);
    }
    if (stored > b.bytes) {
        return DEVICE_DROP_OVERSIZE;
    }
    if (!nic_write_frame(&d->nic, b.io_addr, frame, bytes, keep_fcs)) {
        dwmac_bus_error(&d->nic);
        return DEVICE_DROP_DMA_FAULT;
    }
    p->received(words, stored, nic_cast_of(frame), done);
    if (!ring_hand_back(&d->nic, &d->rx, 0, done, p->written_bytes)) {
        return DEVICE_DROP_DMA_FAULT;
    }
    if (b.interrupts) {
        raise(d, p->rx_done);
    }
    return DEVICE_DROP_NONE;
}

/* How long a frame may be, with FCS, before it is a giant. A VLAN tag does not count. */
static size_t most_bytes(struct dwmac *d, const uint8_t *frame)
{
    bool jumbo = *dwmac_reg(d, DWMAC_CONFIGURATION) & d->part->jumbo;
    bool tagged = frame[12] == 0x81 && frame[13] == 0x00;

    return (jumbo ? 9018 : 1518) + (tagged ? 4 : 0);
}

enum device_drop dwmac_frame_in(void *state, const uint8_t *frame, size_t bytes)
{
    struct dwmac *d = state;

    if (!receives(d)) {
        return DEVICE_DROP_DISABLED;
    }
    if (nic_is_runt(&d->nic, bytes)) {
        return DEVICE_DROP_RUNT;
    }
    if (!accepts(d, frame)) {
        return DEVICE_DROP_FILTERED;
    }
    if (bytes + NIC_FCS_BYTES > most_bytes(d, frame)) {
        return DEVICE_DROP_OVERSIZE;
    }
    return receive(d, frame, bytes);
}

bool dwmac_ready(void *state)
{
    struct dwmac *d = state;

    if (!receives(d)) {
        return false;
    }
    d->rx.active = true;
    return ring_peek(&d->nic, &d->rx) != NULL;
}

/* It does that by itself anyway. */
void dwmac_receive_bell(struct dwmac *d)
{
    if (!runs(d, &d->part->rx)) {
        nic_violation(&d->nic, DWMAC_RULE_BELL_OFF);
    }
}

/* ---- Transmitter ---- */

bool dwmac_may_send(struct nic *n)
{
    struct dwmac *d = (struct dwmac *)n;

    return *dwmac_reg(d, DWMAC_CONFIGURATION) & d->part->transmitter && runs(d, &d->part->tx) &&
           is_let_through(d, NIC_UNIT_TX);
}

bool dwmac_next_piece(struct nic *n, struct nic_piece *piece)
{
    struct dwmac *d = (struct dwmac *)n;
    const uint32_t *words = ring_peek(n, &d->tx);
    bool first;

    if (words == NULL) {
        if (dwmac_may_send(n)) {
            raise(d, d->part->tx_none);
        }
        return false;
    }
    d->part->piece(d, words, piece, &d->sent_interrupts, &first);
    if (first == n->gathering) {
        nic_violation_in(n, DWMAC_RULE_FIRST, d->tx.io_addr);
    }
    return true;
}

void dwmac_give_back(struct nic *n, const struct nic_piece *piece)
{
    struct dwmac *d = (struct dwmac *)n;
    uint32_t done[4];

    d->part->sent(&d->tx.ahead[d->tx.next], done);
    if (ring_hand_back(n, &d->tx, 0, done, d->part->written_bytes) && piece->last &&
        d->sent_interrupts) {
        raise(d, d->part->tx_done);
    }
}

void dwmac_transmit_bell(struct dwmac *d)
{
    if (!runs(d, &d->part->tx)) {
        nic_violation(&d->nic, DWMAC_RULE_BELL_OFF);
        return;
    }
    d->tx.active = true;
    nic_bell(&d->nic);
}

void dwmac_timer(void *state, unsigned id)
{
    if (id == NIC_TIMER_TX) {
        nic_transmit_timer(state);
    }
}

/* ---- Registers ---- */

void dwmac_reset(struct dwmac *d)
{
    const struct dwmac_part *p = d->part;

    nic_transmit_stop(&d->nic, DEVICE_DROP_RESET);
    memset(d->regs, 0, sizeof(d->regs));
    for (unsigned i = 0; p->presets != NULL && p->presets[i].value != 0; i++) {
        *dwmac_reg(d, p->presets[i].offset) = p->presets[i].value;
    }
    start_list(d, &p->rx, &d->rx);
    start_list(d, &p->tx, &d->tx);
    d->loaded = false;
    update_line(d);
}

void dwmac_init(struct dwmac *d, const struct dwmac_part *part, const struct nic_verbs *verbs,
                struct bus *bus)
{
    const uint8_t *mac = d->nic.mac;

    d->part = part;
    nic_init(&d->nic, verbs, bus);
    dwmac_reset(d);
    *dwmac_reg(d, part->address_low) =
        mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
    *dwmac_reg(d, part->address_high) |= mac[4] | (uint32_t)mac[5] << 8;
}

/* The base or length of a list: true if it was one of this side's. */
static bool write_list(struct dwmac *d, const struct dwmac_side *side, struct ring *r,
                       uint32_t offset, uint32_t value)
{
    bool length = side->length != 0 && offset == side->length;
    bool high = side->high != 0 && offset == side->high;

    if (offset != side->list && !high && !length) {
        return false;
    }
    if (runs(d, side)) {
        nic_violation(&d->nic, DWMAC_RULE_MOVED);
    }
    if (offset == side->list && value % LIST_ALIGN != 0) {
        nic_violation(&d->nic, DWMAC_RULE_LIST_ALIGN);
        value &= ~(uint32_t)(LIST_ALIGN - 1);
    }
    *dwmac_reg(d, offset) = value;
    if (!length) {
        start_list(d, side, r);
    }
    return true;
}

uint32_t dwmac_read(struct nic *n, uint32_t offset)
{
    struct dwmac *d = (struct dwmac *)n;

    return *dwmac_reg(d, offset) | (offset == d->part->mode && nic_is_resetting(n) ? 1 : 0);
}

unsigned dwmac_running(struct nic *n)
{
    struct dwmac *d = (struct dwmac *)n;
    uint32_t configuration = *dwmac_reg(d, DWMAC_CONFIGURATION);

    return (configuration & d->part->receiver ? NIC_UNIT_RX : 0) |
           (configuration & d->part->transmitter ? NIC_UNIT_TX : 0);
}

/* The MAC is enabled: has it all that frames need? */
static void check_mode(struct dwmac *d, unsigned units)
{
    const struct dwmac_part *p = d->part;
    uint32_t low = *dwmac_reg(d, p->address_low);

    nic_check_settings(&d->nic, units);
    if ((*dwmac_reg(d, DWMAC_CONFIGURATION) & p->speed_mask) != p->gigabit) {
        nic_violation(&d->nic, NIC_RULE_LINK);
    }
    nic_check_station(&d->nic, __builtin_bswap32(low), *dwmac_reg(d, p->address_high) & 0xffff);
    if (!d->loaded) {
        nic_violation(&d->nic, NIC_RULE_STATION);
    }
    if (p->holds_frames != NULL && !p->holds_frames(d)) {
        nic_violation(&d->nic, DWMAC_RULE_FIFO);
    }
}

static void write_configuration(struct dwmac *d, uint32_t value)
{
    unsigned was = dwmac_running(&d->nic);

    *dwmac_reg(d, DWMAC_CONFIGURATION) = value;
    if (dwmac_running(&d->nic) & ~was) {
        check_mode(d, dwmac_running(&d->nic) & ~was);
        if (d->part->mac_events != 0) { /* the link has come up */
            *dwmac_reg(d, d->part->mac_events) |= DWMAC_LINK_CHANGED;
            update_line(d);
        }
    }
    nic_transmit(&d->nic);
}

bool dwmac_write(struct dwmac *d, uint32_t offset, uint32_t value)
{
    const struct dwmac_part *p = d->part;

    if (offset == p->mode && value & 1) {
        dwmac_reset(d);
        nic_begin_reset(&d->nic, offset);
        return true;
    }
    if (offset == p->status) {
        *dwmac_reg(d, offset) &= ~value;
        update_line(d);
        return true;
    }
    if (offset == p->enable) {
        *dwmac_reg(d, offset) = value;
        raise(d, *dwmac_reg(d, p->status) & (p->normal | p->abnormal));
        return true;
    }
    if (offset == p->rx.start || offset == p->tx.start) {
        /* In the older part both are bits of one register. */
        bool rx = runs(d, &p->rx), tx = runs(d, &p->tx);
        *dwmac_reg(d, offset) = value;
        if (!rx && runs(d, &p->rx)) {
            start(d, &p->rx, &d->rx);
        }
        if (!tx && runs(d, &p->tx)) {
            start(d, &p->tx, &d->tx);
        }
        nic_transmit(&d->nic);
        return true;
    }
    if (offset == DWMAC_CONFIGURATION) {
        write_configuration(d, value);
        return true;
    }
    if (p->mac_events != 0 && offset == p->mac_mask) {
        *dwmac_reg(d, offset) = value;
        update_line(d);
        return true;
    }
    if (offset == p->address_low || offset == p->address_high) {
        d->loaded = offset == p->address_low;
    }
    return write_list(d, &p->rx, &d->rx, offset, value) ||
           write_list(d, &p->tx, &d->tx, offset, value);
}
