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
 * beforehand but for what differs from one to the next: a number in the payload, the fill behind
 * it, which follows from the number, and so the UDP checksum. The fill is one word again and again,
 * so its share of the checksum is a product. What returns is known by its number; when it was sent
 * is in a table of the last frames sent, by number. Memory is touched when opened and none is taken
 * afterwards.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/base/quantity.h"
#include "sim/wire/pacer.h"
#include "sim/wire/sources.h"
#include "sim/wire/wire.h"

/* Where things are in a frame: Ethernet, IPv4 without options, UDP, payload. */
#define AT_SOURCE_MAC   6u
#define AT_ETHERTYPE    12u
#define AT_IP           14u
#define AT_IP_LENGTH    16u
#define AT_IP_PROTOCOL  23u
#define AT_IP_CHECKSUM  24u
#define AT_IP_SOURCE    26u
#define AT_IP_TARGET    30u
#define AT_UDP          34u
#define AT_UDP_LENGTH   38u
#define AT_UDP_CHECKSUM 40u
#define AT_TAG          42u
#define AT_NUMBER       46u
#define AT_FILL         54u

#define MAC_BYTES    6u
#define IP_BYTES     20u
#define FRAME_MIN    60u
#define FRAME_MAX    1514u
#define PROTOCOL_UDP 17u
#define TIME_TO_LIVE 64u
#define WINDOW_MAX   1048576u
#define REMEMBERED   65536u /* frames sent, of which we know whether they returned */
#define SLACK        8u     /* the fill is written in words, the last of which may stick out */
#define RETURNED     1u     /* in a table entry, below the time */
#define NEVER        UINT64_MAX
#define COUNT_PRESET 1000u
#define LONGEST_NS   (86400 * UINT64_C(1000000000)) /* a day, of warm-up or measuring */
#define BACKLOG      64u /* of a source; Linux lets a socket have some 90 frames of 1514 bytes */

enum gaps { GAPS_CONSTANT, GAPS_EXPONENTIAL };

struct stream {
    uint8_t frame[FRAME_MAX + SLACK];
    uint32_t sum; /* of all that counts for the UDP checksum and does not change */
};

struct wire_gen {
    /* Scenario keys. */
    const char *to;
    uint64_t window, size, count, warmup, warmup_time, duration;
    uint64_t offered, sources, gaps, backlog;
    struct pace pace;
    uint8_t source_mac[MAC_BYTES], target_mac[MAC_BYTES];
    uint32_t source_ip, target_ip;
    uint64_t source_port, target_port;
    bool verify;

    struct stream *streams; /* `target_count` of each source */
    size_t target_count, target_next;
    uint64_t *entered; /* by number: when << 1, and whether it returned */
    size_t entered_mask;
    uint64_t made, freed;  /* frames made; those that left the window */
    uint64_t freed_ns;     /* when the last one did */
    uint64_t measure_from; /* the number of the first measured frame; NEVER: still warming up */
    uint64_t total;        /* frames to make; NEVER: no end, or not known yet */
    uint64_t end_ns;       /* none is due from then on; as above */
    uint64_t back_bits;    /* payload that came back since measuring began */
    uint32_t tag;          /* tells our frames from those of other wires */
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
    PARAM_UINT(struct wire_gen, size, 64, FRAME_MIN, FRAME_MAX, "bytes of a frame, without FCS"),
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

/* ---- sums, as the Internet checksum has them: in whole 16-bit words of memory, byte order aside
 * ---- */

static uint32_t sum_bytes(const uint8_t *bytes, size_t count)
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

static uint32_t sum_word(uint64_t word)
{
    return (uint32_t)(word & 0xffff) + (uint32_t)(word >> 16 & 0xffff) +
           (uint32_t)(word >> 32 & 0xffff) + (uint32_t)(word >> 48);
}

static uint16_t sum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void put16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

/* ---- the payload ---- */

static uint64_t payload_bits(const struct wire_gen *g)
{
    return (g->size - AT_TAG) * 8;
}

static uint64_t fill_word(const struct wire_gen *g, uint64_t number)
{
    return g->verify ? (number + 1) * 0x9e3779b97f4a7c15u : 0;
}

/* The sum of a frame's fill; see sum_bytes. Of the last word only the bytes within the frame count.
 */
static uint32_t fill_sum(const struct wire_gen *g, uint64_t word)
{
    size_t bytes = g->size - AT_FILL;
    uint32_t sum = (uint32_t)(bytes / sizeof(word)) * sum_word(word);

    return sum + sum_bytes((const uint8_t *)&word, bytes % sizeof(word));
}

static void fill_write(const struct wire_gen *g, uint8_t *frame, uint64_t word)
{
    const size_t end = g->size; /* the compiler cannot know that it is not in the frame */

    for (size_t at = AT_FILL; at < end; at += sizeof(word)) {
        memcpy(frame + at, &word, sizeof(word));
    }
}

static bool fill_is(const struct wire_gen *g, const uint8_t *frame, uint64_t word)
{
    size_t whole_end = g->size - (g->size - AT_FILL) % sizeof(word);
    uint64_t differs = 0;

    for (size_t at = AT_FILL; at < whole_end; at += sizeof(word)) {
        uint64_t found;

        memcpy(&found, frame + at, sizeof(found));
        differs |= found ^ word;
    }
    return differs == 0 && memcmp(frame + whole_end, &word, g->size - whole_end) == 0;
}

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
    static const uint8_t none[MAC_BYTES];

    return memcmp(g->target_mac, none, MAC_BYTES) != 0;
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
            const char *meant = suggest(word, known, world->client_count);

            diag_error(diag, place, "no client \"%s\" receives from this wire%s%s%s", word,
                       meant == NULL ? "" : "; did you mean \"", meant == NULL ? "" : meant,
                       meant == NULL ? "" : "\"?");
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

static void warn_of_overload(const struct wire_gen *g, uint64_t speed_bps, struct diag *diag,
                             struct diag_place place)
{
    uint64_t bytes = g->size + WIRE_BYTES_OVER; /* g->size is never less than WIRE_BYTES_MIN */
    uint64_t carried_bps = (uint64_t)((unsigned __int128)speed_bps * (g->size - AT_TAG) / bytes);

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
static void mac_after(uint8_t mac[static MAC_BYTES], const uint8_t from[static MAC_BYTES],
                      uint32_t by)
{
    uint64_t carried = by;

    for (unsigned i = MAC_BYTES; i-- > 0;) {
        carried += from[i];
        mac[i] = (uint8_t)carried;
        carried >>= 8;
    }
}

static uint32_t ip_after(uint32_t ip_be, uint32_t by)
{
    return htobe32(be32toh(ip_be) + by);
}

static void stream_make(const struct wire_gen *g, struct stream *s, uint32_t source,
                        const uint8_t *mac, uint32_t number)
{
    uint8_t *f = s->frame;
    uint32_t source_ip = ip_after(g->source_ip, source);
    uint32_t target_ip = ip_after(g->target_ip, number);
    uint16_t sum;

    memcpy(f, mac, MAC_BYTES);
    mac_after(f + AT_SOURCE_MAC, g->source_mac, source);
    put16(f + AT_ETHERTYPE, 0x0800);
    f[AT_IP] = 0x45;
    put16(f + AT_IP_LENGTH, (uint16_t)(g->size - AT_IP));
    f[AT_IP + 8] = TIME_TO_LIVE;
    f[AT_IP_PROTOCOL] = PROTOCOL_UDP;
    memcpy(f + AT_IP_SOURCE, &source_ip, sizeof(source_ip));
    memcpy(f + AT_IP_TARGET, &target_ip, sizeof(target_ip));
    sum = (uint16_t)~sum_fold(sum_bytes(f + AT_IP, IP_BYTES));
    memcpy(f + AT_IP_CHECKSUM, &sum, sizeof(sum));
    put16(f + AT_UDP, (uint16_t)g->source_port);
    put16(f + AT_UDP + 2, (uint16_t)g->target_port);
    put16(f + AT_UDP_LENGTH, (uint16_t)(g->size - AT_UDP));
    memcpy(f + AT_TAG, &g->tag, sizeof(g->tag));
    s->sum = sum_bytes(f + AT_IP_SOURCE, 8) + htobe16(PROTOCOL_UDP) +
             sum_bytes(f + AT_UDP_LENGTH, 2) + sum_bytes(f + AT_UDP, AT_NUMBER - AT_UDP);
}

/* One stream from a source to each client named, or each there is, or the address given. How many;
 * at most client_count + 1, or as many as are named. NULL `streams`: only count. */
static size_t streams_make(const struct wire_gen *g, const struct wire_world *world,
                           uint32_t source, struct stream *streams)
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
                stream_make(g, &streams[count], source, world->clients[i].mac, (uint32_t)count);
            }
            count++;
        }
    }
    while (g->to != NULL && name_next(&at, &name, &length)) {
        const struct wire_client *client = client_named(world, name, length);

        if (client != NULL && streams != NULL) {
            stream_make(g, &streams[count], source, client->mac, (uint32_t)count);
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
        .frame_bytes = (uint32_t)g->size - AT_TAG,
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
    g->streams = calloc(g->target_count * source_count, sizeof(*g->streams));
    g->entered = malloc(remembered * sizeof(*g->entered));
    if (g->streams == NULL || g->entered == NULL) {
        return -ENOMEM;
    }
    memset(g->entered, 0, remembered * sizeof(*g->entered));
    g->entered_mask = remembered - 1;
    for (uint32_t i = 0; i < source_count; i++) {
        streams_make(g, world, i, g->streams + i * g->target_count);
    }
    return g->offered == 0 ? 0 : load_open(g, world, remembered);
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
    g->tag = tag_of(world->wire_name);
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

static void stamp(const struct wire_gen *g, struct stream *s, uint64_t number)
{
    uint64_t number_be = htobe64(number);
    uint64_t word = fill_word(g, number);
    uint16_t sum;

    memcpy(s->frame + AT_NUMBER, &number_be, sizeof(number_be));
    if (g->verify) {
        fill_write(g, s->frame, word);
    }
    sum = (uint16_t)~sum_fold(s->sum + sum_word(number_be) + fill_sum(g, word));
    sum = sum == 0 ? 0xffff : sum; /* 0 would say that there is no checksum */
    memcpy(s->frame + AT_UDP_CHECKSUM, &sum, sizeof(sum));
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
    *due_ns = pacer_next(&g->pacer, (uint32_t)g->size);
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
    stamp(g, &g->streams[stream], g->made++);
    out->bytes = g->streams[stream].frame;
    out->length = (uint32_t)g->size;
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
        echo->window_in_bits += payload_bits(g);
    }
    echo->window_end_ns = now_ns;
    echo->window_back_bits = g->back_bits;
}

/* ---- receiving ---- */

static bool is_ours(const struct wire_gen *g, const uint8_t *frame, size_t length)
{
    return length >= AT_FILL && get16(frame + AT_ETHERTYPE) == 0x0800 && frame[AT_IP] == 0x45 &&
           frame[AT_IP_PROTOCOL] == PROTOCOL_UDP &&
           memcmp(frame + AT_TAG, &g->tag, sizeof(g->tag)) == 0;
}

/* Is all that may not change as it was, and do both checksums hold? Ends may have been swapped. */
static bool is_intact(const struct wire_gen *g, const uint8_t *frame, size_t length,
                      uint64_t number)
{
    uint64_t word = fill_word(g, number);

    if (length < g->size || get16(frame + AT_IP_LENGTH) != g->size - AT_IP ||
        get16(frame + AT_UDP_LENGTH) != g->size - AT_UDP) {
        return false;
    }
    if (!g->verify) {
        return true;
    }
    if (!fill_is(g, frame, word) || sum_fold(sum_bytes(frame + AT_IP, IP_BYTES)) != 0xffff) {
        return false;
    }
    uint32_t sum = sum_bytes(frame + AT_IP_SOURCE, 8) + htobe16(PROTOCOL_UDP) +
                   sum_bytes(frame + AT_UDP_LENGTH, 2) +
                   sum_bytes(frame + AT_UDP, AT_FILL - AT_UDP) + fill_sum(g, word);

    return get16(frame + AT_UDP_CHECKSUM) == 0 || sum_fold(sum) == 0xffff;
}

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
    const uint8_t *sent = g->streams[stream].frame;

    return memcmp(frame + AT_SOURCE_MAC, sent, MAC_BYTES) == 0 &&
           (g->offered == 0 || g->sources == 1 ||
            memcmp(frame, sent + AT_SOURCE_MAC, MAC_BYTES) == 0);
}

static void gen_send(void *state, const uint8_t *frame, size_t length, uint64_t now_ns)
{
    struct wire_gen *g = state;
    struct wire_echo *echo = g->echo;
    uint64_t number;

    if (!is_ours(g, frame, length)) {
        echo->other++;
        return;
    }
    memcpy(&number, frame + AT_NUMBER, sizeof(number));
    number = be64toh(number);
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
    if (!is_intact(g, frame, length, number)) {
        echo->corrupt++;
    } else if (g->measure_from != NEVER) {
        g->back_bits += payload_bits(g);
        if (number >= g->measure_from) {
            measure(g, entered_ns, g->size, now_ns);
        }
    }
    if (!is_routed(g, frame, number)) {
        echo->misrouted++;
    }
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
