/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The faults of a run at work: which exist, which are aimed at a domain, and when each acts. A
 * fault kind decides only what goes wrong. The trigger says from when there are occasions (`at`,
 * `after_entries`, `after_frames`), which of them are taken (`every`, `probability`, `period`) and
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
                                      .tells = types[i]->tells,
                                      .begins_anew = types[i]->begins_anew,
                                      .type = types[i]};
    }
    *count = TYPE_COUNT;
    return views;
}

bool fault_always_tells(const void *state)
{
    (void)state;
    return true;
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
    bool device = type_of(asked)->at_device;

    for (uint32_t i = 0; i < plan->pd_count; i++) {
        names[i] = (plan->pds[i].kind == PD_DEVICE) == device ? plan->pds[i].name : NULL;
    }
    diag_error(diag, asked->place, "pd: no %s \"%s\"%s", device ? "device" : "protection domain",
               asked->pd, suggest_text(plan->arena, asked->pd, names, plan->pd_count));
}

/* Can this kind be aimed at that domain? */
static bool fits(const struct plan *plan, const struct scenario_fault *asked, uint32_t pd,
                 struct diag *diag)
{
    const struct fault_type *type = type_of(asked);
    bool device = plan->pds[pd].kind == PD_DEVICE;

    if (device && type->inside != NULL) {
        diag_error(diag, asked->place, "pd: %s is a device, and %s acts inside an image", asked->pd,
                   type->name);
        return false;
    }
    if (!device && type->at_device) {
        diag_error(diag, asked->place, "pd: %s is no device, and %s is what one does", asked->pd,
                   type->name);
        return false;
    }
    if (device && asked->after_entries != 0) {
        diag_error(diag, asked->place, "after_entries: %s is a device, which has no entries",
                   asked->pd);
        return false;
    }
    return true;
}

/* The domain a fault is aimed at, PLAN_NONE if at none. False after a complaint. */
static bool target_of(const struct plan *plan, const struct scenario_fault *asked, uint32_t *pd,
                      struct diag *diag)
{
    const struct fault_type *type = type_of(asked);

    *pd = PLAN_NONE;
    if (asked->pd == NULL) {
        if (type->needs_pd) {
            diag_error(diag, asked->place,
                       type->at_device ? "pd: say which device has %s"
                                       : "pd: say which protection domain %s compromises",
                       type->name);
        }
        return !type->needs_pd;
    }
    if (type->of_world) {
        diag_error(diag, asked->place, "pd: %s is aimed at no domain", type->name);
        return false;
    }
    *pd = plan_find_pd(plan, asked->pd);
    if (*pd == PLAN_NONE) {
        complain_unknown_pd(plan, asked, diag);
        return false;
    }
    return fits(plan, asked, *pd, diag);
}

static bool begins_by_number(const struct scenario_fault *asked)
{
    return asked->after_entries != 0 || asked->after_frames != 0;
}

/* Is it the kernel that is asked, and no domain? */
static bool of_kernel(const struct fault_type *type)
{
    return type->notify != NULL || type->kernel != NULL;
}

static bool check_clock(const struct plan *plan, const struct scenario_fault *asked,
                        struct diag *diag)
{
    const struct fault_type *type = type_of(asked);

    if (type->virtual_only && plan->scenario->clock != CLOCK_VIRTUAL) {
        diag_error(diag, asked->place,
                   "kind: %s needs the virtual clock: on the host's, Linux is the kernel",
                   type->name);
        return false;
    }
    return true;
}

/* What comes again and again by itself must come to an end, or no run with it does. */
static void check_period(const struct plan *plan, const struct scenario_fault *asked,
                         const struct fault_type *type, uint32_t pd, struct diag *diag)
{
    if (asked->period_ns == 0) {
        return;
    }
    bool by_itself =
        type->kernel != NULL || (pd != PLAN_NONE && (type->inside != NULL || type->device != NULL));

    if (!by_itself) {
        diag_error(diag, asked->place, "period: only a domain that is compromised runs by itself");
    } else if (asked->count == 0 && asked->duration_ns == 0 && plan->scenario->stop_after_ns == 0) {
        diag_error(diag, asked->place,
                   "period: this never ends; give it a count or a duration, or say when the run "
                   "stops (stop.after)");
    }
}

bool faults_check(const struct plan *plan, struct diag *diag)
{
    size_t errors_before = diag->errors;

    for (size_t i = 0; i < plan->scenario->fault_count; i++) {
        const struct scenario_fault *asked = &plan->scenario->faults[i];
        const struct fault_type *type = type_of(asked);
        uint32_t pd;

        if (!check_clock(plan, asked, diag) || !target_of(plan, asked, &pd, diag)) {
            continue;
        }
        check_period(plan, asked, type, pd, diag);
        if (of_kernel(type) && begins_by_number(asked)) {
            diag_error(diag, asked->place, "%s: the kernel counts none; say when with \"at\"",
                       asked->after_entries != 0 ? "after_entries" : "after_frames");
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
    set->askable[FAULT_DEVICE] += type->device != NULL;
    set->askable[FAULT_KERNEL] += type->kernel != NULL;
    set->askable[FAULT_INSIDE] += type->inside != NULL;
}

/* Is it for this domain to ask, or for the kernel (PLAN_NONE)? */
static bool is_for(const struct plan *plan, const struct scenario_fault *asked, uint32_t pd)
{
    const struct fault_type *type = type_of(asked);

    if (of_kernel(type)) {
        return pd == PLAN_NONE;
    }
    if (asked->pd != NULL) {
        return plan_find_pd(plan, asked->pd) == pd;
    }
    return !type->needs_pd && pd != PLAN_NONE;
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

        if (!is_for(plan, asked, pd)) {
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
        set->counts_frames |= asked->after_frames != 0;
    }
}

/* -- running -- */

static bool started(struct fault_run *run, const struct fault_moment *now)
{
    const struct scenario_fault *asked = run->asked;

    if (!run->started && now->time_ns >= asked->at_ns && now->entries >= asked->after_entries &&
        now->frames >= asked->after_frames) {
        run->started = true;
        /* A time is a moment of its own; a number begins whenever it is reached. */
        run->started_ns = begins_by_number(asked) ? now->time_ns : asked->at_ns;
    }
    return run->started;
}

static bool over(const struct fault_run *run, uint64_t time_ns)
{
    const struct scenario_fault *asked = run->asked;

    return (asked->count != 0 && run->acts >= asked->count) ||
           (asked->duration_ns != 0 && time_ns - run->started_ns >= asked->duration_ns);
}

bool fault_due(struct fault_run *run, const struct fault_moment *now)
{
    const struct scenario_fault *asked = run->asked;

    if (!started(run, now) || now->time_ns < run->next_ns) {
        return false;
    }
    if (over(run, now->time_ns)) {
        run->next_ns = UINT64_MAX; /* one who was asked late wakes nobody for what was missed */
        return false;
    }
    run->next_ns = now->time_ns + asked->period_ns;
    run->occasions++;
    if (asked->every > 1 && run->occasions % asked->every != 0) {
        return false;
    }
    return asked->pass_ppm == 0 || !rng_chance(&run->rng, asked->pass_ppm, 1000000);
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

/* Ask each run that answers at `slot` and is due, until one drops or delays it. */
#define ASK(set, slot, at_ns, subject, a, b)                                                       \
    const struct fault_moment now = {(at_ns), (set)->entries, (set)->frames};                      \
    enum verdict most = VERDICT_PASS;                                                              \
                                                                                                   \
    for (uint32_t i = 0; i < (set)->count; i++) {                                                  \
        struct fault_run *run = &(set)->runs[i];                                                   \
                                                                                                   \
        if (run->type->slot == NULL ||                                                             \
            (run->type->slot##_is != NULL && !run->type->slot##_is(run->state, (subject))) ||      \
            !fault_due(run, &now)) {                                                               \
            continue;                                                                              \
        }                                                                                          \
        (subject)->rng = &run->rng;                                                                \
        (subject)->since_ns = run->started_ns;                                                     \
        enum verdict verdict = answered((set), run, run->type->slot(run->state, (subject)), a, b); \
        if (verdict == VERDICT_DROP || verdict == VERDICT_DELAY) {                                 \
            return verdict;                                                                        \
        }                                                                                          \
        most = verdict == VERDICT_PASS ? most : verdict;                                           \
    }                                                                                              \
    return most

enum verdict faults_ask_frame(struct fault_set *set, struct gate_frame *f)
{
    set->frames++;
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
    const struct fault_moment now = {in->time_ns, in->entries, in->frames};

    set->entries = in->entries;
    set->frames = in->frames;
    for (uint32_t i = 0; i < set->count; i++) {
        struct fault_run *run = &set->runs[i];

        if (run->type->inside == NULL || !fault_due(run, &now)) {
            continue;
        }
        in->fault = run->index;
        in->rng = &run->rng;
        in->acted = false;
        enum inside_next next = run->type->inside(run->state, in);
        run->acts += in->acted; /* it may have found nothing to do harm to */
        most = next > most ? next : most;
    }
    return most;
}

/* When this one is to act uninvited. */
static uint64_t wake_ns(const struct fault_run *run)
{
    const struct scenario_fault *asked = run->asked;

    if (run->type->inside == NULL) {
        return FAULTS_NEVER;
    }
    if (!run->started) {
        bool by_itself = asked->at_ns != 0 || asked->period_ns != 0;

        /* Before the first frame may enter all times are 0, and nobody is to be woken then. */
        return !by_itself || begins_by_number(asked) ? FAULTS_NEVER
               : asked->at_ns == 0                   ? 1
                                                     : asked->at_ns;
    }
    return asked->period_ns == 0 || over(run, run->next_ns) ? FAULTS_NEVER : run->next_ns;
}

uint64_t faults_wake_ns(const struct fault_set *set)
{
    uint64_t at_ns = FAULTS_NEVER;

    for (uint32_t i = 0; i < set->count; i++) {
        uint64_t this_ns = wake_ns(&set->runs[i]);

        at_ns = this_ns < at_ns ? this_ns : at_ns;
    }
    return at_ns;
}

/* -- at a device, and in the kernel -- */

/* Without a period there is one occasion. */
static bool waits(const struct fault_run *run, bool answers)
{
    return answers && (run->occasions == 0 || run->asked->period_ns != 0);
}

static uint64_t occasion_ns(const struct fault_set *set, const struct fault_run *run)
{
    const struct scenario_fault *asked = run->asked;

    if (!run->started) {
        return set->frames < asked->after_frames ? FAULTS_NEVER : asked->at_ns;
    }
    return over(run, run->next_ns) ? FAULTS_NEVER : run->next_ns;
}

/* Ask each that answers at `slot` and is due in turn, until one does something. */
#define ASK_UNASKED(set, slot, subject, beginning)                                       \
    const struct fault_moment now = {(subject)->time_ns, (set)->entries, (set)->frames}; \
                                                                                         \
    for (uint32_t i = 0; i < (set)->count; i++) {                                        \
        struct fault_run *run = &(set)->runs[i];                                         \
                                                                                         \
        if (!waits(run, run->type->slot != NULL) || !fault_due(run, &now)) {             \
            continue;                                                                    \
        }                                                                                \
        *(subject) = beginning;                                                          \
        (subject)->time_ns = now.time_ns;                                                \
        (subject)->rng = &run->rng;                                                      \
        (subject)->since_ns = run->started_ns;                                           \
        enum verdict verdict = run->type->slot(run->state, (subject));                   \
                                                                                         \
        if (answered((set), run, verdict, now.time_ns, 0) != VERDICT_PASS) {             \
            return verdict;                                                              \
        }                                                                                \
    }                                                                                    \
    return VERDICT_PASS

#define NEXT_UNASKED(set, slot)                                                           \
    uint64_t at_ns = FAULTS_NEVER;                                                        \
                                                                                          \
    for (uint32_t i = 0; i < (set)->count; i++) {                                         \
        const struct fault_run *run = &(set)->runs[i];                                    \
        uint64_t this_ns =                                                                \
            waits(run, run->type->slot != NULL) ? occasion_ns((set), run) : FAULTS_NEVER; \
                                                                                          \
        at_ns = this_ns < at_ns ? this_ns : at_ns;                                        \
    }                                                                                     \
    return at_ns

enum verdict faults_ask_device(struct fault_set *set, struct gate_device *d)
{
    const struct gate_device none = {.device = d->device};

    ASK_UNASKED(set, device, d, none);
}

uint64_t faults_device_ns(const struct fault_set *set)
{
    NEXT_UNASKED(set, device);
}

enum verdict faults_ask_kernel(struct fault_set *set, struct gate_kernel *k)
{
    const struct gate_kernel none = {.pd = PLAN_NONE};

    ASK_UNASKED(set, kernel, k, none);
}

uint64_t faults_kernel_ns(const struct fault_set *set)
{
    NEXT_UNASKED(set, kernel);
}
