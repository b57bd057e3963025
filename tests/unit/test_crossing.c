/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gates of a device with each kind of fault that acts there, as a scenario spells it: what goes
 * on, when, and what is counted. The station behind the gates notes what comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <sddf/hw/device.h>

#include "sim/exec/crossing.h"
#include "tests/unit/planned.h"

#define GO_NS 1000u
#define NOTES 2048u

static struct planned p;
static struct fault_set faults;
static struct crossing *crossing;
static void *memory;
static uint64_t now_ns, acts;

/* -- what comes out behind the gates -- */

static struct {
    char what; /* f in, F out, r, w, 1 and 0 for a line, R for a reset */
    uint64_t at_ns, io_addr;
    size_t length;
    uint8_t bytes[64];
} notes[NOTES];
static unsigned count;
static char said[256];

static void note(char what, uint64_t io_addr, const void *bytes, size_t length)
{
    assert_true(count < NOTES);
    notes[count].what = what;
    notes[count].at_ns = now_ns;
    notes[count].io_addr = io_addr;
    notes[count].length = length;
    memset(notes[count].bytes, 0, sizeof notes[count].bytes);
    if (bytes != NULL) {
        memcpy(notes[count].bytes, bytes, length < 64 ? length : 64);
    }
    count++;
}

static void on_frame(void *context, bool outbound, const uint8_t *bytes, size_t length)
{
    assert_ptr_equal(context, &p);
    note(outbound ? 'F' : 'f', 0, bytes, length);
}

static void on_spoilt(void *context)
{
    assert_ptr_equal(context, &p);
    note('x', 0, NULL, 0);
}

static bool on_read(void *context, uint64_t io_addr, void *to, size_t length)
{
    (void)context;
    note('r', io_addr, NULL, length);
    memset(to, 0xee, length);
    return true;
}

static bool on_write(void *context, uint64_t io_addr, const void *from, size_t length)
{
    (void)context;
    note('w', io_addr, from, length);
    return true;
}

static void on_line(void *context, unsigned line, bool level)
{
    (void)context;
    assert_int_equal(line, 0);
    note(level ? '1' : '0', 0, NULL, 0);
}

static void on_reset(void *context)
{
    (void)context;
    note('R', 0, NULL, 0);
}

static void on_say(void *context, const char *text)
{
    (void)context;
    snprintf(said, sizeof said, "%s", text);
}

static const struct crossing_verbs verbs = {.context = &p,
                                            .frame = on_frame,
                                            .spoilt = on_spoilt,
                                            .read = on_read,
                                            .write = on_write,
                                            .line = on_line,
                                            .reset = on_reset,
                                            .say = on_say};

static void on_acted(void *context, uint32_t fault, uint64_t a, uint64_t b)
{
    (void)context;
    (void)fault;
    (void)a;
    (void)b;
    acts++;
}

/* -- a world with some faults -- */

/* Read a scenario with these faults; true if nobody complains. */
static bool ask_for(const char *list)
{
    static char text[4096];

    snprintf(text, sizeof text,
             "{ \"version\": 1, \"clock\": \"virtual\", \"faults\": [ %s ],"
             "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\" },"
             "               { \"name\": \"wan\", \"kind\": \"gen\" } ],"
             "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" },"
             "                 { \"name\": \"eth1\", \"model\": \"enet\", \"wire\": \"wan\" } ],"
             "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" },"
             "                  { \"name\": \"net1\", \"device\": \"eth1\" } ],"
             "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\","
             "                   \"network\": \"net0\" },"
             "                 { \"name\": \"client1\", \"image\": \"network/client_echo\","
             "                   \"network\": \"net1\" } ] }",
             list);
    return planned_make(&p, text) && faults_check(p.plan, &p.diag);
}

static void begin_at(const char *list, const char *device)
{
    if (!ask_for(list)) {
        fail_msg("%s", planned_complaints(&p));
    }
    uint32_t pd = planned_pd(&p, device), number = p.plan->pds[pd].device;
    size_t bytes = crossing_bytes(p.plan, number);

    assert_int_not_equal(bytes, 0);
    memory = calloc(1, bytes);
    faults_init(&faults, p.plan, pd);
    faults.acted = on_acted;
    crossing = crossing_init(memory, p.plan, number, &faults, &verbs);
    now_ns = GO_NS;
    count = 0;
    acts = 0;
    said[0] = '\0';
}

static void begin(const char *list)
{
    begin_at(list, "eth0");
}

static int end(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    planned_finish(&p);
    return 0;
}

static uint64_t run_ns(void)
{
    return now_ns - GO_NS;
}

/* A frame of 60 bytes that begins with its number. */
static void frame(bool outbound, uint8_t number)
{
    uint8_t bytes[60] = {number};

    crossing_frame(crossing, outbound, bytes, sizeof bytes, now_ns, run_ns());
}

static void step_to(uint64_t at_ns)
{
    while (crossing_next(crossing, GO_NS, true) <= at_ns) {
        uint64_t next_ns = crossing_next(crossing, GO_NS, true);

        now_ns = next_ns > now_ns ? next_ns : now_ns;
        crossing_step(crossing, now_ns, GO_NS, true);
    }
    now_ns = at_ns;
}

static void noted(unsigned at, char what, uint64_t at_ns, uint8_t first)
{
    assert_true(at < count);
    assert_int_equal(notes[at].what, what);
    assert_int_equal(notes[at].at_ns, at_ns);
    assert_int_equal(notes[at].bytes[0], first);
}

static const struct crossing_counts *counts(void)
{
    return crossing_counts(crossing);
}

/* All that came is somewhere. */
static void adds_up(unsigned way, uint64_t came)
{
    uint64_t went = 0;

    for (unsigned i = 0; i < count; i++) {
        went += notes[i].what == (way == 0 ? 'f' : 'F');
    }
    assert_int_equal(came + counts()->copied[way],
                     went + counts()->dropped[way] + counts()->kept[way]);
}

/* -- wires -- */

static void a_device_without_faults_has_no_gates(void **state)
{
    (void)state;
    assert_true(ask_for("{ \"kind\": \"stop\", \"pd\": \"client0\" },"
                        "{ \"kind\": \"queue_index\", \"pd\": \"client0\" }"));
    assert_int_equal(crossing_bytes(p.plan, 0), 0);
}

static void frames_are_dropped(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_drop\", \"way\": \"in\", \"at\": \"100 ns\", \"count\": 2 }");
    frame(false, 1);
    now_ns += 100;
    frame(false, 2);
    frame(true, 3);
    frame(false, 4);
    frame(false, 5);
    assert_int_equal(count, 3);
    noted(0, 'f', GO_NS, 1);
    noted(1, 'F', GO_NS + 100, 3);
    noted(2, 'f', GO_NS + 100, 5);
    assert_int_equal(counts()->dropped[0], 2);
    assert_int_equal(counts()->dropped[1], 0);
    assert_int_equal(acts, 2);
    adds_up(0, 4);
}

/* What goes the other way is no occasion. */
static void one_in_so_many_is_dropped(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_drop\", \"way\": \"in\", \"every\": 3 }");
    for (uint8_t i = 1; i <= 9; i++) {
        frame(false, i);
        frame(true, i);
        frame(true, i);
    }
    assert_int_equal(count, 6 + 18);
    for (unsigned i = 0; i < count; i++) {
        assert_true(notes[i].what == 'F' || notes[i].bytes[0] % 3 != 0);
    }
    adds_up(0, 9);
    adds_up(1, 18);
}

static void a_wire_is_meant_by_its_name(void **state)
{
    static const char drop[] = "{ \"kind\": \"wire_drop\", \"wire\": \"wan\", \"way\": \"out\" }";

    (void)state;
    begin(drop);
    frame(true, 1);
    assert_int_equal(count, 1);
    end(NULL);
    begin_at(drop, "eth1");
    frame(true, 1);
    frame(false, 2);
    assert_int_equal(count, 1);
    noted(0, 'f', GO_NS, 2);
}

static void frames_come_again(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_duplicate\", \"copies\": 2, \"count\": 1 }");
    frame(false, 7);
    frame(false, 8);
    assert_int_equal(count, 4);
    noted(1, 'f', GO_NS, 7);
    noted(2, 'f', GO_NS, 7);
    noted(3, 'f', GO_NS, 8);
    assert_int_equal(counts()->copied[0], 2);
    adds_up(0, 2);
    end(NULL);

    begin("{ \"kind\": \"wire_duplicate\", \"copies\": 2, \"apart\": \"30 ns\", \"count\": 1 }");
    frame(true, 7);
    assert_int_equal(count, 1);
    assert_int_equal(counts()->kept[1], 2);
    assert_int_equal(crossing_next(crossing, GO_NS, true), GO_NS + 30);
    step_to(GO_NS + 1000);
    assert_int_equal(count, 3);
    noted(1, 'F', GO_NS + 30, 7);
    noted(2, 'F', GO_NS + 60, 7);
    assert_int_equal(counts()->kept[1], 0);
    adds_up(1, 1);
}

static void frames_are_late(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_delay\", \"by\": \"50 ns\", \"way\": \"in\" }");
    frame(false, 1);
    now_ns += 10;
    frame(false, 2);
    frame(false, 3);
    assert_int_equal(count, 0);
    assert_int_equal(counts()->kept[0], 3);
    /* It may not enter yet: then it waits, and asks for no time. */
    assert_true(crossing_next(crossing, GO_NS, false) == CROSSING_NEVER);
    crossing_step(crossing, GO_NS + 70, GO_NS, false);
    assert_int_equal(count, 0);
    step_to(GO_NS + 59);
    assert_int_equal(count, 1);
    noted(0, 'f', GO_NS + 50, 1);
    step_to(GO_NS + 60);
    noted(1, 'f', GO_NS + 60, 2);
    noted(2, 'f', GO_NS + 60, 3);
    assert_int_equal(notes[2].length, 60);
    assert_true(crossing_next(crossing, GO_NS, true) == CROSSING_NEVER);
    adds_up(0, 3);
}

static void each_is_late_by_its_own_time(void **state)
{
    unsigned overtakes = 0;

    (void)state;
    begin("{ \"kind\": \"wire_delay\", \"how\": \"jitter\", \"by\": \"500 ns\" }");
    for (uint8_t i = 0; i < 100; i++) {
        frame(false, i);
        step_to(now_ns + 10);
    }
    step_to(now_ns + 1000);
    assert_int_equal(count, 100);
    for (unsigned i = 0; i < count; i++) {
        uint64_t came_ns = GO_NS + 10u * notes[i].bytes[0];

        assert_in_range(notes[i].at_ns, came_ns + 1, came_ns + 500);
        assert_true(i == 0 || notes[i].at_ns >= notes[i - 1].at_ns);
        overtakes += i > 0 && notes[i].bytes[0] < notes[i - 1].bytes[0];
    }
    assert_true(overtakes > 10);
    adds_up(0, 100);
}

static void frames_come_in_bursts(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_delay\", \"how\": \"burst\", \"by\": \"100 ns\" }");
    for (uint8_t i = 0; i < 25; i++) {
        frame(false, i);
        step_to(now_ns + 10);
    }
    step_to(now_ns + 1000);
    assert_int_equal(count, 25);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(notes[i].bytes[0], i);
        assert_int_equal(notes[i].at_ns, GO_NS + (i / 10 + 1) * 100);
    }
}

static void a_frame_is_overtaken(void **state)
{
    static const uint8_t order[] = {1, 2, 0, 3, 4};

    (void)state;
    begin("{ \"kind\": \"wire_delay\", \"how\": \"reorder\", \"behind\": 2, \"by\": \"1 ms\","
          "  \"count\": 1 }");
    frame(false, 0);
    frame(true, 9); /* the other way is another queue */
    for (uint8_t i = 1; i < 5; i++) {
        frame(false, i);
    }
    assert_int_equal(count, 6);
    for (unsigned i = 0; i < 5; i++) {
        noted(i + 1, 'f', GO_NS, order[i]);
    }
    end(NULL);

    /* The last ones are overtaken by nobody, and come all the same. */
    begin("{ \"kind\": \"wire_delay\", \"how\": \"reorder\", \"behind\": 2, \"by\": \"1 us\" }");
    frame(false, 0);
    frame(false, 1);
    assert_int_equal(count, 0);
    step_to(GO_NS + 1000);
    assert_int_equal(count, 2);
    noted(0, 'f', GO_NS + 1000, 0);
    adds_up(0, 2);
}

static void what_does_not_fit_is_lost_and_said(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_delay\", \"by\": \"1 ms\" }");
    for (unsigned i = 0; i < CROSSING_FRAMES_MAX + 3; i++) {
        frame(false, (uint8_t)i);
    }
    assert_int_equal(counts()->kept[0], CROSSING_FRAMES_MAX);
    assert_int_equal(counts()->dropped[0], 3);
    assert_non_null(strstr(said, "than it has room for"));
    step_to(GO_NS + 2000000);
    assert_int_equal(count, CROSSING_FRAMES_MAX);
    /* Again and again, so that the line is moved down, and every place used. */
    for (unsigned round = 0; round < 5; round++) {
        count = 0;
        for (unsigned i = 0; i < 700; i++) {
            frame(false, (uint8_t)i);
        }
        assert_int_equal(counts()->kept[0], 700);
        step_to(now_ns + 2000000);
        assert_int_equal(count, 700);
        for (unsigned i = 0; i < count; i++) {
            assert_int_equal(notes[i].bytes[0], i % 256);
        }
    }
    assert_int_equal(counts()->dropped[0], 3);
}

static unsigned bits_changed(unsigned at, unsigned from, unsigned to)
{
    unsigned changed = 0;

    for (unsigned i = from; i < to; i++) {
        changed += (unsigned)__builtin_popcount(notes[at].bytes[i]);
    }
    return changed;
}

static void bits_flip_where_they_are_to(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_corrupt\", \"where\": \"header\", \"way\": \"in\" },"
          "{ \"kind\": \"wire_corrupt\", \"where\": \"payload\", \"bits\": 3, \"way\": \"out\" }");
    for (unsigned i = 0; i < 50; i++) {
        frame(false, 0);
        frame(true, 0);
        assert_int_equal(bits_changed(2 * i, 0, 14), 1);
        assert_int_equal(bits_changed(2 * i, 14, 60), 0);
        assert_int_equal(bits_changed(2 * i + 1, 0, 14), 0);
        assert_in_range(bits_changed(2 * i + 1, 14, 60), 1, 3);
    }
    assert_memory_not_equal(notes[0].bytes, notes[2].bytes, 14);
    /* A frame without a payload has none to change. */
    const uint8_t header[14] = {0};
    crossing_frame(crossing, true, header, sizeof header, now_ns, run_ns());
    assert_memory_equal(notes[100].bytes, header, sizeof header);
    assert_int_equal(acts, 100);
}

/* Where the link notices, one that comes in is the device's to drop, and one that leaves is lost.
 * Nothing goes on later or once more. */
static void noticed_frames_end(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_corrupt\", \"noticed\": true, \"every\": 2 },"
          "{ \"kind\": \"wire_duplicate\", \"every\": 2 }");
    for (unsigned i = 0; i < 4; i++) {
        frame(false, i);
    }
    assert_int_equal(count, 4);
    assert_int_equal(notes[0].what, 'f');
    assert_int_equal(notes[1].what, 'x');
    assert_int_equal(notes[2].what, 'f');
    assert_int_equal(notes[3].what, 'x');
    frame(true, 0);
    frame(true, 1);
    assert_int_equal(count, 5);
    assert_int_equal(notes[4].what, 'F');
    assert_int_equal(counts()->dropped[0], 0);
    assert_int_equal(counts()->dropped[1], 1);
    assert_int_equal(counts()->copied[0], 0);
}

static void frames_end_early(void **state)
{
    bool shortest = false, longest = false;

    (void)state;
    begin("{ \"kind\": \"wire_truncate\", \"to\": 20, \"way\": \"in\" },"
          "{ \"kind\": \"wire_truncate\", \"to\": 50, \"random\": true, \"way\": \"out\" }");
    frame(false, 1);
    assert_int_equal(notes[0].length, 20);
    const uint8_t brief[20] = {0};
    crossing_frame(crossing, false, brief, sizeof brief, now_ns, run_ns());
    assert_int_equal(notes[1].length, 20);
    assert_int_equal(acts, 1);
    for (unsigned i = 0; i < 200; i++) {
        frame(true, 1);
        assert_in_range(notes[2 + i].length, 50, 59);
        shortest |= notes[2 + i].length == 50;
        longest |= notes[2 + i].length == 59;
    }
    assert_true(shortest && longest);
}

static void a_link_goes_down_and_up(void **state)
{
    (void)state;
    begin(
        "{ \"kind\": \"wire_link\", \"at\": \"100 ns\", \"down\": \"30 ns\", \"up\": \"20 ns\" }");
    for (now_ns = GO_NS; now_ns < GO_NS + 200; now_ns++) {
        bool down = run_ns() >= 100 && (run_ns() - 100) % 50 < 30;
        unsigned before = count;

        frame(run_ns() % 2 != 0, 1);
        assert_int_equal(count - before, down ? 0 : 1);
    }
    assert_int_equal(counts()->dropped[0] + counts()->dropped[1], 60);
    end(NULL);

    begin("{ \"kind\": \"wire_link\", \"at\": \"100 ns\", \"duration\": \"50 ns\" }");
    for (now_ns = GO_NS; now_ns < GO_NS + 200; now_ns++) {
        frame(false, 1);
    }
    assert_int_equal(counts()->dropped[0], 50);
}

/* What one alters the next sees, and the first that keeps it from passing decides. */
static void faults_follow_each_other(void **state)
{
    (void)state;
    begin("{ \"kind\": \"wire_truncate\", \"to\": 30 }, { \"kind\": \"wire_duplicate\" },"
          "{ \"kind\": \"wire_delay\", \"by\": \"10 ns\" }, { \"kind\": \"wire_drop\" }");
    frame(false, 1);
    assert_int_equal(count, 0);
    assert_int_equal(counts()->kept[0], 2);
    step_to(GO_NS + 10);
    assert_int_equal(count, 2);
    assert_int_equal(notes[0].length, 30);
    assert_int_equal(notes[1].length, 30);
    assert_int_equal(counts()->dropped[0], 0);
    adds_up(0, 1);
}

/* -- memory -- */

#define AT_ETH0 "\"pd\": \"eth0\" }"

static const uint8_t data[64] = {1, 2, 3, 4, 5, 6, 7, 8};

/* Where a ring of eth0, or else a buffer of its, begins. */
static uint64_t io_of(bool ring)
{
    for (uint32_t i = 0; i < p.plan->window_count; i++) {
        const struct plan_window *w = &p.plan->windows[i];

        if (w->device == 0 && (w->rights & RIGHT_WRITE) != 0 &&
            (p.plan->regions[w->region].kind == REGION_RING) == ring) {
            return w->io_addr;
        }
    }
    fail_msg("eth0 has no such window");
    return 0;
}

static bool write_at(uint64_t io_addr, size_t length)
{
    return crossing_write(crossing, io_addr, data, length, now_ns, run_ns());
}

static bool read_at(uint64_t io_addr, uint8_t *to, size_t length)
{
    return crossing_read(crossing, io_addr, to, length, run_ns());
}

/* Does an access lie in a window of this device that allows it? */
static bool allowed(uint64_t io_addr, size_t length, enum plan_rights right)
{
    for (uint32_t i = 0; i < p.plan->window_count; i++) {
        const struct plan_window *w = &p.plan->windows[i];

        if (w->device == 0 && (w->rights & right) != 0 && io_addr >= w->io_addr &&
            io_addr + length <= w->io_addr + w->bytes) {
            return true;
        }
    }
    return false;
}

static void memory_goes_astray(void **state)
{
    uint8_t got[64];
    uint64_t ring, buffer;

    (void)state;
    begin("{ \"kind\": \"device_dma\", \"access\": \"write\", \"what\": \"data\", " AT_ETH0);
    ring = io_of(true);
    buffer = io_of(false);
    assert_true(write_at(ring, 8));
    assert_int_equal(notes[0].io_addr, ring);
    assert_true(read_at(buffer, got, 8));
    assert_int_equal(notes[1].io_addr, buffer);
    assert_true(write_at(buffer, 8));
    for (uint32_t i = 0; i < p.plan->window_count; i++) {
        const struct plan_window *w = &p.plan->windows[i];

        assert_true(notes[2].io_addr >= w->io_addr + w->bytes);
    }
    assert_memory_equal(notes[2].bytes, data, 8);
    assert_int_equal(acts, 1);
    end(NULL);

    begin("{ \"kind\": \"device_dma\", \"how\": \"elsewhere\", " AT_ETH0);
    for (unsigned i = 0; i < 200; i++) {
        assert_true(i % 2 == 0 ? write_at(buffer, 64) : read_at(buffer, got, 64));
        assert_int_equal(notes[i].length, 64);
        assert_true(allowed(notes[i].io_addr, 64, i % 2 == 0 ? RIGHT_WRITE : RIGHT_READ));
    }
    assert_int_not_equal(notes[0].io_addr, notes[2].io_addr);
    end(NULL);

    begin("{ \"kind\": \"device_dma\", \"how\": \"error\", \"what\": \"descriptors\", " AT_ETH0);
    assert_false(write_at(ring, 8));
    assert_false(read_at(ring, got, 8));
    assert_int_equal(count, 0);
    assert_true(write_at(buffer, 8));
    end(NULL);
}

/* What does not come is nothing at all, and surely not what was there before. */
static void memory_is_moved_in_part(void **state)
{
    uint8_t got[64];
    size_t least = 64, most = 0;
    uint64_t buffer;

    (void)state;
    begin("{ \"kind\": \"device_dma\", \"how\": \"short\", " AT_ETH0);
    buffer = io_of(false);
    for (unsigned i = 0; i < 500; i++) {
        count = 0;
        memset(got, 0x55, sizeof got);
        assert_true(i % 2 == 0 ? read_at(buffer, got, 64) : write_at(buffer, 64));
        size_t length = count == 0 ? 0 : notes[0].length;

        assert_true(length < 64);
        for (size_t at = 0; at < 64 && i % 2 == 0; at++) {
            assert_int_equal(got[at], at < length ? 0xee : 0);
        }
        least = length < least ? length : least;
        most = length > most ? length : most;
    }
    assert_int_equal(least, 0);
    assert_int_equal(most, 63);
}

static void write_backs_are_late(void **state)
{
    uint64_t ring, buffer;

    (void)state;
    begin("{ \"kind\": \"device_descriptor\", \"by\": \"50 ns\", \"count\": 2, " AT_ETH0);
    ring = io_of(true);
    buffer = io_of(false);
    assert_true(write_at(buffer, 8));
    assert_true(write_at(ring, 4));
    now_ns += 10;
    assert_true(write_at(ring + 8, 4));
    assert_true(write_at(ring + 16, 4));
    assert_int_equal(count, 2);
    step_to(GO_NS + 100);
    assert_int_equal(count, 4);
    noted(2, 'w', GO_NS + 50, 1);
    assert_int_equal(notes[2].io_addr, ring);
    assert_int_equal(notes[2].length, 4);
    noted(3, 'w', GO_NS + 60, 1);
    assert_int_equal(notes[3].io_addr, ring + 8);
    end(NULL);

    /* The status is there, the length is not yet. */
    begin("{ \"kind\": \"device_descriptor\", \"how\": \"torn\", \"by\": \"50 ns\", " AT_ETH0);
    assert_true(write_at(ring + 8, 4));
    assert_int_equal(count, 1);
    assert_int_equal(notes[0].io_addr, ring + 10);
    assert_int_equal(notes[0].length, 2);
    assert_memory_equal(notes[0].bytes, data + 2, 2);
    assert_true(write_at(ring + 18, 2)); /* this is not about the length */
    assert_int_equal(count, 2);
    step_to(GO_NS + 50);
    assert_int_equal(count, 3);
    assert_int_equal(notes[2].io_addr, ring + 8);
    assert_memory_equal(notes[2].bytes, data, 2);
}

static void a_field_is_wrong(void **state)
{
    static const uint8_t wrong[] = {1, 2, 0xdc, 0x05, 5, 6, 7, 8};
    uint64_t ring;

    (void)state;
    begin("{ \"kind\": \"device_descriptor\", \"how\": \"field\", \"value\": 1500,"
          "  \"offset\": 2, " AT_ETH0);
    ring = io_of(true);
    assert_true(write_at(ring, 8));
    assert_memory_equal(notes[0].bytes, wrong, 8);
    assert_true(write_at(ring + 2, 2));
    assert_memory_equal(notes[1].bytes, wrong + 2, 2);
    assert_true(write_at(ring + 4, 4)); /* behind it */
    assert_memory_equal(notes[2].bytes, data, 4);
    assert_true(write_at(ring + 4, 8)); /* the next one's */
    assert_memory_equal(notes[3].bytes + 6, wrong + 2, 2);
    assert_memory_equal(notes[3].bytes, data, 6);
    assert_int_equal(acts, 3);
}

static void too_many_late_writes_are_in_time(void **state)
{
    uint64_t ring;

    (void)state;
    begin("{ \"kind\": \"device_descriptor\", " AT_ETH0);
    ring = io_of(true);
    for (unsigned i = 0; i < CROSSING_WRITES_MAX + 5; i++) {
        assert_true(write_at(ring + 8 * (i % 100), 4));
    }
    assert_int_equal(count, 5);
    step_to(GO_NS + 1000000);
    assert_int_equal(count, CROSSING_WRITES_MAX + 5);
}

/* -- interrupts -- */

static void set_irq(bool level)
{
    crossing_irq(crossing, 0, level, now_ns, run_ns());
}

static void interrupts_are_lost_or_late(void **state)
{
    (void)state;
    begin("{ \"kind\": \"device_irq\", \"count\": 1, " AT_ETH0);
    set_irq(true);
    set_irq(true);
    assert_int_equal(count, 0);
    set_irq(false);
    set_irq(true);
    assert_int_equal(notes[count - 1].what, '1');
    assert_int_equal(acts, 1);
    end(NULL);

    begin("{ \"kind\": \"device_irq\", \"how\": \"late\", \"by\": \"70 ns\", " AT_ETH0);
    set_irq(true);
    assert_int_equal(count, 0);
    step_to(GO_NS + 100);
    noted(0, '1', GO_NS + 70, 0);
    set_irq(false); /* in time */
    noted(1, '0', GO_NS + 100, 0);
    set_irq(true);
    now_ns += 10;
    set_irq(false); /* it fell before anybody saw it */
    step_to(GO_NS + 1000);
    for (unsigned i = 2; i < count; i++) {
        assert_int_equal(notes[i].what, '0');
    }
}

static void lines_move_without_cause(void **state)
{
    (void)state;
    begin("{ \"kind\": \"device_line\", \"at\": \"100 ns\", \"period\": \"50 ns\", \"count\": "
          "3, " AT_ETH0);
    step_to(GO_NS + 120);
    noted(0, '1', GO_NS + 100, 0);
    noted(1, '0', GO_NS + 100, 0);
    set_irq(true);
    noted(2, '1', GO_NS + 120, 0);
    step_to(GO_NS + 180); /* one that is up cannot rise */
    assert_int_equal(count, 3);
    set_irq(false);
    step_to(GO_NS + 1000);
    assert_int_equal(count, 6);
    noted(4, '1', GO_NS + 200, 0);
    assert_true(crossing_next(crossing, GO_NS, true) == CROSSING_NEVER);
}

/* Whoever has something else to do comes late, and is not called for what is over. */
static void what_is_over_wakes_nobody(void **state)
{
    (void)state;
    begin("{ \"kind\": \"device_line\", \"period\": \"50 ns\", \"duration\": \"200 ns\", " AT_ETH0);
    step_to(GO_NS + 10);
    assert_int_equal(count, 2);
    assert_int_equal(crossing_next(crossing, GO_NS, true), GO_NS + 50);
    now_ns = GO_NS + 300;
    crossing_step(crossing, now_ns, GO_NS, true);
    assert_int_equal(count, 2);
    assert_true(crossing_next(crossing, GO_NS, true) == CROSSING_NEVER);
}

static void lines_are_stuck(void **state)
{
    (void)state;
    begin("{ \"kind\": \"device_line\", \"how\": \"stuck_high\", \"at\": \"100 ns\","
          "  \"for\": \"50 ns\", " AT_ETH0);
    step_to(GO_NS + 110);
    noted(0, '1', GO_NS + 100, 0);
    set_irq(true);
    set_irq(false);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(notes[i].what, '1');
    }
    step_to(GO_NS + 1000);
    noted(count - 1, '0', GO_NS + 150, 0);
    end(NULL);

    begin("{ \"kind\": \"device_line\", \"how\": \"stuck_low\", \"for\": \"50 ns\", " AT_ETH0);
    step_to(GO_NS + 10);
    set_irq(true);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(notes[i].what, '0');
    }
    step_to(GO_NS + 1000);
    noted(count - 1, '1', GO_NS + 50, 0);
}

/* -- the device as a whole -- */

static void a_device_is_reset(void **state)
{
    (void)state;
    begin("{ \"kind\": \"device_reset\", \"at\": \"100 ns\", " AT_ETH0);
    assert_int_equal(crossing_next(crossing, GO_NS, true), GO_NS + 100);
    assert_true(crossing_next(crossing, 0, false) == CROSSING_NEVER);
    step_to(GO_NS + 50000);
    assert_int_equal(count, 2);
    crossing_looked_at(crossing);
    crossing_looked_at(crossing);
    assert_int_equal(count, 3);
    noted(0, 'R', GO_NS + 100, 0);
    noted(1, '1', GO_NS + 100, 0);
    noted(2, '0', GO_NS + 50000, 0);
    end(NULL);

    begin("{ \"kind\": \"device_reset\", \"interrupt\": false, \"after_frames\": 2, " AT_ETH0);
    assert_true(crossing_next(crossing, GO_NS, true) == CROSSING_NEVER);
    frame(false, 1);
    frame(true, 2);
    step_to(GO_NS + 10);
    assert_int_equal(count, 3);
    assert_int_equal(notes[2].what, 'R');
    assert_int_equal(acts, 1);
}

static void a_device_stands_still(void **state)
{
    (void)state;
    begin("{ \"kind\": \"device_stall\", \"at\": \"100 ns\", \"for\": \"50 ns\", " AT_ETH0);
    step_to(GO_NS + 120);
    assert_int_equal(crossing_stalled_until(crossing), GO_NS + 150);
    frame(false, 1);
    frame(true, 2); /* what it had sent is on its way already */
    assert_int_equal(count, 1);
    assert_int_equal(counts()->dropped[0], 1);
    step_to(GO_NS + 150);
    frame(false, 3);
    assert_int_equal(count, 2);
    adds_up(0, 2);
}

/* -- what makes no sense -- */

static void complaint(const char *fault, const char *wanted)
{
    if (ask_for(fault)) {
        fail_msg("accepted: %s", fault);
    }
    if (strstr(planned_complaints(&p), wanted) == NULL) {
        fail_msg("%s: not \"%s\"", planned_complaints(&p), wanted);
    }
    planned_finish(&p);
}

static void nonsense_is_complained_of(void **state)
{
    static const struct {
        const char *fault, *complaint;
    } table[] = {
        {"{ \"kind\": \"wire_drop\", \"wire\": \"lam\" }", "did you mean \"lan\"?"},
        {"{ \"kind\": \"wire_drop\", \"wire\": \"eth0\" }", "no device hangs on a wire \"eth0\""},
        {"{ \"kind\": \"wire_drop\", \"way\": \"up\" }", "way"},
        {"{ \"kind\": \"wire_drop\", \"pd\": \"eth0\" }", "pd: wire_drop is aimed at no domain"},
        {"{ \"kind\": \"wire_drop\", \"after_entries\": 3 }", "after_entries"},
        {"{ \"kind\": \"wire_duplicate\", \"copies\": 0 }", "copies"},
        {"{ \"kind\": \"wire_duplicate\", \"copies\": 65 }", "copies"},
        {"{ \"kind\": \"wire_duplicate\", \"apart\": \"1 day\" }", "apart"},
        {"{ \"kind\": \"wire_delay\", \"by\": 0 }", "by"},
        {"{ \"kind\": \"wire_delay\", \"how\": \"slowly\" }", "how"},
        {"{ \"kind\": \"wire_delay\", \"behind\": 0 }", "behind"},
        {"{ \"kind\": \"wire_corrupt\", \"where\": \"tail\" }", "where"},
        {"{ \"kind\": \"wire_corrupt\", \"bits\": 0 }", "bits"},
        {"{ \"kind\": \"wire_truncate\", \"to\": 0 }", "to"},
        {"{ \"kind\": \"wire_truncate\", \"random\": 1 }", "random"},
        {"{ \"kind\": \"device_reset\" }", "pd: say which device has device_reset"},
        {"{ \"kind\": \"device_stall\", \"pd\": \"client0\" }", "pd: client0 is no device"},
        {"{ \"kind\": \"device_stall\", \"pd\": \"eth2\" }", "did you mean \"eth"},
        {"{ \"kind\": \"device_stall\", \"for\": 0, \"pd\": \"eth0\" }", "for"},
        {"{ \"kind\": \"device_reset\", \"period\": \"1 ms\", \"pd\": \"eth0\" }", "never ends"},
        {"{ \"kind\": \"device_reset\", \"after_entries\": 1, \"pd\": \"eth0\" }",
         "after_entries: eth0 is a device"},
        {"{ \"kind\": \"device_reset\", \"interrupt\": \"yes\", \"pd\": \"eth0\" }", "interrupt"},
        {"{ \"kind\": \"device_line\", \"how\": \"low\", \"pd\": \"eth0\" }", "how"},
        {"{ \"kind\": \"device_irq\", \"by\": 0, \"pd\": \"eth0\" }", "by"},
        {"{ \"kind\": \"device_dma\", \"what\": \"all\", \"pd\": \"eth0\" }", "what"},
        {"{ \"kind\": \"device_dma\", \"access\": 1, \"pd\": \"eth0\" }", "access"},
        {"{ \"kind\": \"device_descriptor\", \"how\": \"field\", \"offset\": 7, \"pd\": \"eth0\" }",
         "no descriptor of eth0 is so long"},
        {"{ \"kind\": \"device_descriptor\", \"bytes\": 9, \"pd\": \"eth0\" }", "bytes"},
        {"{ \"kind\": \"kernel_signal\", \"from\": \"client2\" }", "did you mean \"client"},
        {"{ \"kind\": \"kernel_signal\", \"to\": \"eth0\" }", "to: no protection domain \"eth0\""},
        {"{ \"kind\": \"kernel_signal\", \"from\": \"client0\", \"to\": \"client1\" }",
         "client0 signals client1 never"},
        {"{ \"kind\": \"kernel_signal\", \"by\": 0 }", "by"},
        {"{ \"kind\": \"kernel_signal\", \"how\": \"soon\" }", "how"},
        {"{ \"kind\": \"kernel_signal\", \"pd\": \"client0\" }", "is aimed at no domain"},
        {"{ \"kind\": \"kernel_budget\" }", "of"},
        {"{ \"kind\": \"kernel_budget\", \"of\": \"client0\" }", "client0 has no budget"},
        {"{ \"kind\": \"kernel_budget\", \"of\": \"nobody\" }", "no protection domain"},
        {"{ \"kind\": \"kernel_restart\" }", "pd: say which"},
        {"{ \"kind\": \"kernel_restart\", \"pd\": \"eth0\" }", "eth0 is a device"},
        {"{ \"kind\": \"kernel_restart\", \"pd\": \"client0\", \"period\": \"1 ms\" }",
         "never ends"},
        {"{ \"kind\": \"kernel_restart\", \"pd\": \"client0\", \"after_entries\": 3 }",
         "after_entries"},
        {"{ \"kind\": \"wire_link\", \"up\": 0 }", "up"},
        {"{ \"kind\": \"wire_link\", \"down\": \"-1 s\" }", "down"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        complaint(table[i].fault, table[i].complaint);
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_without_faults_has_no_gates),
        TEST(frames_are_dropped),
        TEST(one_in_so_many_is_dropped),
        TEST(a_wire_is_meant_by_its_name),
        TEST(frames_come_again),
        TEST(frames_are_late),
        TEST(each_is_late_by_its_own_time),
        TEST(frames_come_in_bursts),
        TEST(a_frame_is_overtaken),
        TEST(what_does_not_fit_is_lost_and_said),
        TEST(bits_flip_where_they_are_to),
        TEST(noticed_frames_end),
        TEST(frames_end_early),
        TEST(a_link_goes_down_and_up),
        TEST(faults_follow_each_other),
        TEST(memory_goes_astray),
        TEST(memory_is_moved_in_part),
        TEST(write_backs_are_late),
        TEST(a_field_is_wrong),
        TEST(too_many_late_writes_are_in_time),
        TEST(interrupts_are_lost_or_late),
        TEST(lines_move_without_cause),
        TEST(what_is_over_wakes_nobody),
        TEST(lines_are_stuck),
        TEST(a_device_is_reset),
        TEST(a_device_stands_still),
        TEST(nonsense_is_complained_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
