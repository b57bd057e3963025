/* SPDX-License-Identifier: BSD-2-Clause */
/* Driver of the EQOS in a JH7110: the other one, compiled for that platform, where it releases the
 * MAC from its reset. */
#define CONFIG_PLAT_STAR64
#include "components/network/driver_eqos.c"
