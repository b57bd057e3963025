/* SPDX-License-Identifier: BSD-2-Clause */
/* A debugger's walk (libdwfl) over a process of one thread and one object; see the header. */
#include "sim/base/unwind.h"

#include <elfutils/libdwfl.h>
#include <string.h>

#define THREAD 1 /* any number will do */

#if defined(__x86_64__)
#define REG_FRAME 6u
#define REG_STACK 7u
#else
#define REG_FRAME 29u
#define REG_STACK 31u
#endif

struct walk {
    const struct unwind_from *from;
    uint64_t *places;
    size_t count;
};

static bool inside(const struct unwind_from *from, uint64_t pc)
{
    return pc - from->base < from->object_bytes;
}

static int no_debug_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                         const char *file, const char *link, GElf_Word crc, char **found)
{
    (void)module;
    (void)data;
    (void)name;
    (void)base;
    (void)file;
    (void)link;
    (void)crc;
    (void)found;
    return -1;
}

static int no_other_file(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                         char **file, Elf **elf)
{
    (void)module;
    (void)data;
    (void)name;
    (void)base;
    (void)file;
    (void)elf;
    return -1;
}

static pid_t next_thread(Dwfl *dwfl, void *context, void **thread)
{
    (void)dwfl;
    if (*thread != NULL) {
        return 0;
    }
    *thread = context;
    return THREAD;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr at, Dwarf_Word *word, void *context)
{
    const struct unwind_from *from = ((struct walk *)context)->from;
    uint64_t offset = at - from->start;

    (void)dwfl;
    if (from->bytes < sizeof *word || offset > from->bytes - sizeof *word) {
        return false;
    }
    memcpy(word, (const uint8_t *)from->memory + offset, sizeof *word);
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *context)
{
    const struct unwind_from *from = ((struct walk *)context)->from;
    const Dwarf_Word frame = from->fp, stack = from->sp;

    if (!dwfl_thread_state_registers(thread, REG_FRAME, 1, &frame) ||
        !dwfl_thread_state_registers(thread, REG_STACK, 1, &stack)) {
        return false;
    }
    dwfl_thread_state_register_pc(thread, from->pc);
    return true;
}

static int on_frame(Dwfl_Frame *frame, void *context)
{
    struct walk *w = context;
    bool first;
    Dwarf_Addr pc;

    if (!dwfl_frame_pc(frame, &pc, &first) || !inside(w->from, pc)) {
        return DWARF_CB_ABORT;
    }
    w->places[w->count] = pc - w->from->base + (w->count == 0);
    w->count++;
    return w->count == UNWIND_FRAMES_MAX ? DWARF_CB_ABORT : DWARF_CB_OK;
}

/* True if something is known of how the object calls. */
static bool show_object(Dwfl *dwfl, const char *file, uint64_t base)
{
    dwfl_report_begin(dwfl);
    return dwfl_report_elf(dwfl, "image", file, -1, base, false) != NULL &&
           dwfl_report_end(dwfl, NULL, NULL) == 0;
}

size_t unwind_object(const char *file, const struct unwind_from *from,
                     uint64_t places[static UNWIND_FRAMES_MAX])
{
    static const Dwfl_Callbacks files = {.find_elf = no_other_file,
                                         .find_debuginfo = no_debug_file,
                                         .section_address = dwfl_offline_section_address};
    static const Dwfl_Thread_Callbacks state = {.next_thread = next_thread,
                                                .memory_read = read_memory,
                                                .set_initial_registers = set_registers};
    struct walk w = {.from = from, .places = places};
    Dwfl *dwfl = inside(from, from->pc) ? dwfl_begin(&files) : NULL;

    if (dwfl != NULL && show_object(dwfl, file, from->base) &&
        dwfl_attach_state(dwfl, NULL, THREAD, &state, &w)) {
        dwfl_getthread_frames(dwfl, THREAD, on_frame, &w);
    }
    dwfl_end(dwfl);
    if (w.count == 0 && inside(from, from->pc)) {
        places[w.count++] = from->pc - from->base + 1; /* so much is known without it */
    }
    return w.count;
}
