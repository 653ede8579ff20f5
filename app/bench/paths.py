#!/usr/bin/env python3
"""Downloads one file from nginx over real kernel TCP between two network namespaces that an emulated
path connects. Compares `lanes get` with the installed ones of aria2c, axel and lftp, and
`--connections auto` with the best fixed count.

    cargo build --release
    sudo app/bench/paths.py [--size 20] [--connections 1,5,10,20,50] [--rounds 5] [--links loss,"no limit"]

Needs Linux, root, gcc, iproute2, nginx and an idle machine; installs nothing. `--links` selects the
links whose names contain one of the texts, `--list` prints the names. In each round every program runs
at every count, in random order, and every file is compared with the original. aria2c uses at most 16
connections.

Prints for each link the median seconds (shortest and longest in brackets), the ratio of lanes to the
fastest other program at each count, the ratio of auto to the best fixed count, and the final number of
connections of auto; then a table of all ratios. Less is better. * marks a missed target: 1.05 times the
fastest other program; for auto, which is limited to the largest count, 1.15 times the best fixed count
and twice the smallest count that is within 1.15 of the best ("sufficient"; "equally fast" is within
1.05)."""
import argparse, contextlib, json, os, shutil, signal, statistics, subprocess, sys, tempfile
from pathlib import Path
from typing import NamedTuple

from measure import Row, counted, environment, in_memory, rounds, run, spread, table, write_file
from nginx import Nginx
from tools import RELEASE, ROOT, lanes, peers

PEERS = ["aria2c", "axel", "lftp"]
SLOWER, AUTO_SLOWER, AUTO_MORE = 1.05, 1.15, 2


class Link(NamedTuple):
    """Round-trip time in ms, rate in Mbit/s (0: no limit), buffer in KiB, loss in percent."""
    rtt: float
    rate: float
    buffer: int
    loss: float = 0


# BDP is the bandwidth-delay product: rate times round-trip time.
LINKS = {
    "100 Mbit/s, 20 ms, 1 BDP": Link(20, 100, 244),
    "100 Mbit/s, 60 ms, 0.5 BDP": Link(60, 100, 366),
    "200 Mbit/s, 100 ms, 0.25 BDP": Link(100, 200, 610),
    "100 Mbit/s, 50 ms, 1 BDP, loss 0.1 %": Link(50, 100, 610, 0.1),
    "50 Mbit/s, 20 ms, 1 BDP, loss 0.5 %": Link(20, 50, 122, 0.5),
    "no limit, 40 ms": Link(40, 0, 0),
    "no limit, 100 ms": Link(100, 0, 0),
    "no limit, 40 ms, loss 0.1 %": Link(40, 0, 0, 0.1),
}


@contextlib.contextmanager
def joined(link):
    """Yields the command prefixes that run a program on the server's and on the client's side of the path."""
    numbers = [str(number) for number in (*link, 1)]
    say = 'echo "$SRV"; echo "$CLI"; read -r _ || true'
    path = subprocess.Popen([ROOT / "shared/validation/with-path", *numbers, "cubic", "--", "sh", "-c", say],
                            # In its own session, so that Ctrl+C does not reach it: it cleans up when its input ends.
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        sides = [path.stdout.readline().split() for _ in range(2)]
        if not all(sides):
            sys.exit("cannot create the emulated path (see shared/validation/with-path)")
        yield sides
    finally:
        path.stdin.close()
        path.wait()


def asked(program, url, into, counts):
    """Returns a function from the connection count to the command; auto is limited to the largest count."""
    most = ["--max-connections-per-host", max(counts)]
    return lambda n: lanes(program, url, into, more=["--json", *(most if n == "auto" else [])])(n)


def measured(link, counts, number, program, work, file, into):
    """Returns the figures by (program, count), and the final number of connections of each auto run."""
    ended, size = [], file.stat().st_size
    with joined(link) as (server_side, client_side):
        nginx = Nginx(file.parent, work, "10.77.0.2", server_side, tls=False)
        try:
            url = f"{nginx.http}/{file.name}"
            tools = {"lanes": asked(program, url, into, counts)}
            tools |= {tool: command for tool, command in peers(url, size).items() if tool in PEERS}

            def one(turn):
                tool, n = turn
                with tempfile.TemporaryFile("w+") as out:
                    figure = run([*client_side, *tools[tool](n)], into, file, environment(work), out=out)
                    out.seek(0)
                    if figure and n == "auto":
                        ended.append(json.load(out)["connections"])
                return figure

            turns = [(tool, n) for tool in tools for n in counts] + [("lanes", "auto")]
            return rounds(number, turns, one), ended
        finally:
            nginx.close()


class Verdict:
    """Ratios of lanes to the other programs on one link."""

    def __init__(self, counts, figures, ended):
        self.seconds = {turn: [one.seconds for one in found] for turn, found in figures.items()}
        self.typical = {turn: statistics.median(found) for turn, found in self.seconds.items() if found}
        self.counts, self.ended = counts, sorted(ended)
        self.tools = list(dict.fromkeys(tool for tool, _ in figures))

    def rows(self):
        return [[n, *(spread(self.seconds[tool, n], 2) for tool in self.tools), self.ratio(n)] for n in self.counts]

    def best(self, n):
        """Returns the fastest other program at this count."""
        others = [tool for tool in self.tools[1:] if (tool, n) in self.typical]
        return min(others, key=lambda tool: self.typical[tool, n], default=None)

    def ratio(self, n):
        return marked(self.typical.get(("lanes", n)), self.typical.get((self.best(n), n)), SLOWER)

    def rows_of_all(self, what):
        """Returns the rows for the table of all benchmarks."""
        return [Row(what, counted(n), best, self.typical[best, n] / self.typical["lanes", n])
                for n in self.counts if (best := self.best(n)) and ("lanes", n) in self.typical]

    def fixed(self):
        return {n: self.typical["lanes", n] for n in self.counts if ("lanes", n) in self.typical}

    def auto_ratio(self):
        return marked(self.typical.get(("lanes", "auto")), min(self.fixed().values(), default=None), AUTO_SLOWER)

    def enough(self, most=AUTO_SLOWER):
        """Returns the smallest count that takes at most `most` times as long as the best, or None."""
        fixed = self.fixed()
        return next((n for n, secs in sorted(fixed.items()) if secs <= most * min(fixed.values())), None)

    def ended_marked(self):
        """Formats the final numbers of connections of auto, smallest to largest."""
        if not self.ended:
            return "–"
        mark = "*" if self.enough() and statistics.median(self.ended) > AUTO_MORE * self.enough() else ""
        return "–".join(map(str, dict.fromkeys([self.ended[0], self.ended[-1]]))) + mark

    def auto_summary(self):
        fixed = self.fixed()
        best = min(fixed, key=fixed.get, default=None)
        return (f"auto: {spread(self.seconds['lanes', 'auto'], 2)} s, ended with {self.ended_marked()} connections; best "
                f"fixed count: {best}, {fixed.get(best, 0):.2f} s, {self.enough()} sufficient, {self.enough(SLOWER)} equally fast; "
                f"ratio {self.auto_ratio()}")


def missing():
    """Returns the missing requirements."""
    return ([] if os.geteuid() == 0 else ["root"]) + [tool for tool in ["nginx", "gcc", "ip"] if not shutil.which(tool)]


def marked(ours, best, most):
    if not ours or not best:
        return "–"
    return f"{ours / best:.2f}" + ("*" if ours > most * best else "")


def all_measured(links, counts, number, program, mb):
    """Measures and prints every link; returns the verdicts by link."""
    verdicts = {}
    with in_memory() as work:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        write_file(served / "file.bin", round(mb * 1e6))
        for name, link in links.items():
            verdict = Verdict(counts, *measured(link, counts, number, program, work, served / "file.bin", into))
            verdicts[name] = verdict
            print(f"\n{name}, {mb:g} MB, seconds, median (shortest–longest) of {number}, {os.cpu_count()} cores")
            table(["connections", *verdict.tools, "lanes ÷ fastest other"], verdict.rows())
            print(verdict.auto_summary(), flush=True)
    return verdicts


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--size", type=float, default=20, help="MB, 10^6 bytes")
    args.add_argument("--connections", default="1,5,10,20,50")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--links", default="", help="parts of link names, separated by commas")
    args.add_argument("--list", action="store_true", help="print the names of the links and exit")
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with the program lanes")
    args = args.parse_args()
    links = {name: link for name, link in LINKS.items() if any(text in name for text in args.links.split(","))}
    if args.list:
        return print("\n".join(links))
    program = args.bin.absolute() / "lanes"
    counts = [int(n) for n in args.connections.split(",")]
    if missing() or not program.exists():
        sys.exit(f"missing requirement: needs root, nginx, gcc, iproute2 and {program} (cargo build --release)")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    verdicts = all_measured(links, counts, args.rounds, program, args.size)
    print("\nlanes ÷ fastest other at the same count, auto ÷ best fixed count; * marks a missed target")
    table(["link", *counts, "auto", "auto ended with", "sufficient", "equally fast"],
          [[name, *map(one.ratio, counts), one.auto_ratio(), one.ended_marked(), one.enough(), one.enough(SLOWER)]
           for name, one in verdicts.items()])


if __name__ == "__main__":
    main()
