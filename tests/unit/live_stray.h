/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_LIVE_STRAY_H
#define TESTS_UNIT_LIVE_STRAY_H
/*
 * Runs that do not go well: a scenario in which one client strays beside one that does not, one
 * that goes on until somebody stops it, and what there must be when a domain has been killed or the
 * run told to end. Include it after cmocka.h.
 */
#include <ftw.h>

#include "tests/image/rogue/escape.h"
#include "tests/unit/live_run.h"

/* `keys` are more of the scenario's, with a comma after each; `captures` is the whole of those. */
#define LIVE_BESIDE(keys, captures)                                                          \
    "{ \"version\": 1, \"story\": \"One client tries to get out.\", " keys                   \
    "  \"stop\": { \"wall\": \"30 s\" },"                                                    \
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 48,"                  \
    "                 \"pace\": \"20000 frames/s\" } ],"                                     \
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"     \
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"                      \
    "  \"clients\": ["                                                                       \
    "    { \"name\": \"rogue\", \"image\": \"%s\", \"network\": \"net0\" },"                 \
    "    { \"name\": \"honest\", \"image\": \"network/client_echo\", \"network\": \"net0\"," \
    "      \"copier\": {} } ],"                                                              \
    "  \"captures\": [ " captures " ] }"
#define LIVE_BESIDE_FRAMES 24 /* to each client */

/* Frames for ever, slowly, to a client that answers; another that is silent; both behind copiers.
 */
#define LIVE_ENDLESS(keys, captures)                                                              \
    "{ \"version\": 1, \"story\": \"It goes on until it is stopped.\", " keys                     \
    "  \"stop\": { \"wall\": \"60 s\" },"                                                         \
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 0, \"to\": \"client0\","   \
    "                 \"size\": 1514, \"pace\": \"2000 frames/s\" } ],"                           \
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"          \
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"                           \
    "  \"clients\": ["                                                                            \
    "    { \"name\": \"client0\", \"image\": \"network/client_echo\", \"network\": \"net0\","     \
    "      \"copier\": {} },"                                                                     \
    "    { \"name\": \"client1\", \"image\": \"network/client_sink\", \"network\": \"net0\" } ]," \
    "  \"captures\": [ " captures " ] }"
#define LIVE_ENDLESS_DOMAINS 7

#define LIVE_OUT_PCAP "{ \"at\": \"lan.out\", \"file\": \"out.pcap\" }"
#define LIVE_LIMIT_MS 60000

/* A copy of the image that knows its way, readable by anybody. */
static inline const char *live_stray_image(uint32_t way, enum escape_when when)
{
    static char path[PATH_MAX + 64];
    size_t size = 0;

    snprintf(path, sizeof path, "%s/images/test/rogue/escape.so", live_build());
    char *image = live_read(path, &size);
    assert_non_null(image);
    struct escape_choice *choice = memmem(image, size, ESCAPE_MARKER, sizeof choice->marker);
    assert_non_null(choice);
    struct escape_choice now = {.way = way, .when = when};
    memcpy(now.marker, choice->marker, sizeof now.marker);
    memcpy(choice, &now, sizeof now);
    snprintf(path, sizeof path, "%s/escape-%u-%u.so", live_folder, way, (unsigned)when);
    live_write(path, image, size);
    free(image);
    return path;
}

static inline int live_is_part(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    size_t length = strlen(path);

    (void)st;
    (void)kind;
    (void)at;
    return length > 5 && strcmp(path + length - 5, ".part") == 0;
}

/* All that a run with a capture out.pcap leaves, and nothing that was not finished. */
static inline void live_assert_whole(const struct live *l)
{
    static const char *const files[] = {"manifest.json", "report.json", "report.txt",
                                        "scenario.json", "captures/out.pcap"};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_true(live_file_there(l, files[i]));
    }
    assert_int_equal(nftw(l->out, live_is_part, 16, FTW_PHYS), 0);
}

/* Wait for a run one of whose domains was sent a signal: that domain died of it, and is the only
 * one that is accused of anything. */
static inline void live_assert_killed(struct live *l, const char *name, int signal)
{
    char death[64];
    int status = live_wait(l, LIVE_LIMIT_MS);

    assert_true(live_nobody_left(1000));
    json_t *report = live_report(l);
    assert_non_null(report);
    snprintf(death, sizeof death, "%s died of SIG%s", name, sigabbrev_np(signal));
    const char *found = live_finding(report, "domains", 0);
    if (status != 1 || found == NULL || strcmp(found, death) != 0) {
        print_error("status %d, found: %s, wanted: %s\n%s", status, found, death, l->said);
    }
    assert_int_equal(status, 1);
    assert_string_equal(found, death);
    assert_null(live_finding(report, "domains", 1));
    assert_non_null(strstr(l->said, death));
    assert_int_equal(live_complaints(l), 1);
    live_assert_whole(l);
    json_decref(report);
}

/* Wait for a run that was told to end: it did, with a whole report. `what` names it if not. */
static inline void live_assert_interrupted(struct live *l, const char *what)
{
    int status = live_wait(l, LIVE_LIMIT_MS);

    assert_true(live_nobody_left(1000));
    json_t *report = live_report(l);
    if (status != 3) {
        print_error("%s: status %d, said %s", what, status, l->said);
    }
    assert_int_equal(status, 3);
    assert_string_equal(json_string_value(json_object_get(report, "end")), "interrupted");
    assert_null(live_finding(report, "domains", 0));
    live_assert_whole(l);
    json_decref(report);
}

static inline bool live_installed(const char *tool)
{
    char command[128];

    snprintf(command, sizeof command, "command -v %s >/dev/null", tool);
    return system(command) == 0;
}

/* One that can read what this compiler leaves for debuggers. */
static inline bool live_have_valgrind(void)
{
#if defined(__clang__)
    return false; /* DWARF 5, at which Debian 12's gives up */
#else
    return live_installed("valgrind") && !live_sanitized();
#endif
}
#endif
