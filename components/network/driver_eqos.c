/* SPDX-License-Identifier: BSD-2-Clause */
/* Driver of the DesignWare Ethernet QoS MAC (eqos_driver.h) where a boot loader has made it ready.
 */
#include "components/network/eqos_driver.h"

static void chip_begin(void)
{
}
