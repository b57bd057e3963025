#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A run that ends at any time, with broadcasts at several of a vswitch's ports, and calls to it made
# just as all are told to end: nothing is lost, nothing is there twice, and nobody waits in vain.
cat >ended.json <<'JSON'
{
  "version": 1, "clock": "virtual", "platform": "imx8mm-smp", "stop": { "after": "1 ms" },
  "wires":    [ { "name": "lan", "kind": "gen", "to": "talker", "count": 100,
                   "pace": "10000 frames/s" } ],
  "devices":  [ { "name": "eth0", "model": "enet" } ],
  "networks": [ { "name": "net0", "driver": { "priority": 101, "cpu": 1 },
                   "virt_tx": { "priority": 100 },
                  "virt_rx": { "priority": 99, "cpu": 3 }, "vswitch": { "priority": 98 } } ],
  "clients":  [
    { "name": "talker", "image": "network/client_talk", "priority": 95, "cpu": 1,
       "copier": { "priority": 97 },
      "params": { "ip": "10.0.0.1", "count": 20, "interval": "100 us" } },
    { "name": "source", "image": "network/client_source", "priority": 95, "cpu": 1,
       "copier": { "priority": 97 },
      "params": { "rate": 20000, "size": 60, "to_mac": "ff:ff:ff:ff:ff:ff" } },
    { "name": "sink", "image": "network/client_sink", "copier": { "priority": 97 } } ]
}
JSON
after=1000
while [ $after -le 1105 ]; do
    "$SDDFSIM" run -q -o "out-$after" ended.json --set "/stop/after=\"$after us\"" ||
        grep -A3 '"text"' "out-$after/report.json"
    after=$((after + 3))
done
echo done
