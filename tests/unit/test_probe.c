/* SPDX-License-Identifier: BSD-2-Clause */
/* Events have names and listeners in order; addresses get the words a reader of the plan would use.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "sim/hook/finding.h"
#include "sim/hook/gate.h"
#include "sim/hook/where.h"
#include "tests/unit/judged_plan.h"

static struct judged j;

static int start(void **state)
{
    (void)state;
    judged_init(&j);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    judged_finish(&j);
    return 0;
}

static void every_number_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(probe_name(PROBE_FRAME_IN), "FRAME_IN");
    assert_string_equal(probe_name(PROBE_RUN_ENDED), "RUN_ENDED");
    assert_string_equal(probe_name(PROBE_COUNT), "?");
    assert_string_equal(drop_reason_name(DROP_NO_MATCH), "no_match");
    assert_string_equal(drop_reason_name(DROP_GATE), "gate");
    assert_string_equal(drop_reason_name(DROP_COUNT), "?");
    assert_string_equal(run_end_name(RUN_QUIET), "quiet");
    assert_string_equal(run_end_name(RUN_FAILED), "failed");
    assert_string_equal(run_end_name(RUN_FAILED + 1), "?");
}

static char order[8];

static void note(void *context, const struct probe *p)
{
    size_t length = strlen(order);

    assert_int_equal(p->kind, PROBE_FRAME_OUT);
    order[length] = *(const char *)context;
}

static void all_hear_in_order(void **state)
{
    struct probe_bus bus = {0};
    char names[] = "abc";
    const struct probe p = {.kind = PROBE_FRAME_OUT, .count = 1};

    (void)state;
    memset(order, 0, sizeof order);
    probe_emit(&bus, &p);
    probe_listen(&bus, note, &names[0]);
    probe_listen(&bus, note, &names[1]);
    probe_listen(&bus, note, &names[2]);
    probe_emit(&bus, &p);
    assert_string_equal(order, "abc");
}

static void only_ones_own_end_of_a_queue_is_inside(void **state)
{
    struct inside in = {.plan = &j.plan, .pd = CLIENT0};

    (void)state;
    j.shapes[ACTIVE(LINK_TX0)].producer_vaddr = 0x1000;
    j.shapes[ACTIVE(LINK_TX0)].consumer_vaddr = 0x2000;
    assert_ptr_equal(inside_queue(&in, ACTIVE(LINK_TX0)), (void *)0x1000);
    in.pd = VIRT_TX;
    assert_ptr_equal(inside_queue(&in, ACTIVE(LINK_TX0)), (void *)0x2000);
    in.pd = CLIENT1;
    assert_null(inside_queue(&in, ACTIVE(LINK_TX0)));
    in.pd = j.shapes[2 * LINKS].producer; /* what lies behind the last queue */
    assert_null(inside_queue(&in, j.plan.queue_count));
}

static void a_virtual_address_is_told_in_plan_words(void **state)
{
    char out[WHERE_TEXT_BYTES];

    (void)state;
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000000000ull + 3 * 2048 + 16, out),
                        "net0.rx[3] + 0x10, which client0_copier may only read");
    assert_string_equal(where_vaddr(&j.plan, CLIENT1, 0x200100000000ull, out),
                        "client0.tx[0] + 0x0, which client0 has mapped there and nobody else");
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000000000ull + 8 * 2048, out),
                        "just beyond the end of net0.rx.buffers");
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000000000ull + 8 * 2048 + 5, out),
                        "5 bytes beyond the end of net0.rx.buffers");
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000000000ull - 1, out),
                        "1 byte before the start of net0.rx.buffers");
    /* A megabyte away is the last that is near. */
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000000000ull - 0x100000, out),
                        "1048576 bytes before the start of net0.rx.buffers");
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000000000ull - 0x100001, out),
                        "nowhere in the plan");
    /* Nearest of its own, registers of its own device. */
    j.maps[1] = (struct plan_map){COPIER0, POOL_CLIENT0_RX, 0x200000010000ull, RIGHT_WRITE};
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x20000000fff0ull, out),
                        "16 bytes before the start of client0.rx.buffers");
    assert_string_equal(where_vaddr(&j.plan, CLIENT0, 0x20000000fff0ull, out),
                        "nowhere in the plan");
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200000010000ull, out),
                        "client0.rx[0] + 0x0, which client0_copier may only write");
    struct plan_registers registers[] = {
        {.vaddr = 0x200300000000ull, .bytes = 0x1000},
        {.name = "mailbox", .vaddr = 0x3000000, .offset = 0x1000, .bytes = 0x2000}};

    j.devices[0].registers = registers;
    j.devices[0].registers_count = 2;
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x200300000000ull, out),
                        "register 0x0 of eth0");
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x200300000ffcull, out),
                        "register 0xffc of eth0");
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x200300001000ull, out),
                        "0x1000, beyond the registers of eth0");
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x3001898, out),
                        "register 0x1898 of eth0's mailbox");
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x3002000, out),
                        "0x2000, beyond the registers of eth0's mailbox");
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x200300002000ull, out),
                        "nowhere in the plan");
    assert_string_equal(where_vaddr(&j.plan, DRIVER, 0x2002ffffffffull, out),
                        "nowhere in the plan");
    assert_string_equal(where_vaddr(&j.plan, COPIER0, 0x200300000000ull, out),
                        "nowhere in the plan");
    assert_string_equal(where_pd(&j.plan, PDS), "nobody");
    assert_string_equal(where_vaddr(&j.plan, CLIENT0, 8, out),
                        "0x8, a null pointer or close to one");
    /* No number: it would be another one in every run. */
    assert_string_equal(where_vaddr(&j.plan, CLIENT0, 0x7f1234567000ull, out),
                        "nowhere in the plan");
}

static void an_io_address_is_told_in_plan_words(void **state)
{
    char out[WHERE_TEXT_BYTES];

    (void)state;
    assert_string_equal(where_io(&j.plan, 0, TX_IO(1) + 2048, out),
                        "client1.tx[1] + 0x0, which eth0 may only read");
    assert_string_equal(where_io(&j.plan, 0, RX_IO + 8 * 2048, out),
                        "just beyond the end of net0.rx.buffers");
    assert_string_equal(where_io(&j.plan, 0, 0x100000000ull, out),
                        "no IO address at all, they have 32 bits: a virtual address?");
    assert_string_equal(where_io(&j.plan, 0, 0x90000000, out), "in no window");
    assert_string_equal(where_io(&j.plan, 0, 0x800, out),
                        "below every window: an offset instead of an IO address?");
    assert_string_equal(where_io(&j.plan, 0, 0x200000000000ull, out),
                        "no IO address at all, they have 32 bits: a virtual address?");
    assert_string_equal(where_io(&j.plan, 9, RX_IO, out), "in no window");
}

static void a_death_says_what_only_it_can(void **state)
{
    char out[WHERE_TEXT_BYTES];

    (void)state;
    assert_string_equal(where_death(&j.plan, COPIER0, SIGSEGV, 0x200000000000ull, out),
                        "SIGSEGV at net0.rx[0] + 0x0, which client0_copier may only read");
    assert_string_equal(where_death(&j.plan, COPIER0, SIGILL, 0x200000000000ull, out), "SIGILL");
    assert_string_equal(where_death(&j.plan, COPIER0, 9999, 0, out), "signal 9999");
    assert_string_equal(where_death(&j.plan, COPIER0, SIGSEGV, UINT64_MAX, out), "SIGSEGV");
    assert_string_equal(where_death(&j.plan, COPIER0, 0, 9, out), "its own exit, with status 9");
    assert_string_equal(where_death(&j.plan, COPIER0, SIGSYS, SYS_read, out),
                        "SIGSYS: the system call read is not for domains");
    assert_string_equal(where_death(&j.plan, COPIER0, SIGSYS, 99999, out),
                        "SIGSYS: the system call it made is not for domains");
}

static void findings_are_bounded_and_counted(void **state)
{
    struct findings f = {.arena = &j.arena};
    char text[] = "first";
    struct finding one = {.text = text, .culprit = 1, .victim = 2, .count = 3};

    (void)state;
    findings_add(&f, &one);
    text[0] = 'w';
    assert_string_equal(f.list[0].text, "first");
    assert_null(f.list[0].object);
    for (unsigned i = 0; i < FINDINGS_MAX + 4; i++) {
        findings_add(&f, &one);
    }
    assert_int_equal(f.count, FINDINGS_MAX);
    assert_int_equal(f.lost, 5);
    assert_string_equal(f.list[0].text, "first");
    assert_int_equal(f.excused_count, 0);
    findings_excuse(&f, &one);
    assert_int_equal(f.excused_count, 1);
    assert_int_equal(f.lost, 5);
    for (unsigned i = 0; i < FINDINGS_MAX; i++) {
        findings_excuse(&f, &one);
    }
    assert_int_equal(f.excused_count, FINDINGS_MAX);
    assert_int_equal(f.excused_lost, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_its_name),
        cmocka_unit_test(all_hear_in_order),
        cmocka_unit_test_setup_teardown(only_ones_own_end_of_a_queue_is_inside, start, stop),
        cmocka_unit_test_setup_teardown(a_virtual_address_is_told_in_plan_words, start, stop),
        cmocka_unit_test_setup_teardown(an_io_address_is_told_in_plan_words, start, stop),
        cmocka_unit_test_setup_teardown(a_death_says_what_only_it_can, start, stop),
        cmocka_unit_test_setup_teardown(findings_are_bounded_and_counted, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
