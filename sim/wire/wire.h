/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_WIRE_WIRE_H
#define SIM_WIRE_WIRE_H
/*
 * A wire: where frames come from before the device sees them, and where they go afterwards. It is a
 * medium of some speed with somebody at the far end: a recording, a generator, the host itself. A
 * wire is used from inside the domain of the device it is attached to, by one thread, and once it
 * is open it needs nothing but memory: no allocation, no clock, and no descriptor but that of a
 * live one. Time is the caller's, in nanoseconds since the run began, and never goes backwards.
 *
 *     while (wire_due(w) <= now) {            a frame is at the device's door
 *         frame = wire_take(w, now);          ... and enters
 *         device->frame_in(frame->bytes, frame->length);
 *     }
 *     wire_send(w, bytes, length, now);       whenever the device puts a frame out
 *
 * A caller that does not take a frame which is due holds it back, and all behind it: the wire waits
 * for as long as it likes, and goes on from there no faster than the medium allows.
 *
 * A live wire leads out of the simulation, to programs that send when they please. Its caller
 * sleeps on wire_descriptor() besides whatever else may wake it, and says wire_listen() whenever it
 * was awake. Only the host's clock has a time that such programs live by.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sddf/hw/param.h>

#include "sim/base/diag.h"
#include "sim/base/pcapfile.h"
#include "sim/model/scenario.h"
#include "sim/wire/rtt.h"

#define WIRE_WHY_BYTES   PCAPFILE_WHY_BYTES
#define WIRE_NEVER       UINT64_MAX
#define WIRE_FRAME_BYTES PCAPFILE_FRAME_BYTES_MAX
/* What a frame occupies the medium with beside itself: preamble and delimiter, FCS, gap. */
#define WIRE_BYTES_OVER 24u
#define WIRE_BYTES_MIN  60u /* a shorter frame occupies the medium like one of this length */
/*
 * A caller that comes late, because its host had something else to do, may let frames in that were
 * due within this time before, all at once; those that have waited for longer keep the distance the
 * medium gives them. In virtual time nobody is late.
 */
#define WIRE_LATE_NS 20000u

/* ---- what the wire is told, and what it tells ---- */

/* The scenario's clients, by their index there. */
struct wire_client {
    const char *name;
    bool here; /* it receives from the network this wire's device is part of */
    uint8_t mac[6];
};

struct wire_world {
    const char *wire_name;
    const struct wire_client *clients;
    size_t client_count;
    bool virtual_time;
    uint64_t seed;      /* of the run; dice of a wire are streams "wire.<name>.<what>" of it */
    uint64_t speed_bps; /* for check and open: the wire's own, filled in by the core */
};

/* What a generator learnt from what came back. Frames are known by the number in their payload. */
struct wire_echo {
    uint64_t sent;      /* frames that entered, warm-up included */
    uint64_t returned;  /* of these, came back, each counted once */
    uint64_t corrupt;   /* came back as something else, or claims to be one that was not sent */
    uint64_t duplicate; /* came back again */
    uint64_t misrouted; /* from another station than it was sent to, or to another source */
    uint64_t stale;     /* came back so late that it is not known whether for the first time */
    uint64_t other;     /* frames that are none of ours: ARP, say */
    /* Of the frames after the warm-up: */
    uint64_t measured, measured_bytes; /* returned */
    uint64_t first_ns, last_ns;        /* the first of them entered, the last of them came back */
    struct rtt rtt; /* from entering, or being due at its source in an open loop, to coming back */
    /*
     * The measuring window: after first_ns, up to and with when the last of them so far entered.
     * UDP payload that entered and that came back intact meanwhile, whenever that had entered: as
     * much comes in from before the window as is under way at its end.
     */
    uint64_t window_end_ns;
    uint64_t window_in_bits, window_back_bits;
};

/* Plain numbers in memory that others may look at, while the wire runs or after its end. */
struct wire_stats {
    uint64_t in_frames, in_bytes;
    uint64_t out_frames, out_bytes;
    uint64_t first_in_ns, last_in_ns, first_out_ns,
        last_out_ns;  /* mean nothing while there are none */
    uint64_t mapped;  /* frames that were given a client's address */
    uint64_t refused; /* frames that left the device, and the far end would not take */
    uint64_t ended;   /* 1: the far end has no more frames */
    struct wire_echo echo;
};

/* Frames that a generator sent and that have not come back. */
static inline uint64_t wire_missing(const struct wire_echo *e)
{
    uint64_t back = e->returned + e->stale;

    return back < e->sent ? e->sent - back : 0;
}

/* UDP payload that entered, and that came back, in bits a second of the measuring window; rounded
 * down, 0 while there is none. Safe for any contents. */
uint64_t wire_offered_bps(const struct wire_echo *e);
uint64_t wire_achieved_bps(const struct wire_echo *e);

struct wire_frame {
    const uint8_t *bytes; /* without FCS */
    uint32_t length;
    uint64_t due_ns; /* when it may begin to enter; from wire_take: when it began to */
};

/* ---- for those who use a wire ---- */

struct wire_address;

struct wire {
    const struct wire_type *type;
    void *state;
    struct wire_stats *stats;
    uint64_t speed_bps; /* 0: infinitely fast */
    enum { WIRE_ASK, WIRE_READY, WIRE_WAITING, WIRE_ENDED } next_is;
    struct wire_frame next; /* WIRE_READY: due_ns includes what the medium says */
    struct wire_frame taken;
    uint64_t free_ns, free_rest; /* when the medium is free: nanoseconds, and speed-ths of one */
    uint32_t busy_length;        /* the length these two were computed for */
    uint64_t busy_ns, busy_rest;
    struct wire_address *addresses; /* recorded -> client; a hash table of address_mask + 1 */
    size_t address_mask;
    uint8_t *copy; /* where frames are rewritten; NULL: none are */
};

/*
 * Everything that can be said against a wire without starting anything: the content of its capture,
 * names of clients, addresses that cannot be mapped or never occur. False if there was an error.
 * What was opened for this stays open for a wire_open() by this process; wire_forget() closes it
 * where none follows.
 */
bool wire_check(const struct scenario_wire *asked, const struct wire_world *world,
                struct diag *diag);
void wire_forget(const struct scenario_wire *asked);

/*
 * Acquire everything: files, tables, touched memory. In the supervisor before it starts the
 * device's domain, or in that domain before it is confined. `stats` is the caller's, zeroed here,
 * and outlives the wire; `world` is needed for this call only. 0, or -errno with a sentence in
 * `why`.
 */
int wire_open(struct wire *w, const struct scenario_wire *asked, const struct wire_world *world,
              struct wire_stats *stats, char why[static WIRE_WHY_BYTES]);

uint64_t wire_ask(struct wire *w); /* the slow half of wire_due() */

/* When the next frame may enter; may be past. WIRE_NEVER: there is none, for now or for good. */
static inline uint64_t wire_due(struct wire *w)
{
    return __builtin_expect(w->next_is == WIRE_READY, 1) ? w->next.due_ns : wire_ask(w);
}

/*
 * Let the next frame enter. NULL if none is due. The frame is the wire's, and good until the next
 * call of wire_due() or wire_take(). At a finite speed its last bit is in only wire_ns() less the
 * gap later; whoever cares adds that.
 */
const struct wire_frame *wire_take(struct wire *w, uint64_t now_ns);

/*
 * A frame leaves the device. Borrowed for the call. May make a waiting wire go on: ask wire_due().
 * False: the far end would not take it, which has been counted, and it is nowhere.
 */
bool wire_send(struct wire *w, const uint8_t *bytes, size_t length, uint64_t now_ns);

/* Do frames come to this wire from outside the simulation? */
bool wire_is_live(const struct wire_type *type);
/* What can be read once a frame has come to a live wire; -1 for any other. The wire's. */
int wire_descriptor(const struct wire *w);
/* A frame may have come meanwhile: a live wire that waits is asked anew by wire_due(). */
void wire_listen(struct wire *w);

/* No frame will ever enter again. */
bool wire_exhausted(struct wire *w);
/* The far end says nothing until something comes back to it. */
bool wire_waits(struct wire *w);

/* How long the medium is busy with a frame, preamble, padding, FCS and gap included; rounded up. */
uint64_t wire_ns(const struct wire *w, size_t length);

/* Free what wire_open() took; the statistics stay. A zeroed wire is fine. */
void wire_close(struct wire *w);

/* ---- for those who write one ---- */

enum wire_next { WIRE_FRAME, WIRE_WAIT, WIRE_END };

struct wire_type {
    const char *name; /* as a scenario spells it */
    const char *doc;  /* one line, for `list` */
    size_t state_size;
    const struct param *params; /* scenario keys, stored in the state */

    /* Complaints about the keys' values and what they name; false if there was an error. May leave
     * open in the state what `open` will need. NULL: none. */
    bool (*check)(void *state, const struct wire_world *world, struct diag *diag,
                  struct diag_place place);
    /* Acquire what the wire needs and begin at the beginning, perhaps without a `check` before. 0,
     * or -errno with a sentence in `why`. NULL: needs nothing. */
    int (*open)(void *state, const struct wire_world *world, struct wire_stats *stats,
                char why[static WIRE_WHY_BYTES]);
    /* Show every frame that is known beforehand; after a `check` or `open` that succeeded, and
     * before the first `next`. NULL: the far end addresses the clients itself, and nothing is
     * mapped. */
    void (*survey)(void *state, void (*see)(void *context, const uint8_t *bytes, uint32_t length),
                   void *context);
    /* Required. The next frame, and when it is due at the earliest; the bytes stay valid until the
     * next call, which comes only after that frame has entered. After WAIT the next call comes
     * after a `send`; after END none comes. */
    enum wire_next (*next)(void *state, struct wire_frame *out);
    /* The frame last returned by `next` enters now. NULL: not interested. */
    void (*entered)(void *state, uint64_t now_ns);
    /* A frame leaves the device, borrowed for the call. False: it is not taken. NULL: frames
     * vanish, counted. */
    bool (*send)(void *state, const uint8_t *bytes, size_t length, uint64_t now_ns);
    /* Of a live wire, once open: a descriptor that does not block, and can be read when there may
     * be a frame. `next` is called after WAIT without a `send` as well. NULL: not live. */
    int (*descriptor)(const void *state);
    /* Release whatever `check` and `open` acquired, if anything. NULL: nothing to release. */
    void (*finish)(void *state);
};

#include "sim/wire/wire_types.h"
#define ROW(id) extern const struct wire_type wire_##id;
WIRE_TYPES(ROW)
#undef ROW

/* All kinds in row order. */
const struct wire_type *const *wire_types(size_t *count);
#endif
