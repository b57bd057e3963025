/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_KERNEL_KERNEL_PARTS_H
#define SIM_KERNEL_KERNEL_PARTS_H
/* What the kernel's rooms share: setting up (setup.c), who may run (sched.h), and who waits for
 * whom (kernel.c). */
#include "sim/kernel/kernel.h"

/* Alarms: for each domain its refill, its deadline and signals on their way to it; then devices;
 * then interrupt lines; then, for each domain, signals that a fault keeps from it, and what faults
 * do of themselves. */
static inline uint32_t alarm_refill(uint32_t pd)
{
    return 3 * pd;
}
static inline uint32_t alarm_deadline(uint32_t pd)
{
    return 3 * pd + 1;
}
static inline uint32_t alarm_signal(uint32_t pd)
{
    return 3 * pd + 2;
}
static inline uint32_t alarm_device(const struct kernel *k, uint32_t device)
{
    return 3 * k->plan->pd_count + device;
}
static inline uint32_t alarm_line(const struct kernel *k, uint32_t line)
{
    return alarm_device(k, k->plan->device_count) + line;
}
static inline uint32_t alarm_late(const struct kernel *k, uint32_t pd)
{
    return alarm_line(k, k->plan->channel_count) + pd;
}
static inline uint32_t alarm_unasked(const struct kernel *k)
{
    return alarm_late(k, k->plan->pd_count);
}

/* Kernel work that is done for a domain, and charged to it before it goes on. */
static inline void kernel_owe(const struct kernel *k, struct kernel_domain *d,
                              enum platform_entry entry)
{
    d->owed_ps += k->ps_per_entry[entry];
    turn_entry(d->turn, entry, k->ps_per_entry[entry]);
}

/* Something happened: into the digest, and to whoever listens. */
static inline void kernel_tell(struct kernel *k, enum kernel_event_kind kind, uint32_t pd,
                               uint64_t a, uint64_t b, uint64_t c, uint64_t hash)
{
    /* Each word has an odd multiplier of its own, so that the products need not wait for each other
     * and any one word that differs makes a difference. */
    uint64_t word = k->now_ps * 0x1e3779b1 ^ ((uint64_t)kind << 32 | pd) * 0x45d9f3b3 ^
                    a * 0x165667b1 ^ b * 0x27d4eb2f ^ c * 0x2c1b3c6d ^ hash;
    uint64_t sequence = ++k->sequence;
    struct kernel_event *e = &k->recent[sequence % KERNEL_RECENT];

    k->digest = turn_mix(k->digest, word);
    *e = (struct kernel_event){.at_ps = k->now_ps,
                               .sequence = sequence,
                               .kind = kind,
                               .pd = pd,
                               .a = a,
                               .b = b,
                               .c = c,
                               .hash = hash};
    if (__builtin_expect(k->listen != NULL, 0)) {
        k->listen(k->listener, e);
    }
}

/* As kernel_init, but that nobody wants to run yet. */
void kernel_setup(struct kernel *k, const struct plan *plan, const struct platform *platform,
                  struct turn **turns, const struct kernel_devices *devices, struct arena *arena);
#endif
