/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_SRCLINE_H
#define SIM_BASE_SRCLINE_H
/*
 * Which line of its source a place in a shared object was made of, by the object's own DWARF (read
 * by libdw of elfutils, which every Debian has and debuggers trust with files of strangers). A
 * place in an inlined function of a header is the line that calls it.
 */
#include <stdbool.h>
#include <stdint.h>

#define SRCLINE_BYTES 128u

/* "virt_tx.c:142" for the instruction before `offset`, without folders, so that it is the same
 * wherever it was compiled; false if that cannot be told. */
bool srcline_before(const char *file, uint64_t offset, char out[static SRCLINE_BYTES]);
#endif
