/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JSON on iperf3's control connection. Of the client's a few keys matter, and each is looked
 * for by its name; of its streams, the id comes first in each, as iperf3 writes them. The server's
 * is printed in one go, without floating point.
 */
#include <string.h>
#include <sddf/util/printf.h>
#include <sddf/util/si_units.h>
#include "iperf3.h"

/* What follows "key": in the text, NULL if it is not there. */
static const char *value_of(const char *text, const char *key)
{
    size_t bytes = strlen(key);

    for (const char *at = text; (at = strstr(at, key)) != NULL; at += bytes) {
        if (at > text && at[-1] == '"' && at[bytes] == '"') {
            return at + bytes + 1 + strspn(at + bytes + 1, ": \t\n");
        }
    }
    return NULL;
}

static uint64_t number_of(const char *text, const char *key)
{
    const char *value = value_of(text, key);
    uint64_t number = 0;

    for (; value != NULL && *value >= '0' && *value <= '9'; value++) {
        number = number * 10 + (uint64_t)(*value - '0');
    }
    return number;
}

static bool truth_of(const char *text, const char *key)
{
    const char *value = value_of(text, key);

    return value != NULL && (*value == 't' || *value == '1');
}

void iperf3_read_test(const char *text, struct iperf3_test *test)
{
    *test = (struct iperf3_test){
        .udp = truth_of(text, "udp"),
        .reverse = truth_of(text, "reverse"),
        .both = truth_of(text, "bidirectional"),
        .wide_counters = truth_of(text, "udp_counters_64bit"),
        .parallel = value_of(text, "parallel") == NULL ? 1 : number_of(text, "parallel"),
        .bytes = number_of(text, "num"),
    };
}

/* As iperf3 counts its streams: 1, 3, 4, 5, ... */
static unsigned id_of(unsigned index)
{
    return index == 0 ? 1 : index + 2;
}

void iperf3_read_results(const char *text)
{
    static const char id[] = "\"id\"";
    const char *at = value_of(text, "streams");

    for (; at != NULL && (at = strstr(at, id)) != NULL; at += strlen(id)) {
        for (unsigned i = 0; i < iperf3_streams.count; i++) {
            if (id_of(i) == number_of(at, "id")) {
                iperf3_streams.all[i].promised = number_of(at, "bytes");
            }
        }
    }
}

static size_t write_stream(char *text, size_t bytes, unsigned index)
{
    const struct iperf3_stream *stream = &iperf3_streams.all[index];
    uint64_t took_us = (iperf3_streams.ended_ns - iperf3_streams.begun_ns) / NS_IN_US;
    uint64_t jitter_us = (uint64_t)stream->jitter_16us / 16;

    return (size_t)sddf_snprintf(
        text, bytes,
        "%s{\"id\":%u,\"bytes\":%lu,\"retransmits\":-1,\"jitter\":%lu.%06lu,\"errors\":%lu,"
        "\"packets\":%lu,\"start_time\":0,\"end_time\":%lu.%06lu}",
        index == 0 ? "" : ",", id_of(index), (unsigned long)stream->bytes,
        (unsigned long)(jitter_us / US_IN_S), (unsigned long)(jitter_us % US_IN_S),
        (unsigned long)stream->lost, (unsigned long)stream->packets,
        (unsigned long)(took_us / US_IN_S), (unsigned long)(took_us % US_IN_S));
}

size_t iperf3_write_results(char *text, size_t bytes)
{
    size_t used = (size_t)sddf_snprintf(
        text, bytes,
        "{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,"
        "\"sender_has_retransmits\":%s,\"congestion_used\":\"reno\",\"streams\":[",
        iperf3_streams.test.reverse || iperf3_streams.test.both ? "0" : "-1");

    for (unsigned i = 0; i < iperf3_streams.count; i++) {
        used += write_stream(text + used, bytes - used, i);
    }
    return used + (size_t)sddf_snprintf(text + used, bytes - used, "]}");
}
