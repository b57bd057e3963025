# SPDX-License-Identifier: BSD-2-Clause
# A driver that asks its device again and again for what never comes. In init() it is found by every
# executor long before the host's patience is at an end; later, when it is. The line is named.
cat >system.json <<'END_OF_SYSTEM'
{ "version": 1, "clock": "virtual", "stop": { "wall": "30 s" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "client0", "count": 10, "size": 100 } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0", "driver": { "image": "driver.so" } } ],
  "clients": [ { "name": "client0", "image": "network/client_echo", "copier": {} } ] }
END_OF_SYSTEM

# run LINE EXECUTOR: a driver that waits there for the end of a transfer that nobody began.
run()
{
    sed "$1a while (!(eth->eir & 1u << 23)) {}" "$ROOT/tests/image/volatile/driver_enet.c" >driver.c
    "$SDDFSIM" build driver.c -O1 --flavour mmio --cc gcc -o driver.so >/dev/null
    rm -rf out
    "$SDDFSIM" run system.json --executor "$2" -q -o out >/dev/null 2>&1
    echo "exit $?"
    sed -n '/nothing could go on/p; /given up/p; /found/,/culprit/p' out/report.txt |
        sed 's/After .* virtual/After some virtual/; s/+0x[0-9a-f]*//; s/, at .*//'
    sed -n "$(sed -n 's/.*driver\.c:\([0-9]*\).*/\1/p' out/report.txt | head -1)p" driver.c
}

# line WORDS: where in the source they are.
line()
{
    grep -n "$1" "$ROOT/tests/image/volatile/driver_enet.c" | cut -d: -f1
}

for executor in fiber thread process; do
    run "$(line 'eth_setup();')" "$executor"
done
sed -i 's/30 s/1 s/' system.json
run "$(line 'uint32_t e = eth->eir')" fiber
