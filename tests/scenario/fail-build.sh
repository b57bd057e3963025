# SPDX-License-Identifier: BSD-2-Clause
# What `build` says of source that makes no image: all at once, where it would come from, and
# nothing is left behind, whatever was there before stays as it was.
headers='#include <os/sddf.h>
#include <sddf/network/config.h>'
section='__attribute__((__section__(".net_copy_config"))) net_copy_config_t config;'

# build WORD...: what compilers say in their own words is left out.
build()
{
    PATH=${tools:-$PATH} "$SDDFSIM" build "$@" 2>&1 |
        grep -E -e '^sddfsim: |\.so: |^--|: warning: was ' \
            -e ': error: (is |was |has addr|cannot be|would )'
    PATH=${tools:-$PATH} "$SDDFSIM" build "$@" >/dev/null 2>&1
    echo "exit $?"
}

echo "$headers
$section
void init(void) { }" >no_notified.c
echo "$headers
$section
void notified(sddf_channel ch) { (void)ch; }" >no_init.c
echo "$headers
void init(void) { }
void notified(sddf_channel ch) { (void)ch; }" >no_section.c
echo "$headers
__attribute__((__section__(\".device_resources\"))) device_resources_t resources;
__attribute__((__section__(\".net_driver_confg\"))) net_driver_config_t config;
__attribute__((__section__(\".serial_driver_config\"))) char serial[64];
void init(void) { }
void notified(sddf_channel ch) { (void)ch; }" >half.c
echo "$headers
__attribute__((__section__(\".net_copy_config\"))) char config[64];
void init(void) { }
void notified(sddf_channel ch) { (void)ch; }" >small.c
echo "$headers
__attribute__((__section__(\".net_copy_config\"))) net_copy_config_t other;" >twice.c
# One role has all it needs, another most of what it needs.
echo "$headers
#include <sddf/timer/config.h>
$section
__attribute__((__section__(\".net_driver_config\"))) net_driver_config_t driver;
__attribute__((__section__(\".timer_client_config\"))) timer_client_config_t timer;
void init(void) { }
void notified(sddf_channel ch) { (void)ch; }" >roles.c
echo "$headers
$section
void sddf_notfy(sddf_channel ch);
void *pbuf_alloc(int layer, uint16_t length, int type);
int fsmalloc_alloc(void *f, uintptr_t *to, uint64_t count);
void json_loads(void);
void helper(void);
uint64_t sddf_timer_time_now(sddf_channel ch);
void microkit_pd_stop(unsigned child);
void microkit_notfy(unsigned ch);
void seL4_Yield(void);
static void more(void) { sddf_timer_time_now(1); microkit_pd_stop(1); microkit_notfy(2); }
void init(void) { helper(); more(); seL4_Yield(); json_loads(); fsmalloc_alloc(0, 0, 1); }
void notified(sddf_channel ch) { pbuf_alloc(0, 0, 0); sddf_notfy(ch); }" >undefined.c
echo 'void helper(void);
void more(void);
void more(void) { helper(); }' >more.c
echo 'void init(void' >syntax.c

echo precious >no_init.so
for name in no_notified no_init no_section half small undefined; do
    build $name.c
done
cat no_init.so
build undefined.c more.c
build roles.c
rm -f roles.so roles.c
build small.c -D config=other_config
build no_init.c twice.c
build syntax.c
build syntax.c more.c syntax.c -o all.so
"$SDDFSIM" build syntax.c 2>&1 | grep -c '^syntax\.c:[0-9:]* error: '
build more.c more.c -o twice.so

# Not even begun.
build no_init.d none.c . -o image.elf
mkdir folder.so
build more.c -o folder.so
cp more.c more.so.c
ln more.so.c linked.so.o
build linked.so.o -o more.so.c
build no_init.c --cc no-such-compiler
build no_init.c --cc
tools=$PWD
build no_init.c
mkdir compiler objcopy
ln -s "$(command -v gcc)" compiler/gcc
ln -s "$(command -v objcopy)" objcopy/objcopy
tools=$PWD/compiler
build no_init.c
tools=$PWD/objcopy
build no_init.c
tools=
rm -r compiler objcopy
build no_init.c -o no/such/folder.so
build no_init.c -o more.c/image.so
build no_init.c -o /proc/image.so

# Flavours there are not, and what has none.
build no_init.c --flavour explorer
build no_init.c --flavour mmoi
gcc -fPIC -c more.c
build no_init.c more.o --flavour mmio
rm more.o

# No room: less for a file than an image takes, or all that is said here.
(
    ulimit -f 8
    build no_init.c
) | cat

# Objects from elsewhere that can be no part of an image, each with its reason; what the C library
# has and domains may not call; a section that need not be filled.
echo "$headers
$section
static int counter;
int *count(void);
int *count(void) { counter++; return &counter; }
void init(void) { count(); }
void notified(sddf_channel ch) { (void)ch; }" >fixed.c
gcc -fno-pie -c fixed.c -I "$ROOT" -I "$ROOT/sddf" -DCONFIG_ENABLE_SMP_SUPPORT
build fixed.o
gcc -fPIC -shared -nostdlib fixed.c -I "$ROOT" -I "$ROOT/sddf" -o linked.o
build linked.o
printf 'not an object\n' >text.o
: >empty.o
printf '\177ELF\001\001\001%0100d' 0 >narrow.o
build text.o empty.o narrow.o -o object.so
rm fixed.o linked.o text.o empty.o narrow.o
echo "$headers
#include <sddf/benchmark/config.h>
#include <stdlib.h>
#include <stdio.h>
__attribute__((__section__(\".benchmark_client_config\"))) benchmark_client_config_t bench;
$section
void init(void) { puts(malloc(3)); exit(_Z3sumi(1)); }
void notified(sddf_channel ch) { _ZNSt6vectorIiE(ch); }" >hosted.c
build hosted.c

# Told to end while a compiler works, whose words are heard as it says them.
printf '#!/bin/sh\necho begun >&2\nexec sleep 400\n' >slow
chmod +x slow
mkfifo said
"$SDDFSIM" build no_init.c --cc ./slow 2>said &
read -r word <said
kill -TERM $!
wait $!
echo "$word, exit $?"
rm said
ls
