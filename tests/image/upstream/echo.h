/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
#include <os/sddf.h>
#define LWIP_TICK_MS 10
int send_frame(void *data, size_t len);
