/* SPDX-License-Identifier: BSD-2-Clause */
/* One pass over an object's symbols; see the header. */
#include "sim/base/symbol.h"

#include <string.h>
#include <sys/mman.h>

#include "sim/base/elf.h"

/* As something that can be printed; false if it is no name to print. */
static bool take_name(const char *name, char out[static SYMBOL_BYTES])
{
    size_t length = strnlen(name, SYMBOL_BYTES);

    if (length == 0 || length == SYMBOL_BYTES) {
        return false;
    }
    for (size_t i = 0; i <= length; i++) {
        out[i] = (name[i] > ' ' && name[i] < 127) || i == length ? name[i] : '?';
    }
    return true;
}

static bool in_object(const struct elf *e, uint64_t place, char out[static SYMBOL_BYTES])
{
    struct elf_symbol symbol;

    for (size_t i = 0; elf_symbol(e, ".symtab", i, &symbol); i++) {
        if (symbol.function && place >= symbol.value && place - symbol.value < symbol.bytes) {
            return take_name(symbol.name, out);
        }
    }
    return false;
}

bool symbol_before(const char *file, uint64_t offset, char out[static SYMBOL_BYTES])
{
    size_t size = 0;
    uint8_t *bytes = offset == 0 ? NULL : elf_map(file, &size);
    struct elf elf;
    bool found =
        bytes != NULL && elf_open(&elf, bytes, size) == NULL && in_object(&elf, offset - 1, out);

    if (bytes != NULL) {
        munmap(bytes, size);
    }
    return found;
}
