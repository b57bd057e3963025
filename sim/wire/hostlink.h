/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_HOSTLINK_H
#define SIM_WIRE_HOSTLINK_H
/*
 * Network interfaces of the host, for wires that lead there: what a name may be, whether there is
 * such an interface and it is up, and setting it up where that is ours to do. Whatever is refused
 * is told in one sentence that says what would help.
 */
#include <stdbool.h>
#include <stdint.h>

#include "sim/base/diag.h"
#include "sim/wire/wire.h"

/* An IPv4 address and how many bits of it name the network, as in "10.11.0.1/24". */
struct hostlink_address {
    uint32_t ip; /* network order */
    unsigned bits;
};

/* Complain at <place>.interface unless the host could have an interface of this name. */
bool hostlink_check_name(const char *name, struct diag *diag, struct diag_place place);
bool hostlink_parse(const char *text, struct hostlink_address *out);

/* The rest: 0, or -errno with the sentence, which begins with the wire's name. */

/* It is there, an Ethernet, and up. */
int hostlink_is_up(const char *wire, const char *name, char why[static WIRE_WHY_BYTES]);
/* Have it up, unless it is. */
int hostlink_set_up(const char *wire, const char *name, char why[static WIRE_WHY_BYTES]);
/* Give the host's end this address, unless it has it. */
int hostlink_set_address(const char *wire, const char *name, const struct hostlink_address *address,
                         char why[static WIRE_WHY_BYTES]);
#endif
