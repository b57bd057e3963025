/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring between a domain and its captures. Records lie one after the other, whole and aligned;
 * where one does not fit before the end of the ring, a marker says so and it lies at the beginning.
 * Head and tail count bytes since the start and never wrap; where in the ring they are, each side
 * knows from its own walk and never reads from the other.
 *
 * Sleeping: the producer says that it wants room and looks once more; the consumer makes room and
 * then looks whether somebody wants it. Between the two steps of each there is a full barrier, so
 * at least one of them sees the other.
 */
#include "sim/observe/capture.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ALIGN_BYTES  16u
#define KIND_FRAME   0x6d617266u
#define KIND_RESTART 0x70696b73u /* what follows is at the beginning of the ring */
#define PUBLISH_PART 8u          /* while draining, give room back in parts of this share */

struct record {
    uint64_t time_ns;
    uint32_t length;
    uint32_t kind;
};

_Static_assert(sizeof(struct record) == ALIGN_BYTES, "a marker must fit into the least rest");
_Static_assert(sizeof(struct capture_shared) % ALIGN_BYTES == 0, "records are aligned");
_Static_assert(CAPTURE_REGION_BYTES_MIN >=
                   sizeof(struct capture_shared) +
                       2 * (sizeof(struct record) + PCAPFILE_FRAME_BYTES_MAX + ALIGN_BYTES),
               "see there");

static uint64_t capacity_of(size_t region_bytes)
{
    assert(region_bytes >= CAPTURE_REGION_BYTES_MIN);
    return (region_bytes - sizeof(struct capture_shared)) & ~(uint64_t)(ALIGN_BYTES - 1);
}

static uint64_t record_bytes(uint32_t length)
{
    return (sizeof(struct record) + length + ALIGN_BYTES - 1) & ~(uint64_t)(ALIGN_BYTES - 1);
}

/* ---- the producer ---- */

void capture_start(struct capture_ring *r, void *region, size_t region_bytes,
                   const struct capture_bell *bell)
{
    *r = (struct capture_ring){
        .shared = region, .bell = *bell, .capacity = capacity_of(region_bytes)};
    /* Whoever put something there before may have been another one. */
    r->head = r->told = __atomic_load_n(&r->shared->head, __ATOMIC_RELAXED);
    r->tail_seen = __atomic_load_n(&r->shared->tail, __ATOMIC_ACQUIRE);
    r->offset = r->head % r->capacity;
    r->look_at = r->tail_seen + r->capacity / 2;
}

static void wake(struct capture_ring *r)
{
    r->told = r->head;
    r->bell.wake(r->bell.context);
}

static bool has_room(struct capture_ring *r, uint64_t bytes)
{
    /* Acquire: the consumer has read what was where we are going to write. */
    r->tail_seen = __atomic_load_n(&r->shared->tail, __ATOMIC_ACQUIRE);
    return bytes <= r->capacity - (r->head - r->tail_seen);
}

__attribute__((noinline)) static void make_room(struct capture_ring *r, uint64_t bytes)
{
    while (!has_room(r, bytes)) {
        __atomic_store_n(&r->shared->wants_room, 1, __ATOMIC_RELAXED);
        /* The wish is out before the tail is looked at again. */
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (has_room(r, bytes)) {
            break;
        }
        wake(r);
        r->bell.wait(r->bell.context);
    }
    __atomic_store_n(&r->shared->wants_room, 0, __ATOMIC_RELAXED);
}

/* We may have crossed the middle: the tail last seen says so, the true one may be further. */
__attribute__((noinline)) static void look_for_half(struct capture_ring *r)
{
    uint64_t half = r->capacity / 2;

    r->tail_seen = __atomic_load_n(&r->shared->tail, __ATOMIC_ACQUIRE);
    if (r->head - r->tail_seen >= half) {
        wake(r);
        r->look_at = r->head + half;
    } else {
        r->look_at = r->tail_seen + half;
    }
}

void capture_put(struct capture_ring *r, uint64_t time_ns, const void *bytes, size_t length)
{
    if (length == 0 || length > PCAPFILE_FRAME_BYTES_MAX) {
        r->shared->refused++;
        return;
    }
    struct record record = {.time_ns = time_ns, .length = (uint32_t)length, .kind = KIND_FRAME};
    uint64_t needed = record_bytes(record.length);
    uint64_t rest = r->capacity - r->offset;
    uint64_t skipped = needed > rest ? rest : 0;

    if (skipped + needed > r->capacity - (r->head - r->tail_seen)) {
        make_room(r, skipped + needed);
    }
    if (skipped > 0) {
        memcpy(&r->shared->records[r->offset], &(struct record){.kind = KIND_RESTART},
               sizeof(record));
        r->offset = 0;
    }
    memcpy(&r->shared->records[r->offset], &record, sizeof(record));
    memcpy(&r->shared->records[r->offset + sizeof(record)], bytes, length);
    r->offset = r->offset + needed == r->capacity ? 0 : r->offset + needed;
    r->head += skipped + needed;
    /* Release: the record is there before the head says so. */
    __atomic_store_n(&r->shared->head, r->head, __ATOMIC_RELEASE);
    if (r->head >= r->look_at) {
        look_for_half(r);
    }
}

void capture_flush(struct capture_ring *r)
{
    if (r->told != r->head) {
        wake(r);
    }
}

/* ---- the consumer ---- */

int capture_open(struct capture_sink *s, void *region, size_t region_bytes, int dir_fd,
                 const char *path, char why[static PCAPFILE_WHY_BYTES])
{
    *s = (struct capture_sink){.shared = region, .capacity = capacity_of(region_bytes)};
    return pcapwriter_open(&s->writer, dir_fd, path, why);
}

__attribute__((format(printf, 2, 3))) static bool corrupt(struct capture_sink *s,
                                                          const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(s->corrupt, sizeof(s->corrupt), format, arguments);
    va_end(arguments);
    return false;
}

static void publish_tail(struct capture_sink *s)
{
    /* Release: what we read is read before it may be written over. */
    __atomic_store_n(&s->shared->tail, s->tail, __ATOMIC_RELEASE);
    /* The room is there before we look whether somebody wants it. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&s->shared->wants_room, __ATOMIC_RELAXED) != 0) {
        __atomic_store_n(&s->shared->wants_room, 0, __ATOMIC_RELAXED);
        if (s->room != NULL) {
            s->room(s->context);
        }
    }
}

/* The record header at our offset, each word read once: it may change under our eyes. */
static struct record record_read(const struct capture_sink *s)
{
    const struct record *there = (const void *)&s->shared->records[s->offset];

    assert(s->offset % ALIGN_BYTES == 0);
    assert(s->offset < s->capacity);
    return (struct record){
        .time_ns = __atomic_load_n(&there->time_ns, __ATOMIC_RELAXED),
        .length = __atomic_load_n(&there->length, __ATOMIC_RELAXED),
        .kind = __atomic_load_n(&there->kind, __ATOMIC_RELAXED),
    };
}

static void advance(struct capture_sink *s, uint64_t bytes)
{
    s->tail += bytes;
    s->offset = s->offset + bytes == s->capacity ? 0 : s->offset + bytes;
    assert(s->offset < s->capacity);
}

static bool write_frame(struct capture_sink *s, const struct record *record)
{
    const uint8_t *bytes = &s->shared->records[s->offset + sizeof(*record)];
    int error = s->error;

    if (error == 0) {
        error = pcapwriter_add(s->writer, bytes, record->length, record->time_ns);
    }
    if (error == -ERANGE) {
        return corrupt(s, "the frame at byte %" PRIu64 " has the time %" PRIu64 " ns", s->tail,
                       record->time_ns);
    }
    s->frames += error == 0;
    s->lost += error != 0;
    s->error = error;
    return true;
}

/* Take out one record, of at most `available` bytes. False: it makes no sense. */
static bool drain_one(struct capture_sink *s, uint64_t available)
{
    struct record record = record_read(s);
    uint64_t rest = s->capacity - s->offset;

    if (record.kind == KIND_RESTART && rest <= available) {
        advance(s, rest);
        return true;
    }
    if (record.kind != KIND_FRAME) {
        return corrupt(s, "what is at byte %" PRIu64 " is no frame", s->tail);
    }
    if (record.length == 0 || record.length > PCAPFILE_FRAME_BYTES_MAX ||
        record_bytes(record.length) > available || record_bytes(record.length) > rest) {
        return corrupt(s, "the frame at byte %" PRIu64 " claims %" PRIu32 " bytes", s->tail,
                       record.length);
    }
    if (!write_frame(s, &record)) {
        return false;
    }
    advance(s, record_bytes(record.length));
    return true;
}

static void drain_to(struct capture_sink *s, uint64_t head)
{
    uint64_t published = s->tail;

    while (s->tail != head && drain_one(s, head - s->tail)) {
        if (s->tail - published >= s->capacity / PUBLISH_PART) {
            published = s->tail;
            publish_tail(s);
        }
    }
}

uint64_t capture_drain(struct capture_sink *s)
{
    uint64_t before = s->tail;
    /* Acquire: what the head says is there can be read. */
    uint64_t head = __atomic_load_n(&s->shared->head, __ATOMIC_ACQUIRE);

    if (head == s->tail) {
        return 0;
    }
    if (s->corrupt[0] == '\0') {
        if (head - s->tail > s->capacity || head % ALIGN_BYTES != 0) {
            corrupt(s, "its head went from byte %" PRIu64 " to byte %" PRIu64, s->tail, head);
        } else {
            drain_to(s, head);
        }
    }
    if (s->corrupt[0] != '\0') {
        s->tail = head;
    }
    publish_tail(s);
    return s->tail - before;
}

int capture_finish(struct capture_sink *s)
{
    struct pcapwriter *writer = s->writer;
    int error;

    if (writer == NULL) {
        return s->error;
    }
    capture_drain(s);
    s->refused = __atomic_load_n(&s->shared->refused, __ATOMIC_RELAXED);
    s->writer = NULL;
    s->shared = NULL;
    error = pcapwriter_finish(writer);
    s->error = s->error == 0 ? error : s->error;
    return s->error;
}
