/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quantities: a number, spaces, a unit of the kind's table. All arithmetic is on integers of 128
 * bits and checked, so what is read is exactly what was meant or not read at all.
 */
#include <stdbool.h>
#include <string.h>

#include "sim/base/quantity.h"

struct unit {
    const char *name;
    uint64_t scale; /* of the base unit */
    bool written;   /* used when we write; others are only read */
};

static const struct unit time_units[] = {
    {"ns", 1, true},
    {"us", 1000, true},
    {"\xc2\xb5s", 1000, false},
    {"ms", 1000000, true},
    {"s", 1000000000, true},
    {"min", 60000000000, false},
    {"h", 3600000000000, false},
    {NULL, 0, false},
};
static const struct unit rate_units[] = {
    {"bit/s", 1, true},           {"kbit/s", 1000, true},          {"Mbit/s", 1000000, true},
    {"Gbit/s", 1000000000, true}, {"Tbit/s", 1000000000000, true}, {NULL, 0, false},
};
static const struct unit byte_units[] = {
    {"B", 1, true},
    {"KiB", 1024, true},
    {"MiB", 1048576, true},
    {"GiB", 1073741824, true},
    {"TiB", 1099511627776, true},
    {"kB", 1000, false},
    {"MB", 1000000, false},
    {"GB", 1000000000, false},
    {NULL, 0, false},
};
static const struct unit frame_units[] = {
    {"frames/s", 1, true},
    {"kframes/s", 1000, false},
    {"Mframes/s", 1000000, false},
    {NULL, 0, false},
};
static const struct unit share_units[] = {
    {"ppm", 1, true},
    {"%", 10000, true},
    {NULL, 0, false},
};

static const struct {
    const struct unit *units;
    const char *base, *example, *no_unit, *unknown_unit, *inexact;
} kinds[] = {
    [QUANTITY_TIME] = {time_units, "nanoseconds", "10 us", "has no unit (ns, us, ms, s, min or h)",
                       "has no unit of time: ns, us, ms, s, min or h",
                       "is no whole number of nanoseconds"},
    [QUANTITY_RATE] = {rate_units, "bits a second", "1 Gbit/s",
                       "has no unit (bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s)",
                       "has no unit of rate: bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s",
                       "is no whole number of bits a second"},
    [QUANTITY_BYTES] = {byte_units, "bytes", "2 KiB",
                        "has no unit (B, KiB, MiB, GiB, TiB, kB, MB or GB)",
                        "has no unit of size: B, KiB, MiB, GiB, TiB, kB, MB or GB",
                        "is no whole number of bytes"},
    [QUANTITY_FRAMES] = {frame_units, "frames a second", "5000 frames/s", "has no unit (frames/s)",
                         "has no unit of frame rate: frames/s",
                         "is no whole number of frames a second"},
    [QUANTITY_SHARE] = {share_units, "parts in a million", "1 %", "has no unit (% or ppm)",
                        "has no unit of a share: % or ppm",
                        "is no whole number of parts in a million"},
};

static const struct unit *find_unit(enum quantity kind, const char *name)
{
    for (const struct unit *unit = kinds[kind].units; unit->name != NULL; unit++) {
        if (strcmp(unit->name, name) == 0) {
            return unit;
        }
    }
    return NULL;
}

static size_t count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

/* One integer after another, digit by digit. False if it gets larger than anything we could need.
 */
static bool add_digits(unsigned __int128 *number, const char *digits, size_t count)
{
    const unsigned __int128 limit = (unsigned __int128)UINT64_MAX * 1000000000000u;

    for (size_t i = 0; i < count; i++) {
        *number = *number * 10 + (unsigned)(digits[i] - '0');
        if (*number > limit) {
            return false;
        }
    }
    return true;
}

/*
 * The digits before and after the point as one integer, and the power of ten it is to be divided
 * by. NULL, or why not; *text is left behind the number.
 */
static const char *read_number(const char **text, unsigned __int128 *number, uint64_t *divisor)
{
    const char *whole = *text;
    size_t whole_digits = count_digits(whole);
    const char *fraction = whole + whole_digits + 1;
    size_t fraction_digits = fraction[-1] == '.' ? count_digits(fraction) : 0;

    *number = 0;
    *divisor = 1;
    if (*whole == '-') {
        return "is negative";
    }
    if (whole_digits == 0) {
        return "is no quantity";
    }
    *text = fraction_digits > 0 ? fraction + fraction_digits : whole + whole_digits;
    while (fraction_digits > 0 && fraction[fraction_digits - 1] == '0') {
        fraction_digits--; /* says nothing */
    }
    if (fraction_digits > 18) {
        return "has too many decimal places";
    }
    for (size_t i = 0; i < fraction_digits; i++) {
        *divisor *= 10;
    }
    return add_digits(number, whole, whole_digits) && add_digits(number, fraction, fraction_digits)
               ? NULL
               : "is too large";
}

const char *quantity_read(enum quantity kind, const char *text, uint64_t *out)
{
    unsigned __int128 number;
    uint64_t divisor;
    const struct unit *unit;

    if (kind == QUANTITY_RATE && strcmp(text, "unlimited") == 0) {
        *out = 0;
        return NULL;
    }
    const char *why = read_number(&text, &number, &divisor);
    if (why != NULL) {
        return why;
    }
    text += strspn(text, " ");
    unit = find_unit(kind, text);
    if (unit == NULL) {
        return *text == '\0' ? kinds[kind].no_unit : kinds[kind].unknown_unit;
    }
    unsigned __int128 value;
    if (__builtin_mul_overflow(number, (unsigned __int128)unit->scale, &value)) {
        return "is too large";
    }
    if (value % divisor != 0) {
        return kinds[kind].inexact;
    }
    if (value / divisor > UINT64_MAX) {
        return "is too large";
    }
    *out = (uint64_t)(value / divisor);
    return NULL;
}

char *quantity_text(enum quantity kind, uint64_t value, struct arena *arena)
{
    const struct unit *best = kinds[kind].units;

    if (kind == QUANTITY_RATE && value == 0) {
        return arena_text(arena, "unlimited");
    }
    for (const struct unit *unit = best; unit->name != NULL; unit++) {
        if (unit->written && value != 0 && value % unit->scale == 0) {
            best = unit;
        }
    }
    return arena_format(arena, "%llu %s", (unsigned long long)(value / best->scale), best->name);
}

const char *quantity_base(enum quantity kind)
{
    return kinds[kind].base;
}

const char *quantity_example(enum quantity kind)
{
    return kinds[kind].example;
}

char *quantity_pattern(enum quantity kind, struct arena *arena)
{
    char *units = arena_text(arena, "");

    for (const struct unit *unit = kinds[kind].units; unit->name != NULL; unit++) {
        units = arena_format(arena, "%s%s%s", units, units[0] == '\0' ? "" : "|", unit->name);
    }
    return arena_format(arena, "^%s[0-9]+(\\.[0-9]+)? *(%s)%s$",
                        kind == QUANTITY_RATE ? "(unlimited|" : "", units,
                        kind == QUANTITY_RATE ? ")" : "");
}
