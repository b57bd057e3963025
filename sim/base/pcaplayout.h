/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_BASE_PCAPLAYOUT_H
#define SIM_BASE_PCAPLAYOUT_H
/*
 * The bytes of a classic capture file (draft-ietf-opsawg-pcap): one file header, then records, each
 * a header and the frame. Everything is in the byte order of the machine that wrote the file; the
 * magic tells which, and whether fractions of a second are micro- or nanoseconds. Shared by the
 * reader and the writer, and by nobody else: others use sim/base/pcapfile.h.
 */
#include <stdint.h>

#define PCAP_MAGIC_MICROSECONDS 0xa1b2c3d4u
#define PCAP_MAGIC_NANOSECONDS  0xa1b23c4du
#define PCAP_VERSION_MAJOR      2
#define PCAP_VERSION_MINOR      4
#define PCAP_LINKTYPE_ETHERNET  1
#define PCAP_SNAP_BYTES         262144

struct pcap_layout_file {
    uint32_t magic;
    uint16_t version_major, version_minor;
    uint32_t unused[2];
    uint32_t snap_bytes;
    uint32_t linktype;
};

struct pcap_layout_record {
    uint32_t seconds, fraction;
    uint32_t captured_bytes, frame_bytes;
};

_Static_assert(sizeof(struct pcap_layout_file) == 24, "the file header is 24 bytes on disk");
_Static_assert(sizeof(struct pcap_layout_record) == 16, "the record header is 16 bytes on disk");
#endif
