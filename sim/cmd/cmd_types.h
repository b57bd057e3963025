/* SPDX-License-Identifier: BSD-2-Clause */
/* One row per verb, in the order `sddfsim --help` prints them. */
#define CMD_TYPES(ROW) \
    ROW(run)           \
    ROW(compare)       \
    ROW(replay)        \
    ROW(sweep)         \
    ROW(check)         \
    ROW(build)         \
    ROW(show)          \
    ROW(diff)          \
    ROW(list)          \
    ROW(schema)        \
    ROW(help)
