"""Measures lanes serve with 1,000 queued downloads. See README.md."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import urllib.request

from lanes_daemon import Daemon

QUEUED = 1000


def call(port, method, params):
    """Calls a method, and returns its result."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/jsonrpc", body) as answer:
        return json.load(answer)["result"]


def processor_seconds(process):
    """Returns the processor time of a process."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(process):
    """Returns the resident memory of a process."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def main():
    """Measures, prints, and ends with 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lanes", help="the program")
    parser.add_argument("--idle", type=float, default=60, help="seconds of idling to measure")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lanes-load-") as folder:
        daemon = Daemon(args.lanes, folder)
        try:
            add = lambda i: {"methodName": "aria2.addUri", "params": [[f"http://127.0.0.1:9/{i}.bin"], {"pause": "true"}]}
            call(daemon.port, "system.multicall", [[add(i) for i in range(QUEUED)]])
            times = []
            for _ in range(20):
                since = time.perf_counter()
                assert len(call(daemon.port, "aria2.tellWaiting", [0, QUEUED])) == QUEUED
                times.append((time.perf_counter() - since) * 1000)
            tell, memory = sorted(times)[len(times) // 2], resident_mib(daemon.process.pid)
            before = processor_seconds(daemon.process.pid)
            time.sleep(args.idle)
            idle = processor_seconds(daemon.process.pid) - before
            end = daemon.end(signal.SIGTERM)
        finally:
            daemon.kill()
    print(f"{QUEUED} queued: {memory:.1f} MiB, a list of all in {tell:.1f} ms with its JSON read here (median of 20), "
          f"{idle:.2f} s of processor time in {args.idle:.0f} s idle, ended in {end:.2f} s")
    sys.exit(memory > 60 or tell > 20 or idle > 0.01 * args.idle)


if __name__ == "__main__":
    main()
