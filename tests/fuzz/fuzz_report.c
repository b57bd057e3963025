/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a report that a sweep has its numbers from, and as a file of published points. What
 * is not there, or is something else, is not taken.
 */
#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/cmd/sweep_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_report(const char *text, size_t bytes, struct arena *arena)
{
    struct sweep_result result;
    json_t *report = json_loadb(text, bytes, 0, NULL);

    if (report != NULL) {
        sweep_result_read(&result, report, arena);
        for (int i = 0; i < SWEEP_COLUMN_COUNT; i++) {
            assert(result.numbers[i].known || !result.numbers[i].whole);
        }
        json_decref(report);
    }
}

static void read_points(const char *text, size_t bytes, struct arena *arena)
{
    int fd = memfd_create("points", MFD_CLOEXEC);
    struct sweep_overlay overlay;

    assert(fd >= 0);
    assert(write(fd, text, bytes) == (ssize_t)bytes);
    const char *why =
        sweep_overlay_read(&overlay, arena_format(arena, "/proc/self/fd/%d:system", fd), arena);

    assert(why == NULL || why[0] != '\0');
    for (size_t i = 0; why == NULL && i < overlay.count; i++) {
        assert(overlay.marks[i].numbers[SWEEP_OFFERED_BPS].known);
        for (int k = 0; k < SWEEP_COLUMN_COUNT; k++) {
            assert(isfinite(overlay.marks[i].numbers[k].value));
        }
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};

    read_report((const char *)data, size, &arena);
    read_points((const char *)data, size, &arena);
    arena_finish(&arena);
    return 0;
}
