/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_HOOK_BYTES_H
#define SIM_HOOK_BYTES_H
/*
 * What is told of the bytes of frames: the numbers of FRAME_ALTERED and FRAME_LEAKED, packed by
 * those who compare and taken apart by those who judge. A teller may lie, so what is read back is
 * no more than numbers.
 */
#include <stdbool.h>
#include <stdint.h>

/* Whose bytes they are, beside domains. */
#define BYTES_NOBODY     0xfffeu /* an address that no client has */
#define BYTES_ALL        0xffffu /* a group: anybody may see them */
#define BYTES_NUMBER_MAX ((1ull << 40) - 1)

enum bytes_what {
    NEWS_DRIVER_LENGTH, /* the first after a driver was given another length than came in */
    NEWS_PASSED_LENGTH, /* the teller passed on another length than it was given */
    NEWS_COPY,          /* the teller's copy is not what it copied */
    NEWS_SOURCE,        /* what the teller was to copy was not what came in any more */
    NEWS_RECEIVED,      /* the teller, an endpoint, took other bytes than came in */
    NEWS_REPEATED,      /* the teller was given a frame that it had been given already */
    NEWS_OUT,           /* the teller, a device, sent other bytes than were submitted */
    NEWS_OUT_LENGTH,    /* ... or another length */
    NEWS_OUT_UNSENT,    /* ... or a buffer that nobody had submitted */
    NEWS_LEAK_LENGTH,   /* the teller made a copy longer than its frame */
    NEWS_LEAK_GIVEN,    /* ... as it was told to */
    NEWS_LEAK_BEYOND,   /* the teller copied beyond the end of a frame */
    NEWS_LEAK_LEFT,     /* ... left what belongs to no frame where it copies frames to */
    NEWS_KINDS
};

/* The two words of such an event. */
struct bytes_news {
    enum bytes_what what;
    uint32_t from, to; /* altered: the first byte that differs, all ones if not known, and the
                          length there was; leaked: from which byte to before which */
    uint32_t who;      /* altered: the domain it began at; leaked: whose it was (or BYTES_NOBODY);
                          for OUT_UNSENT the pool */
    uint64_t number;   /* of the frame, at its origin; for OUT_UNSENT the buffer */
    uint32_t since;    /* how often it happened since it was told last, this time included */
};

#define BYTES_UNKNOWN 0xffffu

/*
 * One more happened. Is it to be told? Of many the first, then fewer and fewer, since a domain's
 * events are as many as its page holds. `told` counts for the teller.
 */
static inline bool bytes_news_due(uint64_t *told, struct bytes_news *e)
{
    const uint64_t all = 32;
    uint64_t nth = ++*told;

    e->since = nth <= all ? 1 : nth / 2 > 0xffff ? 0xffff : (uint32_t)(nth / 2);
    return nth <= all || (nth & (nth - 1)) == 0;
}

static inline uint64_t bytes_news_a(const struct bytes_news *e)
{
    return (uint64_t)e->what << 48 | (uint64_t)(e->since & 0xffff) << 32 |
           (uint64_t)(e->from & 0xffff) << 16 | (e->to & 0xffff);
}

static inline uint64_t bytes_news_b(const struct bytes_news *e)
{
    return (uint64_t)(e->who & 0xffff) << 40 | (e->number & BYTES_NUMBER_MAX);
}

/* False: it is none. */
static inline bool bytes_news_read(uint64_t a, uint64_t b, struct bytes_news *e)
{
    *e = (struct bytes_news){.what = (enum bytes_what)(a >> 48 & 0xff),
                             .since = (uint32_t)(a >> 32) & 0xffff,
                             .from = (uint32_t)(a >> 16) & 0xffff,
                             .to = (uint32_t)a & 0xffff,
                             .who = (uint32_t)(b >> 40) & 0xffff,
                             .number = b & BYTES_NUMBER_MAX};
    return a >> 48 < NEWS_KINDS;
}
#endif
