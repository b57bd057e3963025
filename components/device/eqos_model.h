/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_EQOS_MODEL_H
#define COMPONENTS_DEVICE_EQOS_MODEL_H
/* What eqos.c has for models of chips in which there is more around that MAC. */
#include "components/device/dwmac.h"

extern const struct dwmac_part eqos_part;
extern const struct nic_setting eqos_settings[];
void eqos_write(struct nic *n, uint32_t offset, uint32_t value);
bool eqos_acts_on_ones(uint32_t offset);
#endif
