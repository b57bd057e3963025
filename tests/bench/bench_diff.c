/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `sddfsim diff` costs for a million frames, reading included: the same twice, a few frames
 * lost, every frame another, and all of them in another order. The captures hold 64 flows of frames
 * of 60 to 1514 bytes.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/framediff.h"

enum { FRAMES = 1000000, FRAME_BYTES_MAX = 1514, LOSS_EVERY = 9973 };

static char folder[] = P_tmpdir "/bench_diff.XXXXXX";
static char path_a[sizeof(folder) + 8], path_b[sizeof(folder) + 8];

enum change { CHANGE_NOTHING, CHANGE_LOSS, CHANGE_EVERY, CHANGE_ORDER };

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(int error, const char *what)
{
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", what, strerror(-error));
        exit(1);
    }
}

/* Frame i: UDP of one of 64 flows; mostly small, as in the captures people keep. */
static uint32_t make_frame(uint8_t *bytes, uint32_t i, uint8_t mark)
{
    static const uint8_t head[42] = {
        0x52, 0x54, 0,  0, 0, 1,  0x52, 0x54, 0, 0,  0, 2, 8, 0, 0x45, 0, 0, 0, 0, 0,    0,
        0,    64,   17, 0, 0, 10, 0,    0,    1, 10, 0, 0, 2, 0, 1,    0, 0, 0, 0, 0xbe, 0xef,
    };
    uint32_t count = i % 8 == 0 ? FRAME_BYTES_MAX : 60 + i % 40;
    uint32_t ip_bytes = count - 14, udp_bytes = count - 34;

    memcpy(bytes, head, sizeof(head));
    bytes[16] = (uint8_t)(ip_bytes >> 8);
    bytes[17] = (uint8_t)ip_bytes;
    bytes[18] = mark;
    bytes[37] = (uint8_t)(i * 7 % 64);
    bytes[38] = (uint8_t)(udp_bytes >> 8);
    bytes[39] = (uint8_t)udp_bytes;
    memset(&bytes[42], (int)(i & 0xff), count - 42);
    memcpy(&bytes[42], &i, sizeof(i));
    return count;
}

/* Another number from 0..FRAMES-1 for each: the step has no factor in common with FRAMES. */
static uint32_t shuffled(uint32_t i)
{
    return (uint32_t)((uint64_t)i * 618033 % FRAMES);
}

static void write_capture(const char *path, enum change change)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    char why[PCAPFILE_WHY_BYTES];
    struct pcapwriter *w;

    if (pcapwriter_open(&w, AT_FDCWD, path, why) != 0) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        if (change != CHANGE_LOSS || i % LOSS_EVERY != LOSS_EVERY - 1) {
            uint32_t count =
                make_frame(bytes, change == CHANGE_ORDER ? shuffled(i) : i, change == CHANGE_EVERY);

            must(pcapwriter_add(w, bytes, count, i * UINT64_C(1000)), path);
        }
    }
    must(pcapwriter_finish(w), path);
}

/* Open, compare, read all differences, close. */
static double time_diff(const struct framediff_options *options)
{
    char why[PCAPFILE_WHY_BYTES];
    struct pcapfile *a = NULL, *b = NULL;
    struct framediff *d;
    struct framediff_entry entry;
    double start_s = now_s();

    if (pcapfile_open(&a, path_a, why) != 0 || pcapfile_open(&b, path_b, why) != 0) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    must(framediff_create(&d, a, b, options), "comparing");
    while (framediff_next(d, &entry)) {
    }
    framediff_destroy(d);
    pcapfile_close(a);
    pcapfile_close(b);
    return now_s() - start_s;
}

static void measure(const char *name, enum change change, const struct framediff_options *options)
{
    double best_s = 0;

    write_capture(path_b, change);
    for (int i = 0; i < 3; i++) {
        double took_s = time_diff(options);

        best_s = i == 0 || took_s < best_s ? took_s : best_s;
    }
    printf("%s %.3f\n", name, best_s);
    fflush(stdout);
}

int main(void)
{
    const struct framediff_options strict = {.order = FRAMEDIFF_ORDER_STRICT};
    const struct framediff_options flow = {.order = FRAMEDIFF_ORDER_FLOW};
    const struct framediff_options any = {.order = FRAMEDIFF_ORDER_ANY};
    const struct framediff_options blind = {.ignored = FRAME_FIELD_BIT(FRAME_FIELD_ip_id)};
    struct rusage usage;

    if (mkdtemp(folder) == NULL) {
        perror(folder);
        return 1;
    }
    snprintf(path_a, sizeof(path_a), "%s/a.pcap", folder);
    snprintf(path_b, sizeof(path_b), "%s/b.pcap", folder);
    write_capture(path_a, CHANGE_NOTHING);
    measure("diff_million_s", CHANGE_NOTHING, &strict);
    measure("diff_million_lost_s", CHANGE_LOSS, &strict);
    measure("diff_million_lost_flow_s", CHANGE_LOSS, &flow);
    measure("diff_million_changed_s", CHANGE_EVERY, &strict);
    measure("diff_million_changed_ignored_s", CHANGE_EVERY, &blind);
    measure("diff_million_shuffled_s", CHANGE_ORDER, &strict);
    measure("diff_million_shuffled_any_s", CHANGE_ORDER, &any);
    getrusage(RUSAGE_SELF, &usage);
    printf("diff_million_peak_MiB %ld\n", usage.ru_maxrss / 1024);
    unlink(path_a);
    unlink(path_b);
    return rmdir(folder) == 0 ? 0 : 1;
}
