/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CHECK_CHECK_TYPES_H
#define SIM_CHECK_CHECK_TYPES_H
/* One row per check, in the order reports print them. */
#define CHECK_TYPES(ROW) \
    ROW(conservation)    \
    ROW(ownership)       \
    ROW(delivery)        \
    ROW(drops)           \
    ROW(flow)            \
    ROW(protocol)        \
    ROW(deferred)        \
    ROW(liveness)        \
    ROW(fairness)        \
    ROW(budget)          \
    ROW(clock)           \
    ROW(signals)         \
    ROW(dma)             \
    ROW(coherence)       \
    ROW(domains)         \
    ROW(calls)           \
    ROW(integrity)       \
    ROW(confidentiality)
#endif
