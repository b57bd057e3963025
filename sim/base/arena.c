/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arena: memory is taken from a chain of blocks by moving an offset, and given back all at
 * once. A large request gets a block of its own behind the first one, so that the rest of the first
 * is not wasted.
 */
#include <stdalign.h>
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"

#define ALIGN_BYTES 16u
#define BLOCK_BYTES ((size_t)64 * 1024)
#define LARGE_BYTES (BLOCK_BYTES / 4)

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(ALIGN_BYTES) unsigned char bytes[];
};

/* Nothing runs yet when memory is taken, so there is nothing to unwind. 3 is what the host's
 * failures exit with. */
static _Noreturn void out_of_memory(size_t bytes)
{
    fprintf(stderr, "sddfsim: out of memory (%zu bytes wanted)\n", bytes);
    exit(3);
}

static struct arena_block *new_block(size_t size, size_t wanted)
{
    struct arena_block *block;

    if (size < wanted || size > SIZE_MAX - sizeof *block) {
        out_of_memory(wanted);
    }
    block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        out_of_memory(wanted);
    }
    block->size = size;
    return block;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    struct arena_block *block = a->first;
    /* Two requests never share a place, not even two for nothing. */
    size_t rounded =
        bytes == 0 ? ALIGN_BYTES : (bytes + ALIGN_BYTES - 1) & ~(size_t)(ALIGN_BYTES - 1);

    if (rounded < bytes) {
        out_of_memory(bytes);
    }
    if (block == NULL || block->size - block->used < rounded) {
        if (rounded >= LARGE_BYTES && block != NULL) {
            struct arena_block *large = new_block(rounded, bytes);

            large->used = rounded;
            large->next = block->next;
            block->next = large;
            return large->bytes;
        }
        block = new_block(rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES, bytes);
        block->next = a->first;
        a->first = block;
    }
    void *out = block->bytes + block->used;
    block->used += rounded;
    return out;
}

void *arena_array(struct arena *a, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total)) {
        out_of_memory(SIZE_MAX);
    }
    return arena_alloc(a, total);
}

void *arena_copy(struct arena *a, const void *from, size_t bytes)
{
    void *out = arena_alloc(a, bytes);

    if (bytes > 0) {
        memcpy(out, from, bytes);
    }
    return out;
}

char *arena_text(struct arena *a, const char *text)
{
    return text == NULL ? NULL : arena_copy(a, text, strlen(text) + 1);
}

char *arena_vformat(struct arena *a, const char *format, va_list arguments)
{
    va_list again;

    assert(format != NULL);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        out_of_memory(0);
    }
    char *out = arena_alloc(a, (size_t)length + 1);
    vsnprintf(out, (size_t)length + 1, format, arguments);
    return out;
}

char *arena_format(struct arena *a, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    char *out = arena_vformat(a, format, arguments);
    va_end(arguments);
    return out;
}

void arena_finish(struct arena *a)
{
    while (a->first != NULL) {
        struct arena_block *block = a->first;

        a->first = block->next;
        free(block);
    }
}
