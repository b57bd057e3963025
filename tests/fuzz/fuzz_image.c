/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as what happens around an image of ours: which image, and then one thing after another.
 * Whoever shares memory with it writes there, what is plausible or anything at all, before it runs,
 * between its entries and in the midst of them; it is woken, called, begun anew; time passes, its
 * device receives, sends, and lies. Whatever happens, an image stays within its memory, ends every
 * entry, asserts nothing and loses no signal of its own.
 *
 * The images come from the plan of images.json, each in every kind of place it has there.
 */
#include "tests/fuzz/image_world.h"

#define SCENARIO        "tests/fuzz/images.json"
#define FRAME_BYTES_MAX 2048
#define ENTRIES_MAX     64 /* of one input */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, and how far it has been read; beyond its end are zeros. */
static struct {
    const uint8_t *data;
    size_t bytes, at;
    unsigned entries;
    unsigned pace, until; /* others act at each so many-th occasion; and how many are left to it */
    bool begun;
} input;

static uint64_t take(unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes && input.at < input.bytes; i++) {
        value |= (uint64_t)input.data[input.at++] << (8 * i);
    }
    return value;
}

/* -- what others write -- */

/* Where somebody else's memory is: with us, at an offset that the subject's queue has. */
static uint8_t *queue_at(const struct queue_shape *q)
{
    return world.s->memory[q->region] + q->offset;
}

static const struct queue_shape *take_queue(void)
{
    return &world.s->plan->queues[world.s->queues[take(1) % world.s->queue_count]];
}

static uint16_t load_index(const struct queue_shape *q, uint32_t offset)
{
    uint16_t index;

    memcpy(&index, queue_at(q) + offset, sizeof index);
    return index;
}

static void store_index(const struct queue_shape *q, uint32_t offset, uint16_t index)
{
    memcpy(queue_at(q) + offset, &index, sizeof index);
}

static void store_slot(const struct queue_shape *q, uint32_t index, uint64_t name, uint64_t rest)
{
    uint8_t *slot =
        queue_at(q) + q->slots_offset + (size_t)(index & (q->capacity - 1)) * q->slot_bytes;

    memcpy(slot, &name, 8);
    memcpy(slot + 8, &rest, 8);
}

/* What names a buffer of one of the pools the queue is for, and where in it. */
static uint64_t take_name(const struct queue_shape *q, uint64_t *rest)
{
    uint32_t pool = (uint32_t)(take(1) % q->pool_count);
    const struct plan_pool *p = &world.s->plan->pools[q->pools[pool]];
    uint64_t offset = take(1) % p->buffer_count * p->buffer_bytes;
    uint64_t len = take(2);

    *rest = (len & 0x0fff) | (q->pool_bits > 0 ? (uint64_t)pool << 16 : 0);
    return q->naming == NAMES_IO_ADDR ? p->io_addr + offset : offset;
}

/* As the honest would: the producer puts a buffer in, the consumer takes all there is. */
static void put(void)
{
    const struct queue_shape *q = take_queue();
    uint16_t tail = load_index(q, q->tail_offset);
    uint64_t rest, name = take_name(q, &rest);

    store_slot(q, tail, name, rest);
    store_index(q, q->tail_offset, (uint16_t)(tail + 1));
}

static void take_out(void)
{
    const struct queue_shape *q = take_queue();

    store_index(q, q->head_offset, load_index(q, q->tail_offset));
}

/* What the subject put in first comes back by the partner, as it was or nearly so. */
static void give_back(void)
{
    const struct queue_shape *q = take_queue();
    const struct queue_shape *back = &world.s->plan->queues[q->partner];
    uint16_t head = load_index(q, q->head_offset), tail = load_index(back, back->tail_offset);
    uint64_t name, rest;
    const uint8_t *slot =
        queue_at(q) + q->slots_offset + (size_t)(head & (q->capacity - 1)) * q->slot_bytes;

    memcpy(&name, slot, 8);
    memcpy(&rest, slot + 8, 8);
    store_slot(back, tail, name, rest ^ take(1));
    store_index(back, back->tail_offset, (uint16_t)(tail + 1));
    store_index(q, q->head_offset, (uint16_t)(head + 1));
}

/* And as only the hostile would. */
static void write_index(void)
{
    const struct queue_shape *q = take_queue();
    unsigned which = (unsigned)take(1);
    uint32_t flag = (uint32_t)take(2);

    if (which % 4 < 2) {
        store_index(q, which % 2 == 0 ? q->tail_offset : q->head_offset, (uint16_t)flag);
    } else {
        flag = which % 4 == 2 ? flag & 1 : flag;
        memcpy(queue_at(q) + q->flag_offset, &flag, sizeof flag);
    }
}

static void write_slot(void)
{
    const struct queue_shape *q = take_queue();
    uint32_t slot = (uint32_t)take(1);
    uint64_t rest, name = take_name(q, &rest);

    name ^= take(2) << (take(1) & 63);
    store_slot(q, slot, name, rest ^ take(2) << 8);
}

/* Anything, where others may write. */
static void write_bytes(void)
{
    const struct extent *e = &world.s->extents[take(1) % world.s->extent_count];
    uint64_t bytes = 1 + take(1) % 8;
    uint64_t offset = take(2) % (e->bytes - bytes + 1);
    uint64_t value = take((unsigned)bytes);

    if (e->shared) {
        memcpy(e->ours + offset, &value, bytes);
    }
}

/* Addresses that somebody here has, all ones, and what only a fuzzer thinks of. */
static void take_mac(uint8_t to[6])
{
    const struct plan *plan = world.s->plan;
    uint8_t which = (uint8_t)take(1);
    const struct plan_pd *pd = &plan->pds[which % plan->pd_count];

    memset(to, which, 6);
    if (which != 0xff && pd->mac_count > 0) {
        memcpy(to, pd->macs[0], 6);
    }
}

/* The head of a frame, and then what the input has. */
static size_t take_frame(uint8_t *to, size_t room)
{
    static const uint16_t types[] = {0x0008, 0x0608, 0xdd86, 0x0081};
    size_t bytes = take(1);

    bytes = bytes < 16 ? 16 : bytes > room ? room : bytes;
    take_mac(to);
    take_mac(to + 6);
    memcpy(to + 12, &types[take(1) % 4], 2);
    for (size_t i = 14; i < bytes && input.at < input.bytes; i++) {
        to[i] = (uint8_t)take(1);
    }
    return bytes;
}

static void write_frame(void)
{
    const struct extent *e = &world.s->extents[take(1) % world.s->extent_count];

    if (e->shared && e->bytes >= FRAME_BYTES_MAX) {
        uint64_t offset = take(1) * FRAME_BYTES_MAX % (e->bytes - FRAME_BYTES_MAX + 1);

        (void)take_frame(e->ours + offset / FRAME_BYTES_MAX * FRAME_BYTES_MAX, FRAME_BYTES_MAX);
    }
}

/* -- what else happens -- */

static void lie(void)
{
    unsigned count = (unsigned)take(1) % LIES_MAX;

    world.lie = 0;
    world.lie_count = count;
    for (unsigned i = 0; i < count; i++) {
        world.lies[i] = (uint32_t)take(4);
    }
}

static void pass_time(void)
{
    world.now_ns += take(3);
    if (world.s->device != NULL && world.s->type->timer != NULL) {
        device_run();
    }
}

/* What a machine asks of a device when it may spare it a wake-up, and in the end. */
static void ask_device(void)
{
    const struct device_type *type = world.s->type;
    void *state = world.s->state;
    uint32_t offset = 0;

    if (type->ready != NULL) {
        (void)type->ready(state);
    }
    if (type->idle_write != NULL) {
        offset = type->idle_write(state);
        assert(offset == UINT32_MAX || offset <= device_registers_bytes(type) - 4);
    }
    if (type->lowering != NULL && type->lowering(state, &offset) != 0) {
        assert(offset <= device_registers_bytes(type) - 4);
    }
    if (type->holds != NULL) {
        (void)type->holds(state);
    }
}

static void receive(void)
{
    uint8_t frame[FRAME_BYTES_MAX] = {0};
    size_t bytes = take_frame(frame, sizeof frame) + (take(1) & 7) * 200;

    if (world.s->device != NULL && world.s->type->frame_in != NULL) {
        (void)world.s->type->frame_in(world.s->state, frame, bytes);
        ask_device();
    }
}

/* A driver may use its device in any way it likes. */
static void poke(void)
{
    const struct subject *s = world.s;
    unsigned how = (unsigned)take(1);
    uint32_t offset = (uint32_t)take(2) + (how & 0x80u) * 0x200,
             value = (uint32_t)take(how % 2 == 0 ? 4 : 1);

    if (s->device == NULL) {
        return;
    }
    if (how % 2 != 0) { /* somewhere in what the device may reach */
        const struct plan_window *w = &s->plan->windows[value % s->plan->window_count];

        value = (uint32_t)(w->io_addr + take(1) * 8);
    }
    unsigned bytes = how % 16 < 2 ? 1u << (how / 16 % 4) : 4;

    offset = offset % device_registers_bytes(s->type) & ~(bytes - 1);
    s->type->write(s->state, offset, bytes, value);
    (void)s->type->read(s->state, offset, bytes);
}

static void prepare_answers(void)
{
    for (unsigned i = 0; i < ANSWERS_WORDS; i++) {
        world.answers[i] = take(i == 0 ? 1 : 8);
    }
}

/* In the order of the input's codes. What the first of them do, others can do while the image
 * runs; device models are never entered twice, so what calls one is not among these. */
static void (*const acts[])(void) = {put,        take_out,    give_back,   write_index,
                                     write_slot, write_bytes, write_frame, prepare_answers,
                                     lie,        pass_time,   receive,     poke};
#define ACTS      (sizeof acts / sizeof acts[0])
#define MEANWHILE 8 /* of them */

static UNWATCHED void meanwhile(void)
{
    if (--input.until == 0) {
        input.until = input.pace;
        if (input.at < input.bytes && input.data[input.at] < MEANWHILE) {
            acts[take(1)]();
        } else {
            world.meanwhile = NULL;
        }
    }
}

/* -- its entries -- */

/* Others act meanwhile, or not. */
static void take_pace(void)
{
    input.pace = (unsigned)take(1);
    input.until = input.pace;
    world.meanwhile = input.pace == 0 ? NULL : meanwhile;
}

/* A driver that finds no device of its kind has nothing better to do than to stop, so while it
 * looks for one nobody lies. */
static void begin(void)
{
    input.begun = true;
    world.lie_count = 0;
    entry_begin();
    world.s->loaded.image.init();
    entry_end();
}

static void wake(void)
{
    sddf_channel ch = world.s->channels[take(1) % world.s->channel_count];

    take_pace();
    if (!input.begun) {
        begin();
    }
    entry_begin();
    world.s->loaded.image.notified(ch);
    entry_end();
}

static void call(void)
{
    sddf_channel ch = world.s->channels[take(1) % world.s->channel_count];
    uint64_t label = take(1), count = take(1) % 4;

    for (unsigned i = 0; i < 4; i++) {
        world.mr[i] = i < count ? take(5) : UINT64_MAX;
    }
    if (world.s->loaded.image.protected == NULL || (world.s->callers >> ch & 1) == 0) {
        return;
    }
    if (!input.begun) {
        begin();
    }
    entry_begin();
    (void)world.s->loaded.image.protected(ch, seL4_MessageInfo_new(label, 0, 0, count));
    entry_end();
}

/* As after a fault: its variables are as they were, and all it shares with others as it is. */
static void begin_anew(void)
{
    image_restore(&world.s->loaded);
    take_pace();
    begin();
}

static void (*const entries[])(void) = {wake, wake, wake, call, begin_anew};
#define ENTRIES (sizeof entries / sizeof entries[0])

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char text[1 << 16];
    FILE *from = fopen(SCENARIO, "r");

    (void)argc;
    (void)argv;
    if (from == NULL) {
        fuzz_fail("cannot open", SCENARIO);
    }
    text[fread(text, 1, sizeof text - 1, from)] = '\0';
    fclose(from);
    world_find_stack();
    subjects_make(text);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input.data = data;
    input.bytes = size;
    input.at = input.entries = 0;
    input.begun = false;
    struct subject *s = &subjects[take(1) % subject_count];

    subject_reset(s);
    world_begin(s);
    device_reset(s);
    while (input.at < input.bytes && input.entries < ENTRIES_MAX &&
           world.accesses_before < ACCESSES_ALL) {
        unsigned code = (unsigned)take(1);

        world.meanwhile = NULL;
        if (code < ACTS) {
            acts[code]();
        } else {
            entries[code % ENTRIES]();
            input.entries++;
        }
    }
    return 0;
}
