/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Equals are served alike. To the domain between them and the rest of the world, those that give it
 * frames, or empty buffers, are equals: no virtualiser knows of anybody's priority. So while one of
 * them has something waiting all the time, none of the others may have much more taken from it than
 * that one has. How much more is for turns of the wrong size at the wrong time: twice as many, and
 * two queues full.
 *
 * Who is less urgent than its neighbours, or has a smaller budget, offers less; it then does not
 * wait to be served, and nothing is said of it. What somebody suffers from a neighbour that takes
 * no more than its share is for `compare` to say.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void fairness_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_LINE_PASSED_OVER) {
        heard_note(state, p, HEARD_BY_OBJECT);
    }
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    uint32_t victim = queue_peer(plan, p->object, p->pd), other = (uint32_t)(p->b >> 32);
    const char *who = pd_name(plan, p->pd), *queue = queue_name(plan, p->object);

    say_finding(out, domain_suspect(plan, p->pd) || domain_suspect(plan, victim),
                heard_finding(h, victim, queue),
                "%s had entries waiting in %s whenever %s was done, and had %" PRIu64
                " taken while %s, in %s, had %" PRIu32,
                pd_name(plan, victim), queue, who, p->a,
                pd_name(plan, queue_peer(plan, other, p->pd)), queue_name(plan, other),
                (uint32_t)p->b);
}

static void fairness_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_fairness = {
    .name = "fairness",
    .doc = "who serves several takes about as much from each that keeps something waiting",
    .host_time = "not at all: there it cannot be seen who waits",
    .state_size = sizeof(struct heard_list),
    .event = fairness_event,
    .finish = fairness_finish,
};
