#!/usr/bin/env python3
"""Accept rate of a burst of 1,280 connections.

Starts `lanes-server` and 20 clients of 64 connections each at the same moment. Prints the peak length of the accept queue,
the times at which half and almost all of the queue was accepted, the number of connections that overflowed the queue
(their clients retry after a second), and the time at which the last client had its file.

    cargo build --release --workspace && server/bench/burst.py [--bin FOLDER]...

With several folders of programs, their rounds alternate, so that all are measured under the same load. Linux only.
"""
import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

CLIENTS, CONNECTIONS, PORT = 20, 64, 5997
ROOT = Path(__file__).resolve().parents[2]


def overflows():
    names, values = [line.split() for line in Path("/proc/net/netstat").read_text().splitlines()[:2]]
    return int(values[names.index("ListenOverflows")])


def waiting():
    line = subprocess.run(["ss", "-ltnH", f"sport = :{PORT}"], capture_output=True, text=True).stdout.split()
    return int(line[1]) if len(line) > 1 else 0


def burst(programs, folder):
    server = subprocess.Popen(
        [programs / "lanes-server", "--listen", f"127.0.0.1:{PORT}", "--max-connections", "1400"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server.stdout.readline()
    before, began = overflows(), time.monotonic()
    get = [programs / "lanes", "get", f"lanes://127.0.0.1:{PORT}/sample-300MB.bin", "--quiet",
           "--connections", str(CONNECTIONS), "--output"]
    clients = [subprocess.Popen([*get, f"{folder}/{n}/"], stdout=subprocess.DEVNULL) for n in range(CLIENTS)]
    samples = []
    while any(client.poll() is None for client in clients):
        samples.append((time.monotonic() - began, waiting()))
        time.sleep(0.05)
    took = time.monotonic() - began
    server.terminate()
    server.wait()
    assert all(client.returncode == 0 for client in clients)
    most = max(queue for _, queue in samples)
    peak = next(n for n, (_, queue) in enumerate(samples) if queue == most)
    below = lambda part: next((at for at, queue in samples[peak:] if queue <= most * part), took)
    return most, below(0.5), below(0.05), overflows() - before, took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, action="append", help="folder with lanes and lanes-server")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    folders = args.bin or [ROOT / "target/release"]
    results = {programs: [] for programs in folders}
    for _ in range(args.rounds):
        for programs in folders:
            with tempfile.TemporaryDirectory() as folder:
                results[programs].append(burst(programs, folder))
    for programs, runs in results.items():
        most, half, all_in, lost, took = (statistics.median(column) for column in zip(*runs))
        print(f"{programs}: peak accept queue {most:.0f}, half accepted after {half:.2f} s, almost all after {all_in:.2f} s, "
              f"{lost:.0f} overflows ({min(r[3] for r in runs)} to {max(r[3] for r in runs)}), all files complete after {took:.2f} s")


if __name__ == "__main__":
    main()
