/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wire whose far end makes up UDP frames and expects each of them back: the load for
 * measurements, and a witness that nothing is lost, doubled, mixed up or altered on the way. With a
 * window it keeps so many frames in flight and sends one for each that returns; without, it sends
 * at its pace whatever becomes of them.
 *
 * Frames are addressed to the clients in turn. Each client has one frame, made beforehand but for
 * what differs from one to the next: a number in the payload, the fill behind it, which follows
 * from the number, and so the UDP checksum. The fill is one word again and again, so its share of
 * the checksum is a product. What returns is known by its number; when it was sent is in a table of
 * the last frames sent, by number. Memory is touched when opened and none is taken afterwards.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/wire/pacer.h"
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

struct stream {
    uint8_t frame[FRAME_MAX + SLACK];
    uint32_t sum; /* of all that counts for the UDP checksum and does not change */
};

struct wire_gen {
    /* Scenario keys. */
    const char *to;
    uint64_t window, size, count, warmup;
    struct pace pace;
    uint8_t source_mac[MAC_BYTES], target_mac[MAC_BYTES];
    uint32_t source_ip, target_ip;
    uint64_t source_port, target_port;
    bool verify;

    struct stream *streams;
    size_t stream_count, stream_next;
    uint64_t *entered; /* by number: when << 1, and whether it returned */
    size_t entered_mask;
    uint64_t made, freed; /* frames made; those that left the window */
    uint64_t freed_ns;    /* when the last one did */
    uint64_t total;       /* frames to make; UINT64_MAX: no end */
    uint32_t tag;         /* tells our frames from those of other wires */
    struct pacer pacer;
    struct wire_echo *echo;
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct wire_gen, to, NULL,
                        "clients to send to in turn, \"client0,client1\"; default: all of them"),
    PARAM_UINT(struct wire_gen, window, 0, 0, WINDOW_MAX,
               "frames in flight; one enters when another came back; 0: no limit"),
    PARAM_PACE(struct wire_gen, pace, "line",
               "how fast at most: \"line\", \"5000 frames/s\" or \"10 Mbit/s\""),
    PARAM_UINT(struct wire_gen, size, 64, FRAME_MIN, FRAME_MAX, "bytes of a frame, without FCS"),
    PARAM_UINT(struct wire_gen, count, 1000, 0, UINT32_MAX,
               "frames to send after the warm-up; 0: without end"),
    PARAM_UINT(struct wire_gen, warmup, 0, 0, UINT32_MAX,
               "frames to send first that are not measured"),
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
    for (size_t at = AT_FILL; at < g->size; at += sizeof(word)) {
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

static bool gen_check(void *state, const struct wire_world *world, struct diag *diag,
                      struct diag_place place)
{
    const struct wire_gen *g = state;
    struct diag_place pace_place = place, to_place = place;
    size_t errors = diag->errors;

    pace_place.path = arena_format(diag->arena, "%s.pace", place.path);
    to_place.path = arena_format(diag->arena, "%s.to", place.path);
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

static void stream_make(const struct wire_gen *g, struct stream *s, const uint8_t *mac,
                        uint32_t number)
{
    uint8_t *f = s->frame;
    uint32_t target_ip = htobe32(be32toh(g->target_ip) + number);
    uint16_t sum;

    memcpy(f, mac, MAC_BYTES);
    memcpy(f + AT_SOURCE_MAC, g->source_mac, MAC_BYTES);
    put16(f + AT_ETHERTYPE, 0x0800);
    f[AT_IP] = 0x45;
    put16(f + AT_IP_LENGTH, (uint16_t)(g->size - AT_IP));
    f[AT_IP + 8] = TIME_TO_LIVE;
    f[AT_IP_PROTOCOL] = PROTOCOL_UDP;
    memcpy(f + AT_IP_SOURCE, &g->source_ip, sizeof(g->source_ip));
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

/* One stream to each client named, or each there is, or the address given. How many; at most
 * client_count + 1, or as many as are named. NULL `streams`: only count. */
static size_t streams_make(const struct wire_gen *g, const struct wire_world *world,
                           struct stream *streams)
{
    const char *at = g->to, *name;
    size_t length, count = 0;

    if (has_target_mac(g)) {
        if (streams != NULL) {
            stream_make(g, &streams[0], g->target_mac, 0);
        }
        return 1;
    }
    for (size_t i = 0; g->to == NULL && i < world->client_count; i++) {
        if (world->clients[i].here) {
            if (streams != NULL) {
                stream_make(g, &streams[count], world->clients[i].mac, (uint32_t)count);
            }
            count++;
        }
    }
    while (g->to != NULL && name_next(&at, &name, &length)) {
        const struct wire_client *client = client_named(world, name, length);

        if (client != NULL && streams != NULL) {
            stream_make(g, &streams[count], client->mac, (uint32_t)count);
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

static int gen_open(void *state, const struct wire_world *world, struct wire_stats *stats,
                    char why[static WIRE_WHY_BYTES])
{
    struct wire_gen *g = state;
    size_t remembered = 1;

    g->made = g->freed = g->freed_ns = 0;
    g->stream_next = 0;
    g->echo = &stats->echo;
    g->tag = tag_of(world->wire_name);
    g->total = g->count == 0 ? UINT64_MAX : g->warmup + g->count;
    g->pacer = pacer_start(g->pace);
    g->stream_count = streams_make(g, world, NULL);
    if (g->stream_count == 0) {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: there is no client to send to", world->wire_name);
        return -EINVAL;
    }
    while (remembered < g->total && remembered < REMEMBERED + 8 * g->window) {
        remembered *= 2;
    }
    g->streams = calloc(g->stream_count, sizeof(*g->streams));
    g->entered = malloc(remembered * sizeof(*g->entered));
    if (g->streams == NULL || g->entered == NULL) {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: no memory for its frames", world->wire_name);
        return -ENOMEM;
    }
    memset(g->entered, 0, remembered * sizeof(*g->entered));
    g->entered_mask = remembered - 1;
    streams_make(g, world, g->streams);
    return 0;
}

static void gen_finish(void *state)
{
    struct wire_gen *g = state;

    free(g->streams);
    free(g->entered);
    g->streams = NULL;
    g->entered = NULL;
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

static enum wire_next gen_next(void *state, struct wire_frame *out)
{
    struct wire_gen *g = state;

    if (g->made == g->total) {
        return WIRE_END;
    }
    if (g->window != 0 && g->made - g->freed >= g->window) {
        return WIRE_WAIT;
    }
    struct stream *s = &g->streams[g->stream_next];

    g->stream_next = g->stream_next + 1 == g->stream_count ? 0 : g->stream_next + 1;
    stamp(g, s, g->made++);
    out->bytes = s->frame;
    out->length = (uint32_t)g->size;
    out->due_ns = pacer_next(&g->pacer, out->length);
    /* It takes the place of one that came back, and cannot have entered before that. */
    if (g->window != 0 && out->due_ns < g->freed_ns) {
        out->due_ns = g->freed_ns;
    }
    return WIRE_FRAME;
}

static void gen_entered(void *state, uint64_t now_ns)
{
    struct wire_gen *g = state;
    uint64_t number = g->echo->sent++;

    assert(number + 1 == g->made);
    g->entered[number & g->entered_mask] = now_ns << 1;
    if (number == g->warmup) {
        g->echo->first_ns = now_ns;
    }
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
    } else if (number >= g->warmup) {
        measure(g, entered_ns, g->size, now_ns);
    }
    if (memcmp(frame + AT_SOURCE_MAC, g->streams[number % g->stream_count].frame, MAC_BYTES) != 0) {
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
