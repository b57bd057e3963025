/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_MODEL_PLATFORM_PARTS_H
#define SIM_MODEL_PLATFORM_PARTS_H
/* What reads a platform's table, for whoever has one before him: a file of its own, or a scenario
 * that holds it. */
#include <jansson.h>
#include <stdio.h>

#include "sim/base/json.h"
#include "sim/base/param.h"
#include "sim/model/platform.h"

/*
 * The table in `table`, which is an object, called `name` unless it says otherwise; in full to
 * `out`, an empty object. NULL after complaints. If it says which other it is like, that is `base`;
 * where that is NULL all the same, what each key says is checked, but the values are not all known,
 * and `out` is the table as it is. `place`, if not NULL, is where it is said that values which are
 * good each are not so together.
 */
struct platform *platform_read(struct json_value table, const char *name,
                               const struct platform *base, const struct diag_place *place,
                               json_t *out, const struct param_reader *r);

/* For `list`: every key, section by section. */
void platform_document(FILE *to);
/* For `schema`: the object. */
json_t *platform_schema(void);
#endif
