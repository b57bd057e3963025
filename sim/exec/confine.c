/* SPDX-License-Identifier: BSD-2-Clause */
/* The steps of confinement; see the header. */
#include "sim/exec/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

int confine_descriptors(const struct confine *c)
{
    unsigned from = 3;

    for (size_t i = 0; i < c->keep_count; i++) {
        unsigned kept = (unsigned)c->keep[i];

        if (kept > from && close_range(from, kept - 1, 0) != 0) {
            return -errno;
        }
        from = kept >= from ? kept + 1 : from;
    }
    return close_range(from, ~0u, 0) == 0 ? 0 : -errno;
}

void confine_looking(bool forbidden)
{
    prctl(PR_SET_DUMPABLE, forbidden ? 0 : 1, 0, 0, 0);
}

/* Does whoever set up this user namespace forbid what becoming nobody begins with? */
static bool groups_denied(void)
{
    char text[8] = "";
    int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
    bool denied = fd >= 0 && read(fd, text, sizeof text - 1) > 0 && strncmp(text, "deny", 4) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return denied;
}

/* Without new privileges there will never be any again. */
static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{.effective = 0}};

    return syscall(SYS_capset, &header, none) != 0 ? -errno : 0;
}

/*
 * Root of a user namespace in which nobody has no number (`unshare -r`) cannot become it. Outside
 * it is whoever made the namespace, so all there is to give up is what it may do within.
 */
static int become_nobody(void)
{
    if (groups_denied()) {
        return drop_capabilities();
    }
    if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
        setresuid(NOBODY, NOBODY, NOBODY) == 0) {
        return 0;
    }
    return errno == EINVAL ? drop_capabilities() : -errno;
}

int confine_identity(pid_t supervisor)
{
    int error;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -errno;
    }
    error = geteuid() == 0 ? become_nobody() : 0;
    if (error != 0) {
        return error;
    }
    confine_looking(true);
    /* A change of identity forgets this: a domain never outlives its supervisor. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return -errno;
    }
    return getppid() == supervisor ? 0 : -ESRCH;
}

/* Whether the first argument is just this. */
static struct scmp_arg_cmp first_is(scmp_datum_t value)
{
    return (struct scmp_arg_cmp){.arg = 0, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

static int allow_on(scmp_filter_ctx filter, int call, int fd)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, first_is((scmp_datum_t)(unsigned)fd));
}

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < count; i++) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    return error;
}

/*
 * brk is for malloc: it can only grow the heap, up to a limit. The rest is waiting, returning from
 * signals, and sending one to oneself, which is how abort() dies.
 */
static int allow_living(scmp_filter_ctx filter, const struct confine *c)
{
    static const int calls[] = {SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),  SCMP_SYS(brk),
                                SCMP_SYS(sched_yield),  SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
                                SCMP_SYS(gettid)};
    static const int timed[] = {SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
                                SCMP_SYS(clock_gettime), SCMP_SYS(futex)};
    int error = allow_all(filter, calls, sizeof calls / sizeof calls[0]);

    if (error == 0 && c->baton == NULL) {
        error = allow_all(filter, timed, sizeof timed / sizeof timed[0]);
    } else if (error == 0) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
                                 first_is((scmp_datum_t)(uintptr_t)c->baton));
    }
    return error != 0 ? error
                      : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                         first_is((scmp_datum_t)getpid()));
}

/*
 * Files may be opened for reading, memory arranged, and the second filter put in place. Filters add
 * up, so what the second allows has to be allowed here too.
 */
static int allow_loading(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),    SCMP_SYS(pread64),        SCMP_SYS(close),  SCMP_SYS(close_range),
        SCMP_SYS(fstat),   SCMP_SYS(newfstatat),     SCMP_SYS(lseek),  SCMP_SYS(mmap),
        SCMP_SYS(munmap),  SCMP_SYS(mprotect),       SCMP_SYS(mremap), SCMP_SYS(madvise),
        SCMP_SYS(getcwd),  SCMP_SYS(getrandom),      SCMP_SYS(chdir),  SCMP_SYS(exit_group),
        SCMP_SYS(seccomp), SCMP_SYS(timerfd_settime)};
    const scmp_datum_t harm = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
    int error = allow_all(filter, calls, sizeof calls / sizeof calls[0]);

    if (error == 0) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, harm, O_RDONLY));
    }
    if (error == 0) {
        error =
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, first_is(PR_SET_SECCOMP));
    }
    return error;
}

/* Ring a doorbell, with the one word that is allowed. */
static int allow_ringing(scmp_filter_ctx filter, int fd, const void *word)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 3,
                            first_is((scmp_datum_t)(unsigned)fd),
                            SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)(uintptr_t)word, 0),
                            SCMP_A2(SCMP_CMP_EQ, sizeof(uint64_t), 0));
}

/* The doorbells of others, and the log. */
static int allow_writing(scmp_filter_ctx filter, const struct confine *c)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < c->ring_count; i++) {
        error = allow_ringing(filter, c->ring[i], c->ring_word);
    }
    for (int fd = 1; error == 0 && fd <= 2; fd++) {
        error = allow_on(filter, SCMP_SYS(write), fd);
    }
    return error;
}

/* Not sendmsg: who may name where a message goes could reach every interface of the host. */
static int allow_wire(scmp_filter_ctx filter, int wire)
{
    static const int calls[] = {SCMP_SYS(read), SCMP_SYS(recvmsg), SCMP_SYS(write)};
    int error = 0;

    for (size_t i = 0; error == 0 && wire != 0 && i < sizeof calls / sizeof calls[0]; i++) {
        error = allow_on(filter, calls[i], wire);
    }
    return error;
}

/* Its timer and its wire, and one way out: an end that tells of no failure. */
static int allow_running(scmp_filter_ctx filter, const struct confine *c)
{
    int error = allow_on(filter, SCMP_SYS(timerfd_settime), c->timer);

    error = error != 0 ? error : allow_wire(filter, c->wire);

    return error != 0
               ? error
               : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 1, first_is(0));
}

static int load(const struct confine *c, bool loading)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    int error = filter == NULL ? -ENOMEM : allow_living(filter, c);

    if (error == 0) {
        error = allow_writing(filter, c);
    }
    if (error == 0) {
        error = loading ? allow_loading(filter) : allow_running(filter, c);
    }
    if (error == 0) { /* new privileges were forsworn before */
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    }
    if (error == 0) {
        error = seccomp_load(filter);
    }
    seccomp_release(filter);
    return error;
}

int confine_loading(const struct confine *c)
{
    return load(c, true);
}

int confine_calls(const struct confine *c)
{
    return load(c, false);
}
