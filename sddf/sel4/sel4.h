/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_SEL4_SEL4_H
#define SDDF_SEL4_SEL4_H
/*
 * The little of libsel4 that a component can see: words, the tag of a message and the message
 * registers. A tag is packed as on a 64-bit seL4, so that an image which looks inside finds what it
 * expects. Nothing here is a system call; the functions are the runtime's.
 */
#include <stdint.h>

typedef int8_t seL4_Int8;
typedef uint8_t seL4_Uint8;
typedef uint16_t seL4_Uint16;
typedef uint32_t seL4_Uint32;
typedef uint64_t seL4_Uint64;
typedef uint64_t seL4_Word;
typedef seL4_Word seL4_CPtr;
typedef seL4_Int8 seL4_Bool;

#define seL4_False 0
#define seL4_True  1

/* The most message registers that one protected call carries in either direction. */
#define seL4_MsgMaxLength 120

/*
 * The tag of a message: label (52 bits), capabilities unwrapped (3), extra capabilities (2), length
 * (7).
 */
typedef struct seL4_MessageInfo {
    seL4_Word words[1];
} seL4_MessageInfo_t;

/*
 * A tag. `label` says what is asked or answered, `length` how many message registers count. The two
 * capability fields are always 0 here. Bits that do not fit their field are dropped.
 */
static inline seL4_MessageInfo_t seL4_MessageInfo_new(seL4_Word label, seL4_Word capsUnwrapped,
                                                      seL4_Word extraCaps, seL4_Word length)
{
    seL4_MessageInfo_t info;

    info.words[0] =
        label << 12 | (capsUnwrapped & 0x7) << 9 | (extraCaps & 0x3) << 7 | (length & 0x7f);
    return info;
}

static inline seL4_Word seL4_MessageInfo_get_label(seL4_MessageInfo_t info)
{
    return info.words[0] >> 12;
}

static inline seL4_Word seL4_MessageInfo_get_capsUnwrapped(seL4_MessageInfo_t info)
{
    return info.words[0] >> 9 & 0x7;
}

static inline seL4_Word seL4_MessageInfo_get_extraCaps(seL4_MessageInfo_t info)
{
    return info.words[0] >> 7 & 0x3;
}

/* How many message registers count. What a peer claims: compare it with what the protocol needs. */
static inline seL4_Word seL4_MessageInfo_get_length(seL4_MessageInfo_t info)
{
    return info.words[0] & 0x7f;
}

static inline seL4_MessageInfo_t seL4_MessageInfo_set_label(seL4_MessageInfo_t info,
                                                            seL4_Word label)
{
    info.words[0] = (info.words[0] & 0xfff) | label << 12;
    return info;
}

static inline seL4_MessageInfo_t seL4_MessageInfo_set_length(seL4_MessageInfo_t info,
                                                             seL4_Word length)
{
    info.words[0] = (info.words[0] & ~(seL4_Word)0x7f) | (length & 0x7f);
    return info;
}

/*
 * Message register `i` of the calling PD, the same registers as sddf_set_mr() and sddf_get_mr(). A
 * register beyond the last is not written and reads as 0.
 */
void seL4_SetMR(int i, seL4_Word mr);
seL4_Word seL4_GetMR(int i);

/* One character to the debug console, at once. */
void seL4_DebugPutChar(char c);
#endif
