/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wires that lead to interfaces of the host, in a network of this program's own. What is at the far
 * end of a tap is played by a packet socket on its interface; and what a packet wire is plugged
 * into is the interface of a tap, whose other end is ours. Where no network can be made, or no tap,
 * those tests are skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/exec/bell.h"
#include "sim/time/clock.h"
#include "sim/wire/hostlink.h"
#include "sim/wire/wire.h"

#define GBIT 1000000000u

static bool have_network, have_tap;

/* -- a network of our own -- */

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0) {
        close(fd);
    }
    return good;
}

static bool enter_network(void)
{
    char map[2][32];

    if (geteuid() == 0) {
        return unshare(CLONE_NEWNET) == 0;
    }
    snprintf(map[0], sizeof map[0], "0 %u 1", geteuid());
    snprintf(map[1], sizeof map[1], "0 %u 1", getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", map[0]) &&
           write_file("/proc/self/gid_map", map[1]);
}

/* Our end of a tap; -1 with errno. */
static int make_tap(const char *name, int flags)
{
    struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags)};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int look_for_taps(void **state)
{
    (void)state;
    have_network = enter_network();
    if (have_network) {
        /* Nobody but us says anything. */
        (void)write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
        int fd = make_tap("probe", 0);

        have_tap = fd >= 0;
        if (have_tap) {
            close(fd);
        }
    }
    return 0;
}

#define NEED_TAP()   \
    if (!have_tap) { \
        skip();      \
    }

static void ask_interface(const char *name, unsigned long what, struct ifreq *request)
{
    int by = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(request->ifr_name, sizeof request->ifr_name, "%s", name);
    assert_int_equal(ioctl(by, what, request), 0);
    close(by);
}

static void set_up(const char *name, bool up)
{
    struct ifreq request = {.ifr_flags = 0};

    ask_interface(name, SIOCGIFFLAGS, &request);
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~(int)IFF_UP);
    ask_interface(name, SIOCSIFFLAGS, &request);
}

/* The far end of a tap: whatever passes its interface. */
static int listen_at(const char *name)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(ETH_P_ALL),
                             .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static bool readable(int fd, int ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return poll(&one, 1, ms) == 1;
}

/* -- a wire -- */

struct rig {
    struct arena arena;
    struct diag diag;
    struct type_view view;
    struct scenario_wire asked;
    struct wire_world world;
    struct wire_stats stats;
    struct wire wire;
    char why[WIRE_WHY_BYTES];
};

static void set(struct rig *r, const char *key, const char *value)
{
    for (const struct param *p = r->view.params; p->name != NULL; p++) {
        if (strcmp(p->name, key) == 0) {
            assert_int_equal(p->kind, PARAM_KIND_TEXT);
            memcpy((char *)r->asked.state + p->offset, &value, sizeof value);
            return;
        }
    }
    fail_msg("no key %s", key);
}

static struct rig *rig_new(const struct wire_type *type, const char *interface)
{
    struct rig *r = calloc(1, sizeof *r);

    r->view = (struct type_view){
        .name = type->name, .state_size = type->state_size, .params = type->params, .type = type};
    r->diag.arena = &r->arena;
    r->asked = (struct scenario_wire){.name = "lan",
                                      .type = &r->view,
                                      .state = calloc(1, type->state_size),
                                      .speed_bps = GBIT,
                                      .place = {.file = "x.json", .path = "wires[0]"}};
    r->world = (struct wire_world){.wire_name = "lan"};
    set(r, "interface", interface);
    return r;
}

static int rig_open(struct rig *r)
{
    return wire_open(&r->wire, &r->asked, &r->world, &r->stats, r->why);
}

static struct rig *rig_opened(const struct wire_type *type, const char *interface)
{
    struct rig *r = rig_new(type, interface);

    if (rig_open(r) != 0) {
        fail_msg("%s", r->why);
    }
    return r;
}

/* Plugged into the interface of a tap, whose other end is in `far`. */
static struct rig *rig_plugged(int flags, int *far)
{
    *far = make_tap("live1", flags);
    assert_true(*far >= 0);
    set_up("live1", true);
    return rig_opened(&wire_packet, "live1");
}

static void rig_free(struct rig *r)
{
    wire_close(&r->wire);
    arena_finish(&r->arena);
    free(r->asked.state);
    free(r);
}

/* All that is said of it, and whether it is good. */
static bool rig_check(struct rig *r, char *text, size_t bytes)
{
    FILE *to = fmemopen(text, bytes, "w");
    bool good = wire_check(&r->asked, &r->world, &r->diag);

    memset(text, 0, bytes);
    diag_print(&r->diag, to);
    fclose(to);
    return good;
}

/* A frame of a type nobody knows, from nobody, by its number. */
static void number_frame(uint8_t frame[static 64], uint8_t number)
{
    static const uint8_t head[] = {0x52, 0x54, 1, 0, 0, 0, 0x52, 0x54, 1, 0, 0, 9, 0x88, 0xb5};

    memset(frame, number, 64);
    memcpy(frame, head, sizeof head);
}

static const struct wire_frame *take(struct rig *r)
{
    wire_listen(&r->wire);
    return wire_take(&r->wire, clock_host_ns());
}

/* -- what a scenario may say -- */

static void names_are_those_of_interfaces(void **state)
{
    static const char *const good[] = {"tap0", "a", "veth-1.5", "fifteen-letters"};
    static const char *const bad[] = {"", ".", "..", "a/b", "a:1", "a b", "t%d", "a\n", "\x7f"};
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct rig *r = rig_new(i % 2 == 0 ? &wire_tap : &wire_packet, good[i]);

        assert_true(rig_check(r, text, sizeof text));
        rig_free(r);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct rig *r = rig_new(i % 2 == 0 ? &wire_tap : &wire_packet, bad[i]);

        assert_false(rig_check(r, text, sizeof text));
        assert_non_null(strstr(text, "x.json: error: wires[0].interface: "));
        assert_non_null(strstr(text, "cannot be the name of an interface"));
        rig_free(r);
    }
    struct rig *r = rig_new(&wire_tap, "sixteen-letters-");
    assert_false(rig_check(r, text, sizeof text));
    assert_string_equal(text, "x.json: error: wires[0].interface: \"sixteen-letters-\" has 16 "
                              "characters; an interface's name has at most 15\n");
    rig_free(r);
}

static void addresses_have_a_network(void **state)
{
    static const char *const bad[] = {"",
                                      "10.0.0.1",
                                      "10.0.0.1/",
                                      "10.0.0.1/0",
                                      "10.0.0/24",
                                      "10.0.0.1/33",
                                      "10.0.0.1/24x",
                                      "/24",
                                      "10.0.0.1/ 8",
                                      "10.0.0.1/-8",
                                      "256.0.0.1/8",
                                      "fe80::1/64",
                                      "1234567890.1234567890/8"};
    struct hostlink_address address;

    (void)state;
    assert_true(hostlink_parse("10.11.0.1/24", &address));
    assert_int_equal(address.ip, htonl(0x0a0b0001));
    assert_int_equal(address.bits, 24);
    assert_true(hostlink_parse("1.2.3.4/32", &address));
    assert_int_equal(address.bits, 32);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(hostlink_parse(bad[i], &address));
    }
    struct rig *r = rig_new(&wire_tap, "tap0");
    char text[400];

    set(r, "address", "10.0.0.1");
    assert_false(rig_check(r, text, sizeof text));
    assert_non_null(strstr(text, "wires[0].address: \"10.0.0.1\" is no IPv4 address with"));
    rig_free(r);
}

static void the_host_has_no_virtual_time(void **state)
{
    const struct wire_type *const types[] = {&wire_tap, &wire_packet};
    char text[400];

    (void)state;
    assert_false(wire_is_live(&wire_pcap));
    assert_false(wire_is_live(&wire_gen));
    for (size_t i = 0; i < 2; i++) {
        struct rig *r = rig_new(types[i], "tap0");

        assert_true(wire_is_live(types[i]));
        r->world.virtual_time = true;
        assert_false(rig_check(r, text, sizeof text));
        assert_non_null(strstr(text, "wires[0].kind: a wire of kind "));
        assert_non_null(strstr(text, "use \"clock\": \"host\", or record"));
        rig_free(r);
    }
}

/* -- a tap -- */

static void a_tap_brings_what_the_host_sends(void **state)
{
    uint8_t frame[64];

    (void)state;
    NEED_TAP();
    struct rig *r = rig_opened(&wire_tap, "live0");
    int host = listen_at("live0"), told = wire_descriptor(&r->wire);

    assert_true(told >= 0);
    assert_false(readable(told, 0));
    assert_true(wire_due(&r->wire) == WIRE_NEVER);
    number_frame(frame, 1);
    assert_int_equal(write(host, frame, sizeof frame), sizeof frame);
    assert_true(readable(told, 1000));
    /* Who does not listen does not hear: no system call where nothing happened. */
    assert_true(wire_due(&r->wire) == WIRE_NEVER);
    assert_false(wire_exhausted(&r->wire));
    const struct wire_frame *in = take(r);
    assert_non_null(in);
    assert_int_equal(in->length, sizeof frame);
    assert_memory_equal(in->bytes, frame, sizeof frame);
    assert_int_equal(r->stats.in_frames, 1);
    assert_int_equal(r->stats.in_bytes, 64);
    assert_null(take(r));
    for (unsigned i = 0; i < 100; i++) {
        number_frame(frame, (uint8_t)i);
        assert_int_equal(write(host, frame, sizeof frame), sizeof frame);
    }
    for (unsigned i = 0; i < 100; i++) {
        wire_listen(&r->wire);
        in = wire_take(&r->wire, wire_due(&r->wire));
        assert_non_null(in);
        assert_int_equal(in->bytes[63], i);
    }
    assert_null(take(r));
    assert_int_equal(r->stats.in_frames, 101);
    close(host);
    rig_free(r);
    assert_int_equal(if_nametoindex("live0"), 0); /* gone with the wire */
}

static void a_tap_is_no_faster_than_its_medium(void **state)
{
    uint8_t frame[64];

    (void)state;
    NEED_TAP();
    struct rig *r = rig_new(&wire_tap, "live0");

    r->asked.speed_bps = 1000000;
    assert_int_equal(rig_open(r), 0);
    int host = listen_at("live0");

    number_frame(frame, 1);
    assert_int_equal(write(host, frame, sizeof frame), sizeof frame);
    assert_int_equal(write(host, frame, sizeof frame), sizeof frame);
    assert_true(readable(wire_descriptor(&r->wire), 1000));
    wire_listen(&r->wire);
    uint64_t at_ns = 5000000000u, due_ns = wire_due(&r->wire);

    assert_true(due_ns <= at_ns);
    assert_non_null(wire_take(&r->wire, at_ns));
    assert_true(wire_due(&r->wire) == at_ns - WIRE_LATE_NS + 88 * 8 * 1000);
    assert_null(wire_take(&r->wire, at_ns));
    wire_listen(&r->wire); /* one that is known is not lost by that */
    assert_non_null(wire_take(&r->wire, at_ns + 1000000));
    close(host);
    rig_free(r);
}

static void a_tap_takes_what_leaves(void **state)
{
    uint8_t frame[64], got[128];

    (void)state;
    NEED_TAP();
    struct rig *r = rig_opened(&wire_tap, "live0");
    int host = listen_at("live0");

    number_frame(frame, 7);
    assert_true(wire_send(&r->wire, frame, sizeof frame, 5));
    assert_true(readable(host, 1000));
    assert_int_equal(read(host, got, sizeof got), sizeof frame);
    assert_memory_equal(got, frame, sizeof frame);
    assert_int_equal(r->stats.out_frames, 1);
    assert_int_equal(r->stats.out_bytes, 64);
    /* What the host would not take is not out. */
    set_up("live0", false);
    assert_false(wire_send(&r->wire, frame, sizeof frame, 6));
    assert_int_equal(r->stats.out_frames, 1);
    assert_int_equal(r->stats.refused, 1);
    set_up("live0", true);
    assert_true(wire_send(&r->wire, frame, sizeof frame, 7));
    assert_int_equal(r->stats.out_frames, 2);
    close(host);
    rig_free(r);
}

static void a_tap_has_the_address_asked_for(void **state)
{
    struct ifreq request = {.ifr_flags = 0};
    struct sockaddr_in is;

    (void)state;
    NEED_TAP();
    struct rig *r = rig_new(&wire_tap, "live0");

    set(r, "address", "10.11.0.1/20");
    assert_int_equal(rig_open(r), 0);
    ask_interface("live0", SIOCGIFADDR, &request);
    memcpy(&is, &request.ifr_addr, sizeof is);
    assert_int_equal(is.sin_addr.s_addr, htonl(0x0a0b0001));
    ask_interface("live0", SIOCGIFNETMASK, &request);
    memcpy(&is, &request.ifr_netmask, sizeof is);
    assert_int_equal(is.sin_addr.s_addr, htonl(0xfffff000));
    ask_interface("live0", SIOCGIFFLAGS, &request);
    assert_true((request.ifr_flags & IFF_UP) != 0);
    rig_free(r);
}

static void a_name_that_is_taken_is_told(void **state)
{
    (void)state;
    NEED_TAP();
    struct rig *r = rig_opened(&wire_tap, "live0"), *second = rig_new(&wire_tap, "live0");
    int before = dup(0), after;

    close(before);
    assert_int_equal(rig_open(second), -EBUSY);
    assert_non_null(strstr(second->why, "wire lan: interface live0 is taken"));
    rig_free(second);
    second = rig_new(&wire_tap, "lo");
    assert_int_equal(rig_open(second), -EINVAL);
    assert_non_null(strstr(second->why, "taken by an interface that is no tap"));
    rig_free(second);
    after = dup(0);
    close(after);
    assert_int_equal(after, before); /* nothing stays open */
    rig_free(r);
}

/* Somebody takes the interface away: that end has no more frames. */
static void a_tap_that_is_gone_has_ended(void **state)
{
    (void)state;
    NEED_TAP();
    struct rig *r = rig_opened(&wire_tap, "live0");

    if (system("ip link del live0 2>/dev/null") != 0) {
        rig_free(r);
        skip();
    }
    wire_listen(&r->wire);
    assert_true(wire_exhausted(&r->wire));
    assert_int_equal(r->stats.ended, 1);
    rig_free(r);
}

/* -- plugged in -- */

static void plugged_in_hears_and_is_heard(void **state)
{
    uint8_t frame[64], got[128];

    (void)state;
    NEED_TAP();
    int far;
    struct rig *r = rig_plugged(0, &far);
    int told = wire_descriptor(&r->wire);

    assert_false(readable(told, 0));
    assert_null(take(r));
    for (unsigned i = 0; i < 3; i++) {
        number_frame(frame, (uint8_t)i);
        frame[5] = (uint8_t)i; /* whoever it is for */
        assert_int_equal(write(far, frame, sizeof frame), sizeof frame);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_true(readable(told, 1000));
        const struct wire_frame *in = take(r);

        assert_non_null(in);
        assert_int_equal(in->length, sizeof frame);
        assert_int_equal(in->bytes[5], i);
        assert_int_equal(in->bytes[63], i);
    }
    number_frame(frame, 9);
    assert_true(wire_send(&r->wire, frame, sizeof frame, 1));
    assert_true(readable(far, 1000));
    assert_int_equal(read(far, got, sizeof got), sizeof frame);
    assert_memory_equal(got, frame, sizeof frame);
    /* Neither what it said itself nor what others say by that interface comes in. */
    int other = listen_at("live1");
    assert_int_equal(write(other, frame, sizeof frame), sizeof frame);
    assert_true(readable(far, 1000));
    assert_false(readable(told, 50));
    assert_null(take(r));
    close(other);

    set_up("live1", false);
    assert_false(wire_send(&r->wire, frame, sizeof frame, 2));
    assert_int_equal(r->stats.refused, 1);
    assert_int_equal(r->stats.out_frames, 1);
    set_up("live1", true);
    assert_int_equal(write(far, frame, sizeof frame), sizeof frame);
    assert_true(readable(told, 1000));
    assert_non_null(take(r)); /* behind word of that */
    rig_free(r);
    close(far);
}

static void a_tag_is_put_back(void **state)
{
    uint8_t frame[64];

    (void)state;
    NEED_TAP();
    int far;
    struct rig *r = rig_plugged(0, &far);

    number_frame(frame, 3);
    memcpy(frame + 12, "\x81\x00\x60\x05\x88\xb5", 6);
    assert_int_equal(write(far, frame, sizeof frame), sizeof frame);
    memcpy(frame + 12, "\x88\xa8\x00\x07\x88\xb5", 6);
    assert_int_equal(write(far, frame, sizeof frame), sizeof frame);
    assert_true(readable(wire_descriptor(&r->wire), 1000));
    const struct wire_frame *in = take(r);
    assert_int_equal(in->length, sizeof frame);
    assert_memory_equal(in->bytes + 12, "\x81\x00\x60\x05\x88\xb5", 6);
    assert_memory_equal(in->bytes, frame, 12);
    assert_memory_equal(in->bytes + 18, frame + 18, sizeof frame - 18);
    in = take(r);
    assert_memory_equal(in->bytes, frame, sizeof frame);
    rig_free(r);
    close(far);
}

/* The sum of all 16-bit words, in network order. */
static uint32_t sum_of(const uint8_t *bytes, size_t count, uint32_t sum)
{
    for (size_t i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void a_checksum_is_completed(void **state)
{
    static const uint8_t head[] = {0x52, 0x54, 1,  0,  0, 0, 0x52, 0x54, 1,  0,  0, 9,  8,  0,
                                   0x45, 0,    0,  37, 0, 0, 0,    0,    64, 17, 0, 0,  10, 0,
                                   0,    1,    10, 0,  0, 2, 0,    7,    0,  8,  0, 17, 0,  0};
    struct {
        struct virtio_net_hdr offload;
        uint8_t frame[51]; /* nine bytes of data: an odd number */
    } sent = {
        .offload = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6}};

    (void)state;
    NEED_TAP();
    int far;
    struct rig *r = rig_plugged(IFF_VNET_HDR, &far);

    for (unsigned zero = 0; zero < 2; zero++) {
        memcpy(sent.frame, head, sizeof head);
        memset(sent.frame + sizeof head, 0xa5, sizeof sent.frame - sizeof head);
        uint32_t pseudo = sum_of(sent.frame + 26, 8, 17 + 17);

        if (zero) { /* data that makes the sum one of nothing but ones */
            uint32_t rest = sum_of(sent.frame + 34, 17, pseudo);

            rest = sum_of((const uint8_t[]){0xa5, 0xa5}, 2, ~rest & 0xffff);
            sent.frame[42] = (uint8_t)(rest >> 8);
            sent.frame[43] = (uint8_t)rest;
        }
        sent.frame[40] = (uint8_t)(pseudo >> 8);
        sent.frame[41] = (uint8_t)pseudo;
        assert_int_equal(write(far, &sent, 10 + sizeof sent.frame), 10 + sizeof sent.frame);
        assert_true(readable(wire_descriptor(&r->wire), 1000));
        const struct wire_frame *in = take(r);

        assert_non_null(in);
        assert_int_equal(in->length, sizeof sent.frame);
        assert_int_equal(sum_of(in->bytes + 34, 17, pseudo), 0xffff);
        assert_int_equal(in->bytes[40] == 0xff && in->bytes[41] == 0xff, zero);
    }
    rig_free(r);
    close(far);
}

/* Three segments of TCP in one frame, and one more frame behind it. */
static void segments_come_one_by_one(void **state)
{
    static const uint8_t head[54] = {
        0x52, 0x54, 1, 0, 0,  0, 0x52, 0x54, 1,  0, 0,    9,    8,  0, 0x45, 0, 0x0b, 0xe0,
        0,    1,    0, 0, 64, 6, 0,    0,    10, 0, 0,    1,    10, 0, 0,    2, 0x9c, 0x40,
        0,    7,    0, 0, 0,  1, 0,    0,    0,  1, 0x50, 0x18, 1,  0, 0,    0, 0,    0};
    struct {
        struct virtio_net_hdr offload;
        uint8_t frame[54 + 3000];
    } sent = {.offload = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                          .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
                          .hdr_len = 54,
                          .gso_size = 1448,
                          .csum_start = 34,
                          .csum_offset = 16}};
    static const uint32_t lengths[] = {54 + 1448, 54 + 1448, 54 + 104, 64};

    (void)state;
    NEED_TAP();
    int far;
    struct rig *r = rig_plugged(IFF_VNET_HDR, &far);

    memcpy(sent.frame, head, sizeof head);
    memset(sent.frame + 54, 0x5a, 3000);
    assert_int_equal(write(far, &sent, 10 + sizeof sent.frame), 10 + sizeof sent.frame);
    memset(&sent, 0, sizeof sent);
    number_frame(sent.frame, 8);
    assert_int_equal(write(far, &sent, 10 + 64), 10 + 64);
    assert_true(readable(wire_descriptor(&r->wire), 1000));
    for (unsigned i = 0; i < 4; i++) {
        wire_listen(&r->wire);
        const struct wire_frame *in = wire_take(&r->wire, wire_due(&r->wire));

        assert_non_null(in);
        assert_int_equal(in->length, lengths[i]);
        if (i < 3) {
            uint32_t pseudo = sum_of(in->bytes + 26, 8, 6 + in->length - 34);

            assert_int_equal(sum_of(in->bytes + 34, in->length - 34, pseudo), 0xffff);
            assert_int_equal(in->bytes[40] << 8 | in->bytes[41], i * 1448 + 1);
        }
    }
    assert_null(take(r));
    assert_int_equal(r->stats.in_frames, 4);
    rig_free(r);
    close(far);
}

static void an_interface_must_be_there_and_up(void **state)
{
    (void)state;
    NEED_TAP();
    int far = make_tap("live1", 0);
    struct rig *r = rig_new(&wire_packet, "live1");

    assert_int_equal(rig_open(r), -ENETDOWN);
    assert_string_equal(r->why, "wire lan: interface live1 is down; `ip link set live1 up` first");
    set(r, "interface", "live2");
    assert_int_equal(rig_open(r), -ENODEV);
    assert_string_equal(r->why,
                        "wire lan: there is no interface live2; `ip link` shows those there are");
    set(r, "interface", "lo");
    assert_int_equal(rig_open(r), -EPROTOTYPE);
    assert_string_equal(r->why, "wire lan: interface lo is no Ethernet");
    rig_free(r);
    close(far);
}

/* -- sleeping -- */

/* A wait ends for what is heard as it does for the doorbell, and once for each time. */
static void a_bell_hears(void **state)
{
    int doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), heard = eventfd(0, EFD_NONBLOCK);
    const uint64_t one = 1;
    struct bell bell;

    (void)state;
    alarm(20);
    assert_int_equal(bell_hang(&bell, doorbell, 0), 0);
    assert_int_equal(bell_hear(&bell, heard), 0);
    assert_int_equal(write(heard, &one, sizeof one), sizeof one);
    bell_wait(&bell, BELL_FOREVER);
    assert_int_equal(write(heard, &one, sizeof one), sizeof one);
    bell_listen(&bell, BELL_FOREVER);
    uint64_t until_ns = clock_host_ns() + 30000000;
    bell_listen(&bell, until_ns); /* though it can still be read */
    assert_true(clock_host_ns() >= until_ns);
    assert_int_equal(bell_hear(&bell, -1), -EBADF);
    bell_take_down(&bell);
    close(heard);
    close(doorbell);
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_interfaces),
        cmocka_unit_test(addresses_have_a_network),
        cmocka_unit_test(the_host_has_no_virtual_time),
        cmocka_unit_test(a_tap_brings_what_the_host_sends),
        cmocka_unit_test(a_tap_is_no_faster_than_its_medium),
        cmocka_unit_test(a_tap_takes_what_leaves),
        cmocka_unit_test(a_tap_has_the_address_asked_for),
        cmocka_unit_test(a_name_that_is_taken_is_told),
        cmocka_unit_test(a_tap_that_is_gone_has_ended),
        cmocka_unit_test(plugged_in_hears_and_is_heard),
        cmocka_unit_test(a_tag_is_put_back),
        cmocka_unit_test(a_checksum_is_completed),
        cmocka_unit_test(segments_come_one_by_one),
        cmocka_unit_test(an_interface_must_be_there_and_up),
        cmocka_unit_test(a_bell_hears),
    };

    return cmocka_run_group_tests(tests, look_for_taps, NULL);
}
