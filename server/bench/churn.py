#!/usr/bin/env python3
"""20,000 short connections, one after another over a few threads: does the server keep anything?

    cargo build --release -p lanes-server
    server/bench/churn.py [--connections 20000]

They fetch a file or a run of packets, over the open link or an emulated one, are refused, say what
makes no sense, say nothing, or break off in the middle. Prints the server's memory, threads and
descriptors after each tenth. Fails if an answer is wrong, or if threads or descriptors are left, or
memory grows from the middle to the end by more than 4 MiB. Needs Python, installs nothing; Linux
only."""
import argparse, random, shutil, socket, struct, sys, tempfile, threading, time
from pathlib import Path
from common import *

CLIENTS = 8
LENGTH = 20_000
MOST_GROWTH_KIB = 4096


def read_all(s):
    answer = b""
    while piece := s.recv(65536):
        answer += piece
    return answer


def fetches_over_http(s, file):
    s.sendall(get("x"))
    assert read_all(s).endswith(b"\r\n\r\n" + file)


def stays_for_three(s, file):
    ask = b"GET /x HTTP/1.1\r\nHost: bench\r\nRange: bytes=0-9\r\n\r\n"
    s.sendall(ask + ask + get("missing"))
    answer = read_all(s)
    assert answer.count(b"\r\n\r\n" + file[:10]) == 2 and b"404" in answer


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


def makes_no_sense(s, file):
    s.sendall(random.choice([b"\r\n\r\n\r\n", b"\x89LANES\n\n", b"BREW /x HTCPCP/1.0\r\n\r\n", MAGIC + frame(0x55, b"")]))
    s.shutdown(socket.SHUT_WR)
    read_all(s)


def says_nothing(s, file):
    pass


def breaks_off(s, file):
    ask = hello(random.randbytes(16)) + opening("sample-1GiB.bin", 65536) + run(0, 16384)
    ask = random.choice([ask, get("sample-1GiB.bin")])
    # In the middle of the question, before the answer, or in the middle of that.
    amid = random.randrange(3)
    s.sendall(ask[:-3] if amid == 0 else ask)
    if amid == 2:
        s.recv(1000)
    # A reset instead of an orderly end.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


KINDS = [fetches_over_http, stays_for_three, streams, streams_over_a_link, runs, makes_no_sense,
         says_nothing, breaks_off]


def client(number, server, file, numbers, errors):
    for n in numbers:
        kind = KINDS[n // CLIENTS % len(KINDS)]
        try:
            # An address of its own for each: there are not enough ports for one.
            source = f"127.0.{number + 1}.{n % 250 + 1}", 0
            with socket.create_connection(server.address, 30, source) as s:
                kind(s, file)
        except (AssertionError, OSError) as error:
            errors.append(f"{kind.__name__}: {error!r}")


def settle(server, threads, descriptors):
    """Waits until nobody is connected any more."""
    deadline = time.monotonic() + 20
    while (server.status("Threads"), server.descriptors()) != (threads, descriptors):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--connections", type=int, default=20_000)
    args = args.parse_args()
    many_descriptors()
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
        print(f"\n{took:.0f} s, {server.cpu_seconds() / args.connections * 1000:.2f} ms of the server's processor time each, "
              f"exit code {server.stop()}.")
        if errors:
            sys.exit(f"{len(errors)} went wrong, the first: {errors[0]}")
        if any(left) or memory[-1] - memory[4] > MOST_GROWTH_KIB:
            sys.exit("something is left")
    finally:
        if server:
            server.process.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
