/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_BATON_H
#define SIM_EXEC_BATON_H
/*
 * One of two runs: the kernel, in the trusted process that began the run, or one domain, in its
 * own. The baton is a word in the domain's page; whoever has it hands it over until it comes back.
 * A domain sleeps meanwhile. The kernel, which shares a core with all of them, first gives way to
 * whoever else can run: nearly always that is the domain alone, and neither need be put to sleep
 * and woken for the way back. A domain that lies about it hurts itself: the kernel waits for that
 * word only, and looks now and then whether the domain still lives.
 *
 * What a device's process is to do comes the same way, as an order in its page.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BATON_LINES_MAX   32u
#define BATON_TOUCHES_MAX 64u

enum baton_holder { BATON_KERNEL, BATON_DOMAIN };

enum device_order_kind { ORDER_STEP, ORDER_READ, ORDER_WRITE, ORDER_NEXT };

struct device_order {
    uint32_t kind, offset, bytes;
    uint64_t now_ns, value;
    uint64_t place; /* in its driver's image, of the access, by either clock; 0: not known */
    /* Its outcome. */
    uint64_t answer, next_ns;
    uint32_t idle_write;
    uint32_t drain; /* not done yet: a capture is full */
    uint32_t line_count;
    struct {
        uint8_t number, level;
    } lines[BATON_LINES_MAX]; /* as they changed, in order */
    /* Of memory that is not coherent, what the device has read and written, in order: under any
     * executor, as whose caches that concerns is not for a device to see. */
    uint32_t touch_count;
    struct device_touch {
        uint64_t offset;
        uint32_t region, bytes;
        uint32_t write;
    } touches[BATON_TOUCHES_MAX];
};

struct baton {
    _Alignas(64) _Atomic uint32_t holder;
    _Atomic uint32_t kernel_sleeps; /* it is to be woken */
};

/* The domain's side. */
void baton_await_domain(struct baton *b);
void baton_give_kernel(struct baton *b);
/*
 * The kernel's: hand it over, and wait until it is back. `alive` is asked now and then; false once
 * that said no.
 */
bool baton_pass(struct baton *b, bool (*alive)(void *context), void *context);
#endif
