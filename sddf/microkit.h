/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_MICROKIT_H
#define SDDF_MICROKIT_H
/*
 * The Microkit names that some sDDF sources use where others use those of <os/sddf.h>. Each means
 * exactly what its sddf_ counterpart means; the runtime implements both.
 */
#include <os/sddf.h>
#include <stdint.h>

typedef unsigned int microkit_channel;
typedef unsigned int microkit_child;
typedef unsigned int microkit_ioport;
typedef seL4_MessageInfo_t microkit_msginfo;

#define MICROKIT_MAX_CHANNELS   62
#define MICROKIT_MAX_CHANNEL_ID (MICROKIT_MAX_CHANNELS - 1)
#define MICROKIT_PD_NAME_LENGTH 64

/* The name of the calling PD, to be read as a string. */
#define microkit_name sddf_get_pd_name()

/*
 * Optional, for a PD with children: one of them has faulted. Return true to resume it with
 * `reply_msginfo`, false to leave it stopped.
 */
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo);

void microkit_notify(microkit_channel ch);
void microkit_deferred_notify(microkit_channel ch);
void microkit_irq_ack(microkit_channel ch);
void microkit_deferred_irq_ack(microkit_channel ch);
microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo);

/* Message register `mr` of the calling PD. */
seL4_Word microkit_mr_get(seL4_Uint8 mr);
void microkit_mr_set(seL4_Uint8 mr, seL4_Word value);

/* To the debug console, at once: one character; the characters up to the NUL. */
void microkit_dbg_putc(int c);
void microkit_dbg_puts(const char *s);

/*
 * Block this cothread until `ch` is signalled. Provided by a component's cothread library, not by
 * the runtime.
 */
void microkit_cothread_wait_on_channel(microkit_channel ch);

/*
 * x86 port I/O: `ioport` is the PD's name for a range of ports, `port` the absolute number of the
 * first one accessed. The ranges a PD has are given by the system; any other access reads as all
 * ones and writes nothing.
 */
seL4_Uint8 microkit_x86_ioport_read_8(microkit_ioport ioport, seL4_Word port);
seL4_Uint16 microkit_x86_ioport_read_16(microkit_ioport ioport, seL4_Word port);
seL4_Uint32 microkit_x86_ioport_read_32(microkit_ioport ioport, seL4_Word port);
void microkit_x86_ioport_write_8(microkit_ioport ioport, seL4_Word port, seL4_Word value);
void microkit_x86_ioport_write_16(microkit_ioport ioport, seL4_Word port, seL4_Word value);
void microkit_x86_ioport_write_32(microkit_ioport ioport, seL4_Word port, seL4_Word value);

/* A tag with `label` and `count` message registers. */
static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, seL4_Uint16 count)
{
    return seL4_MessageInfo_new(label, 0, 0, count);
}

static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_label(msginfo);
}

static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_length(msginfo);
}
#endif
