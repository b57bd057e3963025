# SPDX-License-Identifier: BSD-2-Clause
# What no register access can be, by a driver without accessors: built with hooks, in one address
# space or many, or trapped as it is, it is found, and what the driver could die of it dies of.
cat >stray.c <<'END'
#define init driver_init
#include "tests/image/volatile/driver_enet.c"
#undef init
#include <string.h>

void init(void)
{
    char *regs;

    driver_init();
    regs = (char *)eth;
#if defined(WIDE)
    (void)*(volatile uint64_t *)(regs + 0x180);
#elif defined(MISALIGNED)
    *(volatile uint32_t *)(regs + 0x182) = 1;
#elif defined(BEYOND)
    (void)*(volatile uint32_t *)(regs + 0x10000);
#elif defined(ATOMIC)
    __atomic_fetch_or((uint32_t *)(regs + 0x24), 1, __ATOMIC_SEQ_CST);
#elif defined(BLOCK)
    char copy[40];

    memcpy(copy, regs + 0x180, sizeof copy);
    __asm__ volatile("" : : "r"(copy) : "memory");
#elif defined(DIES)
    *(volatile int *)8 = 0;
#endif
}
END
cat >system.json <<'END'
{ "version": 1, "clock": "virtual", "stop": { "after": "5 ms" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "client0", "count": 10, "size": 100 } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0" } ],
  "clients": [ { "name": "client0", "image": "network/client_echo", "copier": {} } ] }
END

# run FLAVOUR EXECUTOR CLOCK OPTION...
run()
{
    rm -rf out
    flavour=$1 executor=$2 clock=$3
    shift 3
    "$SDDFSIM" run system.json -o out --executor "$executor" --clock "$clock" \
        --set /networks/0/driver/image="$flavour.so" "$@" >said 2>&1
    echo "$flavour, $executor, $clock: exit $?"
    sed -n -e 's/^ *"text": "\(net0_driver .*\)".*/  \1/p' \
        -e 's/^ *"place": ".*, \(init, .*\)".*/    in \1/p' out/report.json
    sed -e 's/^/  /' -e 's/+0x[0-9a-f]*:/+PLACE:/' -e 's/`.*`/INSTRUCTION/' \
        out/pds/net0_driver.log
}

for what in NOTHING WIDE MISALIGNED BEYOND ATOMIC BLOCK DIES; do
    echo "$what"
    for flavour in mmio plain; do
        "$SDDFSIM" build stray.c -I "$ROOT" -D $what -O1 --flavour $flavour -o $flavour.so \
            >said 2>&1 || cat said
    done
    run mmio fiber virtual
    run mmio process virtual
    run plain process virtual
    run plain process host
    run plain thread virtual
done
run plain fiber virtual

# Valgrind has to be asked to show what is in registers when something faults. It is not everywhere,
# and cannot be put around what has sanitizers in it: then what it would come to is taken as said.
if grep -q __asan_init "$SDDFSIM" || ! command -v valgrind >/dev/null; then
    tail -n 4 "$HERE/fail-volatile.sh.ok"
    exit
fi
for flavour in mmio plain; do
    "$SDDFSIM" build stray.c -I "$ROOT" --flavour $flavour -o $flavour.so >said 2>&1 || cat said
done
wrap='net0_driver=valgrind -q'
run plain process host --wrap "$wrap" | grep -v -e == -e "^  --[0-9]*-- "
run mmio process host --wrap "$wrap"
