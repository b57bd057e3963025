/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_SRCLINE_H
#define SIM_BASE_SRCLINE_H
/*
 * Which line of its source a place in a shared object was made of, by the object's own DWARF (read
 * by libdw of elfutils, which every Debian has and debuggers trust with files of strangers). A
 * place in an inlined function of a header is the line that calls it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/symbol.h"

#define SRCLINE_BYTES 128u

/* "virt_tx.c:142" for the instruction before `offset`, without folders, so that it is the same
 * wherever it was compiled; false if that cannot be told. */
bool srcline_before(const char *file, uint64_t offset, char out[static SRCLINE_BYTES]);

/* One of the functions that were compiled into one another at a place, and the line it is at. */
struct srcline_frame {
    char function[SYMBOL_BYTES], line[SRCLINE_BYTES];
};

/* All of them for the instruction before `offset`, the innermost first, and as many as fit. Returns
 * how many; 0: that cannot be told. */
size_t srcline_frames(const char *file, uint64_t offset, struct srcline_frame *frames, size_t room);
#endif
