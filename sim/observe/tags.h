/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_OBSERVE_TAGS_H
#define SIM_OBSERVE_TAGS_H
/*
 * What lies in a buffer, as told by whoever put it there: a tag for each buffer, beside the pool
 * and not in it. A tag is made where a frame begins (the device as it comes in, an endpoint's
 * runtime as it is submitted), goes where the frame goes (a copier's runtime carries it from one
 * buffer to the other), and is compared where the frame ends. Since every frame lies in a buffer,
 * there is a tag for each frame there can be, however long it waits and however many others are
 * dropped meanwhile.
 *
 * A receive buffer is longer than most frames, and behind the end of one there is what was longer
 * before it. A device's tag remembers whose that is, in layers.
 *
 * Each array of tags is written by one domain. Who reads takes what it says for that domain's word:
 * an untrusted client's tag can only speak of its own frames. `turn` is written last, so that a
 * reader on another processor can tell a tag that is not there yet from one that is; in virtual
 * time it always is.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/hook/bytes.h"
#include "sim/model/plan.h"

#define TAG_LAYERS 4u

struct tag_layer {
    uint16_t end; /* bytes from the end of the layer before up to here; 0: no more layers */
    uint16_t owner;
    uint32_t number;
};

struct frame_tag {
    _Alignas(64) _Atomic uint32_t turn; /* frames put into this buffer so far; 0: none */
    uint16_t len;                       /* 0: nothing is known of this one */
    uint16_t origin;                    /* the domain it began at */
    uint64_t digest, number;            /* the number counts its origin's frames from 1 */
    struct tag_layer layers[TAG_LAYERS];
    uint32_t faithful; /* the frame was copied here, and the copy was what was copied */
};

_Static_assert(sizeof(struct frame_tag) == PLAN_TAG_BYTES, "a tag is a cache line");

/* Behind the last buffer's tag there is one whose turn says that its writer tells of each frame. */
static inline void tags_announce(struct frame_tag *tags, uint32_t count)
{
    atomic_store_explicit(&tags[count].turn, 1, memory_order_release);
}

static inline bool tags_announced(const struct frame_tag *tags, uint32_t count)
{
    return atomic_load_explicit(&tags[count].turn, memory_order_acquire) != 0;
}

/* A frame is in the buffer now; its layers are left as they are. */
static inline void tag_put(struct frame_tag *t, uint64_t digest, uint32_t len, uint64_t number,
                           uint32_t origin)
{
    uint32_t turn = atomic_load_explicit(&t->turn, memory_order_relaxed);

    atomic_store_explicit(&t->turn, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    t->digest = digest;
    t->len = (uint16_t)len;
    t->number = number;
    t->origin = (uint16_t)origin;
    atomic_store_explicit(&t->turn, turn + 1 == 0 ? 1 : turn + 1, memory_order_release);
}

/* What is known of a frame, read once. */
struct tag_word {
    uint32_t turn, len, origin; /* turn 0: nothing, or it is being written */
    uint64_t digest, number;
};

static inline struct tag_word tag_get(const struct frame_tag *t)
{
    struct tag_word w = {.turn = atomic_load_explicit(&t->turn, memory_order_acquire)};

    w.digest = *(const volatile uint64_t *)&t->digest;
    w.number = *(const volatile uint64_t *)&t->number & BYTES_NUMBER_MAX;
    w.len = *(const volatile uint16_t *)&t->len;
    w.origin = *(const volatile uint16_t *)&t->origin;
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&t->turn, memory_order_relaxed) != w.turn) {
        w.turn = 0;
    }
    return w;
}

/* A frame for `owner` lies over what was there. */
void tag_cover(struct frame_tag *t, uint32_t end, uint32_t owner, uint64_t number);
/* The array of a pool as `pd` sees it; NULL if it does not, or if no check wants to know. */
struct frame_tag *tags_find(const struct plan *plan, uint32_t pd, uint32_t pool);
/* The endpoint that submits frames in buffers of this pool; PLAN_NONE if none does. */
uint32_t tags_origin(const struct plan *plan, uint32_t pool);
/* Do the checks of bytes run? */
bool tags_wanted(const struct plan *plan);
#endif
