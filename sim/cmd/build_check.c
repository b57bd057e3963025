/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an image must have before any scenario can use it: the entry points; the sections that its
 * configuration is written to, which say what it can be; and somebody for each name it asks for.
 * What a role is told is the classes' to say, what images are offered is in the program's own table
 * of symbols, so neither is said here again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/base/suggest.h"
#include "sim/class/class.h"
#include "sim/cmd/build_parts.h"
#include "sim/exec/image.h"

#define SECTIONS_MAX 64u /* known of all classes; beyond these, none is offered as a suggestion */
#define USERS_TOLD   3   /* files named that use a missing name */

/* -- entry points -- */

static bool has_hidden(const struct elf *e, const char *name)
{
    struct elf_symbol symbol;

    for (size_t i = 0; elf_symbol(e, ".symtab", i, &symbol); i++) {
        if (symbol.defined && strcmp(symbol.name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_entries(struct build *b, const struct elf *e)
{
    static const char *const required[] = {"init", "notified"};

    for (size_t i = 0; i < 2; i++) {
        if (!elf_exports(e, required[i])) {
            diag_error(&b->diag, BUILD_OUTPUT(b), "has no function %s(), which every image needs",
                       required[i]);
            if (has_hidden(e, required[i])) {
                diag_note(&b->diag, "what it has of that name is no function, or hidden or static");
            }
        }
    }
    if (has_hidden(e, "sddfsim_memcpy")) {
        diag_warn(&b->diag, BUILD_OUTPUT(b),
                  "has a memcpy() of its own, so its bulk copies take no time");
    }
}

/* -- sections -- */

/* Each role of each class in turn, NULL after the last. */
static const struct class_role *role_at(size_t i)
{
    size_t count;
    const struct class_type *const *types = class_types(&count);

    for (size_t type = 0; type < count; type++) {
        for (const struct class_role *role = types[type]->told; role->name != NULL; role++) {
            if (i-- == 0) {
                return role;
            }
        }
    }
    return NULL;
}

/* All sections that anybody is told in, each once. */
static size_t known_sections(const struct class_section *known[SECTIONS_MAX])
{
    const struct class_role *role;
    size_t count = 0;

    for (size_t i = 0; (role = role_at(i)) != NULL; i++) {
        for (size_t j = 0; role->sections[j] != NULL; j++) {
            size_t at = 0;

            while (at < count && known[at] != role->sections[j]) {
                at++;
            }
            if (at == count && count < SECTIONS_MAX) {
                known[count++] = role->sections[j];
            }
        }
    }
    return count;
}

static void check_section(struct build *b, const struct elf *e, const struct class_section *known)
{
    const Elf64_Shdr *section = elf_section(e, known->name);
    struct diag_place place = BUILD_OUTPUT(b);

    if (section == NULL) {
        return;
    }
    if (section->sh_type == SHT_NOBITS) {
        diag_error(&b->diag, place,
                   "section %s takes no bytes in the file, so no configuration can be written "
                   "there",
                   known->name);
    } else if (section->sh_size != known->size) {
        diag_error(&b->diag, place,
                   "section %s is %llu bytes, but the configuration is %zu; it was compiled "
                   "against other headers",
                   known->name, (unsigned long long)section->sh_size, known->size);
        if (section->sh_size >= 2 * known->size) {
            diag_note(&b->diag, "or several variables are in it");
        }
    }
}

/* A section that was meant for configuration, as far as one can tell by its name. */
static bool is_for_config(const char *name, const char *near)
{
    size_t length = strlen(name);

    return near != NULL ||
           (name[0] == '.' && length > 7 && strcmp(name + length - 7, "_config") == 0);
}

/* `fits`: as what is known, it can be run. */
static void check_unknown_sections(struct build *b, const struct elf *e, bool fits)
{
    const struct class_section *known[SECTIONS_MAX];
    const char *names[SECTIONS_MAX], *name;
    size_t count = known_sections(known), at;

    for (size_t i = 0; i < count; i++) {
        names[i] = known[i]->name;
    }
    for (size_t i = 0; (name = elf_section_name(e, i)) != NULL; i++) {
        for (at = 0; at < count && strcmp(names[at], name) != 0; at++) {
        }
        const char *other = build_section_origin(name);
        const char *near = at < count || other != NULL ? NULL : suggest(name, names, count);
        if (at < count || !is_for_config(name, near) || (other != NULL && *other == '\0')) {
            continue;
        }
        (fits ? diag_warn : diag_error)(&b->diag, BUILD_OUTPUT(b),
                                        "nothing here fills its section %s", name);
        if (near != NULL) {
            diag_note(&b->diag, "did you mean %s?", near);
        } else if (other != NULL) {
            diag_note(&b->diag, "%s", other);
        }
    }
}

/* How many of a role's sections are there, and how many it cannot do without are not. */
static void count_sections(const struct elf *e, const struct class_role *role, size_t *present,
                           size_t *missing)
{
    *present = *missing = 0;
    for (size_t i = 0; role->sections[i] != NULL; i++) {
        if (elf_section(e, role->sections[i]->name) != NULL) {
            ++*present;
        } else if (!role->sections[i]->optional) {
            ++*missing;
        }
    }
}

/* ".net_driver_config (48 bytes) and .device_resources (1608 bytes)", of those that are needed and,
 * if `missing`, not there. */
static const char *needs_text(struct build *b, const struct elf *e, const struct class_role *role,
                              bool missing)
{
    const char *text = "";

    for (size_t i = 0; role->sections[i] != NULL; i++) {
        const struct class_section *section = role->sections[i];

        if (!section->optional && !(missing && elf_section(e, section->name) != NULL)) {
            text = arena_format(&b->arena, "%s%s%s (%zu bytes)", text, *text == '\0' ? "" : " and ",
                                section->name, section->size);
        }
    }
    return text;
}

/* No role is complete: say what those lack that are nearest to it. */
static void tell_lacking(struct build *b, const struct elf *e)
{
    const struct class_role *role;
    size_t present, missing, most = 0;

    for (size_t i = 0; (role = role_at(i)) != NULL; i++) {
        count_sections(e, role, &present, &missing);
        most = present > most ? present : most;
    }
    diag_error(&b->diag, BUILD_OUTPUT(b),
               most == 0 ? "has no section for its configuration"
                         : "lacks a section for its configuration");
    for (size_t i = 0; (role = role_at(i)) != NULL; i++) {
        count_sections(e, role, &present, &missing);
        if (present == most) {
            diag_note(&b->diag, "%s needs %s", role->doc, needs_text(b, e, role, most > 0));
        }
    }
}

/* What it could be: "the virt_rx of a network", NULL if nothing. Of a role that stands there more
 * than once, the row that takes most of what there is. */
static const char *roles_text(struct build *b, const struct elf *e)
{
    const struct class_role *role;
    const char *text = NULL;
    size_t present, missing, most = 0;

    for (size_t i = 0; (role = role_at(i)) != NULL; i++) {
        count_sections(e, role, &present, &missing);
        most = missing == 0 && present > most ? present : most;
    }
    for (size_t i = 0; (role = role_at(i)) != NULL; i++) {
        count_sections(e, role, &present, &missing);
        if (missing == 0 && present == most) {
            text = text == NULL ? role->doc : arena_format(&b->arena, "%s or %s", text, role->doc);
        }
    }
    return text;
}

static const char *check_sections(struct build *b, const struct elf *e)
{
    const struct class_section *known[SECTIONS_MAX];
    size_t count = known_sections(known);
    const char *roles = roles_text(b, e);

    for (size_t i = 0; i < count; i++) {
        check_section(b, e, known[i]);
    }
    if (roles == NULL) {
        tell_lacking(b, e);
    }
    check_unknown_sections(b, e, roles != NULL);
    return roles;
}

/* -- names it asks for -- */

/* "a.c, b.o", and those in archives, which are not looked into, as "an archive". */
static const char *users_text(struct build *b, const char *name)
{
    const char *text = NULL;
    int told = 0;

    for (size_t i = 0; i < b->input_count && told < USERS_TOLD; i++) {
        if (build_uses(&b->inputs[i], name)) {
            told++;
            text = text == NULL ? b->inputs[i].file
                                : arena_format(&b->arena, "%s, %s", text, b->inputs[i].file);
        }
    }
    return text == NULL ? "an archive" : text;
}

static bool is_offered(const struct elf *exports, const char *name)
{
    struct elf_symbol symbol;

    for (size_t i = 0; elf_symbol(exports, ".dynsym", i, &symbol); i++) {
        if (symbol.defined && strcmp(symbol.name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* By the C library, whatever else this program happens to have loaded. */
static bool is_of_libc(const char *name)
{
    static const char *const libraries[] = {"libc.so.6", "libm.so.6"};
    bool has = false;

    for (size_t i = 0; !has && i < 2; i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);

        if (library != NULL) {
            has = dlsym(library, name) != NULL;
            dlclose(library);
        }
    }
    return has;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What it asks for and cannot do without, in the order of the alphabet. */
static const char **asked_names(struct build *b, const struct elf *e, size_t *count)
{
    struct elf_symbol symbol;
    size_t all = 0;

    while (elf_symbol(e, ".dynsym", all, &symbol)) {
        all++;
    }
    const char **names = arena_array(&b->arena, all + 1, sizeof *names);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        elf_symbol(e, ".dynsym", i, &symbol);
        if (!symbol.defined && !symbol.weak && symbol.name[0] != '\0') {
            names[(*count)++] = symbol.name;
        }
    }
    qsort(names, *count, sizeof *names, by_text);
    return names;
}

/* It is there, but a domain that calls it dies of the system calls in it. */
static void warn_of_libc(struct build *b, const char *name)
{
    const char *instead = build_instead(name);

    if (instead != NULL) {
        diag_warn(&b->diag, BUILD_OUTPUT(b), "%s, which %s uses, asks Linux, which no domain may",
                  name, users_text(b, name));
        diag_note(&b->diag, "%s", instead);
    }
}

static void check_names(struct build *b, const struct elf *e, const struct elf *exports)
{
    size_t count;
    const char **names = asked_names(b, e, &count);

    for (size_t i = 0; i < count; i++) {
        if (is_offered(exports, names[i])) {
            continue;
        }
        if (is_of_libc(names[i])) {
            warn_of_libc(b, names[i]);
            continue;
        }
        const char *origin = build_origin(names[i], exports, &b->arena);

        diag_error(&b->diag, BUILD_OUTPUT(b), "nobody has %s, which %s uses", names[i],
                   users_text(b, names[i]));
        if (origin != NULL) {
            diag_note(&b->diag, "%s", origin);
        }
    }
}

/* Does its queue code tell of itself? Our headers' does. */
static bool tells_points(const struct elf *e)
{
    struct elf_symbol symbol;

    for (size_t i = 0; elf_symbol(e, ".dynsym", i, &symbol); i++) {
        if (strcmp(symbol.name, "sddfsim_point_hook") == 0) {
            return true;
        }
    }
    return false;
}

bool build_check(struct build *b, const char **roles, const char **points)
{
    struct elf e, exports;
    size_t size, own_size;
    uint8_t *bytes = elf_map(b->image, &size);
    uint8_t *own = bytes == NULL ? NULL : elf_map("/proc/self/exe", &own_size);
    const char *wrong = NULL;

    if (own == NULL) {
        int error = errno;

        if (bytes != NULL) {
            munmap(bytes, size);
        }
        errno = error;
        return false;
    }
    wrong = elf_open(&e, bytes, size);
    if (wrong != NULL) {
        diag_error(&b->diag, BUILD_OUTPUT(b), "%s", wrong);
    } else if (elf_open(&exports, own, own_size) == NULL) {
        check_entries(b, &e);
        *roles = check_sections(b, &e);
        check_names(b, &e, &exports);
        *points = b->explored ? "accesses" : tells_points(&e) ? "all" : "os";
        b->one_core = elf_section(&e, IMAGE_ONE_CORE) != NULL;
    }
    munmap(bytes, size);
    munmap(own, own_size);
    return true;
}
