/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the framework prescribes that an image may call, each in one line upon the current domain.
 * These names are exported to images; a program that runs images by hand may define all of them
 * itself instead.
 */
#include <microkit.h>
#include <os/sddf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sddf/hw/mmio.h>
#include <sddf/os/point.h>
#include <sddf/util/cache.h>
#include <sddf/util/printf.h>
#include <sddf/util/util.h>

#include "sim/exec/domain.h"

#define PRINT_BYTES     512
#define PRINT_BYTES_MAX 16384

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

/* What it wrote before is done before what it calls for; where in the image the call comes from,
 * for what is told of it; and what its queues do not tell is looked at before others run. */
#define CALLED()                                                                            \
    (registers_settle(domain_current), domain_current->place = __builtin_return_address(0), \
     domain_look(domain_current))

char *sddf_get_pd_name(void)
{
    return domain_current->name;
}

void sddf_notify(sddf_channel ch)
{
    CALLED();
    point(POINT_NOTIFY, NULL, ch);
    domain_notify(domain_current, ch);
}

void sddf_deferred_notify(sddf_channel ch)
{
    CALLED();
    domain_defer(domain_current, DEFERRED_NOTIFY, ch);
}

sddf_channel sddf_deferred_notify_curr(void)
{
    const struct domain *d = domain_current;

    switch (d->deferred.kind) {
    case DEFERRED_NOTIFY:
        return d->deferred.channel;
    case DEFERRED_ACK:
        return 128 +
               d->deferred.channel; /* Microkit's capability arithmetic; no channel has this id */
    default:
        return (sddf_channel)-1;
    }
}

void sddf_irq_ack(sddf_channel ch)
{
    CALLED();
    point(POINT_IRQ_ACK, NULL, ch);
    domain_irq_ack(domain_current, ch);
}

void sddf_deferred_irq_ack(sddf_channel ch)
{
    CALLED();
    domain_defer(domain_current, DEFERRED_ACK, ch);
}

seL4_MessageInfo_t sddf_ppcall(sddf_channel ch, seL4_MessageInfo_t info)
{
    seL4_MessageInfo_t answer;

    CALLED();
    point(POINT_PPCALL, NULL, ch);
    answer.words[0] = domain_ppcall(domain_current, ch, info.words[0]);
    return answer;
}

uint64_t sddf_get_mr(unsigned int n)
{
    return n < TURN_MRS ? domain_current->mrs[n] : 0;
}

void sddf_set_mr(unsigned int n, uint64_t value)
{
    if (n < TURN_MRS) {
        domain_current->mrs[n] = value;
    }
}

/* -- registers -- */

uint64_t sddfsim_mmio_read(const volatile void *vaddr, unsigned bytes)
{
    CALLED();
    point(POINT_MMIO_READ, vaddr, bytes);
    return domain_mmio_read(domain_current, (uint64_t)(uintptr_t)vaddr, bytes);
}

void sddfsim_mmio_write(volatile void *vaddr, unsigned bytes, uint64_t value)
{
    CALLED();
    point(POINT_MMIO_WRITE, vaddr, bytes);
    domain_mmio_write(domain_current, (uint64_t)(uintptr_t)vaddr, bytes, value);
}

/* -- caches: the host's are coherent; what a clean or an invalidate costs is the point's business,
 * what comes of it where a region is not coherent, the domain's -- */

void cache_clean(unsigned long start, unsigned long end)
{
    CALLED();
    point(POINT_CACHE_CLEAN, (const void *)start, end - start);
    domain_cache(domain_current, start, end, false);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void cache_clean_and_invalidate(unsigned long start, unsigned long end)
{
    CALLED();
    point(POINT_CACHE_INVALIDATE, (const void *)start, end - start);
    domain_cache(domain_current, start, end, true);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* -- output -- */

void _assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    char text[PRINT_BYTES];
    int bytes = snprintf(text, sizeof text, "assertion failed: %s, function %s, file %s, line %u\n",
                         assertion, function, file, line);

    domain_print(domain_current, text,
                 (size_t)bytes < sizeof text ? (size_t)bytes : sizeof text - 1);
    domain_failed(domain_current, assertion, file, line, function);
    __builtin_trap();
}

/* Called by what compilers put at the end of functions with arrays, instead of the C library's. */
void sddfsim_stack_chk_fail(void);
void sddfsim_stack_chk_fail(void)
{
    static const char text[] = "a local array was written beyond its end\n";

    domain_print(domain_current, text, sizeof text - 1);
    __builtin_trap();
}

/*
 * A text of any length up to PRINT_BYTES_MAX, the rest of which is lost. Stacks of domains are
 * small, so it is no domain's: nobody else runs on this thread until it is printed. How much of it
 * there is, in *bytes; how long it would have been is returned.
 */
static int make_text(const char **text, size_t *bytes, const char *format, va_list args)
{
    static __thread char made[PRINT_BYTES_MAX];
    int length = vsnprintf(made, sizeof made, format, args);

    *text = made;
    *bytes = length < 0 ? 0 : (size_t)length < sizeof made ? (size_t)length : sizeof made - 1;
    return length;
}

int sddf_vprintf_(const char *format, va_list args)
{
    const char *text;
    size_t bytes;
    int length = make_text(&text, &bytes, format, args);

    if (bytes > 0) {
        domain_print(domain_current, text, bytes);
    }
    return length;
}

int sddf_printf_(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int bytes = sddf_vprintf_(format, arguments);
    va_end(arguments);
    return bytes;
}

int sddf_sprintf_(char *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int bytes =
        vsprintf(buffer, format, arguments); /* the framework's own interface is unbounded */
    va_end(arguments);
    return bytes;
}

int sddf_vsnprintf_(char *buffer, size_t count, const char *format, va_list args)
{
    return vsnprintf(buffer, count, format, args);
}

int sddf_snprintf_(char *buffer, size_t count, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int bytes = vsnprintf(buffer, count, format, arguments);
    va_end(arguments);
    return bytes;
}

int sddf_fctprintf(void (*out)(char character, void *arg), void *arg, const char *format, ...)
{
    const char *text;
    size_t bytes;
    va_list arguments;

    va_start(arguments, format);
    int length = make_text(&text, &bytes, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < bytes; i++) {
        out(text[i], arg);
    }
    return length;
}

void _sddf_putchar(char character)
{
    domain_print(domain_current, &character, 1);
}

/* By its queue or as it is, it ends in the domain's log. */
void serial_putchar_init(sddf_channel serial_tx_ch, serial_queue_handle_t *serial_tx_queue_handle)
{
    (void)serial_tx_ch, (void)serial_tx_queue_handle;
}

/* -- the same by the names that other sources use: they are called from an image, and so tell of a
 * place in one -- */

#define SAME_AS(name) __attribute__((__alias__(name)))

void sddf_putchar_unbuffered(char character) SAME_AS("_sddf_putchar");
void seL4_DebugPutChar(char c) SAME_AS("_sddf_putchar");
void microkit_notify(microkit_channel ch) SAME_AS("sddf_notify");
void microkit_deferred_notify(microkit_channel ch) SAME_AS("sddf_deferred_notify");
void microkit_irq_ack(microkit_channel ch) SAME_AS("sddf_irq_ack");
void microkit_deferred_irq_ack(microkit_channel ch) SAME_AS("sddf_deferred_irq_ack");
microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo info) SAME_AS("sddf_ppcall");

seL4_Word microkit_mr_get(seL4_Uint8 mr)
{
    return sddf_get_mr(mr);
}

void microkit_mr_set(seL4_Uint8 mr, seL4_Word value)
{
    sddf_set_mr(mr, value);
}

seL4_Word seL4_GetMR(int i)
{
    return sddf_get_mr((unsigned)i);
}

void seL4_SetMR(int i, seL4_Word mr)
{
    sddf_set_mr((unsigned)i, mr);
}

void microkit_dbg_putc(int c)
{
    _sddf_putchar((char)c);
}

void microkit_dbg_puts(const char *s)
{
    domain_print(domain_current, s, strlen(s));
}

/* -- x86 ports: those of a domain's device; who has none, or strays from them, reads all ones -- */

static uint64_t port_read(microkit_ioport ioport, seL4_Word port, unsigned bytes)
{
    uint64_t vaddr = domain_port(domain_current, ioport, port, bytes);

    return vaddr == 0 ? UINT64_MAX : sddfsim_mmio_read((const void *)(uintptr_t)vaddr, bytes);
}

static void port_write(microkit_ioport ioport, seL4_Word port, unsigned bytes, uint64_t value)
{
    uint64_t vaddr = domain_port(domain_current, ioport, port, bytes);

    if (vaddr != 0) {
        sddfsim_mmio_write((void *)(uintptr_t)vaddr, bytes, value);
    }
}

seL4_Uint8 microkit_x86_ioport_read_8(microkit_ioport ioport, seL4_Word port)
{
    return (seL4_Uint8)port_read(ioport, port, 1);
}

seL4_Uint16 microkit_x86_ioport_read_16(microkit_ioport ioport, seL4_Word port)
{
    return (seL4_Uint16)port_read(ioport, port, 2);
}

seL4_Uint32 microkit_x86_ioport_read_32(microkit_ioport ioport, seL4_Word port)
{
    return (seL4_Uint32)port_read(ioport, port, 4);
}

void microkit_x86_ioport_write_8(microkit_ioport ioport, seL4_Word port, seL4_Word value)
{
    port_write(ioport, port, 1, (uint8_t)value);
}

void microkit_x86_ioport_write_16(microkit_ioport ioport, seL4_Word port, seL4_Word value)
{
    port_write(ioport, port, 2, (uint16_t)value);
}

void microkit_x86_ioport_write_32(microkit_ioport ioport, seL4_Word port, seL4_Word value)
{
    port_write(ioport, port, 4, (uint32_t)value);
}
