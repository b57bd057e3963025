/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory in the place of registers, and what passes between it and the device; see the header. */
#include "sim/exec/registers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <sddf/os/point.h>

#include "sim/base/elf.h"
#include "sim/exec/weak.h"

static bool is_hook(const struct elf_symbol *symbol, const void *context)
{
    (void)context;
    return !symbol->defined && strncmp(symbol->name, "__tsan_", 7) == 0;
}

bool registers_hooked(const char *file, const char *table)
{
    return elf_any_symbol(file, table, is_hook, NULL);
}

bool registers_in_windows(const struct domain *d, uint64_t vaddr, size_t bytes)
{
    for (uint32_t i = 0; i < d->window_count; i++) {
        const struct plan_registers *r = &d->windows[i];

        if (vaddr + bytes - 1 - r->vaddr < r->bytes + bytes - 1) {
            return true;
        }
    }
    return false;
}

/* All windows of a domain, one or several. */
static const struct plan_registers *all_windows(const struct domain *d, uint32_t *count)
{
    const struct plan_device *device = &d->plan->devices[d->plan->pds[d->device_pd].device];

    *count = device->registers_count;
    return device->registers;
}

static int back_window(const struct plan_registers *r)
{
    void *wanted = (void *)(uintptr_t)r->vaddr;
    void *got = mmap(wanted, r->bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (got == MAP_FAILED) {
        return -errno;
    }
    if (got != wanted) { /* a kernel that does not know the flag */
        munmap(got, r->bytes);
        return -EEXIST;
    }
    return 0;
}

static void unback_windows(const struct plan_registers *windows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        munmap((void *)(uintptr_t)windows[i].vaddr, windows[i].bytes);
    }
}

int registers_back(struct domain *d)
{
    /* Not its private copy: a tool that is about to see that being loaded takes any other mapping
     * of it for a part. */
    const char *file = d->plan->pds[d->pd].image_file;
    uint32_t count;

    if (d->regs_bytes == 0 || !registers_hooked(file, ".dynsym")) {
        return 0;
    }
    const struct plan_registers *windows = all_windows(d, &count);

    for (uint32_t i = 0; i < count; i++) {
        int error = back_window(&windows[i]);

        if (error != 0) {
            unback_windows(windows, i);
            return error;
        }
    }
    d->backed = d->windows == NULL ? BACKED_ONE_WINDOW : BACKED_WINDOWS;
    return 0;
}

void registers_unback(struct domain *d)
{
    uint32_t count;

    if (d->backed != BACKED_NOT) {
        const struct plan_registers *windows = all_windows(d, &count);

        unback_windows(windows, count);
        d->backed = BACKED_NOT;
    }
}

/* What no register access can be is left for the device to refuse, and moves nothing. */
static bool is_word(uint64_t vaddr, size_t bytes)
{
    return (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8) && vaddr % bytes == 0;
}

static unsigned told_bytes(size_t bytes)
{
    return bytes < REGISTERS_BYTES_TOLD ? (unsigned)bytes : REGISTERS_BYTES_TOLD;
}

void registers_read(struct domain *d, uint64_t vaddr, size_t bytes, const void *place)
{
    void *where = (void *)(uintptr_t)vaddr;

    d->place = place;
    domain_look(d);
    point(POINT_MMIO_READ, where, bytes);
    uint64_t value = domain_mmio_read(d, vaddr, told_bytes(bytes));

    if (is_word(vaddr, bytes)) {
        memcpy(where, &value, bytes);
    }
}

void registers_write(struct domain *d, uint64_t vaddr, size_t bytes, const void *place)
{
    d->unsettled.vaddr = vaddr;
    d->unsettled.bytes = bytes;
    d->unsettled.place = place;
    calls_virtual_find_odd(d);
}

void registers_settle_now(struct domain *d)
{
    uint64_t vaddr = d->unsettled.vaddr, value = 0;
    size_t bytes = d->unsettled.bytes;

    if (d->unsettled.held) {
        weak_settle(d);
        return;
    }
    d->unsettled.bytes = 0;
    calls_virtual_find_odd(d);
    d->place = d->unsettled.place;
    if (bytes <= sizeof value) { /* what it left beyond the registers, it could not leave */
        memcpy(&value, (const void *)(uintptr_t)vaddr, bytes);
    }
    domain_look(d);
    point(POINT_MMIO_WRITE, (const void *)(uintptr_t)vaddr, bytes);
    domain_mmio_write(d, vaddr, told_bytes(bytes), value);
}
