/* SPDX-License-Identifier: BSD-2-Clause */
/* The utilities: macros where constants are asked for, in conditions, and as single statements. */
#include <sddf/util/arch_timestamp_counter.h>
#include <sddf/util/bitarray.h>
#include <sddf/util/cache.h>
#include <sddf/util/fence.h>
#include <sddf/util/fsmalloc.h>
#include <sddf/util/ialloc.h>
#include <sddf/util/printf.h>
#include <sddf/util/si_units.h>
#include <sddf/util/util.h>
#include "facts.h"

IS(BIT(4), 16UL);
TYPE(BIT(4), unsigned long);
IS(BIT(63), 0x8000000000000000UL);
IS(BIT_MASK(4, 7), 0xf0UL);
IS(BIT_MASK(0, 63), ~0UL);
IS(ALIGN(4097, 4096), 8192);
IS(MIN(3, 4), 3);
IS(MAX(3, 4), 4);
IS(ABS(-3), 3);
#if BYTE_ORDER != LITTLE_ENDIAN || BIT(0) != 1
#error no use in a condition of the preprocessor
#endif
CALL(_assert_fail, void, const char *, const char *, unsigned int, const char *);
CALL(sddf_isspace, int, int);
CALL(sddf_isdigit, int, int);
CALL(sddf_atoi, int, const char *);

CALL(load_acquire_32, uint32_t, const uint32_t *);
CALL(load_acquire_16, uint16_t, const uint16_t *);
CALL(load_relaxed_32, uint32_t, const uint32_t *);
CALL(load_relaxed_16, uint16_t, const uint16_t *);
CALL(store_release_32, void, uint32_t *, uint32_t);
CALL(store_release_16, void, uint16_t *, uint16_t);
CALL(store_relaxed_32, void, uint32_t *, uint32_t);
CALL(store_relaxed_16, void, uint16_t *, uint16_t);
CALL(fence_seq_cst, void, void);
CALL(cache_clean, void, unsigned long, unsigned long);
CALL(cache_clean_and_invalidate, void, unsigned long, unsigned long);

CALL(sddf_printf_, int, const char *, ...);
CALL(sddf_sprintf_, int, char *, const char *, ...);
CALL(sddf_snprintf_, int, char *, size_t, const char *, ...);
CALL(sddf_vprintf_, int, const char *, va_list);
int sddf_vsnprintf_(char *buffer, size_t count, const char *format, va_list va);
CALL(sddf_fctprintf, int, void (*)(char, void *), void *, const char *, ...);
CALL(_sddf_putchar, void, char);
CALL(sddf_putchar_unbuffered, void, char);
CALL(serial_putchar_init, void, sddf_channel, serial_queue_handle_t *);

FIELD(ialloc_t, idxlist, uint32_t *);
AT(ialloc_t, head, 8);
AT(ialloc_t, tail, 12);
AT(ialloc_t, size, 16);
AT(ialloc_t, capacity, 20);
CALL(ialloc_init, void, ialloc_t *, uint32_t *, uint32_t);
CALL(ialloc_alloc, int, ialloc_t *, uint32_t *);
CALL(ialloc_free, int, ialloc_t *, uint32_t);
CALL(ialloc_full, bool, ialloc_t *);
CALL(ialloc_num_free, uint32_t, ialloc_t *);
CALL(ialloc_in_use, bool, ialloc_t *, uint32_t);

IS(BITS_2_WORDS64(65), 2);
FIELD(bitarray_t, num_bits, size_t);
FIELD(bitarray_t, words, uint64_t *);
CALL(bitarray_init, void, bitarray_t *, uint64_t *, size_t);
CALL(bitarray_get_bit, char, bitarray_t *, size_t);
CALL(bitarray_set_region, void, bitarray_t *, size_t, size_t, bool);
CALL(bitarray_toggle_region, void, bitarray_t *, size_t, size_t);
CALL(bitarray_count_bits, size_t, bitarray_t *, size_t, bool);
AT(fsmalloc_t, avail_bitarr, 8);
AT(fsmalloc_t, num_cells, 16);
AT(fsmalloc_t, cell_size, 24);
AT(fsmalloc_t, base_addr, 32);
CALL(fsmalloc_alloc, int, fsmalloc_t *, uintptr_t *, uint64_t);
CALL(fsmalloc_free, void, fsmalloc_t *, uintptr_t, uint64_t);
CALL(fsmalloc_init, void, fsmalloc_t *, uintptr_t, uint64_t, uint64_t, bitarray_t *, uint64_t *,
     uint64_t);

IS(KILO *MEGA, GIGA);
IS(NS_IN_S, NS_IN_MS *MS_IN_S);
IS(NS_IN_MS, NS_IN_US *US_IN_MS);
IS(US_IN_S, 1000000);
IS(PS_IN_S * 1000, FS_IN_S);
TYPE(NS_IN_MS, unsigned long long);
#if NS_IN_US != 1000
#error no use in a condition of the preprocessor
#endif
#ifdef CONFIG_ARCH_X86
CALL(sddf_read_counter, uint64_t, void);
CALL(sddf_read_freq, uint64_t, void);
#endif

#define LOG_UTIL(...)                \
    do {                             \
        sddf_dprintf("UTIL|INFO: "); \
        sddf_dprintf(__VA_ARGS__);   \
    } while (0)
#define LOG_UTIL_ERR(...)            \
    do {                             \
        sddf_printf("UTIL|ERROR: "); \
        sddf_printf(__VA_ARGS__);    \
    } while (0)

static char stack[ALIGN(3000, 0x1000)] __attribute__((__aligned__(ALIGN(10, 16))));
static uint32_t list[MAX(16, 8)];
static uint64_t words[BITS_2_WORDS64(1000)];
static const unsigned long masks[] = {[0] = BIT(3), [1] = BIT_MASK(3, 5), [2] = BIT(40)};

static void put(char c, void *to)
{
    **(char **)to = c;
    ++*(char **)to;
}

int use(unsigned int given, volatile uint32_t *reg);
int use(unsigned int given, volatile uint32_t *reg)
{
    ialloc_t ids;
    bitarray_t bits;
    uint32_t id = 0;
    char *to = stack;
    int err;

    ialloc_init(&ids, list, ARRAY_SIZE(list));
    bitarray_init(&bits, words, ARRAY_SIZE(words) * 64);
    err = ialloc_alloc(&ids, &id);
    assert(!err);
    assert(ialloc_in_use(&ids, id) && "said twice");
    if (unlikely(err != 0))
        LOG_UTIL_ERR("no id, %d of %u\n", err, given);
    else
        LOG_UTIL("id %u\n", id);
    LOG_UTIL("nothing else\n");
    sddf_dprintf("%s is %lu\n", "it", (unsigned long)given) switch (given)
    {
    case BIT(0):
        COMPILER_MEMORY_FENCE();
        COMPILER_MEMORY_RELEASE();
        COMPILER_MEMORY_ACQUIRE();
        break;
    case BIT_MASK(1, 3):
        THREAD_MEMORY_FENCE();
        THREAD_MEMORY_RELEASE();
        THREAD_MEMORY_ACQUIRE();
        break;
    }
    *reg = masks[1];
    wwmb();
    while (*reg & BIT(3))
        rrmb();
    sddf_fctprintf(put, &to, "%08x", given);
    return sddf_snprintf(stack, sizeof stack, "%lx",
                         ROUND_UP(given, 10u) + ROUND_DOWN(given, 3ul)) +
           sddf_atoi(" -12") + sddf_sprintf(stack, "%c", 'a') + sddf_isspace(' ');
}
