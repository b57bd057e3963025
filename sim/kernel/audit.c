/* SPDX-License-Identifier: BSD-2-Clause */
/* A sum over a window that slides; see the header. */
#include "sim/kernel/audit.h"

static struct audit_stretch *nth(struct audit *a, uint32_t n)
{
    return &a->stretches[(a->head + n) % AUDIT_STRETCHES];
}

static void forget_oldest(struct audit *a)
{
    struct audit_stretch *oldest = nth(a, 0);

    a->sum_ps -= oldest->to_ps - oldest->from_ps;
    a->head = (a->head + 1) % AUDIT_STRETCHES;
    a->count--;
}

void audit_init(struct audit *a, uint64_t budget_ps, uint64_t period_ps, uint64_t slack_ps)
{
    *a = (struct audit){.period_ps = period_ps, .allowed_ps = budget_ps + slack_ps};
}

static void remember(struct audit *a, uint64_t from_ps, uint64_t to_ps)
{
    if (a->count > 0 && nth(a, a->count - 1)->to_ps == from_ps) {
        nth(a, a->count - 1)->to_ps = to_ps;
    } else {
        if (a->count == AUDIT_STRETCHES) {
            forget_oldest(a);
        }
        *nth(a, a->count++) = (struct audit_stretch){from_ps, to_ps};
    }
    a->sum_ps += to_ps - from_ps;
}

void audit_used(struct audit *a, uint64_t from_ps, uint64_t to_ps)
{
    uint64_t begin_ps = to_ps > a->period_ps ? to_ps - a->period_ps : 0;

    remember(a, from_ps, to_ps);
    while (nth(a, 0)->to_ps <= begin_ps) {
        forget_oldest(a);
    }
    /* The oldest that is left may have begun before the period did. */
    uint64_t before_ps = nth(a, 0)->from_ps < begin_ps ? begin_ps - nth(a, 0)->from_ps : 0;
    uint64_t within_ps = a->sum_ps - before_ps;

    if (within_ps > a->allowed_ps) {
        a->first_ps = a->exceeded == 0 ? to_ps : a->first_ps;
        a->exceeded++;
    }
    a->worst_ps = within_ps > a->worst_ps ? within_ps : a->worst_ps;
}
