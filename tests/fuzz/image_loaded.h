/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_IMAGE_LOADED_H
#define TESTS_FUZZ_IMAGE_LOADED_H
/*
 * An image in this process, with the configuration that a plan has for it. It is loaded once and
 * put back to how it was then for each input, so that an input begins with a fresh image and costs
 * no loading.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/elf.h"
#include "sim/exec/image.h"

#define PARTS_MAX 8
#define PAGE      4096u

/* What an image writes of its own: pages that came from the file, or were zero. */
struct part {
    uint8_t *begin;
    size_t bytes;
    uint8_t *before; /* NULL: zeros, in pages of nobody else */
};

struct loaded {
    struct image_entry image;
    struct part parts[PARTS_MAX];
    size_t part_count;
};

static __attribute__((noreturn)) void fuzz_fail(const char *what, const char *of)
{
    fprintf(stderr, "%s: %s: %m\n", what, of);
    exit(1);
}

/* The image itself is instrumented and the memory between its variables is poisoned: this copies
 * all of it, and nobody is asked. */
static __attribute__((no_sanitize("address"), no_builtin)) void
copy_bytes(uint8_t *to, const uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / 8; i++) {
        ((volatile uint64_t *)to)[i] = ((const uint64_t *)from)[i];
    }
}

static __attribute__((no_sanitize("address"), no_builtin)) bool all_zero(const uint8_t *at,
                                                                         size_t bytes)
{
    for (size_t i = 0; i < bytes / 8; i++) {
        if (((const volatile uint64_t *)at)[i] != 0) {
            return false;
        }
    }
    return true;
}

static void add_part(struct loaded *l, uint64_t begin, uint64_t end, bool from_file)
{
    struct part *p = &l->parts[l->part_count++];

    assert(l->part_count <= PARTS_MAX);
    *p = (struct part){.begin = (uint8_t *)(uintptr_t)begin, .bytes = end - begin};
    if (from_file || !all_zero(p->begin, p->bytes)) {
        p->before = malloc(p->bytes + 8);
        copy_bytes(p->before, p->begin, p->bytes);
    }
}

/* A part of the image that it may write, in pages: first what is not only read after relocation,
 * and of that, first what has bytes in the file. */
static void note_part(struct loaded *l, uint64_t base, const ElfW(Phdr) * part, uint64_t relro_end)
{
    uint64_t begin = base + part->p_vaddr, end = base + part->p_vaddr + part->p_memsz;
    uint64_t file_end = (base + part->p_vaddr + part->p_filesz + PAGE - 1) & ~(uint64_t)(PAGE - 1);

    if (relro_end > begin && relro_end <= end) {
        begin = relro_end;
    }
    begin &= ~(uint64_t)7;
    end = (end + 7) & ~(uint64_t)7;
    file_end = file_end < end ? file_end : end;
    if (begin < file_end) {
        add_part(l, begin, file_end, true);
        begin = file_end;
    }
    if (begin < end) {
        add_part(l, begin, (end + PAGE - 1) & ~(uint64_t)(PAGE - 1), false);
    }
}

static int note_parts(struct dl_phdr_info *info, size_t size, void *context)
{
    struct loaded *l = context;
    uint64_t relro_end = 0;

    (void)size;
    if (info->dlpi_addr != l->image.base) {
        return 0;
    }
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_GNU_RELRO) {
            relro_end = (info->dlpi_addr + part->p_vaddr + part->p_memsz) & ~(uint64_t)(PAGE - 1);
        }
    }
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && (part->p_flags & PF_W) != 0) {
            note_part(l, info->dlpi_addr, part, relro_end);
        }
    }
    return 1;
}

/* The image as it was loaded. */
static void image_restore(struct loaded *l)
{
    for (size_t i = 0; i < l->part_count; i++) {
        const struct part *p = &l->parts[i];

        if (p->before != NULL) {
            copy_bytes(p->begin, p->before, p->bytes);
        } else if (madvise(p->begin, p->bytes, MADV_DONTNEED) != 0) {
            fuzz_fail("madvise", "an image");
        }
    }
}

/* The configuration into the loaded image. A sanitizer makes its sections larger, and so the
 * product would refuse to. */
static void configure(const struct loaded *l, const struct elf *e, const struct plan_pd *pd)
{
    for (size_t i = 0; i < pd->blob_count; i++) {
        const Elf64_Shdr *section = elf_section(e, pd->blobs[i].section);
        size_t bytes = pd->blobs[i].size;

        if (section == NULL ? !pd->blobs[i].optional : section->sh_size < bytes) {
            fuzz_fail("has no room for its configuration", pd->image_file);
        }
        if (section != NULL) {
            uint8_t *copy = calloc(1, (bytes + 7) & ~(size_t)7);

            memcpy(copy, pd->blobs[i].bytes, bytes);
            copy_bytes((uint8_t *)(uintptr_t)(l->image.base + section->sh_addr), copy,
                       (bytes + 7) & ~(size_t)7);
            free(copy);
        }
    }
}

/* Copies of images stay in that folder, for those who name the lines of a report. */
static void image_begin(struct loaded *l, const struct plan_pd *pd, const char *folder)
{
    const char *from = pd->image_file;
    char path[PATH_MAX], part[PATH_MAX + 16], why[256];
    size_t size;
    uint8_t *bytes = elf_map(from, &size);
    struct elf e;

    if (bytes == NULL || elf_open(&e, bytes, size) != NULL) {
        fuzz_fail("is no image", from);
    }
    snprintf(path, sizeof path, "%s/%s.so", folder, pd->name);
    snprintf(part, sizeof part, "%s.%d", path, getpid());
    FILE *to = fopen(part, "wb");
    if (to == NULL || fwrite(bytes, 1, size, to) != size || fclose(to) != 0 ||
        rename(part, path) != 0) {
        fuzz_fail("cannot write", path);
    }
    if (!image_load(path, &l->image, why, sizeof why)) {
        fuzz_fail(why, path);
    }
    configure(l, &e, pd);
    munmap(bytes, size);
    dl_iterate_phdr(note_parts, l);
}
#endif
