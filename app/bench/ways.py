#!/usr/bin/env python3
"""Downloads one file from nginx over two and three network interfaces at once, each at the end of an emulated
path over real kernel TCP. Compares `lanes get --interface A,B` with the sum of what each way brings alone, and
with `aria2c --multiple-interface`.

    cargo build --release
    sudo chrt -r 4 app/bench/ways.py [--size 50] [--rounds 3] [--programs "lanes 16,aria2c"]
                                          [--lanes target/release/lanes]

Needs Linux, root, gcc, iproute2, nginx and aria2c; installs nothing. In each round every command runs once, in
random order, and every file is compared with the original. aria2c runs with 16 connections, its most to one
server; lanes with as many, and with `auto`. Prints the rate of each way alone, then for each set of ways the
seconds, and their ratio to size ÷ sum of the rates alone. * marks a missed target: 1.10."""
import argparse, json, statistics, sys, tempfile
from pathlib import Path

from measure import environment, in_memory, rounds, run, spread, table, write_file
from nginx import Nginx
from several_paths import SERVER, SeveralPaths, Way
from tools import RELEASE

TARGET = 1.10
# Buffers of one bandwidth-delay product, at least 64 packets.
WAYS = {"10 ms, 50 Mbit/s": Way(10, 50, 94), "40 ms, 20 Mbit/s": Way(40, 20, 98),
        "60 ms, 100 Mbit/s, loss 0.1 %": Way(60, 100, 732, 0.1)}
SETS = [(0, 1), (0, 2), (1, 2), (0, 1, 2)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=50, help="MB")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--programs", default="lanes 16,lanes auto,aria2c", help="between commas")
    parser.add_argument("--lanes", type=Path, default=RELEASE / "lanes")
    args = parser.parse_args()
    size = args.size * 1_000_000
    with in_memory() as work, SeveralPaths(WAYS.values()) as paths:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        write_file(served / "file", size)
        nginx = Nginx(served, work, SERVER, paths.server, tls=False)
        try:
            figures, shares = measured(args, paths, f"{nginx.http}/file", served / "file", into, work)
        finally:
            nginx.close()
    report(size, args.programs.split(","), figures, shares)


def measured(args, paths, url, file, into, work):
    """Returns the seconds by (program, set of ways), and the shares of the ways by the same."""
    shares = {}

    def one(turn):
        program, ways = turn
        names = [paths.names[way] for way in ways]
        with tempfile.TemporaryFile("w+") as out:
            figure = run([*paths.client, *command(args.lanes, program, names, paths, url, into)], into, file,
                         environment(work), out=out)
            out.seek(0)
            if figure and program != "aria2c":
                shares[turn] = [way["bytes"] for way in json.load(out)["ways"]]
        return figure and figure.seconds

    alone = [(way,) for way in range(len(WAYS))]
    turns = [(program, ways) for program in args.programs.split(",") for ways in [*alone, *SETS]]
    return rounds(args.rounds, turns, one), shares


def command(lanes, program, names, paths, url, into):
    if program == "aria2c":
        ways = ",".join(paths.address(name) for name in names)
        return ["aria2c", "--no-conf", "-q", "-x16", "-s16", "-k1M", "--file-allocation=none",
                f"--multiple-interface={ways}", url]
    return [lanes.resolve(), "get", url, "--connections", program.split()[1], "--interface", ",".join(names), "--json",
            "--output", f"{into}/"]


def report(size, programs, figures, shares):
    labels = list(WAYS)
    rate = lambda program, way: size * 8e-6 / statistics.median(figures[program, (way,)])
    print(f"\n{size // 1_000_000} MB over one way, Mbit/s")
    table(["way", *programs], [[label, *(f"{rate(program, way):.1f}" for program in programs)]
                               for way, label in enumerate(labels)])
    print(f"\n{size // 1_000_000} MB over several ways: seconds, median (shortest–longest); ÷ what its own rates alone add up to")
    missed, rows = False, []
    for ways in SETS:
        row = [" + ".join(labels[way] for way in ways)]
        for program in programs:
            found = figures[program, ways]
            bound = size * 8e-6 / sum(rate(program, way) for way in ways)
            ratio = statistics.median(found) / bound if found else float("inf")
            is_missed = program == "lanes 16" and ways == (0, 1) and ratio > TARGET
            missed |= is_missed
            row += [spread(found, 2), f"{ratio:.2f}{'*' if is_missed else ''}"]
        brought = shares.get(("lanes 16", ways), [])
        row.append(" / ".join(f"{100 * part / max(sum(brought), 1):.0f} %" for part in brought))
        rows.append(row)
    head = [cell for program in programs for cell in (program, "÷ sum")]
    table(["ways", *head, "shares of lanes 16"], rows)
    sys.exit(missed)


if __name__ == "__main__":
    main()
