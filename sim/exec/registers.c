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

int registers_back(struct domain *d)
{
    void *wanted = (void *)(uintptr_t)d->regs_vaddr;
    /* Not its private copy: a tool that is about to see that being loaded takes any other mapping
     * of it for a part. */
    const char *file = d->plan->pds[d->pd].image_file;

    if (d->regs_bytes == 0 || !registers_hooked(file, ".dynsym")) {
        return 0;
    }
    void *got = mmap(wanted, d->regs_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (got == MAP_FAILED) {
        return -errno;
    }
    if (got != wanted) { /* a kernel that does not know the flag */
        munmap(got, d->regs_bytes);
        return -EEXIST;
    }
    d->backed = true;
    return 0;
}

void registers_unback(struct domain *d)
{
    if (d->backed) {
        munmap((void *)(uintptr_t)d->regs_vaddr, d->regs_bytes);
        d->backed = false;
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
