/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_UTIL_PRINTF_H
#define SDDF_UTIL_PRINTF_H
/*
 * Printing without a C library. The system provides the functions; the names without a trailing
 * underscore are how components spell them. Formats are those of printf(3), without locales and
 * positional arguments. All but sddf_sprintf() are bounded; each returns how many characters the
 * whole text has, its NUL not counted.
 */
#include <stdarg.h>
#include <stddef.h>
#include <os/sddf.h>
#include <sel4/sel4.h>
#include <sddf/serial/queue.h>

#define SDDF_PRINTF_LIKE(text, first) __attribute__((__format__(__printf__, text, first)))

/* Where one character of sddf_printf() goes: a line buffer of this PD. Provided by the system. */
void _sddf_putchar(char character);

/* One character, visible at once. */
void sddf_putchar_unbuffered(char character);

/*
 * Send this PD's output through a serial transmit queue from now on: `serial_tx_ch` is the
 * virtualiser's channel, the handle stays the caller's and must live on.
 */
void serial_putchar_init(sddf_channel serial_tx_ch, serial_queue_handle_t *serial_tx_queue_handle);

/* To this PD's output. */
#define sddf_printf sddf_printf_
int sddf_printf_(const char *format, ...) SDDF_PRINTF_LIKE(1, 2);
#define sddf_vprintf sddf_vprintf_
int sddf_vprintf_(const char *format, va_list args);

/* Into `buffer`, which the caller has made large enough. */
#define sddf_sprintf sddf_sprintf_
int sddf_sprintf_(char *buffer, const char *format, ...) SDDF_PRINTF_LIKE(2, 3);

/* Into `buffer` of `count` bytes: cut to fit, and always ended by a NUL unless `count` is 0. */
#define sddf_snprintf  sddf_snprintf_
#define sddf_vsnprintf sddf_vsnprintf_
int sddf_snprintf_(char *buffer, size_t count, const char *format, ...) SDDF_PRINTF_LIKE(3, 4);
int sddf_vsnprintf_(char *buffer, size_t count, const char *format, va_list args);

/* Character by character to `out`, which is given `arg` each time. */
int sddf_fctprintf(void (*out)(char character, void *arg), void *arg, const char *format, ...)
    SDDF_PRINTF_LIKE(3, 4);

/*
 * For debug builds only; nothing is evaluated in others. Ends with its own semicolon, as sources
 * expect.
 */
#ifdef CONFIG_DEBUG_BUILD
#define sddf_dprintf(fmt, ...) sddf_printf(fmt, ##__VA_ARGS__);
#else
#define sddf_dprintf(fmt, ...)
#endif
#endif
