/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_NUMBERED_H
#define SIM_WIRE_NUMBERED_H
/*
 * UDP frames with a number in them, that are known again when they come back and of which every
 * byte can be told: made beforehand but for what differs from one to the next, which is the number,
 * the fill behind it, which follows from the number, and so the UDP checksum. The fill is one word
 * again and again, so its share of the checksum is a product. Stamping and judging are here, and
 * not in a file of their own, because they are most of what a frame costs its generator.
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Where things are in a frame: Ethernet, IPv4 without options, UDP, payload. */
#define NUMBERED_SOURCE_MAC   6u
#define NUMBERED_ETHERTYPE    12u
#define NUMBERED_IP           14u
#define NUMBERED_IP_LENGTH    16u
#define NUMBERED_IP_PROTOCOL  23u
#define NUMBERED_IP_CHECKSUM  24u
#define NUMBERED_IP_SOURCE    26u
#define NUMBERED_IP_TARGET    30u
#define NUMBERED_UDP          34u
#define NUMBERED_UDP_LENGTH   38u
#define NUMBERED_UDP_CHECKSUM 40u
#define NUMBERED_PAYLOAD      42u /* a tag, ... */
#define NUMBERED_NUMBER       46u
#define NUMBERED_FILL         54u

#define NUMBERED_MAC_BYTES 6u
#define NUMBERED_IP_BYTES  20u
#define NUMBERED_MIN       60u
#define NUMBERED_MAX       1514u
#define NUMBERED_SLACK \
    32u /* the fill is written in fours of words, the last of which may stick out */
#define NUMBERED_IPV4     0x0800u
#define NUMBERED_PROTOCOL 17u

/* What all frames of one generator have in common. */
struct numbered_kind {
    uint64_t size; /* NUMBERED_MIN .. NUMBERED_MAX */
    uint32_t tag;  /* tells them from those of other generators */
    bool verify;   /* the fill counts; otherwise it is zeros, and nobody looks */
};

struct numbered_ends {
    uint8_t source_mac[NUMBERED_MAC_BYTES], target_mac[NUMBERED_MAC_BYTES];
    uint32_t source_ip, target_ip; /* in network byte order */
    uint16_t source_port, target_port;
};

struct numbered {
    uint8_t bytes[NUMBERED_MAX + NUMBERED_SLACK];
    uint32_t sum; /* of all that counts for the UDP checksum and does not change */
};

/* Make all of it that does not change. `n` is zeroed. */
void numbered_make(struct numbered *n, const struct numbered_kind *kind,
                   const struct numbered_ends *ends);

/* ---- sums, as the Internet checksum has them: in whole 16-bit words of memory, byte order aside
 * ---- */

static inline uint32_t numbered_sum(const uint8_t *bytes, size_t count)
{
    uint32_t sum = 0;
    uint16_t word;

    for (; count > 1; bytes += sizeof(word), count -= sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        sum += word;
    }
    if (count == 1) {
        word = 0;
        memcpy(&word, bytes, 1);
        sum += word;
    }
    return sum;
}

static inline uint32_t numbered_sum_word(uint64_t word)
{
    return (uint32_t)(word & 0xffff) + (uint32_t)(word >> 16 & 0xffff) +
           (uint32_t)(word >> 32 & 0xffff) + (uint32_t)(word >> 48);
}

static inline uint16_t numbered_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static inline uint16_t numbered_get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

/* ---- the payload ---- */

static inline uint64_t numbered_payload_bits(const struct numbered_kind *kind)
{
    return (kind->size - NUMBERED_PAYLOAD) * 8;
}

static inline uint64_t numbered_word(const struct numbered_kind *kind, uint64_t number)
{
    return kind->verify ? (number + 1) * 0x9e3779b97f4a7c15u : 0;
}

/* Two words at once, as processors have them. */
typedef uint64_t numbered_pair __attribute__((vector_size(16)));

static inline numbered_pair numbered_load(const uint8_t *from)
{
    numbered_pair pair;

    memcpy(&pair, from, sizeof(pair));
    return pair;
}

/* The sum of a frame's fill; see numbered_sum. Of the last word only the bytes within the frame
 * count. */
static inline uint32_t numbered_fill_sum(const struct numbered_kind *kind, uint64_t word)
{
    size_t bytes = kind->size - NUMBERED_FILL;
    uint32_t sum = (uint32_t)(bytes / sizeof(word)) * numbered_sum_word(word);

    return sum + numbered_sum((const uint8_t *)&word, bytes % sizeof(word));
}

/* One word again and again is the same as itself a word further on; for that the C library has the
 * processor's widest instructions. */
static inline bool numbered_fill_is(const struct numbered_kind *kind, const uint8_t *bytes,
                                    uint64_t word)
{
    const uint8_t *fill = bytes + NUMBERED_FILL;
    size_t count = kind->size - NUMBERED_FILL;

    if (count < sizeof(word)) {
        return memcmp(fill, &word, count) == 0;
    }
    return memcmp(fill, &word, sizeof(word)) == 0 &&
           memcmp(fill, fill + sizeof(word), count - sizeof(word)) == 0;
}

/* ---- one frame ---- */

/* Make it the frame of this number. */
static inline void numbered_stamp(struct numbered *n, const struct numbered_kind *kind,
                                  uint64_t number)
{
    /* Read once: the compiler cannot know that it is not in the frame. */
    const size_t fill_end = kind->verify ? kind->size : 0;
    uint64_t number_be = htobe64(number);
    uint64_t word = numbered_word(kind, number);
    const numbered_pair pair = {word, word};
    uint16_t sum;

    memcpy(n->bytes + NUMBERED_NUMBER, &number_be, sizeof(number_be));
    for (size_t at = NUMBERED_FILL; at < fill_end; at += 2 * sizeof(pair)) {
        memcpy(n->bytes + at, &pair, sizeof(pair));
        memcpy(n->bytes + at + sizeof(pair), &pair, sizeof(pair));
    }
    sum = (uint16_t)~numbered_fold(n->sum + numbered_sum_word(number_be) +
                                   numbered_fill_sum(kind, word));
    sum = sum == 0 ? 0xffff : sum; /* 0 would say that there is no checksum */
    memcpy(n->bytes + NUMBERED_UDP_CHECKSUM, &sum, sizeof(sum));
}

/* Is it of this kind at all? Only then has it a number. */
static inline bool numbered_is(const struct numbered_kind *kind, const uint8_t *bytes,
                               size_t length)
{
    return length >= NUMBERED_FILL && numbered_get16(bytes + NUMBERED_ETHERTYPE) == NUMBERED_IPV4 &&
           bytes[NUMBERED_IP] == 0x45 && bytes[NUMBERED_IP_PROTOCOL] == NUMBERED_PROTOCOL &&
           memcmp(bytes + NUMBERED_PAYLOAD, &kind->tag, sizeof(kind->tag)) == 0;
}

static inline uint64_t numbered_number(const uint8_t *bytes)
{
    uint64_t number_be;

    memcpy(&number_be, bytes + NUMBERED_NUMBER, sizeof(number_be));
    return be64toh(number_be);
}

/* Is all that may not change as it was, and do both checksums hold? Ends may have been swapped. */
static inline bool numbered_is_intact(const struct numbered_kind *kind, const uint8_t *bytes,
                                      size_t length, uint64_t number)
{
    uint64_t word = numbered_word(kind, number);

    if (length < kind->size ||
        numbered_get16(bytes + NUMBERED_IP_LENGTH) != kind->size - NUMBERED_IP ||
        numbered_get16(bytes + NUMBERED_UDP_LENGTH) != kind->size - NUMBERED_UDP) {
        return false;
    }
    if (!kind->verify) {
        return true;
    }
    if (!numbered_fill_is(kind, bytes, word) ||
        numbered_fold(numbered_sum(bytes + NUMBERED_IP, NUMBERED_IP_BYTES)) != 0xffff) {
        return false;
    }
    uint32_t sum = numbered_sum(bytes + NUMBERED_IP_SOURCE, 8) + htobe16(NUMBERED_PROTOCOL) +
                   numbered_sum(bytes + NUMBERED_UDP_LENGTH, 2) +
                   numbered_sum(bytes + NUMBERED_UDP, NUMBERED_FILL - NUMBERED_UDP) +
                   numbered_fill_sum(kind, word);

    return numbered_get16(bytes + NUMBERED_UDP_CHECKSUM) == 0 || numbered_fold(sum) == 0xffff;
}
#endif
