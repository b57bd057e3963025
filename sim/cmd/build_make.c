/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making an image as the product's own are made (the Makefile says the same to the compilers, and a
 * test compares): each source compiled with our headers or with the OS layer alone; in each object
 * calls of bulk copies renamed, so that they are points; all linked into a shared object whose
 * globals are its own. Undefined names are no matter of the linker's: the program has them.
 *
 * All of it goes into a folder beside the output, what the tools make for themselves as well. Every
 * source is compiled, however many fail, so that all complaints come at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cmd/build_parts.h"
#include "sim/cmd/self.h"
#include "sim/system.h"

#define ROOM_BYTES (1 << 20) /* with less than this left, a full disk is to blame */

static const char *const compile_flags[] = {"-std=gnu11",
                                            "-g",
                                            "-fno-omit-frame-pointer",
                                            "-momit-leaf-frame-pointer",
#if defined(__x86_64__)
                                            "-march=x86-64-v2",
                                            "-DCONFIG_ARCH_X86_64",
#else
                                            "-DCONFIG_ARCH_AARCH64",
                                            "-DCONFIG_ARCH_ARM",
#endif
                                            "-DCONFIG_ENABLE_SMP_SUPPORT",
                                            "-fPIC",
                                            "-Wall",
                                            NULL};

/* A call before each access, and no library for those calls: the program has them. Reads are told
 * of although a write follows, and functions are not. */
static const char *const gcc_hooks[] = {"-fsanitize=thread",
                                        "--param",
                                        "tsan-distinguish-volatile=1",
                                        "--param",
                                        "tsan-instrument-func-entry-exit=0",
                                        "-Wno-tsan",
                                        NULL};
static const char *const clang_hooks[] = {"-fsanitize=thread",
                                          "-mllvm",
                                          "-tsan-distinguish-volatile=1",
                                          "-mllvm",
                                          "-tsan-instrument-read-before-write=1",
                                          "-mllvm",
                                          "-tsan-instrument-func-entry-exit=0",
                                          NULL};

static const char *const copy_flags[] = {"--redefine-sym", "memcpy=sddfsim_memcpy",
                                         "--redefine-sym", "memmove=sddfsim_memmove", NULL};

/* How the C library's <assert.h> and compilers end a program, which asks Linux for it. */
static const char *const end_flags[] = {"--redefine-sym", "__assert_fail=_assert_fail",
                                        "--redefine-sym", "__stack_chk_fail=sddfsim_stack_chk_fail",
                                        NULL};

static const char *const hooked_copy_flags[] = {"--redefine-sym",
                                                "memcpy=sddfsim_hooked_memcpy",
                                                "--redefine-sym",
                                                "memmove=sddfsim_hooked_memmove",
                                                "--redefine-sym",
                                                "memset=sddfsim_hooked_memset",
                                                NULL};

static const char *const link_flags[] = {
    "-shared", "-fPIC", "-Wl,-Bsymbolic", "-Wl,-z,noexecstack", "-Wl,-z,text", NULL};

/* gcc copies by itself what it thinks small, unless told to call, and makes accesses of volatile
 * bit-fields narrower than declared; others do not know the words. */
static const char *const gcc_words[] = {
#if defined(__x86_64__)
    "-mstringop-strategy=libcall",
#endif
    "-fstrict-volatile-bitfields", NULL};

/* What is taken from an archive is what somebody asks for, and nobody in it asks for these. */
static const char *const entries[] = {"-Wl,--undefined=init", "-Wl,--undefined=notified",
                                      "-Wl,--undefined=protected", NULL};

/* Words of a command line, as many as there are. */
struct words {
    struct arena *arena;
    const char **word; /* NULL after the last */
    size_t count, room;
};

static void add(struct words *w, const char *word)
{
    if (w->count + 1 >= w->room) {
        size_t room = w->room == 0 ? 32 : w->room * 2;
        const char **larger = arena_array(w->arena, room, sizeof *larger);

        if (w->count != 0) {
            memcpy(larger, w->word, w->count * sizeof *larger);
        }
        w->word = larger;
        w->room = room;
    }
    w->word[w->count++] = word;
}

static void add_all(struct words *w, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        add(w, words[i]);
    }
}

static bool is_program(const char *file)
{
    struct stat st;

    return stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0;
}

/* As a shell finds it. NULL if there is none. */
static const char *find_tool(const char *name, struct arena *arena)
{
    const char *path = getenv("PATH");

    if (strchr(name, '/') != NULL) {
        return is_program(name) ? name : NULL;
    }
    while (path != NULL && *path != '\0') {
        size_t length = strcspn(path, ":");
        const char *file = arena_format(arena, "%.*s/%s", (int)length, path, name);

        if (length > 0 && is_program(file)) {
            return file;
        }
        path += length + (path[length] == ':' ? 1 : 0);
    }
    return NULL;
}

static const char *find_compiler(struct build *b)
{
    /* The first there is, where none was asked for; gcc tells wrongly of some accesses. */
    static const char *const known[2][2] = {{"gcc", "clang"}, {"clang", "gcc"}};
    const char *asked = cmd_value(b->args, "cc", NULL), *found = NULL;

    if (asked != NULL) {
        found = find_tool(asked, &b->arena);
        if (found == NULL) {
            cmd_complain(b->args, "there is no compiler %s", asked);
        }
        return found;
    }
    for (size_t i = 0; found == NULL && i < 2; i++) {
        found = find_tool(known[b->hooked][i], &b->arena);
    }
    if (found == NULL) {
        cmd_complain(b->args, "there is neither gcc nor clang; name another compiler with --cc");
    }
    return found;
}

/* Is there room for more in the folder? What a compiler says of a full disk it says as of any other
 * mistake. */
static int room_left(struct build *b)
{
    const char *file = arena_format(&b->arena, "%s/room", b->folder);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), error;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);

    error = fd < 0 ? errno : posix_fallocate(fd, 0, ROOM_BYTES);
    if (fd >= 0) {
        close(fd);
        unlink(file);
    }
    signal(SIGXFSZ, before);
    return error;
}

/* An enum cmd_exit: whose fault it is that a tool failed, if one did. */
static int run_tool(struct build *b, const struct words *w)
{
    int status = self_run_tool(w->word[0], w->word), error;

    if (status == 0) {
        return self_told_to_end() ? CMD_EXIT_HOST : CMD_EXIT_OK;
    }
    if (status == CMD_EXIT_HOST || self_told_to_end()) {
        if (!self_told_to_end()) {
            cmd_complain(b->args, "%s did not come to an end", w->word[0]);
        }
        return CMD_EXIT_HOST;
    }
    error = room_left(b);
    if (error != 0) {
        cmd_complain(b->args, "no room for %s and what it is made of: %s", b->output,
                     strerror(error));
        return CMD_EXIT_HOST;
    }
    return CMD_EXIT_USAGE;
}

/* What was given for `option`, each behind its letter. */
static void add_given(struct build *b, struct words *w, const char *option)
{
    for (size_t i = 0; i < b->args->given_count; i++) {
        const struct cmd_given *given = &b->args->given[i];

        if (strcmp(given->option->name, option) == 0) {
            add(w, arena_format(&b->arena, "-%c%s", given->option->letter, given->value));
        }
    }
}

static void add_headers(struct build *b, struct words *w)
{
    const char *dir = system_include_dir(&b->arena);

    if (cmd_has(b->args, "own-headers")) {
        add(w, arena_format(&b->arena, "-I%s/os-layer", dir));
    } else {
        add(w, arena_format(&b->arena, "-I%s", dir));
        add(w, arena_format(&b->arena, "-I%s/sddf", dir));
    }
    add_given(b, w, "include");
}

/* Whose options does it take? Its name need not say, so it is asked. False: it does not answer. */
static bool is_clang(struct build *b, const char *compiler, bool *clang)
{
    static const char question[] = "#ifdef __clang__\nclang\n#else\nother\n#endif\n";
    const char *from = arena_format(&b->arena, "%s/which.c", b->folder);
    const char *to = arena_format(&b->arena, "%s/which.i", b->folder);
    struct words w = {.arena = &b->arena};
    char line[256];
    bool answered = false;
    FILE *file = fopen(from, "we");

    *clang = false;
    if (file == NULL || fputs(question, file) < 0 || fclose(file) != 0) {
        return false;
    }
    add(&w, compiler);
    add(&w, "-E");
    add(&w, from);
    add(&w, "-o");
    add(&w, to);
    file = run_tool(b, &w) == CMD_EXIT_OK ? fopen(to, "re") : NULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        answered |= strcmp(line, "clang\n") == 0 || strcmp(line, "other\n") == 0;
        *clang |= strcmp(line, "clang\n") == 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return answered;
}

/* As far as its name tells, behind all links: no more is needed of it. */
static bool is_gcc(const char *compiler)
{
    char *file = realpath(compiler, NULL), *slash = file == NULL ? NULL : strrchr(file, '/');
    bool found = slash != NULL && strstr(slash, "gcc") != NULL;

    free(file);
    return found;
}

static int compile(struct build *b, const char *compiler, struct build_input *input,
                   const char *const *further)
{
    struct words w = {.arena = &b->arena};

    add(&w, compiler);
    add_all(&w, compile_flags);
    add(&w, arena_format(&b->arena, "-O%s", cmd_value(b->args, "optimise", "3")));
    if (b->hooked) {
        add_all(&w, b->clang ? clang_hooks : gcc_hooks);
    }
    if (b->explored) {
        add(&w, "-DSDDFSIM_EXPLORE");
    }
    if (b->hooked ? !b->clang : is_gcc(compiler)) {
        add_all(&w, gcc_words);
    } else {
        add(&w, "-gdwarf-4"); /* clang's own of today is more than valgrind can read */
    }
    if (further != NULL) {
        add_all(&w, further);
    }
    add_headers(b, &w);
    add_given(b, &w, "define");
    add_given(b, &w, "undefine");
    add(&w, "-c");
    add(&w, input->file);
    add(&w, "-o");
    add(&w, input->object);
    return run_tool(b, &w);
}

/*
 * What gcc makes a call of memcpy() or the like must not be a loop in that very function, as it is
 * where an image brings its own.
 */
static int compile_alone(struct build *b, const char *compiler, struct build_input *input)
{
    static const char *const loops[] = {"memcpy", "memmove", "memset", "strlen"};
    /* It has warned already. */
    static const char *const as_loops[] = {"-fno-tree-loop-distribute-patterns", "-w", NULL};
    int status = compile(b, compiler, input, NULL);
    bool defines = false;

    for (size_t i = 0; status == CMD_EXIT_OK && is_gcc(compiler) && i < 4; i++) {
        defines |= build_defines(input->object, loops[i]);
    }
    return defines ? compile(b, compiler, input, as_loops) : status;
}

/* Of an object or archive of the user's, a copy. */
static int redirect_copies(struct build *b, const char *objcopy, struct build_input *input)
{
    struct words w = {.arena = &b->arena};

    add(&w, objcopy);
    add_all(&w, b->hooked && input->kind == BUILD_SOURCE ? hooked_copy_flags : copy_flags);
    add_all(&w, end_flags);
    add(&w, input->kind == BUILD_SOURCE ? input->object : input->file);
    add(&w, input->object);
    return run_tool(b, &w);
}

static int link_all(struct build *b, const char *compiler)
{
    struct words w = {.arena = &b->arena};
    bool archives = false;

    add(&w, compiler);
    add_all(&w, link_flags);
    for (size_t i = 0; i < b->input_count; i++) {
        archives |= b->inputs[i].kind == BUILD_ARCHIVE;
    }
    if (archives) {
        add_all(&w, entries);
        add(&w, "-Wl,--start-group");
    }
    for (size_t i = 0; i < b->input_count; i++) {
        add(&w, b->inputs[i].object);
    }
    if (archives) {
        add(&w, "-Wl,--end-group");
    }
    add(&w, "-o");
    add(&w, b->image);
    add(&w, "-Wl,--as-needed");
    add(&w, "-lm");
    return run_tool(b, &w);
}

static const char *object_name(struct build *b, size_t i)
{
    const char *slash = strrchr(b->inputs[i].file, '/');

    return arena_format(&b->arena, "%s/%zu-%s%s", b->folder, i,
                        slash == NULL ? b->inputs[i].file : slash + 1,
                        b->inputs[i].kind == BUILD_SOURCE ? ".o" : "");
}

static int make_objects(struct build *b, const char *compiler, const char *objcopy)
{
    size_t failed = 0;

    for (size_t i = 0; i < b->input_count; i++) {
        struct build_input *input = &b->inputs[i];
        int status = CMD_EXIT_OK;

        input->object = object_name(b, i);
        if (input->kind == BUILD_SOURCE) {
            status = compile_alone(b, compiler, input);
        }
        if (status == CMD_EXIT_OK) {
            status = redirect_copies(b, objcopy, input);
        }
        if (status == CMD_EXIT_HOST) {
            return status;
        }
        failed += status != CMD_EXIT_OK;
    }
    if (failed == 0) {
        return CMD_EXIT_OK;
    }
    return b->input_count == 1
               ? cmd_complain(b->args, "%s cannot be used; %s was not made", b->inputs[0].file,
                              b->output)
               : cmd_complain(b->args, "%zu of %zu files cannot be used; %s was not made", failed,
                              b->input_count, b->output);
}

/* Without them every source would fail, each in words of its own. */
static bool has_headers(struct build *b)
{
    const char *dir = system_include_dir(&b->arena);

    if (access(arena_format(&b->arena, "%s/os-layer/os/sddf.h", dir), R_OK) != 0) {
        cmd_complain(b->args, "the headers for images are not in %s: %s", dir, strerror(errno));
        return false;
    }
    return true;
}

int build_make(struct build *b)
{
    const char *compiler = find_compiler(b), *objcopy = find_tool("objcopy", &b->arena);
    int status;

    if (objcopy == NULL) {
        cmd_complain(b->args, "there is no objcopy; it comes with binutils");
    }
    if (!has_headers(b) || compiler == NULL || objcopy == NULL) {
        return CMD_EXIT_HOST;
    }
    setenv("TMPDIR", b->folder, 1);
    if (b->hooked && !is_clang(b, compiler, &b->clang)) {
        cmd_complain(b->args, "%s does not preprocess", compiler);
        return CMD_EXIT_HOST;
    }
    status = make_objects(b, compiler, objcopy);
    if (status == CMD_EXIT_OK) {
        status = link_all(b, compiler);
        if (status == CMD_EXIT_USAGE) {
            cmd_complain(b->args, "these do not link; %s was not made", b->output);
        }
    }
    return status;
}
