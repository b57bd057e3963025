/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_VIRTIO_TRANSPORT_COMMON_H
#define SDDF_VIRTIO_TRANSPORT_COMMON_H
/*
 * What a driver of a virtio device asks of whatever its device is reached by. Each transport (in
 * memory, on the PCI bus) is one source file that defines all the functions below; a driver is
 * linked with one of them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sddf/resources/device.h>
#include <sddf/util/printf.h>

#define VIRTIO_VERSION 2

/* Why it interrupts: bits. */
#define VIRTIO_IRQ_VQUEUE 1
#define VIRTIO_IRQ_CONFIG 2

/* Device status, VIRTIO 1.2 section 2.1: bits, added one by one; writing 0 resets the device. */
#define VIRTIO_DEVICE_STATUS_ACKNOWLEDGE  1
#define VIRTIO_DEVICE_STATUS_DRIVER       2
#define VIRTIO_DEVICE_STATUS_DRIVER_OK    4
#define VIRTIO_DEVICE_STATUS_FEATURES_OK  8
#define VIRTIO_DEVICE_STATUS_DRIVER_RESET 0x40 /* the device has stopped and needs a reset */
#define VIRTIO_DEVICE_STATUS_FAILED       0x80

typedef enum {
    VIRTIO_DEVICE_ID_NET = 1,
    VIRTIO_DEVICE_ID_BLK = 2,
    VIRTIO_DEVICE_ID_CONSOLE = 3,
    VIRTIO_DEVICE_ID_GPU = 0x10,
} virtio_device_id_t;

#define LOG_VIRTIO_TRANSPORT(...)          \
    do {                                   \
        sddf_dprintf("VIRTIO TRANSPORT|"); \
        sddf_dprintf(__VA_ARGS__);         \
    } while (0)

#define LOG_VIRTIO_ERR(...)                      \
    do {                                         \
        sddf_printf("VIRTIO TRANSPORT|ERROR: "); \
        sddf_printf(__VA_ARGS__);                \
    } while (0)

/*
 * One device. The driver says where on the PCI bus it is and what it expects there before it
 * probes, and leaves that at 0 where the device's registers are in memory.
 */
typedef struct virtio_device_handle {
    device_resources_t *device_resources;
    uint8_t pci_bus;
    uint8_t pci_dev;
    uint8_t pci_func;
    uint8_t pci_class_code;
    uint8_t pci_subclass;
    uint16_t pci_vendor_id;
    uint16_t pci_device_id;
} virtio_device_handle_t;

/* Whether the device is there, of that kind (a virtio_device_id_t). Before anything else. */
bool virtio_transport_probe(device_resources_t *device_resources,
                            virtio_device_handle_t *device_handle, uint32_t device_id);

/* Where what is particular to this kind of device lies: registers too. */
void *virtio_transport_get_device_config(virtio_device_handle_t *device_handle);

void virtio_transport_set_status(virtio_device_handle_t *device_handle, uint8_t status);
uint8_t virtio_transport_get_status(virtio_device_handle_t *device_handle);

/* Features 32 at a time: those numbered 32 * `select` and up. */
uint32_t virtio_transport_get_device_features(virtio_device_handle_t *device_handle,
                                              uint32_t select);
uint32_t virtio_transport_get_driver_features(virtio_device_handle_t *device_handle,
                                              uint32_t select);
void virtio_transport_set_driver_features(virtio_device_handle_t *device_handle, uint32_t select,
                                          uint32_t driver_features);

/* How many entries queue `select` can have; 0 if there is none. */
uint16_t virtio_transport_queue_get_capacity(virtio_device_handle_t *device_handle,
                                             uint32_t select);

/* Say where the three parts of a queue are, in IO addresses, and start it. False: it cannot be. */
bool virtio_transport_queue_setup(virtio_device_handle_t *device_handle, uint32_t select,
                                  uint16_t size, uint64_t desc, uint64_t driver, uint64_t device);

/* Tell the device that something was made available in queue `select`. */
void virtio_transport_queue_notify(virtio_device_handle_t *device_handle, uint32_t select);

/* Why it interrupts; and that this was seen. */
uint32_t virtio_transport_read_isr(virtio_device_handle_t *device_handle);
void virtio_transport_write_isr(virtio_device_handle_t *device_handle, uint32_t isr);
#endif
