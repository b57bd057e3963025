/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_SANITIZED_H
#define SIM_BASE_SANITIZED_H
/*
 * SANITIZED is 1 where this program is built with AddressSanitizer, else 0. Its allocator and its
 * reports need system calls, memory and at times the host's clock, in whatever code happens to run,
 * so nothing can be confined then.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif
#endif
