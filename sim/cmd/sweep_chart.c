/* SPDX-License-Identifier: BSD-2-Clause */
/* Units, scales, ticks and text. Ticks are counted, not added up, so that the last one is where it
 * ought to be. */
#include "sim/cmd/sweep_chart.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#define SLACK 1e-9 /* of a step: what a division may be off by */

/* ---- units ---- */

struct chart_unit chart_unit_for(enum quantity kind, double largest)
{
    static const struct chart_unit time[] = {
        {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0}};
    static const struct chart_unit rate[] = {
        {"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}, {NULL, 0}};
    static const struct chart_unit bytes[] = {
        {"bytes", 1}, {"KiB", 1024}, {"MiB", 1048576}, {NULL, 0}};
    static const struct chart_unit frames[] = {{"frames/s", 1}, {NULL, 0}};
    static const struct chart_unit share[] = {{"ppm", 1}, {"%", 1e4}, {NULL, 0}};
    static const struct chart_unit *const kinds[] = {
        [QUANTITY_TIME] = time,     [QUANTITY_RATE] = rate,   [QUANTITY_BYTES] = bytes,
        [QUANTITY_FRAMES] = frames, [QUANTITY_SHARE] = share,
    };
    const struct chart_unit *best = kinds[kind];

    for (const struct chart_unit *unit = best; unit->name != NULL; unit++) {
        best = largest >= 10 * unit->scale ? unit : best;
    }
    return *best;
}

/* ---- scales ---- */

/* The least of 1, 2 and 5 times a power of ten that is not less. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value))), first = value / power;
    double round = first <= 1 + SLACK ? 1 : first <= 2 + SLACK ? 2 : first <= 5 + SLACK ? 5 : 10;

    return round * power;
}

/* The greatest that is not more. */
static double round_down(double value)
{
    double power = pow(10, floor(log10(value) + SLACK)), first = value / power;

    return (first >= 5 - SLACK ? 5 : first >= 2 - SLACK ? 2 : 1) * power;
}

struct chart_scale chart_linear(double low, double high, unsigned steps)
{
    struct chart_scale s;

    assert(low <= high);
    if (high - low <= SLACK * fabs(high)) {
        double around = high == 0 ? 1 : fabs(high) / 2;

        low -= low == 0 ? 0 : around;
        high += around;
    }
    s.step = round_up((high - low) / steps);
    s.low = floor(low / s.step + SLACK) * s.step;
    s.high = ceil(high / s.step - SLACK) * s.step;
    s.log = false;
    return s;
}

struct chart_scale chart_log(double low, double high)
{
    struct chart_scale s = {.log = true};

    assert(low > 0 && low <= high);
    s.low = round_down(low);
    s.high = round_up(high);
    if (s.high <= s.low) {
        s.high = 10 * s.low;
    }
    return s;
}

double chart_place(const struct chart_scale *scale, double value)
{
    if (scale->log) {
        return log10(value / scale->low) / log10(scale->high / scale->low);
    }
    return (value - scale->low) / (scale->high - scale->low);
}

/* ---- ticks ---- */

static void tick(struct chart_tick *t, double value, double step)
{
    double places = -floor(log10(step) + SLACK);

    t->value = value;
    snprintf(t->text, sizeof t->text, "%.*f", places > 0 ? (int)fmin(places, 12) : 0,
             value == 0 ? 0.0 : value);
}

static size_t log_ticks(const struct chart_scale *scale, struct chart_tick *ticks)
{
    static const int ladder[] = {1, 2, 5};
    int first = (int)floor(log10(scale->low) + SLACK), last = (int)ceil(log10(scale->high) - SLACK);
    size_t count = 0;
    bool decades = last - first > 3; /* enough of them alone */

    for (int power = first; power <= last; power++) {
        for (int i = 0; i < (decades ? 1 : 3); i++) {
            double unit = pow(10, power), value = ladder[i] * unit;

            if (count < CHART_TICKS_MAX && value >= scale->low * (1 - SLACK) &&
                value <= scale->high * (1 + SLACK)) {
                tick(&ticks[count++], value, unit);
            }
        }
    }
    return count;
}

size_t chart_ticks(const struct chart_scale *scale, struct chart_tick ticks[CHART_TICKS_MAX])
{
    if (scale->log) {
        return log_ticks(scale, ticks);
    }
    double first = round(scale->low / scale->step), last = round(scale->high / scale->step);
    size_t count = 0;

    for (; count < CHART_TICKS_MAX && first + (double)count <= last; count++) {
        tick(&ticks[count], (first + (double)count) * scale->step, scale->step);
    }
    return count;
}

/* ---- text ---- */

static bool is_utf8(const char *text)
{
    json_t *value = json_string(text);
    bool good = value != NULL;

    json_decref(value);
    return good;
}

static void put_character(const char *at, size_t bytes, bool utf8, FILE *to)
{
    static const char *const escapes[128] = {
        ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\''] = "&#39;"};
    unsigned char c = (unsigned char)*at;

    if (c < 0x80 && escapes[c] != NULL) {
        fputs(escapes[c], to);
    } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8) ||
               (bytes == 3 &&
                (memcmp(at, "\xef\xbf\xbe", 3) == 0 || memcmp(at, "\xef\xbf\xbf", 3) == 0))) {
        putc('?', to);
    } else {
        fwrite(at, 1, bytes, to);
    }
}

static size_t character_bytes(const char *at)
{
    size_t bytes = 1;

    while (((unsigned char)at[bytes] & 0xc0) == 0x80) {
        bytes++;
    }
    return bytes;
}

size_t chart_text_length(const char *text)
{
    size_t length = 0;

    for (; *text != '\0'; text += character_bytes(text)) {
        length++;
    }
    return length;
}

void chart_text(const char *text, size_t most, FILE *to)
{
    bool utf8 = is_utf8(text), cut = most > 0 && chart_text_length(text) > most;
    size_t bytes;

    for (size_t i = 0; *text != '\0' && (!cut || i + 1 < most); text += bytes, i++) {
        bytes = character_bytes(text);
        put_character(text, bytes, utf8, to);
    }
    if (cut) {
        fputs("\xe2\x80\xa6", to);
    }
}
