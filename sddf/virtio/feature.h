/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_VIRTIO_FEATURE_H
#define SDDF_VIRTIO_FEATURE_H
/*
 * Features that any virtio device may have, VIRTIO 1.2 section 6. All are bit numbers; those of a
 * kind of device lie below 24 and above 49.
 */
#include <stdint.h>
#include <sddf/util/printf.h>

#define VIRTIO_F_INDIRECT_DESC     28
#define VIRTIO_F_EVENT_IDX         29
#define VIRTIO_F_VERSION_1         32
#define VIRTIO_F_ACCESS_PLATFORM   33
#define VIRTIO_F_RING_PACKED       34
#define VIRTIO_F_IN_ORDER          35
#define VIRTIO_F_ORDER_PLATFORM    36
#define VIRTIO_F_SR_IOV            37
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#define VIRTIO_F_RING_RESET        40

/* One line for each of the above that is in `feature`; in debug builds only. */
static inline void virtio_print_reserved_feature_bits(uint64_t feature)
{
    static const char *const names[] = {
        [VIRTIO_F_INDIRECT_DESC] = "VIRTIO_F_INDIRECT_DESC",
        [VIRTIO_F_EVENT_IDX] = "VIRTIO_F_EVENT_IDX",
        [VIRTIO_F_VERSION_1] = "VIRTIO_F_VERSION_1",
        [VIRTIO_F_ACCESS_PLATFORM] = "VIRTIO_F_ACCESS_PLATFORM",
        [VIRTIO_F_RING_PACKED] = "VIRTIO_F_RING_PACKED",
        [VIRTIO_F_IN_ORDER] = "VIRTIO_F_IN_ORDER",
        [VIRTIO_F_ORDER_PLATFORM] = "VIRTIO_F_ORDER_PLATFORM",
        [VIRTIO_F_SR_IOV] = "VIRTIO_F_SR_IOV",
        [VIRTIO_F_NOTIFICATION_DATA] = "VIRTIO_F_NOTIFICATION_DATA",
        [VIRTIO_F_NOTIF_CONFIG_DATA] = "VIRTIO_F_NOTIF_CONFIG_DATA",
        [VIRTIO_F_RING_RESET] = "VIRTIO_F_RING_RESET",
    };

    for (unsigned int bit = 0; bit < sizeof names / sizeof names[0]; bit++) {
        if ((feature >> bit & 1) != 0 && names[bit] != NULL) {
            sddf_dprintf("    %s\n", names[bit]);
        }
    }
}
#endif
