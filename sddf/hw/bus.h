/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_HW_BUS_H
#define SDDF_HW_BUS_H
/*
 * What a device model may ask of the machine it sits in. Every executor and clock supplies one of
 * these; a unit test supplies its own. A model reaches memory by DMA only, and DMA sees IO
 * addresses only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a device let a frame go. The report names the device and this reason. */
enum device_drop {
    DEVICE_DROP_NONE,           /* not dropped */
    DEVICE_DROP_DISABLED,       /* receiver or transmitter off */
    DEVICE_DROP_NO_DESCRIPTOR,  /* the driver owns every descriptor */
    DEVICE_DROP_FILTERED,       /* not for this station */
    DEVICE_DROP_RUNT,           /* shorter than the medium allows */
    DEVICE_DROP_OVERSIZE,       /* longer than the configured maximum or the buffer */
    DEVICE_DROP_DMA_FAULT,      /* the IOMMU refused an access the frame needed */
    DEVICE_DROP_RESET,          /* held when the device was reset */
    DEVICE_DROP_BAD_DESCRIPTOR, /* a transmit descriptor no real part would accept */
    DEVICE_DROP_FCS,            /* its check sequence does not fit: bits changed on the way */
    DEVICE_DROPS
};

struct bus {
    void *context; /* the machine's own */

    /* DMA through the IOMMU. False: refused, nothing moved, the fault is on record; the model must
     * act as its datasheet says of a bus error. Bytes are read once: what comes back is the model's
     * own copy. */
    bool (*dma_read)(struct bus *bus, uint64_t io_addr, void *to, size_t bytes);
    bool (*dma_write)(struct bus *bus, uint64_t io_addr, const void *from, size_t bytes);
    /* The level of interrupt line `line` (0-based). Calling with the present level is allowed and
     * cheap. */
    void (*irq)(struct bus *bus, unsigned line, bool level);
    /* Call device_type.timer(id) at `at_ns` on now()'s clock; replaces that id's earlier time; 0
     * disarms. Ids 0..3. */
    void (*timer)(struct bus *bus, unsigned id, uint64_t at_ns);
    /* A frame leaves for the wire, without FCS. The bytes are borrowed for the call. */
    void (*frame_out)(struct bus *bus, const uint8_t *frame, size_t bytes);
    /* A frame the driver submitted will not reach the wire. */
    void (*tx_drop)(struct bus *bus, enum device_drop why);
    /* Nanoseconds the medium is busy with a frame of `bytes` (without FCS): preamble, FCS, padding
     * and gap included. 0: the medium is infinitely fast. */
    uint64_t (*wire_ns)(struct bus *bus, size_t bytes);
    /* This machine's time in nanoseconds, never backwards. */
    uint64_t (*now)(struct bus *bus);
    /* The driver did what rule number `rule` of the model's forbids: by the register access that is
     * under way, or, where `io_addr` is not 0, in the descriptor there. Recorded with that access;
     * the model goes on as a real part would. */
    void (*violation)(struct bus *bus, unsigned rule, uint64_t io_addr);
};
#endif
