/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls on the host's clock. Each channel has its own word in a page that only its two ends
 * map: the sender sets it, then rings the receiver's doorbell; the receiver gathers its words into
 * a badge. A register access goes through the ring of posted writes.
 */
#include <string.h>

#include "sim/exec/domain.h"

/* -- notifications -- */

static void host_notify(struct domain *d, struct domain_channel *c)
{
    /* The exchange is a full barrier: what was published before is seen by whoever finds the word
     * set. If it was set already, the ring that came with it still stands or has yet to be
     * answered. */
    if (atomic_exchange(&c->page->word[1 - c->side], 1) == 0) {
        page_count(&d->page->rings);
        d->exec->ring(d->exec->context, c->peer);
    }
}

/* Wait to be rung by a certain other, who will then have made `word` another than `is`. If that one
 * is gone, the supervisor knows that nothing will come of it. */
static void wait_for(struct domain *d, uint32_t pd, _Atomic uint32_t *word, uint32_t is)
{
    atomic_store(&d->page->waits_for, pd + 1);
    if (d->polls) {
        while (atomic_load(word) == is &&
               atomic_load_explicit(&d->page->order_stop, memory_order_relaxed) == 0) {
            d->exec->relax(d->exec->context);
        }
    } else {
        d->exec->block(d->exec->context, DOMAIN_FOREVER);
    }
    atomic_store(&d->page->waits_for, 0);
    domain_end_if_told(d);
}

/* Take every notification that is pending. */
static uint64_t gather(struct domain *d)
{
    uint64_t badge = 0;

    for (unsigned i = 0; i < d->channel_count; i++) {
        struct domain_channel *c = &d->channels[i];

        if (c->page != NULL &&
            atomic_load_explicit(&c->page->word[c->side], memory_order_relaxed) != 0 &&
            atomic_exchange(&c->page->word[c->side], 0) != 0) {
            badge |= 1ull << i;
        }
    }
    return badge | domain_own_badge(d);
}

/* The lowest of these channels on which a caller waits for an answer, PLAN_CHANNELS_MAX if none. */
static unsigned find_call(const struct domain *d, uint64_t channels)
{
    for (; channels != 0; channels &= channels - 1) {
        unsigned i = (unsigned)__builtin_ctzll(channels);
        const struct domain_channel *c = &d->channels[i];

        if (atomic_load(&c->page->call[c->side].state) == CALL_ASKED) {
            return i;
        }
    }
    return PLAN_CHANNELS_MAX;
}

/* Callers take turns: one who calls again and again cannot keep the others waiting. */
static unsigned gather_call(struct domain *d)
{
    uint64_t served = (2ull << d->last_call) - 1;
    unsigned i = find_call(d, d->callers & ~served);

    if (i == PLAN_CHANNELS_MAX) {
        i = find_call(d, d->callers & served);
    }
    if (i != PLAN_CHANNELS_MAX) {
        d->last_call = i;
    }
    return i;
}

static struct domain_wake host_next(struct domain *d)
{
    struct domain_wake wake;

    domain_flush_deferred(d);
    domain_end_if_told(d);
    for (;;) {
        wake.badge = gather(d);
        wake.call = wake.badge == 0 ? gather_call(d) : PLAN_CHANNELS_MAX;
        if (wake.badge != 0 || wake.call != PLAN_CHANNELS_MAX || domain_fault_waits(d)) {
            return wake;
        }
        domain_wait(d, domain_deadline(d));
    }
}

/* -- protected calls: one at a time on a channel, since the caller waits -- */

static void pass_words(uint64_t *to, const uint64_t *from, uint64_t info)
{
    memcpy(to, from, turn_words(info) * sizeof *to);
}

static uint64_t host_call(struct domain *d, struct domain_channel *c, uint64_t info)
{
    struct channel_call *call = &c->page->call[1 - c->side];

    pass_words(call->mrs, d->mrs, info);
    call->info = info;
    atomic_store(&call->state, CALL_ASKED);
    d->exec->ring(d->exec->context, c->peer);
    while (atomic_load(&call->state) != CALL_ANSWERED) {
        wait_for(d, c->peer, &call->state, CALL_ASKED);
    }
    uint64_t answer = call->info;

    pass_words(d->mrs, call->mrs, answer);
    atomic_store(&call->state, CALL_NONE);
    return answer;
}

static uint64_t host_receive(struct domain *d, struct domain_channel *c)
{
    const struct channel_call *call = &c->page->call[c->side];

    uint64_t info = *(const volatile uint64_t *)&call->info; /* the caller can write it still */

    pass_words(d->mrs, call->mrs, info);
    return info;
}

static void host_reply(struct domain *d, struct domain_channel *c, uint64_t info)
{
    struct channel_call *call = &c->page->call[c->side];

    domain_flush_deferred(d);
    pass_words(call->mrs, d->mrs, info);
    call->info = info;
    atomic_store(&call->state, CALL_ANSWERED);
    d->exec->ring(d->exec->context, c->peer);
}

static void host_refuse(struct domain *d)
{
    (void)d;
}

/* -- registers -- */

static void post(struct domain *d, const struct mmio_entry *entry)
{
    bool wake;

    while (!mmio_post(d->mmio, entry, &wake)) {
        atomic_store(&d->mmio->driver_waits, 1);
        /* Say that we wait, then look once more: the device makes room, then looks whether we wait.
         */
        atomic_thread_fence(memory_order_seq_cst);
        if (mmio_post(d->mmio, entry, &wake)) {
            break;
        }
        d->exec->ring(d->exec->context, d->device_pd);
        wait_for(d, d->device_pd, &d->mmio->driver_waits, 1);
    }
    if (wake) {
        atomic_store(&d->mmio->device_sleeps, 0);
        d->exec->ring(d->exec->context, d->device_pd);
    }
}

static void host_mmio_write(struct domain *d, uint32_t offset, unsigned bytes, uint64_t value)
{
    const struct mmio_entry entry = {
        .kind = MMIO_WRITE,
        .offset = offset,
        .bytes = (uint8_t)bytes,
        .number = (uint16_t)atomic_load_explicit(&d->mmio->raised, memory_order_acquire),
        .value = value,
        .place = (uint32_t)domain_place(d, d->place)};

    if (mmio_lowers(d->mmio, &entry, &d->lowering.at)) {
        d->lowering.posted = true;
    }
    post(d, &entry);
}

static uint64_t host_mmio_read(struct domain *d, uint32_t offset, unsigned bytes)
{
    uint16_t number = ++d->reads;

    post(d, &(struct mmio_entry){.offset = offset,
                                 .bytes = (uint8_t)bytes,
                                 .kind = MMIO_READ,
                                 .number = number,
                                 .place = (uint32_t)domain_place(d, d->place)});
    for (;;) {
        atomic_store(&d->mmio->driver_waits, 1);
        if (atomic_load(&d->mmio->answered) == number + 1u) {
            break;
        }
        wait_for(d, d->device_pd, &d->mmio->driver_waits, 1);
    }
    atomic_store_explicit(&d->mmio->driver_waits, 0, memory_order_relaxed);
    return d->mmio->answer;
}

/* -- interrupts -- */

/* Unmask; what is still high fires again at once. */
static void ack(struct domain_channel *c)
{
    if (channel_unmask(c->page)) {
        atomic_store(&c->page->word[c->side], 1);
    }
}

/*
 * Acknowledge behind the register writes that are still on their way. The device sees to it when
 * those have taken effect; it need not be woken for that if one of them lowers the line.
 */
static void post_ack(struct domain *d, const struct domain_channel *c)
{
    post(d, &(struct mmio_entry){.kind = MMIO_ACK, .offset = c->plan->irq_line});
    bool lowers = d->lowering.posted && mmio_unseen(d->mmio, d->lowering.at);

    if (!lowers && atomic_exchange(&d->mmio->device_sleeps, 0) != 0) {
        d->exec->ring(d->exec->context, d->device_pd);
    }
    d->lowering.posted = false;
}

static void host_ack(struct domain *d, struct domain_channel *c)
{
    if (d->mmio != NULL && c->peer == d->device_pd && mmio_pending(d->mmio)) {
        post_ack(d, c);
    } else {
        ack(c);
    }
}

static void host_ready(struct domain *d)
{
    for (unsigned i = 0; i < d->channel_count; i++) {
        if (d->channels[i].page != NULL && d->channels[i].plan->kind == CHANNEL_IRQ) {
            ack(&d->channels[i]);
        }
    }
    domain_flush_deferred(d);
    atomic_store(&d->page->ready, 1);
    d->exec->ring(d->exec->context, PLAN_NONE);
}

/* -- the rest -- */

static void host_burn(struct domain *d, uint64_t ns)
{
    uint64_t began = d->exec->now(d->exec->context);

    while (ns == UINT64_MAX || d->exec->now(d->exec->context) - began < ns) {
        domain_end_if_told(d);
    }
}

static void host_stop(struct domain *d)
{
    d->exec->ring(d->exec->context, PLAN_NONE);
    d->exec->block(d->exec->context, DOMAIN_FOREVER);
}

static void host_drain(struct domain *d)
{
    d->exec->block(d->exec->context, DOMAIN_FOREVER);
}

const struct domain_calls calls_host = {.ready = host_ready,
                                        .next = host_next,
                                        .notify = host_notify,
                                        .ack = host_ack,
                                        .call = host_call,
                                        .receive = host_receive,
                                        .reply = host_reply,
                                        .refuse = host_refuse,
                                        .mmio_write = host_mmio_write,
                                        .mmio_read = host_mmio_read,
                                        .burn = host_burn,
                                        .stop = host_stop,
                                        .drain = host_drain};
