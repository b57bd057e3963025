/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Cadence GEM, seen from its registers (gem.h names the manuals). What every NIC has is nic.h;
 * how descriptors are read is ring.h.
 *
 * The transmitter halts at a descriptor it does not own, and goes on from there when STARTTX is
 * written again. Of a frame of several buffers it hands back the first descriptor only, as the part
 * does. The receiver looks at its next descriptor anew for every frame.
 *
 * Plainer than the part: a received frame must fit one buffer or it is dropped (the part would go
 * on in the next one); queue 1 carries nothing; checksum offload, timestamps, the PCS and screeners
 * have their registers but no effect.
 */
#include <string.h>

#include "components/device/gem.h"
#include "components/device/ring.h"

enum rule {
    RULE_BASE = NIC_RULES,
    RULE_BASE_ALIGN,
    RULE_MOVED,
    RULE_QUEUE1,
    RULE_RX_BUF,
    RULE_RX_ADDR,
    RULE_BELL_OFF,
    RULE_MDEN,
    RULE_STATS,
    RULE_MDC,
    RULE_FIFO
};

static const struct device_rule rules[] = {
    NIC_RULE_TEXTS,
    [RULE_BASE] = {"enabled before its queue has a base", false},
    [RULE_BASE_ALIGN] = {"base of a queue not aligned to a descriptor's words", false},
    [RULE_MOVED] = {"base of a queue written while that is enabled", false},
    [RULE_QUEUE1] = {"enabled while queue 1 has descriptors that are the MAC's", false},
    [RULE_RX_BUF] = {"receiver enabled with buffers of no size", false},
    [RULE_RX_ADDR] = {"receive descriptor given without a buffer", false},
    [RULE_BELL_OFF] = {"STARTTX while the transmitter is off", true},
    [RULE_MDEN] = {"PHY maintenance without MDEN", false},
    [RULE_STATS] = {"statistics written, which are read-only", true},
    [RULE_MDC] = {"MDEN with a management clock above 2.5 MHz", true},
    [RULE_FIFO] = {"receiver enabled with a packet memory that holds no whole frame", true},
    {NULL, false},
};

/* UG1085, "Programming the controller": what is initialised and configured before either direction
 * is enabled. */
#define STATUS_BITS (GEM_INT_FRAMERX | GEM_INT_TXCOMPL | GEM_INT_HRESP)
static const struct nic_setting settings[] = {
    {GEM_NWCTRL, NIC_UNIT_BOTH, 0, GEM_NWCTRL_CLEARSTAT, 0},
    {GEM_NWCFG, NIC_UNIT_BOTH, NIC_UNIT_BOTH, 0, 0},
    {GEM_DMACR, NIC_UNIT_BOTH, NIC_UNIT_BOTH, 0, GEM_DMACR_RESERVED},
    {GEM_TXSR, NIC_UNIT_TX, 0, GEM_TXSR_USED | GEM_TXSR_COMPL | GEM_TXSR_HRESP, 0},
    {GEM_RXSR, NIC_UNIT_RX, 0, GEM_RXSR_BUFFNA | GEM_RXSR_FRAMERX | GEM_RXSR_HRESP, 0},
    {GEM_ISR, NIC_UNIT_BOTH, 0, STATUS_BITS, 0},
    {GEM_IDR, NIC_UNIT_BOTH, 0, STATUS_BITS, 0},
    {GEM_RXQBASE, NIC_UNIT_RX, 0, 0, 0},
    {GEM_TXQBASE, NIC_UNIT_TX, 0, 0, 0},
    {GEM_UPPER_RXQ, 0, NIC_UNIT_RX, 0, 0},
    {GEM_UPPER_TXQ, 0, NIC_UNIT_TX, 0, 0},
    {GEM_LADDR1L, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {GEM_LADDR1H, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {0},
};

struct gem {
    struct nic nic;
    struct ring rx, tx;
    bool started;      /* STARTTX, and nothing has halted it since */
    uint64_t first_io; /* of the descriptor the present frame begins with; 0: none does yet */
    uint32_t first_stat;
    bool station[GEM_LADDR_COUNT]; /* an address matches once its top has been written */
    uint32_t regs[GEM_REGS_BYTES / 4];
};

static const struct param params[] = {
    NIC_PARAMS(256, RING_ENTRIES_LIMIT),
    NIC_PARAM_FCS,
    PARAM_END,
};

/* By DMACR[64BIT]: of two words, or of four. */
static const struct ring_format rx_formats[] = {
    {.words = 2, .owner_word = 0, .owner_mask = GEM_RX_ADDR_OWN, .wrap_mask = GEM_RX_ADDR_WRAP},
    {.words = 4, .owner_word = 0, .owner_mask = GEM_RX_ADDR_OWN, .wrap_mask = GEM_RX_ADDR_WRAP},
};
static const struct ring_format tx_formats[] = {
    {2, .owner_word = 1, .owner_mask = GEM_TX_USED, .wrap_word = 1, .wrap_mask = GEM_TX_WRAP},
    {4, .owner_word = 1, .owner_mask = GEM_TX_USED, .wrap_word = 1, .wrap_mask = GEM_TX_WRAP},
};

static inline uint32_t *reg(struct gem *g, uint32_t offset)
{
    return &g->regs[offset / 4];
}

static inline bool wide(struct gem *g)
{
    return *reg(g, GEM_DMACR) & GEM_DMACR_64BIT;
}

static inline bool enabled(struct gem *g, uint32_t which)
{
    return *reg(g, GEM_NWCTRL) & which;
}

static void raise(struct gem *g, uint32_t bits)
{
    *reg(g, GEM_ISR) |= bits;
    nic_line(&g->nic, (*reg(g, GEM_ISR) & ~*reg(g, GEM_IMR)) != 0);
}

/* ---- Statistics ---- */

static void count_frame(struct gem *g, bool sent, const uint8_t *frame, size_t bytes)
{
    static const uint16_t counters[2][3] = {{GEM_RXCNT, GEM_RXMCCNT, GEM_RXBCCNT},
                                            {GEM_TXCNT, GEM_TXMCCNT, GEM_TXBCCNT}};
    enum nic_cast cast = nic_cast_of(frame);

    ++*reg(g, counters[sent][NIC_UNICAST]);
    if (cast != NIC_UNICAST) {
        ++*reg(g, counters[sent][cast]);
    }
    *reg(g, sent ? GEM_OCTTXL : GEM_OCTRXL) += (uint32_t)bytes + NIC_FCS_BYTES;
}

static void ended(struct nic *n, bool sent)
{
    if (sent) {
        count_frame((struct gem *)n, true, n->tx_frame, n->tx_bytes);
    }
}

/* ---- Enabling ---- */

static uint64_t base_of(struct gem *g, uint32_t base, uint32_t upper)
{
    return *reg(g, base) | (wide(g) ? (uint64_t)*reg(g, upper) << 32 : 0);
}

/* The list of queue 1 must end with its first descriptor. */
static void look_at_queue1(struct gem *g, uint32_t base, uint32_t upper,
                           const struct ring_format *format)
{
    struct ring list;

    ring_start(&list, format, base_of(g, base, upper), 1);
    list.active = true;
    if (list.base == 0 || ring_peek(&g->nic, &list) != NULL) {
        nic_violation(&g->nic, RULE_QUEUE1);
    }
}

static unsigned running(struct nic *n)
{
    uint32_t control = *reg((struct gem *)n, GEM_NWCTRL);

    return (control & GEM_NWCTRL_RXEN ? NIC_UNIT_RX : 0) |
           (control & GEM_NWCTRL_TXEN ? NIC_UNIT_TX : 0);
}

/* What frames of either direction need; the PHY has negotiated a gigabit, full duplex. MDC is made
 * from a clock of 125 MHz. */
static void check_mode(struct gem *g, unsigned unit)
{
    const uint32_t gigabit = GEM_NWCFG_GIGABIT | GEM_NWCFG_FULL_DUPLEX;
    static const uint8_t divisors[] = {8, 16, 32, 48, 64, 96, 128, 224};
    uint32_t cfg = *reg(g, GEM_NWCFG);

    nic_check_settings(&g->nic, unit);
    if ((cfg & gigabit) != gigabit) {
        nic_violation(&g->nic, NIC_RULE_LINK);
    }
    if (enabled(g, GEM_NWCTRL_MDEN) && 125 * 10 / divisors[cfg >> GEM_NWCFG_MDC_SHIFT & 7] > 25) {
        nic_violation(&g->nic, RULE_MDC);
    }
}

static void check_base(struct gem *g, uint64_t base)
{
    if (base == 0) {
        nic_violation(&g->nic, RULE_BASE);
    }
    if (base % 4 != 0) {
        nic_violation(&g->nic, RULE_BASE_ALIGN);
    }
}

/* One that is the MAC's, as a descriptor of zeros is, has a buffer. */
static void look_at_first(struct gem *g)
{
    g->rx.active = g->nic.strict && g->rx.base != 0;
    const uint32_t *d = ring_peek(&g->nic, &g->rx);

    if (d != NULL && (d[0] & GEM_RX_ADDR_MASK) == 0) {
        nic_violation_in(&g->nic, RULE_RX_ADDR, g->rx.io_addr);
    }
    g->rx.next = g->rx.have = 0;
}

static void start_rx(struct gem *g)
{
    uint64_t base = base_of(g, GEM_RXQBASE, GEM_UPPER_RXQ);
    uint32_t low = *reg(g, GEM_LADDR1L);

    check_mode(g, NIC_UNIT_RX);
    check_base(g, base);
    nic_check_station(&g->nic, __builtin_bswap32(low), *reg(g, GEM_LADDR1H) & 0xffff);
    if (!g->station[0]) {
        nic_violation(&g->nic, NIC_RULE_STATION);
    }
    if (!(*reg(g, GEM_DMACR) & GEM_DMACR_RX_FULL)) {
        nic_violation(&g->nic, RULE_FIFO);
    }
    if ((*reg(g, GEM_DMACR) >> GEM_DMACR_RX_BUF_SHIFT & GEM_DMACR_RX_BUF_MASK) == 0) {
        nic_violation(&g->nic, RULE_RX_BUF);
    }
    ring_start(&g->rx, &rx_formats[wide(g)], base, 0);
    look_at_first(g);
    look_at_queue1(g, GEM_RECEIVE_Q1, GEM_UPPER_RXQ, &rx_formats[wide(g)]);
}

static void start_tx(struct gem *g)
{
    uint64_t base = base_of(g, GEM_TXQBASE, GEM_UPPER_TXQ);

    check_mode(g, NIC_UNIT_TX);
    check_base(g, base);
    ring_start(&g->tx, &tx_formats[wide(g)], base, 0);
    look_at_queue1(g, GEM_TRANSMIT_Q1, GEM_UPPER_TXQ, &tx_formats[wide(g)]);
}

static void stop_tx(struct gem *g, enum device_drop why)
{
    g->started = false;
    g->first_io = 0;
    ring_start(&g->tx, &tx_formats[0], 0, 0);
    nic_transmit_stop(&g->nic, why);
}

/* UG1085, "AHB error": the direction it happened in stops. Here it is both. */
static void bus_error(struct nic *n)
{
    struct gem *g = (struct gem *)n;

    *reg(g, GEM_NWCTRL) &= ~(GEM_NWCTRL_RXEN | GEM_NWCTRL_TXEN);
    *reg(g, GEM_TXSR) |= GEM_TXSR_HRESP;
    *reg(g, GEM_RXSR) |= GEM_RXSR_HRESP;
    ring_start(&g->rx, &rx_formats[0], 0, 0);
    stop_tx(g, DEVICE_DROP_DMA_FAULT);
    raise(g, GEM_INT_HRESP);
}

static void write_nwctrl(struct gem *g, uint32_t value)
{
    uint32_t was = *reg(g, GEM_NWCTRL),
             now = value & ~(GEM_NWCTRL_STARTTX | GEM_NWCTRL_CLEARSTAT | GEM_NWCTRL_HALTTX);

    *reg(g, GEM_NWCTRL) = now;
    if (value & GEM_NWCTRL_CLEARSTAT) {
        memset(reg(g, GEM_STATS_BEGIN), 0, GEM_STATS_END - GEM_STATS_BEGIN);
    }
    if (now & ~was & GEM_NWCTRL_RXEN) {
        start_rx(g);
    }
    if (now & ~was & GEM_NWCTRL_TXEN) {
        start_tx(g);
    } else if (was & ~now & GEM_NWCTRL_TXEN) {
        stop_tx(g, DEVICE_DROP_RESET);
    }
    if (value & GEM_NWCTRL_HALTTX) {
        g->started = false;
    } else if (value & GEM_NWCTRL_STARTTX && !enabled(g, GEM_NWCTRL_TXEN)) {
        nic_violation(&g->nic, RULE_BELL_OFF);
    } else if (value & GEM_NWCTRL_STARTTX) {
        g->started = g->tx.active = true;
        nic_bell(&g->nic);
    }
}

/* ---- Receiver ---- */

/* UG1085, "Hash addressing": bit i of the index is the parity of every sixth bit from i on. */
static bool hash_accepts(struct gem *g, const uint8_t *dest)
{
    unsigned index = 0;

    for (unsigned bit = 0; bit < 48; bit++) {
        index ^= (unsigned)(dest[bit / 8] >> bit % 8 & 1) << bit % 6;
    }
    return *reg(g, index & 32 ? GEM_HASHH : GEM_HASHL) >> (index & 31) & 1;
}

static bool is_station(struct gem *g, const uint8_t *dest)
{
    uint32_t low =
        dest[0] | (uint32_t)dest[1] << 8 | (uint32_t)dest[2] << 16 | (uint32_t)dest[3] << 24;
    uint32_t high = dest[4] | (uint32_t)dest[5] << 8;

    for (uint32_t i = 0; i < GEM_LADDR_COUNT; i++) {
        if (g->station[i] && *reg(g, GEM_LADDR1L + 8 * i) == low &&
            (*reg(g, GEM_LADDR1H + 8 * i) & 0xffff) == high) {
            return true;
        }
    }
    return false;
}

static bool accepts(struct gem *g, const uint8_t *dest)
{
    uint32_t cfg = *reg(g, GEM_NWCFG);

    if (cfg & GEM_NWCFG_COPY_ALL) {
        return true;
    }
    switch (nic_cast_of(dest)) {
    case NIC_BROADCAST:
        return !(cfg & GEM_NWCFG_NO_BCAST);
    case NIC_MULTICAST:
        return cfg & GEM_NWCFG_MCAST_HASH && hash_accepts(g, dest);
    default:
        return is_station(g, dest) || (cfg & GEM_NWCFG_UCAST_HASH && hash_accepts(g, dest));
    }
}

static size_t most_bytes(struct gem *g)
{
    uint32_t cfg = *reg(g, GEM_NWCFG);

    if (cfg & GEM_NWCFG_JUMBO) {
        return 10240;
    }
    return cfg & GEM_NWCFG_1536 ? 1536 : 1518;
}

static enum device_drop receive(struct gem *g, const uint8_t *frame, size_t bytes)
{
    static const uint32_t casts[] = {0, GEM_RX_MCAST, GEM_RX_BCAST};
    bool keep_fcs = g->nic.fcs && !(*reg(g, GEM_NWCFG) & GEM_NWCFG_FCS_REMOVE);
    uint32_t stored = (uint32_t)(bytes + (keep_fcs ? NIC_FCS_BYTES : 0));
    uint32_t room = *reg(g, GEM_DMACR) >> GEM_DMACR_RX_BUF_SHIFT & GEM_DMACR_RX_BUF_MASK;

    if (stored > room * GEM_DMACR_RX_BUF_UNIT) {
        ++*reg(g, GEM_RXOVRCNT);
        return DEVICE_DROP_OVERSIZE;
    }
    g->rx.active = true;
    const uint32_t *d = ring_peek(&g->nic, &g->rx);
    if (d == NULL) {
        if (!enabled(g, GEM_NWCTRL_RXEN)) {
            return DEVICE_DROP_DMA_FAULT;
        }
        ++*reg(g, GEM_RXRESERRCNT);
        *reg(g, GEM_RXSR) |= GEM_RXSR_BUFFNA;
        raise(g, GEM_INT_RXUSED);
        return DEVICE_DROP_NO_DESCRIPTOR;
    }
    uint64_t io_addr = (d[0] & GEM_RX_ADDR_MASK) | (wide(g) ? (uint64_t)d[2] << 32 : 0);
    if (io_addr == 0) {
        nic_violation_in(&g->nic, RULE_RX_ADDR, g->rx.io_addr);
    }
    if (!nic_write_frame(&g->nic, io_addr, frame, bytes, keep_fcs)) {
        bus_error(&g->nic);
        return DEVICE_DROP_DMA_FAULT;
    }
    uint32_t done[2] = {d[0] | GEM_RX_ADDR_OWN,
                        stored | GEM_RX_SOF | GEM_RX_EOF | casts[nic_cast_of(frame)]};
    if (!ring_hand_back(&g->nic, &g->rx, 0, done, sizeof(done))) {
        return DEVICE_DROP_DMA_FAULT;
    }
    count_frame(g, false, frame, bytes);
    *reg(g, GEM_RXSR) |= GEM_RXSR_FRAMERX;
    raise(g, GEM_INT_FRAMERX);
    return DEVICE_DROP_NONE;
}

static enum device_drop gem_frame_in(void *state, const uint8_t *frame, size_t bytes)
{
    struct gem *g = state;

    if (!enabled(g, GEM_NWCTRL_RXEN)) {
        return DEVICE_DROP_DISABLED;
    }
    if (nic_is_runt(&g->nic, bytes)) {
        ++*reg(g, GEM_RXUNDRCNT);
        return DEVICE_DROP_RUNT;
    }
    if (!accepts(g, frame)) {
        return DEVICE_DROP_FILTERED;
    }
    if (bytes + NIC_FCS_BYTES > most_bytes(g)) {
        ++*reg(g, GEM_RXOVRCNT);
        return DEVICE_DROP_OVERSIZE;
    }
    return receive(g, frame, bytes);
}

static bool gem_ready(void *state)
{
    struct gem *g = state;

    if (!enabled(g, GEM_NWCTRL_RXEN)) {
        return false;
    }
    g->rx.active = true;
    return ring_peek(&g->nic, &g->rx) != NULL;
}

/* ---- Transmitter ---- */

static bool may_send(struct nic *n)
{
    struct gem *g = (struct gem *)n;

    return enabled(g, GEM_NWCTRL_TXEN) && g->started;
}

static bool next_piece(struct nic *n, struct nic_piece *piece)
{
    struct gem *g = (struct gem *)n;
    const uint32_t *d = ring_peek(n, &g->tx);

    if (d == NULL) {
        if (g->started) {
            g->started = false;
            *reg(g, GEM_TXSR) |= GEM_TXSR_USED;
            raise(g, GEM_INT_TXUSED);
        }
        return false;
    }
    if (g->first_io == 0) {
        g->first_io = g->tx.io_addr;
        g->first_stat = d[1];
    }
    *piece = (struct nic_piece){.io_addr = d[0] | (wide(g) ? (uint64_t)d[2] << 32 : 0),
                                .bytes = d[1] & GEM_TX_LEN_MASK,
                                .last = d[1] & GEM_TX_LAST};
    return true;
}

static void give_back(struct nic *n, const struct nic_piece *piece)
{
    struct gem *g = (struct gem *)n;
    uint32_t stat = g->first_stat | GEM_TX_USED;
    bool first = g->first_io == g->tx.io_addr;

    if (!piece->last) {
        ring_advance(n, &g->tx);
        return;
    }
    if (first) {
        if (!ring_hand_back(n, &g->tx, offsetof(struct gem_descriptor, stat), &stat,
                            sizeof(stat))) {
            return;
        }
    } else {
        uint64_t first_io = g->first_io;

        ring_advance(n, &g->tx);
        if (!n->bus->dma_write(n->bus, first_io + offsetof(struct gem_descriptor, stat), &stat,
                               sizeof(stat))) {
            bus_error(n);
            return;
        }
    }
    g->first_io = 0;
    *reg(g, GEM_TXSR) |= GEM_TXSR_COMPL;
    raise(g, GEM_INT_TXCOMPL);
}

static void gem_timer(void *state, unsigned id)
{
    if (id == NIC_TIMER_TX) {
        nic_transmit_timer(state);
    }
}

/* ---- Registers ---- */

/* A management transfer, done at once; writes are not kept. */
static void write_phymntnc(struct gem *g, uint32_t value)
{
    *reg(g, GEM_PHYMNTNC) = value;
    if (!enabled(g, GEM_NWCTRL_MDEN)) {
        nic_violation(&g->nic, RULE_MDEN);
        return;
    }
    if ((value & GEM_PHYMNTNC_OP_MASK) == GEM_PHYMNTNC_READ) {
        *reg(g, GEM_PHYMNTNC) =
            (value & UINT32_C(0xffff0000)) |
            nic_phy_read(value >> GEM_PHYMNTNC_PA_SHIFT & 31, value >> GEM_PHYMNTNC_RA_SHIFT & 31);
    }
    raise(g, GEM_INT_MGMT);
}

static uint32_t read_register(struct nic *n, uint32_t offset)
{
    struct gem *g = (struct gem *)n;
    uint32_t value = *reg(g, offset);

    if (offset >= GEM_STATS_BEGIN && offset < GEM_STATS_END) {
        *reg(g, offset) = 0;
    } else if (offset == GEM_NWSR) {
        value = GEM_NWSR_MGMT_IDLE;
    } else if (offset == GEM_TXSR) {
        value |= g->started ? GEM_TXSR_GO : 0;
    }
    return value;
}

static void write_base(struct gem *g, uint32_t offset, uint32_t value, uint32_t enable)
{
    if (enabled(g, enable)) {
        nic_violation(&g->nic, RULE_MOVED);
    }
    *reg(g, offset) = value; /* takes effect when it is enabled the next time */
}

static void write_register(struct nic *n, uint32_t offset, uint32_t value)
{
    struct gem *g = (struct gem *)n;

    if (offset >= GEM_STATS_BEGIN && offset < GEM_STATS_END) {
        nic_violation(n, RULE_STATS);
        *reg(g, offset) = value;
        return;
    }
    if (offset >= GEM_LADDR1L && offset < GEM_LADDR1L + 8 * GEM_LADDR_COUNT) {
        g->station[(offset - GEM_LADDR1L) / 8] = (offset & 4) == (GEM_LADDR1H & 4);
    }
    switch (offset) {
    case GEM_NWCTRL:
        write_nwctrl(g, value);
        break;
    case GEM_TXSR:
    case GEM_RXSR:
        *reg(g, offset) &= ~value;
        break;
    case GEM_ISR:
        *reg(g, GEM_ISR) &= ~value;
        raise(g, 0);
        break;
    case GEM_IER:
        *reg(g, GEM_IMR) &= ~value;
        raise(g, 0);
        break;
    case GEM_IDR:
        *reg(g, GEM_IMR) |= value & GEM_INT_ALL;
        raise(g, 0);
        break;
    case GEM_RXQBASE:
    case GEM_RECEIVE_Q1:
        write_base(g, offset, value, GEM_NWCTRL_RXEN);
        break;
    case GEM_TXQBASE:
    case GEM_TRANSMIT_Q1:
        write_base(g, offset, value, GEM_NWCTRL_TXEN);
        break;
    case GEM_PHYMNTNC:
        write_phymntnc(g, value);
        break;
    case GEM_NWSR:
    case GEM_IMR:
        break; /* read-only */
    default:
        *reg(g, offset) = value;
        break;
    }
}

static bool acts_on_ones(uint32_t offset)
{
    return offset == GEM_ISR || offset == GEM_TXSR || offset == GEM_RXSR || offset == GEM_IER ||
           offset == GEM_IDR;
}

static uint32_t gem_lowering(void *state, uint32_t *offset)
{
    struct gem *g = state;

    *offset = GEM_ISR;
    return *reg(g, GEM_ISR) & ~*reg(g, GEM_IMR);
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
    .bus_error = bus_error,
};

static void gem_reset(void *state, struct bus *bus)
{
    struct gem *g = state;
    const uint8_t *mac = g->nic.mac;

    nic_init(&g->nic, &verbs, bus);
    memset(g->regs, 0, sizeof(g->regs));
    memset(g->station, 0, sizeof(g->station));
    ring_start(&g->rx, &rx_formats[0], 0, 0);
    stop_tx(g, DEVICE_DROP_RESET);
    *reg(g, GEM_NWCFG) = GEM_NWCFG_PRESET;
    *reg(g, GEM_DMACR) = GEM_DMACR_PRESET;
    *reg(g, GEM_IMR) = GEM_INT_ALL;
    *reg(g, GEM_LADDR1L) =
        mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
    *reg(g, GEM_LADDR1H) = mac[4] | (uint32_t)mac[5] << 8;
    g->station[0] = true;
}

const struct device_type device_gem = {
    .name = "gem",
    .doc = "Cadence GEM gigabit MAC of a Zynq UltraScale+ (UG1087, module GEM)",
    .driver = "network/driver_gem",
    .state_size = sizeof(struct gem),
    .params = params,
    .regs_bytes = GEM_REGS_BYTES,
    .memory = NIC_RINGS(sizeof(struct gem_descriptor), GEM_RING_SPARE),
    .irq_lines = 1,
    .rules = rules,
    .reset = gem_reset,
    .read = nic_read,
    .write = nic_write,
    .frame_in = gem_frame_in,
    .ready = gem_ready,
    .lowering = gem_lowering,
    .timer = gem_timer,
    .holds = nic_holds,
};
