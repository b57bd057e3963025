/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_HW_DEVICE_H
#define SDDF_HW_DEVICE_H
/*
 * The contract of a device model. A model is constant data and six functions over a state the core
 * allocates; it keeps nothing else, so the same model runs in a process of its own, in a thread, in
 * a fiber and in a test. Calls never nest and never come from two threads at once.
 */
#include <sddf/hw/bus.h>
#include <sddf/hw/param.h>

#define DEVICE_MEMORIES_MAX 4

/*
 * Registers beyond those of the first window, which a model sees at offsets that follow those of
 * the window before: a part whose registers lie in two places, or another part that its driver
 * cannot do without.
 */
struct device_window {
    const char *name; /* what the registers are of; NULL ends the list */
    uint32_t bytes;   /* a page multiple */
    uint64_t vaddr; /* where drivers expect it without being told; 0: they are told of it as of the
                       first, by a region that follows those of the memories */
};

/* Memory between driver and device beyond the registers (descriptor rings): device_resources region
 * i+1. */
struct device_memory {
    const char *name;       /* NULL ends the list */
    size_t count_offset;    /* where in the state the uint64_t number of entries is, set from a
                               scenario key */
    uint64_t entries;       /* so many whatever the scenario says; 0: as it says */
    uint32_t entry_bytes;   /* 0: no entries but memory like any other, of as many bytes */
    uint32_t spare_entries; /* further entries the driver may need (a terminator) */
    bool receives;          /* the driver gives the device buffers to receive into here */
};

/*
 * Where drivers of a device expect things without being told, which is where the system they were
 * written for has them: registers and the first memory as they see them, that memory as the device
 * does, below all other IO addresses, and the id of the first interrupt's channel.
 */
struct device_place {
    uint64_t regs_vaddr, memory_vaddr, memory_io_addr;
    uint8_t irq_id;
};

/* I/O ports by which registers are reached as well: `count` ports from `first` on are the bytes of
 * the first window from `offset` on. */
struct device_ports {
    unsigned id; /* the driver's name for the range */
    uint32_t first, count, offset;
};

/* Something a driver must not do. A table of them ends with a NULL text. */
struct device_rule {
    const char *text; /* what was done, to follow "the driver:" */
    bool forgiven;    /* real parts make nothing of it, so only a model told to be strict does */
};

struct device_type {
    const char *name;   /* as a scenario spells it */
    const char *doc;    /* one line, naming the part and its manual */
    const char *driver; /* image that drives it unless the scenario names another */
    size_t state_size;
    const struct param *params;          /* scenario keys, stored in the state */
    uint32_t regs_bytes;                 /* size of the first register window, a page multiple */
    const struct device_window *windows; /* the others; NULL: there are none */
    struct device_memory memory[DEVICE_MEMORIES_MAX];
    unsigned irq_lines;
    const struct device_place *place; /* NULL: wherever there is room, and the driver is told */
    const struct device_ports *ports; /* ends with a count of 0; NULL: none */
    const struct device_rule *rules;  /* by number; NULL: the model has none */

    /* Required. Power-on state of everything but the params. `bus` stays valid for the device's
     * life. */
    void (*reset)(void *state, struct bus *bus);
    /* Required. A register access of 1, 2, 4 or 8 bytes, offset within a window, naturally
     * aligned. */
    uint64_t (*read)(void *state, uint32_t offset, unsigned bytes);
    void (*write)(void *state, uint32_t offset, unsigned bytes, uint64_t value);
    /* A frame arrives from the wire, without FCS, borrowed for the call. DEVICE_DROP_NONE: it now
     * lies in memory as the driver asked; else why not. NULL: the device has no wire. */
    enum device_drop (*frame_in)(void *state, const uint8_t *frame, size_t bytes);
    /* A frame arrived whose check sequence does not fit, and is dropped: for its statistics. NULL:
     * it has none about that. */
    void (*frame_spoilt)(void *state);
    /* Could frame_in take a frame now (false where it would say NO_DESCRIPTOR or DISABLED)? For
     * wires that wait. NULL: always. */
    bool (*ready)(void *state);
    /*
     * The offset of a 4-byte register, a write of which would change nothing as long as nothing
     * else happens to the device (a doorbell that has been answered already), or UINT32_MAX. It
     * spares waking a device that sleeps; the write takes effect in its place before anything else
     * does. NULL: there is none.
     */
    uint32_t (*idle_write)(void *state);
    /*
     * Which bits, written as 4 bytes to the register at `*offset`, would lower the interrupt line
     * and do nothing else; 0: none would. The same sparing: such a write is not urgent, since the
     * kernel has masked the line until the driver acknowledges. NULL: always 0.
     */
    uint32_t (*lowering)(void *state, uint32_t *offset);
    /* A timer the model armed is due. NULL: it arms none. */
    void (*timer)(void *state, unsigned id);
    /* Frames inside the device now: accepted from memory and not yet out or dropped. NULL: none,
     * ever. */
    unsigned (*holds)(void *state);
};

/* How many offsets there are: bytes of all its windows. */
static inline uint32_t device_registers_bytes(const struct device_type *type)
{
    uint32_t bytes = type->regs_bytes;

    for (const struct device_window *w = type->windows; w != NULL && w->name != NULL; w++) {
        bytes += w->bytes;
    }
    return bytes;
}
#endif
