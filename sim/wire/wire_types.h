/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_WIRE_TYPES_H
#define SIM_WIRE_WIRE_TYPES_H
/* One row per kind of wire, in the order `list wires` prints them. */
#define WIRE_TYPES(ROW) \
    ROW(pcap)           \
    ROW(gen)            \
    ROW(tap)            \
    ROW(packet)
#endif
