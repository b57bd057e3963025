/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_NETWORK_CONSTANTS_H
#define OWN_NETWORK_CONSTANTS_H
#include <stdint.h>

#include <os/sddf.h>

#define NET_BUFFER_SIZE 2048
#endif
