/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The i.MX 8M ENET gigabit MAC, seen from its registers (enet.h names the manual).
 *
 * A frame from the wire is filtered by address, then laid into the buffer of the next receive
 * descriptor, whose length and status are written back last; a frame to send is gathered from the
 * buffers of its descriptors into the MAC's own store, stays there while the medium is busy with
 * it, goes out, and only then is its descriptor handed back. Either way an event reaches EIR, at
 * once or when the coalescing unit lets it, and the interrupt line is at every moment EIR & EIMR.
 *
 * What every NIC has, the transmitter among it, is nic.h; how descriptors are read is ring.h.
 *
 * Plainer than the part: a received frame must fit one buffer and RCR[MAX_FL] or it is dropped (the
 * part would chain buffers and set status bits); there is no receive FIFO to wait in; enhanced
 * descriptors, rings 1 and 2, pause frames, checksum acceleration, loopback and the 1588 timer have
 * their registers but no effect.
 */
#include <string.h>

#include "components/device/enet.h"
#include "components/device/ring.h"

#define MIB_BUSY_NS 200

enum timer_id { TIMER_TXIC = NIC_TIMERS, TIMER_RXIC };

enum rule {
    RULE_IC_ZERO = NIC_RULES,
    RULE_RX_ALIGN,
    RULE_BIG_ENDIAN,
    RULE_EN1588,
    RULE_MII_MODE,
    RULE_RING_MOVED,
    RULE_MIB,
    RULE_CHECKSUM
};

static const struct device_rule rules[] = {
    NIC_RULE_TEXTS,
    [RULE_IC_ZERO] = {"interrupt coalescing enabled with a threshold of 0", false},
    [RULE_RX_ALIGN] = {"receive buffer not aligned to 64 bytes", false},
    [RULE_BIG_ENDIAN] = {"ETHEREN set without DBSWP: descriptors would be big-endian", false},
    [RULE_EN1588] = {"ETHEREN set with EN1588: enhanced descriptors are not modelled", false},
    [RULE_MII_MODE] = {"ETHEREN set without RCR[MII_MODE]", false},
    [RULE_RING_MOVED] = {"RDSR or TDSR written while ETHEREN is set", false},
    [RULE_MIB] = {"statistics cleared, or let count, before they were idle", true},
    [RULE_CHECKSUM] = {"checksums inserted, or judged, without store and forward", true},
    {NULL, false},
};

/* The two coalescing units. */
enum side { SIDE_TX, SIDE_RX, SIDES };

/* struct enet_descriptor as two words: the status is the upper half of the first. */
static const struct ring_format descriptors = {
    .words = 2,
    .owner_mask = (uint32_t)ENET_DESC_OWNED << 16,
    .owner_value = (uint32_t)ENET_DESC_OWNED << 16,
    .wrap_mask = (uint32_t)ENET_DESC_WRAP << 16,
};

struct enet {
    struct nic nic;
    struct ring rx, tx;
    unsigned pending[SIDES]; /* frames the coalescing unit has not reported yet */
    uint64_t mib_idle_ns;    /* when the statistics are idle; only one that is strict takes time */
    uint32_t regs[ENET_REGS_END / 4];
};

static const struct param params[] = {
    NIC_PARAMS(256, RING_ENTRIES_LIMIT),
    NIC_PARAM_FCS,
    PARAM_END,
};

/*
 * Section "User initialization (before setting ECR[ETHEREN])", without what is optional there. All
 * of that is set up with ETHEREN clear, and so are the other modes.
 */
static const struct nic_setting settings[] = {
    {ENET_ECR, 0, 0, 0, ENET_ECR_RESERVED},
    {ENET_MIBC, NIC_UNIT_BOTH, 0, ENET_MIBC_CLEAR, ENET_MIBC_RESERVED},
    {ENET_IAUR, NIC_UNIT_RX, 0, 0, 0},
    {ENET_IALR, NIC_UNIT_RX, 0, 0, 0},
    {ENET_GAUR, NIC_UNIT_RX, 0, 0, 0},
    {ENET_GALR, NIC_UNIT_RX, 0, 0, 0},
    {ENET_RCR, NIC_UNIT_BOTH, NIC_UNIT_BOTH, 0, ENET_RCR_RESERVED},
    {ENET_TCR, NIC_UNIT_BOTH, NIC_UNIT_BOTH, 0, ENET_TCR_RESERVED},
    {ENET_TFWR, 0, NIC_UNIT_BOTH, 0, ENET_TFWR_RESERVED},
    {ENET_RDSR, NIC_UNIT_BOTH, 0, 0, 7},
    {ENET_TDSR, NIC_UNIT_BOTH, 0, 0, 7},
    {ENET_MRBR, NIC_UNIT_BOTH, NIC_UNIT_BOTH, 0, ~ENET_MRBR_MASK},
    {ENET_RACC, 0, NIC_UNIT_BOTH, 0, ~UINT32_C(0xc7)},
    {ENET_TACC, 0, NIC_UNIT_BOTH, 0, ~UINT32_C(0x19)},
    {ENET_TIPG, 0, NIC_UNIT_BOTH, 0, ~UINT32_C(0x1f)},
    {ENET_RSFL, 0, NIC_UNIT_BOTH, 0, 0},
    {0},
};

/* What the registers hold after a reset; all others hold 0. */
static const struct {
    uint16_t offset;
    uint32_t value;
} presets[] = {
    {ENET_ECR, ENET_ECR_PRESET},
    {ENET_MIBC, ENET_MIBC_DIS | ENET_MIBC_IDLE},
    {ENET_RCR, ENET_RCR_PRESET},
    {ENET_PAUR, ENET_PAUR_TYPE},
    {ENET_OPD, ENET_OPD_CODE},
    {ENET_RAEM, 4},
    {ENET_RAFL, 4},
    {ENET_TAEM, 4},
    {ENET_TAFL, 8},
    {ENET_TIPG, 12},
    {ENET_FTRL, 0x7ff},
};

static const uint16_t coalescing_register[SIDES] = {ENET_TXIC0, ENET_RXIC0};
static const enum timer_id coalescing_timer[SIDES] = {TIMER_TXIC, TIMER_RXIC};
static const uint32_t frame_event_bit[SIDES] = {ENET_EIR_TXF, ENET_EIR_RXF};

static inline uint32_t *reg(struct enet *e, uint32_t offset)
{
    return &e->regs[offset / 4];
}

static inline bool enabled(struct enet *e)
{
    return *reg(e, ENET_ECR) & ENET_ECR_ETHEREN;
}

/* ---- Interrupts ---- */

static void update_line(struct enet *e)
{
    nic_line(&e->nic, (*reg(e, ENET_EIR) & *reg(e, ENET_EIMR)) != 0);
}

static void raise_event(struct enet *e, uint32_t bits)
{
    *reg(e, ENET_EIR) |= bits;
    update_line(e);
}

static uint64_t coalescing_ns(struct enet *e, uint32_t ic)
{
    uint64_t hz = *reg(e, ENET_ECR) & ENET_ECR_SPEED ? ENET_GIGABIT_TX_HZ : ENET_100M_TX_HZ;

    if (ic & ENET_IC_CS) {
        hz = ENET_SYSTEM_CLOCK_HZ;
    }
    return (ic & ENET_IC_TT_MASK) * ENET_IC_TT_CLOCKS * UINT64_C(1000000000) / hz;
}

/* Report the frames of one side that were held back. */
static void coalescing_flush(struct enet *e, enum side side)
{
    e->pending[side] = 0;
    nic_disarm(&e->nic, coalescing_timer[side]);
    raise_event(e, frame_event_bit[side]);
}

/* A frame is done: TXF or RXF, now, or when enough of them or enough time have come together. */
static void frame_event(struct enet *e, enum side side)
{
    uint32_t ic = *reg(e, coalescing_register[side]);

    if (!(ic & ENET_IC_EN)) {
        raise_event(e, frame_event_bit[side]);
        return;
    }
    if (++e->pending[side] >= (ic >> ENET_IC_FT_SHIFT & ENET_IC_FT_MASK)) {
        coalescing_flush(e, side);
    } else if (e->pending[side] == 1) {
        nic_arm(&e->nic, coalescing_timer[side],
                e->nic.bus->now(e->nic.bus) + coalescing_ns(e, ic));
    }
}

static void write_coalescing(struct enet *e, enum side side, uint32_t value)
{
    bool on = value & ENET_IC_EN;

    *reg(e, coalescing_register[side]) = value;
    if (on && ((value >> ENET_IC_FT_SHIFT & ENET_IC_FT_MASK) == 0 || !(value & ENET_IC_TT_MASK))) {
        nic_violation(&e->nic, RULE_IC_ZERO);
    }
    if (!on && e->pending[side] > 0) {
        coalescing_flush(e, side);
    }
}

/* ---- Statistics ---- */

static inline void mib_add(struct enet *e, uint32_t counter, uint32_t n)
{
    if (!(*reg(e, ENET_MIBC) & ENET_MIBC_DIS)) {
        *reg(e, counter) += n;
    }
}

/* The class of length: to 64 bytes with FCS, to 127, 255, 511, 1023, 2047, and above. */
static unsigned length_class(size_t wire_bytes)
{
    unsigned bits = 31 - (unsigned)__builtin_clz((unsigned)wire_bytes | 1);

    if (wire_bytes <= 64) {
        return 0;
    }
    return bits > 10 ? 6 : bits - 5;
}

/*
 * A good frame: `packets` is RMON_T_PACKETS or RMON_R_PACKETS. The other counters are laid out
 * alike from there.
 */
static void mib_good_frame(struct enet *e, uint32_t packets, const uint8_t *frame, size_t bytes)
{
    bool tx = packets == ENET_RMON_T_PACKETS;
    uint32_t wire_bytes = (uint32_t)bytes + NIC_FCS_BYTES;

    if (*reg(e, ENET_MIBC) & ENET_MIBC_DIS) {
        return;
    }
    *reg(e, packets) += 1;
    enum nic_cast cast = nic_cast_of(frame);

    if (cast != NIC_UNICAST) {
        *reg(e, packets + (cast == NIC_BROADCAST ? 4 : 8)) += 1;
    }
    *reg(e, (tx ? ENET_RMON_T_P64 : ENET_RMON_R_P64) + 4 * length_class(wire_bytes)) += 1;
    *reg(e, tx ? ENET_RMON_T_OCTETS : ENET_RMON_R_OCTETS) += wire_bytes;
    *reg(e, tx ? ENET_IEEE_T_FRAME_OK : ENET_IEEE_R_FRAME_OK) += 1;
    *reg(e, tx ? ENET_IEEE_T_OCTETS_OK : ENET_IEEE_R_OCTETS_OK) += wire_bytes;
}

static void mib_clear(struct enet *e)
{
    memset(reg(e, ENET_MIB_BEGIN), 0, ENET_MIB_END - ENET_MIB_BEGIN);
}

/* ---- Descriptor rings ---- */

/*
 * Whatever the transmitter holds is lost; descriptors not handed back stay as they are in memory.
 */
static void stop(struct enet *e, enum device_drop why)
{
    *reg(e, ENET_ECR) &= ~ENET_ECR_ETHEREN;
    ring_start(&e->rx, &descriptors, 0, 0);
    ring_start(&e->tx, &descriptors, 0, 0);
    nic_transmit_stop(&e->nic, why);
}

/* ENET_EIR, EBERR: "ECR[ETHEREN] is cleared, halting frame processing by the MAC". */
static void enet_bus_error(struct nic *n)
{
    struct enet *e = (struct enet *)n;

    stop(e, DEVICE_DROP_DMA_FAULT);
    raise_event(e, ENET_EIR_EBERR);
}

/* ---- Receiver ---- */

static bool hash_accepts(struct enet *e, const uint8_t *dest, uint32_t upper, uint32_t lower)
{
    if ((*reg(e, upper) | *reg(e, lower)) == 0) {
        return false;
    }
    uint32_t hash = nic_crc32(&e->nic, dest, 6) >> 26;
    return *reg(e, hash & 32 ? upper : lower) >> (hash & 31) & 1;
}

static bool is_station(struct enet *e, const uint8_t *dest)
{
    uint32_t head =
        (uint32_t)dest[0] << 24 | (uint32_t)dest[1] << 16 | (uint32_t)dest[2] << 8 | dest[3];
    uint32_t tail = (uint32_t)dest[4] << 8 | dest[5];

    return head == *reg(e, ENET_PALR) && tail == *reg(e, ENET_PAUR) >> 16;
}

/* Address recognition: the status bits of an accepted frame, or -1. */
static int recognise(struct enet *e, const uint8_t *dest)
{
    uint32_t rcr = *reg(e, ENET_RCR);
    int kind = 0;
    bool accepted;

    switch (nic_cast_of(dest)) {
    case NIC_UNICAST:
        accepted = is_station(e, dest) || hash_accepts(e, dest, ENET_IAUR, ENET_IALR);
        break;
    case NIC_BROADCAST:
        kind = ENET_RX_BC;
        accepted = !(rcr & ENET_RCR_BC_REJ);
        break;
    default:
        kind = ENET_RX_MC;
        accepted = hash_accepts(e, dest, ENET_GAUR, ENET_GALR);
        break;
    }
    if (accepted) {
        return kind;
    }
    return rcr & ENET_RCR_PROM ? kind | ENET_RX_MISS : -1;
}

static enum device_drop receive(struct enet *e, const uint8_t *frame, size_t bytes, int kind)
{
    bool keep_fcs = e->nic.fcs && !(*reg(e, ENET_RCR) & (ENET_RCR_CRCFWD | ENET_RCR_PADEN));
    size_t stored = bytes + (keep_fcs ? NIC_FCS_BYTES : 0);

    if (stored > *reg(e, ENET_MRBR)) {
        mib_add(e, ENET_RMON_R_OVERSIZE, 1);
        return DEVICE_DROP_OVERSIZE;
    }
    const uint32_t *words = ring_peek(&e->nic, &e->rx);
    if (words == NULL) {
        if (!enabled(e)) {
            return DEVICE_DROP_DMA_FAULT;
        }
        mib_add(e, ENET_IEEE_R_MACERR, 1);
        return DEVICE_DROP_NO_DESCRIPTOR;
    }
    uint32_t io_addr = words[1];
    if (io_addr % ENET_RX_ALIGN != 0) {
        nic_violation_in(&e->nic, RULE_RX_ALIGN, e->rx.io_addr);
    }
    if (!nic_write_frame(&e->nic, io_addr & ~(uint32_t)(ENET_RX_ALIGN - 1), frame, bytes,
                         keep_fcs)) {
        enet_bus_error(&e->nic);
        return DEVICE_DROP_DMA_FAULT;
    }
    uint32_t kept = words[0] >> 16 & (ENET_DESC_WRAP | ENET_RX_SOFTWARE);
    struct enet_descriptor done = {
        .len = (uint16_t)stored,
        .stat = (uint16_t)(kept | ENET_DESC_LAST | (unsigned)kind),
    };
    /* Length and status go in one access. */
    if (!ring_hand_back(&e->nic, &e->rx, 0, &done, 4)) {
        return DEVICE_DROP_DMA_FAULT;
    }
    mib_good_frame(e, ENET_RMON_R_PACKETS, frame, bytes);
    frame_event(e, SIDE_RX);
    return DEVICE_DROP_NONE;
}

static enum device_drop enet_frame_in(void *state, const uint8_t *frame, size_t bytes)
{
    struct enet *e = state;

    if (!enabled(e)) {
        return DEVICE_DROP_DISABLED;
    }
    if (nic_is_runt(&e->nic, bytes)) {
        mib_add(e, ENET_RMON_R_UNDERSIZE, 1);
        return DEVICE_DROP_RUNT;
    }
    int kind = recognise(e, frame);
    if (kind < 0) {
        return DEVICE_DROP_FILTERED;
    }
    if (bytes + NIC_FCS_BYTES >
        (*reg(e, ENET_RCR) >> ENET_RCR_MAX_FL_SHIFT & ENET_RCR_MAX_FL_MASK)) {
        mib_add(e, ENET_RMON_R_OVERSIZE, 1);
        raise_event(e, ENET_EIR_BABR);
        return DEVICE_DROP_OVERSIZE;
    }
    return receive(e, frame, bytes, kind);
}

static void enet_frame_spoilt(void *state)
{
    struct enet *e = state;

    if (enabled(e)) {
        mib_add(e, ENET_RMON_R_CRC_ALIGN, 1);
        mib_add(e, ENET_IEEE_R_CRC, 1);
    }
}

static bool enet_ready(void *state)
{
    struct enet *e = state;

    return ring_peek(&e->nic, &e->rx) != NULL; /* inactive while ETHEREN is clear */
}

/* RDAR is set already as long as there is, or may be, an empty descriptor. */
static uint32_t enet_idle_write(void *state)
{
    const struct enet *e = state;

    return e->rx.active ? ENET_RDAR : UINT32_MAX;
}

static uint32_t enet_lowering(void *state, uint32_t *offset)
{
    struct enet *e = state;

    *offset = ENET_EIR;
    return *reg(e, ENET_EIR) & *reg(e, ENET_EIMR);
}

/* ---- Transmitter ---- */

static bool may_send(struct nic *n)
{
    struct enet *e = (struct enet *)n;

    return enabled(e) && !(*reg(e, ENET_TCR) & ENET_TCR_GTS);
}

static bool next_piece(struct nic *n, struct nic_piece *piece)
{
    const uint32_t *words = ring_peek(n, &((struct enet *)n)->tx);

    if (words == NULL) {
        return false;
    }
    *piece = (struct nic_piece){
        .io_addr = words[1], .bytes = words[0] & 0xffff, .last = words[0] >> 16 & ENET_DESC_LAST};
    return true;
}

/* Hand the present transmit descriptor back: R is cleared, all else stays. */
static void give_back(struct nic *n, const struct nic_piece *piece)
{
    struct enet *e = (struct enet *)n;
    uint16_t stat = (uint16_t)(e->tx.ahead[e->tx.next] >> 16 & (uint32_t)~ENET_DESC_OWNED);

    if (!ring_hand_back(n, &e->tx, offsetof(struct enet_descriptor, stat), &stat, sizeof(stat))) {
        return;
    }
    raise_event(e, ENET_EIR_TXB);
    if (piece->last) {
        frame_event(e, SIDE_TX);
    }
}

static void ended(struct nic *n, bool sent)
{
    struct enet *e = (struct enet *)n;

    if (!sent) {
        mib_add(e, ENET_RMON_T_DROP, 1);
        return;
    }
    mib_good_frame(e, ENET_RMON_T_PACKETS, n->tx_frame, n->tx_bytes);
    if (n->tx_bytes + NIC_FCS_BYTES >
        (*reg(e, ENET_RCR) >> ENET_RCR_MAX_FL_SHIFT & ENET_RCR_MAX_FL_MASK)) {
        mib_add(e, ENET_RMON_T_OVERSIZE, 1);
        raise_event(e, ENET_EIR_BABT); /* told, not cut */
    }
}

static void graceful_stop(struct enet *e)
{
    if (*reg(e, ENET_TCR) & ENET_TCR_GTS && !e->nic.sending) {
        raise_event(e, ENET_EIR_GRA);
    }
}

static void enet_timer(void *state, unsigned id)
{
    struct enet *e = state;

    switch (id) {
    case NIC_TIMER_TX: {
        bool sending = e->nic.sending;
        nic_transmit_timer(&e->nic);
        if (sending) {
            graceful_stop(e);
        }
        break;
    }
    case TIMER_TXIC:
    case TIMER_RXIC: {
        enum side side = id == TIMER_TXIC ? SIDE_TX : SIDE_RX;
        if (e->pending[side] > 0) {
            coalescing_flush(e, side);
        }
        break;
    }
    default:
        break;
    }
}

/* ---- Registers ---- */

/* ECR[RESET]: as a hardware reset, but the statistics are memory and stay. */
static void reset_registers(struct enet *e)
{
    uint32_t mib[(ENET_MIB_END - ENET_MIB_BEGIN) / 4];

    stop(e, DEVICE_DROP_RESET);
    e->mib_idle_ns = 0;
    for (unsigned side = 0; side < SIDES; side++) {
        e->pending[side] = 0;
        nic_disarm(&e->nic, coalescing_timer[side]);
    }
    memcpy(mib, reg(e, ENET_MIB_BEGIN), sizeof(mib));
    memset(e->regs, 0, sizeof(e->regs));
    memcpy(reg(e, ENET_MIB_BEGIN), mib, sizeof(mib));
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        *reg(e, presets[i].offset) = presets[i].value;
    }
    update_line(e);
}

static unsigned running(struct nic *n)
{
    return enabled((struct enet *)n) ? NIC_UNIT_BOTH : 0;
}

/* What frames need: the PHY has negotiated a gigabit, full duplex, and is connected by RGMII. The
 * unit that works on checksums has to have the whole frame, so its FIFO must keep it. */
static void check_mode(struct enet *e)
{
    uint32_t rcr = *reg(e, ENET_RCR), tacc = *reg(e, ENET_TACC), racc = *reg(e, ENET_RACC);

    nic_check_settings(&e->nic, NIC_UNIT_BOTH);
    if (!(*reg(e, ENET_ECR) & ENET_ECR_SPEED) || !(rcr & ENET_RCR_RGMII_EN) ||
        !(*reg(e, ENET_TCR) & ENET_TCR_FDEN)) {
        nic_violation(&e->nic, NIC_RULE_LINK);
    }
    if ((tacc & (ENET_TACC_IPCHK | ENET_TACC_PROCHK) && !(*reg(e, ENET_TFWR) & ENET_TFWR_STRFWD)) ||
        (racc & (ENET_RACC_IPDIS | ENET_RACC_PRODIS) && *reg(e, ENET_RSFL) != 0)) {
        nic_violation(&e->nic, RULE_CHECKSUM);
    }
}

/* The statistics are idle a while after they were told to rest, or to be cleared. */
static void write_mibc(struct enet *e, uint32_t value)
{
    uint64_t now_ns = e->nic.bus->now(e->nic.bus);
    bool rests = *reg(e, ENET_MIBC) & ENET_MIBC_DIS;

    if (now_ns < e->mib_idle_ns || (value & ENET_MIBC_CLEAR && !rests)) {
        nic_violation(&e->nic, RULE_MIB);
    }
    *reg(e, ENET_MIBC) = (value & (ENET_MIBC_DIS | ENET_MIBC_CLEAR)) | ENET_MIBC_IDLE;
    if (value & ENET_MIBC_CLEAR) {
        mib_clear(e);
    }
    if (e->nic.strict && (value & ENET_MIBC_CLEAR || (value & ENET_MIBC_DIS && !rests))) {
        e->mib_idle_ns = now_ns + MIB_BUSY_NS;
    }
}

static void enable(struct enet *e)
{
    check_mode(e);

    if (!(*reg(e, ENET_ECR) & ENET_ECR_DBSWP)) {
        nic_violation(&e->nic, RULE_BIG_ENDIAN);
    }
    if (*reg(e, ENET_ECR) & ENET_ECR_EN1588) {
        nic_violation(&e->nic, RULE_EN1588);
    }
    if (!(*reg(e, ENET_RCR) & ENET_RCR_MII_MODE)) {
        nic_violation(&e->nic, RULE_MII_MODE);
    }
    ring_start(&e->rx, &descriptors, *reg(e, ENET_RDSR), 0);
    ring_start(&e->tx, &descriptors, *reg(e, ENET_TDSR), 0);
}

static void write_ecr(struct enet *e, uint32_t value)
{
    bool was = enabled(e);

    if (value & ENET_ECR_RESET) {
        reset_registers(e);
        nic_begin_reset(&e->nic, ENET_ECR);
        return;
    }
    *reg(e, ENET_ECR) = value | ENET_ECR_PRESET;
    if (!was && enabled(e)) {
        enable(e);
    } else if (was && !enabled(e)) {
        stop(e, DEVICE_DROP_RESET);
    }
}

/*
 * A management transfer, done at once. Other addresses than the PHY's read as all ones; writes are
 * not kept.
 */
static void write_mmfr(struct enet *e, uint32_t value)
{
    uint32_t op = value & ENET_MMFR_OP_MASK;
    uint32_t phy = value >> ENET_MMFR_PA_SHIFT & 31;

    *reg(e, ENET_MMFR) = value;
    if (!(*reg(e, ENET_MSCR) & ENET_MSCR_SPEED) || (value & ENET_MMFR_ST_MASK) != ENET_MMFR_ST) {
        return;
    }
    if (op == ENET_MMFR_OP_READ) {
        uint16_t data = nic_phy_read(phy, value >> ENET_MMFR_RA_SHIFT & 31);
        *reg(e, ENET_MMFR) = (value & UINT32_C(0xffff0000)) | data;
    }
    raise_event(e, ENET_EIR_MII);
}

static void write_ring_register(struct enet *e, uint32_t offset, uint32_t value)
{
    if (enabled(e)) {
        nic_violation(&e->nic, RULE_RING_MOVED);
    }
    *reg(e, offset) = value & ENET_DSR_MASK; /* takes effect with the next ETHEREN */
}

/* A doorbell. While ETHEREN is clear there is nobody to hear it. One that is strict looks at once,
 * and not again, if there is nothing, before the next. */
static void ring_bell(struct enet *e, struct ring *r)
{
    if (enabled(e)) {
        r->active = true;
        if (e->nic.strict && r == &e->rx) {
            (void)ring_peek(&e->nic, r);
        }
    }
}

static uint32_t read_register(struct nic *n, uint32_t offset)
{
    struct enet *e = (struct enet *)n;

    if (offset >= ENET_REGS_END) {
        return 0;
    }
    switch (offset) {
    case ENET_RDAR:
        return e->rx.active ? ENET_DAR_ACTIVE : 0;
    case ENET_TDAR:
        return e->tx.active ? ENET_DAR_ACTIVE : 0;
    case ENET_ECR:
        return *reg(e, offset) | (nic_is_resetting(n) ? ENET_ECR_RESET : 0);
    case ENET_MIBC:
        return n->bus->now(n->bus) < e->mib_idle_ns ? *reg(e, offset) & ~ENET_MIBC_IDLE
                                                    : *reg(e, offset);
    default:
        return *reg(e, offset);
    }
}

static void write_register(struct nic *n, uint32_t offset, uint32_t value)
{
    struct enet *e = (struct enet *)n;

    if (offset >= ENET_REGS_END) {
        return;
    }
    switch (offset) {
    case ENET_EIR:
        *reg(e, ENET_EIR) &= ~value;
        update_line(e);
        break;
    case ENET_EIMR:
        *reg(e, ENET_EIMR) = value;
        update_line(e);
        break;
    case ENET_RDAR:
        ring_bell(e, &e->rx);
        break;
    case ENET_TDAR:
        ring_bell(e, &e->tx);
        nic_bell(n);
        break;
    case ENET_ECR:
        write_ecr(e, value);
        break;
    case ENET_MMFR:
        write_mmfr(e, value);
        break;
    case ENET_MIBC:
        write_mibc(e, value);
        break;
    case ENET_TCR:
        *reg(e, ENET_TCR) = value;
        graceful_stop(e);
        nic_transmit(n);
        break;
    case ENET_PAUR:
        *reg(e, ENET_PAUR) = (value & UINT32_C(0xffff0000)) | ENET_PAUR_TYPE;
        break;
    case ENET_OPD:
        *reg(e, ENET_OPD) = (value & UINT32_C(0xffff)) | ENET_OPD_CODE;
        break;
    case ENET_TXIC0:
        write_coalescing(e, SIDE_TX, value);
        break;
    case ENET_RXIC0:
        write_coalescing(e, SIDE_RX, value);
        break;
    case ENET_RDSR:
    case ENET_TDSR:
        write_ring_register(e, offset, value);
        break;
    case ENET_MRBR:
        *reg(e, ENET_MRBR) = value & ENET_MRBR_MASK;
        break;
    default:
        *reg(e, offset) = value;
        break;
    }
}

/* A 1 written to EIR clears an event. */
static bool acts_on_ones(uint32_t offset)
{
    return offset == ENET_EIR;
}

static const struct nic_verbs verbs = {
    .rules = rules,
    .settings = settings,
    .running = running,
    .read = read_register,
    .write = write_register,
    .acts_on_ones = acts_on_ones,
    .may_send = may_send,
    .next_piece = next_piece,
    .give_back = give_back,
    .ended = ended,
    .bus_error = enet_bus_error,
};

static void enet_reset(void *state, struct bus *bus)
{
    struct enet *e = state;
    const uint8_t *mac = e->nic.mac;

    nic_init(&e->nic, &verbs, bus);
    reset_registers(e);
    mib_clear(e);
    *reg(e, ENET_PALR) =
        (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
    *reg(e, ENET_PAUR) = (uint32_t)mac[4] << 24 | (uint32_t)mac[5] << 16 | ENET_PAUR_TYPE;
}

const struct device_type device_enet = {
    .name = "enet",
    .doc = "i.MX 8M ENET gigabit MAC (i.MX 8M Mini Reference Manual, chapter ENET)",
    .driver = "network/driver_enet",
    .state_size = sizeof(struct enet),
    .params = params,
    .regs_bytes = ENET_REGS_BYTES,
    .memory = NIC_RINGS(sizeof(struct enet_descriptor), 0),
    .irq_lines = 1,
    .rules = rules,
    .reset = enet_reset,
    .read = nic_read,
    .write = nic_write,
    .frame_in = enet_frame_in,
    .frame_spoilt = enet_frame_spoilt,
    .ready = enet_ready,
    .idle_write = enet_idle_write,
    .lowering = enet_lowering,
    .timer = enet_timer,
    .holds = nic_holds,
};
