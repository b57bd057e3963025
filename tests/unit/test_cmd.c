/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines are read by a verb's table, and what is wrong with one is said once, with a remedy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/cmd/cmd.h"

static char seen[4096];    /* what the verb was given, as text */
static char said[2][8192]; /* stdout, stderr */

static const char *const words[] = {"process", "thread", "fiber", NULL};

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
    size_t used = strlen(seen);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(seen + used, sizeof(seen) - used, format, arguments);
    va_end(arguments);
}

/* Tells what it was given; its status is 40, or 41 when a value was refused. */
static int run_probe(struct cmd_args *args)
{
    unsigned long long number;
    size_t choice;

    for (size_t i = 0; i < args->given_count; i++) {
        note("%s=%s ", args->given[i].option->name,
             args->given[i].value == NULL ? "-" : args->given[i].value);
    }
    note("|");
    for (size_t i = 0; i < args->positional_count; i++) {
        note(" %s", args->positional[i]);
    }
    note(" | %s", cmd_has(args, "quiet") ? "quiet" : "loud");
    note(" %s", cmd_value(args, "set", "none"));
    if (!cmd_number(args, "seed", 7, 1, 100, &number) ||
        !cmd_choice(args, "executor", words, 2, &choice)) {
        return 41;
    }
    note(" %llu %s%s", number, words[choice], args->color_stdout ? " color" : "");
    return 40;
}

static const struct cmd_option options[] = {
    {"seed", 's', "N", "a number"},       {"set", 0, "POINTER=VALUE", "a pair\nin two lines"},
    {"executor", 'e', "E", "a word"},     {"quiet", 'q', NULL, "no words"},
    {"verbose", 'v', NULL, "more words"}, CMD_OPTION_END,
};

static const struct cmd_type probe = {
    .name = "probe",
    .summary = "Tell what was given",
    .usage = "A [B] [OPTION]...",
    .description = "A paragraph.",
    .options = options,
    .positional_min = 1,
    .positional_max = 2,
    .run = run_probe,
};

static void keep_stream(FILE *stream, int fd, int *kept, int *memory)
{
    fflush(stream);
    *kept = dup(fd);
    *memory = memfd_create("said", 0);
    assert_true(*kept >= 0 && *memory >= 0);
    dup2(*memory, fd);
}

static void give_back_stream(FILE *stream, int fd, int kept, int memory, char *text, size_t room)
{
    ssize_t bytes;

    fflush(stream);
    bytes = pread(memory, text, room - 1, 0);
    text[bytes < 0 ? 0 : bytes] = '\0';
    dup2(kept, fd);
    close(kept);
    close(memory);
}

/* Run the probe (or the whole program, if `whole`) with these words and keep what it says. */
static int run_with(bool whole, const char *const line[])
{
    char *argv[32];
    int argc = 0, status, kept[2], memory[2];

    for (; line[argc] != NULL; argc++) {
        argv[argc] = strdup(line[argc]);
    }
    argv[argc] = NULL;
    seen[0] = '\0';
    keep_stream(stdout, STDOUT_FILENO, &kept[0], &memory[0]);
    keep_stream(stderr, STDERR_FILENO, &kept[1], &memory[1]);
    status = whole ? cmd_main(argc, argv) : cmd_run_verb(&probe, argc, argv);
    give_back_stream(stderr, STDERR_FILENO, kept[1], memory[1], said[1], sizeof(said[1]));
    give_back_stream(stdout, STDOUT_FILENO, kept[0], memory[0], said[0], sizeof(said[0]));
    for (int i = 0; i < argc; i++) {
        free(argv[i]);
    }
    return status;
}

#define RUN(...)  run_with(false, (const char *const[]){"probe", __VA_ARGS__, NULL})
#define MAIN(...) run_with(true, (const char *const[]){"sddfsim", __VA_ARGS__, NULL})

static void assert_said(int stream, const char *part)
{
    if (strstr(said[stream], part) == NULL) {
        fail_msg("'%s' is not in: %s", part, said[stream]);
    }
}

/* Refused with status 2, one line on stderr behind our name, nothing on stdout, and the verb never
 * ran. */
static void assert_refused(int status, const char *part)
{
    assert_int_equal(status, CMD_EXIT_USAGE);
    assert_string_equal(seen, "");
    assert_string_equal(said[0], "");
    assert_int_equal(strncmp(said[1], "sddfsim: ", 9), 0);
    assert_ptr_equal(strchr(said[1], '\n'), said[1] + strlen(said[1]) - 1);
    assert_said(1, part);
}

static void every_form_of_option_is_read(void **state)
{
    (void)state;
    assert_int_equal(RUN("a"), 40);
    assert_string_equal(seen, "| a | loud none 7 fiber");
    RUN("--seed", "3", "a", "--seed=4", "b", "-s5", "-s", "6");
    assert_string_equal(seen, "seed=3 seed=4 seed=5 seed=6 | a b | loud none 6 fiber");
    RUN("-qvs9", "a", "-e", "thread");
    assert_string_equal(seen, "quiet=- verbose=- seed=9 executor=thread | a | quiet none 9 thread");
    RUN("--set", "/a=1", "--set=/b=2", "a");
    assert_string_equal(seen, "set=/a=1 set=/b=2 | a | loud /b=2 7 fiber");
    RUN("-q", "--", "--seed", "-q");
    assert_string_equal(seen, "quiet=- | --seed -q | quiet none 7 fiber");
    RUN("-", "--seed=0x1f");
    assert_string_equal(seen, "seed=0x1f | - | loud none 31 fiber");
    RUN("--exec", "process", "--qui", "a");
    assert_string_equal(seen, "executor=process quiet=- | a | quiet none 7 process");
    RUN("--seed=010", "a"); /* decimal, whatever it begins with */
    assert_string_equal(seen, "seed=010 | a | loud none 10 fiber");
    RUN("--seed=100", "a");
    assert_string_equal(seen, "seed=100 | a | loud none 100 fiber");
    RUN("--set=", "a");
    assert_string_equal(seen, "set= | a | loud  7 fiber");
}

static void what_is_unknown_is_named_with_its_neighbour(void **state)
{
    (void)state;
    assert_refused(RUN("--executr=fiber", "a"), "did you mean '--executor'?");
    assert_said(1, "'--executr'");
    assert_refused(RUN("--sede=3", "a"), "did you mean '--seed'?");
    assert_refused(RUN("--hulp", "a"), "did you mean '--help'?");
    assert_refused(RUN("--frobnicate", "a"),
                   "unknown option '--frobnicate'; see 'sddfsim probe --help'");
    assert_refused(RUN("--se", "3", "a"), "ambiguous");
    assert_refused(RUN("-x", "a"), "unknown option '-x'");
    assert_refused(RUN("-qx", "a"), "unknown option '-x'");
    assert_refused(RUN("--=x", "a"), "unknown option");
}

static void missing_and_superfluous_words_are_told(void **state)
{
    (void)state;
    assert_refused(run_with(false, (const char *const[]){"probe", NULL}),
                   "what to work on is missing");
    assert_said(1, "sddfsim probe A [B] [OPTION]...");
    assert_refused(RUN("a", "b", "c"), "one argument too many: 'c'");
    assert_refused(RUN("a", "--seed"), "a value is missing: '--seed=N'");
    assert_refused(RUN("a", "-s"), "a value is missing: '--seed=N'");
    assert_refused(RUN("a", "--quiet=yes"), "takes none");
}

static void values_are_checked(void **state)
{
    static const char *const bad[] = {
        "", "x", "3x", "1f", "-1", "+3", " 3", "0", "101", "99999999999999999999", "0x", "1.5"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char option[64];

        snprintf(option, sizeof(option), "--seed=%s", bad[i]);
        assert_int_equal(RUN(option, "a"), 41);
        assert_said(1, option);
    }
    assert_int_equal(RUN("--executor=thred", "a"), 41);
    assert_said(1, "did you mean 'thread'?");
    assert_int_equal(RUN("--executor=xyzzy", "a"), 41);
    assert_said(1, "process, thread, fiber");
}

static void colour_follows_the_person(void **state)
{
    (void)state;
    unsetenv("NO_COLOR");
    RUN("a", "--color=always");
    assert_string_equal(seen, "| a | loud none 7 fiber color");
    RUN("a", "--color=always", "--color", "never");
    assert_string_equal(seen, "| a | loud none 7 fiber");
    RUN("a"); /* no terminal */
    assert_string_equal(seen, "| a | loud none 7 fiber");
    setenv("NO_COLOR", "1", 1);
    RUN("a", "--color=always"); /* said here and now, it outweighs the habit */
    assert_string_equal(seen, "| a | loud none 7 fiber color");
    unsetenv("NO_COLOR");
    assert_refused(RUN("a", "--color=sometimes"), "auto, always or never");
}

static void help_is_printed_from_the_table(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(i == 0 ? RUN("--help") : RUN("x", "y", "z", "-h"), 0);
        assert_string_equal(seen, "");
        assert_string_equal(said[1], "");
        assert_said(0, "Usage: sddfsim probe A [B] [OPTION]...\n");
        assert_said(0, "Tell what was given.\n");
        assert_said(0, "A paragraph.\n");
        assert_said(0, "  -s, --seed=N            a number\n");
        assert_said(0,
                    "      --set=POINTER=VALUE a pair\n                          in two lines\n");
        assert_said(0, "  -q, --quiet             no words\n");
        assert_said(0, "--color=WHEN");
        assert_said(0, "-h, --help");
    }
}

static void the_program_finds_its_verbs(void **state)
{
    (void)state;
    assert_int_equal(run_with(true, (const char *const[]){"sddfsim", NULL}), CMD_EXIT_USAGE);
    assert_said(1, "Verbs:");
    assert_int_equal(MAIN("--help"), 0);
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        assert_said(0, cmd_at(i)->name);
        assert_said(0, cmd_at(i)->summary);
        assert_ptr_equal(cmd_find(cmd_at(i)->name), cmd_at(i));
    }
    assert_int_equal(MAIN("--version"), 0);
    assert_string_equal(said[0], "sddfsim " CMD_VERSION "\n");
    assert_refused(MAIN("dif", "a", "b"), "did you mean 'diff'?");
    assert_refused(MAIN("frobnicate"), "unknown verb 'frobnicate'; see");
    assert_refused(MAIN("--hlep"), "did you mean '--help'?");
    assert_refused(MAIN("help", "hepl"), "did you mean 'help'?");
    assert_int_equal(MAIN("help", "diff"), 0);
    char by_verb[sizeof(said[0])];

    memcpy(by_verb, said[0], sizeof(by_verb));
    assert_int_equal(MAIN("diff", "--help"), 0);
    assert_string_equal(said[0], by_verb);
}

/* Whatever a table says must be fit to print and to be told apart. */
static void every_verb_has_a_sound_table(void **state)
{
    (void)state;
    for (size_t i = 0; cmd_at(i) != NULL; i++) {
        const struct cmd_type *type = cmd_at(i);

        assert_non_null(type->run);
        assert_true(type->positional_min <= type->positional_max);
        for (const struct cmd_option *o = type->options; o != NULL && o->name != NULL; o++) {
            assert_non_null(o->doc);
            assert_true(o->letter != 'h');
            for (const struct cmd_option *p = type->options; p != o; p++) {
                assert_string_not_equal(o->name, p->name);
                assert_true(o->letter == 0 || o->letter != p->letter);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_option_is_read),
        cmocka_unit_test(what_is_unknown_is_named_with_its_neighbour),
        cmocka_unit_test(missing_and_superfluous_words_are_told),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(colour_follows_the_person),
        cmocka_unit_test(help_is_printed_from_the_table),
        cmocka_unit_test(the_program_finds_its_verbs),
        cmocka_unit_test(every_verb_has_a_sound_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
