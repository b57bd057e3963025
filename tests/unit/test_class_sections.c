/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a class says its domains are told is what they are told: every domain of systems wired in
 * every way finds just the sections of one of its role's rows, and every image that comes with the
 * product is one for a role.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/model/component.h"
#include "tests/unit/planned.h"

#define NET(network, client)                                                          \
    "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ]," \
    "  \"networks\": [ { \"name\": \"net0\"" network " } ],"                          \
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_" client " } ] }"

static const char *const wirings[] = {
    NET("", "echo\", \"copier\": {}"),
    NET("", "sink\", \"forwarder\": {}"),
    NET("", "echo\""),
    NET(", \"vswitch\": {}", "echo\", \"copier\": {}"),
    NET(", \"virtualisers\": false", "direct\""),
};

static bool is_told(const struct plan_pd *pd, const char *section)
{
    for (size_t i = 0; i < pd->blob_count; i++) {
        if (strcmp(pd->blobs[i].section, section) == 0) {
            return true;
        }
    }
    return false;
}

/* Is it told in just these sections? An image's own, which its row in components.h names, aside,
 * and those that only one which has the section is told in. */
static bool is_told_so(const struct plan_pd *pd, const struct class_role *role)
{
    const struct component *own = component_find(pd->asked->image);
    size_t count = 0;

    for (size_t i = 0; role->sections[i] != NULL; i++) {
        if (is_told(pd, role->sections[i]->name)) {
            count++;
        } else if (!role->sections[i]->optional) {
            return false;
        }
    }
    if (own != NULL && own->param_section != NULL && is_told(pd, own->param_section)) {
        count++;
    }
    return pd->blob_count == count;
}

static bool plays(const struct plan_pd *pd)
{
    const char *name = strcmp(pd->role, "forwarder") == 0 ? "copier" : pd->role;

    for (const struct class_role *role = class_net.told; role->name != NULL; role++) {
        if (strcmp(role->name, name) == 0 && is_told_so(pd, role)) {
            return true;
        }
    }
    return false;
}

static void every_domain_is_told_what_its_role_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wirings / sizeof wirings[0]; i++) {
        struct planned p;

        planned_must(&p, wirings[i]);
        for (uint32_t pd = 0; pd < p.plan->pd_count; pd++) {
            if (p.plan->pds[pd].kind == PD_IMAGE && !plays(&p.plan->pds[pd])) {
                fail_msg("wiring %zu: %s is told something else than %s is", i,
                         p.plan->pds[pd].name, p.plan->pds[pd].role);
            }
        }
        planned_finish(&p);
    }
}

static const struct class_section *section_named(const char *name)
{
    for (const struct class_role *role = class_net.told; role->name != NULL; role++) {
        for (size_t i = 0; role->sections[i] != NULL; i++) {
            if (strcmp(role->sections[i]->name, name) == 0) {
                return role->sections[i];
            }
        }
    }
    return NULL;
}

static void every_image_of_ours_has_sections_that_are_filled(void **state)
{
    size_t count;
    const struct component *images = component_list(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct class_section *section = section_named(images[i].config_section);

        assert_non_null(section);
        assert_int_equal(section->size, images[i].config_size);
        for (size_t j = 0; images[i].others[j] != NULL; j++) {
            assert_non_null(section_named(images[i].others[j]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_domain_is_told_what_its_role_says),
        cmocka_unit_test(every_image_of_ours_has_sections_that_are_filled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
