/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SDDF_PCI_CONF_SPACE_H
#define SDDF_PCI_CONF_SPACE_H
/*
 * What every device on the PCI bus tells of itself: the header of its configuration space, as the
 * PCI Local Bus Specification 3.0 has it in section 6.1 and appendix D.
 */
#include <stdint.h>
#include <microkit.h>

#define PCI_CLASS_UNCLASSIFIED                    0x00
#define PCI_CLASS_MASS_STORAGE_CONTROLLER         0x01
#define PCI_CLASS_NETWORK_CONTROLLER              0x02
#define PCI_CLASS_DISPLAY_CONTROLLER              0x03
#define PCI_CLASS_MULTIMEDIA_CONTROLLER           0x04
#define PCI_CLASS_MEMORY_CONTROLLER               0x05
#define PCI_CLASS_BRIDGE                          0x06
#define PCI_CLASS_SIMPLE_COMMUNICATION_CONTROLLER 0x07
#define PCI_CLASS_BASE_SYSTEM_PERIPHERAL          0x08
#define PCI_CLASS_INPUT_DEVICE_CONTROLLER         0x09
#define PCI_CLASS_DOCKING_STATION                 0x0a
#define PCI_CLASS_PROCESSOR                       0x0b
#define PCI_CLASS_SERIAL_BUS_CONTROLLER           0x0c
#define PCI_CLASS_WIRELESS_CONTROLLER             0x0d
#define PCI_CLASS_INTELLIGENT_CONTROLLER          0x0e
#define PCI_CLASS_SATELLITE_CONTROLLER            0x0f
#define PCI_CLASS_ENCRYPTION_CONTROLLER           0x10
#define PCI_CLASS_SIGNAL_PROCESSING_CONTROLLER    0x11

#define PCI_CLASS_NETWORK_SUBCLASS_ETHERNET 0x00
#define PCI_CLASS_BLOCK_SUBCLASS_SCSI       0x00

/* Registers that say where a device's own are, in a header of type 0. */
#define PCI_GEN_DEV_NUM_BARS 6

/* What reads as vendor where no device is. The name is as sources spell it. */
#define PCI_INVAID_READ 0xffff

/* Of every header. */
typedef volatile struct __attribute__((__packed__, __aligned__(4))) pci_common_hdr {
    uint16_t vendor_id;
    uint16_t device_id;
    uint16_t command;
    uint16_t status;
    uint8_t revision_id;
    uint8_t prog_if;
    uint8_t subclass;
    uint8_t class_code;
    uint8_t cache_line_size;
    uint8_t latency_timer;
    uint8_t header_type;
    uint8_t bist;
} pci_common_hdr_t;

/* Type 0: a device that is no bridge. */
typedef volatile struct __attribute__((__packed__, __aligned__(4))) pci_gen_dev_hdr {
    pci_common_hdr_t common_hdr;
    uint32_t base_address_registers[PCI_GEN_DEV_NUM_BARS];
    uint32_t cardbus_cis_ptr;
    uint16_t subsystem_vendor_id;
    uint16_t subsystem_id;
    uint32_t expansion_rom_base_addr;
    uint8_t cap_ptr; /* where in this space the first capability is */
    uint8_t reserved[7];
    uint8_t irq_line;
    uint8_t irq_pin;
    uint8_t min_grant;
    uint8_t max_latency;
} pci_gen_dev_hdr_t;
#endif
