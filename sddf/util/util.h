/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_UTIL_H
#define SDDF_UTIL_UTIL_H
/*
 * The small words everybody uses: sizes, bits, rounding, assert, and the three text helpers a
 * component without a C library needs. MIN, MAX and ABS are usable in constant expressions and so
 * evaluate an argument twice.
 */
#include <stddef.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(x) (sizeof(x) / sizeof((x)[0]))
#endif

/* `x` rounded up to a multiple of `a`, a power of two; worked out in the type of `x`. */
#undef ALIGN
#define ALIGN(x, a) (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))

#ifndef BIT
#define BIT(n) (1UL << (n))
#endif

/* Bits `start` to `end`, both included. */
#ifndef BIT_MASK
#define BIT_MASK(start, end) ((~0UL << (start)) & (~0UL >> (63 - (end))))
#endif

#undef likely
#undef unlikely
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef BYTE_ORDER
#define BYTE_ORDER __BYTE_ORDER__
#endif
#ifndef LITTLE_ENDIAN
#define LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
#endif
#ifndef BIG_ENDIAN
#define BIG_ENDIAN __ORDER_BIG_ENDIAN__
#endif

/* `n` rounded up or down to a multiple of `d`, which need not be a power of two. */
#ifndef ROUND_UP
#define ROUND_UP(n, d)                                                                     \
    ({                                                                                     \
        __typeof__(n) round_n_ = (n);                                                      \
        __typeof__(d) round_d_ = (d);                                                      \
        round_n_ % round_d_ == 0 ? round_n_ : round_n_ + (round_d_ - round_n_ % round_d_); \
    })
#endif
#ifndef ROUND_DOWN
#define ROUND_DOWN(n, d)              \
    ({                                \
        __typeof__(n) round_n_ = (n); \
        round_n_ - round_n_ % (d);    \
    })
#endif

#ifndef MIN
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef ABS
#define ABS(a) (((a) < 0) ? -(a) : (a))
#endif

/* Says what did not hold and where, then stops the PD. Provided by the system; does not return. */
void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
    __attribute__((noreturn));

/*
 * For what the component itself guarantees, never for what a peer wrote. The expression is
 * evaluated once in every build, since drivers put real work into it, and checked in every build as
 * well, except where CONFIG_RELEASE_BUILD asks for what an sDDF release does: evaluate it and go
 * on.
 */
#ifndef assert
#if defined(CONFIG_RELEASE_BUILD) && !defined(CONFIG_DEBUG_BUILD)
#define assert(e) ((void)(e))
#else
#define assert(e) ((e) ? (void)0 : _assert_fail(#e, __FILE__, __LINE__, __func__))
#endif
#endif

/* Whether `ch` is a space or one of \t \n \v \f \r. */
static inline int sddf_isspace(int ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

/* Whether `ch` is one of 0..9. */
static inline int sddf_isdigit(int ch)
{
    return ch >= '0' && ch <= '9';
}

/*
 * The decimal number at the start of `str`, after white space and one optional sign; 0 if there is
 * none. A number that does not fit comes back modulo 2^32.
 */
static inline int sddf_atoi(const char *str)
{
    unsigned int value = 0;
    int negative = 0;

    while (sddf_isspace(*str)) {
        str++;
    }
    if (*str == '-' || *str == '+') {
        negative = *str++ == '-';
    }
    while (sddf_isdigit(*str)) {
        value = value * 10 + (unsigned int)(*str++ - '0');
    }
    return (int)(negative ? 0U - value : value);
}
#endif
