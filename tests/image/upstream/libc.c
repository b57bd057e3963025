/* SPDX-License-Identifier: BSD-2-Clause */
/* A C library of its own, with loops that compilers take for calls of it; it prints by the serial
 * queue. */
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <sddf/util/util.h>
#include <sddf/serial/queue.h>
#include <os/sddf.h>
void *memcpy(void *restrict d, const void *restrict s, size_t n)
{
    char *a = d;
    const char *b = s;
    while (n--)
        *a++ = *b++;
    return d;
}
void *memmove(void *d, const void *s, size_t n)
{
    char *a = d;
    const char *b = s;
    if (a < b)
        while (n--)
            *a++ = *b++;
    else
        while (n--)
            a[n] = b[n];
    return d;
}
void *memset(void *d, int c, size_t n)
{
    char *a = d;
    while (n--)
        *a++ = c;
    return d;
}
size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}
int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a - *b;
}
int isdigit(int c)
{
    return c >= '0' && c <= '9';
}
int atoi(const char *s)
{
    return sddf_atoi(s);
}
void abort(void)
{
    __builtin_trap();
}
void __stack_chk_fail(void)
{
    __builtin_trap();
}
static sddf_channel tx;
static serial_queue_handle_t *h;
static uint32_t local_tail;
void serial_putchar_init(sddf_channel ch, serial_queue_handle_t *q)
{
    tx = ch;
    h = q;
}
void _sddf_putchar(char c)
{
    if (h->capacity - (local_tail - h->queue->head) < 2)
        return;
    if (c == '\n')
        serial_enqueue_local(h, &local_tail, '\r');
    serial_enqueue_local(h, &local_tail, c);
    if (c == '\n' || serial_queue_full(h, local_tail + 1)) {
        serial_update_shared_tail(h, local_tail);
        sddf_notify(tx);
    }
}
int putchar(int c)
{
    _sddf_putchar(c);
    return c;
}
static void num(unsigned long v, unsigned base)
{
    char b[24];
    int i = 0;
    do {
        b[i++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    while (i)
        _sddf_putchar(b[--i]);
}
int sddf_printf_(const char *f, ...)
{
    va_list a;
    va_start(a, f);
    for (; *f; f++) {
        if (*f != '%') {
            _sddf_putchar(*f);
            continue;
        }
        int l = 0;
        f++;
        while (*f == 'l' || *f == 'z' || isdigit(*f)) {
            l |= *f != 0;
            f++;
        }
        switch (*f) {
        case 's':
            for (const char *s = va_arg(a, char *); *s; s++)
                _sddf_putchar(*s);
            break;
        case 'u':
        case 'd':
            num(l ? va_arg(a, unsigned long) : va_arg(a, unsigned), 10);
            break;
        case 'x':
            num(l ? va_arg(a, unsigned long) : va_arg(a, unsigned), 16);
            break;
        default:
            _sddf_putchar(*f);
        }
    }
    va_end(a);
    return 0;
}
void _assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    sddf_printf_("Failed assertion '%s' at %s:%u in function %s\n", assertion, file, line,
                 function);
    while (1) {
        __builtin_trap();
    }
}
