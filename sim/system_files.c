/* SPDX-License-Identifier: BSD-2-Clause */
/* The files a run leaves: captures closed and named, reports, and a manifest that says how to
 * repeat it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "sim/base/hash.h"
#include "sim/base/log.h"
#include "sim/exec/events_text.h"
#include "sim/exec/virtual.h"
#include "sim/system_parts.h"

int system_close_captures(struct run *r)
{
    int worst = 0;

    for (uint32_t i = 0; i < r->plan->capture_count; i++) {
        const char *file = r->plan->captures[i].asked->file;
        int error = capture_finish(&r->sinks[i]);

        if (error != 0) {
            fprintf(stderr, "sddfsim: cannot write %s/%s: %s; %llu frames are missing from it\n",
                    r->dir.captures, file, strerror(-error), (unsigned long long)r->sinks[i].lost);
            worst = error;
        }
        if (r->sinks[i].corrupt[0] != '\0') {
            log_warnx("capture %s ends early: %s", file, r->sinks[i].corrupt);
        }
    }
    return worst;
}

static int fill_json(void *context, FILE *to)
{
    return report_json(context, to);
}

static int fill_text(void *context, FILE *to)
{
    return report_text(context, to, false);
}

/* By its whole name, so that it is found from wherever the run is replayed. */
static void add_input(json_t *inputs, const char *file)
{
    char digest[SHA256_TEXT_BYTES], whole[PATH_MAX];
    const char *name = file != NULL && realpath(file, whole) != NULL ? whole : file;

    /* Many domains may have one image. */
    if (name != NULL && json_object_get(inputs, name) == NULL && sha256_file(name, digest) == 0) {
        json_object_set_new(inputs, name, json_string(digest));
    }
}

static int fill_manifest(void *context, FILE *to)
{
    const struct run *r = context;
    const struct scenario *s = r->plan->scenario;
    json_t *root = json_object(), *inputs = json_object();
    struct utsname host;
    char when[64] = "", whole[PATH_MAX];
    time_t now = time(NULL);
    struct tm tm;

    add_input(inputs, s->path);
    for (const struct platform *p = r->system->platform; p != NULL; p = p->base) {
        add_input(inputs, p->file);
    }
    for (size_t i = 0; i < s->wire_count; i++) {
        for (const struct param *p = s->wires[i].type->params; p != NULL && p->name != NULL; p++) {
            if (p->kind == PARAM_KIND_PATH) {
                add_input(inputs,
                          *(const char *const *)((const char *)s->wires[i].state + p->offset));
            }
        }
    }
    for (uint32_t i = 0; i < r->plan->pd_count; i++) {
        add_input(inputs, r->plan->pds[i].image_file);
    }
    uname(&host);
    if (localtime_r(&now, &tm) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S%z", &tm);
    }
    json_object_set_new(root, "version", json_string(SYSTEM_VERSION));
    json_object_set_new(root, "scenario",
                        json_string(realpath(s->path, whole) != NULL ? whole : s->path));
    json_object_set_new(root, "seed", json_integer((json_int_t)s->seed));
    json_object_set_new(root, "repeat", json_string(r->how->repeat));
    json_object_set_new(root, "ended", json_string(run_end_name(r->s.end)));
    json_object_set_new(root, "when", json_string(when));
    json_object_set_new(root, "ready_ns", json_integer((json_int_t)r->s.ready_ns));
    json_object_set_new(root, "wall_ns", json_integer((json_int_t)r->s.length_ns));
    json_object_set_new(root, "host",
                        json_pack("{s:s, s:s, s:s, s:i}", "system", host.sysname, "release",
                                  host.release, "machine", host.machine, "cores",
                                  (int)sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(root, "inputs", inputs);
    int error = json_dumpf(root, to, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0 ? 0 : -EIO;
    fputc('\n', to);
    json_decref(root);
    return error;
}

/* The last that happened before a run in virtual time failed. */
static int fill_recent(void *context, FILE *to)
{
    const struct run *r = context;
    const struct virtual_result *v = r->s.virtual_result;
    uint64_t first = v->events > KERNEL_RECENT ? v->events - KERNEL_RECENT + 1 : 1;

    for (uint64_t i = first; i <= v->events; i++) {
        events_text(r->plan, &v->recent[i % KERNEL_RECENT], to);
    }
    return 0;
}

int system_write_files(struct run *r, struct report_input *in)
{
    char why[RUNDIR_WHY_BYTES];
    int error = rundir_write(&r->dir, "report.json", fill_json, in, why);

    if (error == 0) {
        error = rundir_write(&r->dir, "report.txt", fill_text, in, why);
    }
    if (error == 0 && r->s.virtual_result != NULL && !r->how->events &&
        report_run_verdict(in) == REPORT_FAIL) {
        error = rundir_write(&r->dir, "events-last.txt", fill_recent, r, why);
    }
    if (error == 0) {
        error = rundir_write(&r->dir, "manifest.json", fill_manifest, r, why);
    }
    if (error != 0) {
        fprintf(stderr, "sddfsim: %s\n", why);
    }
    return error;
}
