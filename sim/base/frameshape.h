/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_FRAMESHAPE_H
#define SIM_BASE_FRAMESHAPE_H
/*
 * Where things are in a frame. A shape is a list of spans, one per layer that the frame has; a
 * field is a place within a layer. With these a comparison can leave a field out, name the field in
 * which two frames differ, and tell which flow a frame belongs to. One table of fields serves all
 * three, and prints itself in --help.
 *
 * Frames come from the wire and are believed in nothing: whatever a header claims is checked
 * against the bytes that are there, and a layer that does not fit is not a layer but payload. Every
 * byte of a frame is in at least one field.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_layer {
    FRAME_LAYER_ETH,
    FRAME_LAYER_VLAN, /* all the tags there are */
    FRAME_LAYER_TYPE, /* behind the tags */
    FRAME_LAYER_ARP,
    FRAME_LAYER_IP, /* version 4, without options */
    FRAME_LAYER_IP_OPTIONS,
    FRAME_LAYER_IP6,
    FRAME_LAYER_IP6_OPTIONS, /* its extension headers */
    FRAME_LAYER_UDP,
    FRAME_LAYER_TCP,            /* without options */
    FRAME_LAYER_TCP_TIMESTAMPS, /* both values; lies within the options */
    FRAME_LAYER_TCP_OPTIONS,
    FRAME_LAYER_ICMP,
    FRAME_LAYER_PAYLOAD,
    FRAME_LAYER_PADDING, /* behind the end that IP or 802.3 state */
    FRAME_LAYERS
};

/* Bytes start..end-1 of the frame; empty when the frame has no such thing. */
struct frame_span {
    uint32_t start, end;
};

struct frame_shape {
    struct frame_span layers[FRAME_LAYERS];
    uint8_t protocol; /* what IP or IPv6 carries; 0 without either */
    bool fragment;    /* of a datagram sent in several */
};

/*
 * ROW(id, name, layer, offset in the layer, bytes (0: the whole layer), doc). The order is that in
 * which a byte looks for its name: where two fields overlap, the narrower comes first.
 */
#define FRAME_FIELDS(ROW)                                                                       \
    ROW(eth_dst, "eth.dst", ETH, 0, 6, "destination address")                                   \
    ROW(eth_src, "eth.src", ETH, 6, 6, "source address")                                        \
    ROW(vlan, "vlan", VLAN, 0, 0, "VLAN tags; ignored, a tagged frame equals the untagged one") \
    ROW(eth_type, "eth.type", TYPE, 0, 2, "type, or length in 802.3")                           \
    ROW(arp_kind, "arp.kind", ARP, 0, 6, "hardware and protocol types and sizes")               \
    ROW(arp_op, "arp.op", ARP, 6, 2, "operation")                                               \
    ROW(arp_src_mac, "arp.src.mac", ARP, 8, 6, "sender's hardware address")                     \
    ROW(arp_src_ip, "arp.src.ip", ARP, 14, 4, "sender's protocol address")                      \
    ROW(arp_dst_mac, "arp.dst.mac", ARP, 18, 6, "target's hardware address")                    \
    ROW(arp_dst_ip, "arp.dst.ip", ARP, 24, 4, "target's protocol address")                      \
    ROW(ip_version, "ip.version", IP, 0, 1, "version and header length")                        \
    ROW(ip_tos, "ip.tos", IP, 1, 1, "type of service")                                          \
    ROW(ip_len, "ip.len", IP, 2, 2, "total length")                                             \
    ROW(ip_id, "ip.id", IP, 4, 2, "identification")                                             \
    ROW(ip_fragment, "ip.fragment", IP, 6, 2, "flags and fragment offset")                      \
    ROW(ip_ttl, "ip.ttl", IP, 8, 1, "time to live")                                             \
    ROW(ip_protocol, "ip.protocol", IP, 9, 1, "protocol")                                       \
    ROW(ip_checksum, "ip.checksum", IP, 10, 2, "header checksum")                               \
    ROW(ip_src, "ip.src", IP, 12, 4, "source address")                                          \
    ROW(ip_dst, "ip.dst", IP, 16, 4, "destination address")                                     \
    ROW(ip_options, "ip.options", IP_OPTIONS, 0, 0, "options")                                  \
    ROW(ip6_flow, "ip6.flow", IP6, 0, 4, "version, class and flow label")                       \
    ROW(ip6_len, "ip6.len", IP6, 4, 2, "payload length")                                        \
    ROW(ip6_next, "ip6.next", IP6, 6, 1, "next header")                                         \
    ROW(ip6_hops, "ip6.hops", IP6, 7, 1, "hop limit")                                           \
    ROW(ip6_src, "ip6.src", IP6, 8, 16, "source address")                                       \
    ROW(ip6_dst, "ip6.dst", IP6, 24, 16, "destination address")                                 \
    ROW(ip6_options, "ip6.options", IP6_OPTIONS, 0, 0, "extension headers")                     \
    ROW(udp_src, "udp.src", UDP, 0, 2, "source port")                                           \
    ROW(udp_dst, "udp.dst", UDP, 2, 2, "destination port")                                      \
    ROW(udp_len, "udp.len", UDP, 4, 2, "length")                                                \
    ROW(udp_checksum, "udp.checksum", UDP, 6, 2, "checksum")                                    \
    ROW(tcp_src, "tcp.src", TCP, 0, 2, "source port")                                           \
    ROW(tcp_dst, "tcp.dst", TCP, 2, 2, "destination port")                                      \
    ROW(tcp_seq, "tcp.seq", TCP, 4, 4, "sequence number")                                       \
    ROW(tcp_ack, "tcp.ack", TCP, 8, 4, "acknowledgement number")                                \
    ROW(tcp_flags, "tcp.flags", TCP, 12, 2, "header length and flags")                          \
    ROW(tcp_window, "tcp.window", TCP, 14, 2, "window")                                         \
    ROW(tcp_checksum, "tcp.checksum", TCP, 16, 2, "checksum")                                   \
    ROW(tcp_urgent, "tcp.urgent", TCP, 18, 2, "urgent pointer")                                 \
    ROW(tcp_timestamps, "tcp.timestamps", TCP_TIMESTAMPS, 0, 0,                                 \
        "the two values of the timestamps option")                                              \
    ROW(tcp_options, "tcp.options", TCP_OPTIONS, 0, 0, "all options, timestamps too")           \
    ROW(icmp_type, "icmp.type", ICMP, 0, 1, "type (ICMP and ICMPv6)")                           \
    ROW(icmp_code, "icmp.code", ICMP, 1, 1, "code")                                             \
    ROW(icmp_checksum, "icmp.checksum", ICMP, 2, 2, "checksum")                                 \
    ROW(icmp_rest, "icmp.rest", ICMP, 4, 4,                                                     \
        "identifier and sequence number, or what is there instead")                             \
    ROW(payload, "payload", PAYLOAD, 0, 0,                                                      \
        "what the innermost header carries, and how much of it")                                \
    ROW(padding, "padding", PADDING, 0, 0, "bytes behind the packet's end, and how many there are")

enum frame_field_id {
#define ROW(id, name, layer, offset, bytes, doc) FRAME_FIELD_##id,
    FRAME_FIELDS(ROW)
#undef ROW
        FRAME_FIELDS_COUNT
};

struct frame_field {
    const char *name, *doc;
    enum frame_layer layer;
    uint8_t offset, bytes;
};

extern const struct frame_field frame_fields[FRAME_FIELDS_COUNT];

/* A set of fields: bit n is field n. */
typedef uint64_t frame_field_set;
#define FRAME_FIELD_BIT(id) (UINT64_C(1) << (id))

/* Find the layers of a frame of any content and length. */
void frame_shape(struct frame_shape *out, const uint8_t *bytes, uint32_t bytes_count);

/* Where a field is in a frame of this shape. */
struct frame_span frame_field_span(const struct frame_shape *shape, enum frame_field_id id);

/* Which field the byte is in. `offset` must be inside the frame that the shape is of. */
enum frame_field_id frame_field_at(const struct frame_shape *shape, uint32_t offset);

/*
 * The frame without what is to be ignored: fields are zeroed, except those that are a whole layer
 * of any length (VLAN tags, options, payload, padding), which are left out since their length is
 * part of them. Two frames are the same apart from `ignored` if and only if these forms are equal.
 * `out` has room for the whole frame. Returns the length of the form.
 */
uint32_t frame_without(const uint8_t *bytes, uint32_t bytes_count, frame_field_set ignored,
                       uint8_t *out);

/* Where the byte at `offset` of that form was in the frame itself. */
uint32_t frame_without_origin(const struct frame_shape *shape, frame_field_set ignored,
                              uint32_t offset);

/* The fields in which two frames differ. */
frame_field_set frame_fields_differing(const uint8_t *a, uint32_t a_bytes, const uint8_t *b,
                                       uint32_t b_bytes);

/*
 * What frames of one flow have in common: addresses, type, protocol and ports, in one direction,
 * VLAN tags aside. Fragments have no ports, since only the first would. Compared as bytes.
 */
struct frame_flow {
    uint8_t eth_dst[6], eth_src[6];
    uint8_t eth_type[2];
    uint8_t protocol, unused;
    uint8_t src[16], dst[16];
    uint8_t ports[4];
};

/* The flow of a frame; ignored fields do not count. */
void frame_flow(struct frame_flow *out, const uint8_t *bytes, uint32_t bytes_count,
                frame_field_set ignored);
#endif
