/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CHECK_CHECK_TYPES_H
#define SIM_CHECK_CHECK_TYPES_H
/* One row per check, in the order reports print them. */
#define CHECK_TYPES(ROW) \
    ROW(conservation)    \
    ROW(delivery)        \
    ROW(drops)           \
    ROW(dma)             \
    ROW(domains)
#endif
