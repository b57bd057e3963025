/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: a line is put together on the stack and written with one write, so that lines of several
 * processes on one stderr stay whole. A line too long ends in "...". Control characters never reach
 * the terminal.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/log.h"

#define LINE_BYTES 1024

static enum log_level heard = LOG_USUAL;

static _Thread_local struct {
    const char *name;
    uint64_t (*now_ns)(void *context);
    void *context;
} speaker;

void log_level_set(enum log_level level)
{
    heard = level;
}

bool log_more(void)
{
    return heard >= LOG_MORE;
}

void log_speaker_set(const char *name, uint64_t (*now_ns)(void *context), void *context)
{
    speaker.name = name;
    speaker.now_ns = now_ns;
    speaker.context = context;
}

static size_t put_speaker(char *line, size_t room)
{
    const char *name = speaker.name == NULL ? "sddfsim" : speaker.name;
    int length;

    if (speaker.now_ns == NULL) {
        length = snprintf(line, room, "%s: ", name);
    } else {
        uint64_t now_ns = speaker.now_ns(speaker.context);

        length = snprintf(line, room, "%s: %llu.%09llu s: ", name,
                          (unsigned long long)(now_ns / 1000000000u),
                          (unsigned long long)(now_ns % 1000000000u));
    }
    return length < 0 ? 0 : (size_t)length;
}

static void write_all(const char *line, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, line, length);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return; /* a terminal that went away is not our trouble */
        }
        line += written;
        length -= (size_t)written;
    }
}

static void say(const char *reason, const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    const size_t room = sizeof line - 1; /* one for the newline */
    size_t length = put_speaker(line, room);
    int more;

    if (length < room) {
        more = vsnprintf(line + length, room - length, format, arguments);
        length += more < 0 ? 0 : (size_t)more;
    }
    if (reason != NULL && length < room) {
        more = snprintf(line + length, room - length, ": %s", reason);
        length += more < 0 ? 0 : (size_t)more;
    }
    if (length >= room) {
        length = room - 1;
        memcpy(line + length - 3, "...", 3);
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)line[i];

        if (c < 0x20 || c == 0x7f) {
            line[i] = '?';
        }
    }
    line[length++] = '\n';
    write_all(line, length);
}

void log_warn(const char *format, ...)
{
    int error = errno;
    char reason[128];
    va_list arguments;

    va_start(arguments, format);
    say(strerror_r(error, reason, sizeof reason), format, arguments);
    va_end(arguments);
    errno = error;
}

void log_warnx(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    va_start(arguments, format);
    say(NULL, format, arguments);
    va_end(arguments);
    errno = error;
}

void log_info(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    if (heard < LOG_USUAL) {
        return;
    }
    va_start(arguments, format);
    say(NULL, format, arguments);
    va_end(arguments);
    errno = error;
}

void log_debug(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    if (heard < LOG_MORE) {
        return;
    }
    va_start(arguments, format);
    say(NULL, format, arguments);
    va_end(arguments);
    errno = error;
}
