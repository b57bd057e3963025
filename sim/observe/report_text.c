/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.txt, and what the terminal shows after a run: first whether all is well and how the run
 * ended, then what is wrong and whose doing it was, then the numbers. Whoever stops reading at the
 * first blank line knows the outcome.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/hook/where.h"
#include "sim/observe/report.h"

#define TIME_BYTES     32u
#define FINDINGS_SHOWN 8u
#define EXCUSED_SHOWN  4u
#define LINE_COLUMNS   100u

struct page {
    const struct report_input *in;
    FILE *to;
    bool color;
    int width; /* of the longest name of an endpoint */
};

/* "812 ns", "12.345 us", "1.500 ms", "2.000 s" */
static const char *say_time(uint64_t ns, char out[static TIME_BYTES])
{
    if (ns < 1000) {
        snprintf(out, TIME_BYTES, "%" PRIu64 " ns", ns);
    } else if (ns < 1000000) {
        snprintf(out, TIME_BYTES, "%" PRIu64 ".%03" PRIu64 " us", ns / 1000, ns % 1000);
    } else if (ns < 1000000000) {
        snprintf(out, TIME_BYTES, "%" PRIu64 ".%03" PRIu64 " ms", ns / 1000000, ns / 1000 % 1000);
    } else {
        snprintf(out, TIME_BYTES, "%" PRIu64 ".%03" PRIu64 " s", ns / 1000000000,
                 ns / 1000000 % 1000);
    }
    return out;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* A sentence, broken at blanks so that it stays within the line, every line indented by `indent`.
 */
static void wrap(struct page *page, unsigned indent, const char *sentence)
{
    const char *rest = sentence;

    while (*rest != '\0') {
        size_t room = LINE_COLUMNS - indent;
        size_t length = strlen(rest);

        if (length > room) {
            length = room;
            while (length > 0 && rest[length] != ' ') {
                length--;
            }
            length = length == 0 ? strcspn(rest, " ") : length;
        }
        fprintf(page->to, "%*s%.*s\n", (int)indent, "", (int)length, rest);
        rest += length;
        rest += strspn(rest, " ");
    }
}

static void say_verdict(struct page *page, enum report_verdict v)
{
    static const char *const words[] = {
        [REPORT_NONE] = "NO VERDICT", [REPORT_PASS] = "PASS", [REPORT_FAIL] = "FAIL"};
    static const char *const colors[] = {
        [REPORT_NONE] = "\033[33m", [REPORT_PASS] = "\033[32m", [REPORT_FAIL] = "\033[31m"};

    fprintf(page->to, "%s%s%s", page->color ? colors[v] : "", words[v],
            page->color ? "\033[0m" : "");
}

/* -- the outcome -- */

static const char *end_words(const struct account *a)
{
    if (!a->ended) {
        return "it did not end";
    }
    switch (a->end) {
    case RUN_QUIET:
        return "all input was consumed and all was quiet";
    case RUN_LIMIT:
        return "the planned time was over";
    case RUN_WALL:
        return "it was given up: the wall-clock limit was reached";
    case RUN_INTERRUPTED:
        return "it was interrupted";
    case RUN_STUCK:
        return "nothing could go on";
    default:
        return "it failed";
    }
}

/* A fault that never acted has shown nothing, however well the run went. */
static void say_idle_faults(struct page *page)
{
    const struct scenario *s = page->in->plan->scenario;
    char sentence[256];

    for (size_t i = 0; i < s->fault_count; i++) {
        const char *pd = s->faults[i].pd;

        if (page->in->account->acted[i] == 0) {
            snprintf(sentence, sizeof sentence,
                     "But fault %s%s%.64s never acted: its trigger did not come, so this run says "
                     "nothing about it.",
                     s->faults[i].type->name, pd == NULL ? "" : " in ", pd == NULL ? "" : pd);
            wrap(page, 2, sentence);
        }
    }
}

static void say_head(struct page *page)
{
    const struct report_input *in = page->in;
    const struct scenario *s = in->plan->scenario;
    char time[TIME_BYTES], sentence[512];

    fprintf(page->to, "%s: ", s->name);
    say_verdict(page, report_run_verdict(in));
    fputc('\n', page->to);
    if (s->story != NULL) {
        wrap(page, 2, s->story);
    }
    snprintf(sentence, sizeof sentence, "After %s of %s time %s%s%s.", say_time(in->time_ns, time),
             in->clock, end_words(in->account), in->end_detail == NULL ? "" : ": ",
             in->end_detail == NULL ? "" : in->end_detail);
    wrap(page, 2, sentence);
    say_idle_faults(page);
    fprintf(page->to, "  Executor %s, platform %s, seed %" PRIu64 "%s%s\n", in->executor,
            in->platform, s->seed, in->digest == NULL ? "" : ", digest ",
            in->digest == NULL ? "" : in->digest);
}

/* -- what is wrong -- */

/* Does the sentence say how many it was about? */
static bool says_count(const struct finding *f)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRIu64, f->count);
    return f->count == 1 || strstr(f->text, number) != NULL;
}

static void say_finding_details(struct page *page, const struct finding *f)
{
    const struct plan *plan = page->in->plan;
    char time[TIME_BYTES];
    const char *before = "";

    fprintf(page->to, "        ");
    if (f->culprit < plan->pd_count) {
        const char *place = report_place(page->in, f);

        fprintf(page->to, "culprit %s", plan->pds[f->culprit].name);
        if (place != NULL) {
            fprintf(page->to, " (%s)", place);
        }
        before = ", ";
    }
    if (f->victim < plan->pd_count) {
        fprintf(page->to, "%svictim %s", before, plan->pds[f->victim].name);
        before = ", ";
    }
    if (!says_count(f)) {
        fprintf(page->to, "%s%" PRIu64 " times", before, f->count);
        before = ", ";
    }
    fprintf(page->to, "%s%sat %s\n", before, says_count(f) ? "" : "first ",
            say_time(f->time_ns, time));
}

/* Lines in a column behind a word that stands before the first. */
static void say_lines(struct page *page, const char *indent, const char *head, const char *lines)
{
    int width = (int)strlen(head);

    while (lines != NULL && *lines != '\0') {
        size_t length = strcspn(lines, "\n");

        fprintf(page->to, "%s%-*s%.*s\n", indent, width, head, (int)length, lines);
        lines += length + (lines[length] == '\n');
        head = "";
    }
}

/* What happened just before, in virtual time. */
static void say_before(struct page *page, const char *lines)
{
    say_lines(page, "        ", "before it: ", lines);
}

static void say_list(struct page *page, const struct finding *list, size_t count, size_t lost,
                     size_t shown, bool with_before)
{
    size_t more = lost + (count > shown ? count - shown : 0);

    for (size_t i = 0; i < count && i < shown; i++) {
        wrap(page, 6, list[i].text);
        say_finding_details(page, &list[i]);
        if (with_before) {
            say_before(page, list[i].before);
        }
    }
    if (more != 0) {
        fprintf(page->to, "      and %zu more\n", more);
    }
}

static void say_wrong(struct page *page)
{
    bool first = true;
    const struct report_input *in = page->in;
    const struct scenario *s = in->plan->scenario;

    for (size_t i = 0; i < in->check_count; i++) {
        const struct findings *f = in->checks[i].findings;

        if (f->count != 0 || f->lost != 0) {
            fprintf(page->to, "\n  Check %s found\n", in->checks[i].name);
            say_list(page, f->list, f->count, f->lost, FINDINGS_SHOWN, true);
        }
    }
    for (size_t i = 0; in->expects != NULL && i < s->expect_count; i++) {
        const struct expect_result *r = &in->expects[i];

        if (r->holds) {
            continue;
        }
        fprintf(page->to, "%s  Expected %s, ", first ? "\n" : "", s->expects[i].text);
        first = false;
        if (r->known) {
            fprintf(page->to, "but it is %" PRId64 "\n", r->value);
        } else {
            fprintf(page->to, "but that was not measured in this run\n");
        }
    }
}

/* -- the numbers -- */

static void say_drops(struct page *page)
{
    const struct plan *plan = page->in->plan;

    for (uint32_t pd = 0; pd <= plan->pd_count; pd++) {
        for (unsigned reason = 0; reason < DROP_COUNT; reason++) {
            uint64_t count = page->in->account->dropped_at[pd][reason];

            if (count != 0) {
                fprintf(page->to, "  %10" PRIu64 " dropped by %s: %s\n", count,
                        pd < plan->pd_count ? plan->pds[pd].name : "somebody unknown",
                        drop_reason_name(reason));
            }
        }
    }
}

static void say_frames(struct page *page)
{
    const struct account *a = page->in->account;
    uint64_t began = a->in + a->sent + a->copied;
    uint64_t ended = a->delivered + a->out + a->dropped + a->in_flight;

    fprintf(page->to, "\nFrames\n");
    fprintf(page->to,
            "  %10" PRIu64 " began: %" PRIu64 " in, %" PRIu64 " sent, %" PRIu64 " copied\n", began,
            a->in, a->sent, a->copied);
    fprintf(page->to,
            "  %10" PRIu64 " accounted for: %" PRIu64 " delivered, %" PRIu64 " out, %" PRIu64
            " dropped, %" PRIu64 " in flight%s\n",
            ended, a->delivered, a->out, a->dropped, a->in_flight,
            account_balanced(a) ? "" : "  (does not balance)");
    say_drops(page);
}

/* One client's quantiles, a dash for each it has not. */
static void say_latency(struct page *page, uint32_t pd)
{
    const struct report_latency *l = page->in->latency == NULL ? NULL : &page->in->latency[pd];
    char time[TIME_BYTES];

    for (int i = 0; i < 4; i++) {
        if (l == NULL || l->count == 0) {
            fprintf(page->to, " %12s", "-");
        } else {
            const uint64_t quantiles[4] = {l->p50_ns, l->p99_ns, l->p999_ns, l->max_ns};

            fprintf(page->to, " %12s", say_time(quantiles[i], time));
        }
    }
}

static void say_clients(struct page *page)
{
    const struct plan *plan = page->in->plan;
    const struct account *a = page->in->account;

    fprintf(page->to, "\n%-*s %10s %10s %12s %12s %12s %12s\n", page->width + 2, "Clients",
            "received", "sent", "latency p50", "p99", "p99.9", "max");
    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        if (!plan->pds[pd].endpoint) {
            continue;
        }
        fprintf(page->to, "  %-*s %10" PRIu64 " %10" PRIu64, page->width, plan->pds[pd].name,
                a->delivered_to[pd], a->sent_by[pd]);
        say_latency(page, pd);
        fputc('\n', page->to);
    }
}

/* -- what was judged -- */

static const char *why_none(const struct page *page, char out[static 96])
{
    uint32_t pd = report_unconfined(page->in);

    if (!report_run_complete(page->in)) {
        return "the run was cut short";
    }
    snprintf(out, 96, "%.64s ran unconfined", where_pd(page->in->plan, pd));
    return out;
}

static void say_checks(struct page *page)
{
    const struct report_input *in = page->in;
    const struct scenario *s = in->plan->scenario;
    size_t hold = 0;

    fprintf(page->to, "\nChecks\n");
    for (size_t i = 0; i < in->check_count; i++) {
        const struct report_check *c = &in->checks[i];
        size_t found = c->findings->count + c->findings->lost;
        enum report_verdict v = report_check_verdict(in, c);
        char why[96];

        fprintf(page->to, "  %-15s ", c->name);
        say_verdict(page, v);
        if (found != 0) {
            fprintf(page->to, ", %zu finding%s", found, plural(found));
        } else if (v == REPORT_NONE) {
            fprintf(page->to, ": %s", why_none(page, why));
        } else if (c->findings->figure != NULL) {
            fprintf(page->to, ": %s", c->findings->figure);
        }
        fputc('\n', page->to);
    }
    for (size_t i = 0; in->expects != NULL && i < s->expect_count; i++) {
        hold += in->expects[i].holds;
    }
    if (in->expects != NULL) {
        fprintf(page->to, "  %-15s %zu of %zu hold\n", "expectations", hold, s->expect_count);
    }
}

static void say_excused(struct page *page)
{
    const struct report_input *in = page->in;
    bool headed = false;

    for (size_t i = 0; i < in->check_count; i++) {
        const struct findings *f = in->checks[i].findings;

        if (f->excused_count == 0) {
            continue;
        }
        if (!headed) {
            fprintf(page->to, "\nExcused: domains that are compromised, untrusted or gone did this "
                              "to what is their own\n");
            headed = true;
        }
        fprintf(page->to, "  Check %s\n", in->checks[i].name);
        say_list(page, f->excused, f->excused_count, f->excused_lost, EXCUSED_SHOWN, false);
    }
}

static void say_faults(struct page *page)
{
    const struct scenario *s = page->in->plan->scenario;

    if (s->fault_count != 0) {
        fprintf(page->to, "\nInjected faults\n");
    }
    for (size_t i = 0; i < s->fault_count; i++) {
        uint64_t acted = page->in->account->acted[i];
        const char *pd = s->faults[i].pd;

        fprintf(page->to, "  %s%s%s: ", s->faults[i].type->name, pd == NULL ? "" : " in ",
                pd == NULL ? "" : pd);
        if (acted == 0) {
            fprintf(page->to, "never acted\n");
        } else {
            fprintf(page->to, "acted %" PRIu64 " time%s\n", acted, plural(acted));
        }
    }
}

/* The names of those who lost this way, or both; false if there are none. */
static bool say_hurt_by(struct page *page, const struct report_hurt *list, size_t count,
                        bool receiving, bool sending, const char *what)
{
    const struct plan *plan = page->in->plan;
    const char *names = NULL;

    for (size_t i = 0; i < count; i++) {
        if (list[i].receiving == receiving && list[i].sending == sending) {
            names = arena_format(plan->arena, "%s%s%s", names == NULL ? "" : names,
                                 names == NULL ? "" : ", ", plan->pds[list[i].pd].name);
        }
    }
    if (names != NULL) {
        wrap(page, 4, arena_format(plan->arena, "hurt: %s, by then without %s", names, what));
    }
    return names != NULL;
}

/* Whom it took with it. */
static void say_hurt(struct page *page, uint32_t dead)
{
    size_t count;
    const struct report_hurt *list = report_hurt(page->in->plan, dead, &count);
    bool any = say_hurt_by(page, list, count, true, true, "a way in or out");

    any |= say_hurt_by(page, list, count, true, false, "a way in");
    any |= say_hurt_by(page, list, count, false, true, "a way out");
    if (!any) {
        fprintf(page->to, "    hurt: nobody else\n");
    }
}

/* Domains whose end a reader should know of, whatever the checks think of it. */
static void say_ends(struct page *page)
{
    const struct report_input *in = page->in;
    char where[WHERE_TEXT_BYTES], sentence[WHERE_TEXT_BYTES + 96];
    bool headed = false;

    for (uint32_t pd = 0; in->pds != NULL && pd < in->plan->pd_count; pd++) {
        const struct report_pd *r = &in->pds[pd];

        if (!r->died) {
            continue;
        }
        if (!headed) {
            fprintf(page->to, "\nDomains that died\n");
            headed = true;
        }
        snprintf(sentence, sizeof sentence, "%.64s: %s", in->plan->pds[pd].name,
                 where_death(in->plan, pd, r->death_signal, r->death_vaddr, where));
        wrap(page, 2, sentence);
        if (r->assertion != NULL) {
            fprintf(page->to, "    %s\n", r->assertion);
        }
        say_lines(page, "    ", "in ", r->stack);
        say_hurt(page, pd);
    }
}

static void say_share(struct page *page, const char *what, uint64_t ppm)
{
    fprintf(page->to, "  %s busy %" PRIu64 ".%02" PRIu64 " %%\n", what, ppm / 10000,
            ppm % 10000 / 100);
}

/* Cycles for each frame that came in, or in all where none did. */
static void say_cycles(struct page *page, int width)
{
    const struct report_cpu *cpu = page->in->cpu;
    uint64_t frames = cpu->packets == 0 ? 1 : cpu->packets;

    fprintf(page->to, "  %-*s %12s %12s %14s %12s\n", width,
            cpu->packets == 0 ? "cycles" : "cycles a frame", "all", "kernel", "activations",
            "switches");
    for (uint32_t pd = 0; pd < page->in->plan->pd_count; pd++) {
        const struct report_cycles *c = &cpu->pds[pd];

        if (page->in->plan->pds[pd].kind == PD_IMAGE) {
            fprintf(page->to, "  %-*s %12" PRIu64 " %12" PRIu64 " %14" PRIu64 " %12" PRIu64 "\n",
                    width, page->in->plan->pds[pd].name, c->total / frames, c->kernel / frames,
                    c->activations, c->switches);
        }
    }
}

static void say_cpu(struct page *page)
{
    const struct report_cpu *cpu = page->in->cpu;
    int width = (int)strlen("cycles a frame");

    if (cpu == NULL) {
        return;
    }
    for (uint32_t pd = 0; pd < page->in->plan->pd_count; pd++) {
        int length = (int)strlen(page->in->plan->pds[pd].name);

        width = length > width ? length : width;
    }
    fprintf(page->to, "\nProcessor at %" PRIu64 " MHz", cpu->clock_hz / 1000000);
    if (cpu->packets != 0) {
        fprintf(page->to, ", %" PRIu64 " cycles a frame", cpu->cycles_per_packet);
    }
    fputc('\n', page->to);
    for (size_t i = 0; i < cpu->core_count; i++) {
        char name[32];

        snprintf(name, sizeof name, "core %zu", i);
        say_share(page, name, cpu->cores[i].utilisation_ppm);
    }
    say_cycles(page, width);
}

static void say_notes(struct page *page)
{
    const char *const *note = page->in->notes;

    if (note == NULL || *note == NULL) {
        return;
    }
    fprintf(page->to, "\nNotes\n");
    for (; *note != NULL; note++) {
        wrap(page, 2, *note);
    }
}

int report_text(const struct report_input *in, FILE *to, bool color)
{
    struct page page = {.in = in, .to = to, .color = color, .width = (int)strlen("Clients")};

    for (uint32_t pd = 0; pd < in->plan->pd_count; pd++) {
        int length = (int)strlen(in->plan->pds[pd].name);

        if (in->plan->pds[pd].endpoint && length > page.width) {
            page.width = length;
        }
    }
    errno = 0;
    say_head(&page);
    say_wrong(&page);
    say_frames(&page);
    say_clients(&page);
    say_cpu(&page);
    say_checks(&page);
    say_excused(&page);
    say_faults(&page);
    say_ends(&page);
    say_notes(&page);
    if (fflush(to) != 0 || ferror(to)) {
        return errno != 0 ? -errno : -EIO;
    }
    return 0;
}
