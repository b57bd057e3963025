/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A platform's table from its JSON: a row of `sections` for each object in it, each with the keys
 * it has. What is left out is as on the platform it is like; and if it says it is like none, as on
 * a plain 64-bit core at 1 GHz: those are the defaults of the tables, and
 * scenarios/platforms/generic.json spells them out. The work of images has a row for each image;
 * what such a row leaves out is as in the row "*".
 */
#include "sim/model/platform.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/quantity.h"
#include "sim/model/platform_parts.h"

/* A second at 1 GHz, and a thousandth of that for what is told in thousandths: beyond these it is
 * a slip of the pen. */
#define CYCLES_MAX UINT64_C(1000000000)
#define MILLI_MAX  UINT64_C(1000000000)
#define SECOND_NS  UINT64_C(1000000000)
#define IMAGES_MAX 1024u
#define ANY_IMAGE  "*"

/* Nobody's key alone: a field of struct platform under a name of its own. */
#define KEY(key, kind_, field, preset_, min_, max_, doc_)                                      \
    {                                                                                          \
        .name = (key), .kind = PARAM_KIND_##kind_, .offset = offsetof(struct platform, field), \
        .preset = (preset_), .min = (min_), .max = (max_), .doc = (doc_)                       \
    }
#define CYCLES(key, field, preset, doc) KEY(key, UINT, field, preset, 0, CYCLES_MAX, doc)
#define MILLI(key, field, preset, doc)  KEY(key, UINT, field, preset, 0, MILLI_MAX, doc)
#define TIME(key, field, preset, doc)   KEY(key, TIME, field, preset, 0, SECOND_NS, doc)

static const struct param top_params[] = {
    PARAM_TEXT_OPTIONAL(struct platform, name, NULL,
                        "what it is called; its file's name if left out"),
    PARAM_TEXT_OPTIONAL(struct platform, story, "", "which machine this is, in a sentence"),
    PARAM_TEXT_OPTIONAL(struct platform, like, NULL,
                        "another platform, a name or path: what is left out here is as there"),
    PARAM_UINT(struct platform, clock_hz, 1000000000, 1000000, UINT64_C(100000000000),
               "cycles a second"),
    PARAM_UINT(struct platform, cores, 4, 1, PLATFORM_CORES_MAX, "how many there are"),
    PARAM_END,
};

static const struct param kernel_params[] = {
    CYCLES("notify", entry[PLATFORM_NOTIFY], 300, "cycles of a signal, from entry to exit"),
    CYCLES("wait", entry[PLATFORM_WAIT], 250,
           "cycles of a wait, a deferred signal or acknowledgement included"),
    CYCLES("switch", entry[PLATFORM_SWITCH], 300,
           "cycles of going on with another domain, and of what it finds cold"),
    CYCLES("irq", entry[PLATFORM_IRQ], 350,
           "cycles of an interrupt up to its signal; charged to the driver"),
    CYCLES("ack", entry[PLATFORM_ACK], 250, "cycles of acknowledging an interrupt by a call"),
    CYCLES("call", entry[PLATFORM_CALL], 300, "cycles of a protected call"),
    CYCLES("reply", entry[PLATFORM_REPLY], 300, "cycles of its answer"),
    CYCLES("cross_core", entry[PLATFORM_CROSS_CORE], 300,
           "more cycles of a signal to another core; charged to the sender"),
    TIME("cross_core_delay", cross_core_ns, 1000, "until a signal to another core arrives there"),
    PARAM_END,
};

static const struct param op_params[] = {
    CYCLES("enqueue", op[POINT_ENQUEUE], 20, "cycles of putting an entry into a queue"),
    CYCLES("dequeue", op[POINT_DEQUEUE], 20, "cycles of taking an entry out"),
    CYCLES("request", op[POINT_REQUEST], 5, "cycles of asking to be signalled"),
    CYCLES("cancel", op[POINT_CANCEL], 5, "cycles of asking not to be"),
    CYCLES("require", op[POINT_REQUIRE], 10, "cycles of looking whether a signal is asked for"),
    CYCLES("mmio_read", op[POINT_MMIO_READ], 100, "cycles of reading a register"),
    CYCLES("mmio_write", op[POINT_MMIO_WRITE], 30, "cycles of writing one"),
    CYCLES("copy", op[POINT_COPY], 20, "cycles of a copy, beside its bytes"),
    CYCLES("clean", op[POINT_CACHE_CLEAN], 10, "cycles of cleaning cache, beside its lines"),
    CYCLES("invalidate", op[POINT_CACHE_INVALIDATE], 10,
           "cycles of invalidating cache, beside its lines"),
    CYCLES("access", op[POINT_ACCESS], 2,
           "cycles of an access of memory that others reach, where an image tells of each"),
    MILLI("copy_byte_milli", copy_byte_milli, 125, "thousandths of a cycle a byte copied"),
    MILLI("copy_uncached_byte_milli", copy_uncached_byte_milli, 4000,
          "the same out of memory that is not cached"),
    MILLI("clean_line_milli", clean_line_milli, 20000, "thousandths of a cycle a line cleaned"),
    MILLI("invalidate_line_milli", invalidate_line_milli, 20000,
          "thousandths of a cycle a line invalidated"),
    PARAM_UINT(struct platform, line_bytes, 64, 8, 4096, "of a cache line; a power of two"),
    CYCLES("barrier", barrier, 20,
           "more cycles of a flag operation and an entry published, with barriers"),
    PARAM_BOOL(struct platform, barriers, false,
               "images are built with barriers, as for several cores"),
    PARAM_END,
};

static const struct param scheduling_params[] = {
    PARAM_UINT(struct platform, refills, 2, 2, 8, "of a scheduling context"),
    TIME("min_budget", min_budget_ns, 20000, "less of a budget is not worth running for"),
    KEY("timeslice", TIME, timeslice_ns, 1000000, 1000, SECOND_NS,
        "of a domain that has no budget of its own"),
    PARAM_END,
};

static const struct param dma_params[] = {
    TIME("latency", dma_latency_ns, 500, "from a device's request until the first byte"),
    KEY("bytes_per_us", UINT, dma_bytes_per_us, 4000, 1, UINT64_C(1000000000),
        "bytes a microsecond from then on"),
    PARAM_END,
};

static const struct param chance_params[] = {
    KEY("costs", SHARE, cost_spread_ppm, 0, 0, 900000,
        "how much dearer or cheaper each cost of the kernel, of points and of images may be than "
        "it "
        "says here: drawn from the seed, once for each domain"),
    TIME("interrupt_delay", interrupt_delay_max_ns, 0,
         "how late an interrupt may come at most, drawn from the seed each time"),
    PARAM_END,
};

static const struct {
    const char *name; /* NULL: the table itself */
    const struct param *params;
    const char *doc;
} sections[] = {
    {NULL, top_params, "a table of costs"},
    {"kernel", kernel_params, "what the kernel does, each time"},
    {"ops", op_params, "what an image does at a point, each time"},
    {"scheduling", scheduling_params, "how the kernel is configured"},
    {"dma", dma_params, "between device and memory"},
    {"chance", chance_params, "what differs from seed to seed"},
};
#define SECTIONS   (sizeof sections / sizeof sections[0])
#define IMAGES_DOC "work that points do not tell of, by image; \"*\": of every other image"

#define IMAGE_KEY(field, preset_, max_, doc_) \
    PARAM_UINT(struct platform_image, field, preset_, 0, max_, doc_)
#define IMAGE_KEYS 5
static const struct param image_params[IMAGE_KEYS + 1] = {
    IMAGE_KEY(wake, 200, CYCLES_MAX, "cycles a wake-up"),
    IMAGE_KEY(notified, 50, CYCLES_MAX, "cycles a call of notified()"),
    IMAGE_KEY(dequeue, 50, CYCLES_MAX, "cycles an entry taken out of a queue"),
    IMAGE_KEY(enqueue, 50, CYCLES_MAX, "cycles an entry put into one"),
    IMAGE_KEY(byte_milli, 0, MILLI_MAX, "thousandths of a cycle a byte of a frame taken"),
    PARAM_END,
};

uint64_t platform_spread(const struct platform *p, struct rng *dice, uint64_t cost)
{
    if (p->cost_spread_ppm == 0) {
        return cost;
    }
    uint64_t ppm = 1000000 - p->cost_spread_ppm + rng_below(dice, 2 * p->cost_spread_ppm + 1);

    return (uint64_t)((unsigned __int128)cost * ppm / 1000000);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static bool is_object(struct json_value value, const struct param_reader *r)
{
    if (value.json == NULL || json_is_object(value.json)) {
        return true;
    }
    diag_error(r->diag, json_place(value), "expected an object, found %s", json_found(value));
    return false;
}

/* A copy of a table whose defaults are what `like`, filled by the same table, has. */
static const struct param *defaults_like(const struct param *params, const void *like,
                                         struct arena *arena)
{
    struct param *copy;
    size_t count = 0;

    if (like == NULL) {
        return params;
    }
    while (params[count].name != NULL) {
        count++;
    }
    copy = arena_copy(arena, params, (count + 1) * sizeof *params);
    for (size_t i = 0; i < count; i++) {
        const char *value = (const char *)like + copy[i].offset;

        if (copy[i].kind == PARAM_KIND_BOOL) {
            copy[i].preset = *(const bool *)(const void *)value;
        } else if (copy[i].kind != PARAM_KIND_TEXT) { /* words are each platform's own */
            copy[i].preset = *(const uint64_t *)(const void *)value;
        }
    }
    return copy;
}

/* A section's keys; all defaults if it is not there. */
static void read_section(struct json_value table, size_t section, struct platform *p,
                         struct param_keys *at_top, json_t *out, const struct param_reader *r)
{
    struct json_value object = json_member(table, sections[section].name);
    const struct param *params = defaults_like(sections[section].params, p->base, r->arena);
    struct param_keys known = {0};
    json_t *out_object = json_object();

    param_known(at_top, sections[section].name);
    json_object_set_new(out, sections[section].name, out_object);
    if (is_object(object, r)) {
        param_parse(params, object, p, &known, out_object, r);
        param_unknown(object, &known, r);
    }
}

static const struct platform_image *own_row(const struct platform *p, const char *image)
{
    for (size_t i = 0; p != NULL && i < p->image_count; i++) {
        if (strcmp(p->images[i].image, image) == 0) {
            return &p->images[i];
        }
    }
    return NULL;
}

/* An image's row, given or not: what it leaves out is as in the row of the platform it is like, or
 * else as in "*". */
static void read_image(struct json_value images, const char *image, struct platform *p,
                       struct platform_image *rows, json_t *out, const struct param_reader *r)
{
    struct json_value object = json_member(images, image);
    const struct platform_image *like = own_row(p->base, image), *any = own_row(p, ANY_IMAGE);
    struct platform_image *row = &rows[p->image_count];
    struct param_keys known = {0};
    json_t *out_row = json_object();

    json_object_set_new(out, image, out_row);
    row->image = arena_text(r->arena, image);
    row->place = object.json != NULL ? json_key_place(object) : json_place(images);
    if (is_object(object, r)) {
        param_parse(defaults_like(image_params, like != NULL ? like : any, r->arena), object, row,
                    &known, out_row, r);
        param_unknown(object, &known, r);
    }
    p->image_count++;
}

/* "*" first, for the others may be like it; then those of the platform it is like, in their order.
 */
static void read_images(struct json_value table, struct platform *p, json_t *out,
                        const struct param_reader *r)
{
    struct json_value images = json_member(table, "images");
    size_t inherited = p->base == NULL ? 0 : p->base->image_count;
    json_t *out_images = json_object(), *ignored;
    struct platform_image *rows;
    const char *key;

    json_object_set_new(out, "images", out_images);
    if (!is_object(images, r)) {
        return;
    }
    if (json_object_size(images.json) + inherited > IMAGES_MAX) {
        diag_error(r->diag, json_place(images), "%zu images; at most %u are read",
                   json_object_size(images.json) + inherited, IMAGES_MAX);
        return;
    }
    rows = arena_array(r->arena, json_object_size(images.json) + inherited + 1, sizeof *rows);
    p->images = rows;
    read_image(images, ANY_IMAGE, p, rows, out_images, r);
    for (size_t i = 0; i < inherited; i++) {
        if (own_row(p, p->base->images[i].image) == NULL) {
            read_image(images, p->base->images[i].image, p, rows, out_images, r);
        }
    }
    json_object_foreach(images.json, key, ignored)
    {
        if (own_row(p, key) == NULL) {
            read_image(images, key, p, rows, out_images, r);
        }
    }
}

/* Values that are good each, and not together. */
static void check_whole(struct json_value table, const struct platform *p,
                        const struct diag_place *place, const struct param_reader *r)
{
    struct json_value slice = json_member(json_member(table, "scheduling"), "timeslice");

    if (p->timeslice_ns != 0 && p->timeslice_ns < p->min_budget_ns) {
        diag_error(r->diag, place != NULL ? *place : json_place(slice),
                   "a time slice of %s is shorter than the least budget, %s",
                   quantity_text(QUANTITY_TIME, p->timeslice_ns, r->arena),
                   quantity_text(QUANTITY_TIME, p->min_budget_ns, r->arena));
    }
}

static void check_values(struct json_value table, const struct platform *p,
                         const struct param_reader *r)
{
    if (p->name != NULL && p->name[0] == '\0') {
        diag_error(r->diag, json_place(json_member(table, "name")), "is empty");
    }
    if (p->like != NULL && p->like[0] == '\0') {
        diag_error(r->diag, json_place(json_member(table, "like")), "is empty");
    }
    if ((p->line_bytes & (p->line_bytes - 1)) != 0) {
        diag_error(r->diag, json_place(json_member(json_member(table, "ops"), "line_bytes")),
                   "%llu is not a power of two", (unsigned long long)p->line_bytes);
    }
}

static const char *text_of(const json_t *json, struct arena *arena)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    const char *kept = arena_text(arena, text == NULL ? "{}" : text);

    free(text);
    return kept;
}

/* Its table in full; or as it is, where what it is like is not known. */
static void finish(struct json_value table, struct platform *p, json_t *out,
                   const struct param_reader *r)
{
    if (p->like != NULL && p->base == NULL) {
        json_object_clear(out);
        json_object_update(out, table.json);
    }
    if (p->base != NULL) {
        json_object_del(out, "like");
    }
    p->json = text_of(out, r->arena);
}

struct platform *platform_read(struct json_value table, const char *name,
                               const struct platform *base, const struct diag_place *place,
                               json_t *out, const struct param_reader *r)
{
    struct platform *p = arena_alloc(r->arena, sizeof *p);
    size_t errors_before = r->diag->errors;
    struct param_keys known = {0};

    assert(sections[0].name == NULL);
    p->base = base;
    json_object_set_new(out, "name", json_string(name));
    param_parse(defaults_like(top_params, base, r->arena), table, p, &known, out, r);
    for (size_t i = 1; i < SECTIONS; i++) {
        read_section(table, i, p, &known, out, r);
    }
    param_known(&known, "images");
    read_images(table, p, out, r);
    param_unknown(table, &known, r);
    check_values(table, p, r);
    if (p->like == NULL || base != NULL) {
        check_whole(table, p, place, r);
    }
    p->name = p->name != NULL ? p->name : arena_text(r->arena, name);
    finish(table, p, out, r);
    return r->diag->errors == errors_before ? p : NULL;
}

/* --- looking up ---------------------------------------------------------------------------------
 */

/* An image given by its path is known by its file, which stays the same when the folder does not.
 */
static const char *row_name(const char *image)
{
    const char *slash = strrchr(image, '/');

    return strstr(image, ".so") != NULL && slash != NULL ? slash + 1 : image;
}

const struct platform_image *platform_image(const struct platform *p, const char *image)
{
    static const struct platform_image nothing;
    const struct platform_image *any = &nothing;

    for (size_t i = 0; i < p->image_count; i++) {
        if (strcmp(p->images[i].image, row_name(image)) == 0) {
            return &p->images[i];
        }
        if (strcmp(p->images[i].image, ANY_IMAGE) == 0) {
            any = &p->images[i];
        }
    }
    return any;
}

static bool is_image(const char *name, const struct type_view *images, size_t count)
{
    size_t i = 0;

    while (i < count && strcmp(images[i].name, name) != 0) {
        i++;
    }
    return i < count || strstr(name, ".so") != NULL || strcmp(name, ANY_IMAGE) == 0;
}

void platform_check_images(const struct platform *p, const struct type_view *images, size_t count,
                           struct diag *diag)
{
    struct arena arena = {0};
    const char **names = arena_array(&arena, count, sizeof *names);

    for (size_t i = 0; i < count; i++) {
        names[i] = images[i].name;
    }
    for (size_t i = 0; i < p->image_count; i++) {
        if (!is_image(p->images[i].image, images, count)) {
            diag_warn(diag, p->images[i].place, "no image \"%s\"", p->images[i].image);
            param_suggest(diag, p->images[i].image, names, count);
        }
    }
    arena_finish(&arena);
}

/* --- telling ------------------------------------------------------------------------------------
 */

void platform_document(FILE *to)
{
    for (size_t i = 0; i < SECTIONS; i++) {
        fprintf(to, "\nplatform%s%s, %s:\n", sections[i].name == NULL ? "" : ".",
                sections[i].name == NULL ? "" : sections[i].name, sections[i].doc);
        param_document(to, sections[i].params);
    }
    fprintf(to, "\neach of platform.images, %s:\n", IMAGES_DOC);
    param_document(to, image_params);
}

static json_t *object_schema(const struct param *params, const char *doc)
{
    json_t *properties = json_object();

    param_schema(properties, NULL, params);
    return json_pack("{s:s, s:s, s:o, s:b}", "type", "object", "description", doc, "properties",
                     properties, "additionalProperties", 0);
}

json_t *platform_schema(void)
{
    json_t *of = object_schema(top_params, sections[0].doc);
    json_t *properties = json_object_get(of, "properties");

    for (size_t i = 1; i < SECTIONS; i++) {
        json_object_set_new(properties, sections[i].name,
                            object_schema(sections[i].params, sections[i].doc));
    }
    json_object_set_new(properties, "images",
                        json_pack("{s:s, s:s, s:i, s:o}", "type", "object", "description",
                                  IMAGES_DOC, "maxProperties", (int)IMAGES_MAX,
                                  "additionalProperties", object_schema(image_params, "its work")));
    return of;
}
