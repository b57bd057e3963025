/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wire whose far end makes up UDP frames and expects each of them back: the load for
 * measurements, and a witness that nothing is lost, doubled, mixed up or altered on the way. With a
 * window it keeps so many frames in flight and sends one for each that returns; without, it sends
 * at its pace whatever becomes of them.
 *
 * Or the far end is several machines behind one link (sources.h), "offered" so much UDP payload a
 * second between them. Round trips then begin when a frame is made at its source, and what it waits
 * for there because the link is busy counts. They end when the device says that the frame is out.
 *
 * Frames are addressed to the clients in turn. Each client has one frame from each source, made
 * beforehand but for its number and what follows from that (numbered.h). What returns is known by
 * its number; when it was sent is in a table of the last frames sent, by number. Memory is touched
 * when opened and none is taken afterwards.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/quantity.h"
#include "sim/base/suggest.h"
#include "sim/wire/numbered.h"
#include "sim/wire/pacer.h"
#include "sim/wire/sources.h"
#include "sim/wire/wire.h"

#define WINDOW_MAX   1048576u
#define REMEMBERED   65536u /* frames sent, of which we know whether they returned */
#define RETURNED     1u     /* in a table entry, below the time */
#define NEVER        UINT64_MAX
#define COUNT_PRESET 1000u
#define LONGEST_NS   (86400 * UINT64_C(1000000000)) /* a day, of warm-up or measuring */
#define SIZES        16u                            /* of one generator's frames, at most */
#define BACKLOG      64u /* of a source; Linux lets a socket have some 90 frames of 1514 bytes */

enum gaps { GAPS_CONSTANT, GAPS_EXPONENTIAL };

struct wire_gen {
    /* Scenario keys. */
    const char *to;
    uint64_t window, size, size_max, count, warmup, warmup_time, duration;
    uint64_t offered, sources, gaps, backlog;
    struct pace pace;
    uint8_t source_mac[NUMBERED_MAC_BYTES], target_mac[NUMBERED_MAC_BYTES];
    uint32_t source_ip, target_ip;
    uint64_t source_port, target_port;
    bool verify;

    struct numbered_kind kinds[SIZES]; /* alike but for the size */
    uint32_t kind_count;
    uint64_t kind_dice;       /* which frame is of which kind */
    struct numbered *streams; /* `target_count` of each source, of each kind one */
    size_t target_count, target_next;
    uint64_t *entered; /* by number: when << 1, and whether it returned */
    size_t entered_mask;
    uint64_t made, freed;  /* frames made; those that left the window */
    uint64_t freed_ns;     /* when the last one did */
    uint64_t measure_from; /* the number of the first measured frame; NEVER: still warming up */
    uint64_t total;        /* frames to make; NEVER: no end, or not known yet */
    uint64_t end_ns;       /* none is due from then on; as above */
    uint64_t back_bits;    /* payload that came back since measuring began */
    struct pacer pacer;
    struct wire_echo *echo;

    /* Of an open loop only. */
    struct sources load;
    uint32_t *stream_of; /* beside `entered`: which stream it was */
    uint32_t first;      /* the source of the frame last made, ... */
    uint32_t first_stream;
    uint64_t first_ns; /* ... and when it was due there */
};

static const char *const gaps_choices[] = {
    [GAPS_CONSTANT] = "constant", [GAPS_EXPONENTIAL] = "exponential", NULL};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct wire_gen, to, NULL,
                        "clients to send to in turn, \"client0,client1\"; default: all of them"),
    PARAM_UINT(struct wire_gen, window, 0, 0, WINDOW_MAX,
               "frames in flight; one enters when another came back; 0: no limit"),
    PARAM_PACE(struct wire_gen, pace, "line",
               "how fast at most: \"line\", \"5000 frames/s\" or \"10 Mbit/s\""),
    PARAM_UINT(struct wire_gen, size, 64, NUMBERED_MIN, NUMBERED_MAX,
               "bytes of a frame, without FCS"),
    PARAM_UINT(struct wire_gen, size_max, 0, 0, NUMBERED_MAX,
               "frames are of some sizes from \"size\" to this, by chance; 0: all of one size"),
    {.name = "offered",
     .kind = PARAM_KIND_RATE,
     .offset = offsetof(struct wire_gen, offered),
     .min = 1,
     .max = SOURCES_BITS_PER_SECOND,
     .doc = "bits of UDP payload (\"size\" less 42 bytes) that all sources together send a second, "
            "whatever comes back; instead of \"window\" and \"pace\""},
    PARAM_UINT(struct wire_gen, sources, 1, 1, SOURCES_MAX,
               "machines that make the offered load, each an equal share of it; their frames "
               "share this wire as they come, and their addresses follow the first one's"),
    PARAM_ENUM(struct wire_gen, gaps, GAPS_CONSTANT, gaps_choices,
               "between the frames of one source of the offered load"),
    PARAM_UINT(struct wire_gen, backlog, BACKLOG, 1, SOURCES_BACKLOG_MAX,
               "frames that may wait at a source for the wire; with so many the source waits too, "
               "so that of an offered load too high for it the wire is given what it carries"),
    PARAM_UINT(struct wire_gen, count, NEVER, 0, UINT32_MAX,
               "frames to send after the warm-up; 0: without end; default: 1000, or where "
               "\"duration\" is given, without end"),
    PARAM_TIME(struct wire_gen, duration, 0, 1, LONGEST_NS,
               "for how long to send after the warm-up; default: until \"count\" frames are sent"),
    PARAM_UINT(struct wire_gen, warmup, 0, 0, UINT32_MAX,
               "frames to send first that are not measured"),
    PARAM_TIME(struct wire_gen, warmup_time, 0, 0, LONGEST_NS,
               "frames that enter earlier are not measured"),
    PARAM_MAC(struct wire_gen, source_mac, "52:54:00:00:00:01", "the far end's own address"),
    PARAM_MAC(struct wire_gen, target_mac, NULL, "send to this address, which may be nobody's"),
    PARAM_IPV4(struct wire_gen, source_ip, "10.0.0.1", "the far end's own IP address"),
    PARAM_IPV4(struct wire_gen, target_ip, "10.0.1.1",
               "the first client's IP address; the next one has the next"),
    PARAM_UINT(struct wire_gen, source_port, 9000, 1, 65535, "UDP port to send from"),
    PARAM_UINT(struct wire_gen, target_port, 7, 1, 65535, "UDP port to send to; 7 is echo"),
    PARAM_BOOL(struct wire_gen, verify, true, "compare what comes back with what was sent"),
    PARAM_END,
};

/* ---- whom to send to ---- */

static const struct wire_client *client_named(const struct wire_world *world, const char *name,
                                              size_t length)
{
    for (size_t i = 0; i < world->client_count; i++) {
        const struct wire_client *c = &world->clients[i];

        if (c->here && strlen(c->name) == length && memcmp(c->name, name, length) == 0) {
            return c;
        }
    }
    return NULL;
}

/* The next name of a list: where it begins and how long it is. False after the last. */
static bool name_next(const char **at, const char **name, size_t *length)
{
    *at += strspn(*at, ", ");
    *name = *at;
    *length = strcspn(*at, ", ");
    *at += *length;
    return *length > 0;
}

static bool has_target_mac(const struct wire_gen *g)
{
    static const uint8_t none[NUMBERED_MAC_BYTES];

    return memcmp(g->target_mac, none, NUMBERED_MAC_BYTES) != 0;
}

static void check_to(const struct wire_gen *g, const struct wire_world *world, struct diag *diag,
                     struct diag_place place)
{
    const char **known = arena_array(diag->arena, world->client_count + 1, sizeof(*known));
    const char *at = g->to, *name;
    size_t length, names = 0;

    for (size_t i = 0; i < world->client_count; i++) {
        known[i] = world->clients[i].here ? world->clients[i].name : NULL;
    }
    for (; name_next(&at, &name, &length); names++) {
        if (client_named(world, name, length) == NULL) {
            const char *word = arena_format(diag->arena, "%.*s", (int)length, name);

            diag_error(diag, place, "no client \"%s\" receives from this wire%s", word,
                       suggest_text(diag->arena, word, known, world->client_count));
        }
    }
    if (names == 0) {
        diag_error(diag, place, "names no client");
    }
}

static size_t clients_here(const struct wire_world *world)
{
    size_t here = 0;

    for (size_t i = 0; i < world->client_count; i++) {
        here += world->clients[i].here;
    }
    return here;
}

static struct diag_place key_place(struct diag_place place, struct diag *diag, const char *key)
{
    place.path = arena_format(diag->arena, "%s.%s", place.path, key);
    return place;
}

/* What a rate of bits counts on. */
static uint64_t mean_size(const struct wire_gen *g)
{
    return g->size_max == 0 ? g->size : (g->size + g->size_max) / 2;
}

static void warn_of_overload(const struct wire_gen *g, uint64_t speed_bps, struct diag *diag,
                             struct diag_place place)
{
    uint64_t size = mean_size(g); /* never less than WIRE_BYTES_MIN */
    uint64_t carried_bps = (uint64_t)((unsigned __int128)speed_bps * (size - NUMBERED_PAYLOAD) /
                                      (size + WIRE_BYTES_OVER));

    if (speed_bps != 0 && g->offered > carried_bps) {
        diag_warn(diag, key_place(place, diag, "offered"),
                  "of payload in frames of this size the wire carries %s; its sources will wait",
                  quantity_text(QUANTITY_RATE, carried_bps, diag->arena));
    }
}

/* An open loop says by itself when frames are due; what else says so contradicts it. */
static void check_offered(const struct wire_gen *g, const struct wire_world *world,
                          struct diag *diag, struct diag_place place)
{
    static const char only[] = "is of an \"offered\" load, and none is given";

    if (g->offered == 0) {
        if (g->sources > 1) {
            diag_error(diag, key_place(place, diag, "sources"), only);
        }
        if (g->gaps != GAPS_CONSTANT) {
            diag_error(diag, key_place(place, diag, "gaps"), only);
        }
        return;
    }
    if (g->window != 0) {
        diag_error(diag, key_place(place, diag, "window"),
                   "waits for what comes back, and an \"offered\" load does not; leave one out");
    }
    if (g->pace.kind == PACE_FRAMES || g->pace.kind == PACE_BITS) {
        diag_error(diag, key_place(place, diag, "pace"),
                   "\"offered\" already says how fast; leave one out");
    }
    warn_of_overload(g, world->speed_bps, diag, place);
}

static bool gen_check(void *state, const struct wire_world *world, struct diag *diag,
                      struct diag_place place)
{
    const struct wire_gen *g = state;
    struct diag_place pace_place = key_place(place, diag, "pace");
    struct diag_place to_place = key_place(place, diag, "to");
    size_t errors = diag->errors;

    check_offered(g, world, diag, place);
    if (g->size_max != 0 && g->size_max < g->size) {
        diag_error(diag, key_place(place, diag, "size_max"), "is less than \"size\", which is %llu",
                   (unsigned long long)g->size);
    }
    if (g->pace.kind == PACE_RECORDED) {
        diag_error(diag, pace_place,
                   "nothing was recorded here; say \"line\", \"5000 frames/s\" or \"10 Mbit/s\"");
    } else if (g->pace.kind != PACE_LINE && g->pace.per_second == 0) {
        diag_error(diag, pace_place, "no frame would ever be sent at a rate of 0");
    }
    if (g->to != NULL && has_target_mac(g)) {
        diag_error(diag, to_place, "names clients, and \"target_mac\" an address; leave one out");
    } else if (g->to != NULL) {
        check_to(g, world, diag, to_place);
    } else if (!has_target_mac(g) && clients_here(world) == 0) {
        diag_error(diag, place, "no client receives from this wire; give a \"target_mac\"");
    }
    return diag->errors == errors;
}

/* ---- opening ---- */

/* The address so many after `from`. */
static void mac_after(uint8_t mac[static NUMBERED_MAC_BYTES],
                      const uint8_t from[static NUMBERED_MAC_BYTES], uint32_t by)
{
    uint64_t carried = by;

    for (unsigned i = NUMBERED_MAC_BYTES; i-- > 0;) {
        carried += from[i];
        mac[i] = (uint8_t)carried;
        carried >>= 8;
    }
}

static uint32_t ip_after(uint32_t ip_be, uint32_t by)
{
    return htobe32(be32toh(ip_be) + by);
}

/* One for each kind. */
static void stream_make(const struct wire_gen *g, struct numbered *stream, uint32_t source,
                        const uint8_t *mac, uint32_t target)
{
    struct numbered_ends ends = {
        .source_ip = ip_after(g->source_ip, source),
        .target_ip = ip_after(g->target_ip, target),
        .source_port = (uint16_t)g->source_port,
        .target_port = (uint16_t)g->target_port,
    };

    mac_after(ends.source_mac, g->source_mac, source);
    memcpy(ends.target_mac, mac, sizeof(ends.target_mac));
    for (uint32_t i = 0; i < g->kind_count; i++) {
        numbered_make(&stream[i], &g->kinds[i], &ends);
    }
}

/* One stream from a source to each client named, or each there is, or the address given. How many;
 * at most client_count + 1, or as many as are named. NULL `streams`: only count. */
static size_t streams_make(const struct wire_gen *g, const struct wire_world *world,
                           uint32_t source, struct numbered *streams)
{
    const char *at = g->to, *name;
    size_t length, count = 0;

    if (has_target_mac(g)) {
        if (streams != NULL) {
            stream_make(g, &streams[0], source, g->target_mac, 0);
        }
        return 1;
    }
    for (size_t i = 0; g->to == NULL && i < world->client_count; i++) {
        if (world->clients[i].here) {
            if (streams != NULL) {
                stream_make(g, &streams[count * g->kind_count], source, world->clients[i].mac,
                            (uint32_t)count);
            }
            count++;
        }
    }
    while (g->to != NULL && name_next(&at, &name, &length)) {
        const struct wire_client *client = client_named(world, name, length);

        if (client != NULL && streams != NULL) {
            stream_make(g, &streams[count * g->kind_count], source, client->mac, (uint32_t)count);
        }
        count += client != NULL;
    }
    return count;
}

/* FNV-1a of the wire's name: two generators in one system do not take each other's frames for
 * theirs. */
static uint32_t tag_of(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    }
    return hash;
}

/* The machines of an open loop, and which of them sent what. 0 or -ENOMEM. */
static int load_open(struct wire_gen *g, const struct wire_world *world, size_t remembered)
{
    const struct sources_asked asked = {
        .name = world->wire_name,
        .seed = world->seed,
        .count = (uint32_t)g->sources,
        .bits_per_second = g->offered,
        .frame_bytes = (uint32_t)mean_size(g) - NUMBERED_PAYLOAD,
        .exponential = g->gaps == GAPS_EXPONENTIAL,
        .backlog = (uint32_t)g->backlog,
    };

    g->stream_of = malloc(remembered * sizeof(*g->stream_of));
    if (g->stream_of == NULL) {
        return -ENOMEM;
    }
    memset(g->stream_of, 0xff, remembered * sizeof(*g->stream_of));
    return sources_open(&g->load, &asked);
}

static int tables_open(struct wire_gen *g, const struct wire_world *world)
{
    uint32_t source_count = g->offered == 0 ? 1 : (uint32_t)g->sources;
    size_t remembered = 1;

    while (remembered < g->total && remembered < REMEMBERED + 8 * g->window) {
        remembered *= 2;
    }
    g->streams = calloc(g->target_count * source_count * g->kind_count, sizeof(*g->streams));
    g->entered = malloc(remembered * sizeof(*g->entered));
    if (g->streams == NULL || g->entered == NULL) {
        return -ENOMEM;
    }
    memset(g->entered, 0, remembered * sizeof(*g->entered));
    g->entered_mask = remembered - 1;
    for (uint32_t i = 0; i < source_count; i++) {
        streams_make(g, world, i, g->streams + i * g->target_count * g->kind_count);
    }
    return g->offered == 0 ? 0 : load_open(g, world, remembered);
}

/* Sizes from the least to the greatest, which are always among them. */
static void kinds_make(struct wire_gen *g, const struct wire_world *world)
{
    struct rng dice;
    char name[64];

    snprintf(name, sizeof(name), "sizes.%s", world->wire_name);
    rng_init(&dice, world->seed, name);
    g->kind_count = g->size_max == 0 ? 1 : SIZES;
    g->kind_dice = rng_u64(&dice) | 1;
    for (uint32_t i = 0; i < g->kind_count; i++) {
        uint64_t size = i == 0   ? g->size
                        : i == 1 ? g->size_max
                                 : rng_between(&dice, g->size, g->size_max);

        g->kinds[i] = (struct numbered_kind){
            .size = size, .tag = tag_of(world->wire_name), .verify = g->verify};
    }
}

static int gen_open(void *state, const struct wire_world *world, struct wire_stats *stats,
                    char why[static WIRE_WHY_BYTES])
{
    struct wire_gen *g = state;
    bool endless;

    if (g->count == NEVER) {
        g->count = g->duration == 0 ? COUNT_PRESET : 0;
    }
    endless = g->count == 0 || g->warmup_time != 0;
    g->made = g->freed = g->freed_ns = g->back_bits = 0;
    g->target_next = 0;
    g->echo = &stats->echo;
    kinds_make(g, world);
    g->measure_from = g->end_ns = NEVER;
    g->total = endless ? NEVER : g->warmup + g->count; /* with a warm-up by time, known later */
    g->pacer = pacer_start(g->pace);
    g->target_count = streams_make(g, world, 0, NULL);
    if (g->target_count == 0) {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: there is no client to send to", world->wire_name);
        return -EINVAL;
    }
    int error = tables_open(g, world);

    if (error != 0) {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: no memory for its frames", world->wire_name);
    }
    return error;
}

static void gen_finish(void *state)
{
    struct wire_gen *g = state;

    sources_finish(&g->load);
    free(g->streams);
    free(g->entered);
    free(g->stream_of);
    g->streams = NULL;
    g->entered = NULL;
    g->stream_of = NULL;
}

/* ---- sending ---- */

/* Which kind the frame of a number is of: the same whenever it is asked. */
static inline uint32_t kind_of(const struct wire_gen *g, uint64_t number)
{
    return g->kind_count == 1 ? 0 : (uint32_t)((number + 1) * g->kind_dice >> 60) % SIZES;
}

/* Has measuring gone on for long enough by the time that a frame is due? */
static bool is_over(const struct wire_gen *g, uint64_t due_ns)
{
    return due_ns >= g->end_ns || g->echo->window_end_ns >= g->end_ns;
}

/* Who is next in the open loop, with what stream. Each source addresses the clients in turn, and
 * each begins with another. */
static enum wire_next choose_offered(struct wire_gen *g, size_t *stream, uint64_t *due_ns)
{
    uint32_t first = sources_first(&g->load);
    const struct source *source = &g->load.all[first];

    g->first = first;
    g->first_ns = *due_ns = source->due_ns;
    *stream = first * g->target_count + (first + source->left) % g->target_count;
    g->first_stream = (uint32_t)*stream;
    return WIRE_FRAME;
}

/* The same where frames come back before others are sent, or are sent at a pace: one source, which
 * addresses the clients in turn. */
static enum wire_next choose_paced(struct wire_gen *g, size_t *stream, uint64_t *due_ns)
{
    if (g->window != 0 && g->made - g->freed >= g->window) {
        return WIRE_WAIT;
    }
    *due_ns = pacer_next(&g->pacer, (uint32_t)g->kinds[kind_of(g, g->made)].size);
    /* It takes the place of one that came back, and cannot have entered before that. */
    if (g->window != 0 && *due_ns < g->freed_ns) {
        *due_ns = g->freed_ns;
    }
    *stream = g->target_next;
    g->target_next = *stream + 1 == g->target_count ? 0 : *stream + 1;
    return WIRE_FRAME;
}

static enum wire_next gen_next(void *state, struct wire_frame *out)
{
    struct wire_gen *g = state;
    enum wire_next next;
    uint64_t due_ns = 0;
    size_t stream = 0;

    if (g->made == g->total) {
        return WIRE_END;
    }
    next =
        g->offered != 0 ? choose_offered(g, &stream, &due_ns) : choose_paced(g, &stream, &due_ns);
    if (next != WIRE_FRAME) {
        return next;
    }
    if (is_over(g, due_ns)) {
        return WIRE_END;
    }
    uint32_t kind = kind_of(g, g->made);
    struct numbered *frame = &g->streams[stream * g->kind_count + kind];

    numbered_stamp(frame, &g->kinds[kind], g->made++);
    out->bytes = frame->bytes;
    out->length = (uint32_t)g->kinds[kind].size;
    out->due_ns = due_ns;
    return WIRE_FRAME;
}

/* The warm-up is over with this frame: from here on count, and end when it was asked for. */
static void measure_from(struct wire_gen *g, uint64_t number, uint64_t now_ns)
{
    g->measure_from = number;
    g->total = g->count == 0 ? NEVER : number + g->count;
    g->end_ns = g->duration == 0 ? NEVER : now_ns + g->duration;
    g->echo->first_ns = now_ns;
}

static void gen_entered(void *state, uint64_t now_ns)
{
    struct wire_gen *g = state;
    struct wire_echo *echo = g->echo;
    uint64_t number = echo->sent++;
    uint64_t begun_ns = now_ns;

    assert(number + 1 == g->made);
    if (g->offered != 0) {
        begun_ns = g->first_ns;
        g->stream_of[number & g->entered_mask] = g->first_stream;
        sources_left(&g->load, g->first, now_ns);
    }
    g->entered[number & g->entered_mask] = begun_ns << 1;
    if (number < g->warmup || now_ns < g->warmup_time) {
        return;
    }
    if (g->measure_from == NEVER) {
        measure_from(g, number, now_ns);
    } else {
        echo->window_in_bits += numbered_payload_bits(&g->kinds[kind_of(g, number)]);
    }
    echo->window_end_ns = now_ns;
    echo->window_back_bits = g->back_bits;
}

/* ---- receiving ---- */

static void measure(struct wire_gen *g, uint64_t entered_ns, size_t length, uint64_t now_ns)
{
    g->echo->measured++;
    g->echo->measured_bytes += length;
    g->echo->last_ns = now_ns;
    rtt_add(&g->echo->rtt, now_ns > entered_ns ? now_ns - entered_ns : 0);
}

/* Does it come from whom it was sent to and, of several machines, to the one that sent it? */
static bool is_routed(const struct wire_gen *g, const uint8_t *frame, uint64_t number)
{
    size_t stream =
        g->offered == 0 ? number % g->target_count : g->stream_of[number & g->entered_mask];
    const uint8_t *sent = g->streams[stream * g->kind_count].bytes;

    return memcmp(frame + NUMBERED_SOURCE_MAC, sent, NUMBERED_MAC_BYTES) == 0 &&
           (g->offered == 0 || g->sources == 1 ||
            memcmp(frame, sent + NUMBERED_SOURCE_MAC, NUMBERED_MAC_BYTES) == 0);
}

static void hear(struct wire_gen *g, const uint8_t *frame, size_t length, uint64_t now_ns)
{
    struct wire_echo *echo = g->echo;
    uint64_t number;

    if (!numbered_is(g->kinds, frame, length)) {
        echo->other++;
        return;
    }
    number = numbered_number(frame);
    if (number >= echo->sent) {
        echo->corrupt++;
        return;
    }
    if (echo->sent - number > g->entered_mask + 1) {
        echo->stale++;
        return;
    }
    uint64_t *entered = &g->entered[number & g->entered_mask];
    uint64_t entered_ns = *entered >> 1;

    if ((*entered & RETURNED) != 0) {
        echo->duplicate++;
        return;
    }
    *entered |= RETURNED;
    g->freed++;
    g->freed_ns = now_ns;
    echo->returned++;
    const struct numbered_kind *kind = &g->kinds[kind_of(g, number)];

    if (!numbered_is_intact(kind, frame, length, number)) {
        echo->corrupt++;
    } else if (g->measure_from != NEVER) {
        g->back_bits += numbered_payload_bits(kind);
        if (number >= g->measure_from) {
            measure(g, entered_ns, kind->size, now_ns);
        }
    }
    if (!is_routed(g, frame, number)) {
        echo->misrouted++;
    }
}

static bool gen_send(void *state, const uint8_t *frame, size_t length, uint64_t now_ns)
{
    hear(state, frame, length, now_ns);
    return true;
}

const struct wire_type wire_gen = {
    .name = "gen",
    .doc = "sends UDP frames, expects each back, and measures",
    .state_size = sizeof(struct wire_gen),
    .params = params,
    .check = gen_check,
    .open = gen_open,
    .next = gen_next,
    .entered = gen_entered,
    .send = gen_send,
    .finish = gen_finish,
};
