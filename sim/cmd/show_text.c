/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan for a reader at a terminal: each domain a paragraph, in packet order, then what is
 * recorded, what goes wrong and what is expected. Rows of one kind are aligned within their
 * paragraph.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/quantity.h"
#include "sim/cmd/rows.h"
#include "sim/cmd/show_parts.h"
#include "sim/system.h"

#define LINE_BYTES 98u
#define ROW_INDENT 4
#define KEY_WIDTH  10

/* ---- running text ---- */

/* Words broken into lines, all but the first indented; the first begins at `column`. */
static void print_wrapped(const char *text, size_t column, size_t indent, FILE *to)
{
    bool begun = false;

    while (*text != '\0') {
        size_t word = strcspn(text, " \n");

        if (begun && column + 1 + word > LINE_BYTES) {
            fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
        } else if (begun) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", (int)word, text);
        column += word;
        begun = true;
        text += word;
        text += strspn(text, " \n");
    }
    fputc('\n', to);
}

/* "  key       text", wrapped. */
static void print_key(const char *key, const char *text, FILE *to)
{
    fprintf(to, "  %-*s", KEY_WIDTH, key);
    print_wrapped(text, 2 + KEY_WIDTH, 2 + KEY_WIDTH, to);
}

static bool listed(const char *key, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(key, *list) == 0) {
            return true;
        }
    }
    return false;
}

/* "key=value key=value", without those keys; "" for no object. */
static const char *key_values(const json_t *object, const char *const *without, struct arena *arena)
{
    const char *text = "", *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value)
    {
        char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

        if (!listed(key, without) && !json_is_null(value) && dumped != NULL) {
            text = arena_format(arena, "%s%s%s=%s", text, text[0] == '\0' ? "" : " ", key, dumped);
        }
        free(dumped);
    }
    return text;
}

static const char *bytes_text(uint64_t bytes, struct arena *arena)
{
    return quantity_text(QUANTITY_BYTES, bytes, arena);
}

static const char *range_text(uint64_t from, uint64_t bytes, struct arena *arena)
{
    return arena_format(arena, "0x%" PRIx64 "..0x%" PRIx64, from, from + bytes - 1);
}

/* ---- one domain ---- */

static void print_heading(const struct show *show, uint32_t pd, FILE *to)
{
    const struct plan_pd *domain = &show->plan->pds[pd];
    const struct scenario_instance *instance = show_instance(show, pd);

    fprintf(to, "\n%s: %s%s%s%s\n", domain->name, domain->role == NULL ? "domain" : domain->role,
            instance == NULL ? "" : " of ", instance == NULL ? "" : instance->name,
            domain->trusted ? "" : ", not trusted");
}

static const char *priority_text(const struct plan_pd *domain, struct arena *arena)
{
    const char *text = arena_format(arena, "%u", domain->priority);

    if (domain->budget_ns != 0) {
        text = arena_format(arena, "%s, budget %s in %s", text,
                            quantity_text(QUANTITY_TIME, domain->budget_ns, arena),
                            quantity_text(QUANTITY_TIME, domain->period_ns, arena));
    } else {
        text = arena_format(arena, "%s, no budget", text);
    }
    return domain->cpu < 0 ? text : arena_format(arena, "%s, on cpu %d", text, domain->cpu);
}

static void print_image(const struct show *show, const struct plan_pd *domain, FILE *to)
{
    static const char *const none[] = {NULL};
    const json_t *params = json_object_get(show_asked(show, domain->name), "params");
    struct rows table = {.arena = show->arena};
    const char *text = "";

    print_key("image", domain->asked->image, to);
    print_key("priority", priority_text(domain, show->arena), to);
    if (json_object_size(params) > 0) {
        print_key("params", key_values(params, none, show->arena), to);
    }
    for (size_t i = 0; i < domain->mac_count; i++) {
        text = arena_format(show->arena, "%s%s%s", text, i == 0 ? "" : ", ",
                            show_mac(domain->macs[i], show->arena));
    }
    if (domain->mac_count != 0) {
        print_key("receives", text, to);
    }
    for (size_t i = 0; i < domain->blob_count; i++) {
        ROWS_ADD(&table, domain->blobs[i].section,
                 arena_format(show->arena, "%zu bytes", domain->blobs[i].size));
    }
    if (table.count != 0) {
        fprintf(to, "  sections\n");
        rows_print(&table, -1, ROW_INDENT, to);
    }
}

static void print_wire(const struct show *show, const struct plan_device *device, FILE *to)
{
    static const char *const said[] = {"name", "kind", NULL};
    const struct scenario_wire *wire;

    if (device->wire < 0) {
        print_key("wire", "none", to);
        return;
    }
    wire = &show->plan->scenario->wires[device->wire];
    print_key("wire",
              arena_format(show->arena, "%s: %s %s", wire->name, wire->type->name,
                           key_values(show_asked(show, wire->name), said, show->arena)),
              to);
}

static void print_windows(const struct show *show, uint32_t device, FILE *to)
{
    struct rows table = {.arena = show->arena};
    const struct plan *plan = show->plan;

    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];

        if (w->device == device) {
            ROWS_ADD(&table, range_text(w->io_addr, w->bytes, show->arena),
                     bytes_text(w->bytes, show->arena), show_rights(w->rights),
                     show_region_kind(plan->regions[w->region].kind),
                     plan->regions[w->region].name);
        }
    }
    fprintf(to, "  windows: what it reaches, by IO address\n");
    rows_print(&table, 1, ROW_INDENT, to);
}

static void print_device(const struct show *show, uint32_t index, FILE *to)
{
    static const char *const said[] = {"name", "model", "wire", NULL};
    const struct plan_device *device = &show->plan->devices[index];

    print_key("model",
              arena_format(show->arena, "%s %s", device->asked->type->name,
                           key_values(show_asked(show, device->name), said, show->arena)),
              to);
    print_wire(show, device, to);
    for (uint32_t i = 0; i < device->registers_count; i++) {
        const struct plan_registers *r = &device->registers[i];

        print_key(r->name == NULL ? "registers" : r->name,
                  arena_format(show->arena, "at 0x%" PRIx64 " in %s, where nothing is mapped",
                               r->vaddr, show->plan->pds[device->driver].name),
                  to);
    }
    print_windows(show, index, to);
}

static void print_maps(const struct show *show, uint32_t pd, FILE *to)
{
    struct rows table = {.arena = show->arena};
    const struct plan *plan = show->plan;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];
        const struct plan_region *region = &plan->regions[map->region];

        if (map->pd == pd) {
            ROWS_ADD(&table, range_text(map->vaddr, region->bytes, show->arena),
                     bytes_text(region->bytes, show->arena), show_rights(map->rights),
                     show_of_runtime(region->kind) ? "*" : " ", show_region_kind(region->kind),
                     region->name);
        }
    }
    fprintf(to, "  maps\n");
    rows_print(&table, 1, ROW_INDENT, to);
}

/* What a domain has at its end of a channel. */
static void channel_row(const struct show *show, struct rows *table, const struct plan_channel *c,
                        int end)
{
    const struct plan_end *own = &c->end[end], *other = &c->end[1 - end];
    const char *id =
        show->plan->pds[own->pd].kind == PD_DEVICE ? "-" : arena_format(show->arena, "%u", own->id);

    if (c->kind == CHANNEL_TIMER) {
        ROWS_ADD(table, id, "timer", "", "asks for the time and for timeouts");
    } else if (c->kind == CHANNEL_CONSOLE) {
        ROWS_ADD(table, id, "console", "", "prints into its log");
    } else if (c->kind == CHANNEL_IRQ) {
        ROWS_ADD(table, id, arena_format(show->arena, "irq %u", c->irq_line),
                 show->plan->pds[other->pd].name, end == 0 ? "is interrupted" : "interrupts");
    } else {
        ROWS_ADD(table, id, arena_format(show->arena, "there %u", other->id),
                 show->plan->pds[other->pd].name,
                 arena_format(show->arena, "%s%s%s%s", own->may_notify ? "notifies" : "is silent",
                              own->may_call ? ", calls" : "",
                              other->may_notify ? ", is notified" : "",
                              other->may_call ? ", is called" : ""));
    }
}

static void print_channels(const struct show *show, uint32_t pd, FILE *to)
{
    struct rows table = {.arena = show->arena};

    for (uint32_t i = 0; i < show->plan->channel_count; i++) {
        for (int end = 0; end < 2; end++) {
            if (show->plan->channels[i].end[end].pd == pd) {
                channel_row(show, &table, &show->plan->channels[i], end);
            }
        }
    }
    if (table.count != 0) {
        fprintf(to, "  channels\n");
        rows_print(&table, 0, ROW_INDENT, to);
    }
}

static void print_queues(const struct show *show, uint32_t pd, FILE *to)
{
    struct rows table = {.arena = show->arena};
    const struct plan *plan = show->plan;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];

        if (q->producer != pd && q->consumer != pd) {
            continue;
        }
        ROWS_ADD(&table, q->name, arena_format(show->arena, "%u slots", q->capacity),
                 q->naming == NAMES_OFFSET ? "offsets" : "IO addresses",
                 q->producer == pd ? "to" : "from",
                 plan->pds[q->producer == pd ? q->consumer : q->producer].name,
                 arena_format(show->arena, "by channel %u", plan_channel_id(plan, q->channel, pd)));
    }
    if (table.count != 0) {
        fprintf(to, "  queues\n");
        rows_print(&table, -1, ROW_INDENT, to);
    }
}

static void print_domain(const struct show *show, uint32_t pd, FILE *to)
{
    const struct plan_pd *domain = &show->plan->pds[pd];

    print_heading(show, pd, to);
    if (domain->kind == PD_IMAGE) {
        print_image(show, domain, to);
    } else {
        print_device(show, domain->device, to);
    }
    print_maps(show, pd, to);
    print_channels(show, pd, to);
    print_queues(show, pd, to);
}

/* ---- around the domains ---- */

static void print_scenario(const struct show *show, FILE *to)
{
    const struct scenario *s = show->plan->scenario;

    fprintf(to, "Scenario %s (%s)\n", s->name, s->path);
    if (s->story != NULL && s->story[0] != '\0') {
        fputs("  ", to);
        print_wrapped(s->story, 2, 2, to);
    }
    fprintf(to, "  Clock %s, executor %s, platform %s, seed %" PRIu64 ", gives up after %s",
            s->clock == CLOCK_HOST ? "host" : "virtual", system_executor(s),
            s->platform == NULL ? "generic" : s->platform, s->seed,
            quantity_text(QUANTITY_TIME, s->stop_wall_ns, show->arena));
    if (s->stop_after_ns != 0) {
        fprintf(to, ", lasts %s", quantity_text(QUANTITY_TIME, s->stop_after_ns, show->arena));
    }
    fprintf(to,
            "\n\n%u domains, in the order in which a packet meets them. Memory marked * is the "
            "runtime's.\n",
            show->plan->pd_count);
}

static void print_captures(const struct show *show, FILE *to)
{
    struct rows table = {.arena = show->arena};

    for (uint32_t i = 0; i < show->plan->capture_count; i++) {
        const struct plan_capture *c = &show->plan->captures[i];

        ROWS_ADD(&table, c->asked->at, arena_format(show->arena, "captures/%s", c->asked->file),
                 arena_format(show->arena, "seen by %s", show->plan->pds[c->pd].name));
    }
    if (table.count != 0) {
        fprintf(to, "\nCaptures\n");
        rows_print(&table, -1, ROW_INDENT, to);
    }
}

static void print_faults(const struct show *show, FILE *to)
{
    static const char *const said[] = {"kind", "pd", NULL};
    const struct scenario *s = show->plan->scenario;

    if (s->fault_count != 0) {
        fprintf(to, "\nFaults\n");
    }
    for (size_t i = 0; i < s->fault_count; i++) {
        const json_t *asked = json_array_get(json_object_get(show->asked, "faults"), i);

        fprintf(to, "%*s%zu: %s%s%s\n%*s", ROW_INDENT, "", i, s->faults[i].type->name,
                s->faults[i].pd == NULL ? "" : " inside ",
                s->faults[i].pd == NULL ? "" : s->faults[i].pd, ROW_INDENT + 2, "");
        print_wrapped(key_values(asked, said, show->arena), ROW_INDENT + 2, ROW_INDENT + 2, to);
    }
}

static void print_expected(const struct show *show, FILE *to)
{
    const struct scenario *s = show->plan->scenario;

    if (s->expect_count != 0) {
        fprintf(to, "\nExpected\n");
    }
    for (size_t i = 0; i < s->expect_count; i++) {
        fprintf(to, "%*s%s\n", ROW_INDENT, "", s->expects[i].text);
    }
    if (s->checks_off_count != 0) {
        fprintf(to, "\nNot checked\n");
    }
    for (size_t i = 0; i < s->checks_off_count; i++) {
        fprintf(to, "%*s%s\n", ROW_INDENT, "", s->checks_off[i]);
    }
}

void show_text(const struct show *show, FILE *to)
{
    print_scenario(show, to);
    for (uint32_t i = 0; i < show->plan->pd_count; i++) {
        print_domain(show, show->order[i], to);
    }
    print_captures(show, to);
    print_faults(show, to);
    print_expected(show, to);
}
