/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that accesses a few registers of an ENET in every way that C has for a volatile object:
 * each width, signed and not, read, written, both at once, in conditions, loops and calls. It says
 * what it read. Whoever compiles it, the accesses are those of the language: each is made once, as
 * wide as it is, in the order of the program. Where the language leaves the order open, so does
 * nothing here.
 */
#include <stdint.h>

#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/resources/device.h>
#include <sddf/util/printf.h>

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t config;

/* Stored and without effect as long as nothing is enabled, but for the first. */
struct regs {
    uint32_t reserved_000;
    uint32_t eir; /* written ones are cleared */
    uint32_t reserved_008[7];
    uint32_t ecr; /* the lowest bit clears itself */
    uint32_t reserved_028[60];
    union {
        uint8_t u8[16];
        int8_t s8[16];
        uint16_t u16[8];
        int16_t s16[8];
        uint32_t u32[4];
        int32_t s32[4];
        uint64_t u64[2];
    } hash;
};
_Static_assert(__builtin_offsetof(struct regs, hash) == 0x118, "IAUR");

static volatile struct regs *regs;

static void say(const char *what, uint64_t value)
{
    sddf_printf("%s %lx\n", what, value);
}

static void write_each_width(void)
{
    regs->hash.u64[0] = 0x8182838485868788;
    regs->hash.u32[2] = 0x91929394;
    regs->hash.u16[6] = 0xa1a2;
    regs->hash.u8[14] = 0xb1;
    regs->hash.u8[15] = 0xb2;
}

static void read_each_width(void)
{
    say("u8", regs->hash.u8[0]);
    say("s8", (uint64_t)regs->hash.s8[1]);
    say("u16", regs->hash.u16[1]);
    say("s16", (uint64_t)regs->hash.s16[2]);
    say("u32", regs->hash.u32[1]);
    say("s32", (uint64_t)regs->hash.s32[2]);
    say("u64", regs->hash.u64[1]);
}

/* Each is one read and one write. */
static void change(uint32_t by)
{
    regs->hash.u32[0] |= 4;
    regs->hash.u32[0] &= ~0x80u;
    regs->hash.u32[0] ^= by;
    regs->hash.u32[1] += 7;
    regs->hash.u32[1] -= by;
    regs->hash.u32[1]++;
    --regs->hash.u32[2];
    regs->hash.u32[2] <<= 3;
    regs->hash.u32[2] >>= by & 7;
    regs->hash.s32[3] >>= 1;
    regs->hash.u32[3] *= 3;
    regs->hash.u8[0] |= 0x10;
    regs->hash.s8[3]--;
    regs->hash.u16[3] += 0x1ff;
    regs->hash.u64[1] |= 1ull << 40;
    regs->hash.u64[1] = ~regs->hash.u64[1];
    regs->hash.u32[0] = -regs->hash.u32[0];
}

/* A read whose value nobody wants is one, and the same value is written as often as it says. */
static void for_its_own_sake(void)
{
    (void)regs->hash.u32[0];
    (void)regs->hash.u16[2];
    regs->hash.u32[3] = 5;
    regs->hash.u32[3] = 5;
    regs->hash.u32[3] = regs->hash.u32[3]; /* cppcheck-suppress selfAssignment */
}

static int is_set(volatile uint32_t *where, uint32_t bits)
{
    return (*where & bits) != 0;
}

static void ask(uint32_t by)
{
    volatile uint8_t *byte = &regs->hash.u8[4];
    uint32_t all = 0;

    if (regs->hash.u32[0] == 0x1234) {
        regs->hash.u32[0] = 1;
    }
    if (regs->hash.u8[0] & 1 || regs->hash.u8[1] > 3) {
        regs->hash.u8[2] = 9;
    }
    switch (regs->hash.u16[0]) {
    case 0:
        regs->hash.u32[1] = 2;
        break;
    default:
        regs->hash.u32[1] = 3;
        break;
    }
    regs->hash.u32[2] = regs->hash.u32[1] < 4 ? 6 : 7;
    regs->hash.u8[8] = regs->hash.u32[1] != 3;
    say("set", (uint64_t)is_set(&regs->hash.u32[2], by));
    for (int i = 0; i < 4; i++) {
        all += regs->hash.u32[i];
    }
    say("all", all);
    for (int i = 0; i < 4; i++) {
        *byte++ = (uint8_t)i;
    }
}

static void not_memory(void)
{
    unsigned polls = 1;

    regs->ecr = 1;
    while (regs->ecr & 1) {
        polls++;
    }
    say("polls", polls);
    regs->eir = regs->eir; /* cppcheck-suppress selfAssignment */
    regs->eir &= 0xff;
    say("eir", regs->eir);
}

void init(void)
{
    regs = device_resources.regions[0].region.vaddr;
    write_each_width();
    read_each_width();
    change(config.virt_rx.num_buffers != 0 ? 5 : 6);
    for_its_own_sake();
    ask(4);
    not_memory();
    read_each_width();
}

void notified(sddf_channel ch)
{
    (void)ch;
}
