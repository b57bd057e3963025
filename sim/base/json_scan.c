/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scanner: walks over JSON text before jansson does and notes where every value and key begins.
 * It judges only what jansson would not say: keys written twice, nesting too deep, too many values.
 * At anything that is no JSON it stops without a word, since jansson is about to say it better.
 *
 * Columns count characters, not bytes, from 1, as editors and jansson do.
 */
#include <assert.h>
#include <string.h>

#include "sim/base/json_parts.h"

struct scanner {
    struct json_document *document;
    struct diag *diag;
    const unsigned char *at, *end;
    unsigned line, column;
    unsigned depth;
    bool refused; /* we complained of something that ends the reading */
};

static void step(struct scanner *s)
{
    if (*s->at == '\n') {
        s->line++;
        s->column = 1;
    } else if ((*s->at & 0xc0) != 0x80) {
        s->column++;
    }
    s->at++;
}

static int peek(const struct scanner *s)
{
    return s->at < s->end ? *s->at : -1;
}

static void skip_space(struct scanner *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) {
        step(s);
    }
}

/* The four digits of a \u escape, at s->at; -1 if there are none. */
static int32_t read_hex4(struct scanner *s)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int c = peek(s);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
        step(s);
    }
    return value;
}

static char *put_utf8(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (code & 0x3f));
    return to;
}

/* A \u escape, its u just passed: one character, or a pair of surrogates. NULL if it is no such
 * thing. */
static char *read_unicode(struct scanner *s, char *to)
{
    int32_t code = read_hex4(s), low;

    if (code <= 0 || (code >= 0xdc00 && code < 0xe000)) {
        return NULL;
    }
    if (code >= 0xd800 && code < 0xdc00) {
        if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u') {
            return NULL;
        }
        step(s);
        step(s);
        low = read_hex4(s);
        if (low < 0xdc00 || low >= 0xe000) {
            return NULL;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_utf8(to, (uint32_t)code);
}

/* What follows a backslash. NULL if nothing may. */
static char *read_escape(struct scanner *s, char *to)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int c = peek(s);
    const char *known = c > 0 ? strchr(plain, c) : NULL;

    if (c == 'u') {
        step(s);
        return read_unicode(s, to);
    }
    if (known == NULL) {
        return NULL;
    }
    step(s);
    *to++ = meant[known - plain];
    return to;
}

/* A string, the quote at s->at: its text if `keep`, else "" for one that was well-formed. NULL if
 * none. */
static const char *read_string(struct scanner *s, bool keep)
{
    const unsigned char *close = s->at + 1;
    char scratch[4], *text = NULL, *to = scratch;

    if (peek(s) != '"') {
        return NULL;
    }
    while (close < s->end && *close != '"') {
        close += *close == '\\' ? 2 : 1;
    }
    if (close >= s->end) {
        return NULL;
    }
    /* No escape decodes to more bytes than it is written with. */
    if (keep) {
        text = to = arena_alloc(s->document->arena, (size_t)(close - s->at) + 1);
    }
    step(s);
    while (s->at < close) {
        to = keep ? to : scratch;
        if (*s->at < 0x20) {
            return NULL;
        }
        if (*s->at == '\\') {
            step(s);
            to = read_escape(s, to);
            if (to == NULL) {
                return NULL;
            }
        } else {
            *to++ = (char)*s->at;
            step(s);
        }
    }
    step(s);
    if (!keep) {
        return "";
    }
    *to = '\0';
    return text;
}

static bool scan_value(struct scanner *s, uint32_t node);

static struct diag_place place_here(const struct scanner *s, uint32_t node)
{
    return (struct diag_place){.file = s->document->file,
                               .path = json_node_path(s->document, node),
                               .line = s->line,
                               .column = s->column};
}

/* The place of a value that begins here, its key having begun at `key_line`. JSON_NODE_NONE: too
 * many. */
static uint32_t note(struct scanner *s, uint32_t parent, const char *key, uint32_t index)
{
    if (s->document->node_count == JSON_VALUES_MAX) {
        diag_error(s->diag, place_here(s, parent), "more than %u values in one file",
                   JSON_VALUES_MAX);
        s->refused = true;
        return JSON_NODE_NONE;
    }
    return json_node_add(s->document, parent, key, index);
}

static void complain_of_twice(struct scanner *s, uint32_t first, uint32_t parent, const char *key)
{
    struct diag_place place = place_here(s, parent);

    place.path = json_path_with(s->document->arena, place.path, key);
    diag_error(s->diag, place, "duplicate key; it is also in line %u",
               s->document->nodes[first].key_line);
}

static bool scan_member(struct scanner *s, uint32_t object)
{
    unsigned line = s->line, column = s->column;
    struct scanner at_key = *s;
    const char *key = read_string(s, true);
    uint32_t node, first;

    if (key == NULL) {
        return false;
    }
    first = json_node_find(s->document, object, key, 0);
    if (first != JSON_NODE_NONE) {
        complain_of_twice(&at_key, first, object, key);
    }
    skip_space(s);
    if (peek(s) != ':') {
        return false;
    }
    step(s);
    skip_space(s);
    node = note(s, object, key, 0);
    if (node == JSON_NODE_NONE) {
        return false;
    }
    s->document->nodes[node].key_line = line;
    s->document->nodes[node].key_column = column;
    return scan_value(s, node);
}

static bool scan_element(struct scanner *s, uint32_t array, uint32_t index)
{
    uint32_t node = note(s, array, NULL, index);

    return node != JSON_NODE_NONE && scan_value(s, node);
}

/* An object or array, its first bracket at s->at. */
static bool scan_inside(struct scanner *s, uint32_t node)
{
    bool object = peek(s) == '{';
    int close = object ? '}' : ']';

    if (s->depth == JSON_DEPTH_MAX) {
        diag_error(s->diag, place_here(s, node), "nested more than %u deep", JSON_DEPTH_MAX);
        s->refused = true;
        return false;
    }
    s->depth++;
    step(s);
    skip_space(s);
    for (uint32_t index = 0; peek(s) != close; index++) {
        if (index > 0) {
            if (peek(s) != ',') {
                return false;
            }
            step(s);
            skip_space(s);
        }
        if (!(object ? scan_member(s, node) : scan_element(s, node, index))) {
            return false;
        }
        skip_space(s);
    }
    step(s);
    s->depth--;
    return true;
}

static bool scan_value(struct scanner *s, uint32_t node)
{
    s->document->nodes[node].line = s->line;
    s->document->nodes[node].column = s->column;
    switch (peek(s)) {
    case '{':
    case '[':
        return scan_inside(s, node);
    case '"':
        return read_string(s, false) != NULL;
    default:
        /* A number or a word; whether it is a good one, jansson knows. */
        if (peek(s) < 0 || strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", peek(s)) == NULL) {
            return false;
        }
        while (peek(s) > 0 && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", peek(s)) != NULL) {
            step(s);
        }
        return true;
    }
}

bool json_scan(struct json_document *d, const char *text, size_t bytes, struct diag *diag)
{
    struct scanner s = {.document = d,
                        .diag = diag,
                        .at = (const unsigned char *)text,
                        .end = (const unsigned char *)text + bytes,
                        .line = 1,
                        .column = 1};
    uint32_t top = json_node_add(d, JSON_NODE_NONE, NULL, 0);

    assert(top == 0);
    skip_space(&s);
    scan_value(&s, top);
    return !s.refused;
}
