/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICE_VIRTNET_H
#define COMPONENTS_DEVICE_VIRTNET_H
/*
 * A virtio network device without its transport: status, features, the two queues, the
 * configuration. How registers reach it is for the model of a transport, whose state begins with a
 * struct virtnet.
 */
#include "components/device/nic.h"
#include "components/device/virtio.h"

#define VIRTNET_QUEUES   2
#define VIRTNET_RING_MAX 1024
#define VIRTNET_RING_UNITS                                                \
    8192 /* of 8 bytes: the memory that driver and device share for rings \
          */

enum virtnet_rule {
    VIRTNET_RULE_STATUS = NIC_RULES,
    VIRTNET_RULE_OFFER,
    VIRTNET_RULE_VERSION,
    VIRTNET_RULE_FEATURES_LATE,
    VIRTNET_RULE_OK_EARLY,
    VIRTNET_RULE_NO_QUEUE,
    VIRTNET_RULE_NUM,
    VIRTNET_RULE_ALIGN,
    VIRTNET_RULE_QUEUE_LATE,
    VIRTNET_RULE_QUEUE_BUSY,
    VIRTNET_RULE_NOTIFY_EARLY,
    VIRTNET_RULE_CONFIG,
    VIRTNET_RULE_AVAIL,
    VIRTNET_RULE_CHAIN,
    VIRTNET_RULE_INDIRECT,
    VIRTNET_RULE_DIRECTION,
    VIRTNET_RULE_HEADER,
    VIRTNET_RULE_REGISTER,
    VIRTNET_RULE_BUS,
    VIRTNET_RULE_STEP,
    VIRTNET_RULE_UNREAD,
    VIRTNET_RULE_NO_QUEUES,
    VIRTNET_RULE_STRANGER
};

struct virtnet_queue {
    uint16_t num_max, num;
    bool ready;
    uint64_t descriptors, avail, used; /* IO addresses */
    uint16_t next;                     /* of what is available, the entry to look at next */
    uint16_t available;                /* as the driver's index was when last read */
    uint16_t done;                     /* the device's own index */
    bool wants_no_interrupt;
};

/* What it does not offer, or does not agree to, so that drivers can be tried. */
enum virtnet_lack {
    VIRTNET_LACKS_NOTHING,
    VIRTNET_LACKS_VERSION_1,
    VIRTNET_LACKS_IN_ORDER,
    VIRTNET_LACKS_AGREEMENT,
    /* From here on it is none that a driver of such a device may touch. */
    VIRTNET_LACKS_IDENTITY,
    VIRTNET_LACKS_MAKER,
    VIRTNET_LACKS_LAYOUT,
    VIRTNET_LACKS_ISR,
    VIRTNET_LACKS_NOTIFY
};
extern const char *const virtnet_lacks[];
#define VIRTNET_PARAM_LACKS                                                               \
    PARAM_ENUM(struct virtnet, lacks, VIRTNET_LACKS_NOTHING, virtnet_lacks,               \
               "a feature that is not offered, or that it agrees to none: a driver that " \
               "needs it says FAILED and lets it be; or it is another device, another "   \
               "maker's, or its structures (all, the isr, notifications) are elsewhere, " \
               "and is not to be touched at all")

struct virtnet {
    struct nic nic;
    uint64_t lacks;             /* scenario key */
    uint64_t offered, accepted; /* features, by bit */
    uint32_t status_at;         /* the transport's: where the status is written */
    uint8_t status, isr;
    uint8_t status_before; /* the reset that it is in; what a read of the status shows meanwhile */
    bool agreed;           /* the driver has looked whether FEATURES_OK stayed */
    struct virtnet_queue queues[VIRTNET_QUEUES];
    /* The chain that is being sent. */
    bool in_chain;
    uint16_t head, at, links;
    uint32_t header_left;
    uint8_t config[VIRTIO_NET_CONFIG_BYTES];
};

extern const struct device_rule virtnet_rules[];

/* What the transport's verbs take from here. */
bool virtnet_may_send(struct nic *n);
bool virtnet_next_piece(struct nic *n, struct nic_piece *piece);
void virtnet_give_back(struct nic *n, const struct nic_piece *piece);
void virtnet_bus_error(struct nic *n);
/* ... and its type. */
enum device_drop virtnet_frame_in(void *state, const uint8_t *frame, size_t bytes);
bool virtnet_ready(void *state);
void virtnet_timer(void *state, unsigned id);

/* Power-on. */
void virtnet_init(struct virtnet *v, const struct nic_verbs *verbs, struct bus *bus);

/* -- registers; `queue` may be anything -- */
void virtnet_set_status(struct virtnet *v, uint32_t value);
uint8_t virtnet_status(struct virtnet *v);                         /* as the driver reads it */
uint32_t virtnet_features(const struct virtnet *v, uint32_t half); /* what is offered */
void virtnet_accept(struct virtnet *v, uint32_t half, uint32_t bits);
/* The queue of that number, NULL if there is none. */
struct virtnet_queue *virtnet_queue(struct virtnet *v, uint32_t queue);
/* The same, for the driver to set up; NULL if it may not now. */
struct virtnet_queue *virtnet_setting_up(struct virtnet *v, uint32_t queue);
void virtnet_set_num(struct virtnet *v, uint32_t queue, uint32_t num);
void virtnet_set_ready(struct virtnet *v, uint32_t queue, bool ready);
void virtnet_notify(struct virtnet *v, uint32_t queue);
uint64_t virtnet_config_read(const struct virtnet *v, uint32_t offset, unsigned bytes);
void virtnet_config_write(struct virtnet *v, uint32_t offset, unsigned bytes, uint64_t value);
/* Take back interrupt causes. */
void virtnet_acknowledge(struct virtnet *v, uint32_t bits);
#endif
