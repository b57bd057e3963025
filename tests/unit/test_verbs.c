/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs that only tell: `show` says what the plan says, map by map, `list` knows every row of
 * every row list, `schema` every key of every table, and a name that is none is answered with the
 * nearest one. The program is run as a shell would run it; what it ought to say is taken from the
 * tables and from a plan made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sddf/hw/device.h>

#include "components/components.h"
#include "components/devices.h"
#include "sim/class/class.h"
#include "sim/cmd/cmd.h"
#include "sim/exec/exec.h"
#include "sim/fault/fault.h"
#include "sim/system.h"
#include "sim/wire/wire.h"

#define ARGUMENTS_MAX 12
#define COLUMNS_MAX   100

extern char **environ;

/* Two clients behind one NIC, one with a copier and one that is trusted to see all, and one client
 * behind another: all that show has a word for. */
static const char scenario_text[] =
    "{ \"version\": 1, \"name\": \"both\", \"story\": \"a \\\"quoted\\\" story\",\n"
    "  \"wires\": [ { \"name\": \"lan\", \"kind\": \"gen\", \"count\": 10 } ],\n"
    "  \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\", \"wire\": \"lan\" },\n"
    "                 { \"name\": \"eth1\", \"model\": \"enet\" } ],\n"
    "  \"networks\": [ { \"name\": \"net0\", \"device\": \"eth0\" },\n"
    "                  { \"name\": \"net1\", \"device\": \"eth1\" } ],\n"
    "  \"clients\": [\n"
    "    { \"name\": \"direct\", \"image\": \"network/client_sink\", \"network\": \"net0\" },\n"
    "    { \"name\": \"copied\", \"image\": \"network/client_echo\", \"network\": \"net0\",\n"
    "      \"trusted\": false, \"copier\": {}, \"tx_buffers\": 64 },\n"
    "    { \"name\": \"other\", \"image\": \"network/client_echo\", \"network\": \"net1\",\n"
    "      \"copier\": {} } ],\n"
    "  \"captures\": [ { \"at\": \"lan.out\" }, { \"at\": \"copied.rx\" } ],\n"
    "  \"faults\": [ { \"kind\": \"queue_index\", \"pd\": \"copied\", \"at\": \"1 ms\" } ],\n"
    "  \"checks\": { \"drops\": false },\n"
    "  \"expect\": [ \"in == 10\" ] }\n";

static char folder[] = "/tmp/sddfsim-verbs-XXXXXX";
static char scenario_path[64], program[4096];
static char *said[2]; /* stdout, stderr of the last run */

/* ---- running the program ---- */

static char *content_of(int fd)
{
    off_t bytes = lseek(fd, 0, SEEK_END);
    char *text = calloc((size_t)bytes + 1, 1);

    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)bytes, 0), bytes);
    close(fd);
    return text;
}

static void forget_said(void)
{
    for (int i = 0; i < 2; i++) {
        free(said[i]);
        said[i] = NULL;
    }
}

/* Run argv[0], from PATH if it has no slash. Its exit status, -1 if there is no such program. */
static int spawn(const char *const *argv)
{
    posix_spawn_file_actions_t actions;
    int files[2], status, error;
    pid_t child;

    forget_said();
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 2; i++) {
        files[i] = memfd_create("said", MFD_CLOEXEC);
        assert_true(files[i] >= 0);
        posix_spawn_file_actions_adddup2(&actions, files[i], i + 1);
    }
    error = posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0) {
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    said[0] = content_of(files[0]);
    said[1] = content_of(files[1]);
    if (error != 0) {
        return -1;
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run_words(const char *const *words)
{
    const char *argv[ARGUMENTS_MAX + 2] = {program};

    for (int i = 0; words[i] != NULL; i++) {
        assert_true(i < ARGUMENTS_MAX);
        argv[i + 1] = words[i];
    }
    return spawn(argv);
}

#define RUN(...) run_words((const char *const[]){__VA_ARGS__, NULL})

/* Succeeds and has nothing to complain of. */
#define RUN_WELL(...)                                    \
    do {                                                 \
        int status_ = RUN(__VA_ARGS__);                  \
        if (status_ != 0 || said[1][0] != '\0') {        \
            fail_msg("status %d: %s", status_, said[1]); \
        }                                                \
    } while (0)

static void assert_in(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' is not in: %s", part, text);
    }
}

/* Refused: status 2, the reason on stderr, and nothing that looks like a result. */
static void assert_refused(int status, const char *part)
{
    assert_int_equal(status, CMD_EXIT_USAGE);
    assert_string_equal(said[0], "");
    assert_in(said[1], part);
}

static json_t *parsed(void)
{
    json_error_t error;
    json_t *value = json_loads(said[0], JSON_REJECT_DUPLICATES, &error);

    if (value == NULL) {
        fail_msg("line %d: %s", error.line, error.text);
    }
    return value;
}

static const char *text_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (!json_is_string(value)) {
        fail_msg("no text '%s'", key);
    }
    return json_string_value(value);
}

static uint64_t number_at(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static uint64_t address_at(const json_t *object, const char *key)
{
    const char *text = text_at(object, key);
    char *end;

    assert_int_equal(strncmp(text, "0x", 2), 0);
    uint64_t value = strtoull(text, &end, 16);
    assert_string_equal(end, "");
    return value;
}

/* The object of an array with that name. */
static json_t *named(json_t *array, const char *name)
{
    json_t *object;
    size_t i;

    json_array_foreach(array, i, object)
    {
        if (strcmp(text_at(object, "name"), name) == 0) {
            return object;
        }
    }
    fail_msg("nothing is named '%s'", name);
    return NULL;
}

/* ---- show ---- */

static void build_here(struct system *system)
{
    const char *sets[] = {NULL};

    *system = (struct system){0};
    if (!system_build(system, scenario_path, sets, 0)) {
        diag_print(&system->diag, stderr);
        fail_msg("the test's own scenario does not build");
    }
}

static size_t maps_of(const struct plan *plan, uint32_t pd)
{
    size_t count = 0;

    for (uint32_t i = 0; i < plan->map_count; i++) {
        count += plan->maps[i].pd == pd;
    }
    return count;
}

/* A map of the plan is in the domain's list as it is. */
static void assert_map(const struct plan *plan, const struct plan_map *map, const json_t *maps)
{
    static const char *const rights[] = {[RIGHT_READ] = "r", [RIGHT_READ | RIGHT_WRITE] = "rw"};
    const struct plan_region *region = &plan->regions[map->region];
    const json_t *object;
    size_t i;

    json_array_foreach(maps, i, object)
    {
        if (address_at(object, "vaddr") == map->vaddr) {
            assert_string_equal(text_at(object, "region"), region->name);
            assert_int_equal(number_at(object, "bytes"), region->bytes);
            assert_string_equal(text_at(object, "rights"), rights[map->rights]);
            assert_int_equal(json_is_true(json_object_get(object, "runtime")),
                             region->kind >= REGION_CHANNEL);
            return;
        }
    }
    fail_msg("%s is not mapped in %s", region->name, plan->pds[map->pd].name);
}

static void test_json_has_the_maps_of_the_plan(void **state)
{
    struct system system;

    (void)state;
    RUN_WELL("show", "--format", "json", scenario_path);
    json_t *root = parsed(), *domains = json_object_get(root, "domains");
    build_here(&system);
    const struct plan *plan = system.plan;

    assert_int_equal(json_array_size(domains), plan->pd_count);
    for (uint32_t i = 0; i < plan->pd_count; i++) {
        json_t *maps = json_object_get(named(domains, plan->pds[i].name), "maps");

        assert_int_equal(json_array_size(maps), maps_of(plan, i));
    }
    for (uint32_t i = 0; i < plan->map_count; i++) {
        const struct plan_map *map = &plan->maps[i];

        assert_map(plan, map, json_object_get(named(domains, plan->pds[map->pd].name), "maps"));
    }
    system_finish(&system);
    json_decref(root);
}

static const char *const region_kinds[REGION_KINDS] = {
    [REGION_QUEUES] = "queues",     [REGION_BUFFERS] = "buffers", [REGION_RING] = "ring",
    [REGION_METADATA] = "metadata", [REGION_CHANNEL] = "channel", [REGION_MMIO] = "mmio",
    [REGION_STAMPS] = "stamps",     [REGION_PAGE] = "page",       [REGION_CAPTURE] = "capture"};

static void test_json_has_every_kind_of_region(void **state)
{
    struct system system;

    (void)state;
    RUN_WELL("show", "--format", "json", scenario_path);
    json_t *root = parsed(), *regions = json_object_get(root, "regions");
    build_here(&system);
    assert_int_equal(json_array_size(regions), system.plan->region_count);
    for (uint32_t i = 0; i < system.plan->region_count; i++) {
        const struct plan_region *region = &system.plan->regions[i];
        const json_t *object = named(regions, region->name);

        assert_non_null(region_kinds[region->kind]);
        assert_string_equal(text_at(object, "kind"), region_kinds[region->kind]);
        assert_int_equal(number_at(object, "bytes"), region->bytes);
    }
    system_finish(&system);
    json_decref(root);
}

static void test_json_says_who_is_who(void **state)
{
    (void)state;
    RUN_WELL("show", "--format=json", scenario_path);
    json_t *root = parsed(), *domains = json_object_get(root, "domains");
    const json_t *copied = named(domains, "copied"), *driver = named(domains, "net0_driver");
    const json_t *eth0 = named(domains, "eth0"), *copier = named(domains, "copied_copier");

    assert_string_equal(text_at(root, "scenario"), "both");
    assert_string_equal(text_at(root, "executor"), "process");
    assert_string_equal(text_at(copied, "kind"), "image");
    assert_string_equal(text_at(copied, "image"), "network/client_echo");
    assert_true(json_is_false(json_object_get(copied, "trusted")));
    assert_true(json_is_null(json_object_get(copied, "instance")));
    assert_true(json_is_true(json_object_get(json_object_get(copied, "params"), "reflect")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(copied, "macs"), 0)),
                        "52:54:01:00:00:01");
    assert_string_equal(text_at(copier, "instance"), "net0");
    assert_string_equal(text_at(eth0, "instance"), "net0");
    assert_string_equal(text_at(driver, "instance"), "net0");
    assert_string_equal(text_at(named(domains, "other_copier"), "instance"), "net1");
    assert_string_equal(text_at(named(domains, "net1_virt_tx"), "instance"), "net1");
    assert_string_equal(text_at(named(domains, "eth1"), "instance"), "net1");
    const json_t *section = json_array_get(json_object_get(copier, "sections"), 0);
    assert_string_equal(text_at(section, "section"), ".net_copy_config");
    assert_int_equal(number_at(section, "bytes"), sizeof(net_copy_config_t));
    assert_int_equal(number_at(driver, "period_ns"), 400000);
    assert_string_equal(text_at(copier, "role"), "copier");
    assert_int_equal(number_at(driver, "priority"), 101);
    assert_int_equal(number_at(driver, "budget_ns"), 100000);
    assert_string_equal(text_at(eth0, "kind"), "device");
    assert_true(json_is_null(json_object_get(eth0, "image")));
    assert_string_equal(text_at(json_array_get(json_object_get(root, "faults"), 0), "kind"),
                        "queue_index");
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "checks_off"), 0)),
                        "drops");
    const json_t *capture = json_array_get(json_object_get(root, "captures"), 1);
    assert_string_equal(text_at(capture, "at"), "copied.rx");
    assert_string_equal(text_at(capture, "domain"), "copied");
    json_decref(root);
}

/* A domain comes after those its frames come from, and a client right behind its copier. */
static void test_domains_are_in_packet_order(void **state)
{
    static const char *const order[] = {"eth0",          "net0_driver",  "net0_virt_rx", "direct",
                                        "copied_copier", "copied",       "net0_virt_tx", "eth1",
                                        "net1_driver",   "net1_virt_rx", "other_copier", "other",
                                        "net1_virt_tx"};
    const char *at;

    (void)state;
    RUN_WELL("show", "-fjson", scenario_path);
    json_t *root = parsed(), *domains = json_object_get(root, "domains");
    assert_int_equal(json_array_size(domains), sizeof order / sizeof order[0]);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        assert_string_equal(text_at(json_array_get(domains, i), "name"), order[i]);
    }
    json_decref(root);
    RUN_WELL("show", scenario_path);
    at = said[0];
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        char heading[64];

        snprintf(heading, sizeof heading, "\n%s: ", order[i]);
        at = strstr(at, heading);
        assert_non_null(at);
    }
}

/* Is it in the list of texts? */
static bool lists(const json_t *texts, const char *text)
{
    for (size_t i = 0; i < json_array_size(texts); i++) {
        if (strcmp(json_string_value(json_array_get(texts, i)), text) == 0) {
            return true;
        }
    }
    return false;
}

static void test_json_has_the_windows_of_devices(void **state)
{
    struct system system;
    size_t told = 0;

    (void)state;
    RUN_WELL("show", "-f", "json", scenario_path);
    json_t *root = parsed(), *devices = json_object_get(root, "devices");
    build_here(&system);
    for (uint32_t d = 0; d < system.plan->device_count; d++) {
        const struct plan_device *device = &system.plan->devices[d];
        const json_t *shown = named(devices, device->name);
        const json_t *windows = json_object_get(shown, "windows");
        size_t next = 0;

        assert_int_equal(address_at(shown, "registers_vaddr"), device->registers[0].vaddr);
        for (uint32_t i = 0; i < system.plan->window_count; i++) {
            const struct plan_window *w = &system.plan->windows[i];

            if (w->device == d) {
                const json_t *window = json_array_get(windows, next++);

                assert_int_equal(address_at(window, "io_addr"), w->io_addr);
                assert_int_equal(address_at(window, "vaddr"), w->vaddr);
                assert_int_equal(number_at(window, "bytes"), w->bytes);
                assert_string_equal(text_at(window, "rights"),
                                    w->rights & RIGHT_WRITE ? "rw" : "r");
            }
        }
        assert_int_equal(json_array_size(windows), next);
        told += next;
    }
    assert_int_equal(told, system.plan->window_count);
    assert_string_equal(text_at(json_object_get(named(devices, "eth0"), "wire"), "kind"), "gen");
    assert_true(json_is_null(json_object_get(named(devices, "eth1"), "wire")));
    system_finish(&system);
    json_decref(root);
}

static void test_json_has_the_queues_of_the_plan(void **state)
{
    struct system system;

    (void)state;
    RUN_WELL("show", "-f", "json", scenario_path);
    json_t *root = parsed(), *domains = json_object_get(root, "domains");
    build_here(&system);
    const struct plan *plan = system.plan;

    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];
        const char *producer = plan->pds[q->producer].name, *consumer = plan->pds[q->consumer].name;
        const json_t *queue = named(json_object_get(root, "queues"), q->name);

        assert_int_equal(number_at(queue, "capacity"), q->capacity);
        assert_string_equal(text_at(queue, "producer"), producer);
        assert_string_equal(text_at(queue, "consumer"), consumer);
        assert_string_equal(text_at(queue, "partner"), plan->queues[q->partner].name);
        assert_string_equal(text_at(queue, "naming"),
                            q->naming == NAMES_OFFSET ? "offset" : "io_addr");
        assert_int_equal(json_is_true(json_object_get(queue, "carries_frames")), q->carries_frames);
        assert_int_equal(number_at(queue, "producer_channel"),
                         plan_channel_id(plan, q->channel, q->producer));
        assert_int_equal(number_at(queue, "consumer_channel"),
                         plan_channel_id(plan, q->channel, q->consumer));
        assert_true(lists(json_object_get(named(domains, producer), "fills"), q->name));
        assert_true(lists(json_object_get(named(domains, consumer), "empties"), q->name));
    }
    system_finish(&system);
    json_decref(root);
}

static void test_json_has_the_pools_of_the_plan(void **state)
{
    struct system system;

    (void)state;
    RUN_WELL("show", "-f", "json", scenario_path);
    json_t *root = parsed(), *pools = json_object_get(root, "pools");
    build_here(&system);
    assert_int_equal(json_array_size(pools), system.plan->pool_count);
    for (uint32_t i = 0; i < system.plan->pool_count; i++) {
        const struct plan_pool *pool = &system.plan->pools[i];
        const json_t *shown = named(pools, pool->name);

        assert_string_equal(text_at(shown, "region"), system.plan->regions[pool->region].name);
        assert_int_equal(number_at(shown, "buffers"), pool->buffer_count);
        assert_int_equal(number_at(shown, "buffer_bytes"), pool->buffer_bytes);
        if (pool->io_addr != 0) {
            assert_int_equal(address_at(shown, "io_addr"), pool->io_addr);
        } else {
            assert_true(json_is_null(json_object_get(shown, "io_addr")));
        }
    }
    system_finish(&system);
    json_decref(root);
}

/* From both ends a channel is the same one, and the ids are those the plan gives. */
static void test_json_has_both_ends_of_channels(void **state)
{
    struct system system;

    (void)state;
    RUN_WELL("show", "-f", "json", scenario_path);
    json_t *root = parsed(), *domains = json_object_get(root, "domains");
    build_here(&system);
    for (uint32_t i = 0; i < system.plan->channel_count; i++) {
        const struct plan_channel *c = &system.plan->channels[i];
        const char *region = system.plan->regions[c->region].name;

        for (int end = 0; end < 2; end++) {
            const json_t *channel = NULL, *channels;
            uint32_t pd = c->end[end].pd;

            if (pd == PLAN_NONE || system.plan->pds[pd].kind == PD_DEVICE) {
                continue;
            }
            channels = json_object_get(named(domains, system.plan->pds[pd].name), "channels");
            for (size_t j = 0; j < json_array_size(channels); j++) {
                if (strcmp(text_at(json_array_get(channels, j), "region"), region) == 0) {
                    channel = json_array_get(channels, j);
                }
            }
            assert_non_null(channel);
            assert_int_equal(number_at(channel, "id"), c->end[end].id);
            assert_int_equal(json_is_true(json_object_get(channel, "may_call")),
                             c->end[end].may_call);
            if (c->kind == CHANNEL_PEER) {
                assert_int_equal(number_at(channel, "peer_id"), c->end[1 - end].id);
            }
        }
    }
    system_finish(&system);
    json_decref(root);
}

/* The last output with runs of blanks made one, so that columns may be as wide as they like. */
static char *squeezed(void)
{
    char *text = strdup(said[0]), *to = text;

    assert_non_null(text);
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != ' ' || (to != text && to[-1] != ' ' && to[-1] != '\n')) {
            *to++ = *from;
        }
    }
    *to = '\0';
    return text;
}

/* The row is in the paragraph of that domain, all of it. */
static void assert_row(const char *text, const char *pd, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void assert_row(const char *text, const char *pd, const char *format, ...)
{
    char heading[80], row[256];
    va_list arguments;

    va_start(arguments, format);
    row[0] = '\n';
    vsnprintf(row + 1, sizeof row - 1, format, arguments);
    va_end(arguments);
    strcat(row, "\n");
    snprintf(heading, sizeof heading, "\n\n%s: ", pd);
    const char *begin = strstr(text, heading);
    assert_non_null(begin);
    const char *found = strstr(begin, row), *end = strstr(begin + 2, "\n\n");
    if (found == NULL || (end != NULL && found >= end)) {
        fail_msg("%s has no row%s", pd, row);
    }
}

static const char *size_text(uint64_t bytes, char out[static 32])
{
    bool mib = bytes % (1u << 20) == 0;

    snprintf(out, 32, "%" PRIu64 " %s", mib ? bytes >> 20 : bytes >> 10, mib ? "MiB" : "KiB");
    return out;
}

static void test_text_has_every_map(void **state)
{
    struct system system;
    char size[32];

    (void)state;
    RUN_WELL("show", scenario_path);
    char *text = squeezed();
    build_here(&system);
    for (uint32_t i = 0; i < system.plan->map_count; i++) {
        const struct plan_map *map = &system.plan->maps[i];
        const struct plan_region *region = &system.plan->regions[map->region];
        bool runtime = region->kind >= REGION_CHANNEL;

        assert_row(text, system.plan->pds[map->pd].name,
                   "0x%" PRIx64 "..0x%" PRIx64 " %s %s %s%s %s", map->vaddr,
                   map->vaddr + region->bytes - 1, size_text(region->bytes, size),
                   map->rights & RIGHT_WRITE ? "rw" : "r", runtime ? "* " : "",
                   region_kinds[region->kind], region->name);
    }
    system_finish(&system);
    free(text);
}

static void test_text_has_windows_channels_and_queues(void **state)
{
    struct system system;
    char size[32];

    (void)state;
    RUN_WELL("show", scenario_path);
    char *text = squeezed();
    build_here(&system);
    const struct plan *plan = system.plan;
    for (uint32_t i = 0; i < plan->window_count; i++) {
        const struct plan_window *w = &plan->windows[i];
        const struct plan_region *region = &plan->regions[w->region];

        assert_row(text, plan->devices[w->device].name, "0x%" PRIx64 "..0x%" PRIx64 " %s %s %s %s",
                   w->io_addr, w->io_addr + w->bytes - 1, size_text(w->bytes, size),
                   w->rights & RIGHT_WRITE ? "rw" : "r",
                   region->kind == REGION_RING ? "ring" : "buffers", region->name);
    }
    for (uint32_t i = 0; i < plan->queue_count; i++) {
        const struct queue_shape *q = &plan->queues[i];
        const char *what = q->naming == NAMES_OFFSET ? "offsets" : "IO addresses";

        assert_row(text, plan->pds[q->producer].name, "%s %u slots %s to %s by channel %u", q->name,
                   q->capacity, what, plan->pds[q->consumer].name,
                   plan_channel_id(plan, q->channel, q->producer));
        assert_row(text, plan->pds[q->consumer].name, "%s %u slots %s from %s by channel %u",
                   q->name, q->capacity, what, plan->pds[q->producer].name,
                   plan_channel_id(plan, q->channel, q->consumer));
    }
    system_finish(&system);
    /* Each device's windows are its own: the other's first buffer is in none of them. */
    const char *eth0 = strstr(text, "\n\neth0: "), *maps = strstr(eth0, "\nmaps\n");
    const char *foreign = strstr(eth0, "net1.rx.buffers");
    assert_true(foreign == NULL || foreign > maps);
    assert_row(text, "copied_copier", "0 there 2 net0_virt_rx notifies, is notified");
    assert_row(text, "copied_copier", "1 there 0 copied notifies, is notified");
    assert_row(text, "net0_driver", "0 irq 0 eth0 interrupts");
    assert_row(text, "eth0", "- irq 0 net0_driver is interrupted");
    assert_row(text, "direct", "2 timer asks for the time and for timeouts");
    free(text);
}

static void test_text_says_the_rest_and_fits(void **state)
{
    (void)state;
    RUN_WELL("show", scenario_path, "--set", "/clients/1/cpu=3");
    char *text = squeezed();
    assert_in(text, "\ncopied: client, not trusted\nimage network/client_echo\n"
                    "priority 97, no budget, on cpu 3\nparams reflect=true\n"
                    "receives 52:54:01:00:00:01\n");
    assert_row(text, "net0_driver", "priority 101, budget 100 us in 400 us");
    assert_row(text, "copied_copier", ".net_copy_config %zu bytes", sizeof(net_copy_config_t));
    assert_row(text, "eth1", "wire none");
    free(text);
    assert_in(said[0], "\nnet0_driver: driver of net0\n");
    assert_in(said[0], "queue_index inside copied");
    assert_in(said[0], "captures/lan-out.pcap");
    assert_in(said[0], "\nExpected\n    in == 10\n");
    assert_in(said[0], "\nNot checked\n    drops\n");
    for (const char *line = said[0]; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > COLUMNS_MAX) {
            fail_msg("too wide: %.*s", (int)strcspn(line, "\n"), line);
        }
    }
}

/* Columns: what stands at the right of one paragraph's ranges begins at one place. */
static void test_text_is_aligned(void **state)
{
    size_t place = 0;

    (void)state;
    RUN_WELL("show", scenario_path);
    const char *maps = strstr(strstr(said[0], "\neth0: "), "  maps\n");
    for (const char *line = strchr(maps, '\n') + 1; strncmp(line, "    0x", 6) == 0;
         line += strcspn(line, "\n") + 1) {
        const char *rights = strstr(line, "iB  r") + 4;

        place = place == 0 ? (size_t)(rights - line) : place;
        assert_int_equal(rights - line, place);
    }
    assert_true(place > 0);
}

static size_t occurrences(const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(said[0], part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

/* Each network's domains are within its frame, the clients outside of both. */
static void assert_drawn_in_cluster(void)
{
    const char *one = strstr(said[0], "subgraph cluster_0"),
               *two = strstr(said[0], "subgraph cluster_1");
    const char *end = strstr(two, "\n  }\n"), *driver = strstr(said[0], "\"net0_driver\" [");
    const char *other = strstr(said[0], "\"other_copier\" ["),
               *client = strstr(said[0], "\"other\" [");

    assert_true(one < driver && driver < two);
    assert_true(two < other && other < end && end < client);
    assert_int_equal(occurrences("    \"net0_driver\" ["), 1);
}

static void test_dot_quotes(void **state)
{
    (void)state;
    RUN_WELL("show", "-f", "dot", scenario_path, "--set", "/name=a\"b\\c");
    assert_in(said[0], "label=\"a\\\"b\\\\c\";");
}

/* Every domain is a node, every queue of frames an edge; and graphviz, if it is there, agrees. */
static void test_dot_draws_everything(void **state)
{
    struct system system;
    char part[200];

    (void)state;
    RUN_WELL("show", "--format", "dot", scenario_path);
    build_here(&system);
    for (uint32_t i = 0; i < system.plan->pd_count; i++) {
        snprintf(part, sizeof part, "\"%s\" [label=", system.plan->pds[i].name);
        assert_in(said[0], part);
    }
    for (uint32_t i = 0; i < system.plan->queue_count; i++) {
        const struct queue_shape *q = &system.plan->queues[i];

        snprintf(part, sizeof part, "\"%s\" -> \"%s\" [label=\"%s\\n%u\"",
                 system.plan->pds[q->producer].name, system.plan->pds[q->consumer].name, q->name,
                 q->capacity);
        assert_int_equal(strstr(said[0], part) != NULL, q->carries_frames);
    }
    /* Beside those: an interrupt and the registers of each device, and the one wire. */
    assert_int_equal(occurrences(" -> "), system.plan->queue_count / 2 + 2 * 2 + 1);
    assert_int_equal(occurrences("label=\"irq 0\""), 2);
    assert_int_equal(occurrences("label=\"registers\""), 2);
    system_finish(&system);
    assert_int_equal(occurrences("color=red, "), 1);
    assert_in(strstr(said[0], "\"copied\" [label"), "color=red");
    assert_int_equal(occurrences(",dashed\""), 1);
    assert_drawn_in_cluster();

    char path[96];
    snprintf(path, sizeof path, "%s/plan.dot", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(said[0], file);
    fclose(file);
    int status = spawn((const char *const[]){"dot", "-Tsvg", path, NULL});
    unlink(path);
    if (status != -1) {
        assert_int_equal(status, 0);
        assert_string_equal(said[1], "");
        assert_in(said[0], "copied_copier");
    }
}

static void test_set_changes_the_plan(void **state)
{
    (void)state;
    RUN_WELL("show", "-f", "json", scenario_path, "--set", "/clients/1/tx_buffers=128", "--set",
             "/seed=18446744073709551615", "--set", "/clock=virtual");
    json_t *root = parsed();
    assert_int_equal(
        number_at(named(json_object_get(root, "queues"), "copied.tx.active"), "capacity"), 128);
    assert_string_equal(text_at(root, "executor"), "fiber");
    const json_t *seed = json_object_get(root, "seed");
    assert_true(json_is_string(seed) || json_integer_value(seed) > 0);
    json_decref(root);
}

static void test_show_refuses(void **state)
{
    (void)state;
    assert_refused(RUN("show", scenario_path, "--set", "/devices/0/model=enit"),
                   "did you mean \"enet\"?");
    assert_refused(RUN("show", "/nowhere/at/all.json"), "/nowhere/at/all.json");
    assert_refused(RUN("show"), "show");
    assert_refused(RUN("show", "--format", "jason", scenario_path), "did you mean 'json'?");
    assert_refused(RUN("shwo", scenario_path), "did you mean 'show'?");
}

/* ---- list ---- */

/* A kind of `list` and all that its rows say. */
struct listed {
    const char *kind;
    size_t count;
    struct {
        const char *name, *doc;
        const struct param *params;
    } rows[64];
};

static void add(struct listed *l, const char *name, const char *doc, const struct param *params)
{
    assert_true(l->count < sizeof l->rows / sizeof l->rows[0]);
    l->rows[l->count].name = name;
    l->rows[l->count].doc = doc;
    l->rows[l->count++].params = params;
}

#define ROW(id) extern const struct device_type device_##id;
DEVICE_TYPES(ROW)
#undef ROW

static void add_rows(struct listed l[static 8])
{
#define ROW(id) add(&l[0], wire_##id.name, wire_##id.doc, wire_##id.params);
    WIRE_TYPES(ROW)
#undef ROW
#define ROW(id) add(&l[1], device_##id.name, device_##id.doc, device_##id.params);
    DEVICE_TYPES(ROW)
#undef ROW
#define ROW(id) \
    add(&l[2], class_##id.view.view.name, class_##id.view.view.doc, class_##id.view.view.params);
    CLASS_TYPES(ROW)
#undef ROW
#define ROW(id) add(&l[3], exec_##id.name, exec_##id.doc, NULL);
    EXEC_TYPES(ROW)
#undef ROW
#define ROW(id) add(&l[4], fault_##id.name, fault_##id.doc, fault_##id.params);
    FAULT_TYPES(ROW)
#undef ROW
#define ROW(id) add(&l[5], check_##id.name, check_##id.doc, NULL);
    CHECK_TYPES(ROW)
#undef ROW
#define ROW(id) add(&l[6], cmd_##id.name, cmd_##id.summary, NULL);
    CMD_TYPES(ROW)
#undef ROW
#define PARAMS(section, type, variable, table) table
#define NO_PARAMS                              NULL
#define OTHER(section, type, variable)
#define NO_OTHERS
#define ROW(id, name, doc, section, type, variable, params, others) add(&l[7], name, doc, params);
    COMPONENT_ROWS(ROW)
#undef ROW
}

#define LISTED 8
static const struct listed *all_listed(void)
{
    static struct listed l[LISTED] = {
        {.kind = "wires"},  {.kind = "devices"}, {.kind = "classes"}, {.kind = "executors"},
        {.kind = "faults"}, {.kind = "checks"},  {.kind = "verbs"},   {.kind = "images"}};

    if (l[0].count == 0) {
        add_rows(l);
    }
    return l;
}

/* A line that begins with the name and has the words behind it. */
static bool has_line(const char *name, const char *doc)
{
    for (const char *line = said[0]; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t length = strlen(name), end = strcspn(line, "\n");
        const char *words = strstr(line, doc);

        if (strncmp(line, name, length) == 0 && line[length] == ' ' && words != NULL &&
            words < line + end) {
            return true;
        }
    }
    return false;
}

static size_t lines(void)
{
    size_t count = 0;

    for (const char *c = said[0]; *c != '\0'; c++) {
        count += *c == '\n';
    }
    return count;
}

static void test_list_has_every_row(void **state)
{
    const struct listed *l = all_listed();

    (void)state;
    for (size_t i = 0; i < LISTED; i++) {
        RUN_WELL("list");
        assert_true(has_line(l[i].kind, ""));
        RUN_WELL("list", l[i].kind);
        assert_int_equal(lines(), l[i].count);
        for (size_t j = 0; j < l[i].count; j++) {
            if (!has_line(l[i].rows[j].name, l[i].rows[j].doc)) {
                fail_msg("%s: no %s", l[i].kind, l[i].rows[j].name);
            }
        }
    }
}

static void test_list_tells_every_key(void **state)
{
    const struct listed *l = all_listed();

    (void)state;
    for (size_t i = 0; i < LISTED; i++) {
        for (size_t j = 0; j < l[i].count; j++) {
            RUN_WELL("list", l[i].kind, l[i].rows[j].name);
            assert_in(said[0], l[i].rows[j].doc);
            for (const struct param *p = l[i].rows[j].params; p != NULL && p->name != NULL; p++) {
                assert_in(said[0], p->name);
                assert_in(said[0], p->doc);
            }
        }
    }
}

static void test_list_json_tells_the_same(void **state)
{
    const struct listed *l = all_listed();

    (void)state;
    for (size_t i = 0; i < LISTED; i++) {
        RUN_WELL("list", "--json", l[i].kind);
        json_t *all = parsed();

        assert_int_equal(json_array_size(all), l[i].count);
        for (size_t j = 0; j < l[i].count; j++) {
            const json_t *entry = named(all, l[i].rows[j].name);
            const json_t *keys = json_object_get(entry, "keys");

            assert_in(text_at(entry, "doc"), l[i].rows[j].doc);
            for (const struct param *p = l[i].rows[j].params; p != NULL && p->name != NULL; p++) {
                assert_non_null(json_object_get(json_object_get(keys, "properties"), p->name));
            }
            RUN_WELL("list", "--json", l[i].kind, l[i].rows[j].name);
            json_t *one = parsed();
            assert_true(json_equal(one, (json_t *)entry));
            json_decref(one);
        }
        json_decref(all);
    }
    RUN_WELL("list", "--json");
    json_t *kinds = parsed();
    for (size_t i = 0; i < LISTED; i++) {
        named(kinds, l[i].kind);
    }
    json_decref(kinds);
    RUN_WELL("list", "--json", "keys");
    json_t *keys = parsed();
    assert_non_null(json_object_get(keys, "clients"));
    json_decref(keys);
}

static void test_list_tells_more_than_keys(void **state)
{
    char bytes[64];

    (void)state;
#define ROW(id)                                                                          \
    RUN_WELL("list", "checks", check_##id.name);                                         \
    assert_int_equal(strstr(said[0], "judges isolation") != NULL, check_##id.isolation); \
    if (check_##id.host_time != NULL) {                                                  \
        assert_in(said[0], check_##id.host_time);                                        \
    }
    CHECK_TYPES(ROW)
#undef ROW
#define ROW(id)                                  \
    RUN_WELL("list", "faults", fault_##id.name); \
    assert_in(said[0], fault_##id.needs_pd ? "\"pd\": yes\n" : "\"pd\": no\n");
    FAULT_TYPES(ROW)
#undef ROW
    RUN_WELL("list", "expectations", "dropped.PD.REASON");
    assert_int_equal(lines(), 3 + DROP_COUNT - 1);
    RUN_WELL("list", "images", "network/driver_enet");
    snprintf(bytes, sizeof bytes, "%zu bytes", sizeof(device_resources_t));
    assert_in(said[0], ".device_resources ");
    assert_in(said[0], bytes);
    snprintf(bytes, sizeof bytes, "%zu bytes", sizeof(net_driver_config_t));
    assert_in(said[0], ".net_driver_config ");
    assert_in(said[0], bytes);
    RUN_WELL("list", "classes", "net");
    assert_in(said[0], "virt_rx");
    assert_in(said[0], "copier");
    assert_in(said[0], "tx_buffers");
    assert_in(said[0], "region (if the key is there)\n");
    assert_null(strstr(said[0], "device (if the key is there)"));
#define ROW(id)                                                                \
    RUN_WELL("list", "executors", exec_##id.name);                             \
    assert_in(said[0], exec_##id.isolates ? "by MMU: yes\n" : "by MMU: no\n"); \
    assert_in(said[0], !exec_##id.virtual_clock ? "clocks: host\n"             \
                       : exec_##id.host_clock   ? "clocks: host, virtual\n"    \
                                                : "clocks: virtual\n");
    EXEC_TYPES(ROW)
#undef ROW
    RUN_WELL("list", "verbs", "show");
    assert_in(said[0], "--format");
    static const char *const keys[] = {
        "allow_shared_receive", "version",   "seed", "platform", "params", "macs",
        "cross_core_delay",     "byte_milli"};
    RUN_WELL("list", "keys");
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char line[64];

        snprintf(line, sizeof line, "\n    %s ", keys[i]);
        assert_in(said[0], line);
    }
}

/* Platforms are files, read when they are listed; one that cannot be read is still one. */
static void test_list_reads_platforms(void **state)
{
    char dir[] = "/tmp/test-verbs-XXXXXX", good[64], bad[64];

    (void)state;
    RUN_WELL("list");
    assert_true(has_line("platforms", ""));
    RUN_WELL("list", "platforms");
    assert_true(has_line("generic", "plain"));
    assert_true(has_line("imx8mm-smp", "SMP"));
    assert_refused(RUN("list", "platforms", "imx8nm"), "did you mean 'imx8mm'?");

    assert_non_null(mkdtemp(dir));
    snprintf(good, sizeof good, "%s/good.json", dir);
    snprintf(bad, sizeof bad, "%s/bad.json", dir);
    FILE *to = fopen(good, "w");
    fputs("{\"story\": \"A good one.\", \"kernel\": {\"irq\": 777}}", to);
    fclose(to);
    to = fopen(bad, "w");
    fputs("{\"cores\": 0}", to);
    fclose(to);
    setenv("SDDFSIM_PLATFORMS", dir, 1);
    RUN_WELL("list", "platforms");
    assert_int_equal(lines(), 2);
    assert_true(has_line("good", "A good one."));
    assert_true(has_line("bad", "cannot be used"));
    RUN_WELL("list", "platforms", "good");
    assert_in(said[0], "\"irq\": 777");
    assert_in(said[0], "\"ack\": 250");
    RUN_WELL("list", "platforms", "bad");
    assert_in(said[0], "cores: 0 is outside 1..64");
    RUN_WELL("list", "--json", "platforms");
    json_t *all = parsed();
    const json_t *table = json_object_get(named(all, "good"), "table");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(table, "kernel"), "irq")),
                     777);
    assert_true(json_is_null(json_object_get(named(all, "bad"), "table")));
    json_decref(all);
    unsetenv("SDDFSIM_PLATFORMS");
    assert_int_equal(remove(good) | remove(bad) | rmdir(dir), 0);
}

static void test_list_refuses(void **state)
{
    (void)state;
    assert_refused(RUN("list", "wire"), "did you mean 'wires'?");
    assert_refused(RUN("list", "kyes"), "did you mean 'keys'?");
    assert_refused(RUN("list", "nothingness"), "'sddfsim list' prints them all");
    assert_refused(RUN("list", "wires", "pcab"), "no wire 'pcab': did you mean 'pcap'?");
    assert_refused(RUN("list", "images", "network/virt_xr"), "did you mean 'network/virt_");
    assert_refused(RUN("list", "checks", "zzzzzz"), "'sddfsim list checks' prints them all");
    assert_refused(RUN("list", "keys", "name"), "list keys");
    assert_refused(RUN("list", "wires", "pcap", "gen"), "gen");
    assert_refused(RUN("lits"), "did you mean 'list'?");
    assert_refused(RUN("schema", "what"), "what");
}

/* ---- expectations ---- */

/* The first place of `word` in `text` replaced. */
static void replace(char *text, size_t room, const char *word, const char *by)
{
    char *at = strstr(text, word);
    char rest[128];

    if (at != NULL) {
        snprintf(rest, sizeof rest, "%s", at + strlen(word));
        snprintf(at, room - (size_t)(at - text), "%s%s", by, rest);
    }
}

static int try_expectation(const char *name)
{
    char set[320];

    snprintf(set, sizeof set, "/expect=[\"%s >= 0\"]", name);
    return RUN("show", scenario_path, "--set", set);
}

/* Every pattern that is listed is one a scenario may use, for every word it may stand for. */
static void test_expectations_are_what_is_listed(void **state)
{
    (void)state;
    RUN_WELL("list", "--json", "expectations");
    json_t *all = parsed();
    const json_t *entry;
    size_t i;

    assert_true(json_array_size(all) > 20);
    json_array_foreach(all, i, entry)
    {
        const json_t *reasons = json_object_get(entry, "reasons");
        size_t tries = json_array_size(reasons) == 0 ? 1 : json_array_size(reasons);

        for (size_t j = 0; j < tries; j++) {
            char name[256];

            snprintf(name, sizeof name, "%s", text_at(entry, "name"));
            replace(name, sizeof name, "CLIENT", "copied");
            replace(name, sizeof name, "CHECK", "delivery");
            replace(name, sizeof name, "QUEUE", "net0.tx.active");
            replace(name, sizeof name, "DEVICE", "eth0");
            replace(name, sizeof name, "PD", "net0_virt_rx");
            replace(name, sizeof name, ".N", ".0");
            if (json_array_size(reasons) != 0) {
                replace(name, sizeof name, "REASON", json_string_value(json_array_get(reasons, j)));
            }
            if (try_expectation(name) != 0) {
                fail_msg("'%s' is listed and not known: %s", name, said[1]);
            }
        }
    }
    json_decref(all);
    assert_int_equal(try_expectation("no_such_thing"), CMD_EXIT_USAGE);
}

/* ---- schema ---- */

/* Does any object in here describe a key of that name? */
static bool describes(const json_t *in, const char *name)
{
    const json_t *value;
    const char *key;
    size_t i;

    if (json_object_get(json_object_get(in, "properties"), name) != NULL) {
        return true;
    }
    json_object_foreach((json_t *)in, key, value)
    {
        if (describes(value, name)) {
            return true;
        }
    }
    json_array_foreach(in, i, value)
    {
        if (describes(value, name)) {
            return true;
        }
    }
    return false;
}

static void assert_describes(const json_t *schema, const struct param *params)
{
    for (; params != NULL && params->name != NULL; params++) {
        if (!describes(schema, params->name)) {
            fail_msg("the schema has no '%s'", params->name);
        }
    }
}

static void test_schema_has_every_key(void **state)
{
    const struct scenario_types *types = system_types();

    (void)state;
    RUN_WELL("schema");
    json_t *schema = parsed();

    assert_in(text_at(schema, "$schema"), "draft/2020-12");
    for (size_t i = 0; i < types->wire_count; i++) {
        assert_describes(schema, types->wires[i].params);
        assert_in(said[0], types->wires[i].name);
    }
    for (size_t i = 0; i < types->device_count; i++) {
        assert_describes(schema, types->devices[i].params);
        assert_in(said[0], types->devices[i].name);
    }
    for (size_t i = 0; i < types->fault_count; i++) {
        assert_describes(schema, types->faults[i].params);
        assert_in(said[0], types->faults[i].name);
    }
    for (size_t i = 0; i < types->class_count; i++) {
        const struct class_view *class = &types->classes[i];

        assert_describes(schema, class->view.params);
        assert_describes(schema, class->client_params);
        assert_true(describes(schema, class->instances_key));
        assert_true(describes(schema, class->client_key));
        for (const struct role_view *r = class->roles; r != NULL && r->name != NULL; r++) {
            assert_true(describes(schema, r->name));
        }
        for (const struct role_view *r = class->client_roles; r != NULL && r->name != NULL; r++) {
            assert_true(describes(schema, r->name));
        }
    }
    json_decref(schema);
}

/* ---- before and after ---- */

static int set_up(void **state)
{
    FILE *file;

    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(scenario_path, sizeof scenario_path, "%s/both.json", folder);
    file = fopen(scenario_path, "w");
    if (file == NULL || fputs(scenario_text, file) < 0) {
        return -1;
    }
    return fclose(file);
}

static int tear_down(void **state)
{
    (void)state;
    forget_said();
    unlink(scenario_path);
    return rmdir(folder);
}

int main(void)
{
    const char *build = getenv("SDDFSIM_BUILD");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_has_the_maps_of_the_plan),
        cmocka_unit_test(test_json_has_every_kind_of_region),
        cmocka_unit_test(test_json_says_who_is_who),
        cmocka_unit_test(test_domains_are_in_packet_order),
        cmocka_unit_test(test_json_has_the_windows_of_devices),
        cmocka_unit_test(test_json_has_the_queues_of_the_plan),
        cmocka_unit_test(test_json_has_the_pools_of_the_plan),
        cmocka_unit_test(test_json_has_both_ends_of_channels),
        cmocka_unit_test(test_text_has_every_map),
        cmocka_unit_test(test_text_has_windows_channels_and_queues),
        cmocka_unit_test(test_text_says_the_rest_and_fits),
        cmocka_unit_test(test_text_is_aligned),
        cmocka_unit_test(test_dot_quotes),
        cmocka_unit_test(test_dot_draws_everything),
        cmocka_unit_test(test_set_changes_the_plan),
        cmocka_unit_test(test_show_refuses),
        cmocka_unit_test(test_list_has_every_row),
        cmocka_unit_test(test_list_tells_every_key),
        cmocka_unit_test(test_list_json_tells_the_same),
        cmocka_unit_test(test_list_tells_more_than_keys),
        cmocka_unit_test(test_list_reads_platforms),
        cmocka_unit_test(test_list_refuses),
        cmocka_unit_test(test_expectations_are_what_is_listed),
        cmocka_unit_test(test_schema_has_every_key),
    };
    char images[4096 + 16];

    if (build == NULL) {
        fprintf(stderr, "SDDFSIM_BUILD is not set: no program to run\n");
        return 77;
    }
    snprintf(program, sizeof program, "%s/sddfsim", build);
    snprintf(images, sizeof images, "%s/images", build);
    setenv("SDDFSIM_IMAGES", images, 1);
    setenv("NO_COLOR", "1", 1);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
