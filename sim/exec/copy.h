/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_COPY_H
#define SIM_EXEC_COPY_H
/*
 * Bulk copies are points, and an image does not say so: it calls memcpy() and memmove() as any
 * program does, and its build gives those two calls the names below. A short copy is none in bulk:
 * many a compiler makes it in place, where nobody is told, and so that it makes no difference which
 * one does, nobody is told of a call either.
 *
 * Nobody here calls these; a program that runs images by hand defines them itself, or has them from
 * here.
 */
#include <stddef.h>

#define COPY_BULK_BYTES 32u /* the shortest copy that is a point */

void *sddfsim_memcpy(void *to, const void *from, size_t bytes);
void *sddfsim_memmove(void *to, const void *from, size_t bytes);
#endif
