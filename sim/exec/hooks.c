/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a compiler calls before each access of an image made with `--flavour mmio` or `explore`: the
 * names and forms are those of gcc's and clang's -fsanitize=thread, whose library is not linked.
 * A hook comes before the access, which the image then makes itself; of atomic operations it is the
 * operation. Accesses of registers go to registers.c; every other one lets the register write
 * before it take effect, and in an image to be explored goes to weak.c.
 *
 * All are called for each access of an image, so what is not about a register is decided in line.
 */
#if !defined(__SANITIZE_THREAD__)
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sim/exec/copy.h"
#include "sim/exec/registers.h"
#include "sim/exec/weak.h"

#define PLACE() __builtin_return_address(0)

/* By the name that compilers call it. They know these names and declare them as suits them, so here
 * they are others'. */
#define NAMED(name) __asm__("__tsan_" #name)
#define HOOK(type, name, ...)                  \
    type hook_##name(__VA_ARGS__) NAMED(name); \
    type hook_##name(__VA_ARGS__)

/* A block copied or filled in one go is no register access that any part would take. */
void *sddfsim_hooked_memcpy(void *to, const void *from, size_t bytes);
void *sddfsim_hooked_memmove(void *to, const void *from, size_t bytes);
void *sddfsim_hooked_memset(void *to, int byte, size_t bytes);

/* Anything before it is settled; is it of a register that stands for its device's? */
static inline bool is_register(struct domain *d, const volatile void *where, size_t bytes)
{
    uint64_t vaddr = (uint64_t)(uintptr_t)where;

    registers_settle(d);
    return __builtin_expect(registers_among(d, vaddr, bytes), 0) &&
           (d->backed == BACKED_ONE_WINDOW ||
            (d->backed == BACKED_WINDOWS && registers_in_windows(d, vaddr, bytes)));
}

static inline void on_read(const volatile void *where, size_t bytes, const void *place, int order)
{
    struct domain *d = domain_current;

    if (is_register(d, where, bytes)) {
        registers_read(d, (uint64_t)(uintptr_t)where, bytes, place);
    } else if (d->weak != NULL) {
        weak_load(d, where, bytes, order);
    }
}

static inline void on_write(const volatile void *where, size_t bytes, const void *place)
{
    struct domain *d = domain_current;

    if (is_register(d, where, bytes)) {
        registers_write(d, (uint64_t)(uintptr_t)where, bytes, place);
    } else if (d->weak != NULL) {
        weak_store(d, where, bytes);
    }
}

/* -- accesses; the compilers tell by name what they know of each -- */

#define READ_AND_WRITE(kind, bytes)                      \
    HOOK(void, kind##read##bytes, volatile void *where)  \
    {                                                    \
        on_read(where, bytes, PLACE(), ORDER_RELAXED);   \
    }                                                    \
                                                         \
    HOOK(void, kind##write##bytes, volatile void *where) \
    {                                                    \
        on_write(where, bytes, PLACE());                 \
    }

/* Of one that is then the other. */
#define BOTH(kind, bytes)                                     \
    HOOK(void, kind##read_write##bytes, volatile void *where) \
    {                                                         \
        on_read(where, bytes, PLACE(), ORDER_RELAXED);        \
        on_write(where, bytes, PLACE());                      \
    }

#define WIDER(ROW, kind) ROW(kind, 2) ROW(kind, 4) ROW(kind, 8) ROW(kind, 16)

READ_AND_WRITE(, 1)
READ_AND_WRITE(volatile_, 1)
BOTH(, 1)
WIDER(READ_AND_WRITE, )
WIDER(READ_AND_WRITE, volatile_)
WIDER(READ_AND_WRITE, unaligned_)
WIDER(READ_AND_WRITE, unaligned_volatile_)
WIDER(BOTH, )
WIDER(BOTH, unaligned_)

HOOK(void, read_range, volatile void *where, size_t bytes)
{
    on_read(where, bytes, PLACE(), ORDER_RELAXED);
}

HOOK(void, write_range, volatile void *where, size_t bytes)
{
    on_write(where, bytes, PLACE());
}

/* -- what is of no matter here -- */

HOOK(void, init, void)
{
}

HOOK(void, func_entry, void *from)
{
    (void)from;
}

HOOK(void, func_exit, void)
{
}

HOOK(void, vptr_read, void **vptr)
{
    (void)vptr;
}

HOOK(void, vptr_update, void **vptr, void *value)
{
    (void)vptr;
    (void)value;
}

HOOK(void, ignore_thread_begin, void)
{
}

HOOK(void, ignore_thread_end, void)
{
}

/* -- atomic operations. In registers a load or store is one like any other; what changes a register
 * in one go is what no bus can do, and comes to the device as an access that no part takes -- */

static inline bool at_register(const volatile void *where, size_t bytes)
{
    struct domain *d = domain_current;

    if (is_register(d, where, bytes)) {
        return true;
    }
    if (d->weak != NULL) {
        weak_update(d, where, bytes);
    }
    return false;
}

/* A store in one go, made here: true if it was made. */
static inline bool on_store(const volatile void *where, size_t bytes, const void *value, int order,
                            const void *place)
{
    struct domain *d = domain_current;

    if (is_register(d, where, bytes)) {
        registers_write(d, (uint64_t)(uintptr_t)where, bytes, place);
    } else if (d->weak != NULL) {
        weak_store_value(d, where, bytes, value, order);
        return true;
    }
    return false;
}

static void refuse_update(const volatile void *where, const void *place)
{
    registers_write(domain_current, (uint64_t)(uintptr_t)where, REGISTERS_BYTES_TOLD, place);
    registers_settle(domain_current);
}

#define ATOMIC_MOVES(bits)                                                                     \
    HOOK(uint##bits##_t, atomic##bits##_load, const volatile uint##bits##_t *where, int order) \
    {                                                                                          \
        on_read(where, bits / 8, PLACE(), order);                                              \
        return __atomic_load_n(where, __ATOMIC_SEQ_CST);                                       \
    }                                                                                          \
                                                                                               \
    HOOK(void, atomic##bits##_store, volatile uint##bits##_t *where, uint##bits##_t value,     \
         int order)                                                                            \
    {                                                                                          \
        if (on_store(where, bits / 8, &value, order, PLACE())) {                               \
            return;                                                                            \
        }                                                                                      \
        if (order == ORDER_SC) {                                                               \
            __atomic_store_n(where, value, __ATOMIC_SEQ_CST);                                  \
        } else {                                                                               \
            __atomic_store_n(where, value, __ATOMIC_RELEASE);                                  \
        }                                                                                      \
    }

#define ATOMIC_UPDATE(bits, name, builtin)                                      \
    HOOK(uint##bits##_t, atomic##bits##_##name, volatile uint##bits##_t *where, \
         uint##bits##_t value, int order)                                       \
    {                                                                           \
        (void)order;                                                            \
        if (at_register(where, bits / 8)) {                                     \
            refuse_update(where, PLACE());                                      \
        }                                                                       \
        return builtin(where, value, __ATOMIC_SEQ_CST);                         \
    }

#define ATOMIC_COMPARE(bits, name)                                                          \
    HOOK(int, atomic##bits##_compare_exchange_##name, volatile uint##bits##_t *where,       \
         uint##bits##_t *expected, uint##bits##_t value, int order, int otherwise)          \
    {                                                                                       \
        (void)order;                                                                        \
        (void)otherwise;                                                                    \
        if (at_register(where, bits / 8)) {                                                 \
            refuse_update(where, PLACE());                                                  \
        }                                                                                   \
        return __atomic_compare_exchange_n(where, expected, value, false, __ATOMIC_SEQ_CST, \
                                           __ATOMIC_SEQ_CST);                               \
    }

#define ATOMIC_COMPARE_VALUE(bits)                                                              \
    HOOK(uint##bits##_t, atomic##bits##_compare_exchange_val, volatile uint##bits##_t *where,   \
         uint##bits##_t expected, uint##bits##_t value, int order, int otherwise)               \
    {                                                                                           \
        hook_atomic##bits##_compare_exchange_strong(where, &expected, value, order, otherwise); \
        return expected;                                                                        \
    }

#define ATOMICS(bits)                                    \
    ATOMIC_MOVES(bits)                                   \
    ATOMIC_UPDATE(bits, exchange, __atomic_exchange_n)   \
    ATOMIC_UPDATE(bits, fetch_add, __atomic_fetch_add)   \
    ATOMIC_UPDATE(bits, fetch_sub, __atomic_fetch_sub)   \
    ATOMIC_UPDATE(bits, fetch_and, __atomic_fetch_and)   \
    ATOMIC_UPDATE(bits, fetch_or, __atomic_fetch_or)     \
    ATOMIC_UPDATE(bits, fetch_xor, __atomic_fetch_xor)   \
    ATOMIC_UPDATE(bits, fetch_nand, __atomic_fetch_nand) \
    ATOMIC_COMPARE(bits, strong)                         \
    ATOMIC_COMPARE(bits, weak)                           \
    ATOMIC_COMPARE_VALUE(bits)

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

/* Where domains are processes or threads of their own the fence is one; what a weaker one orders
 * here costs an instruction on Arm only. */
HOOK(void, atomic_thread_fence, int order)
{
    registers_settle(domain_current);
    if (domain_current->weak != NULL) {
        weak_fence(domain_current, order);
    }
    if (order == ORDER_SC) {
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    } else {
        __atomic_thread_fence(__ATOMIC_ACQ_REL);
    }
}

HOOK(void, atomic_signal_fence, int order)
{
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* -- blocks, which no compiler tells of: their calls are given these names -- */

static void on_block(const void *where, size_t bytes,
                     void (*act)(struct domain *, uint64_t, size_t, const void *),
                     const void *place)
{
    /* As many bytes as a word has are a block none the less. */
    size_t told = bytes > 8 && bytes < REGISTERS_BYTES_TOLD ? bytes : REGISTERS_BYTES_TOLD;

    if (at_register(where, bytes == 0 ? 1 : bytes) && bytes != 0) {
        act(domain_current, (uint64_t)(uintptr_t)where, told, place);
        registers_settle(domain_current);
    }
}

/* A descriptor may be copied so as well: a few words are loads and stores like others. */
static bool copied_as_words(void *to, const void *from, size_t bytes)
{
    struct domain *d = domain_current;
    uint8_t words[COPY_BULK_BYTES];

    registers_settle(d);
    if (d->weak == NULL || bytes == 0 || bytes >= sizeof words ||
        registers_near(d, (uint64_t)(uintptr_t)from, bytes) ||
        registers_near(d, (uint64_t)(uintptr_t)to, bytes)) {
        return false;
    }
    weak_load(d, from, bytes, ORDER_RELAXED);
    memcpy(words, from, bytes);
    registers_settle(d);
    weak_store_value(d, to, bytes, words, ORDER_RELAXED);
    return true;
}

void *sddfsim_hooked_memcpy(void *to, const void *from, size_t bytes)
{
    if (copied_as_words(to, from, bytes)) {
        return to;
    }
    on_block(from, bytes, registers_read, PLACE());
    on_block(to, bytes, registers_write, PLACE());
    return sddfsim_memcpy(to, from, bytes);
}

void *sddfsim_hooked_memmove(void *to, const void *from, size_t bytes)
{
    if (copied_as_words(to, from, bytes)) {
        return to;
    }
    on_block(from, bytes, registers_read, PLACE());
    on_block(to, bytes, registers_write, PLACE());
    return sddfsim_memmove(to, from, bytes);
}

void *sddfsim_hooked_memset(void *to, int byte, size_t bytes)
{
    on_block(to, bytes, registers_write, PLACE());
    return memset(to, byte, bytes);
}

/* The same as newer compilers name them. */
#define SAME_AS(name) __attribute__((__alias__(name)))

void *hook_memcpy(void *to, const void *from, size_t bytes) NAMED(memcpy)
    SAME_AS("sddfsim_hooked_memcpy");
void *hook_memmove(void *to, const void *from, size_t bytes) NAMED(memmove)
    SAME_AS("sddfsim_hooked_memmove");
void *hook_memset(void *to, int byte, size_t bytes) NAMED(memset) SAME_AS("sddfsim_hooked_memset");
#endif
