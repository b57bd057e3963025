/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What instructions do. The rows of one table say which there are; each is a few lines upon its
 * operands, in the order in which the processor's makers write them: what comes out of it first.
 * Flags that an instruction leaves undefined are left as they were.
 */
#include "sim/exec/emulate_parts.h"

#if defined(__x86_64__)
enum {
    FLAG_CARRY = 1u << 0,
    FLAG_PARITY = 1u << 2,
    FLAG_ADJUST = 1u << 4,
    FLAG_ZERO = 1u << 6,
    FLAG_SIGN = 1u << 7,
    FLAG_OVERFLOW = 1u << 11,
    FLAGS_RESULT = FLAG_PARITY | FLAG_ZERO | FLAG_SIGN,
    FLAGS_ALL = FLAGS_RESULT | FLAG_CARRY | FLAG_ADJUST | FLAG_OVERFLOW
};

static uint64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);

    value &= mask_of(bits);
    return (value ^ sign) - sign;
}

/* -- flags -- */

static void set_flags(struct work *w, uint64_t which, uint64_t flags)
{
    w->cpu->flags = (w->cpu->flags & ~which) | (flags & which);
}

static uint64_t flags_of(uint64_t result, unsigned bits)
{
    uint64_t flags = 0;

    result &= mask_of(bits);
    flags |= __builtin_parity((unsigned)(result & 0xff)) ? 0 : FLAG_PARITY;
    flags |= result == 0 ? FLAG_ZERO : 0;
    flags |= result >> (bits - 1) & 1 ? FLAG_SIGN : 0;
    return flags;
}

/* A bit of each place where a sum carried, or a difference borrowed. */
static uint64_t flags_of_carries(uint64_t carries, unsigned bits)
{
    uint64_t out = carries >> (bits - 1) & 1, in = carries >> (bits - 2) & 1;

    return (out ? FLAG_CARRY : 0) | (carries >> 3 & 1 ? FLAG_ADJUST : 0) |
           (out != in ? FLAG_OVERFLOW : 0);
}

static uint64_t sum(struct work *w, uint64_t a, uint64_t b, uint64_t carry, unsigned bits,
                    uint64_t which)
{
    uint64_t result = a + b + carry;
    uint64_t carries = (a & b) | ((a | b) & ~result);

    set_flags(w, which, flags_of(result, bits) | flags_of_carries(carries, bits));
    return result;
}

static uint64_t difference(struct work *w, uint64_t a, uint64_t b, uint64_t borrow, unsigned bits,
                           uint64_t which)
{
    uint64_t result = a - b - borrow;
    uint64_t borrows = (~a & b) | ((~a | b) & result);

    set_flags(w, which, flags_of(result, bits) | flags_of_carries(borrows, bits));
    return result;
}

/* The condition in the instruction's last half byte. */
static bool condition(const struct work *w)
{
    uint64_t f = w->cpu->flags;
    bool carry = f & FLAG_CARRY, zero = f & FLAG_ZERO;
    bool less = !(f & FLAG_SIGN) != !(f & FLAG_OVERFLOW);
    const bool holds[8] = {f & FLAG_OVERFLOW, carry,           zero, carry || zero,
                           f & FLAG_SIGN,     f & FLAG_PARITY, less, less || zero};

    return holds[w->insn.opcode >> 1 & 7] != (w->insn.opcode & 1);
}

/* -- instructions -- */

static void do_move(struct work *w)
{
    emulate_set(w, 0, emulate_get(w, 1));
}

static void do_move_signed(struct work *w)
{
    emulate_set(w, 0, sign_extend(emulate_get(w, 1), w->operands[1].size));
}

static void do_set(struct work *w)
{
    emulate_set(w, 0, condition(w));
}

/* It is read in any case. */
static void do_move_if(struct work *w)
{
    uint64_t now = emulate_get(w, 0), other = emulate_get(w, 1);

    emulate_set(w, 0, condition(w) ? other : now);
}

static uint64_t compute(struct work *w, ZydisMnemonic what, uint64_t a, uint64_t b, unsigned bits)
{
    uint64_t carry = w->cpu->flags & FLAG_CARRY, result;

    switch (what) {
    case ZYDIS_MNEMONIC_ADD:
        return sum(w, a, b, 0, bits, FLAGS_ALL);
    case ZYDIS_MNEMONIC_ADC:
        return sum(w, a, b, carry, bits, FLAGS_ALL);
    case ZYDIS_MNEMONIC_SUB:
    case ZYDIS_MNEMONIC_CMP:
        return difference(w, a, b, 0, bits, FLAGS_ALL);
    case ZYDIS_MNEMONIC_SBB:
        return difference(w, a, b, carry, bits, FLAGS_ALL);
    case ZYDIS_MNEMONIC_OR:
        result = a | b;
        break;
    case ZYDIS_MNEMONIC_XOR:
        result = a ^ b;
        break;
    default:
        result = a & b;
        break;
    }
    set_flags(w, FLAGS_ALL, flags_of(result, bits));
    return result;
}

static void do_compute(struct work *w)
{
    uint64_t a = emulate_get(w, 0), b = emulate_get(w, 1);

    emulate_set(w, 0, compute(w, w->insn.mnemonic, a, b, w->operands[0].size));
}

static void do_compare(struct work *w)
{
    uint64_t a = emulate_get(w, 0), b = emulate_get(w, 1);

    compute(w, w->insn.mnemonic, a, b, w->operands[0].size);
}

static void do_step(struct work *w)
{
    unsigned bits = w->operands[0].size;
    uint64_t value = emulate_get(w, 0), which = FLAGS_ALL & ~(uint64_t)FLAG_CARRY;

    emulate_set(w, 0,
                w->insn.mnemonic == ZYDIS_MNEMONIC_INC ? sum(w, value, 1, 0, bits, which)
                                                       : difference(w, value, 1, 0, bits, which));
}

static void do_not(struct work *w)
{
    emulate_set(w, 0, ~emulate_get(w, 0));
}

static void do_negate(struct work *w)
{
    emulate_set(w, 0, difference(w, 0, emulate_get(w, 0), 0, w->operands[0].size, FLAGS_ALL));
}

static void do_exchange(struct work *w)
{
    uint64_t a = emulate_get(w, 0), b = emulate_get(w, 1);

    emulate_set(w, 0, b);
    emulate_set(w, 1, a);
}

/* The last bit shifted out is the carry; overflow is told of a shift by one. */
static void do_shift(struct work *w)
{
    unsigned bits = w->operands[0].size;
    uint64_t value = emulate_get(w, 0), result, carry, overflow;
    unsigned count = (unsigned)emulate_get(w, 1) & (bits == 64 ? 63 : 31);

    if (count == 0) {
        emulate_set(w, 0, value);
        return;
    }
    if (w->insn.mnemonic == ZYDIS_MNEMONIC_SHL) {
        result = count < bits ? value << count : 0;
        carry = count <= bits ? value >> (bits - count) & 1 : 0;
        overflow = (result >> (bits - 1) & 1) ^ carry;
    } else {
        bool arithmetic = w->insn.mnemonic == ZYDIS_MNEMONIC_SAR;
        int64_t wide = (int64_t)(arithmetic ? sign_extend(value, bits) : value);

        carry = (uint64_t)wide >> (count - 1) & 1;
        carry = arithmetic ? (uint64_t)(wide >> (count - 1)) & 1 : carry;
        result = arithmetic ? (uint64_t)(wide >> count) : (uint64_t)wide >> count;
        overflow = arithmetic ? 0 : value >> (bits - 1) & 1;
    }
    emulate_set(w, 0, result);
    set_flags(w, FLAGS_RESULT | FLAG_CARRY | FLAG_OVERFLOW,
              flags_of(result, bits) | (carry ? FLAG_CARRY : 0) | (overflow ? FLAG_OVERFLOW : 0));
}

/* Of two operands or three; never into memory. */
static void do_multiply(struct work *w)
{
    bool three = w->insn.operand_count_visible == 3;
    unsigned bits = w->operands[0].size;
    uint64_t a = emulate_get(w, three ? 1 : 0), b = emulate_get(w, three ? 2 : 1);
    __int128 product = (__int128)(int64_t)sign_extend(a, bits) * (int64_t)sign_extend(b, bits);
    bool too_large = product != (int64_t)sign_extend((uint64_t)product, bits);

    emulate_set(w, 0, (uint64_t)product);
    set_flags(w, FLAG_CARRY | FLAG_OVERFLOW, too_large ? FLAG_CARRY | FLAG_OVERFLOW : 0);
}

static void do_bit(struct work *w)
{
    uint64_t value = emulate_get(w, 0), bit = UINT64_C(1)
                                              << (emulate_get(w, 1) & (w->operands[0].size - 1u));

    switch (w->insn.mnemonic) {
    case ZYDIS_MNEMONIC_BTS:
        emulate_set(w, 0, value | bit);
        break;
    case ZYDIS_MNEMONIC_BTR:
        emulate_set(w, 0, value & ~bit);
        break;
    case ZYDIS_MNEMONIC_BTC:
        emulate_set(w, 0, value ^ bit);
        break;
    default:
        break;
    }
    set_flags(w, FLAG_CARRY, value & bit ? FLAG_CARRY : 0);
}

/* Of zero, the first bit has no number and what was there stays. */
static void do_find_bit(struct work *w)
{
    uint64_t value = emulate_get(w, 1);

    if (value != 0) {
        emulate_set(w, 0,
                    w->insn.mnemonic == ZYDIS_MNEMONIC_BSF
                        ? (unsigned)__builtin_ctzll(value)
                        : 63u - (unsigned)__builtin_clzll(value));
    }
    set_flags(w, FLAG_ZERO, value == 0 ? FLAG_ZERO : 0);
}

static void do_count_zeros(struct work *w)
{
    uint64_t value = emulate_get(w, 1);
    unsigned bits = w->operands[0].size;
    uint64_t count = value == 0 ? bits : (unsigned)__builtin_ctzll(value);

    emulate_set(w, 0, count);
    set_flags(w, FLAG_CARRY | FLAG_ZERO,
              (value == 0 ? FLAG_CARRY : 0) | (count == 0 ? FLAG_ZERO : 0));
}

static void do_count_ones(struct work *w)
{
    uint64_t value = emulate_get(w, 1);

    emulate_set(w, 0, (unsigned)__builtin_popcountll(value));
    set_flags(w, FLAGS_ALL, value == 0 ? FLAG_ZERO : 0);
}

static const struct row {
    ZydisMnemonic what;
    void (*act)(struct work *w);
} rows[] = {
    {ZYDIS_MNEMONIC_MOV, do_move},
    {ZYDIS_MNEMONIC_MOVZX, do_move},
    {ZYDIS_MNEMONIC_MOVSX, do_move_signed},
    {ZYDIS_MNEMONIC_MOVSXD, do_move_signed},
    {ZYDIS_MNEMONIC_MOVD, do_move},
    {ZYDIS_MNEMONIC_MOVQ, do_move},
    {ZYDIS_MNEMONIC_MOVSS, do_move},
    {ZYDIS_MNEMONIC_MOVSD, do_move},
    {ZYDIS_MNEMONIC_ADD, do_compute},
    {ZYDIS_MNEMONIC_ADC, do_compute},
    {ZYDIS_MNEMONIC_SUB, do_compute},
    {ZYDIS_MNEMONIC_SBB, do_compute},
    {ZYDIS_MNEMONIC_AND, do_compute},
    {ZYDIS_MNEMONIC_OR, do_compute},
    {ZYDIS_MNEMONIC_XOR, do_compute},
    {ZYDIS_MNEMONIC_CMP, do_compare},
    {ZYDIS_MNEMONIC_TEST, do_compare},
    {ZYDIS_MNEMONIC_INC, do_step},
    {ZYDIS_MNEMONIC_DEC, do_step},
    {ZYDIS_MNEMONIC_NOT, do_not},
    {ZYDIS_MNEMONIC_NEG, do_negate},
    {ZYDIS_MNEMONIC_XCHG, do_exchange},
    {ZYDIS_MNEMONIC_SHL, do_shift},
    {ZYDIS_MNEMONIC_SHR, do_shift},
    {ZYDIS_MNEMONIC_SAR, do_shift},
    {ZYDIS_MNEMONIC_IMUL, do_multiply},
    {ZYDIS_MNEMONIC_BT, do_bit},
    {ZYDIS_MNEMONIC_BTS, do_bit},
    {ZYDIS_MNEMONIC_BTR, do_bit},
    {ZYDIS_MNEMONIC_BTC, do_bit},
    {ZYDIS_MNEMONIC_BSF, do_find_bit},
    {ZYDIS_MNEMONIC_BSR, do_find_bit},
    {ZYDIS_MNEMONIC_TZCNT, do_count_zeros},
    {ZYDIS_MNEMONIC_POPCNT, do_count_ones},
};

/* Not by their names, of which there are sixteen each, but by how they are encoded. */
static void (*conditional(const ZydisDecodedInstruction *i))(struct work *w)
{
    bool two_bytes = i->opcode_map == ZYDIS_OPCODE_MAP_0F;

    if (two_bytes && (i->opcode & 0xf0) == 0x90) {
        return do_set;
    }
    return two_bytes && (i->opcode & 0xf0) == 0x40 ? do_move_if : NULL;
}

void (*emulate_find(const ZydisDecodedInstruction *i))(struct work *w)
{
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        if (rows[row].what == i->mnemonic) {
            return rows[row].act;
        }
    }
    return conditional(i);
}
#endif
