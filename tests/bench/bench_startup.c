/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a user waits for the first frame, and what sixty-one clients weigh: both as the host
 * sees them, with the whole program in the account. The wait runs from starting the program to its
 * end, less the time traffic flowed, so it includes the report; weight is proportional memory (each
 * page divided among those who share it) of all processes, less the packet buffers, whose size the
 * scenario chooses.
 */
#include <inttypes.h>

#include "tests/unit/live_run.h"

#define ROUNDS  15
#define CLIENTS 61
#define DOMAINS (2 * CLIENTS + 4)

static const char head[] =
    "{ \"version\": 1, \"story\": \"To be measured.\", \"stop\": { \"wall\": \"60 s\" },"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": %u, \"pace\": \"1000 "
    "frames/s\" } ],"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" } ],"
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" } ],"
    "  \"clients\": [ ";

static void write_scenario(char *text, size_t room, unsigned clients, unsigned frames)
{
    size_t used = (size_t)snprintf(text, room, head, frames);

    for (unsigned i = 0; i < clients && used < room; i++) {
        used += (size_t)snprintf(text + used, room - used,
                                 "%s{ \"name\": \"client%u\", \"image\": \"network/client_echo\","
                                 " \"network\": \"net0\", \"copier\": {} }",
                                 i == 0 ? "" : ", ", i);
    }
    if (used + 5 > room) {
        fprintf(stderr, "bench_startup: no room for the scenario\n");
        exit(3);
    }
    memcpy(text + used, " ] }", 5);
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void bench_first_frame(void)
{
    static const struct live_how how = {.args = {"-q"}};
    static struct live l;
    static char scenario[4096];
    double waits[ROUNDS];

    write_scenario(scenario, sizeof scenario, 2, 1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        double begin = now_ms();

        if (live_run(&l, scenario, &how) != 0) {
            fprintf(stderr, "bench_startup: the run failed:\n%s", l.said);
            exit(3);
        }
        double whole = now_ms() - begin;
        json_t *report = live_report(&l);
        waits[i] = whole - (double)json_integer_value(json_object_get(report, "time_ns")) / 1e6;
        json_decref(report);
        folder_remove(l.out);
    }
    qsort(waits, ROUNDS, sizeof waits[0], by_size);
    printf("first_frame_ms %.1f\n", waits[ROUNDS / 2]);
}

/* Proportional memory in KiB, packet buffers left out; -1: not ours to see. */
static long weight_kib(pid_t pid)
{
    char path[64], *line, *rest;
    bool buffers = false;
    long sum = 0;

    snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
    char *text = rest = live_read(path, NULL);
    if (text == NULL || text[0] == '\0') {
        free(text);
        return -1;
    }
    while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
        if (strncmp(line, "Pss:", 4) == 0) {
            sum += buffers ? 0 : strtol(line + 4, NULL, 10);
        } else if (strchr(line, '-') != NULL && strchr(line, '-') < strchrnul(line, ' ')) {
            buffers = strstr(line, ".buffers (deleted)") != NULL;
        }
    }
    free(text);
    return sum;
}

static void bench_weight(void)
{
    static const struct live_how how = {.args = {"-q"}};
    static struct live_kid kids[LIVE_KIDS];
    static struct live l;
    static char scenario[16384];
    uint64_t until = live_now_ms() + 60000;
    long sum = 0, one = 0;
    size_t count = 0;

    write_scenario(scenario, sizeof scenario, CLIENTS, 0);
    live_start(&l, scenario, &how);
    /* The wire's frames reach everybody within a fraction of a second; another one changes nothing.
     */
    while (live_now_ms() < until && (count = live_kids(&l, kids)) < DOMAINS) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    nanosleep(&(struct timespec){.tv_sec = 2}, NULL);
    sum = weight_kib(l.pid);
    for (size_t i = 0; i < count && one >= 0 && sum >= 0; i++) {
        one = weight_kib(kids[i].pid);
        sum += one;
    }
    kill(l.pid, SIGTERM);
    live_wait(&l, 60000);
    folder_remove(l.out);
    if (one < 0 || sum < 0 || count != DOMAINS) {
        fprintf(stderr, "bench_startup: %zu domains, some of which only root can weigh\n", count);
    } else {
        printf("pss_61_clients_mib %.1f\n", (double)sum / 1024);
    }
}

int main(void)
{
    void *none = NULL;

    if (live_begin(&none) != 0) {
        return 3;
    }
    bench_first_frame();
    bench_weight();
    return live_end(&none) == 0 ? 0 : 3;
}
