#!/usr/bin/env python3
"""1,000 simultaneous connections, half of them Lanes and half HTTP, for files of four lengths.

    cargo build --release -p lanes-server
    server/bench/crowd.py [--connections 1000] [--link PRESET]

All connect, then all send their request at once. Every byte is compared. Prints the times per length,
the ratio of the slowest to the median, the memory of the server, and the refusal of one more
connection. Fails if a byte is wrong or missing, and without a link also if the slowest of a length
takes more than three times the median or the server more than 200 MiB. Needs Python, installs
nothing; Linux only."""
import argparse, random, select, shutil, socket, statistics, struct, sys, tempfile, time
from pathlib import Path
from common import *

MAX_SLOWDOWN, MAX_MIB = 3, 200
LENGTHS = [64 << 10, 256 << 10, 1 << 20, 4 << 20]


class Plain:
    """Checks plain bytes in order, which follow a head."""

    def __init__(self, file):
        self.file, self.at, self.head = file, 0, b""

    def take(self, data):
        if self.head is not None:
            self.head += data
            start = self.body_start()
            if start is None:
                return
            data, self.head = self.head[start:], None
        if data != self.file[self.at:self.at + len(data)]:
            raise ValueError(f"wrong bytes after offset {self.at}")
        self.at += len(data)

    def is_done(self):
        return self.at == len(self.file)


class Http(Plain):
    def body_start(self):
        if not self.head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 206 ")[:len(self.head)]) and len(self.head) > 12:
            raise ValueError(self.head)
        end = self.head.find(b"\r\n\r\n")
        return end + 4 if end >= 0 else None


class Stream(Plain):
    def body_start(self):
        at = 0
        while len(self.head) >= at + HEADER:
            kind, length = self.head[at], int.from_bytes(self.head[at + 1:at + 4], "little")
            if kind == REFUSED:
                raise ValueError(self.head[at:])
            at += HEADER + length
            if kind == STREAMING:
                return at if len(self.head) >= at else None
        return None


class Packets:
    def __init__(self, file, packet_len):
        self.file, self.packet_len, self.buffer = file, packet_len, b""
        self.missing = set(range(-(-len(file) // packet_len)))

    def take(self, data):
        data = self.buffer + data
        at = 0
        while len(data) >= at + HEADER:
            kind, length = data[at], int.from_bytes(data[at + 1:at + 4], "little")
            if len(data) < at + HEADER + length:
                break
            if kind == PACKET:
                packet = struct.unpack_from("<Q", data, at + HEADER)[0]
                start = packet * self.packet_len
                if data[at + PACKET_HEAD:at + HEADER + length] != self.file[start:start + self.packet_len]:
                    raise ValueError(f"wrong bytes in packet {packet}")
                self.missing.remove(packet)
            elif kind == REFUSED:
                raise ValueError(data[at:])
            at += HEADER + length
        self.buffer = data[at:]

    def is_done(self):
        return not self.missing


def exchange(number, files):
    """Returns the request of connection `number`, and the decoder of its response."""
    name, file = files[number // 2 % len(files)]
    kind = number // (2 * len(files)) % 4
    if number % 2:
        fields = ["", "Range: bytes=0-\r\n"][kind % 2]
        return name, get(name, fields), Http(file)
    handshake = hello(random.randbytes(16))
    if kind == 0:
        return name, handshake + opening(name, 65536) + stream(), Stream(file)
    packet_len = [16384, 16384, 1024][kind - 1]
    packets = Packets(file, packet_len)
    seed = number if kind == 2 else None
    return name, handshake + opening(name, packet_len) + run(0, len(packets.missing), seed), packets


def fetch_all(server, files, count):
    """Returns the times in seconds by file name, the threads and descriptors of the server when all
    were connected, and the refusals of further connections."""
    sockets, tasks = {}, []
    for number in range(count):
        s = socket.create_connection(server.address)
        s.setblocking(False)
        tasks.append((s, *exchange(number, files)))
    deadline = time.monotonic() + 10
    while server.status("Threads") < count and time.monotonic() < deadline:
        time.sleep(0.01)
    threads, descriptors = server.status("Threads"), server.descriptors()
    refusals = [refusal(server, request) for request in (hello(bytes(16)), get("x"))]

    poll = select.epoll()
    began = time.monotonic()
    for s, name, request, decoder in tasks:
        s.send(request)
        sockets[s.fileno()] = s, name, decoder
        poll.register(s, select.EPOLLIN)
    took = {name: [] for name, _ in files}
    while sockets:
        events = poll.poll(60)
        if not events:
            sys.exit(f"{len(sockets)} connections are stalled")
        for fd, _ in events:
            s, name, decoder = sockets[fd]
            data = s.recv(262144)
            if not data:
                sys.exit(f"a connection for {name} closed early")
            decoder.take(data)
            if decoder.is_done():
                took[name].append(time.monotonic() - began)
                poll.unregister(s)
                s.close()
                del sockets[fd]
    return took, threads, descriptors, refusals


def refusal(server, request):
    """Returns the text of the refusal of one more connection."""
    with socket.create_connection(server.address, 10) as s:
        s.sendall(request)
        response = b""
        while piece := s.recv(4096):
            response += piece
    # In Lanes the text follows the header, a code and a length; in HTTP it follows the head.
    text = response[HEADER + 4:] if response[:1] == bytes([REFUSED]) else response.split(b"\r\n\r\n")[-1]
    return text.decode().strip()


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--connections", type=int, default=1000)
    args.add_argument("--link", help="emulate this link")
    args = args.parse_args()
    raise_descriptor_limit()
    folder = Path(tempfile.mkdtemp(prefix="lanes-bench-", dir="/dev/shm"))
    try:
        files = []
        for length in LENGTHS:
            name = f"{length >> 10}-KiB.bin"
            (folder / name).write_bytes(bytes := random.randbytes(length))
            files.append((name, bytes))
        link = ["--link", args.link] if args.link else []
        server = Server("--root", folder, "--max-connections", str(args.connections), *link)
        before = server.status("VmRSS")
        took, threads, descriptors, refusals = fetch_all(server, files, args.connections)
        peak, cpu = server.status("VmHWM"), server.cpu_seconds()
        total = sum(length * len(took[name]) for (name, _), length in zip(files, LENGTHS))
        code = server.stop()

        print(f"{args.connections} simultaneous connections, {total / 2**30:.2f} GiB in total, every byte compared; {machine()}")
        print("| file | connections | fastest | median | slowest | slowest ÷ median |\n|---|---|---|---|---|---|")
        for name, _ in files:
            middle = statistics.median(took[name])
            print(f"| {name} | {len(took[name])} | {min(took[name]):.2f} s | {middle:.2f} s "
                  f"| {max(took[name]):.2f} s | {max(took[name]) / middle:.2f} |")
        print(f"\nThe server: {peak / 1024:.0f} MiB peak memory ({before / 1024:.0f} before), "
              f"{threads} threads, {descriptors} descriptors, {cpu:.1f} s of CPU time, exit code {code}.")
        for text in refusals:
            print(f"Refusal of one more connection: {text}")
        worst = max(max(times) / statistics.median(times) for times in took.values())
        if not args.link and (worst > MAX_SLOWDOWN or peak > MAX_MIB << 10):
            sys.exit("a connection was starved, or the server needs too much memory")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
