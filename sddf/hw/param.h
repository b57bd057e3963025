/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_HW_PARAM_H
#define SDDF_HW_PARAM_H
/*
 * One scenario key of a type (a device model, wire, fault, ...): its name, what it may hold and
 * where the value goes. The core reads, defaults, range-checks and documents every key of every
 * type from these tables, so no type parses text. Values land at `offset` in the type's state
 * before the type first sees it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum param_kind {
    PARAM_KIND_UINT,  /* uint64_t; plain integer */
    PARAM_KIND_BOOL,  /* bool */
    PARAM_KIND_TEXT,  /* const char *, owned by the scenario; NULL when absent and not required */
    PARAM_KIND_PATH,  /* const char *, made relative to the scenario's folder, owned by the scenario
                       */
    PARAM_KIND_TIME,  /* uint64_t nanoseconds; "10 us" or an integer of nanoseconds */
    PARAM_KIND_RATE,  /* uint64_t bits a second; "1 Gbit/s" or an integer */
    PARAM_KIND_BYTES, /* uint64_t bytes; "2 KiB" or an integer */
    PARAM_KIND_SHARE, /* uint64_t parts in a million; "1 %" or an integer */
    PARAM_KIND_MAC,   /* uint8_t[6]; "52:54:01:00:00:00" */
    PARAM_KIND_ENUM,  /* uint64_t index into `choices` */
    PARAM_KIND_IPV4,  /* uint32_t in network byte order; "10.0.0.1" */
    PARAM_KIND_PACE,  /* struct pace */
};

/* How fast a source offers frames: as a capture recorded them, as the medium allows, or at a rate.
 */
struct pace {
    enum {
        PACE_RECORDED,
        PACE_LINE,
        PACE_FRAMES,
        PACE_BITS
    } kind;              /* "recorded", "line", "5000 frames/s", "10 Mbit/s" */
    uint64_t per_second; /* frames or bits a second, for the last two */
};

struct param {
    const char *name; /* NULL ends the table */
    enum param_kind kind;
    size_t offset;
    bool required;
    uint64_t preset;            /* default of the numeric kinds, BOOL and ENUM */
    uint64_t min, max;          /* inclusive, numeric kinds; max 0 means no upper limit */
    const char *const *choices; /* ENUM: NULL-terminated */
    const char *
        preset_text; /* default of TEXT, PATH, MAC, IPV4 and PACE, as in a scenario; NULL: zeroed */
    const char *doc; /* one sentence for `list` and `schema` */
};

#define PARAM_UINT(type, field, preset_, min_, max_, doc_)                        \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_UINT, .offset = offsetof(type, field), \
        .preset = (preset_), .min = (min_), .max = (max_), .doc = (doc_)          \
    }
#define PARAM_TIME(type, field, preset_, min_, max_, doc_)                        \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_TIME, .offset = offsetof(type, field), \
        .preset = (preset_), .min = (min_), .max = (max_), .doc = (doc_)          \
    }
#define PARAM_RATE(type, field, preset_, doc_)                                    \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_RATE, .offset = offsetof(type, field), \
        .preset = (preset_), .doc = (doc_)                                        \
    }
#define PARAM_BYTES(type, field, preset_, min_, max_, doc_)                        \
    {                                                                              \
        .name = #field, .kind = PARAM_KIND_BYTES, .offset = offsetof(type, field), \
        .preset = (preset_), .min = (min_), .max = (max_), .doc = (doc_)           \
    }
#define PARAM_SHARE(type, field, preset_, doc_)                                    \
    {                                                                              \
        .name = #field, .kind = PARAM_KIND_SHARE, .offset = offsetof(type, field), \
        .preset = (preset_), .min = 0, .max = 1000000, .doc = (doc_)               \
    }
#define PARAM_BOOL(type, field, preset_, doc_)                                    \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_BOOL, .offset = offsetof(type, field), \
        .preset = (preset_), .doc = (doc_)                                        \
    }
#define PARAM_TEXT(type, field, doc_)                                             \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_TEXT, .offset = offsetof(type, field), \
        .required = true, .doc = (doc_)                                           \
    }
#define PARAM_TEXT_OPTIONAL(type, field, preset_, doc_)                           \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_TEXT, .offset = offsetof(type, field), \
        .preset_text = (preset_), .doc = (doc_)                                   \
    }
#define PARAM_PATH(type, field, doc_)                                             \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_PATH, .offset = offsetof(type, field), \
        .required = true, .doc = (doc_)                                           \
    }
#define PARAM_ENUM(type, field, preset_, choices_, doc_)                          \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_ENUM, .offset = offsetof(type, field), \
        .preset = (preset_), .choices = (choices_), .doc = (doc_)                 \
    }
#define PARAM_MAC(type, field, preset_, doc_)                                    \
    {                                                                            \
        .name = #field, .kind = PARAM_KIND_MAC, .offset = offsetof(type, field), \
        .preset_text = (preset_), .doc = (doc_)                                  \
    }
#define PARAM_IPV4(type, field, preset_, doc_)                                    \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_IPV4, .offset = offsetof(type, field), \
        .preset_text = (preset_), .doc = (doc_)                                   \
    }
#define PARAM_PACE(type, field, preset_, doc_)                                    \
    {                                                                             \
        .name = #field, .kind = PARAM_KIND_PACE, .offset = offsetof(type, field), \
        .preset_text = (preset_), .doc = (doc_)                                   \
    }
#define PARAM_END    \
    {                \
        .name = NULL \
    }
#endif
