/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_ELF_H
#define SIM_BASE_ELF_H
/*
 * Just as much of an ELF file as it takes to find sections and symbols. The file is the user's and
 * is read as hostile: every offset and size is checked against it, and what lies outside is not
 * there.
 */
#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf {
    const uint8_t *bytes;
    size_t size;
    const Elf64_Shdr *sections;
    size_t section_count;
    const char *names; /* of sections */
    size_t names_size;
};

/* The whole file, mapped privately and writable; for munmap(). NULL with errno. */
uint8_t *elf_map(const char *file, size_t *size);

/* A shared object or an object file for this machine: NULL, or what is wrong, after the file's name
 * a sentence. The bytes stay the caller's and must live on. */
const char *elf_open(struct elf *e, const uint8_t *bytes, size_t size);
bool elf_is_shared(const struct elf *e);

/* `count` items of `item` bytes at `offset`, NULL if they are not all in the file. */
const void *elf_at(const struct elf *e, uint64_t offset, uint64_t count, uint64_t item);
/* The first of that name, NULL if there is none. Its bytes may lie outside the file. */
const Elf64_Shdr *elf_section(const struct elf *e, const char *name);
/* The i-th section's name, "" where it has none, NULL after the last. */
const char *elf_section_name(const struct elf *e, size_t i);

struct elf_symbol {
    const char *name; /* "" where it has none */
    bool defined;
    bool weak;             /* may stay undefined */
    bool function;         /* or of a type that was not told */
    uint64_t value, bytes; /* of a shared object's: where from its beginning it lies */
};

/* The i-th symbol of a table (".dynsym": what others see of it and it of them; ".symtab"). False
 * after the last. */
bool elf_symbol(const struct elf *e, const char *table, size_t i, struct elf_symbol *out);
/* Is there one in a file's table of which that is so? False also of what is no such file. */
bool elf_any_symbol(const char *file, const char *table,
                    bool (*is)(const struct elf_symbol *symbol, const void *context),
                    const void *context);
/* Can others call a function of that name in it? */
bool elf_exports(const struct elf *e, const char *function);
#endif
