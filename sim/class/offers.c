/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the machine itself offers to whoever has a section for it, whatever its class: a timer, a
 * console to print by, and memory for the pbufs of a lwIP that the image brings along. A domain is
 * given only what its image asks for by such a section; the others' plans are as if there were none
 * of this.
 */
#include <string.h>
#include <sys/mman.h>

#include <sddf/serial/config.h>
#include <sddf/timer/config.h>

#include "sim/base/elf.h"
#include "sim/class/class.h"

#define PBUF_BYTES 64u /* more than a struct pbuf_custom of any lwIP 2, and where it points to */

/* As lib_sddf_lwip_config_t, whose header needs lwIP's own. */
struct lwip_config {
    char magic[5];
    region_resource_t pbuf_pool;
    uint64_t num_pbufs;
};

const struct class_section class_timer_section = {".timer_client_config",
                                                  sizeof(timer_client_config_t), true};
const struct class_section class_serial_section = {".serial_client_config",
                                                   sizeof(serial_client_config_t), true};
const struct class_section class_lwip_section = {".lib_sddf_lwip_config",
                                                 sizeof(struct lwip_config), true};

static void offer_timer(struct plan *p, uint32_t pd)
{
    timer_client_config_t timer = {.driver_id = plan_channel_id(p, plan_add_timer(p, pd), pd)};

    memcpy(timer.magic, SDDF_TIMER_MAGIC, SDDF_TIMER_MAGIC_LEN);
    class_tell(p, pd, &class_timer_section, &timer, sizeof timer);
}

static serial_connection_resource_t serial_end(uint64_t vaddr, uint8_t id)
{
    return (serial_connection_resource_t){
        .queue = {.vaddr = (void *)(uintptr_t)vaddr, .size = PLAN_PAGE_BYTES},
        .data = {.vaddr = (void *)(uintptr_t)(vaddr + PLAN_PAGE_BYTES), .size = PLAN_PAGE_BYTES},
        .id = id};
}

/* Nothing is ever typed, so what it reads by has the same channel and stays empty. */
static void offer_console(struct plan *p, uint32_t pd)
{
    uint32_t channel = plan_add_console(p, pd);
    uint64_t vaddr = p->channels[channel].console_vaddr;
    uint8_t id = plan_channel_id(p, channel, pd);
    serial_client_config_t serial = {.tx = serial_end(vaddr, id),
                                     .rx = serial_end(vaddr + 2 * PLAN_PAGE_BYTES, id)};

    memcpy(serial.magic, SDDF_SERIAL_MAGIC, SDDF_SERIAL_MAGIC_LEN);
    class_tell(p, pd, &class_serial_section, &serial, sizeof serial);
}

static void offer_pbufs(struct plan *p, uint32_t pd, uint64_t count)
{
    uint64_t bytes = count * PBUF_BYTES;
    uint32_t region = plan_add_region(p, REGION_METADATA, bytes, "%s.pbufs", p->pds[pd].name);
    uint64_t vaddr = plan_add_map(p, pd, region, RIGHT_READ | RIGHT_WRITE);
    struct lwip_config lwip = {
        .magic = {'s', 'D', 'D', 'F', 0x08},
        .pbuf_pool = {.vaddr = (void *)(uintptr_t)vaddr, .size = bytes},
        .num_pbufs = count,
    };

    class_tell(p, pd, &class_lwip_section, &lwip, sizeof lwip);
}

void class_offer(struct plan *p, uint32_t pd, bool timer, uint64_t pbufs)
{
    const char *file = p->pds[pd].image_file;
    size_t size;
    uint8_t *bytes = file == NULL ? NULL : elf_map(file, &size);
    struct elf e;
    bool readable = bytes != NULL && elf_open(&e, bytes, size) == NULL;

    /* What is wrong with an image is said where images are looked at. */
    if (timer || (readable && elf_section(&e, class_timer_section.name) != NULL)) {
        offer_timer(p, pd);
    }
    if (readable && elf_section(&e, class_serial_section.name) != NULL) {
        offer_console(p, pd);
    }
    if (readable && pbufs != 0 && elf_section(&e, class_lwip_section.name) != NULL) {
        offer_pbufs(p, pd, pbufs);
    }
    if (bytes != NULL) {
        munmap(bytes, size);
    }
}
