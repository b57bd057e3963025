/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is in an object, compiled here or elsewhere: its names, and, of one from elsewhere, whether
 * it can be part of an image at all, in better words than a linker's.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "sim/cmd/build_parts.h"

static bool is_definition(const struct elf_symbol *symbol, const void *name)
{
    return symbol->defined && strcmp(symbol->name, name) == 0;
}

static bool is_use(const struct elf_symbol *symbol, const void *name)
{
    return !symbol->defined && strcmp(symbol->name, name) == 0;
}

bool build_defines(const char *object, const char *name)
{
    return elf_any_symbol(object, ".symtab", is_definition, name);
}

bool build_uses(const struct build_input *input, const char *name)
{
    return input->kind != BUILD_ARCHIVE && elf_any_symbol(input->object, ".symtab", is_use, name);
}

/* Does it put an address where code is, which must be the same wherever an image is loaded? */
static bool is_absolute(uint32_t relocation)
{
#if defined(__x86_64__)
    return relocation == R_X86_64_32 || relocation == R_X86_64_32S || relocation == R_X86_64_64;
#else
    return relocation == R_AARCH64_ABS64 || relocation == R_AARCH64_ABS32 ||
           relocation == R_AARCH64_MOVW_UABS_G0_NC || relocation == R_AARCH64_MOVW_UABS_G3;
#endif
}

/* Are there such addresses in its code? */
static bool is_fixed(const struct elf *e)
{
    for (size_t i = 0; i < e->section_count; i++) {
        const Elf64_Shdr *section = &e->sections[i];
        size_t count = section->sh_size / sizeof(Elf64_Rela);
        const Elf64_Rela *entries = elf_at(e, section->sh_offset, count, sizeof *entries);

        if (section->sh_type != SHT_RELA || entries == NULL || section->sh_offset % 8 != 0 ||
            section->sh_info >= e->section_count ||
            (e->sections[section->sh_info].sh_flags & SHF_EXECINSTR) == 0) {
            continue;
        }
        for (size_t j = 0; j < count; j++) {
            if (is_absolute((uint32_t)ELF64_R_TYPE(entries[j].r_info))) {
                return true;
            }
        }
    }
    return false;
}

void build_check_object(struct build *b, const char *file)
{
    struct diag_place place = {.file = file};
    struct elf e;
    size_t size;
    uint8_t *bytes = elf_map(file, &size);

    if (bytes == NULL) {
        diag_error(&b->diag, place, "cannot be read: %s",
                   errno == ENODATA ? "it is empty" : strerror(errno));
        return;
    }
    const char *wrong = elf_open(&e, bytes, size);
    if (wrong != NULL) {
        diag_error(&b->diag, place, "%s", wrong);
    } else if (((const Elf64_Ehdr *)bytes)->e_type != ET_REL) {
        diag_error(&b->diag, place,
                   "is linked already; what is wanted is what compilers make (-c)");
    } else if (is_fixed(&e)) {
        diag_error(&b->diag, place,
                   "has addresses in its code that cannot be those of an image; compile it with "
                   "-fPIC");
    }
    munmap(bytes, size);
}
