/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a frame costs at the wire, and on its way into a capture; what the clocks cost. One figure a
 * line: what, nanoseconds. Each is the best of several rounds: the rest is the host's own noise.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/pcapfile.h"
#include "sim/observe/capture.h"
#include "sim/time/clock.h"
#include "sim/wire/wire.h"

#define ROUNDS 7

static volatile uint64_t sink; /* what is computed is used */

static void say(const char *what, uint64_t best_ns, uint64_t count)
{
    printf("%-44s %7ju.%ju ns\n", what, (uintmax_t)(best_ns / count),
           (uintmax_t)(best_ns * 10 / count % 10));
}

/* ---- clocks ---- */

static void bench_clocks(void)
{
    enum { COUNT = 1000000 };
    uint64_t plain_ns = UINT64_MAX, fast_ns = UINT64_MAX;
    struct clock_scale scale;

    clock_calibrate(&scale);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start_ns = clock_host_ns(), sum = 0, middle_ns, end_ns;

        for (unsigned i = 0; i < COUNT; i++) {
            sum += clock_host_ns();
        }
        middle_ns = clock_host_ns();
        for (unsigned i = 0; i < COUNT; i++) {
            sum += clock_host_fast_ns(&scale);
        }
        end_ns = clock_host_ns();
        sink += sum;
        plain_ns = middle_ns - start_ns < plain_ns ? middle_ns - start_ns : plain_ns;
        fast_ns = end_ns - middle_ns < fast_ns ? end_ns - middle_ns : fast_ns;
    }
    say("clock: plain", plain_ns, COUNT);
    say(scale.mult != 0 ? "clock: fast" : "clock: fast (not offered by this host)", fast_ns, COUNT);
}

/* ---- wires ---- */

static struct scenario_wire wire_of(const struct wire_type *type, struct type_view *view)
{
    *view = (struct type_view){.name = type->name, .params = type->params, .type = type};
    return (struct scenario_wire){
        .name = "lan", .type = view, .state = calloc(1, type->state_size)};
}

static void set(struct scenario_wire *w, const char *key, const void *value, size_t bytes)
{
    for (const struct param *p = w->type->params; p->name != NULL; p++) {
        if (strcmp(p->name, key) == 0) {
            memcpy((char *)w->state + p->offset, value, bytes);
        }
    }
}

static void set_number(struct scenario_wire *w, const char *key, uint64_t value)
{
    set(w, key, &value, sizeof(value));
}

static void open_or_exit(struct wire *w, const struct scenario_wire *asked,
                         struct wire_stats *stats)
{
    static const struct wire_client clients[] = {{"client0", true, {2, 0, 0, 0, 0, 1}},
                                                 {"client1", true, {2, 0, 0, 0, 0, 2}}};
    const struct wire_world world = {.wire_name = "lan", .clients = clients, .client_count = 2};
    char why[WIRE_WHY_BYTES] = "";

    if (wire_open(w, asked, &world, stats, why) != 0) {
        fprintf(stderr, "bench_wire: %s\n", why);
        exit(3);
    }
}

static uint64_t run_out(struct wire *w)
{
    uint64_t start_ns = clock_host_ns(), sum = 0;

    for (uint64_t due_ns; (due_ns = wire_due(w)) != WIRE_NEVER;) {
        sum += wire_take(w, due_ns)->bytes[0];
    }
    sink += sum;
    return clock_host_ns() - start_ns;
}

/* Frames sent, or sent and returned (as they are: the generator looks at all of it just the same).
 */
static void bench_gen(uint64_t size, bool verify, bool returned, uint64_t speed_bps,
                      const char *what)
{
    enum { COUNT = 500000 };
    static struct wire_stats stats;
    const struct pace line = {.kind = PACE_LINE};
    struct type_view view;
    struct scenario_wire asked = wire_of(&wire_gen, &view);
    uint64_t best_ns = UINT64_MAX;
    struct wire w;

    asked.speed_bps = speed_bps;
    set(&asked, "pace", &line, sizeof(line));
    set(&asked, "verify", &verify, sizeof(verify));
    set_number(&asked, "size", size);
    set_number(&asked, "count", COUNT);
    set_number(&asked, "window", returned ? 32 : 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start_ns, took_ns;

        open_or_exit(&w, &asked, &stats);
        start_ns = clock_host_ns();
        if (returned) {
            for (uint64_t due_ns; (due_ns = wire_due(&w)) != WIRE_NEVER;) {
                const struct wire_frame *f = wire_take(&w, due_ns);

                wire_send(&w, f->bytes, f->length, due_ns);
            }
            took_ns = clock_host_ns() - start_ns;
        } else {
            took_ns = run_out(&w);
        }
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        if (stats.echo.sent != COUNT || stats.echo.returned != (returned ? COUNT : 0) ||
            stats.echo.corrupt != 0) {
            fprintf(stderr, "bench_wire: frames went wrong\n");
            exit(1);
        }
        wire_close(&w);
    }
    free(asked.state);
    say(what, best_ns, COUNT);
}

/* An open loop: whose frame is next, dice, and room at its source. */
static void bench_load(uint64_t sources, bool exponential, const char *what)
{
    enum { COUNT = 500000 };
    static struct wire_stats stats;
    const struct pace line = {.kind = PACE_LINE};
    const uint64_t gaps = exponential;
    struct type_view view;
    struct scenario_wire asked = wire_of(&wire_gen, &view);
    uint64_t best_ns = UINT64_MAX;
    struct wire w;

    asked.speed_bps = 1000000000;
    set(&asked, "pace", &line, sizeof(line));
    set(&asked, "gaps", &gaps, sizeof(gaps));
    set_number(&asked, "offered", 200000000);
    set_number(&asked, "sources", sources);
    set_number(&asked, "backlog", 64);
    set_number(&asked, "size", 64);
    set_number(&asked, "count", COUNT);
    for (unsigned round = 0; round < ROUNDS; round++) {
        open_or_exit(&w, &asked, &stats);
        uint64_t took_ns = run_out(&w);

        best_ns = took_ns < best_ns ? took_ns : best_ns;
        wire_close(&w);
    }
    free(asked.state);
    say(what, best_ns, COUNT);
}

static void bench_pcap(uint32_t size, bool spread, const char *path, const char *what)
{
    enum { FRAMES = 2000, LOOPS = 100 };
    static struct wire_stats stats;
    static uint8_t frame[1514] = {2, 2};
    const struct pace recorded = {.kind = PACE_RECORDED};
    struct type_view view;
    struct scenario_wire asked = wire_of(&wire_pcap, &view);
    uint64_t best_ns = UINT64_MAX;
    char why[PCAPFILE_WHY_BYTES] = "";
    struct pcapwriter *writer;
    struct wire w;

    if (pcapwriter_open(&writer, AT_FDCWD, path, why) != 0) {
        fprintf(stderr, "bench_wire: %s\n", why);
        exit(3);
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        frame[5] = (uint8_t)i;
        pcapwriter_add(writer, frame, size, i * 1000);
    }
    pcapwriter_finish(writer);
    asked.speed_bps = 1000000000;
    asked.macs_spread = spread;
    set(&asked, "file", &path, sizeof(path));
    set(&asked, "pace", &recorded, sizeof(recorded));
    set_number(&asked, "loop", LOOPS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t took_ns;

        open_or_exit(&w, &asked, &stats);
        took_ns = run_out(&w);
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        wire_close(&w);
    }
    unlink(path);
    free(asked.state);
    say(what, best_ns, FRAMES * LOOPS);
}

/* ---- captures ---- */

static void nothing(void *context)
{
    (void)context;
}

static void drain(void *context)
{
    capture_drain(context);
}

/* The ring alone: filled to a half, and again; what the consumer does is not counted. */
static void bench_capture(uint32_t size, const char *path, const char *what_put,
                          const char *what_drain)
{
    enum { REGION = 1 << 20, TURNS = 200 };
    static uint8_t frame[1514];
    void *region = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t put_ns = UINT64_MAX, drain_ns = UINT64_MAX;
    uint64_t batch = REGION / 2 / (size + 32);
    char why[PCAPFILE_WHY_BYTES] = "";

    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t put_sum_ns = 0, drain_sum_ns = 0;
        struct capture_ring ring;
        struct capture_sink s;

        memset(region, 0, REGION);
        if (capture_open(&s, region, REGION, AT_FDCWD, path, why) != 0) {
            fprintf(stderr, "bench_wire: %s\n", why);
            exit(3);
        }
        const struct capture_bell bell = {.wake = nothing, .wait = drain, .context = &s};

        capture_start(&ring, region, REGION, &bell);
        for (unsigned turn = 0; turn < TURNS; turn++) {
            uint64_t start_ns = clock_host_ns(), middle_ns;

            for (uint64_t i = 0; i < batch; i++) {
                capture_put(&ring, i, frame, size);
            }
            middle_ns = clock_host_ns();
            capture_drain(&s);
            put_sum_ns += middle_ns - start_ns;
            drain_sum_ns += clock_host_ns() - middle_ns;
        }
        put_ns = put_sum_ns < put_ns ? put_sum_ns : put_ns;
        drain_ns = drain_sum_ns < drain_ns ? drain_sum_ns : drain_ns;
        capture_finish(&s);
    }
    munmap(region, REGION);
    unlink(path);
    say(what_put, put_ns, batch * TURNS);
    say(what_drain, drain_ns, batch * TURNS);
}

int main(void)
{
    char folder[64], path[96];

    snprintf(folder, sizeof(folder), "%s/bench_wire.XXXXXX", P_tmpdir);
    if (mkdtemp(folder) == NULL) {
        perror("bench_wire: mkdtemp");
        return 3;
    }
    snprintf(path, sizeof(path), "%s/x.pcap", folder);
    bench_clocks();
    bench_gen(64, true, false, 0, "gen: make a frame, 64 B");
    bench_gen(64, true, false, 1000000000, "gen: make a frame, 64 B, at 1 Gbit/s");
    bench_gen(1514, true, false, 0, "gen: make a frame, 1514 B");
    bench_gen(1514, false, false, 0, "gen: make a frame, 1514 B, not verified");
    bench_gen(64, true, true, 0, "gen: make a frame and judge its return, 64 B");
    bench_gen(1514, true, true, 0, "gen: make a frame and judge its return, 1514 B");
    bench_load(4, false, "gen: offered by 4 sources, 64 B");
    bench_load(4, true, "gen: offered by 4 sources, exponential, 64 B");
    bench_load(64, true, "gen: offered by 64 sources, exponential, 64 B");
    bench_pcap(64, false, path, "pcap: next frame, 64 B");
    bench_pcap(1514, false, path, "pcap: next frame, 1514 B");
    bench_pcap(64, true, path, "pcap: next frame, spread, 64 B");
    bench_pcap(1514, true, path, "pcap: next frame, spread, 1514 B");
    bench_capture(64, path, "capture: put a frame, 64 B", "capture: drain a frame to a file, 64 B");
    bench_capture(1514, path, "capture: put a frame, 1514 B",
                  "capture: drain a frame to a file, 1514 B");
    rmdir(folder);
    return 0;
}
