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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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

/* -- running it to the end -- */

/* Told to end: whoever runs is told as well. */
static volatile sig_atomic_t told_to_end;
static volatile pid_t running;

static void on_signal(int signal)
{
    told_to_end = signal;
    if (running > 0) {
        kill(running, signal);
    }
}

void self_listen(bool on)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    static struct sigaction before[3];
    const struct sigaction action = {.sa_handler = on_signal};

    told_to_end = on ? 0 : told_to_end;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], on ? &action : &before[i], on ? &before[i] : NULL);
    }
}

/* So that one that comes before there is a process to tell is not lost. */
static void hold_signals(bool hold)
{
    static sigset_t before;
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, hold ? &all : &before, hold ? &before : NULL);
}

/* A line that it said, for whoever started it: not how to repeat it, which is the starter's to say,
 * and, if it went as it should, nothing of what lies in a place that is about to go. */
static bool is_of_use(const char *line, int status, const char *gone)
{
    static const char repeat[] = "sddfsim: repeat with: ";
    bool well = status == CMD_EXIT_OK || status == CMD_EXIT_FAILED;

    return strncmp(line, repeat, sizeof repeat - 1) != 0 &&
           (!well || gone == NULL || strstr(line, gone) == NULL);
}

/* Pass on what it said. Takes `said`, a descriptor. */
static void pass_on(int said, int status, const char *gone)
{
    FILE *from = lseek(said, 0, SEEK_SET) == 0 ? fdopen(said, "re") : NULL;
    char *line = NULL;
    size_t room = 0;

    while (from != NULL && getline(&line, &room, from) > 0) {
        if (is_of_use(line, status, gone)) {
            fputs(line, stderr);
        }
    }
    free(line);
    if (from != NULL) {
        fclose(from);
    } else {
        close(said);
    }
}

/* What it left with, CMD_EXIT_HOST if it left with nothing. */
static int run_to_end(const char *program, const char *const *argv, int complaints)
{
    pid_t self = getpid(), pid;
    int status = 0;

    fflush(NULL);
    hold_signals(true);
    pid = fork();
    if (pid == 0) {
        self_listen(false);
        hold_signals(false);
        self_become(program, argv, self, complaints);
    }
    running = pid;
    hold_signals(false);
    if (told_to_end != 0 && pid > 0) { /* before it could be told */
        kill(pid, told_to_end);
    }
    if (pid < 0) {
        fprintf(stderr, "sddfsim: cannot start a process: %s\n", strerror(errno));
        return CMD_EXIT_HOST;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            status = -1;
            break;
        }
    }
    running = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : CMD_EXIT_HOST;
}

int self_run(const char *program, const char *const *argv, const char *gone)
{
    int status, said = memfd_create("said", MFD_CLOEXEC);

    if (said < 0) {
        fprintf(stderr, "sddfsim: cannot keep what another process says: %s\n", strerror(errno));
        return CMD_EXIT_HOST;
    }
    status = run_to_end(program, argv, said);
    pass_on(said, status, gone);
    return status;
}

int self_run_tool(const char *program, const char *const *argv)
{
    return run_to_end(program, argv, STDERR_FILENO);
}

bool self_told_to_end(void)
{
    return told_to_end != 0;
}
