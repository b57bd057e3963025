/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a name comes from that an image asks for and nobody here has: a table of what sDDF sources
 * call besides the OS layer, and of what compilers call in their users' name. A row is a name, or
 * the beginning of names with a * after it; the first that fits is told.
 */
#include <string.h>

#include "sim/base/suggest.h"
#include "sim/cmd/build_parts.h"

#define NAMES_MAX 256u /* exported ones that may be suggested */

struct origin {
    const char *name, *origin;
};

static const struct origin names[] = {
    {"fsmalloc_*", "it is in your sDDF's util/fsmalloc.c, and that needs util/bitarray.c; give "
                   "both, or compile with the product's headers"},
    {"bitarray_*", "it is in your sDDF's util/bitarray.c; give that as well, or compile with the "
                   "product's headers"},
    {"virtio_transport_*", "it is in your sDDF's virtio/transport/mmio.c or pci.c; give the one "
                           "your machine has"},
    {"sddf_lwip_*", "it is in your sDDF's network/lib_sddf_lwip/lib_sddf_lwip.c, and that needs "
                    "lwIP; give both, lwIP best as an archive (.a)"},
    {"pbuf_*", "it is lwIP's; give that as an archive (.a)"},
    {"netif_*", "it is lwIP's; give that as an archive (.a)"},
    {"etharp_*", "it is lwIP's; give that as an archive (.a)"},
    {"ethernet_*", "it is lwIP's; give that as an archive (.a)"},
    {"lwip_*", "it is lwIP's; give that as an archive (.a)"},
    {"tcp_*", "it is lwIP's; give that as an archive (.a)"},
    {"udp_*", "it is lwIP's; give that as an archive (.a)"},
    {"dhcp_*", "it is lwIP's; give that as an archive (.a)"},
    {"sys_check_timeouts", "it is lwIP's; give that as an archive (.a)"},
    {"sddf_timer_*", "it is in <sddf/timer/client.h>; include that"},
    {"net_*", "it is in <sddf/network/queue.h> or <sddf/network/config.h>; include that"},
    {"serial_*", "it is in <sddf/serial/queue.h> or <sddf/serial/config.h>; include that"},
    {"blk_*", "it is in <sddf/blk/queue.h> or <sddf/blk/config.h> of your sDDF; include that"},
    {"i2c_*", "it is in your sDDF's <sddf/i2c/queue.h>, or its i2c/libi2c.c; give that"},
    {"sound_*", "it is in your sDDF's <sddf/sound/queue.h>; include that"},
    {"gpu_*", "it is in your sDDF's <sddf/gpu/queue.h>; include that"},
    {"ialloc_*", "it is in <sddf/util/ialloc.h>; include that"},
    {"cache_*", "it is your sDDF's; of its kind there are cache_clean() and "
                "cache_clean_and_invalidate() here"},
    {"sel4bench_*", "it counts a real machine's cycles; here the report does that, so leave the "
                    "benchmark parts out"},
    {"microkit_cothread_*", "it is libmicrokitco's; give that as well"},
    {"co_*", "it is libco's; give that as well"},
    {"microkit_*", "it is libmicrokit's, but not in the OS layer here: <microkit.h> of the product "
                   "has all there is"},
    {"seL4_*", "it is a system call, and only what the sDDF itself asks for is here: "
               "<sel4/sel4.h> of the product has all there is"},
    {"__tsan_*", "it was compiled with -fsanitize=thread in a form that is not known here; compile "
                 "without, or with --flavour mmio"},
    {"__asan_*", "it was compiled with -fsanitize=address; compile without"},
    {"__ubsan_*", "it was compiled with -fsanitize=undefined; compile without"},
    {"__atomic_*", "it is libatomic's, for words larger than this machine's; give that as an "
                   "archive (.a)"},
    {"__gxx_*", "it is the C++ library's; compile with -fno-exceptions -fno-rtti"},
    {"__cxa_*", "it is the C++ library's; compile with -fno-exceptions -fno-rtti "
                "-fno-threadsafe-statics"},
    {"_ZT*", "it is the C++ library's; compile with -fno-rtti"},
    {"_Zn*", "it is the C++ library's new; an image allocates nothing"},
    {"_Zd*", "it is the C++ library's delete; an image allocates nothing"},
    {"_Unwind_*", "it unwinds a stack; compile without exceptions (C++), or with panic=abort "
                  "(Rust)"},
    {"rust_eh_personality",
     "it unwinds a stack; compile with -C panic=abort -C lto, so that what could is left out"},
    {"rust_begin_unwind", "it is a crate's #[panic_handler]; yours needs one"},
    {"_ZNSt*", "it is the C++ library's, of which an image has nothing but templates"},
    {"_ZNKSt*", "it is the C++ library's, of which an image has nothing but templates"},
    {"_ZSt*", "it is the C++ library's, of which an image has nothing but templates"},
    {"_Z*", "it is a C++ function; if C calls it, declare it extern \"C\""},
    {"_R*", "it is a Rust function; give the crate as an archive (.a, crate-type staticlib)"},
    {"_gfortran_*", "it is the Fortran library's; an image has none"},
};

static const struct origin sections[] = {
    {".serial_*", "it is of sDDF's serial class, which is not here"},
    {".blk_*", "it is of sDDF's block class, which is not here"},
    {".i2c_*", "it is of sDDF's I2C class, which is not here"},
    {".sound_*", "it is of sDDF's sound class, which is not here"},
    {".gpu_*", "it is of sDDF's GPU class, which is not here"},
    {".benchmark_client_config", ""}, /* full of zeros, as it is, it says that nobody measures */
    {".benchmark_config", "it is the benchmark's; here the report tells what that would"},
};

#define PRINTS "print by sddf_printf()"
#define MEMORY "an image has what memory it declares, and its regions"
#define TIME   "ask a timer, by <sddf/timer/client.h>"
#define DIES   "a domain ends by _assert_fail(), or by a fault"

static const struct origin hosted[] = {
    {"printf", PRINTS},       {"fprintf", PRINTS},
    {"dprintf", PRINTS},      {"vprintf", PRINTS},
    {"vfprintf", PRINTS},     {"puts", PRINTS},
    {"putchar", PRINTS},      {"putc", PRINTS},
    {"fputs", PRINTS},        {"fputc", PRINTS},
    {"fwrite", PRINTS},       {"write", PRINTS},
    {"__printf_chk", PRINTS}, {"__fprintf_chk", PRINTS},
    {"perror", PRINTS},       {"malloc", MEMORY},
    {"calloc", MEMORY},       {"realloc", MEMORY},
    {"mmap", MEMORY},         {"time", TIME},
    {"gettimeofday", TIME},   {"clock_gettime", TIME},
    {"sleep", TIME},          {"usleep", TIME},
    {"nanosleep", TIME},      {"exit", DIES},
    {"_exit", DIES},
};

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

/* The first row that fits, NULL if none does. */
static const char *find(const struct origin *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(rows[i].name);

        if (rows[i].name[length - 1] == '*' ? strncmp(rows[i].name, name, length - 1) == 0
                                            : strcmp(rows[i].name, name) == 0) {
            return rows[i].origin;
        }
    }
    return NULL;
}

const char *build_section_origin(const char *section)
{
    return find(sections, ROWS(sections), section);
}

const char *build_instead(const char *name)
{
    return find(hosted, ROWS(hosted), name);
}

/*
 * The exported name that this one is a slip of. All sddf_ names are near each other by what they
 * have in common, so only what comes after that is compared.
 */
static const char *find_near(const char *name, const struct elf *exports, struct arena *arena)
{
    const char *known[NAMES_MAX], *end = strchr(name, '_'), *near;
    size_t prefix_bytes = end == NULL ? 0 : (size_t)(end - name) + 1, count = 0;
    struct elf_symbol symbol;

    for (size_t i = 0; count < NAMES_MAX && elf_symbol(exports, ".dynsym", i, &symbol); i++) {
        if (symbol.defined && strncmp(symbol.name, name, prefix_bytes) == 0) {
            known[count++] = symbol.name + prefix_bytes;
        }
    }
    near = suggest(name + prefix_bytes, known, count);
    return near == NULL ? NULL : arena_format(arena, "%.*s%s", (int)prefix_bytes, name, near);
}

const char *build_origin(const char *name, const struct elf *exports, struct arena *arena)
{
    const char *near = find_near(name, exports, arena);

    return near != NULL ? arena_format(arena, "did you mean %s?", near)
                        : find(names, ROWS(names), name);
}
