/* SPDX-License-Identifier: BSD-2-Clause */
/* Serial queues and the timer's client, as a console and a ticking client use them. */
#include <sddf/serial/queue.h>
#include <sddf/timer/client.h>
#include <sddf/timer/protocol.h>
#include <sddf/timer/timer_common.h>
#include "facts.h"

SIZE(serial_queue_t, 12);
AT(serial_queue_t, head, 4);
AT(serial_queue_t, producer_signalled, 8);
FIELD(serial_queue_handle_t, queue, serial_queue_t *);
FIELD(serial_queue_handle_t, capacity, uint32_t);
FIELD(serial_queue_handle_t, data_region, char *);
CALL(serial_queue_length_consumer, uint32_t, serial_queue_handle_t *);
CALL(serial_queue_length_producer, uint32_t, serial_queue_handle_t *);
CALL(serial_queue_empty, int, serial_queue_handle_t *, uint32_t);
CALL(serial_queue_full, int, serial_queue_handle_t *, uint32_t);
CALL(serial_enqueue, int, serial_queue_handle_t *, char);
CALL(serial_enqueue_local, int, serial_queue_handle_t *, uint32_t *, char);
CALL(serial_dequeue, int, serial_queue_handle_t *, char *);
CALL(serial_dequeue_local, int, serial_queue_handle_t *, uint32_t *, char *);
CALL(serial_update_shared_tail, void, serial_queue_handle_t *, uint32_t);
CALL(serial_update_shared_head, void, serial_queue_handle_t *, uint32_t);
CALL(serial_queue_contiguous_length, uint32_t, serial_queue_handle_t *);
CALL(serial_queue_free, uint32_t, serial_queue_handle_t *);
CALL(serial_queue_contiguous_free, uint32_t, serial_queue_handle_t *);
CALL(serial_enqueue_batch, uint32_t, serial_queue_handle_t *, uint32_t, const char *);
CALL(serial_transfer_all, void, serial_queue_handle_t *, serial_queue_handle_t *);
CALL(serial_transfer_all_colour, void, serial_queue_handle_t *, serial_queue_handle_t *,
     const char *, uint16_t, const char *, uint16_t);
CALL(serial_queue_init, void, serial_queue_handle_t *, serial_queue_t *, uint32_t, char *);
CALL(serial_request_consumer_signal, void, serial_queue_handle_t *);
CALL(serial_cancel_consumer_signal, void, serial_queue_handle_t *);
CALL(serial_require_consumer_signal, bool, serial_queue_handle_t *);

IS(SDDF_TIMER_GET_TIME, 0);
IS(SDDF_TIMER_SET_TIMEOUT, 1);
IS(ONE_GHZ, 1000000000);
TYPE(sddf_timer_freq_hz_t, uint64_t);
CALL(sddf_timer_set_timeout, void, sddf_channel, uint64_t);
CALL(sddf_timer_time_now, uint64_t, sddf_channel);
CALL(find_true_freq, uint64_t, uint64_t, uint64_t);
CALL(period_transform, uint64_t, uint64_t, uint64_t, uint64_t);
CALL(ticks_to_ns, uint64_t, uint64_t, uint64_t);
CALL(ns_to_ticks, uint64_t, uint64_t, uint64_t);
CALL(ticks_to_ns_prescaled, uint64_t, uint64_t, uint64_t, uint64_t);
CALL(ns_to_ticks_prescaled, uint64_t, uint64_t, uint64_t, uint64_t);

#define LWIP_TICK_MS 100
#define TIMEOUT      (LWIP_TICK_MS * NS_IN_MS)

static serial_queue_handle_t handle;
static const uint64_t timeouts[] = {1 * NS_IN_S, TIMEOUT, 10 * NS_IN_US};

uint64_t use(serial_queue_t *queue, char *data, sddf_channel ch);
uint64_t use(serial_queue_t *queue, char *data, sddf_channel ch)
{
    uint32_t tail = queue->tail;
    char c = 0;

    serial_queue_init(&handle, queue, 0x1000, data);
    if (!serial_queue_full(&handle, tail) && !serial_enqueue_local(&handle, &tail, 'x'))
        serial_update_shared_tail(&handle, tail);
    serial_enqueue_batch(&handle, strlen("text"), "text");
    while (!serial_dequeue(&handle, &c))
        ;
    if (serial_require_consumer_signal(&handle)) {
        serial_cancel_consumer_signal(&handle);
        sddf_notify(ch);
    }
    sddf_timer_set_timeout(ch, timeouts[1]);
    return sddf_timer_time_now(ch) / NS_IN_MS + c;
}

seL4_MessageInfo_t answer(seL4_MessageInfo_t msginfo);
seL4_MessageInfo_t answer(seL4_MessageInfo_t msginfo)
{
    switch (seL4_MessageInfo_get_label(msginfo)) {
    case SDDF_TIMER_GET_TIME:
        sddf_set_mr(0, ticks_to_ns(12, 24 * MEGA));
        return seL4_MessageInfo_new(0, 0, 0, 1);
    case SDDF_TIMER_SET_TIMEOUT:
        return seL4_MessageInfo_new(0, 0, 0, 0);
    default:
        return msginfo;
    }
}
