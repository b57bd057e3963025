/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two captures of one place, frame by frame: the same frames in the same order, and when. Frames of
 * different peers are on their way at the same time, and which of them is first may be a matter of
 * nanoseconds; so where the whole is not in the same order, each peer's frames are looked at alone.
 */
#include <string.h>

#include "sim/base/pcapfile.h"
#include "sim/cmd/compare_parts.h"

#define MAC_BYTES 6u
#define PEERS_MAX 64u /* of one client; with more, only the whole is compared */

/* What of a capture is looked at. */
struct filter {
    const struct flow_of *of;
    const uint8_t *only; /* this peer's frames; NULL: everybody's */
};

static bool is_peer(const struct flow_of *of, const struct frame_record *f, const uint8_t *mac)
{
    return f->bytes_count >= 2 * MAC_BYTES && memcmp(f->bytes + of->peer_at, mac, MAC_BYTES) == 0;
}

static bool is_left_out(const struct flow_of *of, const struct frame_record *f)
{
    for (size_t i = 0; i < of->but_count; i++) {
        if (is_peer(of, f, of->but[i])) {
            return true;
        }
    }
    return false;
}

/* The next frame that is looked at. */
static bool next(struct pcapfile *p, const struct filter *filter, struct frame_record *out,
                 uint64_t *skipped)
{
    while (pcapfile_next(p, out)) {
        if (is_left_out(filter->of, out)) {
            (*skipped)++;
        } else if (filter->only == NULL || is_peer(filter->of, out, filter->only)) {
            return true;
        }
    }
    return false;
}

static void note_time(struct flow_difference *d, uint64_t without_ns, uint64_t with_ns)
{
    uint64_t later = with_ns > without_ns ? with_ns - without_ns : 0;
    uint64_t earlier = without_ns > with_ns ? without_ns - with_ns : 0;

    d->later_ns = later > d->later_ns ? later : d->later_ns;
    d->earlier_ns = earlier > d->earlier_ns ? earlier : d->earlier_ns;
}

static void note_span(struct flow_span *span, const struct frame_record *f)
{
    span->first_ns = span->frames == 0 ? f->time_ns : span->first_ns;
    span->last_ns = f->time_ns;
    span->frames++;
}

static void compare(struct pcapfile *without, struct pcapfile *with, const struct filter *filter,
                    struct flow_difference *d)
{
    struct frame_record a, b;
    uint64_t unused = 0;
    bool got_a, got_b;

    *d = (struct flow_difference){.same = true};
    do {
        got_a = next(without, filter, &a, &unused);
        got_b = next(with, filter, &b, &d->skipped);
        d->without += got_a;
        d->with += got_b;
        if (got_a) {
            note_span(&d->spans[0], &a);
        }
        if (got_b) {
            note_span(&d->spans[1], &b);
        }
        /* As late as others were, it would come after the end. */
        d->cut += got_a && !got_b && d->same && filter->of->end_ns != 0 &&
                  a.time_ns + d->later_ns >= filter->of->end_ns;
        if (!got_a || !got_b || !d->same) {
            continue;
        }
        if (a.bytes_count != b.bytes_count || memcmp(a.bytes, b.bytes, a.bytes_count) != 0) {
            d->same = false;
            d->first = d->with;
            d->with_ns = b.time_ns;
        } else {
            note_time(d, a.time_ns, b.time_ns);
        }
    } while (got_a || got_b);
}

static bool compare_files(const char *without, const char *with, const struct filter *filter,
                          struct flow_difference *out, const char **why, struct arena *arena)
{
    struct pcapfile *a = NULL, *b = NULL;
    char text[PCAPFILE_WHY_BYTES];
    bool open = pcapfile_open(&a, without, text) == 0 && pcapfile_open(&b, with, text) == 0;

    if (open) {
        compare(a, b, filter, out);
    } else {
        *why = arena_text(arena, text);
    }
    pcapfile_close(a);
    pcapfile_close(b);
    return open;
}

/* -- peer by peer -- */

struct peers {
    uint8_t macs[PEERS_MAX][MAC_BYTES];
    size_t count;
    bool more; /* than there is room for, or frames too short to be anybody's */
};

static bool is_known(const struct peers *peers, const struct flow_of *of,
                     const struct frame_record *f)
{
    for (size_t i = 0; i < peers->count; i++) {
        if (is_peer(of, f, peers->macs[i])) {
            return true;
        }
    }
    return false;
}

static void add_peers(struct peers *peers, const char *file, const struct filter *all)
{
    struct pcapfile *p = NULL;
    char text[PCAPFILE_WHY_BYTES];
    struct frame_record f;
    uint64_t unused = 0;

    if (pcapfile_open(&p, file, text) != 0) {
        peers->more = true;
        return;
    }
    while (!peers->more && next(p, all, &f, &unused)) {
        if (is_known(peers, all->of, &f)) {
            continue;
        }
        if (peers->count == PEERS_MAX || f.bytes_count < 2 * MAC_BYTES) {
            peers->more = true;
        } else {
            memcpy(peers->macs[peers->count++], f.bytes + all->of->peer_at, MAC_BYTES);
        }
    }
    pcapfile_close(p);
}

/* True: each peer's frames are the same in the same order; `out` is what is to be said of them all.
 */
static bool compare_peers(const char *without, const char *with, const struct flow_of *of,
                          struct flow_difference *out, const char **why, struct arena *arena)
{
    const struct filter all = {.of = of};
    struct peers peers = {.count = 0};
    struct flow_difference sum = {.same = true,
                                  .interleaved = true,
                                  .skipped = out->skipped,
                                  .spans = {out->spans[0], out->spans[1]}};

    add_peers(&peers, without, &all);
    add_peers(&peers, with, &all);
    for (size_t i = 0; i < peers.count && !peers.more && sum.same; i++) {
        const struct filter one = {.of = of, .only = peers.macs[i]};
        struct flow_difference d;

        if (!compare_files(without, with, &one, &d, why, arena)) {
            return false;
        }
        sum.same = d.same && (d.without != 0 || d.with == 0); /* nobody who was not there */
        sum.without += d.without;
        sum.with += d.with;
        sum.lost += d.without > d.with ? d.without - d.with - d.cut : 0;
        sum.cut += d.cut;
        sum.later_ns = d.later_ns > sum.later_ns ? d.later_ns : sum.later_ns;
        sum.earlier_ns = d.earlier_ns > sum.earlier_ns ? d.earlier_ns : sum.earlier_ns;
    }
    if (sum.same && !peers.more) {
        *out = sum;
    }
    return true;
}

bool compare_flows(const char *without, const char *with, const struct flow_of *of,
                   struct flow_difference *out, const char **why, struct arena *arena)
{
    const struct filter all = {.of = of};

    if (!compare_files(without, with, &all, out, why, arena)) {
        return false;
    }
    out->lost = out->without > out->with ? out->without - out->with - out->cut : 0;
    return out->same || compare_peers(without, with, of, out, why, arena);
}
