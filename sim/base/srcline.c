/* SPDX-License-Identifier: BSD-2-Clause */
/* From a place to its unit of compilation, to its line, and out of headers; see the header. */
#include "sim/base/srcline.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line {
    const char *file; /* the object's own memory */
    int number;
};

/* The unit that has an address; some compilers make no index of that. */
static bool find_unit(Dwarf *dwarf, Dwarf_Addr address, Dwarf_Die *unit)
{
    Dwarf_Off at = 0, next;
    size_t head;

    for (; dwarf_nextcu(dwarf, at, &next, &head, NULL, NULL, NULL) == 0; at = next) {
        if (dwarf_offdie(dwarf, at + head, unit) != NULL && dwarf_haspc(unit, address) == 1) {
            return true;
        }
    }
    return false;
}

static bool in_header(const char *file)
{
    size_t length = strlen(file);

    return length > 2 && strcmp(file + length - 2, ".h") == 0;
}

/* Where an inlined function was called. */
static bool called_from(Dwarf_Die *unit, Dwarf_Die *inlined, struct line *line)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file, number;
    Dwarf_Files *files;
    size_t count;

    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) != 0 ||
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
        dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count) {
        return false;
    }
    line->file = dwarf_filesrc(files, file, NULL, NULL);
    line->number = (int)number;
    return line->file != NULL;
}

/* Out of the functions of headers, one by one. What surrounds an address is told with inlined
 * functions where they were defined; what surrounds the innermost of that, where they are. */
static void leave_headers(Dwarf_Die *unit, Dwarf_Addr address, struct line *line)
{
    Dwarf_Die *inner = NULL, *scopes = NULL;
    int count = dwarf_getscopes(unit, address, &inner);

    count = count > 0 ? dwarf_getscopes_die(&inner[0], &scopes) : 0;
    for (int i = 0; i < count && in_header(line->file); i++) {
        if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine &&
            !called_from(unit, &scopes[i], line)) {
            break;
        }
    }
    free(scopes);
    free(inner);
}

static bool find_line(Dwarf *dwarf, Dwarf_Addr address, struct line *line)
{
    Dwarf_Die unit;
    Dwarf_Line *found = find_unit(dwarf, address, &unit) ? dwarf_getsrc_die(&unit, address) : NULL;

    if (found == NULL || dwarf_lineno(found, &line->number) != 0) {
        return false;
    }
    line->file = dwarf_linesrc(found, NULL, NULL);
    if (line->file == NULL) {
        return false;
    }
    leave_headers(&unit, address, line);
    return true;
}

static void format(const struct line *line, char out[static SRCLINE_BYTES])
{
    const char *name = strrchr(line->file, '/');

    snprintf(out, SRCLINE_BYTES, "%s:%d", name == NULL ? line->file : name + 1, line->number);
}

/* An object, and what describes it; all zero where there is none. */
struct object {
    int fd;
    Dwarf *dwarf;
};

static struct object open_object(const char *file)
{
    struct object o = {.fd = open(file, O_RDONLY | O_CLOEXEC)};

    o.dwarf = o.fd < 0 ? NULL : dwarf_begin(o.fd, DWARF_C_READ);
    return o;
}

static void close_object(struct object *o)
{
    dwarf_end(o->dwarf);
    if (o->fd >= 0) {
        close(o->fd);
    }
}

bool srcline_before(const char *file, uint64_t offset, char out[static SRCLINE_BYTES])
{
    struct object o = open_object(file);
    struct line line = {0};
    bool found = o.dwarf != NULL && offset > 0 && find_line(o.dwarf, offset - 1, &line);

    if (found) {
        format(&line, out);
    }
    close_object(&o);
    return found;
}

/* What surrounds an address, the innermost first. */
static size_t walk_scopes(Dwarf_Die *unit, Dwarf_Die *scopes, int count, struct line line,
                          struct srcline_frame *frames, size_t room)
{
    size_t found = 0;

    for (int i = 0; i < count && found < room; i++) {
        int tag = dwarf_tag(&scopes[i]);
        const char *name = dwarf_diename(&scopes[i]);

        if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) {
            continue;
        }
        snprintf(frames[found].function, sizeof frames[found].function, "%s",
                 name == NULL ? "?" : name);
        format(&line, frames[found++].line);
        if (tag == DW_TAG_subprogram || !called_from(unit, &scopes[i], &line)) {
            break;
        }
    }
    return found;
}

size_t srcline_frames(const char *file, uint64_t offset, struct srcline_frame *frames, size_t room)
{
    struct object o = open_object(file);
    Dwarf_Die unit, *inner = NULL, *scopes = NULL;
    size_t found = 0;
    Dwarf_Line *at = o.dwarf != NULL && offset > 0 && find_unit(o.dwarf, offset - 1, &unit)
                         ? dwarf_getsrc_die(&unit, offset - 1)
                         : NULL;
    struct line line = {.file = at == NULL ? NULL : dwarf_linesrc(at, NULL, NULL)};

    if (line.file != NULL && dwarf_lineno(at, &line.number) == 0) {
        int count = dwarf_getscopes(&unit, offset - 1, &inner);

        count = count > 0 ? dwarf_getscopes_die(&inner[0], &scopes) : 0;
        found = walk_scopes(&unit, scopes, count, line, frames, room);
    }
    free(scopes);
    free(inner);
    close_object(&o);
    return found;
}
