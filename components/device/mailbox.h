/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_MAILBOX_H
#define COMPONENTS_DEVICE_MAILBOX_H
/*
 * The firmware behind a mailbox (videocore.h), for models of parts whose drivers cannot do without
 * it: they ask it for the station's address, and for a faster clock. It lies in a window of
 * registers of its own, and shares bus and strictness with the controller that has it.
 */
#include "components/device/nic.h"
#include "components/device/videocore.h"

/* Rules, which the controller's table has from `rules` on. */
enum mailbox_rule {
    MAILBOX_RULE_EMPTY,
    MAILBOX_RULE_FULL,
    MAILBOX_RULE_CHANNEL,
    MAILBOX_RULE_MESSAGE
};
#define MAILBOX_RULE_TEXTS(from_)                                                             \
    [(from_) +                                                                                \
        MAILBOX_RULE_EMPTY] = {"a mailbox read with nothing in it", false},                   \
        [(from_) +                                                                            \
            MAILBOX_RULE_FULL] = {"a mailbox written that was full, and a word lost", false}, \
        [(from_) +                                                                            \
            MAILBOX_RULE_CHANNEL] = {"a mailbox written for a channel not modelled", false},  \
        [(from_) + MAILBOX_RULE_MESSAGE] = {                                                  \
            "a message to firmware that is no request, or has no end", false}

struct mailbox_words {
    uint32_t words[VC_FIFO_WORDS];
    unsigned first, count;
};

struct mailbox {
    struct nic *nic;
    unsigned rules, timer;
    struct mailbox_words asked, answered;
    bool told_mac; /* somebody has asked for it */
    uint32_t rates[VC_CLOCKS];
    uint32_t message[VC_MESSAGE_MAX / 4];
};

/* Power-on, after that of its controller; the timer is the mailbox's alone. */
void mailbox_init(struct mailbox *m, struct nic *n, unsigned rules, unsigned timer);
/* Offsets are within its window. */
uint32_t mailbox_read(struct mailbox *m, uint32_t offset);
void mailbox_write(struct mailbox *m, uint32_t offset, uint32_t value);
/* Its timer is due. */
void mailbox_timer(struct mailbox *m);
#endif
