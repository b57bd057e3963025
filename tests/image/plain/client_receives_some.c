/* SPDX-License-Identifier: BSD-2-Clause */
/* One that offers a few of its transmit buffers, and keeps the rest for itself. */
#define OFFERS 5
#include "tests/image/plain/client_receives.c"
