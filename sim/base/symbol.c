/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over an ELF file's symbols; see the header. */
#include "sim/base/symbol.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct object {
    const uint8_t *bytes;
    uint64_t size;
};

/* So many bytes at an offset of the file, NULL if they are not all there. */
static const void *at(const struct object *o, uint64_t offset, uint64_t bytes)
{
    return offset <= o->size && bytes <= o->size - offset ? o->bytes + offset : NULL;
}

static bool section(const struct object *o, unsigned index, Elf64_Shdr *out)
{
    const Elf64_Ehdr *head = at(o, 0, sizeof *head);
    const void *from = NULL;

    if (head != NULL && head->e_shentsize == sizeof *out && index < head->e_shnum &&
        head->e_shoff <= o->size) {
        from = at(o, head->e_shoff + (uint64_t)index * sizeof *out, sizeof *out);
    }
    if (from != NULL) {
        memcpy(out, from, sizeof *out);
    }
    return from != NULL;
}

static bool name_of(const struct object *o, const Elf64_Shdr *strings, uint32_t offset,
                    char out[static SYMBOL_BYTES])
{
    const char *table = at(o, strings->sh_offset, strings->sh_size);
    size_t length;

    if (table == NULL || offset >= strings->sh_size) {
        return false;
    }
    length = strnlen(table + offset, strings->sh_size - offset);
    if (length == 0 || length >= SYMBOL_BYTES) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = table[offset + i];

        out[i] = c > ' ' && c < 127 ? c : '?';
    }
    out[length] = '\0';
    return true;
}

/* The function in one table of symbols. */
static bool in_table(const struct object *o, const Elf64_Shdr *table, uint64_t place,
                     char out[static SYMBOL_BYTES])
{
    const uint8_t *symbols = at(o, table->sh_offset, table->sh_size);
    Elf64_Shdr strings;

    if (symbols == NULL || !section(o, table->sh_link, &strings)) {
        return false;
    }
    for (uint64_t i = 0; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;

        memcpy(&symbol, symbols + i * sizeof symbol, sizeof symbol);
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && place >= symbol.st_value &&
            place - symbol.st_value < symbol.st_size) {
            return name_of(o, &strings, symbol.st_name, out);
        }
    }
    return false;
}

static bool in_object(const struct object *o, uint64_t place, char out[static SYMBOL_BYTES])
{
    const Elf64_Ehdr *head = at(o, 0, sizeof *head);
    Elf64_Shdr table;

    if (head == NULL || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_ident[EI_CLASS] != ELFCLASS64) {
        return false;
    }
    for (unsigned i = 0; i < head->e_shnum && section(o, i, &table); i++) {
        if (table.sh_type == SHT_SYMTAB && in_table(o, &table, place, out)) {
            return true;
        }
    }
    return false;
}

bool symbol_before(const char *file, uint64_t offset, char out[static SYMBOL_BYTES])
{
    int fd = offset == 0 ? -1 : open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool found = false;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

        if (bytes != MAP_FAILED) {
            const struct object o = {.bytes = bytes, .size = (uint64_t)st.st_size};

            found = in_object(&o, offset - 1, out);
            munmap(bytes, (size_t)st.st_size);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return found;
}
