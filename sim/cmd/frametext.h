/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_CMD_FRAMETEXT_H
#define SIM_CMD_FRAMETEXT_H
/*
 * Frames as text for people. tcpdump renders them, since it knows every protocol and every reader
 * knows it; where it is not installed they are printed in hexadecimal.
 */
#include <stdbool.h>
#include <stddef.h>

#include "sim/base/pcapfile.h"

struct frametext;

/* Render `count` frames, all in one go. 0 or -errno; tcpdump not doing it is no error, see below.
 */
int frametext_create(struct frametext **out, const struct frame_record *const *frames,
                     size_t count);

/* The text of the i-th frame: lines separated by \n, none at the end. Valid until destroyed. */
const char *frametext_of(const struct frametext *t, size_t i);

/* Why tcpdump did not render the frames, as a sentence; NULL if it did. */
const char *frametext_problem(const struct frametext *t);

/* NULL is fine. */
void frametext_destroy(struct frametext *t);
#endif
