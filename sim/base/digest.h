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

/* Four lanes, so that the multiplications of one do not wait for those of another. */
static inline uint64_t digest_bytes(const void *bytes, size_t count)
{
    const uint64_t odd = 0x9e3779b97f4a7c15ull;
    const uint8_t *at = bytes;
    uint64_t lane[4] = {count, 1, 2, 3}, tail[4] = {0};

    for (; count >= 32; at += 32, count -= 32) {
        for (int i = 0; i < 4; i++) {
            lane[i] = (lane[i] ^ digest_word(at + 8 * (size_t)i)) * odd;
            lane[i] ^= lane[i] >> 32;
        }
    }
    if (count > 0) {
        memcpy(tail, at, count);
    }
    for (int i = 0; i < 4; i++) {
        lane[i] = (lane[i] ^ tail[i]) * odd;
        lane[i] ^= lane[i] >> 29;
    }
    return ((lane[0] * 3 ^ lane[1]) * odd ^ (lane[2] * 5 ^ lane[3])) * odd;
}
#endif
