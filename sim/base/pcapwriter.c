/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing captures. Frames are gathered in a buffer that always holds whole records, and the buffer
 * goes to the file in one write, so however a run ends the file is cut at a record or can be. The
 * file carries `.part` behind its name until it is complete. One owner at a time; all memory is
 * taken in pcapwriter_open().
 */
#include "sim/base/pcapfile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/pcaplayout.h"

#define BUFFER_BYTES (256u * 1024u)
#define NS_PER_S     1000000000u

_Static_assert(BUFFER_BYTES >= sizeof(struct pcap_layout_record) + PCAPFILE_FRAME_BYTES_MAX,
               "the longest record must fit an empty buffer");

struct pcapwriter {
    int fd, dir_fd;
    int error;             /* 0, or the -errno of the write that failed */
    uint64_t count;        /* frames taken */
    uint64_t file_bytes;   /* in the file, all of them whole records */
    size_t buffered_bytes; /* in the buffer, all of them whole records */
    size_t header_bytes;   /* of the buffered, those of the file header: only in the first buffer */
    char *path, *part_path;
    uint8_t buffer[BUFFER_BYTES];
};

static void put_file_header(struct pcapwriter *w)
{
    const struct pcap_layout_file header = {
        .magic = PCAP_MAGIC_NANOSECONDS,
        .version_major = PCAP_VERSION_MAJOR,
        .version_minor = PCAP_VERSION_MINOR,
        .snap_bytes = PCAP_SNAP_BYTES,
        .linktype = PCAP_LINKTYPE_ETHERNET,
    };

    memcpy(w->buffer, &header, sizeof(header));
    w->buffered_bytes = w->header_bytes = sizeof(header);
}

/* Of the first `bytes` of the buffer, those that are whole records. */
static size_t whole_records(const struct pcapwriter *w, size_t bytes)
{
    size_t whole = bytes < w->header_bytes ? 0 : w->header_bytes;

    while (whole + sizeof(struct pcap_layout_record) <= bytes) {
        struct pcap_layout_record record;

        memcpy(&record, &w->buffer[whole], sizeof(record));
        if (whole + sizeof(record) + record.captured_bytes > bytes) {
            break;
        }
        whole += sizeof(record) + record.captured_bytes;
    }
    return whole;
}

/*
 * A write failed after `written` bytes of the buffer: keep the records that went out whole. The
 * failure is what the caller is told, so a cut that fails as well changes nothing: the file keeps
 * its unfinished name.
 */
static int give_up(struct pcapwriter *w, size_t written, int error)
{
    w->file_bytes += whole_records(w, written);
    while (ftruncate(w->fd, (off_t)w->file_bytes) != 0 && errno == EINTR) {
    }
    w->buffered_bytes = 0;
    w->error = error;
    return error;
}

static int flush(struct pcapwriter *w)
{
    size_t written = 0;

    if (w->error != 0) {
        return w->error;
    }
    while (written < w->buffered_bytes) {
        ssize_t n = write(w->fd, &w->buffer[written], w->buffered_bytes - written);

        if (n > 0) {
            written += (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            return give_up(w, written, n == 0 ? -EIO : -errno);
        }
    }
    w->file_bytes += written;
    w->buffered_bytes = 0;
    w->header_bytes = 0;
    return 0;
}

static void release(struct pcapwriter *w)
{
    if (w->fd >= 0) {
        close(w->fd);
    }
    if (w->dir_fd >= 0) {
        close(w->dir_fd);
    }
    free(w->path);
    free(w->part_path);
    free(w);
}

/*
 * Take the unfinished file for ourselves. It may be there from a run that was killed; only when
 * that is certain (nobody holds its lock) is it emptied.
 */
static int open_part(struct pcapwriter *w)
{
    w->fd = openat(w->dir_fd >= 0 ? w->dir_fd : AT_FDCWD, w->part_path,
                   O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (w->fd < 0) {
        return -errno;
    }
    if (flock(w->fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    }
    return ftruncate(w->fd, 0) == 0 ? 0 : -errno;
}

int pcapwriter_open(struct pcapwriter **out, int dir_fd, const char *path,
                    char why[static PCAPFILE_WHY_BYTES])
{
    struct pcapwriter *w = calloc(1, sizeof(*w));
    int error = -ENOMEM;

    if (w == NULL) {
        goto fail;
    }
    w->fd = w->dir_fd = -1;
    w->path = strdup(path);
    if (w->path == NULL || asprintf(&w->part_path, "%s.part", path) < 0) {
        w->part_path = NULL;
        goto fail;
    }
    /* Our own descriptor of the folder: finishing must not depend on the caller keeping its own
     * open. */
    if (dir_fd != AT_FDCWD) {
        w->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
        if (w->dir_fd < 0) {
            error = -errno;
            goto fail;
        }
    }
    error = open_part(w);
    if (error != 0) {
        goto fail;
    }
    put_file_header(w);
    *out = w;
    return 0;

fail:
    snprintf(why, PCAPFILE_WHY_BYTES, "%.400s.part: cannot be written: %s", path,
             error == -EBUSY ? "another capture is being written there; give this one another name"
                             : strerror(-error));
    if (w != NULL) {
        release(w);
    }
    return error;
}

int pcapwriter_add(struct pcapwriter *w, const uint8_t *bytes, uint32_t bytes_count,
                   uint64_t time_ns)
{
    struct pcap_layout_record record = {
        .seconds = (uint32_t)(time_ns / NS_PER_S),
        .fraction = (uint32_t)(time_ns % NS_PER_S),
        .captured_bytes = bytes_count,
        .frame_bytes = bytes_count,
    };

    if (w->error != 0) {
        return w->error;
    }
    if (bytes_count == 0 || bytes_count > PCAPFILE_FRAME_BYTES_MAX) {
        return -EMSGSIZE;
    }
    if (time_ns / NS_PER_S > UINT32_MAX) {
        return -ERANGE;
    }
    if (BUFFER_BYTES - w->buffered_bytes < sizeof(record) + bytes_count && flush(w) != 0) {
        return w->error;
    }
    memcpy(&w->buffer[w->buffered_bytes], &record, sizeof(record));
    memcpy(&w->buffer[w->buffered_bytes + sizeof(record)], bytes, bytes_count);
    w->buffered_bytes += sizeof(record) + bytes_count;
    w->count++;
    assert(w->buffered_bytes <= BUFFER_BYTES);
    return 0;
}

uint64_t pcapwriter_count(const struct pcapwriter *w)
{
    return w->count;
}

int pcapwriter_finish(struct pcapwriter *w)
{
    int dir_fd = w->dir_fd >= 0 ? w->dir_fd : AT_FDCWD;
    int error = flush(w);

    if (error == 0 && renameat(dir_fd, w->part_path, dir_fd, w->path) != 0) {
        error = -errno;
    }
    release(w);
    return error;
}

void pcapwriter_abort(struct pcapwriter *w)
{
    if (w == NULL) {
        return;
    }
    unlinkat(w->dir_fd >= 0 ? w->dir_fd : AT_FDCWD, w->part_path, 0);
    release(w);
}
