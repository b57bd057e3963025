/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_SUGGEST_H
#define SIM_BASE_SUGGEST_H
/*
 * "Did you mean?" Wherever a person spells a name we do not know (a verb, an option, a scenario
 * key, an image), the complaint offers the nearest name we do know, so that one typing mistake
 * costs one reading.
 */
#include <stddef.h>

#include "sim/base/arena.h"

/* Names longer than this are never near anything: nobody mistypes a name this long, they paste
 * something else. */
#define SUGGEST_WORD_BYTES 64

/*
 * The entry of known[0..n) that `word` most likely was meant to be, or NULL if nothing is near.
 * Near means: few slips (a letter too many, too few, wrong, or two swapped) for the length of the
 * word, letter case aside, or `word` begins the entry. Of several equally near the first wins, so
 * the answer does not depend on anything but the table. NULL entries are passed over. Returns a
 * pointer out of `known`; allocates nothing.
 */
const char *suggest(const char *word, const char *const *known, size_t n);

/* The same as the end of a complaint: `; did you mean "lan"?`, or "" if nothing is near. */
const char *suggest_text(struct arena *arena, const char *word, const char *const *known, size_t n);
#endif
