/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMPONENTS_DEVICES_H
#define COMPONENTS_DEVICES_H
/*
 * One row per device model, in the order `list` prints them: row x is `device_x`, defined in
 * components/device/x.c.
 */
#define DEVICE_TYPES(ROW) \
    ROW(enet)             \
    ROW(virtio_net)       \
    ROW(virtio_net_pci)   \
    ROW(gem)              \
    ROW(meson)            \
    ROW(eqos)             \
    ROW(eqos_star64)      \
    ROW(genet)
#endif
