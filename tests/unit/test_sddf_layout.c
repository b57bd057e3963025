/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layouts that configuration blobs, queues and packets have in sDDF 0.7, so that an image built
 * elsewhere and a builder here mean the same bytes. Almost all of this test happens as it compiles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <microkit.h>
#include <os/sddf.h>
#include <sddf/network/arp.h>
#include <sddf/network/config.h>
#include <sddf/network/icmp.h>
#include <sddf/network/ip.h>
#include <sddf/network/queue.h>
#include <sddf/network/tcp.h>
#include <sddf/network/udp.h>
#include <sddf/network/util.h>
#include <sddf/network/vswitch.h>
#include <sddf/resources/common.h>
#include <sddf/resources/device.h>
#include <sddf/serial/config.h>
#include <sddf/serial/queue.h>
#include <sddf/timer/client.h>
#include <sddf/timer/config.h>
#include <sddf/util/bitarray.h>
#include <sddf/util/fsmalloc.h>
#include <sddf/util/ialloc.h>

#define SIZE(type, bytes)       _Static_assert(sizeof(type) == (bytes), #type)
#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field)

/* Resources. */
SIZE(region_resource_t, 16);
AT(region_resource_t, vaddr, 0);
AT(region_resource_t, size, 8);
SIZE(device_region_resource_t, 24);
AT(device_region_resource_t, region, 0);
AT(device_region_resource_t, io_addr, 16);
SIZE(device_irq_resource_t, 1);
SIZE(device_resources_t, 1608);
AT(device_resources_t, magic, 0);
AT(device_resources_t, num_regions, 5);
AT(device_resources_t, num_irqs, 6);
AT(device_resources_t, regions, 8);
AT(device_resources_t, irqs, 1544);

/* Network queues. */
SIZE(net_buff_desc_t, 16);
AT(net_buff_desc_t, io_or_offset, 0);
AT(net_buff_desc_t, len, 8);
SIZE(net_queue_t, 8);
AT(net_queue_t, tail, 0);
AT(net_queue_t, head, 2);
AT(net_queue_t, consumer_signalled, 4);
AT(net_queue_t, buffers, 8);
SIZE(net_queue_handle_t, 24);
AT(net_queue_handle_t, free, 0);
AT(net_queue_handle_t, active, 8);
AT(net_queue_handle_t, capacity, 16);

/* Network configuration. */
SIZE(net_connection_resource_t, 40);
AT(net_connection_resource_t, free_queue, 0);
AT(net_connection_resource_t, active_queue, 16);
AT(net_connection_resource_t, num_buffers, 32);
AT(net_connection_resource_t, id, 34);
SIZE(net_driver_config_t, 88);
AT(net_driver_config_t, magic, 0);
AT(net_driver_config_t, virt_rx, 8);
AT(net_driver_config_t, virt_tx, 48);
SIZE(net_virt_tx_data_region_t, 32);
AT(net_virt_tx_data_region_t, data, 0);
AT(net_virt_tx_data_region_t, num_buffers, 24);
SIZE(net_virt_tx_client_config_t, 2096);
AT(net_virt_tx_client_config_t, conn, 0);
AT(net_virt_tx_client_config_t, regions, 40);
AT(net_virt_tx_client_config_t, num_regions, 2088);
SIZE(net_virt_tx_config_t, 134200);
AT(net_virt_tx_config_t, driver, 8);
AT(net_virt_tx_config_t, clients, 48);
AT(net_virt_tx_config_t, num_clients, 134192);
SIZE(net_virt_rx_client_config_t, 432);
AT(net_virt_rx_client_config_t, conn, 0);
AT(net_virt_rx_client_config_t, mac_addrs, 40);
AT(net_virt_rx_client_config_t, num_macs, 424);
SIZE(net_virt_rx_config_t, 27744);
AT(net_virt_rx_config_t, driver, 8);
AT(net_virt_rx_config_t, data, 48);
AT(net_virt_rx_config_t, buffer_metadata, 72);
AT(net_virt_rx_config_t, clients, 88);
AT(net_virt_rx_config_t, num_clients, 27736);
SIZE(net_copy_config_t, 1128);
AT(net_copy_config_t, rx, 8);
AT(net_copy_config_t, rx_data, 48);
AT(net_copy_config_t, client, 1072);
AT(net_copy_config_t, client_data, 1112);
SIZE(net_client_config_t, 128);
AT(net_client_config_t, rx, 8);
AT(net_client_config_t, rx_data, 48);
AT(net_client_config_t, tx, 64);
AT(net_client_config_t, tx_data, 104);
AT(net_client_config_t, mac_addr, 120);
SIZE(net_vswitch_port_config_t, 112);
AT(net_vswitch_port_config_t, rx, 0);
AT(net_vswitch_port_config_t, tx, 40);
AT(net_vswitch_port_config_t, tx_data, 80);
AT(net_vswitch_port_config_t, mac_addr, 96);
AT(net_vswitch_port_config_t, acl, 104);
SIZE(net_vswitch_config_t, 7200);
AT(net_vswitch_config_t, ports, 8);
AT(net_vswitch_config_t, num_ports, 7176);
AT(net_vswitch_config_t, buffer_metadata, 7184);
_Static_assert(SDDF_NET_MAX_CLIENTS == 64, "clients");
_Static_assert(SDDF_NET_MAGIC_LEN == 5, "magic");
_Static_assert(NET_BUFFER_SIZE == 2048, "buffers");
_Static_assert(MAC802_BYTES == 6, "addresses");
_Static_assert(ETH_TYPE_IP == 0x0800U, "ethertype");

/* Serial. */
SIZE(serial_queue_t, 12);
AT(serial_queue_t, tail, 0);
AT(serial_queue_t, head, 4);
AT(serial_queue_t, producer_signalled, 8);
SIZE(serial_queue_handle_t, 24);
SIZE(serial_connection_resource_t, 40);
AT(serial_connection_resource_t, queue, 0);
AT(serial_connection_resource_t, data, 16);
AT(serial_connection_resource_t, id, 32);
SIZE(serial_driver_config_t, 104);
AT(serial_driver_config_t, rx, 8);
AT(serial_driver_config_t, tx, 48);
AT(serial_driver_config_t, default_baud, 88);
AT(serial_driver_config_t, rx_enabled, 96);
SIZE(serial_virt_rx_config_t, 2616);
AT(serial_virt_rx_config_t, driver, 8);
AT(serial_virt_rx_config_t, clients, 48);
AT(serial_virt_rx_config_t, num_clients, 2608);
AT(serial_virt_rx_config_t, switch_char, 2609);
AT(serial_virt_rx_config_t, terminate_num_char, 2610);
SIZE(serial_virt_tx_client_config_t, 104);
AT(serial_virt_tx_client_config_t, conn, 0);
AT(serial_virt_tx_client_config_t, name, 40);
SIZE(serial_virt_tx_config_t, 6840);
AT(serial_virt_tx_config_t, driver, 8);
AT(serial_virt_tx_config_t, clients, 48);
AT(serial_virt_tx_config_t, num_clients, 6704);
AT(serial_virt_tx_config_t, begin_str, 6705);
AT(serial_virt_tx_config_t, enable_colour, 6833);
AT(serial_virt_tx_config_t, enable_rx, 6834);
SIZE(serial_client_config_t, 88);
AT(serial_client_config_t, rx, 8);
AT(serial_client_config_t, tx, 48);

/* Timer. */
SIZE(timer_client_config_t, 6);
AT(timer_client_config_t, magic, 0);
AT(timer_client_config_t, driver_id, 5);
_Static_assert(SDDF_TIMER_GET_TIME == 0 && SDDF_TIMER_SET_TIMEOUT == 1, "timer labels");

/* Packets. */
SIZE(mac_addr_t, 6);
SIZE(ether_hdr_t, 14);
AT(ether_hdr_t, dest, 0);
AT(ether_hdr_t, src, 6);
AT(ether_hdr_t, etype, 12);
SIZE(ipv4_hdr_t, 20);
AT(ipv4_hdr_t, tot_len, 2);
AT(ipv4_hdr_t, id, 4);
AT(ipv4_hdr_t, frag_offset2, 7);
AT(ipv4_hdr_t, ttl, 8);
AT(ipv4_hdr_t, protocol, 9);
AT(ipv4_hdr_t, check, 10);
AT(ipv4_hdr_t, src_ip, 12);
AT(ipv4_hdr_t, dst_ip, 16);
SIZE(udp_hdr_t, 8);
SIZE(icmp_hdr_t, 4);
SIZE(tcp_hdr_t, 20);
AT(tcp_hdr_t, ack_seq, 8);
AT(tcp_hdr_t, window, 14);
AT(tcp_hdr_t, check, 16);
AT(tcp_hdr_t, urg_ptr, 18);

/* The virtual switch's calls. */
_Static_assert(VSWITCH_SET_IP_ADDR == 0 && VSWITCH_QUERY_STATE == 1 && VSWITCH_REQ_CLIENT == 2,
               "vswitch labels");
_Static_assert(VSWITCH_ERR_OKAY == 0 && VSWITCH_ERR_INVALID_IP == 1 &&
                   VSWITCH_ERR_OPERATION_DENIED == 2 && VSWITCH_ERR_NO_IP == 3 &&
                   VSWITCH_ERR_VIRT_PORT == 4 && VSWITCH_ERR_INVALID_OPERATION == 5,
               "vswitch errors");
_Static_assert(VSWITCH_SET_NUM_ARGS == 1 && VSWITCH_SET_RET_NUM_ARGS == 1 &&
                   VSWITCH_QUERY_NUM_ARGS == 0 && VSWITCH_QUERY_RET_NUM_ARGS == 3 &&
                   VSWITCH_REQ_NUM_ARGS == 1 && VSWITCH_REQ_RET_NUM_ARGS == 2,
               "vswitch argument counts");
_Static_assert(VSWITCH_SET_IP_ADDR_ARG == 0 && VSWITCH_SET_RET_ERR == 0 &&
                   VSWITCH_QUERY_RET_ERR == 0 && VSWITCH_QUERY_RET_CLIENT_ID == 1 &&
                   VSWITCH_QUERY_RET_REACHABLE_BITMAP == 2 && VSWITCH_REQ_CLIENT_ID == 0 &&
                   VSWITCH_REQ_RET_ERR == 0 && VSWITCH_REQ_RET_IP_ADDR == 1,
               "vswitch arguments");

/* Allocators, words and names. */
SIZE(ialloc_t, 24);
SIZE(bitarray_t, 16);
SIZE(fsmalloc_t, 40);
SIZE(seL4_Word, 8);
SIZE(seL4_MessageInfo_t, 8);
SIZE(microkit_channel, 4);
SIZE(sddf_channel, 4);
_Static_assert(SDDF_NAME_LENGTH == 64 && MICROKIT_PD_NAME_LENGTH == 64, "name length");
_Static_assert(MICROKIT_MAX_CHANNELS == 62, "channels");
_Static_assert(HTONS(ETH_TYPE_IP) == 0x0008, "HTONS in a constant expression");

/* A stand-in for the system: one PD, registers, and a record of the last call. */
static uint64_t registers[64];
static seL4_MessageInfo_t called;
static sddf_channel called_ch;
static uint64_t reply_mr0;
static char pd_name[SDDF_NAME_LENGTH] = "client0";

void (*sddfsim_point_hook)(enum point_op op, const volatile void *where, uint64_t units);
void (*sddfsim_move_hook)(enum move_kind kind, const volatile void *queue, uint64_t name,
                          uint64_t rest);

void _assert_fail(const char *assertion, const char *file, unsigned int line, const char *function)
{
    fprintf(stderr, "%s:%u: %s: %s\n", file, line, function, assertion);
    abort();
}

char *sddf_get_pd_name(void)
{
    return pd_name;
}

uint64_t sddf_get_mr(unsigned int n)
{
    return registers[n];
}

void sddf_set_mr(unsigned int n, uint64_t value)
{
    registers[n] = value;
}

seL4_MessageInfo_t sddf_ppcall(sddf_channel ch, seL4_MessageInfo_t msginfo)
{
    called = msginfo;
    called_ch = ch;
    if (seL4_MessageInfo_get_label(msginfo) == SDDF_TIMER_GET_TIME) {
        registers[0] = reply_mr0;
    }
    return seL4_MessageInfo_new(0, 0, 0, 1);
}

void microkit_mr_set(seL4_Uint8 mr, seL4_Word value)
{
    registers[mr] = value;
}

microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    called = msginfo;
    called_ch = ch;
    return microkit_msginfo_new(0, 0);
}

/* Only the right five bytes pass: each one is changed in turn, and every other class's fifth tried.
 */
static void check_magic(bool (*check)(void *), void *config, char *magic, char class_byte)
{
    assert_false(check(config));
    for (int i = 0; i < 4; i++) {
        magic[i] = "sDDF"[i];
    }
    for (int byte = 0; byte < 256; byte++) {
        magic[4] = (char)byte;
        assert_int_equal(check(config), magic[4] == class_byte);
    }
    magic[4] = class_byte;
    for (int i = 0; i < 5; i++) {
        magic[i] ^= 0x20;
        assert_false(check(config));
        magic[i] ^= 0x20;
    }
    assert_true(check(config));
}

static bool device_check(void *config)
{
    return device_resources_check_magic(config);
}

static void test_magic(void **state)
{
    static device_resources_t device;
    static net_vswitch_config_t net;
    static serial_client_config_t serial;
    static timer_client_config_t timer;

    (void)state;
    check_magic(device_check, &device, device.magic, 0x01);
    check_magic(net_config_check_magic, &net, net.magic, 0x05);
    check_magic(serial_config_check_magic, &serial, serial.magic, 0x03);
    check_magic(timer_config_check_magic, &timer, timer.magic, 0x06);
}

/* Bit-fields have no offset: look at the bytes. */
static void test_bit_fields(void **state)
{
    net_buff_desc_t buffer;
    ipv4_hdr_t ip;
    tcp_hdr_t tcp;
    uint8_t *byte = (uint8_t *)&buffer;

    (void)state;
    memset(&buffer, 0, sizeof(buffer));
    buffer.oid = 0x3f;
    assert_int_equal(byte[10], 0x3f);
    memset(&ip, 0, sizeof(ip));
    ip.version = 4;
    ip.ihl = 5;
    ip.dscp = 46;
    ip.ecn = 1;
    ip.no_frag = 1;
    ip.frag_offset1 = 3;
    byte = (uint8_t *)&ip;
    assert_int_equal(byte[0], 0x45);
    assert_int_equal(byte[1], 46 << 2 | 1);
    assert_int_equal(byte[6], 0x43);
    assert_int_equal(ipv4_header_length(&ip), 20);
    ip.ihl = 15;
    assert_int_equal(ipv4_header_length(&ip), 60);
    memset(&tcp, 0, sizeof(tcp));
    tcp.doff = 5;
    tcp.syn = 1;
    tcp.ack = 1;
    tcp.cwr = 1;
    byte = (uint8_t *)&tcp;
    assert_int_equal(byte[12], 0x50);
    assert_int_equal(byte[13], 0x92);
}

static void test_message_info(void **state)
{
    const seL4_Word label = 0xfffffffffffff;
    seL4_MessageInfo_t info = seL4_MessageInfo_new(label, 5, 2, 120);

    (void)state;
    assert_true(seL4_MessageInfo_get_label(info) == label);
    assert_int_equal(seL4_MessageInfo_get_capsUnwrapped(info), 5);
    assert_int_equal(seL4_MessageInfo_get_extraCaps(info), 2);
    assert_int_equal(seL4_MessageInfo_get_length(info), 120);
    info = seL4_MessageInfo_set_label(seL4_MessageInfo_set_length(info, 3), 9);
    assert_true(info.words[0] == (9u << 12 | 5 << 9 | 2 << 7 | 3));
    info = microkit_msginfo_new(7, 2);
    assert_int_equal(microkit_msginfo_get_label(info), 7);
    assert_int_equal(microkit_msginfo_get_count(info), 2);
    assert_true(info.words[0] == (7 << 12 | 2));
}

static void test_name(void **state)
{
    (void)state;
    assert_string_equal(microkit_name, "client0");
    assert_int_equal(microkit_name[6], '0');
}

static void test_mac_addresses(void **state)
{
    uint8_t mac[6];
    uint8_t other[6] = {0x52, 0x54, 0x01, 0x00, 0x00, 0x08};
    const uint8_t multicast[6] = {0x01, 0x00, 0x5e, 0xff, 0xff, 0xff};

    (void)state;
    net_set_mac_addr(mac, 0xffff525401000007);
    assert_memory_equal(mac, "\x52\x54\x01\x00\x00\x07", 6);
    assert_false(mac802_addr_eq(mac, other));
    assert_true(mac802_addr_eq_num(mac, other, 5));
    assert_false(mac802_addr_eq_num(mac, other, 6));
    assert_true(mac802_addr_eq_num(mac, other, 0));
    other[5] = 7;
    assert_true(mac802_addr_eq(mac, other));
    assert_false(mac802_addr_is_bcast(mac));
    assert_false(mac802_addr_is_bcast(multicast));
    memset(mac, 0xff, 6);
    assert_true(mac802_addr_is_bcast(mac));
    mac[3] = 0xfe;
    assert_false(mac802_addr_is_bcast(mac));
}

static void test_mac_printing(void **state)
{
    ether_hdr_t header = {.dest = {{1, 2, 3, 4, 5, 6}}, .src = {{0xa0, 0xb, 0xc, 0xd, 0xe, 0xff}}};
    char text[64];

    (void)state;
    snprintf(text, sizeof(text), PR_MAC802_ADDR " " PR_MAC802_ADDR,
             PR_MAC802_DEST_ADDR_ARGS(&header), PR_MAC802_SRC_ADDR_ARGS(&header));
    assert_string_equal(text, "01:02:03:04:05:06 a0:0b:0c:0d:0e:ff");
}

static void test_protected_calls(void **state)
{
    uint8_t mac[6] = {0xfe, 0x54, 0x81, 0x82, 0x83, 0x84};

    (void)state;
    sddf_timer_set_timeout(7, 12345678901234ull);
    assert_int_equal(called_ch, 7);
    assert_int_equal(seL4_MessageInfo_get_label(called), SDDF_TIMER_SET_TIMEOUT);
    assert_int_equal(seL4_MessageInfo_get_length(called), 1);
    assert_true(registers[0] == 12345678901234ull);

    reply_mr0 = 99887766554433ull;
    assert_true(sddf_timer_time_now(8) == 99887766554433ull);
    assert_int_equal(called_ch, 8);
    assert_int_equal(seL4_MessageInfo_get_label(called), SDDF_TIMER_GET_TIME);

    assert_true(arp_register_ipv4(3, 0x0a000001, mac));
    assert_int_equal(called_ch, 3);
    assert_int_equal(seL4_MessageInfo_get_length(called), 3);
    assert_int_equal(registers[0], 0x0a000001);
    assert_int_equal(registers[1], 0xfe54);
    assert_true(registers[2] == 0x81828384);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_magic),           cmocka_unit_test(test_bit_fields),
        cmocka_unit_test(test_message_info),    cmocka_unit_test(test_name),
        cmocka_unit_test(test_mac_addresses),   cmocka_unit_test(test_mac_printing),
        cmocka_unit_test(test_protected_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
