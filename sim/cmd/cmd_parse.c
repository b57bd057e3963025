/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a command line by a verb's table. One pass over the words: options are looked up in the
 * verb's table and then among those every verb takes, and land in the order given; the rest are
 * positional. Nothing is interpreted here but form; the first fault is complained of, with the
 * nearest known name where there is one.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/cmd/cmd.h"
#include "sim/cmd/cmd_parts.h"

/* More options than this in a verb's table are not offered as suggestions. */
#define KNOWN_MAX 64

const struct cmd_option cmd_common_options[] = {
    {"color", 0, "WHEN",
     "colour the output: auto (the default: on a terminal, unless NO_COLOR is set),\n"
     "always or never"},
    {"help", 'h', NULL, "print this and do nothing else"},
    CMD_OPTION_END,
};

struct parse {
    struct cmd_args *args;
    struct cmd_given *given;
    const char **positional;
    char *const *words;
    size_t count, next; /* of the words; next is the one to read next */
    bool help;
};

/* The i-th of all options a verb takes: its own, then the common ones. NULL after the last. */
static const struct cmd_option *option_at(const struct cmd_type *type, size_t i)
{
    for (const struct cmd_option *o = type->options; o != NULL && o->name != NULL; o++) {
        if (i-- == 0) {
            return o;
        }
    }
    for (const struct cmd_option *o = cmd_common_options; o->name != NULL; o++) {
        if (i-- == 0) {
            return o;
        }
    }
    return NULL;
}

/* Complain, and say where help is to be had. */
static bool bad(const struct parse *p, const char *what, const char *word, const char *remedy)
{
    cmd_complain(p->args, "%s '%s'%s%s; see 'sddfsim %s --help'", what, word,
                 remedy[0] == '\0' ? "" : ": ", remedy, p->args->type->name);
    return false;
}

static bool unknown_option(const struct parse *p, const char *name)
{
    const char *known[KNOWN_MAX];
    char text[256], remedy[96] = "";
    size_t n = 0;

    for (const struct cmd_option *o; n < KNOWN_MAX && (o = option_at(p->args->type, n)) != NULL;
         n++) {
        known[n] = o->name;
    }
    const char *near = suggest(name, known, n);

    if (near != NULL) {
        snprintf(remedy, sizeof(remedy), "did you mean '--%s'?", near);
    }
    snprintf(text, sizeof(text), "--%s", name);
    return bad(p, "unknown option", text, remedy);
}

/* The option of this name, or the only one it begins. NULL after a complaint. */
static const struct cmd_option *find_long(const struct parse *p, const char *name)
{
    const struct cmd_option *found = NULL;
    bool ambiguous = false;
    const struct cmd_option *o;

    for (size_t i = 0; (o = option_at(p->args->type, i)) != NULL; i++) {
        if (strcmp(o->name, name) == 0) {
            return o;
        }
        if (name[0] != '\0' && strncmp(o->name, name, strlen(name)) == 0) {
            ambiguous = found != NULL;
            found = ambiguous ? found : o;
        }
        if (ambiguous) {
            bad(p, "ambiguous option", name, "more than one begins like this");
            return NULL;
        }
    }
    if (found == NULL) {
        unknown_option(p, name);
    }
    return found;
}

static bool take(struct parse *p, const struct cmd_option *option, const char *value)
{
    if (strcmp(option->name, "help") == 0) {
        p->help = true;
        return true;
    }
    if (strcmp(option->name, "color") == 0) {
        return cmd_color_set(p->args, value) ||
               bad(p, "unknown colour", value, "auto, always or never");
    }
    p->given[p->args->given_count++] = (struct cmd_given){option, value};
    return true;
}

/* The value of an option that needs one: what is attached to it, or the next word. NULL after a
 * complaint. */
static const char *value_for(struct parse *p, const struct cmd_option *option, const char *attached)
{
    char text[96];

    if (attached != NULL) {
        return attached;
    }
    if (p->next < p->count) {
        return p->words[p->next++];
    }
    snprintf(text, sizeof(text), "--%s=%s", option->name, option->argument);
    bad(p, "a value is missing:", text, "");
    return NULL;
}

/* --name, --name=value, --name value */
static bool parse_long(struct parse *p, const char *word)
{
    const char *equals = strchr(word, '=');
    size_t name_bytes = equals == NULL ? strlen(word) : (size_t)(equals - word);
    char name[128];
    const struct cmd_option *option;
    const char *value = NULL;

    snprintf(name, sizeof(name), "%.*s",
             (int)(name_bytes < sizeof(name) ? name_bytes : sizeof(name)), word);
    option = find_long(p, name);
    if (option == NULL) {
        return false;
    }
    if (option->argument == NULL && equals != NULL) {
        return bad(p, "a value was given to an option that takes none:", word, "");
    }
    if (option->argument != NULL) {
        value = value_for(p, option, equals == NULL ? NULL : equals + 1);
        if (value == NULL) {
            return false;
        }
    }
    return take(p, option, value);
}

/* -q, -qv, -n5, -n 5 */
static bool parse_letters(struct parse *p, const char *letters)
{
    while (*letters != '\0') {
        const struct cmd_option *option;
        char text[3] = {'-', *letters, '\0'};
        const char *value = NULL;
        size_t i = 0;

        while ((option = option_at(p->args->type, i)) != NULL && option->letter != *letters) {
            i++;
        }
        if (option == NULL) {
            return bad(p, "unknown option", text, "");
        }
        letters++;
        if (option->argument != NULL) {
            value = value_for(p, option, *letters == '\0' ? NULL : letters);
            if (value == NULL) {
                return false;
            }
            letters = "";
        }
        if (!take(p, option, value)) {
            return false;
        }
    }
    return true;
}

static bool check_positional_count(const struct parse *p)
{
    const struct cmd_type *type = p->args->type;
    size_t count = p->args->positional_count;

    if (count < type->positional_min) {
        cmd_complain(p->args, "%s: sddfsim %s %s",
                     count == 0 ? "what to work on is missing" : "one more argument is needed",
                     type->name, type->usage);
        return false;
    }
    if (count > type->positional_max) {
        return bad(p, "one argument too many:", p->positional[type->positional_max], "");
    }
    return true;
}

enum cmd_parsed cmd_parse(struct cmd_args *args, char *const *words, size_t count,
                          struct cmd_given *given, const char **positional)
{
    struct parse p = {args, given, positional, words, count, 0, false};
    bool options_ended = false, good = true;

    args->given = given;
    args->positional = positional;
    args->given_count = args->positional_count = 0;
    while (good && !p.help && p.next < count) {
        const char *word = words[p.next++];

        if (options_ended || word[0] != '-' || word[1] == '\0') {
            positional[args->positional_count++] = word;
        } else if (strcmp(word, "--") == 0) {
            options_ended = true;
        } else {
            good = word[1] == '-' ? parse_long(&p, word + 2) : parse_letters(&p, word + 1);
        }
    }
    if (good && p.help) {
        return CMD_PARSED_HELP;
    }
    return good && check_positional_count(&p) ? CMD_PARSED_RUN : CMD_PARSED_BAD;
}

/* The last of the options given that has this name; NULL if there is none. */
static const struct cmd_given *last_given(const struct cmd_args *args, const char *name)
{
    bool known = false;

    for (const struct cmd_option *o = args->type->options; o != NULL && o->name != NULL; o++) {
        known = known || strcmp(o->name, name) == 0;
    }
    assert(known); /* a verb asks only for what its own table has */
    for (size_t i = args->given_count; i > 0; i--) {
        if (strcmp(args->given[i - 1].option->name, name) == 0) {
            return &args->given[i - 1];
        }
    }
    return NULL;
}

bool cmd_has(const struct cmd_args *args, const char *name)
{
    return last_given(args, name) != NULL;
}

const char *cmd_value(const struct cmd_args *args, const char *name, const char *preset)
{
    const struct cmd_given *given = last_given(args, name);

    return given == NULL ? preset : given->value;
}

bool cmd_number(const struct cmd_args *args, const char *name, unsigned long long preset,
                unsigned long long min, unsigned long long max, unsigned long long *out)
{
    const char *value = cmd_value(args, name, NULL);
    bool hexadecimal = value != NULL && value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
    char *end;

    *out = preset;
    if (value == NULL) {
        return true;
    }
    errno = 0;
    *out = strtoull(value, &end, hexadecimal ? 16 : 10);
    /* strtoull() takes signs and blanks, and turns -1 into the greatest number. */
    if (value[0] < '0' || value[0] > '9' || *end != '\0') {
        cmd_complain(args, "--%s=%s: not a whole number", name, value);
        return false;
    }
    if (errno == ERANGE || *out < min || *out > max) {
        cmd_complain(args, "--%s=%s: outside %llu..%llu", name, value, min, max);
        return false;
    }
    return true;
}

bool cmd_choice(const struct cmd_args *args, const char *name, const char *const *words,
                size_t preset, size_t *out)
{
    const char *value = cmd_value(args, name, NULL);
    char all[256] = "";
    size_t n = 0;

    *out = preset;
    if (value == NULL) {
        return true;
    }
    for (; words[n] != NULL; n++) {
        if (strcmp(words[n], value) == 0) {
            *out = n;
            return true;
        }
        size_t used = strlen(all);

        snprintf(all + used, sizeof(all) - used, "%s%s", n == 0 ? "" : ", ", words[n]);
    }
    const char *near = suggest(value, words, n);

    if (near != NULL) {
        cmd_complain(args, "--%s=%s: no such choice; did you mean '%s'?", name, value, near);
    } else {
        cmd_complain(args, "--%s=%s: no such choice; there are %s", name, value, all);
    }
    return false;
}
