/* SPDX-License-Identifier: BSD-2-Clause */
/* Resources and the configuration of each role, defined as components define them. */
#include <sddf/resources/common.h>
#include <sddf/resources/device.h>
#include <sddf/network/config.h>
#include <sddf/serial/config.h>
#include <sddf/timer/config.h>
#include <sddf/benchmark/config.h>
#include <sddf/util/util.h>
#include "facts.h"

__attribute__((__section__(".device_resources"))) device_resources_t device_resources;
__attribute__((__section__(".net_driver_config"))) net_driver_config_t driver_config;
__attribute__((__section__(".net_virt_rx_config"))) net_virt_rx_config_t virt_rx_config;
__attribute__((__section__(".net_virt_tx_config"))) net_virt_tx_config_t virt_tx_config;
__attribute__((__section__(".net_copy_config"))) net_copy_config_t copy_config;
__attribute__((__section__(".net_client_config"))) net_client_config_t net_config;
__attribute__((__section__(".net_vswitch_config"))) net_vswitch_config_t vswitch_config;
__attribute__((__section__(".serial_driver_config"))) serial_driver_config_t serial_driver;
__attribute__((__section__(".serial_virt_rx_config"))) serial_virt_rx_config_t serial_virt_rx;
__attribute__((__section__(".serial_virt_tx_config"))) serial_virt_tx_config_t serial_virt_tx;
__attribute__((__section__(".serial_client_config"))) serial_client_config_t serial_config;
__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer_config;
__attribute__((__section__(".benchmark_client_config"))) benchmark_client_config_t benchmark_config;

/* By tag, and begun with the magic, as a configuration in source is. */
static struct net_client_config mine = {.magic = {'s', 'D', 'D', 'F', 0x5},
                                        .tx = {.num_buffers = 512, .id = 1},
                                        .mac_addr = {{0x52, 0x54, 0x01, 0, 0, 0x07}}};
static struct device_resources own = {.num_regions = 1, .regions = {{{0, 4096}, 0x1000}}};
static const char *const magics[] = {SDDF_NET_MAGIC, SDDF_SERIAL_MAGIC, SDDF_TIMER_MAGIC,
                                     DEVICE_MAGIC};

IS(sizeof(SDDF_NET_MAGIC), SDDF_NET_MAGIC_LEN);
IS(sizeof(SDDF_SERIAL_MAGIC), SDDF_SERIAL_MAGIC_LEN);
IS(sizeof(SDDF_TIMER_MAGIC), SDDF_TIMER_MAGIC_LEN);
IS(sizeof(DEVICE_MAGIC), DEVICE_MAGIC_LEN);
IS(DEVICE_MAX_REGIONS, 64);
IS(DEVICE_MAX_IRQS, 64);
IS(SDDF_NET_MAX_CLIENTS, 64);
IS(SDDF_SERIAL_MAX_CLIENTS, 64);
IS(SDDF_TIMER_MAX_CLIENTS, 64);
IS(SDDF_SERIAL_BEGIN_STR_MAX_LEN, 128);
#if SDDF_NET_MAX_CLIENTS + SDDF_SERIAL_MAX_CLIENTS + DEVICE_MAX_IRQS != 192
#error no use in a condition of the preprocessor
#endif

SIZE(region_resource_t, 16);
FIELD(region_resource_t, vaddr, void *);
FIELD(region_resource_t, size, uint64_t);
SIZE(device_region_resource_t, 24);
FIELD(device_region_resource_t, io_addr, uintptr_t);
FIELD(device_irq_resource_t, id, uint8_t);
SIZE(device_resources_t, 1608);
AT(device_resources_t, irqs, 1544);
CALL(device_resources_check_magic, bool, device_resources_t *);
CALL(net_config_check_magic, bool, void *);
CALL(serial_config_check_magic, bool, void *);
CALL(timer_config_check_magic, bool, void *);

SIZE(net_connection_resource_t, 40);
FIELD(net_connection_resource_t, num_buffers, uint16_t);
FIELD(net_connection_resource_t, id, uint8_t);
SIZE(net_driver_config_t, 88);
SIZE(net_virt_tx_data_region_t, 32);
SIZE(net_virt_tx_client_config_t, 2096);
SIZE(net_virt_tx_config_t, 134200);
SIZE(net_virt_rx_client_config_t, 432);
SIZE(net_virt_rx_config_t, 27744);
SIZE(net_copy_config_t, 1128);
SIZE(net_client_config_t, 128);
SIZE(net_vswitch_port_config_t, 112);
SIZE(net_vswitch_config_t, 7200);
FIELD(net_vswitch_port_config_t, acl, uint64_t);
SIZE(serial_connection_resource_t, 40);
SIZE(serial_driver_config_t, 104);
AT(serial_driver_config_t, default_baud, 88);
AT(serial_driver_config_t, rx_enabled, 96);
SIZE(serial_virt_rx_config_t, 2616);
AT(serial_virt_rx_config_t, switch_char, 2609);
AT(serial_virt_rx_config_t, terminate_num_char, 2610);
SIZE(serial_virt_tx_client_config_t, 104);
SIZE(serial_virt_tx_config_t, 6840);
AT(serial_virt_tx_config_t, begin_str, 6705);
AT(serial_virt_tx_config_t, enable_colour, 6833);
AT(serial_virt_tx_config_t, enable_rx, 6834);
SIZE(serial_client_config_t, 88);
SIZE(timer_client_config_t, 6);
AT(timer_client_config_t, driver_id, 5);

IS(BENCHMARK_MAX_PMU_EVENTS, 6);
IS(BENCHMARK_MAX_CHILDREN, 64);
#if ENABLE_BENCHMARKING || ENABLE_PMU_EVENTS
#error nobody asked for this
#endif
SIZE(struct bench, 24);
SIZE(benchmark_child_config_t, 65);
SIZE(benchmark_config_t, 4175);
AT(benchmark_config_t, last_core, 6);
AT(benchmark_config_t, pmu_events, 4168);
SIZE(benchmark_idle_config_t, 16);
AT(benchmark_client_config_t, num_cores, 2);
AT(benchmark_client_config_t, core_ccounts, 8);
SIZE(benchmark_client_config_t, 8 + 8 * CONFIG_MAX_NUM_NODES);

int use(void);
int use(void)
{
    assert(net_config_check_magic((void *)&net_config));
    assert(net_config_check_magic(&mine) && device_resources_check_magic(&own));
    mine.rx.id = serial_config_check_magic(&serial_config);
    return timer_config_check_magic(&timer_config) ? magics[1][4] : mine.tx.num_buffers;
}
