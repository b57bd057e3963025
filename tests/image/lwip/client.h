/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLIENT_H
#define CLIENT_H
/* What a client does with its stack. */
#include <stdint.h>
#include <lwip/tcp.h>

#define FIRST_HOST 2 /* 10.11.0.2, who answers */
#define ECHO_PORT  7

/* Nanoseconds since some moment. */
uint64_t client_time_ns(void);

/* The services of one who answers, and the conversation of one who asks; tick() is about ten times
 * a second. */
void echo_begin(void);
void iperf3_begin(void);
void iperf3_tick(void);
void talk_tick(void);
#endif
