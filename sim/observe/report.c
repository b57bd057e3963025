/* SPDX-License-Identifier: BSD-2-Clause */
/* What the findings and expectations of a run add up to. Both reports say this and nothing else. */
#include "sim/observe/report.h"

#include <inttypes.h>

#include "sim/base/srcline.h"
#include "sim/base/symbol.h"

const char *report_verdict_name(enum report_verdict v)
{
    switch (v) {
    case REPORT_PASS:
        return "pass";
    case REPORT_FAIL:
        return "fail";
    default:
        return "none";
    }
}

bool report_run_complete(const struct report_input *in)
{
    const struct account *a = in->account;

    return a->ended && (a->end == RUN_QUIET || a->end == RUN_LIMIT);
}

uint32_t report_unconfined(const struct report_input *in)
{
    for (uint32_t i = 0; in->pds != NULL && i < in->plan->pd_count; i++) {
        if (in->plan->pds[i].kind == PD_IMAGE && !in->pds[i].confined) {
            return i;
        }
    }
    return PLAN_NONE;
}

enum report_verdict report_check_verdict(const struct report_input *in,
                                         const struct report_check *c)
{
    if (c->findings->count != 0 || c->findings->lost != 0) {
        return REPORT_FAIL;
    }
    if (!report_run_complete(in) || (c->isolation && report_unconfined(in) != PLAN_NONE)) {
        return REPORT_NONE;
    }
    return REPORT_PASS;
}

enum report_verdict report_run_verdict(const struct report_input *in)
{
    bool judged = false;

    for (size_t i = 0; i < in->check_count; i++) {
        switch (report_check_verdict(in, &in->checks[i])) {
        case REPORT_FAIL:
            return REPORT_FAIL;
        case REPORT_PASS:
            judged = true;
            break;
        default:
            break;
        }
    }
    if (!report_run_complete(in)) {
        return REPORT_NONE;
    }
    for (size_t i = 0; in->expects != NULL && i < in->plan->scenario->expect_count; i++) {
        if (!in->expects[i].holds) {
            return REPORT_FAIL;
        }
        judged = true;
    }
    return judged ? REPORT_PASS : REPORT_NONE;
}

const char *report_place(const struct report_input *in, const struct finding *f)
{
    struct arena *arena = in->plan->arena;
    char function[SYMBOL_BYTES], line[SRCLINE_BYTES];

    if (f->place == 0 || f->culprit >= in->plan->pd_count) {
        return NULL;
    }
    const char *image = arena_format(arena, "%s.so", in->plan->pds[f->culprit].name);
    const char *place = arena_format(arena, "%s+0x%" PRIx64, image, f->place);
    if (in->images == NULL) {
        return place;
    }
    const char *file = arena_format(arena, "%s/%s", in->images, image);

    if (symbol_before(file, f->place, function)) {
        place = arena_format(arena, "%s, %s", place, function);
    }
    if (srcline_before(file, f->place, line)) {
        place = arena_format(arena, "%s, %s", place, line);
    }
    return place;
}

const char *report_stack(const struct report_input *in, const struct finding *f)
{
    const struct report_pd *pd =
        in->pds == NULL || f->culprit >= in->plan->pd_count ? NULL : &in->pds[f->culprit];

    return pd != NULL && pd->died && f->place != 0 && f->place == pd->death_place ? pd->stack
                                                                                  : NULL;
}
