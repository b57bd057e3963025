/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
#include <stdint.h>
#include <stdbool.h>
#include <stddef.h>

struct stack_ops {
    int (*output)(void *data, size_t len);
    uint64_t (*now_ms)(void);
};
typedef enum stack_result { STACK_OK = 0, STACK_IGNORED, STACK_ANSWERED } stack_result_t;

void stack_init(const struct stack_ops *ops, const uint8_t mac[6], uint32_t ip);
stack_result_t stack_input(uint8_t *frame, uint16_t len);
void stack_tick(void);
extern struct stack_stats {
    uint32_t arp, icmp, udp, other, ticks;
} stack_stats;
