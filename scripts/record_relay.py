#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""record_relay.py VLAN ACCESS TRUNK [ACCESS TRUNK]...: for scripts/record-traces, where the kernel
has no 8021q. What comes at an access port goes out of its trunk with a tag of this VLAN; what comes
at a trunk with that tag goes out of its access port without, and all else ends here."""
import select
import socket
import struct
import sys

ETH_P_ALL, ETH_P_8021Q = 3, 0x8100
PACKET_AUXDATA, SOL_PACKET = 8, 263
TP_STATUS_VLAN_VALID = 1 << 4
FRAME_BYTES = 65536


def port(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.bind((interface, 0))
    # All frames, not only those for the interface's own address.
    membership = struct.pack("IHH8s", socket.if_nametoindex(interface), 1, 0, b"")
    s.setsockopt(SOL_PACKET, 1, membership)
    return s


def receive(s):
    """The next frame of a port and its tag's value, None if it has none. The kernel takes tags
    out of frames, and tells them beside. A frame that left through the port is no frame."""
    frame, told, _, sender = s.recvmsg(FRAME_BYTES, 256)
    if sender[2] == socket.PACKET_OUTGOING:
        return None, None
    for level, kind, data in told:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tag, _ = struct.unpack("IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                return frame, tag
    return frame, None


def main():
    vlan = int(sys.argv[1])
    names = sys.argv[2:]
    ports = [port(name) for name in names]
    tag = struct.pack(">HH", ETH_P_8021Q, vlan)
    print("ready")
    while True:
        for s in select.select(ports, [], [])[0]:
            at = ports.index(s)
            frame, tagged = receive(s)
            if frame is None:
                continue
            if at % 2 == 0 and tagged is None:
                ports[at + 1].send(frame[:12] + tag + frame[12:])
            elif at % 2 == 1 and tagged is not None and tagged & 0xFFF == vlan:
                ports[at - 1].send(frame)


main()
