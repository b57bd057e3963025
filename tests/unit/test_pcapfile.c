/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures as files: everything that is wrong with one is said with its place and its remedy, what
 * is read is what libpcap reads, what is written can be read, and nothing half-written is ever seen
 * under the final name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/pcapfile.h"

#define MICRO 0xa1b2c3d4u
#define NANO  0xa1b23c4du
#define FULL  (-1) /* a whole frame: captured length equals length */

/* ---- a capture as bytes ---- */

static struct {
    uint8_t bytes[4u << 20];
    size_t count;
    bool big; /* byte order */
} file;

static char folder[] = P_tmpdir "/test_pcapfile.XXXXXX";
static char path[PATH_MAX];
static char why[PCAPFILE_WHY_BYTES];

static void put(const void *bytes, size_t count)
{
    assert_true(file.count + count <= sizeof(file.bytes));
    memcpy(&file.bytes[file.count], bytes, count);
    file.count += count;
}

static void put32(uint32_t value)
{
    value = file.big ? __builtin_bswap32(value) : value;
    put(&value, sizeof(value));
}

static void put16(uint16_t value)
{
    value = file.big ? __builtin_bswap16(value) : value;
    put(&value, sizeof(value));
}

static void begin(bool big, uint32_t magic, uint32_t snap_bytes, uint32_t linktype)
{
    file.count = 0;
    file.big = big;
    put32(magic);
    put16(2);
    put16(4);
    put32(0);
    put32(0);
    put32(snap_bytes);
    put32(linktype);
}

static uint8_t pattern(uint32_t seed, uint32_t i)
{
    return (uint8_t)(seed * 131 + i * 7 + (i >> 8));
}

static void put_pattern(uint32_t seed, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t byte = pattern(seed, i);

        put(&byte, 1);
    }
}

static void put_record(uint32_t seconds, uint32_t fraction, uint32_t captured, int64_t whole,
                       uint32_t seed)
{
    put32(seconds);
    put32(fraction);
    put32(captured);
    put32(whole == FULL ? captured : (uint32_t)whole);
    put_pattern(seed, captured);
}

/* Section, interface (nanoseconds), as many packets as wanted; then somebody's comment block. */
static void begin_pcapng(bool big, uint16_t linktype)
{
    file.count = 0;
    file.big = big;
    put32(0x0a0d0d0a);
    put32(28);
    put32(0x1a2b3c4d);
    put16(1);
    put16(0);
    put32(0xffffffff);
    put32(0xffffffff);
    put32(28);
    put32(1);
    put32(32);
    put16(linktype);
    put16(0);
    put32(0);
    put16(9); /* if_tsresol: 10^-9 */
    put16(1);
    put("\x09\0\0\0", 4);
    put32(0); /* end of options */
    put32(32);
}

static void put_pcapng(uint64_t time_ns, uint32_t captured, int64_t whole, uint32_t seed)
{
    uint32_t padded = (captured + 3) & ~3u;

    put32(6);
    put32(32 + padded);
    put32(0);
    put32((uint32_t)(time_ns >> 32));
    put32((uint32_t)time_ns);
    put32(captured);
    put32(whole == FULL ? captured : (uint32_t)whole);
    put_pattern(seed, captured);
    put("\0\0\0", padded - captured);
    put32(32 + padded);
}

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static const char *save(void)
{
    FILE *to = fopen(in_folder("x.pcap"), "w");

    assert_non_null(to);
    assert_int_equal(fwrite(file.bytes, 1, file.count, to), file.count);
    assert_int_equal(fclose(to), 0);
    return path;
}

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    (void)state;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return rmdir(folder);
}

/* ---- complaints ---- */

/* The file is refused with this error and a sentence that has all these parts, and nothing is left
 * open. */
static void assert_refused(const char *name, int error, const char *const parts[])
{
    struct pcapfile *p = NULL;
    int before = open_files();

    memset(why, '?', sizeof(why));
    assert_int_equal(pcapfile_open(&p, name, why), error);
    assert_null(p);
    assert_non_null(memchr(why, '\0', sizeof(why)));
    assert_non_null(strstr(why, name));
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (strstr(why, parts[i]) == NULL) {
            fail_msg("'%s' is not in: %s", parts[i], why);
        }
    }
    assert_null(strchr(why, '\n'));
    assert_int_equal(open_files(), before);
}

#define REFUSED(name, error, ...) \
    assert_refused(name, error, (const char *const[]){__VA_ARGS__, NULL})

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    REFUSED(in_folder("absent.pcap"), -ENOENT, "No such file", "check the name");
    REFUSED(folder, -EISDIR, "folder");
    file.count = 0;
    REFUSED(save(), -EBADMSG, "empty", "byte 0", "record the capture again");
    REFUSED("/dev/null", -EBADMSG, "empty");
}

static void no_path_is_too_long_to_complain_of(void **state)
{
    static char name[PATH_MAX + 100];
    struct pcapfile *p = NULL;

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    memcpy(name + sizeof(name) - 9, "the.pcap", 8);
    memset(why, '?', sizeof(why));
    assert_int_equal(pcapfile_open(&p, name, why), -ENAMETOOLONG);
    assert_non_null(memchr(why, '\0', sizeof(why)));
    assert_non_null(strstr(why, "xxthe.pcap: cannot be opened: File name too long"));
}

static void what_is_no_capture_is_refused(void **state)
{
    (void)state;
    file.count = 0;
    put("This is no capture at all, but prose.\n", 38);
    REFUSED(save(), -EBADMSG, "byte 0", "tcpdump or Wireshark");
    file.count = 0;
    put("abc", 3);
    REFUSED(save(), -EBADMSG, "byte 0");
    file.count = 0;
    put("\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 25);
    REFUSED(save(), -EBADMSG, "gzip", "gunzip");
}

static void a_cut_header_is_refused(void **state)
{
    (void)state;
    for (size_t bytes = 4; bytes < 24; bytes++) {
        begin(bytes & 1, bytes & 2 ? MICRO : NANO, 65535, 1);
        file.count = bytes;
        char at[32];

        snprintf(at, sizeof(at), "ends at byte %zu of its 24", bytes);
        REFUSED(save(), -EBADMSG, "file header", at);
    }
}

static void another_link_type_is_named(void **state)
{
    (void)state;
    begin(false, MICRO, 65535, 113);
    REFUSED(save(), -EBADMSG, "113", "LINUX_SLL", "EN10MB", "'any'");
    begin_pcapng(true, 105);
    REFUSED(save(), -EBADMSG, "105", "IEEE802_11");
}

static void a_cut_record_is_refused_with_its_place(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        begin(order == 1, NANO, 262144, 1);
        put_record(1, 2, 60, FULL, 1);
        put_record(1, 3, 100, FULL, 2);
        size_t whole = file.count;

        file.count = 24 + 76 + 9;
        REFUSED(save(), -EBADMSG, "record 2 at byte 100", "9 bytes into its header of 16",
                "tcpdump -r");
        file.count = 24 + 76 + 16;
        REFUSED(save(), -EBADMSG, "record 2 at byte 100", "0 bytes into its frame of 100");
        file.count = whole - 1;
        REFUSED(save(), -EBADMSG, "record 2 at byte 100", "99 bytes into its frame of 100");
    }
}

static void a_senseless_record_is_refused_with_its_place(void **state)
{
    (void)state;
    begin(false, MICRO, 262144, 1);
    put_record(0, 0, 60, FULL, 1);
    size_t one = file.count;

    put_record(0, 0, 0, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 2 at byte 100", "no bytes", "editcap");
    file.count = one;
    put_record(0, 0, 64, 1500, 1);
    REFUSED(save(), -EBADMSG, "record 2 at byte 100", "snap length", "64 of 1500", "tcpdump -s 0");
    file.count = one;
    put_record(0, 0, 64, 60, 1);
    REFUSED(save(), -EBADMSG, "record 2 at byte 100", "64 bytes", "frame of 60", "damaged");
    file.count = one;
    put_record(0, 0, 65536, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 2 at byte 100", "65536", "65535", "tso off");
    file.count = one;
    put_record(0, 0, 262145, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 2 at byte 100", "claims 262145", "damaged");
    /* More than the file has even altogether, and so much that sums of it wrap around. */
    for (uint32_t i = 0; i < 3; i++) {
        file.count = one;
        put_record(0, 0, 0, FULL, 1);
        file.count -= 8;
        put32((uint32_t[]){200000, 0x7fffffff, 0xffffffff}[i]);
        put32(60);
        REFUSED(save(), -EBADMSG, "record 2 at byte 100", "claims", "no capture of 116 bytes");
    }
    begin(true, MICRO, 59, 1);
    put_record(0, 0, 60, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 1 at byte 24", "60 bytes", "59");
}

static void a_bad_pcapng_is_refused_with_its_place(void **state)
{
    (void)state;
    begin_pcapng(false, 1);
    size_t none = file.count;

    put_pcapng(5, 60, FULL, 1);
    put_pcapng(5, 64, 1500, 1);
    REFUSED(save(), -EBADMSG, "record 2 after byte 152", "snap length", "64 of 1500");
    file.count = none;
    put_pcapng(5, 60, FULL, 1);
    put_pcapng(5, 0, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 2", "no bytes");
    file.count = none;
    put_pcapng(5, 65536, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 1", "65536", "65535");
    file.count = none;
    put_pcapng(5, 60, FULL, 1);
    file.count -= 10;
    REFUSED(save(), -EBADMSG, "record 1", "cannot be read", "record it again");
    file.count = none;
    put_pcapng(UINT64_C(5000000000) * 1000000000, 60, FULL, 1);
    REFUSED(save(), -EBADMSG, "record 1", "1970", "2106");
}

/* ---- libpcap as oracle ---- */

/* Everything of the saved file is what libpcap reads, twice over. Returns how many frames that is.
 */
static uint64_t assert_as_libpcap(const char *name)
{
    char says[PCAP_ERRBUF_SIZE];
    struct pcapfile *p;
    struct pcap_pkthdr *header;
    struct frame_record frame;
    const uint8_t *bytes;
    uint64_t count = 0, total = 0;
    int error = pcapfile_open(&p, name, why);

    if (error != 0) {
        fail_msg("%s", why);
    }
    for (int round = 0; round < 2; round++) {
        pcap_t *oracle =
            pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO, says);

        assert_non_null(oracle);
        count = total = 0;
        while (pcap_next_ex(oracle, &header, &bytes) == 1) {
            assert_true(pcapfile_next(p, &frame));
            assert_int_equal(frame.bytes_count, header->caplen);
            assert_memory_equal(frame.bytes, bytes, header->caplen);
            assert_int_equal(frame.time_ns, (uint64_t)header->ts.tv_sec * 1000000000 +
                                                (uint64_t)header->ts.tv_usec);
            count++;
            total += frame.bytes_count;
        }
        assert_false(pcapfile_next(p, &frame));
        assert_false(pcapfile_next(p, &frame));
        pcapfile_rewind(p);
        pcap_close(oracle);
    }
    assert_int_equal(pcapfile_count(p), count);
    assert_int_equal(pcapfile_bytes(p), total);
    pcapfile_close(p);
    return count;
}

static uint32_t some_length(uint32_t i)
{
    static const uint32_t lengths[] = {60, 1, 1514, 14, 65535, 61, 62, 63, 9000};

    return lengths[i % (sizeof(lengths) / sizeof(lengths[0]))];
}

static void every_classic_kind_is_read_as_libpcap_does(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        begin(kind & 1, kind & 2 ? NANO : MICRO, kind == 0 ? 0 : 262144, 1);
        for (uint32_t i = 0; i < 40; i++) {
            /* Times go backwards now and then. */
            put_record(1700000000 - (i % 7 == 0) * 3, i * 12345, some_length(i), FULL, i);
        }
        assert_int_equal(assert_as_libpcap(save()), 40);
    }
}

static void pcapng_is_read_as_libpcap_does(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        begin_pcapng(order == 1, 1);
        for (uint32_t i = 0; i < 40; i++) {
            put_pcapng(UINT64_C(1700000000123456789) - i * 1001, some_length(i), FULL, i);
        }
        /* A block of a kind nobody knows is passed over. */
        put32(0x0bad);
        put32(16);
        put32(0);
        put32(16);
        put_pcapng(7, 60, FULL, 3);
        assert_int_equal(assert_as_libpcap(save()), 41);
    }
}

static void odd_but_valid_kinds_are_read_as_libpcap_does(void **state)
{
    (void)state;
    /* A version before 2.3 has both lengths the other way round; libpcap knows. */
    begin(false, MICRO, 65535, 1);
    file.bytes[6] = 2;
    put_record(1, 2, 60, FULL, 1);
    assert_int_equal(assert_as_libpcap(save()), 1);
    /* Kuznetsov's modified kind has longer record headers. */
    begin(false, 0xa1b2cd34u, 65535, 1);
    put32(1);
    put32(2);
    put32(60);
    put32(60);
    put32(1);
    put32(0);
    put_pattern(4, 60);
    assert_int_equal(assert_as_libpcap(save()), 1);
    /* Frames may be as long as the header says, and not a byte longer (see above). */
    begin(false, MICRO, 60, 1);
    put_record(1, 2, 60, FULL, 1);
    assert_int_equal(assert_as_libpcap(save()), 1);
    /* What stands in the upper bits of the link type is no link type. */
    begin(true, NANO, 65535, 1 | 0x10000000u);
    put_record(1, 2, 60, FULL, 1);
    assert_int_equal(assert_as_libpcap(save()), 1);
    /* No frames at all is a capture too. */
    begin(false, NANO, 65535, 1);
    assert_int_equal(assert_as_libpcap(save()), 0);
    begin_pcapng(false, 1);
    assert_int_equal(assert_as_libpcap(save()), 0);
}

/* Seconds are unsigned in the file; times after 2038 are times. */
static void times_reach_to_the_end_of_the_format(void **state)
{
    struct pcapfile *p;
    struct frame_record frame;

    (void)state;
    begin(true, NANO, 65535, 1);
    put_record(0xffffffff, 999999999, 60, FULL, 1);
    assert_int_equal(pcapfile_open(&p, save(), why), 0);
    assert_true(pcapfile_next(p, &frame));
    assert_int_equal(frame.time_ns, UINT64_C(4294967295999999999));
    pcapfile_close(p);
    begin_pcapng(false, 1);
    put_pcapng(UINT64_C(4294967295999999999), 60, FULL, 1);
    assert_int_equal(pcapfile_open(&p, save(), why), 0);
    assert_true(pcapfile_next(p, &frame));
    assert_int_equal(frame.time_ns, UINT64_C(4294967295999999999));
    pcapfile_close(p);
}

static void a_pipe_is_read_to_its_end(void **state)
{
    struct pcapfile *p;
    char name[32];
    int ends[2];

    (void)state;
    begin(false, NANO, 65535, 1);
    put_record(1, 2, 60, FULL, 1);
    put_record(1, 3, 1514, FULL, 2);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], file.bytes, file.count), file.count);
    close(ends[1]);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
    assert_int_equal(pcapfile_open(&p, name, why), 0);
    assert_int_equal(pcapfile_count(p), 2);
    pcapfile_close(p);
    close(ends[0]);
}

static void a_file_changed_underneath_ends_and_leads_nowhere(void **state)
{
    static const uint32_t lengths[] = {0, 61, 65536, 0xffffffff, 0xfffffff0};
    struct pcapfile *p;
    struct frame_record frame;

    (void)state;
    begin(false, NANO, 262144, 1);
    put_record(1, 2, 60, FULL, 1);
    put_record(1, 2, 60, FULL, 1);
    assert_int_equal(pcapfile_open(&p, save(), why), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_int_equal(pwrite(fd, &lengths[i], 4, 24 + 76 + 8), 4);
        pcapfile_rewind(p);
        assert_true(pcapfile_next(p, &frame));
        assert_false(pcapfile_next(p, &frame));
        assert_false(pcapfile_next(p, &frame));
    }
    close(fd);
    pcapfile_close(p);
    pcapfile_close(NULL);
}

/* ---- writing ---- */

static bool exists(const char *name)
{
    struct stat info;

    return lstat(in_folder(name), &info) == 0;
}

static struct pcapwriter *open_writer(const char *name)
{
    struct pcapwriter *w = NULL;

    if (pcapwriter_open(&w, AT_FDCWD, in_folder(name), why) != 0) {
        fail_msg("%s", why);
    }
    return w;
}

static int add_pattern(struct pcapwriter *w, uint32_t seed, uint32_t count, uint64_t time_ns)
{
    static uint8_t bytes[PCAPFILE_FRAME_BYTES_MAX + 1];

    assert_true(count <= sizeof(bytes));
    for (uint32_t i = 0; i < count; i++) {
        bytes[i] = pattern(seed, i);
    }
    return pcapwriter_add(w, bytes, count, time_ns);
}

static void assert_patterns(const char *name, uint64_t frames)
{
    struct pcapfile *p;
    struct frame_record frame;

    if (pcapfile_open(&p, in_folder(name), why) != 0) {
        fail_msg("%s", why);
    }
    assert_int_equal(pcapfile_count(p), frames);
    for (uint32_t i = 0; i < frames; i++) {
        assert_true(pcapfile_next(p, &frame));
        assert_int_equal(frame.bytes_count, some_length(i));
        assert_int_equal(frame.time_ns, UINT64_C(1000000007) * i);
        for (uint32_t j = 0; j < frame.bytes_count; j++) {
            assert_int_equal(frame.bytes[j], pattern(i, j));
        }
    }
    pcapfile_close(p);
}

static uint64_t time_of_first(const char *name)
{
    struct frame_record frame = {.time_ns = 0};
    struct pcapfile *p;

    assert_int_equal(pcapfile_open(&p, name, why), 0);
    assert_true(pcapfile_next(p, &frame));
    pcapfile_close(p);
    return frame.time_ns;
}

static void what_is_written_is_read(void **state)
{
    int before = open_files();
    struct pcapwriter *w = open_writer("w.pcap");

    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(add_pattern(w, i, some_length(i), UINT64_C(1000000007) * i), 0);
        assert_false(exists("w.pcap"));
    }
    assert_true(exists("w.pcap.part"));
    assert_int_equal(pcapwriter_count(w), 200);
    assert_int_equal(pcapwriter_finish(w), 0);
    assert_false(exists("w.pcap.part"));
    assert_patterns("w.pcap", 200);
    assert_int_equal(assert_as_libpcap(in_folder("w.pcap")), 200);
    assert_int_equal(open_files(), before);
}

static void an_empty_capture_is_a_capture(void **state)
{
    (void)state;
    assert_int_equal(pcapwriter_finish(open_writer("e.pcap")), 0);
    assert_int_equal(assert_as_libpcap(in_folder("e.pcap")), 0);
}

static void a_path_may_be_relative_to_a_folder(void **state)
{
    struct pcapwriter *w;
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_int_equal(pcapwriter_open(&w, dir, "relative.pcap", why), 0);
    close(dir);
    assert_int_equal(add_pattern(w, 0, some_length(0), 0), 0);
    assert_int_equal(pcapwriter_finish(w), 0);
    assert_patterns("relative.pcap", 1);
}

static void a_writer_that_cannot_begin_says_so(void **state)
{
    struct pcapwriter *w = NULL, *first = open_writer("busy.pcap");
    int before = open_files();

    (void)state;
    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, in_folder("no/such.pcap"), why), -ENOENT);
    assert_non_null(strstr(why, "no/such.pcap.part"));
    assert_int_equal(pcapwriter_open(&w, AT_FDCWD, in_folder("busy.pcap"), why), -EBUSY);
    assert_non_null(strstr(why, "another capture"));
    assert_null(w);
    assert_int_equal(open_files(), before);
    /* The loser has not disturbed the winner. */
    assert_int_equal(add_pattern(first, 0, some_length(0), 0), 0);
    assert_int_equal(pcapwriter_finish(first), 0);
    assert_patterns("busy.pcap", 1);
}

static void an_aborted_capture_leaves_nothing(void **state)
{
    struct pcapwriter *w = open_writer("a.pcap");

    (void)state;
    assert_int_equal(add_pattern(w, 0, 60, 0), 0);
    pcapwriter_abort(w);
    pcapwriter_abort(NULL);
    assert_false(exists("a.pcap"));
    assert_false(exists("a.pcap.part"));
}

static void what_a_killed_run_left_is_taken_over(void **state)
{
    FILE *stale = fopen(in_folder("s.pcap.part"), "w");

    (void)state;
    for (int i = 0; i < 10000; i++) {
        fputs("left over", stale);
    }
    fclose(stale);
    struct pcapwriter *w = open_writer("s.pcap");

    assert_int_equal(add_pattern(w, 0, some_length(0), 0), 0);
    assert_int_equal(pcapwriter_finish(w), 0);
    assert_patterns("s.pcap", 1);
}

static void a_frame_that_cannot_be_is_refused_alone(void **state)
{
    struct pcapwriter *w = open_writer("r.pcap");

    (void)state;
    assert_int_equal(add_pattern(w, 0, 0, 0), -EMSGSIZE);
    assert_int_equal(add_pattern(w, 0, 65536, 0), -EMSGSIZE);
    assert_int_equal(add_pattern(w, 0, 60, UINT64_C(4294967296000000000)), -ERANGE);
    assert_int_equal(add_pattern(w, 0, some_length(0), 0), 0);
    assert_int_equal(pcapwriter_count(w), 1);
    assert_int_equal(pcapwriter_finish(w), 0);
    assert_patterns("r.pcap", 1);
    w = open_writer("r.pcap");
    assert_int_equal(add_pattern(w, 0, 65535, UINT64_C(4294967295999999999)), 0);
    assert_int_equal(pcapwriter_finish(w), 0);
    assert_int_equal(time_of_first(in_folder("r.pcap")), UINT64_C(4294967295999999999));
}

/* Write with room for so many bytes only, until it fails. Returns how many frames were taken. */
static uint64_t write_until_full(const char *name, rlim_t room_bytes)
{
    struct rlimit usual, little;
    struct pcapwriter *w = open_writer(name);
    uint64_t taken;
    uint32_t i = 0;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    little = usual;
    little.rlim_cur = room_bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    while (add_pattern(w, i, some_length(i), UINT64_C(1000000007) * i) == 0) {
        assert_true(i++ < 100000);
    }
    /* The error stays, even when there would be room again. */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_int_equal(add_pattern(w, 0, 60, 0), -EFBIG);
    taken = pcapwriter_count(w);
    assert_int_equal(pcapwriter_finish(w), -EFBIG);
    return taken;
}

static uint64_t frames_within(uint64_t room_bytes)
{
    uint64_t used = 24, frames = 0;

    while (used + 16 + some_length((uint32_t)frames) <= room_bytes) {
        used += 16 + some_length((uint32_t)frames++);
    }
    return frames;
}

static void a_full_disk_leaves_whole_records_under_the_unfinished_name(void **state)
{
    rlim_t rooms[] = {300000, 300001, 524288, 700003, 1000000, 24, 0, 0};
    uint32_t frames = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    /* Just at the end of a record, and just before. */
    for (rooms[6] = 24; rooms[6] < 400000; frames++) {
        rooms[6] += 16 + some_length(frames);
    }
    rooms[7] = rooms[6] - 1;
    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        assert_int_equal(pcapwriter_finish(open_writer("f.pcap")), 0);
        assert_true(write_until_full("f.pcap", rooms[i]) >= frames_within(rooms[i]));
        /* What had the name before still has it, untouched. */
        assert_patterns("f.pcap", 0);
        assert_patterns("f.pcap.part", frames_within(rooms[i]));
        unlink(in_folder("f.pcap"));
        unlink(in_folder("f.pcap.part"));
    }
    /* Not even room for the header. */
    write_until_full("f.pcap", 10);
    struct stat info;

    assert_int_equal(stat(in_folder("f.pcap.part"), &info), 0);
    assert_int_equal(info.st_size, 0);
}

static void a_disk_that_fills_at_the_end_gives_no_name_either(void **state)
{
    struct rlimit usual, little;
    struct pcapwriter *w = open_writer("z.pcap");

    (void)state;
    assert_int_equal(add_pattern(w, 0, some_length(0), 0), 0);
    assert_int_equal(add_pattern(w, 1, 1000, 0), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    little = usual;
    little.rlim_cur = 110;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(pcapwriter_finish(w), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_false(exists("z.pcap"));
    assert_patterns("z.pcap.part", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(no_path_is_too_long_to_complain_of),
        cmocka_unit_test(what_is_no_capture_is_refused),
        cmocka_unit_test(a_cut_header_is_refused),
        cmocka_unit_test(another_link_type_is_named),
        cmocka_unit_test(a_cut_record_is_refused_with_its_place),
        cmocka_unit_test(a_senseless_record_is_refused_with_its_place),
        cmocka_unit_test(a_bad_pcapng_is_refused_with_its_place),
        cmocka_unit_test(every_classic_kind_is_read_as_libpcap_does),
        cmocka_unit_test(pcapng_is_read_as_libpcap_does),
        cmocka_unit_test(odd_but_valid_kinds_are_read_as_libpcap_does),
        cmocka_unit_test(times_reach_to_the_end_of_the_format),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(a_file_changed_underneath_ends_and_leads_nowhere),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(an_empty_capture_is_a_capture),
        cmocka_unit_test(a_path_may_be_relative_to_a_folder),
        cmocka_unit_test(a_writer_that_cannot_begin_says_so),
        cmocka_unit_test(an_aborted_capture_leaves_nothing),
        cmocka_unit_test(what_a_killed_run_left_is_taken_over),
        cmocka_unit_test(a_frame_that_cannot_be_is_refused_alone),
        cmocka_unit_test(a_full_disk_leaves_whole_records_under_the_unfinished_name),
        cmocka_unit_test(a_disk_that_fills_at_the_end_gives_no_name_either),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
