/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all wires have in common. The far end (a row of wire_types.h) offers one frame at a time and
 * says when it could begin; the medium says when it is free again; the later of the two is when the
 * frame is due. The caller takes it, and on its way in a frame for an address the scenario maps is
 * rewritten, in a copy of our own, to be for a client. Frames going out are counted and shown to
 * the far end.
 */
#include "sim/wire/wire.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S        1000000000u
#define MAC_BYTES       6u
#define ETHERTYPE_ARP   0x0806u
#define ETHERTYPE_VLAN  0x8100u
#define TYPE            12u /* where that is, or that of a tag with it 4 bytes behind */
#define TAG_BYTES       4u
#define ARP_TARGET      32u /* the target's hardware address, in an ARP frame */
#define ARP_BYTES       42u
#define ADDRESSES_LEAST 16u

static const struct wire_type *const types[] = {
#define ROW(id) &wire_##id,
    WIRE_TYPES(ROW)
#undef ROW
};

const struct wire_type *const *wire_types(size_t *count)
{
    *count = sizeof(types) / sizeof(types[0]);
    return types;
}

/* ---- addresses ---- */

/* One recorded address and whose it is now. */
struct wire_address {
    uint64_t recorded; /* 48 bits; 0: the entry is free (no station has the address 0) */
    uint8_t mac[MAC_BYTES];
    bool seen; /* it occurs in what the far end will send */
};

/* A growing set of them, while building. */
struct address_book {
    struct wire_address *entries;
    size_t mask, count;
    bool full; /* no memory */
};

static uint64_t mac_number(const uint8_t mac[static MAC_BYTES])
{
    uint32_t high;
    uint16_t low;

    memcpy(&high, mac, sizeof(high));
    memcpy(&low, mac + sizeof(high), sizeof(low));
    return (uint64_t)high << 16 | low;
}

static bool mac_is_group(const uint8_t mac[static MAC_BYTES])
{
    return (mac[0] & 1) != 0;
}

/* Where an address is in the table, or the free entry where it would be. */
static struct wire_address *address_find(struct wire_address *entries, size_t mask,
                                         uint64_t recorded)
{
    size_t at = (size_t)((recorded * 0x9e3779b97f4a7c15u) >> 32) & mask;

    while (entries[at].recorded != recorded && entries[at].recorded != 0) {
        at = (at + 1) & mask;
    }
    return &entries[at];
}

/* Keep the table at most half full, so that looking for what is not there ends soon. */
static bool book_grow(struct address_book *b)
{
    size_t size = b->entries == NULL ? ADDRESSES_LEAST : (b->mask + 1) * 2;
    struct wire_address *bigger = calloc(size, sizeof(*bigger));

    if (bigger == NULL) {
        b->full = true;
        return false;
    }
    for (size_t i = 0; b->entries != NULL && i <= b->mask; i++) {
        if (b->entries[i].recorded != 0) {
            *address_find(bigger, size - 1, b->entries[i].recorded) = b->entries[i];
        }
    }
    free(b->entries);
    b->entries = bigger;
    b->mask = size - 1;
    return true;
}

/* The entry of an address, made if it is new; NULL when memory has run out. */
static struct wire_address *book_entry(struct address_book *b, uint64_t recorded, bool *is_new)
{
    *is_new = false;
    if ((b->entries == NULL || b->count >= b->mask / 2) && !book_grow(b)) {
        return NULL;
    }
    struct wire_address *entry = address_find(b->entries, b->mask, recorded);

    if (entry->recorded == 0) {
        entry->recorded = recorded;
        b->count++;
        *is_new = true;
    }
    return entry;
}

/* Spreading: each new recorded address belongs to the next client. */
struct spreading {
    struct address_book book;
    const struct wire_world *world;
    size_t turn;
};

/* The number of the station a frame was recorded for; 0 if it is for none or for several. */
static uint64_t station_of(const uint8_t *bytes, uint32_t length)
{
    return length < MAC_BYTES || mac_is_group(bytes) ? 0 : mac_number(bytes);
}

static const struct wire_client *client_in_turn(const struct wire_world *world, size_t *turn)
{
    for (size_t i = 0; i < world->client_count; i++) {
        const struct wire_client *client = &world->clients[(*turn)++ % world->client_count];

        if (client->here) {
            return client;
        }
    }
    return NULL;
}

static void spread_one(void *context, const uint8_t *bytes, uint32_t length)
{
    struct spreading *s = context;
    uint64_t recorded = station_of(bytes, length);
    bool is_new;

    if (recorded == 0) {
        return;
    }
    struct wire_address *entry = book_entry(&s->book, recorded, &is_new);

    if (entry != NULL && is_new) {
        const struct wire_client *client = client_in_turn(s->world, &s->turn);

        memcpy(entry->mac, client == NULL ? bytes : client->mac, MAC_BYTES);
    }
}

static struct address_book book_spread(const struct wire_type *type, void *state,
                                       const struct wire_world *world)
{
    struct spreading s = {.world = world};

    if (type->survey != NULL) {
        type->survey(state, spread_one, &s);
    }
    return s.book;
}

static struct address_book book_of_macs(const struct scenario_wire *asked,
                                        const struct wire_world *world)
{
    struct address_book book = {.entries = NULL};
    bool is_new;

    for (size_t i = 0; i < asked->mac_count; i++) {
        const struct scenario_mac *m = &asked->macs[i];
        struct wire_address *entry;

        assert(m->client < world->client_count);
        entry = book_entry(&book, mac_number(m->recorded), &is_new);
        if (entry != NULL) {
            memcpy(entry->mac, world->clients[m->client].mac, MAC_BYTES);
        }
    }
    return book;
}

static unsigned type_at(const uint8_t *bytes, size_t at)
{
    return (unsigned)(bytes[at] << 8 | bytes[at + 1]);
}

/* Where an ARP frame, tagged or not, has its target's hardware address; 0: it is no ARP frame. */
static size_t arp_target(const uint8_t *bytes, uint32_t length)
{
    if (length < ARP_BYTES) {
        return 0;
    }
    size_t tag = type_at(bytes, TYPE) == ETHERTYPE_VLAN ? TAG_BYTES : 0;
    bool is_arp = length >= ARP_BYTES + tag && type_at(bytes, TYPE + tag) == ETHERTYPE_ARP;

    return is_arp ? ARP_TARGET + tag : 0;
}

/* The frame as the clients' addresses have it: itself, or our copy. */
static const uint8_t *mapped(struct wire *w, const uint8_t *bytes, uint32_t length)
{
    uint64_t recorded = station_of(bytes, length);

    if (recorded == 0) {
        return bytes;
    }
    const struct wire_address *entry = address_find(w->addresses, w->address_mask, recorded);

    if (entry->recorded == 0) {
        return bytes;
    }
    memcpy(w->copy, bytes, length);
    memcpy(w->copy, entry->mac, MAC_BYTES);
    size_t target = arp_target(bytes, length);

    if (target != 0 && mac_number(bytes + target) == recorded) {
        memcpy(w->copy + target, entry->mac, MAC_BYTES);
    }
    w->stats->mapped++;
    return w->copy;
}

/* ---- what is said before anything starts ---- */

static struct diag_place key_place(const struct scenario_wire *asked, struct diag *diag,
                                   const char *key)
{
    struct diag_place place = asked->place;

    place.path = arena_format(diag->arena, "%s.%s", place.path == NULL ? "" : place.path, key);
    return place;
}

static bool any_client_here(const struct wire_world *world)
{
    for (size_t i = 0; i < world->client_count; i++) {
        if (world->clients[i].here) {
            return true;
        }
    }
    return false;
}

/* Each mapping by itself: can such an address be mapped, and to that client? */
static bool check_macs(const struct scenario_wire *asked, const struct wire_world *world,
                       struct diag *diag)
{
    struct diag_place place = key_place(asked, diag, "macs");
    size_t errors = diag->errors;

    if (asked->mac_count == 0 && !asked->macs_spread) {
        return true;
    }
    if (((const struct wire_type *)asked->type->type)->survey == NULL) {
        diag_error(diag, place, "a wire of kind \"%s\" addresses the clients itself",
                   asked->type->name);
        return false;
    }
    if (!any_client_here(world)) {
        diag_error(diag, place, "no client receives from this wire");
    }
    for (size_t i = 0; i < asked->mac_count; i++) {
        const uint8_t *r = asked->macs[i].recorded;
        const struct wire_client *client = &world->clients[asked->macs[i].client];

        assert(asked->macs[i].client < world->client_count);
        if (mac_is_group(r) || mac_number(r) == 0) {
            diag_error(diag, place,
                       "%02x:%02x:%02x:%02x:%02x:%02x is not the address of one station", r[0],
                       r[1], r[2], r[3], r[4], r[5]);
        }
        if (!client->here) {
            diag_error(diag, place, "client \"%s\" does not receive from this wire", client->name);
        }
    }
    return diag->errors == errors;
}

static void mark_seen(void *context, const uint8_t *bytes, uint32_t length)
{
    struct address_book *book = context;
    uint64_t recorded = station_of(bytes, length);

    if (recorded != 0) {
        address_find(book->entries, book->mask, recorded)->seen = true;
        /* A free entry may have been marked: it is still free. */
    }
}

/* An address that never occurs is most likely mistyped, and its client would wait for ever. */
static void warn_of_unseen(const struct scenario_wire *asked, const struct wire_world *world,
                           struct diag *diag)
{
    const struct wire_type *type = asked->type->type;
    struct address_book book = book_of_macs(asked, world);

    if (book.entries == NULL || book.full) {
        goto out;
    }
    type->survey(asked->state, mark_seen, &book);
    for (size_t i = 0; i < asked->mac_count; i++) {
        const uint8_t *r = asked->macs[i].recorded;

        if (!address_find(book.entries, book.mask, mac_number(r))->seen) {
            diag_warn(diag, key_place(asked, diag, "macs"),
                      "no frame was recorded for %02x:%02x:%02x:%02x:%02x:%02x", r[0], r[1], r[2],
                      r[3], r[4], r[5]);
        }
    }
out:
    free(book.entries);
}

/* The world as the far end sees it: at this wire's speed. */
static struct wire_world world_of(const struct scenario_wire *asked, const struct wire_world *world)
{
    struct wire_world here = *world;

    here.speed_bps = asked->speed_bps;
    return here;
}

bool wire_check(const struct scenario_wire *asked, const struct wire_world *world,
                struct diag *diag)
{
    const struct wire_type *type = asked->type->type;
    bool macs_good = check_macs(asked, world, diag);
    struct wire_world here = world_of(asked, world);
    bool good = type->check == NULL || type->check(asked->state, &here, diag, asked->place);

    if (world->virtual_time && wire_is_live(type)) {
        diag_error(diag, key_place(asked, diag, "kind"),
                   "a wire of kind \"%s\" is fed by programs of the host, whose time is not "
                   "virtual; use \"clock\": \"host\", or record them there and replay that with a "
                   "wire of kind \"pcap\"",
                   type->name);
        good = false;
    }

    if (good && macs_good && asked->mac_count > 0) {
        warn_of_unseen(asked, world, diag);
    }
    return good && macs_good;
}

void wire_forget(const struct scenario_wire *asked)
{
    const struct wire_type *type = asked->type->type;

    if (type->finish != NULL) {
        type->finish(asked->state);
    }
}

/* ---- opening and closing ---- */

static int make_addresses(struct wire *w, const struct scenario_wire *asked,
                          const struct wire_world *world)
{
    struct address_book book = {.entries = NULL};

    if (asked->macs_spread) {
        book = book_spread(w->type, w->state, world);
    } else if (asked->mac_count > 0) {
        book = book_of_macs(asked, world);
    }
    w->addresses = book.entries;
    w->address_mask = book.mask;
    if (book.entries != NULL) {
        w->copy = malloc(WIRE_FRAME_BYTES);
    }
    if (book.full || (book.entries != NULL && w->copy == NULL)) {
        return -ENOMEM;
    }
    if (w->copy != NULL) {
        memset(w->copy, 0, WIRE_FRAME_BYTES); /* touched before the run, not in it */
    }
    return 0;
}

int wire_open(struct wire *w, const struct scenario_wire *asked, const struct wire_world *world,
              struct wire_stats *stats, char why[static WIRE_WHY_BYTES])
{
    struct wire_world here = world_of(asked, world);
    int error = 0;

    *stats = (struct wire_stats){.in_frames = 0};
    *w = (struct wire){
        .type = asked->type->type,
        .state = asked->state,
        .stats = stats,
        .speed_bps = asked->speed_bps,
    };
    assert(w->type->next != NULL);
    if (w->type->open != NULL) {
        error = w->type->open(w->state, &here, stats, why);
    }
    if (error == 0) {
        error = make_addresses(w, asked, world);
        if (error != 0) {
            snprintf(why, WIRE_WHY_BYTES, "wire %s: no memory for its addresses", asked->name);
        }
    }
    if (error != 0) {
        wire_close(w);
    }
    return error;
}

void wire_close(struct wire *w)
{
    if (w->type != NULL && w->type->finish != NULL) {
        w->type->finish(w->state);
    }
    free(w->addresses);
    free(w->copy);
    *w = (struct wire){.type = NULL, .next_is = WIRE_ENDED};
}

/* ---- running ---- */

uint64_t wire_ns(const struct wire *w, size_t length)
{
    uint64_t bits =
        (uint64_t)((length < WIRE_BYTES_MIN ? WIRE_BYTES_MIN : length) + WIRE_BYTES_OVER) * 8;

    return w->speed_bps == 0 ? 0 : (bits * NS_PER_S + w->speed_bps - 1) / w->speed_bps;
}

uint64_t wire_ask(struct wire *w)
{
    if (w->next_is == WIRE_ASK) {
        switch (w->type->next(w->state, &w->next)) {
        case WIRE_FRAME:
            assert(w->next.length <= WIRE_FRAME_BYTES);
            if (w->next.due_ns < w->free_ns) {
                w->next.due_ns = w->free_ns;
            }
            w->next_is = WIRE_READY;
            return w->next.due_ns;
        case WIRE_WAIT:
            w->next_is = WIRE_WAITING;
            break;
        case WIRE_END:
            w->next_is = WIRE_ENDED;
            w->stats->ended = 1;
            break;
        }
    }
    return w->next_is == WIRE_READY ? w->next.due_ns : WIRE_NEVER;
}

/* The medium is busy from `begin_ns` on. Fractions of a nanosecond add up as long as frames follow
 * each other closely; the first after a pause begins on a whole one. */
static void occupy(struct wire *w, uint64_t begin_ns, uint32_t length)
{
    if (w->speed_bps == 0) {
        return;
    }
    if (length != w->busy_length) {
        uint64_t bytes = (length < WIRE_BYTES_MIN ? WIRE_BYTES_MIN : length) + WIRE_BYTES_OVER;

        w->busy_length = length;
        w->busy_ns = bytes * 8 * NS_PER_S / w->speed_bps;
        w->busy_rest = bytes * 8 * NS_PER_S % w->speed_bps;
    }
    if (begin_ns > w->free_ns) {
        w->free_ns = begin_ns;
        w->free_rest = 0;
    }
    w->free_ns += w->busy_ns;
    w->free_rest += w->busy_rest;
    if (w->free_rest >= w->speed_bps) {
        w->free_rest -= w->speed_bps;
        w->free_ns++;
    }
}

const struct wire_frame *wire_take(struct wire *w, uint64_t now_ns)
{
    struct wire_stats *stats = w->stats;

    if (wire_due(w) > now_ns) {
        return NULL;
    }
    uint64_t begin_ns = w->next.due_ns;

    if (now_ns - begin_ns > WIRE_LATE_NS) {
        begin_ns = now_ns - WIRE_LATE_NS;
    }
    occupy(w, begin_ns, w->next.length);
    w->next_is = WIRE_ASK;
    if (w->type->entered != NULL) {
        w->type->entered(w->state, now_ns);
    }
    w->taken = w->next;
    w->taken.due_ns = begin_ns;
    if (w->addresses != NULL) {
        w->taken.bytes = mapped(w, w->next.bytes, w->next.length);
    }
    if (stats->in_frames++ == 0) {
        stats->first_in_ns = now_ns;
    }
    stats->in_bytes += w->next.length;
    stats->last_in_ns = now_ns;
    return &w->taken;
}

bool wire_send(struct wire *w, const uint8_t *bytes, size_t length, uint64_t now_ns)
{
    struct wire_stats *stats = w->stats;

    if (w->type->send != NULL && !w->type->send(w->state, bytes, length, now_ns)) {
        stats->refused++;
        return false;
    }
    if (stats->out_frames++ == 0) {
        stats->first_out_ns = now_ns;
    }
    stats->out_bytes += length;
    stats->last_out_ns = now_ns;
    if (w->type->send != NULL && w->next_is == WIRE_WAITING) {
        w->next_is = WIRE_ASK;
    }
    return true;
}

bool wire_is_live(const struct wire_type *type)
{
    return type->descriptor != NULL;
}

int wire_descriptor(const struct wire *w)
{
    return w->type != NULL && wire_is_live(w->type) ? w->type->descriptor(w->state) : -1;
}

void wire_listen(struct wire *w)
{
    if (w->next_is == WIRE_WAITING && wire_is_live(w->type)) {
        w->next_is = WIRE_ASK;
    }
}

static uint64_t window_rate(const struct wire_echo *e, uint64_t bits)
{
    if (e->window_end_ns <= e->first_ns) {
        return 0;
    }
    unsigned __int128 rate = (unsigned __int128)bits * NS_PER_S / (e->window_end_ns - e->first_ns);

    return rate > UINT64_MAX ? UINT64_MAX : (uint64_t)rate;
}

uint64_t wire_offered_bps(const struct wire_echo *e)
{
    return window_rate(e, e->window_in_bits);
}

uint64_t wire_achieved_bps(const struct wire_echo *e)
{
    return window_rate(e, e->window_back_bits);
}

bool wire_exhausted(struct wire *w)
{
    wire_due(w);
    return w->next_is == WIRE_ENDED;
}

bool wire_waits(struct wire *w)
{
    wire_due(w);
    return w->next_is == WIRE_WAITING;
}
