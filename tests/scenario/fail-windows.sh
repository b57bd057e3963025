# SPDX-License-Identifier: BSD-2-Clause
# A device with registers in two places: what is no access of a register in either, and what lies
# between and around them, by a driver that is hooked, one that is trapped, and one with accessors.
# And a driver that does not know the second place, without which its device does nothing.
cat >stray.c <<'END'
#define init driver_init
#include "components/network/driver_genet.c"
#undef init
#include <sddf/hw/mmio.h>

#define WINDOW ((char *)VC_WINDOW_VADDR)

void init(void)
{
    driver_init();
#if defined(EMPTY)
    (void)mailbox->read;
#elif defined(ACCESSOR)
    (void)mmio_read32(WINDOW, VC_READ);
#elif defined(MISALIGNED)
    *(volatile uint32_t *)(WINDOW + VC_WRITE + 2) = 1;
#elif defined(WIDE)
    (void)*(volatile uint64_t *)(WINDOW + VC_STATUS);
#elif defined(BETWEEN)
    (void)*(volatile uint32_t *)(WINDOW + VC_WINDOW_BYTES);
#elif defined(BEHIND)
    *(volatile uint32_t *)((char *)regs + GENET_REGS_BYTES) = 1;
#elif defined(BEFORE)
    *(volatile uint32_t *)(WINDOW - 4) = 1;
#elif defined(ACCESSOR_BETWEEN)
    mmio_write32(WINDOW, VC_WINDOW_BYTES + 8, 1);
#endif
}
END

# run FLAVOUR EXECUTOR STORY OPTION...
run()
{
    rm -rf out
    flavour=$1 executor=$2 story=$3
    shift 3
    "$SDDFSIM" run "$ROOT/scenarios/$story.json" -o out --executor "$executor" \
        --set /stop/after='"1 ms"' --set /wires/0/count=10 --set /expect='[]' "$@" >said 2>&1
    echo "$flavour, $executor: exit $?"
    sed -n -e 's/^ *"text": "\(net0_driver .*\)".*/  \1/p' \
        -e 's/^ *"place": ".*, \(init, .*\)".*/    in \1/p' out/report.json
    sed -e 's/^/  /' out/pds/net0_driver.log
}

for what in NOTHING EMPTY ACCESSOR MISALIGNED WIDE BETWEEN BEHIND BEFORE ACCESSOR_BETWEEN; do
    echo "$what"
    for flavour in mmio plain; do
        "$SDDFSIM" build stray.c -I "$ROOT" -D $what -O1 --flavour $flavour -o $flavour.so \
            >said 2>&1 || cat said
    done
    for way in mmio,fiber mmio,process plain,process plain,thread; do
        run ${way%,*} ${way#*,} nic-genet --set /networks/0/driver/image="$PWD/${way%,*}.so"
    done
done

echo 'held in its reset'
run ours fiber nic-eqos-star64 --set /networks/0/driver/image=network/driver_eqos \
    --set /stop/wall='"3 s"' |
    awk '!seen[$0]++'
