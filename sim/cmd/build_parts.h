/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_BUILD_PARTS_H
#define SIM_CMD_BUILD_PARTS_H
/* What the rooms of `sddfsim build` share: what is to be built, where, and what is wrong with it.
 */
#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/cmd/cmd.h"
#include "sim/base/elf.h"

enum build_kind { BUILD_SOURCE, BUILD_OBJECT, BUILD_ARCHIVE };

struct build_input {
    const char *file; /* as given */
    enum build_kind kind;
    const char *object; /* what is linked for it, once that is made */
};

struct build {
    struct cmd_args *args;
    struct arena arena;
    struct diag diag;
    bool hooked; /* flavour mmio or explore */
    bool explored;
    bool clang; /* the compiler takes clang's options; known where it is hooked */
    const char *output;
    const char *folder; /* beside the output, for all that is made on the way */
    const char *image;  /* in it: the output-to-be */
    struct build_input *inputs;
    size_t input_count;
    bool one_core; /* it was compiled without barriers */
};

/* What is wrong with the image, not with a place in some file. */
#define BUILD_OUTPUT(b) ((struct diag_place){.file = (b)->output})

/*
 * Compile, redirect bulk copies, link: b->image is there if this returns CMD_EXIT_OK. Compilers
 * speak for themselves; what else went wrong has been said.
 */
int build_make(struct build *b);

/* All that keeps the image from being run, to b->diag. `roles`: what it could be, NULL for nothing;
 * `points`: "all" or "os", as a report has it. False, with errno, if it cannot be read. */
bool build_check(struct build *b, const char **roles, const char **points);

/* Warn if a volatile struct or union in it has bit-fields. */
void build_check_bits(struct build *b);

/* What keeps an object that was compiled elsewhere from being part of an image, to b->diag. */
void build_check_object(struct build *b, const char *file);
/* Has an object a function or variable of that name? */
bool build_defines(const char *object, const char *name);
/* Does what was made of an input ask for that name? Archives are not looked into. */
bool build_uses(const struct build_input *input, const char *name);

/* Where a function comes from that nobody here has: a sentence, NULL where that is not known.
 * `exports`: the program's own, in which names near it are looked for. */
const char *build_origin(const char *name, const struct elf *exports, struct arena *arena);
/* What to use in place of a function of the C library that needs Linux; NULL: it does not, as far
 * as is known. */
const char *build_instead(const char *name);
/* The same of a section that no class here fills; "": it need not be. */
const char *build_section_origin(const char *section);
#endif
