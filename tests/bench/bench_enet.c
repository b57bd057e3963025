/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ENET model itself costs a frame: descriptors, filter, statistics, events and the calls
 * to the bus, over a bus that does nothing but bounds checks and memcpy. The driver's half of the
 * work (handing descriptors over, ringing the bell) is in the figure too, since a ring cannot turn
 * without it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "components/device/enet.h"
#include "tests/unit/fake_bus.h"

extern const struct device_type device_enet;

enum {
    RX_RING = FAKE_IO_BASE,
    TX_RING = FAKE_IO_BASE + 0x10000,
    BUFFERS = FAKE_IO_BASE + 0x100000,
    ENTRIES = 256,
    ROUNDS = 8000,
    REPEATS = 5,
};

static uint8_t memory[FAKE_MEMORY_BYTES];
static struct fake_bus machine;
static void *enet;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void set(uint32_t offset, uint32_t value)
{
    device_enet.write(enet, offset, 4, value);
}

static void give_all(uint32_t ring, uint16_t len, uint16_t stat)
{
    volatile struct enet_descriptor *d = (void *)(memory + (ring - FAKE_IO_BASE));

    for (unsigned i = 0; i < ENTRIES; i++) {
        d[i].io_addr = BUFFERS + i * 2048;
        d[i].len = len;
        d[i].stat = (uint16_t)(stat | ENET_DESC_OWNED | (i + 1 == ENTRIES ? ENET_DESC_WRAP : 0));
    }
}

static void bring_up(void)
{
    fake_bus_init(&machine, memory, NULL);
    device_enet.reset(enet, &machine.bus);
    set(ENET_RDSR, RX_RING);
    set(ENET_TDSR, TX_RING);
    set(ENET_MRBR, 1536);
    set(ENET_MIBC, 0);
    set(ENET_RCR, 1518u << ENET_RCR_MAX_FL_SHIFT | ENET_RCR_MII_MODE | ENET_RCR_PROM);
    set(ENET_TXIC0, ENET_IC_EN | 128u << ENET_IC_FT_SHIFT | 0xff);
    set(ENET_ECR, ENET_ECR_DBSWP | ENET_ECR_SPEED | ENET_ECR_ETHEREN);
    set(ENET_EIMR, ENET_EIR_TXF | ENET_EIR_RXF);
}

static unsigned rx_round(unsigned bytes)
{
    static const uint8_t frame[1514] = {0x02, 0, 0, 0, 0, 1};
    unsigned taken = 0;

    give_all(RX_RING, 0, 0);
    set(ENET_RDAR, 0);
    for (unsigned i = 0; i < ENTRIES; i++) {
        taken += device_enet.frame_in(enet, frame, bytes) == DEVICE_DROP_NONE;
    }
    set(ENET_EIR, UINT32_MAX);
    return taken;
}

static unsigned tx_round(unsigned bytes)
{
    unsigned before = machine.frame_count;

    give_all(TX_RING, (uint16_t)bytes, ENET_DESC_LAST);
    set(ENET_TDAR, 0);
    fake_run(&machine, &device_enet, enet, machine.now_ns);
    set(ENET_EIR, UINT32_MAX);
    return machine.frame_count - before;
}

/* The best of a few runs: what is in the way of the others is not the model's. */
static void measure(const char *name, unsigned (*round)(unsigned), unsigned bytes)
{
    double best_ns = 1e9;

    for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
        uint64_t done = 0;
        bring_up();
        double begin_s = now_s();
        for (unsigned n = 0; n < ROUNDS; n++) {
            done += round(bytes);
        }
        double ns = (now_s() - begin_s) * 1e9 / (double)done;
        if (done != (uint64_t)ROUNDS * ENTRIES) {
            fprintf(stderr, "%s: %llu frames went through\n", name, (unsigned long long)done);
            exit(1);
        }
        best_ns = ns < best_ns ? ns : best_ns;
    }
    printf("%s %.1f\n", name, best_ns);
}

int main(void)
{
    enet = calloc(1, device_enet.state_size);
    if (enet == NULL) {
        perror("bench_enet");
        return 1;
    }
    fake_presets(&device_enet, enet);
    measure("enet_rx_ns_per_frame_64", rx_round, 60);
    measure("enet_tx_ns_per_frame_64", tx_round, 60);
    measure("enet_rx_ns_per_frame_1518", rx_round, 1514);
    measure("enet_tx_ns_per_frame_1518", tx_round, 1514);
    free(enet);
    return 0;
}
