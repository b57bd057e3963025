/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this machine charges for the primitives everything else is made of, measured in the same run
 * as the figures it is to be compared with: copying, an eventfd between two processes on one core,
 * a futex the same.
 */
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/time/clock.h"

#define ROUNDS 20000
#define SLOTS  512u /* of 2 KiB: the default pool */
#define COPIES 2000000u

static void copy_row(size_t bytes)
{
    uint8_t *from = aligned_alloc(4096, SLOTS * 2048u), *to = aligned_alloc(4096, SLOTS * 2048u);

    if (from == NULL || to == NULL) {
        exit(3);
    }
    memset(from, 1, SLOTS * 2048u);
    memset(to, 2, SLOTS * 2048u);
    uint64_t begun = clock_host_ns();
    for (uint32_t i = 0; i < COPIES; i++) {
        uint32_t slot = (i * 2654435761u >> 16) % SLOTS;

        memcpy(to + slot * 2048u, from + slot * 2048u, bytes);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }
    printf("memcpy_ns_%zu %.1f\n", bytes, (double)(clock_host_ns() - begun) / COPIES);
    free(from);
    free(to);
}

static void pin(void)
{
    cpu_set_t all, one;

    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&one);
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
        if (CPU_ISSET(cpu, &all)) {
            CPU_SET(cpu, &one);
            break;
        }
    }
    sched_setaffinity(0, sizeof one, &one);
}

static void eventfd_row(void)
{
    int ping = eventfd(0, 0), pong = eventfd(0, 0);
    uint64_t one = 1, got;
    pid_t child = fork();

    if (child == 0) {
        for (int i = 0; i < ROUNDS; i++) {
            if (read(ping, &got, 8) != 8 || write(pong, &one, 8) != 8) {
                _exit(1);
            }
        }
        _exit(0);
    }
    uint64_t begun = clock_host_ns();
    for (int i = 0; i < ROUNDS; i++) {
        if (write(ping, &one, 8) != 8 || read(pong, &got, 8) != 8) {
            exit(3);
        }
    }
    printf("eventfd_one_way_ns %.0f\n", (double)(clock_host_ns() - begun) / (2.0 * ROUNDS));
    waitpid(child, NULL, 0);
    close(ping);
    close(pong);
}

static void futex_hand_over(_Atomic uint32_t *mine, _Atomic uint32_t *other)
{
    atomic_store(other, 1);
    syscall(SYS_futex, other, FUTEX_WAKE, 1, NULL, NULL, 0);
    while (atomic_load(mine) == 0) {
        syscall(SYS_futex, mine, FUTEX_WAIT, 0, NULL, NULL, 0);
    }
    atomic_store(mine, 0);
}

static void futex_row(void)
{
    _Atomic uint32_t *words =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();

    if (child == 0) {
        while (atomic_load(&words[16]) == 0) {
            syscall(SYS_futex, &words[16], FUTEX_WAIT, 0, NULL, NULL, 0);
        }
        atomic_store(&words[16], 0);
        for (int i = 1; i < ROUNDS; i++) {
            futex_hand_over(&words[16], &words[0]);
        }
        atomic_store(&words[0], 1);
        syscall(SYS_futex, &words[0], FUTEX_WAKE, 1, NULL, NULL, 0);
        _exit(0);
    }
    uint64_t begun = clock_host_ns();
    for (int i = 0; i < ROUNDS; i++) {
        futex_hand_over(&words[0], &words[16]);
    }
    printf("futex_one_way_ns %.0f\n", (double)(clock_host_ns() - begun) / (2.0 * ROUNDS));
    waitpid(child, NULL, 0);
    munmap((void *)words, 4096);
}

int main(void)
{
    pin();
    copy_row(64);
    copy_row(1500);
    eventfd_row();
    futex_row();
    return 0;
}
