/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_IMAGE_ROGUE_ESCAPE_H
#define TESTS_IMAGE_ROGUE_ESCAPE_H
/* The ways out that the image tries, and how a test tells it which. */
#include <stdint.h>
#include <sys/syscall.h>

#define ESCAPE_MARKER "escape by way of"

enum escape_when { ESCAPE_IN_INIT, ESCAPE_WHEN_NOTIFIED, ESCAPE_AS_LOADED };

struct escape_choice {
    char marker[16]; /* not terminated */
    uint32_t way, when;
};

enum escape_way {
    ESCAPE_NOT,
    ESCAPE_WIDEN,
    ESCAPE_STORE_READ_ONLY,
    ESCAPE_READ_BEYOND,
    ESCAPE_READ_OTHER,
    ESCAPE_READ_NULL,
    ESCAPE_READ_NON_CANONICAL,
    ESCAPE_JUMP_NULL,
    ESCAPE_JUMP_DATA,
    ESCAPE_OVERFLOW_STACK,
    ESCAPE_DIVIDE,
    ESCAPE_TRAP,
    ESCAPE_BREAKPOINT,
    ESCAPE_ABORT,
    ESCAPE_EXIT,
    ESCAPE_EXIT_FAILED,
    ESCAPE_SPIN,
    ESCAPE_32_BIT,
    ESCAPE_TAKE_MEMORY,
    ESCAPE_FILL_LOG,
    ESCAPE_CLOCK_GETTIME, /* the host's clock, in every way there is */
    ESCAPE_CLOCK_COARSE,
    ESCAPE_CLOCK_CALL,
    ESCAPE_GETTIMEOFDAY,
    ESCAPE_TIME,
    ESCAPE_RDTSC,
    ESCAPE_RDTSCP,
    ESCAPE_SLEEP,
    ESCAPE_WAIT_FOREVER,
    ESCAPE_MALLOC,        /* no way out, and no harm */
    ESCAPE_EXIT_HANDLERS, /* by way of all that is registered to be done at the end */
    ESCAPE_OPEN_FD,
    ESCAPE_OPEN_MAP,
    ESCAPE_OPEN_MEM,
    ESCAPE_CREATE,
    ESCAPE_LOOK_INTO_OTHERS,
    ESCAPE_READ_FOREIGN,
    ESCAPE_WRITE_FOREIGN,
    ESCAPE_MMAP_FD,
    ESCAPE_DEAFEN,        /* fill the counter of somebody's doorbell */
    ESCAPE_SCRIBBLE_ONES, /* over its page, which the supervisor reads */
    ESCAPE_SCRIBBLE_NOISE_1,
    ESCAPE_SCRIBBLE_NOISE_2,
    ESCAPE_SCRIBBLE_NOISE_3,
    ESCAPE_SCRIBBLE_QUEUES, /* over those it shares with the virtualisers */
    ESCAPE_FIRST_CALL       /* and the rest of ESCAPE_CALLS: just that system call */
};

/* Those that exist on every machine we run on, so that the test and the image agree. */
#define ESCAPE_CALLS                                                                               \
    {                                                                                              \
        SYS_mmap, SYS_munmap, SYS_mremap, SYS_remap_file_pages, SYS_socket, SYS_clone, SYS_clone3, \
            SYS_kill, SYS_tgkill, SYS_tkill, SYS_ptrace, SYS_memfd_create, SYS_shmat, SYS_shmget,  \
            SYS_execve, SYS_execveat, SYS_setuid, SYS_setresuid, SYS_process_vm_writev,            \
            SYS_process_vm_readv, SYS_io_uring_setup, SYS_prctl, SYS_seccomp, SYS_pidfd_open,      \
            SYS_pidfd_getfd, SYS_dup, SYS_dup3, SYS_fcntl, SYS_ioctl, SYS_openat, SYS_openat2,     \
            SYS_open_by_handle_at, SYS_userfaultfd, SYS_bpf, SYS_perf_event_open,                  \
            SYS_rt_sigaction, SYS_sigaltstack, SYS_prlimit64, SYS_unshare, SYS_setns, SYS_chroot,  \
            SYS_mount, SYS_keyctl, SYS_sendfile, SYS_splice, SYS_vmsplice, SYS_preadv, SYS_writev, \
            SYS_ftruncate, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_reboot,              \
            SYS_getrandom, SYS_uname, SYS_timerfd_settime, SYS_eventfd2, SYS_pipe2, SYS_wait4,     \
            SYS_rt_sigqueueinfo                                                                    \
    }
#endif
