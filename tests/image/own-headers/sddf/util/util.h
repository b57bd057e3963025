/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_UTIL_H
#define OWN_UTIL_H
/*
 * The small words that components use, as somebody else would write them down: these headers know
 * nothing of the product's, and share with it no more than sDDF's names and layouts. Images built
 * with them stand for those that bring their own sDDF.
 */
#include <stddef.h>

#define ARRAY_SIZE(array)     (sizeof(array) / sizeof *(array))
#define BIT(n)                (1UL << (n))
#define BIT_MASK(first, last) ((BIT((last) - (first)) * 2 - 1) << (first))
#define ALIGN(n, to)          (((n) + (to)-1) & ~((to)-1))
#define ROUND_DOWN(n, to)     ((n) / (to) * (to))
#define ROUND_UP(n, to)       ROUND_DOWN((n) + (to)-1, to)
#define MIN(a, b)             ((b) < (a) ? (b) : (a))
#define MAX(a, b)             ((b) > (a) ? (b) : (a))
#define likely(condition)     __builtin_expect((condition) != 0, 1)
#define unlikely(condition)   __builtin_expect((condition) != 0, 0)

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function);

#ifdef CONFIG_DEBUG_BUILD
#define assert(condition)                                           \
    do {                                                            \
        if (!(condition)) {                                         \
            _assert_fail(#condition, __FILE__, __LINE__, __func__); \
        }                                                           \
    } while (0)
#else
#define assert(condition) ((void)(condition)) /* what it does is done */
#endif
#endif
