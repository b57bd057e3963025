/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_CACHE_H
#define OWN_CACHE_H
/* From the first byte to the last, `end` not included; what does it is the system's. */
void cache_clean(unsigned long start, unsigned long end);
void cache_clean_and_invalidate(unsigned long start, unsigned long end);
#endif
