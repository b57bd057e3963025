/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that speaks first: it sends UDP datagrams, each with its number, at a given rate or as
 * fast as transmit buffers come back, and takes whatever comes in return.
 *
 *   tx.free -> source -> tx.active       rx.active -> source -> rx.free
 *
 * With a rate, frame n is due n / rate seconds after the start, and the timer wakes this PD for the
 * next one due. If it wakes late, or had to wait for buffers, it makes up for it, in bursts of at
 * most BURST_FRAMES.
 *
 * Each payload begins with the frame's number in 8 bytes, most significant first, and goes on with
 * bytes that follow from the number alone, so that no two are the same and a receiver can tell any
 * change.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <os/sddf.h>
#include <sddf/network/config.h>
#include <sddf/network/ip.h>
#include <sddf/network/mac802.h>
#include <sddf/network/queue.h>
#include <sddf/network/udp.h>
#include <sddf/network/util.h>
#include <sddf/timer/client.h>
#include <sddf/timer/config.h>
#include <sddf/util/util.h>

#include "components/network/checksum.h"
#include "components/network/client_params.h"
#include "components/network/client_peers.h"

__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer_config;
__attribute__((__section__(".client_source_config"))) struct client_source_config client_config;

uint64_t frames_sent;
uint64_t frames_taken;

#define BURST_FRAMES 64
#define TIME_TO_LIVE 64

/* What all frames begin with. */
struct __attribute__((__packed__)) frame_headers {
    ether_hdr_t eth;
    ipv4_hdr_t ip;
    udp_hdr_t udp;
};

static struct {
    struct frame_headers headers; /* of every frame but for the UDP checksum */
    uint64_t headers_sum;         /* what they and the pseudo header add to that */
    uint64_t start_ns;
    uint64_t timeout_ns; /* when the timer will wake us, if that is still to come */
} state;

static void make_headers(void)
{
    struct frame_headers *headers = &state.headers;
    uint16_t ip_bytes = (uint16_t)(client_config.size - sizeof(headers->eth));
    uint16_t udp_bytes = (uint16_t)(ip_bytes - sizeof(headers->ip));

    memcpy(headers->eth.dest.addr, client_config.to_mac, MAC802_BYTES);
    headers->eth.src = config.mac_addr;
    headers->eth.etype[0] = ETH_TYPE_IP >> 8;
    headers->eth.etype[1] = ETH_TYPE_IP & 0xff;
    headers->ip = (ipv4_hdr_t){.version = 4,
                               .ihl = sizeof(ipv4_hdr_t) / 4,
                               .tot_len = HTONS(ip_bytes),
                               .no_frag = 1,
                               .ttl = TIME_TO_LIVE,
                               .protocol = IPV4_PROTO_UDP,
                               .src_ip = client_config.from_ip,
                               .dst_ip = client_config.to_ip};
    headers->ip.check = checksum_of(sum_words(&headers->ip, sizeof(headers->ip)));
    headers->udp = (udp_hdr_t){.src_port = HTONS(client_config.from_port),
                               .dst_port = HTONS(client_config.to_port),
                               .len = HTONS(udp_bytes)};
    /* The pseudo header: both addresses, the protocol and the UDP length. */
    state.headers_sum = sum_words(&headers->ip.src_ip, 8) + HTONS(IPV4_PROTO_UDP) +
                        headers->udp.len + sum_words(&headers->udp, sizeof(headers->udp));
}

/* A step of splitmix64: fills 8 bytes that follow from `seed`. */
static uint64_t mix(uint64_t seed)
{
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9UL;
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebUL;
    return seed ^ (seed >> 31);
}

static void make_payload(uint8_t *payload, size_t bytes, uint64_t number)
{
    uint64_t big_endian = __builtin_bswap64(number);
    uint64_t seed = number;

    memcpy(payload, &big_endian, sizeof(big_endian));
    for (size_t at = sizeof(big_endian); at < bytes; at += sizeof(uint64_t)) {
        seed += 0x9e3779b97f4a7c15UL;
        uint64_t fill = mix(seed);

        memcpy(payload + at, &fill, MIN(sizeof(fill), bytes - at));
    }
}

static void make_frame(uint8_t *frame, uint64_t number)
{
    uint8_t *payload = frame + sizeof(struct frame_headers);
    size_t payload_bytes = client_config.size - sizeof(struct frame_headers);

    make_payload(payload, payload_bytes, number);
    uint16_t check = checksum_of(state.headers_sum + sum_words(payload, payload_bytes));

    state.headers.udp.check = check == 0 ? UINT16_MAX : check; /* 0 would mean "not computed" */
    memcpy(frame, &state.headers, sizeof(state.headers));
}

/* Send one frame in a buffer just taken; one that is not within the region is left alone. */
static void send_frame(net_buff_desc_t buffer)
{
    if (buffer.io_or_offset > config.tx_data.size - NET_BUFFER_SIZE) {
        return;
    }
    make_frame((uint8_t *)config.tx_data.vaddr + buffer.io_or_offset, frames_sent);
    buffer.len = (uint16_t)client_config.size;
    buffer.oid = 0;
    if (net_enqueue_active(&peers.tx, buffer) == 0) {
        frames_sent++;
        peers.notify_tx = true;
    }
}

/*
 * Send up to `count` frames; false if buffers ran out, and a signal is to come when there are some
 * again.
 */
static bool send_frames(uint64_t count)
{
    net_buff_desc_t buffer;

    while (count > 0) {
        if (peers_take_buffer(&buffer)) {
            send_frame(buffer);
            count--;
            continue;
        }
        net_request_signal_free(&peers.tx);
        if (net_queue_empty_free(&peers.tx)) {
            return false;
        }
        net_cancel_signal_free(&peers.tx);
    }
    return true;
}

/* How many frames there should be by `elapsed_ns`, those sent included. */
static uint64_t frames_due(uint64_t elapsed_ns)
{
    uint64_t limit = client_config.count == 0 ? UINT64_MAX : client_config.count;
    uint64_t rate = client_config.rate;

    if (rate == 0) {
        return limit;
    }
    uint64_t due = 1 + elapsed_ns / NS_IN_S * rate + elapsed_ns % NS_IN_S * rate / NS_IN_S;

    return MIN(due, limit);
}

/* When frame `number` is due. */
static uint64_t due_ns(uint64_t number)
{
    uint64_t rate = client_config.rate;

    return number / rate * NS_IN_S + (number % rate * NS_IN_S + rate - 1) / rate;
}

/* Be woken when the next frame is due; at once if it is already. */
static void set_timer(uint64_t elapsed_ns)
{
    uint64_t due = due_ns(frames_sent), next_ns = MAX(due, elapsed_ns + 1);

    if (state.timeout_ns <= elapsed_ns || state.timeout_ns > next_ns) {
        state.timeout_ns = next_ns;
        sddf_timer_set_timeout(timer_config.driver_id, next_ns - elapsed_ns);
    }
}

/* Send what is due, one burst at most; true if more may be sent in this wake-up. */
static bool tx_provide(void)
{
    uint64_t elapsed_ns = 0;

    if (client_config.rate > 0) {
        elapsed_ns = sddf_timer_time_now(timer_config.driver_id) - state.start_ns;
    }
    uint64_t due = frames_due(elapsed_ns) - frames_sent;

    if (!send_frames(MIN(due, BURST_FRAMES))) {
        return false;
    }
    if (client_config.rate == 0) {
        return due > BURST_FRAMES;
    }
    if (client_config.count == 0 || frames_sent < client_config.count) {
        set_timer(elapsed_ns);
    }
    return false;
}

/* Take what came, at most one queue full; true if there may be more. */
static bool rx_return(void)
{
    net_buff_desc_t frame;

    if (peers.rx.capacity == 0) {
        return false; /* it is one that only sends */
    }
    for (uint32_t i = 0; i <= peers.rx.capacity; i++) {
        if (net_dequeue_active(&peers.rx, &frame) == 0) {
            frames_taken++;
            (void)net_enqueue_free(&peers.rx, frame);
            peers.notify_rx = true;
            continue;
        }
        net_request_signal_active(&peers.rx);
        if (net_queue_empty_active(&peers.rx)) {
            return false;
        }
        net_cancel_signal_active(&peers.rx);
    }
    return true;
}

static void go_on(void)
{
    bool more_to_send = true;
    bool more_to_take = true;

    while (more_to_send || more_to_take) {
        more_to_take = rx_return();
        more_to_send = more_to_send && tx_provide();
        signal_peers(!more_to_send && !more_to_take);
    }
}

void init(void)
{
    peers_init();
    assert(client_config.size > sizeof(struct frame_headers) + sizeof(uint64_t));
    assert(client_config.size <= NET_BUFFER_SIZE);
    assert(config.tx_data.size >= (uint64_t)NET_BUFFER_SIZE * config.tx.num_buffers);
    assert(config.tx_data.size >= NET_BUFFER_SIZE);
    assert(client_config.rate == 0 || timer_config_check_magic(&timer_config));

    (void)peers_fill();
    /* Buffers that come back are of interest only while a frame waits for one. */
    peers_expect_no_buffers();

    make_headers();
    if (client_config.rate > 0) {
        state.start_ns = sddf_timer_time_now(timer_config.driver_id);
    }
    go_on();
}

/* A frame came, a buffer came back, or the next frame is due. */
void notified(sddf_channel ch)
{
    (void)ch;
    go_on();
}
