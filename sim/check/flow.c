/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flow control is by buffers: there are so many, and each queue has room for all that may legally
 * be in it. So in an honest system nobody ever meets a full queue, nothing waits for room, and
 * frames are lost only where dropping is somebody's job, which is drops' to judge. Who is refused
 * by a queue has lost what it wanted to put there, or has let more in than there is room for. And
 * nobody is let have more buffers than the queues to it hold, however fast it takes them out: that
 * is its share, and what it may keep for ever without harm to others.
 *
 * A queue whose other end is compromised or untrusted may be full, or seem so; its neighbour must
 * bear it, and what is told is excused.
 */
#include <inttypes.h>

#include "sim/check/blame.h"

static void flow_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_QUEUE_REFUSED || p->kind == PROBE_SHARE_EXCEEDED) {
        heard_note(state, p, HEARD_BY_OBJECT);
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *queue = queue_name(plan, p->object), *who = pd_name(plan, p->pd);
    uint32_t peer = queue_peer(plan, p->object, p->pd);
    uint32_t entries = p->object < plan->queue_count ? plan->queues[p->object].capacity : 0;
    struct finding one = heard_finding(h, peer, queue);

    if (p->kind == PROBE_SHARE_EXCEEDED) {
        say_finding(out, domain_suspect(plan, p->pd), heard_finding(h, peer, queue),
                    "%s let %s have %" PRIu64 " buffers at a time by %s, which is for %" PRIu64
                    ": it can keep from the others what is not its share",
                    pd_name(plan, p->pd), pd_name(plan, peer), p->a, queue, p->b);
        return;
    }
    if (domain_suspect(plan, peer) && !domain_suspect(plan, p->pd)) {
        one.culprit = peer;
        one.victim = p->pd;
        say_finding(out, true, one,
                    "%s left %s no room in %s, of %" PRIu32 " entries, %" PRIu64 " time%s",
                    pd_name(plan, peer), who, queue, entries, h->count, h->count == 1 ? "" : "s");
        return;
    }
    one.culprit = blame_for_queue(plan, p->pd, p->object);
    say_finding(out, domain_suspect(plan, p->pd), one,
                "%s had more to put into %s than its %" PRIu32 " entries, %" PRIu64 " time%s", who,
                queue, entries, h->count, h->count == 1 ? "" : "s");
}

static void flow_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_flow = {
    .name = "flow",
    .doc = "no queue between honest neighbours is ever asked to hold more than it can",
    .host_time = "every time, as told by the runtime of the domain that was refused",
    .state_size = sizeof(struct heard_list),
    .event = flow_event,
    .finish = flow_finish,
};
