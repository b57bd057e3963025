/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever can go on does go on. When all is quiet, and so nothing will ever happen again, no frame
 * lies in a queue, a ring or a device, and no empty buffer where somebody should pass it on: else
 * somebody sleeps who should have been woken (a signal that was lost, a flag that was not set
 * again, an interrupt that nobody acknowledged), or two wait for each other. And at the end of a
 * run everybody gets as far as its next wait: who does not runs in a loop without end, is kept from
 * the processor by one who does, or waits for an answer that never comes. If a scenario's faults
 * end before its traffic does, that is also the proof that the others have recovered from them.
 *
 * A domain that is compromised, untrusted or gone may leave its own frames lying and run as long as
 * it likes. It may not keep the processor from those who are neither.
 */
#include <inttypes.h>

#include "sim/check/blame.h"

struct liveness {
    bool *gone;
    bool *deaf; /* whom a signal was for that a fault took */
    struct over over;
    struct heard_list left;  /* frames on their way at the end, by place */
    struct heard_list stuck; /* who did not get to its next wait, interrupts, standstills */
    struct heard_list kept;  /* who was kept from the processor for long */
    bool *unsignalled;       /* by queue: its producer was seen to send no signal that was wanted */
};

#define KEPT_NS 10000000u /* ten turns of the longest time slice there usually is */

static void liveness_start(void *state, const struct plan *plan)
{
    struct liveness *c = state;

    c->gone = gone_start(plan);
    c->deaf = gone_start(plan);
    c->unsignalled = arena_array(plan->arena, plan->queue_count + 1, sizeof *c->unsignalled);
}

static void liveness_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct liveness *c = state;

    gone_hear(c->gone, plan, p);
    over_hear(&c->over, p);
    if (p->kind == PROBE_SIGNAL_LOST && p->pd < plan->pd_count) {
        c->deaf[p->pd] = true;
    }
    switch (p->kind) {
    case PROBE_FRAME_IN_FLIGHT:
        if (p->a != PLACE_PD) {
            heard_note(&c->left, p, HEARD_BY_A);
        }
        break;
    case PROBE_SIGNAL_MISSING:
        if (p->object < plan->queue_count) {
            c->unsignalled[p->object] = true;
        }
        break;
    case PROBE_BUFFERS_LEFT:
        heard_note(&c->left, p, HEARD_BY_OBJECT);
        break;
    case PROBE_IRQ_LEFT:
    case PROBE_RECEIVER_DEAF:
    case PROBE_PD_UNFINISHED:
    case PROBE_STANDSTILL:
    case PROBE_WORK_UNBOUNDED:
        heard_note(&c->stuck, p, HEARD_BY_OBJECT);
        break;
    case PROBE_PD_KEPT:
        /* Whoever is more urgent may keep the rest waiting, unless it is not to be relied on. */
        if (p->a >= KEPT_NS && p->b < plan->pd_count && domain_suspect(plan, (uint32_t)p->b)) {
            heard_note(&c->kept, p, HEARD_BY_A);
        }
        break;
    default:
        break;
    }
}

/* -- frames -- */

/* Where frames or buffers were left lying, and who should have moved them on. */
struct left {
    const char *before, *place, *after;
    uint32_t mover, other;
};

static struct left left_where(const struct plan *plan, const struct probe *p)
{
    uint32_t driver = device_driver(plan, p->object);
    uint32_t device = p->object < plan->device_count ? plan->devices[p->object].pd : PLAN_NONE;

    if (p->kind == PROBE_BUFFERS_LEFT) {
        uint32_t mover = p->pd;

        return (struct left){"in ", queue_name(plan, p->object), "", mover,
                             queue_peer(plan, p->object, mover)};
    }
    switch ((enum frame_place)p->a) {
    case PLACE_QUEUE:
        if (p->object < plan->queue_count) {
            const struct queue_shape *q = &plan->queues[p->object];

            return (struct left){"in ", q->name, "", q->consumer, q->producer};
        }
        break;
    case PLACE_RING_RX:
        return (struct left){"in ", device_name(plan, p->object), "'s receive ring", driver,
                             device};
    case PLACE_RING_TX:
        return (struct left){"in ", device_name(plan, p->object), "'s transmit ring", driver,
                             device};
    case PLACE_DEVICE:
        if (p->object < plan->device_count) {
            return (struct left){"inside ", plan->devices[p->object].name, "",
                                 plan->devices[p->object].pd, driver};
        }
        break;
    default:
        break;
    }
    return (struct left){"", "somewhere unknown", "", PLAN_NONE, PLAN_NONE};
}

/* Why they lie there, as far as a flag tells. */
static const char *why_left(const struct liveness *c, const struct plan *plan,
                            const struct probe *p, uint32_t mover)
{
    if ((p->kind == PROBE_FRAME_IN_FLIGHT && p->a != PLACE_QUEUE) ||
        p->object >= plan->queue_count || mover >= plan->pd_count) {
        return "";
    }
    if (c->deaf[mover]) {
        return ", whom a fault kept from hearing a signal";
    }
    switch (p->b) {
    case LEFT_ASKED:
        return ", who waits for a signal that did not come";
    case LEFT_UNASKED:
        return ", who waits and has not asked for a signal";
    case LEFT_STRANDED:
        return ", who has none of its own buffers to go on with";
    default:
        return "";
    }
}

/* Whose fault it is that frames were left, if not the one's who should have moved them. Who was
 * kept from hearing a signal is at no fault, nor is anybody else here. */
static uint32_t culprit_of(const struct liveness *c, const struct plan *plan,
                           const struct left *where)
{
    uint32_t mover = where->mover, culprit = domain_behind(plan, mover);

    if (culprit == mover && !gone_or_suspect(c->gone, plan, mover)) {
        uint32_t halted = blame_for_halt(plan, c->gone, mover);

        /* A device that lies is behind its driver; one that fails keeps nobody from its ring. */
        bool device = where->other < plan->pd_count && plan->pds[where->other].kind == PD_DEVICE;

        culprit = !device && gone_or_suspect(c->gone, plan, where->other) ? where->other
                  : halted != PLAN_NONE                                   ? halted
                                                                          : mover;
    }
    return culprit < plan->pd_count && c->deaf[culprit] ? PLAN_NONE : culprit;
}

static void judge_one_left(const struct liveness *c, const struct plan *plan, const struct heard *h,
                           struct findings *out)
{
    const struct probe *p = &h->first;
    struct left where = left_where(plan, p);
    const char *why = why_left(c, plan, p, where.mover);
    bool empty = p->kind == PROBE_BUFFERS_LEFT, in_queue = empty || p->a == PLACE_QUEUE;
    uint64_t count = empty ? p->a : h->count;
    uint32_t culprit = culprit_of(c, plan, &where);
    bool excused = culprit != where.mover || gone_or_suspect(c->gone, plan, culprit);
    struct finding one = {.culprit = culprit,
                          .victim = PLAN_NONE,
                          .object = where.place,
                          .time_ns = p->time_ns,
                          .count = count};

    /* Nobody moves on what it was not told of, or cannot answer. */
    if (!excused && in_queue && p->b == LEFT_ASKED && p->object < plan->queue_count &&
        c->unsignalled[p->object]) {
        one.culprit = where.other;
        one.victim = where.mover;
    } else if (!excused && in_queue && p->b == LEFT_STRANDED) {
        one.culprit = PLAN_NONE;
        one.victim = where.mover;
    }
    say_finding(out, excused, one, "%" PRIu64 " %s%s left %s%s%s when all was quiet%s%s%s", count,
                empty ? "buffer" : "frame", count == 1 ? " was" : "s were", where.before,
                where.place, where.after, *why == '\0' ? "" : ", for ",
                *why == '\0' ? "" : plan->pds[where.mover].name, why);
}

static void judge_left(const struct liveness *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->left.count; i++) {
        judge_one_left(c, plan, &c->left.list[i], out);
    }
    out->lost += c->left.lost;
}

/* -- domains -- */

static void judge_unfinished(const struct liveness *c, const struct plan *plan,
                             const struct probe *p, struct findings *out)
{
    const char *who = pd_name(plan, p->pd);
    uint32_t other = (uint32_t)p->b;
    bool excused = gone_or_misled(c->gone, plan, p->pd);
    struct finding one = {.culprit = p->pd,
                          .victim = PLAN_NONE,
                          .object = who,
                          .time_ns = p->time_ns,
                          .count = 1,
                          .place = p->place};

    switch (p->a) {
    case UNFINISHED_STARVED:
        one.culprit = other;
        one.victim = p->pd;
        say_finding(out, excused, one, "%s wanted to run, and did not get the processor from %s",
                    who, pd_name(plan, other));
        break;
    case UNFINISHED_CALLING:
        one.culprit = other;
        one.victim = p->pd;
        say_finding(out, excused, one, "%s waits for %s to answer its call, which never happens",
                    who, pd_name(plan, other));
        break;
    case UNFINISHED_INIT:
        say_finding(out, excused, one,
                    "%s does not return from init(), though nothing is due that it could wait for: "
                    "a loop without end",
                    who);
        break;
    default:
        say_finding(out, excused, one,
                    "%s was still running long after everybody had been told to end: a loop "
                    "without end",
                    who);
        break;
    }
}

/*
 * It may be kept busy without end by one that is not to be relied on, and everybody else waits. (A
 * forwarder may look at its client again after each queue full of frames.)
 */
static void judge_work(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    struct finding one =
        heard_finding(h, queue_peer(plan, p->object, p->pd), queue_name(plan, p->object));

    say_finding(out, domain_suspect(plan, p->pd), one,
                "%s took %" PRIu64 " entries of %s in one wake-up, filled by %s, which is not to "
                "be relied on: after %" PRIu64 " it should have seen to the others",
                pd_name(plan, p->pd), p->a, one.object, pd_name(plan, one.victim), p->b);
}

/* A driver that is begun anew is to have its device hear again. */
static bool is_excused_deaf(const struct liveness *c, const struct plan *plan, uint32_t driver)
{
    bool anew = domain_suspect(plan, driver) && !domain_misbehaves(plan, driver);

    return anew ? domain_behind(plan, driver) != driver : gone_or_misled(c->gone, plan, driver);
}

static void judge_standstill(const struct liveness *c, const struct plan *plan,
                             const struct probe *p, struct finding one, struct findings *out)
{
    bool excused = gone_or_suspect(c->gone, plan, p->pd);

    if (p->b == STANDSTILL_LINE) {
        say_finding(out, excused, one,
                    "%s woke %" PRIu64 " times and moved nothing: the interrupt of %s is up, and "
                    "is not seen to",
                    pd_name(plan, p->pd), p->a, one.object);
        return;
    }
    one.object = p->b == STANDSTILL_RING ? one.object : queue_name(plan, p->object);
    one.culprit = blame_for_waking(plan, p->pd);
    say_finding(out, excused, one,
                "%s and others woke %" PRIu64 " times and moved nothing, with %s%s waiting to be "
                "emptied",
                pd_name(plan, p->pd), p->a, one.object,
                p->b == STANDSTILL_RING ? "'s receive ring" : "");
}

static void judge_stuck(const struct liveness *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->stuck.count; i++) {
        const struct probe *p = &c->stuck.list[i].first;
        struct finding one = {.culprit = p->pd,
                              .victim = PLAN_NONE,
                              .object = device_name(plan, p->object),
                              .time_ns = p->time_ns,
                              .count = 1};

        switch (p->kind) {
        case PROBE_IRQ_LEFT:
            if (!over_quiet(&c->over)) {
                break;
            }
            one.culprit = domain_behind(plan, p->pd);
            say_finding(out, gone_or_misled(c->gone, plan, p->pd), one,
                        "the interrupt of %s is up, and %s waits without having acknowledged the "
                        "last one, when all was quiet",
                        one.object, pd_name(plan, p->pd));
            break;
        case PROBE_RECEIVER_DEAF:
            one.culprit = domain_behind(plan, p->pd);
            say_finding(out, !over_quiet(&c->over) || is_excused_deaf(c, plan, p->pd), one,
                        "%s could take no frame when all was quiet, though %s has %" PRIu64
                        " empty buffer%s for it: it is off, or was not given them",
                        one.object, pd_name(plan, p->pd), p->a, p->a == 1 ? "" : "s");
            break;
        case PROBE_STANDSTILL:
            judge_standstill(c, plan, p, one, out);
            break;
        case PROBE_WORK_UNBOUNDED:
            judge_work(plan, &c->stuck.list[i], out);
            break;
        default: /* PROBE_PD_UNFINISHED */
            judge_unfinished(c, plan, p, out);
            break;
        }
    }
    out->lost += c->stuck.lost;
}

/*
 * Of a run that was cut off in the middle: of course they were busy. But in virtual time whoever is
 * said not to have finished had the time for it.
 */
static void judge_endless(const struct liveness *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->stuck.count && plan->scenario->clock == CLOCK_VIRTUAL; i++) {
        const struct probe *p = &c->stuck.list[i].first;

        if (p->kind == PROBE_PD_UNFINISHED) {
            judge_unfinished(c, plan, p, out);
        }
    }
}

static void judge_kept(const struct liveness *c, const struct plan *plan, struct findings *out)
{
    for (unsigned i = 0; i < c->kept.count; i++) {
        const struct probe *p = &c->kept.list[i].first;
        uint32_t by = (uint32_t)p->b;

        if (p->pd >= plan->pd_count || gone_or_suspect(c->gone, plan, p->pd)) {
            continue;
        }
        say_finding(out, false,
                    (struct finding){.culprit = by,
                                     .victim = p->pd,
                                     .object = plan->pds[p->pd].name,
                                     .time_ns = p->time_ns,
                                     .count = 1},
                    "%s could have run for %" PRIu64 " us, and was kept from the processor by %s, "
                    "which is as urgent or more and has the budget for it",
                    plan->pds[p->pd].name, p->a / 1000, plan->pds[by].name);
    }
    out->lost += c->kept.lost;
}

static void liveness_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct liveness *c = state;

    if (over_cut_off(&c->over)) {
        judge_endless(c, plan, out);
        return;
    }
    judge_stuck(c, plan, out);
    judge_kept(c, plan, out);
    if (over_quiet(&c->over)) {
        judge_left(c, plan, out);
    }
}

const struct check_type check_liveness = {
    .name = "liveness",
    .doc = "whatever can go on does: nobody sleeps on work, waits for ever or runs for ever",
    .host_time = "at quiescence; standstills and starvation not at all, as Linux schedules",
    .state_size = sizeof(struct liveness),
    .start = liveness_start,
    .event = liveness_event,
    .finish = liveness_finish,
};
