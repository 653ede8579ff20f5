#!/usr/bin/env python3
"""Everything beside every peer that is installed, and one table of ratios.

    cargo build --release --workspace
    nice -n -15 app/bench/all.py [--quick] [--parts web,lanes,sizes,small,first,links,paths,servers]

Installs nothing: what is not here is left out, and said. The parts are the other scripts here, which
say at their top what each of them measures; `paths` needs root, and an otherwise idle machine is best
for all. Takes about half an hour, with --quick two minutes. Everything that is fetched is compared.

In the table more than 1 is faster than the best other program; less than 0.95 is marked *."""
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
    """How much is measured."""

    def __init__(self, quick):
        self.mib, self.rounds = (64, 1) if quick else (1024, 3)
        self.counts = [1, 8] if quick else [1, 4, 16, 64]
        # In MiB; from 10 GiB on only every 64th is written, so that memory has room for two of them.
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
        # What is over in a moment is left to chance; what takes long is not.
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
        print(f"real links are left out: they need {', '.join(lacks)}", file=sys.stderr)
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
    """Of the programs that are here, from the first line of what each says of itself."""
    for program, ask in PROGRAMS.items():
        if shutil.which(program):
            said = subprocess.run([program, ask], capture_output=True, text=True)
            number = re.search(r"\d+(\.\d+)+", said.stdout + said.stderr)
            yield f"{program} {number[0] if number else '?'}"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--quick", action="store_true", help="less of everything: whether it runs, not how fast")
    args.add_argument("--parts", default=",".join(PARTS))
    args.add_argument("--bin", type=Path, default=RELEASE, help="the folder with lanes and lanes-server")
    args = args.parse_args()
    bin, parts = args.bin.absolute(), args.parts.split(",")
    if wrong := [part for part in parts if part not in PARTS]:
        sys.exit(f"no such part: {', '.join(wrong)}; there are {', '.join(PARTS)}")
    if not shutil.which("nginx") or not (bin / "lanes").exists():
        sys.exit(f"this needs nginx, and {bin}/lanes: cargo build --release --workspace")
    size, rows, load = Size(args.quick), [], os.getloadavg()[0]
    for part in parts:
        began = time.monotonic()
        rows += PARTS[part](bin, size)
        print(f"\n{part}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"\n{time.strftime('%Y-%m-%d')}, {machine()}, load {load:.1f} at the beginning; lanes beside {', '.join(versions())}\n")
    table(HEAD, [row.words() for row in rows])


if __name__ == "__main__":
    main()
