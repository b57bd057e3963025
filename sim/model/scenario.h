/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIM_MODEL_SCENARIO_H
#define SIM_MODEL_SCENARIO_H
/*
 * What a scenario file asks for, as data: every value defaulted, range-checked and in its base
 * unit, every name resolved to an index. Nothing here is started or mapped; the plan is made from
 * this.
 *
 * The scenario knows no wire, device, class, fault or image by name: it is given a table of what
 * exists (struct scenario_types), each entry with the param table of its keys.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <sddf/hw/param.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"

/* One kind of thing a scenario may name. `type` is the owner's own descriptor, never looked into
 * here. */
struct type_view {
    const char *name, *doc;
    size_t state_size;
    const struct param *params; /* NULL: no keys of its own */
    const void *type;
    const char *driver; /* of a device: the image that drives it; NULL: as the role says */
    /* Of a fault in a device, with these keys: does that fail, and tell, so that its driver can
     * know and is to recover? NULL: no. */
    bool (*tells)(const void *state);
    bool begins_anew; /* of a fault: it begins a domain anew, and that does as its image says */
};

/* A protection domain that a class needs beside its clients ("driver", "virt_rx", "copier"). */
struct role_view {
    const char *name;              /* the scenario key */
    const char *image;             /* default image */
    bool drives;                   /* the default image is what the device's model names */
    uint8_t priority;              /* default */
    uint64_t budget_ns, period_ns; /* defaults; 0: no limit */
    bool optional;                 /* present only if the scenario has the key */
    const char *doc;
};

/* A device class: how its instances and its clients are spelled. `view.params` are an instance's
 * keys. */
struct class_view {
    struct type_view view;
    const char *instances_key;     /* top-level array: "networks" */
    const char *client_key;        /* in a client, names an instance: "network" */
    const struct role_view *roles; /* PDs of an instance; .name NULL ends */
    size_t client_state_size;
    const struct param *client_params;    /* keys in a client that names an instance */
    const struct role_view *client_roles; /* PDs of one client; .name NULL ends */
    /* Of a client with these keys: would it see what all receive, if the first of client_roles did
     * not stand between? NULL: each would. */
    bool (*client_shares)(const void *client_state);
};

struct scenario_types {
    const struct type_view *wires, *devices, *faults, *images;
    size_t wire_count, device_count, fault_count, image_count;
    const struct class_view *classes;
    size_t class_count;
};

enum scenario_clock { CLOCK_HOST, CLOCK_VIRTUAL };
enum scenario_placement { PLACEMENT_ONE_CORE, PLACEMENT_SPREAD };
/* On the host's clock, a domain without work. AUTO: as the scenario says, or by where it is. */
enum scenario_memory { MEMORY_STRICT, MEMORY_TSO, MEMORY_WEAK };

enum scenario_waiting { WAITING_AUTO, WAITING_SLEEP, WAITING_POLL };

struct scenario_pd {
    const char *name;  /* unique among PDs, devices and wires; [a-z][a-z0-9_]*, at most 63 bytes */
    const char *image; /* "network/virt_rx", or a path to a .so (contains ".so"), already relative
                          to the scenario */
    bool image_is_path;
    struct diag_place place;
    uint8_t priority;              /* 0..254 */
    uint64_t budget_ns, period_ns; /* 0: none asked */
    int cpu;                       /* -1: as the placement says */
    enum scenario_waiting waiting;
    bool trusted;                       /* default true */
    bool passive;                       /* default false */
    const struct type_view *image_type; /* NULL for a path or an image without keys of its own */
    void *image_state; /* filled from the "params" object by image_type->params; NULL if none */
};

struct scenario_mac {
    uint8_t recorded[6];
    uint32_t client;
};

struct scenario_wire {
    const char *name;
    struct diag_place place;
    const struct type_view *type;
    void *state;
    uint64_t speed_bps; /* "speed"; default 1 Gbit/s; "unlimited" is 0 */
    bool macs_spread;   /* "macs": "spread" */
    const struct scenario_mac *macs;
    size_t mac_count;
};

struct scenario_device {
    const char *name;
    struct diag_place place;
    const struct type_view *type; /* key "model" */
    void *state;
    int wire; /* index, -1 for none */
    int cpu;  /* -1: as the placement says */
    enum scenario_waiting waiting;
};

struct scenario_instance {
    const char *name;
    struct diag_place place;
    const struct class_view *class_type;
    void *state;
    uint32_t device;           /* index */
    struct scenario_pd *roles; /* one per class_type->roles, in that order; .name NULL if an
                                  optional one is absent */
};

/* One client's part in one instance. */
struct scenario_join {
    struct diag_place place;
    uint32_t instance;
    void *state;               /* filled by class_view.client_params */
    struct scenario_pd *roles; /* as above, from client_roles */
};

struct scenario_client {
    struct scenario_pd pd;
    bool allow_shared_receive;
    struct scenario_join *joins; /* one for each class it names; at least one */
    size_t join_count;
};

struct scenario_capture {
    struct diag_place place;
    const char *at;   /* "lan.out", "client0.rx" */
    const char *file; /* within captures/, a plain file name */
    enum { CAPTURE_WIRE_IN, CAPTURE_WIRE_OUT, CAPTURE_CLIENT_RX, CAPTURE_CLIENT_TX } point;
    uint32_t index; /* of the wire or client */
};

struct scenario_fault {
    struct diag_place place;
    const struct type_view *type; /* key "kind" */
    void *state;
    const char *pd; /* the compromised PD ("pd"), NULL if the kind names none; any PD: client,
                       driver, virt, copier */
    /*
     * Trigger, any combination. From when on there are occasions: "at", since the first frame may
     * enter; "after_entries", the nth time the PD runs; "after_frames", frames that passed through
     * the PD, or by the gate where the fault is asked.
     */
    uint64_t at_ns, after_entries, after_frames;
    /*
     * Which of its occasions it takes: each nth ("every"; 0 is 1), with a chance ("probability";
     * here what is missing from certainty). A PD's occasions are its entries; with "period", they
     * are that far apart, and the PD runs for them.
     */
    uint64_t every, pass_ppm, period_ns;
    /* Until when: so many acts (0: no limit), for so long (0: to the end). */
    uint64_t count, duration_ns;
};

struct scenario_expect {
    struct diag_place place;
    const char *text; /* "dropped == 0": NAME OP INTEGER, OP one of == != < <= > >= */
    const char *name;
    enum { EXPECT_EQ, EXPECT_NE, EXPECT_LT, EXPECT_LE, EXPECT_GT, EXPECT_GE } op;
    int64_t value;
};

struct scenario {
    const char *path; /* as given */
    const char *name; /* key "name", or else the file's name without folder and .json */
    const char *story;
    uint64_t seed;
    enum scenario_clock clock;
    const char *executor;      /* NULL: by the clock */
    const char *platform;      /* a name, or a path that ends in ".json"; NULL: "generic" */
    const char *platform_json; /* where the scenario holds the table itself: that, for
                                  platform_load, and `platform` its name; else NULL */
    enum scenario_placement placement;
    enum scenario_memory memory; /* of images that tell of each access */
    struct diag_place memory_place;
    uint64_t memory_delay_ns;
    enum scenario_waiting waiting;
    uint64_t stop_after_ns; /* stop.after: planned length, 0: until the input is consumed and all is
                               quiet */
    uint64_t stop_wall_ns;  /* stop.wall: give up (exit 5); default 120 s */
    bool stop_wall_preset;  /* it was left out */
    struct diag_place executor_place, clock_place, platform_place;

    struct scenario_wire *wires;
    size_t wire_count;
    struct scenario_device *devices;
    size_t device_count;
    struct scenario_instance *instances;
    size_t instance_count;
    struct scenario_client *clients;
    size_t client_count;
    struct scenario_capture *captures;
    size_t capture_count;
    struct scenario_fault *faults;
    size_t fault_count;
    struct scenario_expect *expects;
    size_t expect_count;
    struct scenario_expect *bounds; /* "compare": what others may suffer, see `sddfsim compare` */
    size_t bound_count;
    const char *const *checks_off; /* "checks": {"name": false} */
    size_t checks_off_count;
    const char *expanded; /* the whole scenario as JSON text: every default written out, paths
                             absolute, runnable as it is */
};

/* Put the platform's table into the expanded text in place of its name, so that it can be run where
 * there is no such platform, or another of that name. */
void scenario_expand_platform(struct scenario *s, const char *json, struct arena *arena);

/*
 * Read and resolve `path`. `sets` are "--set" arguments, "/json/pointer=value" (value JSON, or else
 * taken as a string). All complaints go to `diag`, all at once; NULL if there is any error. What is
 * returned lives in `arena`. Opens nothing but the scenario file.
 */
struct scenario *scenario_load(const char *path, const char *const *sets, size_t set_count,
                               const struct scenario_types *types, struct arena *arena,
                               struct diag *diag);

/* The same from a text already read; `file` is its name in complaints, and says which folder paths
 * begin at. */
struct scenario *scenario_parse_text(const char *file, const char *text, size_t bytes,
                                     const char *const *sets, size_t set_count,
                                     const struct scenario_types *types, struct arena *arena,
                                     struct diag *diag);

/* The whole format as a JSON schema (draft 2020-12), from the same tables that read it. */
void scenario_schema(FILE *to, const struct scenario_types *types);

/* For `list`: the keys that are no type's own, section by section. */
void scenario_document(FILE *to);
#endif
