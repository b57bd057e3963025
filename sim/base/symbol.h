/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_SYMBOL_H
#define SIM_BASE_SYMBOL_H
/*
 * Which function of a shared object a place is in, by the object's own table of symbols. The file
 * is a user's and is read as hostile.
 */
#include <stdbool.h>
#include <stdint.h>

#define SYMBOL_BYTES 64u

/* The name of the function that has the byte before `offset`; false if that cannot be told. */
bool symbol_before(const char *file, uint64_t offset, char out[static SYMBOL_BYTES]);
#endif
