/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Broadcom GENET (genet.h says what is known of it). Its descriptors are registers, so who may
 * write which and when is known exactly, and a driver that gives one away before it is complete is
 * caught in the act.
 *
 * What the part does when memory refuses an access is not published. This one stops both
 * directions, says so in their status, and raises both interrupts, so that somebody looks.
 *
 * Beside it is the mailbox of the board's firmware, in a window of its own, by which drivers learn
 * the station's address; the MAC has none until it is written.
 *
 * Plainer than the part: ring 16 only; a received frame must fit one buffer; no filters by address
 * but the station's, no status blocks, no checksum offload, no counters.
 */
#include <string.h>

#include "components/device/genet.h"
#include "components/device/mailbox.h"

#define REGS_END    0x6000
#define DMA(field)  offsetof(struct genet_dma, field)
#define RING_AT     DMA(rings[GENET_RING])
#define RING(field) (RING_AT + offsetof(struct genet_ring, field))
#define DMA_END     sizeof(struct genet_dma)
#define DESCRIPTORS (GENET_SLOTS * sizeof(struct genet_descriptor))

#define DESCRIPTOR_WORDS (sizeof(struct genet_descriptor) / 4)

enum rule {
    RULE_SETTING = NIC_RULES,
    RULE_SIZE,
    RULE_BEYOND,
    RULE_OWNER,
    RULE_ADDRESS,
    RULE_FIRST,
    RULE_RING,
    RULE_OFF,
    RULE_POINTER,
    RULE_TOLD,
    RULES_MAILBOX
};

enum timer { TIMER_MAILBOX = NIC_TIMERS };

static const struct device_rule rules[] = {
    NIC_RULE_TEXTS,
    [RULE_SETTING] = {"a ring set up while its DMA is on", false},
    [RULE_SIZE] = {"DMA enabled with a ring of no length or no buffer size", false},
    [RULE_BEYOND] = {"an index that gives away more than the ring has", false},
    [RULE_OWNER] = {"a descriptor written that is the device's", false},
    [RULE_ADDRESS] = {"a descriptor given without a buffer", false},
    [RULE_FIRST] = {"frame whose first descriptor does not say it is, or a later one does", false},
    [RULE_RING] = {"a ring enabled that is not modelled", false},
    [RULE_OFF] = {"a descriptor given while the DMA is off", true},
    [RULE_POINTER] = {"DMA enabled with pointers elsewhere than its indices", true},
    [RULE_TOLD] = {"enabled with another station address than the firmware told", true},
    MAILBOX_RULE_TEXTS(RULES_MAILBOX),
    {NULL, false},
};

struct genet {
    struct nic nic;
    struct mailbox mailbox;
    uint32_t untold[2]; /* frames received and sent since the last interrupt for them */
    uint32_t regs[REGS_END / 4];
};

static const struct param params[] = {
    NIC_PARAMS_BUT_RINGS,
    NIC_PARAM_FCS,
    PARAM_END,
};

static inline uint32_t *reg(struct genet *g, uint32_t offset)
{
    return &g->regs[offset / 4];
}

static inline struct genet_dma *dma(struct genet *g, uint32_t base)
{
    return (struct genet_dma *)(void *)reg(g, base);
}

static inline struct genet_ring *ring(struct genet *g, uint32_t base)
{
    return &dma(g, base)->rings[GENET_RING];
}

static bool is_on(struct genet *g, uint32_t base)
{
    const uint32_t both = GENET_CTRL_EN | GENET_CTRL_RING;

    return (dma(g, base)->ctrl & both) == both;
}

static uint32_t slots(struct genet *g, uint32_t base)
{
    uint32_t count = ring(g, base)->buf_size >> 16;

    return count < GENET_SLOTS ? count : GENET_SLOTS;
}

/* How many descriptors are the device's. */
static uint32_t owned(struct genet *g, uint32_t base)
{
    const struct genet_ring *r = ring(g, base);
    uint32_t ahead = (r->driver_index - r->device_index) & GENET_INDEX_MASK;

    return base == GENET_TX ? ahead : (ahead + slots(g, base)) & GENET_INDEX_MASK;
}

/* The oldest of them; NULL if there is none. */
static struct genet_descriptor *next(struct genet *g, uint32_t base)
{
    uint32_t count = owned(g, base);

    if (count == 0 || count > slots(g, base)) {
        return NULL; /* or an index that lies */
    }
    return &dma(g, base)->descriptors[ring(g, base)->device_index % slots(g, base)];
}

/* Where in the ring, in words, the descriptor of an index is. */
static uint32_t pointer_of(struct genet *g, uint32_t base, uint32_t index)
{
    uint32_t size = slots(g, base);

    return size == 0 ? 0 : ring(g, base)->start + index % size * DESCRIPTOR_WORDS;
}

static void done(struct genet *g, uint32_t base)
{
    struct genet_ring *r = ring(g, base);

    r->device_index = (r->device_index + 1) & GENET_INDEX_MASK;
    r->device_pointer = pointer_of(g, base, r->device_index);
}

static uint64_t address(const struct genet_descriptor *d)
{
    return d->addr_lo | (uint64_t)d->addr_hi << 32;
}

static void raise(struct genet *g, uint32_t events)
{
    *reg(g, GENET_INT_STAT) |= events;
    nic_line(&g->nic, (*reg(g, GENET_INT_STAT) & ~*reg(g, GENET_INT_MASK)) != 0);
}

/* A frame is done: the interrupt comes with as many as the ring is to tell of at once. */
static void frame_done(struct genet *g, uint32_t base, uint32_t event)
{
    uint32_t *untold = &g->untold[base == GENET_TX];

    if (++*untold >= ring(g, base)->mbuf_done) {
        *untold = 0;
        raise(g, event);
    }
}

static void bus_error(struct nic *n)
{
    struct genet *g = (struct genet *)n;

    dma(g, GENET_RX)->ctrl &= ~GENET_CTRL_EN;
    dma(g, GENET_TX)->ctrl &= ~GENET_CTRL_EN;
    dma(g, GENET_RX)->status = dma(g, GENET_TX)->status = GENET_STATUS_STOPPED;
    nic_transmit_stop(n, DEVICE_DROP_DMA_FAULT);
    raise(g, GENET_INT_RX | GENET_INT_TX);
}

/* ---- Setting up ---- */

/* What published drivers have in common: interrupts are masked and cleared, the MAC and its buffers
 * are reset and flushed, and what a boot loader may have filtered is let in, before it is enabled.
 */
static const struct nic_setting settings[] = {
    {GENET_PORT_CTRL, NIC_UNIT_BOTH, NIC_UNIT_BOTH, 0, 0},
    {GENET_RBUF_FLUSH, NIC_UNIT_RX, 0, GENET_RBUF_FLUSH_RESET, ~GENET_RBUF_FLUSH_RESET},
    {GENET_INT_MASK_SET, NIC_UNIT_BOTH, 0, GENET_INT_RX | GENET_INT_TX, 0},
    {GENET_INT_CLEAR, NIC_UNIT_BOTH, 0, GENET_INT_RX | GENET_INT_TX, 0},
    {GENET_RBUF_CTRL, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {GENET_MDF_CTRL, NIC_UNIT_RX, 0, 0, 0},
    {GENET_TBUF_SIZE, NIC_UNIT_TX, NIC_UNIT_TX, 0, 0},
    {GENET_CMD, NIC_UNIT_BOTH, 0, GENET_CMD_SW_RESET, 0},
    {GENET_MAC0, NIC_UNIT_RX, NIC_UNIT_RX, 0, 0},
    {GENET_MAC1, NIC_UNIT_RX, NIC_UNIT_RX, 0, ~UINT32_C(0xffff)},
    {GENET_MAX_FRAME, NIC_UNIT_RX, NIC_UNIT_RX, 0, ~UINT32_C(0x3fff)},
    {GENET_TX_FLUSH, NIC_UNIT_TX, 0, 1, ~UINT32_C(1)},
    {GENET_RX + DMA(burst), NIC_UNIT_RX, 0, 0, 0},
    {GENET_TX + DMA(burst), NIC_UNIT_TX, 0, 0, 0},
    {0},
};

static unsigned running(struct nic *n)
{
    uint32_t cmd = *reg((struct genet *)n, GENET_CMD);

    return (cmd & GENET_CMD_RX_EN ? NIC_UNIT_RX : 0) | (cmd & GENET_CMD_TX_EN ? NIC_UNIT_TX : 0);
}

static bool is_station(struct genet *g, const uint8_t *mac)
{
    uint32_t mac0 = *reg(g, GENET_MAC0), mac1 = *reg(g, GENET_MAC1);
    const uint8_t station[6] = {(uint8_t)(mac0 >> 24), (uint8_t)(mac0 >> 16), (uint8_t)(mac0 >> 8),
                                (uint8_t)mac0,         (uint8_t)(mac1 >> 8),  (uint8_t)mac1};

    return memcmp(mac, station, sizeof(station)) == 0;
}

/* Is the MAC connected to the PHY outside, by RGMII, at the gigabit that this has negotiated? */
static void check_mode(struct genet *g, unsigned units)
{
    nic_check_settings(&g->nic, units);
    if (*reg(g, GENET_PORT_CTRL) != GENET_PORT_EXT_GPHY ||
        !(*reg(g, GENET_RGMII_OOB) & GENET_OOB_MODE_EN) ||
        (*reg(g, GENET_CMD) & GENET_CMD_SPEED_MASK) != GENET_CMD_1000) {
        nic_violation(&g->nic, NIC_RULE_LINK);
    }
    nic_check_station(&g->nic, *reg(g, GENET_MAC0), *reg(g, GENET_MAC1));
    if (g->mailbox.told_mac && !is_station(g, g->nic.mac)) {
        nic_violation(&g->nic, RULE_TOLD);
    }
}

/* ---- Receiver ---- */

static bool accepts(struct genet *g, const uint8_t *dest)
{
    return *reg(g, GENET_CMD) & GENET_CMD_PROMISC || nic_cast_of(dest) == NIC_BROADCAST ||
           is_station(g, dest);
}

static bool receives(struct genet *g)
{
    return *reg(g, GENET_CMD) & GENET_CMD_RX_EN && is_on(g, GENET_RX) &&
           !(*reg(g, GENET_RBUF_FLUSH) & GENET_RBUF_FLUSH_RESET);
}

static enum device_drop receive(struct genet *g, const uint8_t *frame, size_t bytes)
{
    static const uint32_t casts[] = {0, GENET_RX_MCAST, GENET_RX_BCAST};
    struct genet_descriptor *d = next(g, GENET_RX);
    bool keep_fcs = g->nic.fcs && *reg(g, GENET_CMD) & GENET_CMD_CRC_FWD;
    uint32_t begin = *reg(g, GENET_RBUF_CTRL) & GENET_RBUF_ALIGN ? 2 : 0;
    uint32_t stored = begin + (uint32_t)bytes + (keep_fcs ? NIC_FCS_BYTES : 0);

    if (d == NULL) {
        return DEVICE_DROP_NO_DESCRIPTOR;
    }
    if (stored > (ring(g, GENET_RX)->buf_size & 0xffff)) {
        return DEVICE_DROP_OVERSIZE;
    }
    if (address(d) == 0) {
        nic_violation(&g->nic, RULE_ADDRESS);
    }
    if (!nic_write_frame(&g->nic, address(d) + begin, frame, bytes, keep_fcs)) {
        bus_error(&g->nic);
        return DEVICE_DROP_DMA_FAULT;
    }
    d->status = stored << GENET_LEN_SHIFT | GENET_SOP | GENET_EOP | casts[nic_cast_of(frame)];
    done(g, GENET_RX);
    frame_done(g, GENET_RX, GENET_INT_RX);
    return DEVICE_DROP_NONE;
}

static enum device_drop genet_frame_in(void *state, const uint8_t *frame, size_t bytes)
{
    struct genet *g = state;
    uint32_t most = *reg(g, GENET_MAX_FRAME);

    if (!receives(g)) {
        return DEVICE_DROP_DISABLED;
    }
    if (nic_is_runt(&g->nic, bytes)) {
        return DEVICE_DROP_RUNT;
    }
    if (!accepts(g, frame)) {
        return DEVICE_DROP_FILTERED;
    }
    if (bytes + NIC_FCS_BYTES > most) {
        return DEVICE_DROP_OVERSIZE;
    }
    return receive(g, frame, bytes);
}

static bool genet_ready(void *state)
{
    struct genet *g = state;

    return receives(g) && next(g, GENET_RX) != NULL;
}

/* ---- Transmitter ---- */

static bool may_send(struct nic *n)
{
    struct genet *g = (struct genet *)n;

    return *reg(g, GENET_CMD) & GENET_CMD_TX_EN && is_on(g, GENET_TX) &&
           !(*reg(g, GENET_TX_FLUSH) & 1);
}

static bool next_piece(struct nic *n, struct nic_piece *piece)
{
    struct genet *g = (struct genet *)n;
    const struct genet_descriptor *d = next(g, GENET_TX);

    if (d == NULL) {
        return false;
    }
    if (n->gathering == ((d->status & GENET_SOP) != 0)) {
        nic_violation(n, RULE_FIRST);
    }
    if (address(d) == 0) {
        nic_violation(n, RULE_ADDRESS);
    }
    *piece = (struct nic_piece){.io_addr = address(d),
                                .bytes = d->status >> GENET_LEN_SHIFT & GENET_LEN_MASK,
                                .last = d->status & GENET_EOP};
    return true;
}

static void give_back(struct nic *n, const struct nic_piece *piece)
{
    struct genet *g = (struct genet *)n;

    done(g, GENET_TX);
    if (piece->last) {
        frame_done(g, GENET_TX, GENET_INT_TX);
    }
}

static void genet_timer(void *state, unsigned id)
{
    if (id == NIC_TIMER_TX) {
        nic_transmit_timer(state);
    } else if (id == TIMER_MAILBOX) {
        mailbox_timer(&((struct genet *)state)->mailbox);
    }
}

/* ---- Registers ---- */

/* Written is a descriptor: is it one that has been given to the device? */
static void write_descriptor(struct genet *g, uint32_t base, uint32_t offset, uint32_t value)
{
    uint32_t slot = (offset - base) / (uint32_t)sizeof(struct genet_descriptor);
    uint32_t size = slots(g, base);

    if (is_on(g, base) && size != 0 && slot < size &&
        (slot + size - ring(g, base)->device_index % size) % size < owned(g, base)) {
        nic_violation(&g->nic, RULE_OWNER);
    }
    *reg(g, offset) = value;
}

static void write_driver_index(struct genet *g, uint32_t base, uint32_t value)
{
    ring(g, base)->driver_index = value & GENET_INDEX_MASK;
    if (is_on(g, base)) { /* it follows by itself, once the DMA is on */
        ring(g, base)->driver_pointer = pointer_of(g, base, value);
    }
    if (!is_on(g, base)) {
        if (base == GENET_TX && owned(g, base) != 0) {
            nic_violation(&g->nic, RULE_OFF);
        }
        return;
    }
    if (owned(g, base) > slots(g, base)) {
        nic_violation(&g->nic, RULE_BEYOND);
    }
    if (base == GENET_TX) {
        nic_bell(&g->nic);
    }
}

static void check_pointers(struct genet *g, uint32_t base)
{
    const struct genet_ring *r = ring(g, base);

    if (r->device_pointer != pointer_of(g, base, r->device_index) || r->mbuf_done == 0) {
        nic_violation(&g->nic, RULE_POINTER);
    }
    /* The driver's is taken from where it is, and moves as its index does. */
    if (r->driver_pointer != r->start) {
        nic_violation(&g->nic, RULE_POINTER);
    }
}

static void write_ctrl(struct genet *g, uint32_t base, uint32_t value)
{
    struct genet_dma *d = dma(g, base);
    bool was = is_on(g, base);

    d->ctrl = value;
    d->status = value & GENET_CTRL_EN ? 0 : GENET_STATUS_STOPPED;
    if (value & GENET_CTRL_EN && value & ~(GENET_CTRL_EN | GENET_CTRL_RING)) {
        nic_violation(&g->nic, RULE_RING);
    }
    if (!was && is_on(g, base) &&
        (slots(g, base) == 0 || (ring(g, base)->buf_size & 0xffff) == 0 ||
         !(d->ring_cfg & GENET_RING_CFG))) {
        nic_violation(&g->nic, RULE_SIZE);
    }
    if (!was && is_on(g, base)) {
        check_pointers(g, base);
        g->untold[base == GENET_TX] = 0;
    }
    if (base == GENET_TX && was && !is_on(g, base)) {
        nic_transmit_stop(&g->nic, DEVICE_DROP_RESET);
    }
    nic_transmit(&g->nic);
}

static void write_dma(struct genet *g, uint32_t base, uint32_t offset, uint32_t value)
{
    uint32_t within = offset - base;

    if (within < DESCRIPTORS) {
        write_descriptor(g, base, offset, value);
    } else if (within == RING(driver_index)) {
        write_driver_index(g, base, value);
    } else if (within == DMA(ctrl)) {
        write_ctrl(g, base, value);
    } else if (within == RING(device_index) || within == RING(buf_size) || within == RING(start) ||
               within == RING(end)) {
        if (is_on(g, base)) {
            nic_violation(&g->nic, RULE_SETTING);
        }
        *reg(g, offset) = value;
    } else if (within != DMA(status)) {
        *reg(g, offset) = value;
    }
}

/* A management transfer, done at once; writes are not kept. */
static void write_mdio(struct genet *g, uint32_t value)
{
    *reg(g, GENET_MDIO) = value & ~GENET_MDIO_BUSY;
    if (value & GENET_MDIO_BUSY && (value & GENET_MDIO_OP_MASK) == GENET_MDIO_READ) {
        *reg(g, GENET_MDIO) =
            (value & UINT32_C(0x0fff0000)) |
            nic_phy_read(value >> GENET_MDIO_PA & 31, value >> GENET_MDIO_RA & 31);
    }
}

/* The MAC begins anew; its address stays. */
static void write_cmd(struct genet *g, uint32_t value)
{
    bool was = may_send(&g->nic);
    unsigned before = running(&g->nic);

    *reg(g, GENET_CMD) = value & GENET_CMD_SW_RESET ? GENET_CMD_SW_RESET : value;
    if (was && !may_send(&g->nic)) {
        nic_transmit_stop(&g->nic, DEVICE_DROP_RESET);
    }
    if (running(&g->nic) & ~before) {
        check_mode(g, running(&g->nic) & ~before);
    }
    nic_transmit(&g->nic);
}

static uint32_t read_register(struct nic *n, uint32_t offset)
{
    struct genet *g = (struct genet *)n;

    if (offset >= GENET_REGS_BYTES) {
        return mailbox_read(&g->mailbox, offset - GENET_REGS_BYTES);
    }
    return offset < REGS_END ? *reg(g, offset) : 0;
}

static void write_register(struct nic *n, uint32_t offset, uint32_t value)
{
    struct genet *g = (struct genet *)n;

    if (offset >= GENET_REGS_BYTES) {
        mailbox_write(&g->mailbox, offset - GENET_REGS_BYTES, value);
    }
    if (offset >= REGS_END) {
        return;
    }
    if (offset >= GENET_RX && offset < GENET_RX + DMA_END) {
        write_dma(g, GENET_RX, offset, value);
        return;
    }
    if (offset >= GENET_TX && offset < GENET_TX + DMA_END) {
        write_dma(g, GENET_TX, offset, value);
        return;
    }
    switch (offset) {
    case GENET_INT_CLEAR:
        *reg(g, GENET_INT_STAT) &= ~value;
        raise(g, 0);
        break;
    case GENET_INT_MASK_SET:
        *reg(g, GENET_INT_MASK) |= value;
        raise(g, 0);
        break;
    case GENET_INT_MASK_CLEAR:
        *reg(g, GENET_INT_MASK) &= ~value;
        raise(g, 0);
        break;
    case GENET_CMD:
        write_cmd(g, value);
        break;
    case GENET_MDIO:
        write_mdio(g, value);
        break;
    case GENET_REV:
    case GENET_INT_STAT:
    case GENET_INT_MASK:
        break; /* read-only */
    default:
        *reg(g, offset) = value;
        break;
    }
}

static bool acts_on_ones(uint32_t offset)
{
    return offset == GENET_INT_CLEAR || offset == GENET_INT_MASK_SET ||
           offset == GENET_INT_MASK_CLEAR;
}

static uint32_t genet_lowering(void *state, uint32_t *offset)
{
    struct genet *g = state;

    *offset = GENET_INT_CLEAR;
    return *reg(g, GENET_INT_STAT) & ~*reg(g, GENET_INT_MASK);
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
    .bus_error = bus_error,
};

static void genet_reset(void *state, struct bus *bus)
{
    struct genet *g = state;

    nic_init(&g->nic, &verbs, bus);
    mailbox_init(&g->mailbox, &g->nic, RULES_MAILBOX, TIMER_MAILBOX);
    memset(g->regs, 0, sizeof(g->regs));
    memset(g->untold, 0, sizeof(g->untold));
    *reg(g, GENET_REV) = GENET_REV_5;
    *reg(g, GENET_INT_MASK) = UINT32_MAX;
    *reg(g, GENET_MAX_FRAME) = 1518;
    *reg(g, GENET_RGMII_OOB) = GENET_OOB_LINK;
    dma(g, GENET_RX)->status = dma(g, GENET_TX)->status = GENET_STATUS_STOPPED;
}

static const struct device_window windows[] = {
    {.name = "mailbox", .bytes = VC_WINDOW_BYTES, .vaddr = VC_WINDOW_VADDR},
    {.name = NULL},
};

const struct device_type device_genet = {
    .name = "genet",
    .doc = "Broadcom GENET v5 gigabit MAC of a BCM2711, descriptors in registers",
    .driver = "network/driver_genet",
    .state_size = sizeof(struct genet),
    .params = params,
    .regs_bytes = GENET_REGS_BYTES,
    .windows = windows,
    /* Drivers have regions for rings, as those of other parts do, though its rings are registers;
     * and one for what they write to the firmware. */
    .memory = {{.name = "rx_ring", .entries = GENET_RING_BYTES},
               {.name = "tx_ring", .entries = GENET_RING_BYTES},
               {.name = "mbox_message", .entries = GENET_MESSAGE_BYTES}},
    .irq_lines = 1,
    .rules = rules,
    .reset = genet_reset,
    .read = nic_read,
    .write = nic_write,
    .frame_in = genet_frame_in,
    .ready = genet_ready,
    .lowering = genet_lowering,
    .timer = genet_timer,
    .holds = nic_holds,
};
