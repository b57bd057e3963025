/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's interfaces are asked and told by ioctl() on a socket that is there for nothing else.
 */
#include "sim/wire/hostlink.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool hostlink_check_name(const char *name, struct diag *diag, struct diag_place place)
{
    size_t length = strlen(name);

    place.path = arena_format(diag->arena, "%s.interface", place.path);
    if (length >= IFNAMSIZ) {
        diag_error(diag, place, "\"%s\" has %zu characters; an interface's name has at most %d",
                   name, length, IFNAMSIZ - 1);
        return false;
    }
    bool good = length > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;

    for (const char *at = name; *at != '\0'; at++) {
        /* A percent sign asks Linux to choose a number, and nobody would know which. */
        good &= isgraph((unsigned char)*at) != 0 && strchr("/:%", *at) == NULL;
    }
    if (!good) {
        diag_error(diag, place, "\"%s\" cannot be the name of an interface", name);
    }
    return good;
}

bool hostlink_parse(const char *text, struct hostlink_address *out)
{
    const char *slash = strchr(text, '/');
    char ip[INET_ADDRSTRLEN];
    struct in_addr parsed;
    unsigned long bits;
    char *end;

    if (slash == NULL || (size_t)(slash - text) >= sizeof ip || !isdigit((unsigned char)slash[1])) {
        return false;
    }
    memcpy(ip, text, (size_t)(slash - text));
    ip[slash - text] = '\0';
    bits = strtoul(slash + 1, &end, 10);
    if (*end != '\0' || bits < 1 || bits > 32 || inet_pton(AF_INET, ip, &parsed) != 1) {
        return false;
    }
    *out = (struct hostlink_address){.ip = parsed.s_addr, .bits = (unsigned)bits};
    return true;
}

/* -- the interface -- */

/* 0 or -errno. */
static int ask(const char *name, unsigned long what, struct ifreq *request)
{
    int by = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

    if (by < 0) {
        return -errno;
    }
    snprintf(request->ifr_name, sizeof request->ifr_name, "%s", name);
    if (ioctl(by, what, request) != 0) {
        error = -errno;
    }
    close(by);
    return error;
}

static int not_there(const char *wire, const char *name, int error, char why[static WIRE_WHY_BYTES])
{
    if (error == -ENODEV) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: there is no interface %s; `ip link` shows those there are", wire, name);
    } else {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: cannot ask about interface %s: %s", wire, name,
                 strerror(-error));
    }
    return error;
}

int hostlink_is_up(const char *wire, const char *name, char why[static WIRE_WHY_BYTES])
{
    struct ifreq kind = {.ifr_flags = 0}, flags = {.ifr_flags = 0};
    int error = ask(name, SIOCGIFHWADDR, &kind);

    error = error != 0 ? error : ask(name, SIOCGIFFLAGS, &flags);
    if (error != 0) {
        return not_there(wire, name, error, why);
    }
    if (kind.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: interface %s is no Ethernet", wire, name);
        return -EPROTOTYPE;
    }
    if ((flags.ifr_flags & IFF_UP) == 0) {
        snprintf(why, WIRE_WHY_BYTES, "wire %s: interface %s is down; `ip link set %s up` first",
                 wire, name, name);
        return -ENETDOWN;
    }
    return 0;
}

int hostlink_set_up(const char *wire, const char *name, char why[static WIRE_WHY_BYTES])
{
    struct ifreq request = {.ifr_flags = 0};
    int error = ask(name, SIOCGIFFLAGS, &request);

    if (error != 0) {
        return not_there(wire, name, error, why);
    }
    if ((request.ifr_flags & IFF_UP) != 0) {
        return 0;
    }
    request.ifr_flags |= IFF_UP;
    error = ask(name, SIOCSIFFLAGS, &request);
    if (error != 0) {
        snprintf(why, WIRE_WHY_BYTES,
                 "wire %s: interface %s is down, and setting it up failed (%s); have root do "
                 "`ip link set %s up` first",
                 wire, name, strerror(-error), name);
    }
    return error;
}

static struct sockaddr internet(uint32_t ip)
{
    struct sockaddr_in of = {.sin_family = AF_INET, .sin_addr.s_addr = ip};
    struct sockaddr plain;

    memcpy(&plain, &of, sizeof plain);
    return plain;
}

static bool has(const char *name, unsigned long what, uint32_t ip)
{
    struct ifreq request = {.ifr_flags = 0};
    struct sockaddr_in is;

    if (ask(name, what, &request) != 0) {
        return false;
    }
    memcpy(&is, &request.ifr_addr, sizeof is);
    return is.sin_addr.s_addr == ip;
}

int hostlink_set_address(const char *wire, const char *name, const struct hostlink_address *address,
                         char why[static WIRE_WHY_BYTES])
{
    uint32_t mask = htonl((uint32_t)(UINT64_C(0xffffffff) << (32 - address->bits)));
    struct ifreq request = {.ifr_addr = internet(address->ip)};

    if (has(name, SIOCGIFADDR, address->ip) && has(name, SIOCGIFNETMASK, mask)) {
        return 0;
    }
    int error = ask(name, SIOCSIFADDR, &request);

    if (error == 0) {
        request.ifr_addr = internet(mask);
        error = ask(name, SIOCSIFNETMASK, &request);
    }
    if (error != 0) {
        snprintf(
            why, WIRE_WHY_BYTES,
            "wire %s: cannot give interface %s an address (%s); leave out \"address\" and have "
            "root do `ip addr add`",
            wire, name, strerror(-error));
    }
    return error;
}
