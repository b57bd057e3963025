/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_MODEL_PLAN_H
#define SIM_MODEL_PLAN_H
/*
 * The elaborated system: every domain, region, mapping, channel, queue and DMA window, with its
 * address and rights, and every byte of configuration an image will find. A plan is only data.
 * Classes make it from the scenario, `show` prints it, executors carry it out, and what is not in
 * it is not mapped.
 *
 * Everything is named by its index here; an index is the same in every process of a run.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/model/scenario.h"

#define PLAN_NONE             UINT32_MAX
#define PLAN_PAGE_BYTES       4096u
#define PLAN_CHANNELS_MAX     62u /* Microkit: ids 0..61 */
#define PLAN_MICROKIT_PDS_MAX 63u /* more run here, with a warning */
#define PLAN_POOLS_PER_QUEUE  64u
#define PLAN_TAG_BYTES        64u /* of one buffer's tag */
/* The virtual addresses of domain i begin at the base plus i windows: above ASan's shadow, and
 * within what valgrind lets a program map. */
#define PLAN_WINDOW_BASE  0x200000000000ull
#define PLAN_WINDOW_BYTES 0x100000000ull

enum plan_rights { RIGHT_READ = 1, RIGHT_WRITE = 2 };

enum plan_region_kind {
    REGION_QUEUES,   /* a free and an active queue between two neighbours */
    REGION_BUFFERS,  /* packet data */
    REGION_RING,     /* descriptors between driver and device */
    REGION_METADATA, /* a virtualiser's own bookkeeping */
    REGION_CHANNEL,  /* the runtime's: notification words and protected-call message of one channel
                      */
    REGION_MMIO,     /* the runtime's: posted register writes and read answers */
    REGION_STAMPS,   /* the runtime's: when each buffer's frame began, and what it was */
    REGION_PAGE,     /* the runtime's: one domain's state and counters */
    REGION_CAPTURE,  /* the runtime's: frames on their way into a capture file */
    REGION_MEMORY,   /* what a device sees of a region that is not coherent */
    REGION_KINDS
};

struct plan_region {
    const char *name;
    enum plan_region_kind kind;
    uint64_t bytes; /* a page multiple */
    /*
     * Domains see what caches hold of it, devices what lies in memory, which is another region of
     * the same size; only operations on caches, and chance, make one of the other.
     */
    bool incoherent;
    bool uncached;         /* no cache holds any of it: always coherent, and slow to read */
    uint32_t memory;       /* that REGION_MEMORY */
    uint64_t eviction_ppm; /* the chance that a line leaves its cache whenever there is one */
};

struct plan_map {
    uint32_t pd, region;
    uint64_t vaddr;
    unsigned rights; /* enum plan_rights */
};

/* Configuration written over an image's ELF section before it starts. */
struct plan_blob {
    const char *section;
    const void *bytes;
    size_t size;
    bool optional; /* an image without the section is not refused */
};

enum plan_pd_kind { PD_IMAGE, PD_DEVICE };

struct plan_pd {
    const char *name;
    enum plan_pd_kind kind;
    const struct scenario_pd *asked; /* PD_IMAGE */
    uint32_t device;                 /* PD_DEVICE: its device */
    const char *image_file;          /* PD_IMAGE: the shared object */
    const char *class_name, *role;   /* "net", "virt_rx"; a client's role is "client" */
    bool endpoint;                   /* frames end and begin here; everyone else passes them on */
    bool trusted;
    uint8_t priority;
    uint64_t budget_ns, period_ns;
    int cpu;       /* -1: as the placement says */
    bool one_core; /* its image has no barriers */
    bool explored; /* its image tells of each access */
    enum scenario_waiting waiting;
    struct plan_blob *blobs;
    size_t blob_count, blob_room;
    uint64_t vaddr_next;  /* the next free address of its window */
    uint8_t channel_next; /* the lowest unused channel id ... */
    uint8_t channel_kept; /* ... but for this one, which was asked for; 0: none */
    uint32_t page;        /* its REGION_PAGE */
    uint64_t page_vaddr;
    const uint8_t (*macs)[6]; /* endpoints: the addresses whose frames are for it */
    size_t mac_count;
};

enum plan_channel_kind {
    CHANNEL_PEER,    /* two domains */
    CHANNEL_IRQ,     /* end[0] is the device's domain, end[1] the driver */
    CHANNEL_TIMER,   /* end[1] asks the machine for time and timeouts; end[0].pd is PLAN_NONE */
    CHANNEL_CONSOLE, /* end[1] prints by a serial queue that nobody else maps; as above */
};

struct plan_end {
    uint32_t pd;
    uint8_t id; /* meaningless for a device or PLAN_NONE */
    bool may_notify, may_call;
    uint64_t vaddr; /* of the channel's page in this domain; 0 for PLAN_NONE */
};

struct plan_channel {
    enum plan_channel_kind kind;
    struct plan_end end[2];
    uint32_t region;
    unsigned irq_line;      /* CHANNEL_IRQ */
    uint64_t console_vaddr; /* CHANNEL_CONSOLE: of the queue it prints by; its bytes a page on */
};

/* A pool of equal buffers, whose whereabouts the queues tell. */
struct plan_pool {
    const char *name; /* "net0.rx", "client0.tx" */
    uint32_t region;
    uint32_t buffer_bytes, buffer_count;
    uint64_t io_addr; /* of buffer 0; 0 if no device sees it */
    uint32_t stamps;  /* its REGION_STAMPS, PLAN_NONE if it is not told when frames here began */
    uint32_t tags;    /* the region of its tags (sim/observe/tags.h), PLAN_NONE if it has none */
    uint64_t tags_offset; /* in that region */
};

/* How a descriptor names its buffer. */
enum plan_naming { NAMES_OFFSET, NAMES_IO_ADDR };

/*
 * One queue, as seen by those who do not know its class: where its indices, flag and descriptors
 * lie, who writes which, and what its descriptors name. `index` fields count modulo
 * 2^(8*index_bytes).
 */
struct queue_shape {
    const char *name; /* "client0.rx.active" */
    uint32_t region;
    uint64_t offset; /* of the queue within the region; the offsets below are from here */
    uint32_t capacity;
    uint32_t tail_offset, head_offset, index_bytes;
    uint32_t flag_offset, flag_bytes; /* 0 bytes: the class has no flag */
    uint32_t slots_offset, slot_bytes;
    uint32_t name_offset, name_bytes; /* in a slot: the buffer's offset or IO address */
    uint32_t len_offset, len_bytes;
    uint32_t pool_offset, pool_bits; /* in a slot: which pool; 0 bits: pools[0] */
    enum plan_naming naming;
    bool carries_frames;         /* active; a free queue carries empty buffers */
    uint32_t producer, consumer; /* domains; the consumer owns the flag */
    uint64_t producer_vaddr, consumer_vaddr;
    uint32_t partner;      /* the queue its buffers come back by */
    const uint32_t *pools; /* by pool id in the descriptor; an IO address may be any of these */
    size_t pool_count;
    uint32_t channel; /* by which the two ends signal */
    /* Where frames from here may go on, of the queues the consumer fills; NULL: to any of them. */
    const uint32_t *onward;
    size_t onward_count;
};

static inline uint32_t queue_index_mask(const struct queue_shape *q)
{
    return q->index_bytes == 2 ? 0xffffu : 0xffffffffu;
}

/* One of a queue's indices of so many bytes, read once: whoever writes it may not be relied on. */
static inline uint32_t queue_load_index(const volatile void *index, uint32_t bytes)
{
    return bytes == 2 ? __atomic_load_n((const volatile uint16_t *)index, __ATOMIC_ACQUIRE)
                      : __atomic_load_n((const volatile uint32_t *)index, __ATOMIC_ACQUIRE);
}

/* May its descriptors name buffers of this pool? */
static inline bool queue_names_pool(const struct queue_shape *q, uint32_t pool)
{
    for (size_t i = 0; i < q->pool_count; i++) {
        if (q->pools[i] == pool) {
            return true;
        }
    }
    return false;
}

/* Memory a device may reach, as it sees it. */
struct plan_window {
    uint32_t device, region;
    uint64_t io_addr, bytes;
    unsigned rights; /* RIGHT_READ: the device reads */
    uint64_t vaddr;  /* in the device's domain */
};

/* Registers as a driver sees them. Nothing is mapped there: accesses are carried to the model. */
struct plan_registers {
    const char *name; /* NULL: the device's own */
    uint64_t vaddr;
    uint32_t offset; /* by which the model knows the first of them */
    uint32_t bytes;
};

struct plan_device {
    const char *name;
    const struct scenario_device *asked;
    uint32_t pd;                      /* its own domain */
    uint32_t driver;                  /* the domain that has its registers */
    struct plan_registers *registers; /* by offset; the first are its own */
    uint32_t registers_count;
    uint32_t mmio; /* REGION_MMIO */
    uint64_t mmio_driver_vaddr, mmio_device_vaddr;
    int wire;                 /* scenario wire, -1 */
    uint32_t rx_queue_source; /* the frame queue its driver feeds from the device (virt_rx active),
                                 PLAN_NONE */
    uint32_t tx_queue_sink;   /* the frame queue its driver drains into the device, PLAN_NONE */
    uint32_t receives_into;   /* as many buffers its driver can give it to fill; 0: not known */
};

/* Frames copied aside on their way past a point, for the supervisor to write out. */
struct plan_capture {
    const struct scenario_capture *asked;
    uint32_t pd; /* whose runtime fills it */
    uint32_t region;
    uint64_t vaddr;
};

struct plan {
    const struct scenario *scenario;
    struct arena *arena;
    struct diag *diag;
    const char *image_dir;
    struct plan_pd *pds;
    struct plan_region *regions;
    struct plan_map *maps;
    /* The same by domain and region; NULL: the plan is not made yet. */
    const struct plan_map **sorted_maps;
    struct plan_channel *channels;
    struct plan_pool *pools;
    struct queue_shape *queues;
    struct plan_window *windows;
    struct plan_device *devices;
    struct plan_capture *captures;
    uint32_t pd_count, region_count, map_count, channel_count, pool_count, queue_count,
        window_count, device_count, capture_count;
    uint32_t *client_pds; /* scenario client index -> domain */
    uint64_t io_next;
};

/* -- building: what a class calls, in any order. Indices are returned; complaints go to plan->diag.
 * -- */
uint32_t plan_add_region(struct plan *p, enum plan_region_kind kind, uint64_t bytes,
                         const char *name_format, ...) __attribute__((format(printf, 4, 5)));
/* Map all of a region into a domain at the next address of its window. */
uint64_t plan_add_map(struct plan *p, uint32_t pd, uint32_t region, unsigned rights);
/* The same, at an address outside of all windows, for a domain that expects it there. */
uint64_t plan_add_map_at(struct plan *p, uint32_t pd, uint32_t region, unsigned rights,
                         uint64_t vaddr);
uint32_t plan_add_pd(struct plan *p, const struct scenario_pd *asked, const char *class_name,
                     const char *role);
uint32_t plan_add_device(struct plan *p, uint32_t scenario_device,
                         uint32_t driver); /* and its domain */
/* To the driver; returns the channel. `id`: what it must be at the driver; 0: whatever is free. */
uint32_t plan_add_irq(struct plan *p, uint32_t device, unsigned line, uint8_t id);
/* A channel both ends may notify. `callee` is 0 or 1 to let the other end make protected calls to
 * it, -1 for none. */
uint32_t plan_add_channel(struct plan *p, uint32_t pd_a, uint32_t pd_b, int callee);
uint32_t plan_add_timer(struct plan *p, uint32_t pd); /* returns the channel */
/* Four pages at its console_vaddr: a queue to print by and its bytes; one to read by, which stays
 * empty, and its bytes. Returns the channel. */
uint32_t plan_add_console(struct plan *p, uint32_t pd);
/* A copy of `bytes` is made. `optional`: an image without that section is no error. */
void plan_add_blob(struct plan *p, uint32_t pd, const char *section, const void *bytes, size_t size,
                   bool optional);
uint32_t plan_add_pool(struct plan *p, uint32_t region, uint32_t buffer_bytes, uint32_t count,
                       const char *name);
uint32_t plan_add_queue(struct plan *p, const struct queue_shape *shape);
/* From here on no device sees of a region what caches hold; before its first window. */
void plan_make_incoherent(struct plan *p, uint32_t region, uint64_t eviction_ppm);
/* Let a device reach a region. Returns the IO address of its first byte (32 bit; never an offset or
 * a vaddr). */
uint64_t plan_add_window(struct plan *p, uint32_t device, uint32_t region, unsigned rights);
/* The same, where a driver expects it: before all others of this device, and below them. */
uint64_t plan_add_window_at(struct plan *p, uint32_t device, uint32_t region, unsigned rights,
                            uint64_t io_addr);
/* The id of a channel at one of its domains. */
uint8_t plan_channel_id(const struct plan *p, uint32_t channel, uint32_t pd);

/* -- looking -- */
const struct plan_map *plan_find_map(const struct plan *p, uint32_t pd, uint32_t region);
/* The registers at an address of a driver, or those that the model knows by an offset; NULL: there
 * are none. */
const struct plan_registers *plan_registers_at(const struct plan_registers *all, uint32_t count,
                                               uint64_t vaddr);
const struct plan_registers *plan_registers_by_offset(const struct plan_device *d, uint32_t offset);
/* Does a device's driver pass on by this queue what comes in, or take from it what goes out? */
bool plan_queue_from_device(const struct plan *p, uint32_t queue);
bool plan_queue_to_device(const struct plan *p, uint32_t queue);
/* Does a client receive from the network this device is part of? */
bool plan_serves(const struct plan *p, const struct plan_device *device, uint32_t client_pd);
/* Is a fault of the scenario aimed at a domain? */
bool plan_compromised(const struct plan *p, uint32_t pd);
/* Is a device one whose driver is misled: does a fault aimed at it lie, or hide what it does? */
bool plan_misleads(const struct plan *p, uint32_t pd);
/* Is a domain untrusted, or compromised by more than that it is begun anew? What that one does it
 * does by its own image. */
bool plan_misbehaves(const struct plan *p, uint32_t pd);
/* Is a domain not to be relied on: untrusted, or compromised? */
bool plan_suspect(const struct plan *p, uint32_t pd);
/* What it is told by that section; NULL: nothing. */
const struct plan_blob *plan_told(const struct plan_pd *pd, const char *section);
/* Is this check on? What only it asks about need not be looked at otherwise. */
bool plan_checks(const struct plan *p, const char *check);
uint32_t plan_find_pd(const struct plan *p, const char *name); /* PLAN_NONE if there is none */

/*
 * Elaborate: a domain for each client, then each instance wired by its class, then captures.
 * `class_build` is class.h's, handed in because a plan lies left of the classes. NULL with
 * complaints in `diag` if the scenario cannot be carried out.
 */
struct plan *plan_make(const struct scenario *s,
                       void (*class_build)(struct plan *, uint32_t instance), const char *image_dir,
                       struct arena *arena, struct diag *diag);
#endif
