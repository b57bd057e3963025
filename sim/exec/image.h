/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_IMAGE_H
#define SIM_EXEC_IMAGE_H
/*
 * An image: a shared object with init(), notified() and perhaps protected(), and its configuration
 * in named sections. Each domain gets a private copy in the run directory, named after the domain,
 * with the configuration written over its sections in the file; so globals are separate, and perf,
 * gdb and valgrind find symbols. The object is the user's and is read as hostile.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <os/sddf.h>

#include "sim/base/diag.h"
#include "sim/model/plan.h"

struct image_entry {
    void (*init)(void);
    void (*notified)(sddf_channel ch);
    seL4_MessageInfo_t (*protected)(sddf_channel ch,
                                    seL4_MessageInfo_t info); /* NULL: takes no calls */
    bool points;                                              /* its queue code has points */
    void *handle;                                             /* the loader's */
    uint64_t base, bytes;                                     /* where it is loaded, all of it */
};

/*
 * Check that the domain's image can be run with the configuration the plan has for it: an x86-64 or
 * AArch64 shared object for this machine, entry points, every section there and of the right size.
 * Complaints to `diag`, naming file, section and both sizes. What the image says of itself by the
 * sections below is noted in the plan.
 */
bool image_check(struct plan *plan, uint32_t pd, struct diag *diag);

#define IMAGE_ONE_CORE ".sddfsim_one_core" /* it was compiled without barriers */
#define IMAGE_EXPLORED ".sddfsim_explore"  /* it tells of each access */

/* Write the private copy, configured, to `to`. 0 or -errno. */
int image_install(const struct plan *plan, uint32_t pd, const char *to);

/* In the domain itself: load the copy. False, with the reason in `why`, if the loader refuses it.
 */
bool image_load(const char *file, struct image_entry *entry, char *why, size_t why_bytes);
/* Where a domain ends before its process does. A zeroed one is fine. */
void image_unload(struct image_entry *entry);
#endif
