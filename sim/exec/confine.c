/* SPDX-License-Identifier: BSD-2-Clause */
/* The three steps of confinement; see the header. */
#include "sim/exec/confine.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
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

int confine_identity(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return -errno;
    }
    if (geteuid() != 0) {
        return 0;
    }
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0) {
        return -errno;
    }
    /* A change of identity forgets this: a domain never outlives its supervisor. */
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? 0 : -errno;
}

static int allow_on(scmp_filter_ctx filter, int call, int fd)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)(unsigned)fd));
}

int confine_calls(const struct confine *c)
{
    /* brk is for malloc: it can only grow the heap. The rest is waiting, ending, and returning from signals. */
    static const int calls[] = {SCMP_SYS(exit),    SCMP_SYS(exit_group),   SCMP_SYS(rt_sigreturn),
                                SCMP_SYS(brk),     SCMP_SYS(ppoll),        SCMP_SYS(clock_gettime),
                                SCMP_SYS(futex),   SCMP_SYS(sched_yield),  SCMP_SYS(restart_syscall)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    int error = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; error == 0 && i < sizeof calls / sizeof calls[0]; i++) {
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    for (size_t i = 0; error == 0 && i < c->write_count; i++) {
        error = allow_on(filter, SCMP_SYS(write), c->write[i]);
    }
    for (int fd = 1; error == 0 && fd <= 2; fd++) {
        error = allow_on(filter, SCMP_SYS(write), fd);
    }
    if (error == 0) {
        error = allow_on(filter, SCMP_SYS(read), c->wait);
    }
    if (error == 0) {
        error = seccomp_load(filter);
    }
    seccomp_release(filter);
    return error;
}
