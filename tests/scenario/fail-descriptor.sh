# SPDX-License-Identifier: BSD-2-Clause
# A descriptor that its datasheet forbids, found when the device comes to it: the finding names the
# line by which the driver told the device to look, a doorbell just rung or one that still holds.
cat >system.json <<'END_OF_SYSTEM'
{ "version": 1, "clock": "virtual", "stop": { "after": "5 ms" },
  "wires": [ { "name": "lan", "kind": "gen", "to": "client0", "count": 10, "size": 100 } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0", "driver": { "image": "driver.so" } } ],
  "clients": [ { "name": "client0", "image": "network/client_echo", "copier": {} } ] }
END_OF_SYSTEM

# run SED: a driver that differs by this, and where it is said to be wrong.
run()
{
    sed "$1" "$ROOT/tests/image/volatile/driver_enet.c" >driver.c
    "$SDDFSIM" build driver.c -O1 --flavour mmio --cc gcc -o driver.so >/dev/null
    rm -rf out
    "$SDDFSIM" run system.json -q -o out >said 2>&1
    echo "exit $?"
    tr -s ' \n' ' ' <out/report.txt | sed 's/.*as its datasheet forbids: //' >finding
    line=$(grep -o 'driver\.c:[0-9]*' finding | head -1)
    sed 's/, by the \([a-z]*\) .*/, by the \1/' finding
    echo
    sed -n "${line#*:}p" driver.c
}

run 's/ring_put(&rx, buffer.io_or_offset,/ring_put(\&rx, buffer.io_or_offset + 32,/'
run 's/STAT_LAST | STAT_CRC/STAT_CRC/'
