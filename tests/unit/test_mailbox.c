/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's mailbox beside the GENET: words there and back, messages answered tag by tag, and
 * what it makes of those that it cannot read. */
#include "tests/unit/played_nic.h"

#include "components/device/genet.h"
#include "components/device/mailbox.h"

extern const struct device_type device_genet;

enum {
    MESSAGE = FAKE_IO_BASE + 0x20000,
    WORD = MESSAGE | 8,
    READ = GENET_REGS_BYTES + VC_READ,
    STATUS = GENET_REGS_BYTES + VC_STATUS,
    WRITE = GENET_REGS_BYTES + VC_WRITE,
    FIRMWARE_NS = 10000,
};

static unsigned rule_of(const char *text)
{
    for (unsigned i = 0; model->rules[i].text != NULL; i++) {
        if (strstr(model->rules[i].text, text) != NULL) {
            return i;
        }
    }
    fail_msg("no rule says \"%s\"", text);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    power_on(&device_genet);
    return 0;
}

/* A message of these words, the first two and the last left out. */
static uint32_t *message(const uint32_t *tags, uint32_t count)
{
    uint32_t *words = at(MESSAGE);

    words[VC_WORD_BYTES] = 4 * (count + 3);
    words[VC_WORD_CODE] = VC_REQUEST;
    memcpy(&words[VC_WORD_TAGS], tags, 4 * count);
    words[VC_WORD_TAGS + count] = VC_TAG_END;
    words[VC_WORD_TAGS + count + 1] = 0x600d600d; /* beyond it */
    return words;
}
#define MESSAGE_OF(...) \
    message((const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4)

/* It says that it has answered, and has. */
static void call(void)
{
    set(WRITE, WORD);
    assert_int_equal(get(STATUS), 0);
    assert_int_equal(get(READ), WORD);
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
}

static void test_address(void **state)
{
    (void)state;
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    uint32_t *words = MESSAGE_OF(VC_TAG_BOARD_MAC, 8, 0, 1, 0x99999999);

    call();
    assert_int_equal(words[1], 0x80000000);
    assert_int_equal(words[2], VC_TAG_BOARD_MAC);
    assert_int_equal(words[3], 8);
    assert_int_equal(words[4], 0x80000006);
    assert_memory_equal(&words[5], "\x52\x54\x01\x02\x03\x04\x99\x99", 8);
    assert_int_equal(words[8], 0x600d600d);
    /* Nobody sees it done before it is. */
    assert_int_equal(writes[write_count - 1].io_addr, MESSAGE + 4);
    assert_int_equal(writes[write_count - 1].bytes, 4);
    assert_int_equal(machine.violations, 0);
    assert_int_equal(machine.faults, 0);
}

/* Firmware that takes its time, where it is to be waited for. */
static void test_later(void **state)
{
    (void)state;
    be_strict();
    uint32_t *words = MESSAGE_OF(VC_TAG_BOARD_MAC, 6, 0, 0, 0);

    set(WRITE, WORD);
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    run(FIRMWARE_NS - 1);
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    assert_int_equal(words[1], VC_REQUEST);
    run(1);
    assert_int_equal(get(STATUS), 0);
    assert_int_equal(words[1], VC_DONE);
    assert_int_equal(get(READ), WORD);
    assert_int_equal(machine.violations, 0);
}

static void test_clocks(void **state)
{
    (void)state;
    uint32_t *words = MESSAGE_OF(VC_TAG_CLOCK_RATE, 8, 0, VC_CLOCK_ARM, 0);

    call();
    assert_int_equal(words[4], 0x80000008);
    assert_int_equal(words[6], 600000000);
    words = MESSAGE_OF(VC_TAG_SET_RATE, 12, 0, VC_CLOCK_ARM, 1000000000, 0);
    call();
    assert_int_equal(words[4], 0x80000008);
    assert_int_equal(words[6], 1000000000);
    words = MESSAGE_OF(VC_TAG_SET_RATE, 12, 0, VC_CLOCK_ARM, 2000000000, 0, /* */
                       VC_TAG_SET_RATE, 12, 0, 99, 5, 0,                    /* */
                       VC_TAG_CLOCK_RATE, 8, 0, 99, 7);
    call();
    assert_int_equal(words[1], VC_DONE);
    assert_int_equal(words[6], 1500000000);
    assert_int_equal(words[12], 0);
    assert_int_equal(words[18], 0);
    /* No room for a clock, none for a rate. */
    words = MESSAGE_OF(VC_TAG_CLOCK_RATE, 0, 0, VC_TAG_SET_RATE, 4, 0, VC_CLOCK_ARM);
    call();
    assert_int_equal(words[1], VC_DONE);
    assert_int_equal(words[4], 0x80000008);
    assert_int_equal(words[5], VC_TAG_SET_RATE);
    words = MESSAGE_OF(VC_TAG_CLOCK_RATE, 8, 0, VC_CLOCK_ARM, 0);
    call();
    assert_int_equal(words[6], 1500000000);
}

static void test_unknown_tag(void **state)
{
    (void)state;
    uint32_t *words = MESSAGE_OF(0x12345, 4, 0, 77, VC_TAG_BOARD_MAC, 4, 0, 0);

    call();
    assert_int_equal(words[1], VC_DONE);
    assert_int_equal(words[4], 0);
    assert_int_equal(words[5], 77);
    /* As much as there is room for, and how much there would be. */
    assert_int_equal(words[8], 0x80000006);
    assert_memory_equal(&words[9], "\x52\x54\x01\x02\x00\x00\x00\x00", 8);
}

static void test_not_all(void **state)
{
    static const uint32_t rooms[] = {9, 12, 0x80, 0xfffffffc, 0xffffffff};
    unsigned bad = rule_of("no request, or has no end");

    (void)state;
    for (unsigned i = 0; i < sizeof(rooms) / 4; i++) {
        uint32_t *words = MESSAGE_OF(VC_TAG_BOARD_MAC, rooms[i], 0, 0);

        ASSERT_BREAKS(bad, call());
        assert_int_equal(words[1], 0x80000001);
        assert_int_equal(words[7], 0x600d600d);
    }
    static const uint32_t lengths[] = {0, 4, 8, 11, 12, 20, 1028, 4096, 0xffffffff};

    for (unsigned i = 0; i < sizeof(lengths) / 4; i++) {
        uint32_t *words = MESSAGE_OF(VC_TAG_BOARD_MAC, 4, 0, 0);

        words[0] = lengths[i];
        ASSERT_BREAKS(bad, call());
        assert_int_equal(machine.violation, MESSAGE);
        assert_int_equal(words[1], 0x80000001);
    }
    /* One that has been answered is none. */
    uint32_t *words = MESSAGE_OF(VC_TAG_BOARD_MAC, 8, 0, 0, 0);

    words[1] = VC_DONE;
    ASSERT_BREAKS(bad, call());
    assert_int_equal(words[4], 0);
    assert_int_equal(machine.faults, 0);
}

static void test_refused(void **state)
{
    (void)state;
    uint32_t *words = MESSAGE_OF(VC_TAG_BOARD_MAC, 8, 0, 0, 0);

    machine.refuse_io = MESSAGE;
    machine.refuse_bytes = 64;
    call();
    assert_int_equal(machine.faults, 1);
    machine.refuse_io = MESSAGE + 12;
    call();
    assert_int_equal(machine.faults, 2);
    machine.refuse_writes_only = true;
    call();
    assert_int_equal(machine.faults, 3);
    assert_int_equal(words[1], VC_REQUEST);
    machine.refuse_io = machine.refuse_bytes = 0;
    call();
    assert_int_equal(words[1], VC_DONE);
    set(WRITE, 0x1008); /* nowhere */
    assert_int_equal(machine.faults, 4);
    assert_int_equal(get(READ), 0x1008);
}

static void test_full(void **state)
{
    unsigned full = rule_of("mailbox written that was full");

    (void)state;
    MESSAGE_OF(VC_TAG_BOARD_MAC, 8, 0, 0, 0);
    be_strict();
    for (uint32_t i = 0; i < VC_FIFO_WORDS; i++) {
        assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
        set(WRITE, WORD + 16 * i);
    }
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY | VC_STATUS_FULL);
    ASSERT_BREAKS(full, set(WRITE, WORD));
    for (uint32_t i = 0; i < VC_FIFO_WORDS; i++) {
        run(FIRMWARE_NS);
    }
    assert_int_equal(get(STATUS), 0);
    /* With eight to be fetched the next is not begun. */
    set(WRITE, WORD + 16 * VC_FIFO_WORDS);
    run(10 * FIRMWARE_NS);
    for (uint32_t i = 0; i < VC_FIFO_WORDS; i++) {
        assert_int_equal(get(STATUS), 0);
        assert_int_equal(get(READ), WORD + 16 * i);
    }
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    run(FIRMWARE_NS);
    assert_int_equal(get(READ), WORD + 16 * VC_FIFO_WORDS);
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
}

static void test_rules(void **state)
{
    (void)state;
    ASSERT_BREAKS(rule_of("mailbox read with nothing"), assert_int_equal(get(READ), 0));
    ASSERT_BREAKS(rule_of("channel not modelled"), set(WRITE, MESSAGE | 1));
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    /* Nobody is elsewhere in that page. */
    ASSERT_FORGIVEN(set(GENET_REGS_BYTES, 1); set(GENET_REGS_BYTES + 0xffc, 1);
                    assert_int_equal(get(GENET_REGS_BYTES + 0xffc), 0); set(READ, WORD));
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
}

/* A driver that got it wrong, as one does that takes its bytes for signed. */
static void test_told(void **state)
{
    const uint32_t on = GENET_CMD_1000 | GENET_CMD_RX_EN;
    unsigned before;

    (void)state;
    set(GENET_MAC0, 0x52540102);
    set(GENET_MAC1, 0xff04);
    be_strict();
    set(GENET_CMD, on);
    assert_int_not_equal(machine.rule, rule_of("than the firmware told"));
    set(GENET_CMD, 0);
    MESSAGE_OF(VC_TAG_BOARD_MAC, 8, 0, 0, 0);
    set(WRITE, WORD);
    run(FIRMWARE_NS);
    set(GENET_CMD, on);
    assert_int_equal(machine.rule, rule_of("than the firmware told"));
    set(GENET_CMD, 0);
    set(GENET_MAC1, 0x0304);
    before = machine.violations;
    machine.rule = 0;
    set(GENET_CMD, on);
    assert_int_not_equal(machine.rule, rule_of("than the firmware told"));
    assert_true(machine.violations > before); /* there is more amiss */
}

/* Power-on forgets what was under way. */
static void test_reset(void **state)
{
    (void)state;
    be_strict();
    uint32_t *words = MESSAGE_OF(VC_TAG_SET_RATE, 12, 0, VC_CLOCK_ARM, 1000000000, 0);

    set(WRITE, WORD);
    run(FIRMWARE_NS);
    set(WRITE, WORD);
    model->reset(nic, &machine.bus);
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    run(10 * FIRMWARE_NS);
    assert_int_equal(get(STATUS), VC_STATUS_EMPTY);
    words = MESSAGE_OF(VC_TAG_CLOCK_RATE, 8, 0, VC_CLOCK_ARM, 0);
    set(WRITE, WORD);
    run(FIRMWARE_NS);
    assert_int_equal(words[6], 600000000);
}

/* Where drivers look for it, and the memory they write their messages to. */
static void test_place(void **state)
{
    (void)state;
    assert_int_equal(model->windows[0].vaddr, 0x3000000);
    assert_int_equal(model->windows[0].bytes, 0x1000);
    assert_null(model->windows[1].name);
    assert_string_equal(model->memory[2].name, "mbox_message");
    assert_int_equal(device_registers_bytes(model), 0x11000);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_address), TEST(test_later),   TEST(test_clocks), TEST(test_unknown_tag),
        TEST(test_not_all), TEST(test_refused), TEST(test_full),   TEST(test_rules),
        TEST(test_reset),   TEST(test_place),   TEST(test_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(nic);
    return failed;
}
