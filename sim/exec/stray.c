/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling strays apart; see the header. */
#include "sim/exec/stray.h"

#include <linux/audit.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "sim/base/sanitized.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif
#define AREAS_MAX 4u

/* Where the kernel lets programs read its time without a system call. */
static struct {
    uint64_t start[AREAS_MAX], bytes[AREAS_MAX];
    unsigned count;
    bool found, forbidden;
} clock_pages;

__thread volatile char stray_inside;

/* A tool that translates programs hides the code that reads these pages, and guards the pages. */
static void find_clock_pages(void)
{
    FILE *maps = getauxval(AT_SYSINFO_EHDR) == 0 ? NULL : fopen("/proc/self/maps", "re");
    char line[512], *dash;

    clock_pages.found = true;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        uint64_t start = strtoull(line, &dash, 16);

        if (strstr(line, "[vvar") != NULL && clock_pages.count < AREAS_MAX && *dash == '-') {
            clock_pages.start[clock_pages.count] = start;
            clock_pages.bytes[clock_pages.count++] = strtoull(dash + 1, NULL, 16) - start;
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
}

static bool in_clock_pages(uint64_t vaddr)
{
    for (unsigned i = 0; i < clock_pages.count; i++) {
        if (vaddr - clock_pages.start[i] < clock_pages.bytes[i]) {
            return true;
        }
    }
    return false;
}

static bool asks_for_time(int call)
{
    switch (call) {
#if defined(SYS_time)
    case SYS_time:
#endif
    case SYS_clock_gettime:
    case SYS_clock_getres:
    case SYS_gettimeofday:
    case SYS_times:
    case SYS_adjtimex:
        return true;
    default:
        return false;
    }
}

/* The counter is read by two instructions, by hand or in the kernel's own page of clock code. */
static bool reads_counter(uint64_t pc)
{
#if defined(__x86_64__)
    static const uint8_t rdtsc[] = {0x0f, 0x31}, rdtscp[] = {0x0f, 0x01, 0xf9};
    const void *at = (const void *)(uintptr_t)pc;

    return memcmp(at, rdtsc, sizeof rdtsc) == 0 || memcmp(at, rdtscp, sizeof rdtscp) == 0;
#else
    (void)pc;
    return false;
#endif
}

struct stray stray_fault(int number, const siginfo_t *info, const void *context)
{
    const ucontext_t *user = context;
    struct stray why = {.signal = (uint32_t)number, .vaddr = UINT64_MAX};

#if defined(__x86_64__)
    why.pc = (uint64_t)user->uc_mcontext.gregs[REG_RIP];
    why.sp = (uint64_t)user->uc_mcontext.gregs[REG_RSP];
    why.fp = (uint64_t)user->uc_mcontext.gregs[REG_RBP];
#else
    why.pc = user->uc_mcontext.pc;
    why.sp = user->uc_mcontext.sp;
    why.fp = user->uc_mcontext.regs[29];
#endif
    /* A protection fault without an address: the instruction itself may not be executed. Its bytes
     * can be read, since it was fetched. */
    bool counter = number == SIGSEGV && info->si_code == SI_KERNEL && reads_counter(why.pc);
    bool page = number == SIGSEGV && info->si_code > 0 && clock_pages.forbidden &&
                in_clock_pages((uint64_t)(uintptr_t)info->si_addr);

    if (counter || page) {
        why.signal = STRAY_HOSTS_CLOCK;
    } else if (number == SIGSYS && info->si_code > 0 && info->si_arch == NATIVE) {
        why.vaddr = (uint64_t)info->si_syscall;
        if (clock_pages.forbidden && asks_for_time(info->si_syscall)) {
            why.signal = STRAY_HOSTS_CLOCK;
        }
    } else if (number == SIGSYS) {
        return why;
    } else if (info->si_code > 0 && info->si_code != SI_KERNEL) {
        why.vaddr = (uint64_t)(uintptr_t)info->si_addr;
    }
    return why;
}

void stray_forbid_clock(bool forbid)
{
    if (SANITIZED) { /* its allocator may ask for the time, within a domain as well */
        return;
    }
#if defined(PR_SET_TSC)
    prctl(PR_SET_TSC, forbid ? PR_TSC_SIGSEGV : PR_TSC_ENABLE, 0, 0, 0);
#endif
    if (!clock_pages.found) {
        find_clock_pages();
    }
    clock_pages.forbidden = forbid;
    for (unsigned i = 0; i < clock_pages.count; i++) {
        mprotect((void *)(uintptr_t)clock_pages.start[i], clock_pages.bytes[i],
                 forbid ? PROT_NONE : PROT_READ);
    }
}

#if defined(PR_SET_SYSCALL_USER_DISPATCH)
/* Where the C library returns from signal handlers: a system call that has to go through. */
static void *volatile way_back;

static void on_probe(int number)
{
    (void)number;
    way_back = __builtin_return_address(0);
}

static void find_way_back(void)
{
    struct sigaction probe = {.sa_handler = on_probe}, before;

    sigaction(SIGSYS, &probe, &before);
    raise(SIGSYS);
    sigaction(SIGSYS, &before, NULL);
}

void stray_guard_calls(bool on)
{
    if (way_back == NULL) {
        find_way_back();
    }
    if (on) {
        prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, way_back, 16ul, &stray_inside);
    } else {
        prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    }
}
#else
void stray_guard_calls(bool on)
{
    (void)on;
}
#endif
