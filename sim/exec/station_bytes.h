/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_EXEC_STATION_BYTES_H
#define SIM_EXEC_STATION_BYTES_H
/*
 * A device's half of following the bytes of frames (sim/observe/tags.h): it tags what comes in, in
 * whatever buffer the model puts it, and compares what goes out with what was submitted in the
 * buffer that it was read from.
 */
#include "sim/exec/domain.h"
#include "sim/observe/tags.h"

struct station_bytes;

size_t station_bytes_room(const struct plan *plan);
/* In `memory` (zeroed). NULL if the scenario turns both checks off. */
struct station_bytes *station_bytes_init(void *memory, struct domain *d, uint32_t device);

/* A frame comes in; until the next does, what the model writes is it. */
void station_bytes_in(struct station_bytes *b, const uint8_t *frame, size_t bytes, uint64_t digest);
/* The model has written to a pool with stamps, and read from a pool with tags. */
void station_bytes_written(struct station_bytes *b, uint32_t pool, uint64_t io_addr,
                           const uint8_t *at, size_t bytes);
void station_bytes_read(struct station_bytes *b, uint32_t pool, uint64_t io_addr, size_t bytes);
/* It sends what it has read; it has dropped that. */
void station_bytes_out(struct station_bytes *b, const uint8_t *frame, size_t bytes,
                       uint64_t digest);
void station_bytes_forget(struct station_bytes *b);
#endif
