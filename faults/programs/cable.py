"""The cable between two hosts: carries packets between a TUN device in each of two network namespaces, and does to them what it is told.

python3 cable.py NAMESPACE NAMESPACE SEED

Commands come as lines of JSON, each answered by one line. {"faults": {...}} sets what happens to packets from now on:
loss, duplicate, reorder, corrupt (shares from 0 to 1), delayMs (each way), cut (true: nothing passes). {"reset": [port, ...]} turns the next
segment from each of these ports into a TCP reset, {"damage": [port, ...]} changes it so that its checksum stays right. Every answer has what
was done so far. The end of the input ends it.
"""

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import signal
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
DEVICE = "cable"
HELD_BACK_S = 0.005
ACK, RST = 0x10, 0x04

PACKETS_AT_ONCE = 64


def open_end(namespace):
    with open(f"/run/netns/{namespace}") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return end


class Cable:
    def __init__(self, ends, seed):
        self.other = {ends[0]: ends[1], ends[1]: ends[0]}
        self.random = random.Random(seed)
        self.held = []
        self.count = 0
        self.done = dict.fromkeys(
            ["packets", "bytes", "lost", "duplicated", "reordered", "corrupted", "resets", "damaged"], 0
        )
        self.reset_ports, self.damage_ports = set(), set()
        self.set({})

    def set(self, faults):
        self.loss = faults.get("loss", 0)
        self.duplicate = faults.get("duplicate", 0)
        self.reorder = faults.get("reorder", 0)
        self.corrupt = faults.get("corrupt", 0)
        self.delay = faults.get("delayMs", 0) / 1000
        self.cut = faults.get("cut", False)

    def carry(self, end, packet):
        """One packet came out of a host."""
        done, chance = self.done, self.random.random
        done["packets"] += 1
        done["bytes"] += len(packet)
        if self.cut or (self.loss and chance() < self.loss):
            done["lost"] += 1
            return
        if self.reset_ports or self.damage_ports:
            packet = self.attack(packet)
        if self.corrupt and chance() < self.corrupt:
            done["corrupted"] += 1
            packet = flip_a_bit(packet, self.random)
        if self.duplicate and chance() < self.duplicate:
            done["duplicated"] += 1
            self.deliver(end, packet, self.delay)
        if self.reorder and chance() < self.reorder:
            done["reordered"] += 1
            self.deliver(end, packet, self.delay + HELD_BACK_S)
        else:
            self.deliver(end, packet, self.delay)

    def deliver(self, end, packet, delay):
        if delay == 0:
            write(self.other[end], packet)
            return
        self.count += 1
        heapq.heappush(self.held, (time.monotonic() + delay, self.count, self.other[end], packet))

    def release(self):
        """Lets go of the packets that were held long enough; gives the seconds until the next one, or None."""
        while self.held:
            wait = self.held[0][0] - time.monotonic()
            if wait > 0:
                return wait
            _, _, end, packet = heapq.heappop(self.held)
            if not self.cut:
                write(end, packet)
        return None

    def attack(self, packet):
        start = (packet[0] & 15) * 4
        port = int.from_bytes(packet[start : start + 2], "big")
        content = start + (packet[start + 12] >> 4) * 4
        if port in self.reset_ports and len(packet) > content:
            self.reset_ports.discard(port)
            self.done["resets"] += 1
            return reset_instead_of(packet, start)
        if port in self.damage_ports:
            # two words change places: their sum, which is all that TCP looks at, stays the same
            for at in range(content + (content - start) % 2, len(packet) - 3, 2):
                first, second = packet[at : at + 2], packet[at + 2 : at + 4]
                if first != second:
                    self.damage_ports.discard(port)
                    self.done["damaged"] += 1
                    return packet[:at] + second + first + packet[at + 4 :]
        return packet


def write(end, packet):
    try:
        os.write(end, packet)
    except OSError:
        pass  # an interface that is down takes nothing


def flip_a_bit(packet, chance):
    changed = bytearray(packet)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def reset_instead_of(packet, start):
    """A reset that the receiver has to believe: it has the sequence number that is due."""
    header = bytearray(packet[:start])
    header[2:4] = (start + 20).to_bytes(2, "big")
    header[10:12] = bytes(2)
    header[10:12] = checksum(header)
    segment = bytearray(packet[start : start + 20])
    segment[12], segment[13] = 5 << 4, RST | ACK
    segment[16:18] = bytes(2)
    pseudo = header[12:20] + struct.pack(">BBH", 0, 6, 20)
    segment[16:18] = checksum(pseudo + segment)
    return bytes(header + segment)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")


def obey(cable, line):
    command = json.loads(line)
    if "faults" in command:
        cable.set(command["faults"])
    cable.reset_ports.update(command.get("reset", []))
    cable.damage_ports.update(command.get("damage", []))
    print(json.dumps({"event": "done", **cable.done}), flush=True)


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ends = [open_end(namespace) for namespace in sys.argv[1:3]]
    cable = Cable(ends, int(sys.argv[3]))
    poll = select.epoll()
    for end in [*ends, 0]:
        poll.register(end, select.EPOLLIN)
    os.set_blocking(0, False)
    commands = b""
    print(json.dumps({"event": "ready"}), flush=True)
    while True:
        wait = cable.release()
        for end, _ in poll.poll(wait):
            if end == 0:
                read = os.read(0, 65536)
                if not read:
                    return
                *lines, commands = (commands + read).split(b"\n")
                for line in lines:
                    obey(cable, line)
                continue
            for _ in range(PACKETS_AT_ONCE):
                try:
                    packet = os.read(end, 65536)
                except OSError:
                    break
                if packet[0] >> 4 == 4:
                    cable.carry(end, packet)


main()
