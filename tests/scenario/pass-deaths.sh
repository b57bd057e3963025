# SPDX-License-Identifier: BSD-2-Clause
# An image that comes to grief: what of, in which line, who had called whom, and who is cut off by
# it is the same under every executor and clock, and the others go on.
cat >system.json <<'END'
{ "version": 1,
  "wires": [ { "name": "lan", "kind": "gen", "count": 100, "pace": "2000 frames/s" } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0" } ],
  "clients": [ { "name": "client0", "image": "network/client_echo", "copier": {} },
               { "name": "client1", "image": "network/client_echo", "copier": {} } ] }
END
images=$(dirname "$SDDFSIM")/images/test/rogue

# dies NAME POINTER: one after the other by all executors; what is said of it once, if it is the
# same.
dies()
{
    echo "== $1"
    for how in 'virtual --executor fiber' 'virtual --executor thread' \
        'virtual --executor process' host 'host --executor thread'; do
        # shellcheck disable=SC2086
        "$SDDFSIM" run system.json -q -o out --clock $how --set "$2=$images/$1.so" >said 2>&1
        echo "exit $?" >found
        sed -n '/^Domains that died/,/^$/p' out/report.txt >>found
        grep -o 'culprit [^ ]* ([^+ ]*' out/report.txt >>found
        sed -n '/"stack": \[/,/\]/s/^ *//p' out/report.json >>found
        rm -r out
        [ -f first ] || cp found first
        diff first found || echo "differs: $how"
    done
    cat first
    rm first
}
for way in assert leaf leap copy; do
    dies dies_$way /clients/1/image
done
for role in driver virt_rx virt_tx; do
    dies ${role}_dies /networks/0/$role/image
done
dies copy_dies /clients/1/copier/image

# One that uses up its stack does so at another depth under each.
"$SDDFSIM" run system.json -q -o deep --clock virtual \
    --set "/clients/1/image=$images/dies_deep.so" 2>&1 |
    sed -e 's/;.*//' -e '/repeat with/d'
[ "$(grep -c 'descend, dies_deep.c:16' deep/report.txt)" -gt 1 ] || cat deep/report.txt
