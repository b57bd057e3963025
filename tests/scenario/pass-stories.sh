# SPDX-License-Identifier: BSD-2-Clause
# Of stories with recorded frames, counts are not all: what a client was given is, frame by frame
# and in that order, what was recorded for it and no longer than its NIC takes.
server=52:54:00:12:34:56
peer=52:54:00:65:43:21

# tell STORY OPTION...: by the host's clock, or as the options say.
tell()
{
    story=$1
    shift
    rm -rf "$story"
    "$SDDFSIM" run "$ROOT/scenarios/$story.json" -q -o "$story" "$@" >said 2>&1 ||
        cat said "$story/report.txt"
}

# recorded TRACE FILTER: those frames of it, in recorded.pcap.
recorded()
{
    tcpdump -n -r "$ROOT/traces/$1.pcap" -w recorded.pcap "$2" 2>/dev/null
}

# same POINT: what passed there in the story told last is what was recorded, but for the client's
# own address in place of the recorded one.
same()
{
    "$SDDFSIM" diff -i eth.dst,arp.dst.mac recorded.pcap "$story/captures/$1.pcap" >said || {
        echo "$story: $1 is not what was recorded:"
        cat said
    }
    grep -q '^same: [1-9]' said || echo "$story: there is nothing to compare"
}

# both TRACE: of each end.
both()
{
    recorded "$1" "len <= 1514 and (ether dst $server or ether broadcast)"
    same client0-rx
    recorded "$1" "len <= 1514 and (ether dst $peer or ether broadcast)"
    same client1-rx
}

for story in jumbo vlan mdns ipv6 stream tcp-loss; do
    tell $story
    case $story in
    stream) both iperf-udp ;;
    *) both "$story" ;;
    esac
done

# Answers leave with the tag they came with.
tell vlan
tcpdump -n -r vlan/captures/lan-out.pcap 'vlan 10' --count 2>/dev/null
# IPv6 that went to one station comes back whole.
tell ipv6
tcpdump -n -r ipv6/captures/lan-out.pcap 'ip6 and not multicast' --count 2>/dev/null

# Silence: 240 datagrams, and three times none for a quarter of a second or more.
tell bursts --clock=virtual
tcpdump -n -ttt -r bursts/captures/lan-in.pcap 2>/dev/null |
    awk '$1 >= "00:00:00.250" { pauses++ } END { print NR " datagrams, " pauses " pauses" }'

# Two stacks side by side: the same frames in each, whichever of the two is asked.
tell two-stacks
for pair in 'lan0-out lan1-out' 'server0-rx server1-rx' 'peer0-rx peer1-rx'; do
    set -- $pair
    "$SDDFSIM" diff --order=flow -i eth.src,eth.dst,arp.src.mac,arp.dst.mac \
        "two-stacks/captures/$1.pcap" "two-stacks/captures/$2.pcap" || echo "$1 differs from $2"
done
