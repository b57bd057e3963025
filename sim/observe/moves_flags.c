/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who should have been woken. A wake-up is lost when a producer puts entries in and does not look
 * whether a signal is wanted, or looks and sends none; and when a consumer asks for a signal with
 * entries already there and does not look once more. All this is legal as long as it does not
 * matter, and what matters is read from the flags and the indices: at a request, what was there; at
 * a wait, who now sleeps on what.
 *
 * Two things are never legal, whether or not they mattered this time. A producer that takes back
 * its consumer's wish for a signal and sends none has made it deaf. And so has a consumer made
 * itself that passes on what it is given, has taken back its own wish, or has taken entries and not
 * asked anew, and waits with the flag against it. (An endpoint may have a clock to wake it, a
 * driver its device; and one who copies wants buffers only when it has frames.)
 *
 * A consumer may also leave entries because it can do nothing with them: its ring is full, or who
 * it would pass them to has no room. So one that waits with entries left is told of only if what
 * wakes it next is nothing but a signal for that same queue, nobody having given it anything else
 * meanwhile, and it then takes them: it could have done so before.
 */
#include "sim/observe/moves_parts.h"

static uint32_t queue_flag(const struct watched *q)
{
    return __atomic_load_n((const volatile uint32_t *)q->flag, __ATOMIC_RELAXED);
}

static uint32_t peer_of(const struct watched *q)
{
    return queue_load_index(q->peer, q->index_bytes);
}

void moves_follow(struct moves *m)
{
    m->follows = true;
}

const volatile void *moves_flag_word(struct moves *m, const volatile void *queue)
{
    struct watched *q = moves_find(m, queue);

    return q == NULL ? NULL : q->flag;
}

void moves_flag(struct moves *m, enum point_op op, const volatile void *queue, uint64_t place)
{
    struct watched *q = moves_find(m, queue);

    if (q == NULL || q->flag == NULL) {
        return;
    }
    if (q->produces) {
        if (op == POINT_REQUIRE) {
            q->place = place;
            q->looked = q->shadow;
            q->early = false;
            q->owes |= queue_flag(q) == 0;
        } else if (op == POINT_CANCEL) {
            q->place = place;
            q->robbed |= queue_flag(q) == 0;
        }
        return;
    }
    q->asked = op == POINT_REQUEST;
    q->declined = op == POINT_CANCEL;
    if (q->asked || q->declined) {
        q->asked_at = q->shadow;
        q->place = place;
    }
    if (q->asked) {
        q->place = place;
        q->there = peer_of(q);
    }
}

void moves_signalled(struct moves *m, uint32_t channel)
{
    bool wanted = false;

    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (q->produces && q->shape->channel == channel) {
            wanted |= q->owes;
            q->owes = false;
            q->robbed = false;
            q->early = q->looked == q->shadow;
        }
    }
    m->counts->needless += !wanted && m->follows && m->announced;
}

void moves_signal_goes(struct moves *m, uint32_t channel)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (q->produces && q->shape->channel == channel) {
            q->owes = false;
            q->robbed = false;
            q->looked = q->shadow;
        }
    }
}

/* Everything the others have given this domain so far, but by this queue. */
static uint64_t given_by_others(const struct moves *m, const struct watched *but)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < m->queue_count; i++) {
        const struct watched *q = &m->queues[i];

        if (!q->produces && q != but) {
            sum += peer_of(q);
        }
    }
    return sum;
}

/* How much of what was there when it asked for a signal still is. */
static uint32_t still_there(const struct watched *q)
{
    uint32_t rest = (q->there - q->shadow) & q->index_mask;

    return rest <= q->slot_mask + 1 ? rest : 0;
}

void flags_begin(struct moves *m, uint64_t badge)
{
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (q->left && (badge != q->channel_bit || given_by_others(m, q) != q->left_given)) {
            q->left = false;
        }
    }
}

/* A driver waits with work left when its ring is full; not when the device has nothing of its. */
static bool device_busy(const struct watched *q)
{
    bool busy = false;

    for (uint32_t i = 0; (q->to_device || q->from_device) && i < q->pool_count; i++) {
        busy |= *q->pools[i]->held != 0;
    }
    return busy;
}

/* It is about to wait. Did it take what it had left, and does it leave anything now? */
static void settle_consumer(struct moves *m, struct watched *q)
{
    uint32_t rest = still_there(q);

    if (q->left && rest == 0 && !q->told_look) {
        q->told_look = true;
        moves_tell_at(m, PROBE_LOOK_MISSING, q->index, q->left_entries, 0, q->left_place);
    }
    q->left = q->asked && rest != 0 && !device_busy(q);
    if (q->left) {
        q->left_entries = rest;
        q->left_place = q->place;
        q->left_given = given_by_others(m, q);
        m->any_left = true;
    }
}

/* It is about to wait and will not be told of what comes by this queue. */
static void settle_deaf(struct moves *m, struct watched *q)
{
    bool deaf = (q->declined || q->asked_at != q->shadow) && queue_flag(q) != 0;

    if (deaf && !q->told_request && !m->endpoint && !q->relinks && !device_busy(q)) {
        q->told_request = true;
        moves_tell_at(m, PROBE_REQUEST_MISSING, q->index, (peer_of(q) - q->shadow) & q->index_mask,
                      0, q->place);
    }
}

/* It took back its consumer's wish, and is about to wait without having signalled. */
static void settle_robber(struct moves *m, struct watched *q)
{
    if (q->robbed && !q->told_signal) {
        q->told_signal = true;
        moves_tell_at(m, PROBE_SIGNAL_MISSING, q->index, SIGNAL_ROBBED, 0, q->place);
    }
    q->robbed = false;
}

static void settle_producer(struct moves *m, struct watched *q)
{
    /* What its consumer put there before the start was not put there by this domain. */
    bool unasked = q->shadow != q->looked && q->counts->moved != 0;

    if (!unasked && !q->owes) {
        return;
    }
    uint32_t length = (q->shadow - peer_of(q)) & q->index_mask;
    bool sleeps = length != 0 && length <= q->slot_mask + 1;

    if (sleeps && !q->told_signal && (q->owes || queue_flag(q) == 0)) {
        q->told_signal = true;
        moves_tell_at(m, PROBE_SIGNAL_MISSING, q->index,
                      q->owes    ? SIGNAL_UNSENT
                      : q->early ? SIGNAL_EARLY
                                 : SIGNAL_UNASKED,
                      0, q->place);
    }
    q->owes = false;
}

void flags_settle(struct moves *m)
{
    m->any_left = false;
    for (uint32_t i = 0; i < m->queue_count; i++) {
        struct watched *q = &m->queues[i];

        if (q->flag == NULL || q->counts->illegal) {
            continue;
        }
        if (q->produces) {
            settle_producer(m, q);
            settle_robber(m, q);
            q->early = false;
            continue;
        }
        if (q->asked || q->left) {
            settle_consumer(m, q);
        }
        settle_deaf(m, q);
    }
}
