/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_CACHE_H
#define SDDF_UTIL_CACHE_H
/*
 * Cache maintenance for memory that a device reads or writes behind the CPU's back. The system
 * provides both calls. They work on whole lines: the line that holds the last byte is included.
 *
 * start, end: virtual addresses of the caller; `end` is the first byte NOT included and must be
 * above `start` (real hardware ports stop on an empty range, so do not ask for one).
 */

/* Write back and forget: what the device has written since is read next. */
void cache_clean_and_invalidate(unsigned long start, unsigned long end);

/* Write back: the device sees what this PD has written. */
void cache_clean(unsigned long start, unsigned long end);
#endif
