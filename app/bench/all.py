#!/usr/bin/env python3
"""Runs all benchmarks against every installed program and prints one table of ratios.

    cargo build --release --workspace
    nice -n -15 app/bench/all.py [--quick] [--parts web,lanes,sizes,small,first,links,paths,servers]

Installs nothing: a part whose requirements are missing is skipped with a message. The parts are the
other scripts in this folder, each described in its docstring. `paths` needs root; an idle machine is
best for all. Takes about half an hour, two minutes with --quick. Every file is compared with the
original.

In the table a speed above 1 means faster than the fastest other program; * marks values below 0.95."""
import argparse, os, re, shutil, subprocess, sys, time
from pathlib import Path

import first_byte, loopback, paths, small, web
from measure import HEAD, Row, counted, table
from tools import RELEASE, ROOT

sys.path.append(str(ROOT / "server/bench"))
import beside_nginx
from common import machine

PROGRAMS = {"curl": "--version", "wget2": "--version", "aria2c": "--version", "axel": "--version", "lftp": "--version",
            "nginx": "-v", "openssl": "version"}
LINKS = {"throttled-mirror": "2MB", "long-fat-pipe": "4MB", "lossy-transatlantic": "4MB"}
REAL_LINKS = ["100 Mbit/s, 60 ms, 0.5 BDP", "50 Mbit/s, 20 ms, 1 BDP, loss 0.5 %", "no limit, 40 ms, loss 0.1 %"]


class Size:
    """Amount of work for a full or a quick run."""

    def __init__(self, quick):
        self.mib, self.rounds = (64, 1) if quick else (1024, 3)
        self.counts = [1, 8] if quick else [1, 4, 16, 64]
        # In MiB. Of files over 1 GiB only every 64th MiB is written, so that two of them fit into memory.
        self.sizes = [1 / 1024, 1] if quick else [1 / 1024, 1 / 16, 1, 16, 256, 10240]
        self.links = dict([("throttled-mirror", "1MB")]) if quick else LINKS
        self.link_counts = [8] if quick else [8, 16]
        self.real_links = REAL_LINKS[:1] if quick else REAL_LINKS
        self.real_mb = 5 if quick else 20
        self.files, self.times = (100, 10) if quick else (1000, 100)


def shown(results):
    rows = []
    for one in results:
        one.print()
        rows += one.rows()
    return rows


def web_part(bin, size):
    return shown(web.measured(bin, size.mib, size.counts, size.rounds, ["http", "https"]))


def lanes_part(bin, size):
    return shown([loopback.measured(bin, f"{size.mib}MiB", size.counts, size.rounds)])


def sizes_part(bin, size):
    rows = []
    for mib in size.sizes:
        # Short downloads vary more, so they get more rounds.
        number = 1 if mib > 1024 else size.rounds * (5 if mib < 64 else 1)
        rows += shown(web.measured(bin, mib, [8], number, ["http"], every=64 if mib > 1024 else 1))
    return rows


def small_part(bin, size):
    return small.measured(bin, size.files, 10, size.rounds)


def first_part(bin, size):
    return first_byte.measured(bin, size.times)


def links_part(bin, size):
    return shown(loopback.measured(bin, mb, size.link_counts, size.rounds, link) for link, mb in size.links.items())


def paths_part(bin, size):
    if lacks := paths.missing():
        print(f"real links are skipped: missing {', '.join(lacks)}", file=sys.stderr)
        return []
    links = {name: paths.LINKS[name] for name in size.real_links}
    verdicts = paths.all_measured(links, size.link_counts, size.rounds, bin / "lanes", size.real_mb)
    return [row for name, one in verdicts.items() for row in one.rows_of_all(f"real TCP: {name}")]


def servers_part(_, size):
    bytes = size.mib << 20
    rows = beside_nginx.report(bytes, beside_nginx.measured(bytes, [1, 16], size.rounds))
    return [Row("lanes-server to curl", counted(n), server, speed, cpu)
            for n, server, speed, cpu in rows if server != "lanes-server"]


PARTS = {"web": web_part, "lanes": lanes_part, "sizes": sizes_part, "small": small_part, "first": first_part,
         "links": links_part, "paths": paths_part, "servers": servers_part}


def versions():
    """Yields name and version of each installed program."""
    for program, ask in PROGRAMS.items():
        if shutil.which(program):
            said = subprocess.run([program, ask], capture_output=True, text=True)
            number = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
            yield f"{program} {number[0] if number else '?'}"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--quick", action="store_true", help="a short trial run; the results are not representative")
    args.add_argument("--parts", default=",".join(PARTS))
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with lanes and lanes-server")
    args = args.parse_args()
    bin, parts = args.bin.absolute(), args.parts.split(",")
    if wrong := [part for part in parts if part not in PARTS]:
        sys.exit(f"unknown part: {', '.join(wrong)}; choose from {', '.join(PARTS)}")
    if not shutil.which("nginx") or not (bin / "lanes").exists():
        sys.exit(f"missing requirement: needs nginx and {bin}/lanes (cargo build --release --workspace)")
    size, rows, load = Size(args.quick), [], os.getloadavg()[0]
    for part in parts:
        began = time.monotonic()
        rows += PARTS[part](bin, size)
        print(f"\n{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"\n{time.strftime('%Y-%m-%d')}, {machine()}, load {load:.1f} at the start; lanes compared with {', '.join(versions())}\n")
    table(HEAD, [row.cells() for row in rows])


if __name__ == "__main__":
    main()
