/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_ALIGN_H
#define SIM_BASE_ALIGN_H
/*
 * Aligning two sequences: which element of one is which of the other, order kept on both sides, so
 * that one lost element is one difference and does not make all behind it different. Elements are
 * small numbers; equal numbers are equal elements.
 *
 * The alignment is the longest there is where the sequences are near each other, which is the
 * ordinary case: then Myers' greedy search in linear space finds it ("An O(ND) Difference
 * Algorithm", 1986), in a time that grows with the length and the square of the differences. Its
 * effort is bounded. Where the bound is too little for the whole, elements that occur exactly once
 * on each side are taken for sure signs: the longest run of them that is in order on both sides is
 * fixed (patience diff), and the search goes on between two of them; past the bound even there it
 * settles for the furthest point reached. So the result is always an alignment, and the time grows
 * with the length, however different the sequences are.
 */
#include <stdint.h>

#define ALIGN_NONE UINT32_MAX
/*
 * The bound for ordinary use: sequences that differ in up to twice as many elements are aligned in
 * the best way. Less gives worse alignments sooner.
 */
#define ALIGN_COST_MAX 256
/* The longest sequence. */
#define ALIGN_LENGTH_MAX (1u << 30)

struct align;

/* Room to align sequences of up to a_max and b_max elements, each less than `kinds`. 0 or -ENOMEM.
 */
int align_create(struct align **out, uint32_t a_max, uint32_t b_max, uint32_t kinds,
                 uint32_t cost_max);

/* match[i] becomes the index in b of the element that a[i] is, or ALIGN_NONE. Allocates nothing. */
void align_run(struct align *s, const uint32_t *a, uint32_t a_count, const uint32_t *b,
               uint32_t b_count, uint32_t *match);

/* NULL is fine. */
void align_destroy(struct align *s);
#endif
