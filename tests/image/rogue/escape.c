/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that tries to get out, in one way a run. It has no copier, so it sees the whole receive
 * region, which it may only read. Which way, and when (as it is loaded, in init(), or when a frame
 * comes), a test writes behind the marker below in a copy of this image.
 *
 * Whatever works says "escaped" in its log. Ways that cannot work without it being killed are
 * expected to kill it; ways that merely fail leave it running.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/util/printf.h>

#include "tests/image/rogue/escape.h"

__attribute__((__section__(".net_client_config"))) net_client_config_t config;

/* Volatile: it is not what the compiler sees here. */
volatile struct escape_choice choice = {ESCAPE_MARKER, 0, ESCAPE_IN_INIT};

/* Through the system's own entry: the C library would find some of these pointless. */
static long try(long number, long a, long b, long c, long d, long e)
{
    return syscall(number, a, b, c, d, e, 0L);
}

static void unless_negative(long result, const char *what)
{
    if (result >= 0) {
        sddf_printf_("escaped: %s\n", what);
    }
}

static volatile uint8_t *only_read(void)
{
    return (volatile uint8_t *)config.rx_data.vaddr;
}

static long as_long(const void *pointer)
{
    return (long)(uintptr_t)pointer;
}

/* -- as it is loaded, files can be opened for reading: none may be of another process -- */

static void open_of(long pid, const char *what)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/%s", pid, what);
    unless_negative(try(SYS_openat, AT_FDCWD, as_long(path), O_RDONLY, 0, 0), path);
}

/* The beginning of a file, to be found zeroed where it cannot be read. */
static void read_text(const char *path, char *text, size_t bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0 && read(fd, text, bytes - 1) < 0) {
        text[0] = '\0';
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* The parent of a process, as anybody may read it; -1: there is no such process. */
static long parent_of(long pid)
{
    char path[32], text[512] = "", *at;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    read_text(path, text, sizeof text);
    at = strrchr(text, ')');
    return at != NULL && strlen(at) > 4 ? strtol(at + 4, NULL, 10) : -1; /* ") S 123" */
}

/* A full counter: whoever rings it after that would not be heard. */
static void deafen(void)
{
    uint64_t full = UINT64_MAX - 1;

    for (long fd = 3; fd < 1024; fd++) {
        unless_negative(try(SYS_write, fd, as_long(&full), sizeof full, 0, 0), "write");
    }
}

static void look_into(long pid)
{
    open_of(pid, "mem");
    open_of(pid, "maps");
    for (int fd = 3; fd < 24; fd++) {
        char what[16];

        snprintf(what, sizeof what, "fd/%d", fd);
        open_of(pid, what);
    }
}

/* The supervisor and the other domains, and nobody else: what belongs to somebody's other run may
 * well be open to its user. */
static void look_into_others(void)
{
    long own = getpid(), supervisor = parent_of(own), pid;
    char path[64], text[4096] = "", *at = text, *end;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", supervisor, supervisor);
    read_text(path, text, sizeof text);
    for (; (pid = strtol(at, &end, 10)) > 1 && end != at; at = end) {
        if (pid != own) {
            look_into(pid);
        }
    }
    if (at == text) {
        sddf_printf_("escaped: nobody to look into\n"); /* or else nothing would be tried */
    }
    look_into(supervisor);
}

static void widen(void)
{
    long result =
        try(SYS_mprotect, as_long((const void *)only_read()), 4096, PROT_READ | PROT_WRITE, 0, 0);

    unless_negative(result, "a read-only region was made writable");
}

/* -- faults -- */

static void overflow_stack(volatile char *above)
{
    char frame[4096];

    memset(frame, *above, sizeof frame);
    if (frame[17] != 0) {
        overflow_stack(frame);
    }
    *above = frame[17]; /* so that it is no loop */
}

static void jump(uint64_t to)
{
    ((void (*)(void))(uintptr_t)to)();
}

static void divide(void)
{
    volatile uint32_t number = 1000;

    number = number / (choice.way & ~choice.way);
}

static void call_32_bit(void)
{
#if defined(__x86_64__)
    long result = 20; /* getpid */

    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    unless_negative(result, "a 32-bit system call");
#else
    __builtin_trap();
#endif
}

/* -- ways that only fail -- */

static void take_memory(void)
{
    long end = try(SYS_brk, 0, 0, 0, 0, 0);
    long wanted = end + (8L << 30);

    if (try(SYS_brk, wanted, 0, 0, 0, 0) == wanted) {
        sddf_printf_("escaped: it has 8 GiB\n");
    }
}

static void fill_log(void)
{
    static char text[1 << 20];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\n';
    for (int i = 0; i < 128; i++) {
        if (write(2, text, sizeof text) <= 0) {
            return;
        }
    }
    sddf_printf_("escaped: a log of 128 MiB\n");
}

/* -- the host's clock -- */

static uint64_t counter(void)
{
#if defined(__x86_64__)
    uint32_t low, high, core;

    if (choice.way == ESCAPE_RDTSCP) {
        __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(core));
    } else {
        __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    }
    return (uint64_t)high << 32 | low;
#else
    return 0;
#endif
}

static void attempt_clock(void)
{
    struct timespec now = {0}, moment = {.tv_nsec = 1000000};
    struct timeval day = {0};
    static uint32_t never;

    switch (choice.way) {
    case ESCAPE_CLOCK_GETTIME:
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        break;
    case ESCAPE_CLOCK_COARSE:
        (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
        break;
    case ESCAPE_CLOCK_CALL:
        (void)try(SYS_clock_gettime, CLOCK_MONOTONIC, as_long(&now), 0, 0, 0);
        break;
    case ESCAPE_GETTIMEOFDAY:
        (void)gettimeofday(&day, NULL);
        break;
    case ESCAPE_TIME:
        now.tv_sec = time(NULL);
        break;
    case ESCAPE_RDTSC:
    case ESCAPE_RDTSCP:
        now.tv_nsec = (long)counter();
        break;
    case ESCAPE_SLEEP:
        (void)try(SYS_nanosleep, as_long(&moment), 0, 0, 0, 0);
        break;
    case ESCAPE_WAIT_FOREVER:
        (void)try(SYS_futex, as_long(&never), FUTEX_WAIT, 0, 0, 0);
        break;
    default:
        return;
    }
    sddf_printf_("escaped: it knows what time it is\n");
}

/* Little and much: neither is a way out. */
static void take_and_give_back(void)
{
    for (size_t bytes = 16; bytes < 1u << 16; bytes *= 4) {
        volatile char *memory = malloc(bytes);

        if (memory != NULL) {
            memory[bytes - 1] = 1;
        }
        free((void *)memory);
    }
}

static uint64_t noise(void)
{
    static uint64_t x;

    x += 0x9e3779b97f4a7c15u * choice.way;
    uint64_t z = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    return choice.way == ESCAPE_SCRIBBLE_ONES ? ~0ul : z ^ z >> 27;
}

/* Words of noise, among them small ones, which may pass for plausible. */
static void scribble(uint64_t vaddr, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes; at += 8) {
        uint64_t word = noise();

        ((volatile uint64_t *)(uintptr_t)vaddr)[at / 8] = word % 5 == 0 ? word % 300 : word;
    }
}

/* The runtime's page is the first thing in its window; what the supervisor orders in it stays. */
static void scribble_page(void)
{
    uint64_t window = (uint64_t)(uintptr_t)config.tx_data.vaddr & ~0xffffffffull;

    scribble(window, 4);
    scribble(window + 24, 0x10000 - 24);
}

static void attempt_scribble(void)
{
    switch (choice.way) {
    case ESCAPE_SCRIBBLE_QUEUES:
        scribble((uint64_t)(uintptr_t)config.rx.free_queue.vaddr, config.rx.free_queue.size);
        scribble((uint64_t)(uintptr_t)config.rx.active_queue.vaddr, config.rx.active_queue.size);
        scribble((uint64_t)(uintptr_t)config.tx.free_queue.vaddr, config.tx.free_queue.size);
        scribble((uint64_t)(uintptr_t)config.tx.active_queue.vaddr, config.tx.active_queue.size);
        sddf_notify(config.rx.id);
        sddf_notify(config.tx.id);
        break;
    case ESCAPE_SCRIBBLE_ONES:
    case ESCAPE_SCRIBBLE_NOISE_1:
    case ESCAPE_SCRIBBLE_NOISE_2:
    case ESCAPE_SCRIBBLE_NOISE_3:
        scribble_page();
        break;
    default:
        break;
    }
}

static void attempt_fault(void)
{
    switch (choice.way) {
    case ESCAPE_STORE_READ_ONLY:
        only_read()[64] = 1;
        break;
    case ESCAPE_READ_BEYOND:
        (void)only_read()[config.rx_data.size];
        break;
    case ESCAPE_READ_OTHER:
        (void)*(only_read() + 0x100000000); /* the same place in the next domain's window */
        break;
    case ESCAPE_READ_NULL:
        (void)*(volatile uint64_t *)(uintptr_t)(choice.way & ~choice.way);
        break;
    case ESCAPE_READ_NON_CANONICAL:
        (void)*(volatile uint64_t *)0xdead000000000000;
        break;
    case ESCAPE_JUMP_NULL:
        jump(choice.way & ~choice.way);
        break;
    case ESCAPE_JUMP_DATA:
        jump((uint64_t)(uintptr_t)config.tx_data.vaddr);
        break;
    case ESCAPE_OVERFLOW_STACK:
        overflow_stack(&(char){1});
        break;
    case ESCAPE_DIVIDE:
        divide();
        break;
    case ESCAPE_TRAP:
        __builtin_trap();
        break;
    case ESCAPE_BREAKPOINT:
        raise(SIGTRAP);
        break;
    case ESCAPE_ABORT:
        abort();
    case ESCAPE_EXIT:
        _exit(0);
    case ESCAPE_EXIT_HANDLERS:
        exit(0);
    case ESCAPE_EXIT_FAILED:
        _exit(3);
    case ESCAPE_SPIN:
        for (;;) {
            __asm__ volatile("" ::: "memory");
        }
    case ESCAPE_32_BIT:
        call_32_bit();
        break;
    case ESCAPE_TAKE_MEMORY:
        take_memory();
        break;
    case ESCAPE_FILL_LOG:
        fill_log();
        break;
    case ESCAPE_MALLOC:
        take_and_give_back();
        break;
    default:
        break;
    }
}

static void attempt_file(void)
{
    switch (choice.way) {
    case ESCAPE_OPEN_FD:
        unless_negative(try(SYS_openat, AT_FDCWD, as_long("/proc/self/fd/3"), O_RDWR, 0, 0),
                        "openat");
        break;
    case ESCAPE_OPEN_MAP:
        unless_negative(try(SYS_openat, AT_FDCWD, as_long("/proc/self/map_files"), O_RDONLY, 0, 0),
                        "openat");
        break;
    case ESCAPE_OPEN_MEM:
        unless_negative(try(SYS_openat, AT_FDCWD, as_long("/proc/self/mem"), O_RDWR, 0, 0),
                        "openat");
        break;
    case ESCAPE_CREATE:
        unless_negative(try(SYS_openat, AT_FDCWD, as_long("here"), O_RDONLY | O_CREAT, 0600, 0),
                        "openat");
        break;
    case ESCAPE_LOOK_INTO_OTHERS:
        look_into_others();
        break;
    case ESCAPE_READ_FOREIGN:
        for (long fd = 0; fd < 1024; fd++) {
            char bytes[8];

            unless_negative(fd == 0 ? -1 : try(SYS_read, fd, as_long(bytes), sizeof bytes, 0, 0),
                            "read");
        }
        break;
    case ESCAPE_WRITE_FOREIGN:
        unless_negative(try(SYS_write, 0, as_long("x"), 1, 0, 0), "write");
        break;
    case ESCAPE_DEAFEN:
        deafen();
        break;
    case ESCAPE_MMAP_FD:
        unless_negative(try(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3), "mmap");
        break;
    default:
        break;
    }
}

static void attempt(void)
{
    static const uint32_t calls[] = ESCAPE_CALLS;
    char bytes[64] = {0};
    struct iovec vector = {bytes, sizeof bytes};

    if (choice.way < ESCAPE_FIRST_CALL) {
        attempt_fault();
        attempt_clock();
        attempt_file();
        attempt_scribble();
        if (choice.way == ESCAPE_WIDEN) {
            widen();
        }
        return;
    }
    uint32_t number = calls[choice.way - ESCAPE_FIRST_CALL];
    long result;

    switch (number) {
    case SYS_kill:
        result = try(SYS_kill, getpid() - 1, SIGKILL, 0, 0,
                     0); /* it was forked by, or after, that one */
        break;
    case SYS_tgkill:
        result = try(SYS_tgkill, 1, 1, SIGKILL, 0, 0);
        break;
    case SYS_ptrace:
        result = try(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0, 0);
        break;
    case SYS_socket:
        result = try(SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0);
        break;
    case SYS_process_vm_writev:
    case SYS_process_vm_readv:
        result = try(number, 1, as_long(&vector), 1, as_long(&vector), 1);
        break;
    case SYS_execve:
        result = try(SYS_execve, as_long("/bin/true"), as_long((char *[]){bytes, NULL}), 0, 0, 0);
        break;
    case SYS_memfd_create:
        result = try(SYS_memfd_create, as_long("x"), 0, 0, 0, 0);
        break;
    default:
        result = try(number, 0, 0, 0, 0, 0);
        break;
    }
    unless_negative(result, "a system call came back");
}

__attribute__((constructor)) static void as_loaded(void)
{
    if (choice.when == ESCAPE_AS_LOADED) {
        attempt();
    }
}

void init(void)
{
    if (choice.when == ESCAPE_IN_INIT) {
        attempt();
    }
    sddf_printf_("still here\n");
}

void notified(sddf_channel ch)
{
    (void)ch;
    if (choice.when == ESCAPE_WHEN_NOTIFIED) {
        attempt();
    }
}
