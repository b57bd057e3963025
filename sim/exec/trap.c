/* SPDX-License-Identifier: BSD-2-Clause */
/* From what a signal handler is given to the instruction, and back; see the header. */
#include "sim/exec/trap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <ucontext.h>
#include <sddf/os/point.h>

#include "sim/base/valgrind.h"
#include "sim/exec/emulate.h"
#include "sim/exec/registers.h"
#include "sim/hook/where.h"

#define TEXT_BYTES 512

static uint64_t pc_of(const void *context)
{
    const ucontext_t *user = context;

#if defined(__x86_64__)
    return (uint64_t)user->uc_mcontext.gregs[REG_RIP];
#else
    return user->uc_mcontext.pc;
#endif
}

/* Was it an image's own access of a register? Of the runtime's, none is. */
static bool is_register(const struct domain *d, const siginfo_t *info, const void *context)
{
    uint64_t vaddr = (uint64_t)(uintptr_t)info->si_addr;

    return info->si_code > 0 && trap_wanted(d) && registers_near(d, vaddr, 1) &&
           domain_place(d, (const void *)(uintptr_t)pc_of(context)) != 0;
}

/* "net0_driver.so+0x1234: WHAT register 0x24 of eth0 HELP" */
static void say(struct domain *d, const siginfo_t *info, const void *context, const char *what,
                const char *help)
{
    const struct plan_device *device = &d->plan->devices[d->plan->pds[d->device_pd].device];
    uint64_t vaddr = (uint64_t)(uintptr_t)info->si_addr;
    const struct plan_registers *r =
        plan_registers_at(device->registers, device->registers_count, vaddr);
    uint64_t place = domain_place(d, (const void *)(uintptr_t)pc_of(context));
    char text[TEXT_BYTES], where[WHERE_TEXT_BYTES];
    int bytes =
        snprintf(text, sizeof text, "%s.so+0x%" PRIx64 ": %s %s%s\n", d->plan->pds[d->pd].name,
                 place, what, where_register(device, r, vaddr - r->vaddr, where), help);

    domain_print(d, text, (size_t)bytes < sizeof text ? (size_t)bytes : sizeof text - 1);
}

void trap_die(const siginfo_t *info, void *context)
{
    ucontext_t *user = context;

    if (RUNNING_ON_VALGRIND) { /* it raises what is blocked all the same, and confines nobody */
        signal(SIGSEGV, SIG_DFL);
    }
    sigaddset(&user->uc_sigmask, SIGSEGV);
    if (info->si_code <= 0) { /* somebody sent it, and nothing would raise it again */
#if defined(__x86_64__)
        user->uc_mcontext.gregs[REG_RIP] = 0;
#else
        user->uc_mcontext.pc = 0;
#endif
    }
}

void trap_refuse(struct domain *d, const siginfo_t *info, const void *context)
{
    if (is_register(d, info, context)) {
        say(d, info, context, "without an accessor it uses",
            "; run it with --executor process or thread, or build it with --flavour mmio");
    }
}

#if defined(__x86_64__)
static const int greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                REG_R12, REG_R13, REG_R14, REG_R15};

static uint64_t read_register(void *context, uint64_t vaddr, unsigned bytes)
{
    point(POINT_MMIO_READ, (const void *)(uintptr_t)vaddr, bytes);
    return domain_mmio_read(context, vaddr, bytes);
}

static void write_register(void *context, uint64_t vaddr, unsigned bytes, uint64_t value)
{
    point(POINT_MMIO_WRITE, (const void *)(uintptr_t)vaddr, bytes);
    domain_mmio_write(context, vaddr, bytes, value);
}

static struct emulate_cpu from_context(const ucontext_t *user)
{
    const greg_t *gregs = user->uc_mcontext.gregs;
    struct emulate_cpu cpu = {.pc = (uint64_t)gregs[REG_RIP], .flags = (uint64_t)gregs[REG_EFL]};

    for (int i = 0; i < 16; i++) {
        cpu.gpr[i] = (uint64_t)gregs[greg_of[i]];
    }
    if (user->uc_mcontext.fpregs != NULL) {
        cpu.xmm = (void *)user->uc_mcontext.fpregs->_xmm;
    }
    return cpu;
}

static void into_context(ucontext_t *user, const struct emulate_cpu *cpu)
{
    greg_t *gregs = user->uc_mcontext.gregs;

    for (int i = 0; i < 16; i++) {
        gregs[greg_of[i]] = (greg_t)cpu->gpr[i];
    }
    gregs[REG_RIP] = (greg_t)cpu->pc;
    gregs[REG_EFL] = (greg_t)cpu->flags;
}

/*
 * Valgrind keeps the processor's registers to itself, and shows a handler old ones unless it is
 * told otherwise. Whether it was is found out by one more fault, with a known word in a register.
 * Nobody is confined under it, so the handler can be changed for that.
 */
#define PROBE_WORD  0x7e57ed5eed0fabcdull
#define PROBE_BYTES 3 /* of the instruction that faults */

static volatile uint64_t probed;

static void on_probe(int number, siginfo_t *info, void *context)
{
    greg_t *gregs = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)number;
    (void)info;
    probed = (uint64_t)gregs[REG_RDX];
    gregs[REG_RIP] += PROBE_BYTES;
}

static bool probe(const struct domain *d)
{
    struct sigaction action = {.sa_sigaction = on_probe, .sa_flags = SA_SIGINFO}, before;
    sigset_t faults, blocked;

    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    sigaction(SIGSEGV, &action, &before);
    sigprocmask(SIG_UNBLOCK, &faults, &blocked);
    __asm__ volatile("movabsq %0, %%rdx\n"
                     "movq %%rdx, (%%rax)"
                     :
                     : "i"(PROBE_WORD), "a"(d->regs_vaddr)
                     : "rdx", "memory");
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    sigaction(SIGSEGV, &before, NULL);
    return probed == PROBE_WORD;
}

static bool sees_registers(const struct domain *d)
{
    static enum { UNKNOWN, YES, NO } sees;

    if (sees == UNKNOWN) {
        sees = RUNNING_ON_VALGRIND == 0 || probe(d) ? YES : NO;
    }
    return sees == YES;
}

bool trap_access(struct domain *d, const siginfo_t *info, void *context)
{
    const struct emulate_bus bus = {.context = d, .read = read_register, .write = write_register};
    char instruction[EMULATE_TEXT_BYTES], what[EMULATE_TEXT_BYTES + 16];
    int before = errno;

    if (!is_register(d, info, context)) {
        return false;
    }
    if (!sees_registers(d)) {
        say(d, info, context, "under this tool nobody can know what it does with",
            "; give it --vex-iropt-register-updates=allregs-at-mem-access, or build it with "
            "--flavour mmio");
        return false;
    }
    struct emulate_cpu cpu = from_context(context);

    d->place = (const void *)(uintptr_t)(cpu.pc + 1);
    if (!emulate(&cpu, &bus)) {
        snprintf(what, sizeof what, "`%s` at", emulate_text(cpu.pc, instruction));
        say(d, info, context, what,
            " is no instruction that registers are accessed with; build it with --flavour mmio");
        return false;
    }
    into_context(context, &cpu);
    errno = before;
    return true;
}
#else
bool trap_access(struct domain *d, const siginfo_t *info, void *context)
{
    trap_refuse(d, info, context);
    return false;
}
#endif
