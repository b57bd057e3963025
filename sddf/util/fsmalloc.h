/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_FSMALLOC_H
#define SDDF_UTIL_FSMALLOC_H
/*
 * Hands out runs of cells of one size from a region, such as DMA memory. A bit per cell says
 * whether it is available; the search goes on from where the last one ended (next fit). Only
 * addresses are handed out: the region itself is never touched, and its address may be of any
 * address space.
 */
#include <stdint.h>
#include <sddf/util/bitarray.h>
#include <sddf/util/util.h>

typedef struct fsmalloc {
    uint64_t avail_bitpos;    /* the cell where the next search begins */
    bitarray_t *avail_bitarr; /* 1: available */
    uint64_t num_cells;
    uint64_t cell_size; /* bytes */
    uintptr_t base_addr;
} fsmalloc_t;

/*
 * All `num_cells` cells of `cell_size` bytes from `base_addr` on are available. The bit array and
 * its `num_words` words, BITS_2_WORDS64(num_cells) at least, stay the caller's and must live on.
 */
static inline void fsmalloc_init(fsmalloc_t *f, uintptr_t base_addr, uint64_t cell_size,
                                 uint64_t num_cells, bitarray_t *bitarr, uint64_t *words,
                                 uint64_t num_words)
{
    assert(cell_size > 0);
    assert(num_words >= BITS_2_WORDS64(num_cells));
    f->avail_bitpos = 0;
    f->avail_bitarr = bitarr;
    f->num_cells = num_cells;
    f->cell_size = cell_size;
    f->base_addr = base_addr;
    for (uint64_t i = 0; i < BITS_2_WORDS64(num_cells); i++) {
        words[i] = 0;
    }
    bitarray_init(bitarr, words, num_cells);
    bitarray_set_region(bitarr, 0, num_cells, true);
}

/* Find `count` available cells in a row at or after cell `from`; their first in *found. */
static inline bool fsmalloc_find(fsmalloc_t *f, uint64_t from, uint64_t count, uint64_t *found)
{
    while (from < f->num_cells && count <= f->num_cells - from) {
        uint64_t run = bitarray_count_bits(f->avail_bitarr, from, true);

        if (run >= count) {
            *found = from;
            return true;
        }
        from += run;
        if (from < f->num_cells) {
            from += bitarray_count_bits(f->avail_bitarr, from, false);
        }
    }
    return false;
}

/*
 * Take `count` cells in a row; the address of the first in *addr. 0, or -1 if there is no such run
 * or count is 0.
 */
static inline int fsmalloc_alloc(fsmalloc_t *f, uintptr_t *addr, uint64_t count)
{
    uint64_t first;

    if (count == 0) {
        return -1;
    }
    if (!fsmalloc_find(f, f->avail_bitpos, count, &first) && !fsmalloc_find(f, 0, count, &first)) {
        return -1;
    }
    bitarray_set_region(f->avail_bitarr, first, count, false);
    f->avail_bitpos = first + count;
    *addr = f->base_addr + first * f->cell_size;
    return 0;
}

/*
 * Give back `count` cells from `addr` on, which must be the start of a cell. All must be out:
 * asserted.
 */
static inline void fsmalloc_free(fsmalloc_t *f, uintptr_t addr, uint64_t count)
{
    uint64_t first = (addr - f->base_addr) / f->cell_size;

    assert(addr >= f->base_addr);
    assert((addr - f->base_addr) % f->cell_size == 0);
    assert(first < f->num_cells);
    assert(bitarray_count_bits(f->avail_bitarr, first, false) >= count);
    bitarray_set_region(f->avail_bitarr, first, count, true);
}
#endif
