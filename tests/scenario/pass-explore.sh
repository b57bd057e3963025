# SPDX-License-Identifier: BSD-2-Clause
# Images that tell of each access, on four cores, in every order of memory. The stack as it is holds
# with any seed, and does the same again with the same seed, in fibers and in threads; with one
# ordering less it is found out, by some seed, and only where memory is in no stronger order than
# that.
components=$ROOT/components/network

cat >system.json <<'JSON'
{
  "version": 1, "clock": "virtual", "memory_delay": "2 us",
  "wires":    [ { "name": "lan", "kind": "gen", "speed": "1 Gbit/s", "window": 6,
                  "count": 150, "size": 100 } ],
  "devices":  [ { "name": "eth0", "model": "enet", "rx_ring": 8, "tx_ring": 8 } ],
  "networks": [ { "name": "net0", "driver": { "cpu": 0 }, "virt_rx": { "cpu": 1 },
                  "virt_tx": { "cpu": 2 } } ],
  "clients":  [ { "name": "client0", "image": "network/client_echo", "cpu": 3,
                  "copier": { "cpu": 2 } },
                { "name": "client1", "image": "network/client_echo", "cpu": 3,
                  "copier": { "cpu": 1 } } ],
  "expect":   [ "in == 150", "out == 150", "dropped == 0" ]
}
JSON

# make FOLDER SOURCE COMPILER IMAGE...: with headers and components of that tree.
make()
{
    folder=$1 source=$2 compiler=$3
    shift 3
    mkdir -p "$folder/network"
    for image in "$@"; do
        "$SDDFSIM" build "$source/components/network/$image.c" --own-headers -I "$source/sddf" \
            -I "$source" --flavour explore --cc "$compiler" -o "$folder/network/$image.so" \
            >said 2>&1 || cat said
        [ -n "$shown" ] || sed "s,.*/,," said
        shown=yes
    done
}

# run FOLDER MEMORY SEED [OPTION]...
run()
{
    images=$1 memory=$2 seed=$3
    shift 3
    rm -rf out
    SDDFSIM_IMAGES=$PWD/$images "$SDDFSIM" run system.json -q -o out --seed "$seed" \
        --set /memory="$memory" "$@" >said 2>&1
}

# hold FOLDER MEMORY SEEDS: with each of them.
hold()
{
    for seed in $(seq 1 "$3"); do
        run "$1" "$2" "$seed" || { echo "$1, $2, seed $seed:"; cat said; return; }
    done
}

# judge FOLDER MEMORY SEEDS: is anything found with any of them?
judge()
{
    for seed in $(seq 1 "$3"); do
        run "$1" "$2" "$seed" && continue
        [ $? = 1 ] || cat said
        echo "$1, $2: found out"
        return
    done
    echo "$1, $2: nothing"
}

digest()
{
    run "$@" || cat said
    sed -n 's/.*"digest": "\(.*\)".*/\1/p' out/report.json
}

all="driver_enet virt_rx virt_tx copy client_echo"
shown=
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    make whole-$compiler "$ROOT" $compiler $all
    hold whole-$compiler strict 5
    hold whole-$compiler tso 15
    hold whole-$compiler weak 30
    first=$(digest whole-$compiler weak 7)
    [ "$first" = "$(digest whole-$compiler weak 7)" ] || echo "$compiler: not the same again"
    [ "$first" = "$(digest whole-$compiler weak 7 --executor thread)" ] ||
        echo "$compiler: not the same in threads"
    [ "$first" != "$(digest whole-$compiler weak 8)" ] ||
        echo "$compiler: a seed makes no difference"
done

# less NAME IMAGES SCRIPT: one ordering less, in fence.h.
less()
{
    mkdir -p "$1-source"
    cp -r "$ROOT/sddf" "$ROOT/components" "$1-source"
    sed -i "$3" "$1-source/sddf/util/fence.h"
    ! cmp -s "$ROOT/sddf/util/fence.h" "$1-source/sddf/util/fence.h" || echo "$1: nothing is less"
    cp -r whole-gcc "$1"
    # shellcheck disable=SC2086
    make "$1" "$1-source" gcc $2
}

less no-release "virt_rx copy" '/store_release_16/,/}/s/RELEASE/RELAXED/'
less no-acquire "virt_rx copy" '/load_acquire_16/,/}/s/ACQUIRE/RELAXED/'
less no-full-fence "virt_rx copy driver_enet" '/void fence_seq_cst/,/}/s/SEQ_CST/ACQ_REL/'
less no-release-to-device driver_enet '/define THREAD_MEMORY_RELEASE/s/__atomic.*/((void)0)/'
less no-acquire-from-device driver_enet '/define THREAD_MEMORY_ACQUIRE/s/__atomic.*/((void)0)/'
for name in no-release no-acquire no-release-to-device no-acquire-from-device; do
    judge $name tso 10
    judge $name weak 100
done
judge no-full-fence strict 10
judge no-full-fence tso 300

# Where the order of memory is nobody's choice, or nobody's concern.
run whole-gcc weak 1 --executor process
grep . said | sed 's/system.json:[0-9]*:[0-9]*/system.json/'
run whole-gcc weak 1 --clock host
grep . said | sed 's/system.json:[0-9]*:[0-9]*/system.json/'
rm -rf out
"$SDDFSIM" run system.json -q -o out --set /memory=weak 2>&1 |
    sed 's/system.json:[0-9]*:[0-9]*/system.json/'
