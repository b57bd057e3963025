/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One of the two runs that are compared: a scenario with captures at those that the faults are not
 * in, written beside the run, and the report that the run left.
 */
#include <errno.h>
#include <string.h>

#include "sim/cmd/compare_parts.h"
#include "sim/cmd/self.h"

/* The scenario, with nothing but what the comparison wants to see: captures, and no expectations,
 * which are about the run with faults. */
static bool write_scenario(struct comparison *c, const char *file, bool with_faults)
{
    const struct plan *plan = c->system.plan;
    json_t *top = json_loads(c->system.scenario->expanded, 0, NULL);
    json_t *captures = json_array(), *faults = json_object_get(top, "faults");

    for (uint32_t pd = 0; pd < plan->pd_count; pd++) {
        for (int way = 0; compare_is_victim(c, pd) && way < FLOWS; way++) {
            const char *at =
                arena_format(&c->arena, "%s.%s", plan->pds[pd].name, way == FLOW_RX ? "rx" : "tx");

            json_array_append_new(
                captures, json_pack("{s:s, s:o}", "at", at, "file", json_sprintf("%s.pcap", at)));
        }
    }
    for (size_t i = json_array_size(faults); !with_faults && i-- > 0;) {
        if (c->out[i]) {
            json_array_remove(faults, i);
        }
    }
    json_object_set_new(top, "captures", captures);
    json_object_set_new(top, "expect", json_array());
    int error = json_dump_file(top, file, JSON_INDENT(1));

    json_decref(top);
    if (error != 0) {
        cmd_complain(c->args, "cannot write %s: %s", file, strerror(errno));
    }
    return error == 0;
}

json_t *compare_run(struct comparison *c, const char *program, const char *name, int *status)
{
    const char *file = arena_format(&c->arena, "%s/%s.json", c->folder, name);
    const char *run = arena_format(&c->arena, "%s/%s", c->folder, name);
    const char *argv[] = {"sddfsim", "run", "-q", "-o", run, "--", file, NULL};
    json_error_t why;

    *status = CMD_EXIT_HOST;
    if (self_told_to_end() || !write_scenario(c, file, strcmp(name, "with") == 0)) {
        return NULL;
    }
    *status = self_run(program, argv, c->kept ? NULL : c->folder);
    if (self_told_to_end()) {
        return NULL;
    }
    if (*status != CMD_EXIT_OK && *status != CMD_EXIT_FAILED) {
        cmd_complain(c->args, "the run %s the fault could not be made: exit status %d", name,
                     *status);
        return NULL;
    }
    json_t *report = json_load_file(arena_format(&c->arena, "%s/report.json", run), 0, &why);

    if (report == NULL) {
        cmd_complain(c->args, "%s: %s", run, why.text);
        *status = CMD_EXIT_HOST;
    }
    return report;
}
