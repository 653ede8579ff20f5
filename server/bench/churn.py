#!/usr/bin/env python3
"""20,000 short connections from a few threads: checks that the server leaks nothing.

    cargo build --release -p lanes-server
    server/bench/churn.py [--connections 20000]

The clients download a file or a run of packets, with or without an emulated link, are refused, send
invalid requests or nothing, or reset the connection. Prints memory, threads and descriptors of the
server after each tenth. Fails if a response is wrong, if threads or descriptors are left, or if
memory grows by more than 4 MiB from the middle to the end. Needs Python, installs nothing; Linux
only."""
import argparse, random, shutil, socket, struct, sys, tempfile, threading, time
from pathlib import Path
from common import *

CLIENTS = 8
LENGTH = 20_000
MAX_GROWTH_KIB = 4096


def read_all(s):
    data = b""
    while piece := s.recv(65536):
        data += piece
    return data


def downloads_over_http(s, file):
    s.sendall(get("x"))
    assert read_all(s).endswith(b"\r\n\r\n" + file)


def sends_three_requests(s, file):
    request = b"GET /x HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-9\r\n\r\n"
    s.sendall(request + request + get("missing"))
    responses = read_all(s)
    assert responses.count(b"\r\n\r\n" + file[:10]) == 2 and b"404" in responses


def streams(s, file, link=""):
    s.sendall(hello(random.randbytes(16), link) + opening("x", 1024) + stream())
    s.shutdown(socket.SHUT_WR)
    assert read_all(s).endswith(frame(STREAMING, struct.pack("<Q", len(file))) + file)


def streams_over_a_link(s, file):
    streams(s, file, "rate_mbit = 1000\nrtt_ms = 1")


def runs(s, file):
    s.sendall(hello(random.randbytes(16)) + opening("x", 1000) + run(0, len(file) // 1000, seed=1))
    s.shutdown(socket.SHUT_WR)
    assert len(read_all(s)) > len(file)


def sends_invalid_request(s, file):
    s.sendall(random.choice([b"\r\n\r\n\r\n", b"\x89LANES\n\n", b"BREW /x HTCPCP/1.0\r\n\r\n", MAGIC + frame(0x55, b"")]))
    s.shutdown(socket.SHUT_WR)
    read_all(s)


def sends_nothing(s, file):
    pass


def resets(s, file):
    request = hello(random.randbytes(16)) + opening("sample-1GiB.bin", 65536) + run(0, 16384)
    request = random.choice([request, get("sample-1GiB.bin")])
    # Inside the request, before the response, or inside the response.
    stage = random.randrange(3)
    s.sendall(request[:-3] if stage == 0 else request)
    if stage == 2:
        s.recv(1000)
    # Closes with a reset.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


KINDS = [downloads_over_http, sends_three_requests, streams, streams_over_a_link, runs, sends_invalid_request,
         sends_nothing, resets]


def client(number, server, file, numbers, errors):
    for n in numbers:
        kind = KINDS[n // CLIENTS % len(KINDS)]
        try:
            # Many source addresses, because one does not have enough ports.
            source = f"127.0.{number + 1}.{n % 250 + 1}", 0
            with socket.create_connection(server.address, 30, source) as s:
                kind(s, file)
        except (AssertionError, OSError) as error:
            errors.append(f"{kind.__name__}: {error!r}")


def settle(server, threads, descriptors):
    """Waits until all connections are closed."""
    deadline = time.monotonic() + 20
    while (server.status("Threads"), server.descriptors()) != (threads, descriptors):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--connections", type=int, default=20_000)
    args = args.parse_args()
    raise_descriptor_limit()
    folder = Path(tempfile.mkdtemp(prefix="lanes-bench-", dir="/dev/shm"))
    server = None
    try:
        (folder / "x").write_bytes(file := random.randbytes(LENGTH))
        server = Server("--root", folder)
        threads, descriptors = server.status("Threads"), server.descriptors()
        began, errors, memory = time.monotonic(), [], []
        print(f"{args.connections} short connections; {machine()}")
        print("| connections | memory | threads | descriptors |\n|---|---|---|---|")
        print(f"| 0 | {server.status('VmRSS') / 1024:.1f} MiB | {threads} | {descriptors} |")
        for tenth in range(10):
            bounds = [args.connections * (tenth + i) // 10 for i in (0, 1)]
            workers = [threading.Thread(target=client, args=(i, server, file, range(bounds[0] + i, bounds[1], CLIENTS), errors))
                       for i in range(CLIENTS)]
            for step in (threading.Thread.start, threading.Thread.join):
                for worker in workers:
                    step(worker)
            settle(server, threads, descriptors)
            memory.append(server.status("VmRSS"))
            print(f"| {bounds[1]} | {memory[-1] / 1024:.1f} MiB | {server.status('Threads')} | {server.descriptors()} |")
        took = time.monotonic() - began
        left = server.status("Threads") - threads, server.descriptors() - descriptors
        print(f"\n{took:.0f} s, {server.cpu_seconds() / args.connections * 1000:.2f} ms of CPU time per connection, "
              f"exit code {server.stop()}.")
        if errors:
            sys.exit(f"{len(errors)} failed, the first: {errors[0]}")
        if any(left) or memory[-1] - memory[4] > MAX_GROWTH_KIB:
            sys.exit("threads, descriptors or memory leaked")
    finally:
        if server:
            server.process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
