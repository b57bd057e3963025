/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each instruction that can be emulated, beside the processor itself: the same registers, the same
 * flags where they are defined, the same memory, whatever it began with; and memory is read once
 * and written once, as often as the instruction says. What cannot be emulated is said to be so, and
 * named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/exec/emulate.h"

#if defined(__x86_64__)
enum {
    CF = 1u << 0,
    PF = 1u << 2,
    AF = 1u << 4,
    ZF = 1u << 6,
    SF = 1u << 7,
    OF = 1u << 11,
    ALL = CF | PF | AF | ZF | SF | OF,
    LOGIC = CF | PF | ZF | SF | OF,
    NONE = ALL /* none is changed, so all are compared */
};

/* What an instruction begins with, and ends with. The operand in memory is at (%rdi). */
struct all {
    uint64_t a, c, d, flags, word;
    uint64_t xmm[2];
};

/* Name, instruction, flags it defines, reads and writes of memory. */
/* clang-format off */
#define SNIPPETS(ROW)                                                                              \
    ROW(load8, "movb (%%rdi), %%al", NONE, 1, 0)                                                   \
    ROW(load_high, "movb (%%rdi), %%ah", NONE, 1, 0)                                               \
    ROW(load16, "movw (%%rdi), %%ax", NONE, 1, 0)                                                  \
    ROW(load32, "movl (%%rdi), %%eax", NONE, 1, 0)                                                 \
    ROW(load64, "movq (%%rdi), %%rax", NONE, 1, 0)                                                 \
    ROW(store8, "movb %%al, (%%rdi)", NONE, 0, 1)                                                  \
    ROW(store_high, "movb %%ah, (%%rdi)", NONE, 0, 1)                                              \
    ROW(store16, "movw %%ax, (%%rdi)", NONE, 0, 1)                                                 \
    ROW(store32, "movl %%eax, (%%rdi)", NONE, 0, 1)                                                \
    ROW(store64, "movq %%rax, (%%rdi)", NONE, 0, 1)                                                \
    ROW(store_imm8, "movb $0x85, (%%rdi)", NONE, 0, 1)                                             \
    ROW(store_imm16, "movw $0x8585, (%%rdi)", NONE, 0, 1)                                          \
    ROW(store_imm32, "movl $0x85868788, (%%rdi)", NONE, 0, 1)                                      \
    ROW(store_imm64, "movq $-5, (%%rdi)", NONE, 0, 1)                                              \
    ROW(indexed, "movl 8(%%rdi,%%r10,4), %%eax", NONE, 1, 0)                                       \
    ROW(widen8_32, "movzbl (%%rdi), %%eax", NONE, 1, 0)                                            \
    ROW(widen8_16, "movzbw (%%rdi), %%ax", NONE, 1, 0)                                             \
    ROW(widen16, "movzwl (%%rdi), %%eax", NONE, 1, 0)                                              \
    ROW(sign8_32, "movsbl (%%rdi), %%eax", NONE, 1, 0)                                             \
    ROW(sign8_64, "movsbq (%%rdi), %%rax", NONE, 1, 0)                                             \
    ROW(sign16, "movswl (%%rdi), %%eax", NONE, 1, 0)                                               \
    ROW(sign32, "movslq (%%rdi), %%rax", NONE, 1, 0)                                               \
    ROW(add8, "addb %%al, (%%rdi)", ALL, 1, 1)                                                     \
    ROW(add16, "addw %%ax, (%%rdi)", ALL, 1, 1)                                                    \
    ROW(add32, "addl %%eax, (%%rdi)", ALL, 1, 1)                                                   \
    ROW(add64, "addq %%rax, (%%rdi)", ALL, 1, 1)                                                   \
    ROW(add_imm, "addl $-7, (%%rdi)", ALL, 1, 1)                                                   \
    ROW(add_to, "addl (%%rdi), %%eax", ALL, 1, 0)                                                  \
    ROW(adc32, "adcl %%eax, (%%rdi)", ALL, 1, 1)                                                   \
    ROW(adc64, "adcq (%%rdi), %%rax", ALL, 1, 0)                                                   \
    ROW(sub8, "subb %%al, (%%rdi)", ALL, 1, 1)                                                     \
    ROW(sub32, "subl %%eax, (%%rdi)", ALL, 1, 1)                                                   \
    ROW(sub_from, "subq (%%rdi), %%rax", ALL, 1, 0)                                                \
    ROW(sbb8, "sbbb %%al, (%%rdi)", ALL, 1, 1)                                                     \
    ROW(sbb32, "sbbl (%%rdi), %%eax", ALL, 1, 0)                                                   \
    ROW(and8, "andb $0x7f, (%%rdi)", LOGIC, 1, 1)                                                  \
    ROW(and32, "andl %%eax, (%%rdi)", LOGIC, 1, 1)                                                 \
    ROW(and_to, "andl (%%rdi), %%eax", LOGIC, 1, 0)                                                \
    ROW(or16, "orw %%ax, (%%rdi)", LOGIC, 1, 1)                                                    \
    ROW(or32, "orl $4, (%%rdi)", LOGIC, 1, 1)                                                      \
    ROW(or64, "orq (%%rdi), %%rax", LOGIC, 1, 0)                                                   \
    ROW(xor8, "xorb (%%rdi), %%ah", LOGIC, 1, 0)                                                   \
    ROW(xor32, "xorl $0x55aa55aa, (%%rdi)", LOGIC, 1, 1)                                           \
    ROW(cmp8, "cmpb $0x80, (%%rdi)", ALL, 1, 0)                                                    \
    ROW(cmp16, "cmpw %%ax, (%%rdi)", ALL, 1, 0)                                                    \
    ROW(cmp32, "cmpl (%%rdi), %%eax", ALL, 1, 0)                                                   \
    ROW(cmp64, "cmpq $-1, (%%rdi)", ALL, 1, 0)                                                     \
    ROW(test8, "testb $2, (%%rdi)", LOGIC, 1, 0)                                                   \
    ROW(test32, "testl %%eax, (%%rdi)", LOGIC, 1, 0)                                               \
    ROW(inc8, "incb (%%rdi)", ALL, 1, 1)                                                           \
    ROW(inc32, "incl (%%rdi)", ALL, 1, 1)                                                          \
    ROW(dec64, "decq (%%rdi)", ALL, 1, 1)                                                          \
    ROW(not16, "notw (%%rdi)", NONE, 1, 1)                                                         \
    ROW(neg32, "negl (%%rdi)", ALL, 1, 1)                                                          \
    ROW(xchg32, "xchgl %%eax, (%%rdi)", NONE, 1, 1)                                                \
    ROW(xchg8, "xchgb %%ah, (%%rdi)", NONE, 1, 1)                                                  \
    ROW(shl1, "shll (%%rdi)", LOGIC, 1, 1)                                                         \
    ROW(shl32, "shll $5, (%%rdi)", LOGIC & ~OF, 1, 1)                                              \
    ROW(shl8_cl, "shlb %%cl, (%%rdi)", PF | ZF | SF, 1, 1)                                         \
    ROW(shr1, "shrq (%%rdi)", LOGIC, 1, 1)                                                         \
    ROW(shr16, "shrw $3, (%%rdi)", LOGIC & ~OF, 1, 1)                                              \
    ROW(sar1, "sarl (%%rdi)", LOGIC, 1, 1)                                                         \
    ROW(sar_cl, "sarl %%cl, (%%rdi)", PF | ZF | SF, 1, 1)                                          \
    ROW(imul16, "imulw (%%rdi), %%ax", CF | OF, 1, 0)                                              \
    ROW(imul32, "imull (%%rdi), %%eax", CF | OF, 1, 0)                                             \
    ROW(imul64, "imulq $1000, (%%rdi), %%rax", CF | OF, 1, 0)                                      \
    ROW(bt, "btl $31, (%%rdi)", CF, 1, 0)                                                          \
    ROW(bts, "btsl $8, (%%rdi)", CF, 1, 1)                                                         \
    ROW(btr, "btrw $15, (%%rdi)", CF, 1, 1)                                                        \
    ROW(btc, "btcq $63, (%%rdi)", CF, 1, 1)                                                        \
    ROW(bsf, "bsfl (%%rdi), %%eax", ZF, 1, 0)                                                      \
    ROW(bsr, "bsrq (%%rdi), %%rax", ZF, 1, 0)                                                      \
    ROW(popcnt, "popcntl (%%rdi), %%eax", ALL, 1, 0)                                               \
    ROW(seto, "seto (%%rdi)", NONE, 0, 1)                                                          \
    ROW(setae, "setae (%%rdi)", NONE, 0, 1)                                                        \
    ROW(setbe, "setbe (%%rdi)", NONE, 0, 1)                                                        \
    ROW(setne, "setne (%%rdi)", NONE, 0, 1)                                                        \
    ROW(setge, "setge (%%rdi)", NONE, 0, 1)                                                        \
    ROW(setg, "setg (%%rdi)", NONE, 0, 1)                                                          \
    ROW(cmove, "cmovel (%%rdi), %%eax", NONE, 1, 0)                                                \
    ROW(cmovs, "cmovsq (%%rdi), %%rax", NONE, 1, 0)                                                \
    ROW(cmovp, "cmovpw (%%rdi), %%ax", NONE, 1, 0)                                                 \
    ROW(movd_to, "movd (%%rdi), %%xmm0", NONE, 1, 0)                                               \
    ROW(movd_from, "movd %%xmm0, (%%rdi)", NONE, 0, 1)                                             \
    ROW(movq_to, "movq (%%rdi), %%xmm0", NONE, 1, 0)                                               \
    ROW(movq_from, "movq %%xmm0, (%%rdi)", NONE, 0, 1)                                             \
    ROW(movss_to, "movss (%%rdi), %%xmm0", NONE, 1, 0)

/* Nobody accesses a register so. */
#define UNKNOWN(ROW)                                                                               \
    ROW(locked, "lock orl $1, (%%rdi)", 0, 0, 0)                                                   \
    ROW(compare_exchange, "lock cmpxchgl %%ecx, (%%rdi)", 0, 0, 0)                                 \
    ROW(exchange_add, "lock xaddl %%eax, (%%rdi)", 0, 0, 0)                                        \
    ROW(block, "movups (%%rdi), %%xmm0", 0, 0, 0)                                                  \
    ROW(bit_string, "btl %%eax, (%%rdi)", 0, 0, 0)                                                 \
    ROW(no_memory, "movl %%ecx, %%eax", 0, 0, 0)                                                   \
    ROW(floating, "addsd (%%rdi), %%xmm0", 0, 0, 0)
/* clang-format on */

/* Run it on the processor, or only say where its code is. */
#define NATIVE(name, text, flags_, reads_, writes_)                                              \
    static const void *native_##name(struct all *s, bool run)                                    \
    {                                                                                            \
        const void *code;                                                                        \
        uint64_t flags = s->flags, away = (uint64_t)-2;                                          \
        register uint64_t index __asm__("r10") = away;                                           \
                                                                                                 \
        __asm__ volatile("lea 2f(%%rip), %[code]\n"                                              \
                         "testb %[run], %[run]\n"                                                \
                         "jz 3f\n"                                                               \
                         "lea -128(%%rsp), %%rsp\n"                                              \
                         "movups (%[xmm]), %%xmm0\n"                                             \
                         "pushq %[flags]\n"                                                      \
                         "popfq\n"                                                               \
                         "2: " text "\n"                                                         \
                         "pushfq\n"                                                              \
                         "popq %[flags]\n"                                                       \
                         "movups %%xmm0, (%[xmm])\n"                                             \
                         "lea 128(%%rsp), %%rsp\n"                                               \
                         "3:\n"                                                                  \
                         : "+a"(s->a), "+c"(s->c),                                               \
                           "+d"(s->d), [flags] "+r"(flags), [code] "=&r"(code)                   \
                         : "D"(&s->word), "r"(index), [run] "r"((uint8_t)run), [xmm] "r"(s->xmm) \
                         : "xmm0", "cc", "memory");                                              \
        s->flags = flags;                                                                        \
        return code;                                                                             \
    }

SNIPPETS(NATIVE)
UNKNOWN(NATIVE)

struct row {
    const char *text;
    const void *(*native)(struct all *s, bool run);
    uint64_t flags;
    unsigned reads, writes;
};

#define ROW(name, text, flags, reads, writes) {text, native_##name, flags, reads, writes},
static const struct row rows[] = {SNIPPETS(ROW)};
static const struct row unknown[] = {UNKNOWN(ROW)};

/* -- memory that counts -- */

static uint64_t *word;
static unsigned reads, writes;

static uint64_t bus_read(void *context, uint64_t vaddr, unsigned bytes)
{
    uint64_t value = 0;

    assert_ptr_equal(context, word);
    assert_int_equal(vaddr, (uintptr_t)word);
    memcpy(&value, word, bytes);
    reads++;
    return value;
}

static void bus_write(void *context, uint64_t vaddr, unsigned bytes, uint64_t value)
{
    assert_ptr_equal(context, word);
    assert_int_equal(vaddr, (uintptr_t)word);
    memcpy(word, &value, bytes);
    writes++;
}

static bool emulated(const void *code, struct all *s)
{
    uint64_t xmm[16][2] = {{s->xmm[0], s->xmm[1]}};
    struct emulate_cpu cpu = {.gpr = {[0] = s->a, [1] = s->c, [2] = s->d},
                              .pc = (uintptr_t)code,
                              .flags = s->flags,
                              .xmm = xmm};

    word = &s->word;
    cpu.gpr[7] = (uintptr_t)&s->word;
    cpu.gpr[10] = (uint64_t)-2;
    reads = writes = 0;
    bool done =
        emulate(&cpu, &(struct emulate_bus){.context = word, .read = bus_read, .write = bus_write});

    assert_int_equal(cpu.gpr[7], (uintptr_t)&s->word);
    s->a = cpu.gpr[0];
    s->c = cpu.gpr[1];
    s->d = cpu.gpr[2];
    s->flags = cpu.flags;
    memcpy(s->xmm, xmm[0], sizeof s->xmm);
    assert_true(done ? cpu.pc > (uintptr_t)code && cpu.pc - (uintptr_t)code < 16
                     : cpu.pc == (uintptr_t)code);
    return done;
}

/* -- */

static const uint64_t values[] = {0,
                                  1,
                                  2,
                                  0x7f,
                                  0x80,
                                  0xff,
                                  0x7fff,
                                  0x8000,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  0x123456789abcdef0,
                                  0x7fffffffffffffff,
                                  0x8000000000000000,
                                  UINT64_MAX};
static const uint64_t flag_values[] = {0, CF, ZF, SF, OF, SF | OF, CF | PF | AF | ZF | SF | OF};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void compare(const struct row *row, const struct all *begin)
{
    struct all native = *begin, other = *begin;
    const void *code = row->native(&native, true);
    bool done = emulated(code, &other);
    uint64_t differ = (native.flags ^ other.flags) & row->flags;
    /* A shift by nothing defines nothing. */
    bool same = native.a == other.a && native.c == other.c && native.d == other.d && differ == 0 &&
                native.word == other.word && memcmp(native.xmm, other.xmm, sizeof native.xmm) == 0;

    if (!done || !same || reads != row->reads || writes != row->writes) {
        print_error("%s: done %d, reads %u, writes %u; a %#lx word %#lx flags %#lx\n"
                    "native   a %#lx word %#lx flags %#lx\n"
                    "emulated a %#lx word %#lx flags %#lx\n",
                    row->text, done, reads, writes, begin->a, begin->word, begin->flags, native.a,
                    native.word, native.flags, other.a, other.word, other.flags);
        fail();
    }
}

static void test_as_the_processor(void **state)
{
    (void)state;
    for (size_t r = 0; r < COUNT(rows); r++) {
        for (size_t i = 0; i < COUNT(values) * COUNT(values) * COUNT(flag_values); i++) {
            uint64_t a = values[i % COUNT(values)];

            compare(&rows[r],
                    &(struct all){.a = a,
                                  .c = i % 40,
                                  .d = ~a,
                                  .word = values[i / COUNT(values) % COUNT(values)],
                                  .flags = 2 | flag_values[i / COUNT(values) / COUNT(values)],
                                  .xmm = {a, ~a}});
        }
    }
}

static void test_unknown(void **state)
{
    (void)state;
    for (size_t r = 0; r < COUNT(unknown); r++) {
        struct all s = {.a = 5, .c = 6, .d = 7, .flags = 2, .word = 8}, before = s;
        const void *code = unknown[r].native(&s, false);

        if (emulated(code, &s) || reads != 0 || writes != 0 || memcmp(&s, &before, sizeof s) != 0) {
            print_error("%s was emulated\n", unknown[r].text);
            fail();
        }
    }
}

static void test_words(void **state)
{
    char text[EMULATE_TEXT_BYTES];
    struct all s = {0};

    (void)state;
    assert_string_equal(emulate_text((uintptr_t)native_locked(&s, false), text),
                        "lock orl $0x01, (%rdi)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_processor),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
static void test_nothing(void **state)
{
    (void)state;
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
