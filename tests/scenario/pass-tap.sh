# SPDX-License-Identifier: BSD-2-Clause
# Programs of the host and a simulated client talk with each other, by a tap and by a veth pair, in
# a network of our own that is gone with us. What they say is right, all of it is accounted for, the
# run ends when it is told to, and whatever is wrong with an interface is said in one line.

lack()
{
    echo "$1"
    exit 77
}

if [ "${IN_NETWORK:-}" != yes ]; then
    for tool in unshare ip ping arping nc iperf3 setpriv; do
        command -v $tool >/dev/null || lack "there is no $tool"
    done
    unshare -rn true 2>/dev/null || lack 'no network namespace can be made'
    unshare -rn ip tuntap add dev t mode tap 2>/dev/null || lack 'no tap can be made'
    unshare -rn ip link add v type veth peer name w 2>/dev/null || lack 'no veth pair can be made'
    IN_NETWORK=yes exec unshare -rn sh "$0"
fi

# Nobody but us says anything.
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
story=$ROOT/scenarios/real-wire.json
head -c 300000 "$SDDFSIM" >file
tries='1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30'

as=
# begin OPTION...: the story is being told, and its client answers.
begin()
{
    rm -rf out
    $as "$SDDFSIM" run "$story" -q -o out "$@" &
    run=$!
    for _ in $tries $tries; do
        ping -c 1 -W 0.2 10.11.0.2 >/dev/null 2>&1 && return
        sleep 0.05
    done
    echo 'nobody answers'
}

# counted NAME: the first of these numbers in the report.
counted()
{
    sed -n "s/.*\"$1\": *\\([0-9]*\\).*/\\1/p" out/report.json | head -1
}

# know INTERFACE: who is there, and need not ask, which the host is slow to do again.
know()
{
    for ip in 10.11.0.2 10.11.0.3; do
        ip neigh replace $ip lladdr 52:54:01:00:00:00 dev "$1" nud permanent
    done
}

# captured NAME: frames in a capture, if it is whole.
captured()
{
    "$SDDFSIM" diff "out/captures/$1.pcap" "out/captures/$1.pcap" |
        sed -n 's/^same: \([0-9]*\) same.*/\1/p'
}

end()
{
    kill -INT $run
    wait $run
    echo "exit $?"
    [ "$(captured lan-in)" = "$(counted in)" ] && [ "$(captured lan-out)" = "$(counted out)" ] ||
        echo "of $(counted in), $(counted out) captured $(captured lan-in), $(captured lan-out)"
}

# loss: what a ping says of it.
loss()
{
    sed -n 's/.* \([0-9]*%\) packet loss.*/\1 of pings lost/p'
}

say_udp()
{
    echo 'as you say' | nc -u -W 1 -w 2 10.11.0.2 7
}

# Everything there and back again, by the mirror: byte for byte, and at a rate that iperf3 believes.
carry()
{
    nc -l -p 9000 >copy &
    sleep 0.2
    nc -N 10.11.0.2 9000 <file
    wait $!
    cmp file copy && echo 'the file is the same'
    iperf3 -s -1 >/dev/null &
    sleep 0.3
    iperf3 -c 10.11.0.2 -n 2M >said 2>&1 && grep Done said || cat said
    wait $!
    iperf3 -s -1 >/dev/null &
    sleep 0.3
    iperf3 -c 10.11.0.2 -u -b 8M -n 200K >said 2>&1 || cat said
    grep -o '(.*%)  receiver' said
    wait $!
}

mirror=/clients/0/params/mirror_ip='"10.11.0.3"'

echo '-- a tap'
begin --set "$mirror"
ping -c 5 -i 0.05 10.11.0.2 | loss
ping -c 3 -i 0.05 -s 1472 10.11.0.2 | loss
arping -c 2 -w 3 -I sddf0 10.11.0.2 | sed -n 's/.*from \([0-9a-f:]*\) .*/\1/p'
arping -c 1 -w 1 -I sddf0 10.11.0.9 | grep -o ' 0 packets received'
carry
know sddf0
sleep 0.5
sent=$(ip -s link show sddf0 | awk '/TX:/ { getline; print $2 }')
got=$(ip -s link show sddf0 | awk '/RX:/ { getline; print $2 }')
end
[ "$(counted in)" = "$sent" ] || echo "the host sent $sent frames, and $(counted in) came in"
[ "$(counted out)" = "$got" ] || echo "the host got $got frames, and $(counted out) went out"
ip link show sddf0 2>&1

echo '-- a tap in threads, and an address that was given beforehand'
ip tuntap add dev tap7 mode tap
ip addr add 10.11.0.1/24 dev tap7
ip link set tap7 up
know tap7
given='/wires/0={"name": "lan", "kind": "tap", "interface": "tap7"}'
begin --executor=thread --set "$given"
say_udp
"$SDDFSIM" run "$story" -q -o other --set "$given" 2>&1 | grep -v 'repeat with'
end
ip link show tap7 >/dev/null && ip link del tap7

echo '-- a veth pair'
ip link add v0 type veth peer name v1
ip addr add 10.11.0.1/24 dev v0
ip link set v0 up
know v0
plugged='/wires/0={"name": "lan", "kind": "packet", "interface": "v1"}'
for executor in process thread; do
    "$SDDFSIM" run "$story" -q -o none --set "$plugged" --executor=$executor 2>&1 |
        grep -v 'repeat with'
done
ip link set v1 up
begin --set "$plugged" --set "$mirror" --executor=thread
ping -c 3 -i 0.05 10.11.0.2 | loss
carry
end
begin --set "$plugged"
say_udp
end

echo '-- nothing to do, and an end that was planned'
begin --set "$plugged" --set '/stop/after="1 s"'
wait $run
echo "exit $?"
busy=$(awk '/"cpu_ns"/ { gsub(/[^0-9]/, ""); sum += $0 } END { print sum }' out/report.json)
[ "$busy" -lt 200000000 ] || echo "all slept, and were busy for $busy ns of a second"

echo '-- what may be wrong'
# refused OPTION...: no run comes of it.
refused()
{
    $as "$SDDFSIM" run "$story" -q -o none "$@" 2>&1 | grep -v 'repeat with'
    [ -e none ] && echo 'something is left'
}
refused --set /wires/0/interface='"an-interface-of-host"'
refused --set /wires/0/interface='"a/b"' --set /wires/0/address='"10.11.0.1"'
refused --clock=virtual
refused --set /wires/0/interface='"v1"'
refused --set /wires/0='{"name": "lan", "kind": "packet", "interface": "v9"}'
refused --set /wires/0='{"name": "lan", "kind": "packet", "interface": "lo"}'
for _ in 1 2 3 4 5 6 7 8; do
    refused --executor=thread --set /wires/0='{"name": "lan", "kind": "packet", "interface": "v9"}'
done | uniq
as='setpriv --bounding-set=-all' # all that root has to give up
refused
refused --set "$plugged"

echo '-- no privilege, and a tap of our own'
ip link del v0
ip tuntap add dev sddf0 mode tap user 0
ip link set sddf0 up
refused
ip addr add 10.11.0.1/24 dev sddf0
know sddf0
begin
say_udp
end
ip -br link | sed 's/@.* //; s/ .*//' | sort
