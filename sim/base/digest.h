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

#define DIGEST_LANES 8u
#define DIGEST_ODD   0x9e3779b97f4a7c15ull

/* Each step of a lane is one to one, so that whatever differs in a word goes on to differ. */
static inline void digest_step(uint64_t lane[static DIGEST_LANES], const uint8_t *at)
{
#pragma GCC unroll 8
    for (unsigned i = 0; i < DIGEST_LANES; i++) {
        uint64_t product = (lane[i] ^ digest_word(at + 8 * (size_t)i)) * DIGEST_ODD;

        lane[i] = product << 31 | product >> 33;
    }
}

/* So many lanes that the multiplications of one do not wait for those of another. */
static inline uint64_t digest_bytes(const void *bytes, size_t count)
{
    uint64_t lane[DIGEST_LANES] = {count, 1, 2, 3, 4, 5, 6, 7}, digest = 0;
    const uint8_t *at = bytes;

    for (; count >= 8 * DIGEST_LANES; at += 8 * DIGEST_LANES, count -= 8 * DIGEST_LANES) {
        digest_step(lane, at);
    }
    if (count > 0) {
        uint8_t tail[8 * DIGEST_LANES] = {0};

        memcpy(tail, at, count);
        digest_step(lane, tail);
    }
    for (unsigned i = 0; i < DIGEST_LANES; i++) {
        digest = (digest ^ lane[i]) * DIGEST_ODD;
        digest ^= digest >> 29;
    }
    return digest;
}
#endif
