/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_LOG_H
#define SIM_BASE_LOG_H
/*
 * What is said to a person at the terminal while something happens, one line each on stderr. Who
 * speaks and when is put in front; messages need not say it. Judges and diffs read events instead,
 * never this.
 */
#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_QUIET, /* -q: only warnings */
    LOG_USUAL, /* and what happens */
    LOG_MORE,  /* -v: and why */
};

void log_level_set(enum log_level level);
bool log_more(void); /* is log_debug heard? To spare the work of preparing it. */

/*
 * Who speaks from now on in this thread, NULL for the program itself. The text is the caller's and
 * must stay. `now_ns`, if not NULL, is asked for the time of each line.
 */
void log_speaker_set(const char *name, uint64_t (*now_ns)(void *context), void *context);

/* A warning with what errno says, and one without; what happens; why. errno is kept. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
#endif
