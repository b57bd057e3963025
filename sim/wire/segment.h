/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_SEGMENT_H
#define SIM_WIRE_SEGMENT_H
/*
 * Linux hands several TCP segments of one connection on as one frame, until it comes to a device
 * that cannot cut it up; where there is none we have to. Each segment has the headers of the whole
 * and a piece of its data, and what headers say of that: lengths, identification, sequence number,
 * flags that are for the first or the last, checksums.
 *
 *     segments_begin(&s, frame, length, transport, data_bytes)
 *     while ((length = segments_next(&s, out)) != 0) { ... }
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segments {
    const uint8_t *frame;                    /* the whole; stays the caller's */
    size_t length, network, transport, head; /* where its headers begin; all of them */
    size_t data_bytes;                       /* of each segment but the last */
    size_t done;                             /* data bytes that are cut off already */
};

/* `transport`: where its TCP header begins. False: it is no frame that can be cut like this. */
bool segments_begin(struct segments *s, const uint8_t *frame, size_t length, size_t transport,
                    size_t data_bytes);
/* The next one, with room for head + data_bytes in `out`. 0: there is none, or never was. */
size_t segments_next(struct segments *s, uint8_t *out);
#endif
