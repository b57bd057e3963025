/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_CONSOLE_H
#define SIM_EXEC_CONSOLE_H
/* The other end of the serial queue a domain prints by: its log. */
#include "sim/exec/domain.h"

/* The domain has signalled its console: what waits in the queue goes into the log. */
void console_notify(struct domain *d, const struct domain_channel *c);
#endif
