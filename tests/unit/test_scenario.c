/* SPDX-License-Identifier: BSD-2-Clause */
/* Scenarios: what a good one becomes, what is said of each mistake, and that the expanded text is
 * the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/unit/fake_types.h"

struct bench {
    struct arena arena;
    struct diag diag;
    struct scenario *s;
    char *said;
};

static void parse_with(struct bench *b, const char *file, const char *text, const char *const *sets,
                       size_t set_count)
{
    size_t bytes;

    *b = (struct bench){.diag = {.arena = &b->arena}};
    b->s = scenario_parse_text(file, text, strlen(text), sets, set_count, &fake_types, &b->arena,
                               &b->diag);
    FILE *to = open_memstream(&b->said, &bytes);
    diag_print(&b->diag, to);
    fclose(to);
    assert_int_equal(b->s == NULL, b->diag.errors > 0);
}

static void parse(struct bench *b, const char *text)
{
    parse_with(b, "dir/x.json", text, NULL, 0);
}

static void close_bench(struct bench *b)
{
    free(b->said);
    arena_finish(&b->arena);
}

/* The smallest useful scenario, line by line, so that one line can be replaced. */
static const char *const small[] = {
    "{ \"version\": 1,",
    "\"wires\": [{\"name\": \"lan\", \"kind\": \"pcap\", \"file\": \"a.pcap\"}],",
    "\"devices\": [{\"name\": \"eth0\", \"model\": \"enet\"}],",
    "\"networks\": [{}],",
    "\"clients\": [{\"image\": \"network/client_echo\"}]",
    "}",
};
enum { VERSION, WIRES, DEVICES, NETWORKS, CLIENTS, END, LINES };

/* The small scenario with line `which` replaced. `line` NULL: as it is. */
static void parse_small(struct bench *b, int which, const char *line)
{
    char text[4000] = "";

    for (int i = 0; i < LINES; i++) {
        strncat(text, line != NULL && i == which ? line : small[i], sizeof text - strlen(text) - 2);
        strcat(text, "\n");
    }
    parse(b, text);
}

/* With that line, exactly that is said (each line without the file's name in front). */
static void said_of(int which, const char *line, const char *expected)
{
    static const char prefix[] = "dir/x.json:";
    char said[4000] = "";
    struct bench b;

    parse_small(&b, which, line);
    for (char *at = b.said; *at != '\0'; at = strchr(at, '\n') + 1) {
        size_t skip = strncmp(at, prefix, sizeof prefix - 1) == 0 ? sizeof prefix - 1 : 0;

        strncat(said, at + skip, (size_t)(strchr(at, '\n') + 1 - (at + skip)));
    }
    assert_string_equal(said, expected);
    close_bench(&b);
}

/* A further section in the last line. */
static void said_of_section(const char *section, const char *expected)
{
    char line[2000];

    snprintf(line, sizeof line, "%s, %s", small[CLIENTS], section);
    said_of(CLIENTS, line, expected);
}

/* --- good ones ----------------------------------------------------------------------------------
 */

static void the_smallest_has_sensible_defaults(void **state)
{
    struct bench b;

    (void)state;
    parse_small(&b, 0, NULL);
    assert_string_equal(b.said, "");
    const struct scenario *s = b.s;
    assert_string_equal(s->path, "dir/x.json");
    assert_string_equal(s->name, "x");
    assert_string_equal(s->story, "");
    assert_int_equal(s->seed, 1);
    assert_int_equal(s->clock, CLOCK_HOST);
    assert_null(s->executor);
    assert_null(s->platform);
    assert_int_equal(s->placement, PLACEMENT_ONE_CORE);
    assert_int_equal(s->waiting, WAITING_AUTO);
    assert_int_equal(s->stop_after_ns, 0);
    assert_true(s->stop_wall_ns == UINT64_C(120000000000));

    assert_int_equal(s->wire_count, 1);
    assert_ptr_equal(s->wires[0].type, &fake_wires[0]);
    assert_int_equal(s->wires[0].speed_bps, 1000000000);
    assert_false(s->wires[0].macs_spread);
    assert_int_equal(s->wires[0].mac_count, 0);
    const struct fake_pcap *pcap = s->wires[0].state;
    assert_string_equal(pcap->file, "dir/a.pcap");
    assert_int_equal(pcap->pace.kind, PACE_RECORDED);

    assert_int_equal(s->devices[0].wire, 0);
    assert_int_equal(s->devices[0].cpu, -1);
    assert_int_equal(((const struct fake_enet *)s->devices[0].state)->rx_ring, 256);

    assert_int_equal(s->instance_count, 1);
    assert_string_equal(s->instances[0].name, "net0");
    assert_int_equal(s->instances[0].device, 0);
    assert_ptr_equal(s->instances[0].class_type, &fake_classes[0]);
    const struct scenario_pd *driver = &s->instances[0].roles[0];
    assert_string_equal(driver->name, "net0_driver");
    assert_string_equal(driver->image, "network/driver_enet");
    assert_int_equal(driver->priority, 101);
    assert_int_equal(driver->budget_ns, 100000);
    assert_int_equal(driver->period_ns, 400000);
    assert_int_equal(driver->cpu, -1);
    assert_true(driver->trusted);
    assert_string_equal(driver->place.path, "networks[0].driver");
    assert_int_equal(driver->place.line, 4);
    assert_int_equal(s->instances[0].roles[2].budget_ns, 0);

    assert_int_equal(s->client_count, 1);
    assert_string_equal(s->clients[0].pd.name, "client0");
    assert_int_equal(s->clients[0].pd.priority, 97);
    assert_int_equal(s->clients[0].join_count, 1);
    assert_int_equal(s->clients[0].joins[0].instance, 0);
    assert_null(s->clients[0].joins[0].roles[0].name);
    const struct fake_net_client *net = s->clients[0].joins[0].state;
    assert_memory_equal(net->mac, "\0\0\0\0\0\0", 6);
    assert_int_equal(net->tx_buffers, 512);
    close_bench(&b);
}

static const char full[] =
    "{ \"version\": 1, \"$schema\": \"x\", \"name\": \"whole\",\n"
    "\"story\": \"Everything at once.\", \"seed\": \"0xffffffffffffffff\",\n"
    "\"clock\": \"virtual\", \"executor\": \"fiber\", \"platform\": \"imx8mm\",\n"
    "\"placement\": \"spread\", \"stop\": {\"after\": \"2 s\", \"wall\": \"1 min\"},\n"
    "\"wires\": [\n"
    " {\"kind\": \"pcap\", \"file\": \"/cap/a.pcap\", \"speed\": \"unlimited\", \"pace\": \"10 "
    "Mbit/s\",\n"
    "  \"macs\": {\"52:54:00:12:34:56\": \"client0\", \"FF:FF:FF:FF:FF:FF\": \"rogue\"}},\n"
    " {\"name\": \"lan\", \"kind\": \"gen\", \"frames\": 5, \"macs\": \"spread\"}],\n"
    "\"devices\": [{\"model\": \"enet\", \"wire\": \"wire0\", \"rx_ring\": 64, \"cpu\": 3},\n"
    " {\"name\": \"eth1\", \"model\": \"enet\", \"wire\": \"lan\"},\n"
    " {\"name\": \"com\", \"model\": \"uart\", \"wire\": null}],\n"
    "\"networks\": [{\"device\": \"device0\", \"rx_buffers\": 64,\n"
    "  \"driver\": {\"name\": \"drv\", \"image\": \"my/driver.so\", \"priority\": 254, \"budget\": "
    "0},\n"
    "  \"virt_rx\": {\"budget\": \"1 ms\", \"cpu\": 2}},\n"
    " {\"name\": \"second\", \"device\": \"eth1\"}],\n"
    "\"serials\": [{\"device\": \"com\"}],\n"
    "\"clients\": [\n"
    " {\"name\": \"client0\", \"image\": \"network/client_source\", \"network\": \"net0\", "
    "\"cpu\": 1,\n"
    "  \"params\": {\"frames\": 3, \"mode\": \"greedy\"}, \"mac\": \"52:54:01:00:00:00\",\n"
    "  \"copier\": {\"name\": \"guard\"}},\n"
    " {\"name\": \"rogue\", \"image\": \"network/client_sink\", \"network\": \"net0\", \"serial\": "
    "\"serial0\",\n"
    "  \"trusted\": false, \"copier\": {}, \"rx_buffers\": 8, \"baud\": 300},\n"
    " {\"image\": \"network/client_echo\", \"network\": \"second\", \"trusted\": false,\n"
    "  \"allow_shared_receive\": true}],\n"
    "\"captures\": [{\"at\": \"wire0.in\"}, {\"at\": \"lan.out\", \"file\": \"x.pcap\"},\n"
    "  {\"at\": \"client2.rx\"}, {\"at\": \"rogue.tx\"}],\n"
    "\"faults\": [{\"kind\": \"queue_index\", \"pd\": \"guard\", \"at\": \"1 ms\", \"count\": 2},\n"
    "  {\"kind\": \"wire_drop\", \"burst\": 7, \"every\": 2, \"probability\": \"1 %\", "
    "\"after_entries\": 4, \"duration\": \"3 us\"}],\n"
    "\"expect\": [\"client0.rx_frames == 100\", \" dropped<=-3 \"],\n"
    "\"checks\": {\"ownership\": false, \"flow\": true, \"other\": false}}\n";

static void check_full(const struct scenario *s)
{
    assert_string_equal(s->name, "whole");
    assert_string_equal(s->story, "Everything at once.");
    assert_true(s->seed == UINT64_MAX);
    assert_int_equal(s->clock, CLOCK_VIRTUAL);
    assert_string_equal(s->executor, "fiber");
    assert_string_equal(s->platform, "imx8mm");
    assert_int_equal(s->placement, PLACEMENT_SPREAD);
    assert_int_equal(s->stop_after_ns, 2000000000);
    assert_true(s->stop_wall_ns == UINT64_C(60000000000));

    assert_int_equal(s->wire_count, 2);
    assert_string_equal(s->wires[0].name, "wire0");
    assert_int_equal(s->wires[0].speed_bps, 0);
    assert_int_equal(s->wires[0].mac_count, 2);
    assert_memory_equal(s->wires[0].macs[0].recorded, "\x52\x54\x00\x12\x34\x56", 6);
    assert_int_equal(s->wires[0].macs[0].client, 0);
    assert_memory_equal(s->wires[0].macs[1].recorded, "\xff\xff\xff\xff\xff\xff", 6);
    assert_int_equal(s->wires[0].macs[1].client, 1);
    const struct fake_pcap *pcap = s->wires[0].state;
    assert_string_equal(pcap->file, "/cap/a.pcap");
    assert_int_equal(pcap->pace.kind, PACE_BITS);
    assert_int_equal(pcap->pace.per_second, 10000000);
    assert_true(s->wires[1].macs_spread);
    assert_int_equal(((const struct fake_gen *)s->wires[1].state)->frames, 5);

    assert_int_equal(s->device_count, 3);
    assert_int_equal(s->devices[0].wire, 0);
    assert_int_equal(s->devices[0].cpu, 3);
    assert_int_equal(s->devices[1].wire, 1);
    assert_int_equal(s->devices[2].wire, -1);

    assert_int_equal(s->instance_count, 3);
    assert_int_equal(((const struct fake_net *)s->instances[0].state)->rx_buffers, 64);
    const struct scenario_pd *driver = &s->instances[0].roles[0];
    assert_string_equal(driver->name, "drv");
    assert_true(driver->image_is_path);
    assert_null(driver->image_type);
    assert_int_equal(driver->priority, 254);
    assert_int_equal(driver->budget_ns, 0);
    assert_int_equal(driver->period_ns, 0);
    assert_int_equal(s->instances[0].roles[2].budget_ns, 1000000);
    assert_int_equal(s->instances[0].roles[2].period_ns, 1000000);
    assert_int_equal(s->instances[0].roles[2].cpu, 2);
    assert_string_equal(s->instances[1].name, "second");
    assert_int_equal(s->instances[1].device, 1);
    assert_string_equal(s->instances[2].roles[0].name, "serial0_driver");

    assert_int_equal(s->client_count, 3);
    const struct fake_source *source = s->clients[0].pd.image_state;
    assert_int_equal(source->frames, 3);
    assert_int_equal(source->mode, 1);
    assert_int_equal(source->bytes, 64);
    assert_int_equal(s->clients[0].pd.cpu, 1);
    assert_string_equal(s->clients[0].joins[0].roles[0].name, "guard");
    assert_int_equal(s->clients[1].join_count, 2);
    assert_false(s->clients[1].pd.trusted);
    assert_string_equal(s->clients[1].joins[0].roles[0].name, "rogue_copier");
    assert_int_equal(((const struct fake_net_client *)s->clients[1].joins[0].state)->rx_buffers, 8);
    assert_int_equal(s->clients[1].joins[1].instance, 2);
    assert_int_equal(((const struct fake_serial_client *)s->clients[1].joins[1].state)->baud, 300);
    assert_int_equal(s->clients[2].joins[0].instance, 1);
    assert_true(s->clients[2].allow_shared_receive);

    assert_int_equal(s->capture_count, 4);
    assert_string_equal(s->captures[0].file, "wire0-in.pcap");
    assert_int_equal(s->captures[0].point, CAPTURE_WIRE_IN);
    assert_string_equal(s->captures[1].file, "x.pcap");
    assert_int_equal(s->captures[1].point, CAPTURE_WIRE_OUT);
    assert_int_equal(s->captures[1].index, 1);
    assert_string_equal(s->captures[2].file, "client2-rx.pcap");
    assert_int_equal(s->captures[2].point, CAPTURE_CLIENT_RX);
    assert_int_equal(s->captures[2].index, 2);
    assert_int_equal(s->captures[3].point, CAPTURE_CLIENT_TX);
    assert_int_equal(s->captures[3].index, 1);

    assert_int_equal(s->fault_count, 2);
    assert_ptr_equal(s->faults[0].type, &fake_faults[0]);
    assert_string_equal(s->faults[0].pd, "guard");
    assert_int_equal(s->faults[0].at_ns, 1000000);
    assert_int_equal(s->faults[0].count, 2);
    assert_null(s->faults[1].pd);
    assert_int_equal(s->faults[1].after_entries, 4);
    assert_int_equal(s->faults[1].duration_ns, 3000);
    assert_int_equal(((const struct fake_drop *)s->faults[1].state)->burst, 7);
    assert_int_equal(s->faults[1].every, 2);
    assert_int_equal(s->faults[1].pass_ppm, 990000);
    assert_int_equal(s->faults[0].pass_ppm, 0);

    assert_int_equal(s->expect_count, 2);
    assert_string_equal(s->expects[0].name, "client0.rx_frames");
    assert_int_equal(s->expects[0].op, EXPECT_EQ);
    assert_int_equal(s->expects[0].value, 100);
    assert_string_equal(s->expects[1].name, "dropped");
    assert_int_equal(s->expects[1].op, EXPECT_LE);
    assert_true(s->expects[1].value == -3);
    assert_int_equal(s->checks_off_count, 2);
    assert_string_equal(s->checks_off[0], "ownership");
    assert_string_equal(s->checks_off[1], "other");
}

static const char for_hosts[] =
    "is for the host's clock; in virtual time one domain runs at a time, all on one core of the "
    "host";

static void a_full_one_is_read_and_survives_its_expansion(void **state)
{
    struct bench b, again;

    (void)state;
    parse(&b, full);
    assert_non_null(strstr(b.said, "4:14: warning: placement: "));
    assert_non_null(strstr(b.said, for_hosts));
    assert_null(strchr(strchr(b.said, '\n') + 1, '\n'));
    check_full(b.s);
    assert_string_equal(b.s->instances[0].roles[0].image, "dir/my/driver.so");
    assert_null(strstr(b.s->expanded, "$schema"));
    assert_non_null(strstr(b.s->expanded, "\"rx_ring\": 64"));
    assert_non_null(strstr(b.s->expanded, "\"tx_ring\": 256"));
    /* From another folder, under another name. */
    parse_with(&again, "else/where.json", b.s->expanded, NULL, 0);
    assert_non_null(strstr(again.said, for_hosts));
    check_full(again.s);
    assert_int_equal(again.s->instances[0].roles[0].image[0], '/');
    assert_string_equal(again.s->expanded, b.s->expanded);
    close_bench(&b);
    close_bench(&again);
}

static void the_smallest_survives_its_expansion(void **state)
{
    struct bench b, again;

    (void)state;
    parse_small(&b, WIRES, "\"wires\": [{\"kind\": \"pcap\", \"file\": \"a.pcap\"}],");
    parse_with(&again, "dir/y.json", b.s->expanded, NULL, 0);
    assert_string_equal(again.said, "");
    assert_string_equal(again.s->expanded, b.s->expanded);
    assert_string_equal(again.s->name, "x");
    close_bench(&b);
    close_bench(&again);
}

static void a_file_is_loaded(void **state)
{
    struct bench b = {.diag = {.arena = &b.arena}};
    char path[64];
    int fd = memfd_create("scenario", MFD_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, full, sizeof full - 1), sizeof full - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    b.s = scenario_load(path, NULL, 0, &fake_types, &b.arena, &b.diag);
    assert_non_null(b.s);
    check_full(b.s);
    arena_finish(&b.arena);
    close(fd);

    b = (struct bench){.diag = {.arena = &b.arena}};
    assert_null(scenario_load("no/such.json", NULL, 0, &fake_types, &b.arena, &b.diag));
    assert_int_equal(b.diag.errors, 1);
    arena_finish(&b.arena);
}

/* --- complaints ---------------------------------------------------------------------------------
 */

static void the_top_is_checked(void **state)
{
    struct bench b;

    (void)state;
    said_of(VERSION, "{", "1:1: error: version: missing; add \"version\": 1\n");
    said_of(VERSION, "{\"version\": 2,",
            "1:13: error: version: version 2 is not known here; this program reads 1\n");
    said_of(VERSION, "{\"version\": \"1\",",
            "1:13: error: version: expected 1, found the string \"1\"\n");
    said_of(VERSION, "{\"version\": 1, \"sede\": 1,",
            "1:16: error: sede: unknown key; did you mean \"seed\"?\n");
    said_of(VERSION, "{\"version\": 1, \"seed\": -1,", "1:24: error: seed: -1 is negative\n");
    said_of(VERSION, "{\"version\": 1, \"seed\": 1.5,",
            "1:24: error: seed: expected a whole number, found 1.5\n");
    said_of(VERSION, "{\"version\": 1, \"seed\": \"18446744073709551616\",",
            "1:24: error: seed: \"18446744073709551616\" is no whole number "
            "0..18446744073709551615\n");
    said_of(VERSION, "{\"version\": 1, \"seed\": \"-1\",",
            "1:24: error: seed: \"-1\" is no whole number 0..18446744073709551615\n");
    said_of(VERSION, "{\"version\": 1, \"clock\": \"vitual\",",
            "1:25: error: clock: expected \"host\" or \"virtual\", found the string \"vitual\"; "
            "did you mean \"virtual\"?\n");
    said_of(VERSION, "{\"version\": 1, \"placement\": 2,",
            "1:29: error: placement: expected \"one-core\" or \"spread\", found 2\n");
    said_of(VERSION, "{\"version\": 1, \"executor\": \"\",", "1:28: error: executor: is empty\n");
    said_of(VERSION, "{\"version\": 1, \"name\": \"a/b\",",
            "1:24: error: name: \"a/b\" cannot name a folder\n");
    said_of(VERSION, "{\"version\": 1, \"stop\": 2,",
            "1:24: error: stop: expected an object, found 2\n");
    said_of(VERSION, "{\"version\": 1, \"stop\": {\"after\": \"2\", \"wal\": 3},",
            "1:34: error: stop.after: \"2\" has no unit (ns, us, ms, s, min or h)\n"
            "1:39: error: stop.wal: unknown key; did you mean \"wall\"?\n");
    said_of(VERSION, "{\"version\": 1, \"stop\": {\"wall\": 0},",
            "1:33: error: stop.wall: 0 ns is less than 1 ns\n");
    parse(&b, "[1]");
    assert_string_equal(b.said, "dir/x.json:1:1: error: expected an object, found an array\n");
    close_bench(&b);
    parse(&b, "{\"version\": 1");
    assert_non_null(strstr(b.said, "error: not JSON: "));
    close_bench(&b);
}

static void wires_are_checked(void **state)
{
    (void)state;
    said_of(WIRES, "\"wires\": {},", "2:10: error: wires: expected an array, found an object\n");
    said_of(WIRES, "\"wires\": [7],", "2:11: error: wires[0]: expected an object, found 7\n");
    said_of(WIRES, "\"wires\": [{\"name\": \"lan\"}],",
            "2:11: error: wires[0].kind: missing; expected one of pcap, gen\n");
    said_of(WIRES, "\"wires\": [{\"kind\": 3}],",
            "2:20: error: wires[0].kind: expected one of pcap, gen, found 3\n");
    said_of(WIRES, "\"wires\": [{\"kind\": \"pcpa\"}],",
            "2:20: error: wires[0].kind: no wire kind \"pcpa\"; did you mean \"pcap\"?\n");
    said_of(WIRES, "\"wires\": [{\"kind\": \"pcap\", \"fiel\": \"x\"}],",
            "2:11: error: wires[0].file: missing; expected a path (a string)\n"
            "2:28: error: wires[0].fiel: unknown key; did you mean \"file\"?\n");
    said_of(WIRES, "\"wires\": [{\"kind\": \"gen\", \"name\": \"Lan\"}],",
            "2:35: error: wires[0].name: \"Lan\" is no name: small letters, digits and _, a letter "
            "first, at most 63 in all\n");
    said_of(WIRES, "\"wires\": [{\"kind\": \"gen\", \"speed\": \"fast\"}],",
            "2:36: error: wires[0].speed: \"fast\" is no quantity\n");
    said_of(WIRES, "\"wires\": [{\"kind\": \"gen\"}, {\"kind\": \"gen\", \"name\": \"b\"}],",
            "2:11: warning: wires[0]: no device is on wire \"wire0\"\n"
            "2:28: warning: wires[1]: no device is on wire \"b\"\n");
}

static void recorded_addresses_are_checked(void **state)
{
    (void)state;
    said_of(WIRES, "\"wires\": [{\"kind\": \"gen\", \"macs\": \"spred\"}],",
            "2:35: error: wires[0].macs: expected \"spread\", or an object of addresses, found the "
            "string \"spred\"\n");
    said_of(
        WIRES, "\"wires\": [{\"kind\": \"gen\", \"macs\": {\"x\": \"client0\"}}],",
        "2:36: error: wires[0].macs.x: no address; expected one such as \"52:54:01:00:00:00\"\n");
    said_of(
        WIRES,
        "\"wires\": [{\"kind\": \"gen\", \"macs\": {\"52:54:00:00:00:aa\": \"clinet0\",\n"
        "\"52:54:00:00:00:AB\": 1, \"52:54:00:00:00:ac\": \"client0\", "
        "\"52:54:00:00:00:AC\": \"client0\"}}],",
        "2:57: error: wires[0].macs[\"52:54:00:00:00:aa\"]: no client \"clinet0\"; did you mean "
        "\"client0\"?\n"
        "3:22: error: wires[0].macs[\"52:54:00:00:00:AB\"]: expected the name of a client, found "
        "1\n"
        "3:57: error: wires[0].macs[\"52:54:00:00:00:AC\"]: this address is given twice\n");
    said_of(WIRES,
            "\"wires\": [{\"kind\": \"gen\"}, {\"name\": \"b\", \"kind\": \"gen\", \"macs\": "
            "{\"52:54:00:00:00:aa\": \"client0\"}}],",
            "2:11: warning: wires[0]: no device is on wire \"wire0\"\n"
            "2:28: warning: wires[1]: no device is on wire \"b\"\n"
            "2:87: warning: wires[1].macs[\"52:54:00:00:00:aa\"]: client \"client0\" is not behind "
            "wire \"b\"\n");
}

static void devices_and_instances_are_checked(void **state)
{
    (void)state;
    said_of(DEVICES, "\"devices\": [{\"model\": \"enit\"}],",
            "3:23: error: devices[0].model: no device model \"enit\"; did you mean \"enet\"?\n");
    said_of(DEVICES, "\"devices\": [{\"model\": \"enet\", \"wire\": \"lam\"}],",
            "2:11: warning: wires[0]: no device is on wire \"lan\"\n"
            "3:39: error: devices[0].wire: no wire \"lam\"; did you mean \"lan\"?\n");
    said_of(DEVICES, "\"devices\": [{\"model\": \"enet\", \"wire\": 0}],",
            "2:11: warning: wires[0]: no device is on wire \"lan\"\n"
            "3:39: error: devices[0].wire: expected the name of a wire, or null, found 0\n");
    said_of(DEVICES,
            "\"devices\": [{\"name\": \"a\", \"model\": \"enet\", \"wire\": \"lan\"},\n"
            "{\"name\": \"b\", \"model\": \"enet\", \"wire\": \"lan\"}],",
            "3:13: warning: devices[0]: nothing drives device \"a\"\n"
            "4:1: warning: devices[1]: nothing drives device \"b\"\n"
            "4:40: error: devices[1].wire: wire \"lan\" has a device already, a\n"
            "5:14: error: networks[0].device: missing; which of the devices?\n");
    said_of(DEVICES, "\"devices\": [{\"model\": \"enet\", \"rx_ring\": 4096, \"cpu\": 64}],",
            "3:42: error: devices[0].rx_ring: 4096 is outside 2..1024\n"
            "3:55: error: devices[0].cpu: 64 is outside 0..63\n");
    said_of(DEVICES, "\"devices\": [],",
            "2:11: warning: wires[0]: no device is on wire \"lan\"\n"
            "4:14: error: networks[0].device: missing, and \"devices\" has none\n");
    said_of(NETWORKS, "\"networks\": [{\"device\": \"eht0\"}],",
            "3:13: warning: devices[0]: nothing drives device \"eth0\"\n"
            "4:25: error: networks[0].device: no device \"eht0\"; did you mean \"eth0\"?\n");
    said_of(NETWORKS, "\"networks\": [{\"device\": \"eth0\"}, {}],\n",
            "4:34: error: networks[1].device: device \"eth0\" is driven by \"net0\" already\n"
            "6:13: error: clients[0]: joins nothing; add \"network\" or \"serial\"\n");
    said_of(NETWORKS, "\"networks\": [{\"rx_bufers\": 1, \"drivr\": {}}],",
            "4:15: error: networks[0].rx_bufers: unknown key; did you mean \"rx_buffers\"?\n"
            "4:31: error: networks[0].drivr: unknown key; did you mean \"driver\"?\n");
}

/* With two devices nobody knows which of them the only wire is for. */
static void a_wire_is_not_guessed(void **state)
{
    struct bench b;

    (void)state;
    parse_small(&b, DEVICES,
                "\"devices\": [{\"model\": \"enet\"}, {\"model\": \"uart\"}], \"serials\": "
                "[{\"device\": \"device1\"}],");
    assert_non_null(strstr(b.said, "no device is on wire \"lan\""));
    close_bench(&b);
}

static void domains_are_checked(void **state)
{
    (void)state;
    said_of(NETWORKS, "\"networks\": [{\"driver\": 1}],",
            "4:25: error: networks[0].driver: expected an object, found 1\n");
    said_of(NETWORKS, "\"networks\": [{\"driver\": {\"priority\": 255, \"imge\": 1}}],",
            "4:38: error: networks[0].driver.priority: 255 is outside 0..254\n"
            "4:43: error: networks[0].driver.imge: unknown key; did you mean \"image\"?\n");
    said_of(
        NETWORKS, "\"networks\": [{\"driver\": {\"budget\": \"1 ms\"}}],",
        "4:36: error: networks[0].driver.budget: the budget, 1 ms, is longer than the period, 400 "
        "us\n");
    said_of(NETWORKS, "\"networks\": [{\"virt_rx\": {\"period\": \"1 ms\"}}],",
            "4:37: error: networks[0].virt_rx.period: a period needs a budget\n");
    said_of(NETWORKS, "\"networks\": [{\"virt_rx\": {\"image\": \"network/virtrx\"}}],",
            "4:36: error: networks[0].virt_rx.image: no image \"network/virtrx\"; did you mean "
            "\"network/virt_rx\"?\n");
    said_of(NETWORKS, "\"networks\": [{\"virt_rx\": {\"params\": {\"x\": 1}}}],",
            "4:27: error: networks[0].virt_rx.params: network/virt_rx has no keys of its own\n");
    said_of(NETWORKS, "\"networks\": [{\"virt_rx\": {\"image\": \"x.so\", \"params\": {}}}],",
            "4:44: error: networks[0].virt_rx.params: dir/x.so has no keys of its own\n");
    said_of(CLIENTS, "\"clients\": [{\"image\": \"network/client_source\", \"params\": 3}]",
            "5:58: error: clients[0].params: expected an object, found 3\n");
    said_of(CLIENTS,
            "\"clients\": [{\"image\": \"network/client_source\", \"params\": {\"gap\": 0, "
            "\"moed\": 1}}]",
            "5:66: error: clients[0].params.gap: 0 ns is outside 1 ns..1 s\n"
            "5:69: error: clients[0].params.moed: unknown key; did you mean \"mode\"?\n");
}

static void clients_are_checked(void **state)
{
    (void)state;
    said_of(CLIENTS, "\"clients\": []",
            "5:12: warning: clients: no clients: nobody receives or sends\n");
    said_of(CLIENTS, "\"story\": \"\"",
            "1:1: warning: clients: no clients: nobody receives or sends\n");
    said_of(CLIENTS, "\"clients\": [{}]",
            "5:13: error: clients[0].image: missing; expected a string\n");
    said_of(CLIENTS, "\"clients\": [{\"image\": \"network/client_ecko\"}]",
            "5:23: error: clients[0].image: no image \"network/client_ecko\"; did you mean "
            "\"network/client_echo\"?\n");
    said_of(
        CLIENTS,
        "\"clients\": [{\"image\": \"network/client_echo\", \"network\": \"net1\", \"mac\": 0}]",
        "5:57: error: clients[0].network: no network \"net1\"; did you mean \"net0\"?\n");
    said_of(NETWORKS,
            "\"networks\": [{\"device\": \"eth0\"}], \"serials\": [{\"device\": \"eth0\"}],",
            "4:58: error: serials[0].device: device \"eth0\" is driven by \"net0\" already\n"
            "5:13: error: clients[0]: joins nothing; add \"network\" or \"serial\"\n");
    said_of(CLIENTS,
            "\"serials\": [{}], \"clients\": [{\"image\": \"network/client_echo\", \"network\": "
            "\"serial0\"}]",
            "5:13: error: serials[0].device: device \"eth0\" is driven by \"net0\" already\n"
            "5:74: error: clients[0].network: no network \"serial0\"\n");
    said_of(CLIENTS, "\"clients\": [{\"image\": \"network/client_echo\", \"network\": 0}]",
            "5:57: error: clients[0].network: expected the name of one of \"networks\", found 0\n");
    said_of(CLIENTS,
            "\"clients\": [{\"image\": \"network/client_echo\", \"mca\": \"52\", \"mac\": \"52\"}]",
            "5:46: error: clients[0].mca: unknown key; did you mean \"mac\"?\n"
            "5:66: error: clients[0].mac: expected an address such as \"52:54:01:00:00:00\", found "
            "the string \"52\"\n");
    said_of(
        CLIENTS, "\"clients\": [{\"image\": \"network/client_echo\",\n\"trusted\": false}]",
        "6:12: error: clients[0].trusted: untrusted and without a copier, client0 would see all "
        "that net0 receives; add \"copier\": {}, or \"allow_shared_receive\": true\n");
    said_of(CLIENTS,
            "\"clients\": [{\"image\": \"network/client_echo\",\n\"trusted\": false, "
            "\"allow_shared_receive\": true}]",
            "");
    said_of(NETWORKS, "",
            "3:13: warning: devices[0]: nothing drives device \"eth0\"\n"
            "5:13: error: clients[0]: joins nothing; add \"network\" or \"serial\"\n");
}

static void names_are_unique(void **state)
{
    char line[400];

    (void)state;
    said_of(
        CLIENTS, "\"clients\": [{\"image\": \"network/client_echo\", \"name\": \"lan\"}]",
        "5:54: error: clients[0].name: the name \"lan\" is taken by wires[0].name; see line 2\n");
    said_of(
        CLIENTS,
        "\"clients\": [{\"image\": \"network/client_echo\", \"name\": \"client1\"},\n"
        "{\"image\": \"network/client_echo\"}]",
        "6:1: error: clients[1].name: the name \"client1\" is taken by clients[0].name; see line "
        "5\n");
    said_of(CLIENTS,
            "\"clients\": [{\"image\": \"network/client_echo\", \"copier\": {\"name\": "
            "\"net0_driver\"}}]",
            "5:65: error: clients[0].copier.name: the name \"net0_driver\" is taken by "
            "networks[0].driver.name; see line 4\n");
    snprintf(line, sizeof line,
             "\"clients\": [{\"image\": \"network/client_echo\", \"name\": \"a%062d\"}]", 0);
    said_of(CLIENTS, line, "");
    snprintf(line, sizeof line,
             "\"clients\": [{\"image\": \"network/client_echo\", \"name\": \"a%063d\"}]", 0);
    struct bench b;
    parse_small(&b, CLIENTS, line);
    assert_non_null(strstr(b.said, "is no name"));
    close_bench(&b);
}

static void captures_are_checked(void **state)
{
    (void)state;
    said_of_section("\"captures\": [{}]",
                    "5:61: error: captures[0].at: missing; expected a string\n");
    said_of_section(
        "\"captures\": [{\"at\": \"lan.oot\"}]",
        "5:68: error: captures[0].at: no place to capture at, \"lan.oot\"; did you mean "
        "\"lan.out\"?\n");
    said_of_section("\"captures\": [{\"at\": \"lan.in\", \"file\": \"a/b\"}]",
                    "5:86: error: captures[0].file: \"a/b\" is no plain file name\n");
    said_of_section(
        "\"captures\": [{\"at\": \"lan.in\", \"file\": \"a\"}, {\"at\": \"lan.out\", \"file\": "
        "\"a\"}]",
        "5:118: error: captures[1].file: \"a\" is what captures[0] writes already\n");
    said_of_section("\"captures\": [{\"at\": \"client0.rx\", \"fil\": \"a\"}]",
                    "5:82: error: captures[0].fil: unknown key; did you mean \"file\"?\n");
}

static void faults_are_checked(void **state)
{
    (void)state;
    said_of_section("\"faults\": [{\"kind\": \"wire_dorp\"}]",
                    "5:68: error: faults[0].kind: no fault kind \"wire_dorp\"; did you mean "
                    "\"wire_drop\"?\n");
    said_of_section("\"faults\": [{\"kind\": \"wire_drop\", \"every\": 0}]",
                    "5:90: error: faults[0].every: 0 is outside 1..4294967295\n");
    said_of_section("\"faults\": [{\"kind\": \"wire_drop\", \"evrey\": 2}]",
                    "5:81: error: faults[0].evrey: unknown key; did you mean \"every\"?\n");
    said_of_section("\"faults\": [{\"kind\": \"queue_index\", \"pd\": \"cilent0\"}]",
                    "5:89: error: faults[0].pd: no protection domain \"cilent0\"; did you mean "
                    "\"client0\"?\n");
    said_of_section("\"faults\": [{\"kind\": \"queue_index\", \"pd\": \"lan\"}]",
                    "5:89: error: faults[0].pd: no protection domain \"lan\"\n");
    said_of_section("\"faults\": [{\"kind\": \"queue_index\", \"pd\": \"net0_virt_rx\"}]", "");
    said_of_section("\"faults\": [{\"kind\": \"wire_drop\", \"probability\": \"101 %\"}]",
                    "5:96: error: faults[0].probability: 101 % is outside 0 ppm..100 %\n");
}

static void expectations_and_checks_are_checked(void **state)
{
    (void)state;
    said_of_section("\"expect\": [1]",
                    "5:59: error: expect[0]: expected a string such as \"dropped == "
                    "0\", found 1\n");
    said_of_section(
        "\"expect\": [\"\"]",
        "5:59: error: expect[0]: \"\" does not begin with a name; expected \"dropped == 0\" "
        "or the like\n");
    said_of_section("\"expect\": [\"dropped = 0\"]",
                    "5:59: error: expect[0]: \"dropped = 0\" has none of "
                    "== != < <= > >= behind dropped\n");
    said_of_section("\"expect\": [\"dropped\"]",
                    "5:59: error: expect[0]: \"dropped\" has none of == != < "
                    "<= > >= behind dropped\n");
    said_of_section("\"expect\": [\"dropped == none\"]",
                    "5:59: error: expect[0]: \"dropped == none\" ends in no whole number\n");
    said_of_section("\"expect\": [\"dropped == 9223372036854775808\"]",
                    "5:59: error: expect[0]: \"dropped == 9223372036854775808\" ends in no whole "
                    "number\n");
    said_of_section("\"expect\": [\"dropped == 1.5\"]",
                    "5:59: error: expect[0]: \"dropped == 1.5\" ends in no whole number\n");
    said_of_section("\"expect\": [\"a>1\",\"a<1\",\"a>=1\",\"a!=1\"]", "");
    said_of_section("\"checks\": []", "5:58: error: checks: expected an object, found an array\n");
    said_of_section("\"checks\": {\"flow\": 0}",
                    "5:67: error: checks.flow: expected true or false, found 0\n");
}

static void everything_is_told_at_once(void **state)
{
    struct bench b;

    (void)state;
    parse(&b, "{\"version\": 3, \"seed\": {}, \"wires\": [{\"kind\": \"x\"}], \"wires\": 7,\n"
              "\"devices\": [1, {\"model\": []}], \"networks\": [{\"driver\": []}],\n"
              "\"clients\": [null, {\"image\": 3}], \"captures\": \"\", \"faults\": [{}],\n"
              "\"expect\": {}, \"checks\": 1, \"what\": 0}");
    assert_int_equal(b.diag.errors, 15);
    close_bench(&b);
}

static void sections_are_bounded(void **state)
{
    const size_t items = 1025;
    char *text = malloc(items * 3 + 100), *at = text;
    struct bench b;

    (void)state;
    at = stpcpy(at, "{\"version\": 1, \"clients\": [");
    for (size_t i = 0; i < items; i++) {
        at = stpcpy(at, i == 0 ? "{}" : ",{}");
    }
    strcpy(at, "]}");
    parse(&b, text);
    assert_non_null(strstr(b.said, "clients: 1025 items; at most 1024 are read\n"));
    assert_int_equal(b.diag.errors, 1);
    close_bench(&b);
    free(text);
}

static void arguments_override_and_are_named(void **state)
{
    static const char *const good[] = {"/seed=9", "/wires/0/speed=100 Mbit/s",
                                       "/clients/-={\"image\": \"network/client_sink\"}",
                                       "/stop/after=1 s", "/clients/1/name=other"};
    static const char *const bad[] = {"/seed=-1", "/clinets=[]", "/wires/0/kind=pacp", "bad"};
    char text[4000] = "";
    struct bench b, again;

    (void)state;
    for (int i = 0; i < LINES; i++) {
        strcat(text, small[i]);
    }
    parse_with(&b, "x.json", text, good, 5);
    assert_string_equal(b.said, "");
    assert_int_equal(b.s->seed, 9);
    assert_int_equal(b.s->wires[0].speed_bps, 100000000);
    assert_int_equal(b.s->client_count, 2);
    assert_string_equal(b.s->clients[1].pd.name, "other");
    assert_int_equal(b.s->stop_after_ns, 1000000000);
    parse_with(&again, "x.json", b.s->expanded, NULL, 0);
    assert_string_equal(again.s->expanded, b.s->expanded);
    close_bench(&b);
    close_bench(&again);

    parse_with(&b, "x.json", text, bad, 4);
    assert_string_equal(
        b.said,
        "--set bad: error: expected /json/pointer=value\n"
        "--set /seed=-1: error: seed: -1 is negative\n"
        "--set /wires/0/kind=pacp: error: wires[0].kind: no wire kind \"pacp\"; did you mean "
        "\"pcap\"?\n"
        "--set /clinets=[]: error: clinets: unknown key; did you mean \"clients\"?\n");
    close_bench(&b);
}

static void the_format_describes_itself(void **state)
{
    json_error_t error;
    char *text = NULL;
    size_t bytes;
    FILE *to = open_memstream(&text, &bytes);

    (void)state;
    scenario_schema(to, &fake_types);
    fclose(to);
    json_t *schema = json_loads(text, 0, &error);
    assert_non_null(schema);
    json_t *keys = json_object_get(schema, "properties");
    static const char *const expected[] = {"version", "seed",     "clock",   "wires",   "platform",
                                           "devices", "networks", "serials", "clients", "captures",
                                           "faults",  "expect",   "checks"};
    for (size_t i = 0; i < FAKE_COUNT(expected); i++) {
        assert_non_null(json_object_get(keys, expected[i]));
    }
    assert_non_null(strstr(text, "\"const\": \"wire_drop\""));
    json_decref(schema);
    free(text);

    to = open_memstream(&text, &bytes);
    scenario_document(to);
    fclose(to);
    assert_non_null(strstr(text, "priority  number 0..254"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_has_sensible_defaults),
        cmocka_unit_test(a_full_one_is_read_and_survives_its_expansion),
        cmocka_unit_test(the_smallest_survives_its_expansion),
        cmocka_unit_test(a_file_is_loaded),
        cmocka_unit_test(the_top_is_checked),
        cmocka_unit_test(wires_are_checked),
        cmocka_unit_test(recorded_addresses_are_checked),
        cmocka_unit_test(devices_and_instances_are_checked),
        cmocka_unit_test(a_wire_is_not_guessed),
        cmocka_unit_test(domains_are_checked),
        cmocka_unit_test(clients_are_checked),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(captures_are_checked),
        cmocka_unit_test(faults_are_checked),
        cmocka_unit_test(expectations_and_checks_are_checked),
        cmocka_unit_test(everything_is_told_at_once),
        cmocka_unit_test(sections_are_bounded),
        cmocka_unit_test(arguments_override_and_are_named),
        cmocka_unit_test(the_format_describes_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
