/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames are written to a small capture in memory, which becomes tcpdump's standard input; its
 * standard output is another file in memory. So one child serves all frames, neither side ever
 * waits for the other, and nothing is left on disk. tcpdump numbers the packets, which is how its
 * output is cut into frames again.
 */
#include "sim/cmd/frametext.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEX_LINE_BYTES  16
#define HEX_FRAME_BYTES 128
#define NS_PER_S        1000000000u

extern char **environ;

struct frametext {
    size_t count;
    char **texts;
    const char *problem;
    char problem_text[160];
};

/* Write the frames as a capture into a new memory file, ready to be read. The descriptor or -errno.
 */
static int write_capture(const struct frame_record *const *frames, size_t count)
{
    pcap_t *dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, PCAPFILE_FRAME_BYTES_MAX,
                                                        PCAP_TSTAMP_PRECISION_NANO);
    int fd = memfd_create("frames", MFD_CLOEXEC);
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
    pcap_dumper_t *to = dead == NULL || stream == NULL ? NULL : pcap_dump_fopen(dead, stream);
    int error = -ENOMEM;

    if (to != NULL) {
        for (size_t i = 0; i < count; i++) {
            struct pcap_pkthdr header = {
                .ts = {.tv_sec = (time_t)(frames[i]->time_ns / NS_PER_S),
                       .tv_usec = (suseconds_t)(frames[i]->time_ns % NS_PER_S)},
                .caplen = frames[i]->bytes_count,
                .len = frames[i]->bytes_count,
            };

            pcap_dump((uint8_t *)to, &header, frames[i]->bytes);
        }
        error = pcap_dump_flush(to) == 0 && lseek(fd, 0, SEEK_SET) == 0 ? 0 : -EIO;
        pcap_dump_close(to);
    } else if (stream != NULL) {
        fclose(stream);
    } else if (copy >= 0) {
        close(copy);
    }
    if (dead != NULL) {
        pcap_close(dead);
    }
    if (error != 0 && fd >= 0) {
        close(fd);
    }
    return error == 0 ? fd : error;
}

/* Run tcpdump from one descriptor to the other. 0, the errno of a failed start, or -1 when it
 * failed itself. */
static int run_tcpdump(int from, int to)
{
    char *const argv[] = {(char *)"tcpdump", (char *)"-nn", (char *)"-e", (char *)"-t",
                          (char *)"-vv",     (char *)"-S",  (char *)"-#", (char *)"-r",
                          (char *)"-",       NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = -1;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0) {
        return error;
    }
    posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    error = posix_spawnp(&pid, "tcpdump", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        return error;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* All that a file holds, with a 0 behind it; NULL if it cannot be had. */
static char *read_all(int fd)
{
    struct stat info;
    char *text = NULL;

    if (fstat(fd, &info) == 0) {
        text = calloc((size_t)info.st_size + 1, 1);
        if (text != NULL && pread(fd, text, (size_t)info.st_size, 0) != info.st_size) {
            free(text);
            text = NULL;
        }
    }
    return text;
}

/* Where the lines of packet `number` (from 1) begin: at a line that begins with the number as
 * tcpdump prints it. */
static char *find_packet(char *text, size_t number, size_t *prefix_bytes)
{
    char prefix[32];
    char *line = text;

    *prefix_bytes = (size_t)snprintf(prefix, sizeof(prefix), "%5zu  ", number);
    while (line != NULL && strncmp(line, prefix, *prefix_bytes) != 0) {
        line = strchr(line, '\n');
        line = line == NULL ? NULL : line + 1;
    }
    return line;
}

/* What came from a frame must not steer the terminal. */
static void make_harmless(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c < ' ' && c != '\n' && c != '\t') || c >= 0x7f) {
            *text = '.';
        }
    }
}

/* Cut tcpdump's output into frames. Frames that it does not mention keep no text. */
static int cut(struct frametext *t, char *text)
{
    size_t prefix_bytes, next_prefix_bytes;
    char *start = find_packet(text, 1, &prefix_bytes);

    make_harmless(text);
    for (size_t i = 0; i < t->count && start != NULL; i++) {
        char *next = find_packet(start, i + 2, &next_prefix_bytes);
        char *end = next == NULL ? start + strlen(start) : next;

        while (end > start && end[-1] == '\n') {
            end--;
        }
        start += prefix_bytes;
        t->texts[i] = strndup(start, end > start ? (size_t)(end - start) : 0);
        if (t->texts[i] == NULL) {
            return -ENOMEM;
        }
        start = next;
        prefix_bytes = next_prefix_bytes;
    }
    return 0;
}

static char *hex_of(const struct frame_record *frame)
{
    uint32_t shown = frame->bytes_count < HEX_FRAME_BYTES ? frame->bytes_count : HEX_FRAME_BYTES;
    char *text = NULL;
    size_t text_bytes = 0;
    FILE *to = open_memstream(&text, &text_bytes);

    if (to == NULL) {
        return NULL;
    }
    fprintf(to, "%u bytes", frame->bytes_count);
    for (uint32_t i = 0; i < shown; i++) {
        if (i % HEX_LINE_BYTES == 0) {
            fprintf(to, "\n0x%04x: ", i);
        }
        fprintf(to, "%s%02x", i % 2 == 0 ? " " : "", frame->bytes[i]);
    }
    if (shown < frame->bytes_count) {
        fputs("\n...", to);
    }
    if (fclose(to) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Have tcpdump do what it can. Only want of memory is an error; all else is a problem to be told.
 */
static int render(struct frametext *t, const struct frame_record *const *frames)
{
    int from = write_capture(frames, t->count);
    int to = memfd_create("text", MFD_CLOEXEC);
    char *text = NULL;
    int error = from < 0 ? from : to < 0 ? -errno : 0;

    if (error == 0) {
        int failed = run_tcpdump(from, to);

        if (failed == ENOENT) {
            t->problem = "tcpdump is not installed, so frames are shown in hexadecimal";
        } else if (failed != 0) {
            snprintf(t->problem_text, sizeof(t->problem_text),
                     "tcpdump %s%s, so frames are shown in hexadecimal",
                     failed > 0 ? "cannot be started: " : "failed",
                     failed > 0 ? strerror(failed) : "");
            t->problem = t->problem_text;
        } else {
            text = read_all(to);
            error = text == NULL ? -ENOMEM : cut(t, text);
        }
    }
    free(text);
    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        close(to);
    }
    return error;
}

int frametext_create(struct frametext **out, const struct frame_record *const *frames, size_t count)
{
    struct frametext *t = calloc(1, sizeof(*t));
    int error = -ENOMEM;

    if (t != NULL) {
        t->count = count;
        t->texts = calloc(count + 1, sizeof(*t->texts));
        error = t->texts == NULL ? -ENOMEM : count == 0 ? 0 : render(t, frames);
    }
    for (size_t i = 0; error == 0 && i < count; i++) {
        if (t->texts[i] == NULL) {
            t->texts[i] = hex_of(frames[i]);
            error = t->texts[i] == NULL ? -ENOMEM : 0;
        }
    }
    if (error != 0) {
        frametext_destroy(t);
        return error;
    }
    *out = t;
    return 0;
}

const char *frametext_of(const struct frametext *t, size_t i)
{
    return t->texts[i];
}

const char *frametext_problem(const struct frametext *t)
{
    return t->problem;
}

void frametext_destroy(struct frametext *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; t->texts != NULL && i < t->count; i++) {
        free(t->texts[i]);
    }
    free(t->texts);
    free(t);
}
