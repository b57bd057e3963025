/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim build`: from the source of a component, as it is, to an image that a scenario may name;
 * and all that keeps it from being one said at once. How it is made is in build_make.c, what is
 * looked for in it in build_check.c; here the command line is read, and what was made gets its name
 * only when it is whole and good.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/folder.h"
#include "sim/base/suggest.h"
#include "sim/cmd/build_parts.h"
#include "sim/cmd/self.h"
#include "sim/exec/registers.h"

static const struct {
    const char *suffix;
    enum build_kind kind;
} kinds[] = {{".c", BUILD_SOURCE}, {".o", BUILD_OBJECT}, {".a", BUILD_ARCHIVE}};

#define KINDS (sizeof kinds / sizeof kinds[0])

static bool read_kind(const char *file, enum build_kind *kind)
{
    const char *suffix = strrchr(file, '.');

    for (size_t i = 0; suffix != NULL && i < KINDS; i++) {
        if (strcmp(suffix, kinds[i].suffix) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* Are these two names of one file that is there? */
static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void read_input(struct build *b, const char *file)
{
    struct diag_place place = {.file = file};
    struct build_input *input = &b->inputs[b->input_count++];
    struct stat st;

    /* No tool is to take it for an option. */
    input->file = file[0] == '-' ? arena_format(&b->arena, "./%s", file) : file;
    if (!read_kind(file, &input->kind)) {
        diag_error(&b->diag, place,
                   "is neither C (.c) nor an object (.o) nor an archive (.a); other languages are "
                   "compiled first, with -fPIC and the C ABI");
    } else if (stat(file, &st) != 0 || access(file, R_OK) != 0) {
        diag_error(&b->diag, place, "cannot be read: %s", strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        diag_error(&b->diag, place, "is a folder");
    } else if (same_file(file, b->output)) {
        diag_error(&b->diag, place, "would be overwritten; name another file with -o");
    } else if (input->kind == BUILD_OBJECT) {
        build_check_object(b, file);
    }
}

/* The first file's name with another end, in the working folder. */
static const char *default_output(struct build *b)
{
    const char *file = b->args->positional[0];
    const char *slash = strrchr(file, '/');
    const char *name = slash == NULL ? file : slash + 1;
    const char *dot = strrchr(name, '.');

    return arena_format(&b->arena, "%.*s.so", dot == NULL ? (int)strlen(name) : (int)(dot - name),
                        name);
}

static void read_flavour(struct build *b)
{
    static const char *const flavours[] = {"plain", "mmio", "explore"};
    const char *asked = cmd_value(b->args, "flavour", flavours[0]);
    size_t flavour = 0, count = sizeof flavours / sizeof flavours[0];

    while (flavour < count && strcmp(asked, flavours[flavour]) != 0) {
        flavour++;
    }
    b->hooked = flavour != 0;
    b->explored = flavour == 2;
    if (flavour == count) {
        const char *near = suggest(asked, flavours, count);

        diag_error(&b->diag, (struct diag_place){.file = "--flavour"},
                   "%s is none; there are plain, mmio and explore", asked);
        if (near != NULL) {
            diag_note(&b->diag, "did you mean %s?", near);
        }
    }
}

static void read_words(struct build *b)
{
    struct stat st;

    read_flavour(b);

    b->output = cmd_value(b->args, "output", NULL);
    if (b->output == NULL) {
        b->output = default_output(b);
    }
    if (strstr(b->output, ".so") == NULL) {
        diag_error(&b->diag, BUILD_OUTPUT(b),
                   "a scenario knows an image's path by its .so; give it such a name with -o");
    } else if (stat(b->output, &st) == 0 && S_ISDIR(st.st_mode)) {
        diag_error(&b->diag, BUILD_OUTPUT(b), "is a folder");
    }
    b->inputs = arena_array(&b->arena, b->args->positional_count, sizeof *b->inputs);
    for (size_t i = 0; i < b->args->positional_count; i++) {
        read_input(b, b->args->positional[i]);
    }
}

/* Where all is made before it has its name: on the same disk, or it could not be given one. */
static int make_folder(struct build *b)
{
    char *folder = arena_format(&b->arena, "%s.XXXXXX", b->output);

    if (mkdtemp(folder) == NULL) {
        int error = errno;

        cmd_complain(b->args, "cannot make %s: %s", b->output, strerror(error));
        return error == ENOENT || error == ENOTDIR ? CMD_EXIT_USAGE : CMD_EXIT_HOST;
    }
    b->folder = folder;
    b->image = arena_format(&b->arena, "%s/image.so", folder);
    return CMD_EXIT_OK;
}

/* Of what was compiled elsewhere nobody hears a register access, unless it was compiled so. */
static void check_hooks(struct build *b)
{
    for (size_t i = 0; b->hooked && i < b->input_count; i++) {
        const struct build_input *input = &b->inputs[i];

        if (input->kind == BUILD_OBJECT && !registers_hooked(input->object, ".symtab")) {
            diag_warn(&b->diag, (struct diag_place){.file = input->file},
                      "was compiled without hooks, so registers it reads or writes are mere "
                      "memory");
        }
    }
    if (b->hooked && !b->clang) {
        build_check_bits(b);
    }
}

static int check(struct build *b)
{
    const char *roles, *points;

    check_hooks(b);
    if (!build_check(b, &roles, &points)) {
        cmd_complain(b->args, "cannot read what was made for %s: %s", b->output, strerror(errno));
        return CMD_EXIT_HOST;
    }
    diag_print(&b->diag, stderr);
    if (b->diag.errors != 0) {
        return cmd_complain(b->args, "%s was not made", b->output);
    }
    if (rename(b->image, b->output) != 0) {
        cmd_complain(b->args, "cannot make %s: %s", b->output, strerror(errno));
        return CMD_EXIT_HOST;
    }
    printf("%s: good; can be %s; points: %s%s%s\n", b->output, roles, points,
           b->hooked ? "; accesses hooked" : "", b->one_core ? "; for one core" : "");
    return CMD_EXIT_OK;
}

static int build(struct cmd_args *args)
{
    struct build b = {.args = args, .diag = {.arena = &b.arena}};
    int status = CMD_EXIT_USAGE;

    read_words(&b);
    if (b.diag.errors != 0) {
        diag_print(&b.diag, stderr);
    } else {
        self_listen(true);
        status = make_folder(&b);
        if (status == CMD_EXIT_OK) {
            status = build_make(&b);
            status = status == CMD_EXIT_OK ? check(&b) : status;
            folder_remove(b.folder);
        }
        self_listen(false);
    }
    arena_finish(&b.arena);
    return status;
}

static const struct cmd_option options[] = {
    {"output", 'o', "FILE", "the image to make (default: the first file's name, with .so)"},
    {"include", 'I', "DIR", "look for headers there too, after the product's own; may be repeated"},
    {"define", 'D', "NAME[=VALUE]",
     "for the preprocessor; may be repeated. CONFIG_DEBUG_BUILD prints\n"
     "and checks assertions, CONFIG_RELEASE_BUILD does neither"},
    {"undefine", 'U', "NAME",
     "the other way round; without CONFIG_ENABLE_SMP_SUPPORT a domain has\n"
     "no barriers, and shares its core with all others"},
    {"optimise", 'O', "LEVEL", "as compilers know it: 0, 1, 2, 3, s, g (default: 3)"},
    {"flavour", 0, "NAME",
     "plain (default); mmio: for a driver that reads and writes registers\n"
     "through volatile pointers, without accessors; explore: that, and it can be\n"
     "preempted at each access of shared memory, in an order of memory of the\n"
     "scenario's choice"},
    {"cc", 0, "COMPILER",
     "gcc, clang, or one that takes their options (default: the first of\n"
     "these two there is; clang before gcc for mmio)"},
    {"own-headers", 0, NULL,
     "the sDDF headers come with -I; of ours only os/sddf.h, microkit.h\n"
     "and sel4/sel4.h"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_build = {
    .name = "build",
    .summary = "Make an image of a component's source, and say all that it lacks",
    .usage = "FILE... [OPTION]...",
    .description =
        "Compiles C files as the product's own images are compiled, links them with objects (.o)\n"
        "and archives (.a) of any language that has the C ABI, and checks entry points,\n"
        "configuration sections, and that all it calls is there. What was good enough has its\n"
        "name at the end; otherwise nothing is left. A scenario names it by its path.\n\n"
        "With --flavour mmio each access in the C files is preceded by a call, by which those of\n"
        "registers reach the device. Only a driver needs that, and only one that reads and writes\n"
        "them through pointers, without accessors. One that cannot be compiled runs as it is with\n"
        "--executor process or thread, where each access is trapped, and takes its time.\n\n"
        "With --flavour explore the others are told of as well. In virtual time each is a point,\n"
        "now and then one is held up, and with \"memory\": \"tso\" or \"weak\" in the scenario "
        "others\n"
        "see its stores as late, and it sees theirs as early, as fences and atomic operations\n"
        "leave. Fences in assembler are not seen.\n\n"
        "Exit status: 0 it was made, 2 it does not compile or lacks something, 3 the host\n"
        "failed us.",
    .options = options,
    .positional_min = 1,
    .positional_max = CMD_POSITIONAL_ANY,
    .run = build,
};
