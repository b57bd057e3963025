/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of events and reasons, and telling an event to all who listen. */
#include "sim/hook/probe.h"

#include <assert.h>
#include <stddef.h>

#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static const char *const probe_names[] = {
#define ROW(id, doc) #id,
    PROBE_KINDS(ROW)
#undef ROW
};

static const char *const drop_names[] = {
#define ROW(id, name) name,
    DROP_REASONS(ROW)
#undef ROW
};

static const char *const end_names[] = {
    [RUN_QUIET] = "quiet", [RUN_LIMIT] = "limit",
    [RUN_WALL] = "wall",   [RUN_INTERRUPTED] = "interrupted",
    [RUN_STUCK] = "stuck", [RUN_FAILED] = "failed",
};

const char *probe_name(unsigned kind)
{
    return kind < COUNT_OF(probe_names) ? probe_names[kind] : "?";
}

const char *drop_reason_name(unsigned reason)
{
    return reason < COUNT_OF(drop_names) ? drop_names[reason] : "?";
}

const char *run_end_name(unsigned end)
{
    return end < COUNT_OF(end_names) ? end_names[end] : "?";
}

void probe_listen(struct probe_bus *bus, void (*event)(void *, const struct probe *), void *context)
{
    assert(bus->count < COUNT_OF(bus->sinks));
    bus->sinks[bus->count++] = (struct probe_sink){.event = event, .context = context};
}

void probe_emit(struct probe_bus *bus, const struct probe *p)
{
    for (unsigned i = 0; i < bus->count; i++) {
        bus->sinks[i].event(bus->sinks[i].context, p);
    }
}
