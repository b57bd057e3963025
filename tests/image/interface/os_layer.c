/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The OS layer as components use it: <os/sddf.h> and what comes with it, and Microkit's own names.
 */
#include <os/sddf.h>
#include <microkit.h>
#include "facts.h"

TYPE(sddf_channel, unsigned int);
IS(SDDF_NAME_LENGTH, 64);
TYPE(seL4_Word, uint64_t);
CALL(sddf_get_pd_name, char *, void);
CALL(sddf_notify, void, sddf_channel);
CALL(sddf_deferred_notify, void, sddf_channel);
CALL(sddf_deferred_notify_curr, unsigned int, void);
CALL(sddf_irq_ack, void, sddf_channel);
CALL(sddf_deferred_irq_ack, void, sddf_channel);
CALL(sddf_ppcall, seL4_MessageInfo_t, sddf_channel, seL4_MessageInfo_t);
CALL(sddf_get_mr, uint64_t, unsigned int);
CALL(sddf_set_mr, void, unsigned int, uint64_t);

TYPE(microkit_channel, unsigned int);
TYPE(microkit_child, unsigned int);
TYPE(microkit_msginfo, seL4_MessageInfo_t);
IS(MICROKIT_PD_NAME_LENGTH, 64);
IS(MICROKIT_MAX_CHANNELS, 62);
CALL(microkit_notify, void, microkit_channel);
CALL(microkit_deferred_notify, void, microkit_channel);
CALL(microkit_irq_ack, void, microkit_channel);
CALL(microkit_deferred_irq_ack, void, microkit_channel);
CALL(microkit_ppcall, microkit_msginfo, microkit_channel, microkit_msginfo);
CALL(microkit_dbg_putc, void, int);
CALL(microkit_dbg_puts, void, const char *);

/* As the foreign flavour of the layer declares them once more, with nothing between the brackets.
 */
extern char *sddf_get_pd_name();
extern void sddf_notify(sddf_channel ch);
extern sddf_channel sddf_deferred_notify_curr();

enum { CHANNELS = MICROKIT_MAX_CHANNELS };
static char names[CHANNELS][SDDF_NAME_LENGTH];
static const microkit_channel peers[] = {1, [CHANNELS - 1] = 2};

void init(void)
{
    char *name = microkit_name;

    for (unsigned int i = 0; i < SDDF_NAME_LENGTH && name[i] != 0; i++) {
        names[0][i] = microkit_name[i];
    }
    if (sddf_deferred_notify_curr() == (sddf_channel)-1) {
        sddf_deferred_notify(peers[0]);
    }
    seL4_SetMR(0, 1);
}

void notified(microkit_channel ch)
{
    switch (ch) {
    case 0:
    case MICROKIT_MAX_CHANNELS - 1:
        microkit_irq_ack(ch);
        break;
    default:
        microkit_dbg_puts("unexpected\n");
    }
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Bool known = ch < CHANNELS && microkit_msginfo_get_count(msginfo) != 0;

    switch (microkit_msginfo_get_label(msginfo)) {
    case 1:
        microkit_mr_set(0, microkit_mr_get(0) + (known ? 1 : 0));
        return microkit_msginfo_new(0, 1);
    default:
        return seL4_MessageInfo_new(seL4_MessageInfo_get_label(msginfo), 0, 0, 0);
    }
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply)
{
    (void)child;
    *reply = msginfo;
    return seL4_False;
}
