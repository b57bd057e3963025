# SPDX-License-Identifier: BSD-2-Clause
# Sources in the manner of published ones, which know nothing of the product: a virtio driver with
# both its transports, an echo server with a console, a tick and a library beside it, the same with
# a C library of its own, a driver whose registers are bit-fields. Each is made by the user's own
# commands, by each compiler there is, with all optimisation and with none, and works.
source=$ROOT/tests/image/upstream

cat >system.json <<'END_OF_SYSTEM'
{ "version": 1, "clock": "virtual", "stop": { "after": "40 ms" },
  "wires":    [ { "name": "lan", "kind": "gen", "speed": "1 Gbit/s", "pace": "20000 frames/s",
                  "count": 500, "size": 200 } ],
  "devices":  [ { "name": "eth0", "model": "enet" } ],
  "networks": [ { "name": "net0" } ],
  "clients":  [ { "name": "client0", "image": "network/client_echo", "copier": {} },
                { "name": "client1", "image": "network/client_echo", "copier": {} } ],
  "expect":   [ "out == 500" ] }
END_OF_SYSTEM

# make IMAGE FILE OPTION...: what it says, if not what is expected of it.
make()
{
    image=$1
    shift
    "$SDDFSIM" build "$@" -I "$source/include" -D CONFIG_DEBUG_BUILD -o "$image" >said 2>&1 &&
        ! grep -v -e ': good; ' -e 'has a memcpy() of its own' said || cat said
}

# try HOW OPTION...: the system with these, which must pass; its digest into ./digest.
try()
{
    executor=${1% *} clock=${1#* }
    shift
    # A busy host may take long until all frames are there; but who ticks is never quiet.
    case $clock,$* in
    host,*/clients/*) set -- --set '/stop/after="500 ms"' "$@" ;;
    host,*) set -- --set '/stop/after="20 s"' "$@" ;;
    esac
    rm -rf run
    timeout -k 5 60 "$SDDFSIM" run system.json -q -o run --executor "$executor" --clock "$clock" \
        "$@" || { echo "$executor $clock $*"; cat run/report.txt; }
    grep '"digest"' run/report.json >digest
}

# everywhere NAME OPTION...: by each executor and clock; in virtual time, the same each time.
everywhere()
{
    name=$1
    shift
    try 'fiber virtual' "$@"
    [ -e "$name.digest" ] || cp digest "$name.digest"
    cmp digest "$name.digest"
    [ "$compiler $level" = 'gcc 2' ] || return
    for how in 'thread virtual' 'process virtual' 'thread host' 'process host'; do
        try "$how" "$@"
        [ "${how#* }" = host ] || cmp digest "$name.digest"
    done
}

bits='uint32_t reset : 1, etheren : 1, r2 : 3, speed : 1, r6 : 2, dbswp : 1, r9 : 23;'
sed -e "s/    uint32_t ecr;/    union { uint32_t ecr; struct { $bits } b; };/" \
    -e 's/    eth->ecr = ECR_RESET;/    eth->b.reset = 1;/' \
    -e 's/while (eth->ecr & ECR_RESET)/while (eth->b.reset)/' \
    -e 's/    eth->ecr |= ECR_DBSWP;/    eth->b.dbswp = 1;/' \
    -e 's/    ecr = eth->ecr | ECR_SPEED;/    (void)ecr;/' \
    -e 's/    eth->ecr = ecr;/    eth->b.speed = 1;/' \
    -e 's/    eth->ecr = ecr | ECR_ETHEREN;/    eth->b.etheren = 1;/' \
    "$ROOT/tests/image/volatile/driver_enet.c" >bits.c

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for level in 0 2; do
        with="--cc $compiler -O $level"
        make mmio.so "$source/virtio_ethernet.c" "$source/virtio_mmio.c" --flavour mmio $with \
            -U CONFIG_ARCH_X86_64 -D CONFIG_ARCH_AARCH64
        everywhere mmio --set /devices/0/model=virtio_net --set /networks/0/driver/image=mmio.so
        if [ "$(uname -m)" = x86_64 ]; then
            make pci.so "$source/virtio_ethernet.c" "$source/virtio_pci.c" --flavour mmio $with
            everywhere pci --set /devices/0/model=virtio_net_pci \
                --set /networks/0/driver/image=pci.so
        fi
        make echo.so "$source/echo.c" "$source/ipstack.c" $with
        everywhere echo --set /clients/0/image=echo.so
        head -2 run/pds/client0.log >log
        make own.so "$source/echo.c" "$source/ipstack.c" "$source/libc.c" $with
        everywhere own --set /clients/0/image=own.so
        head -2 run/pds/client0.log >>log
        sed 's/ at .*//' log | sort | uniq -c
    done
done

# Bit-fields as declared: by clang's hooks, and by trapping what gcc made; of gcc's hooks it is said
# that they are wrong.
if command -v clang >/dev/null; then
    make bits.so bits.c --flavour mmio --cc clang
    try 'fiber virtual' --set /networks/0/driver/image=bits.so
    cp digest bits.digest
    make bits.so bits.c --flavour mmio
    try 'fiber virtual' --set /networks/0/driver/image=bits.so
    cmp digest bits.digest
fi
if command -v gcc >/dev/null; then
    make bits.so bits.c --cc gcc
    try 'process virtual' --set /networks/0/driver/image=bits.so
    [ ! -e bits.digest ] || cmp digest bits.digest
    "$SDDFSIM" build bits.c --flavour mmio --cc gcc -o warned.so 2>&1 | grep -c 'bits.c:27: warning'
fi

# A driver that has a timer, and asks it until it is late enough.
{
    printf '#include <sddf/timer/client.h>\n#include <sddf/timer/config.h>\n'
    echo '__attribute__((__section__(".timer_client_config"))) timer_client_config_t timer;'
    sed 's/^void init(void)$/void driver_init(void);\nvoid driver_init(void)/' \
        "$ROOT/tests/image/volatile/driver_enet.c"
    cat <<'END_OF_SOURCE'
void init(void)
{
    uint64_t begun = sddf_timer_time_now(timer.driver_id);

    while (sddf_timer_time_now(timer.driver_id) < begun + 20 * NS_IN_US) {
    }
    sddf_printf("slept\n");
    driver_init();
}
END_OF_SOURCE
} >sleeps.c
make sleeps.so sleeps.c --flavour mmio
for how in 'fiber virtual' 'process host'; do
    try "$how" --set /networks/0/driver/image=sleeps.so
    cat run/pds/net0_driver.log
done

# What waits in the console's queue is printed as it is signalled, whatever its indices say; who
# waits for room hears of it; pbufs are there, as many as it is told. A text may be long; the C
# library's assert() is one.
cat >offers.c <<'END_OF_SOURCE'
#include <assert.h>
#include <stdint.h>
#include <sddf/network/config.h>
#include <sddf/network/queue.h>
#include <sddf/serial/config.h>
#include <sddf/serial/queue.h>
#include <sddf/util/printf.h>
__attribute__((__section__(".net_client_config"))) net_client_config_t config;
__attribute__((__section__(".serial_client_config"))) serial_client_config_t serial;
__attribute__((__section__(".lib_sddf_lwip_config"))) struct {
    char magic[5];
    region_resource_t pool;
    uint64_t count;
} lwip;
static serial_queue_handle_t out, in;
static char text[3000];
static unsigned told;
static void say(const char *what)
{
    serial_enqueue_batch(&out, strlen(what), what);
    sddf_notify(serial.tx.id);
}
void init(void)
{
    char c;
    serial_queue_init(&out, serial.tx.queue.vaddr, serial.tx.data.size, serial.tx.data.vaddr);
    serial_queue_init(&in, serial.rx.queue.vaddr, serial.rx.data.size, serial.rx.data.vaddr);
    assert(serial_dequeue(&in, &c) != 0 && serial_config_check_magic(&serial));
    assert(lwip.magic[4] == 8 && lwip.pool.size / lwip.count >= 48 &&
           lwip.count >= config.rx.num_buffers);
    memset(lwip.pool.vaddr, 1, lwip.pool.size);
    say("begun\r\n");
    memset(text, '.', sizeof text - 1);
    sddf_printf("%s\n", text);
    memset(text, 0, sizeof text);
    sddf_fctprintf((void (*)(char, void *))memset, text, "%s", "nothing");
    for (int i = 0; i < 500; i++) {
        say("line after line, and round the end\n");
    }
    /* No room, and nobody to make some but who is signalled later. */
    while (serial_enqueue(&out, '#') == 0) {
    }
    serial_request_consumer_signal(&out);
    sddf_deferred_notify(serial.tx.id);
    assert(serial_queue_free(&out) == 0);
}
void notified(sddf_channel ch)
{
    net_buff_desc_t frame;
    net_queue_handle_t rx;
    net_queue_init(&rx, config.rx.free_queue.vaddr, config.rx.active_queue.vaddr,
                   config.rx.num_buffers);
    while (net_dequeue_active(&rx, &frame) == 0) {
        net_enqueue_free(&rx, frame);
    }
    net_request_signal_active(&rx);
    if (ch != serial.tx.id || ++told > 1) {
        return;
    }
    assert(serial_queue_free(&out) == serial.tx.data.size);
    say("\ntold\n");
    out.queue->tail += 1u << 31;
    sddf_notify(serial.tx.id);
    say("\nand on\n");
    serial_request_consumer_signal(&out);
    assert(told == 0);
}
END_OF_SOURCE
make offers.so offers.c
for how in 'fiber virtual' 'process virtual' 'thread host'; do
    rm -rf run
    "$SDDFSIM" run system.json -q -o run --executor "${how% *}" --clock "${how#* }" \
        --set /clients/0/image=offers.so >said 2>&1
    grep -o 'client0 died.*;' said
    grep -ha 'told\|begun\|and on' run/pds/client0.log | tr -d '#'
    grep -c 'line after line, and round the end' run/pds/client0.log
    grep -c '^\.\{2999\}$' run/pds/client0.log
    grep -h '^    offers.c:' run/report.txt
done

# One that always sets a timeout is never quiet, which is said.
"$SDDFSIM" run system.json -q -o ticks --set /clients/0/image=echo.so \
    --set '/stop={"wall": "1 s"}' >said 2>&1
echo "exit $?"
tr -s ' \n' ' ' <ticks/report.txt | grep -o 'no "after" in its "stop"'

# One that dies in the C library's printf() is no trouble for anybody else.
cat >prints.c <<'END_OF_SOURCE'
#include <stdio.h>
#include <sddf/network/config.h>
__attribute__((__section__(".net_client_config"))) net_client_config_t config;
void init(void) { printf("%s\n", "hello"); puts("you"); }
void notified(sddf_channel ch) { (void)ch; }
END_OF_SOURCE
"$SDDFSIM" build prints.c 2>&1 | grep -o 'puts.*'
for how in 'thread virtual' 'thread host'; do
    rm -rf run
    timeout -k 5 30 "$SDDFSIM" run system.json -o run --executor "${how% *}" \
        --clock "${how#* }" --set /clients/0/image=prints.so >said 2>&1
    echo "exit $?"
done
