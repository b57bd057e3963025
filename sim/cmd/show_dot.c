/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plan as a graph for graphviz: domains as nodes, one cluster a class instance, and an edge
 * wherever frames flow: the queue that carries them, its capacity, and the channel id by which
 * either end is signalled. Interrupts and register accesses are dashed. A device is a box, with its
 * wire beside it; a domain that a fault compromises is red, one that is not trusted has a broken
 * line.
 */
#include <string.h>

#include "sim/base/quantity.h"
#include "sim/cmd/show_parts.h"

/* In quotes, as dot wants it; a newline stays a line break. */
static void print_quoted(const char *text, FILE *to)
{
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            fputs("\\n", to);
            continue;
        }
        if (*text == '"' || *text == '\\') {
            fputc('\\', to);
        }
        fputc(*text, to);
    }
    fputc('"', to);
}

static bool compromised(const struct plan *plan, uint32_t pd)
{
    for (size_t i = 0; i < plan->scenario->fault_count; i++) {
        const char *name = plan->scenario->faults[i].pd;

        if (name != NULL && strcmp(name, plan->pds[pd].name) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- nodes ---- */

static const char *node_label(const struct show *show, uint32_t pd)
{
    const struct plan_pd *domain = &show->plan->pds[pd];

    if (domain->kind == PD_DEVICE) {
        return arena_format(show->arena, "%s\n%s", domain->name,
                            show->plan->devices[domain->device].asked->type->name);
    }
    return arena_format(show->arena, "%s\n%s\npriority %u", domain->name, domain->asked->image,
                        domain->priority);
}

static void print_node(const struct show *show, uint32_t pd, FILE *to)
{
    const struct plan_pd *domain = &show->plan->pds[pd];

    fputs("    ", to);
    print_quoted(domain->name, to);
    fputs(" [label=", to);
    print_quoted(node_label(show, pd), to);
    if (domain->kind == PD_DEVICE) {
        fputs(", shape=box, fillcolor=\"#e8e8e8\"", to);
    } else {
        fprintf(to, ", shape=box, style=\"rounded,filled%s\"", domain->trusted ? "" : ",dashed");
    }
    fprintf(to, "%s];\n", compromised(show->plan, pd) ? ", color=red, fontcolor=red" : "");
}

/* Nodes of one instance, or of none. */
static void print_nodes(const struct show *show, const struct scenario_instance *instance, FILE *to)
{
    for (uint32_t i = 0; i < show->plan->pd_count; i++) {
        if (show_instance(show, show->order[i]) == instance) {
            print_node(show, show->order[i], to);
        }
    }
}

static void print_clusters(const struct show *show, FILE *to)
{
    const struct scenario *s = show->plan->scenario;

    for (size_t i = 0; i < s->instance_count; i++) {
        const char *title = arena_format(show->arena, "%s (%s)", s->instances[i].name,
                                         s->instances[i].class_type->view.name);

        fprintf(to, "  subgraph cluster_%zu {\n    label=", i);
        print_quoted(title, to);
        fputs(";\n", to);
        print_nodes(show, &s->instances[i], to);
        fputs("  }\n", to);
    }
    print_nodes(show, NULL, to);
}

/* ---- edges ---- */

static void print_edge(const struct show *show, uint32_t from, uint32_t to_pd, FILE *to)
{
    fputs("  ", to);
    print_quoted(show->plan->pds[from].name, to);
    fputs(" -> ", to);
    print_quoted(show->plan->pds[to_pd].name, to);
}

static void print_queue(const struct show *show, const struct queue_shape *q, FILE *to)
{
    print_edge(show, q->producer, q->consumer, to);
    fputs(" [label=", to);
    print_quoted(arena_format(show->arena, "%s\n%u", q->name, q->capacity), to);
    fprintf(to, ", taillabel=\"%u\", headlabel=\"%u\"];\n",
            plan_channel_id(show->plan, q->channel, q->producer),
            plan_channel_id(show->plan, q->channel, q->consumer));
}

/* Is this channel drawn already, with the queues its ends signal about? */
static bool has_queue(const struct plan *plan, uint32_t channel)
{
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        if (plan->queues[i].carries_frames && plan->queues[i].channel == channel) {
            return true;
        }
    }
    return false;
}

static void print_channel(const struct show *show, const struct plan_channel *c, FILE *to)
{
    if (c->kind == CHANNEL_TIMER || c->kind == CHANNEL_CONSOLE) {
        return; /* asks the machine, which is no node */
    }
    print_edge(show, c->end[0].pd, c->end[1].pd, to);
    if (c->kind == CHANNEL_IRQ) {
        fprintf(to, " [style=dashed, label=\"irq %u\", headlabel=\"%u\"];\n", c->irq_line,
                c->end[1].id);
    } else {
        fprintf(to, " [style=dashed, dir=both, taillabel=\"%u\", headlabel=\"%u\"];\n",
                c->end[0].id, c->end[1].id);
    }
}

static void print_device_edges(const struct show *show, const struct plan_device *d, FILE *to)
{
    const struct scenario_wire *wire;

    print_edge(show, d->driver, d->pd, to);
    fputs(" [style=dashed, label=\"registers\"];\n", to);
    if (d->wire < 0) {
        return;
    }
    wire = &show->plan->scenario->wires[d->wire];
    /* Wires and domains share one space of names, so this is a node of its own. */
    fputs("  ", to);
    print_quoted(wire->name, to);
    fputs(" [shape=ellipse, label=", to);
    print_quoted(arena_format(show->arena, "%s\n%s\n%s", wire->name, wire->type->name,
                              quantity_text(QUANTITY_RATE, wire->speed_bps, show->arena)),
                 to);
    fputs("];\n  ", to);
    print_quoted(wire->name, to);
    fputs(" -> ", to);
    print_quoted(d->name, to);
    fputs(" [dir=both, penwidth=2];\n", to);
}

void show_dot(const struct show *show, FILE *to)
{
    const struct plan *plan = show->plan;

    fputs("digraph plan {\n  label=", to);
    print_quoted(plan->scenario->name, to);
    fputs(";\n  rankdir=LR; labelloc=t; nodesep=0.5; ranksep=0.9;\n"
          "  node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white];\n"
          "  edge [fontname=\"Helvetica\", fontsize=9, labeldistance=1.6];\n",
          to);
    print_clusters(show, to);
    for (uint32_t i = 0; i < plan->device_count; i++) {
        print_device_edges(show, &plan->devices[i], to);
    }
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        if (plan->queues[i].carries_frames) {
            print_queue(show, &plan->queues[i], to);
        }
    }
    for (uint32_t i = 0; i < plan->channel_count; i++) {
        if (!has_queue(plan, i)) {
            print_channel(show, &plan->channels[i], to);
        }
    }
    fputs("}\n", to);
}
