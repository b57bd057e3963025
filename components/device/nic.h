/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_NIC_H
#define COMPONENTS_DEVICE_NIC_H
/*
 * What models of network controllers have in common, so that each is only its registers and its
 * descriptors: scenario keys, register accesses of other widths than 32 bits, the interrupt line,
 * the transmitter with the medium behind it, recognition of addresses, the FCS, and what is done
 * about a driver that breaks the datasheet.
 *
 * A model's state begins with a `struct nic`, and its constant data are a `struct nic_verbs`: a
 * pointer to the one is a pointer to the other. The six functions of sddf/hw/device.h are a model's
 * own; those it has nothing to add to are here.
 *
 * The transmitter asks the model for one piece after another of what the driver has given
 * (`next_piece`), gathers a frame from them, keeps the medium busy with it for as long as that
 * takes, lets it out, and only then has its last piece handed back (`give_back`).
 */
#include <sddf/hw/device.h>

/* Frames, in bytes without FCS unless said otherwise. */
#define NIC_HEADER_BYTES    14
#define NIC_FRAME_BYTES_MIN 60
#define NIC_FCS_BYTES       4
#define NIC_TX_BYTES_MAX    2048 /* a frame gathered from its pieces */

/* Timers: the transmitter's, and from NIC_TIMERS on the model's own. */
enum nic_timer { NIC_TIMER_TX, NIC_TIMERS };

/* The first rules of every model; its table begins with NIC_RULE_TEXTS, its own begin at
 * NIC_RULES. */
enum nic_rule {
    NIC_RULE_WIDTH,
    NIC_RULE_GAP,
    NIC_RULE_NO_WRAP,
    NIC_RULE_CHANGED,
    NIC_RULE_BELL,
    NIC_RULE_ENDLESS,
    NIC_RULE_RESERVED,
    NIC_RULE_UNSET,
    NIC_RULE_RUNNING,
    NIC_RULE_RESETTING,
    NIC_RULE_LINK,
    NIC_RULE_STATION,
    NIC_RULES
};
#define NIC_RULE_TEXTS                                                                 \
    [NIC_RULE_WIDTH] = {"register access that is not 32 bits wide", false},            \
    [NIC_RULE_GAP] = {"first descriptor of a frame was ready before its last", false}, \
    [NIC_RULE_NO_WRAP] = {"descriptor ring without an end", false},                    \
    [NIC_RULE_CHANGED] = {"a descriptor was changed while it was the device's", true}, \
    [NIC_RULE_BELL] = {"doorbell rung before there was anything to send", true},       \
    [NIC_RULE_ENDLESS] = {"a frame of more pieces than any ring has", false},          \
    [NIC_RULE_RESERVED] = {"a reserved bit was written as 1", true},                   \
    [NIC_RULE_UNSET] = {"enabled before all was set up that its manual says", true},   \
    [NIC_RULE_RUNNING] = {"set up anew while it runs", true},                          \
    [NIC_RULE_RESETTING] = {"a register written before a reset was over", true},       \
    [NIC_RULE_LINK] = {"enabled with another speed or duplex than the link's", true},  \
    [NIC_RULE_STATION] = {"enabled with a station address that is none, or half", true}

struct nic;

/* Memory that holds a part of a frame to send. */
struct nic_piece {
    uint64_t io_addr;
    uint32_t bytes;
    bool last; /* the frame ends with it */
};

/* What the manual says about setting a register up; only one that is strict minds. */
enum nic_unit { NIC_UNIT_RX = 1, NIC_UNIT_TX = 2, NIC_UNIT_BOTH = 3 };
struct nic_setting {
    uint16_t offset;
    uint8_t before; /* it is written before these units are enabled; 0: it may be left out */
    uint8_t off;    /* these are off when it is written; 0: any time */
    uint32_t ones;  /* it counts as written only with these */
    uint32_t reserved;
};
#define NIC_SETTINGS_MAX 64

struct nic_verbs {
    const struct device_rule *rules;
    /* Of at most NIC_SETTINGS_MAX registers, ends with all 0; NULL: none. And the units that are
     * enabled. */
    const struct nic_setting *settings;
    unsigned (*running)(struct nic *n);
    /* A register of 32 bits; the offset is within the window, and a multiple of 4. */
    uint32_t (*read)(struct nic *n, uint32_t offset);
    void (*write)(struct nic *n, uint32_t offset, uint32_t value);
    /* Does a 1 written there do something that writing back what was read must not? NULL: nowhere.
     */
    bool (*acts_on_ones)(uint32_t offset);
    /* May a frame be sent now, as far as the registers have it? */
    bool (*may_send)(struct nic *n);
    /* The oldest piece not handed back; false: there is none. */
    bool (*next_piece)(struct nic *n, struct nic_piece *piece);
    /* That piece has been read; with the last one of a frame, that has been sent, or dropped. */
    void (*give_back)(struct nic *n, const struct nic_piece *piece);
    /* How a frame ended, before its last piece is handed back: statistics. NULL: there are none. */
    void (*ended)(struct nic *n, bool sent);
    /* The IOMMU has refused an access. Stops what the part stops, and tells the driver. */
    void (*bus_error)(struct nic *n);
};

struct nic {
    /* Scenario keys, NIC_PARAMS. */
    uint64_t rx_ring, tx_ring;
    bool fcs, strict_runt, strict;
    uint8_t mac[6];

    const struct nic_verbs *verbs;
    struct bus *bus;
    bool line;
    uint64_t settings_made;  /* by index */
    uint64_t reset_until_ns; /* of a reset that the driver asked for, by ... */
    uint32_t reset_by;       /* ... that register */

    /* The frame in the transmitter: being gathered, then on the medium. */
    bool gathering, spoilt, sending;
    bool back_to_back;      /* the next frame follows the last one without a pause */
    bool dry;               /* there was no piece to send when last looked */
    uint64_t bells, pieces; /* rung, and sent, since the transmitter was started */
    unsigned frame_pieces;  /* of the frame being gathered */
    bool endless;           /* which has more than there can be: no more until it is reset */
    uint64_t medium_free_ns;
    struct nic_piece piece; /* the last one taken */
    size_t tx_bytes;
    uint8_t tx_frame[NIC_TX_BYTES_MAX];

    uint32_t crc_table[256];
};

#define NIC_PARAM(field_, kind_, ...)                                                       \
    {                                                                                       \
        .name = #field_, .kind = kind_, .offset = offsetof(struct nic, field_), __VA_ARGS__ \
    }

/* The keys of every model, rings of up to `most_` entries each; or of a part whose rings are as
 * long as they are. */
#define NIC_PARAMS(preset_, most_)                                                         \
    NIC_PARAM(rx_ring, PARAM_KIND_UINT, .preset = (preset_), .min = 2, .max = (most_),     \
              .doc = "receive descriptors"),                                               \
        NIC_PARAM(tx_ring, PARAM_KIND_UINT, .preset = (preset_), .min = 2, .max = (most_), \
                  .doc = "transmit descriptors"),                                          \
        NIC_PARAMS_BUT_RINGS
#define NIC_PARAMS_BUT_RINGS                                                                      \
    NIC_PARAM(strict_runt, PARAM_KIND_BOOL,                                                       \
              .doc = "drop received frames under 60 bytes; captures of locally sent frames have " \
                     "them"),                                                                     \
        NIC_PARAM(strict, PARAM_KIND_BOOL,                                                        \
                  .doc = "report also what the datasheet forbids and real parts forgive"),        \
        NIC_PARAM(mac, PARAM_KIND_MAC, .preset_text = "02:00:00:00:e0:01",                        \
                  .doc = "station address as the boot loader left it")

/* ... and of parts that know an FCS. */
#define NIC_PARAM_FCS                                                                             \
    NIC_PARAM(fcs, PARAM_KIND_BOOL,                                                               \
              .doc =                                                                              \
                  "received frames carry their 4 FCS bytes, as on hardware unless it is told to " \
                  "strip them")

/* The two rings of a part that has them in memory. */
#define NIC_RINGS(entry_bytes_, spare_)                                                  \
    {                                                                                    \
        {"rx_ring", offsetof(struct nic, rx_ring), 0, (entry_bytes_), (spare_), true},   \
        {                                                                                \
            "tx_ring", offsetof(struct nic, tx_ring), 0, (entry_bytes_), (spare_), false \
        }                                                                                \
    }

/* Power-on: everything but the keys. Lowers the interrupt line. */
void nic_init(struct nic *n, const struct nic_verbs *verbs, struct bus *bus);

/* -- registers -- */

/*
 * Accesses of 1, 2, 4 or 8 bytes, of a part that supports 32 bits only. Others are on record and
 * then do the least surprising thing: a wider access is two, the lower word first; a narrower one
 * reads its bytes of the register, and writes them with the register's other bytes as they are, or
 * as zero where writing back a 1 would act.
 */
uint64_t nic_read(void *state, uint32_t offset, unsigned bytes);
void nic_write(void *state, uint32_t offset, unsigned bytes, uint64_t value);

/* The driver did what a rule forbids: by the register access that is under way, or in the
 * descriptor at `io_addr`. A rule that real parts forgive is told of only if `strict`. */
void nic_violation(struct nic *n, unsigned rule);
void nic_violation_in(struct nic *n, unsigned rule, uint64_t io_addr);

/*
 * Setting up, as the verbs' `settings` have it. A unit is enabled: has all been written that is to
 * be? A reset that the driver asked for makes all of it to be written again; where one is strict it
 * takes a while, in which nothing else may be written.
 */
void nic_check_settings(struct nic *n, unsigned units);
void nic_begin_reset(struct nic *n, uint32_t offset); /* of the register that asks for it */
bool nic_is_resetting(struct nic *n);
/* Two halves of a station address that is about to be used, first byte highest in `head`. */
void nic_check_station(struct nic *n, uint32_t head, uint32_t tail);

/* The level of the one interrupt line; cheap if it is that already. */
static inline void nic_line(struct nic *n, bool level)
{
    if (level != n->line) {
        n->line = level;
        n->bus->irq(n->bus, 0, level);
    }
}

/* Call timer `id` then; 0 is a time like any other. */
static inline void nic_arm(struct nic *n, unsigned id, uint64_t at_ns)
{
    n->bus->timer(n->bus, id, at_ns == 0 ? 1 : at_ns);
}

static inline void nic_disarm(struct nic *n, unsigned id)
{
    n->bus->timer(n->bus, id, 0);
}

/* Register `reg` of the PHY at `address` on the management bus: one that has negotiated a gigabit
 * link, at NIC_PHY_ADDRESS, and nobody elsewhere. */
#define NIC_PHY_ADDRESS 0
uint16_t nic_phy_read(unsigned address, unsigned reg);

/* -- sending -- */

/* A doorbell: send what there is. Each has something to send that was given before it was rung,
 * though a doorbell before that may have sent it. */
void nic_bell(struct nic *n);
/* Send what there is, whenever `may_send` may have changed. Bounded: what is
 * left over continues on NIC_TIMER_TX. */
void nic_transmit(struct nic *n);
/* NIC_TIMER_TX is due: what was on the medium is out, and the next follows. */
void nic_transmit_timer(struct nic *n);
/* The transmitter stops, and what it holds is lost. */
void nic_transmit_stop(struct nic *n, enum device_drop why);
unsigned nic_holds(void *state);

/* -- receiving -- */

/* Is it long enough for this station's taste? */
static inline bool nic_is_runt(const struct nic *n, size_t bytes)
{
    return bytes < (n->strict_runt ? NIC_FRAME_BYTES_MIN : NIC_HEADER_BYTES);
}

enum nic_cast { NIC_UNICAST, NIC_MULTICAST, NIC_BROADCAST };
enum nic_cast nic_cast_of(const uint8_t *dest);
/* CRC-32 of Ethernet, reflected, without the final inversion. */
uint32_t nic_crc32(const struct nic *n, const uint8_t *bytes, size_t count);
/* Lay a frame, and its FCS if it is kept, into memory. False: refused. */
bool nic_write_frame(struct nic *n, uint64_t io_addr, const uint8_t *frame, size_t bytes,
                     bool keep_fcs);
#endif
