/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding the layers of a frame, and what follows from knowing them. Each layer's function is given
 * the bytes that are left, claims its own, and hands on the rest; what nobody claims is payload.
 * All lengths are checked against what is left before they are used.
 */
#include "sim/base/frameshape.h"

#include <assert.h>
#include <string.h>

#define ETH_ADDRESSES_BYTES 12
#define VLAN_TAG_BYTES      4
#define VLAN_TAGS_MAX       8
#define ARP_BYTES           28
#define IP_BYTES            20
#define IP6_BYTES           40
#define IP6_EXTENSIONS_MAX  16
#define UDP_BYTES           8
#define TCP_BYTES           20
#define TCP_TIMESTAMPS_KIND 8
#define ICMP_BYTES          8

_Static_assert(FRAME_FIELDS_COUNT <= 64, "a set of fields is a word of 64 bits");

const struct frame_field frame_fields[FRAME_FIELDS_COUNT] = {
#define ROW(id_, name_, layer_, offset_, bytes_, doc_) \
    [FRAME_FIELD_##id_] = {name_, doc_, FRAME_LAYER_##layer_, offset_, bytes_},
    FRAME_FIELDS(ROW)
#undef ROW
};

/* The fields that frame_without() leaves out, in the order in which they stand in a frame. */
static const enum frame_field_id cut_fields[] = {
    FRAME_FIELD_vlan,        FRAME_FIELD_ip_options, FRAME_FIELD_ip6_options,
    FRAME_FIELD_tcp_options, FRAME_FIELD_payload,    FRAME_FIELD_padding,
};
#define CUT_FIELDS (sizeof(cut_fields) / sizeof(cut_fields[0]))

/* A frame being taken apart: what is before `next` has been claimed. */
struct walk {
    struct frame_shape *shape;
    const uint8_t *bytes;
    uint32_t next, end;
};

static uint32_t load16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint32_t left(const struct walk *w)
{
    return w->end - w->next;
}

/* Give the next `bytes` to a layer. */
static void claim(struct walk *w, enum frame_layer layer, uint32_t bytes)
{
    assert(bytes <= left(w));
    w->shape->layers[layer] = (struct frame_span){w->next, w->next + bytes};
    w->next += bytes;
}

/* The packet ends here, whatever follows in the frame: the rest is padding. */
static void end_after(struct walk *w, uint32_t bytes)
{
    assert(bytes <= left(w));
    w->shape->layers[FRAME_LAYER_PADDING] = (struct frame_span){w->next + bytes, w->end};
    w->end = w->next + bytes;
}

static void find_timestamps(struct walk *w, struct frame_span options)
{
    uint32_t at = options.start;

    while (at < options.end && w->bytes[at] != 0) {
        uint32_t kind = w->bytes[at];
        uint32_t rest = options.end - at;
        uint32_t bytes = kind == 1 || rest < 2 ? 1 : w->bytes[at + 1];

        if (bytes == 0 || bytes > rest || (bytes < 2 && kind != 1)) {
            return;
        }
        if (kind == TCP_TIMESTAMPS_KIND && bytes == 10) {
            w->shape->layers[FRAME_LAYER_TCP_TIMESTAMPS] = (struct frame_span){at + 2, at + 10};
            return;
        }
        at += bytes;
    }
}

static void walk_tcp(struct walk *w)
{
    uint32_t header_bytes = left(w) < TCP_BYTES ? 0 : (uint32_t)(w->bytes[w->next + 12] >> 4) * 4;

    if (header_bytes < TCP_BYTES || header_bytes > left(w)) {
        return;
    }
    claim(w, FRAME_LAYER_TCP, TCP_BYTES);
    claim(w, FRAME_LAYER_TCP_OPTIONS, header_bytes - TCP_BYTES);
    find_timestamps(w, w->shape->layers[FRAME_LAYER_TCP_OPTIONS]);
}

static void walk_transport(struct walk *w, uint8_t protocol)
{
    w->shape->protocol = protocol;
    switch (protocol) {
    case 6:
        walk_tcp(w);
        break;
    case 17:
        if (left(w) >= UDP_BYTES) {
            claim(w, FRAME_LAYER_UDP, UDP_BYTES);
        }
        break;
    case 1:
    case 58:
        if (left(w) >= ICMP_BYTES) {
            claim(w, FRAME_LAYER_ICMP, ICMP_BYTES);
        }
        break;
    default:
        break;
    }
}

static void walk_ip(struct walk *w)
{
    const uint8_t *ip = &w->bytes[w->next];
    uint32_t header_bytes = left(w) < IP_BYTES ? 0 : (uint32_t)(ip[0] & 15) * 4;

    if (header_bytes < IP_BYTES || header_bytes > left(w) || ip[0] >> 4 != 4) {
        return;
    }
    uint32_t total_bytes = load16(ip + 2);
    uint32_t fragment = load16(ip + 6);

    /* Cards that cut up segments for their host leave the length nought: then it is what is there.
     */
    if (total_bytes >= header_bytes && total_bytes <= left(w)) {
        end_after(w, total_bytes);
    }
    claim(w, FRAME_LAYER_IP, IP_BYTES);
    claim(w, FRAME_LAYER_IP_OPTIONS, header_bytes - IP_BYTES);
    w->shape->fragment = (fragment & 0x3fff) != 0;
    w->shape->protocol = ip[9];
    if ((fragment & 0x1fff) == 0) {
        walk_transport(w, ip[9]);
    }
}

/*
 * The length of the extension header at the front of what is left, 0 if `kind` is none or it does
 * not fit.
 * `*first` becomes false when the headers behind it are in another fragment.
 */
static uint32_t ip6_extension_bytes(const struct walk *w, uint8_t kind, bool *fragment, bool *first)
{
    const uint8_t *header = &w->bytes[w->next];
    uint32_t bytes;

    if (left(w) < 8) {
        return 0;
    }
    switch (kind) {
    case 0:   /* hop by hop */
    case 43:  /* routing */
    case 60:  /* destination options */
    case 135: /* mobility */
        bytes = ((uint32_t)header[1] + 1) * 8;
        break;
    case 51: /* authentication */
        bytes = ((uint32_t)header[1] + 2) * 4;
        break;
    case 44: /* fragment */
        *fragment = true;
        *first = load16(header + 2) >> 3 == 0;
        bytes = 8;
        break;
    default:
        return 0;
    }
    return bytes <= left(w) ? bytes : 0;
}

static void walk_ip6(struct walk *w)
{
    const uint8_t *ip = &w->bytes[w->next];
    uint32_t options_start;
    bool first = true;

    if (left(w) < IP6_BYTES || ip[0] >> 4 != 6) {
        return;
    }
    uint32_t total_bytes = IP6_BYTES + load16(ip + 4);
    uint8_t kind = ip[6];

    if (total_bytes > IP6_BYTES && total_bytes <= left(w)) {
        end_after(w, total_bytes);
    }
    claim(w, FRAME_LAYER_IP6, IP6_BYTES);
    options_start = w->next;
    for (int i = 0; i < IP6_EXTENSIONS_MAX && first; i++) {
        uint32_t bytes = ip6_extension_bytes(w, kind, &w->shape->fragment, &first);

        if (bytes == 0) {
            break;
        }
        kind = w->bytes[w->next];
        w->next += bytes;
    }
    w->shape->layers[FRAME_LAYER_IP6_OPTIONS] = (struct frame_span){options_start, w->next};
    w->shape->protocol = kind;
    if (first) {
        walk_transport(w, kind);
    }
}

static bool is_vlan_type(uint32_t type)
{
    return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

void frame_shape(struct frame_shape *out, const uint8_t *bytes, uint32_t bytes_count)
{
    struct walk w = {out, bytes, 0, bytes_count};
    uint32_t tags_bytes = 0;

    memset(out, 0, sizeof(*out));
    if (bytes_count >= ETH_ADDRESSES_BYTES + 2) {
        claim(&w, FRAME_LAYER_ETH, ETH_ADDRESSES_BYTES);
        while (tags_bytes < VLAN_TAGS_MAX * VLAN_TAG_BYTES &&
               tags_bytes + VLAN_TAG_BYTES + 2 <= left(&w) &&
               is_vlan_type(load16(&bytes[w.next + tags_bytes]))) {
            tags_bytes += VLAN_TAG_BYTES;
        }
        claim(&w, FRAME_LAYER_VLAN, tags_bytes);
        uint32_t type = load16(&bytes[w.next]);

        claim(&w, FRAME_LAYER_TYPE, 2);
        if (type == 0x0800) {
            walk_ip(&w);
        } else if (type == 0x86dd) {
            walk_ip6(&w);
        } else if (type == 0x0806 && left(&w) >= ARP_BYTES) {
            end_after(&w, ARP_BYTES);
            claim(&w, FRAME_LAYER_ARP, ARP_BYTES);
        } else if (type <= 1500 && type <= left(&w)) {
            end_after(&w, type);
        }
    }
    claim(&w, FRAME_LAYER_PAYLOAD, left(&w));
}

struct frame_span frame_field_span(const struct frame_shape *shape, enum frame_field_id id)
{
    const struct frame_field *field = &frame_fields[id];
    struct frame_span span = shape->layers[field->layer];

    if (field->bytes != 0 && span.start != span.end) {
        span.start += field->offset;
        span.end = span.start + field->bytes;
    }
    return span;
}

enum frame_field_id frame_field_at(const struct frame_shape *shape, uint32_t offset)
{
    for (int id = 0; id < FRAME_FIELDS_COUNT; id++) {
        struct frame_span span = frame_field_span(shape, (enum frame_field_id)id);

        if (offset >= span.start && offset < span.end) {
            return (enum frame_field_id)id;
        }
    }
    assert(!"every byte of a frame is in a field");
    return FRAME_FIELD_payload;
}

uint32_t frame_without(const uint8_t *bytes, uint32_t bytes_count, frame_field_set ignored,
                       uint8_t *out)
{
    struct frame_shape shape;
    uint32_t end = bytes_count;

    memcpy(out, bytes, bytes_count);
    if (ignored == 0) {
        return bytes_count;
    }
    frame_shape(&shape, bytes, bytes_count);
    for (frame_field_set rest = ignored; rest != 0; rest &= rest - 1) {
        struct frame_span span =
            frame_field_span(&shape, (enum frame_field_id)__builtin_ctzll(rest));

        memset(&out[span.start], 0, span.end - span.start);
    }
    /* From the back, so that the spans still before us stay where the shape has them. */
    for (size_t i = CUT_FIELDS; i > 0; i--) {
        struct frame_span span = frame_field_span(&shape, cut_fields[i - 1]);

        if ((ignored & FRAME_FIELD_BIT(cut_fields[i - 1])) != 0) {
            memmove(&out[span.start], &out[span.end], end - span.end);
            end -= span.end - span.start;
        }
    }
    return end;
}

uint32_t frame_without_origin(const struct frame_shape *shape, frame_field_set ignored,
                              uint32_t offset)
{
    for (size_t i = 0; i < CUT_FIELDS; i++) {
        struct frame_span span = frame_field_span(shape, cut_fields[i]);

        if ((ignored & FRAME_FIELD_BIT(cut_fields[i])) != 0 && offset >= span.start) {
            offset += span.end - span.start;
        }
    }
    return offset;
}

static bool same_span(const uint8_t *a, struct frame_span in_a, const uint8_t *b,
                      struct frame_span in_b)
{
    uint32_t bytes = in_a.end - in_a.start;

    return bytes == in_b.end - in_b.start && memcmp(&a[in_a.start], &b[in_b.start], bytes) == 0;
}

/* The options apart from the timestamps, which are a field of their own. */
static bool same_tcp_options(const uint8_t *a, const struct frame_shape *in_a, const uint8_t *b,
                             const struct frame_shape *in_b)
{
    const struct frame_span *all[2] = {&in_a->layers[FRAME_LAYER_TCP_OPTIONS],
                                       &in_b->layers[FRAME_LAYER_TCP_OPTIONS]};
    const struct frame_span *hole[2] = {&in_a->layers[FRAME_LAYER_TCP_TIMESTAMPS],
                                        &in_b->layers[FRAME_LAYER_TCP_TIMESTAMPS]};

    if (hole[0]->start == hole[0]->end || hole[1]->start == hole[1]->end) {
        return same_span(a, *all[0], b, *all[1]);
    }
    return same_span(a, (struct frame_span){all[0]->start, hole[0]->start}, b,
                     (struct frame_span){all[1]->start, hole[1]->start}) &&
           same_span(a, (struct frame_span){hole[0]->end, all[0]->end}, b,
                     (struct frame_span){hole[1]->end, all[1]->end});
}

frame_field_set frame_fields_differing(const uint8_t *a, uint32_t a_bytes, const uint8_t *b,
                                       uint32_t b_bytes)
{
    struct frame_shape in_a, in_b;
    frame_field_set differing = 0;

    frame_shape(&in_a, a, a_bytes);
    frame_shape(&in_b, b, b_bytes);
    for (int i = 0; i < FRAME_FIELDS_COUNT; i++) {
        enum frame_field_id id = (enum frame_field_id)i;
        bool same = id == FRAME_FIELD_tcp_options
                        ? same_tcp_options(a, &in_a, b, &in_b)
                        : same_span(a, frame_field_span(&in_a, id), b, frame_field_span(&in_b, id));

        differing |= same ? 0 : FRAME_FIELD_BIT(id);
    }
    return differing;
}

/* Copy a field into the flow unless it is ignored or not there. */
static void flow_take(uint8_t *to, const uint8_t *bytes, const struct frame_shape *shape,
                      enum frame_field_id id, frame_field_set ignored)
{
    struct frame_span span = frame_field_span(shape, id);

    if ((ignored & FRAME_FIELD_BIT(id)) == 0) {
        memcpy(to, &bytes[span.start], span.end - span.start);
    }
}

void frame_flow(struct frame_flow *out, const uint8_t *bytes, uint32_t bytes_count,
                frame_field_set ignored)
{
    struct frame_shape shape;

    memset(out, 0, sizeof(*out));
    frame_shape(&shape, bytes, bytes_count);
    flow_take(out->eth_dst, bytes, &shape, FRAME_FIELD_eth_dst, ignored);
    flow_take(out->eth_src, bytes, &shape, FRAME_FIELD_eth_src, ignored);
    flow_take(out->eth_type, bytes, &shape, FRAME_FIELD_eth_type, ignored);
    flow_take(out->src, bytes, &shape, FRAME_FIELD_ip_src, ignored);
    flow_take(out->dst, bytes, &shape, FRAME_FIELD_ip_dst, ignored);
    flow_take(out->src, bytes, &shape, FRAME_FIELD_ip6_src, ignored);
    flow_take(out->dst, bytes, &shape, FRAME_FIELD_ip6_dst, ignored);
    if ((ignored &
         (FRAME_FIELD_BIT(FRAME_FIELD_ip_protocol) | FRAME_FIELD_BIT(FRAME_FIELD_ip6_next))) == 0) {
        out->protocol = shape.protocol;
    }
    if (!shape.fragment) {
        flow_take(&out->ports[0], bytes, &shape, FRAME_FIELD_udp_src, ignored);
        flow_take(&out->ports[2], bytes, &shape, FRAME_FIELD_udp_dst, ignored);
        flow_take(&out->ports[0], bytes, &shape, FRAME_FIELD_tcp_src, ignored);
        flow_take(&out->ports[2], bytes, &shape, FRAME_FIELD_tcp_dst, ignored);
    }
}
