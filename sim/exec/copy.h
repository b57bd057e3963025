/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_COPY_H
#define SIM_EXEC_COPY_H
/*
 * Bulk copies are points, and an image does not say so: it calls memcpy() and memmove() as any
 * program does, and its build gives those two calls the names below. What the compiler copies in
 * place, such as a structure or a few bytes of known length, is no call, and no point either.
 *
 * Nobody here calls these; a program that runs images by hand defines them itself, or has them from
 * here.
 */
#include <stddef.h>

void *sddfsim_memcpy(void *to, const void *from, size_t bytes);
void *sddfsim_memmove(void *to, const void *from, size_t bytes);
#endif
