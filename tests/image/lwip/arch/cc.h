/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CC_H
#define ARCH_CC_H
/*
 * What lwIP asks of whom it runs on: to print, to stop where it finds itself in the wrong, and for
 * numbers that differ. What comes of the latter must be the same in every run in virtual time, so
 * they come of the domain's own clock.
 */
#include <stdint.h>
#include <sddf/network/constants.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>

uint32_t sys_now(void);

#define LWIP_CHKSUM_ALGORITHM 3
#define LWIP_NO_CTYPE_H       1
#define LWIP_RAND()           (sys_now() * 2654435761u)

#define LWIP_PLATFORM_DIAG(x)   sddf_printf x
#define LWIP_PLATFORM_ASSERT(x) _assert_fail(x, __FILE__, __LINE__, __func__)
#endif
