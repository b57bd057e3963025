/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_NETWORK_CONSTANTS_H
#define SDDF_NETWORK_CONSTANTS_H
/*
 * What all network components agree on without asking.
 */
#include <stdint.h>
#include <os/sddf.h>

/* Bytes of a packet buffer. Buffer i of a data region is at offset i * NET_BUFFER_SIZE. */
#define NET_BUFFER_SIZE 2048

/* The NIC fills in and verifies IPv4, TCP, UDP and ICMP checksums, so that clients send zeros. */
#if defined(CONFIG_PLAT_IMX8MM_EVK) || defined(CONFIG_PLAT_MAAXBOARD) || \
    defined(CONFIG_PLAT_IMX8MP_EVK) || defined(CONFIG_PLAT_ODROIDC4) ||  \
    defined(CONFIG_PLAT_STAR64) || defined(CONFIG_PLAT_HIFIVE_P550) ||   \
    defined(CONFIG_PLAT_ODROIDC2) || defined(CONFIG_PLAT_ZYNQMP)
#define NETWORK_HW_HAS_CHECKSUM
#endif
#endif
