# SPDX-License-Identifier: BSD-2-Clause
# The drivers of the device models have nothing but volatile structs. However one was compiled, it
# makes the same accesses of its device in the same order, and so the run is the same to the last
# event.

# of DRIVER IMAGE: the digest of its story with that image.
of()
{
    "$SDDFSIM" run "$ROOT/scenarios/nic-$(echo "$1" | tr _ -).json" -q --set /stop/after='"4 ms"' \
        --set /expect='[]' --set "/networks/0/driver/image=$2" -o run >said 2>&1 || cat said
    sed -n 's/.*"digest": "\(.*\)".*/\1/p' run/report.json
    rm -r run
}

for driver in virtio virtio_pci gem meson eqos eqos_star64 genet; do
    ours=$(of $driver network/driver_$driver)
    [ -n "$ours" ] || echo "$driver: no digest"
    for way in gcc-0 gcc-2 clang-0 clang-3; do
        # One of them is enough to work here.
        command -v ${way%-*} >/dev/null || continue
        image=$PWD/$driver-$way.so
        "$SDDFSIM" build "$ROOT/components/network/driver_$driver.c" -I "$ROOT" -o "$image" \
            --cc ${way%-*} -O${way#*-} --flavour mmio >said 2>&1 || cat said
        [ "$(of $driver "$image")" = "$ours" ] || echo "$driver, $way: another digest"
    done
done
