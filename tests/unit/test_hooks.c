/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image without accessors, played as its compiler would have made it: a hook, then the access.
 * What of it comes to the device is each access of a register, in its order, as wide as it was,
 * with the value that was written: before the next access of anything, before any call that
 * somebody else could notice, and before the image has returned.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sddf/os/point.h>
#include <sddf/util/cache.h>
#include <sddf/util/printf.h>

#include "sim/exec/registers.h"

#define REGS_BYTES 64u
#define SEEN_MAX   32u

/* As images call them. */
#define NAMED(name) __asm__("__tsan_" #name)
void hook_read4(volatile void *where) NAMED(read4);
void hook_write4(volatile void *where) NAMED(write4);
void hook_volatile_read1(volatile void *where) NAMED(volatile_read1);
void hook_volatile_read4(volatile void *where) NAMED(volatile_read4);
void hook_volatile_write1(volatile void *where) NAMED(volatile_write1);
void hook_volatile_write2(volatile void *where) NAMED(volatile_write2);
void hook_volatile_write4(volatile void *where) NAMED(volatile_write4);
void hook_volatile_write8(volatile void *where) NAMED(volatile_write8);
void hook_volatile_write16(volatile void *where) NAMED(volatile_write16);
void hook_unaligned_volatile_read4(volatile void *where) NAMED(unaligned_volatile_read4);
void hook_unaligned_volatile_write4(volatile void *where) NAMED(unaligned_volatile_write4);
void hook_read_write4(volatile void *where) NAMED(read_write4);
void hook_write_range(volatile void *where, size_t bytes) NAMED(write_range);
uint32_t hook_atomic32_load(const volatile uint32_t *where, int order) NAMED(atomic32_load);
void hook_atomic32_store(volatile uint32_t *where, uint32_t value, int order) NAMED(atomic32_store);
uint32_t hook_atomic32_fetch_or(volatile uint32_t *where, uint32_t value, int order)
    NAMED(atomic32_fetch_or);
void hook_atomic_thread_fence(int order) NAMED(atomic_thread_fence);
void *sddfsim_hooked_memcpy(void *to, const void *from, size_t bytes);
void *sddfsim_hooked_memset(void *to, int byte, size_t bytes);

/* What came to the device, and what else could be noticed, in order. */
static struct seen {
    char what; /* r, w; n: a notification; p: a point */
    uint32_t offset;
    unsigned bytes;
    uint64_t value;
} seen[SEEN_MAX];
static unsigned seen_count, checked;

/* A device: a word that can be written, one that counts its reads, one whose bits are cleared by
 * writing them, and one whose lowest bit clears itself when it has been looked at twice. */
enum { PLAIN = 0, COUNTS = 4, CLEARED = 8, RESET = 12 };
static struct {
    uint8_t plain[2 * REGS_BYTES];
    uint32_t reads, events, busy;
} device;

static struct mmio_ring ring;
static struct domain domain;
static _Alignas(4096) uint8_t registers[4096];
static struct plan plan;
static volatile uint32_t memory;

static void note(char what, uint32_t offset, unsigned bytes, uint64_t value)
{
    assert_true(seen_count < SEEN_MAX);
    seen[seen_count++] = (struct seen){what, offset, bytes, value};
}

static uint64_t device_read(struct domain *d, uint32_t offset, unsigned bytes)
{
    uint64_t value = 0;

    assert_ptr_equal(d, &domain);
    switch (offset) {
    case COUNTS:
        value = ++device.reads;
        break;
    case CLEARED:
        value = device.events;
        break;
    case RESET:
        value = device.busy > 0 && --device.busy > 0;
        break;
    default:
        if (bytes <= 8) {
            memcpy(&value, device.plain + offset, bytes);
        }
    }
    note('r', offset, bytes, value);
    return value;
}

static void device_write(struct domain *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    assert_ptr_equal(d, &domain);
    note('w', offset, bytes, value);
    if (offset == CLEARED) {
        device.events &= ~(uint32_t)value;
    } else if (offset == RESET) {
        device.busy = value & 1 ? 3 : 0;
    } else if (bytes <= 8) {
        memcpy(device.plain + offset, &value, bytes);
    }
}

static void on_notify(struct domain *d, struct domain_channel *c)
{
    (void)d;
    (void)c;
    note('n', 0, 0, 0);
}

static void on_refuse(struct domain *d)
{
    (void)d;
    note('n', 0, 0, 0);
}

static void on_point(enum point_op op, const volatile void *where, uint64_t units)
{
    if (op == POINT_MMIO_READ || op == POINT_MMIO_WRITE) {
        note('p', (uint32_t)((uintptr_t)where - (uintptr_t)registers), (unsigned)units,
             op == POINT_MMIO_WRITE);
    }
}

static const struct domain_calls calls = {
    .mmio_read = device_read, .mmio_write = device_write, .notify = on_notify, .refuse = on_refuse};

static void write_nothing(void *context, const char *text, size_t bytes)
{
    (void)context;
    (void)text;
    (void)bytes;
}

static int fresh(void **state)
{
    static const struct domain_exec exec = {.write = write_nothing};

    (void)state;
    memset(&domain, 0, sizeof domain);
    memset(&device, 0, sizeof device);
    memset(registers, 0xee, sizeof registers);
    domain.calls = &calls;
    domain.exec = &exec;
    domain.plan = &plan;
    domain.mmio = &ring;
    domain.regs_vaddr = (uintptr_t)registers;
    domain.regs_bytes = REGS_BYTES;
    domain.backed = BACKED_ONE_WINDOW;
    domain.complaints = 64; /* enough: no more is said */
    domain_current = &domain;
    sddfsim_point_hook = NULL;
    memory = 0;
    seen_count = checked = 0;
    return 0;
}

/* The next thing seen is this. */
static void saw(char what, uint32_t offset, unsigned bytes, uint64_t value)
{
    assert_true(checked < seen_count);
    assert_int_equal(seen[checked].what, what);
    assert_int_equal(seen[checked].offset, offset);
    assert_int_equal(seen[checked].bytes, bytes);
    assert_int_equal(seen[checked].value, value);
    checked++;
}

static void saw_all(void)
{
    assert_int_equal(checked, seen_count);
}

/* -- as a compiler makes it of `regs->x = value`, and of reading `regs->x` -- */

static void *at(uint32_t offset)
{
    return registers + offset;
}

static void put4(uint32_t offset, uint32_t value)
{
    hook_volatile_write4(at(offset));
    *(volatile uint32_t *)at(offset) = value;
}

static uint32_t get4(uint32_t offset)
{
    hook_volatile_read4(at(offset));
    return *(volatile uint32_t *)at(offset);
}

static void set_memory(uint32_t value)
{
    hook_write4(&memory);
    memory = value;
}

/* -- */

static void test_in_order(void **state)
{
    (void)state;
    put4(PLAIN, 1);
    saw_all(); /* nobody can know yet what is written */
    put4(16, 2);
    saw('w', PLAIN, 4, 1);
    assert_int_equal(get4(PLAIN), 1);
    saw('w', 16, 4, 2);
    saw('r', PLAIN, 4, 1);
    put4(16, 3);
    set_memory(5);
    saw('w', 16, 4, 3);
    assert_int_equal(memory, 5);
    hook_read4(&memory);
    saw_all(); /* once */
}

static void test_widths(void **state)
{
    (void)state;
    hook_volatile_write1(at(17));
    *(volatile uint8_t *)at(17) = 0xa1;
    hook_volatile_write2(at(18));
    *(volatile uint16_t *)at(18) = 0xb2b3;
    hook_volatile_write8(at(24));
    *(volatile uint64_t *)at(24) = 0xc4c5c6c7c8c9cacbull;
    hook_volatile_read1(at(25));
    assert_int_equal(*(volatile uint8_t *)at(25), 0xca);
    saw('w', 17, 1, 0xa1);
    saw('w', 18, 2, 0xb2b3);
    saw('w', 24, 8, 0xc4c5c6c7c8c9cacbull);
    saw('r', 25, 1, 0xca);
    saw_all();
}

static void test_read_modify_write(void **state)
{
    (void)state;
    device.plain[16] = 0x30;
    put4(16, get4(16) | 4);
    assert_int_equal(get4(16), 0x34);
    saw('r', 16, 4, 0x30);
    saw('w', 16, 4, 0x34);
    saw('r', 16, 4, 0x34);
    hook_read_write4(at(16));
    *(volatile uint32_t *)at(16) += 1;
    set_memory(0);
    saw('r', 16, 4, 0x34);
    saw('w', 16, 4, 0x35);
    saw_all();
}

/* A register that is not memory: it counts, clears what is written, and changes by itself. */
static void test_not_memory(void **state)
{
    unsigned polls = 0;

    (void)state;
    assert_int_equal(get4(COUNTS), 1);
    assert_int_equal(get4(COUNTS), 2);
    device.events = 0xf0;
    put4(CLEARED, 0x30);
    assert_int_equal(get4(CLEARED), 0xc0);
    put4(CLEARED, get4(CLEARED));
    assert_int_equal(get4(CLEARED), 0);
    put4(RESET, 1);
    while (get4(RESET) & 1) {
        polls++;
    }
    assert_int_equal(polls, 2);
    hook_read4(&memory);
    assert_int_equal(device.events, 0);
}

static void notify(void)
{
    sddf_notify(3);
}

static void ack(void)
{
    sddf_irq_ack(3);
}

static void defer_notify(void)
{
    sddf_deferred_notify(3);
}

static void defer_ack(void)
{
    sddf_deferred_irq_ack(3);
}

static void call(void)
{
    sddf_ppcall(3, seL4_MessageInfo_new(0, 0, 0, 0));
}

static void test_settled_by_calls(void **state)
{
    static void (*const all[])(void) = {notify, ack, defer_notify, defer_ack, call};

    (void)state;
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        put4(PLAIN, i);
        all[i]();
        saw('w', PLAIN, 4, i);
        saw('n', 0, 0, 0);
    }
    put4(PLAIN, 6);
    cache_clean(0, 64);
    saw('w', PLAIN, 4, 6);
    put4(PLAIN, 7);
    cache_clean_and_invalidate(0, 64);
    saw('w', PLAIN, 4, 7);
    put4(PLAIN, 8);
    hook_atomic_thread_fence(5);
    saw('w', PLAIN, 4, 8);
    put4(PLAIN, 9);
    sddf_printf("x");
    saw('w', PLAIN, 4, 9);
    saw_all();
}

/* A write's point is where it takes effect, a read's before it. */
static void test_points(void **state)
{
    (void)state;
    sddfsim_point_hook = on_point;
    put4(PLAIN, 1);
    (void)get4(PLAIN);
    saw('p', PLAIN, 4, 1);
    saw('w', PLAIN, 4, 1);
    saw('p', PLAIN, 4, 0);
    saw('r', PLAIN, 4, 1);
    saw_all();
}

/* What no register access can be is the device's to refuse, which is told of it as it was. */
static void test_what_is_none(void **state)
{
    (void)state;
    hook_unaligned_volatile_write4(at(18));
    *(volatile uint16_t *)at(18) = 7;
    *(volatile uint16_t *)at(20) = 8;
    set_memory(0);
    saw('w', 18, 4, 0x80007);
    hook_unaligned_volatile_read4(at(19));
    saw('r', 19, 4, 0x800);
    hook_volatile_write16(at(32));
    set_memory(0);
    saw('w', 32, 16, 0);
    hook_write_range(at(32), 1000);
    set_memory(0);
    saw('w', 32, 255, 0);
    saw_all();
}

static void test_blocks(void **state)
{
    uint8_t bytes[16] = {1, 2, 3};

    (void)state;
    put4(PLAIN, 1);
    sddfsim_hooked_memcpy(bytes + 8, bytes, 4);
    saw('w', PLAIN, 4, 1);
    assert_memory_equal(bytes + 8, bytes, 4);
    sddfsim_hooked_memset(bytes, 9, 8);
    assert_int_equal(bytes[7], 9);
    saw_all();
    sddfsim_hooked_memset(at(16), 0, 8);
    saw('w', 16, 255, 0);
    sddfsim_hooked_memcpy(bytes, at(16), 8);
    saw('r', 16, 255, 0);
    sddfsim_hooked_memcpy(at(20), bytes, 8);
    saw('w', 20, 255, 0);
    sddfsim_hooked_memcpy(at(20), bytes, 0);
    saw_all();
}

static void test_atomics(void **state)
{
    static volatile uint32_t word = 3;

    (void)state;
    hook_atomic32_store((volatile uint32_t *)at(16), 6, 3);
    assert_int_equal(hook_atomic32_load((volatile uint32_t *)at(16), 2), 6);
    saw('w', 16, 4, 6);
    saw('r', 16, 4, 6);
    put4(PLAIN, 1);
    assert_int_equal(hook_atomic32_fetch_or(&word, 4, 5), 3);
    assert_int_equal(hook_atomic32_load(&word, 5), 7);
    saw('w', PLAIN, 4, 1);
    saw_all();
    hook_atomic32_fetch_or((volatile uint32_t *)at(16), 1, 5);
    saw('w', 16, 255, 0);
    saw_all();
}

/* The same addresses are nothing to one who has no device, or calls accessors. */
static void test_no_device(void **state)
{
    (void)state;
    domain.backed = BACKED_NOT;
    put4(PLAIN, 1);
    assert_int_equal(get4(PLAIN), 1);
    domain.backed = BACKED_ONE_WINDOW;
    domain.regs_bytes = domain.regs_vaddr = 0;
    put4(PLAIN, 2);
    assert_int_equal(get4(PLAIN), 2);
    saw_all();
}

/* Just outside is memory like any other. */
static void test_outside(void **state)
{
    (void)state;
    put4(REGS_BYTES, 1);
    set_memory(0);
    assert_int_equal(get4(REGS_BYTES), 1);
    put4(REGS_BYTES - 4, 2);
    set_memory(0);
    saw('w', REGS_BYTES - 4, 4, 2);
    saw_all();
}

/* Registers in two places, of which the model knows each by an offset; between them is memory. */
static void test_windows(void **state)
{
    enum { FURTHER = REGS_BYTES + 64, FURTHER_BYTES = 32 };
    const struct plan_registers windows[] = {
        {.vaddr = (uintptr_t)registers, .bytes = REGS_BYTES},
        {.vaddr = (uintptr_t)registers + FURTHER, .offset = REGS_BYTES, .bytes = FURTHER_BYTES}};

    (void)state;
    domain.windows = windows;
    domain.window_count = 2;
    domain.backed = BACKED_WINDOWS;
    domain.regs_bytes = FURTHER + FURTHER_BYTES;
    put4(PLAIN, 1);
    put4(FURTHER + 4, 2);
    saw('w', PLAIN, 4, 1);
    put4(REGS_BYTES, 3);
    saw('w', REGS_BYTES + 4, 4, 2);
    put4(FURTHER - 4, 4);
    put4(FURTHER + FURTHER_BYTES, 5);
    saw_all();
    assert_int_equal(get4(REGS_BYTES), 3);
    assert_int_equal(get4(FURTHER - 4), 4);
    assert_int_equal(get4(FURTHER + FURTHER_BYTES), 5);
    saw_all();
    memset(device.plain + PLAIN, 7, 4);
    assert_int_equal(get4(PLAIN), 0x07070707);
    saw('r', PLAIN, 4, 0x07070707);
    saw_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_in_order, fresh),
        cmocka_unit_test_setup(test_widths, fresh),
        cmocka_unit_test_setup(test_read_modify_write, fresh),
        cmocka_unit_test_setup(test_not_memory, fresh),
        cmocka_unit_test_setup(test_settled_by_calls, fresh),
        cmocka_unit_test_setup(test_points, fresh),
        cmocka_unit_test_setup(test_what_is_none, fresh),
        cmocka_unit_test_setup(test_blocks, fresh),
        cmocka_unit_test_setup(test_atomics, fresh),
        cmocka_unit_test_setup(test_no_device, fresh),
        cmocka_unit_test_setup(test_outside, fresh),
        cmocka_unit_test_setup(test_windows, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
