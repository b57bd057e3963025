# SPDX-License-Identifier: BSD-2-Clause
# A driver with nothing but a volatile struct, its source as it is, runs like the one of ours whose
# accesses it makes: however it was compiled, with hooks or without, the same accesses in the same
# order at the same times, and everything else the same, to the last event; under each executor; and
# by the host's clock the same frames.
cat >system.json <<'END'
{ "version": 1, "clock": "virtual", "stop": { "after": "60 ms" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "copied,forwarded", "speed": "1 Gbit/s",
               "count": 500, "size": 300, "window": 6 } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan", "rx_ring": 16, "tx_ring": 8 } ],
  "networks": [ { "name": "net0", "driver": { "image": "network/driver_imx" } } ],
  "clients": [ { "name": "copied", "image": "network/client_echo", "copier": {} },
               { "name": "forwarded", "image": "network/client_echo", "forwarder": {} } ],
  "captures": [ { "at": "lan.out", "file": "out.pcap" } ],
  "expect": [ "out == 500" ] }
END

# run NAME OPTION...
run()
{
    name=$1
    shift
    "$SDDFSIM" run system.json -q -o "$name" "$@" || echo "$name: exit $?"
}

# try NAME COMPILER LEVEL OPTION...: built so, it is as ours is.
try()
{
    "$SDDFSIM" build "$ROOT/tests/image/volatile/driver_enet.c" -o "$1.so" --cc "$2" -O"$3" $4 \
        >said 2>&1 || cat said
    run "$1" --events --set /networks/0/driver/image="$1.so" $5
    for part in events.txt captures/out.pcap; do
        cmp ours/$part "$1/$part"
    done
}

run ours --events
grep -c 'net0_driver writes a register' ours/events.txt >written
[ "$(cat written)" -gt 500 ] || echo "our driver writes too little: $(cat written)"
for compiler in gcc clang; do
    # One of them is enough to work here.
    command -v $compiler >/dev/null || continue
    for level in 0 2 3; do
        hooked=hooked-$compiler-$level trapped=trapped-$compiler-$level
        try $hooked $compiler $level --flavour=mmio
        try $trapped $compiler $level --flavour=plain --executor=process
    done
done

digest()
{
    sed -n 's/.*"digest": "\(.*\)".*/\1/p' "$1/report.json"
}
for executor in thread process; do
    for image in $hooked $trapped; do
        out=$image-$executor
        run "$out" --executor $executor --set /networks/0/driver/image=$image.so
        [ "$(digest ours)" = "$(digest "$out")" ] || echo "another digest: $out"
        run "host-$out" --executor $executor --clock host \
            --set /networks/0/driver/image=$image.so
        "$SDDFSIM" diff --order=flow -q ours/captures/out.pcap "host-$out/captures/out.pcap"
    done
done
