/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_FAULT_QUEUES_H
#define SIM_FAULT_QUEUES_H
/*
 * What faults inside a domain do to queues: which of them there are, what their indices and
 * descriptors say, and where the buffers that are named lie. All of it is found in the plan's queue
 * shapes, and reached by the domain's own mappings. The other end may be at work on another core
 * meanwhile, so each word is read and written whole, and an index is stored after what it
 * publishes.
 */
#include "sim/fault/fault.h"

/* As many queues as one fault is aimed at. */
#define FAULT_QUEUES_MAX 64u

enum queue_side { SIDE_ANY, SIDE_FILLS, SIDE_EMPTIES };

/* Which queues of its domain a kind of fault may be aimed at. */
struct queue_choice {
    enum queue_side side;
    bool frames;       /* only those that carry frames */
    const char *doing; /* for complaints: what it does to them, "forges" */
};

/* Which of those one fault is aimed at; a member `aim` of its state. */
struct queue_aim {
    const char *queue; /* its key: the name of one, or the end of it from a dot on; NULL: all */
    bool found;        /* those below are, once; zeroed: not yet */
    uint32_t count;
    uint32_t list[FAULT_QUEUES_MAX];
};

/* That key; `doc_` says which queues there are to choose from. */
#define PARAM_QUEUE(type, doc_)                                                                 \
    {                                                                                           \
        .name = "queue", .kind = PARAM_KIND_TEXT, .offset = offsetof(type, aim.queue),          \
        .doc = (doc_ ", by its name or the end of it (\"tx.active\"); all of them if left out") \
    }

/* Before the run: complains of a name that is none, of none and of too many. */
bool queues_check(const struct queue_aim *aim, const struct queue_choice *choice,
                  const struct plan *plan, uint32_t pd, struct diag *diag, struct diag_place place);
void queues_find(struct queue_aim *aim, const struct queue_choice *choice, const struct plan *plan,
                 uint32_t pd);

/* One queue, as the domain that the fault acts in sees it. */
struct queue_view {
    const struct queue_shape *shape;
    uint32_t index; /* plan queue */
    uint8_t *base;
};

/* False if that domain does not have it. */
bool queue_open(struct queue_view *q, const struct inside *in, uint32_t queue);

/* The same to each of those that it is aimed at and that its domain has. */
enum inside_next
queues_each(struct queue_aim *aim, const struct queue_choice *choice, struct inside *in,
            void (*act)(const void *state, struct inside *in, const struct queue_view *q),
            const void *state);
/* It has acted on this queue, `b` says how; the other end is signalled for it if `ring`. */
void queue_did(struct inside *in, const struct queue_view *q, uint64_t b, bool ring);

/* 1, 2, 4 or 8 bytes in one go; an index, of 2 or 4, after whatever was written before. */
void word_write(uint8_t *at, uint32_t bytes, uint64_t value);

uint32_t queue_read(const struct queue_view *q, uint32_t offset, uint32_t bytes);
void queue_write(const struct queue_view *q, uint32_t offset, uint32_t bytes, uint32_t value);
uint32_t queue_tail(const struct queue_view *q);
uint32_t queue_head(const struct queue_view *q);
/* Entries in it; more than its capacity if an index is forged. */
uint32_t queue_length(const struct queue_view *q);
/* `index` of it, as far as an index goes. */
uint32_t queue_wrap(const struct queue_view *q, uint32_t index);

struct descriptor {
    uint64_t name;
    uint32_t len, pool;
};

/* The slot that a free-running index stands for. */
struct descriptor queue_slot(const struct queue_view *q, uint32_t index);
void queue_set_slot(const struct queue_view *q, uint32_t index, struct descriptor d);
/* Was the slot that holds this, `age` entries before an index that stands at `tail`, ever used? An
 * index that has not come so far may have wrapped, and then the slot is not all zeros. */
bool queue_was_used(struct descriptor d, uint32_t tail, uint64_t age);
/* One more entry. False if there is no room, or an index is forged. */
bool queue_put(const struct queue_view *q, struct descriptor d);
/* One entry less. False if there is none, or an index is forged. */
bool queue_take(const struct queue_view *q, struct descriptor *d);

/* The plan pool a descriptor names a buffer of, wherever in it; PLAN_NONE if none. */
uint32_t queue_pool(const struct inside *in, const struct queue_view *q, struct descriptor d);
/*
 * Where the buffer lies that a descriptor names, from there to the end of the pool's region in
 * *bytes; NULL if it names none, or the domain may not do that (RIGHT_READ, RIGHT_WRITE) there.
 */
uint8_t *queue_buffer(const struct inside *in, const struct queue_view *q, struct descriptor d,
                      unsigned rights, uint64_t *bytes);
/* The name of a pool's first buffer in this queue. */
uint64_t queue_pool_base(const struct inside *in, const struct queue_view *q, uint32_t pool);
#endif
