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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/exec/confine.h"
#include "sim/exec/exec.h"
#include "sim/exec/supervise.h"

#define PDS_MAX 1024u
#define SPIN_NS 1000000000u

struct process_run {
    pid_t pids[PDS_MAX];
    /* In virtual time: */
    struct exec_virtual v;
    const struct world *world;
    uint64_t looked_ns[PDS_MAX]; /* its processor time when it was last found where it was */
    uint64_t stood[PDS_MAX];     /* and where that was */
    bool dead[PDS_MAX], fresh[PDS_MAX];
    bool wrapped[PDS_MAX]; /* in a tool, which takes its time to begin */
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

    if (v != NULL) {
        run->v = *v;
        run->world = w;
    }
    if (pd >= PDS_MAX) {
        snprintf(why, why_bytes, "run more than %u domains", PDS_MAX);
        return -E2BIG;
    }
    run->wrapped[pd] = wrap != NULL;
    run->dead[pd] = false; /* where it is begun anew */
    run->looked_ns[pd] = 0;
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
    process_become(w, pd, v == NULL ? NULL : v->platform);
}

static void process_stop(void *state, struct world *w, uint32_t pd)
{
    struct process_run *run = state;

    (void)w;
    if (run->pids[pd] > 0) {
        kill(run->pids[pd], SIGKILL);
    }
}

static uint32_t process_reap(void *state, struct world *w, bool wait, struct exec_end *end)
{
    const struct process_run *run = state;
    struct rusage usage;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, wait ? 0 : WNOHANG, &usage)) > 0) {
        for (uint32_t pd = 0; pd < w->plan->pd_count && pd < PDS_MAX; pd++) {
            if (run->pids[pd] == pid) {
                end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
                end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
                end->cpu_ns = supervise_cpu_ns(&usage);
                return pd;
            }
        }
    }
    return PLAN_NONE;
}

static pid_t process_of(const void *state, uint32_t pd)
{
    return ((const struct process_run *)state)->pids[pd];
}

/* -- in virtual time -- */

struct look {
    struct process_run *run;
    uint32_t pd;
    bool gave_up; /* it lives, but there is no time left to wait for it */
    struct stray why;
    int status;
};

static uint64_t processor_ns(pid_t pid)
{
    struct timespec used = {0};
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* Has it worked for a second without its clock having moved? */
static bool spins(struct process_run *run, uint32_t pd)
{
    uint64_t used_ns = processor_ns(run->pids[pd]);
    const struct pd_page *page = run->world->pages[pd];
    uint64_t stands = exec_stands(&run->v, &page->turn);
    bool begins = run->wrapped[pd] && atomic_load(&page->state) == PD_STARTING;

    if (stands != run->stood[pd] || run->looked_ns[pd] == 0 || begins) {
        run->stood[pd] = stands;
        run->looked_ns[pd] = used_ns;
    }
    return used_ns - run->looked_ns[pd] > SPIN_NS;
}

/* How a process that is gone ended, as it says itself where that fits. */
static struct stray ended_how(const struct pd_page *page, const siginfo_t *info, int *status)
{
    struct stray why = {.signal = 0, .vaddr = UINT64_MAX};

    *status = 0;
    if (info->si_code == CLD_EXITED) {
        *status = info->si_status;
        return why;
    }
    why.signal = (uint32_t)info->si_status;
    if (atomic_load(&page->state) == PD_DYING &&
        (page->death.signal == why.signal || ((why.signal == SIGSEGV || why.signal == SIGSYS) &&
                                              page->death.signal == STRAY_HOSTS_CLOCK))) {
        why.signal = page->death.signal;
        why.vaddr = why.signal == SIGSYS ? page->death.call - 1u : page->death.vaddr;
        why.pc = page->death.pc;
    }
    return why;
}

static bool alive(void *context)
{
    struct look *l = context;
    struct process_run *run = l->run;
    pid_t pid = run->pids[l->pd];
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0) {
        l->why = ended_how(run->world->pages[l->pd], &info, &l->status);
        return false;
    }
    if (spins(run, l->pd)) {
        kill(pid, SIGKILL);
        l->why = (struct stray){.signal = STRAY_SPINS, .vaddr = UINT64_MAX};
        return false;
    }
    l->gave_up = !run->v.kernel->devices->go_on(run->v.kernel->devices->context);
    return !l->gave_up;
}

/* The baton to a process and back. False: it has died, and everybody knows, or the run is to end
 * and does so without it. */
static bool pass(struct process_run *run, uint32_t pd)
{
    struct look l = {.run = run, .pd = pd};

    if (run->dead[pd]) {
        return false;
    }
    if (baton_pass(&run->world->pages[pd]->baton, alive, &l)) {
        return true;
    }
    run->dead[pd] = true;
    kernel_died(run->v.kernel, pd);
    if (l.gave_up) {
        run->v.kernel->halt = KERNEL_HOST;
        return false;
    }
    run->v.died(run->v.context, pd, &l.why, l.status);
    return false;
}

static void process_resume(void *state, uint32_t pd)
{
    struct process_run *run = state;

    while (pass(run, pd) && kernel_request(run->v.kernel, pd)) {
    }
}

/* Have a device's process carry out an order, and tell what became of its interrupt lines. */
static struct device_order *carry_out(struct process_run *run, uint32_t pd)
{
    struct device_order *o = &run->world->pages[pd]->order;
    struct kernel *k = run->v.kernel;

    o->line_count = 0;
    do {
        if (!pass(run, pd)) {
            o->next_ns = UINT64_MAX;
            o->answer = 0;
            return o;
        }
        if (o->drain != 0) {
            k->devices->drain(k->devices->context);
        }
    } while (o->drain != 0);
    for (uint32_t i = 0; i < o->line_count && i < BATON_LINES_MAX; i++) {
        kernel_irq(k, run->world->plan->pds[pd].device, o->lines[i].number, o->lines[i].level != 0);
    }
    o->line_count = 0;
    run->fresh[pd] = true;
    return o;
}

static uint64_t process_access(void *state, uint32_t pd, uint64_t now_ns, bool write,
                               uint32_t offset, unsigned bytes, uint64_t value)
{
    struct process_run *run = state;
    struct device_order *o = &run->world->pages[pd]->order;

    o->kind = write ? ORDER_WRITE : ORDER_READ;
    o->now_ns = now_ns;
    o->offset = offset;
    o->bytes = bytes;
    o->value = value;
    return carry_out(run, pd)->answer;
}

static void process_step(void *state, uint32_t pd, uint64_t now_ns)
{
    struct process_run *run = state;

    run->world->pages[pd]->order.kind = ORDER_STEP;
    run->world->pages[pd]->order.now_ns = now_ns;
    carry_out(run, pd);
}

/* What it said with its last order is as good as asking, unless something was ordered of all since.
 */
static uint64_t process_next_ns(void *state, uint32_t pd, uint32_t *idle_write)
{
    struct process_run *run = state;
    struct device_order *o = &run->world->pages[pd]->order;

    if (!run->fresh[pd]) {
        o->kind = ORDER_NEXT;
        o = carry_out(run, pd);
    }
    run->fresh[pd] = false;
    *idle_write = o->idle_write;
    return o->next_ns;
}

const struct exec_type exec_process = {
    .name = "process",
    .doc = "a confined Linux process for every domain and device, joined only by mapped memory and "
           "doorbells",
    .isolates = true,
    .host_clock = true,
    .virtual_clock = true,
    .state_size = sizeof(struct process_run),
    .start = process_start,
    .resume = process_resume,
    .access = process_access,
    .step = process_step,
    .next_ns = process_next_ns,
    .stop = process_stop,
    .reap = process_reap,
    .process = process_of,
};
