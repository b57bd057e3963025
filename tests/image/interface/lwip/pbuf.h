/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_INTERFACE_LWIP_PBUF_H
#define TESTS_IMAGE_INTERFACE_LWIP_PBUF_H
/*
 * The little of lwIP's own header that the glue's names: lwIP itself comes with a user's image.
 * Sizes are those of lwIP 2.2 as sDDF configures it.
 */
#include <stdint.h>

struct pbuf {
    struct pbuf *next;
    void *payload;
    uint16_t tot_len, len;
    uint8_t type_internal, flags, ref, if_idx;
    struct pbuf *next_chain;
};

struct pbuf_custom {
    struct pbuf pbuf;
    void (*custom_free_function)(struct pbuf *p);
};
#endif
