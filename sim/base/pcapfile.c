/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading captures. libpcap is the authority on what is a capture and of which kind: every file is
 * first opened by it. Classic captures are then mapped and walked by hand, which is what makes the
 * next frame cost a few loads; everything else libpcap can read (pcapng, old and odd versions) is
 * converted by it, once, into the classic form in a memory file, and then walked in the same way. A
 * pipe is first copied to a memory file.
 *
 * The map is walked twice: while opening, where every record is judged and the first bad one ends
 * the matter with a sentence for the person who supplied it; and while reading, where only the
 * bounds are looked at again, because a mapped file can be changed by others.
 */
#include "sim/base/pcapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/pcaplayout.h"

#define NS_PER_S 1000000000u
/* What is read from a pipe is held in memory, so there is an end to it. */
#define PIPE_BYTES_MAX (1024u * 1024u * 1024u)
#define SPOOL_BYTES    (64u * 1024u)

struct pcapfile {
    const uint8_t *file; /* mapped, read-only */
    size_t file_bytes;
    size_t offset; /* of the next record */
    bool swapped;  /* written by a machine of the other byte order */
    uint32_t fraction_ns;
    uint32_t snap_bytes;
    uint64_t count, frame_bytes;
};

/* What we are opening, and where to say what is wrong with it. */
struct opening {
    const char *path;
    char *why;
    int fd; /* the classic capture, or what will become one; -1 when closed */
};

/* Say what is wrong: the file, then the sentence. Returns `error` so that a refusal is one
 * statement. */
__attribute__((format(printf, 3, 4))) static int refuse(const struct opening *o, int error,
                                                        const char *format, ...)
{
    size_t path_bytes = strlen(o->path);
    /* Of an absurdly long path its end tells more than its beginning. */
    const char *path = path_bytes > 400 ? o->path + path_bytes - 400 : o->path;
    int used = snprintf(o->why, PCAPFILE_WHY_BYTES, "%s%s: ", path_bytes > 400 ? "..." : "", path);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(o->why + used, PCAPFILE_WHY_BYTES - (size_t)used, format, arguments);
    va_end(arguments);
    return error;
}

static uint32_t in_order(const struct pcapfile *p, uint32_t word)
{
    return p->swapped ? __builtin_bswap32(word) : word;
}

/* The record header at p->offset, in our byte order. The caller has seen that it is inside the
 * file. */
static struct pcap_layout_record record_at(const struct pcapfile *p)
{
    struct pcap_layout_record raw;

    memcpy(&raw, p->file + p->offset, sizeof(raw));
    return (struct pcap_layout_record){
        .seconds = in_order(p, raw.seconds),
        .fraction = in_order(p, raw.fraction),
        .captured_bytes = in_order(p, raw.captured_bytes),
        .frame_bytes = in_order(p, raw.frame_bytes),
    };
}

/* Where a record is, for complaints about it. */
struct place {
    uint64_t number; /* from 1 */
    int64_t offset;
    /* libpcap passes over blocks that are no records, so for it the offset is the place it went on
     * from. */
    bool after;
};

#define PLACE_FORMAT      "record %" PRIu64 " %s byte %" PRId64 " "
#define PLACE_VALUES(at_) (at_)->number, (at_)->after ? "after" : "at", (at_)->offset

/* Judge one record header, of a file or from libpcap. 0 or -EBADMSG. */
static int judge_record(const struct opening *o, const struct place *at, uint32_t captured_bytes,
                        uint32_t frame_bytes, uint32_t snap_bytes)
{
    if (captured_bytes == 0) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT
                      "holds no bytes, and a frame of no bytes cannot be sent; leave it out "
                      "with 'editcap %s NEW.pcap %" PRIu64 "'",
                      PLACE_VALUES(at), o->path, at->number);
    }
    if (captured_bytes < frame_bytes) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "was cut by the snap length: %" PRIu32 " of %" PRIu32
                                   " bytes were recorded; record again with 'tcpdump -s 0'",
                      PLACE_VALUES(at), captured_bytes, frame_bytes);
    }
    if (captured_bytes > frame_bytes) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "says that %" PRIu32
                                   " bytes were recorded of a frame of %" PRIu32
                                   "; the file is damaged there, record it again",
                      PLACE_VALUES(at), captured_bytes, frame_bytes);
    }
    if (captured_bytes > PCAPFILE_FRAME_BYTES_MAX) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "is a frame of %" PRIu32
                                   " bytes and the longest we carry has %u; "
                                   "record again with 'ethtool -K DEV tso off gso off gro off'",
                      PLACE_VALUES(at), captured_bytes, PCAPFILE_FRAME_BYTES_MAX);
    }
    if (captured_bytes > snap_bytes) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "has %" PRIu32
                                   " bytes although the file says that none has more than "
                                   "%" PRIu32 "; write it anew with 'editcap %s NEW.pcap'",
                      PLACE_VALUES(at), captured_bytes, snap_bytes, o->path);
    }
    return 0;
}

static int judge_map_record(const struct opening *o, const struct pcapfile *p)
{
    const struct place at = {p->count + 1, (int64_t)p->offset, false};
    size_t rest = p->file_bytes - p->offset;
    struct pcap_layout_record record;

    if (rest < sizeof(record)) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT
                      "is cut off: the file ends %zu bytes into its header of %zu; record it "
                      "again, or keep the whole records with 'tcpdump -r %s -w NEW.pcap'",
                      PLACE_VALUES(&at), rest, sizeof(record), o->path);
    }
    record = record_at(p);
    rest -= sizeof(record);
    if (record.captured_bytes > PCAP_SNAP_BYTES || record.captured_bytes > p->file_bytes) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "claims %" PRIu32
                                   " bytes, which no capture of %zu bytes can hold; the "
                                   "file is damaged there, record it again",
                      PLACE_VALUES(&at), record.captured_bytes, p->file_bytes);
    }
    if (record.captured_bytes > rest) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "is cut off: the file ends %zu bytes into its frame of %" PRIu32
                                   "; record it again, or keep the whole records with "
                                   "'tcpdump -r %s -w NEW.pcap'",
                      PLACE_VALUES(&at), rest, record.captured_bytes, o->path);
    }
    return judge_record(o, &at, record.captured_bytes, record.frame_bytes, p->snap_bytes);
}

/* Walk the whole map once. Afterwards count and frame_bytes are known and the first record is next.
 */
static int judge_map(const struct opening *o, struct pcapfile *p)
{
    pcapfile_rewind(p);
    while (p->offset < p->file_bytes) {
        int error = judge_map_record(o, p);

        if (error != 0) {
            return error;
        }
        uint32_t bytes = record_at(p).captured_bytes;

        p->offset += sizeof(struct pcap_layout_record) + bytes;
        p->count++;
        p->frame_bytes += bytes;
    }
    pcapfile_rewind(p);
    return 0;
}

/* Is this header one of the four classic kinds in the version everybody writes? Learns byte order
 * and units. */
static bool classic_header(const struct pcap_layout_file *header, struct pcapfile *p)
{
    uint32_t magic = header->magic;
    bool swapped = magic == __builtin_bswap32(PCAP_MAGIC_MICROSECONDS) ||
                   magic == __builtin_bswap32(PCAP_MAGIC_NANOSECONDS);
    uint16_t major = header->version_major, minor = header->version_minor;

    p->swapped = swapped;
    magic = in_order(p, magic);
    p->fraction_ns = magic == PCAP_MAGIC_NANOSECONDS ? 1 : 1000;
    p->snap_bytes = in_order(p, header->snap_bytes);
    /* Nought, and what does not fit libpcap's int, mean "no limit" to it as well. */
    if (p->snap_bytes == 0 || p->snap_bytes > INT32_MAX) {
        p->snap_bytes = PCAP_SNAP_BYTES;
    }
    major = swapped ? __builtin_bswap16(major) : major;
    minor = swapped ? __builtin_bswap16(minor) : minor;
    return (magic == PCAP_MAGIC_MICROSECONDS || magic == PCAP_MAGIC_NANOSECONDS) &&
           major == PCAP_VERSION_MAJOR && minor == PCAP_VERSION_MINOR;
}

/* libpcap would not have it: find the plainest words for why. */
static int refuse_kind(const struct opening *o, const uint8_t *start, size_t start_bytes,
                       off_t file_bytes, const char *libpcap_says)
{
    static const uint32_t classic_magics[] = {PCAP_MAGIC_MICROSECONDS, PCAP_MAGIC_NANOSECONDS};
    uint32_t magic = 0;

    if (start_bytes >= 2 && start[0] == 0x1f && start[1] == 0x8b) {
        return refuse(o, -EBADMSG,
                      "byte 0 begins a gzip file, not a capture; use 'gunzip' on it first");
    }
    if (start_bytes >= sizeof(magic)) {
        memcpy(&magic, start, sizeof(magic));
    }
    for (size_t i = 0; i < sizeof(classic_magics) / sizeof(classic_magics[0]); i++) {
        if (file_bytes < (off_t)sizeof(struct pcap_layout_file) &&
            (magic == classic_magics[i] || magic == __builtin_bswap32(classic_magics[i]))) {
            return refuse(
                o, -EBADMSG,
                "the file header is cut off: the file ends at byte %jd of its %zu; record it again",
                (intmax_t)file_bytes, sizeof(struct pcap_layout_file));
        }
    }
    return refuse(
        o, -EBADMSG,
        "byte 0 does not begin a capture (%s); give a file that tcpdump or Wireshark saved",
        libpcap_says);
}

/* Have libpcap open what o->fd refers to, and see that it holds Ethernet. */
static int open_authority(const struct opening *o, const uint8_t *start, size_t start_bytes,
                          off_t file_bytes, pcap_t **out)
{
    char says[PCAP_ERRBUF_SIZE] = "";
    int copy = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "r");
    pcap_t *pcap;

    if (stream == NULL) {
        int error = -errno;

        if (copy >= 0) {
            close(copy);
        }
        return refuse(o, error, "cannot be read: %s", strerror(-error));
    }
    pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, says);
    if (pcap == NULL) {
        fclose(stream);
        return refuse_kind(o, start, start_bytes, file_bytes, says);
    }
    int datalink = pcap_datalink(pcap);

    if (datalink != DLT_EN10MB) {
        const char *name = pcap_datalink_val_to_name(datalink);

        pcap_close(pcap);
        return refuse(
            o, -EBADMSG,
            "the file header says link type %d (%s), and only Ethernet (1, EN10MB) can be "
            "replayed; record on an Ethernet interface, not on 'any'",
            datalink, name == NULL ? "unknown" : name);
    }
    *out = pcap;
    return 0;
}

/* The next record from libpcap, judged. 1 when there was one, 0 at the end, or -EBADMSG. */
static int next_of_authority(const struct opening *o, pcap_t *pcap, uint64_t number,
                             struct pcap_pkthdr **header, const uint8_t **bytes)
{
    const struct place at = {number, ftell(pcap_file(pcap)), true};
    int got = pcap_next_ex(pcap, header, bytes);

    if (got == PCAP_ERROR_BREAK) {
        return 0;
    }
    if (got != 1) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT
                      "cannot be read (%s); record it again, or keep the records before it "
                      "with 'tcpdump -r %s -w NEW.pcap'",
                      PLACE_VALUES(&at), pcap_geterr(pcap), o->path);
    }
    const struct timeval *time = &(*header)->ts;

    if (time->tv_sec < 0 || time->tv_sec > UINT32_MAX || time->tv_usec < 0 ||
        time->tv_usec > UINT32_MAX) {
        return refuse(o, -EBADMSG,
                      PLACE_FORMAT "has a time before 1970 or after 2106; mend it with "
                                   "'editcap -t SECONDS %s NEW.pcap'",
                      PLACE_VALUES(&at), o->path);
    }
    int error = judge_record(o, &at, (*header)->caplen, (*header)->len, PCAP_SNAP_BYTES);

    return error == 0 ? 1 : error;
}

/* Let libpcap write everything it reads to `to`, in classic form with nanoseconds. */
static int convert_all(const struct opening *o, pcap_t *pcap, pcap_dumper_t *to)
{
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    uint64_t number = 1;
    int got;

    while ((got = next_of_authority(o, pcap, number, &header, &bytes)) == 1) {
        pcap_dump((uint8_t *)to, header, bytes);
        number++;
    }
    if (got == 0 && (pcap_dump_flush(to) != 0 || ferror(pcap_dump_file(to)))) {
        return refuse(o, -ENOMEM, "cannot be converted in memory after record %" PRIu64,
                      number - 1);
    }
    return got;
}

static int memory_file(const struct opening *o, int *out)
{
    *out = memfd_create("capture", MFD_CLOEXEC);
    if (*out < 0) {
        int error = -errno;

        return refuse(o, error, "no memory file to copy it to: %s", strerror(-error));
    }
    return 0;
}

/* Replace o->fd by its conversion to the classic form. */
static int convert(struct opening *o, pcap_t *pcap)
{
    pcap_dumper_t *to = NULL;
    FILE *stream = NULL;
    int fd = -1;
    int copy = -1;
    int error = memory_file(o, &fd);

    if (error != 0) {
        return error;
    }
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    stream = copy < 0 ? NULL : fdopen(copy, "w");
    to = stream == NULL ? NULL : pcap_dump_fopen(pcap, stream);
    if (to == NULL) {
        error = refuse(o, -ENOMEM, "cannot be converted in memory");
        goto out;
    }
    stream = NULL; /* the dumper's from now on */
    copy = -1;
    error = convert_all(o, pcap, to);
    pcap_dump_close(to);
    if (error == 0) {
        close(o->fd);
        o->fd = fd;
        fd = -1;
    }

out:
    if (stream != NULL) {
        fclose(stream);
    } else if (copy >= 0) {
        close(copy);
    }
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Copy a pipe to its end. 0 or -errno. */
static int spool_bytes(int from, int to)
{
    uint8_t *chunk = malloc(SPOOL_BYTES);
    size_t total = 0;
    int error = chunk == NULL ? -ENOMEM : 0;

    while (error == 0) {
        ssize_t n = read(from, chunk, SPOOL_BYTES);

        if (n == 0) {
            break;
        }
        if (n < 0) {
            error = errno == EINTR ? 0 : -errno;
            continue;
        }
        total += (size_t)n;
        if (total > PIPE_BYTES_MAX) {
            error = -EFBIG;
        } else if (write(to, chunk, (size_t)n) != n) {
            error = -ENOMEM;
        }
    }
    free(chunk);
    return error;
}

/* Replace o->fd, a pipe or device, by a memory file of what it delivers. */
static int spool(struct opening *o)
{
    int fd;
    int error = memory_file(o, &fd);

    if (error != 0) {
        return error;
    }
    error = spool_bytes(o->fd, fd);
    if (error != 0) {
        close(fd);
        return refuse(o, error,
                      "reading from it failed: %s; save it in a file first (the limit is %u bytes)",
                      strerror(-error), PIPE_BYTES_MAX);
    }
    close(o->fd);
    o->fd = fd;
    return 0;
}

/* Open the path; afterwards o->fd is something with a size that can be mapped. */
static int open_source(struct opening *o, struct stat *info)
{
    int error = 0;

    o->fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (o->fd < 0 || fstat(o->fd, info) != 0) {
        error = -errno;
        return refuse(o, error, "cannot be opened: %s; check the name and its permissions",
                      strerror(-error));
    }
    if (S_ISDIR(info->st_mode)) {
        return refuse(o, -EISDIR, "is a folder; name a capture file in it");
    }
    if (!S_ISREG(info->st_mode)) {
        error = spool(o);
    }
    if (error == 0 && fstat(o->fd, info) != 0) {
        error = refuse(o, -errno, "its size cannot be found: %s", strerror(errno));
    }
    if (error == 0 && info->st_size == 0) {
        error =
            refuse(o, -EBADMSG,
                   "the file is empty, without even a header at byte 0; record the capture again");
    }
    return error;
}

/* Map o->fd, which is classic by now, and learn its kind. */
static int map(const struct opening *o, struct pcapfile *p)
{
    struct pcap_layout_file header;
    struct stat info;
    void *file = MAP_FAILED;

    if (fstat(o->fd, &info) == 0 && info.st_size >= (off_t)sizeof(header)) {
        file = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, o->fd, 0);
    }
    if (file == MAP_FAILED) {
        int error = -errno;

        return refuse(o, error == 0 ? -EBADMSG : error, "cannot be mapped: %s", strerror(-error));
    }
    madvise(file, (size_t)info.st_size, MADV_SEQUENTIAL);
    p->file = file;
    p->file_bytes = (size_t)info.st_size;
    memcpy(&header, p->file, sizeof(header));
    if (!classic_header(&header, p)) {
        return refuse(o, -EBADMSG, "changed while it was being opened; try again");
    }
    return 0;
}

/* Make o->fd a classic capture of Ethernet frames, whatever it was. `converted` says whether
 * libpcap had to. */
static int make_classic(struct opening *o, bool *converted)
{
    struct pcap_layout_file header = {.magic = 0};
    struct pcapfile kind = {.file = NULL};
    struct stat info = {.st_size = 0};
    pcap_t *pcap = NULL;
    int error = open_source(o, &info);

    if (error != 0) {
        return error;
    }
    ssize_t start_bytes = pread(o->fd, &header, sizeof(header), 0);

    if (start_bytes < 0 || lseek(o->fd, 0, SEEK_SET) != 0) {
        return refuse(o, -errno, "cannot be read: %s", strerror(errno));
    }
    error = open_authority(o, (const uint8_t *)&header, (size_t)start_bytes, info.st_size, &pcap);
    if (error != 0) {
        return error;
    }
    *converted = !classic_header(&header, &kind);
    if (*converted) {
        error = convert(o, pcap);
    }
    pcap_close(pcap);
    return error;
}

int pcapfile_open(struct pcapfile **out, const char *path, char why[static PCAPFILE_WHY_BYTES])
{
    struct opening o = {.path = path, .why = why, .fd = -1};
    struct pcapfile *p = calloc(1, sizeof(*p));
    bool converted = false;
    int error;

    if (p == NULL) {
        return refuse(&o, -ENOMEM, "no memory to open it");
    }
    error = make_classic(&o, &converted);
    if (error != 0) {
        goto fail;
    }
    error = map(&o, p);
    if (error != 0) {
        goto fail;
    }
    if (converted) {
        /* Its records have been judged where they came from; the header of the copy judges nothing.
         */
        p->snap_bytes = PCAP_SNAP_BYTES;
    }
    error = judge_map(&o, p);
    if (error != 0) {
        goto fail;
    }
    close(o.fd);
    *out = p;
    return 0;

fail:
    if (o.fd >= 0) {
        close(o.fd);
    }
    pcapfile_close(p);
    return error;
}

bool pcapfile_next(struct pcapfile *p, struct frame_record *out)
{
    struct pcap_layout_record record;
    size_t rest = p->file_bytes - p->offset;

    if (rest < sizeof(record)) {
        return false;
    }
    record = record_at(p);
    rest -= sizeof(record);
    if (record.captured_bytes > rest || record.captured_bytes == 0 ||
        record.captured_bytes > PCAPFILE_FRAME_BYTES_MAX) {
        return false;
    }
    out->bytes = p->file + p->offset + sizeof(record);
    out->bytes_count = record.captured_bytes;
    out->time_ns = (uint64_t)record.seconds * NS_PER_S + (uint64_t)record.fraction * p->fraction_ns;
    p->offset += sizeof(record) + record.captured_bytes;
    return true;
}

void pcapfile_rewind(struct pcapfile *p)
{
    p->offset = sizeof(struct pcap_layout_file);
}

uint64_t pcapfile_count(const struct pcapfile *p)
{
    return p->count;
}

uint64_t pcapfile_bytes(const struct pcapfile *p)
{
    return p->frame_bytes;
}

void pcapfile_close(struct pcapfile *p)
{
    if (p == NULL) {
        return;
    }
    if (p->file != NULL) {
        munmap((void *)p->file, p->file_bytes);
    }
    free(p);
}
