# SPDX-License-Identifier: BSD-2-Clause
# What verbs say, word for word, beside the reports of runs that pass-pinned.sh has: what there is
# and how to ask for it, sweeps and comparisons, events, captures compared, and what is answered to
# who asks for what there is not. What is long is here as what it hashes to. All of it is the same
# on any machine.
grep -q __asan_init "$SDDFSIM" && { echo 'sanitizers copy in other ways'; exit 77; }
out=$(pwd -P)
nowhere=$out/nowhere # where no tcpdump is, whose words are its own
traces=$ROOT/traces

clean()
{
    # What was built may lie in the tree, so that comes before it.
    sed -e "s#$out#OUT#g" -e "s#$(dirname "$SDDFSIM")#BUILD#g" -e "s#$HERE#TESTS#g" \
        -e "s#$ROOT#ROOT#g" "$@"
}

# say WORD...: the words, what is said, then what is complained of, and how it ends.
say()
{
    echo "\$ sddfsim $*" | clean
    PATH=$nowhere "$SDDFSIM" "$@" >said 2>complaints
    ended=$?
    cat complaints >>said
    clean said
    [ $ended = 0 ] || echo "exit $ended"
}

# sum WORD...: the same, if it is long.
sum()
{
    PATH=$nowhere "$SDDFSIM" "$@" >said 2>complaints
    ended=$?
    cat complaints >>said
    printf '%s %s %s: %s\n' "$(clean said | sha256sum | cut -c1-8)" $ended \
        "$(clean said | wc -l)" "$*" | clean
}

sums()
{
    for file in "$@"; do
        printf '%s %s\n' "$(clean "$file" | sha256sum | cut -c1-8)" "$file"
    done
}

cat >few.json <<'END'
{ "version": 1, "name": "few", "story": "A few frames, there & back.",
  "clock": "virtual", "executor": "fiber", "stop": { "wall": "120 s" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "client0", "count": 40, "size": 200,
               "offered": "100 Mbit/s" } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0", "device": "eth0" } ],
  "clients": [ { "name": "client0", "image": "network/client_echo", "network": "net0",
                 "copier": {} } ],
  "captures": [ { "at": "lan.out" }, { "at": "lan.in" } ],
  "expect": [ "in <= 40", "out == 40" ] }
END
cat >published.json <<'END'
{ "systems": { "board": { "points": [
  { "offered_mbit_s": 100, "achieved_mbit_s": 99.5, "cpu_utilisation": 0.25,
    "cycles_per_packet": 12000, "rtt_mean_us": 120.5 },
  { "offered_mbit_s": 300, "achieved_mbit_s": 250.25, "cpu_utilisation": 0.75,
    "cycles_per_packet": 9000, "rtt_mean_us": 410 } ] } } }
END

echo '== What there is'
say --version
say --help
say help --man
for shell in bash zsh fish; do
    sum help --completions=$shell
done
sum schema
sum list --json
for kind in wires devices classes images executors platforms faults checks expectations verbs \
    keys; do
    say list $kind
    sum list $kind --color=always
    for name in $("$SDDFSIM" list $kind | cut -d' ' -f1); do
        sum list $kind "$name"
    done
done

echo '== Wrong words'
for verb in run compare replay sweep check build show diff list schema help; do
    sum $verb --help
    say $verb --nonsense
    say $verb nothing-there.json
    say $verb a b c
done
for verb in run compare replay sweep check build show diff; do
    say $verb
done
say
say nonsense
say rum
say run --seed
say run --seed x few.json
say run --seed=-1 few.json
say run --clock=later few.json
say run --executor=fibre few.json
say run --set x few.json
say run --set /x few.json
say run --color=pink few.json
say list wire
say list wires pca
say list faults drop
say help rnu
say show --format=pdf few.json
say diff -t soon a.pcap b.pcap
say diff -i ip.tll a.pcap b.pcap
say diff --order=none a.pcap b.pcap
say diff -n many a.pcap b.pcap

echo '== Sweeps'
say sweep few.json --vary '/wires/0/offered=100..300:100 Mbit/s' --vary /wires/0/size=64,1000 \
    --overlay published.json:board -o loads
cat loads/sweep.csv
sums loads/sweep.svg loads/points/*/report.json
say sweep few.json --vary /wires/0/count=30,50,70,40 -o counts -j 1
cat counts/sweep.csv
sums counts/sweep.svg
sum sweep few.json --vary /wires/0/count=30,40 -o coloured --color=always
say sweep few.json --vary '/wires/0/gaps="constant","exponential"' --seed 4 --json -o gaps
say sweep few.json --vary '/platform="generic","imx8mm"' --set /wires/0/count=5 -q -o platforms
cut -d, -f2- platforms/sweep.csv
sums platforms/sweep.svg
say sweep few.json
say sweep few.json --vary /wires/0/size
say sweep few.json --vary /wires/0/size=
say sweep few.json --vary /wires/0/size=9..3:1
say sweep few.json --vary /wires/0/size=64..90:0
say sweep few.json --vary /wires/0/size=64..90:7kg
say sweep few.json --vary /wires/0/size=64 --vary /wires/0/size=65
say sweep few.json --vary /wires/7/size=64
say sweep few.json --vary /wires/0/size=64 --overlay published.json
say sweep few.json --vary /wires/0/size=64 --overlay published.json:bord
say sweep few.json --vary /wires/0/size=64 -o loads

echo '== Runs'
say run few.json --set /wires/0/count=41 --seed 9 -q -o forty-one
say run few.json --set '/expect=["out == 39"]' --seed 9 --executor thread --clock virtual \
    -o "forty 2"
say run few.json -q -o forty-one
say run few.json --events --verify -q -o few
sums few/events.txt few/report.json few/captures/*
head -60 few/events.txt
tail -5 few/events.txt
say run few.json --json -o json
say run few.json -v -o verbose --set /wires/0/count=2
say replay few
sed -i 's/"digest": "./"digest": "x/' few/report.json
say replay few
for story in overload vswitch-rogue incoherent flow-client-budget storm noise; do
    "$SDDFSIM" run "$ROOT/scenarios/$story.json" --clock virtual --executor fiber -q -o $story \
        --set '/stop/after="4 ms"' --events >said 2>&1
    sums $story/events.txt
    sum show "$ROOT/scenarios/$story.json" --color=always
done
say show few.json
sum show few.json --format=dot
sum show few.json --set /clients/0/copier=false --format=json
sum show "$HERE/fail-two-at-one-place.json" --set '/devices/1/model="enet"'
sum show "$HERE/fail-two-at-one-place.json" --set '/devices/0/model="enet"'

echo '== Captures'
sent=few/captures/lan-in.pcap
came=few/captures/lan-out.pcap
say diff $sent $sent
sum diff $sent $came
say diff $sent $came -n 2 -t '10 us'
say diff $sent $came -i eth.dst,eth.src,ip.src,ip.dst,udp.src,udp.dst,udp.checksum,ip.checksum
# Frames of several flows, and what a bad wire made of them.
fault()
{
    printf '{"kind": "wire_%s", "way": "out", "count": %s}' "$1" "$2"
}
faults=$(fault drop '1, "every": 3'),$(fault duplicate '1, "every": 5')
faults=$faults,$(fault delay '2, "every": 4, "how": "reorder", "behind": 6, "by": "1 ms"')
faults=$faults,$(fault delay '1, "every": 9, "by": "120 us"')
faults=$faults,$(fault truncate '1, "every": 7, "to": 20')
faults=$faults,$(fault corrupt '1, "every": 11, "bits": 3')
"$SDDFSIM" run few.json -q --set /wires/0/sources=3 --set '/expect=[]' -o whole
"$SDDFSIM" run few.json -q --set /wires/0/sources=3 --set '/expect=[]' \
    --set "/faults=[$faults]" -o bent
for how in strict flow any; do
    say diff whole/captures/lan-out.pcap bent/captures/lan-out.pcap --order=$how -n 5 -t '10 us'
    sum diff whole/captures/lan-out.pcap bent/captures/lan-out.pcap --order=$how -n 0 -t '10 us'
    sum diff bent/captures/lan-out.pcap whole/captures/lan-out.pcap --order=$how --json -t '1 us'
done
for a in "$traces"/*.pcap; do
    sum diff "$traces/http.pcap" "$a" --order=any -n 0 -i ip.ttl,payload
    sum diff "$a" "$traces/http.pcap" -n 0 -t '1 ms' --color=always
done

echo '== Comparisons'
for story in rogue-queues rogue-hoard; do
    say compare "$ROOT/tests/mutants/$story.json"
done
say compare "$ROOT/tests/mutants/rogue-switch.json" --without descriptor -o both
sed -i '/"place":/d' both/*/report.json
sums both/*/report.json
say compare "$ROOT/tests/mutants/rogue-switch.json" --without 0 --without 14
for what in rx tx throughput p50 p99 p999 max; do
    bounds="$bounds, \"peer.${what}_percent <= 99\", \"bare.${what}_percent <= 200\""
done
bounds="$bounds, \"twice.p99_later_ns <= 100\", \"twice.later_ns > 5\", \"twice.lost != 1\""
say compare "$ROOT/tests/mutants/rogue-switch.json" --without descriptor \
    --set "/compare=[${bounds#, }]" --color=always
say compare few.json
