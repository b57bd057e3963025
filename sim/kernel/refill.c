/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of refills; see the header. Every verb keeps the sum of all amounts at the budget. */
#include "sim/kernel/refill.h"

#include <assert.h>

static struct refill *head_of(struct sched_context *sc)
{
    return &sc->refills[sc->head];
}

static struct refill *tail_of(struct sched_context *sc)
{
    return &sc->refills[(sc->head + sc->count - 1) % REFILLS_MAX];
}

static struct refill pop(struct sched_context *sc)
{
    struct refill first = *head_of(sc);

    sc->head = (sc->head + 1) % REFILLS_MAX;
    sc->count--;
    return first;
}

/* Something comes back. It joins the last refill where they touch, or where there is no more room:
 * then that one is put off. */
static void append(struct sched_context *sc, struct refill back)
{
    struct refill *tail = tail_of(sc);

    if (sc->count > 0 && back.at_ps <= tail->at_ps + tail->amount_ps) {
        tail->amount_ps += back.amount_ps;
    } else if (sc->count == sc->most) {
        tail->at_ps = back.at_ps - tail->amount_ps;
        tail->amount_ps += back.amount_ps;
    } else {
        sc->count++;
        *tail_of(sc) = back;
    }
}

void sc_init(struct sched_context *sc, uint64_t budget_ps, uint64_t period_ps,
             uint64_t min_budget_ps, unsigned refills, uint64_t now_ps)
{
    assert(refills >= 2 && refills <= REFILLS_MAX);
    if (budget_ps > period_ps) {
        budget_ps = period_ps;
    }
    /* A budget that is nothing but what is not worth running for would never be used at all. */
    bool slice = budget_ps == period_ps, too_short = budget_ps <= min_budget_ps;

    *sc = (struct sched_context){.budget_ps = budget_ps,
                                 .period_ps = period_ps,
                                 .min_budget_ps = slice || too_short ? 0 : min_budget_ps,
                                 .refills = {{now_ps, budget_ps}},
                                 .count = 1,
                                 .most = refills,
                                 .slice = slice};
}

/* Refills that were used up whole, and then some. */
static uint64_t use_whole_refills(struct sched_context *sc, uint64_t used_ps)
{
    while (used_ps > 0 && head_of(sc)->amount_ps <= used_ps) {
        used_ps -= head_of(sc)->amount_ps;
        if (sc->count == 1) {
            head_of(sc)->at_ps += sc->period_ps;
        } else {
            struct refill whole = pop(sc);

            whole.at_ps += sc->period_ps;
            append(sc, whole);
        }
    }
    return used_ps;
}

void sc_charge_budget(struct sched_context *sc, uint64_t used_ps)
{
    used_ps = use_whole_refills(sc, used_ps);
    if (used_ps > 0) {
        struct refill *head = head_of(sc);
        struct refill back = {head->at_ps + sc->period_ps, used_ps};

        head->amount_ps -= used_ps;
        head->at_ps += used_ps;
        append(sc, back);
    }
    /* What is too short to be worth a switch waits for the next refill. */
    while (head_of(sc)->amount_ps <= sc->min_budget_ps && sc->count > 1) {
        struct refill rest = pop(sc);
        struct refill *head = head_of(sc);

        head->at_ps -= rest.amount_ps;
        head->amount_ps += rest.amount_ps;
    }
}

void sc_unblock_budget(struct sched_context *sc, uint64_t now_ps)
{
    if (head_of(sc)->at_ps > now_ps) {
        return;
    }
    head_of(sc)->at_ps = now_ps;
    while (sc->count > 1 && sc->refills[(sc->head + 1) % REFILLS_MAX].at_ps <=
                                head_of(sc)->at_ps + head_of(sc)->amount_ps) {
        struct refill first = pop(sc);

        head_of(sc)->at_ps = now_ps;
        head_of(sc)->amount_ps += first.amount_ps;
    }
}
