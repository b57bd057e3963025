/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A receive virtualiser that defers every signal, although there is but one slot.
 */
#include <os/sddf.h>

#define sddf_notify sddf_deferred_notify

#include "components/network/virt_rx.c"
