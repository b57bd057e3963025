/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_FRAMES_H
#define TESTS_UNIT_FRAMES_H
/* Frames built by hand, for tests that compare them. */
#include <stdint.h>
#include <string.h>

struct frame {
    uint8_t bytes[2048];
    uint32_t count;
    uint64_t time_ns;
};

static inline void frame_put(struct frame *f, const void *bytes, uint32_t count)
{
    memcpy(&f->bytes[f->count], bytes, count);
    f->count += count;
}

#define FRAME_PUT(f, text) frame_put((f), (text), sizeof(text) - 1)

static inline void frame_put16(struct frame *f, uint32_t value)
{
    frame_put(f, (uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

static inline struct frame frame_eth(uint32_t type)
{
    struct frame f = {.count = 0};

    FRAME_PUT(&f, "\x52\x54\x00\x00\x00\x01\x52\x54\x00\x00\x00\x02");
    frame_put16(&f, type);
    return f;
}

/* 10.0.0.1 to 10.0.0.2; `bytes` of what IP carries are to follow. */
static inline void frame_put_ip(struct frame *f, uint32_t protocol, uint32_t id, uint32_t bytes)
{
    FRAME_PUT(f, "\x45\x00");
    frame_put16(f, 20 + bytes);
    frame_put16(f, id);
    FRAME_PUT(f, "\x40\x00\x40");
    frame_put(f, &(uint8_t){(uint8_t)protocol}, 1);
    FRAME_PUT(f, "\xab\xcd\x0a\x00\x00\x01\x0a\x00\x00\x02");
}

/* UDP from 1000 to `port` with a payload of `bytes` bytes made from `seed`, padded to 60. */
static inline struct frame frame_udp(uint32_t port, uint32_t seed, uint32_t bytes)
{
    struct frame f = frame_eth(0x0800);

    frame_put_ip(&f, 17, seed, 8 + bytes);
    frame_put16(&f, 1000);
    frame_put16(&f, port);
    frame_put16(&f, 8 + bytes);
    frame_put16(&f, 0xbeef);
    for (uint32_t i = 0; i < bytes; i++) {
        f.bytes[f.count++] = (uint8_t)(seed + i * 3 + (seed >> 8) * 5);
    }
    while (f.count < 60) {
        f.bytes[f.count++] = 0;
    }
    return f;
}

/* A TCP segment of 4 bytes with the options given (a multiple of 4 of them). */
static inline struct frame frame_tcp(const void *options, uint32_t options_bytes)
{
    struct frame f = frame_eth(0x0800);

    frame_put_ip(&f, 6, 7, 20 + options_bytes + 4);
    frame_put16(&f, 80);
    frame_put16(&f, 4242);
    FRAME_PUT(&f, "\x01\x02\x03\x04\x05\x06\x07\x08");
    frame_put16(&f, (20 + options_bytes) / 4 << 12 | 0x10);
    FRAME_PUT(&f, "\x20\x00\xfe\xed\x00\x00");
    frame_put(&f, options, options_bytes);
    FRAME_PUT(&f, "data");
    return f;
}
#endif
