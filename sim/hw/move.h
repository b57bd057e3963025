/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HW_MOVE_H
#define SIM_HW_MOVE_H
/*
 * How a device moves bytes between itself and memory that its driver uses at the same time. A bus
 * carries an aligned word in one piece and once, and drivers count on it: the word that gives a
 * descriptor back is read, and written anew, as soon as it is there. memcpy() promises nothing of
 * the kind. The C library's writes four bytes twice, since that spares it a branch for lengths from
 * four to seven; and the second time may be after the driver has given the descriptor to the device
 * again, which nobody then knows of.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t __attribute__((__may_alias__)) move_word16_t;
typedef uint32_t __attribute__((__may_alias__)) move_word32_t;
typedef uint64_t __attribute__((__may_alias__)) move_word64_t;

/* From the device into memory. */
static inline void move_out(void *memory, const void *from, size_t bytes)
{
    size_t whole = ((uintptr_t)memory & (bytes - 1)) == 0 ? bytes : 0;
    move_word16_t word16;
    move_word32_t word32;
    move_word64_t word64;

    switch (whole) {
    case 2:
        memcpy(&word16, from, 2);
        __atomic_store_n((move_word16_t *)memory, word16, __ATOMIC_RELAXED);
        break;
    case 4:
        memcpy(&word32, from, 4);
        __atomic_store_n((move_word32_t *)memory, word32, __ATOMIC_RELAXED);
        break;
    case 8:
        memcpy(&word64, from, 8);
        __atomic_store_n((move_word64_t *)memory, word64, __ATOMIC_RELAXED);
        break;
    default:
        memcpy(memory, from, bytes);
        break;
    }
}

/* From memory into the device. */
static inline void move_in(void *to, const void *memory, size_t bytes)
{
    size_t whole = ((uintptr_t)memory & (bytes - 1)) == 0 ? bytes : 0;
    move_word16_t word16;
    move_word32_t word32;
    move_word64_t word64;

    switch (whole) {
    case 2:
        word16 = __atomic_load_n((const move_word16_t *)memory, __ATOMIC_RELAXED);
        memcpy(to, &word16, 2);
        break;
    case 4:
        word32 = __atomic_load_n((const move_word32_t *)memory, __ATOMIC_RELAXED);
        memcpy(to, &word32, 4);
        break;
    case 8:
        word64 = __atomic_load_n((const move_word64_t *)memory, __ATOMIC_RELAXED);
        memcpy(to, &word64, 8);
        break;
    default:
        memcpy(to, memory, bytes);
        break;
    }
}
#endif
