# SPDX-License-Identifier: BSD-2-Clause
# Drivers of devices with registers in two places, one at an address they were compiled with: hooked
# or trapped, however they were compiled and under each executor, they make the same accesses, to
# the last event; and by the host's clock every frame goes the same way.

# run STORY OPTION...
run()
{
    story=$1
    shift
    rm -rf out
    "$SDDFSIM" run "$ROOT/scenarios/nic-$story.json" -q -o out --set /wires/0/count=200 \
        --set '/expect=["in == 200", "out == 200", "findings == 0", "in_flight == 0"]' "$@" \
        >said 2>&1 || { echo "$*: exit $?"; cat said out/pds/net0_driver.log; }
}

digest()
{
    sed -n 's/.*"digest": "\(.*\)".*/\1/p' out/report.json
}

for driver in genet eqos_star64; do
    story=$(echo $driver | tr _ -)
    run $story
    ours=$(digest)
    echo "$driver: $(grep -c . out/pds/net0_driver.log) complaints of its own"
    for compiler in gcc clang; do
        # One of them is enough to work here.
        command -v $compiler >/dev/null || continue
        for level in 0 3; do
            "$SDDFSIM" build "$ROOT/components/network/driver_$driver.c" -I "$ROOT" \
                -o $driver.so --cc $compiler -O$level --flavour plain >said 2>&1 || cat said
            for executor in process thread; do
                run $story --executor $executor --set /networks/0/driver/image="$PWD/$driver.so"
                [ "$(digest)" = "$ours" ] || echo "$compiler -O$level, $executor: another digest"
            done
        done
    done
    for executor in process thread; do
        for image in network/driver_$driver "$PWD/$driver.so"; do
            run $story --clock host --executor $executor --set /networks/0/driver/image="$image"
        done
    done
    for executor in process thread; do
        run $story --executor $executor
        [ "$(digest)" = "$ours" ] || echo "hooked, $executor: another digest"
    done
done
