# SPDX-License-Identifier: BSD-2-Clause
# Two clients with lwIP, which come from one image, talk TCP with each other in virtual time: the
# same under every executor and in each run; though frames are lost, for want of buffers, or come
# late; and with one of them compromised, whom nobody else suffers from. Then in threads and
# processes by the host's clock.
. "$ROOT/tests/image/lwip/make.sh"
build_lwip

cat >system.json <<'END'
{ "version": 1, "clock": "virtual", "stop": { "after": "300 ms" },
  "wires":    [ { "name": "lan", "kind": "gen", "count": 10, "pace": "100 frames/s" } ],
  "devices":  [ { "name": "eth0", "model": "enet" } ],
  "networks": [ { "name": "net0", "vswitch": {} } ],
  "clients":  [ { "name": "server", "image": "lwip.so", "copier": {} },
              { "name": "talker", "image": "lwip.so", "copier": {}, "mac": "52:54:01:00:01:01" } ],
  "expect":   [ "findings == 0", "server.rx_frames > 100", "in_flight == 0" ] }
END

# talk OPTION...: what the one who asked says of it, and the report, if it is not well.
talk()
{
    rm -rf run
    timeout -k 5 60 "$SDDFSIM" run system.json -q -o run "$@" || cat run/report.txt
    grep -h 'bytes said\|up at' run/pds/talker.log
}

# everywhere OPTION...: under every executor, in the same way.
everywhere()
{
    for executor in fiber thread process; do
        talk "$@" --verify --executor $executor >heard.$executor 2>&1
        grep '"digest"' run/report.json >>heard.$executor
        cmp heard.fiber heard.$executor
    done
    sed '/digest/d; s/ in [0-9]* us$//' heard.fiber
}

echo '-- well'
everywhere --set '/expect/3="dropped == 0"'
echo '-- fewer buffers than a window'
everywhere --set /clients/0/rx_buffers=16 --set '/stop/after="10 s"' \
    --set '/expect/3="dropped > 0"'
echo '-- signals late'
everywhere --set '/faults=[{ "kind": "kernel_signal", "by": "300 us", "jitter": true, "every": 3 }]'
for kind in spoof duplicate reuse descriptor; do
    echo "-- one compromised, $kind"
    everywhere --set /clients/1/trusted=false --set '/expect=["findings == 0", "acted > 0"]' \
        --set '/faults=[{ "kind": "'$kind'", "pd": "talker", "at": "100 ms", "period": "50 us" }]'
done
for executor in thread process; do
    echo "-- by the host's clock, $executor"
    talk --clock host --executor $executor | sed 's/ in .*//'
done
