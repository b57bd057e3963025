/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Ethernet addresses of a network's clients: each has one of its own, given or made up, and may
 * have others. No two clients have the same, or neither would know whose frames are whose.
 */
#include <string.h>

#include "sim/class/net_parts.h"

#define MAC_TEXT_LENGTH 17

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Six times two hexadecimal digits, with colons between; false if it begins otherwise. */
static bool read_mac(const char *text, uint8_t mac[6])
{
    for (int i = 0; i < 6; i++, text += 3) {
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0 || (i < 5 && text[2] != ':')) {
            return false;
        }
        mac[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* An address in a list ends where the list does, or before what separates it from the next. */
static bool ends_here(const char *text)
{
    return *text == '\0' || *text == ',' || *text == ' ';
}

void net_read_macs(struct net *n, uint32_t client, uint32_t number,
                   const struct scenario_join *join)
{
    static const uint8_t none[6], broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct plan *p = n->p;
    const struct net_client *params = join->state;
    uint8_t(*macs)[6] = arena_array(p->arena, 64, sizeof *macs);
    size_t count = 1;
    const char *rest = params->more_macs;

    if (memcmp(params->mac, none, 6) != 0) {
        memcpy(macs[0], params->mac, 6);
    } else {
        const uint8_t own[6] = {0x52, 0x54, 0x01, 0x00, (uint8_t)(number >> 8), (uint8_t)number};
        memcpy(macs[0], own, 6);
    }
    if (macs[0][0] & 1) {
        diag_error(p->diag, join->place, "mac: a client's address cannot be a multicast one");
    }
    while (rest != NULL && *rest != '\0') {
        if (count == 64 || !read_mac(rest, macs[count]) || !ends_here(rest + MAC_TEXT_LENGTH)) {
            diag_error(p->diag, join->place,
                       "more_macs: no address at '%s' (at most 63, as \"52:54:01:00:00:09\")",
                       rest);
            break;
        }
        if (memcmp(macs[count], broadcast, 6) == 0) {
            diag_error(
                p->diag, join->place,
                "more_macs: %.17s is no address of one client; broadcasts go to every client",
                rest);
        }
        count++;
        rest += MAC_TEXT_LENGTH;
        rest += strspn(rest, ", ");
    }
    p->pds[client].macs = (const uint8_t(*)[6])macs;
    p->pds[client].mac_count = count;
}

/* Complains of each address that two clients have. */
static void check_two(struct net *n, const struct plan_pd *one, const struct plan_pd *other)
{
    for (size_t a = 0; a < one->mac_count; a++) {
        for (size_t b = 0; b < other->mac_count; b++) {
            const uint8_t *mac = one->macs[a];

            if (memcmp(mac, other->macs[b], 6) == 0) {
                diag_error(n->p->diag, other->asked->place,
                           "%s and %s both have the address %02x:%02x:%02x:%02x:%02x:%02x",
                           one->name, other->name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
            }
        }
    }
}

void net_check_macs(struct net *n)
{
    for (unsigned i = 0; i < n->client_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            check_two(n, &n->p->pds[n->clients[j]], &n->p->pds[n->clients[i]]);
        }
    }
}
