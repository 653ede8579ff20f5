#!/usr/bin/env python3
"""Compares TCP connections with one HTTP/3 connection to the same server over emulated kernel paths: would one
multiplexed connection have done?

    cargo build --release
    sudo chrt -r 4 app/bench/http3.py [--size 10] [--connections 1,4,16] [--rounds 5] [--paths "20 ms",loss]

Needs Linux, root, gcc, iproute2, openssl and caddy (Debian's 2.6, which speaks HTTP/3 as it comes); installs
nothing. Both ends are in network namespaces of their own; the path between them carries IP packets, so TCP and
UDP meet the same rate, delay, buffer and random loss (shared/validation/with-path). The server's congestion
control is the kernel's CUBIC over TCP and that of quic-go, CUBIC too, over HTTP/3. Every path is measured
without and with loss by `lanes compare`, whose rounds run all variants in random order.

Prints the median seconds (shortest and longest in brackets) of each number of connections and of HTTP/3, and the
time of HTTP/3 divided by that of one connection and by that of the fastest number."""
import argparse, contextlib, json, os, shutil, signal, statistics, subprocess, sys, time
from pathlib import Path

from measure import environment, in_memory, spread, table, write_file
from nginx import certificate
from paths import Link, joined
from tools import RELEASE

HOST, PORT = "10.77.0.2", 8443
# Round-trip time in ms, rate in Mbit/s, buffer in KiB: one bandwidth-delay product, a quarter of it on the third.
PATHS = {
    "100 Mbit/s, 20 ms": Link(20, 100, 244),
    "50 Mbit/s, 50 ms": Link(50, 50, 305),
    "200 Mbit/s, 100 ms, 0.25 BDP": Link(100, 200, 610),
    "20 Mbit/s, 150 ms": Link(150, 20, 366),
}
LOSS = 0.2


def variants():
    """Returns every path without and with loss."""
    return {name + words: link._replace(loss=loss) for name, link in PATHS.items()
            for words, loss in (("", 0), (f", loss {LOSS} %", LOSS))}


@contextlib.contextmanager
def caddy(folder, work, prefix):
    """Serves `folder` over TLS and HTTP/3; yields the file with the CA to trust."""
    ca = certificate(work, HOST)
    (work / "Caddyfile").write_text(f"""
        {{
            admin off
            auto_https off
            skip_install_trust
        }}
        https://:{PORT} {{
            tls {work}/cert.pem {work}/key.pem
            root * {folder}
            file_server
        }}""")
    with open(work / "caddy.log", "wb") as log:
        process = subprocess.Popen([*prefix, "caddy", "run", "--config", work / "Caddyfile", "--adapter", "caddyfile"],
                                   stdout=log, stderr=log, env=environment(work))
    try:
        for _ in range(200):
            if "serving initial configuration" in (work / "caddy.log").read_text():
                break
            time.sleep(0.05)
        else:
            sys.exit("caddy did not start: " + (work / "caddy.log").read_text())
        yield ca
    finally:
        process.terminate()
        process.wait()


def measured(link, counts, rounds, program, work, file):
    """Returns the seconds by number of connections, and under "HTTP/3"."""
    with joined(link) as (server_side, client_side), caddy(file.parent, work, server_side) as ca:
        out = work / "out.json"
        out.unlink(missing_ok=True)
        command = [*client_side, program, "compare", f"https://{HOST}:{PORT}/{file.name}", "-n", ",".join(map(str, counts)),
                   "-r", rounds, "--http3=always", "--ca-file", ca, "--json", out]
        done = subprocess.run([str(word) for word in command], env=environment(work), capture_output=True, text=True)
        if not out.exists():
            sys.exit(f"{' '.join(map(str, command))} failed: {done.stderr[-600:]}")
        found = json.loads(out.read_text())
        http3 = found["http3"]
        failed = [run["error"] for run in found["runs"] + http3["runs"] if run["error"]] + [http3.get("absence")]
        for error in filter(None, failed):
            print(f"failed: {error}", file=sys.stderr)
        seconds = {n: [run["seconds"] for run in found["runs"] if run["value"] == n and not run["error"]] for n in counts}
        return seconds | {"HTTP/3": [run["seconds"] for run in http3["runs"] if not run["error"]]}


def row(name, seconds, counts):
    medians = {turn: statistics.median(found) for turn, found in seconds.items() if found}
    best = min((medians[n] for n in counts if n in medians), default=None)
    ratio = lambda other: f"{medians['HTTP/3'] / other:.2f}" if other and "HTTP/3" in medians else "–"
    return [name, *(spread(seconds[turn], 2) for turn in [*counts, "HTTP/3"]), ratio(medians.get(counts[0])), ratio(best)]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--size", type=float, default=10, help="MB, 10^6 bytes")
    args.add_argument("--connections", default="1,4,16")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--paths", default="", help="parts of path names, separated by commas")
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with the program lanes")
    args = args.parse_args()
    program = args.bin.absolute() / "lanes"
    needed = [tool for tool in ["caddy", "gcc", "ip", "openssl"] if not shutil.which(tool)]
    if os.geteuid() != 0 or needed or not program.exists():
        sys.exit(f"missing requirement: needs root, caddy, gcc, iproute2, openssl and {program} (cargo build --release)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    counts = [int(n) for n in args.connections.split(",")]
    rows = []
    with in_memory() as work:
        served = work / "served"
        served.mkdir()
        write_file(served / "file.bin", round(args.size * 1e6))
        for name, link in variants().items():
            if any(text in name for text in args.paths.split(",")):
                rows.append(row(name, measured(link, counts, args.rounds, program, work, served / "file.bin"), counts))
                print(" | ".join(map(str, rows[-1])), file=sys.stderr, flush=True)
    print(f"\nseconds for {args.size:g} MB, median (shortest–longest) of {args.rounds}, {os.cpu_count()} cores; the last two "
          "columns are the time over HTTP/3 ÷ that of TCP")
    table(["path", *(f"{n} TCP" for n in counts), "1 HTTP/3", f"÷ {counts[0]} TCP", "÷ fastest TCP"], rows)


if __name__ == "__main__":
    main()
