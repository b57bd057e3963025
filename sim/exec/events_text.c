/* SPDX-License-Identifier: BSD-2-Clause */
/* Words for events; see the header. */
#include "sim/exec/events_text.h"

#include <inttypes.h>

static const char *const requests[TURN_REQUESTS] = {[TURN_TICK] = "reaches its horizon",
                                                    [TURN_READY] = "is ready",
                                                    [TURN_WAIT] = "waits",
                                                    [TURN_REPLY] = "answers and waits",
                                                    [TURN_NOTIFY] = "notifies",
                                                    [TURN_ACK] = "acknowledges",
                                                    [TURN_CALL] = "calls",
                                                    [TURN_MMIO_READ] = "reads a register",
                                                    [TURN_MMIO_WRITE] = "writes a register",
                                                    [TURN_DRAIN] = "fills a capture",
                                                    [TURN_CACHE] = "works on caches",
                                                    [TURN_STOP] = "is stopped",
                                                    [TURN_END] = "ends"};

static const char *const kinds[KERNEL_EVENT_KINDS] = {
    [KERNEL_EVENT_TURN] = "", /* its request says it */
    [KERNEL_EVENT_WAKE] = "wakes",
    [KERNEL_EVENT_SWITCH] = "goes on",
    [KERNEL_EVENT_IRQ] = "is interrupted",
    [KERNEL_EVENT_REFILL] = "gets its budget back",
    [KERNEL_EVENT_SPENT] = "has used its budget up",
    [KERNEL_EVENT_STEP] = "lets time pass"};

static void say_request(const struct kernel_event *e, FILE *to)
{
    uint32_t request = (uint32_t)(e->a >> 32), channel = (uint32_t)e->a;

    fputs(request < TURN_REQUESTS ? requests[request] : "asks for nothing there is", to);
    switch (request) {
    case TURN_NOTIFY:
    case TURN_ACK:
    case TURN_CALL:
        fprintf(to, ", channel %" PRIu32, channel);
        break;
    case TURN_MMIO_READ:
        fprintf(to, " at %#" PRIx64, e->b);
        break;
    case TURN_MMIO_WRITE:
        fprintf(to, " at %#" PRIx64 ", value %#" PRIx64, e->b, e->c);
        break;
    default:
        break;
    }
}

static void say_event(const struct plan *plan, const struct kernel_event *e, FILE *to)
{
    fprintf(to, "%s ", e->pd < plan->pd_count ? plan->pds[e->pd].name : "nobody");
    fputs(kinds[e->kind], to);
    switch (e->kind) {
    case KERNEL_EVENT_TURN:
        say_request(e, to);
        break;
    case KERNEL_EVENT_WAKE:
        fprintf(to, " with %#" PRIx64 "%s%s", e->a, e->b != 0 ? " and a call" : "",
                e->c != 0 ? ", after a switch" : "");
        break;
    case KERNEL_EVENT_IRQ:
        fprintf(to, ", channel %" PRIu64, e->a);
        break;
    case KERNEL_EVENT_SPENT:
        fprintf(to, ", until %" PRIu64 " ps", e->a);
        break;
    default:
        break;
    }
}

void events_text(const struct plan *plan, const struct kernel_event *e, FILE *to)
{
    fprintf(to, "%" PRIu64 " ps ", e->at_ps);
    say_event(plan, e, to);
    fprintf(to, " [%016" PRIx64 "]\n", e->hash);
}

void events_text_short(const struct plan *plan, const struct kernel_event *e, uint64_t from_ps,
                       FILE *to)
{
    uint64_t at_ps = e->at_ps > from_ps ? e->at_ps - from_ps : 0;

    fprintf(to, "%" PRIu64 " ns ", at_ps / 1000);
    say_event(plan, e, to);
    fputc('\n', to);
}
