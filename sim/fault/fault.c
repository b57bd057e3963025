/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The faults of a run at work: which exist, which are aimed at a domain, and when each acts. A
 * fault kind decides only what goes wrong. The trigger says from when (`at`, `after_entries`) and
 * until when (`count`, `duration`), and is the same for all kinds, inside a domain and at the
 * gates.
 */
#include "sim/fault/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/fault/fault_set.h"

static const struct fault_type *const types[] = {
#define ROW(id) &fault_##id,
    FAULT_TYPES(ROW)
#undef ROW
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

const struct fault_type *const *fault_types(size_t *count)
{
    *count = TYPE_COUNT;
    return types;
}

const struct type_view *fault_views(size_t *count)
{
    static struct type_view views[TYPE_COUNT];

    for (size_t i = 0; i < TYPE_COUNT; i++) {
        views[i] = (struct type_view){.name = types[i]->name,
                                      .doc = types[i]->doc,
                                      .state_size = types[i]->state_size,
                                      .params = types[i]->params,
                                      .type = types[i]};
    }
    *count = TYPE_COUNT;
    return views;
}

static const struct fault_type *type_of(const struct scenario_fault *asked)
{
    return asked->type->type;
}

/* -- before the run -- */

static void complain_unknown_pd(const struct plan *plan, const struct scenario_fault *asked,
                                struct diag *diag)
{
    const char **names = arena_array(plan->arena, plan->pd_count, sizeof *names);
    const char *near;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        names[i] = plan->pds[i].kind == PD_IMAGE ? plan->pds[i].name : NULL;
    }
    near = suggest(asked->pd, names, plan->pd_count);
    diag_error(diag, asked->place, "pd: no protection domain \"%s\"%s%s%s", asked->pd,
               near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
               near == NULL ? "" : "\"?");
}

/* The domain a fault is aimed at, PLAN_NONE if at none. False after a complaint. */
static bool target_of(const struct plan *plan, const struct scenario_fault *asked, uint32_t *pd,
                      struct diag *diag)
{
    const struct fault_type *type = type_of(asked);

    *pd = PLAN_NONE;
    if (asked->pd == NULL) {
        if (type->needs_pd) {
            diag_error(diag, asked->place, "pd: say which protection domain %s compromises",
                       type->name);
        }
        return !type->needs_pd;
    }
    *pd = plan_find_pd(plan, asked->pd);
    if (*pd == PLAN_NONE) {
        complain_unknown_pd(plan, asked, diag);
        return false;
    }
    if (plan->pds[*pd].kind == PD_DEVICE && type->inside != NULL) {
        diag_error(diag, asked->place, "pd: %s is a device, and %s acts inside an image", asked->pd,
                   type->name);
        return false;
    }
    return true;
}

bool faults_check(const struct plan *plan, struct diag *diag)
{
    size_t errors_before = diag->errors;

    for (size_t i = 0; i < plan->scenario->fault_count; i++) {
        const struct scenario_fault *asked = &plan->scenario->faults[i];
        const struct fault_type *type = type_of(asked);
        uint32_t pd;

        if (!target_of(plan, asked, &pd, diag)) {
            continue;
        }
        if (asked->after_entries != 0 && pd == PLAN_NONE) {
            diag_error(diag, asked->place,
                       "after_entries: counts a domain's entries, and no \"pd\" is given");
        }
        if (type->check != NULL) {
            type->check(asked->state, plan, pd, diag, asked->place);
        }
    }
    return diag->errors == errors_before;
}

/* -- getting ready -- */

static void count_slots(struct fault_set *set, const struct fault_type *type)
{
    set->askable[FAULT_FRAME] += type->frame != NULL;
    set->askable[FAULT_DMA] += type->dma != NULL;
    set->askable[FAULT_IRQ] += type->irq != NULL;
    set->askable[FAULT_NOTIFY] += type->notify != NULL;
    set->askable[FAULT_INSIDE] += type->inside != NULL;
}

void faults_init(struct fault_set *set, const struct plan *plan, uint32_t pd)
{
    const struct scenario *s = plan->scenario;

    *set = (struct fault_set){.plan = plan, .pd = pd};
    if (s == NULL || s->fault_count == 0) {
        return;
    }
    set->runs = arena_array(plan->arena, s->fault_count, sizeof *set->runs);
    for (size_t i = 0; i < s->fault_count; i++) {
        const struct scenario_fault *asked = &s->faults[i];
        const struct fault_type *type = type_of(asked);
        char stream[32];

        if (asked->pd != NULL ? plan_find_pd(plan, asked->pd) != pd : type->needs_pd) {
            continue;
        }
        struct fault_run *run = &set->runs[set->count++];
        *run = (struct fault_run){.type = type, .asked = asked, .index = (uint32_t)i};
        if (type->state_size != 0) {
            run->state = arena_copy(plan->arena, asked->state, type->state_size);
        }
        snprintf(stream, sizeof stream, "fault.%zu", i);
        rng_init(&run->rng, s->seed, stream);
        count_slots(set, type);
    }
}

/* -- running -- */

bool fault_due(struct fault_run *run, uint64_t time_ns, uint64_t entries)
{
    const struct scenario_fault *asked = run->asked;

    if (!run->started) {
        if (time_ns < asked->at_ns || entries < asked->after_entries) {
            return false;
        }
        run->started = true;
        /* A time is a moment of its own; a number of entries begins whenever it is reached. */
        run->started_ns = asked->after_entries == 0 ? asked->at_ns : time_ns;
    }
    if (asked->count != 0 && run->acts >= asked->count) {
        return false;
    }
    return asked->duration_ns == 0 || time_ns - run->started_ns < asked->duration_ns;
}

/* A fault's answer at a gate, noted if it let nothing pass. */
static enum verdict answered(struct fault_set *set, struct fault_run *run, enum verdict verdict,
                             uint64_t a, uint64_t b)
{
    if (verdict != VERDICT_PASS) {
        run->acts++;
        if (set->acted != NULL) {
            set->acted(set->context, run->index, a, b);
        }
    }
    return verdict;
}

/* Ask each run that answers at `slot` and is due, until one does not let it pass. */
#define ASK(set, slot, time_ns, subject, a, b)                                                     \
    for (uint32_t i = 0; i < (set)->count; i++) {                                                  \
        struct fault_run *run = &(set)->runs[i];                                                   \
                                                                                                   \
        if (run->type->slot == NULL || !fault_due(run, (time_ns), (set)->entries)) {               \
            continue;                                                                              \
        }                                                                                          \
        enum verdict verdict = answered((set), run, run->type->slot(run->state, (subject)), a, b); \
        if (verdict != VERDICT_PASS) {                                                             \
            return verdict;                                                                        \
        }                                                                                          \
    }                                                                                              \
    return VERDICT_PASS

enum verdict faults_ask_frame(struct fault_set *set, struct gate_frame *f)
{
    ASK(set, frame, f->time_ns, f, f->number, f->outbound);
}

enum verdict faults_ask_dma(struct fault_set *set, uint64_t time_ns, struct gate_dma *d)
{
    ASK(set, dma, time_ns, d, d->io_addr, (uint64_t)d->length << 1 | d->write);
}

enum verdict faults_ask_irq(struct fault_set *set, uint64_t time_ns, struct gate_irq *irq)
{
    ASK(set, irq, time_ns, irq, irq->line, irq->level);
}

enum verdict faults_ask_notify(struct fault_set *set, uint64_t time_ns, struct gate_notify *n)
{
    ASK(set, notify, time_ns, n, n->channel, n->to);
}

enum inside_next faults_ask_inside(struct fault_set *set, struct inside *in)
{
    enum inside_next most = INSIDE_RUN;

    set->entries = in->entries;
    for (uint32_t i = 0; i < set->count; i++) {
        struct fault_run *run = &set->runs[i];

        if (run->type->inside == NULL || !fault_due(run, in->time_ns, in->entries)) {
            continue;
        }
        in->fault = run->index;
        in->rng = &run->rng;
        enum inside_next next = run->type->inside(run->state, in);
        run->acts++;
        most = next > most ? next : most;
    }
    return most;
}

uint64_t faults_wake_ns(const struct fault_set *set)
{
    uint64_t at_ns = FAULTS_NEVER;

    for (uint32_t i = 0; i < set->count; i++) {
        const struct fault_run *run = &set->runs[i];

        if (run->type->inside != NULL && !run->started && run->asked->after_entries == 0 &&
            run->asked->at_ns != 0 && run->asked->at_ns < at_ns) {
            at_ns = run->asked->at_ns;
        }
    }
    return at_ns;
}
