/* SPDX-License-Identifier: BSD-2-Clause */
/* Two captures of one place, frame by frame: the same frames in the same order, and when. */
#include <string.h>

#include "sim/base/pcapfile.h"
#include "sim/cmd/compare_parts.h"

#define MAC_BYTES 6u

static bool is_from(const struct frame_record *f, const uint8_t (*macs)[6], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (f->bytes_count >= 2 * MAC_BYTES && memcmp(f->bytes + MAC_BYTES, macs[i], 6) == 0) {
            return true;
        }
    }
    return false;
}

/* The next frame that is from none of these. */
static bool next(struct pcapfile *p, const uint8_t (*macs)[6], size_t count,
                 struct frame_record *out, uint64_t *skipped)
{
    while (pcapfile_next(p, out)) {
        if (!is_from(out, macs, count)) {
            return true;
        }
        (*skipped)++;
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

static void compare(struct pcapfile *without, struct pcapfile *with, const uint8_t (*macs)[6],
                    size_t count, struct flow_difference *d)
{
    struct frame_record a, b;
    uint64_t unused = 0;
    bool got_a, got_b;

    *d = (struct flow_difference){.same = true};
    do {
        got_a = next(without, macs, count, &a, &unused);
        got_b = next(with, macs, count, &b, &d->skipped);
        d->without += got_a;
        d->with += got_b;
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

bool compare_flows(const char *without, const char *with, const uint8_t (*not_from)[6],
                   size_t not_from_count, struct flow_difference *out, const char **why,
                   struct arena *arena)
{
    struct pcapfile *a = NULL, *b = NULL;
    char text[PCAPFILE_WHY_BYTES];
    bool open = pcapfile_open(&a, without, text) == 0 && pcapfile_open(&b, with, text) == 0;

    if (open) {
        compare(a, b, not_from, not_from_count, out);
    } else {
        *why = arena_text(arena, text);
    }
    pcapfile_close(a);
    pcapfile_close(b);
    return open;
}
