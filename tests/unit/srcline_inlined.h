/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_SRCLINE_INLINED_H
#define TESTS_UNIT_SRCLINE_INLINED_H
/* What a header brings into its includer's code, two deep. */
const void *here(void);

static inline __attribute__((always_inline)) const void *inlined(void)
{
    return here();
}

static inline __attribute__((always_inline)) const void *inlined_twice(void)
{
    return inlined();
}
#endif
