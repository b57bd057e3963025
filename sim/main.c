/* SPDX-License-Identifier: BSD-2-Clause */
/* The program. Everything it can do is a verb; see sim/cmd/. */
#include <signal.h>

#include "sim/cmd/cmd.h"

int main(int argc, char **argv)
{
    /* A file that may grow no further is an error for whoever writes it, who says so; not sudden
     * death. */
    signal(SIGXFSZ, SIG_IGN);
    return cmd_main(argc, argv);
}
