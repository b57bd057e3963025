# SPDX-License-Identifier: BSD-2-Clause
# Each component of ours, made by `build` by each compiler there is, runs as the image of it that
# comes with the product: the same events, to the last; and by the compiler that the product was
# made with it is the same code, so it is as fast.
components=$ROOT/components/network

shipped=$(dirname "$SDDFSIM")/images/network

# make FOLDER FILE OPTION...: one component, hooked if ours is.
make()
{
    image=$(basename "$2" .c).so
    name=$1/network/$image
    file=$2
    shift 2
    ! nm -D "$shipped/$image" | grep -q __tsan_ || set -- "$@" --flavour mmio
    "$SDDFSIM" build "$file" -o "$name" "$@" >said 2>&1 || cat said
}

sh "$HERE/write-systems"

digest()
{
    "$SDDFSIM" run "$1.json" -q -o "$1-$2" || echo "exit $?"
    grep '"digest"' "$1-$2/report.json" || echo "$1: no digest"
}

same()
{
    [ "$(digest "$1" ours)" = "$(SDDFSIM_IMAGES=$PWD/$2 digest "$1" "$2")" ] ||
        echo "$1: by $2 something else happens"
}

for compiler in gcc clang; do
    # One of them is enough to work here.
    command -v $compiler >/dev/null || continue
    mkdir -p $compiler/network
    for file in "$components"/*.c; do
        make $compiler "$file" -I "$ROOT" --cc $compiler
    done
    for system in switched plain direct; do
        same $system $compiler
        rm -rf $system-ours
    done
done

# Instructions without addresses, which depend on how long the names of source files are.
code()
{
    objdump -d --no-show-raw-insn "$1" |
        sed -e '/file format/d' -e 's/^ *[0-9a-f]*:\t//' -e 's/[0-9a-f]* <[^>]*>/there/' \
            -e 's/-*0x[0-9a-f]*(%rip)/there/'
}

made_by()
{
    readelf -p .comment "$1" | sed -n 's/.*\]  //p'
}
for compiler in gcc clang; do
    [ -d $compiler ] &&
        [ "$(made_by $compiler/network/copy.so)" = "$(made_by "$shipped/copy.so")" ] &&
        ! grep -q __asan_init "$SDDFSIM" || continue
    for image in $compiler/network/*.so; do
        code "$image" >built
        code "$shipped/${image##*/}" | cmp - built
    done
done

# Objects and archives as other languages' compilers leave them: each part is found, a bulk copy in
# it is a point, and the user's own file stays as it was. What the OS layer promises is there by all
# of its names, and prints.
cat >names.c <<'END'
#include <microkit.h>
#include <stdarg.h>
#include <sddf/util/printf.h>
#include <sddf/util/cache.h>
#include <sddf/util/util.h>
void print_all(void);
static void put(char c, void *to)
{
    (void)to;
    _sddf_putchar(c);
}
static void print(const char *format, ...)
{
    va_list arguments;
    char text[8];

    va_start(arguments, format);
    sddf_vprintf(format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    sddf_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    microkit_dbg_puts(text);
}
void print_all(void)
{
    microkit_mr_set(1, 7);
    seL4_SetMR(2, 8);
    print("[%s]", "v");
    sddf_fctprintf(put, 0, "<%d>", (int)(microkit_mr_get(1) * 10 + seL4_GetMR(2)));
    microkit_dbg_putc('p');
    seL4_DebugPutChar('s');
    sddf_putchar_unbuffered('u');
    sddf_printf("%x\n", microkit_x86_ioport_read_8(0, 0x60));
}
END
cat >client.c <<'END'
#include <microkit.h>
#include <string.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
__attribute__((__section__(".net_client_config"))) net_client_config_t config;
void print_all(void);
void init(void)
{
    net_queue_handle_t tx;

    net_queue_init(&tx, config.tx.free_queue.vaddr, config.tx.active_queue.vaddr,
                   config.tx.num_buffers);
    net_buffers_init(&tx, 0);
    memcpy(config.tx_data.vaddr, config.rx_data.vaddr, config.rx.num_buffers);
    print_all();
    microkit_notify(config.tx.id);
}
void notified(microkit_channel ch)
{
    microkit_deferred_notify(ch);
}
END
for name in names client; do
    gcc -fPIC -O1 -I "$ROOT" -I "$ROOT/sddf" -c $name.c
done
cp client.o before.o
ar rc parts.a client.o names.o
"$SDDFSIM" build client.o names.o -o objects.so
"$SDDFSIM" build parts.a
cmp client.o before.o
for image in objects parts; do
    nm -D $image.so | grep -c 'U sddfsim_memcpy'
    "$SDDFSIM" run direct.json -q -o $image --set '/networks/0/virtualisers=true' \
        --set "/clients/0/image=$image.so" --set /stop/after='"1 us"' --set '/clients/0/copier={}'
    cat $image/pds/client0.log
done
ls -d ./*.so.* ./*/network/*.so.* 2>/dev/null
