/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running what was built: a folder, a world, domains; then, when nothing moves any more, a look at
 * what is there, the checks' findings, and a report. On the way out everything is undone in the
 * order it was done, and what was not begun leaves nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include "sim/base/sanitized.h"
#include "sim/base/valgrind.h"
#include "sim/exec/image.h"
#include "sim/exec/virtual.h"
#include "sim/system_parts.h"

static int host_failure(const char *what, int error)
{
    fprintf(stderr, "sddfsim: cannot %s: %s\n", what, strerror(-error));
    return 3;
}

/* "PD=COMMAND" into words for each domain. Complains and returns false of what makes no sense. */
static bool find_wraps(struct run *r)
{
    r->s.wraps = arena_array(r->arena, r->plan->pd_count, sizeof *r->s.wraps);
    for (size_t i = 0; i < r->how->wrap_count; i++) {
        const char *equals = strchr(r->how->wraps[i], '=');
        const char *name = equals == NULL
                               ? r->how->wraps[i]
                               : arena_format(r->arena, "%.*s", (int)(equals - r->how->wraps[i]),
                                              r->how->wraps[i]);
        uint32_t pd = equals == NULL ? PLAN_NONE : plan_find_pd(r->plan, name);
        wordexp_t words;

        if (pd == PLAN_NONE || wordexp(equals + 1, &words, WRDE_NOCMD) != 0 ||
            words.we_wordc == 0) {
            fprintf(stderr,
                    "sddfsim: --wrap %s: write it as PD='COMMAND ...', with a domain of `sddfsim "
                    "show`\n",
                    r->how->wraps[i]);
            return false;
        }
        const char **copy = arena_array(r->arena, words.we_wordc + 1, sizeof *copy);
        for (size_t k = 0; k < words.we_wordc; k++) {
            copy[k] = arena_text(r->arena, words.we_wordv[k]);
        }
        wordfree(&words);
        r->s.wraps[pd] = copy;
    }
    return true;
}

static int install_images(struct run *r)
{
    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        const struct plan_pd *pd = &r->plan->pds[i];

        if (pd->kind != PD_IMAGE) {
            continue;
        }
        const char *to = arena_format(r->arena, "%s/%s.so", r->dir.images, pd->name);
        int error = image_install(r->plan, i, to);
        if (error != 0) {
            snprintf(r->why, sizeof r->why, "write image %s", to);
            return error;
        }
    }
    return 0;
}

struct room {
    const struct world *world;
    uint32_t pd;
};

static void ring_for_room(void *context)
{
    const struct room *room = context;

    world_ring(room->world, room->pd);
}

static int open_captures(struct run *r)
{
    r->sinks = arena_array(r->arena, r->plan->capture_count, sizeof *r->sinks);
    for (uint32_t i = 0; i < r->plan->capture_count; i++) {
        const struct plan_capture *c = &r->plan->captures[i];
        struct room *room = arena_alloc(r->arena, sizeof *room);
        char why[PCAPFILE_WHY_BYTES];
        int error =
            capture_open(&r->sinks[i], r->world.views[c->region], r->plan->regions[c->region].bytes,
                         r->dir.captures_fd, c->asked->file, why);

        if (error != 0) {
            snprintf(r->why, sizeof r->why, "write capture %s (%s)", c->asked->file, why);
            return error;
        }
        *room = (struct room){.world = &r->world, .pd = c->pd};
        r->sinks[i].room = ring_for_room;
        r->sinks[i].context = room;
    }
    return 0;
}

static int fill_scenario(void *context, FILE *to)
{
    const struct scenario *s = context;

    return fputs(s->expanded, to) < 0 ? -EIO : 0;
}

static int prepare(struct run *r)
{
    char why[RUNDIR_WHY_BYTES];
    int error =
        rundir_write(&r->dir, "scenario.json", fill_scenario, (void *)r->plan->scenario, why);

    if (error != 0) {
        snprintf(r->why, sizeof r->why, "write %s/scenario.json", r->dir.path);
        return error;
    }
    error = install_images(r);

    if (error == 0) {
        error = world_create(&r->world, r->plan, r->dir.images, r->dir.logs, r->why, sizeof r->why);
    }
    if (error == 0) {
        /* A tool around the whole program needs system calls of its own in every domain, as
         * sanitizers do. */
        r->world.confine = !SANITIZED && RUNNING_ON_VALGRIND == 0;
        for (uint32_t i = 0; i < r->plan->pd_count; i++) {
            /* One in a tool does not know who polls, and is slow enough to sleep. */
            r->world.polls[i] = r->world.polls[i] && r->s.wraps[i] == NULL;
        }
        error = open_captures(r);
    }
    return error;
}

/* Under another name until it is whole. 0, or -errno with the reason in r->why. */
static int open_events(struct run *r)
{
    if (!r->how->events) {
        return 0;
    }
    r->events_part = arena_format(r->arena, "%s/events.txt.part", r->dir.path);
    r->s.events = fopen(r->events_part, "we");
    if (r->s.events == NULL) {
        snprintf(r->why, sizeof r->why, "write %s", r->events_part);
        return -errno;
    }
    return 0;
}

static int close_events(struct run *r)
{
    int error = 0;

    if (r->s.events == NULL) {
        return 0;
    }
    errno = 0;
    if (fflush(r->s.events) != 0 || ferror(r->s.events)) {
        error = errno != 0 ? -errno : -EIO;
    }
    if (fclose(r->s.events) != 0 && error == 0) {
        error = -errno;
    }
    r->s.events = NULL;
    if (error == 0 &&
        rename(r->events_part, arena_format(r->arena, "%s/events.txt", r->dir.path)) != 0) {
        error = -errno;
    }
    if (error != 0) {
        unlink(r->events_part);
        snprintf(r->why, sizeof r->why, "write %s/events.txt", r->dir.path);
    }
    return error;
}

static int run_in_folder(struct run *r)
{
    int error = prepare(r);

    if (error != 0) {
        return host_failure(r->why, error);
    }
    const struct scenario *s = r->plan->scenario;
    const struct exec_type *exec = exec_find(system_executor(s));

    r->s.world = &r->world;
    r->s.exec = exec;
    r->s.exec_state = arena_alloc(r->arena, exec->state_size);
    r->s.sinks = r->sinks;
    r->s.after_ns = s->stop_after_ns;
    r->s.wall_ns = s->stop_wall_ns;
    r->s.open_ended = s->stop_wall_preset;
    account_init(&r->account, r->plan);
    probe_listen(&r->bus, account_event, &r->account);
    checks_listen(&r->system->checks, &r->bus);
    r->s.platform = r->system->platform;
    if (s->clock == CLOCK_HOST) {
        error = supervise_run(&r->s, r->why, sizeof r->why);
    } else if ((error = open_events(r)) == 0) {
        supervise_hold_signals(false);
        error = virtual_run(&r->s, r->why, sizeof r->why);
        supervise_hold_signals(true);
        int lost = close_events(r);
        error = error != 0 ? error : lost;
    }
    if (error != 0) {
        return host_failure(r->why, error);
    }
    if (r->s.end == RUN_FAILED) {
        system_say_failure(r);
        return 3;
    }
    return system_judge(r);
}

/* Is it the name given with -o that is wrong, and not the host? */
static bool is_bad_name(const struct system_run *how, int error)
{
    static const int reasons[] = {ENOENT, ENOTDIR, EACCES, EPERM, EROFS, ENAMETOOLONG, ELOOP};

    for (size_t i = 0; how->out_dir != NULL && i < sizeof reasons / sizeof reasons[0]; i++) {
        if (error == -reasons[i]) {
            return true;
        }
    }
    return error == -EEXIST;
}

/* The last line of a run that did not go well. */
static int said_how_to_repeat(const struct system_run *how, int status)
{
    if (status != 0 && status != 2) {
        fprintf(stderr, "sddfsim: repeat with: %s\n", how->repeat);
    }
    return status;
}

int system_run(struct system *system, const struct system_run *how)
{
    struct run r = {.system = system, .how = how, .plan = system->plan, .arena = &system->arena};
    const struct scenario *s = system->scenario;
    char why[RUNDIR_WHY_BYTES];
    int status;

    if (!find_wraps(&r)) {
        return 2;
    }
    supervise_hold_signals(true);
    int error = rundir_create(&r.dir, r.arena, how->out_dir, s->name, s->seed, why);
    if (error != 0) {
        fprintf(stderr, "sddfsim: %s\n", why);
        supervise_hold_signals(false);
        return said_how_to_repeat(how, is_bad_name(how, error) ? 2 : 3);
    }
    if (how->folder != NULL) {
        *how->folder = r.dir.path;
    }
    status = run_in_folder(&r);
    for (uint32_t i = 0; r.sinks != NULL && i < r.plan->capture_count; i++) {
        capture_finish(&r.sinks[i]);
    }
    world_destroy(&r.world);
    if (r.s.pds == NULL || r.s.end == RUN_FAILED) {
        rundir_remove(&r.dir);
    }
    rundir_close(&r.dir);
    said_how_to_repeat(how, status);
    supervise_hold_signals(false);
    return status;
}
