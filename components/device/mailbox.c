/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mailbox and the firmware behind it; see the header. A word that is written is a message to be
 * read from memory, answered there tag by tag, its code last, and only then does the word come
 * back. The firmware takes its time where the model is strict, and none where it is not.
 *
 * Plainer than the firmware: it knows three tags and leaves all others unanswered, as it does those
 * that it does not know; clocks are numbers that stay as they are set, of which only the cores' has
 * a first and a highest value. What it does of a message it cannot reach is not published: here the
 * word comes back, and the message is as it was.
 */
#include "components/device/mailbox.h"

#include <string.h>

#define FIRMWARE_NS 10000

/* ---- Words ---- */

static bool push(struct mailbox_words *w, uint32_t word)
{
    if (w->count == VC_FIFO_WORDS) {
        return false;
    }
    w->words[(w->first + w->count++) % VC_FIFO_WORDS] = word;
    return true;
}

static uint32_t pop(struct mailbox_words *w)
{
    uint32_t word = w->words[w->first];

    w->first = (w->first + 1) % VC_FIFO_WORDS;
    w->count--;
    return word;
}

/* ---- Tags: what is answered is in the place of what was asked. ---- */

/* How many bytes of `answer`, which has room for three words, are one to this tag; 0: unknown. */
static uint32_t answer_tag(struct mailbox *m, const uint32_t *tag, uint32_t answer[3])
{
    uint32_t room = tag[VC_TAG_ROOM];
    uint32_t clock = room >= 4 ? tag[VC_TAG_VALUE] : VC_CLOCKS;

    switch (tag[VC_TAG_ID]) {
    case VC_TAG_BOARD_MAC:
        m->told_mac = true;
        memcpy(answer, m->nic->mac, sizeof(m->nic->mac));
        return sizeof(m->nic->mac);
    case VC_TAG_SET_RATE:
        if (room >= 8 && clock < VC_CLOCKS) {
            uint32_t rate = tag[VC_TAG_VALUE + 1];

            m->rates[clock] =
                clock == VC_CLOCK_ARM && rate > VC_ARM_MOST_HZ ? VC_ARM_MOST_HZ : rate;
        }
        /* fallthrough */
    case VC_TAG_CLOCK_RATE:
        answer[0] = clock;
        answer[1] = clock < VC_CLOCKS ? m->rates[clock] : 0;
        return 8;
    default:
        return 0;
    }
}

/* One tag, of which `words` are there; returns how many it has, 0: it does not end there. */
static uint32_t serve_tag(struct mailbox *m, uint32_t *tag, uint32_t words)
{
    uint32_t answer[3] = {0};

    if (words < VC_TAG_VALUE || tag[VC_TAG_ROOM] / 4 >= words) {
        return 0;
    }
    uint32_t room = tag[VC_TAG_ROOM], length = VC_TAG_VALUE + (room + 3) / 4;
    if (length > words) {
        return 0;
    }
    uint32_t bytes = answer_tag(m, tag, answer);
    if (bytes != 0) { /* as much of it as there is room for */
        tag[VC_TAG_CODE] = VC_TAG_ANSWERED | bytes;
        memcpy(&tag[VC_TAG_VALUE], answer, bytes < room ? bytes : room);
    }
    return length;
}

static uint32_t serve_tags(struct mailbox *m, uint32_t words)
{
    uint32_t at = VC_WORD_TAGS;

    while (at < words && m->message[at] != VC_TAG_END) {
        uint32_t length = serve_tag(m, &m->message[at], words - at);

        if (length == 0) {
            return VC_NOT_ALL;
        }
        at += length;
    }
    return at < words ? VC_DONE : VC_NOT_ALL;
}

/* ---- Messages ---- */

static void serve(struct mailbox *m, uint64_t io_addr)
{
    struct bus *bus = m->nic->bus;
    const uint32_t head = VC_WORD_TAGS * 4;

    if (!bus->dma_read(bus, io_addr, m->message, head)) {
        return;
    }
    uint32_t bytes = m->message[VC_WORD_BYTES] & ~3u, code = VC_NOT_ALL;
    if (m->message[VC_WORD_CODE] != VC_REQUEST) {
        nic_violation_in(m->nic, m->rules + MAILBOX_RULE_MESSAGE, io_addr);
        return;
    }
    if (bytes > head && bytes <= VC_MESSAGE_MAX) {
        if (!bus->dma_read(bus, io_addr + head, &m->message[VC_WORD_TAGS], bytes - head)) {
            return;
        }
        code = serve_tags(m, bytes / 4);
        if (!bus->dma_write(bus, io_addr + head, &m->message[VC_WORD_TAGS], bytes - head)) {
            return;
        }
    }
    if (code != VC_DONE) {
        nic_violation_in(m->nic, m->rules + MAILBOX_RULE_MESSAGE, io_addr);
    }
    (void)bus->dma_write(bus, io_addr + 4 * VC_WORD_CODE, &code, sizeof(code));
}

static void work(struct mailbox *m)
{
    uint32_t word = pop(&m->asked);

    serve(m, word & ~VC_CHANNEL_MASK);
    (void)push(&m->answered, word); /* there was room when it was begun */
}

/* As long as there is something to do, and room for the answer. */
static void go_on(struct mailbox *m)
{
    while (m->asked.count != 0 && m->answered.count != VC_FIFO_WORDS) {
        if (m->nic->strict) {
            nic_arm(m->nic, m->timer, m->nic->bus->now(m->nic->bus) + FIRMWARE_NS);
            return;
        }
        work(m);
    }
}

void mailbox_timer(struct mailbox *m)
{
    if (m->asked.count != 0 && m->answered.count != VC_FIFO_WORDS) {
        work(m);
    }
    go_on(m);
}

/* ---- Registers ---- */

static uint32_t take(struct mailbox *m)
{
    if (m->answered.count == 0) {
        nic_violation(m->nic, m->rules + MAILBOX_RULE_EMPTY);
        return 0;
    }
    bool held_up = m->answered.count == VC_FIFO_WORDS;
    uint32_t word = pop(&m->answered);

    if (held_up) {
        go_on(m);
    }
    return word;
}

uint32_t mailbox_read(struct mailbox *m, uint32_t offset)
{
    switch (offset) {
    case VC_READ:
        return take(m);
    case VC_STATUS:
        return (m->asked.count == VC_FIFO_WORDS ? VC_STATUS_FULL : 0) |
               (m->answered.count == 0 ? VC_STATUS_EMPTY : 0);
    default:
        return 0;
    }
}

void mailbox_write(struct mailbox *m, uint32_t offset, uint32_t value)
{
    if (offset != VC_WRITE) {
        return; /* nobody is there */
    }
    if ((value & VC_CHANNEL_MASK) != VC_CHANNEL_PROPERTY) {
        nic_violation(m->nic, m->rules + MAILBOX_RULE_CHANNEL);
        return;
    }
    if (!push(&m->asked, value)) {
        nic_violation(m->nic, m->rules + MAILBOX_RULE_FULL);
    } else if (m->asked.count == 1) { /* else it is at work, or waits for room */
        go_on(m);
    }
}

void mailbox_init(struct mailbox *m, struct nic *n, unsigned rules, unsigned timer)
{
    memset(m, 0, sizeof(*m));
    m->nic = n;
    m->rules = rules;
    m->timer = timer;
    m->rates[VC_CLOCK_ARM] = VC_ARM_BOOT_HZ;
    nic_disarm(n, timer);
}
