/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What --vary asks for: a JSON pointer, and the values to give it in turn. Ranges are counted in
 * whole numbers of their smallest decimal place, so 0.1..0.3:0.1 has three values and the last is
 * 0.3. Values stay the text that was given: whether the scenario likes them is its own business.
 */
#include <assert.h>
#include <string.h>

#include "sim/cmd/sweep_parts.h"

#define DIGITS_MAX 15u /* of a number in a range: what a double holds exactly */

/* -12.5 is -125 with one place. */
struct decimal {
    int64_t number;
    unsigned places;
};

struct range {
    struct decimal from, to, step;
    const char *unit; /* "" for none */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* One number; *at is left behind it. False: there is none, or it has too many digits. */
static bool read_decimal(const char **at, struct decimal *out)
{
    const char *p = *at;
    bool negative = *p == '-';
    unsigned digits = 0;

    *out = (struct decimal){0};
    for (p += negative; is_digit(*p); p++, digits++) {
        out->number = digits < DIGITS_MAX ? out->number * 10 + (*p - '0') : 0;
    }
    if (digits > 0 && p[0] == '.' && is_digit(p[1])) {
        for (p++; is_digit(*p); p++, digits++, out->places++) {
            out->number = digits < DIGITS_MAX ? out->number * 10 + (*p - '0') : 0;
        }
    }
    out->number = negative ? -out->number : out->number;
    *at = p;
    return digits > 0 && digits <= DIGITS_MAX;
}

/* The same number with more places. False if it gets too large. */
static bool widen(struct decimal *d, unsigned places)
{
    for (; d->places < places; d->places++) {
        if (__builtin_mul_overflow(d->number, 10, &d->number)) {
            return false;
        }
    }
    return d->number < INT64_MAX / 2 && d->number > INT64_MIN / 2;
}

static const char *decimal_text(struct decimal d, const char *unit, struct arena *arena)
{
    uint64_t left = d.number < 0 ? 0 - (uint64_t)d.number : (uint64_t)d.number, divisor = 1;
    const char *sign = d.number < 0 ? "-" : "", *space = unit[0] == '\0' ? "" : " ";

    for (; d.places > 0 && left % 10 == 0; d.places--) {
        left /= 10;
    }
    for (unsigned i = 0; i < d.places; i++) {
        divisor *= 10;
    }
    if (d.places == 0) {
        return arena_format(arena, "%s%llu%s%s", sign, (unsigned long long)left, space, unit);
    }
    return arena_format(arena, "%s%llu.%0*llu%s%s", sign, (unsigned long long)(left / divisor),
                        (int)d.places, (unsigned long long)(left % divisor), space, unit);
}

/* Does it begin like one? Text that does and is none can be written as a JSON string. */
static bool is_range(const char *item)
{
    return is_digit(item[item[0] == '-']) && strstr(item, "..") != NULL;
}

/* "64..1514:50", "100..900:100 Mbit/s". NULL, or why it is none. */
static const char *read_range(struct range *r, const char *item, struct arena *arena)
{
    static const char form[] = "a range is written 64..1514:50, or with a unit 1..5:0.5 Mbit/s";
    const char *at = item;

    if (!read_decimal(&at, &r->from) || strncmp(at, "..", 2) != 0) {
        return arena_format(arena, "\"%s\" cannot be read; %s", item, form);
    }
    at += 2;
    if (!read_decimal(&at, &r->to)) {
        return arena_format(arena, "\"%s\" cannot be read; %s", item, form);
    }
    if (*at != ':') {
        return arena_format(arena, "the range \"%s\" has no step; %s", item, form);
    }
    at++;
    if (!read_decimal(&at, &r->step)) {
        return arena_format(arena, "the range \"%s\" has no step; %s", item, form);
    }
    r->unit = skip_blanks(at);
    if (strstr(r->unit, "..") != NULL || (r->unit == at && (*at == '.' || *at == ':'))) {
        return arena_format(arena, "\"%s\" cannot be read; %s", item, form);
    }
    unsigned places = r->from.places > r->to.places ? r->from.places : r->to.places;
    places = r->step.places > places ? r->step.places : places;
    if (!widen(&r->from, places) || !widen(&r->to, places) || !widen(&r->step, places)) {
        return arena_format(arena, "the numbers of \"%s\" are too large", item);
    }
    return NULL;
}

static const char *too_many(struct arena *arena)
{
    return arena_format(arena, "more than %u values", SWEEP_POINTS_MAX);
}

static const char *add_value(struct sweep_axis *axis, const char *value, struct arena *arena)
{
    if (axis->count == SWEEP_POINTS_MAX) {
        return too_many(arena);
    }
    axis->values[axis->count++] = value;
    return NULL;
}

static const char *add_range(struct sweep_axis *axis, const char *item, struct arena *arena)
{
    struct range r;
    const char *why = read_range(&r, item, arena);

    if (why != NULL) {
        return why;
    }
    int64_t way = r.to.number - r.from.number;
    if (r.step.number == 0) {
        return arena_format(arena, "the step of \"%s\" is zero", item);
    }
    if (way != 0 && (way < 0) != (r.step.number < 0)) {
        return arena_format(arena, "the step of \"%s\" leads away from its end", item);
    }
    int64_t steps = way / r.step.number;
    if (steps >= SWEEP_POINTS_MAX) {
        return too_many(arena);
    }
    for (int64_t i = 0; i <= steps && why == NULL; i++) {
        struct decimal d = {r.from.number + i * r.step.number, r.from.places};

        why = add_value(axis, decimal_text(d, r.unit, arena), arena);
    }
    return why;
}

/* Where the value that begins here ends: at a comma or the end of the text. */
static const char *value_end(const char *begin)
{
    unsigned depth = 0;
    bool quoted = false;

    if (strchr("[{\"", *begin) == NULL) {
        return begin + strcspn(begin, ",");
    }
    for (; *begin != '\0' && (depth > 0 || quoted || *begin != ','); begin++) {
        if (quoted && *begin == '\\' && begin[1] != '\0') {
            begin++;
        } else if (*begin == '"') {
            quoted = !quoted;
        } else if (!quoted && (*begin == '[' || *begin == '{')) {
            depth++;
        } else if (!quoted && depth > 0 && (*begin == ']' || *begin == '}')) {
            depth--;
        }
    }
    return begin;
}

static const char *read_values(struct sweep_axis *axis, const char *text, struct arena *arena)
{
    const char *why = NULL, *at = text;

    for (unsigned nth = 1; why == NULL; nth++, at++) {
        const char *begin = skip_blanks(at), *end = value_end(begin);

        at = end;
        while (end > begin && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }
        if (end == begin) {
            return *at == '\0' && nth == 1 ? "no values are given"
                                           : arena_format(arena, "value %u is empty", nth);
        }
        const char *item = arena_format(arena, "%.*s", (int)(end - begin), begin);
        why = is_range(item) ? add_range(axis, item, arena) : add_value(axis, item, arena);
        if (*at == '\0') {
            break;
        }
    }
    return why;
}

json_t *sweep_value_json(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);

    return value != NULL ? value : json_string(text);
}

/* A value as a quantity of that kind, or as a plain number if kind is -1. */
static bool value_number(const char *text, int kind, double *out)
{
    json_t *value = sweep_value_json(text);
    uint64_t base;
    bool good = true;

    if (json_is_number(value)) {
        *out = json_number_value(value);
    } else if (kind >= 0 && json_is_string(value) &&
               strcmp(json_string_value(value), "unlimited") != 0 &&
               quantity_read((enum quantity)kind, json_string_value(value), &base) == NULL) {
        *out = (double)base;
    } else {
        good = false;
    }
    json_decref(value);
    return good;
}

/* Can all values be read so? */
static bool all_are(struct sweep_axis *axis, int kind)
{
    for (size_t i = 0; i < axis->count; i++) {
        if (!value_number(axis->values[i], kind, &axis->numbers[i])) {
            return false;
        }
    }
    return true;
}

/* A number without a unit among others with one is of the base unit, which is seldom meant. */
static const char *missing_unit(const struct sweep_axis *axis, struct arena *arena)
{
    const char *plain = NULL, *with_unit = NULL;
    double number;

    for (size_t i = 0; i < axis->count; i++) {
        const char **which = value_number(axis->values[i], -1, &number) ? &plain : &with_unit;

        *which = *which == NULL ? axis->values[i] : *which;
    }
    return plain == NULL
               ? NULL
               : arena_format(arena, "\"%s\" has no unit, and \"%s\" has one", plain, with_unit);
}

/* NULL, or what is wrong with the values together. */
static const char *find_scale(struct sweep_axis *axis, struct arena *arena)
{
    static const enum quantity kinds[] = {QUANTITY_TIME, QUANTITY_RATE, QUANTITY_BYTES,
                                          QUANTITY_FRAMES, QUANTITY_SHARE};

    axis->numbers = arena_array(arena, axis->count, sizeof *axis->numbers);
    if (all_are(axis, -1)) {
        axis->scale = SWEEP_NUMBERS;
        return NULL;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (all_are(axis, (int)kinds[i])) {
            axis->scale = SWEEP_QUANTITIES;
            axis->kind = kinds[i];
            return missing_unit(axis, arena);
        }
    }
    axis->scale = SWEEP_NAMES;
    for (size_t i = 0; i < axis->count; i++) {
        axis->numbers[i] = (double)i;
    }
    return NULL;
}

static bool is_utf8(const char *text)
{
    json_t *value = json_string(text);
    bool good = value != NULL;

    json_decref(value);
    return good;
}

const char *sweep_axis_read(struct sweep_axis *axis, const char *argument, struct arena *arena)
{
    const char *equals = strchr(argument, '=');

    *axis = (struct sweep_axis){0};
    if (argument[0] != '/' || equals == NULL) {
        return "expected /json/pointer=VALUE,VALUE... or /json/pointer=FROM..TO:STEP";
    }
    if (!is_utf8(argument)) {
        return "this is not UTF-8";
    }
    axis->pointer = arena_format(arena, "%.*s", (int)(equals - argument), argument);
    axis->leaf = strrchr(axis->pointer, '/') + 1;
    axis->values = arena_array(arena, SWEEP_POINTS_MAX, sizeof *axis->values);
    const char *why = read_values(axis, equals + 1, arena);
    return why != NULL ? why : find_scale(axis, arena);
}

size_t sweep_points_count(const struct sweep_axis *axes, size_t axis_count)
{
    size_t count = 1;

    for (size_t i = 0; i < axis_count; i++) {
        assert(axes[i].count > 0);
        if (__builtin_mul_overflow(count, axes[i].count, &count) || count > SWEEP_POINTS_MAX) {
            return 0;
        }
    }
    return count;
}

void sweep_point_place(const struct sweep_axis *axes, size_t axis_count, size_t point,
                       uint32_t place[static SWEEP_AXES_MAX])
{
    for (size_t i = axis_count; i-- > 0;) {
        place[i] = (uint32_t)(point % axes[i].count);
        point /= axes[i].count;
    }
}
