/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as two captures to be compared. The first says how; the others make one capture, frame
 * by frame, and the other of that by losing, adding, moving, changing and delaying frames. What is
 * found adds up whatever they are: every frame has one fate, and by the strictest order two
 * captures are the same if and only if they hold the same frames.
 *
 * What is left of the input is taken for tcpdump's output about these frames, which is cut up by
 * frame and made harmless; tcpdump itself has no part in this.
 */
#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>

#include "sim/base/framediff.h"
/* For what is its own: to cut text into frames, and to write a frame in hexadecimal. */
#include "sim/cmd/frametext.c"

#define FRAMES_MAX      48
#define FRAME_BYTES_MAX 160

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct frame {
    uint8_t bytes[FRAME_BYTES_MAX];
    uint32_t count;
    uint64_t time_ns;
};

struct list {
    struct frame frames[FRAMES_MAX];
    uint32_t count;
};

static struct {
    const uint8_t *data;
    size_t bytes, at;
} input;

static uint32_t take(void)
{
    return input.at < input.bytes ? input.data[input.at++] : 0;
}

/* -- the captures -- */

/* Frames that have much in common are the harder ones to tell apart. */
static void add_frame(struct list *l)
{
    struct frame *f = &l->frames[l->count], *before = l->count > 0 ? f - 1 : NULL;
    uint32_t how = take();

    if (before != NULL && how < 128) {
        *f = *before;
        f->bytes[how % f->count] = (uint8_t)take();
    } else {
        f->count = 1 + how % FRAME_BYTES_MAX;
        memset(f->bytes, 0, sizeof f->bytes);
        for (uint32_t i = 0; i < f->count && input.at < input.bytes; i++) {
            f->bytes[i] = (uint8_t)take();
        }
    }
    f->time_ns = (before == NULL ? 1000 : before->time_ns) + take() * 100;
    l->count++;
}

static void lose(struct list *l, uint32_t at)
{
    l->count--;
    memmove(&l->frames[at], &l->frames[at + 1], (l->count - at) * sizeof l->frames[0]);
}

static void insert(struct list *l, uint32_t at, const struct frame *f)
{
    struct frame copy = *f;

    memmove(&l->frames[at + 1], &l->frames[at], (l->count - at) * sizeof l->frames[0]);
    l->frames[at] = copy;
    l->count++;
}

static void edit(struct list *l)
{
    uint32_t what = take(), at = take() % l->count, to = take() % l->count;
    struct frame *f = &l->frames[at], moved = *f;

    switch (what % 6) {
    case 0:
        f->bytes[take() % f->count] ^= (uint8_t)(1 + take());
        break;
    case 1:
        f->time_ns += 50 + take();
        break;
    case 2:
        f->count = 1 + take() % FRAME_BYTES_MAX;
        break;
    case 3:
        if (l->count > 1) {
            lose(l, at);
        }
        break;
    case 4:
        if (l->count < FRAMES_MAX) {
            insert(l, to, f);
        }
        break;
    default:
        if (l->count > 1) {
            lose(l, at);
            insert(l, to % l->count, &moved);
        }
    }
}

static struct pcapfile *open_list(const struct list *l)
{
    static const uint32_t head[6] = {0xa1b23c4d, 4u << 16 | 2, 0, 0, 65535, 1};
    char why[PCAPFILE_WHY_BYTES], path[64];
    int fd = memfd_create("capture", MFD_CLOEXEC);
    FILE *to = fdopen(fd, "w");
    struct pcapfile *p = NULL;

    assert(to != NULL);
    fwrite(head, sizeof head, 1, to);
    for (uint32_t i = 0; i < l->count; i++) {
        const struct frame *f = &l->frames[i];
        uint32_t record[4] = {(uint32_t)(f->time_ns / NS_PER_S), (uint32_t)(f->time_ns % NS_PER_S),
                              f->count, f->count};

        fwrite(record, sizeof record, 1, to);
        fwrite(f->bytes, f->count, 1, to);
    }
    fflush(to);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert(pcapfile_open(&p, path, why) == 0);
    fclose(to);
    return p;
}

/* -- what must hold -- */

static bool equal_lists(const struct list *a, const struct list *b,
                        const struct framediff_options *options)
{
    for (uint32_t i = 0; a->count == b->count && i < a->count; i++) {
        const struct frame *x = &a->frames[i], *y = &b->frames[i];
        int64_t late = (int64_t)(y->time_ns - b->frames[0].time_ns) -
                       (int64_t)(x->time_ns - a->frames[0].time_ns);

        if (x->count != y->count || memcmp(x->bytes, y->bytes, x->count) != 0 ||
            (options->compare_times &&
             (uint64_t)(late < 0 ? -late : late) > options->tolerance_ns)) {
            return false;
        }
    }
    return a->count == b->count;
}

static void check_entry(const struct framediff_entry *e, const struct list *a, const struct list *b)
{
    assert(e->a != NULL || e->b != NULL);
    assert((e->a != NULL) == (e->a_number != 0));
    assert((e->b != NULL) == (e->b_number != 0));
    assert(e->a_number <= a->count);
    assert(e->b_number <= b->count);
    assert((e->kind != FRAMEDIFF_ONLY_A && e->kind != FRAMEDIFF_ONLY_B) ||
           (e->a == NULL) != (e->b == NULL));
    if (e->a != NULL) {
        const struct frame *f = &a->frames[e->a_number - 1];

        assert(e->a->bytes_count == f->count);
        assert(memcmp(e->a->bytes, f->bytes, f->count) == 0);
    }
    if (e->kind == FRAMEDIFF_CHANGED) {
        assert(e->fields != 0);
        assert(e->a_offset <= e->a->bytes_count);
        assert(e->b_offset <= e->b->bytes_count);
        assert(e->a_offset < e->a->bytes_count || e->b_offset < e->b->bytes_count);
        assert(e->field < FRAME_FIELDS_COUNT);
    }
}

/* All differences, each once; returns how many. */
static uint64_t read_entries(struct framediff *d, const struct framediff_counts *counts,
                             const struct list *a, const struct list *b)
{
    uint64_t kinds[FRAMEDIFF_KINDS] = {0}, total = 0;
    struct framediff_entry e;

    while (framediff_next(d, &e)) {
        check_entry(&e, a, b);
        kinds[e.kind]++;
        total++;
    }
    assert(memcmp(kinds, counts->kinds, sizeof kinds) == 0);
    return total;
}

static void compare(const struct list *a, const struct list *b,
                    const struct framediff_options *options)
{
    struct pcapfile *file_a = open_list(a), *file_b = open_list(b);
    struct framediff *d = NULL;
    struct framediff_counts c;

    assert(framediff_create(&d, file_a, file_b, options) == 0);
    framediff_count(d, &c);
    uint64_t both = c.same + c.kinds[FRAMEDIFF_CHANGED] + c.kinds[FRAMEDIFF_MOVED];

    assert(c.a_frames == a->count);
    assert(c.b_frames == b->count);
    assert(c.a_frames == both + c.kinds[FRAMEDIFF_ONLY_A]);
    assert(c.b_frames == both + c.kinds[FRAMEDIFF_ONLY_B]);
    assert(c.kinds[FRAMEDIFF_LATE] <= c.same);

    uint64_t total = read_entries(d, &c, a, b);
    assert(framediff_same(d) == (total == 0));
    framediff_rewind(d);
    assert(read_entries(d, &c, a, b) == total);
    if (options->order == FRAMEDIFF_ORDER_STRICT && options->ignored == 0) {
        assert((total == 0) == equal_lists(a, b, options));
    }
    framediff_destroy(d);
    pcapfile_close(file_a);
    pcapfile_close(file_b);
}

/* -- text -- */

static void cut_text(const struct list *a)
{
    size_t left = input.bytes - input.at;
    char *text = calloc(left + 1, 1);
    struct frametext t = {.count = a->count, .texts = calloc(a->count + 1, sizeof *t.texts)};

    memcpy(text, input.data + input.at, left);
    assert(cut(&t, text) == 0);
    for (size_t i = 0; i < t.count; i++) {
        const struct frame_record frame = {.bytes = a->frames[i].bytes,
                                           .bytes_count = a->frames[i].count};

        if (t.texts[i] == NULL) {
            t.texts[i] = hex_of(&frame);
        }
        for (const char *c = t.texts[i]; *c != '\0'; c++) {
            assert(*c == '\n' || *c == '\t' || (*c >= ' ' && *c < 0x7f));
        }
        free(t.texts[i]);
    }
    free(t.texts);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct list a, b;
    struct framediff_options options = {0};

    input.data = data;
    input.bytes = size;
    input.at = 0;
    uint32_t how = take();

    options.order = how % 3;
    options.compare_times = (how & 4) != 0;
    options.tolerance_ns = (how & 8) != 0 ? 100 : 0;
    for (unsigned i = 0; (how & 16) != 0 && i < sizeof options.ignored; i++) {
        options.ignored |= (frame_field_set)take() << (8 * i);
    }
    options.ignored &= (FRAME_FIELD_BIT(FRAME_FIELDS_COUNT - 1) << 1) - 1;

    uint32_t frames = 1 + take() % FRAMES_MAX, edits = take() % 16;
    a.count = 0;
    while (a.count < frames) {
        add_frame(&a);
    }
    b = a;
    for (uint32_t i = 0; i < edits; i++) {
        edit(&b);
    }
    compare(&a, &b, &options);
    compare(&b, &a, &options);
    cut_text(&a);
    return 0;
}
