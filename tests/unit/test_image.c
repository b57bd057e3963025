/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images are the user's files: each is checked against the configuration it is to carry, and
 * whatever is wrong with one, down to any single byte of its headers, is a sentence or nothing,
 * never a crash.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "sim/base/rng.h"
#include "sim/exec/image.h"
#include "tests/unit/planned.h"

static const char system_text[] =
    "{ \"version\": 1, \"devices\": [ { \"name\": \"eth0\", \"model\": \"enet\" } ],"
    "  \"networks\": [ { \"name\": \"net0\" } ],"
    "  \"clients\": [ { \"name\": \"client0\", \"image\": \"network/client_echo\", \"copier\": {} "
    "} ] }";

static struct planned p;
static uint32_t copier;
static uint8_t *bytes;
static size_t size;
static char folder[] = "/tmp/sddfsim-test-image-XXXXXX";
static char path[128], copy[128];

static uint8_t *read_file(const char *file, size_t *length)
{
    int fd = open(file, O_RDONLY);
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    uint8_t *all = malloc((size_t)st.st_size);
    assert_int_equal(read(fd, all, (size_t)st.st_size), st.st_size);
    close(fd);
    *length = (size_t)st.st_size;
    return all;
}

static void write_file(const void *from, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, from, length), (ssize_t)length);
    close(fd);
}

static int begin(void **state)
{
    (void)state;
    planned_must(&p, system_text);
    copier = planned_pd(&p, "client0_copier");
    bytes = read_file(p.plan->pds[copier].image_file, &size);
    snprintf(path, sizeof path, "%s/copy.so", folder);
    snprintf(copy, sizeof copy, "%s/client0_copier.so", folder);
    p.plan->pds[copier].image_file = path;
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    unlink(copy);
    free(bytes);
    planned_finish(&p);
    return 0;
}

static bool check(void)
{
    p.diag = (struct diag){.arena = &p.arena};
    return image_check(p.plan, copier, &p.diag);
}

/* The image, checked, is refused in these words. */
static void refused(const char *why)
{
    assert_false(check());
    if (strstr(planned_complaints(&p), why) == NULL) {
        fail_msg("not '%s' but %s", why, planned_complaints(&p));
    }
}

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)(void *)bytes;
}

static Elf64_Shdr *section(const char *name)
{
    Elf64_Shdr *all = (Elf64_Shdr *)(void *)(bytes + header()->e_shoff);
    const char *names = (const char *)bytes + all[header()->e_shstrndx].sh_offset;

    for (unsigned i = 0; i < header()->e_shnum; i++) {
        if (strcmp(names + all[i].sh_name, name) == 0) {
            return &all[i];
        }
    }
    fail_msg("no section %s", name);
    abort();
}

static void test_good(void **state)
{
    (void)state;
    write_file(bytes, size);
    assert_true(check());
    assert_int_equal(p.diag.warnings, 0);
    for (uint32_t i = 0; i < p.plan->pd_count; i++) {
        if (p.plan->pds[i].kind == PD_IMAGE) {
            assert_true(image_check(p.plan, i, &p.diag));
        }
    }
}

static void test_not_images(void **state)
{
    (void)state;
    unlink(path);
    refused("cannot read image");
    write_file("", 0);
    refused("cannot read image");
    write_file("#!/bin/sh\nexit 0\n", 17);
    refused("is not an ELF file");
    write_file(bytes, sizeof(Elf64_Ehdr) - 1);
    refused("is not an ELF file");
    write_file(bytes, sizeof(Elf64_Ehdr));
    refused("its section table lies outside the file");

    header()->e_ident[EI_CLASS] = ELFCLASS32;
    write_file(bytes, size);
    refused("was not built for this machine");
    header()->e_ident[EI_CLASS] = ELFCLASS64;
    header()->e_machine = EM_RISCV;
    write_file(bytes, size);
    refused("was not built for this machine");
}

static void test_executable(void **state)
{
    (void)state;
    header()->e_type = ET_EXEC;
    write_file(bytes, size);
    refused("is not a shared object; link it with -shared");
}

static void test_sections(void **state)
{
    Elf64_Shdr *config = section(".net_copy_config");
    Elf64_Shdr good = *config;

    (void)state;
    config->sh_type = SHT_NOBITS;
    write_file(bytes, size);
    refused("section .net_copy_config takes no bytes in the file");
    *config = good;
    config->sh_size = 1120;
    write_file(bytes, size);
    refused("section .net_copy_config is 1120 bytes, but the configuration is 1128");
    *config = good;
    config->sh_offset = size - 1127;
    write_file(bytes, size);
    refused("section .net_copy_config lies outside the file");
    config->sh_offset = UINT64_MAX - 100;
    write_file(bytes, size);
    refused("section .net_copy_config lies outside the file");
    assert_int_equal(image_install(p.plan, copier, copy), -ENOEXEC);
    config->sh_offset = size - 1128; /* the last byte counts */
    write_file(bytes, size);
    assert_true(check());
    *config = good;
    config->sh_name += 1; /* now it is called something else */
    write_file(bytes, size);
    refused(
        "has no section .net_copy_config for its configuration of 1128 bytes; is it an image for "
        "the role of copier?");
    p.plan->pds[copier].blobs[0].optional = true;
    assert_true(check());
    assert_int_equal(image_install(p.plan, copier, copy), 0);
}

static Elf64_Sym *symbol(const char *name)
{
    Elf64_Sym *symbols = (Elf64_Sym *)(void *)(bytes + section(".dynsym")->sh_offset);

    for (size_t i = 0; i < section(".dynsym")->sh_size / sizeof *symbols; i++) {
        if (strcmp((char *)bytes + section(".dynstr")->sh_offset + symbols[i].st_name, name) == 0) {
            return &symbols[i];
        }
    }
    fail_msg("no symbol %s", name);
    abort();
}

static void test_entry_points(void **state)
{
    (void)state;
    symbol("init")->st_name = 0;
    write_file(bytes, size);
    refused("has no function init(), which every image needs");
    assert_int_equal(p.diag.errors, 1);
    symbol("notified")->st_shndx = SHN_UNDEF; /* needed, but not defined there */
    write_file(bytes, size);
    refused("has no function notified()");
    assert_int_equal(p.diag.errors, 2);
}

/* Misaligned: nothing is to be found there. */
static void test_symbols_misaligned(void **state)
{
    (void)state;
    section(".dynsym")->sh_offset += 4;
    write_file(bytes, size);
    refused("has no function notified()");
    assert_int_equal(p.diag.errors, 2);
}

/* The copy is the image with the configuration in its place, and nothing else is changed. */
static void test_install(void **state)
{
    const struct plan_blob *blob = &p.plan->pds[copier].blobs[0];
    size_t copied_size, at = section(".net_copy_config")->sh_offset;

    (void)state;
    write_file(bytes, size);
    assert_int_equal(image_install(p.plan, copier, copy), 0);
    uint8_t *copied = read_file(copy, &copied_size);
    assert_int_equal(copied_size, size);
    assert_memory_equal(copied, bytes, at);
    assert_memory_equal(copied + at, blob->bytes, blob->size);
    assert_memory_equal(copied + at + blob->size, bytes + at + blob->size, size - at - blob->size);
    free(copied);
    size_t original_size;
    uint8_t *original = read_file(path, &original_size); /* the user's own stays as it was */
    assert_int_equal(original_size, size);
    assert_memory_equal(original, bytes, size);
    free(original);
    assert_int_equal(image_install(p.plan, copier, copy), -EEXIST);
    unlink(copy);
    assert_int_equal(image_install(p.plan, copier, "/nonexistent/folder/x.so"), -ENOENT);
    section(".net_copy_config")->sh_size--;
    write_file(bytes, size);
    assert_int_equal(image_install(p.plan, copier, copy),
                     -ENOEXEC); /* changed since it was checked */
    unlink(path);
    assert_int_equal(image_install(p.plan, copier, copy), -ENOENT);
}

/* Any truncation. */
static void test_truncated(void **state)
{
    unsigned good = 0;

    (void)state;
    for (size_t length = 1; length < size; length += length < 256 ? 1 : 997) {
        write_file(bytes, length);
        good += check();
        unlink(copy);
        (void)image_install(p.plan, copier, copy);
    }
    assert_int_equal(good, 0);
}

/* Any byte of the file header and the section headers, turned over or made extreme. */
static void test_garbled(void **state)
{
    static const uint8_t twists[] = {0x01, 0x80, 0xff};
    size_t table = header()->e_shoff, end_of_table = table + header()->e_shnum * sizeof(Elf64_Shdr);
    unsigned good = 0, bad = 0;

    (void)state;
    write_file(bytes, size);
    int fd = open(path, O_WRONLY);
    for (size_t at = 0; at < end_of_table; at = at + 1 == sizeof(Elf64_Ehdr) ? table : at + 1) {
        for (unsigned i = 0; i < sizeof twists; i++) {
            uint8_t twisted = bytes[at] ^ twists[i];

            assert_int_equal(pwrite(fd, &twisted, 1, (off_t)at), 1);
            *(check() ? &good : &bad) += 1;
            unlink(copy);
            (void)image_install(p.plan, copier, copy);
        }
        assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
    }
    close(fd);
    assert_true(check());
    assert_true(good > 100 && bad > 100);
}

/* Noise over whole headers. */
static void test_noise(void **state)
{
    size_t table = header()->e_shoff, count = header()->e_shnum;
    struct rng rng;

    (void)state;
    rng_init(&rng, 1, "image");
    for (unsigned i = 0; i < 2000; i++) {
        uint8_t keep[sizeof(Elf64_Shdr)];
        size_t at = table + rng_below(&rng, count) * sizeof keep;

        memcpy(keep, bytes + at, sizeof keep);
        rng_bytes(&rng, bytes + at + 8 * rng_below(&rng, 8), 8);
        write_file(bytes, size);
        (void)check();
        unlink(copy);
        (void)image_install(p.plan, copier, copy);
        memcpy(bytes + at, keep, sizeof keep);
    }
}

static void test_load(void **state)
{
    struct image_entry entry = {0};
    char why[256];

    (void)state;
    write_file("no image", 8);
    assert_false(image_load(path, &entry, why, sizeof why));
    assert_true(strlen(why) > 0);
    image_unload(&entry);
    unlink(path);
    assert_false(image_load(path, &entry, why, sizeof why));
    image_unload(&entry); /* a zeroed one is fine */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),     TEST(test_not_images),   TEST(test_executable),
        TEST(test_sections), TEST(test_entry_points), TEST(test_symbols_misaligned),
        TEST(test_install),  TEST(test_truncated),    TEST(test_garbled),
        TEST(test_noise),    TEST(test_load),
    };

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
