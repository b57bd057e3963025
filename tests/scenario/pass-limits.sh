# SPDX-License-Identifier: BSD-2-Clause
# As much of everything as sDDF's configuration and Microkit's channels have room for, and one more.

# clients COUNT KEYS: so many of one kind.
clients()
{
    i=0
    while [ $i -lt "$1" ]; do
        [ $i = 0 ] || echo ','
        echo "{ \"name\": \"c$i\", $2 }" | sed "s/NUMBER/$((i + 1))/"
        i=$((i + 1))
    done
}

# system FILE NETWORK CLIENTS COUNT
system()
{
    cat >"$1" <<END
{ "version": 1, "clock": "virtual",
  "wires": [ { "name": "lan", "kind": "gen", "count": $4, "pace": "20000 frames/s" } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0" $2 } ],
  "clients": [ $3 ],
  "expect": [ "in == $4", "findings == 0" ] }
END
}

# holds FILE OPTION...
holds()
{
    "$SDDFSIM" run "$@" -q -o out || cat out/report.txt
    rm -rf out
}

# Each client of a vswitch takes two of its 62 channels, and it talks to all others.
talk='"image": "network/client_talk", "copier": {}, "tx_buffers": 32,
      "params": { "ip": "10.0.0.NUMBER", "count": 1 }'
system vswitch.json ', "vswitch": {}' "$(clients 30 "$talk")" 60
holds vswitch.json
system more.json ', "vswitch": {}' "$(clients 31 "$talk")" 60
"$SDDFSIM" check more.json

# refused FILE OPTION...
refused()
{
    "$SDDFSIM" run "$@" -q -o out && echo "$1 runs"
}

# All reach the wire, and none of them another.
apart='"image": "network/client_source", "copier": {}, "tx_buffers": 32, "reaches": "wire",
       "params": { "count": 20 }'
system apart.json ', "vswitch": {}' "$(clients 30 "$apart")" 60
holds apart.json --set '/expect/2="out == 600"'
sed 's/"count": 20/&, "to_mac": "52:54:01:00:00:01"/' apart.json >shut.json
holds shut.json --set '/expect/2="dropped.net0_vswitch.denied == 600"' \
    --set '/expect/3="c1.rx_frames == 2"'

# 64 addresses, and one too many.
more=$(i=1 && while [ $i -lt 64 ]; do printf '02:00:00:00:00:%02x ' $i; i=$((i + 1)); done)
sink='"image": "network/client_sink", "copier": {}'
system macs.json '' "$(clients 2 "$sink")" 20
holds macs.json --set "/clients/0/more_macs=$more"
"$SDDFSIM" show macs.json --format json --set "/clients/0/more_macs=$more" |
    grep -c '"02:00:00:00:00:'
refused macs.json --set "/clients/0/more_macs=$more 02:00:00:00:01:00" 2>&1 | sed "s/'.*' //"

# 64 regions among them, and too many; queues of 32,768, and larger ones.
regions='"image": "'$(dirname "$SDDFSIM")'/images/test/plain/client_regions.so", "copier": {}'
system regions.json '' "$(clients 3 "$regions, \"tx_regions\": 16")" 30
holds regions.json --set /clients/0/tx_regions=32 --set '/expect/2="out == 30"'
refused regions.json --set /clients/0/tx_regions=32 --set /clients/1/tx_regions=32
system large.json ', "rx_buffers": 32768' "$(clients 1 "$sink, \"tx_buffers\": 32768")" 30
holds large.json
refused large.json --set /networks/0/rx_buffers=65536
system larger.json '' "$(clients 2 "$sink, \"tx_buffers\": 32768")" 30
refused larger.json

# Rings as long as a model lets them be are used to the full: what is for them and does not fit them
# would be left lying, and frames would be lost before all have come.
for model in enet gem meson eqos; do
    holds "$ROOT/scenarios/overload.json" --clock=virtual --set /wires/0/pace=line \
        --set /devices/0/model=$model
done
