/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling strays apart; see the header. */
#include "sim/exec/stray.h"

#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>

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
#else
    why.pc = user->uc_mcontext.pc;
#endif
    /* A protection fault without an address: the instruction itself may not be executed. Its bytes
     * can be read, since it was fetched. */
    if (number == SIGSEGV && info->si_code == SI_KERNEL && reads_counter(why.pc)) {
        why.signal = STRAY_HOSTS_CLOCK;
    } else if (info->si_code > 0 && info->si_code != SI_KERNEL) {
        why.vaddr = (uint64_t)(uintptr_t)info->si_addr;
    }
    return why;
}

void stray_forbid_clock(bool forbid)
{
#if defined(PR_SET_TSC)
    prctl(PR_SET_TSC, forbid ? PR_TSC_SIGSEGV : PR_TSC_ENABLE, 0, 0, 0);
#else
    (void)forbid;
#endif
}
