/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a network controller that is the same in all models; see the header. Every loop is
 * bounded by TX_BURST, whatever the driver's rings say; what is left over continues on a timer.
 */
#include "components/device/nic.h"

#include <string.h>

#define FRAME_PIECES_MAX 4096 /* entries a ring may have */

#define TX_BURST 64 /* pieces looked at in one call, so that the receiver gets its turn */

static void prepare_crc32(struct nic *n)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
        }
        n->crc_table[i] = crc;
    }
}

void nic_init(struct nic *n, const struct nic_verbs *verbs, struct bus *bus)
{
    n->verbs = verbs;
    n->bus = bus;
    nic_transmit_stop(n, DEVICE_DROP_RESET);
    prepare_crc32(n);
    n->line = false;
    n->settings_made = 0;
    n->reset_until_ns = 0;
    bus->irq(bus, 0, false);
}

/* ---- Setting up ---- */

#define RESET_NS 1000

/* A register is written: may it be, and does that count? */
static void note_setting(struct nic *n, uint32_t offset, uint32_t value)
{
    const struct nic_setting *s = n->verbs->settings;

    if (offset != n->reset_by && nic_is_resetting(n)) {
        nic_violation(n, NIC_RULE_RESETTING);
    }
    for (unsigned i = 0; s != NULL && s[i].offset + s[i].before + s[i].reserved + s[i].off != 0;
         i++) {
        if (s[i].offset != offset) {
            continue;
        }
        if (value & s[i].reserved) {
            nic_violation(n, NIC_RULE_RESERVED);
        }
        if (s[i].off & n->verbs->running(n)) {
            nic_violation(n, NIC_RULE_RUNNING);
        }
        if ((value & s[i].ones) == s[i].ones) {
            n->settings_made |= UINT64_C(1) << i;
        }
    }
}

void nic_check_settings(struct nic *n, unsigned units)
{
    const struct nic_setting *s = n->verbs->settings;

    for (unsigned i = 0; n->strict && s[i].offset + s[i].before + s[i].reserved + s[i].off != 0;
         i++) {
        if (s[i].before & units && !(n->settings_made >> i & 1)) {
            nic_violation(n, NIC_RULE_UNSET);
            return;
        }
    }
}

void nic_begin_reset(struct nic *n, uint32_t offset)
{
    n->reset_by = offset;
    n->settings_made = 0;
    n->reset_until_ns = n->strict ? n->bus->now(n->bus) + RESET_NS : 0;
}

bool nic_is_resetting(struct nic *n)
{
    return n->reset_until_ns != 0 && n->bus->now(n->bus) < n->reset_until_ns;
}

void nic_check_station(struct nic *n, uint32_t head, uint32_t tail)
{
    if ((head == 0 && tail == 0) || head >> 24 & 1) {
        nic_violation(n, NIC_RULE_STATION);
    }
}

/* ---- Registers ---- */

uint64_t nic_read(void *state, uint32_t offset, unsigned bytes)
{
    struct nic *n = state;

    if (bytes == 4) {
        return n->verbs->read(n, offset);
    }
    nic_violation(n, NIC_RULE_WIDTH);
    if (bytes == 8) {
        uint64_t low = n->verbs->read(n, offset);
        return low | (uint64_t)n->verbs->read(n, offset + 4) << 32;
    }
    return n->verbs->read(n, offset & ~3u) >> 8 * (offset & 3) & (bytes == 1 ? 0xff : 0xffff);
}

void nic_write(void *state, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct nic *n = state;

    if (bytes == 4) {
        if (n->strict) {
            note_setting(n, offset, (uint32_t)value);
        }
        n->verbs->write(n, offset, (uint32_t)value);
        return;
    }
    nic_violation(n, NIC_RULE_WIDTH);
    if (bytes == 8) {
        n->verbs->write(n, offset, (uint32_t)value);
        n->verbs->write(n, offset + 4, (uint32_t)(value >> 32));
        return;
    }
    uint32_t whole = offset & ~3u;
    unsigned shift = 8 * (offset & 3);
    uint32_t mask = (bytes == 1 ? UINT32_C(0xff) : UINT32_C(0xffff)) << shift;
    bool ones_act = n->verbs->acts_on_ones != NULL && n->verbs->acts_on_ones(whole);
    uint32_t rest = ones_act ? 0 : n->verbs->read(n, whole) & ~mask;
    n->verbs->write(n, whole, rest | ((uint32_t)value << shift & mask));
}

void nic_violation_in(struct nic *n, unsigned rule, uint64_t io_addr)
{
    if (n->strict || !n->verbs->rules[rule].forgiven) {
        n->bus->violation(n->bus, rule, io_addr);
    }
}

void nic_violation(struct nic *n, unsigned rule)
{
    nic_violation_in(n, rule, 0);
}

/* An AR8031, as on many boards: identified, negotiated, 1000 Mbit/s full duplex, link up. */
static const uint16_t phy_registers[32] = {
    [0] = 0x1140, [1] = 0x796d, [2] = 0x004d,  [3] = 0xd074,  [4] = 0x0de1,  [5] = 0xcde1,
    [6] = 0x000f, [9] = 0x0200, [10] = 0x3c00, [15] = 0x2000, [16] = 0x0862, [17] = 0xbc10,
};

uint16_t nic_phy_read(unsigned address, unsigned reg)
{
    return address == NIC_PHY_ADDRESS ? phy_registers[reg & 31] : 0xffff;
}

/* ---- Transmitter ---- */

void nic_transmit_stop(struct nic *n, enum device_drop why)
{
    nic_disarm(n, NIC_TIMER_TX);
    if (n->gathering || n->sending) {
        n->bus->tx_drop(n->bus, why);
    }
    n->gathering = n->spoilt = n->sending = n->back_to_back = false;
    n->medium_free_ns = 0;
    n->bells = n->pieces = 0;
    n->frame_pieces = 0;
    n->endless = false;
    n->tx_bytes = 0;
}

/* The driver goes round its ring without a last piece, and so would we. */
static bool is_endless(struct nic *n)
{
    n->frame_pieces = n->gathering ? n->frame_pieces + 1 : 0;
    if (n->frame_pieces > FRAME_PIECES_MAX) {
        nic_violation(n, NIC_RULE_ENDLESS);
        nic_transmit_stop(n, DEVICE_DROP_BAD_DESCRIPTOR);
        n->endless = true;
    }
    return n->endless;
}

static void end_frame(struct nic *n, bool sent)
{
    if (n->verbs->ended != NULL) {
        n->verbs->ended(n, sent);
    }
    n->tx_bytes = 0;
    n->verbs->give_back(n, &n->piece);
}

/* The frame in the store has been on the medium: it is out, and its last piece is the driver's
 * again. */
static void finish_frame(struct nic *n)
{
    n->sending = false;
    n->bus->frame_out(n->bus, n->tx_frame, n->tx_bytes);
    end_frame(n, true);
}

/* Put the gathered frame on the medium. What it follows without a pause, it follows exactly. */
static void start_frame(struct nic *n)
{
    if (n->tx_bytes < NIC_FRAME_BYTES_MIN) {
        memset(n->tx_frame + n->tx_bytes, 0, NIC_FRAME_BYTES_MIN - n->tx_bytes);
        n->tx_bytes = NIC_FRAME_BYTES_MIN;
    }
    n->gathering = false;
    uint64_t busy_ns = n->bus->wire_ns(n->bus, n->tx_bytes);
    if (busy_ns == 0) {
        finish_frame(n);
        return;
    }
    uint64_t now_ns = n->bus->now(n->bus);
    if (!n->back_to_back && n->medium_free_ns < now_ns) {
        n->medium_free_ns = now_ns;
    }
    n->back_to_back = true;
    n->medium_free_ns += busy_ns;
    if (n->medium_free_ns <= now_ns) {
        finish_frame(n); /* we were called late: that frame is out by now */
        return;
    }
    n->sending = true;
    nic_arm(n, NIC_TIMER_TX, n->medium_free_ns);
}

/* A piece ends a frame that cannot be sent: hand it back as if it had been. */
static void drop_frame(struct nic *n)
{
    n->gathering = n->spoilt = false;
    n->bus->tx_drop(n->bus, DEVICE_DROP_BAD_DESCRIPTOR);
    end_frame(n, false);
}

/* Take one piece into the store, and act if the frame ends with it. */
static void take_piece(struct nic *n)
{
    struct nic_piece piece = n->piece;

    n->gathering = true;
    n->pieces++;
    if (piece.bytes == 0 || piece.bytes > sizeof(n->tx_frame) - n->tx_bytes) {
        n->spoilt = true;
    }
    if (!n->spoilt) {
        if (!n->bus->dma_read(n->bus, piece.io_addr, n->tx_frame + n->tx_bytes, piece.bytes)) {
            n->verbs->bus_error(n);
            return;
        }
        n->tx_bytes += piece.bytes;
    }
    if (!piece.last) {
        n->verbs->give_back(n, &n->piece);
    } else if (n->spoilt) {
        drop_frame(n);
    } else {
        start_frame(n);
    }
}

void nic_transmit(struct nic *n)
{
    for (unsigned work = 0; work < TX_BURST; work++) {
        if (n->sending || n->endless || !n->verbs->may_send(n) || is_endless(n)) {
            return;
        }
        if (!n->verbs->next_piece(n, &n->piece)) {
            n->back_to_back = false;
            n->dry = true;
            if (n->gathering) {
                nic_violation(n, NIC_RULE_GAP);
            }
            return;
        }
        take_piece(n);
    }
    if (!n->sending && n->verbs->may_send(n)) {
        nic_arm(n, NIC_TIMER_TX, n->bus->now(n->bus));
    }
}

void nic_bell(struct nic *n)
{
    if (!n->verbs->may_send(n)) {
        return;
    }
    n->bells++;
    n->dry = false;
    nic_transmit(n);
    if (n->dry && n->pieces < n->bells) {
        nic_violation(n, NIC_RULE_BELL);
        n->bells = n->pieces;
    }
}

void nic_transmit_timer(struct nic *n)
{
    if (n->sending) {
        finish_frame(n);
    }
    nic_transmit(n);
}

unsigned nic_holds(void *state)
{
    const struct nic *n = state;

    return n->gathering || n->sending ? 1 : 0;
}

/* ---- Receiver ---- */

enum nic_cast nic_cast_of(const uint8_t *dest)
{
    if (!(dest[0] & 1)) {
        return NIC_UNICAST;
    }
    return memcmp(dest, "\xff\xff\xff\xff\xff\xff", 6) == 0 ? NIC_BROADCAST : NIC_MULTICAST;
}

uint32_t nic_crc32(const struct nic *n, const uint8_t *bytes, size_t count)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        crc = crc >> 8 ^ n->crc_table[(crc ^ bytes[i]) & 0xff];
    }
    return crc;
}

bool nic_write_frame(struct nic *n, uint64_t io_addr, const uint8_t *frame, size_t bytes,
                     bool keep_fcs)
{
    if (!n->bus->dma_write(n->bus, io_addr, frame, bytes)) {
        return false;
    }
    if (!keep_fcs) {
        return true;
    }
    uint32_t crc = ~nic_crc32(n, frame, bytes);
    uint8_t fcs[NIC_FCS_BYTES] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
                                  (uint8_t)(crc >> 24)};
    return n->bus->dma_write(n->bus, io_addr + bytes, fcs, sizeof(fcs));
}
