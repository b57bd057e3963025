/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `sddfsim diff A.pcap B.pcap`: do two captures hold the same frames, and if not, where do they
 * part? The comparison is sim/base/framediff.h's; here its options are read and its result is told,
 * to a person (the first differences through tcpdump, then a summary) or to a program (JSON, all
 * differences). Like diff(1) it returns 0 for the same, 1 for different and 2 for any trouble.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/framediff.h"
#include "sim/base/quantity.h"
#include "sim/base/suggest.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/frametext.h"

#define EXIT_TROUBLE CMD_EXIT_USAGE
/* Differences shown unless --first says otherwise. */
#define FIRST_PRESET 10
/* Changes confined to this many fields are worth a hint; beyond, ignoring them would hide the rest.
 */
#define HINT_FIELDS_MAX 6

static const char *const kind_names[FRAMEDIFF_KINDS] = {
    [FRAMEDIFF_CHANGED] = "changed", [FRAMEDIFF_MOVED] = "moved", [FRAMEDIFF_ONLY_A] = "only_a",
    [FRAMEDIFF_ONLY_B] = "only_b",   [FRAMEDIFF_LATE] = "late",
};

static const char *const order_names[] = {
    [FRAMEDIFF_ORDER_STRICT] = "strict",
    [FRAMEDIFF_ORDER_FLOW] = "flow",
    [FRAMEDIFF_ORDER_ANY] = "any",
    NULL,
};

/* One run of the verb. */
struct diff {
    const struct cmd_args *args;
    const char *a_path, *b_path;
    struct pcapfile *a, *b;
    struct framediff_options options;
    struct framediff *result;
    struct framediff_counts counts;
    unsigned long long first;            /* differences to show; 0: all */
    uint64_t fields[FRAME_FIELDS_COUNT]; /* in how many changed pairs each field differs */
};

/* ---- options ---- */

static bool read_ignored_field(struct diff *d, const char *name)
{
    const char *names[FRAME_FIELDS_COUNT];

    for (int i = 0; i < FRAME_FIELDS_COUNT; i++) {
        names[i] = frame_fields[i].name;
        if (strcmp(name, names[i]) == 0) {
            d->options.ignored |= FRAME_FIELD_BIT(i);
            return true;
        }
    }
    const char *near = suggest(name, names, FRAME_FIELDS_COUNT);

    if (near != NULL) {
        cmd_complain(d->args, "--ignore=%s: no such field; did you mean '%s'?", name, near);
    } else {
        cmd_complain(d->args, "--ignore=%s: no such field; 'sddfsim diff --help' lists them", name);
    }
    return false;
}

/* Every --ignore counts, and each may name several fields. */
static bool read_ignored(struct diff *d)
{
    for (size_t i = 0; i < d->args->given_count; i++) {
        const char *list = d->args->given[i].value;

        if (strcmp(d->args->given[i].option->name, "ignore") != 0) {
            continue;
        }
        for (;;) {
            char name[64];
            size_t bytes = strcspn(list, ",");

            snprintf(name, sizeof(name), "%.*s", (int)(bytes < sizeof(name) ? bytes : sizeof(name)),
                     list);
            if (!read_ignored_field(d, name)) {
                return false;
            }
            if (list[bytes] == '\0') {
                break;
            }
            list += bytes + 1;
        }
    }
    return true;
}

/* --times: "ignore" or a quantity of time. */
static bool read_times(struct diff *d)
{
    const char *value = cmd_value(d->args, "times", "ignore");
    const char *wrong;

    if (strcmp(value, "ignore") == 0) {
        return true;
    }
    wrong = quantity_read(QUANTITY_TIME, value, &d->options.tolerance_ns);
    if (wrong != NULL) {
        cmd_complain(d->args, "--times: '%s' %s; give 'ignore' or a tolerance such as '%s'", value,
                     wrong, quantity_example(QUANTITY_TIME));
        return false;
    }
    d->options.compare_times = true;
    return true;
}

static bool read_options(struct diff *d)
{
    size_t order;

    if (!cmd_choice(d->args, "order", order_names, FRAMEDIFF_ORDER_STRICT, &order) ||
        !cmd_number(d->args, "first", FIRST_PRESET, 0, UINT32_MAX, &d->first) || !read_ignored(d) ||
        !read_times(d)) {
        return false;
    }
    d->options.order = (enum framediff_order)order;
    return true;
}

/* ---- telling a person ---- */

static void print_field_names(frame_field_set fields, const char *separator)
{
    const char *before = "";

    for (; fields != 0; fields &= fields - 1) {
        printf("%s%s", before, frame_fields[__builtin_ctzll(fields)].name);
        before = separator;
    }
}

/* Which byte differs first and what it is on either side, or which frame ends there. */
static void print_change(const struct framediff_entry *e)
{
    bool in_a = e->a_offset < e->a->bytes_count, in_b = e->b_offset < e->b->bytes_count;
    frame_field_set others = e->fields & ~FRAME_FIELD_BIT(e->field);

    if (in_a && in_b) {
        printf("byte %" PRIu32 " (%s) is %02x", e->a_offset, frame_fields[e->field].name,
               e->a->bytes[e->a_offset]);
        if (e->a_offset == e->b_offset) {
            printf(" in A, %02x in B", e->b->bytes[e->b_offset]);
        } else {
            printf(" in A, byte %" PRIu32 " is %02x in B", e->b_offset, e->b->bytes[e->b_offset]);
        }
    } else {
        printf("byte %" PRIu32 " (%s) is only in %s, which has %" PRIu32
               " bytes and the other %" PRIu32,
               in_a ? e->a_offset : e->b_offset, frame_fields[e->field].name, in_a ? "A" : "B",
               in_a ? e->a->bytes_count : e->b->bytes_count,
               in_a ? e->b->bytes_count : e->a->bytes_count);
    }
    if (others != 0) {
        printf("; also ");
        print_field_names(others, ", ");
    }
}

static void print_time(int64_t ns)
{
    uint64_t off = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

    printf("%" PRIu64 ".%09" PRIu64 " s %s", off / 1000000000, off % 1000000000,
           ns < 0 ? "earlier" : "later");
}

static void print_heading(const struct diff *d, const struct framediff_entry *e)
{
    static const enum cmd_color colors[FRAMEDIFF_KINDS] = {
        [FRAMEDIFF_CHANGED] = CMD_COLOR_YELLOW, [FRAMEDIFF_MOVED] = CMD_COLOR_CYAN,
        [FRAMEDIFF_ONLY_A] = CMD_COLOR_RED,     [FRAMEDIFF_ONLY_B] = CMD_COLOR_GREEN,
        [FRAMEDIFF_LATE] = CMD_COLOR_CYAN,
    };

    fputs(cmd_color(d->args, colors[e->kind]), stdout);
    switch (e->kind) {
    case FRAMEDIFF_ONLY_A:
        printf("only in A: frame %" PRIu32, e->a_number);
        break;
    case FRAMEDIFF_ONLY_B:
        printf("only in B: frame %" PRIu32, e->b_number);
        break;
    case FRAMEDIFF_MOVED:
        printf("moved: frame %" PRIu32 " of A is frame %" PRIu32 " of B", e->a_number, e->b_number);
        break;
    case FRAMEDIFF_LATE:
        printf("late: frame %" PRIu32 " of A is frame %" PRIu32 " of B, ", e->a_number,
               e->b_number);
        print_time(e->late_ns);
        break;
    case FRAMEDIFF_CHANGED:
        printf("changed: frame %" PRIu32 " of A, frame %" PRIu32 " of B: ", e->a_number,
               e->b_number);
        print_change(e);
        break;
    case FRAMEDIFF_KINDS:
        break;
    }
    printf("%s\n", cmd_color(d->args, CMD_COLOR_END));
}

static void print_frame(const struct diff *d, const char *text, const char *mark,
                        enum cmd_color color)
{
    while (*text != '\0') {
        size_t bytes = strcspn(text, "\n");

        printf("  %s%s%s %.*s\n", cmd_color(d->args, color), mark,
               cmd_color(d->args, CMD_COLOR_END), (int)bytes, text);
        text += bytes + (text[bytes] == '\n');
    }
}

/* Which frames of an entry are shown: both only where they are not the same. */
static size_t shown_frames(const struct framediff_entry *e, const struct frame_record *out[2])
{
    size_t count = 0;

    if (e->a != NULL) {
        out[count++] = e->a;
    }
    if (e->b != NULL && (e->a == NULL || e->kind == FRAMEDIFF_CHANGED)) {
        out[count++] = e->b;
    }
    return count;
}

static void print_entries(const struct diff *d, const struct framediff_entry *entries, size_t count,
                          const struct frametext *text)
{
    size_t next = 0;

    for (size_t i = 0; i < count; i++) {
        const struct framediff_entry *e = &entries[i];
        const struct frame_record *frames[2];
        size_t shown = shown_frames(e, frames);

        print_heading(d, e);
        for (size_t j = 0; j < shown; j++) {
            bool of_a = frames[j] == e->a;
            bool alone = shown == 1 && e->a != NULL && e->b != NULL;

            print_frame(d, frametext_of(text, next++),
                        alone  ? "="
                        : of_a ? "<"
                               : ">",
                        alone  ? CMD_COLOR_CYAN
                        : of_a ? CMD_COLOR_RED
                               : CMD_COLOR_GREEN);
        }
    }
}

/* Render and print the first differences. 0 or -errno. */
static int print_first(const struct diff *d, const struct framediff_entry *entries, size_t count)
{
    const struct frame_record **frames = calloc(2 * count + 1, sizeof(*frames));
    struct frametext *text = NULL;
    size_t total = 0;
    int error = frames == NULL ? -ENOMEM : 0;

    for (size_t i = 0; error == 0 && i < count; i++) {
        total += shown_frames(&entries[i], &frames[total]);
    }
    if (error == 0) {
        error = frametext_create(&text, frames, total);
    }
    if (error == 0) {
        print_entries(d, entries, count, text);
        if (frametext_problem(text) != NULL) {
            cmd_hint(d->args, "%s", frametext_problem(text));
        }
    }
    frametext_destroy(text);
    free(frames);
    return error;
}

static void print_summary(const struct diff *d, uint64_t total, uint64_t shown)
{
    const struct framediff_counts *counts = &d->counts;

    if (shown < total) {
        printf("... and %" PRIu64 " more (--first=0 shows all)\n", total - shown);
    }
    printf("%s: %" PRIu64 " same, %" PRIu64 " changed, %" PRIu64 " moved, %" PRIu64
           " only in A, %" PRIu64 " only in B",
           total == 0 ? "same" : "different", counts->same, counts->kinds[FRAMEDIFF_CHANGED],
           counts->kinds[FRAMEDIFF_MOVED], counts->kinds[FRAMEDIFF_ONLY_A],
           counts->kinds[FRAMEDIFF_ONLY_B]);
    if (d->options.compare_times) {
        printf(", %" PRIu64 " late", counts->kinds[FRAMEDIFF_LATE]);
    }
    putchar('\n');
}

/* Where all changes are of a few header fields, the reader may want to have those ignored. */
static void hint_ignore(const struct diff *d)
{
    char list[256] = "";
    int fields = 0;

    for (int i = 0; i < FRAME_FIELDS_COUNT; i++) {
        if (d->fields[i] > 0) {
            size_t used = strlen(list);

            snprintf(list + used, sizeof(list) - used, "%s%s", fields++ == 0 ? "" : ",",
                     frame_fields[i].name);
        }
    }
    if (fields > 0 && fields <= HINT_FIELDS_MAX && d->fields[FRAME_FIELD_payload] == 0) {
        cmd_hint(d->args, "all that changed are these fields: --ignore=%s", list);
    }
}

static void tally_fields(struct diff *d, const struct framediff_entry *e)
{
    for (frame_field_set rest = e->fields & ~d->options.ignored; rest != 0; rest &= rest - 1) {
        d->fields[__builtin_ctzll(rest)]++;
    }
}

static int tell_person(struct diff *d)
{
    uint64_t total = 0;
    size_t shown = 0, room;
    struct framediff_entry *entries, entry;
    int error = 0;

    for (int kind = 0; kind < FRAMEDIFF_KINDS; kind++) {
        total += d->counts.kinds[kind];
    }
    room = d->first == 0 || d->first > total ? total : d->first;
    entries = calloc(room + 1, sizeof(*entries));
    if (entries == NULL) {
        return -ENOMEM;
    }
    while (framediff_next(d->result, &entry)) {
        if (shown < room) {
            entries[shown++] = entry;
        }
        tally_fields(d, &entry);
    }
    if (shown > 0) {
        printf("A: %s (%" PRIu64 " frames)\nB: %s (%" PRIu64 " frames)\n", d->a_path,
               d->counts.a_frames, d->b_path, d->counts.b_frames);
        error = print_first(d, entries, shown);
    }
    if (error == 0) {
        print_summary(d, total, shown);
        hint_ignore(d);
    }
    free(entries);
    return error;
}

/* ---- telling a program ---- */

static void json_put_path(const char *path)
{
    json_t *text = json_string(path);
    char *quoted = text == NULL ? NULL : json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

    /* A path need not be UTF-8 and JSON must be; which file it was the caller knows. */
    fputs(quoted == NULL ? "null" : quoted, stdout);
    free(quoted);
    json_decref(text);
}

static void json_put_fields(frame_field_set fields)
{
    putchar('[');
    for (const char *before = ""; fields != 0; fields &= fields - 1, before = ", ") {
        printf("%s\"%s\"", before, frame_fields[__builtin_ctzll(fields)].name);
    }
    putchar(']');
}

static void json_put_entry(const struct framediff_entry *e)
{
    printf("{\"kind\": \"%s\"", kind_names[e->kind]);
    if (e->a_number != 0) {
        printf(", \"a\": %" PRIu32, e->a_number);
    }
    if (e->b_number != 0) {
        printf(", \"b\": %" PRIu32, e->b_number);
    }
    if (e->kind == FRAMEDIFF_CHANGED) {
        printf(", \"a_offset\": %" PRIu32 ", \"b_offset\": %" PRIu32
               ", \"field\": \"%s\", \"fields\": ",
               e->a_offset, e->b_offset, frame_fields[e->field].name);
        json_put_fields(e->fields);
    } else if (e->kind == FRAMEDIFF_LATE) {
        printf(", \"late_ns\": %" PRId64, e->late_ns);
    }
    putchar('}');
}

static void json_put_head(const struct diff *d)
{
    printf("{\n  \"verdict\": \"%s\",\n  \"a\": {\"file\": ",
           framediff_same(d->result) ? "same" : "different");
    json_put_path(d->a_path);
    printf(", \"frames\": %" PRIu64 "},\n  \"b\": {\"file\": ", d->counts.a_frames);
    json_put_path(d->b_path);
    printf(", \"frames\": %" PRIu64 "},\n  \"order\": \"%s\",\n  \"ignore\": ", d->counts.b_frames,
           order_names[d->options.order]);
    json_put_fields(d->options.ignored);
    if (d->options.compare_times) {
        printf(",\n  \"tolerance_ns\": %" PRIu64, d->options.tolerance_ns);
    } else {
        printf(",\n  \"tolerance_ns\": null");
    }
    printf(",\n  \"same\": %" PRIu64, d->counts.same);
    for (int kind = 0; kind < FRAMEDIFF_KINDS; kind++) {
        printf(",\n  \"%s\": %" PRIu64, kind_names[kind], d->counts.kinds[kind]);
    }
}

/* The differences are written as they are found: there may be millions. */
static void tell_program(struct diff *d)
{
    struct framediff_entry entry;
    const char *before = "\n    ";

    json_put_head(d);
    printf(",\n  \"differences\": [");
    while (framediff_next(d->result, &entry)) {
        fputs(before, stdout);
        json_put_entry(&entry);
        tally_fields(d, &entry);
        before = ",\n    ";
    }
    printf("%s],\n  \"fields\": {", before[0] == ',' ? "\n  " : "");
    before = "";
    for (int i = 0; i < FRAME_FIELDS_COUNT; i++) {
        if (d->fields[i] > 0) {
            printf("%s\"%s\": %" PRIu64, before, frame_fields[i].name, d->fields[i]);
            before = ", ";
        }
    }
    printf("}\n}\n");
}

/* ---- the verb ---- */

static const char *path_of(const char *word)
{
    return strcmp(word, "-") == 0 ? "/dev/stdin" : word;
}

static int compare(struct diff *d)
{
    char why[PCAPFILE_WHY_BYTES];
    int error = 0;

    if (pcapfile_open(&d->a, d->a_path, why) != 0 || pcapfile_open(&d->b, d->b_path, why) != 0) {
        cmd_complain(d->args, "%s", why);
        return EXIT_TROUBLE;
    }
    error = framediff_create(&d->result, d->a, d->b, &d->options);
    if (error != 0) {
        cmd_complain(d->args, "the captures cannot be compared: %s", strerror(-error));
        return EXIT_TROUBLE;
    }
    framediff_count(d->result, &d->counts);
    if (cmd_has(d->args, "json")) {
        tell_program(d);
    } else if (!cmd_has(d->args, "quiet")) {
        error = tell_person(d);
    }
    if (error == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        error = errno == 0 ? -EIO : -errno;
        clearerr(stdout); /* told here, as trouble; not once more as a failure of the host */
    }
    if (error != 0) {
        cmd_complain(d->args, "the differences cannot be shown: %s", strerror(-error));
        return EXIT_TROUBLE;
    }
    return framediff_same(d->result) ? CMD_EXIT_OK : CMD_EXIT_FAILED;
}

static int run(struct cmd_args *args)
{
    struct diff d = {
        .args = args,
        .a_path = path_of(args->positional[0]),
        .b_path = path_of(args->positional[1]),
    };
    int status = EXIT_TROUBLE;

    if (read_options(&d)) {
        status = compare(&d);
    }
    framediff_destroy(d.result);
    pcapfile_close(d.a);
    pcapfile_close(d.b);
    return status;
}

static void more_help(FILE *to)
{
    fputs("\nFields for --ignore:\n", to);
    for (int i = 0; i < FRAME_FIELDS_COUNT; i++) {
        fprintf(to, "  %-16s%s\n", frame_fields[i].name, frame_fields[i].doc);
    }
    fputs("\nExit status: 0 the captures are the same, 1 they differ, 2 trouble.\n", to);
}

static const struct cmd_option options[] = {
    {"order", 0, "HOW",
     "what must keep its order: strict (the default: all frames), flow (those of one\n"
     "flow: addresses, type, protocol, ports) or any (nothing: the same frames,\n"
     "as many of each)"},
    {"ignore", 'i', "FIELD[,FIELD]...", "do not compare these fields; may be repeated"},
    {"times", 't', "TOLERANCE",
     "also compare when frames came, counted from the first frame of each\n"
     "capture, within e.g. '10 us'; the default is 'ignore'"},
    {"first", 'n', "N", "show the first N differences (10); 0 for all"},
    {"quiet", 'q', NULL, "print nothing, only return the status"},
    {"json", 0, NULL, "print counts and all differences as JSON"},
    CMD_OPTION_END,
};

const struct cmd_type cmd_diff = {
    .name = "diff",
    .summary = "Compare two captures frame by frame",
    .usage = "A.pcap B.pcap [OPTION]...",
    .description = "Frames are compared by content and aligned, so that a lost frame is one "
                   "difference. A frame\n"
                   "that became another in the same place has changed; one that turns up in "
                   "another place has\n"
                   "moved. A file may be '-' for standard input.",
    .options = options,
    .positional_min = 2,
    .positional_max = 2,
    .run = run,
    .more_help = more_help,
};
