/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4): for checksums of inputs in a manifest, a few files a run. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/hash.h"

/* Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64
 * primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int by)
{
    return (x >> by) | (x << (32 - by));
}

static void schedule(const uint8_t block[static 64], uint32_t w[static 64])
{
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);

        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

static void add_block(struct sha256 *s, const uint8_t block[static 64])
{
    uint32_t *v = s->state, w[64];
    uint32_t a = v[0], b = v[1], c = v[2], d = v[3], e = v[4], f = v[5], g = v[6], h = v[7];

    schedule(block, w);
    /* Eight at a time, the variables are back where they were, and none need be moved. */
#pragma GCC unroll 8
    for (int i = 0; i < 64; i++) {
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) +
                         constants[i] + w[i];
        uint32_t second =
            (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));

        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    v[0] += a;
    v[1] += b;
    v[2] += c;
    v[3] += d;
    v[4] += e;
    v[5] += f;
    v[6] += g;
    v[7] += h;
}

void sha256_init(struct sha256 *s)
{
    *s = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                   0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *s, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;

    while (count > 0) {
        size_t filled = s->bytes % sizeof s->block;
        size_t some = sizeof s->block - filled < count ? sizeof s->block - filled : count;

        memcpy(s->block + filled, from, some);
        s->bytes += some;
        from += some;
        count -= some;
        if (s->bytes % sizeof s->block == 0) {
            add_block(s, s->block);
        }
    }
}

void sha256_final(struct sha256 *s, uint8_t out[static SHA256_BYTES])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = s->bytes * 8;
    size_t filled = s->bytes % 64;
    uint8_t length[8];

    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    sha256_add(s, padding, filled < 56 ? 56 - filled : 120 - filled);
    sha256_add(s, length, sizeof length);
    for (int i = 0; i < SHA256_BYTES; i++) {
        out[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

void sha256_text(const uint8_t digest[static SHA256_BYTES], char out[static SHA256_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * SHA256_BYTES] = '\0';
}

int sha256_file(const char *path, char out[static SHA256_TEXT_BYTES])
{
    uint8_t bytes[8192], digest[SHA256_BYTES];
    struct sha256 s;
    size_t count;
    int error = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return -errno;
    }
    sha256_init(&s);
    errno = 0;
    while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) {
        sha256_add(&s, bytes, count);
    }
    if (ferror(file)) {
        error = errno != 0 ? -errno : -EIO;
    }
    fclose(file);
    if (error == 0) {
        sha256_final(&s, digest);
        sha256_text(digest, out);
    }
    return error;
}
