/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every frame is looked at several times on its way, so what counts is how many instructions that
 * takes: one for sixteen bytes, where the processor has a round of AES as an instruction. A round
 * takes every two states to two others, so what differs in one place of a frame still does at the
 * end of its lane. Four lanes, so that the instruction of one does not wait for that of another;
 * the last 64 bytes may be some that were seen already.
 */
#include "sim/base/digest.h"

#include <string.h>

#define BLOCK_BYTES 64u
#define LANE_BYTES  16u

/* Where the lanes begin, beside the length: digits of pi, as good as any. */
#define BEGIN_A 0x243f6a8885a308d3ull
#define BEGIN_B 0x13198a2e03707344ull
#define BEGIN_C 0xa4093822299f31d0ull
#define BEGIN_D 0x082efa98ec4e6c89ull

/* What is shorter than a block, as one. */
static const uint8_t *whole_block(uint8_t block[static BLOCK_BYTES], const void *bytes,
                                  size_t count)
{
    memset(block, 0, BLOCK_BYTES);
    if (count != 0) {
        memcpy(block, bytes, count);
    }
    return block;
}

/* ---- a round by hand ---- */

struct lane {
    uint8_t bytes[LANE_BYTES];
};

static const uint8_t substitutes[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};

/* In the field of AES, by 2. */
static uint8_t twice(uint8_t byte)
{
    return (uint8_t)(byte << 1 ^ (byte & 0x80 ? 0x1b : 0));
}

/* Substitute, shift the rows, mix the columns, and add 16 bytes. */
static struct lane turn(struct lane was, const uint8_t add[static LANE_BYTES])
{
    struct lane is;

    for (unsigned column = 0; column < 4; column++) {
        uint8_t s[4];

        for (unsigned row = 0; row < 4; row++) {
            s[row] = substitutes[was.bytes[4 * ((column + row) % 4) + row]];
        }
        for (unsigned row = 0; row < 4; row++) {
            uint8_t next = s[(row + 1) % 4];

            is.bytes[4 * column + row] =
                (uint8_t)(twice(s[row]) ^ twice(next) ^ next ^ s[(row + 2) % 4] ^ s[(row + 3) % 4] ^
                          add[4 * column + row]);
        }
    }
    return is;
}

static struct lane begin(uint64_t with, size_t count)
{
    uint64_t words[2] = {count, with};
    struct lane lane;

    memcpy(lane.bytes, words, sizeof lane.bytes);
    return lane;
}

static void turn_all(struct lane lanes[static 4], const uint8_t *block)
{
    for (unsigned i = 0; i < 4; i++) {
        lanes[i] = turn(lanes[i], block + i * LANE_BYTES);
    }
}

uint64_t digest_bytes_plain(const void *bytes, size_t count)
{
    struct lane lanes[4] = {begin(BEGIN_A, count), begin(BEGIN_B, count), begin(BEGIN_C, count),
                            begin(BEGIN_D, count)};
    const uint8_t *at = bytes, *last;
    uint8_t block[BLOCK_BYTES];
    uint64_t words[2];

    if (count < BLOCK_BYTES) {
        at = last = whole_block(block, bytes, count);
    } else {
        last = at + (count - BLOCK_BYTES);
    }
    for (; at < last; at += BLOCK_BYTES) {
        turn_all(lanes, at);
    }
    turn_all(lanes, last);
    struct lane one = turn(lanes[0], lanes[1].bytes), other = turn(lanes[2], lanes[3].bytes);

    one = turn(one, other.bytes);
    one = turn(one, lanes[1].bytes);
    one = turn(one, lanes[3].bytes);
    one = turn(one, other.bytes);
    memcpy(words, one.bytes, sizeof words);
    return words[0] ^ words[1];
}

/* ---- a round by the processor ---- */

#if defined(__x86_64__)
#include <immintrin.h>

/* With AVX an instruction takes its 16 bytes from anywhere in memory. */
#define USES_AES __attribute__((target("aes,avx")))

USES_AES static inline __m128i round_of(__m128i lane, const uint8_t *add)
{
    return _mm_aesenc_si128(lane, _mm_loadu_si128((const __m128i *)(const void *)add));
}

USES_AES static uint64_t digest_quickly(const uint8_t *at, const uint8_t *last, size_t count)
{
    const long long length = (long long)count;
    __m128i a = _mm_set_epi64x((long long)BEGIN_A, length),
            b = _mm_set_epi64x((long long)BEGIN_B, length),
            c = _mm_set_epi64x((long long)BEGIN_C, length),
            d = _mm_set_epi64x((long long)BEGIN_D, length);

#pragma GCC unroll 4
    for (; at < last; at += BLOCK_BYTES) {
        a = round_of(a, at);
        b = round_of(b, at + LANE_BYTES);
        c = round_of(c, at + 2 * LANE_BYTES);
        d = round_of(d, at + 3 * LANE_BYTES);
    }
    a = round_of(a, last);
    b = round_of(b, last + LANE_BYTES);
    c = round_of(c, last + 2 * LANE_BYTES);
    d = round_of(d, last + 3 * LANE_BYTES);
    a = _mm_aesenc_si128(a, b);
    c = _mm_aesenc_si128(c, d);
    a = _mm_aesenc_si128(a, c);
    a = _mm_aesenc_si128(a, b);
    a = _mm_aesenc_si128(a, d);
    a = _mm_aesenc_si128(a, c);
    return (uint64_t)_mm_cvtsi128_si64(a) ^ (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(a, a));
}

uint64_t digest_bytes(const void *bytes, size_t count)
{
    const uint8_t *at = bytes, *last;
    uint8_t block[BLOCK_BYTES];

    if (__builtin_expect(!__builtin_cpu_supports("aes") || !__builtin_cpu_supports("avx"), 0)) {
        return digest_bytes_plain(bytes, count);
    }
    if (count < BLOCK_BYTES) {
        at = last = whole_block(block, bytes, count);
    } else {
        last = at + (count - BLOCK_BYTES);
    }
    return digest_quickly(at, last, count);
}
#else
uint64_t digest_bytes(const void *bytes, size_t count)
{
    return digest_bytes_plain(bytes, count);
}
#endif
