/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nobody is given another's frame. The queues' observer knows each receiver's addresses and tells
 * when a frame for none of them (and for no group) is put into its queue; here it is said who gave
 * what to whom, and whose it was. There is no excuse for doing it: not that the giver is
 * compromised, since its victim is not, and not that the receiver shares the receive memory, since
 * what is in its queue is what it is asked to look at.
 *
 * Nor does a frame go where its sender may not reach, whatever address it bears; nor, through one
 * who judges that, in the name of another who is reached through it.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/check/blame.h"

struct delivery {
    struct heard_list foreign;
    struct heard_list astray;
    struct heard_list forged;
};

static void delivery_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct delivery *d = state;

    (void)plan;
    if (p->kind == PROBE_FRAME_FOREIGN) {
        heard_note(&d->foreign, p, HEARD_BY_A);
    } else if (p->kind == PROBE_FRAME_ASTRAY) {
        heard_note(&d->astray, p, HEARD_BY_A);
    } else if (p->kind == PROBE_FRAME_FORGED) {
        heard_note(&d->forged, p, HEARD_BY_OBJECT);
    }
}

/* A suspect domain that tells of a queue it does not fill, or that no endpoint empties, tells lies.
 */
static bool is_lie(const struct plan *plan, const struct probe *p)
{
    const struct queue_shape *q = p->object < plan->queue_count ? &plan->queues[p->object] : NULL;

    return domain_suspect(plan, p->pd) &&
           (q == NULL || q->producer != p->pd || !plan->pds[q->consumer].endpoint);
}

/* Whose address it is, first octet highest; PLAN_NONE if nobody's. */
static uint32_t owner_of(const struct plan *plan, uint64_t mac)
{
    uint8_t octets[6];

    for (unsigned i = 0; i < 6; i++) {
        octets[i] = (uint8_t)(mac >> (40 - 8 * i));
    }
    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        for (size_t i = 0; i < plan->pds[pd].mac_count; i++) {
            if (memcmp(plan->pds[pd].macs[i], octets, sizeof octets) == 0) {
                return pd;
            }
        }
    }
    return PLAN_NONE;
}

/* Does the plan bear it out: it came to that domain, and may not go on where that put it? */
static bool is_astray(const struct plan *plan, const struct probe *p)
{
    if (p->object >= plan->queue_count || p->a >= plan->queue_count) {
        return false;
    }
    const struct queue_shape *from = &plan->queues[p->a];

    for (size_t i = 0; i < from->onward_count; i++) {
        if (from->onward[i] == p->object) {
            return false;
        }
    }
    return from->consumer == p->pd && plan->queues[p->object].producer == p->pd;
}

static void judge_astray(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    uint32_t from = (uint32_t)p->a, sender = queue_peer(plan, from, p->pd);
    struct finding one =
        heard_finding(h, queue_peer(plan, p->object, p->pd), queue_name(plan, p->object));

    say_finding(out, domain_suspect(plan, p->pd) && !is_astray(plan, p), one,
                "%s put a frame of %s, from %s, into %s, where %s may not reach",
                pd_name(plan, p->pd), pd_name(plan, sender), queue_name(plan, from), one.object,
                pd_name(plan, sender));
}

static void judge_forged(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    const char *queue = queue_name(plan, p->object);
    uint32_t named = owner_of(plan, p->a),
             sender = p->b < plan->pd_count ? (uint32_t)p->b : PLAN_NONE;

    say_finding(out, domain_suspect(plan, p->pd), heard_finding(h, named, queue),
                "%s put a frame of %s into %s, which says that %s sent it", pd_name(plan, p->pd),
                pd_name(plan, sender), queue, pd_name(plan, named));
}

/*
 * Who chose the receiver: not an honest copier, nor who stands in its place, which serves only one,
 * but whoever gave the frame to that; or led it to.
 */
static uint32_t chooser(const struct plan *plan, uint32_t giver)
{
    bool serves_one = domain_is(plan, giver, "copier") || domain_is(plan, giver, "forwarder");
    uint32_t chose = giver;

    for (uint32_t i = 0; serves_one && !domain_suspect(plan, giver) && i < plan->queue_count; i++) {
        if (plan->queues[i].carries_frames && plan->queues[i].consumer == giver) {
            chose = plan->queues[i].producer;
            break;
        }
    }
    return blame_for(plan, chose, PLAN_NONE);
}

static void judge_foreign(const struct plan *plan, const struct heard *h, struct findings *out)
{
    const struct probe *p = &h->first;
    uint32_t receiver = queue_peer(plan, p->object, p->pd);
    uint32_t owner = owner_of(plan, p->a);
    uint32_t culprit = chooser(plan, p->pd);
    struct finding one = heard_finding(h, owner, queue_name(plan, p->object));
    unsigned octet[6];

    one.culprit = culprit;
    for (unsigned k = 0; k < 6; k++) {
        octet[k] = (unsigned)(p->a >> (40 - 8 * k)) & 0xff;
    }
    say_finding(out, is_lie(plan, p), one,
                "%s gave %s, in %s, a frame for %s (%02x:%02x:%02x:%02x:%02x:%02x)",
                pd_name(plan, culprit), pd_name(plan, receiver), one.object,
                owner < plan->pd_count ? plan->pds[owner].name : "an address nobody here has",
                octet[0], octet[1], octet[2], octet[3], octet[4], octet[5]);
}

static void delivery_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct delivery *d = state;

    heard_judge(&d->astray, plan, out, judge_astray);
    heard_judge(&d->forged, plan, out, judge_forged);
    heard_judge(&d->foreign, plan, out, judge_foreign);
}

const struct check_type check_delivery = {
    .name = "delivery",
    .doc = "nobody is given a frame that is for somebody else",
    .host_time = "every frame, as told by the runtime of the domain that gave it",
    .isolation = true,
    .state_size = sizeof(struct delivery),
    .event = delivery_event,
    .finish = delivery_finish,
};
