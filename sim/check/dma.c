/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device reaches only the memory it was given, and its driver keeps to the datasheet. When the
 * IOMMU refuses an access, the address came from somewhere: from a domain seen putting it into a
 * queue where it names no buffer, if there is one, else from the driver that wrote the descriptor.
 */
#include <inttypes.h>

#include "sim/check/blame.h"
#include "sim/hook/violation.h"
#include "sim/hook/where.h"

struct dma {
    struct heard_list faults;     /* by device and address */
    struct heard_list violations; /* by device, rule and place */
    struct heard_list foreign;    /* descriptors that named no buffer, by queue, giver and name */
};

static void dma_event(void *state, const struct plan *plan, const struct probe *p)
{
    struct dma *d = state;

    /* The addresses of a device that is compromised are its own, and there is no end to them. */
    bool compromised =
        p->object < plan->device_count && domain_compromised(plan, plan->devices[p->object].pd);

    switch (p->kind) {
    case PROBE_DMA_FAULT:
        heard_note(&d->faults, p, compromised ? HEARD_BY_OBJECT : HEARD_BY_A);
        break;
    case PROBE_VIOLATION:
        heard_note(&d->violations, p, compromised ? HEARD_BY_OBJECT : HEARD_BY_A);
        break;
    case PROBE_BUFFER_FOREIGN:
        heard_note(&d->foreign, p, HEARD_BY_A);
        break;
    default:
        break;
    }
}

/* Who handed over this IO address; a trusted one first, for it should have known better. */
static uint32_t giver_of(const struct dma *d, const struct plan *plan, const struct probe *fault)
{
    uint64_t bytes = fault->b >> 1;
    uint32_t suspect = PLAN_NONE;

    for (unsigned i = 0; i < d->foreign.count; i++) {
        const struct probe *p = &d->foreign.list[i].first;

        /* Nobody takes the blame for what it could not have put there: a liar might, for another's
         * sake. */
        if (p->object >= plan->queue_count || plan->queues[p->object].naming != NAMES_IO_ADDR ||
            plan->queues[p->object].producer != p->pd) {
            continue;
        }
        /* The device may touch it anywhere within the length given, or with one access that covers
         * it. */
        if (!(fault->a >= p->a && fault->a - p->a <= p->b) &&
            !(p->a >= fault->a && p->a - fault->a < bytes)) {
            continue;
        }
        if (!domain_suspect(plan, p->pd)) {
            return p->pd;
        }
        suspect = p->pd;
    }
    return suspect != PLAN_NONE ? suspect
                                : domain_failed_by(plan, device_driver(plan, fault->object));
}

/* It, or whoever named it the buffers that its device was to read or write. */
static uint32_t led_by(const struct plan *plan, uint32_t giver, const struct probe *fault)
{
    const struct plan_device *d =
        fault->object < plan->device_count ? &plan->devices[fault->object] : NULL;

    if (d == NULL || giver != d->driver) {
        return giver; /* it was seen to do it */
    }
    return blame_for_queue(plan, giver,
                           (fault->b & 1) != 0 ? d->rx_queue_source : d->tx_queue_sink);
}

static void judge_fault(const struct plan *plan, const struct heard *h, uint64_t count,
                        uint32_t giver, struct findings *out)
{
    const struct probe *p = &h->first;
    uint32_t culprit = led_by(plan, giver, p);
    char where[WHERE_TEXT_BYTES];

    say_finding(out, domain_suspect(plan, giver),
                (struct finding){.culprit = culprit,
                                 .victim = PLAN_NONE,
                                 .object = device_name(plan, p->object),
                                 .time_ns = p->time_ns,
                                 .count = count},
                "%s tried to %s %" PRIu64 " bytes at IO address 0x%" PRIx64
                ", %s; the address came from %s",
                device_name(plan, p->object), (p->b & 1) != 0 ? "write" : "read", p->b >> 1, p->a,
                where_io(plan, p->object, p->a, where), where_pd(plan, culprit));
}

/* Faults of one device, direction and culprit are one finding, told by the first of them. */
static void judge_faults(const struct dma *d, const struct plan *plan, struct findings *out)
{
    bool told[HEARD_MAX] = {false};

    for (unsigned i = 0; i < d->faults.count; i++) {
        const struct probe *p = &d->faults.list[i].first;
        uint32_t culprit = giver_of(d, plan, p);
        uint64_t count = 0;

        for (unsigned k = i; !told[i] && k < d->faults.count; k++) {
            const struct probe *other = &d->faults.list[k].first;

            if (!told[k] && other->object == p->object && (other->b & 1) == (p->b & 1) &&
                giver_of(d, plan, other) == culprit) {
                count += d->faults.list[k].count;
                told[k] = k != i;
            }
        }
        if (count != 0) {
            judge_fault(plan, &d->faults.list[i], count, culprit, out);
        }
    }
    out->lost += d->faults.lost;
}

static void dma_finish(void *state, const struct plan *plan, struct findings *out)
{
    const struct dma *d = state;

    judge_faults(d, plan, out);
    for (unsigned i = 0; i < d->violations.count; i++) {
        const struct heard *h = &d->violations.list[i];
        struct violation v = violation_unpack(h->first.a, h->first.b);
        char how[VIOLATION_TEXT_BYTES];
        uint32_t driver = device_driver(plan, h->first.object);
        uint32_t culprit = blame_for(plan, domain_failed_by(plan, driver), PLAN_NONE);

        say_finding(out, domain_misbehaves(plan, domain_failed_by(plan, driver)),
                    (struct finding){.culprit = culprit,
                                     .victim = PLAN_NONE,
                                     .object = device_name(plan, h->first.object),
                                     .time_ns = h->first.time_ns,
                                     .count = h->count,
                                     .before = h->first.before,
                                     .place = culprit == driver ? h->first.place : 0},
                    "%s used %s as its datasheet forbids: %s", where_pd(plan, driver),
                    device_name(plan, h->first.object),
                    violation_text(plan, h->first.object, &v, how));
    }
    out->lost += d->violations.lost;
}

const struct check_type check_dma = {
    .name = "dma",
    .doc = "devices reach only the memory given to them, and drivers keep to the datasheet",
    .host_time = "every access",
    .state_size = sizeof(struct dma),
    .event = dma_event,
    .finish = dma_finish,
};
