/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nearest known name to a mistyped one. The measure is the edit distance in which swapping two
 * neighbouring letters counts once, since that is the commonest slip of fast fingers. Three rows of
 * the usual table are enough, and they live on the stack.
 */
#include "sim/base/suggest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The number of slips between two words, each shorter than SUGGEST_WORD_BYTES. */
static size_t distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    size_t rows[3][SUGGEST_WORD_BYTES + 1];
    size_t *above2 = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_bytes; j++) {
        above[j] = j;
        above2[j] = 0;
    }
    for (size_t i = 1; i <= a_bytes; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            size_t changed = above[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);

            row[j] = min_of(changed, min_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1])) {
                row[j] = min_of(row[j], above2[j - 2] + 1);
            }
        }
        size_t *spare = above2;

        above2 = above;
        above = row;
        row = spare;
    }
    return above[b_bytes];
}

/* How many slips a word of this length may hold and still be recognisable: one in three letters, at
 * least one. */
static size_t slips_allowed(size_t word_bytes)
{
    return word_bytes < 6 ? 1 : word_bytes / 3;
}

const char *suggest(const char *word, const char *const *known, size_t n)
{
    size_t word_bytes = strlen(word);
    const char *best = NULL;

    if (word_bytes == 0 || word_bytes > SUGGEST_WORD_BYTES) {
        return NULL;
    }
    size_t best_slips = slips_allowed(word_bytes) + 1;

    for (size_t i = 0; i < n; i++) {
        size_t known_bytes = known[i] == NULL ? 0 : strlen(known[i]);

        if (known_bytes == 0 || known_bytes > SUGGEST_WORD_BYTES) {
            continue;
        }
        size_t slips = distance(word, word_bytes, known[i], known_bytes);

        /* The beginning of a name is as good as one slip, however much is missing. */
        if (word_bytes >= 2 && strncasecmp(word, known[i], word_bytes) == 0) {
            slips = min_of(slips, 1);
        }
        if (slips < best_slips && slips < known_bytes) {
            best = known[i];
            best_slips = slips;
        }
    }
    return best;
}

const char *suggest_text(struct arena *arena, const char *word, const char *const *known, size_t n)
{
    const char *near = suggest(word, known, n);

    return near == NULL ? "" : arena_format(arena, "; did you mean \"%s\"?", near);
}
