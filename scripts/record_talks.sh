# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What is said in each capture of traces/, for record-traces to source: for each talk a function
# that prepares it, before tcpdump listens, and one that holds it. A new one needs both, and a line
# here.

# each_talk VERB: VERB NAME FRAMES_MIN LONGEST SHOWS COMMAND, in the order of the README.
each_talk() {
    "$1" arp-ping 42 1514 \
        'ARP, then ten echo requests with 56 bytes of payload, ten with 1400, each answered' \
        '`ping -c 10 -i 0.01 -s 56`, then `-s 1400`, between two Linux stacks'
    "$1" dns 102 1514 \
        'ARP, then 50 queries over UDP, all answered: 20 A, 15 AAAA, 10 unknown, 5 TXT (2 long)' \
        '`dig -f questions @192.0.2.1` against `dnsmasq --local=/example/`'
    "$1" http 60 1514 \
        'ARP, then one TCP connection: handshake, GET, 61440 bytes of body, orderly close' \
        '`curl http://192.0.2.1/numbers.txt` from `python3 -m http.server`'
    "$1" udp-burst 200 1514 \
        '200 datagrams of 18 to 1472 bytes, peer to server only, a few microseconds apart' \
        'a dozen lines of Python in `scripts/record_talks.sh`'
    "$1" iperf-udp 200 1514 \
        'a stream of 200 datagrams of 256 bytes at 4 Mbit/s, and the TCP connection that '\
'controls it' \
        '`iperf3 -c 192.0.2.1 -u -b 4M -l 256 -k 200` against `iperf3 -s`'
    "$1" tcp-loss 40 1514 \
        'the connection of `http.pcap` with every sixth long segment lost before the peer sees '\
'it: selective acknowledgements, retransmissions' \
        '`curl`, behind `nft ... meta length > 1000 numgen inc mod 6 == 3 drop`'
    "$1" jumbo 20 9014 \
        'pings of 98, 1514, 1515, 4042 and 9014 bytes a frame, two of each, over an MTU of 9000' \
        '`ping -c 2 -s 56`, then `-s 1472`, `1473`, `4000`, `8972`'
    "$1" bursts 240 1514 \
        'four times 60 datagrams of 18 bytes, peer to server only, and 300 ms of silence '\
'between' \
        'a dozen lines of Python in `scripts/record_talks.sh`'
    "$1" vlan 24 1518 \
        'ARP, pings of 102 and of 1518 bytes a frame, and 10 datagrams each answered, all in '\
'VLAN 10' \
        '`ping -c 5 -s 56`, then `-s 1472`, and a UDP echo in Python, on the trunk between two '\
'relays'
    "$1" ipv6 20 1514 \
        'duplicate address detection, multicast listener reports, neighbour solicitation and '\
'advertisement, pings to both ends and to all nodes' \
        '`ping -6 -c 5` to `2001:db8::1`, from there to `::2`, and to `ff02::1`'
    "$1" mdns 10 1514 \
        'two mDNS responders probe and announce `server.local`, `peer.local` and a service; a '\
'question to the group from each, answered to who asked; group membership' \
        '`avahi-daemon` at both ends, and a resolver of ten lines of Python'
}

# ping_with NAMESPACE COUNT BYTES ADDRESS...
ping_with() {
    local namespace=$1 count=$2 bytes=$3
    shift 3
    on "$namespace" ping -q -n -c "$count" -i 0.01 -s "$bytes" "$@" >"$work/ping" ||
        fail "$(cat "$work/ping")"
}

# --- arp-ping -------------------------------------------------------------------------------------

prepare_arp_ping() { :; }

talk_arp_ping() {
    ping_with "$peer" 10 56 "$server_ip"
    ping_with "$peer" 10 1400 "$server_ip"
}

# --- dns ------------------------------------------------------------------------------------------

prepare_dns() {
    local i arguments=()
    for i in $(seq 1 20); do
        arguments+=("--host-record=host$i.example,192.0.2.$((100 + i)),2001:db8::$i")
    done
    start "$server" 'started' log dnsmasq --keep-in-foreground --log-facility=- \
        --conf-file=/dev/null --no-resolv --no-hosts --pid-file= --user=root \
        --listen-address="$server_ip" --bind-interfaces --local=/example/ "${arguments[@]}" \
        --txt-record=short.example,"v=spf1 -all" \
        --txt-record=long.example,"$(printf 'a%.0s' $(seq 200))","$(printf 'b%.0s' $(seq 200))"
}

talk_dns() {
    local i status
    {
        for i in $(seq 1 20); do
            echo "host$i.example A"
            [ $((i % 4)) = 3 ] || echo "host$i.example AAAA"
            [ $((i % 2)) = 0 ] || echo "missing$i.example A"
            case $((i % 8)) in
            0) echo "long.example TXT" ;;
            4) echo "short.example TXT" ;;
            esac
        done
    } >"$work/questions"
    on "$peer" dig -f "$work/questions" +tries=1 +timeout=2 "@$server_ip" >"$work/answers" || true
    # The answers judge, not dig's exit status.
    for status in NOERROR:40 NXDOMAIN:10; do
        [ "$(grep -c "status: ${status%:*}" "$work/answers")" = "${status#*:}" ] ||
            fail "dns: expected ${status#*:} answers ${status%:*}: $(tail -3 "$work/answers")"
    done
}

# --- http -----------------------------------------------------------------------------------------

prepare_http() {
    mkdir -p "$work/www"
    # Text that names its own position, so that a lost, doubled or swapped piece shows.
    python3 -c 'print("".join("%07d " % i for i in range(7680)), end="")' >"$work/www/numbers.txt"
    start "$server" 'Serving HTTP' log python3 -u -m http.server --bind "$server_ip" \
        --directory "$work/www" 80
}

talk_http() {
    on "$peer" curl --silent --show-error --noproxy '*' --output "$work/got" \
        "http://$server_ip/numbers.txt"
    cmp "$work/www/numbers.txt" "$work/got" || fail "http: what came is not what was sent"
}

# --- udp-burst ------------------------------------------------------------------------------------

prepare_udp_burst() {
    # Known to the peer beforehand and bound by the server: no ARP and no ICMP, one direction only.
    ip -n "$peer" neighbour replace "$server_ip" lladdr "$server_mac" nud permanent dev eth0
    start "$server" 'ready' log python3 -u -c '
import socket, sys
sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind((sys.argv[1], 9000))
print("ready")
while True:
    sink.recv(2048)' "$server_ip"
}

talk_udp_burst() {
    on "$peer" python3 -c '
import socket, struct, sys
SIZES = (18, 470, 19, 128, 1472, 18, 257, 64, 1024, 18)  # of payload: mostly small, as traffic is
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind((sys.argv[2], 9001))
out.connect((sys.argv[1], 9000))
# Made first, so that sending is all the loop does: a number, then a byte that tells it apart.
datagrams = [struct.pack(">I", i) + bytes([i]) * (SIZES[i % len(SIZES)] - 4) for i in range(200)]
for datagram in datagrams:
    out.send(datagram)' "$server_ip" "$peer_ip"
}

# --- iperf-udp ------------------------------------------------------------------------------------

prepare_iperf_udp() {
    start "$server" 'Server listening' log iperf3 --forceflush -s -1 -B "$server_ip"
}

talk_iperf_udp() {
    on "$peer" iperf3 -c "$server_ip" -u -b 4M -l 256 -k 200 >"$work/iperf3" ||
        fail "$(cat "$work/iperf3")"
}

# --- tcp-loss -------------------------------------------------------------------------------------

prepare_tcp_loss() {
    prepare_http
    on "$peer" nft -f - <<'END'
table inet loss {
    chain in {
        type filter hook input priority 0;
        tcp sport 80 meta length > 1000 numgen inc mod 6 == 3 drop
    }
}
END
}

talk_tcp_loss() {
    local sent
    talk_http
    sent=$(on "$server" nstat -asz TcpRetransSegs | awk '/TcpRetransSegs/ { print $2 }')
    [ "$sent" -ge 5 ] || fail "tcp-loss: only $sent segments were sent again"
}

# --- jumbo ----------------------------------------------------------------------------------------

prepare_jumbo() {
    ip -n "$server" link set eth0 mtu 9000
    ip -n "$peer" link set eth0 mtu 9000
}

talk_jumbo() {
    local bytes
    for bytes in 56 1472 1473 4000 8972; do
        ping_with "$peer" 2 "$bytes" -M "do" "$server_ip"
    done
}

# --- bursts ---------------------------------------------------------------------------------------

prepare_bursts() { prepare_udp_burst; }

talk_bursts() {
    on "$peer" python3 -c '
import socket, struct, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.bind((sys.argv[2], 9001))
out.connect((sys.argv[1], 9000))
datagrams = [struct.pack(">I", i) + bytes([i]) * 14 for i in range(240)]
for burst in range(0, len(datagrams), 60):
    for datagram in datagrams[burst : burst + 60]:
        out.send(datagram)
    time.sleep(0.3)' "$server_ip" "$peer_ip"
}

# --- vlan -----------------------------------------------------------------------------------------

# The far end of either stack is in a namespace between them, and so is the trunk from relay to
# relay; see record_relay.py.
prepare_vlan() {
    local name
    ip netns add "$between"
    on "$between" sh -c 'for f in all default; do
        f=/proc/sys/net/ipv6/conf/$f/disable_ipv6; [ ! -e "$f" ] || echo 1 >"$f"; done'
    ip -n "$server" link del eth0
    for name in server peer; do
        ip -n "$between" link add "$name" type veth peer name eth0 netns "${!name}"
    done
    ip -n "$between" link add server-trunk mtu 1504 type veth peer name peer-trunk mtu 1504
    ip -n "$server" link set eth0 address "$server_mac"
    ip -n "$peer" link set eth0 address "$peer_mac"
    for name in server peer server-trunk peer-trunk; do
        on "$between" ethtool -K "$name" tso off gso off gro off tx off rx off >/dev/null
        ip -n "$between" link set "$name" up
    done
    stack_up "$server" "$server_ip"
    stack_up "$peer" "$peer_ip"
    until_true "the link to come up" link_is_up
    start "$between" 'ready' log python3 -u "$here/record_relay.py" 10 \
        server server-trunk peer peer-trunk
    start "$server" 'ready' log python3 -u -c '
import socket, sys
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.bind((sys.argv[1], 7))
print("ready")
while True:
    echo.sendto(*echo.recvfrom(2048))' "$server_ip"
    listen_at "$between" server-trunk
}

talk_vlan() {
    ping_with "$peer" 5 56 "$server_ip"
    ping_with "$peer" 5 1472 "$server_ip"
    on "$peer" python3 -c '
import socket, sys
ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ask.connect((sys.argv[1], 7))
ask.settimeout(2)
for i in range(10):
    ask.send(bytes([i]) * 100)
    assert ask.recv(2048) == bytes([i]) * 100' "$server_ip"
}

# --- ipv6 -----------------------------------------------------------------------------------------

prepare_ipv6() { :; }

ipv6_is_up() { # no address is tentative any more
    [ -z "$(ip -n "$server" -6 address show dev eth0 tentative)" ] &&
        [ -z "$(ip -n "$peer" -6 address show dev eth0 tentative)" ]
}

talk_ipv6() {
    local namespace
    for namespace in "$server" "$peer"; do
        # There is no router to solicit. Stacks begin now, so that all they say is recorded.
        on "$namespace" sh -c 'cd /proc/sys/net/ipv6/conf/eth0 && echo 0 >router_solicitations &&
            echo 0 >disable_ipv6'
    done
    ip -n "$server" address add 2001:db8::1/64 dev eth0
    ip -n "$peer" address add 2001:db8::2/64 dev eth0
    until_true "addresses to be known unique" ipv6_is_up
    ping_with "$peer" 5 56 -6 2001:db8::1
    ping_with "$server" 5 56 -6 2001:db8::2
    ping_with "$peer" 2 56 -6 "ff02::1%eth0"
}

# --- mdns -----------------------------------------------------------------------------------------

# responder NAMESPACE NAME: it keeps files where only one can, so it gets folders of its own.
responder() {
    local folder=$work/$2
    mkdir -p "$folder"
    cat >"$folder/conf" <<END
[server]
host-name=$2
use-ipv4=yes
use-ipv6=no
enable-dbus=no
allow-interfaces=eth0
[publish]
publish-hinfo=no
publish-workstation=no
END
    cat >"$folder/notes.service" <<END
<?xml version="1.0"?>
<service-group><name>notes of $2</name>
<service><type>_http._tcp</type><port>80</port><txt-record>path=/notes</txt-record></service>
</service-group>
END
    start "$1" 'successfully established' log sh -c 'mount -t tmpfs none /run &&
        mount --bind "$1" /etc/avahi/services && mkdir /run/avahi-daemon &&
        exec avahi-daemon -f "$1/conf" --no-drop-root --no-chroot --no-rlimits' sh "$folder"
}

prepare_mdns() {
    ip -n "$server" route add 224.0.0.0/4 dev eth0
    ip -n "$peer" route add 224.0.0.0/4 dev eth0
}

# ask NAMESPACE NAME ADDRESS: a one-shot question to the group, which is answered to who asked.
ask() {
    on "$1" python3 -c '
import socket, struct, sys
name = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[1].split(".")) + b"\0"
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.settimeout(2)
resolver.sendto(struct.pack(">6H", 1, 0, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1),
                ("224.0.0.251", 5353))
assert resolver.recv(2048).endswith(socket.inet_aton(sys.argv[2]))' "$2" "$3" ||
        fail "mdns: $2 is not said to be $3"
}

talk_mdns() {
    responder "$server" server
    responder "$peer" peer
    ask "$peer" server.local "$server_ip"
    ask "$server" peer.local "$peer_ip"
}
