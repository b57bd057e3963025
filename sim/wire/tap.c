/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wire whose far end is the host's own network stack: an interface of the host, as real to its
 * programs as any, with the simulated device at its other end. What the host sends there is read
 * here and enters; what the device puts out is written, and the host has received it. Of checksums
 * and segments the host computes all itself, since this interface claims no ability to do so.
 *
 * An interface that was not there before is made, set up, and gone with the wire. One that is
 * there, made beforehand by root for a user without privileges (`ip tuntap add`), is used and
 * stays.
 *
 * While nobody reads, frames wait at the interface, as many as its queue (`ip link`) has room for;
 * what is lost there has never reached the wire, and the host counts it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sim/wire/hostlink.h"
#include "sim/wire/wire.h"

#define TUN "/dev/net/tun"

struct wire_tap {
    /* Scenario keys. */
    const char *interface;
    const char *address; /* NULL: it is not ours to give one */

    bool is_open;
    int fd;
    uint8_t frame[WIRE_FRAME_BYTES];
};

static const struct param params[] = {
    PARAM_TEXT_OPTIONAL(struct wire_tap, interface, "tap0",
                        "the interface of the host: made for the run, unless it is there already"),
    PARAM_TEXT_OPTIONAL(struct wire_tap, address, NULL,
                        "IPv4 address and network of the host's end, as in \"10.11.0.1/24\"; if "
                        "left out, it keeps what it has"),
    PARAM_END,
};

static bool tap_check(void *state, const struct wire_world *world, struct diag *diag,
                      struct diag_place place)
{
    const struct wire_tap *t = state;
    bool good = hostlink_check_name(t->interface, diag, place);
    struct hostlink_address address;

    (void)world;
    if (t->address != NULL && !hostlink_parse(t->address, &address)) {
        place.path = arena_format(diag->arena, "%s.address", place.path);
        diag_error(diag, place,
                   "\"%s\" is no IPv4 address with the length of its network, such as "
                   "\"10.11.0.1/24\"",
                   t->address);
        good = false;
    }
    return good;
}

/* Why there is no way to make interfaces. */
static int no_tun(const char *wire, int error, char why[static WIRE_WHY_BYTES])
{
    if (error == -EACCES || error == -EPERM) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: " TUN " may not be opened; run as root, or have root `chmod 666 " TUN
                 "`, which gives nobody more than interfaces of their own",
                 wire);
    } else if (error == -ENOENT || error == -ENODEV || error == -ENXIO) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: this machine has no " TUN "; `modprobe tun` as root, or use a wire of "
                 "kind \"packet\"",
                 wire);
    } else {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: cannot open " TUN ": %s", wire, strerror(-error));
    }
    return error;
}

static int no_interface(const char *wire, const char *name, int error,
                        char why[static WIRE_WHY_BYTES])
{
    if (error == -EPERM || error == -EACCES) {
        snprintf(
            why, WIRE_WHY_BYTES,
            "wire %s: not allowed to use interface %s; run as root or within `unshare -rn`, or "
            "have root do `ip tuntap add dev %s mode tap user NAME`",
            wire, name, name);
    } else if (error == -EBUSY) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: interface %s is taken: another program is at its other end", wire, name);
    } else if (error == -EINVAL) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: the name %s is taken by an interface that is no tap; choose another",
                 wire, name);
    } else {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: cannot make interface %s: %s", wire, name,
                 strerror(-error));
    }
    return error;
}

static int attach(struct wire_tap *t, const char *wire, char why[static WIRE_WHY_BYTES])
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

    t->fd = open(TUN, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (t->fd < 0) {
        return no_tun(wire, -errno, why);
    }
    t->is_open = true;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", t->interface);
    return ioctl(t->fd, TUNSETIFF, &request) != 0 ? no_interface(wire, t->interface, -errno, why)
                                                  : 0;
}

static int tap_open(void *state, const struct wire_world *world, struct wire_stats *stats,
                    char why[static WIRE_WHY_BYTES])
{
    struct wire_tap *t = state;
    struct hostlink_address address;
    int error = attach(t, world->wire_name, why);

    (void)stats;
    if (error == 0 && t->address != NULL && hostlink_parse(t->address, &address)) {
        error = hostlink_set_address(world->wire_name, t->interface, &address, why);
    }
    return error != 0 ? error : hostlink_set_up(world->wire_name, t->interface, why);
}

static enum wire_next tap_next(void *state, struct wire_frame *out)
{
    struct wire_tap *t = state;
    ssize_t got = read(t->fd, t->frame, sizeof t->frame);

    if (got <= 0) {
        /* Somebody took the interface away. */
        return got < 0 && errno == EBADFD ? WIRE_END : WIRE_WAIT;
    }
    *out = (struct wire_frame){.bytes = t->frame, .length = (uint32_t)got};
    return WIRE_FRAME;
}

static bool tap_send(void *state, const uint8_t *bytes, size_t length, uint64_t now_ns)
{
    const struct wire_tap *t = state;

    (void)now_ns;
    return write(t->fd, bytes, length) == (ssize_t)length;
}

static int tap_descriptor(const void *state)
{
    return ((const struct wire_tap *)state)->fd;
}

static void tap_finish(void *state)
{
    struct wire_tap *t = state;

    if (t->is_open) {
        close(t->fd);
    }
    t->is_open = false;
    t->fd = -1;
}

const struct wire_type wire_tap = {
    .name = "tap",
    .doc = "an interface of the host, whose programs are at the far end; host clock only",
    .state_size = sizeof(struct wire_tap),
    .params = params,
    .check = tap_check,
    .open = tap_open,
    .next = tap_next,
    .send = tap_send,
    .descriptor = tap_descriptor,
    .finish = tap_finish,
};
