/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading ELF files, one table at a time; see the header. */
#include "sim/base/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ELF_MACHINE      EM_X86_64
#define ELF_MACHINE_NAME "x86-64"
#else
#define ELF_MACHINE      EM_AARCH64
#define ELF_MACHINE_NAME "64-bit Arm"
#endif

#define ELF_BYTES_MAX (256u << 20)

uint8_t *elf_map(const char *file, size_t *size)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *bytes = MAP_FAILED;

    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &st) == 0) {
        errno = EFBIG;
        if (st.st_size == 0) {
            errno = ENODATA;
        } else if (st.st_size <= ELF_BYTES_MAX) {
            bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        }
    }
    int error = errno;
    close(fd);
    errno = error;
    *size = (size_t)st.st_size;
    return bytes == MAP_FAILED ? NULL : bytes;
}

const void *elf_at(const struct elf *e, uint64_t offset, uint64_t count, uint64_t item)
{
    uint64_t bytes;

    if (__builtin_mul_overflow(count, item, &bytes) || offset > e->size ||
        bytes > e->size - offset) {
        return NULL;
    }
    return e->bytes + offset;
}

static const char *text_at(const char *table, size_t table_size, size_t offset)
{
    if (table == NULL || offset >= table_size ||
        memchr(table + offset, 0, table_size - offset) == NULL) {
        return "";
    }
    return table + offset;
}

const char *elf_open(struct elf *e, const uint8_t *bytes, size_t size)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;

    *e = (struct elf){.bytes = bytes, .size = size};
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return "is not an ELF file";
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != ELF_MACHINE) {
        return "was not built for this machine (" ELF_MACHINE_NAME ")";
    }
    e->sections = elf_at(e, header->e_shoff, header->e_shnum, sizeof(Elf64_Shdr));
    e->section_count = header->e_shnum;
    if (e->sections == NULL || header->e_shoff % 8 != 0 || header->e_shstrndx >= header->e_shnum) {
        return "is damaged: its section table lies outside the file";
    }
    const Elf64_Shdr *names = &e->sections[header->e_shstrndx];
    e->names = elf_at(e, names->sh_offset, names->sh_size, 1);
    e->names_size = names->sh_size;
    return e->names == NULL ? "is damaged: its section names lie outside the file" : NULL;
}

bool elf_is_shared(const struct elf *e)
{
    return ((const Elf64_Ehdr *)e->bytes)->e_type == ET_DYN;
}

const char *elf_section_name(const struct elf *e, size_t i)
{
    return i < e->section_count ? text_at(e->names, e->names_size, e->sections[i].sh_name) : NULL;
}

const Elf64_Shdr *elf_section(const struct elf *e, const char *name)
{
    for (size_t i = 0; i < e->section_count; i++) {
        if (strcmp(elf_section_name(e, i), name) == 0) {
            return &e->sections[i];
        }
    }
    return NULL;
}

bool elf_symbol(const struct elf *e, const char *table_name, size_t i, struct elf_symbol *out)
{
    const Elf64_Shdr *table = elf_section(e, table_name);

    if (table == NULL || table->sh_offset % 8 != 0 || table->sh_link >= e->section_count ||
        i >= table->sh_size / sizeof(Elf64_Sym)) {
        return false;
    }
    const Elf64_Shdr *strings = &e->sections[table->sh_link];
    const Elf64_Sym *symbols = elf_at(e, table->sh_offset, table->sh_size, 1);
    const char *names = elf_at(e, strings->sh_offset, strings->sh_size, 1);

    if (symbols == NULL || names == NULL) {
        return false;
    }
    *out = (struct elf_symbol){.name = text_at(names, strings->sh_size, symbols[i].st_name),
                               .defined = symbols[i].st_shndx != SHN_UNDEF,
                               .weak = ELF64_ST_BIND(symbols[i].st_info) == STB_WEAK,
                               .function = ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC ||
                                           ELF64_ST_TYPE(symbols[i].st_info) == STT_GNU_IFUNC ||
                                           ELF64_ST_TYPE(symbols[i].st_info) == STT_NOTYPE,
                               .value = symbols[i].st_value,
                               .bytes = symbols[i].st_size};
    return true;
}

bool elf_exports(const struct elf *e, const char *function)
{
    struct elf_symbol symbol;

    for (size_t i = 0; elf_symbol(e, ".dynsym", i, &symbol); i++) {
        if (symbol.defined && symbol.function && strcmp(symbol.name, function) == 0) {
            return true;
        }
    }
    return false;
}

bool elf_any_symbol(const char *file, const char *table,
                    bool (*is)(const struct elf_symbol *symbol, const void *context),
                    const void *context)
{
    struct elf_symbol symbol;
    struct elf e;
    size_t size;
    bool found = false;
    uint8_t *bytes = elf_map(file, &size);

    if (bytes == NULL) {
        return false;
    }
    if (elf_open(&e, bytes, size) == NULL) {
        for (size_t i = 0; !found && elf_symbol(&e, table, i, &symbol); i++) {
            found = is(&symbol, context);
        }
    }
    munmap(bytes, size);
    return found;
}
