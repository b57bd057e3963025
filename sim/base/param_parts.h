/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_PARAM_PARTS_H
#define SIM_BASE_PARAM_PARTS_H
/* How a table's entry is put into words; complaints and documentation use the same. */
#include <sddf/hw/param.h>

#include "sim/base/arena.h"
#include "sim/base/quantity.h"

enum quantity param_quantity(const struct param *p);
/* A value as a scenario would write it: "512", "10 us". */
const char *param_number(const struct param *p, uint64_t value, struct arena *arena);
/* "1..32768", "1 us..2 s"; only where there is an upper limit. */
const char *param_range(const struct param *p, struct arena *arena);
/* What a scenario may write: "a whole number", "one of "a", "b"". */
const char *param_expected(const struct param *p, struct arena *arena);
#endif
