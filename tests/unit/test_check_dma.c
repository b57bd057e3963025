/* SPDX-License-Identifier: BSD-2-Clause */
/* A refused DMA is found, put in plan words, and put down to whoever the address came from. */
#include "sim/hook/violation.h"
#include "tests/unit/judged_check.h"

#include <stdio.h>
#include <stdlib.h>

#define WRITE 1u
#define READ  0u

static int start(void **state)
{
    (void)state;
    start_check(&check_dma);
    return 0;
}

static void dma_fault(uint64_t io_addr, uint64_t bytes, unsigned write)
{
    tell(PROBE_DMA_FAULT, ETH0, 0, io_addr, bytes << 1 | write, 1);
}

static void the_driver_answers_for_its_descriptors(void **state)
{
    (void)state;
    dma_fault(RX_IO + JUDGED_BUFFERS * 2048 + 32, 64, WRITE);
    dma_fault(TX_IO(0) + 2048, 64, WRITE);
    dma_fault(0x800, 60, READ);
    finish_check();
    /* Two writes are one finding; the read is another. */
    assert_found(2, 0);
    assert_string_equal(
        found.list[0].text,
        "eth0 tried to write 64 bytes at IO address 0x80004020, 32 bytes beyond the "
        "end of net0.rx.buffers; the address came from net0_driver");
    assert_int_equal(found.list[0].count, 2);
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_string_equal(found.list[0].object, "eth0");
    assert_says(found.list[1], "read 60 bytes at IO address 0x800, below every window");
}

static void whoever_put_it_into_a_queue_gave_it(void **state)
{
    (void)state;
    tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0x90000000, 60, 1);
    dma_fault(0x90000010, 44, READ);
    dma_fault(0x9000ffff, 44, READ);
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
    assert_says(found.list[0], "the address came from net0_virt_tx");
    assert_int_equal(found.list[1].culprit, DRIVER);
}

static void an_access_belongs_to_the_descriptor_it_overlaps(void **state)
{
    static const struct {
        uint64_t io_addr, bytes;
        bool overlaps;
    } cases[] = {{0x90000000, 1, true},  {0x9000003c, 1, true},  {0x9000003d, 1, false},
                 {0x8fffffff, 2, true},  {0x8fffffff, 1, false}, {0x8ffffff0, 0x80, true},
                 {0x8ffffff0, 16, false}};

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start_again(&check_dma);
        /* 0x3c bytes, and an end the device may look beyond by none. */
        tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0x90000000, 0x3c, 1);
        dma_fault(cases[i].io_addr, cases[i].bytes, READ);
        finish_check();
        assert_found(1, 0);
        assert_int_equal(found.list[0].culprit, cases[i].overlaps ? VIRT_TX : DRIVER);
    }
}

static void of_two_givers_the_trusted_one_answers(void **state)
{
    (void)state;
    compromise("net0_virt_tx");
    tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0x91000000, 60, 1);
    tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0x90000000, 60, 1);
    tell(PROBE_BUFFER_FOREIGN, VIRT_RX, FREE(LINK_NET_RX), 0x90000000, 60, 1);
    dma_fault(0x90000000, 60, READ);
    dma_fault(0x91000000, 60, READ);
    finish_check();
    assert_found(1, 1);
    assert_int_equal(found.list[0].culprit, VIRT_RX);
    assert_int_equal(found.excused[0].culprit, VIRT_TX);
}

static void an_offset_in_a_clients_queue_is_not_an_io_address(void **state)
{
    (void)state;
    tell(PROBE_BUFFER_FOREIGN, CLIENT1, ACTIVE(LINK_TX1), 0x90000000, 60, 1);
    dma_fault(0x90000000, 60, READ);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, DRIVER);
}

static void nobody_takes_the_blame_for_another(void **state)
{
    (void)state;
    tell(PROBE_BUFFER_FOREIGN, CLIENT1, ACTIVE(LINK_NET_TX), 0x90000000, 60, 1);
    dma_fault(0x90000000, 60, READ);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, DRIVER);
}

static void a_compromised_device_answers_for_its_driver(void **state)
{
    (void)state;
    compromise("eth0");
    dma_fault(0x90000000, 60, READ);
    tell(PROBE_VIOLATION, ETH0, 0, 0, 0, 1);
    finish_check();
    assert_found(0, 2);
    assert_int_equal(found.excused[0].culprit, ETH0);
    assert_int_equal(found.excused[1].culprit, ETH0);

    /* However many addresses it makes up. */
    start_again(&check_dma);
    compromise("eth0");
    for (uint64_t i = 0; i < 1000; i++) {
        dma_fault(0x90000000 + 4096 * i, 60, WRITE);
    }
    finish_check();
    assert_found(0, 1);
    assert_int_equal(found.excused[0].count, 1000);
    assert_int_equal(found.lost, 0);

    /* What somebody was seen to give it is still that one's. */
    start_again(&check_dma);
    compromise("eth0");
    tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0x90000000, 60, 1);
    dma_fault(0x90000000, 60, READ);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
}

static void a_compromised_driver_is_excused_but_not_who_believes_it(void **state)
{
    (void)state;
    compromise("net0_driver");
    dma_fault(0x90000000, 60, READ);
    tell(PROBE_VIOLATION, ETH0, 0, 0, 0, 1);
    finish_check();
    assert_found(0, 2);

    start_again(&check_dma);
    compromise("net0_driver");
    tell(PROBE_BUFFER_FOREIGN, VIRT_TX, ACTIVE(LINK_NET_TX), 0x90000000, 60, 1);
    dma_fault(0x90000000, 60, READ);
    finish_check();
    assert_found(1, 0);
    assert_int_equal(found.list[0].culprit, VIRT_TX);
}

static void a_violation_is_the_drivers(void **state)
{
    (void)state;
    tell(PROBE_VIOLATION, ETH0, 0, 0, 0, 3);
    tell(PROBE_VIOLATION, PLAN_NONE, PLAN_NONE, 0, 0, 1);
    finish_check();
    assert_found(2, 0);
    assert_says(found.list[0], "net0_driver used eth0 as its datasheet forbids");
    assert_int_equal(found.list[0].culprit, DRIVER);
    assert_int_equal(found.list[0].count, 3);
}

/* The same rule broken at the same place is told once, with the access that did it first. */
static void a_violation_is_told_with_its_access(void **state)
{
    const struct violation write = {.rule = VIOLATION_WINDOW,
                                    .by = BY_WRITE,
                                    .bytes = 4,
                                    .offset = 0x1804,
                                    .value = 0xdeadbeef};
    struct violation other = write;
    uint64_t a, b;

    (void)state;
    violation_pack(&write, &a, &b);
    tell(PROBE_VIOLATION, ETH0, 0, a, b, 1);
    other.value = 1;
    violation_pack(&other, &a, &b);
    tell(PROBE_VIOLATION, ETH0, 0, a, b, 1);
    other = (struct violation){.rule = VIOLATION_WINDOW, .by = BY_READ, .bytes = 2, .offset = 6};
    violation_pack(&other, &a, &b);
    tell(PROBE_VIOLATION, ETH0, 0, a, b, 1);
    other = (struct violation){.rule = 7, .by = BY_DESCRIPTOR, .value = 0x90000000};
    violation_pack(&other, &a, &b);
    tell(PROBE_VIOLATION, ETH0, 0, a, b, 1);
    finish_check();
    assert_found(3, 0);
    assert_int_equal(found.list[0].count, 2);
    assert_says(found.list[0], "by the write of 0xdeadbeef (4 bytes) to register 0x1804");
    assert_says(found.list[1], "misaligned, by the read of 2 bytes of register 0x6");
    assert_says(found.list[2], "a rule nobody knows, by the descriptor at ");
}

static void a_flood_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        dma_fault(0x90000000 + i * 4096ull, 8, i & 1);
    }
    finish_check();
    assert_found(2, 0);
    assert_int_equal(found.list[0].count + found.list[1].count, FINDINGS_MAX);
    assert_int_equal(found.lost, 1000 - FINDINGS_MAX);

    start_again(&check_dma);
    for (unsigned i = 0; i < FINDINGS_MAX + 5; i++) {
        tell(PROBE_VIOLATION, ETH0, 100 + i, i, 0, 1);
        tell(PROBE_VIOLATION, ETH0, 100 + i, i, 1, 1);
    }
    assert_flooded(2 * 5);
    tell_nonsense();
    finish_check();
}

/* -- the list of checks -- */

static void the_scenario_turns_checks_off_by_name(void **state)
{
    static const char *const off[] = {"dma", "dorps"};
    struct probe_bus bus = {0};
    size_t count;

    (void)state;
    (void)check_types(&count);
    struct checks all = checks_start(&j.plan, &j.diag);
    assert_int_equal(all.count, count);
    assert_int_equal(j.diag.errors, 0);

    j.scenario.checks_off = off;
    j.scenario.checks_off_count = 2;
    struct checks some = checks_start(&j.plan, &j.diag);
    assert_int_equal(some.count, count - 1);
    assert_int_equal(j.diag.errors, 1);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    diag_print(&j.diag, to);
    fclose(to);
    assert_non_null(strstr(text, "checks: no check \"dorps\"; did you mean \"drops\"?\n"));
    free(text);
    const char *const *names = checks_names(&some, &j.arena);
    for (size_t i = 0; i < some.count; i++) {
        assert_string_not_equal(names[i], "dma");
    }

    checks_listen(&all, &bus);
    assert_int_equal(bus.count, count);
    const struct probe p = {.kind = PROBE_VIOLATION, .pd = ETH0, .object = 0, .count = 1};
    probe_emit(&bus, &p);
    checks_finish(&all);
    for (size_t i = 0; i < all.count; i++) {
        if (all.runs[i].type == &check_dma) {
            assert_int_equal(all.runs[i].findings.count, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        JUDGED(the_driver_answers_for_its_descriptors),
        JUDGED(whoever_put_it_into_a_queue_gave_it),
        JUDGED(an_access_belongs_to_the_descriptor_it_overlaps),
        JUDGED(of_two_givers_the_trusted_one_answers),
        JUDGED(an_offset_in_a_clients_queue_is_not_an_io_address),
        JUDGED(nobody_takes_the_blame_for_another),
        JUDGED(a_compromised_device_answers_for_its_driver),
        JUDGED(a_compromised_driver_is_excused_but_not_who_believes_it),
        JUDGED(a_violation_is_the_drivers),
        JUDGED(a_violation_is_told_with_its_access),
        JUDGED(a_flood_is_bounded),
        JUDGED(the_scenario_turns_checks_off_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
