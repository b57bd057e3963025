/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeping findings: a list that grows to its limit, and then counts. */
#include "sim/hook/finding.h"

#include <stdbool.h>
#include <string.h>

/* One more in a list that doubles. False if it is full. */
static bool keep(struct arena *arena, struct finding **list, size_t *count, size_t *room,
                 const struct finding *one)
{
    if (*count == FINDINGS_MAX) {
        return false;
    }
    if (*count == *room) {
        size_t larger_room = *room == 0 ? 8 : *room * 2;
        struct finding *larger = arena_array(arena, larger_room, sizeof *larger);

        if (*count != 0) {
            memcpy(larger, *list, *count * sizeof *larger);
        }
        *list = larger;
        *room = larger_room;
    }
    struct finding *kept = &(*list)[(*count)++];
    *kept = *one;
    kept->text = arena_text(arena, one->text);
    kept->object = arena_text(arena, one->object);
    return true;
}

void findings_add(struct findings *f, const struct finding *one)
{
    if (!keep(f->arena, &f->list, &f->count, &f->room, one)) {
        f->lost++;
    }
}

void findings_excuse(struct findings *f, const struct finding *one)
{
    if (!keep(f->arena, &f->excused, &f->excused_count, &f->excused_room, one)) {
        f->excused_lost++;
    }
}
