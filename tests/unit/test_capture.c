/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What goes into a capture ring comes out in a file, all of it and in order, however slow the
 * reader and whoever waits for whom; and whatever a hostile writer leaves in the ring harms its
 * capture only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/pcapfile.h"
#include "sim/observe/capture.h"

#define PATIENCE_MS 20000

static char folder[64];

struct rig {
    char path[160];
    size_t region_bytes;
    struct capture_shared *shared;
    struct capture_ring ring;
    struct capture_sink sink;
    int wake_fd, room_fd;
    uint64_t wakes, waits, rooms;
};

static struct rig *rig_new(const char *name, size_t region_bytes)
{
    struct rig *r = calloc(1, sizeof(*r));
    char why[PCAPFILE_WHY_BYTES] = "";

    snprintf(r->path, sizeof(r->path), "%s/%s.pcap", folder, name);
    r->region_bytes = region_bytes;
    r->shared = mmap(NULL, region_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(r->shared, MAP_FAILED);
    assert_int_equal(capture_open(&r->sink, r->shared, region_bytes, AT_FDCWD, r->path, why), 0);
    r->wake_fd = eventfd(0, EFD_NONBLOCK);
    r->room_fd = eventfd(0, EFD_NONBLOCK);
    return r;
}

static void rig_free(struct rig *r)
{
    capture_finish(&r->sink);
    close(r->wake_fd);
    close(r->room_fd);
    munmap(r->shared, r->region_bytes);
    unlink(r->path);
    strcat(r->path, ".part");
    unlink(r->path);
    free(r);
}

/* ---- one thread: waiting is draining ---- */

static void wake_count(void *context)
{
    struct rig *r = context;

    r->wakes++;
}

static void wait_drain(void *context)
{
    struct rig *r = context;

    r->waits++;
    capture_drain(&r->sink);
}

static void rig_start_alone(struct rig *r)
{
    const struct capture_bell bell = {.wake = wake_count, .wait = wait_drain, .context = r};

    capture_start(&r->ring, r->shared, r->region_bytes, &bell);
}

/* ---- two ends: eventfds ---- */

static void ring_fd(int fd)
{
    uint64_t one = 1;

    if (write(fd, &one, sizeof(one)) < 0) {
        /* EAGAIN: already rung. */
    }
}

/* False when nobody rings for so long that somebody forgot to. */
static bool wait_fd(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t count;

    return poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &count, sizeof(count)) == sizeof(count);
}

static void wake_by_fd(void *context)
{
    struct rig *r = context;

    ring_fd(r->wake_fd);
}

static void wait_by_fd(void *context)
{
    struct rig *r = context;

    if (!wait_fd(r->room_fd)) {
        abort();
    }
}

static void room_by_fd(void *context)
{
    struct rig *r = context;

    r->rooms++;
    ring_fd(r->room_fd);
}

static void rig_start_apart(struct rig *r)
{
    const struct capture_bell bell = {.wake = wake_by_fd, .wait = wait_by_fd, .context = r};

    capture_start(&r->ring, r->shared, r->region_bytes, &bell);
    r->sink.room = room_by_fd;
    r->sink.context = r;
}

/* ---- frames that can be known again ---- */

/* The length of the nth frame: mostly short, now and then as long as they come. */
static uint32_t length_of(uint64_t n)
{
    uint64_t h = (n + 1) * 0x9e3779b97f4a7c15u;

    return (uint32_t)(n % 97 == 0 ? h % PCAPFILE_FRAME_BYTES_MAX : h % 1514) + 1;
}

static void put_nth(struct capture_ring *ring, uint64_t n)
{
    static _Thread_local uint8_t bytes[PCAPFILE_FRAME_BYTES_MAX];
    uint32_t length = length_of(n);

    memset(bytes, (int)(n * 7), length);
    capture_put(ring, n * 1000003, bytes, length);
}

static void assert_file_has(const char *path, uint64_t count)
{
    char why[PCAPFILE_WHY_BYTES] = "";
    struct frame_record record;
    struct pcapfile *p = NULL;

    if (pcapfile_open(&p, path, why) != 0) {
        fail_msg("%s", why);
    }
    assert_int_equal(pcapfile_count(p), count);
    for (uint64_t n = 0; n < count; n++) {
        assert_true(pcapfile_next(p, &record));
        assert_int_equal(record.bytes_count, length_of(n));
        assert_int_equal(record.time_ns, n * 1000003);
        for (uint32_t at = 0; at < record.bytes_count; at++) {
            if (record.bytes[at] != (uint8_t)(n * 7)) {
                fail_msg("frame %ju byte %u", (uintmax_t)n, at);
            }
        }
    }
    pcapfile_close(p);
}

static void one_thread_writes_all(void **state)
{
    static const size_t sizes[] = {CAPTURE_REGION_BYTES_MIN, CAPTURE_REGION_BYTES_MIN + 4096 + 24,
                                   1u << 20};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct rig *r = rig_new("alone", sizes[i]);

        rig_start_alone(r);
        for (uint64_t n = 0; n < 5000; n++) {
            put_nth(&r->ring, n);
        }
        capture_flush(&r->ring);
        assert_true(r->waits > 0);
        assert_int_equal(capture_finish(&r->sink), 0);
        assert_int_equal(r->sink.frames, 5000);
        assert_int_equal(r->sink.lost + r->sink.refused, 0);
        assert_string_equal(r->sink.corrupt, "");
        assert_file_has(r->path, 5000);
        rig_free(r);
    }
}

/* Who writes is begun anew, more than once, and goes on where the last one ended. */
static void another_goes_on_where_one_ended(void **state)
{
    struct rig *r = rig_new("anew", CAPTURE_REGION_BYTES_MIN);

    (void)state;
    rig_start_alone(r);
    for (uint64_t n = 0; n < 3000; n++) {
        if (n % 271 == 0) {
            rig_start_alone(r);
        }
        put_nth(&r->ring, n);
    }
    capture_flush(&r->ring);
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_int_equal(r->sink.lost + r->sink.refused, 0);
    assert_string_equal(r->sink.corrupt, "");
    assert_file_has(r->path, 3000);
    rig_free(r);
}

/* A ring of nothing but the longest frames moves on as well, whatever offset it is at. */
static void the_longest_frames_fit(void **state)
{
    static uint8_t bytes[PCAPFILE_FRAME_BYTES_MAX];
    struct rig *r = rig_new("longest", CAPTURE_REGION_BYTES_MIN);

    (void)state;
    rig_start_alone(r);
    for (unsigned i = 0; i < 300; i++) {
        capture_put(&r->ring, i, bytes, sizeof(bytes));
        capture_put(&r->ring, i, bytes, 1 + i * 16);
    }
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_int_equal(r->sink.frames, 600);
    assert_true(r->waits < 601);
    rig_free(r);
}

static void impossible_frames_are_counted(void **state)
{
    static uint8_t bytes[PCAPFILE_FRAME_BYTES_MAX + 1];
    struct rig *r = rig_new("impossible", CAPTURE_REGION_BYTES_MIN);

    (void)state;
    rig_start_alone(r);
    capture_put(&r->ring, 1, bytes, 0);
    capture_put(&r->ring, 1, bytes, sizeof(bytes));
    capture_put(&r->ring, 1, bytes, SIZE_MAX);
    capture_put(&r->ring, 1, bytes, 1);
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_int_equal(r->sink.frames, 1);
    assert_int_equal(r->sink.refused, 3);
    rig_free(r);
}

static void the_consumer_is_woken_at_half_and_at_a_flush(void **state)
{
    uint8_t bytes[1008]; /* 1,024 in the ring */
    struct rig *r = rig_new("half", sizeof(struct capture_shared) + 512 * 1024);

    (void)state;
    memset(bytes, 1, sizeof(bytes));
    rig_start_alone(r);
    capture_flush(&r->ring);
    assert_int_equal(r->wakes, 0);
    for (unsigned i = 0; i < 255; i++) {
        capture_put(&r->ring, i, bytes, sizeof(bytes));
    }
    assert_int_equal(r->wakes, 0);
    capture_put(&r->ring, 255, bytes, sizeof(bytes));
    assert_int_equal(r->wakes, 1);
    capture_flush(&r->ring);
    assert_int_equal(r->wakes, 1);
    for (unsigned i = 0; i < 100; i++) {
        capture_put(&r->ring, 256, bytes, sizeof(bytes));
    }
    assert_int_equal(r->wakes, 1);
    capture_flush(&r->ring);
    capture_flush(&r->ring);
    assert_int_equal(r->wakes, 2);
    /* Emptied again and again, it is never half full, and nobody is woken. */
    for (unsigned i = 0; i < 10000; i++) {
        if (i % 200 == 0) {
            assert_true(capture_drain(&r->sink) > 0);
            assert_int_equal(capture_drain(&r->sink), 0);
        }
        capture_put(&r->ring, i, bytes, sizeof(bytes));
    }
    assert_int_equal(r->wakes, 2);
    assert_int_equal(r->waits, 0);
    rig_free(r);
}

/* The consumer's end: sleep until woken, drain once. `slow` lets the ring fill up. */
static bool consume(struct rig *r, uint64_t frames, bool slow)
{
    while (r->sink.frames + r->sink.lost < frames && r->sink.corrupt[0] == '\0') {
        if (!wait_fd(r->wake_fd)) {
            return false;
        }
        if (slow) {
            poll(NULL, 0, 1);
        }
        capture_drain(&r->sink);
    }
    return true;
}

static void processes_hand_over_all(void **state)
{
    (void)state;
    for (unsigned slow = 0; slow < 2; slow++) {
        enum { FRAMES = 30000 };
        struct rig *r = rig_new("processes", CAPTURE_REGION_BYTES_MIN);
        int status = -1;

        rig_start_apart(r);
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
            for (uint64_t n = 0; n < FRAMES; n++) {
                put_nth(&r->ring, n);
            }
            capture_flush(&r->ring);
            _exit(0);
        }
        assert_true(consume(r, FRAMES, slow));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_true(r->rooms > 0 || !slow);
        assert_int_equal(capture_finish(&r->sink), 0);
        assert_int_equal(r->sink.frames, FRAMES);
        assert_file_has(r->path, FRAMES);
        rig_free(r);
    }
}

enum { THREAD_FRAMES = 100000 };

static void *produce(void *context)
{
    struct rig *r = context;

    for (uint64_t n = 0; n < THREAD_FRAMES; n++) {
        put_nth(&r->ring, n);
        if (n % 1000 == 0) {
            capture_flush(&r->ring);
        }
    }
    capture_flush(&r->ring);
    return NULL;
}

static void threads_hand_over_all(void **state)
{
    struct rig *r = rig_new("threads", CAPTURE_REGION_BYTES_MIN);
    pthread_t producer;

    (void)state;
    rig_start_apart(r);
    assert_int_equal(pthread_create(&producer, NULL, produce, r), 0);
    assert_true(consume(r, THREAD_FRAMES, false));
    pthread_join(producer, NULL);
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_file_has(r->path, THREAD_FRAMES);
    rig_free(r);
}

static void a_full_disk_does_not_stop_the_producer(void **state)
{
    struct rig *r = rig_new("full", CAPTURE_REGION_BYTES_MIN);
    struct rlimit before, limit = {.rlim_cur = 1 << 20};

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit.rlim_max = before.rlim_max;
    rig_start_alone(r);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (uint64_t n = 0; n < 5000; n++) {
        put_nth(&r->ring, n);
    }
    capture_drain(&r->sink);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(r->sink.error, -EFBIG);
    assert_int_equal(r->sink.frames + r->sink.lost, 5000);
    assert_true(r->sink.frames > 100);
    assert_true(r->sink.lost > 100);
    assert_int_equal(capture_finish(&r->sink), -EFBIG);
    assert_int_equal(capture_finish(&r->sink), -EFBIG);
    assert_int_equal(access(r->path, F_OK), -1);
    rig_free(r);
}

/* ---- hostile rings ---- */

/* As the room has them; a hostile domain knows them too. */
struct forged {
    uint64_t time_ns;
    uint32_t length, kind;
};
enum { FORGED_FRAME = 0x6d617266, FORGED_RESTART = 0x70696b73 };

static void forge(struct rig *r, uint64_t offset, uint64_t time_ns, uint32_t length, uint32_t kind)
{
    struct forged f = {.time_ns = time_ns, .length = length, .kind = kind};

    memcpy(&r->shared->records[offset], &f, sizeof(f));
}

/* One good frame, then what `forge_it` makes of the ring: the frame is kept, the rest is not. */
static void assert_refused(void (*forge_it)(struct rig *r), const char *expected)
{
    struct rig *r = rig_new("forged", CAPTURE_REGION_BYTES_MIN);
    uint8_t byte = 0;

    rig_start_alone(r);
    put_nth(&r->ring, 0);
    capture_drain(&r->sink);
    forge_it(r);
    capture_drain(&r->sink);
    if (strstr(r->sink.corrupt, expected) == NULL) {
        fail_msg("'%s' is not '%s'", r->sink.corrupt, expected);
    }
    /* What comes afterwards is taken out and thrown away. */
    r->ring.head = r->shared->head;
    for (unsigned i = 0; i < 100000; i++) {
        capture_put(&r->ring, i, &byte, 1);
    }
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_int_equal(r->sink.frames, 1);
    assert_file_has(r->path, 1);
    rig_free(r);
}

static void head_goes_back(struct rig *r)
{
    r->shared->head -= 16;
}

static void head_goes_too_far(struct rig *r)
{
    r->shared->head += r->sink.capacity + 16;
}

static void head_is_not_aligned(struct rig *r)
{
    r->shared->head += 8;
}

static void length_is_nought(struct rig *r)
{
    forge(r, r->sink.offset, 0, 0, FORGED_FRAME);
    r->shared->head += 64;
}

static void length_is_beyond_the_head(struct rig *r)
{
    forge(r, r->sink.offset, 0, 49, FORGED_FRAME);
    r->shared->head += 64;
}

static void length_is_huge(struct rig *r)
{
    forge(r, r->sink.offset, 0, UINT32_MAX, FORGED_FRAME);
    r->shared->head += r->sink.capacity;
}

static void kind_is_unknown(struct rig *r)
{
    forge(r, r->sink.offset, 0, 1, 0);
    r->shared->head += 64;
}

static void restart_is_beyond_the_head(struct rig *r)
{
    forge(r, r->sink.offset, 0, 0, FORGED_RESTART);
    r->shared->head += 64;
}

static void time_is_beyond_all_files(struct rig *r)
{
    forge(r, r->sink.offset, UINT64_MAX, 1, FORGED_FRAME);
    r->shared->head += 32;
}

static void forged_rings_are_refused(void **state)
{
    (void)state;
    assert_refused(head_goes_back, "its head went from byte");
    assert_refused(head_goes_too_far, "its head went from byte");
    assert_refused(head_is_not_aligned, "its head went from byte");
    assert_refused(length_is_nought, "claims 0 bytes");
    assert_refused(length_is_beyond_the_head, "claims 49 bytes");
    assert_refused(length_is_huge, "claims 4294967295 bytes");
    assert_refused(kind_is_unknown, "is no frame");
    assert_refused(restart_is_beyond_the_head, "is no frame");
    assert_refused(time_is_beyond_all_files, "has the time 18446744073709551615 ns");
}

/* The head allows it, but there the ring ends. */
static void a_frame_may_not_stick_out_of_the_ring(void **state)
{
    struct rig *r = rig_new("out", CAPTURE_REGION_BYTES_MIN);
    const uint8_t bytes[16] = {0};

    (void)state;
    rig_start_alone(r);
    while (r->ring.offset + 32 < r->ring.capacity) {
        capture_put(&r->ring, 0, bytes, sizeof(bytes));
    }
    capture_drain(&r->sink);
    assert_int_equal(r->sink.offset, r->sink.capacity - 32);
    assert_string_equal(r->sink.corrupt, "");
    forge(r, r->sink.offset, 0, 17, FORGED_FRAME);
    r->shared->head += 64;
    capture_drain(&r->sink);
    assert_non_null(strstr(r->sink.corrupt, "claims 17 bytes"));
    rig_free(r);
}

static uint64_t dice;

static uint64_t roll(uint64_t sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice % sides;
}

/* Anything at all may be in the ring, the consumer comes back, and a capture comes out of it. The
 * ring lies in memory of its exact size, so that a sanitizer sees a single byte too far. */
static void random_rings_harm_nobody(void **state)
{
    static const uint32_t kinds[] = {FORGED_FRAME, FORGED_FRAME, FORGED_FRAME, FORGED_RESTART, 7};
    char why[PCAPFILE_WHY_BYTES];
    char path[160];

    (void)state;
    dice = 88172645463325252;
    snprintf(path, sizeof(path), "%s/random.pcap", folder);
    for (unsigned turn = 0; turn < 300; turn++) {
        struct capture_shared *shared = aligned_alloc(64, CAPTURE_REGION_BYTES_MIN);
        struct rig r = {.shared = shared};
        struct pcapfile *p = NULL;
        uint64_t frames;

        memset(shared, 0, CAPTURE_REGION_BYTES_MIN);
        assert_int_equal(
            capture_open(&r.sink, shared, CAPTURE_REGION_BYTES_MIN, AT_FDCWD, path, why), 0);
        for (unsigned step = 0; step < 50; step++) {
            uint64_t put = roll(16) * 16;

            for (uint64_t at = 0; at + 16 <= r.sink.capacity; at += 16) {
                uint32_t length = (uint32_t)(roll(20) == 0 ? roll(70000) : roll(40));

                if (step == 0 || roll(50) == 0) {
                    forge(&r, at, roll(1u << 30), length, kinds[roll(5)]);
                }
            }
            put = roll(4) == 0 ? roll(r.sink.capacity / 16) * 16 : put;
            shared->head += roll(100) == 0 ? roll(UINT64_MAX) : put;
            shared->tail = roll(UINT64_MAX);
            shared->wants_room = (uint32_t)roll(3);
            capture_drain(&r.sink);
            assert_int_equal(r.sink.tail, shared->head);
        }
        frames = r.sink.frames;
        assert_int_equal(capture_finish(&r.sink), 0);
        assert_int_equal(pcapfile_open(&p, path, why), 0);
        assert_int_equal(pcapfile_count(p), frames);
        pcapfile_close(p);
        free(shared);
    }
    unlink(path);
}

static void nothing_can_be_finished_twice(void **state)
{
    struct capture_sink none = {.writer = NULL};
    char why[PCAPFILE_WHY_BYTES] = "";
    struct rig *r = rig_new("twice", CAPTURE_REGION_BYTES_MIN);

    (void)state;
    assert_int_equal(capture_finish(&none), 0);
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_int_equal(capture_finish(&r->sink), 0);
    assert_int_equal(
        capture_open(&none, r->shared, r->region_bytes, AT_FDCWD, "no-such-folder/x.pcap", why),
        -ENOENT);
    assert_non_null(strstr(why, "no-such-folder/x.pcap"));
    assert_int_equal(capture_finish(&none), 0);
    rig_free(r);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "%s/test_capture.XXXXXX", P_tmpdir);
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_writes_all),
        cmocka_unit_test(another_goes_on_where_one_ended),
        cmocka_unit_test(the_longest_frames_fit),
        cmocka_unit_test(impossible_frames_are_counted),
        cmocka_unit_test(the_consumer_is_woken_at_half_and_at_a_flush),
        cmocka_unit_test(processes_hand_over_all),
        cmocka_unit_test(threads_hand_over_all),
        cmocka_unit_test(a_full_disk_does_not_stop_the_producer),
        cmocka_unit_test(forged_rings_are_refused),
        cmocka_unit_test(a_frame_may_not_stick_out_of_the_ring),
        cmocka_unit_test(random_rings_harm_nobody),
        cmocka_unit_test(nothing_can_be_finished_twice),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
