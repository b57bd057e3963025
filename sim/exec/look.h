/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_LOOK_H
#define SIM_EXEC_LOOK_H
/*
 * The look around when a run in host time is over: what every domain counted, what every queue
 * holds, where every buffer is, told as events, so that those who judge hear in one batch what in
 * virtual time they would have heard as it happened. What a domain says in its page, and what lies
 * in a queue, may be lies: every word is read once and bounded, nothing is believed that the plan
 * does not allow.
 */
#include "sim/exec/supervise.h"
#include "sim/hook/probe.h"

void look(const struct supervise *s, struct probe_bus *bus);
#endif
