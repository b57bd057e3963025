/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_IMAGE_HARNESS_H
#define TESTS_IMAGE_IMAGE_HARNESS_H
/*
 * Runs one image by hand. The test program is the whole world around it: it defines what the
 * runtime would, records what the image does with that, and plays every neighbour through the
 * queues. Each load is a private copy, so each test has an image fresh from the file. Memory comes
 * with an unmapped page right behind it: one byte too far stops the test.
 *
 * Points are where others get a word in: `world.on_point`, or `world.meanwhile` for those to whom
 * all points are the same, runs just before the operation, inside the image's entry, and may change
 * whatever the image's neighbours can change. Points are also the measure of work.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/os/point.h>
#include <sddf/timer/protocol.h>
#include <sddf/util/cache.h>
#include <sddf/util/printf.h>

#include "sim/exec/copy.h"

#define HARNESS_CHANNELS 64
#define NO_CHANNEL       ((sddf_channel)-1)

typedef void on_point_fn(enum point_op op, const volatile void *where, uint64_t units);

/* What the image has done, since the last call of world_forget(). */
static struct {
    unsigned signals[HARNESS_CHANNELS];  /* immediate and deferred */
    unsigned deferred[HARNESS_CHANNELS]; /* of these, deferred */
    sddf_channel slot;                   /* the deferred operation that waits, or NO_CHANNEL */
    unsigned replaced;                   /* deferred operations lost to a later one */
    uint64_t points;
    uint64_t cleaned_bytes, invalidated_bytes;
    unsigned long cache_start; /* of the last cache operation */
    unsigned copies;           /* bulk copies, and of the last one whence and how much */
    const void *copy_source;
    uint64_t copy_bytes;
    uint64_t now_ns;
    uint64_t timeout_ns; /* when the timer is due; 0: not set */
    unsigned timer_calls;
    uint64_t mr[8];
    bool inside; /* an entry point of the image is running */
    on_point_fn *on_point;
    void (*meanwhile)(void);
    /* Who takes calls on this channel, if it is not the timer. */
    sddf_channel callee_ch;
    seL4_MessageInfo_t (*callee)(seL4_MessageInfo_t msginfo);
} world = {.slot = NO_CHANNEL};

static inline void world_forget(void)
{
    memset(world.signals, 0, sizeof(world.signals));
    memset(world.deferred, 0, sizeof(world.deferred));
    world.replaced = 0;
    world.points = 0;
    world.cleaned_bytes = 0;
    world.invalidated_bytes = 0;
    world.copies = 0;
    world.timer_calls = 0;
}

/* -- what the runtime offers an image -- */

static void harness_point(enum point_op op, const volatile void *where, uint64_t units)
{
    if (!world.inside) {
        return;
    }
    world.points++;
    world.inside = false; /* what the neighbours do is not the image's work */
    if (world.on_point != NULL) {
        world.on_point(op, where, units);
    }
    if (world.meanwhile != NULL) {
        world.meanwhile();
    }
    world.inside = true;
}

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where,
                           uint64_t units) = harness_point;
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

void sddf_notify(sddf_channel ch)
{
    assert_true(ch < HARNESS_CHANNELS);
    world.signals[ch]++;
}

void sddf_deferred_notify(sddf_channel ch)
{
    assert_true(ch < HARNESS_CHANNELS);
    if (world.slot != NO_CHANNEL && world.slot != ch) {
        world.replaced++;
    }
    world.slot = ch;
}

sddf_channel sddf_deferred_notify_curr(void)
{
    return world.slot;
}

void sddf_irq_ack(sddf_channel ch)
{
    (void)ch;
}

void sddf_deferred_irq_ack(sddf_channel ch)
{
    (void)ch;
}

/* Only the timer is called, unless a test has somebody else to call. */
seL4_MessageInfo_t sddf_ppcall(sddf_channel ch, seL4_MessageInfo_t msginfo)
{
    if (world.callee != NULL && ch == world.callee_ch) {
        return world.callee(msginfo);
    }
    world.timer_calls++;
    if (seL4_MessageInfo_get_label(msginfo) == SDDF_TIMER_GET_TIME) {
        world.mr[0] = world.now_ns;
        return seL4_MessageInfo_new(0, 0, 0, 1);
    }
    assert_int_equal(seL4_MessageInfo_get_label(msginfo), SDDF_TIMER_SET_TIMEOUT);
    world.timeout_ns = world.now_ns + world.mr[0];
    return seL4_MessageInfo_new(0, 0, 0, 0);
}

uint64_t sddf_get_mr(unsigned int n)
{
    assert_true(n < ARRAY_SIZE(world.mr));
    return world.mr[n];
}

void sddf_set_mr(unsigned int n, uint64_t value)
{
    assert_true(n < ARRAY_SIZE(world.mr));
    world.mr[n] = value;
}

char *sddf_get_pd_name(void)
{
    static char name[] = "image under test";

    return name;
}

int sddf_printf_(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int written = vprintf(format, args);
    va_end(args);
    return written;
}

void cache_clean(unsigned long start, unsigned long end)
{
    assert_true(end > start);
    point(POINT_CACHE_CLEAN, (const void *)start, end - start);
    world.cache_start = start;
    world.cleaned_bytes += end - start;
}

void cache_clean_and_invalidate(unsigned long start, unsigned long end)
{
    assert_true(end > start);
    point(POINT_CACHE_INVALIDATE, (const void *)start, end - start);
    world.cache_start = start;
    world.invalidated_bytes += end - start;
}

static void harness_copy(const void *from, size_t bytes)
{
    if (bytes >= COPY_BULK_BYTES) {
        world.copies++;
        world.copy_source = from;
        world.copy_bytes = bytes;
        point(POINT_COPY, from, bytes);
    }
}

void *sddfsim_memcpy(void *to, const void *from, size_t bytes)
{
    harness_copy(from, bytes);
    return memcpy(to, from, bytes);
}

void *sddfsim_memmove(void *to, const void *from, size_t bytes)
{
    harness_copy(from, bytes);
    return memmove(to, from, bytes);
}

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    print_error("%s:%u: %s: the image asserts: %s\n", file, line, function, assertion);
    abort();
}

/* -- the image -- */

struct image {
    void *handle;
    void (*init)(void);
    void (*notified)(sddf_channel ch);
};

static inline void *image_symbol(const struct image *image, const char *name)
{
    void *symbol = dlsym(image->handle, name);

    if (symbol == NULL) {
        print_error("%s\n", dlerror());
    }
    assert_non_null(symbol);
    return symbol;
}

/* One of the numbers an image keeps of what it refused. */
static inline uint64_t image_count(const struct image *image, const char *name)
{
    uint64_t count = *(const uint64_t *)image_symbol(image, name);

    assert_true(count < 1UL << 40); /* it counts upwards */
    return count;
}

static inline void image_copy(const char *name, int to)
{
    const char *build = getenv("SDDFSIM_BUILD");
    char path[4096];
    char bytes[65536];
    size_t got;

    snprintf(path, sizeof(path), "%s/images/%s.so", build == NULL ? "build" : build, name);
    FILE *from = fopen(path, "rb");
    if (from == NULL) {
        fail_msg("cannot open %s (SDDFSIM_BUILD names the build directory)", path);
    }
    while ((got = fread(bytes, 1, sizeof(bytes), from)) > 0) {
        assert_int_equal(write(to, bytes, got), (ssize_t)got);
    }
    fclose(from);
}

/* Load a private copy of `name`, such as "network/copy". */
static inline struct image image_load(const char *name)
{
    struct image image;
    char path[] = "/tmp/sddfsim-image-XXXXXX";
    int copy = mkstemp(path);

    assert_true(copy >= 0);
    image_copy(name, copy);
    close(copy);
    image.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    unlink(path);
    if (image.handle == NULL) {
        fail_msg("%s", dlerror());
    }
    image.init = (void (*)(void))(uintptr_t)image_symbol(&image, "init");
    image.notified = (void (*)(sddf_channel))(uintptr_t)image_symbol(&image, "notified");
    world_forget();
    world.slot = NO_CHANNEL;
    world.on_point = NULL;
    world.meanwhile = NULL;
    world.now_ns = 0;
    world.timeout_ns = 0;
    return image;
}

static inline void image_unload(struct image *image)
{
    assert_int_equal(dlclose(image->handle), 0);
}

/* What the runtime does as the PD waits. */
static inline void world_wait(void)
{
    world.inside = false;
    if (world.slot != NO_CHANNEL) {
        world.signals[world.slot]++;
        world.deferred[world.slot]++;
        world.slot = NO_CHANNEL;
    }
    assert_int_equal(world.replaced, 0);
}

static inline void image_init(struct image *image)
{
    world_forget();
    world.inside = true;
    image->init();
    world_wait();
}

/* One wake-up by one channel. What was recorded before it is forgotten. */
static inline void image_wake(struct image *image, sddf_channel ch)
{
    world_forget();
    world.inside = true;
    image->notified(ch);
    world_wait();
}

/* init() must stop after `spoil`: no image runs with a configuration that does not fit together. */
static inline void assert_init_stops(const struct image *image, void (*spoil)(void))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        spoil();
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        image->init();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* -- memory and queues -- */

/* Zeroed memory with an unmapped page right behind its last byte, and never given back. */
static inline void *guarded(size_t bytes)
{
    size_t page = 4096;
    size_t whole = (bytes + page - 1) / page * page;
    char *base =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(base != MAP_FAILED);
    assert_int_equal(mprotect(base + whole, page, PROT_NONE), 0);
    return base + whole - bytes;
}

static inline net_queue_handle_t pair_make(uint32_t capacity)
{
    net_queue_handle_t pair;
    size_t bytes = sizeof(net_queue_t) + capacity * sizeof(net_buff_desc_t);

    net_queue_init(&pair, guarded(bytes), guarded(bytes), capacity);
    return pair;
}

static inline net_connection_resource_t pair_connection(net_queue_handle_t pair, uint8_t id)
{
    size_t bytes = sizeof(net_queue_t) + pair.capacity * sizeof(net_buff_desc_t);

    return (net_connection_resource_t){.free_queue = {pair.free, bytes},
                                       .active_queue = {pair.active, bytes},
                                       .num_buffers = (uint16_t)pair.capacity,
                                       .id = id};
}

/* An empty queue, both indices at `index`. */
static inline void queue_set(net_queue_t *queue, uint16_t index)
{
    queue->head = index;
    queue->tail = index;
}

/* Two empty pairs whose indices are about to turn over, each at another time. */
static inline void pairs_near_wrap(net_queue_handle_t one, net_queue_handle_t other)
{
    queue_set(one.active, 65533);
    queue_set(one.free, 65530);
    queue_set(other.active, 65531);
    queue_set(other.free, 65535);
}

static inline net_buff_desc_t desc(uint64_t io_or_offset, uint16_t len)
{
    return (net_buff_desc_t){.io_or_offset = io_or_offset, .len = len};
}

static inline void assert_desc(net_buff_desc_t got, uint64_t io_or_offset, uint16_t len,
                               unsigned oid)
{
    assert_int_equal(got.io_or_offset, io_or_offset);
    assert_int_equal(got.len, len);
    assert_int_equal(got.oid, oid);
}

/* -- chance: xorshift64*, seeded by each test -- */

static uint64_t chance_state;

static inline void chance_seed(uint64_t seed)
{
    chance_state = seed * 2 + 1;
}

static inline uint64_t chance(uint64_t below)
{
    chance_state ^= chance_state >> 12;
    chance_state ^= chance_state << 25;
    chance_state ^= chance_state >> 27;
    return ((chance_state * 0x2545f4914f6cdd1dUL) >> 16) % below;
}

/*
 * Write something hostile into a queue: an index, the flag, or a descriptor, mostly near what is
 * plausible.
 */
static inline void queue_scribble(net_queue_t *queue, uint32_t capacity)
{
    net_buff_desc_t *slot = &queue->buffers[chance(capacity)];

    switch (chance(10)) {
    case 0:
        queue->tail = (uint16_t)chance(65536);
        break;
    case 1:
        queue->head = (uint16_t)chance(65536);
        break;
    case 2:
        queue->tail = (uint16_t)(queue->head + chance(2 * capacity + 1));
        break;
    case 3:
        queue->head = (uint16_t)(queue->tail - chance(2 * capacity + 1));
        break;
    case 4:
        queue->consumer_signalled = (uint32_t)chance(3);
        break;
    case 5:
        slot->io_or_offset = chance(2 * capacity) * NET_BUFFER_SIZE;
        break;
    case 6:
        slot->io_or_offset = chance(UINT64_MAX) << chance(64);
        break;
    case 7:
        slot->io_or_offset += chance(5) * 1024;
        break;
    case 8:
        slot->len = (uint16_t)chance(chance(2) ? 65536 : 2100);
        break;
    default:
        slot->oid = (uint8_t)chance(64) & 0x3f;
        break;
    }
}

static inline void pair_scribble(net_queue_handle_t pair)
{
    queue_scribble(chance(2) ? pair.free : pair.active, pair.capacity);
}

/* -- a queue that is full again whenever one looks -- */

static net_queue_t *stuffed;
static uint32_t stuffed_capacity;

static inline void queue_stuff(void)
{
    stuffed->tail = (uint16_t)(stuffed->head + stuffed_capacity);
}

/* From here on, of rubbish, until somebody else has a word at points. */
static inline void queue_stays_full(net_queue_t *queue, uint32_t capacity, net_buff_desc_t rubbish)
{
    for (uint32_t i = 0; i < capacity; i++) {
        queue->buffers[i] = rubbish;
    }
    stuffed = queue;
    stuffed_capacity = capacity;
    queue_stuff();
    world.meanwhile = queue_stuff;
}
#endif
