/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_DIGEST_H
#define SIM_BASE_DIGEST_H
/*
 * The bytes of a frame as one word, for the digest of a run: quick, the same on every machine of
 * this byte order, and different when any bit differs, but for chance. No defence against anybody
 * who makes collisions on purpose.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t digest_word(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

#define DIGEST_ODD 0x9e3779b97f4a7c15ull

/* One more word into a CRC-32C, by the processor's own instruction where it has one. */
static inline uint64_t digest_step(uint64_t crc, uint64_t word)
{
#if defined(__SSE4_2__)
    return __builtin_ia32_crc32di(crc, word);
#else
    /* What four bits of the remainder turn into, reflected polynomial 0x82f63b78. */
    static const uint32_t steps[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                       0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                       0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

    word ^= (uint32_t)crc;
    for (int i = 0; i < 16; i++) {
        word = word >> 4 ^ steps[word & 15];
    }
    return word;
#endif
}

/* Four lanes, so that the instruction of one does not wait for that of another. */
static inline uint64_t digest_bytes(const void *bytes, size_t count)
{
    const uint8_t *at = bytes;
    uint64_t a = count, b = 1, c = 2, d = 3, tail[4] = {0};

#pragma GCC unroll 4
    for (; count >= 32; at += 32, count -= 32) {
        a = digest_step(a, digest_word(at));
        b = digest_step(b, digest_word(at + 8));
        c = digest_step(c, digest_word(at + 16));
        d = digest_step(d, digest_word(at + 24));
    }
    if (count > 0) {
        memcpy(tail, at, count);
        a = digest_step(a, tail[0]);
        b = digest_step(b, tail[1]);
        c = digest_step(c, tail[2]);
        d = digest_step(d, tail[3]);
    }
    uint64_t one = (a | b << 32) * DIGEST_ODD, other = (c | d << 32) * 0xd6e8feb86659fd93ull;

    return (one ^ one >> 32 ^ other ^ other >> 29) * DIGEST_ODD;
}
#endif
