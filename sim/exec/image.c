/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading just as much of an ELF file as it takes to find sections and symbols, every offset and
 * size checked against the file; copying it with the configuration in place; and handing the copy
 * to the dynamic loader.
 */
#include "sim/exec/image.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define IMAGE_MACHINE      EM_X86_64
#define IMAGE_MACHINE_NAME "x86-64"
#else
#define IMAGE_MACHINE      EM_AARCH64
#define IMAGE_MACHINE_NAME "64-bit Arm"
#endif

#define IMAGE_BYTES_MAX (256u << 20)

struct elf {
    const uint8_t *bytes;
    size_t size;
    const Elf64_Shdr *sections;
    size_t section_count;
    const char *names; /* of sections */
    size_t names_size;
};

/* `count` items of `item` bytes at `offset`, NULL if they are not all in the file. */
static const void *elf_at(const struct elf *e, uint64_t offset, uint64_t count, uint64_t item)
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

/* NULL, or what is wrong. */
static const char *elf_open(struct elf *e, const uint8_t *bytes, size_t size)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;

    *e = (struct elf){.bytes = bytes, .size = size};
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return "is not an ELF file";
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != IMAGE_MACHINE) {
        return "was not built for this machine (" IMAGE_MACHINE_NAME ")";
    }
    if (header->e_type != ET_DYN) {
        return "is not a shared object; link it with -shared";
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

static const Elf64_Shdr *elf_section(const struct elf *e, const char *name)
{
    for (size_t i = 0; i < e->section_count; i++) {
        if (strcmp(text_at(e->names, e->names_size, e->sections[i].sh_name), name) == 0) {
            return &e->sections[i];
        }
    }
    return NULL;
}

/* Is a function of that name defined in the dynamic symbol table? */
static bool elf_defines(const struct elf *e, const char *name)
{
    const Elf64_Shdr *table = elf_section(e, ".dynsym");
    const Elf64_Shdr *strings = elf_section(e, ".dynstr");

    if (table == NULL || strings == NULL || table->sh_offset % 8 != 0) {
        return false;
    }
    size_t count = table->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *symbols = elf_at(e, table->sh_offset, count, sizeof *symbols);
    const char *names = elf_at(e, strings->sh_offset, strings->sh_size, 1);

    for (size_t i = 0; symbols != NULL && names != NULL && i < count; i++) {
        if (symbols[i].st_shndx != SHN_UNDEF &&
            strcmp(text_at(names, strings->sh_size, symbols[i].st_name), name) == 0) {
            return true;
        }
    }
    return false;
}

/* The whole file, mapped privately; NULL after a complaint or with errno set. */
static uint8_t *map_file(const char *file, size_t *size)
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
        } else if (st.st_size <= IMAGE_BYTES_MAX) {
            bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        }
    }
    int error = errno;
    close(fd);
    errno = error;
    *size = (size_t)st.st_size;
    return bytes == MAP_FAILED ? NULL : bytes;
}

static void check_sections(const struct elf *e, const struct plan_pd *pd, struct diag *diag)
{
    for (size_t i = 0; i < pd->blob_count; i++) {
        const struct plan_blob *blob = &pd->blobs[i];
        const Elf64_Shdr *section = elf_section(e, blob->section);

        if (section == NULL) {
            if (!blob->optional) {
                diag_error(diag, pd->asked->place,
                           "%s has no section %s for its configuration of %zu bytes; is it an "
                           "image for the "
                           "role of %s?",
                           pd->image_file, blob->section, blob->size, pd->role);
            }
        } else if (section->sh_type == SHT_NOBITS) {
            diag_error(diag, pd->asked->place,
                       "%s: section %s takes no bytes in the file, so no configuration can be "
                       "written there",
                       pd->image_file, blob->section);
        } else if (section->sh_size != blob->size) {
            diag_error(diag, pd->asked->place,
                       "%s: section %s is %llu bytes, but the configuration is %zu; it was "
                       "compiled against "
                       "other headers",
                       pd->image_file, blob->section, (unsigned long long)section->sh_size,
                       blob->size);
        } else if (elf_at(e, section->sh_offset, section->sh_size, 1) == NULL) {
            diag_error(diag, pd->asked->place, "%s is damaged: section %s lies outside the file",
                       pd->image_file, blob->section);
        }
    }
}

bool image_check(const struct plan *plan, uint32_t pd_index, struct diag *diag)
{
    const struct plan_pd *pd = &plan->pds[pd_index];
    size_t errors = diag->errors, size;
    uint8_t *bytes = map_file(pd->image_file, &size);
    struct elf e;

    if (bytes == NULL) {
        diag_error(diag, pd->asked->place, "cannot read image %s: %m", pd->image_file);
        return false;
    }
    const char *wrong = elf_open(&e, bytes, size);
    if (wrong != NULL) {
        diag_error(diag, pd->asked->place, "%s %s", pd->image_file, wrong);
    } else {
        static const char *const required[] = {"init", "notified"};

        for (size_t i = 0; i < 2; i++) {
            if (!elf_defines(&e, required[i])) {
                diag_error(diag, pd->asked->place,
                           "%s has no function %s(), which every image needs", pd->image_file,
                           required[i]);
            }
        }
        check_sections(&e, pd, diag);
    }
    munmap(bytes, size);
    return diag->errors == errors;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(fd, bytes, size);

        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return wrote < 0 ? -errno : -EIO;
        }
        bytes += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

int image_install(const struct plan *plan, uint32_t pd_index, const char *to)
{
    const struct plan_pd *pd = &plan->pds[pd_index];
    size_t size;
    uint8_t *bytes = map_file(pd->image_file, &size);
    int error = 0, fd = -1;
    struct elf e;

    if (bytes == NULL) {
        return -errno;
    }
    /* It was whole when it was checked; if it has changed since, it is refused here. */
    if (elf_open(&e, bytes, size) != NULL) {
        error = -ENOEXEC;
        goto out;
    }
    for (size_t i = 0; i < pd->blob_count; i++) {
        const Elf64_Shdr *section = elf_section(&e, pd->blobs[i].section);

        if (section == NULL || section->sh_size != pd->blobs[i].size ||
            elf_at(&e, section->sh_offset, section->sh_size, 1) == NULL) {
            if (pd->blobs[i].optional && section == NULL) {
                continue;
            }
            error = -ENOEXEC;
            goto out;
        }
        memcpy(bytes + section->sh_offset, pd->blobs[i].bytes, pd->blobs[i].size);
    }
    fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    error = fd < 0 ? -errno : write_all(fd, bytes, size);
    if (fd >= 0 && close(fd) != 0 && error == 0) {
        error = -errno;
    }
out:
    munmap(bytes, size);
    return error;
}

bool image_load(const char *file, struct image_entry *entry, char *why, size_t why_bytes)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        snprintf(why, why_bytes, "%s", dlerror());
        return false;
    }
    entry->handle = handle;
    *(void **)&entry->init = dlsym(handle, "init");
    *(void **)&entry->notified = dlsym(handle, "notified");
    *(void **)&entry->protected = dlsym(handle, "protected");
    entry->points = true;
    if (entry->init == NULL || entry->notified == NULL) {
        snprintf(why, why_bytes, "%s lacks init() or notified()", file);
        image_unload(entry);
        return false;
    }
    return true;
}

void image_unload(struct image_entry *entry)
{
    if (entry->handle != NULL) {
        dlclose(entry->handle);
    }
    *entry = (struct image_entry){0};
}
