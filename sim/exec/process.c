/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process executor: a Linux process for every domain, device domains included, scheduled by
 * Linux. A domain is a fork of the supervisor, which has mapped nothing that a fork would inherit;
 * or, when wrapped in a tool, that tool on this same program, told by descriptor numbers where its
 * memory is.
 */
#include "sim/exec/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sim/exec/confine.h"
#include "sim/exec/exec.h"

#define PDS_MAX 1024u

struct process_run {
    pid_t pids[PDS_MAX];
};

/* Its log, line by line, is all a domain has of the outside. -1 with errno set. */
static int open_log(const struct world *w, uint32_t pd)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.log", w->logs, w->plan->pds[pd].name);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void take_log(int log)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0) {
        _exit(CONFINE_EXIT_FAILED);
    }
    if (null < 0 || dup2(null, STDIN_FILENO) < 0) {
        fprintf(stderr, "cannot open /dev/null: %s\n", strerror(errno));
        _exit(CONFINE_EXIT_FAILED);
    }
}

static void settle_in(const struct world *w, uint32_t pd)
{
    /* Sent to all at once by terminals and by timeout(1): the supervisor decides. */
    static const int group[] = {SIGINT, SIGHUP, SIGTERM, SIGQUIT};
    sigset_t none;
    cpu_set_t cpus;

    prctl(PR_SET_NAME, w->plan->pds[pd].name, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != w->supervisor) {
        _exit(0); /* it died before we could ask to die with it */
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    for (int s = 1; s < 32; s++) {
        signal(s, SIG_DFL);
    }
    for (size_t i = 0; i < sizeof group / sizeof group[0]; i++) {
        signal(group[i], SIG_IGN);
    }
    signal(SIGXFSZ, SIG_IGN); /* a log that is long enough ends, and not the domain */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (w->cpus[pd] >= 0) {
        CPU_ZERO(&cpus);
        CPU_SET((unsigned)w->cpus[pd], &cpus);
        sched_setaffinity(0, sizeof cpus, &cpus);
    }
    /* A batch domain is not pre-empted by whom it wakes, so each does all its work before the next
     * begins. */
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
}

/* In the child: this program again, under a tool, with the descriptors named on its command line.
 */
static void become_wrapped(const struct world *w, uint32_t pd, const char *const *wrap)
{
    const struct plan *plan = w->plan;
    size_t words = 0;
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

    while (wrap[words] != NULL) {
        words++;
    }
    const char **argv = calloc(words + 8, sizeof *argv);
    size_t room = (size_t)(plan->region_count + plan->pd_count + 8) * 12;
    char *fds = calloc(1, room), *at = fds, numbers[160];
    if (argv == NULL || fds == NULL || length <= 0) {
        fprintf(stderr, "cannot make its command line: %s\n", strerror(errno));
        _exit(CONFINE_EXIT_FAILED);
    }
    program[length] = '\0';
    memcpy(argv, wrap, words * sizeof *argv);
    for (uint32_t i = 0; i < plan->region_count; i++) {
        fcntl(w->region_fds[i], F_SETFD, 0);
        at += sprintf(at, "%d,", w->region_fds[i]);
    }
    for (uint32_t i = 0; i <= plan->pd_count; i++) {
        fcntl(w->doorbells[i], F_SETFD, 0);
        at += sprintf(at, "%d,", w->doorbells[i]);
    }
    snprintf(numbers, sizeof numbers, "%u,%llu,%llu,%llu,%llu,%llu", pd,
             (unsigned long long)w->epoch_ns, (unsigned long long)w->scale.zero_ticks,
             (unsigned long long)w->scale.zero_ns, (unsigned long long)w->scale.mult,
             (unsigned long long)w->scale.error_ppb);
    argv[words++] = program;
    argv[words++] = "--become";
    argv[words++] = w->images;
    argv[words++] = numbers;
    argv[words++] = fds;
    execvp(argv[0], (char *const *)argv);
    fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(CONFINE_EXIT_FAILED);
}

static int process_start(void *state, struct world *w, const struct exec_virtual *v, uint32_t pd,
                         const char *const *wrap, char *why, size_t why_bytes)
{
    struct process_run *run = state;

    (void)v; /* Linux takes them */
    if (pd >= PDS_MAX) {
        snprintf(why, why_bytes, "run more than %u domains", PDS_MAX);
        return -E2BIG;
    }
    int log = open_log(w, pd);
    if (log < 0) {
        snprintf(why, why_bytes, "open %s/%s.log", w->logs, w->plan->pds[pd].name);
        return -errno;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0) {
        int error = pid < 0 ? -errno : 0;

        close(log);
        run->pids[pd] = pid > 0 ? pid : 0;
        snprintf(why, why_bytes, "start a process for %s", w->plan->pds[pd].name);
        return error;
    }
    settle_in(w, pd);
    take_log(log);
    if (wrap != NULL) {
        become_wrapped(w, pd, wrap);
    }
    process_become(w, pd);
}

static void process_stop(void *state, struct world *w, uint32_t pd)
{
    struct process_run *run = state;

    (void)w;
    if (run->pids[pd] > 0) {
        kill(run->pids[pd], SIGKILL);
    }
}

static pid_t process_of(const void *state, uint32_t pd)
{
    return ((const struct process_run *)state)->pids[pd];
}

const struct exec_type exec_process = {
    .name = "process",
    .doc = "a confined Linux process for every domain and device, joined only by mapped memory and "
           "doorbells",
    .isolates = true,
    .host_clock = true,
    .state_size = sizeof(struct process_run),
    .start = process_start,
    .stop = process_stop,
    .process = process_of,
};
