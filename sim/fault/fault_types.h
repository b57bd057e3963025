/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_FAULT_FAULT_TYPES_H
#define SIM_FAULT_FAULT_TYPES_H
/* One row per fault kind, in the order `list faults` prints them. */
#define FAULT_TYPES(ROW)   \
    ROW(queue_index)       \
    ROW(descriptor)        \
    ROW(duplicate)         \
    ROW(reuse)             \
    ROW(hoard)             \
    ROW(spoof)             \
    ROW(signal)            \
    ROW(refill)            \
    ROW(withhold)          \
    ROW(call)              \
    ROW(scribble)          \
    ROW(stray)             \
    ROW(spin)              \
    ROW(stop)              \
    ROW(crash)             \
    ROW(fuzz)              \
    ROW(wire_drop)         \
    ROW(wire_duplicate)    \
    ROW(wire_delay)        \
    ROW(wire_corrupt)      \
    ROW(wire_truncate)     \
    ROW(wire_link)         \
    ROW(device_dma)        \
    ROW(device_descriptor) \
    ROW(device_irq)        \
    ROW(device_line)       \
    ROW(device_reset)      \
    ROW(device_stall)      \
    ROW(kernel_signal)     \
    ROW(kernel_budget)     \
    ROW(kernel_restart)
#endif
