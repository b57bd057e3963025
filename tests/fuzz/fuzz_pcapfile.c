/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a capture: they are refused with a sentence, or every frame can be read twice. The
 * bytes reach the reader through a file in memory, so that it maps them as it would a file.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/base/pcapfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read all frames, touching every byte. */
static uint64_t read_all(struct pcapfile *p, uint64_t *frames)
{
    struct frame_record frame;
    uint64_t sum = 0;

    *frames = 0;
    while (pcapfile_next(p, &frame)) {
        assert(frame.bytes_count >= 1);
        assert(frame.bytes_count <= PCAPFILE_FRAME_BYTES_MAX);
        for (uint32_t i = 0; i < frame.bytes_count; i++) {
            sum = sum * 31 + frame.bytes[i];
        }
        sum += frame.time_ns;
        (*frames)++;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[PCAPFILE_WHY_BYTES] = "", path[64];
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct pcapfile *p = NULL;
    uint64_t frames, again;

    if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
        return 0;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (pcapfile_open(&p, path, why) != 0) {
        assert(strlen(why) > strlen(path));
        assert(p == NULL);
    } else {
        uint64_t sum = read_all(p, &frames);

        assert(frames == pcapfile_count(p));
        pcapfile_rewind(p);
        assert(read_all(p, &again) == sum);
        assert(again == frames);
        pcapfile_close(p);
    }
    close(fd);
    return 0;
}
