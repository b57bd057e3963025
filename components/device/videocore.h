/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_VIDEOCORE_H
#define COMPONENTS_DEVICE_VIDEOCORE_H
/*
 * Datasheet of the mailbox through which a BCM2711's ARM cores talk to the firmware of its
 * VideoCore, as the model and drivers see it. What a message says is published by the makers of the
 * Raspberry Pi ("Mailbox property interface"); registers are 32 bits wide and little-endian.
 *
 * A word in a mailbox is an IO address of 16 bytes' alignment, and in its low bits whom it is for.
 * The firmware answers in the message there, and puts the same word into the other mailbox.
 */
#include <stdint.h>

/* The page that drivers expect it in, without being told; the registers are not at its start. */
#define VC_WINDOW_VADDR 0x3000000
#define VC_WINDOW_BYTES 0x1000
#define VC_MAILBOX      0x880

struct vc_mailbox {
    uint32_t read; /* takes the oldest word out */
    uint32_t reserved_04[5];
    uint32_t status;
    uint32_t reserved_1c;
    uint32_t write;
};
#define VC_READ         0x880
#define VC_STATUS       0x898
#define VC_STATUS_FULL  (UINT32_C(1) << 31) /* of those to the firmware */
#define VC_STATUS_EMPTY (UINT32_C(1) << 30) /* of those from it */
#define VC_WRITE        0x8a0
#define VC_FIFO_WORDS   8 /* either way */

#define VC_CHANNEL_MASK     UINT32_C(0xf)
#define VC_CHANNEL_PROPERTY UINT32_C(8)

/* A message: its length in bytes, its code, tags, and a word of 0 after the last of them. */
enum vc_word { VC_WORD_BYTES, VC_WORD_CODE, VC_WORD_TAGS };
#define VC_REQUEST     UINT32_C(0)
#define VC_DONE        UINT32_C(0x80000000)
#define VC_NOT_ALL     UINT32_C(0x80000001) /* it could not be read to its end */
#define VC_MESSAGE_MAX 1024                 /* bytes of one that is modelled */

/* A tag: what it is, how many bytes there are for its value, and its code; then the value. */
enum vc_tag_word { VC_TAG_ID, VC_TAG_ROOM, VC_TAG_CODE, VC_TAG_VALUE };
#define VC_TAG_ANSWERED (UINT32_C(1) << 31) /* and how long the answer is */
#define VC_TAG_END      UINT32_C(0)

#define VC_TAG_BOARD_MAC  UINT32_C(0x00010003) /* answers 6 bytes, as they are sent */
#define VC_TAG_CLOCK_RATE UINT32_C(0x00030002) /* clock; answers clock, Hz */
#define VC_TAG_SET_RATE   UINT32_C(0x00038002) /* clock, Hz, whether turbo is left; the same */
#define VC_CLOCK_ARM      3
#define VC_CLOCKS         16
#define VC_ARM_BOOT_HZ    UINT32_C(600000000)
#define VC_ARM_MOST_HZ    UINT32_C(1500000000)
#endif
