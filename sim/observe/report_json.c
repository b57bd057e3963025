/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.json. Keys stand in the order they are set, which is the plan's, so two equal runs give
 * equal bytes. jansson answers every mistake with NULL or -1 and takes NULL for an answer; the one
 * question at the end, whether everything could be built, is asked of `trouble`.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <jansson.h>
#include <string.h>

#include "sim/hook/where.h"
#include "sim/observe/report.h"

struct out {
    const struct report_input *in;
    bool trouble; /* something could not be built: out of memory */
};

static void put(struct out *o, json_t *object, const char *key, json_t *value)
{
    o->trouble |= json_object_set_new(object, key, value) != 0;
}

static void append(struct out *o, json_t *array, json_t *value)
{
    o->trouble |= json_array_append_new(array, value) != 0;
}

static json_t *number(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* A text, null for none. A file name may be no UTF-8: what is not ASCII in such a one becomes '?'.
 */
static json_t *text(const char *value)
{
    if (value == NULL) {
        return json_null();
    }
    json_t *exact = json_string(value);
    if (exact != NULL) {
        return exact;
    }
    char plain[1024];
    size_t length = strnlen(value, sizeof plain - 1);
    for (size_t i = 0; i < length; i++) {
        plain[i] = (unsigned char)value[i] < 0x80 ? value[i] : '?';
    }
    plain[length] = '\0';
    return json_string(plain);
}

static json_t *pd_name(const struct out *o, uint32_t pd)
{
    return pd < o->in->plan->pd_count ? text(o->in->plan->pds[pd].name) : json_null();
}

/* -- frames -- */

static json_t *clients_json(struct out *o, const uint64_t *counts)
{
    const struct plan *plan = o->in->plan;
    json_t *object = json_object();

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        if (plan->pds[i].endpoint) {
            put(o, object, plan->pds[i].name, number(counts[i]));
        }
    }
    return object;
}

static json_t *drops_json(struct out *o)
{
    const struct plan *plan = o->in->plan;
    json_t *places = json_object();

    for (uint32_t pd = 0; pd <= plan->pd_count; pd++) {
        const uint64_t *counts = o->in->account->dropped_at[pd];
        json_t *reasons = NULL;

        for (unsigned reason = 0; reason < DROP_COUNT; reason++) {
            if (counts[reason] != 0) {
                reasons = reasons == NULL ? json_object() : reasons;
                put(o, reasons, drop_reason_name(reason), number(counts[reason]));
            }
        }
        if (reasons != NULL) {
            put(o, places, pd < plan->pd_count ? plan->pds[pd].name : "?", reasons);
        }
    }
    return places;
}

static json_t *frames_json(struct out *o)
{
    const struct account *a = o->in->account;
    json_t *frames = json_object();

    put(o, frames, "in", number(a->in));
    put(o, frames, "sent", number(a->sent));
    put(o, frames, "copied", number(a->copied));
    put(o, frames, "delivered", clients_json(o, a->delivered_to));
    put(o, frames, "out", number(a->out));
    put(o, frames, "dropped", drops_json(o));
    put(o, frames, "in_flight", number(a->in_flight));
    put(o, frames, "sent_by", clients_json(o, a->sent_by));
    put(o, frames, "balanced", json_boolean(account_balanced(a)));
    return frames;
}

/* -- who and what -- */

static json_t *cycles_json(struct out *o, const struct report_cycles *c)
{
    json_t *object = json_object(), *works = json_object();

    put(o, object, "total", number(c->total));
    put(o, object, "kernel", number(c->kernel));
    put(o, object, "activations", number(c->activations));
    put(o, object, "switches", number(c->switches));
    for (size_t i = 0; i < c->work_count; i++) {
        json_t *work = json_object();

        put(o, work, "count", number(c->works[i].count));
        put(o, work, "cycles", number(c->works[i].cycles));
        put(o, works, c->works[i].name, work);
    }
    put(o, object, "work", works);
    return object;
}

static void put_use(struct out *o, json_t *object, uint64_t busy, uint64_t idle, uint64_t ppm)
{
    put(o, object, "busy_cycles", number(busy));
    put(o, object, "idle_cycles", number(idle));
    put(o, object, "utilisation_ppm", number(ppm));
}

static json_t *cpu_json(struct out *o)
{
    const struct report_cpu *cpu = o->in->cpu;

    if (cpu == NULL) {
        return json_null();
    }
    json_t *object = json_object(), *cores = json_array();

    put(o, object, "clock_hz", number(cpu->clock_hz));
    put_use(o, object, cpu->busy_cycles, cpu->idle_cycles, cpu->utilisation_ppm);
    put(o, object, "packets", number(cpu->packets));
    put(o, object, "cycles_per_packet", number(cpu->cycles_per_packet));
    for (size_t i = 0; i < cpu->core_count; i++) {
        json_t *core = json_object();

        put_use(o, core, cpu->cores[i].busy_cycles, cpu->cores[i].idle_cycles,
                cpu->cores[i].utilisation_ppm);
        append(o, cores, core);
    }
    put(o, object, "cores", cores);
    return object;
}

/* Lines as an array of texts. */
static json_t *lines_json(struct out *o, const char *lines)
{
    json_t *array = json_array();

    while (lines != NULL && *lines != '\0') {
        size_t length = strcspn(lines, "\n");

        append(o, array, json_stringn_nocheck(lines, length));
        lines += length + (lines[length] == '\n');
    }
    return array;
}

static json_t *hurt_json(struct out *o, uint32_t dead)
{
    size_t count;
    const struct report_hurt *list = report_hurt(o->in->plan, dead, &count);
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        json_t *one = json_object();

        put(o, one, "receiving", json_boolean(list[i].receiving));
        put(o, one, "sending", json_boolean(list[i].sending));
        put(o, object, o->in->plan->pds[list[i].pd].name, one);
    }
    return object;
}

static json_t *pd_json(struct out *o, uint32_t pd)
{
    const struct report_pd *r = &o->in->pds[pd];
    char where[WHERE_TEXT_BYTES];
    json_t *object = json_object();

    put(o, object, "entries", number(r->entries));
    put(o, object, "notified", number(r->notified));
    put(o, object, "signals_sent", number(r->signals_sent));
    put(o, object, "cpu_ns", number(r->cpu_ns));
    put(o, object, "faults", number(r->faults));
    put(o, object, "state", text(r->state));
    put(o, object, "confined", json_boolean(r->confined));
    put(o, object, "points", text(r->points));
    put(o, object, "told_by", text(r->told_by));
    if (o->in->cpu != NULL && o->in->plan->pds[pd].kind == PD_IMAGE) {
        put(o, object, "cycles", cycles_json(o, &o->in->cpu->pds[pd]));
    }
    if (r->died) {
        put(o, object, "death",
            text(where_death(o->in->plan, pd, r->death_signal, r->death_vaddr, where)));
        if (r->assertion != NULL) {
            put(o, object, "assertion", text(r->assertion));
        }
        put(o, object, "stack", lines_json(o, r->stack));
        put(o, object, "hurt", hurt_json(o, pd));
    }
    return object;
}

static json_t *pds_json(struct out *o)
{
    json_t *pds = json_object();

    for (uint32_t i = 0; o->in->pds != NULL && i < o->in->plan->pd_count; i++) {
        put(o, pds, o->in->plan->pds[i].name, pd_json(o, i));
    }
    return pds;
}

static json_t *devices_json(struct out *o)
{
    json_t *devices = json_object();

    for (uint32_t i = 0; o->in->devices != NULL && i < o->in->plan->device_count; i++) {
        const struct report_device *d = &o->in->devices[i];
        json_t *counters = json_object();

        for (size_t k = 0; k < d->counter_count; k++) {
            put(o, counters, d->counters[k].name, number(d->counters[k].value));
        }
        put(o, devices, o->in->plan->devices[i].name, counters);
    }
    return devices;
}

static json_t *queues_json(struct out *o)
{
    json_t *queues = json_object();

    for (uint32_t i = 0; i < o->in->plan->queue_count; i++) {
        json_t *queue = json_object();
        bool known = o->in->queues != NULL && o->in->queues[i].known;

        put(o, queue, "capacity", number(o->in->plan->queues[i].capacity));
        put(o, queue, "max_length", known ? number(o->in->queues[i].max_length) : json_null());
        put(o, queues, o->in->plan->queues[i].name, queue);
    }
    return queues;
}

static json_t *latency_json(struct out *o)
{
    const struct plan *plan = o->in->plan;
    json_t *clients = json_object();

    for (uint32_t i = 0; o->in->latency != NULL && i < plan->pd_count; i++) {
        const struct report_latency *l = &o->in->latency[i];

        if (!plan->pds[i].endpoint || l->count == 0) {
            continue;
        }
        json_t *client = json_object();
        put(o, client, "p50", number(l->p50_ns));
        put(o, client, "p99", number(l->p99_ns));
        put(o, client, "p999", number(l->p999_ns));
        put(o, client, "max", number(l->max_ns));
        put(o, client, "count", number(l->count));
        put(o, clients, plan->pds[i].name, client);
    }
    return clients;
}

/* -- what was found -- */

static json_t *findings_json(struct out *o, const struct finding *list, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *one = json_object();

        put(o, one, "text", text(list[i].text));
        put(o, one, "culprit", pd_name(o, list[i].culprit));
        put(o, one, "victim", pd_name(o, list[i].victim));
        put(o, one, "object", text(list[i].object));
        put(o, one, "time_ns", number(list[i].time_ns));
        put(o, one, "count", number(list[i].count));
        put(o, one, "place", text(report_place(o->in, &list[i])));
        put(o, one, "before", lines_json(o, list[i].before));
        if (report_stack(o->in, &list[i]) != NULL) {
            put(o, one, "stack", lines_json(o, report_stack(o->in, &list[i])));
        }
        append(o, array, one);
    }
    return array;
}

static json_t *checks_json(struct out *o)
{
    json_t *checks = json_array();

    for (size_t i = 0; i < o->in->check_count; i++) {
        const struct report_check *c = &o->in->checks[i];
        const struct findings *f = c->findings;
        json_t *check = json_object();

        put(o, check, "name", text(c->name));
        put(o, check, "verdict", text(report_verdict_name(report_check_verdict(o->in, c))));
        put(o, check, "findings", findings_json(o, f->list, f->count));
        put(o, check, "findings_more", number(f->lost));
        put(o, check, "excused", findings_json(o, f->excused, f->excused_count));
        put(o, check, "excused_more", number(f->excused_lost));
        if (f->figure != NULL) {
            put(o, check, "figure", text(f->figure));
        }
        append(o, checks, check);
    }
    return checks;
}

static json_t *expects_json(struct out *o)
{
    const struct scenario *s = o->in->plan->scenario;
    json_t *expects = json_array();

    for (size_t i = 0; o->in->expects != NULL && i < s->expect_count; i++) {
        const struct expect_result *r = &o->in->expects[i];
        json_t *expect = json_object();

        put(o, expect, "text", text(s->expects[i].text));
        put(o, expect, "holds", json_boolean(r->holds));
        put(o, expect, "value", r->known ? json_integer(r->value) : json_null());
        append(o, expects, expect);
    }
    return expects;
}

static json_t *faults_json(struct out *o)
{
    const struct scenario *s = o->in->plan->scenario;
    json_t *faults = json_array();

    for (size_t i = 0; i < s->fault_count; i++) {
        json_t *fault = json_object();

        put(o, fault, "kind", text(s->faults[i].type->name));
        put(o, fault, "pd", text(s->faults[i].pd));
        put(o, fault, "acted", number(o->in->account->acted[i]));
        append(o, faults, fault);
    }
    return faults;
}

static json_t *notes_json(struct out *o)
{
    json_t *notes = json_array();

    for (const char *const *note = o->in->notes; note != NULL && *note != NULL; note++) {
        append(o, notes, text(*note));
    }
    return notes;
}

int report_json(const struct report_input *in, FILE *to)
{
    const struct scenario *s = in->plan->scenario;
    struct out o = {.in = in};
    json_t *root = json_object();
    int error = 0;

    put(&o, root, "scenario", text(s->name));
    put(&o, root, "seed", number(s->seed));
    put(&o, root, "clock", text(in->clock));
    put(&o, root, "executor", text(in->executor));
    put(&o, root, "platform", text(in->platform));
    put(&o, root, "verdict", text(report_verdict_name(report_run_verdict(in))));
    put(&o, root, "digest", text(in->digest));
    put(&o, root, "events", in->digest == NULL ? json_null() : number(in->events));
    put(&o, root, "time_ns", number(in->time_ns));
    put(&o, root, "end", text(in->account->ended ? run_end_name(in->account->end) : NULL));
    put(&o, root, "end_detail", text(in->end_detail));
    put(&o, root, "frames", frames_json(&o));
    put(&o, root, "cpu", cpu_json(&o));
    put(&o, root, "pds", pds_json(&o));
    put(&o, root, "devices", devices_json(&o));
    put(&o, root, "queues", queues_json(&o));
    put(&o, root, "latency_ns", latency_json(&o));
    put(&o, root, "checks", checks_json(&o));
    put(&o, root, "expect", expects_json(&o));
    put(&o, root, "faults", faults_json(&o));
    put(&o, root, "notes", notes_json(&o));
    if (o.trouble) {
        error = -ENOMEM;
    } else {
        errno = 0;
        if (json_dumpf(root, to, JSON_INDENT(2)) != 0 || fputc('\n', to) == EOF ||
            fflush(to) != 0) {
            error = errno != 0 ? -errno : -EIO;
        }
    }
    json_decref(root);
    return error;
}
