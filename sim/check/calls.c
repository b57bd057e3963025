/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is called answers what its class says, whatever the caller asks: a request may have any
 * label, and words that are none of its business or not there. The answer is judged where it is
 * given, with what the class knows (sim/class/class.h); here it is said whose it was. A wrong one
 * tells the caller what it may not know, or lets it believe what is not so.
 */
#include <inttypes.h>

#include "sim/check/heard.h"

static void calls_event(void *state, const struct plan *plan, const struct probe *p)
{
    (void)plan;
    if (p->kind == PROBE_CALL_WRONG) {
        heard_note(state, p, HEARD_BY_A);
    }
}

static uint32_t caller_of(const struct plan *plan, const struct probe *p)
{
    if (p->object >= plan->channel_count) {
        return PLAN_NONE;
    }
    const struct plan_end *end = plan->channels[p->object].end;

    return end[0].pd == p->pd ? end[1].pd : end[0].pd;
}

static void judge(const struct plan *plan, const struct heard *h, struct findings *out)
{
    static const char *const wrongs[CALL_WRONGS] = {
        [CALL_RIGHT] = "",
        [CALL_SHAPE] =
            "with a label, capabilities or a number of words that its contract does not say",
        [CALL_ERROR] = "with the wrong error, or none",
        [CALL_WORD] = "with a word that is not so",
    };
    const struct probe *p = &h->first;
    uint32_t caller = caller_of(plan, p);

    say_finding(out, domain_suspect(plan, p->pd), heard_finding(h, caller, pd_name(plan, p->pd)),
                "%s answered a call of %s, label %" PRIu64 ", %s", pd_name(plan, p->pd),
                pd_name(plan, caller), p->a, p->b < CALL_WRONGS ? wrongs[p->b] : "");
}

static void calls_finish(void *state, const struct plan *plan, struct findings *out)
{
    heard_judge(state, plan, out, judge);
}

const struct check_type check_calls = {
    .name = "calls",
    .doc = "protected calls are answered as their contract says, whatever is asked",
    .host_time = "every call, as told by the runtime of the domain that answers",
    .state_size = sizeof(struct heard_list),
    .event = calls_event,
    .finish = calls_finish,
};
