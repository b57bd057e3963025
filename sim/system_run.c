/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running what was built: a folder, a world, domains; then, when nothing moves any more, a look at what is
 * there, the checks' findings, and a report. On the way out everything is undone in the order it was done, and
 * what was not begun leaves nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <wordexp.h>

#include <jansson.h>

#include "sim/base/hash.h"
#include "sim/base/log.h"
#include "sim/exec/freely.h"
#include "sim/exec/image.h"
#include "sim/exec/look.h"
#include "sim/exec/supervise.h"
#include "sim/hook/where.h"
#include "sim/observe/account.h"
#include "sim/observe/expect.h"
#include "sim/observe/report.h"
#include "sim/observe/rundir.h"
#include "sim/system.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif
/* A tool around the whole program needs system calls of its own in every domain, as sanitizers do. */
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#define WHY_BYTES 2048

struct run {
    struct system *system;
    const struct system_run *how;
    const struct plan *plan;
    struct arena *arena;
    struct rundir dir;
    struct world world;
    struct supervise s;
    struct capture_sink *sinks;
    struct account account;
    struct probe_bus bus;
    char why[WHY_BYTES];
};

static int host_failure(const char *what, int error)
{
    fprintf(stderr, "sddfsim: cannot %s: %s\n", what, strerror(-error));
    return 3;
}

/* -- before -- */

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

        if (pd == PLAN_NONE || wordexp(equals + 1, &words, WRDE_NOCMD) != 0 || words.we_wordc == 0) {
            fprintf(stderr, "sddfsim: --wrap %s: write it as PD='COMMAND ...', with a domain of `sddfsim show`\n",
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
        int error = capture_open(&r->sinks[i], r->world.views[c->region],
                                 r->plan->regions[c->region].bytes, r->dir.captures_fd, c->asked->file, why);

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
    int error = rundir_write(&r->dir, "scenario.json", fill_scenario, (void *)r->plan->scenario, why);

    if (error != 0) {
        snprintf(r->why, sizeof r->why, "write %s/scenario.json", r->dir.path);
        return error;
    }
    error = install_images(r);

    if (error == 0) {
        error = world_create(&r->world, r->plan, r->dir.images, r->dir.logs, r->why, sizeof r->why);
    }
    if (error == 0) {
        r->world.confine = !SANITIZED && RUNNING_ON_VALGRIND == 0;
        error = open_captures(r);
    }
    return error;
}

/* -- after -- */

/* Captures are part of the result: one that could not be written fails the run, and says so. */
static int close_captures(struct run *r)
{
    int worst = 0;

    for (uint32_t i = 0; i < r->plan->capture_count; i++) {
        const char *file = r->plan->captures[i].asked->file;
        int error = capture_finish(&r->sinks[i]);

        if (error != 0) {
            fprintf(stderr, "sddfsim: cannot write %s/%s: %s; %llu frames are missing from it\n",
                    r->dir.captures, file, strerror(-error), (unsigned long long)r->sinks[i].lost);
            worst = error;
        }
        if (r->sinks[i].corrupt[0] != '\0') {
            log_warnx("capture %s ends early: %s", file, r->sinks[i].corrupt);
        }
    }
    return worst;
}

static const char *state_name(const struct run *r, uint32_t pd)
{
    if (r->s.pds[pd].died) {
        return "died";
    }
    switch (atomic_load(&r->world.pages[pd]->state)) {
    case PD_STOPPED:
        return "stopped by a fault";
    case PD_ENDED:
        return "ended when told";
    default:
        return "killed at the end: it did not wait";
    }
}

static struct report_pd *report_pds(struct run *r)
{
    struct report_pd *pds = arena_array(r->arena, r->plan->pd_count, sizeof *pds);

    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        const struct pd_page *page = r->world.pages[i];
        const struct supervise_pd *p = &r->s.pds[i];
        bool image = r->plan->pds[i].kind == PD_IMAGE;

        pds[i] = (struct report_pd){
            .entries = atomic_load(&page->entries),
            .notified = atomic_load(&page->notified),
            .signals_sent = atomic_load(&page->signals_sent),
            .cpu_ns = p->cpu_ns,
            .faults = p->died,
            .state = state_name(r, i),
            .died = p->died,
            .death_signal = (uint64_t)p->signal,
            .death_vaddr = supervise_death_detail(p),
            .confined = r->world.confine && r->s.wraps[i] == NULL && r->s.exec->isolates,
            .points = !image ? NULL : page->points != 0 ? "all" : "os",
            .told_by = image ? "pd" : "world",
        };
    }
    return pds;
}

static struct report_device *report_devices(struct run *r)
{
    struct report_device *devices = arena_array(r->arena, r->plan->device_count, sizeof *devices);

    for (uint32_t i = 0; i < r->plan->device_count; i++) {
        const struct page_device *d = &r->world.pages[r->plan->devices[i].pd]->device;
        const struct wire_echo *e = &d->wire.echo;
        const struct report_counter counters[] = {
            {"rx_written", d->rx_written},
            {"in_bytes", d->wire.in_bytes},
            {"out_bytes", d->wire.out_bytes},
            {"dma_faults", d->dma_faults},
            {"violations", d->violations},
            {"echo_sent", e->sent},
            {"echo_returned", e->returned},
            {"echo_corrupt", e->corrupt},
            {"echo_duplicate", e->duplicate},
            {"echo_misrouted", e->misrouted},
            {"echo_measured", e->measured},
            {"echo_measured_ns", e->measured == 0 ? 0 : e->last_ns - e->first_ns},
            {"rtt_p50_ns", rtt_quantile(&e->rtt, 500)},
            {"rtt_p99_ns", rtt_quantile(&e->rtt, 990)},
            {"rtt_min_ns", e->rtt.count == 0 ? 0 : e->rtt.min_ns},
        };
        bool echoes = e->sent != 0;

        devices[i].counters = arena_copy(r->arena, counters, sizeof counters);
        devices[i].counter_count = echoes ? sizeof counters / sizeof counters[0] : 5;
    }
    return devices;
}

static struct report_queue *report_queues(struct run *r)
{
    struct report_queue *queues = arena_array(r->arena, r->plan->queue_count, sizeof *queues);

    for (uint32_t pd = 0; pd < r->plan->pd_count; pd++) {
        uint32_t list[MOVES_QUEUES_MAX];
        size_t count = moves_queue_list(r->plan, pd, list);

        for (size_t i = 0; i < count; i++) {
            if (r->plan->queues[list[i]].producer == pd) {
                queues[list[i]] = (struct report_queue){
                    .max_length = r->world.pages[pd]->counts.queues[i].max_length, .known = true};
            }
        }
    }
    return queues;
}

static struct report_latency *report_latency(struct run *r)
{
    struct report_latency *all = arena_array(r->arena, r->plan->pd_count, sizeof *all);

    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        struct rtt *copy = arena_copy(r->arena, &r->world.pages[i]->latency, sizeof *copy);

        all[i] = (struct report_latency){.count = copy->count,
                                         .p50_ns = rtt_quantile(copy, 500),
                                         .p99_ns = rtt_quantile(copy, 990),
                                         .p999_ns = rtt_quantile(copy, 999),
                                         .max_ns = copy->count == 0 ? 0 : copy->max_ns};
    }
    return all;
}

/* The last line of a domain's log, "" if there is none. It may hold anything, so only what can be read is taken. */
static void last_line(const struct run *r, const char *name, char out[static WHY_BYTES])
{
    const char *path = arena_format(r->arena, "%s/%s.log", r->dir.logs, name);
    FILE *log = fopen(path, "re");
    char line[WHY_BYTES];

    out[0] = '\0';
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') {
            memcpy(out, line, strlen(line) + 1);
        }
    }
    for (char *at = out; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    }
    if (log != NULL) {
        fclose(log);
    }
}

/* The run could not begin because of one domain; the others ended because of that. */
static void say_failure(struct run *r)
{
    uint32_t pd = plan_find_pd(r->plan, r->s.failed_pd);
    const struct supervise_pd *p = &r->s.pds[pd];
    char line[WHY_BYTES];

    last_line(r, r->s.failed_pd, line);
    if (p->failed != NULL) {
        fprintf(stderr, "sddfsim: %s could not start: %s\n", r->s.failed_pd, p->failed);
    } else if (line[0] != '\0') {
        fprintf(stderr, "sddfsim: %s could not start: %s\n", r->s.failed_pd, line);
    } else {
        fprintf(stderr, "sddfsim: %s could not start: it left with status %d\n", r->s.failed_pd, p->status);
    }
}

static void say_deaths(struct run *r)
{
    char why[WHERE_TEXT_BYTES];

    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        const struct supervise_pd *p = &r->s.pds[i];
        const char *name = r->plan->pds[i].name;

        if (p->died) {
            fprintf(stderr, "sddfsim: %s died of %s; see %s/%s.log\n", name,
                    where_death(r->plan, i, (uint64_t)p->signal, supervise_death_detail(p), why), r->dir.logs,
                    name);
        }
    }
    if (r->s.end == RUN_WALL && r->s.failed_pd != NULL) {
        fprintf(stderr, "sddfsim: %s was not ready in time; see %s/%s.log\n", r->s.failed_pd, r->dir.logs,
                r->s.failed_pd);
    }
}

/* -- the files of a run -- */

static int fill_json(void *context, FILE *to)
{
    return report_json(context, to);
}

static int fill_text(void *context, FILE *to)
{
    return report_text(context, to, false);
}

static void add_input(json_t *inputs, const char *file)
{
    char digest[SHA256_TEXT_BYTES];

    if (file != NULL && sha256_file(file, digest) == 0) {
        json_object_set_new(inputs, file, json_string(digest));
    }
}

static int fill_manifest(void *context, FILE *to)
{
    const struct run *r = context;
    const struct scenario *s = r->plan->scenario;
    json_t *root = json_object(), *inputs = json_object();
    struct utsname host;
    char when[64] = "";
    time_t now = time(NULL);
    struct tm tm;

    add_input(inputs, s->path);
    for (size_t i = 0; i < s->wire_count; i++) {
        for (const struct param *p = s->wires[i].type->params; p != NULL && p->name != NULL; p++) {
            if (p->kind == PARAM_KIND_PATH) {
                add_input(inputs, *(const char *const *)((const char *)s->wires[i].state + p->offset));
            }
        }
    }
    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        add_input(inputs, r->plan->pds[i].image_file);
    }
    uname(&host);
    if (localtime_r(&now, &tm) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S%z", &tm);
    }
    json_object_set_new(root, "version", json_string(SYSTEM_VERSION));
    json_object_set_new(root, "scenario", json_string(s->path));
    json_object_set_new(root, "seed", json_integer((json_int_t)s->seed));
    json_object_set_new(root, "repeat", json_string(r->how->repeat));
    json_object_set_new(root, "ended", json_string(run_end_name(r->s.end)));
    json_object_set_new(root, "when", json_string(when));
    json_object_set_new(root, "ready_ns", json_integer((json_int_t)r->s.ready_ns));
    json_object_set_new(root, "wall_ns", json_integer((json_int_t)r->s.length_ns));
    json_object_set_new(root, "host",
                        json_pack("{s:s, s:s, s:s, s:i}", "system", host.sysname, "release", host.release,
                                  "machine", host.machine, "cores", (int)sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(root, "inputs", inputs);
    int error = json_dumpf(root, to, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0 ? 0 : -EIO;
    fputc('\n', to);
    json_decref(root);
    return error;
}

static int write_files(struct run *r, struct report_input *in)
{
    char why[RUNDIR_WHY_BYTES];
    int error = rundir_write(&r->dir, "report.json", fill_json, in, why);

    if (error == 0) {
        error = rundir_write(&r->dir, "report.txt", fill_text, in, why);
    }
    if (error == 0) {
        error = rundir_write(&r->dir, "manifest.json", fill_manifest, r, why);
    }
    if (error != 0) {
        fprintf(stderr, "sddfsim: %s\n", why);
    }
    return error;
}

/* -- judging -- */

static int exit_status(const struct run *r, enum report_verdict verdict)
{
    switch (r->s.end) {
    case RUN_WALL:
        return 5;
    case RUN_INTERRUPTED:
    case RUN_FAILED:
        return 3;
    default:
        return verdict == REPORT_FAIL ? 1 : 0;
    }
}

static int judge(struct run *r)
{
    static const char *const host_notes[] = {
        "host clock: Linux scheduled the domains; priorities, budgets and costs were not modelled", NULL};
    static const char *const free_notes[] = {
        "virtual clock, free of cost: instructions take no time, and budgets were not modelled",
        "all domains shared one address space: nothing was isolated", NULL};
    bool host = r->s.exec->host_clock;
    const struct scenario *s = r->plan->scenario;
    struct report_check *checks = arena_array(r->arena, r->system->checks.count, sizeof *checks);

    look(&r->s, &r->bus);
    checks_finish(&r->system->checks);
    for (size_t i = 0; i < r->system->checks.count; i++) {
        const struct check_run *c = &r->system->checks.runs[i];

        checks[i] = (struct report_check){
            .name = c->type->name, .isolation = c->type->isolation, .findings = &c->findings};
    }
    struct report_input in = {
        .plan = r->plan,
        .account = &r->account,
        .clock = host ? "host" : "virtual",
        .executor = r->s.exec->name,
        .platform = s->platform != NULL ? s->platform : "generic",
        .time_ns = r->s.length_ns,
        .end_detail = r->s.end == RUN_QUIET && r->s.input_left
                          ? "though a wire still waits for frames to come back"
                          : NULL,
        .checks = checks,
        .check_count = r->system->checks.count,
        .pds = report_pds(r),
        .devices = report_devices(r),
        .queues = report_queues(r),
        .latency = report_latency(r),
        .notes = host ? host_notes : free_notes,
    };
    in.expects = expect_judge(&in);
    int error = close_captures(r);
    int written = write_files(r, &in);
    if (r->how->json) {
        report_json(&in, stdout);
    } else if (!r->how->quiet) {
        report_text(&in, stdout, r->how->color);
        printf("\n%s\n", r->dir.path);
    }
    fflush(stdout);
    say_deaths(r);
    return error != 0 || written != 0 ? 3 : exit_status(r, report_run_verdict(&in));
}

static int run_in_folder(struct run *r)
{
    int error = prepare(r);

    if (error != 0) {
        return host_failure(r->why, error);
    }
    const struct scenario *s = r->plan->scenario;
    const struct exec_type *exec = exec_find(s->executor != NULL ? s->executor : s->clock == CLOCK_HOST ? "process" : "fiber");

    r->s.world = &r->world;
    r->s.exec = exec;
    r->s.exec_state = arena_alloc(r->arena, exec->state_size);
    r->s.sinks = r->sinks;
    r->s.after_ns = s->stop_after_ns;
    r->s.wall_ns = s->stop_wall_ns;
    account_init(&r->account, r->plan);
    probe_listen(&r->bus, account_event, &r->account);
    checks_listen(&r->system->checks, &r->bus);
    if (exec->host_clock) {
        error = supervise_run(&r->s, r->why, sizeof r->why);
    } else {
        supervise_hold_signals(false);
        error = freely_run(&r->s, r->why, sizeof r->why);
        supervise_hold_signals(true);
    }
    if (error != 0) {
        return host_failure(r->why, error);
    }
    if (r->s.end == RUN_FAILED) {
        say_failure(r);
        return 3;
    }
    return judge(r);
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
