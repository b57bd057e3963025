# SPDX-License-Identifier: BSD-2-Clause
# Frames of lengths that no frame should have, at every NIC there is: each drops what it was not
# told to take, and all is accounted for there. GEM and GENET are told to take 1536 bytes; a virtio
# device takes what fits a buffer with its header; a DesignWare MAC does not count a VLAN tag. Where
# runts are let in, what has not even a header is not.

# drops STORY OPTION...: why that NIC dropped how many.
drops()
{
    story=$1
    shift
    rm -rf out
    "$SDDFSIM" run "$story" -q -o out --clock=virtual --set "/devices/0/model=$model" "$@" \
        >said 2>&1 || cat said out/report.txt
    found=$(sed -n 's|^ *\([0-9]*\) dropped by eth0: \(.*\)|\1 \2|p' out/report.txt)
    echo "${found:-none}"
}

cat >short.json <<END
{ "version": 1,
  "wires": [ { "name": "lan", "kind": "pcap", "file": "$HERE/captures/short.pcap",
               "pace": "1000 frames/s",
               "macs": { "52:54:00:12:34:56": "client0" } } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0" } ],
  "clients": [ { "name": "client0", "image": "network/client_sink" } ],
  "expect": [ "in == 5", "findings == 0" ] }
END
judged='/expect=["in >= 22", "in_flight == 0", "findings == 0"]'
for model in $("$SDDFSIM" list devices | cut -d' ' -f1); do
    echo "$model: jumbo $(drops "$ROOT/scenarios/jumbo.json" --set "$judged")," \
        "vlan $(drops "$ROOT/scenarios/vlan.json" --set "$judged")," \
        "short $(drops short.json), strictly $(drops short.json --set /devices/0/strict_runt=true)"
done
