/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames begin here as they are after whatever the wire did to them. A model may lay one into
 * memory in several writes (a frame check sequence behind it), or gather one to send from several
 * reads: writes and reads that follow each other in one buffer belong together. A frame gathered
 * from several buffers is nobody's in particular, and is not compared.
 *
 * What a buffer held when it was read is compared when it is sent, since only then is it known how
 * long the frame is; short ones the model pads.
 */
#include "sim/exec/station_bytes.h"

#include <string.h>

#include "sim/base/digest.h"

#define OWNER_SLOTS 256u
#define MAC_BYTES   6u

struct station_bytes {
    struct domain *d;
    uint32_t device;
    bool exact;
    struct {
        uint64_t mac;
        uint32_t pd; /* + 1; 0: none */
    } owners[OWNER_SLOTS];
    struct pool_bytes {
        struct frame_tag *tags;
        uint32_t *turns; /* of the frames that went out last, by buffer */
        uint32_t origin;
    } * pools;
    struct {
        uint64_t number, digest;
        uint32_t owner;
        uint64_t next; /* IO address behind what was written; 0: nothing was */
        size_t length;
    } in;
    struct {
        uint32_t pool, buffer;
        uint64_t next; /* IO address behind what was read */
        size_t length;
        unsigned pieces;
    } out;
    uint64_t told;
};

static uint64_t mac_word(const uint8_t *mac)
{
    uint64_t word = 0;

    memcpy(&word, mac, MAC_BYTES);
    return word;
}

static uint32_t mac_slot(uint64_t mac)
{
    return (uint32_t)(mac * 0x9e3779b97f4a7c15ull >> 56);
}

static uint32_t owner_of(const struct station_bytes *b, const uint8_t *frame, size_t bytes)
{
    if (bytes < MAC_BYTES) {
        return BYTES_NOBODY;
    }
    if (frame[0] & 1) {
        return BYTES_ALL;
    }
    uint64_t mac = mac_word(frame);
    for (uint32_t i = mac_slot(mac), n = 0; n < OWNER_SLOTS; i++, n++) {
        if (b->owners[i % OWNER_SLOTS].pd == 0) {
            return BYTES_NOBODY;
        }
        if (b->owners[i % OWNER_SLOTS].mac == mac) {
            return b->owners[i % OWNER_SLOTS].pd - 1;
        }
    }
    return BYTES_ALL; /* more addresses than there is room for: nothing is said of this one */
}

static void tell(struct station_bytes *b, const struct bytes_news *all)
{
    struct bytes_news one = *all, *news = &one;

    if (!bytes_news_due(&b->told, news)) {
        return;
    }
    domain_event(b->d, &(struct probe){.kind = PROBE_FRAME_ALTERED,
                                       .told = TOLD_BY_WORLD,
                                       .pd = b->d->pd,
                                       .object = b->device,
                                       .a = bytes_news_a(news),
                                       .b = bytes_news_b(news),
                                       .count = 1});
}

/* -- in -- */

void station_bytes_in(struct station_bytes *b, const uint8_t *frame, size_t bytes, uint64_t digest)
{
    b->in.number++;
    b->in.digest = digest;
    b->in.length = bytes;
    b->in.owner = owner_of(b, frame, bytes);
    b->in.next = 0;
}

void station_bytes_written(struct station_bytes *b, uint32_t pool, uint64_t io_addr,
                           const uint8_t *at, size_t bytes)
{
    const struct plan_pool *p = &b->d->plan->pools[pool];
    uint64_t offset = io_addr - p->io_addr;
    uint32_t buffer = (uint32_t)(offset / p->buffer_bytes);
    size_t within = offset % p->buffer_bytes;
    struct frame_tag *tag = &b->pools[pool].tags[buffer];
    size_t length = b->in.length;
    uint64_t digest = b->in.digest;

    if (b->pools[pool].tags == NULL || within + bytes > p->buffer_bytes ||
        (b->in.next == 0 ? within != 0 : b->in.next != io_addr)) {
        return; /* not where a frame lies, or not a whole one */
    }
    if (b->in.next != 0 || bytes > length) { /* the model has something to add */
        length = within + bytes;
        digest = digest_bytes(at - within, length);
    }
    b->in.next = io_addr + bytes;
    tag_cover(tag, (uint32_t)length, b->in.owner, b->in.number);
    tag_put(tag, digest, (uint32_t)length, b->in.number, b->d->pd);
}

/* -- out -- */

void station_bytes_read(struct station_bytes *b, uint32_t pool, uint64_t io_addr, size_t bytes)
{
    const struct plan_pool *p = &b->d->plan->pools[pool];
    uint64_t offset = io_addr - p->io_addr;

    if (b->out.pieces == 1 && b->out.next == io_addr && offset % p->buffer_bytes != 0) {
        b->out.next += bytes;
        b->out.length += bytes;
        return;
    }
    b->out.pool = pool;
    b->out.buffer = (uint32_t)(offset / p->buffer_bytes);
    b->out.next = io_addr + bytes;
    b->out.length = bytes;
    b->out.pieces = offset % p->buffer_bytes == 0 ? b->out.pieces + 1 : 2;
}

void station_bytes_forget(struct station_bytes *b)
{
    b->out.pieces = 0;
}

/* The buffer was read, and its tag says nothing new: nobody has submitted it since. */
static void unsent(struct station_bytes *b, const struct pool_bytes *p)
{
    if (b->exact && tags_announced(p->tags, b->d->plan->pools[b->out.pool].buffer_count)) {
        tell(b, &(struct bytes_news){.what = NEWS_OUT_UNSENT,
                                     .from = BYTES_UNKNOWN,
                                     .to = (uint32_t)b->out.length,
                                     .who = b->out.pool,
                                     .number = b->out.buffer});
    }
}

static void compare_out(struct station_bytes *b, const uint8_t *frame, size_t bytes,
                        uint64_t digest)
{
    struct pool_bytes *p = &b->pools[b->out.pool];

    if (p->tags == NULL || p->origin == PLAN_NONE || b->out.length > bytes) {
        return;
    }
    struct tag_word tag = tag_get(&p->tags[b->out.buffer]);
    if (tag.turn == p->turns[b->out.buffer]) {
        unsent(b, p);
        return;
    }
    p->turns[b->out.buffer] = tag.turn;
    if (tag.turn == 0 || tag.len == 0) {
        return;
    }
    struct bytes_news news = {.what = NEWS_OUT,
                              .from = BYTES_UNKNOWN,
                              .to = (uint32_t)b->out.length,
                              .who = p->origin,
                              .number = tag.number};
    if (b->out.length != bytes) {
        digest = digest_bytes(frame, b->out.length); /* without what the model added */
    }
    if (tag.len != b->out.length) {
        news.what = NEWS_OUT_LENGTH;
        tell(b, &news);
    } else if (tag.digest != digest) {
        tell(b, &news);
    }
}

void station_bytes_out(struct station_bytes *b, const uint8_t *frame, size_t bytes, uint64_t digest)
{
    if (b->out.pieces == 1) {
        compare_out(b, frame, bytes, digest);
    }
    b->out.pieces = 0;
}

/* -- getting ready -- */

static size_t round64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static size_t buffers_of(const struct plan *plan)
{
    size_t count = 0;

    for (uint32_t i = 0; i < plan->pool_count; i++) {
        count += plan->pools[i].buffer_count;
    }
    return count;
}

size_t station_bytes_room(const struct plan *plan)
{
    return round64(sizeof(struct station_bytes)) +
           round64(plan->pool_count * sizeof(struct pool_bytes)) +
           round64(buffers_of(plan) * sizeof(uint32_t)) + 64;
}

static void add_owner(struct station_bytes *b, const uint8_t *mac, uint32_t pd)
{
    uint64_t word = mac_word(mac);
    uint32_t at = mac_slot(word);

    for (unsigned i = 0; i < OWNER_SLOTS; i++, at++) {
        if (b->owners[at % OWNER_SLOTS].pd == 0) {
            b->owners[at % OWNER_SLOTS].mac = word;
            b->owners[at % OWNER_SLOTS].pd = pd + 1;
            return;
        }
    }
}

struct station_bytes *station_bytes_init(void *memory, struct domain *d, uint32_t device)
{
    const struct plan *plan = d->plan;
    struct station_bytes *b = (void *)(((uintptr_t)memory + 15) & ~(uintptr_t)15);
    uint8_t *rest = (uint8_t *)b + round64(sizeof *b);

    if (!tags_wanted(plan)) {
        return NULL;
    }
    b->d = d;
    b->device = device;
    b->exact = plan->scenario != NULL && plan->scenario->clock == CLOCK_VIRTUAL;
    b->pools = (struct pool_bytes *)(void *)rest;
    uint32_t *turns =
        (uint32_t *)(void *)(rest + round64(plan->pool_count * sizeof(struct pool_bytes)));
    for (uint32_t i = 0; i < plan->pool_count; i++) {
        b->pools[i] = (struct pool_bytes){
            .tags = tags_find(plan, d->pd, i), .turns = turns, .origin = tags_origin(plan, i)};
        turns += plan->pools[i].buffer_count;
    }
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        for (size_t k = 0; k < plan->pds[i].mac_count; k++) {
            add_owner(b, plan->pds[i].macs[k], i);
        }
    }
    return b;
}
