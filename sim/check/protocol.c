/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules by which two neighbours share a queue, and a driver its interrupt. Indices: each end
 * moves its own, forwards, and never so that the queue holds more than it can. Signals: a producer
 * puts in all it has, then looks whether its consumer wants a signal, then sends it; a consumer
 * that asks to be signalled looks once more before it waits, and one that has taken entries asks
 * anew. An interrupt that was taken is
 * acknowledged before the driver waits again. Whoever breaks one of these runs well nearly always;
 * it is told of when it mattered: somebody now sleeps who should not.
 *
 * A domain that is compromised or untrusted may ruin the queues that it is an end of. That is told
 * and excused, and so is what its neighbour makes of a flag or an index that it may have forged.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void protocol_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    switch (p->kind) {
    case PROBE_INDEX_ILLEGAL:
    case PROBE_INDEX_DISPLACED:
    case PROBE_LOOK_MISSING:
    case PROBE_REQUEST_MISSING:
    case PROBE_IRQ_HELD:
        heard_note(state, p, HEARD_BY_OBJECT);
        break;
    case PROBE_SIGNAL_MISSING:
        heard_note(state, p, HEARD_BY_A);
        break;
    default:
        break;
    }
}

static void judge_signal(const struct plan *plan, const struct probe *p, bool excused,
                         const struct finding *one, struct findings *out)
{
    const char *victim = pd_name(plan, one->victim), *who = pd_name(plan, p->pd);

    switch (p->a) {
    case SIGNAL_UNSENT:
        say_finding(out, excused, *one,
                    "%s put entries into %s, saw that %s wants a signal, and "
                    "sent none",
                    who, one->object, victim);
        break;
    case SIGNAL_EARLY:
        say_finding(out, excused, *one,
                    "%s signalled %s first and put entries into %s afterwards: %s may have looked "
                    "in between, and now sleeps",
                    who, victim, one->object, victim);
        break;
    case SIGNAL_ROBBED:
        say_finding(out, excused, *one,
                    "%s took back the wish of %s to be signalled of what comes by %s, and sent no "
                    "signal",
                    who, victim, one->object);
        break;
    default:
        say_finding(out, excused, *one,
                    "%s put entries into %s and did not look whether %s wants a signal, which it "
                    "does",
                    who, one->object, victim);
        break;
    }
}

/* Does it pass frames on to one that it has to rely on and cannot? Then there may be no room at one
 * moment and room at the next, without a word. */
static bool passes_to_suspect(const struct plan *plan, uint32_t pd)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->carries_frames && q->producer == pd && domain_suspect(plan, q->consumer) &&
            !plan->pds[q->consumer].endpoint) {
            return true;
        }
    }
    return false;
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *who = pd_name(plan, p->pd);
    struct finding one =
        heard_finding(h, queue_peer(plan, p->object, p->pd), queue_name(plan, p->object));
    bool own = domain_suspect(plan, p->pd), shared = own || domain_suspect(plan, one.victim);

    switch (p->kind) {
    case PROBE_INDEX_ILLEGAL:
        say_finding(out, own, one,
                    "%s moved its index of %s from %" PRIu64 " to %" PRIu64
                    ", which no queue of %" PRIu32 " entries allows there",
                    who, one.object, p->a, p->b,
                    p->object < plan->queue_count ? plan->queues[p->object].capacity : 0);
        break;
    case PROBE_INDEX_DISPLACED:
        say_finding(out, own, one, "%s moved %s's index of %s from %" PRIu64 " to %" PRIu64, who,
                    pd_name(plan, one.victim), one.object, p->a, p->b);
        break;
    case PROBE_SIGNAL_MISSING:
        judge_signal(plan, p, domain_watched_closely(plan, p->pd) ? own : shared, &one, out);
        break;
    case PROBE_LOOK_MISSING:
        say_finding(out, shared || passes_to_suspect(plan, p->pd), one,
                    "%s asked to be signalled when %s held %" PRIu64 " entr%s already, and waited "
                    "without looking at it once more",
                    who, one.object, p->a, p->a == 1 ? "y" : "ies");
        break;
    case PROBE_REQUEST_MISSING:
        say_finding(out, shared, one,
                    "%s waits, and has not asked anew to be signalled of what comes by %s, which "
                    "holds %" PRIu64 " entr%s",
                    who, one.object, p->a, p->a == 1 ? "y" : "ies");
        break;
    default: /* PROBE_IRQ_HELD */
        one.victim = PLAN_NONE;
        one.object = device_name(plan, p->object);
        say_finding(out, own, one,
                    "%s took the interrupt of %s and waited without acknowledging it", who,
                    one.object);
        break;
    }
}

static void protocol_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_protocol = {
    .name = "protocol",
    .doc = "indices, flags, signals and interrupts are used in the order that loses no wake-up",
    .host_time = "indices and interrupts every time, as told by the domain's runtime; flags and "
                 "signals in virtual time only: liveness sees what comes of them",
    .state_size = sizeof(struct heard_list),
    .event = protocol_event,
    .finish = protocol_finish,
};
