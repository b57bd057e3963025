/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_MOVES_PARTS_H
#define SIM_OBSERVE_MOVES_PARTS_H
/* The state of a watch, shared by the three rooms it is made of: noticing, accounting, setting up.
 */
#include "sim/observe/moves.h"
#include "sim/observe/tags.h"

#define HASH_SLOTS 1024u
#define NEAR_SLOTS 64u

#define MOVE_NONE   UINT8_MAX /* no move is usual */
#define MOVES_ALIGN 16u       /* of what a watch carves its memory into */

#define EDGE_BYTES  32u
#define EMPTIES_MAX 64u

/* Where a buffer is, as far as this domain is concerned. */
enum hand {
    HAND_AWAY,   /* not here; `out` says to which neighbours it was passed on, if any */
    HAND_EMPTY,  /* here, with no frame in it */
    HAND_TAKEN,  /* here, with a frame */
    HAND_PASSED, /* here, and its frame went on in another buffer */
};

/* A descriptor, read once. Small enough to travel in registers. */
struct slot {
    uint64_t name;
    uint32_t len;
    uint32_t pool_id;
};

struct moves;
struct watched;

/* What an entry put into or taken out of a queue means: one function for each kind of queue and
 * side. */
typedef void moves_meaning(struct moves *m, struct watched *q, struct slot slot);

/* Where one buffer is. One of these a move: they lie together so that it costs one cache line. */
struct whereabouts {
    uint64_t out; /* neighbours it was passed on to */
    /* Its place in the line of frames that wait to be passed on; where there is none, and the
     * domain tells nothing, the look at which it was passed on, 0 if it has come back since. */
    uint32_t turn;
    uint16_t len;    /* of the frame that was taken in it */
    uint8_t hand;    /* enum hand */
    bool refused;    /* here, as who it was to go to left no room */
    uint16_t claims; /* entries that named it while it was elsewhere, and have not gone back */
};

/* What lay behind the place where a frame is to end, before it was copied there. */
struct edge {
    uint16_t at, bytes;
    uint16_t covered; /* by the longest frame that was copied there */
    uint8_t was[EDGE_BYTES];
};

/* A pool whose buffers this domain may hold. */
struct held_pool {
    uint32_t index; /* plan pool */
    uint32_t count;
    unsigned shift;   /* a buffer is 1 << shift bytes */
    uint64_t io_addr; /* of its first buffer */
    struct whereabouts *buffers;
    const uint8_t *data; /* this domain's view of the buffers, NULL if not mapped */
    uint64_t *stamps;    /* arrival times, NULL if there are none to see */
    bool stamps_writable;
    bool stamps_forgeable; /* ... by one who is not to be relied on */
    bool forgeable; /* one who is not to be relied on may write frames after they were sent */
    struct watched *source; /* the queue by which frames in these buffers come here, if it is one */
    int32_t *held, *again, *refused; /* in the counts */

    struct frame_tag *tags; /* NULL if there are none to see, or nobody wants to know */
    bool tags_writable;
    uint32_t origin;    /* the endpoint that submits frames in these buffers, PLAN_NONE */
    uint32_t *turns;    /* of the frames that came here last, by buffer */
    struct edge *edges; /* of buffers that frames are copied into; NULL: none are */
};

/* One queue. What every move needs comes first, copied out of the shape, so that it shares a cache
 * line or two. */
struct watched {
    const volatile uint8_t *base, *slots;
    const volatile uint8_t *own, *peer; /* indices */
    struct moves_queue_counts *counts;
    moves_meaning *means;
    uint32_t shadow; /* own index after the last move seen */
    uint32_t until;  /* ... and where it is now, while an untold entry is replayed */
    uint32_t index_mask, slot_mask, slot_bytes;
    uint8_t index_bytes, name_offset, len_offset, pool_offset, pool_mask;
    uint8_t len_shift, pool_shift; /* in the second word of a descriptor */
    uint8_t usual; /* the kind of move that is made here, once there is nothing odd about it */
    bool produces, frames, by_io_addr;
    bool relinks; /* frames put in here lie in buffers of another pool than those taken */
    bool from_device, to_device;
    bool first;        /* the other end is a device's driver, and frames come from it */
    bool feeds_device; /* empty buffers go this way to a driver that has the device fill them */
    bool exposed;      /* the other end is not to be relied on, and can write our index too */
    struct held_pool *hint;   /* the pool that was named last */
    struct held_pool **pools; /* as shape->pools; by IO address, ascending */
    uint32_t pool_count;
    uint32_t endpoint;    /* consumer of a produced frame queue, if it is one */
    uint64_t out_bit;     /* of this neighbour in `out`; a frame queue and its partner share it */
    uint64_t onward;      /* where frames taken here may go: the out_bits of those neighbours */
    struct watched *pair; /* of a free queue: the frame queue with the same out_bit, if any */
    uint32_t outstanding; /* of a frame queue: buffers passed on by it and not returned yet */
    bool told_share;
    const struct queue_shape *shape;
    uint32_t index; /* plan queue */
    /* Where flags are followed. A producer's: its index when it last looked at the flag; and a
     * consumer's: the other end's index when it last asked for a signal, while it still does. */
    uint32_t looked, there;
    bool asked, owes;  /* owes: the flag was seen to ask for a signal, and none was sent */
    bool early;        /* signalled in this entry, before the last look */
    bool robbed;       /* a producer's: it took back that one is wanted, and has sent none since */
    bool declined;     /* a consumer's: the last it said of its wish is that it has none */
    uint32_t asked_at; /* its index when it said anything last */
    bool left;         /* a consumer's: it waits, and what was there when it asked still is */
    bool told_signal, told_look, told_request, told_refused;
    uint32_t settled_moved, settled_odd; /* counts when it waited last */
    uint32_t odd;                        /* entries taken so far that name no buffer there */
    uint32_t told_work;                  /* as many in one wake-up were told of */
    uint64_t place;                      /* of the last look or request, in the image */
    uint64_t left_place, left_given;     /* ..., and all that was given by other queues */
    uint32_t left_entries;
    uint64_t channel_bit;         /* of the badge it wakes with */
    const volatile uint8_t *flag; /* NULL: the class has none of 4 bytes */
};

/* Queues by which several give the same kind of thing: see moves_fair.c. */
struct fair_line;
struct fair {
    struct fair_line *lines;
    uint32_t count; /* 0 where fewer than two do */
};
#define FAIR_KINDS 2u /* empty buffers, frames */

struct moves {
    const struct plan *plan;
    uint32_t pd;
    bool endpoint;
    uint32_t looks;   /* at a domain that tells nothing: how many found it had moved */
    uint32_t covered; /* buffers it took, nobody knows which: see sim/observe/moves.c */
    struct moves_counts *counts;
    struct moves_hooks hooks;

    struct watched queues[MOVES_QUEUES_MAX];
    uint32_t queue_count;
    uint16_t hash[HASH_SLOTS];        /* queue + 1 */
    struct watched *near[NEAR_SLOTS]; /* the queues touched last, by page; else `nowhere` */
    struct watched nowhere;           /* where no queue is */

    bool announced; /* the image's queue code tells of its moves */
    bool settled;   /* init() has returned */

    struct held_pool pools[MOVES_POOLS_MAX];
    uint32_t pool_count;
    struct reach {
        uint32_t pd;
        uint64_t by; /* the out_bits of the neighbours it is behind */
    } reach[64];     /* endpoints that frames from here can get to */
    size_t reach_count;
    uint64_t device_by; /* ... and the neighbours a device is behind */

    struct taken {
        struct held_pool *pool;
        uint32_t buffer;
    } * line; /* frames taken, oldest first, for those that relink */
    uint32_t line_mask, line_head, line_tail;
    struct watched *spare;  /* by which such a one is given buffers to copy into, if by one */
    uint32_t spare_offered; /* as many lay there when it was entered */
    uint64_t spare_moved;   /* ... and it had taken so far */
    struct fair fair[FAIR_KINDS];
    bool follows;           /* flags and signals */
    bool any_left;          /* some queue is `left` */
    uint64_t unnamed;       /* entries that named no buffer, and have not gone back */
    uint64_t claims_passed; /* entries taken that no frame was seen in, and a frame went on for */
    uint64_t strays;        /* entries given to a device that named no buffer */
    uint32_t causes;        /* for which it was entered: as often its entry points are called */
    bool interrupted;       /* one of them is an interrupt */
    bool bounded;           /* it is to stop somewhere: some neighbour is not to be relied on */

    /* What becomes of the bytes: see moves_bytes.c. */
    bool bytes; /* somebody wants to know */
    bool edges; /* and whether copies are longer than frames */
    bool exact; /* nobody else runs meanwhile */
    bool tags_announced;
    uint64_t frames_sent, altered_told, leaked_told;
    struct taken empties[EMPTIES_MAX]; /* buffers to copy into, in the order they came */
    uint32_t empty_count;
    uint32_t copied_last; /* the pool that was copied from last */
    bool told_copy;
};

/* Something that should not happen. */
void moves_tell(struct moves *m, enum probe_kind kind, uint32_t object, uint64_t a, uint64_t b);
/* The same, with where in the image. */
void moves_tell_at(struct moves *m, enum probe_kind kind, uint32_t object, uint64_t a, uint64_t b,
                   uint64_t place);

/* The queue that lies there; NULL: none that is watched. */
struct watched *moves_find(struct moves *m, const volatile void *queue);
/* The one that most likely does: never NULL, and to be held against its base. */
static inline struct watched *moves_near(const struct moves *m, const volatile void *queue)
{
    return m->near[((uintptr_t)queue >> 12) % NEAR_SLOTS];
}

/* -- moves_flags.c -- */

/* The domain is about to be entered: is it only for what it left behind? */
void flags_begin(struct moves *m, uint64_t badge);
/* It is about to wait. */
void flags_settle(struct moves *m);

/* -- moves_fair.c -- */

/* How much of the watch's memory it takes; take it. */
size_t fair_bytes(const struct plan *plan, uint32_t pd);
void fair_init(struct moves *m, uint8_t **at);
/* It is about to wait. */
void fair_settle(struct moves *m);

/* Of the caller's memory, the next so many bytes; see moves_bytes. */
void *moves_carve(uint8_t **at, size_t bytes);

/* -- moves_why.c -- */

#define FRAME_BYTES_MAX 2048u

/* Where the frame in a buffer lies, NULL if this domain does not see it. */
static inline const uint8_t *moves_frame_data(const struct held_pool *pool, uint32_t buffer)
{
    return pool->data == NULL ? NULL : pool->data + ((uint64_t)buffer << pool->shift);
}
/* A frame goes by `q`: to an endpoint that may see it? Through one who judges that, by its right
 * name? Else that is told. */
void moves_check_receiver(struct moves *m, const struct watched *q, const struct held_pool *pool,
                          uint32_t buffer);
void moves_check_sender(struct moves *m, const struct watched *q, const struct held_pool *pool,
                        uint32_t buffer);
/* Why a frame that was taken comes back unpassed. */
enum drop_reason moves_why_dropped(const struct moves *m, const struct held_pool *pool,
                                   uint32_t buffer);

/* -- moves_work.c -- */

/* How often its entry points are about to be called. */
void work_begin(struct moves *m, uint64_t badge);
/* It is about to wait: how much did it take of those who may fill a queue without end? */
void work_settle(struct moves *m);

/* -- reading shared memory, once -- */

static inline uint32_t own_index(const struct watched *q)
{
    return queue_load_index(q->own, q->index_bytes);
}

static inline struct slot read_slot(const struct watched *q, uint32_t index)
{
    const volatile uint8_t *at = q->slots + (uint64_t)(index & q->slot_mask) * q->slot_bytes;

    return (struct slot){.name = *(const volatile uint64_t *)(at + q->name_offset),
                         .len = *(const volatile uint16_t *)(at + q->len_offset),
                         .pool_id = at[q->pool_offset] & q->pool_mask};
}

moves_meaning moves_took_frame, moves_gave_frame, moves_took_empty, moves_gave_empty;
/* Queue `q` had no room for an entry. */
moves_meaning moves_refused;
/* Could this move have been made now, with what is here and what was passed on? Of no consequence.
 */
bool moves_plausible(const struct moves *m, struct watched *q, struct slot slot);

/* An endpoint submitted a frame, or took one. */
void moves_bytes_sent(struct moves *m, struct held_pool *pool, uint32_t buffer, uint32_t len);
void moves_bytes_received(struct moves *m, const struct watched *q, struct held_pool *pool,
                          uint32_t buffer, uint32_t len);
/* A frame came from a driver with another length; was passed on as it lay, with another length; was
 * passed on in another buffer. */
void moves_bytes_stretched(struct moves *m, const struct watched *q, const struct held_pool *pool,
                           uint32_t buffer, uint32_t len);
void moves_bytes_passed(struct moves *m, const struct watched *q, const struct held_pool *pool,
                        uint32_t buffer, uint32_t len);
void moves_bytes_copied(struct moves *m, const struct watched *q, struct held_pool *from,
                        uint32_t from_buffer, struct held_pool *to, uint32_t to_buffer,
                        uint32_t len);
/* Of many alike, not all are told. */
void moves_bytes_tell(struct moves *m, enum probe_kind kind, uint32_t object,
                      const struct bytes_news *news);
/* One that copies has taken a frame; a buffer to copy into; has none any more. */
void moves_bytes_frame_waits(struct moves *m, uint32_t len);
void moves_bytes_buffer_waits(struct moves *m, struct held_pool *pool, uint32_t buffer);
void moves_bytes_buffer_gone(struct moves *m, const struct held_pool *pool, uint32_t buffer);
/* Is what comes from a driver as long as what came in? */
static inline void moves_bytes_first(struct moves *m, const struct watched *q,
                                     const struct held_pool *pool, uint32_t buffer, uint32_t len)
{
    if (pool->tags != NULL && pool->tags[buffer].len != len) {
        moves_bytes_stretched(m, q, pool, buffer, len);
    }
}

/* Find a pool's tags; say in those that are this domain's to write that it tells of its moves. */
void moves_bytes_pool(struct moves *m, struct held_pool *pool);
void moves_bytes_announce(struct moves *m);

/* The first slot to look at for a queue at this vaddr, in `hash`. */
static inline uint32_t moves_hash(uint64_t vaddr)
{
    return (uint32_t)((vaddr >> 12) * 0x9e3779b1u >> 7);
}
#endif
