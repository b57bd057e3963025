/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zydis says what the instruction is; here it is made sure that it has one operand in memory, and
 * no other that is not understood. What each does is in emulate_do.c; it takes its operands from
 * here and leaves them here, those in memory once each, in the processor's order.
 */
#include "sim/exec/emulate_parts.h"

#include <stdio.h>

#if defined(__x86_64__)
#define CODE_BYTES_MAX 15u
#define PAGE_BYTES     4096u
#define OPERANDS       3u

/* -- decoding -- */

static bool decode_some(struct work *w, uint64_t pc, size_t bytes)
{
    ZydisDecoder decoder;

    return ZYAN_SUCCESS(
               ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) &&
           ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, (const void *)(uintptr_t)pc, bytes,
                                               &w->insn, w->operands));
}

/* What follows the instruction may not be there to be read, if it is on another page. */
static bool decode(struct work *w, uint64_t pc)
{
    uint64_t left = PAGE_BYTES - pc % PAGE_BYTES;

    return decode_some(w, pc, left < CODE_BYTES_MAX ? left : CODE_BYTES_MAX) ||
           (left < CODE_BYTES_MAX && decode_some(w, pc, CODE_BYTES_MAX));
}

/* -- operands -- */

static bool is_high_byte(ZydisRegister reg)
{
    return reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
}

static uint64_t *gpr(struct work *w, ZydisRegister reg)
{
    ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

    return &w->cpu->gpr[ZydisRegisterGetId(whole) & 15];
}

static bool is_xmm(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER &&
           ZydisRegisterGetClass(o->reg.value) == ZYDIS_REGCLASS_XMM;
}

uint64_t emulate_get(struct work *w, unsigned number)
{
    const ZydisDecodedOperand *o = &w->operands[number];

    switch (o->type) {
    case ZYDIS_OPERAND_TYPE_MEMORY:
        return w->bus->read(w->bus->context, w->vaddr, o->size / 8u) & mask_of(o->size);
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return o->imm.value.u;
    default:
        if (is_xmm(o)) {
            return w->cpu->xmm[ZydisRegisterGetId(o->reg.value) & 15][0];
        }
        return *gpr(w, o->reg.value) >> (is_high_byte(o->reg.value) ? 8 : 0) & mask_of(o->size);
    }
}

/* Half a register keeps its other half, unless it is the half that clears it. */
static void set_gpr(struct work *w, ZydisRegister reg, unsigned bits, uint64_t value)
{
    uint64_t *whole = gpr(w, reg);
    unsigned shift = is_high_byte(reg) ? 8 : 0;

    if (bits >= 32) {
        *whole = value & mask_of(bits);
    } else {
        *whole = (*whole & ~(mask_of(bits) << shift)) | (value & mask_of(bits)) << shift;
    }
}

void emulate_set(struct work *w, unsigned number, uint64_t value)
{
    const ZydisDecodedOperand *o = &w->operands[number];

    if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        w->bus->write(w->bus->context, w->vaddr, o->size / 8u, value & mask_of(o->size));
    } else if (is_xmm(o)) {
        uint64_t *xmm = w->cpu->xmm[ZydisRegisterGetId(o->reg.value) & 15];

        xmm[0] = value;
        xmm[1] = 0;
    } else {
        set_gpr(w, o->reg.value, o->size, value);
    }
}

/* -- what it is -- */

/* The numbers of bits in a string of memory, beyond the word, are no register access. */
static bool is_bit_string(const struct work *w)
{
    switch (w->insn.mnemonic) {
    case ZYDIS_MNEMONIC_BT:
    case ZYDIS_MNEMONIC_BTS:
    case ZYDIS_MNEMONIC_BTR:
    case ZYDIS_MNEMONIC_BTC:
        return w->operands[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE;
    default:
        return false;
    }
}

static bool is_word(unsigned bits)
{
    return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

/* Is it an operand that get() and set() know? */
static bool is_known(const struct work *w, const ZydisDecodedOperand *o)
{
    switch (o->type) {
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return true;
    case ZYDIS_OPERAND_TYPE_MEMORY:
        return is_word(o->size) && o->mem.type == ZYDIS_MEMOP_TYPE_MEM &&
               o->mem.segment != ZYDIS_REGISTER_FS && o->mem.segment != ZYDIS_REGISTER_GS;
    case ZYDIS_OPERAND_TYPE_REGISTER:
        return is_xmm(o)
                   ? w->cpu->xmm != NULL && w->insn.encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY
                   : is_word(o->size) &&
                         ZydisRegisterGetClass(ZydisRegisterGetLargestEnclosing(
                             ZYDIS_MACHINE_MODE_LONG_64, o->reg.value)) == ZYDIS_REGCLASS_GPR64;
    default:
        return false;
    }
}

static uint64_t base_of(const struct work *w, ZydisRegister reg)
{
    switch (reg) {
    case ZYDIS_REGISTER_NONE:
        return 0;
    case ZYDIS_REGISTER_RIP:
        return w->cpu->pc + w->insn.length;
    default:
        return w->cpu->gpr[ZydisRegisterGetId(reg) & 15];
    }
}

/* One operand in memory, and all of them known. */
static bool prepare(struct work *w)
{
    unsigned in_memory = 0;

    if (w->insn.operand_count_visible == 0 || w->insn.operand_count_visible > OPERANDS ||
        w->insn.address_width != 64 || w->insn.attributes & ZYDIS_ATTRIB_HAS_LOCK ||
        is_bit_string(w)) {
        return false;
    }
    for (unsigned i = 0; i < w->insn.operand_count_visible; i++) {
        const ZydisDecodedOperand *o = &w->operands[i];

        if (!is_known(w, o)) {
            return false;
        }
        if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            in_memory++;
            w->vaddr = base_of(w, o->mem.base) + base_of(w, o->mem.index) * o->mem.scale +
                       (o->mem.disp.has_displacement ? (uint64_t)o->mem.disp.value : 0);
        }
    }
    return in_memory == 1;
}

bool emulate(struct emulate_cpu *cpu, const struct emulate_bus *bus)
{
    struct work w = {.cpu = cpu, .bus = bus};

    if (!decode(&w, cpu->pc)) {
        return false;
    }
    void (*act)(struct work *) = emulate_find(&w.insn);

    if (act == NULL || !prepare(&w)) {
        return false;
    }
    act(&w);
    cpu->pc += w.insn.length;
    return true;
}

const char *emulate_text(uint64_t pc, char out[static EMULATE_TEXT_BYTES])
{
    struct work w;
    ZydisFormatter formatter;

    if (!decode(&w, pc) ||
        !ZYAN_SUCCESS(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_ATT)) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &w.insn, w.operands,
                                                      w.insn.operand_count_visible, out,
                                                      EMULATE_TEXT_BYTES, pc, NULL))) {
        snprintf(out, EMULATE_TEXT_BYTES, "no instruction");
    }
    return out;
}
#else
bool emulate(struct emulate_cpu *cpu, const struct emulate_bus *bus)
{
    (void)cpu;
    (void)bus;
    return false;
}

const char *emulate_text(uint64_t pc, char out[static EMULATE_TEXT_BYTES])
{
    (void)pc;
    snprintf(out, EMULATE_TEXT_BYTES, "an instruction of a machine that is not emulated here");
    return out;
}
#endif
