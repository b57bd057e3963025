/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_DIGEST_H
#define SIM_BASE_DIGEST_H
/*
 * The bytes of a frame as one word, for the digest of a run and to know them again: quick, the same
 * on every machine of this byte order, and different when any bit differs, but for chance. No
 * defence against anybody who makes collisions on purpose.
 */
#include <stddef.h>
#include <stdint.h>

uint64_t digest_bytes(const void *bytes, size_t count);
/* The same word, by no more than what every processor has. */
uint64_t digest_bytes_plain(const void *bytes, size_t count);
#endif
