/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers as bit-fields. gcc's calls before accesses of these name other widths than the access
 * has, and leave out the read that goes before the write, so such a driver is to be compiled by
 * clang; gcc's debug information says whether there are any: members with a size in bits of a
 * struct or union that somebody has as volatile, at whatever depth.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sim/cmd/build_parts.h"

#define DEPTH_MAX 32u /* of types in types; what is deeper is let pass */

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    return dwarf_formref_die(dwarf_attr(die, DW_AT_type, &attribute), type) != NULL;
}

/* The first member, of the type or of one in it, that is a bit-field. */
static bool find_bits(Dwarf_Die *type, unsigned depth, Dwarf_Die *found)
{
    Dwarf_Die inner, member;
    int tag = dwarf_tag(type);

    if (depth == DEPTH_MAX) {
        return false;
    }
    if (tag == DW_TAG_typedef || tag == DW_TAG_array_type || tag == DW_TAG_const_type ||
        tag == DW_TAG_volatile_type) {
        return type_of(type, &inner) && find_bits(&inner, depth + 1, found);
    }
    if ((tag != DW_TAG_structure_type && tag != DW_TAG_union_type) ||
        dwarf_child(type, &member) != 0) {
        return false;
    }
    do {
        if (dwarf_tag(&member) == DW_TAG_member && dwarf_hasattr(&member, DW_AT_bit_size)) {
            *found = member;
            return true;
        }
        if (dwarf_tag(&member) == DW_TAG_member && type_of(&member, &inner) &&
            find_bits(&inner, depth + 1, found)) {
            return true;
        }
    } while (dwarf_siblingof(&member, &member) == 0);
    return false;
}

/* A volatile type stands beside others or in a function. */
static bool find_volatile_bits(Dwarf_Die *parent, unsigned depth, Dwarf_Die *found)
{
    Dwarf_Die die;

    if (depth == DEPTH_MAX || dwarf_child(parent, &die) != 0) {
        return false;
    }
    do {
        if (dwarf_tag(&die) == DW_TAG_volatile_type ? find_bits(&die, 0, found)
                                                    : find_volatile_bits(&die, depth + 1, found)) {
            return true;
        }
    } while (dwarf_siblingof(&die, &die) == 0);
    return false;
}

static void warn_of_bits(struct build *b, Dwarf_Die *member)
{
    const char *file = dwarf_decl_file(member), *name = dwarf_diename(member);
    int line = 0;

    dwarf_decl_line(member, &line);
    diag_warn(&b->diag,
              (struct diag_place){.file = file == NULL ? b->output : arena_text(&b->arena, file),
                                  .line = (unsigned)line},
              "gcc tells wrongly of accesses to bit-fields, as %s is of a volatile struct",
              name == NULL ? "one" : name);
    diag_note(&b->diag, "compile with clang (--cc clang), or write registers as words");
}

void build_check_bits(struct build *b)
{
    int fd = open(b->image, O_RDONLY | O_CLOEXEC);
    Dwarf *dwarf = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
    Dwarf_Off at = 0, next;
    size_t head;
    bool found = false;

    for (; dwarf != NULL && !found && dwarf_nextcu(dwarf, at, &next, &head, NULL, NULL, NULL) == 0;
         at = next) {
        Dwarf_Die unit, member;

        if (dwarf_offdie(dwarf, at + head, &unit) != NULL &&
            find_volatile_bits(&unit, 0, &member)) {
            found = true;
            warn_of_bits(b, &member);
        }
    }
    if (dwarf != NULL) {
        dwarf_end(dwarf);
    }
    if (fd >= 0) {
        close(fd);
    }
}
