#!/usr/bin/env python3
"""How fast a thousand connections that come at once are let in.

Starts `lanes-server`, and 20 clients of 64 connections each at the same moment. Says how many connections
waited to be accepted at most, when half and when almost all of them were let in, how many found no place to wait (they come
again after a second), and when the last client had its file.

    cargo build --release --workspace && server/bench/burst.py [--bin FOLDER]...

With several folders of programs they take turns, so that they are compared on the same machine. Linux only.
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
    said = subprocess.run(["ss", "-ltnH", f"sport = :{PORT}"], capture_output=True, text=True).stdout.split()
    return int(said[1]) if len(said) > 1 else 0


def burst(programs, folder):
    server = subprocess.Popen(
        [programs / "lanes-server", "--listen", f"127.0.0.1:{PORT}", "--max-connections", "1400"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    server.stdout.readline()
    before, begun = overflows(), time.monotonic()
    get = [programs / "lanes", "get", f"lanes://127.0.0.1:{PORT}/sample-300MB.bin", "--quiet",
           "--connections", str(CONNECTIONS), "--output"]
    clients = [subprocess.Popen([*get, f"{folder}/{n}/"], stdout=subprocess.DEVNULL) for n in range(CLIENTS)]
    seen = []
    while any(client.poll() is None for client in clients):
        seen.append((time.monotonic() - begun, waiting()))
        time.sleep(0.05)
    took = time.monotonic() - begun
    server.terminate()
    server.wait()
    assert all(client.returncode == 0 for client in clients)
    most = max(queue for _, queue in seen)
    peak = next(n for n, (_, queue) in enumerate(seen) if queue == most)
    below = lambda part: next((at for at, queue in seen[peak:] if queue <= most * part), took)
    return most, below(0.5), below(0.05), overflows() - before, took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, action="append", help="a folder with lanes and lanes-server")
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
        print(f"{programs}: {most:.0f} waited at most, half were let in after {half:.2f} s, almost all after {all_in:.2f} s, "
              f"{lost:.0f} had no place to wait ({min(r[3] for r in runs)} to {max(r[3] for r in runs)}), all files were there after {took:.2f} s")


if __name__ == "__main__":
    main()
