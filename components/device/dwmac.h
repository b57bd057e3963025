/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_DWMAC_H
#define COMPONENTS_DEVICE_DWMAC_H
/*
 * What the models of Synopsys DesignWare MACs have in common: an older one (GMAC 3.x) and a newer
 * one (EQOS) differ in where their registers and bits are, which is data, and in what a descriptor
 * says, which is two functions. A MAC moves frames, its DMA descriptors: each is started on its
 * own, and a frame needs both.
 *
 * Interrupts: events are bits of one status register, and summed up in two more bits of it, one for
 * the normal and one for the abnormal; a summary is set by an event that is enabled, and it is the
 * summaries that make the line go up. A 1 written clears any of them.
 */
#include "components/device/ring.h"

#define DWMAC_REGS_BYTES 0x2000

enum dwmac_rule {
    DWMAC_RULE_LIST = NIC_RULES,
    DWMAC_RULE_LIST_ALIGN,
    DWMAC_RULE_MOVED,
    DWMAC_RULE_LENGTH,
    DWMAC_RULE_BELL_OFF,
    DWMAC_RULE_TAIL,
    DWMAC_RULE_RX_BUFFER,
    DWMAC_RULE_FORM,
    DWMAC_RULE_FIRST,
    DWMAC_RULE_READ_ONLY,
    DWMAC_RULE_FIFO,
    DWMAC_RULE_HELD
};
extern const struct device_rule dwmac_rules[];

/* One direction of the DMA. */
struct dwmac_side {
    uint16_t start;      /* register */
    uint32_t start_bit;  /* in it */
    uint16_t list, high; /* base of the list; its upper half, 0: there is none */
    uint16_t length;     /* entries less one; 0: the list has a bit where it ends */
    struct ring_format format;
};

/* What a receive descriptor offers. */
struct dwmac_buffer {
    uint64_t io_addr;
    uint32_t bytes;
    bool interrupts; /* RI is to tell of it */
};

struct dwmac_preset {
    uint16_t offset;
    uint32_t value;
};

struct dwmac;

struct dwmac_part {
    uint16_t mode; /* register whose bit 0 resets all, and clears itself */
    uint16_t status, enable;
    uint32_t tx_done, tx_none, rx_done, rx_none, fatal; /* events */
    uint32_t normal, abnormal;                          /* ... summed up in */
    uint32_t normal_sum, abnormal_sum;
    uint16_t filter, address_high, address_low;
    /* Interrupts of the MAC itself, and which of them are masked; 0: they are off until enabled. */
    uint16_t mac_events, mac_mask;
    uint32_t receiver, transmitter, jumbo, strip; /* bits of the MAC configuration, register 0 */
    uint32_t speed_mask, gigabit; /* ... of speed and duplex; as the link has them */
    struct dwmac_side rx, tx;
    unsigned written_bytes; /* of a descriptor, when it is handed back */
    /* What the next descriptor says. */
    struct dwmac_buffer (*buffer)(struct dwmac *d, const uint32_t *words);
    void (*piece)(struct dwmac *d, const uint32_t *words, struct nic_piece *piece, bool *interrupts,
                  bool *first);
    /* The descriptor of a frame that has been received, and of a piece that has been sent: all of
     * its words. */
    void (*received)(const uint32_t *words, uint32_t bytes, enum nic_cast cast, uint32_t *done);
    void (*sent)(const uint32_t *words, uint32_t *done);
    /* What registers hold after a reset; all others hold 0. Ends with value 0. */
    const struct dwmac_preset *presets;
    /* The memory for frames, as its registers have it: is that direction let through, and may it
     * be like that? NULL: there is nothing to set up. */
    bool (*lets_through)(struct dwmac *d, enum nic_unit unit);
    bool (*holds_frames)(struct dwmac *d);
};

struct dwmac {
    struct nic nic;
    const struct dwmac_part *part;
    struct ring rx, tx;
    bool sent_interrupts; /* TI is to tell of the piece that is being sent */
    bool loaded;          /* the station address: its lower half, which loads it, came last */
    uint32_t regs[DWMAC_REGS_BYTES / 4];
};

#define DWMAC_LINK_CHANGED (UINT32_C(1) << 0) /* of its own events */

/* The MAC configuration, and the frame filter. */
#define DWMAC_CONFIGURATION 0x000
#define DWMAC_FILTER_PR     (UINT32_C(1) << 0)  /* promiscuous */
#define DWMAC_FILTER_PM     (UINT32_C(1) << 4)  /* all multicast */
#define DWMAC_FILTER_DBF    (UINT32_C(1) << 5)  /* no broadcast */
#define DWMAC_FILTER_RA     (UINT32_C(1) << 31) /* receive all */

static inline uint32_t *dwmac_reg(struct dwmac *d, uint32_t offset)
{
    return &d->regs[offset / 4];
}

/* -- what a part's verbs and type take from here -- */
bool dwmac_may_send(struct nic *n);
unsigned dwmac_running(struct nic *n);
bool dwmac_next_piece(struct nic *n, struct nic_piece *piece);
void dwmac_give_back(struct nic *n, const struct nic_piece *piece);
void dwmac_bus_error(struct nic *n);
enum device_drop dwmac_frame_in(void *state, const uint8_t *frame, size_t bytes);
bool dwmac_ready(void *state);
void dwmac_timer(void *state, unsigned id);
uint32_t dwmac_lowering(void *state, uint32_t *offset);

/* Power-on. */
void dwmac_init(struct dwmac *d, const struct dwmac_part *part, const struct nic_verbs *verbs,
                struct bus *bus);
/* All registers as after a reset. */
void dwmac_reset(struct dwmac *d);
/* A register that is the same in all parts; true: it was one, and is written. */
bool dwmac_write(struct dwmac *d, uint32_t offset, uint32_t value);
/* A register is read, of which only the one that resets all may take time. */
uint32_t dwmac_read(struct nic *n, uint32_t offset);
/* Doorbells: the DMA looks at its next descriptor anew. */
void dwmac_transmit_bell(struct dwmac *d);
void dwmac_receive_bell(struct dwmac *d);

/* The verbs of any part, ... */
#define DWMAC_VERBS(settings_, read_, write_, ones_)                                       \
    {                                                                                      \
        .rules = dwmac_rules, .read = (read_), .write = (write_), .acts_on_ones = (ones_), \
        .settings = (settings_), .running = dwmac_running, .may_send = dwmac_may_send,     \
        .next_piece = dwmac_next_piece, .give_back = dwmac_give_back,                      \
        .bus_error = dwmac_bus_error,                                                      \
    }
/* ... and what is the same of its type; or of one whose state begins with a MAC, and that has keys
 * of its own. */
#define DWMAC_TYPE(reset_) DWMAC_TYPE_OF(struct dwmac, dwmac_params, reset_)
#define DWMAC_TYPE_OF(state_, params_, reset_)                                                     \
    .state_size = sizeof(state_), .params = (params_), .regs_bytes = DWMAC_REGS_BYTES,             \
    .irq_lines = 1, .rules = dwmac_rules, .reset = (reset_), .read = nic_read, .write = nic_write, \
    .frame_in = dwmac_frame_in, .ready = dwmac_ready, .lowering = dwmac_lowering,                  \
    .timer = dwmac_timer, .holds = nic_holds
extern const struct param dwmac_params[];
#endif
