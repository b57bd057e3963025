/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_TCP_H
#define OWN_NETWORK_TCP_H
/* Ten halfwords in network order, of which two pairs are one number; the flags share one. */
#include <stdint.h>

typedef struct {
    uint16_t src_port, dst_port;
    uint32_t seq, ack_seq;
    uint16_t reserved : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1,
        cwr : 1;
    uint16_t window, check, urg_ptr;
} __attribute__((__packed__)) tcp_hdr_t;
#endif
