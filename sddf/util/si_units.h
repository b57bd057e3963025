/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_SI_UNITS_H
#define SDDF_UTIL_SI_UNITS_H
/*
 * Powers of ten by name; all are unsigned long long.
 */
#define KILO 1000ULL
#define MEGA 1000000ULL
#define GIGA 1000000000ULL

#define FS_IN_S  1000000000000000ULL
#define PS_IN_S  1000000000000ULL
#define NS_IN_S  1000000000ULL
#define NS_IN_MS 1000000ULL
#define NS_IN_US 1000ULL
#define US_IN_S  1000000ULL
#define US_IN_MS 1000ULL
#define MS_IN_S  1000ULL
#endif
