/* SPDX-License-Identifier: BSD-2-Clause */
/* Leaving a stack, and reading what was left; see the header. */
#include "sim/exec/stack.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/base/srcline.h"
#include "sim/base/symbol.h"
#include "sim/base/unwind.h"
#include "sim/exec/domain.h"
#include "sim/exec/stray.h"

#define FRAMES_OURS_MAX   64u /* from where it faulted to where the image called that */
#define FRAMES_WITHIN_MAX 16u /* compiled into one another */
#define FRAME_BYTES_MAX   0x10000u
#define NO_MASK           (-1)

/*
 * Can so much be read there? The kernel says, and reads it for a call that it then refuses, which
 * is one of the few that are open to every domain.
 */
static bool readable(uint64_t vaddr)
{
    return (vaddr & 7) == 0 && vaddr >= PLAN_PAGE_BYTES &&
           (syscall(SYS_rt_sigprocmask, NO_MASK, vaddr, NULL, 8) == 0 || errno == EINVAL);
}

static __attribute__((no_sanitize("address", "undefined"))) uint64_t word_at(uint64_t vaddr)
{
    return *(const volatile uint64_t *)(uintptr_t)vaddr;
}

static bool in_image(const struct stack_left *s, uint64_t pc)
{
    return pc - s->base < s->image_bytes;
}

/* It is in a function that the image called, at some remove: back along the frame pointers, which
 * our own code has, to where it did. `pc` is then within the calling instruction. */
static bool find_caller(struct stack_left *s)
{
    for (unsigned i = 0; i < FRAMES_OURS_MAX && readable(s->fp) && readable(s->fp + 8); i++) {
        uint64_t fp = word_at(s->fp), pc = word_at(s->fp + 8);

        s->sp = s->fp + 16;
        if (in_image(s, pc)) {
            s->pc = pc - 1;
            s->fp = fp;
            return true;
        }
        if (fp <= s->fp) {
            return false;
        }
        s->fp = fp;
    }
    return false;
}

#if defined(__x86_64__)
/* It called what is no code at all: the call had done no more than to leave its return address. */
static bool find_leap(struct stack_left *s)
{
    if (readable(s->pc & ~7ull) || !readable(s->sp) || !in_image(s, word_at(s->sp))) {
        return false;
    }
    s->pc = word_at(s->sp) - 1;
    s->sp += 8;
    return true;
}
#else
static bool find_leap(struct stack_left *s)
{
    (void)s;
    return false;
}
#endif

/* One who has used up its stack has nothing where it points, but the rest is above. */
static void copy_memory(struct stack_left *s)
{
    uint64_t page = UINT64_MAX;

    s->start = readable(s->sp) ? s->sp : (s->sp + PLAN_PAGE_BYTES) & ~(PLAN_PAGE_BYTES - 1ull);
    for (s->bytes = 0; s->bytes + 8 <= sizeof s->memory; s->bytes += 8) {
        uint64_t at = s->start + s->bytes, word;

        if (at / PLAN_PAGE_BYTES != page && !readable(at)) {
            return;
        }
        page = at / PLAN_PAGE_BYTES;
        word = word_at(at);
        memcpy(s->memory + s->bytes, &word, sizeof word);
    }
}

void stack_leave(struct stack_left *s, const struct domain *d, const struct stray *why)
{
    int before = errno;

    s->base = d->image_base;
    s->image_bytes = d->image_bytes;
    s->pc = why->pc;
    s->sp = why->sp;
    s->fp = why->fp;
    s->bytes = 0;
    if (in_image(s, s->pc) || find_leap(s) || find_caller(s)) {
        copy_memory(s);
    } else {
        s->image_bytes = 0;
    }
    errno = before;
}

uint64_t stack_place(const struct stack_left *s)
{
    return in_image(s, s->pc) ? s->pc - s->base + 1 : 0;
}

bool stack_used_up(const struct stack_left *s, uint64_t vaddr)
{
    /* The stack pointer may be beyond the end already, or a frame above what was accessed. */
    return stack_place(s) != 0 && vaddr < s->start && s->start - vaddr <= FRAME_BYTES_MAX;
}

/* One place: all functions that were compiled into one another there. */
static const char *place_lines(uint64_t place, const char *file, const char *name,
                               struct arena *arena)
{
    struct srcline_frame frames[FRAMES_WITHIN_MAX];
    char function[SYMBOL_BYTES];
    const char *lines = "";
    size_t count = srcline_frames(file, place, frames, FRAMES_WITHIN_MAX);

    for (size_t i = 0; i < count; i++) {
        lines = arena_format(arena, "%s%s, %s\n", lines, frames[i].function, frames[i].line);
    }
    return count != 0
               ? lines
               : arena_format(arena, "%s, %s+0x%" PRIx64 "\n",
                              symbol_before(file, place, function) ? function : "?", name, place);
}

const char *stack_lines(const struct stack_left *s, const char *file, const char *name,
                        struct arena *arena)
{
    uint64_t places[UNWIND_FRAMES_MAX];
    const char *lines = "";
    const struct unwind_from from = {.base = s->base,
                                     .object_bytes = s->image_bytes,
                                     .pc = s->pc,
                                     .sp = s->sp,
                                     .fp = s->fp,
                                     .memory = s->memory,
                                     .start = s->start,
                                     .bytes =
                                         s->bytes < STACK_LEFT_BYTES ? s->bytes : STACK_LEFT_BYTES};
    size_t count = stack_place(s) == 0 ? 0 : unwind_object(file, &from, places);

    for (size_t i = 0; i < count; i++) {
        lines = arena_format(arena, "%s%s", lines, place_lines(places[i], file, name, arena));
    }
    return count == 0 ? NULL : lines;
}
