/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_FUZZ_IMAGE_WORLD_H
#define TESTS_FUZZ_IMAGE_WORLD_H
/*
 * What is around the image under test: all that it may call, and who watches each of its accesses
 * to memory, for which images are compiled with a call before every load and store. An access is to
 * be within what the plan has mapped for it, or its own variables or stack. So many of them in one
 * entry are more than any entry needs.
 *
 * Others have a word at each load of what they can write too: `meanwhile` is called there, and may
 * change it.
 *
 * What does not hold is a finding: it is said, and ends the program.
 */
#include <sys/resource.h>

#include <microkit.h>
#include <sddf/hw/mmio.h>
#include <sddf/os/point.h>
#include <sddf/timer/protocol.h>
#include <sddf/util/cache.h>
#include <sddf/util/printf.h>

#include "sim/exec/copy.h"
#include "tests/fuzz/image_device.h"

/* -- its accesses -- */

static inline UNWATCHED const struct extent *extent_find(uint64_t vaddr, uint64_t bytes)
{
    for (size_t i = 0; i < world.s->extent_count; i++) {
        const struct extent *e = &world.s->extents[i];

        if (vaddr - e->vaddr < e->bytes && bytes <= e->bytes - (vaddr - e->vaddr)) {
            return e;
        }
    }
    return NULL;
}

static inline UNWATCHED bool is_its_own(uint64_t vaddr, uint64_t bytes)
{
    const struct image_entry *image = &world.s->loaded.image;
    uint64_t hook = (uint64_t)(uintptr_t)&sddfsim_point_hook;
    uint64_t move = (uint64_t)(uintptr_t)&sddfsim_move_hook;

    return (vaddr - image->base < image->bytes && bytes <= image->bytes - (vaddr - image->base)) ||
           (vaddr >= world.stack_low && vaddr + bytes <= world.stack_high) || vaddr == hook ||
           vaddr == move;
}

static UNWATCHED void others_act(void)
{
    if (world.meanwhile != NULL) {
        world.inside = false;
        world.meanwhile();
        world.inside = true;
    }
}

static UNWATCHED void accessed(uint64_t vaddr, uint64_t bytes, bool write)
{
    const struct extent *e;

    if (!world.inside) {
        return;
    }
    if (++world.accesses > ACCESSES_MAX) {
        finding("an entry does not end");
    }
    registers_settle_here();
    e = extent_find(vaddr, bytes);
    if (e != NULL) {
        if ((e->rights & (write ? RIGHT_WRITE : RIGHT_READ)) == 0) {
            finding("it may not %s %#lx", write ? "write" : "read", (unsigned long)vaddr);
        }
        if (e->shared && !write) {
            others_act();
        }
    } else if (is_its_own(vaddr, bytes)) {
        return;
    } else if (bytes <= 8 && is_register(vaddr, (unsigned)bytes)) {
        if (write) {
            world.unsettled.vaddr = vaddr;
            world.unsettled.bytes = (unsigned)bytes;
        } else {
            uint64_t value = register_read(vaddr, (unsigned)bytes);

            memcpy((void *)(uintptr_t)vaddr, &value, bytes);
        }
    } else if (bytes != 0) {
        finding("it %s %lu bytes at %#lx, which are not its own", write ? "writes" : "reads",
                (unsigned long)bytes, (unsigned long)vaddr);
    }
}

#define ACCESS(bytes, type)                               \
    UNWATCHED void __sanitizer_cov_load##bytes(type *at)  \
    {                                                     \
        accessed((uint64_t)(uintptr_t)at, bytes, false);  \
    }                                                     \
    UNWATCHED void __sanitizer_cov_store##bytes(type *at) \
    {                                                     \
        accessed((uint64_t)(uintptr_t)at, bytes, true);   \
    }
void __sanitizer_cov_load1(uint8_t *at);
void __sanitizer_cov_load2(uint16_t *at);
void __sanitizer_cov_load4(uint32_t *at);
void __sanitizer_cov_load8(uint64_t *at);
void __sanitizer_cov_load16(__int128 *at);
void __sanitizer_cov_store1(uint8_t *at);
void __sanitizer_cov_store2(uint16_t *at);
void __sanitizer_cov_store4(uint32_t *at);
void __sanitizer_cov_store8(uint64_t *at);
void __sanitizer_cov_store16(__int128 *at);
ACCESS(1, uint8_t)
ACCESS(2, uint16_t)
ACCESS(4, uint32_t)
ACCESS(8, uint64_t)
ACCESS(16, __int128)

/* Copies are under the same watch: an image is built to call these, by a name for those that its
 * source has and one for those that compilers make of structures. */
void *fuzz_memset(void *to, int byte, size_t bytes);
void *fuzz_memcpy(void *to, const void *from, size_t bytes)
    __attribute__((__alias__("sddfsim_memcpy")));
void *fuzz_memmove(void *to, const void *from, size_t bytes)
    __attribute__((__alias__("sddfsim_memmove")));

void *sddfsim_memcpy(void *to, const void *from, size_t bytes)
{
    accessed((uint64_t)(uintptr_t)from, bytes, false);
    accessed((uint64_t)(uintptr_t)to, bytes, true);
    return memcpy(to, from, bytes);
}

void *sddfsim_memmove(void *to, const void *from, size_t bytes)
{
    accessed((uint64_t)(uintptr_t)from, bytes, false);
    accessed((uint64_t)(uintptr_t)to, bytes, true);
    return memmove(to, from, bytes);
}

void *fuzz_memset(void *to, int byte, size_t bytes)
{
    accessed((uint64_t)(uintptr_t)to, bytes, true);
    return memset(to, byte, bytes);
}

/* -- what it may call -- */

static void point_hook(enum point_op op, const volatile void *where, uint64_t units)
{
    (void)op;
    (void)where;
    (void)units;
    others_act();
}

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where,
                           uint64_t units) = point_hook;
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

static void called_by(sddf_channel ch)
{
    registers_settle_here();
    if (ch >= PLAN_CHANNELS_MAX || (world.s->known >> ch & 1) == 0) {
        finding("it has no channel %u", ch);
    }
}

void sddf_notify(sddf_channel ch)
{
    called_by(ch);
    others_act();
}

static void defer(sddf_channel ch)
{
    called_by(ch);
    if (world.slot != NO_CHANNEL && world.slot != ch) {
        finding("its deferred operation on channel %u is lost to one on %u", world.slot, ch);
    }
    world.slot = ch;
}

void sddf_deferred_notify(sddf_channel ch)
{
    defer(ch);
}

void sddf_deferred_irq_ack(sddf_channel ch)
{
    defer(ch);
}

sddf_channel sddf_deferred_notify_curr(void)
{
    return world.slot;
}

void sddf_irq_ack(sddf_channel ch)
{
    called_by(ch);
}

seL4_MessageInfo_t sddf_ppcall(sddf_channel ch, seL4_MessageInfo_t info)
{
    called_by(ch);
    others_act();
    if ((world.s->timers >> ch & 1) == 0) {
        memcpy(world.mr, world.answers, sizeof world.answers);
    } else if (seL4_MessageInfo_get_label(info) == SDDF_TIMER_GET_TIME) {
        world.mr[0] = world.now_ns;
    }
    return seL4_MessageInfo_new(0, 0, 0, ANSWERS_WORDS);
}

uint64_t sddf_get_mr(unsigned int n)
{
    return n < MRS ? world.mr[n] : 0;
}

void sddf_set_mr(unsigned int n, uint64_t value)
{
    if (n < MRS) {
        world.mr[n] = value;
    }
}

char *sddf_get_pd_name(void)
{
    static char name[SDDF_NAME_LENGTH] = "image";

    return name;
}

int sddf_printf_(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    int bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return bytes;
}

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    finding("%s:%u, %s: it asserts %s", file, line, function, assertion);
}

static void cache_operation(unsigned long start, unsigned long end)
{
    registers_settle_here();
    if (end <= start || extent_find(start, end - start) == NULL) {
        finding("a cache operation from %#lx to %#lx", start, end);
    }
    others_act();
}

void cache_clean(unsigned long start, unsigned long end)
{
    cache_operation(start, end);
}

void cache_clean_and_invalidate(unsigned long start, unsigned long end)
{
    cache_operation(start, end);
}

uint64_t sddfsim_mmio_read(const volatile void *vaddr, unsigned bytes)
{
    if (!is_register((uint64_t)(uintptr_t)vaddr, bytes)) {
        finding("it has no register at %p", (const void *)vaddr);
    }
    world.accesses++;
    return register_read((uint64_t)(uintptr_t)vaddr, bytes);
}

void sddfsim_mmio_write(volatile void *vaddr, unsigned bytes, uint64_t value)
{
    if (!is_register((uint64_t)(uintptr_t)vaddr, bytes)) {
        finding("it has no register at %p", (volatile void *)vaddr);
    }
    world.accesses++;
    world.s->type->write(world.s->state, register_offset((uint64_t)(uintptr_t)vaddr), bytes, value);
}

static volatile void *port_of(unsigned id, uint64_t number, unsigned bytes)
{
    const struct subject *s = world.s;

    registers_settle_here();
    for (const struct device_ports *p = s->type == NULL ? NULL : s->type->ports;
         p != NULL && p->count != 0; p++) {
        if (p->id == id && number - p->first < p->count &&
            bytes <= p->count - (number - p->first)) {
            return (void *)(uintptr_t)(s->device->registers[0].vaddr + p->offset +
                                       (number - p->first));
        }
    }
    finding("it has no port %#lx", (unsigned long)number);
}

seL4_Uint32 microkit_x86_ioport_read_32(microkit_ioport ioport, seL4_Word port)
{
    return (seL4_Uint32)sddfsim_mmio_read(port_of(ioport, port, 4), 4);
}

void microkit_x86_ioport_write_32(microkit_ioport ioport, seL4_Word port, seL4_Word value)
{
    sddfsim_mmio_write(port_of(ioport, port, 4), 4, (uint32_t)value);
}

/* -- its entries -- */

static void world_begin(struct subject *s)
{
    world.s = s;
    world.slot = NO_CHANNEL;
    world.accesses_before = 0;
    world.now_ns = 1000;
    world.lie = world.lie_count = 0;
    world.unsettled.bytes = 0;
    world.meanwhile = NULL;
    memset(world.answers, 0, sizeof world.answers);
    memset(world.mr, 0, sizeof world.mr);
}

static void entry_begin(void)
{
    world.accesses = 0;
    world.inside = true;
}

static void entry_end(void)
{
    world.inside = false;
    registers_settle_here();
    world.slot = NO_CHANNEL;
    world.accesses_before += world.accesses;
}

static void world_find_stack(void)
{
    struct rlimit limit;

    world.stack_high = ((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(PAGE - 1)) + 16 * PAGE;
    getrlimit(RLIMIT_STACK, &limit);
    world.stack_low =
        world.stack_high - (limit.rlim_cur == RLIM_INFINITY ? 8u << 20 : limit.rlim_cur);
}
#endif
