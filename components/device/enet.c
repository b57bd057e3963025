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
 * Descriptors lie in memory the driver can write, so they are hostile: each is read once into the
 * ring's private read-ahead and used from there. Only descriptors the MAC owns are kept, as the
 * real DMA engine does. Every loop is bounded by TX_BURST, whatever the rings say; what is left
 * over continues on a timer.
 *
 * Plainer than the part: a received frame must fit one buffer and RCR[MAX_FL] or it is dropped (the
 * part would chain buffers and set status bits); there is no receive FIFO to wait in; enhanced
 * descriptors, rings 1 and 2, pause frames, checksum acceleration, loopback and the 1588 timer have
 * their registers but no effect.
 */
#include <string.h>

#include <sddf/hw/device.h>
#include <sddf/util/fence.h>

#include "components/device/enet.h"

#define TX_BURST   64 /* descriptors looked at in one call, so that the receiver gets its turn */
#define AHEAD      8  /* descriptors read at once: a line of 64 bytes */
#define LINE_BYTES 64

enum timer_id { TIMER_TX, TIMER_TXIC, TIMER_RXIC, TIMERS };

/* The two coalescing units. */
enum side { SIDE_TX, SIDE_RX, SIDES };

struct ring {
    uint32_t io_addr; /* of the next descriptor */
    uint32_t base;    /* as RDSR or TDSR was when ETHEREN was set */
    unsigned index;   /* of the next descriptor, from base */
    unsigned entries; /* as the last WRAP told; 0: not yet known */
    unsigned next, have;
    bool active; /* RDAR or TDAR */
    struct enet_descriptor ahead[AHEAD];
};

struct enet {
    /* Scenario keys. */
    uint64_t rx_ring, tx_ring;
    bool fcs;
    bool strict_runt;
    uint8_t mac[6];

    struct bus *bus;
    bool line;
    struct ring rx, tx;
    unsigned pending[SIDES]; /* frames the coalescing unit has not reported yet */

    /* The frame in the transmitter: being gathered, then on the medium. */
    bool gathering, spoilt, sending;
    bool back_to_back; /* the next frame follows the last one without a pause */
    uint64_t medium_free_ns;
    size_t tx_bytes;
    uint8_t tx_frame[ENET_TX_BYTES_MAX];

    uint32_t regs[ENET_REGS_END / 4];
    uint32_t crc_table[256];
};

static const struct param params[] = {
    PARAM_UINT(struct enet, rx_ring, 256, 2, ENET_RING_ENTRIES_MAX, "receive descriptors"),
    PARAM_UINT(struct enet, tx_ring, 256, 2, ENET_RING_ENTRIES_MAX, "transmit descriptors"),
    PARAM_BOOL(struct enet, fcs, false,
               "received frames carry their 4 FCS bytes, as on hardware unless RCR[CRCFWD] is set"),
    PARAM_BOOL(struct enet, strict_runt, false,
               "drop received frames under 60 bytes; captures of locally sent frames have them"),
    PARAM_MAC(struct enet, mac, "02:00:00:00:e0:01", "station address as the boot loader left it"),
    PARAM_END,
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

/* The AR8031's registers: identified, negotiated, 1000 Mbit/s full duplex, link up. */
static const uint16_t phy_registers[32] = {
    [0] = 0x1140,  [1] = 0x796d,  [2] = ENET_PHY_ID1, [3] = ENET_PHY_ID2,
    [4] = 0x0de1,  [5] = 0xcde1,  [6] = 0x000f,       [9] = 0x0200,
    [10] = 0x3c00, [15] = 0x2000, [16] = 0x0862,      [17] = 0xbc10,
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

static void arm(struct enet *e, enum timer_id id, uint64_t at_ns)
{
    /* 0 would disarm, and is a time like any other. */
    e->bus->timer(e->bus, id, at_ns == 0 ? 1 : at_ns);
}

static void disarm(struct enet *e, enum timer_id id)
{
    e->bus->timer(e->bus, id, 0);
}

/* ---- Interrupts ---- */

static void update_line(struct enet *e)
{
    bool level = (*reg(e, ENET_EIR) & *reg(e, ENET_EIMR)) != 0;

    if (level != e->line) {
        e->line = level;
        e->bus->irq(e->bus, 0, level);
    }
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
    disarm(e, coalescing_timer[side]);
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
        arm(e, coalescing_timer[side], e->bus->now(e->bus) + coalescing_ns(e, ic));
    }
}

static void write_coalescing(struct enet *e, enum side side, uint32_t value)
{
    bool on = value & ENET_IC_EN;

    *reg(e, coalescing_register[side]) = value;
    if (on && ((value >> ENET_IC_FT_SHIFT & ENET_IC_FT_MASK) == 0 || !(value & ENET_IC_TT_MASK))) {
        e->bus->violation(e->bus, "interrupt coalescing enabled with a threshold of 0");
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
    uint32_t wire_bytes = (uint32_t)bytes + ENET_FCS_BYTES;

    if (*reg(e, ENET_MIBC) & ENET_MIBC_DIS) {
        return;
    }
    *reg(e, packets) += 1;
    if (frame[0] & 1) {
        bool broadcast = memcmp(frame, "\xff\xff\xff\xff\xff\xff", 6) == 0;
        *reg(e, packets + (broadcast ? 4 : 8)) += 1;
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

static void ring_start(struct ring *r, uint32_t base)
{
    memset(r, 0, sizeof(*r));
    r->base = base;
    r->io_addr = base;
}

/*
 * Whatever the transmitter holds is lost; descriptors not handed back stay as they are in memory.
 */
static void stop(struct enet *e, enum device_drop why)
{
    *reg(e, ENET_ECR) &= ~ENET_ECR_ETHEREN;
    ring_start(&e->rx, 0);
    ring_start(&e->tx, 0);
    disarm(e, TIMER_TX);
    if (e->gathering || e->sending) {
        e->bus->tx_drop(e->bus, why);
    }
    e->gathering = e->spoilt = e->sending = e->back_to_back = false;
    e->medium_free_ns = 0;
    e->tx_bytes = 0;
}

/* ENET_EIR, EBERR: "ECR[ETHEREN] is cleared, halting frame processing by the MAC". */
static void bus_error(struct enet *e)
{
    stop(e, DEVICE_DROP_DMA_FAULT);
    raise_event(e, ENET_EIR_EBERR);
}

/*
 * Read the run of descriptors the MAC owns from here on. Before the first WRAP the length of the
 * ring is unknown and they are read one by one, so that nothing beyond its end is touched; then a
 * line at a time.
 */
static bool ring_read_ahead(struct enet *e, struct ring *r)
{
    unsigned count = 1;

    if (r->entries > r->index) {
        unsigned in_line = (LINE_BYTES - r->io_addr % LINE_BYTES) / sizeof(r->ahead[0]);
        unsigned in_ring = r->entries - r->index;
        count = in_line < in_ring ? in_line : in_ring;
    }
    if (!e->bus->dma_read(e->bus, r->io_addr, r->ahead, count * sizeof(r->ahead[0]))) {
        bus_error(e);
        return false;
    }
    /* The bodies of the descriptors, and the buffers they name, are read after the owner bits. */
    THREAD_MEMORY_ACQUIRE();
    r->next = r->have = 0;
    while (r->have < count && r->ahead[r->have].stat & ENET_DESC_OWNED) {
        r->have++;
    }
    r->active = r->have > 0;
    return r->active;
}

/*
 * The next descriptor if the MAC owns it, else NULL: the ring has run dry, or a bus error has
 * stopped the MAC.
 */
static inline const struct enet_descriptor *ring_peek(struct enet *e, struct ring *r)
{
    if (r->next == r->have && (!r->active || !ring_read_ahead(e, r))) {
        return NULL;
    }
    return &r->ahead[r->next];
}

static void ring_advance(struct enet *e, struct ring *r)
{
    bool wrap = r->ahead[r->next++].stat & ENET_DESC_WRAP;

    r->index++;
    r->io_addr += sizeof(r->ahead[0]);
    if (!wrap && r->index == ENET_RING_ENTRIES_MAX) {
        e->bus->violation(e->bus, "descriptor ring without WRAP");
        wrap = true;
    }
    if (wrap) {
        r->entries = r->index;
        r->index = 0;
        r->io_addr = r->base;
        r->next = r->have = 0;
    }
}

/* ---- Receiver ---- */

/* CRC-32 of Ethernet, reflected, without the final inversion. */
static uint32_t crc32_raw(const struct enet *e, const uint8_t *bytes, size_t count)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < count; i++) {
        crc = crc >> 8 ^ e->crc_table[(crc ^ bytes[i]) & 0xff];
    }
    return crc;
}

static void crc32_prepare(struct enet *e)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
        }
        e->crc_table[i] = crc;
    }
}

static bool hash_accepts(struct enet *e, const uint8_t *dest, uint32_t upper, uint32_t lower)
{
    if ((*reg(e, upper) | *reg(e, lower)) == 0) {
        return false;
    }
    uint32_t hash = crc32_raw(e, dest, 6) >> 26;
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

    if (!(dest[0] & 1)) {
        accepted = is_station(e, dest) || hash_accepts(e, dest, ENET_IAUR, ENET_IALR);
    } else if (memcmp(dest, "\xff\xff\xff\xff\xff\xff", 6) == 0) {
        kind = ENET_RX_BC;
        accepted = !(rcr & ENET_RCR_BC_REJ);
    } else {
        kind = ENET_RX_MC;
        accepted = hash_accepts(e, dest, ENET_GAUR, ENET_GALR);
    }
    if (accepted) {
        return kind;
    }
    return rcr & ENET_RCR_PROM ? kind | ENET_RX_MISS : -1;
}

/* Lay the frame, and the FCS if it is kept, into a buffer. */
static bool write_buffer(struct enet *e, uint32_t io_addr, const uint8_t *frame, size_t bytes,
                         bool keep_fcs)
{
    if (!e->bus->dma_write(e->bus, io_addr, frame, bytes)) {
        return false;
    }
    if (!keep_fcs) {
        return true;
    }
    uint32_t crc = ~crc32_raw(e, frame, bytes);
    uint8_t fcs[ENET_FCS_BYTES] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16),
                                   (uint8_t)(crc >> 24)};
    return e->bus->dma_write(e->bus, io_addr + bytes, fcs, sizeof(fcs));
}

static enum device_drop receive(struct enet *e, const uint8_t *frame, size_t bytes, int kind)
{
    bool keep_fcs = e->fcs && !(*reg(e, ENET_RCR) & (ENET_RCR_CRCFWD | ENET_RCR_PADEN));
    size_t stored = bytes + (keep_fcs ? ENET_FCS_BYTES : 0);

    if (stored > *reg(e, ENET_MRBR)) {
        mib_add(e, ENET_RMON_R_OVERSIZE, 1);
        return DEVICE_DROP_OVERSIZE;
    }
    const struct enet_descriptor *d = ring_peek(e, &e->rx);
    if (d == NULL) {
        if (!enabled(e)) {
            return DEVICE_DROP_DMA_FAULT;
        }
        mib_add(e, ENET_IEEE_R_MACERR, 1);
        return DEVICE_DROP_NO_DESCRIPTOR;
    }
    if (d->io_addr % ENET_RX_ALIGN != 0) {
        e->bus->violation(e->bus, "receive buffer not aligned to 64 bytes");
    }
    if (!write_buffer(e, d->io_addr & ~(uint32_t)(ENET_RX_ALIGN - 1), frame, bytes, keep_fcs)) {
        bus_error(e);
        return DEVICE_DROP_DMA_FAULT;
    }
    struct enet_descriptor done = {
        .len = (uint16_t)stored,
        .stat = (uint16_t)((d->stat & (ENET_DESC_WRAP | ENET_RX_SOFTWARE)) | ENET_DESC_LAST | kind),
    };
    /* The frame is in memory before its descriptor says so; length and status go in one access. */
    THREAD_MEMORY_RELEASE();
    if (!e->bus->dma_write(e->bus, e->rx.io_addr, &done, 4)) {
        bus_error(e);
        return DEVICE_DROP_DMA_FAULT;
    }
    ring_advance(e, &e->rx);
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
    if (bytes < (e->strict_runt ? ENET_FRAME_BYTES_MIN : ENET_HEADER_BYTES)) {
        mib_add(e, ENET_RMON_R_UNDERSIZE, 1);
        return DEVICE_DROP_RUNT;
    }
    int kind = recognise(e, frame);
    if (kind < 0) {
        return DEVICE_DROP_FILTERED;
    }
    if (bytes + ENET_FCS_BYTES >
        (*reg(e, ENET_RCR) >> ENET_RCR_MAX_FL_SHIFT & ENET_RCR_MAX_FL_MASK)) {
        mib_add(e, ENET_RMON_R_OVERSIZE, 1);
        raise_event(e, ENET_EIR_BABR);
        return DEVICE_DROP_OVERSIZE;
    }
    return receive(e, frame, bytes, kind);
}

static bool enet_ready(void *state)
{
    struct enet *e = state;

    return ring_peek(e, &e->rx) != NULL; /* inactive while ETHEREN is clear */
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

/*
 * Hand the present transmit descriptor back: R is cleared, all else stays. False: a bus error has
 * stopped the MAC.
 */
static bool return_tx_descriptor(struct enet *e)
{
    uint16_t stat = e->tx.ahead[e->tx.next].stat & (uint16_t)~ENET_DESC_OWNED;

    /* The buffer has been read before the driver may use it again. */
    THREAD_MEMORY_FENCE();
    if (!e->bus->dma_write(e->bus, e->tx.io_addr + offsetof(struct enet_descriptor, stat), &stat,
                           sizeof(stat))) {
        bus_error(e);
        return false;
    }
    ring_advance(e, &e->tx);
    raise_event(e, ENET_EIR_TXB);
    return true;
}

/*
 * The frame in the store has been on the medium: it is out, and its last descriptor is the driver's
 * again.
 */
static void finish_frame(struct enet *e)
{
    e->sending = false;
    e->bus->frame_out(e->bus, e->tx_frame, e->tx_bytes);
    mib_good_frame(e, ENET_RMON_T_PACKETS, e->tx_frame, e->tx_bytes);
    if (e->tx_bytes + ENET_FCS_BYTES >
        (*reg(e, ENET_RCR) >> ENET_RCR_MAX_FL_SHIFT & ENET_RCR_MAX_FL_MASK)) {
        mib_add(e, ENET_RMON_T_OVERSIZE, 1);
        raise_event(e, ENET_EIR_BABT); /* told, not cut */
    }
    e->tx_bytes = 0;
    if (return_tx_descriptor(e)) {
        frame_event(e, SIDE_TX);
    }
}

/* Put the gathered frame on the medium. What it follows without a pause, it follows exactly. */
static void start_frame(struct enet *e)
{
    if (e->tx_bytes < ENET_FRAME_BYTES_MIN) {
        memset(e->tx_frame + e->tx_bytes, 0, ENET_FRAME_BYTES_MIN - e->tx_bytes);
        e->tx_bytes = ENET_FRAME_BYTES_MIN;
    }
    e->gathering = false;
    uint64_t busy_ns = e->bus->wire_ns(e->bus, e->tx_bytes);
    if (busy_ns == 0) {
        finish_frame(e);
        return;
    }
    uint64_t now_ns = e->bus->now(e->bus);
    if (!e->back_to_back && e->medium_free_ns < now_ns) {
        e->medium_free_ns = now_ns;
    }
    e->back_to_back = true;
    e->medium_free_ns += busy_ns;
    if (e->medium_free_ns <= now_ns) {
        finish_frame(e); /* we were called late: that frame is out by now */
        return;
    }
    e->sending = true;
    arm(e, TIMER_TX, e->medium_free_ns);
}

/* A descriptor ends a frame that cannot be sent: hand it back as if it had been. */
static void drop_frame(struct enet *e)
{
    e->gathering = e->spoilt = false;
    e->tx_bytes = 0;
    mib_add(e, ENET_RMON_T_DROP, 1);
    e->bus->tx_drop(e->bus, DEVICE_DROP_BAD_DESCRIPTOR);
    if (return_tx_descriptor(e)) {
        frame_event(e, SIDE_TX);
    }
}

/* Take one descriptor's buffer into the store, and act if the frame ends with it. */
static void take_descriptor(struct enet *e, const struct enet_descriptor *d)
{
    e->gathering = true;
    if (d->len == 0 || d->len > sizeof(e->tx_frame) - e->tx_bytes) {
        e->spoilt = true;
    }
    if (!e->spoilt) {
        if (!e->bus->dma_read(e->bus, d->io_addr, e->tx_frame + e->tx_bytes, d->len)) {
            bus_error(e);
            return;
        }
        e->tx_bytes += d->len;
    }
    if (!(d->stat & ENET_DESC_LAST)) {
        return_tx_descriptor(e);
    } else if (e->spoilt) {
        drop_frame(e);
    } else {
        start_frame(e);
    }
}

static void transmit(struct enet *e)
{
    for (unsigned work = 0; work < TX_BURST; work++) {
        if (e->sending || !enabled(e) || *reg(e, ENET_TCR) & ENET_TCR_GTS) {
            return;
        }
        const struct enet_descriptor *d = ring_peek(e, &e->tx);
        if (d == NULL) {
            e->back_to_back = false;
            if (e->gathering) {
                e->bus->violation(e->bus, "first descriptor of a frame was ready before its last");
            }
            return;
        }
        take_descriptor(e, d);
    }
    if (!e->sending && enabled(e)) {
        arm(e, TIMER_TX, e->bus->now(e->bus));
    }
}

static void graceful_stop(struct enet *e)
{
    if (*reg(e, ENET_TCR) & ENET_TCR_GTS && !e->sending) {
        raise_event(e, ENET_EIR_GRA);
    }
}

static void enet_timer(void *state, unsigned id)
{
    struct enet *e = state;

    switch (id) {
    case TIMER_TX:
        if (e->sending) {
            finish_frame(e);
            graceful_stop(e);
        }
        transmit(e);
        break;
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

static unsigned enet_holds(void *state)
{
    const struct enet *e = state;

    return e->gathering || e->sending ? 1 : 0;
}

/* ---- Registers ---- */

/* ECR[RESET]: as a hardware reset, but the statistics are memory and stay. */
static void reset_registers(struct enet *e)
{
    uint32_t mib[(ENET_MIB_END - ENET_MIB_BEGIN) / 4];

    stop(e, DEVICE_DROP_RESET);
    for (unsigned side = 0; side < SIDES; side++) {
        e->pending[side] = 0;
        disarm(e, coalescing_timer[side]);
    }
    memcpy(mib, reg(e, ENET_MIB_BEGIN), sizeof(mib));
    memset(e->regs, 0, sizeof(e->regs));
    memcpy(reg(e, ENET_MIB_BEGIN), mib, sizeof(mib));
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        *reg(e, presets[i].offset) = presets[i].value;
    }
    update_line(e);
}

static void enet_reset(void *state, struct bus *bus)
{
    struct enet *e = state;

    e->bus = bus;
    reset_registers(e);
    mib_clear(e);
    crc32_prepare(e);
    *reg(e, ENET_PALR) = (uint32_t)e->mac[0] << 24 | (uint32_t)e->mac[1] << 16 |
                         (uint32_t)e->mac[2] << 8 | e->mac[3];
    *reg(e, ENET_PAUR) = (uint32_t)e->mac[4] << 24 | (uint32_t)e->mac[5] << 16 | ENET_PAUR_TYPE;
    bus->irq(bus, 0, false);
}

static void enable(struct enet *e)
{
    if (!(*reg(e, ENET_ECR) & ENET_ECR_DBSWP)) {
        e->bus->violation(e->bus, "ETHEREN set without DBSWP: descriptors would be big-endian");
    }
    if (*reg(e, ENET_ECR) & ENET_ECR_EN1588) {
        e->bus->violation(e->bus, "ETHEREN set with EN1588: enhanced descriptors are not modelled");
    }
    if (!(*reg(e, ENET_RCR) & ENET_RCR_MII_MODE)) {
        e->bus->violation(e->bus, "ETHEREN set without RCR[MII_MODE]");
    }
    ring_start(&e->rx, *reg(e, ENET_RDSR));
    ring_start(&e->tx, *reg(e, ENET_TDSR));
}

static void write_ecr(struct enet *e, uint32_t value)
{
    bool was = enabled(e);

    if (value & ENET_ECR_RESET) {
        reset_registers(e);
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
        uint16_t data =
            phy == ENET_PHY_ADDRESS ? phy_registers[value >> ENET_MMFR_RA_SHIFT & 31] : 0xffff;
        *reg(e, ENET_MMFR) = (value & UINT32_C(0xffff0000)) | data;
    }
    raise_event(e, ENET_EIR_MII);
}

static void write_ring_register(struct enet *e, uint32_t offset, uint32_t value)
{
    if (enabled(e)) {
        e->bus->violation(e->bus, "RDSR or TDSR written while ETHEREN is set");
    }
    *reg(e, offset) = value & ENET_DSR_MASK; /* takes effect with the next ETHEREN */
}

/* A doorbell. While ETHEREN is clear there is nobody to hear it. */
static void ring_bell(struct enet *e, struct ring *r)
{
    if (enabled(e)) {
        r->active = true;
    }
}

static uint32_t read_register(struct enet *e, uint32_t offset)
{
    if (offset >= ENET_REGS_END) {
        return 0;
    }
    switch (offset) {
    case ENET_RDAR:
        return e->rx.active ? ENET_DAR_ACTIVE : 0;
    case ENET_TDAR:
        return e->tx.active ? ENET_DAR_ACTIVE : 0;
    default:
        return *reg(e, offset);
    }
}

static void write_register(struct enet *e, uint32_t offset, uint32_t value)
{
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
        transmit(e);
        break;
    case ENET_ECR:
        write_ecr(e, value);
        break;
    case ENET_MMFR:
        write_mmfr(e, value);
        break;
    case ENET_MIBC:
        *reg(e, ENET_MIBC) = (value & (ENET_MIBC_DIS | ENET_MIBC_CLEAR)) | ENET_MIBC_IDLE;
        if (value & ENET_MIBC_CLEAR) {
            mib_clear(e);
        }
        break;
    case ENET_TCR:
        *reg(e, ENET_TCR) = value;
        graceful_stop(e);
        transmit(e);
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

/*
 * The part supports 32-bit accesses only. Others are on record and then do the least surprising
 * thing: a wider access is two, the lower word first; a narrower one reads its bytes of the
 * register, and writes them with the register's other bytes as they are, or as zero in EIR, where
 * writing back a 1 would clear an event.
 */
static const char *const narrow = "register access that is not 32 bits wide";

static uint64_t enet_read(void *state, uint32_t offset, unsigned bytes)
{
    struct enet *e = state;

    if (bytes == 4) {
        return read_register(e, offset);
    }
    e->bus->violation(e->bus, narrow);
    if (bytes == 8) {
        uint64_t low = read_register(e, offset);
        return low | (uint64_t)read_register(e, offset + 4) << 32;
    }
    return read_register(e, offset & ~3u) >> 8 * (offset & 3) & (bytes == 1 ? 0xff : 0xffff);
}

static void enet_write(void *state, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct enet *e = state;

    if (bytes == 4) {
        write_register(e, offset, (uint32_t)value);
        return;
    }
    e->bus->violation(e->bus, narrow);
    if (bytes == 8) {
        write_register(e, offset, (uint32_t)value);
        write_register(e, offset + 4, (uint32_t)(value >> 32));
        return;
    }
    uint32_t whole = offset & ~3u;
    unsigned shift = 8 * (offset & 3);
    uint32_t mask = (bytes == 1 ? UINT32_C(0xff) : UINT32_C(0xffff)) << shift;
    uint32_t rest = whole == ENET_EIR ? 0 : read_register(e, whole) & ~mask;
    write_register(e, whole, rest | ((uint32_t)value << shift & mask));
}

const struct device_type device_enet = {
    .name = "enet",
    .doc = "i.MX 8M ENET gigabit MAC (i.MX 8M Mini Reference Manual, chapter ENET)",
    .state_size = sizeof(struct enet),
    .params = params,
    .regs_bytes = ENET_REGS_BYTES,
    .memory = {{"rx_ring", offsetof(struct enet, rx_ring), sizeof(struct enet_descriptor), 0},
               {"tx_ring", offsetof(struct enet, tx_ring), sizeof(struct enet_descriptor), 0}},
    .irq_lines = 1,
    .reset = enet_reset,
    .read = enet_read,
    .write = enet_write,
    .frame_in = enet_frame_in,
    .ready = enet_ready,
    .idle_write = enet_idle_write,
    .lowering = enet_lowering,
    .timer = enet_timer,
    .holds = enet_holds,
};
