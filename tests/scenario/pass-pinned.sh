# SPDX-License-Identifier: BSD-2-Clause
# In virtual time the same inputs give the same bytes, on this machine and on any: here is what
# they are. Every story, from its beginning, every scenario test that passes, every system that
# mutants are tried in and every image that does something wrong runs once, and of each there is a
# line: how it ended, its digest, and what its report, its report as text, its scenario in full, its
# captures, what it said and its plan hash to. Of some there is the report as well. Places in images
# are left out, for they depend on the compiler.
#
# Where something here is another than it was, something happens otherwise, or is told otherwise,
# than it did: is that what was meant? Then run-scenarios --update writes what it is now. To see
# what it was and is, run what has another line with the program from before and from after.
grep -q __asan_init "$SDDFSIM" && { echo 'sanitizers copy in other ways'; exit 77; }
out=$(pwd -P)
images=$(dirname "$SDDFSIM")/images/test

# run NAME FILE OPTION...: what is left of it is in NAME.*.
run()
{
    name=$1
    file=$2
    shift 2
    (cd "$(dirname "$file")" && timeout 60 "$SDDFSIM" run "$(basename "$file")" --clock virtual \
        --executor fiber -q -o "$out/$name" "$@") >"$name.said" 2>&1
    echo $? >"$name.status"
}

show()
{
    case $1 in
    *two-stacks | *vswitch* | *nic-eqos | *incoherent-direct) formats='text json dot' ;;
    *) formats=text ;;
    esac
    for format in $formats; do
        (cd "$(dirname "$2")" && "$SDDFSIM" show "$(basename "$2")" --format "$format") \
            >"$1.$format" 2>&1
    done
}

# Where images that do something wrong take somebody's place, one after the other.
cat >system.json <<'END'
{ "version": 1, "stop": { "after": "6 ms", "wall": "30 s" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "copied,bare,forwarded", "size": 300,
               "count": 300, "offered": "300 Mbit/s", "sources": 3 } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan", "rx_ring": 32 } ],
  "networks": [ { "name": "net0", "rx_buffers": 64, "coherent": false, "driver": { },
                  "virt_rx": { }, "virt_tx": { } } ],
  "clients": [
    { "name": "copied", "image": "network/client_echo", "copier": { }, "rx_buffers": 16 },
    { "name": "bare", "image": "network/client_echo", "tx_buffers": 16, "trusted": true },
    { "name": "forwarded", "image": "network/client_echo", "forwarder": { } } ],
  "captures": [ { "at": "lan.out", "file": "out.pcap" } ] }
END
cat >direct.json <<'END'
{ "version": 1, "stop": { "after": "6 ms", "wall": "30 s" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "alone", "count": 100, "window": 8 } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0", "virtualisers": false, "coherent": false } ],
  "clients": [ { "name": "alone", "image": "network/client_direct" } ] }
END

# wrong NAME IMAGE
wrong()
{
    case $1 in
    *-client_direct*) run "$1" direct.json --set "/clients/0/image=\"$2\"" ;;
    *-client_*) run "$1" system.json --set "/clients/1/image=\"$2\"" ;;
    *-copy_*) run "$1" system.json --set "/clients/0/copier/image=\"$2\"" ;;
    *-virt_rx_*) run "$1" system.json --set "/networks/0/virt_rx/image=\"$2\"" ;;
    *-virt_tx_*) run "$1" system.json --set "/networks/0/virt_tx/image=\"$2\"" ;;
    *) run "$1" system.json --set "/networks/0/driver/image=\"$2\"" ;;
    esac
}

# Every other of all there is, on one of two cores.
half()
{
    for file in "$ROOT"/scenarios/*.json; do
        name=story-$(basename "$file" .json)
        case $name in story-real-wire) continue ;; esac
        $mine && {
            run "$name" "$file" --set '/stop/after="10 ms"'
            show "$name" "$file"
        }
        $mine && mine=false || mine=true
    done
    for file in "$HERE"/pass-*.json "$ROOT"/tests/mutants/*.json; do
        name=$(basename "$file" .json)
        case $name in
        # What takes long, and the same for each kind of NIC, whose models are no part of this.
        pass-largest-queues | busy-[!e]* | idle-[!e]* | device-[!e]* | order-[!eb]*) continue ;;
        anew-* | recover-[!e]* | nic-* | lacks-*) continue ;;
        esac
        $mine && run "$name" "$file"
        $mine && mine=false || mine=true
    done
    for kind in mutant rogue; do
        for file in "$images/$kind"/c[lo]*_*.so "$images/$kind"/virt_*.so "$images/$kind"/dr*.so; do
            # Whether its copies are calls, and so points, is the compiler's choice; and it takes a
            # while to see that one spins.
            case $file in */copy_twice.so | */copy_spins.so) continue ;; esac
            $mine && wrong "$kind-$(basename "$file" .so)" "$file"
            $mine && mine=false || mine=true
        done
    done
}

# The first digits of what a file hashes to, and of those there are of several in order.
sum()
{
    [ -e "$1" ] && cat "$@" 2>/dev/null | sha256sum | cut -c1-8
}

mine=true
half &
mine=false
half
wait

sed -i '/"place":/d' ./*/report.json
sed -i -E 's/ \([a-z0-9_]+\.so\+0x[0-9a-f]+[^)]*\)//' ./*/report.txt
cases=$(cd "$HERE" && pwd -P)
# What was built may lie in the tree, so that comes first.
sed -i -e "s#$(dirname "$SDDFSIM")#BUILD#g" -e "s#$cases#TESTS#g" -e "s#$ROOT#ROOT#g" \
    -e "s#$out#OUT#g" \
    ./*/scenario.json ./*.said ./*.text ./*.json ./*.dot
# Where a line of a plan ends depends on how long the names of recordings are.
for plan in *.text; do
    tr -s ' \n' ' ' <"$plan" >joined && mv joined "$plan"
done
printf '%-28s %1s %-16s %-8s %-8s %-8s %-8s %-8s %s\n' run '' digest report text scenario captures \
    said plan
for status in *.status; do
    name=${status%.status}
    read -r ended <"$status"
    digest=$(sed -n 's/^  "digest": "\(.*\)",$/\1/p' "$name/report.json")
    printf '%-28s %1s %16s %8s %8s %8s %8s %8s %8s\n' "$name" "$ended" "$digest" \
        "$(sum "$name/report.json")" "$(sum "$name/report.txt")" "$(sum "$name/scenario.json")" \
        "$(sum "$name"/captures/*)" "$(sum "$name.said")" \
        "$(sum "$name".text "$name".json "$name".dot)"
done
for name in rogue-switch pass-device-faults pass-restarted-clients story-incoherent; do
    printf '\n== %s\n' "$name"
    cat "$name/report.txt"
done
