/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_PCAPFILE_H
#define SIM_BASE_PCAPFILE_H
/*
 * Captures as files. A reader hands out the frames of a capture in the order recorded, as often as
 * wanted; a writer puts frames into a new one. Both do all that can fail or allocate when they are
 * opened, so that between open and close a frame costs a copy at most: a bad capture is refused
 * before anything starts, not in the middle of a run.
 *
 * Frames are whole Ethernet frames of 1..65535 bytes without their check sequence. A capture in
 * which a frame was cut short when it was recorded is refused: what is not there cannot be
 * replayed, and would differ for ever.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPFILE_WHY_BYTES       1024
#define PCAPFILE_FRAME_BYTES_MAX 65535

struct frame_record {
    const uint8_t *bytes;
    uint32_t bytes_count;
    uint64_t time_ns; /* since 1970, as recorded; see pcapfile_next() */
};

/* ---- reading ---- */

struct pcapfile;

/*
 * Open a capture and look at every record of it. Understood is whatever libpcap reads (pcap in
 * either byte order with micro- or nanoseconds, pcapng) from a file or a pipe. 0, or -errno with
 * one sentence in `why` that names the file, the place in it and the remedy: -EBADMSG whenever the
 * content is at fault, else what the host said
 * (-ENOENT, -EACCES, -ENOMEM, ...). Records are numbered from 1, as Wireshark and tcpdump -# number
 * them.
 *
 * A regular file in classic form is mapped, not copied, and must not be truncated while it is open.
 * (Captures written by the writer below never are: they are replaced by renaming.) All else is
 * copied once.
 */
int pcapfile_open(struct pcapfile **out, const char *path, char why[static PCAPFILE_WHY_BYTES]);

/*
 * The next frame; false after the last. The bytes belong to the capture and stay valid until
 * pcapfile_close(). Times are delivered as recorded: real captures hold frames whose time is before
 * that of the frame before them (several receive queues, clocks set back), and it is for the caller
 * to say what that means. Never allocates. A file changed underneath us never leads outside it:
 * where a record no longer makes sense, the capture ends.
 */
bool pcapfile_next(struct pcapfile *p, struct frame_record *out);

/* Start again with the first frame. */
void pcapfile_rewind(struct pcapfile *p);

/* How many frames there are. */
uint64_t pcapfile_count(const struct pcapfile *p);

/* Bytes of all the frames together, headers of the file format not counted. */
uint64_t pcapfile_bytes(const struct pcapfile *p);

/* NULL is fine. */
void pcapfile_close(struct pcapfile *p);

/* ---- writing ---- */

struct pcapwriter;

/*
 * Begin a capture (classic form, nanoseconds, Ethernet, this machine's byte order). `path` is
 * relative to the folder open as `dir_fd`, or to the working folder with AT_FDCWD, or absolute.
 * Frames go to `path`.part until pcapwriter_finish() gives the file its name, so nothing unfinished
 * is ever seen under that name. 0, or -errno with a sentence in `why`; -EBUSY when another writer
 * is at work on the same path.
 */
int pcapwriter_open(struct pcapwriter **out, int dir_fd, const char *path,
                    char why[static PCAPFILE_WHY_BYTES]);

/*
 * Add a frame, copied before this returns. 0, or -errno. -EMSGSIZE (no frame of such a length) and
 * -ERANGE (a time the format cannot hold: later than the year 2106) refuse this frame only. A
 * failed write is final: the file is cut back to its last whole record and this and every later
 * call return the same error.
 */
int pcapwriter_add(struct pcapwriter *w, const uint8_t *bytes, uint32_t bytes_count,
                   uint64_t time_ns);

/* Frames taken so far by pcapwriter_add(). */
uint64_t pcapwriter_count(const struct pcapwriter *w);

/*
 * Write what is left, give the file its name (replacing what had it) and release the writer. 0, or
 * -errno: then the name is untouched, and the whole records that could be written remain under
 * `path`.part for inspection.
 */
int pcapwriter_finish(struct pcapwriter *w);

/* Release the writer and leave no file behind. NULL is fine. */
void pcapwriter_abort(struct pcapwriter *w);
#endif
