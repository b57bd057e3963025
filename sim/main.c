/* SPDX-License-Identifier: BSD-2-Clause */
/* The program. Everything it can do is a verb; see sim/cmd/. */
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>

#include "sim/cmd/cmd.h"
#include "sim/system.h"

int main(int argc, char **argv)
{
    /* A file that may grow no further is an error for whoever writes it, who says so; not sudden
     * death. */
    signal(SIGXFSZ, SIG_IGN);
    /* A domain in this process that dies in the C library's printf() must not leave us locked out.
     */
    __fsetlocking(stdout, FSETLOCKING_BYCALLER);
    __fsetlocking(stderr, FSETLOCKING_BYCALLER);
    if (argc == 5 && strcmp(argv[1], "--become") == 0) {
        return system_become(argv[2], argv[3], argv[4]);
    }
    return cmd_main(argc, argv);
}
