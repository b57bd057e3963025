/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_EXEC_TYPES_H
#define SIM_EXEC_EXEC_TYPES_H
/* One row per executor, in the order `list executors` prints them. */
#define EXEC_TYPES(ROW) \
    ROW(process)        \
    ROW(thread)         \
    ROW(fiber)
#endif
