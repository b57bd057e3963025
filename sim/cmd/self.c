/* SPDX-License-Identifier: BSD-2-Clause */
/* Running this program again; see the header. */
#include "sim/cmd/self.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/cmd/cmd.h"

const char *self_program(struct arena *arena)
{
    char path[PATH_MAX];

    return realpath("/proc/self/exe", path) == NULL ? NULL : arena_text(arena, path);
}

void self_become(const char *program, const char *const *argv, pid_t parent, int complaints)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(complaints, STDERR_FILENO) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        getppid() != parent) {
        _exit(CMD_EXIT_HOST);
    }
    execv(program, (char *const *)argv);
    dprintf(STDERR_FILENO, "sddfsim: cannot start %s: %s\n", program, strerror(errno));
    _exit(CMD_EXIT_HOST);
}
