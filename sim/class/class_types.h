/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CLASS_CLASS_TYPES_H
#define SIM_CLASS_CLASS_TYPES_H
/* One row per device class, in the order `list classes` prints them. */
#define CLASS_TYPES(ROW) ROW(net)
#endif
