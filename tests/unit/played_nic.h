/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_PLAYED_NIC_H
#define TESTS_UNIT_PLAYED_NIC_H
/*
 * A model of a network controller, driven register by register as a driver would, in a machine that
 * is only an array and a clock; and a record of what it wrote to memory, in order. For the test of
 * one model, which says which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fake_bus.h"

enum {
    RX_RING = FAKE_IO_BASE,
    TX_RING = FAKE_IO_BASE + 0x10000,
    RX_BUFFERS = FAKE_IO_BASE + 0x100000,
    TX_BUFFERS = FAKE_IO_BASE + 0x180000,
    BUFFER_BYTES = 2048,
    WRITES = 64,
};

static const struct device_type *model;
static uint8_t memory[FAKE_MEMORY_BYTES] __attribute__((__aligned__(4096)));
static struct fake_frame frames[FAKE_FRAMES];
static struct fake_bus machine;
static void *nic;
static uint8_t frame[BUFFER_BYTES];
static struct {
    uint64_t io_addr;
    size_t bytes;
} writes[WRITES];
static unsigned write_count;

static inline bool record_write(struct bus *bus, uint64_t io_addr, const void *from, size_t bytes)
{
    if (write_count < WRITES) {
        writes[write_count].io_addr = io_addr;
        writes[write_count].bytes = bytes;
    }
    write_count++;
    return fake_dma_write(bus, io_addr, from, bytes);
}

static inline uint32_t get(uint32_t offset)
{
    return (uint32_t)model->read(nic, offset, 4);
}

static inline void set(uint32_t offset, uint32_t value)
{
    model->write(nic, offset, 4, value);
}

static inline void *at(uint64_t io_addr)
{
    return memory + (io_addr - FAKE_IO_BASE);
}

static inline void run(uint64_t ns)
{
    fake_run(&machine, model, nic, machine.now_ns + ns);
}

/* A model at power-on. */
static inline void power_on(const struct device_type *of)
{
    model = of;
    memset(memory, 0, sizeof(memory));
    write_count = 0;
    fake_bus_init(&machine, memory, frames);
    machine.bus.dma_write = record_write;
    free(nic);
    nic = calloc(1, model->state_size);
    assert_non_null(nic);
    fake_presets(model, nic);
    memcpy(fake_key(model, nic, "mac"), "\x52\x54\x01\x02\x03\x04", 6);
    model->reset(nic, &machine.bus);
    for (unsigned i = 0; i < sizeof(frame); i++) {
        frame[i] = (uint8_t)(i * 7 + 1);
    }
    memcpy(frame, "\x52\x54\x01\x02\x03\x04\x02\x00\x00\x00\x00\x01\x08\x00", 14);
}

static inline void be_strict(void)
{
    *(bool *)fake_key(model, nic, "strict") = true;
}

static inline enum device_drop frame_in(size_t bytes)
{
    return model->frame_in(nic, frame, bytes);
}

/* What this does breaks that rule, once, and no other. */
#define ASSERT_BREAKS(rule_, ...)                          \
    do {                                                   \
        unsigned before_ = machine.violations;             \
        __VA_ARGS__;                                       \
        assert_int_equal(machine.violations, before_ + 1); \
        assert_int_equal(machine.rule, (rule_));           \
    } while (0)
/* ... and is forgiven by one that is not strict. */
#define ASSERT_FORGIVEN(...)                           \
    do {                                               \
        unsigned before_ = machine.violations;         \
        __VA_ARGS__;                                   \
        assert_int_equal(machine.violations, before_); \
    } while (0)
#endif
