/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Running the points of a sweep: each is `sddfsim run` in a fresh process of this very program, so
 * many at a time as there are slots, each slot with cores of its own. Runs of one slot follow each
 * other; which slot a point gets depends on who is done first, and nothing that is kept tells.
 *
 * A point runs in points/NNN.part, which becomes points/NNN once the run has ended by itself: what
 * has that name is whole. Signals are taken in one place, between two points. On the way out every
 * child has ended, whatever it had to be told; should we be killed, the kernel kills them too.
 */
#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/folder.h"
#include "sim/cmd/self.h"
#include "sim/cmd/sweep_parts.h"

#define SAID_BYTES_MAX 65536u
#define GRACE_S        5 /* between asking a run to end and ending it */
#define COMPLAINTS     "complaints.txt"

struct slot {
    pid_t pid; /* 0: free */
    size_t point;
    int said_fd; /* what it complains of */
    cpu_set_t cpus;
};

struct pool {
    struct sweep *s;
    struct slot *slots;
    const char *program;
    const char *folder; /* points/ */
    size_t next;        /* the first point not started yet */
    unsigned busy, bad; /* slots in use; points that did not end well */
    pid_t self;
    int asked;  /* how often a signal told us to stop */
    int failed; /* -errno: the host let us down, and no more is started */
};

/* ---- names ---- */

const char *sweep_set_of(struct sweep *s, size_t point, size_t axis)
{
    uint32_t place[SWEEP_AXES_MAX];

    sweep_point_place(s->axes, s->axis_count, point, place);
    return arena_format(&s->arena, "%s=%s", s->axes[axis].pointer,
                        s->axes[axis].values[place[axis]]);
}

static const char *folder_of(struct pool *p, size_t point, const char *suffix)
{
    int digits = 3;

    for (size_t i = p->s->point_count; i > 1000; i /= 10) {
        digits++;
    }
    return arena_format(&p->s->arena, "%s/%0*zu%s", p->folder, digits, point, suffix);
}

/* ---- what a run leaves ---- */

static int remove_all_but_report(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    if (at->level > 0 && !(at->level == 1 && strcmp(path + at->base, "report.json") == 0)) {
        remove(path);
    }
    return 0;
}

/* All that the run wrote to stderr, with a 0 behind it. */
static char *read_said(struct pool *p, int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    size_t room = size < 0 ? 0 : size > SAID_BYTES_MAX ? SAID_BYTES_MAX : (size_t)size;
    char *said = arena_alloc(&p->s->arena, room + 1);
    ssize_t bytes = pread(fd, said, room, 0);

    said[bytes < 0 ? 0 : bytes] = '\0';
    return said;
}

/* Its first complaint, without the program's name before it. NULL: it had none. */
static const char *first_line(struct pool *p, const char *said)
{
    static const char prefix[] = "sddfsim: ";

    if (strncmp(said, prefix, sizeof prefix - 1) == 0) {
        said += sizeof prefix - 1;
    }
    if (said[0] == '\0' || strncmp(said, "repeat with: ", 13) == 0) {
        return NULL;
    }
    return arena_format(&p->s->arena, "%.*s", (int)strcspn(said, "\n"), said);
}

static int write_said(struct pool *p, const char *folder, const char *said)
{
    const char *path = arena_format(&p->s->arena, "%s/" COMPLAINTS, folder);
    FILE *to = fopen(path, "we");

    if (to == NULL || fputs(said, to) < 0) {
        int error = -errno;

        if (to != NULL) {
            fclose(to);
        }
        return error;
    }
    return fclose(to) == 0 ? 0 : -errno;
}

/* Take what the run's folder says, thin it out, and give it its name. 0 or -errno. */
static int keep_point(struct pool *p, size_t point, const char *said)
{
    const char *part = folder_of(p, point, ".part"), *whole = folder_of(p, point, "");
    struct sweep_point *at = &p->s->points[point];
    json_t *report = json_load_file(arena_format(&p->s->arena, "%s/report.json", part), 0, NULL);
    int error = 0;

    sweep_result_read(&at->result, report, &p->s->arena);
    json_decref(report);
    at->said = first_line(p, said);
    if (!p->s->keep) {
        nftw(part, remove_all_but_report, 16, FTW_DEPTH | FTW_PHYS);
    }
    if (said[0] != '\0') {
        /* A run that never began has left no folder. */
        error = mkdir(part, 0755) == 0 || errno == EEXIST ? write_said(p, part, said) : -errno;
    }
    if (error == 0 && rename(part, whole) != 0 && errno != ENOENT) {
        error = -errno;
    }
    return error;
}

static void drop_point(struct pool *p, size_t point)
{
    folder_remove(folder_of(p, point, ".part"));
}

/* ---- children ---- */

static const char **arguments_of(struct pool *p, size_t point)
{
    struct sweep *s = p->s;
    const char **argv =
        arena_array(&s->arena, s->shared_count + 2 * s->axis_count + 8, sizeof *argv);
    size_t count = 0;

    argv[count++] = "sddfsim";
    argv[count++] = "run";
    argv[count++] = "--quiet";
    argv[count++] = "--output";
    argv[count++] = folder_of(p, point, ".part");
    for (size_t i = 0; i < s->shared_count; i++) {
        argv[count++] = s->shared[i];
    }
    for (size_t i = 0; i < s->axis_count; i++) {
        argv[count++] = "--set";
        argv[count++] = sweep_set_of(s, point, i);
    }
    argv[count++] = "--";
    argv[count] = s->scenario;
    return argv;
}

/* In the child: a group of its own, so that what a terminal sends reaches only us; its slot's
 * cores; and its complaints in a file. */
static void become_run(const struct pool *p, const struct slot *slot, const char *const *argv)
{
    setpgid(0, 0);
    sched_setaffinity(0, sizeof slot->cpus, &slot->cpus);
    sigprocmask(SIG_SETMASK, &p->s->before, NULL);
    self_become(p->program, argv, p->self, slot->said_fd);
}

/* 0, or -errno, -EAGAIN being worth another try once another run has ended. */
static int start(struct pool *p, struct slot *slot, size_t point)
{
    const char **argv = arguments_of(p, point);

    slot->said_fd = memfd_create("complaints", MFD_CLOEXEC);
    if (slot->said_fd < 0) {
        return -errno;
    }
    pid_t pid = fork();
    if (pid == 0) {
        become_run(p, slot, argv);
    }
    if (pid < 0) {
        int error = -errno;

        close(slot->said_fd);
        return error;
    }
    slot->pid = pid;
    slot->point = point;
    p->busy++;
    return 0;
}

/* Fill the slots that are free. */
static void start_some(struct pool *p)
{
    for (unsigned i = 0; i < p->s->jobs && p->next < p->s->point_count; i++) {
        if (p->slots[i].pid != 0) {
            continue;
        }
        int error = start(p, &p->slots[i], p->next);
        if (error == -EAGAIN && p->busy > 0) {
            return;
        }
        if (error != 0) {
            cmd_complain(p->s->args, "cannot start a run: %s", strerror(-error));
            p->failed = error;
            return;
        }
        p->next++;
    }
}

static void tell_all(struct pool *p, int what)
{
    for (unsigned i = 0; i < p->s->jobs; i++) {
        if (p->slots[i].pid != 0) {
            kill(p->slots[i].pid, what);
        }
    }
}

/* Of a run that we told to end, only what it had finished by then counts. */
static bool ended_by_itself(const struct pool *p, int status)
{
    bool told = p->asked > 0 || p->failed != 0;

    return !told || status == CMD_EXIT_OK || status == CMD_EXIT_FAILED ||
           status == CMD_EXIT_USAGE || status == CMD_EXIT_TIMEOUT;
}

static void finish(struct pool *p, struct slot *slot, const siginfo_t *how)
{
    struct sweep_point *point = &p->s->points[slot->point];
    int status = how->si_code == CLD_EXITED ? how->si_status : 128 + how->si_status;

    /* Whoever it left behind; its number cannot be another's before it is reaped. */
    kill(-slot->pid, SIGKILL);
    waitpid(slot->pid, NULL, 0);
    if (how->si_code != CLD_EXITED) {
        drop_point(p, slot->point); /* nobody knows what is whole in it */
    }
    if (ended_by_itself(p, status)) {
        int error = keep_point(p, slot->point, read_said(p, slot->said_fd));

        if (error != 0) {
            cmd_complain(p->s->args, "cannot keep %s: %s", folder_of(p, slot->point, ""),
                         strerror(-error));
            p->failed = error;
        }
        point->done = true;
        point->status = status;
        p->s->done_count++;
        p->bad += status != CMD_EXIT_OK;
    } else {
        drop_point(p, slot->point);
    }
    close(slot->said_fd);
    slot->pid = 0;
    p->busy--;
}

static void reap(struct pool *p)
{
    for (unsigned i = 0; i < p->s->jobs; i++) {
        siginfo_t how = {0};

        if (p->slots[i].pid != 0 &&
            waitid(P_PID, (id_t)p->slots[i].pid, &how, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            how.si_pid != 0) {
            finish(p, &p->slots[i], &how);
        }
    }
}

/* ---- the loop ---- */

static void show_progress(const struct pool *p)
{
    if (p->s->progress) {
        fprintf(stderr, "\r%zu of %zu points", p->s->done_count, p->s->point_count);
        if (p->bad > 0) {
            fprintf(stderr, ", %u not well", p->bad);
        }
        fputs("\033[K", stderr);
        fflush(stderr);
    }
}

static void clear_progress(const struct pool *p)
{
    if (p->s->progress) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}

/* Wait for something to happen and take it in. When we are to stop, runs are asked to end once,
 * and killed if that takes too long or we are told again. */
static void wait_for_news(struct pool *p)
{
    static const struct timespec grace = {.tv_sec = GRACE_S};
    bool stopping = p->asked > 0 || p->failed != 0;
    int got = sigtimedwait(&p->s->watched, NULL, stopping ? &grace : NULL);

    if (got == SIGCHLD) {
        reap(p);
    } else if (got > 0) {
        p->asked++;
    } else if (errno != EAGAIN) {
        return;
    }
    if (got < 0 || (p->asked > 1 && got != SIGCHLD)) {
        tell_all(p, SIGKILL);
    } else if (!stopping && (p->asked > 0 || p->failed != 0)) {
        tell_all(p, SIGTERM);
    }
}

static void run_all(struct pool *p)
{
    for (;;) {
        if (p->asked == 0 && p->failed == 0) {
            start_some(p);
            if (p->failed != 0) {
                tell_all(p, SIGTERM);
            }
        }
        if (p->busy == 0) {
            break;
        }
        show_progress(p);
        wait_for_news(p);
    }
    clear_progress(p);
}

/* ---- before and after ---- */

/* The i-th slot has every jobs-th of the cores we may use, or shares one where there are more slots
 * than cores. */
static void share_cores(struct pool *p)
{
    cpu_set_t allowed;
    int cores[CPU_SETSIZE];
    unsigned count = 0;

    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (CPU_ISSET(core, &allowed)) {
            cores[count++] = core;
        }
    }
    for (unsigned i = 0; i < p->s->jobs; i++) {
        CPU_ZERO(&p->slots[i].cpus);
        for (unsigned k = count == 0 ? 0 : i % count; k < count; k += p->s->jobs) {
            CPU_SET(cores[k], &p->slots[i].cpus);
        }
    }
}

unsigned sweep_cores(void)
{
    cpu_set_t allowed;

    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? (unsigned)CPU_COUNT(&allowed) : 1;
}

/* What we wait for is blocked; a signal that was ignored when we were started stays so. */
void sweep_hold_signals(struct sweep *s)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

    sigemptyset(&s->watched);
    sigaddset(&s->watched, SIGCHLD);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sigaction now;

        if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
            sigaddset(&s->watched, ends[i]);
        }
    }
    sigprocmask(SIG_BLOCK, &s->watched, &s->before);
    /* Children of one who ignores this cannot be waited for. */
    signal(SIGCHLD, SIG_DFL);
}

static enum sweep_end cannot(struct pool *p, const char *what)
{
    cmd_complain(p->s->args, "cannot %s: %s", what, strerror(errno));
    return SWEEP_FAILED;
}

enum sweep_end sweep_run_points(struct sweep *s)
{
    struct pool p = {.s = s, .self = getpid()};

    p.program = self_program(&s->arena);
    if (p.program == NULL) {
        return cannot(&p, "find the program itself");
    }
    p.folder = arena_format(&s->arena, "%s/points", s->dir.path);
    if (mkdir(p.folder, 0755) != 0) {
        return cannot(&p, arena_format(&s->arena, "make the folder %s", p.folder));
    }
    p.slots = arena_array(&s->arena, s->jobs, sizeof *p.slots);
    share_cores(&p);
    run_all(&p);
    if (p.failed != 0) {
        return SWEEP_FAILED;
    }
    return s->done_count < s->point_count ? SWEEP_INTERRUPTED : SWEEP_ENDED;
}
