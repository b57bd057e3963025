/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_UNIT_LIVE_RUN_H
#define TESTS_UNIT_LIVE_RUN_H
/*
 * The program as its users run it: started with a scenario, watched from outside, waited for. A
 * test that uses this is the reaper of everything below it, so that whatever a run leaves behind
 * comes to light.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "sim/base/folder.h"
#include "sim/base/sanitized.h"

#define LIVE_NOBODY 65534
#define LIVE_ARGS   32
#define LIVE_KIDS   256

struct live_limit {
    int what;
    rlim_t limit;
};

/* How to start it. Zeroed: as this user, without limits. */
struct live_how {
    bool as_nobody; /* only where we are root */
    struct live_limit limits[2];
    const char *args[LIVE_ARGS]; /* after `run SCENARIO -o DIR` */
    bool no_output_folder;       /* leave out -o DIR */
    const char *tool[8];         /* run the program under this command */
};

struct live {
    pid_t pid;
    char out[PATH_MAX]; /* the run's folder */
    int said_fd;
    char said[65536]; /* stderr, when it has ended */
    int status;       /* exit status, or minus the signal, when it has ended */
};

static char live_folder[PATH_MAX];
static unsigned live_runs;
static pid_t live_running; /* 0: none */

static inline uint64_t live_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A name in the test's own folder. */
static inline const char *live_path(const char *name)
{
    static char path[4][PATH_MAX + 64];
    static unsigned next;

    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[0], "%s/%s", live_folder, name);
    return path[next];
}

static inline void live_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        fprintf(stderr, "cannot write %s: %s\n", path, strerror(errno));
        abort();
    }
}

/* The whole of a file, as text, to be freed; NULL if it cannot be read. */
static inline char *live_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    size_t room = 1u << 16, used = 0, got;
    char *text = malloc(room);

    if (file == NULL) {
        free(text);
        return NULL;
    }
    while ((got = fread(text + used, 1, room - used - 1, file)) > 0) {
        used += got;
        if (room - used < 4096) {
            char *more = realloc(text, room *= 2);
            if (more == NULL) {
                abort();
            }
            text = more;
        }
    }
    fclose(file);
    text[used] = '\0';
    if (size != NULL) {
        *size = used;
    }
    return text;
}

/* Group set-up and teardown. */
static inline int live_begin(void **state)
{
    const char *temporary = getenv("TMPDIR");
    sigset_t child;

    (void)state;
    snprintf(live_folder, sizeof live_folder, "%s/sddfsim-live-XXXXXX",
             temporary != NULL ? temporary : P_tmpdir);
    if (mkdtemp(live_folder) == NULL || chmod(live_folder, 0777) != 0) {
        perror(live_folder);
        return -1;
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Wait for anything that is below us for at most so long. True: `pid` has ended, or for 0,
 * everybody has. */
static inline bool live_reap(pid_t pid, int *status, uint64_t limit_ms)
{
    uint64_t until = live_now_ms() + limit_ms;
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        pid_t got = waitpid(pid == 0 ? -1 : pid, status, WNOHANG);
        uint64_t now = live_now_ms();

        if (got < 0 || (pid != 0 && got == pid)) {
            return pid == 0 || got == pid;
        }
        if (got == 0) {
            if (now >= until) {
                return false;
            }
            sigtimedwait(&child, NULL,
                         &(struct timespec){.tv_sec = (time_t)((until - now) / 1000),
                                            .tv_nsec = (long)((until - now) % 1000 * 1000000 + 1)});
        }
    }
}

/* What a failed test has left running. */
static inline void live_clear(void)
{
    int status;

    if (live_running != 0) {
        kill(live_running, SIGKILL);
        live_running = 0;
        live_reap(0, &status, 5000);
    }
}

static inline int live_end(void **state)
{
    (void)state;
    live_clear();
    return folder_remove(live_folder);
}

static inline const char *live_build(void)
{
    const char *build = getenv("SDDFSIM_BUILD");

    return build != NULL ? build : "build";
}

static inline const char *live_program(void)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/sddfsim", live_build());
    return path;
}

/* Built with sanitizers, nothing is confined, and what needs confinement cannot be tested. */
static inline bool live_sanitized(void)
{
    return SANITIZED;
}

/*
 * Could nobody run the program where it lies? By its whole path, as the program looks for its
 * images by it: a tree in root's own folder is closed to others although one may stand in it.
 */
static inline bool live_nobody_can(void)
{
    char whole[PATH_MAX];
    int status;

    if (realpath(live_program(), whole) == NULL) {
        return false;
    }
    pid_t pid = geteuid() == 0 ? fork() : -1;

    if (pid < 0) {
        return false;
    }
    if (pid == 0) {
        _exit(setgroups(0, NULL) == 0 && setgid(LIVE_NOBODY) == 0 && setuid(LIVE_NOBODY) == 0 &&
                      access(whole, X_OK) == 0
                  ? 0
                  : 1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static inline void live_exec(const struct live_how *how, const struct live *l, const char *scenario)
{
    const char *argv[2 * LIVE_ARGS] = {NULL};
    int count = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(l->said_fd, STDERR_FILENO);
    for (int i = 0; how->tool[i] != NULL; i++) {
        argv[count++] = how->tool[i];
    }
    argv[count++] = live_program();
    argv[count++] = "run";
    argv[count++] = scenario;
    if (!how->no_output_folder) {
        argv[count++] = "-o";
        argv[count++] = l->out;
    }
    for (int i = 0; how->args[i] != NULL; i++) {
        argv[count++] = how->args[i];
    }
    for (int i = 0; i < 2 && how->limits[i].limit != 0; i++) {
        setrlimit((__rlimit_resource_t)how->limits[i].what,
                  &(struct rlimit){how->limits[i].limit, how->limits[i].limit});
    }
    if (how->as_nobody &&
        (setgroups(0, NULL) != 0 || setgid(LIVE_NOBODY) != 0 || setuid(LIVE_NOBODY) != 0)) {
        _exit(126);
    }
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Start a run of this scenario, given as text. */
static inline void live_start(struct live *l, const char *scenario, const struct live_how *how)
{
    char file[PATH_MAX + 64];

    live_clear();
    memset(l, 0, sizeof *l);
    snprintf(file, sizeof file, "%s/scenario-%u.json", live_folder, ++live_runs);
    live_write(file, scenario, strlen(scenario));
    snprintf(l->out, sizeof l->out, "%.4000s/run-%u", live_folder, live_runs);
    l->said_fd = memfd_create("said", MFD_CLOEXEC);
    l->pid = fork();
    if (l->pid == 0) {
        live_exec(how, l, file);
    }
    live_running = l->pid;
}

/* Wait for its end; it is killed if that takes longer. Its status is in l->status, its complaints
 * in l->said. */
static inline int live_wait(struct live *l, uint64_t limit_ms)
{
    int status = 0;

    if (!live_reap(l->pid, &status, limit_ms)) {
        kill(l->pid, SIGKILL);
        waitpid(l->pid, &status, 0);
        fprintf(stderr, "the run took longer than %llu ms\n", (unsigned long long)limit_ms);
    }
    l->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    ssize_t bytes = pread(l->said_fd, l->said, sizeof l->said - 1, 0);
    l->said[bytes < 0 ? 0 : bytes] = '\0';
    close(l->said_fd);
    l->pid = 0;
    live_running = 0;
    return l->status;
}

/* Has everything that ran below us ended, within this time? */
static inline bool live_nobody_left(uint64_t limit_ms)
{
    int status;

    return live_reap(0, &status, limit_ms);
}

static inline int live_run(struct live *l, const char *scenario, const struct live_how *how)
{
    live_start(l, scenario, how);
    return live_wait(l, 60000);
}

struct live_kid {
    pid_t pid;
    char name[32];
};

/* The processes of a run, in the order they were started. */
static inline size_t live_kids(const struct live *l, struct live_kid kids[static LIVE_KIDS])
{
    char path[64], *list, *rest, *word;
    size_t count = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)l->pid, (int)l->pid);
    list = rest = live_read(path, NULL);
    while (list != NULL && (word = strtok_r(rest, " ", &rest)) != NULL && count < LIVE_KIDS) {
        struct live_kid *kid = &kids[count];

        kid->pid = (pid_t)strtol(word, NULL, 10);
        snprintf(path, sizeof path, "/proc/%s/comm", word);
        char *name = live_read(path, NULL);
        if (name != NULL) {
            name[strcspn(name, "\n")] = '\0';
            snprintf(kid->name, sizeof kid->name, "%s", name);
            free(name);
            count++;
        }
    }
    free(list);
    return count;
}

static inline bool live_file_there(const struct live *l, const char *name)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", l->out, name);
    return access(path, F_OK) == 0;
}

static inline char *live_file(const struct live *l, const char *name)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", l->out, name);
    return live_read(path, NULL);
}

/* report.json, to be given back with json_decref; NULL without one. */
static inline json_t *live_report(const struct live *l)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/report.json", l->out);
    return json_load_file(path, 0, NULL);
}

/* "a.b.c" in a report: NULL if it is not there. Names with dots in them cannot be asked for. */
static inline json_t *live_get(json_t *root, const char *path)
{
    char words[256], *rest = words, *word;

    snprintf(words, sizeof words, "%s", path);
    while (root != NULL && (word = strtok_r(rest, ".", &rest)) != NULL) {
        root = json_object_get(root, word);
    }
    return root;
}

/* The n-th finding of a check, excused ones after the others; NULL if it found less. */
static inline const char *live_finding(json_t *report, const char *check, size_t n)
{
    json_t *checks = json_object_get(report, "checks"), *one;
    size_t i;

    json_array_foreach(checks, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), check) == 0) {
            json_t *found = json_object_get(one, "findings");
            json_t *excused = json_object_get(one, "excused");
            size_t count = json_array_size(found);
            json_t *it = n < count ? json_array_get(found, n) : json_array_get(excused, n - count);

            return json_string_value(json_object_get(it, "text"));
        }
    }
    return NULL;
}

/* How many lines in what it said are complaints, the last one, which says how to repeat it, not
 * counted. */
static inline unsigned live_complaints(const struct live *l)
{
    unsigned lines = 0;

    for (const char *at = l->said; *at != '\0';) {
        const char *end = strchrnul(at, '\n');

        lines += end > at && strncmp(at, "sddfsim: repeat with:", 21) != 0;
        at = *end == '\0' ? end : end + 1;
    }
    return lines;
}
#endif
