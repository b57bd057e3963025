/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_VIRTIO_QUEUE_H
#define SDDF_VIRTIO_QUEUE_H
/*
 * A split virtqueue as driver and device share it: Virtual I/O Device (VIRTIO) Version 1.2, section
 * 2.7. A table of descriptors, which form chains; the ring of chains the driver has made available;
 * the ring of chains the device has used. Indices run freely over 16 bits, the slot of index i is
 * i % num. What the device writes is its claim.
 */
#include <stdint.h>

/* A descriptor's flags: the chain goes on at `next`; for the device to write; it names a table. */
#define VIRTQ_DESC_F_NEXT     1
#define VIRTQ_DESC_F_WRITE    2
#define VIRTQ_DESC_F_INDIRECT 4

/* Hints from either side: no notification is wanted, no interrupt is wanted. */
#define VIRTQ_USED_F_NO_NOTIFY     1
#define VIRTQ_AVAIL_F_NO_INTERRUPT 1

/* Features of the rings; bit numbers. */
#define VIRTIO_F_ANY_LAYOUT    27
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX     29

struct virtq_desc {
    uint64_t addr; /* IO address */
    uint32_t len;  /* bytes */
    uint16_t flags;
    uint16_t next;
};

struct virtq_avail {
    uint16_t flags;
    uint16_t idx; /* where the driver puts the next one */
    uint16_t ring[];
};

struct virtq_used_elem {
    uint32_t id;  /* head of the chain */
    uint32_t len; /* bytes the device has written to it */
};

struct virtq_used {
    uint16_t flags;
    uint16_t idx; /* where the device puts the next one */
    struct virtq_used_elem ring[];
};

/* A driver's view of one queue. */
struct virtq {
    uint32_t num; /* entries, a power of two */
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
    uint16_t used_head; /* the first used entry that the driver has not seen */
};

/* Whether stepping from `old_idx` to `new_idx` passes `event_idx`, where the peer wants to hear. */
static inline int virtq_need_event(uint16_t event_idx, uint16_t new_idx, uint16_t old_idx)
{
    return (uint16_t)(new_idx - event_idx - 1) < (uint16_t)(new_idx - old_idx);
}

/* Behind each ring, where EVENT_IDX was agreed on: the index at which its reader wants to hear. */
static inline uint16_t *virtq_used_event(struct virtq *vq)
{
    return &vq->avail->ring[vq->num];
}

static inline uint16_t *virtq_avail_event(struct virtq *vq)
{
    return (uint16_t *)(void *)&vq->used->ring[vq->num];
}
#endif
