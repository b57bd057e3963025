# SPDX-License-Identifier: BSD-2-Clause
# Programs of the host talk with a simulated client that has a TCP stack of its own, in a network of
# ours that is gone with us: it answers ping, by IPv4 and IPv6, echoes TCP and UDP, and is an iperf3
# server whose figures agree with those of the client.
. "$ROOT/tests/image/lwip/make.sh"

if [ "${IN_NETWORK:-}" != yes ]; then
    for tool in unshare ip ping arping nc iperf3; do
        command -v $tool >/dev/null || lack "there is no $tool"
    done
    unshare -rn true 2>/dev/null || lack 'no network namespace can be made'
    unshare -rn ip tuntap add dev t mode tap 2>/dev/null || lack 'no tap can be made'
    build_lwip
    IN_NETWORK=yes exec unshare -rn sh "$0"
fi

# Nobody but us says anything, until we ask.
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
head -c 200000 "$SDDFSIM" >file

cat >system.json <<'END'
{ "version": 1,
  "wires":    [ { "name": "lan", "kind": "tap", "interface": "sddf0", "address": "10.11.0.1/24" } ],
  "devices":  [ { "name": "eth0", "model": "enet" } ],
  "networks": [ { "name": "net0" } ],
  "clients":  [ { "name": "client0", "image": "lwip.so", "copier": {} } ],
  "expect":   [ "findings == 0" ] }
END

# begin OPTION...: it runs, and its client answers.
begin()
{
    rm -rf out
    "$SDDFSIM" run system.json -q -o out "$@" &
    run=$!
    tries=60
    until ping -c 1 -W 0.2 10.11.0.2 >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo 'nobody answers'; break; }
        sleep 0.05
    done
}

# end: what came of it, and how many frames were dropped by whom.
end()
{
    kill -INT $run
    wait $run
    echo "exit $?"
    sed -n 's/^ *[0-9]* dropped by /dropped by /p' out/report.txt
}

# loss: what a ping says of it.
loss()
{
    sed -n 's/.* \([0-9]*%\) packet loss.*/\1 of pings lost/p'
}

# figure SUM NAME: of what iperf3 says of all streams, of the sender's side or the receiver's.
figure()
{
    sed -n "/\"end\"/,\$p" measured | sed -n "/\"$1\":/,/}/p" |
        sed -n "s/.*\"$2\":[^0-9]*\\([0-9.]*\\).*/\\1/p" | head -1
}

# measure WHAT OPTION...: by TCP; all that one side sent the other has received, and as nothing is
# lost, what was sent twice was late at most, which is rare.
measure()
{
    what=$1
    shift
    timeout -k 5 60 iperf3 -J "$@" >measured 2>&1 || cat measured
    sent=$(figure sum_sent bytes) came=$(figure sum_received bytes)
    again=$(figure sum_sent retransmits)
    if [ "${sent:-0}" -lt 1000000 ] || [ "$sent" != "$came" ] || [ "${again:-0}" -gt 50 ]; then
        echo "$what: sent ${sent:-?}, came ${came:-?}, again ${again:-?}"
        cat measured
    else
        echo "$what: as many bytes came as were sent"
    fi
}

for executor in process thread; do
    echo "-- $executor"
    begin --executor $executor
    ping -c 5 -i 0.05 10.11.0.2 | loss
    ping -c 3 -i 0.05 -s 4000 10.11.0.2 | loss
    arping -c 2 -w 3 -I sddf0 10.11.0.2 | sed -n 's/.*from \([0-9a-f:]*\) .*/\1/p'
    echo 'as you say' | nc -u -W 1 -w 2 10.11.0.2 7
    nc -N 10.11.0.2 7 <file >copy
    cmp file copy && echo 'the file is the same'
    measure 'one stream' -c 10.11.0.2 -n 10M
    measure 'three streams' -c 10.11.0.2 -n 4M -P 3
    measure 'the other way' -c 10.11.0.2 -n 10M -R
    measure 'for a second' -c 10.11.0.2 -t 1
    timeout -k 5 60 iperf3 -J -c 10.11.0.2 -u -b 8M -n 500K >measured || cat measured
    [ "$(figure sum packets)" -gt 300 ] &&
        echo "UDP: $(figure sum lost_packets) datagrams lost"
    timeout -k 5 60 iperf3 -c 10.11.0.2 -u -R 2>&1 | grep -o 'error - .*'
    end
done

# Groups are nobody's, so a neighbour's address cannot be asked for, and is given; then all works.
echo '-- IPv6'
begin
echo 0 >/proc/sys/net/ipv6/conf/sddf0/accept_dad
echo 0 >/proc/sys/net/ipv6/conf/sddf0/disable_ipv6
six=fe80::5054:1ff:fe00:0
ping -6 -c 1 -W 0.3 $six%sddf0 | loss
ip -6 neigh replace $six lladdr 52:54:01:00:00:00 dev sddf0 nud permanent
ping -6 -c 1 -W 5 $six%sddf0 >/dev/null # now it knows us as well
ping -6 -c 3 -i 0.05 $six%sddf0 | loss
measure 'one stream' -c $six%sddf0 -n 5M
end

# The wire loses frames, and TCP does not.
echo '-- a wire that loses one frame in a hundred'
begin --set '/faults=[{ "kind": "wire_drop", "wire": "lan", "every": 100 }]'
timeout -k 5 60 iperf3 -J -c 10.11.0.2 -n 1M >measured || cat measured
[ "$(figure sum_sent bytes)" = "$(figure sum_received bytes)" ] &&
    [ "$(figure sum_sent retransmits)" -gt 2 ] &&
    echo 'some was sent again, and all came'
nc -N 10.11.0.2 7 <file >copy
cmp file copy && echo 'the file is the same'
end
echo '-- a wire that changes bits of one frame in a hundred, where the link notices nothing'
begin --set '/faults=[{ "kind": "wire_corrupt", "wire": "lan", "every": 100 }]'
nc -N 10.11.0.2 7 <file >copy
cmp file copy && echo 'the file is the same'
end
