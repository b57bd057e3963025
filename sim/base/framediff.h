/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_FRAMEDIFF_H
#define SIM_BASE_FRAMEDIFF_H
/*
 * How two captures differ. Frames are compared by content, less what is to be ignored, and aligned:
 * a lost frame is one difference. What order they must keep is the caller's choice. The comparison
 * is made at once; then the differences are read one after another, in the order of the captures.
 *
 * Every frame of either capture ends up in exactly one of: same, changed, moved (each of which
 * joins one frame of A with one of B), only in A, only in B. A same frame may be late.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/frameshape.h"
#include "sim/base/pcapfile.h"

enum framediff_order {
    FRAMEDIFF_ORDER_STRICT, /* the same sequence */
    FRAMEDIFF_ORDER_FLOW,   /* the same sequence within each flow, see struct frame_flow */
    FRAMEDIFF_ORDER_ANY,    /* the same frames, as many of each */
};

struct framediff_options {
    enum framediff_order order;
    frame_field_set ignored;
    /* Compare when frames came, counted from the first frame of their capture; off by more is late.
     */
    bool compare_times;
    uint64_t tolerance_ns;
};

enum framediff_kind {
    FRAMEDIFF_CHANGED, /* in the same place, of the same kind, of another content */
    FRAMEDIFF_MOVED,   /* the same frame in another place */
    FRAMEDIFF_ONLY_A,
    FRAMEDIFF_ONLY_B,
    FRAMEDIFF_LATE, /* the same frame at another time, earlier or later */
    FRAMEDIFF_KINDS
};

struct framediff_entry {
    enum framediff_kind kind;
    uint32_t a_number, b_number;      /* of the frame in its capture, from 1; 0: not in it */
    const struct frame_record *a, *b; /* NULL: not in it */
    /* FRAMEDIFF_CHANGED: all fields that differ, and the first byte that does. Its field is one of
     * them even where it is ignored: a header that only one of the two has is a difference still. A
     * frame which ends there while the other goes on differs at its end; then the offset is outside
     * the shorter one. */
    frame_field_set fields;
    uint32_t a_offset, b_offset;
    enum frame_field_id field;
    int64_t late_ns; /* FRAMEDIFF_LATE: how much later in B than in A */
};

struct framediff_counts {
    uint64_t a_frames, b_frames;
    uint64_t same;                   /* late ones included */
    uint64_t kinds[FRAMEDIFF_KINDS]; /* changed, moved and late are pairs of frames */
};

struct framediff;

/*
 * Compare all of two captures, which must stay open while the result is used. Rewinds both. 0,
 * -ENOMEM, or -EFBIG for a capture of more frames than can be numbered (2^30).
 */
int framediff_create(struct framediff **out, struct pcapfile *a, struct pcapfile *b,
                     const struct framediff_options *options);

void framediff_count(const struct framediff *d, struct framediff_counts *out);

/* Are the captures the same by the options given? */
bool framediff_same(const struct framediff *d);

/* The next difference; false after the last. Allocates nothing. */
bool framediff_next(struct framediff *d, struct framediff_entry *out);

/* Start again with the first difference. */
void framediff_rewind(struct framediff *d);

/* NULL is fine. */
void framediff_destroy(struct framediff *d);
#endif
