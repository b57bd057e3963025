/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_QUANTITY_H
#define SIM_BASE_QUANTITY_H
/*
 * Quantities as people write them, "100 us", "1 Gbit/s", "2 KiB", and as we hold them: whole
 * numbers of the base unit. A fraction is welcome where the result is exact ("1.5 ms"); nothing is
 * ever rounded.
 */
#include <stddef.h>
#include <stdint.h>

#include "sim/base/arena.h"

enum quantity {
    QUANTITY_TIME,   /* nanoseconds */
    QUANTITY_RATE,   /* bits a second; "unlimited" is 0 */
    QUANTITY_BYTES,  /* bytes */
    QUANTITY_FRAMES, /* frames a second */
    QUANTITY_SHARE,  /* parts in a million */
};

/* NULL and the value in *out, or why `text` is no such quantity: a phrase that goes on after it. */
const char *quantity_read(enum quantity kind, const char *text, uint64_t *out);

/* The shortest exact spelling: 1500000 ns is "1500 us". 0 is "0 ns", a rate of 0 "unlimited". */
char *quantity_text(enum quantity kind, uint64_t value, struct arena *arena);

const char *quantity_base(enum quantity kind);    /* "nanoseconds" */
const char *quantity_example(enum quantity kind); /* "10 us" */
/* A regular expression that all spellings match, for a schema. */
char *quantity_pattern(enum quantity kind, struct arena *arena);
#endif
