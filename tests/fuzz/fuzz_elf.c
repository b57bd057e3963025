/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an image: a shared object that a user brings. It is refused with a sentence, or its
 * sections and symbols can be read, and what is found of it lies in the file.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/elf.h"
#include "sim/base/symbol.h"

/* More symbols than this tell nothing new, and each is looked for among all sections. */
#define SYMBOLS_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_symbols(const struct elf *e, const char *table)
{
    struct elf_symbol symbol;
    size_t i = 0, sum = 0;

    for (; i < SYMBOLS_MAX && elf_symbol(e, table, i, &symbol); i++) {
        sum += strlen(symbol.name) + symbol.defined + symbol.weak + symbol.function;
    }
    return sum;
}

static void read_all(const struct elf *e)
{
    for (size_t i = 0; i < e->section_count; i++) {
        const char *name = elf_section_name(e, i);
        const Elf64_Shdr *found = elf_section(e, name);

        assert(found != NULL && found <= &e->sections[i]);
        const uint8_t *bytes = elf_at(e, found->sh_offset, found->sh_size, 1);

        assert(bytes == NULL || found->sh_size == 0 ||
               (bytes >= e->bytes && bytes[found->sh_size - 1] <= 0xff));
    }
    assert(elf_section_name(e, e->section_count) == NULL);
    (void)(read_symbols(e, ".symtab") + read_symbols(e, ".dynsym"));
    (void)elf_exports(e, "init");
    (void)elf_is_shared(e);
}

/* By its file, as findings do that name a place in an image. */
static void find_symbol(const uint8_t *data, size_t size)
{
    int fd = memfd_create("image", MFD_CLOEXEC);
    char path[64], name[SYMBOL_BYTES];

    assert(fd >= 0);
    assert(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (uint64_t place = 0; place < 0x4000; place += 0x551) {
        if (symbol_before(path, place, name)) {
            for (const char *c = name; *c != '\0'; c++) {
                assert(*c > ' ' && *c < 127);
            }
        }
    }
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Of exactly that size, and aligned as a mapped file is. */
    uint8_t *bytes = aligned_alloc(64, (size + 63) & ~(size_t)63);
    struct elf e;

    if (size > 0) {
        uint8_t *copy = bytes + ((64 - size % 64) % 64 & ~(size_t)7); /* ends where it ends */

        memcpy(copy, data, size);
        const char *wrong = elf_open(&e, copy, size);

        assert(wrong == NULL || strlen(wrong) > 0);
        if (wrong == NULL) {
            read_all(&e);
            find_symbol(data, size);
        }
    }
    free(bytes);
    return 0;
}
