/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_VALGRIND_H
#define SIM_BASE_VALGRIND_H
/* What this program says to valgrind and asks of it, nothing where that is not installed. */
#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND                 0
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id)       ((void)(id))
#endif
#endif
