/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do the judges see? Each image of tests/image/mutant is a component with one mistake, as they are
 * really made: it works, nearly always. Put into a system in the correct one's place, it must be
 * found, by the check whose business it is, and put down to who made it; and the same system
 * without it must be found faultless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/live_run.h"

enum place { DRIVER, VIRT_RX, VIRT_TX, COPIER0, COPIER1, PLACES };

/* What the wire and its clients are like. */
enum story {
    BUSY,   /* two echoes, a frame every 50 us */
    QUIET,  /* a frame every millisecond: nothing else wakes who sleeps */
    DEAR,   /* flags take long, so that much happens between two looks */
    HUNGRY, /* client1 takes a frame every 20 ms, and has room for eight */
    EAGER,  /* both send as fast as buffers come back */
    STORIES
};

#define ECHOES "\"image\": \"network/client_echo\""
#define SENDS                                                   \
    "\"image\": \"network/client_source\", \"tx_buffers\": 16," \
    "\"params\": { \"rate\": 0, \"count\": 3000, \"size\": 200 }"

static const struct {
    const char *name, *count_and_pace, *platform, *client0, *client1;
} stories[STORIES] = {
    [BUSY] = {"busy", "\"count\": 400, \"pace\": \"20000 frames/s\"", "\"generic\"", ECHOES,
              ECHOES},
    [QUIET] = {"quiet", "\"count\": 100, \"pace\": \"1000 frames/s\"", "\"generic\"", ECHOES,
               ECHOES},
    [DEAR] = {"dear", "\"count\": 2000, \"pace\": \"20000 frames/s\"",
              "{ \"name\": \"dear\", \"ops\": { \"request\": 20000 } }", ECHOES, ECHOES},
    [HUNGRY] = {"hungry", "\"count\": 400, \"pace\": \"20000 frames/s\"", "\"generic\"", ECHOES,
                "\"image\": \"network/client_sink\", \"rx_buffers\": 8,"
                "\"params\": { \"frames\": 1, \"interval\": \"20 ms\" }"},
    [EAGER] = {"eager", "\"count\": 400, \"pace\": \"20000 frames/s\"", "\"imx8mm\"", SENDS, SENDS},
};

static const struct mutant {
    const char *image, *check, *culprit;
    enum place place;
    enum story story;
    const char *says;
} mutants[] = {
    {"virt_rx_looks_once", "protocol", "net0_virt_rx", VIRT_RX, DEAR, "without looking at it once"},
    {"copy_looks_once", "protocol", "client0_copier", COPIER0, DEAR, "without looking at it once"},
    {"virt_tx_signals_first", "protocol", "net0_virt_tx", VIRT_TX, BUSY,
     "signalled net0_driver fi"},
    {"driver_unasked", "protocol", "net0_driver", DRIVER, BUSY, "did not look whether net0_virt_r"},
    {"driver_no_tx_signal", "protocol", "net0_driver", DRIVER, BUSY,
     "wants a signal, and sent none"},
    {"driver_never_acks", "protocol", "net0_driver", DRIVER, BUSY, "without acknowledging it"},
    {"driver_never_acks", "liveness", "net0_driver", DRIVER, BUSY, "the interrupt of eth0 is up"},
    {"driver_acks_late", "protocol", "net0_driver", DRIVER, BUSY, "without acknowledging it"},
    {"virt_tx_never_asks", "liveness", "net0_virt_tx", VIRT_TX, QUIET,
     "has not asked for a signal"},
    {"virt_tx_never_asks", "protocol", "net0_virt_tx", VIRT_TX, QUIET, "has not asked anew"},
    {"virt_tx_robs", "protocol", "net0_virt_tx", VIRT_TX, BUSY, "took back the wish of"},
    {"copy_refuses", "drops", "client0_copier", COPIER0, BUSY, "for no reason that can be seen"},
    {"copy_spins", "liveness", "client0_copier", COPIER0, BUSY, "a loop without end"},
    {"virt_rx_defers_twice", "deferred", "net0_virt_rx", VIRT_RX, BUSY, "and so lost that"},
    {"copy_loses_buffer", "conservation", "client1_copier", COPIER1, HUNGRY, "in the hands of"},
    {"driver_no_refill", "conservation", "net0_driver", DRIVER, BUSY,
     "kept 200 buffers of client0."},
    {"copy_gives_twice", "ownership", "client0_copier", COPIER0, BUSY, "it did not have to give"},
    {"virt_tx_favours_first", "fairness", "net0_virt_tx", VIRT_TX, EAGER,
     "client1 had entries waiting in client1.tx.active"},
};

static const char *image_at(const struct mutant *m, enum place place, char out[static PATH_MAX])
{
    char whole[PATH_MAX];

    out[0] = '\0';
    if (m != NULL && m->place == place) {
        assert_non_null(realpath(live_build(), whole));
        snprintf(out, PATH_MAX, "\"image\": \"%.3000s/images/test/mutant/%s.so\"", whole, m->image);
    }
    return out;
}

/* A system with one mutant, or with none. */
static const char *scenario_of(enum story story, const struct mutant *m)
{
    static char text[5 * PATH_MAX];
    char images[PLACES][PATH_MAX];

    for (int place = 0; place < PLACES; place++) {
        image_at(m, (enum place)place, images[place]);
    }
    snprintf(text, sizeof text,
             "{ \"version\": 1, \"clock\": \"virtual\", \"stop\": { \"after\": \"1 s\" },"
             "  \"platform\": %s,"
             "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"speed\": \"1 Gbit/s\","
             "                 \"to\": \"client0,client1\", %s } ],"
             "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
             "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\", \"driver\": { %s },"
             "                    \"virt_rx\": { %s }, \"virt_tx\": { %s } } ],"
             "  \"clients\": ["
             "    { \"name\": \"client0\", %s, \"copier\": { %s } },"
             "    { \"name\": \"client1\", %s, \"copier\": { %s } } ] }",
             stories[story].platform, stories[story].count_and_pace, images[DRIVER],
             images[VIRT_RX], images[VIRT_TX], stories[story].client0, images[COPIER0],
             stories[story].client1, images[COPIER1]);
    return text;
}

static json_t *check_of(json_t *report, const char *name)
{
    json_t *checks = json_object_get(report, "checks"), *one;
    size_t i;

    json_array_foreach(checks, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) {
            return one;
        }
    }
    return NULL;
}

/* Did this check find it, of this culprit, in these words? And of nobody else anything? */
static bool is_found(json_t *report, const struct mutant *m)
{
    json_t *findings = json_object_get(check_of(report, m->check), "findings"), *one;
    bool found = false;
    size_t i;

    json_array_foreach(findings, i, one)
    {
        const char *culprit = json_string_value(json_object_get(one, "culprit"));

        if (culprit == NULL || strcmp(culprit, m->culprit) != 0) {
            print_error("%s: blamed on %s: %s\n", m->image, culprit == NULL ? "nobody" : culprit,
                        json_string_value(json_object_get(one, "text")));
            return false;
        }
        found |= strstr(json_string_value(json_object_get(one, "text")), m->says) != NULL;
    }
    return found;
}

static bool finds(const struct mutant *m, const char *executor)
{
    static struct live l;
    struct live_how how = {.args = {"-q", "--executor", executor, NULL}};
    int status = live_run(&l, scenario_of(m->story, m), &how);
    json_t *report = live_report(&l);
    bool found = status == 1 && is_found(report, m);

    if (!found) {
        print_error("%s by %s: exit %d, and %s did not find it\n%s", m->image, executor, status,
                    m->check, l.said);
    }
    json_decref(report);
    return found;
}

static void each_mistake_is_found_by_the_right_check(void **state)
{
    bool all = true;

    (void)state;
    for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++) {
        all &= finds(&mutants[i], "fiber");
    }
    assert_true(all);
}

/* By whichever executor: one of each check. */
static void and_by_every_executor(void **state)
{
    bool all = true;

    (void)state;
    for (size_t i = 0; i < sizeof mutants / sizeof mutants[0]; i++) {
        if (i == 0 || strcmp(mutants[i].check, mutants[i - 1].check) != 0) {
            all &= finds(&mutants[i], "thread");
            all &= live_sanitized() || finds(&mutants[i], "process");
        }
    }
    assert_true(all);
}

/* It takes two to signal each other for ever. */
static void two_who_keep_each_other_busy_stand_still(void **state)
{
    static struct live l;
    static const struct mutant restless = {
        "driver_restless",
        "liveness",
        "net0_driver",
        DRIVER,
        BUSY,
        "moved nothing, with net0.tx.active waiting to be emptied"};
    char whole[PATH_MAX], set[2 * PATH_MAX];

    (void)state;
    assert_non_null(realpath(live_build(), whole));
    snprintf(set, sizeof set, "/networks/0/virt_tx/image=%s/images/test/mutant/virt_tx_restless.so",
             whole);
    const struct live_how how = {.args = {"-q", "--set", set, NULL}};

    assert_int_equal(live_run(&l, scenario_of(BUSY, &restless), &how), 1);
    json_t *report = live_report(&l);
    const char *first = NULL;

    for (size_t i = 0; i < 8; i++) {
        const char *text = live_finding(report, "liveness", i);

        first = text != NULL && strstr(text, restless.says) != NULL ? text : first;
    }
    assert_non_null(first);
    json_decref(report);
}

static void nothing_is_found_where_there_is_no_mistake(void **state)
{
    static struct live l;
    static const struct live_how how = {.args = {"-q", NULL}};

    (void)state;
    for (int story = 0; story < STORIES; story++) {
        if (live_run(&l, scenario_of((enum story)story, NULL), &how) != 0) {
            fail_msg("%s: exit %d: %s", stories[story].name, l.status, l.said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_found_by_the_right_check),
        cmocka_unit_test(and_by_every_executor),
        cmocka_unit_test(two_who_keep_each_other_busy_stand_still),
        cmocka_unit_test(nothing_is_found_where_there_is_no_mistake),
    };

    return cmocka_run_group_tests(tests, live_begin, live_end);
}
