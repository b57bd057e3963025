/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for a doorbell and a timer. The timer stays armed while a domain is woken for other
 * reasons: setting one is dear, on a virtual machine above all, and waking once too often is not.
 *
 * The doorbell does not block, so that one who rings never waits: epoll does the waiting. It tells
 * of each ring once (EPOLLET), so that the counter need not be read, which would be a second system
 * call for every wake-up; nobody can ring often enough to fill it.
 */
#include "sim/exec/bell.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "sim/exec/world.h"

/* Make the timer ring at the deadline, or earlier. */
static void arm(struct bell *b, uint64_t deadline_ns)
{
    uint64_t at_ns = b->epoch_ns + deadline_ns;
    struct itimerspec at = {.it_value = {.tv_sec = (time_t)(at_ns / 1000000000u),
                                         .tv_nsec = (long)(at_ns % 1000000000u)}};

    if (b->armed_ns != 0 && b->armed_ns <= deadline_ns) {
        return;
    }
    b->armed_ns = deadline_ns;
    timerfd_settime(b->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

void bell_listen(struct bell *b, uint64_t deadline_ns)
{
    struct epoll_event rung[3];

    if (deadline_ns != BELL_FOREVER) {
        arm(b, deadline_ns);
    }
    int count = epoll_wait(b->both, rung, 3, -1);

    for (int i = 0; i < count; i++) {
        if (rung[i].data.fd == b->timer) {
            b->armed_ns = 0;
        }
    }
}

static int wait_on(struct bell *b, int fd)
{
    struct epoll_event each = {.events = EPOLLIN | EPOLLET, .data.fd = fd};

    return epoll_ctl(b->both, EPOLL_CTL_ADD, fd, &each) != 0 ? -errno : 0;
}

int bell_hang(struct bell *b, int doorbell, uint64_t epoch_ns)
{
    b->doorbell = doorbell;
    b->epoch_ns = epoch_ns;
    b->armed_ns = 0;
    b->hears = false;
    atomic_store(&b->word, BELL_QUIET);
    b->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    b->both = epoll_create1(EPOLL_CLOEXEC);
    int fds[2] = {b->doorbell, b->timer}, error = b->timer < 0 || b->both < 0 ? -errno : 0;

    for (int i = 0; i < 2 && error == 0; i++) {
        error = wait_on(b, fds[i]);
    }
    if (error != 0) {
        bell_take_down(b);
    }
    return error;
}

int bell_hear(struct bell *b, int descriptor)
{
    int error = wait_on(b, descriptor);

    b->hears |= error == 0;
    return error;
}

void bell_take_down(struct bell *b)
{
    if (b->timer > 0) {
        close(b->timer);
    }
    if (b->both > 0) {
        close(b->both);
    }
    b->timer = b->both = -1;
}

/* -- in one address space -- */

static void sleep_while(_Atomic uint32_t *word, uint32_t is)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, is, NULL, NULL, 0);
}

void bell_wait(struct bell *b, uint64_t deadline_ns)
{
    bool word_only = deadline_ns == BELL_FOREVER && !b->hears;
    uint32_t quiet = BELL_QUIET, how = word_only ? BELL_ASLEEP : BELL_LISTENING;

    if (atomic_compare_exchange_strong(&b->word, &quiet, how)) {
        if (how == BELL_ASLEEP) {
            sleep_while(&b->word, how);
        } else {
            bell_listen(b, deadline_ns);
        }
    }
    atomic_exchange(&b->word, BELL_QUIET);
}

void bell_ring(struct bell *b)
{
    switch (atomic_exchange(&b->word, BELL_RUNG)) {
    case BELL_ASLEEP:
        syscall(SYS_futex, &b->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
        break;
    case BELL_LISTENING:
        if (write(b->doorbell, &world_one_ring, sizeof world_one_ring) < 0) {
            break; /* its counter is full: it has been rung already */
        }
        break;
    default:
        break;
    }
}
