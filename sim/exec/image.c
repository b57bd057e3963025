/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checking an image against what the plan has for it; copying it with the configuration in place;
 * and handing the copy to the dynamic loader.
 */
#include "sim/exec/image.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/elf.h"

/* NULL, or what is wrong. */
static const char *open_image(struct elf *e, const uint8_t *bytes, size_t size)
{
    const char *wrong = elf_open(e, bytes, size);

    return wrong != NULL || elf_is_shared(e) ? wrong
                                             : "is not a shared object; link it with -shared";
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

bool image_check(struct plan *plan, uint32_t pd_index, struct diag *diag)
{
    struct plan_pd *pd = &plan->pds[pd_index];
    size_t errors = diag->errors, size;
    uint8_t *bytes = elf_map(pd->image_file, &size);
    struct elf e;

    if (bytes == NULL) {
        diag_error(diag, pd->asked->place, "cannot read image %s: %m", pd->image_file);
        return false;
    }
    const char *wrong = open_image(&e, bytes, size);
    if (wrong != NULL) {
        diag_error(diag, pd->asked->place, "%s %s", pd->image_file, wrong);
    } else {
        static const char *const required[] = {"init", "notified"};

        for (size_t i = 0; i < 2; i++) {
            if (!elf_exports(&e, required[i])) {
                diag_error(diag, pd->asked->place,
                           "%s has no function %s(), which every image needs", pd->image_file,
                           required[i]);
            }
        }
        check_sections(&e, pd, diag);
        pd->one_core = elf_section(&e, IMAGE_ONE_CORE) != NULL;
        pd->explored = elf_section(&e, IMAGE_EXPLORED) != NULL;
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
    uint8_t *bytes = elf_map(pd->image_file, &size);
    int error = 0, fd = -1;
    struct elf e;

    if (bytes == NULL) {
        return -errno;
    }
    /* It was whole when it was checked; if it has changed since, it is refused here. */
    if (open_image(&e, bytes, size) != NULL) {
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

/* How far the parts reach that the loader mapped of an object. */
static int measure(struct dl_phdr_info *info, size_t size, void *context)
{
    struct image_entry *entry = context;

    (void)size;
    for (size_t i = 0; info->dlpi_addr == entry->base && i < info->dlpi_phnum; i++) {
        const Elf64_Phdr *part = &info->dlpi_phdr[i];
        uint64_t end = part->p_type == PT_LOAD ? part->p_vaddr + part->p_memsz : 0;

        entry->bytes = end > entry->bytes ? end : entry->bytes;
    }
    return info->dlpi_addr == entry->base;
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
    entry->base = ((const struct link_map *)handle)->l_addr;
    dl_iterate_phdr(measure, entry);
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
