/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judging a run: looking at what is there when nothing moves any more, gathering what each room
 * measured into one report, and saying who died of what.
 */
#include <stdio.h>
#include <string.h>

#include "sim/exec/look.h"
#include "sim/exec/virtual.h"
#include "sim/hook/where.h"
#include "sim/observe/expect.h"
#include "sim/system_parts.h"

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

/* What a domain says in its page may be anything. */
static const char *plain_text(struct run *r, const char *text, size_t room)
{
    char *copy = arena_format(r->arena, "%.*s", (int)strnlen(text, room), text);

    for (char *at = copy; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? '?' : *at;
    }
    return copy;
}

/* How it died, in its own words and by its stack. */
static void report_death(struct run *r, uint32_t pd, struct report_pd *to)
{
    const struct pd_page *page = r->world.pages[pd];
    const struct supervise_pd *p = &r->s.pds[pd];
    const char *image = arena_format(r->arena, "%s.so", r->plan->pds[pd].name);

    to->death_signal = (uint64_t)p->signal;
    to->death_vaddr = supervise_death_detail(p);
    if (p->signal == WHERE_DEATH_ASSERTION) {
        to->assertion = plain_text(r, page->death.assertion, sizeof page->death.assertion);
    }
    if (p->left_stack) {
        to->death_place = stack_place(&page->death.stack);
        to->stack =
            stack_lines(&page->death.stack, arena_format(r->arena, "%s/%s", r->dir.images, image),
                        image, r->arena);
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
            .faults = p->died || p->revived,
            .state = state_name(r, i),
            .died = p->died || p->revived,
            .confined = r->world.confine && r->s.wraps[i] == NULL && r->s.exec->isolates,
            .points = !image                     ? NULL
                      : r->plan->pds[i].explored ? "accesses"
                      : page->points != 0        ? "all"
                                                 : "os",
            .told_by = image ? "pd" : "world",
        };
        if (pds[i].died) {
            report_death(r, i, &pds[i]);
        }
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
            {"rtt_p999_ns", rtt_quantile(&e->rtt, 999)},
            {"rtt_min_ns", e->rtt.count == 0 ? 0 : e->rtt.min_ns},
            {"rtt_max_ns", e->rtt.count == 0 ? 0 : e->rtt.max_ns},
            {"rtt_mean_ns", rtt_mean(&e->rtt)},
            {"offered_bps", wire_offered_bps(e)},
            {"achieved_bps", wire_achieved_bps(e)},
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

/* The last line of a domain's log, "" if there is none. It may hold anything, so only what can be
 * read is taken. */
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
void system_say_failure(struct run *r)
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
        fprintf(stderr, "sddfsim: %s could not start: it left with status %d\n", r->s.failed_pd,
                p->status);
    }
}

void system_say_deaths(struct run *r)
{
    char why[WHERE_TEXT_BYTES];

    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        const struct supervise_pd *p = &r->s.pds[i];
        const char *name = r->plan->pds[i].name;

        if (p->died || p->revived) {
            fprintf(stderr, "sddfsim: %s died of %s; see %s/%s.log\n", name,
                    where_death(r->plan, i, (uint64_t)p->signal, supervise_death_detail(p), why),
                    r->dir.logs, name);
        }
    }
    if (r->s.end == RUN_WALL && r->s.failed_pd != NULL) {
        fprintf(stderr, "sddfsim: %s was not ready in time; see %s/%s.log\n", r->s.failed_pd,
                r->dir.logs, r->s.failed_pd);
    }
}

static int exit_status(const struct run *r, enum report_verdict verdict)
{
    switch (r->s.end) {
    case RUN_WALL:
        return 5;
    case RUN_INTERRUPTED:
    case RUN_FAILED:
        return 3;
    case RUN_STUCK:
        return 1;
    default:
        return verdict == REPORT_FAIL ? 1 : 0;
    }
}

/* A further half sentence on how it ended, if there is more to say. */
static const char *end_detail(const struct run *r)
{
    if (r->s.by_hand) {
        return "that is, until somebody interrupted it";
    }
    if (r->s.end == RUN_STUCK && r->s.stuck_on == PLAN_NONE) {
        return arena_format(r->arena, "%s does not return from init()",
                            r->plan->pds[r->s.stuck_pd].name);
    }
    if (r->s.end == RUN_STUCK) {
        return arena_format(r->arena, "%s asks %s, which is dead, again and again",
                            r->plan->pds[r->s.stuck_pd].name, r->plan->pds[r->s.stuck_on].name);
    }
    if (r->s.end == RUN_WALL && r->plan->scenario->stop_after_ns == 0) {
        return "and with no \"after\" in its \"stop\", a run goes on while any domain sets "
               "timeouts";
    }
    return r->s.end == RUN_QUIET && r->s.input_left
               ? "though a wire still waits for frames to come back"
               : NULL;
}

/* On the host's clock: it is by this that one run is faster than another. */
static const char *where_they_ran(const struct run *r)
{
    const struct world *w = &r->world;
    uint32_t cores = 0, polling = 0;

    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        uint32_t k = 0;

        while (k < i && w->cpus[k] != w->cpus[i]) {
            k++;
        }
        cores += k == i;
        polling += w->polls[i];
    }
    return arena_format(r->arena,
                        "placement: %u of the host's cores; without work, %u of %u domains polled "
                        "and the others slept",
                        cores, polling, r->plan->pd_count);
}

static const char *order_of_memory(struct run *r)
{
    const struct scenario *s = r->plan->scenario;

    return arena_format(r->arena,
                        "order of memory, for domains whose points are accesses: %s; what is found "
                        "may be right on a machine that keeps more order than C11 asks it to",
                        s->memory == MEMORY_TSO ? "tso" : "weak");
}

int system_judge(struct run *r)
{
    static const char host_note[] = "host clock: Linux scheduled the domains; priorities, budgets "
                                    "and costs were not modelled";
    static const char virtual_note[] = "virtual clock: times are those of the platform's cost "
                                       "table; memory is not modelled beyond what it says";
    static const char shared[] = "all domains shared one address space: nothing was isolated";
    bool host = r->plan->scenario->clock == CLOCK_HOST;
    char digest[24];
    const struct scenario *s = r->plan->scenario;
    struct report_check *checks = arena_array(r->arena, r->system->checks.count, sizeof *checks);

    const char *notes[4] = {host ? host_note : virtual_note};
    size_t note_count = 1;

    if (s->memory != MEMORY_STRICT) {
        notes[note_count++] = order_of_memory(r);
    }

    if (!r->s.exec->isolates) {
        notes[note_count++] = shared;
    }
    if (host) {
        notes[note_count] = where_they_ran(r);
    }

    if (!host) {
        snprintf(digest, sizeof digest, "%016llx", (unsigned long long)r->s.virtual_result->digest);
    }
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
        .images = r->dir.images,
        .platform = s->platform != NULL ? s->platform : "generic",
        .time_ns = r->s.length_ns,
        .end_detail = end_detail(r),
        .checks = checks,
        .check_count = r->system->checks.count,
        .pds = report_pds(r),
        .devices = report_devices(r),
        .queues = report_queues(r),
        .latency = report_latency(r),
        .notes = notes,
        .cpu = system_cpu(r),
        .digest = host ? NULL : digest,
        .events = host ? 0 : r->s.virtual_result->events,
    };
    in.expects = expect_judge(&in);
    int error = system_close_captures(r);
    int written = system_write_files(r, &in);
    if (r->how->json) {
        report_json(&in, stdout);
    } else if (!r->how->quiet) {
        report_text(&in, stdout, r->how->color);
        printf("\n%s\n", r->dir.path);
    }
    fflush(stdout);
    system_say_deaths(r);
    return error != 0 || written != 0 ? 3 : exit_status(r, report_run_verdict(&in));
}
