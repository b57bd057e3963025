/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OWN_PRINTF_H
#define OWN_PRINTF_H
/* What is printed in debug builds; the system has the function. */
int sddf_printf_(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

#define sddf_printf sddf_printf_

#ifdef CONFIG_DEBUG_BUILD
#define sddf_dprintf(...) sddf_printf_(__VA_ARGS__)
#else
#define sddf_dprintf(...) ((void)0)
#endif
#endif
