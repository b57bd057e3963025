/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every way to forge an index: an untrusted client, and then each domain of the chain, compromised,
 * writes each index of each queue it shares, its own or its neighbour's, in every manner there is.
 * The client must not get anybody else into trouble, nor the run to fail; and whoever it is, every
 * frame and every buffer must be accounted for by what the queues and those who are not compromised
 * say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

static const char *build, *story = "scenarios/rogue-client.json";
static char folder[] = "/tmp/sddfsim-test-forgers-XXXXXX";

/* Run the story with one forgery instead of its own. The exit status; the report in *report. */
static int forge(const char *pd, const char *queue, const char *index, const char *how,
                 json_t **report)
{
    char command[2048], path[128];

    snprintf(command, sizeof command,
             "rm -rf %s/run && '%s/sddfsim' run %s --clock virtual -q -o %s/run --set "
             "'/faults/0={\"kind\":\"queue_index\",\"pd\":\"%s\",\"queue\":\"%s\",\"index\":\"%s\","
             "\"how\":\"%s\",\"after_entries\":5,\"count\":3}' >%s/said 2>&1",
             folder, build, story, folder, pd, queue, index, how, folder);
    int status = system(command);
    assert_true(WIFEXITED(status));
    snprintf(path, sizeof path, "%s/run/report.json", folder);
    json_error_t error;
    *report = json_load_file(path, 0, &error);
    if (*report == NULL) {
        fail_msg("%s: %s (%s)", command, error.text, path);
    }
    return WEXITSTATUS(status);
}

/* The first finding of a check, NULL if it has none. */
static const char *finding(const json_t *report, const char *check)
{
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(report, "checks"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), check) == 0) {
            json_t *first = json_array_get(json_object_get(one, "findings"), 0);

            return first == NULL ? NULL : json_string_value(json_object_get(first, "text"));
        }
    }
    fail_msg("no check %s", check);
    abort();
}

static const char *const indices[] = {"tail", "head"};
static const char *const hows[] = {"one", "beyond", "backwards", "wrap", "random", "lie"};

static void test_client(void **state)
{
    static const char *const queues[] = {"tx.free", "tx.active", "rx.free", "rx.active"};

    (void)state;
    for (unsigned q = 0; q < 4; q++) {
        for (unsigned i = 0; i < 2; i++) {
            for (unsigned h = 0; h < 6; h++) {
                json_t *report;
                int status = forge("client1", queues[q], indices[i], hows[h], &report);
                const char *found = finding(report, "conservation");

                if (status != 0) {
                    fail_msg("%s of %s, %s: status %d, %s", indices[i], queues[q], hows[h], status,
                             found == NULL ? "see the report" : found);
                }
                json_decref(report);
            }
        }
    }
}

static void test_chain(void **state)
{
    static const struct {
        const char *pd, *queues[4];
    } chain[] = {
        {"net0_driver", {"net0.rx.free", "net0.rx.active", "net0.tx.free", "net0.tx.active"}},
        {"net0_virt_rx",
         {"net0.rx.free", "net0.rx.active", "client1.virt_rx.free", "client1.virt_rx.active"}},
        {"client1_copier",
         {"client1.virt_rx.free", "client1.virt_rx.active", "client1.rx.free",
          "client1.rx.active"}},
        {"net0_virt_tx",
         {"client1.tx.free", "client1.tx.active", "net0.tx.free", "net0.tx.active"}},
    };

    (void)state;
    for (unsigned c = 0; c < 4; c++) {
        for (unsigned q = 0; q < 4; q++) {
            for (unsigned i = 0; i < 2; i++) {
                for (unsigned h = 0; h < 3; h++) {
                    json_t *report;
                    (void)forge(chain[c].pd, chain[c].queues[q], indices[i], hows[h], &report);
                    const char *found = finding(report, "conservation");

                    if (found != NULL) {
                        fail_msg("%s, %s of %s, %s: %s", chain[c].pd, indices[i],
                                 chain[c].queues[q], hows[h], found);
                    }
                    json_decref(report);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client),
        cmocka_unit_test(test_chain),
    };
    char command[128];

    build = getenv("SDDFSIM_BUILD");
    if (build == NULL || access(story, R_OK) != 0) {
        fputs("needs $SDDFSIM_BUILD, and to be run from the root of the tree\n", stderr);
        return 77;
    }
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || failed != 0;
}
