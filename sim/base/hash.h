/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_HASH_H
#define SIM_BASE_HASH_H
/*
 * Two digests. The 64-bit one is fast and for ourselves: the digest of a run, tables, seeds. It
 * tells whether two sequences of items are the same, item boundaries included, on any machine; it
 * resists accidents, not attackers. SHA-256 is for inputs named in a manifest, so that others can
 * compare with their own tools.
 */
#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0x27d4eb2f165667c5)

/* The digest after one more item. */
uint64_t hash_u64(uint64_t so_far, uint64_t value);
uint64_t hash_bytes(uint64_t so_far, const void *bytes, size_t count);
uint64_t hash_text(uint64_t so_far, const char *text);
/* What to show: every bit depends on every item. `so_far` may be continued. */
uint64_t hash_final(uint64_t so_far);

#define SHA256_BYTES      32
#define SHA256_TEXT_BYTES 65 /* hexadecimal and a NUL */

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t count);
void sha256_final(struct sha256 *s, uint8_t out[static SHA256_BYTES]);
void sha256_text(const uint8_t digest[static SHA256_BYTES], char out[static SHA256_TEXT_BYTES]);
/* Of a whole file, as sha256sum prints it. 0 or -errno. */
int sha256_file(const char *path, char out[static SHA256_TEXT_BYTES]);
#endif
