/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_IALLOC_H
#define SDDF_UTIL_IALLOC_H
/*
 * Hands out the numbers 0 to capacity - 1, the one that has been free longest first. The free
 * numbers form a list through `idxlist`, memory of the caller: entry i names the free number after
 * i, or `capacity` for the last one; IALLOC_IN_USE marks a number that is out.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sddf/util/util.h>

#define IALLOC_IN_USE ((uint32_t)-1)

typedef struct ialloc {
    uint32_t *idxlist;
    uint32_t head;     /* the next number to hand out, if any is free */
    uint32_t tail;     /* the free number that came back last */
    uint32_t size;     /* how many numbers are out */
    uint32_t capacity; /* how many there are */
} ialloc_t;

/*
 * All of `capacity` numbers are free. `idxlist` has that many entries and stays the caller's; it
 * must live on.
 */
static inline void ialloc_init(ialloc_t *ia, uint32_t *idxlist, uint32_t capacity)
{
    assert(capacity < IALLOC_IN_USE);
    ia->idxlist = idxlist;
    ia->head = 0;
    ia->tail = capacity == 0 ? 0 : capacity - 1;
    ia->size = 0;
    ia->capacity = capacity;
    for (uint32_t i = 0; i < capacity; i++) {
        idxlist[i] = i + 1;
    }
}

/* Whether every number is out. */
static inline bool ialloc_full(ialloc_t *ia)
{
    return ia->size == ia->capacity;
}

/* How many numbers can still be had. */
static inline uint32_t ialloc_num_free(ialloc_t *ia)
{
    return ia->capacity - ia->size;
}

/* Whether `id` is out. A number out of range never is. */
static inline bool ialloc_in_use(ialloc_t *ia, uint32_t id)
{
    return id < ia->capacity && ia->idxlist[id] == IALLOC_IN_USE;
}

/* Take a number into *id. 0, or -1 if all are out; *id is then untouched. */
static inline int ialloc_alloc(ialloc_t *ia, uint32_t *id)
{
    if (ialloc_full(ia)) {
        return -1;
    }
    *id = ia->head;
    ia->head = ia->idxlist[*id];
    ia->idxlist[*id] = IALLOC_IN_USE;
    ia->size++;
    return 0;
}

/*
 * Give `id` back. 0, or -1 if it is out of range or was not out: it is safe to pass what a peer
 * claims.
 */
static inline int ialloc_free(ialloc_t *ia, uint32_t id)
{
    if (!ialloc_in_use(ia, id)) {
        return -1;
    }
    if (ialloc_full(ia)) {
        ia->head = id;
    } else {
        ia->idxlist[ia->tail] = id;
    }
    ia->tail = id;
    ia->idxlist[id] = ia->capacity;
    ia->size--;
    return 0;
}
#endif
