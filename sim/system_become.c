/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other half of `run --wrap`: this program, started again by a tool, becomes one domain of a
 * run that is being set up. It makes the same plan from the run's own scenario file, and finds the
 * memory and doorbells under the descriptor numbers it was given.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "sim/exec/process.h"
#include "sim/system.h"

#define NUMBERS 6

/* `count` numbers separated by commas. */
static bool read_numbers(const char *text, unsigned long long *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *end;

        errno = 0;
        out[i] = strtoull(text, &end, 10);
        if (end == text || errno != 0 || (*end != ',' && i + 1 < count)) {
            return false;
        }
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

int system_become(const char *images, const char *numbers, const char *descriptors)
{
    static struct system system;
    static struct world world;
    unsigned long long n[NUMBERS];
    char scenario[4096];

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    snprintf(scenario, sizeof scenario, "%s/../scenario.json", images);
    if (!read_numbers(numbers, n, NUMBERS) || !system_build(&system, scenario, NULL, 0) ||
        n[0] >= system.plan->pd_count) {
        diag_print(&system.diag, stderr);
        fprintf(stderr, "sddfsim: --become is for `run --wrap` only\n");
        return 2;
    }
    const struct plan *plan = system.plan;
    size_t count = (size_t)plan->region_count + plan->pd_count + 1;
    unsigned long long *fds = arena_array(&system.arena, count, sizeof *fds);
    if (!read_numbers(descriptors, fds, count)) {
        fprintf(stderr, "sddfsim: the plan of %s is not the one that is being run\n", scenario);
        return 2;
    }
    world = (struct world){
        .plan = plan,
        .arena = &system.arena,
        .images = images,
        .region_fds = arena_array(&system.arena, plan->region_count, sizeof(int)),
        .doorbells = arena_array(&system.arena, plan->pd_count + 1, sizeof(int)),
        .epoch_ns = n[1],
        .scale = {.zero_ticks = n[2], .zero_ns = n[3], .mult = n[4], .error_ppb = n[5]},
        .confine = false,
    };
    for (uint32_t i = 0; i < plan->region_count; i++) {
        world.region_fds[i] = (int)fds[i];
    }
    for (uint32_t i = 0; i <= plan->pd_count; i++) {
        world.doorbells[i] = (int)fds[plan->region_count + i];
    }
    process_become(&world, (uint32_t)n[0],
                   system.scenario->clock == CLOCK_VIRTUAL ? system.platform : NULL);
}
