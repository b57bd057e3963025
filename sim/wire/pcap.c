/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wire whose far end is a recording: the frames of a capture enter in the order recorded, at the
 * times recorded or at some other pace, once or again and again. Nobody listens to what comes out;
 * a capture at the wire keeps that, if it is wanted.
 *
 * Recorded times are counted from the first frame of the file. A frame whose time is before that of
 * an earlier one (several receive queues were recorded, say) is due at once, and does not disturb
 * those after it; only where time goes back by more than a second was a clock set, and we count
 * anew from there. From one replay to the next the gap is the mean one of the recording, so that
 * its rate goes on unchanged.
 */
#include <sys/stat.h>

#include "sim/wire/pacer.h"
#include "sim/wire/wire.h"

#define CLOCK_SET_NS 1000000000u

struct wire_pcap {
    /* Scenario keys. */
    const char *file;
    struct pace pace;
    uint64_t loop;

    struct pcapfile *capture;
    struct pacer pacer; /* all paces but the recorded one */
    uint64_t replay;    /* counts from 0 */
    uint64_t frames;    /* of this replay so far */
    uint64_t start_ns;  /* when this replay began */
    uint64_t zero_ns;   /* the recorded time that is due at start_ns + zero_due_ns */
    uint64_t zero_due_ns;
    uint64_t last_due_ns; /* since start_ns: no later frame is due before this */
};

static const struct param params[] = {
    PARAM_PATH(struct wire_pcap, file, "the capture to replay: pcap or pcapng, Ethernet"),
    PARAM_PACE(struct wire_pcap, pace, "recorded",
               "how fast: \"recorded\", \"line\", \"5000 frames/s\" or \"10 Mbit/s\""),
    PARAM_UINT(struct wire_pcap, loop, 1, 0, UINT64_MAX, "how often to replay it; 0: for ever"),
    PARAM_END,
};

/* A pipe gives what it holds once; a run is checked, then made, and perhaps repeated. */
static bool is_read_again(const char *path)
{
    struct stat info;

    /* What cannot be looked at is for pcapfile_open() to complain about. */
    return stat(path, &info) != 0 || S_ISREG(info.st_mode) || S_ISDIR(info.st_mode);
}

static bool pcap_check(void *state, const struct wire_world *world, struct diag *diag,
                       struct diag_place place)
{
    struct wire_pcap *p = state;
    char why[WIRE_WHY_BYTES] = "";

    (void)world;
    if (p->pace.kind >= PACE_FRAMES && p->pace.per_second == 0) {
        place.path = arena_format(diag->arena, "%s.pace", place.path);
        diag_error(diag, place, "no frame would ever be sent at a rate of 0");
        return false;
    }
    place.path = arena_format(diag->arena, "%s.file", place.path);
    if (p->capture == NULL && !is_read_again(p->file)) {
        diag_error(diag, place,
                   "%s: is no regular file, and must be readable more than once; "
                   "save what it delivers in a file first",
                   p->file);
        return false;
    }
    if (p->capture == NULL && pcapfile_open(&p->capture, p->file, why) != 0) {
        p->capture = NULL;
        diag_error(diag, place, "%s", why);
        return false;
    }
    return true;
}

static int pcap_open(void *state, const struct wire_world *world, struct wire_stats *stats,
                     char why[static WIRE_WHY_BYTES])
{
    struct wire_pcap *p = state;
    int error = 0;

    (void)world;
    (void)stats;
    if (p->capture == NULL) {
        error = pcapfile_open(&p->capture, p->file, why);
        if (error != 0) {
            p->capture = NULL;
            return error;
        }
    }
    pcapfile_rewind(p->capture);
    p->replay = p->frames = 0;
    p->start_ns = p->zero_due_ns = p->last_due_ns = 0;
    if (p->pace.kind != PACE_RECORDED) {
        p->pacer = pacer_start(p->pace);
    }
    return 0;
}

static void pcap_survey(void *state,
                        void (*see)(void *context, const uint8_t *bytes, uint32_t length),
                        void *context)
{
    struct wire_pcap *p = state;
    struct frame_record record;

    pcapfile_rewind(p->capture);
    while (pcapfile_next(p->capture, &record)) {
        see(context, record.bytes, record.bytes_count);
    }
    pcapfile_rewind(p->capture);
}

/* Begin the next replay, if there is one to come and the last one had any frames. */
static bool replay_again(struct wire_pcap *p)
{
    if (p->frames == 0 || (p->loop != 0 && p->replay + 1 >= p->loop)) {
        return false;
    }
    uint64_t mean_gap_ns = p->frames < 2 ? 0 : p->last_due_ns / (p->frames - 1);

    p->start_ns += p->last_due_ns + mean_gap_ns;
    p->replay++;
    p->frames = 0;
    p->zero_due_ns = 0;
    p->last_due_ns = 0;
    pcapfile_rewind(p->capture);
    return true;
}

/* When a frame recorded at this time is due. */
static uint64_t recorded_due(struct wire_pcap *p, uint64_t time_ns)
{
    uint64_t newest_ns = p->zero_ns + (p->last_due_ns - p->zero_due_ns);

    if (p->frames == 0 || (time_ns < newest_ns && newest_ns - time_ns > CLOCK_SET_NS)) {
        p->zero_ns = time_ns;
        p->zero_due_ns = p->last_due_ns;
    } else if (time_ns > newest_ns) {
        p->last_due_ns = p->zero_due_ns + (time_ns - p->zero_ns);
    }
    return p->start_ns + p->last_due_ns;
}

static enum wire_next pcap_next(void *state, struct wire_frame *out)
{
    struct wire_pcap *p = state;
    struct frame_record record;

    while (!pcapfile_next(p->capture, &record)) {
        if (!replay_again(p)) {
            return WIRE_END;
        }
    }
    out->bytes = record.bytes;
    out->length = record.bytes_count;
    out->due_ns = p->pace.kind == PACE_RECORDED ? recorded_due(p, record.time_ns)
                                                : pacer_next(&p->pacer, record.bytes_count);
    p->frames++;
    return WIRE_FRAME;
}

static void pcap_finish(void *state)
{
    struct wire_pcap *p = state;

    pcapfile_close(p->capture);
    p->capture = NULL;
}

const struct wire_type wire_pcap = {
    .name = "pcap",
    .doc = "replays a capture; what comes out is counted",
    .state_size = sizeof(struct wire_pcap),
    .params = params,
    .check = pcap_check,
    .open = pcap_open,
    .survey = pcap_survey,
    .next = pcap_next,
    .finish = pcap_finish,
};
