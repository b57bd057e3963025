/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wire that is plugged into an interface the host has already: one end of a veth pair, say, whose
 * other end is in a network namespace. The simulated device sees every frame that comes in there,
 * whoever it is for, and what it puts out leaves by that interface. The host's own stack sees those
 * frames too, so the interface had better have no address.
 *
 * Linux is lazy between interfaces that lead nowhere: a checksum may be missing, a VLAN tag set
 * aside, and several segments of TCP be one frame. All that is put right here, from what comes with
 * the frame (packet(7)), as a real interface would have before it sent anything.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim/wire/hostlink.h"
#include "sim/wire/numbered.h"
#include "sim/wire/segment.h"
#include "sim/wire/wire.h"

#define VLAN_BYTES   4u
#define MACS_BYTES   12u
#define SOCKET_BYTES (4 << 20)                /* of frames that wait, on either side */
#define WHOLE_BYTES  (WIRE_FRAME_BYTES + 64u) /* all segments of a frame, headers and all */

/* The classic one, without a count of buffers. */
struct offload {
    struct virtio_net_hdr of;
};

struct wire_packet {
    /* Scenario keys. */
    const char *interface;

    bool is_open;
    int fd;
    struct {
        struct offload offload; /* all zeros: the frame is complete */
        uint8_t frame[WIRE_FRAME_BYTES];
    } out;
    /* What came, and the tag it goes with; and a segment of it. Each with room for the tag. */
    struct segments segments;
    bool tagged;
    uint8_t tag[VLAN_BYTES];
    uint8_t in[VLAN_BYTES + WHOLE_BYTES], segment[VLAN_BYTES + WHOLE_BYTES];
};

_Static_assert(sizeof(struct offload) == 10, "as packet sockets have it");

static const struct param params[] = {
    PARAM_TEXT(struct wire_packet, interface,
               "the interface of the host: there, up, and best without an address"),
    PARAM_END,
};

static bool packet_check(void *state, const struct wire_world *world, struct diag *diag,
                         struct diag_place place)
{
    (void)world;
    return hostlink_check_name(((const struct wire_packet *)state)->interface, diag, place);
}

static int refused(const char *wire, const char *what, char why[static WIRE_WHY_BYTES])
{
    int error = -errno;

    if (error == -EPERM || error == -EACCES) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: not allowed to %s; run as root, within `unshare -rn`, or with "
                 "CAP_NET_RAW",
                 wire, what);
    } else {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: cannot %s: %s", wire, what, strerror(-error));
    }
    return error;
}

/* A longer queue than usual where we may; whatever there is will do. */
static void ask_for_room(int fd)
{
    static const int options[] = {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE};
    const int bytes = SOCKET_BYTES;

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        (void)setsockopt(fd, SOL_SOCKET, options[i], &bytes, sizeof bytes);
    }
}

/* Everything that comes in by the interface, complete, and nothing that goes out by it. */
static bool set_options(int fd, int index)
{
    static const int options[] = {PACKET_VNET_HDR, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING};
    const struct packet_mreq all = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
    const int on = 1;
    bool good = true;

    for (size_t i = 0; good && i < sizeof options / sizeof options[0]; i++) {
        good = setsockopt(fd, SOL_PACKET, options[i], &on, sizeof on) == 0;
    }
    return good && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) == 0;
}

static int packet_open(void *state, const struct wire_world *world, struct wire_stats *stats,
                       char why[static WIRE_WHY_BYTES])
{
    struct wire_packet *p = state;
    struct sockaddr_ll from = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int error = hostlink_is_up(world->wire_name, p->interface, why);

    (void)stats;
    if (error != 0) {
        return error;
    }
    /* Of no protocol until it is bound: nothing of other interfaces gets in before. */
    p->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0) {
        return refused(world->wire_name, "open a packet socket", why);
    }
    p->is_open = true;
    p->segments = (struct segments){.data_bytes = 0};
    ask_for_room(p->fd);
    from.sll_ifindex = (int)if_nametoindex(p->interface);
    if (!set_options(p->fd, from.sll_ifindex) ||
        bind(p->fd, (const struct sockaddr *)&from, sizeof from) != 0) {
        return refused(world->wire_name, "listen to the interface", why);
    }
    return 0;
}

/* -- in -- */

/* The sum of what the checksum is about without it is where it will be. */
static void complete_checksum(uint8_t *frame, size_t length, const struct virtio_net_hdr *of)
{
    size_t from = of->csum_start, at = from + of->csum_offset;

    if ((of->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0 || at + sizeof(uint16_t) > length) {
        return;
    }
    uint16_t sum = (uint16_t)~numbered_fold(numbered_sum(frame + from, length - from));

    /* Of UDP, 0 would mean that there is none; the same number has another form. */
    sum = sum == 0 ? UINT16_MAX : sum;
    memcpy(frame + at, &sum, sizeof sum);
}

/* The tag that was set aside, if one was; as it is in a frame. */
static bool find_tag(struct msghdr *message, uint8_t tag[static VLAN_BYTES])
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        struct tpacket_auxdata aux;

        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
            c->cmsg_len < CMSG_LEN(sizeof aux)) {
            continue;
        }
        memcpy(&aux, CMSG_DATA(c), sizeof aux);
        if ((aux.tp_status & TP_STATUS_VLAN_VALID) != 0) {
            bool named = (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
            uint16_t words[2] = {htons(named ? aux.tp_vlan_tpid : ETH_P_8021Q),
                                 htons(aux.tp_vlan_tci)};

            memcpy(tag, words, sizeof words);
            return true;
        }
    }
    return false;
}

/* The next frame as it lies in `in`, behind the room for a tag. 0: there is none. */
static size_t receive(struct wire_packet *p)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    const ssize_t least = sizeof(struct offload) + MACS_BYTES + sizeof(uint16_t);
    struct offload offload;
    struct iovec parts[2] = {{.iov_base = &offload, .iov_len = sizeof offload},
                             {.iov_base = p->in + VLAN_BYTES, .iov_len = WHOLE_BYTES}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = control};
    ssize_t got;

    do { /* that the interface was down is told once; frames may lie behind that, and runts */
        message.msg_controllen = sizeof control;
        got = recvmsg(p->fd, &message, 0);
    } while (got < 0 ? errno == ENETDOWN : got < least);
    if (got < 0) {
        return 0;
    }
    size_t length = (size_t)got - sizeof offload;
    unsigned kind = offload.of.gso_type & ~VIRTIO_NET_HDR_GSO_ECN;

    p->tagged = find_tag(&message, p->tag);
    if (kind == VIRTIO_NET_HDR_GSO_TCPV4 || kind == VIRTIO_NET_HDR_GSO_TCPV6) {
        segments_begin(&p->segments, p->in + VLAN_BYTES, length, offload.of.csum_start,
                       offload.of.gso_size);
    } else {
        complete_checksum(p->in + VLAN_BYTES, length, &offload.of);
    }
    return length;
}

/* With its tag, if it has one, for which there is room before it. */
static void give(const struct wire_packet *p, uint8_t *frame, size_t length, struct wire_frame *out)
{
    if (p->tagged) {
        memmove(frame - VLAN_BYTES, frame, MACS_BYTES);
        frame -= VLAN_BYTES;
        length += VLAN_BYTES;
        memcpy(frame + MACS_BYTES, p->tag, VLAN_BYTES);
    }
    /* Whatever is longer than a frame can be, the device refuses in any case. */
    length = length < WIRE_FRAME_BYTES ? length : WIRE_FRAME_BYTES;
    *out = (struct wire_frame){.bytes = frame, .length = (uint32_t)length};
}

static enum wire_next packet_next(void *state, struct wire_frame *out)
{
    struct wire_packet *p = state;
    uint8_t *segment = p->segment + VLAN_BYTES;
    size_t length = segments_next(&p->segments, segment);

    if (length == 0) {
        size_t whole = receive(p);

        if (whole == 0) {
            return WIRE_WAIT;
        }
        length = segments_next(&p->segments, segment);
        if (length == 0) {
            give(p, p->in + VLAN_BYTES, whole, out);
            return WIRE_FRAME;
        }
    }
    give(p, segment, length, out);
    return WIRE_FRAME;
}

/* -- out -- */

static bool packet_send(void *state, const uint8_t *bytes, size_t length, uint64_t now_ns)
{
    struct wire_packet *p = state;
    size_t whole = sizeof p->out.offload + length;

    (void)now_ns;
    if (length > sizeof p->out.frame) {
        return false;
    }
    memcpy(p->out.frame, bytes, length);
    return write(p->fd, &p->out, whole) == (ssize_t)whole;
}

static int packet_descriptor(const void *state)
{
    return ((const struct wire_packet *)state)->fd;
}

static void packet_finish(void *state)
{
    struct wire_packet *p = state;

    if (p->is_open) {
        close(p->fd);
    }
    p->is_open = false;
    p->fd = -1;
}

const struct wire_type wire_packet = {
    .name = "packet",
    .doc =
        "plugged into an interface the host has, such as one end of a veth pair; host clock only",
    .state_size = sizeof(struct wire_packet),
    .params = params,
    .check = packet_check,
    .open = packet_open,
    .next = packet_next,
    .send = packet_send,
    .descriptor = packet_descriptor,
    .finish = packet_finish,
};
