/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H
/*
 * Memory that lives as long as one run: allocated while building, never while running, freed all at
 * once. Pointers stay valid until arena_finish. Running out of memory ends the program with one
 * message: nothing has been started at that time.
 */
#include <stdarg.h>
#include <stddef.h>

struct arena {
    struct arena_block *first;
};

/* A zeroed struct arena is empty and ready. */
void *arena_alloc(struct arena *a, size_t bytes); /* zeroed, 16-byte aligned, never NULL */
void *arena_array(struct arena *a, size_t count, size_t bytes); /* zeroed; overflow-checked */
void *arena_copy(struct arena *a, const void *from, size_t bytes);
char *arena_text(struct arena *a, const char *text); /* a copy; NULL gives NULL */
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *a, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void arena_finish(struct arena *a); /* a zeroed one is fine */
#endif
