/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_REFILL_H
#define SIM_KERNEL_REFILL_H
/*
 * A scheduling context as seL4's mixed-criticality kernel keeps it: a budget every period, as a
 * list of refills, each an amount of time and when it may be used from. What is used comes back one
 * period after it could be used. The list is short: where a further piece has no room in it, the
 * last refill is put off until the new piece is due and takes it in. So one who runs often and
 * briefly finds most of its budget far in the future, although it used little.
 *
 * A budget as long as its period is a time slice: used up, it is full again at once, and others of
 * the same priority go first.
 */
#include <stdbool.h>
#include <stdint.h>

#define REFILLS_MAX 8u

struct refill {
    uint64_t at_ps, amount_ps;
};

struct sched_context {
    uint64_t budget_ps, period_ps, min_budget_ps;
    struct refill refills[REFILLS_MAX]; /* a ring, in the order of their times */
    uint32_t head, count, most;         /* most: how many there may be */
    bool slice;                         /* the budget is the period */
};

/* The whole budget, to be used from `now_ps`. A budget above the period counts as the period; with
 * one that is not above the minimum, there is no minimum. */
void sc_init(struct sched_context *sc, uint64_t budget_ps, uint64_t period_ps,
             uint64_t min_budget_ps, unsigned refills, uint64_t now_ps);
/* When it may be used next: not after `now` if now. */
static inline uint64_t sc_from_ps(const struct sched_context *sc)
{
    return sc->slice ? 0 : sc->refills[sc->head].at_ps;
}
/* How long it may be used without a break. Less than the minimum is as good as nothing. */
static inline uint64_t sc_left_ps(const struct sched_context *sc)
{
    uint64_t amount = sc->refills[sc->head].amount_ps;

    return amount > sc->min_budget_ps ? amount - sc->min_budget_ps : 0;
}
/* As below, for what is not a time slice. */
void sc_charge_budget(struct sched_context *sc, uint64_t used_ps);
void sc_unblock_budget(struct sched_context *sc, uint64_t now_ps);

/* It has been used for so long. True if that was the end of a time slice. */
static inline bool sc_charge(struct sched_context *sc, uint64_t used_ps)
{
    if (!sc->slice) {
        sc_charge_budget(sc, used_ps);
        return false;
    }
    struct refill *head = &sc->refills[sc->head];
    bool over = used_ps >= head->amount_ps;

    head->amount_ps = over ? sc->budget_ps : head->amount_ps - used_ps;
    return over;
}
/* Its owner begins to want it again: what came due meanwhile is one refill from now on. */
static inline void sc_unblock(struct sched_context *sc, uint64_t now_ps)
{
    if (!sc->slice) {
        sc_unblock_budget(sc, now_ps);
    }
}
#endif
