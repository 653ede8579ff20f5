#!/usr/bin/env python3
"""One file from nginx over real kernel TCP between two network namespaces, joined by an emulated path:
`lanes get` beside whichever of aria2c, axel and lftp are installed, and `--connections auto` beside the
best fixed count.

    cargo build --release
    sudo app/bench/paths.py [--size 20] [--connections 1,5,10,20,50] [--rounds 5] [--links loss,"no limit"]

Needs Linux, root, gcc, iproute2 and nginx, and an otherwise idle machine; installs nothing. `--links`
chooses those with one of the texts in their name, `--list` names them. Within a round every program
runs at every count, in random order, and every file is compared with the one that was served. aria2c
has at most 16 connections.

Prints for each link the median of the seconds (shortest and longest in brackets), what lanes is as a
ratio to the best other program at that count, and what auto is to the best fixed count, with how many
connections it ended; then all ratios at a glance. Less is better. Marked * is what lanes aims at and
misses: 1.05 times the best other; with auto, which may have as many as the most of the counts, 1.15
times the best fixed count, or twice the connections of the least count that is within 1.15 ("would do";
"as fast" is within 1.05)."""
import argparse, contextlib, json, os, shutil, signal, statistics, subprocess, sys, tempfile
from pathlib import Path
from typing import NamedTuple

from measure import Row, counted, environment, in_memory, rounds, run, spread, table, write_file
from nginx import Nginx
from tools import RELEASE, ROOT, lanes, peers

PEERS = ["aria2c", "axel", "lftp"]
SLOWER, AUTO_SLOWER, AUTO_MORE = 1.05, 1.15, 2


class Link(NamedTuple):
    """Round trip in ms, rate in Mbit/s (0: no limit), buffer in KiB, loss in percent."""
    rtt: float
    rate: float
    buffer: int
    loss: float = 0


# BDP is what is under way when the link is full: rate times round trip.
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
    """While it lasts, what to put before a program to run it on the server's and on the client's side."""
    numbers = [str(number) for number in (*link, 1)]
    say = 'echo "$SRV"; echo "$CLI"; read -r _ || true'
    path = subprocess.Popen([ROOT / "validation/with-path", *numbers, "cubic", "--", "sh", "-c", say],
                            # Out of reach of Ctrl+C: it tidies up when its input ends.
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        sides = [path.stdout.readline().split() for _ in range(2)]
        if not all(sides):
            sys.exit("the path could not be made")
        yield sides
    finally:
        path.stdin.close()
        path.wait()


def asked(program, url, into, counts):
    """The command for n connections; auto may have as many as the most of the counts."""
    most = ["--max-connections-per-host", max(counts)]
    return lambda n: lanes(program, url, into, more=["--json", *(most if n == "auto" else [])])(n)


def measured(link, counts, number, program, work, file, into):
    """Figures by (program, count), and with how many connections auto ended, by run."""
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
    """What the figures of a link say about lanes."""

    def __init__(self, counts, figures, ended):
        self.seconds = {turn: [one.seconds for one in found] for turn, found in figures.items()}
        self.typical = {turn: statistics.median(found) for turn, found in self.seconds.items() if found}
        self.counts, self.ended = counts, sorted(ended)
        self.tools = list(dict.fromkeys(tool for tool, _ in figures))

    def rows(self):
        return [[n, *(spread(self.seconds[tool, n], 2) for tool in self.tools), self.ratio(n)] for n in self.counts]

    def best(self, n):
        """The fastest other program at this count."""
        others = [tool for tool in self.tools[1:] if (tool, n) in self.typical]
        return min(others, key=lambda tool: self.typical[tool, n], default=None)

    def ratio(self, n):
        return marked(self.typical.get(("lanes", n)), self.typical.get((self.best(n), n)), SLOWER)

    def rows_of_all(self, what):
        """What goes into the table of all benches."""
        return [Row(what, counted(n), best, self.typical[best, n] / self.typical["lanes", n])
                for n in self.counts if (best := self.best(n)) and ("lanes", n) in self.typical]

    def fixed(self):
        return {n: self.typical["lanes", n] for n in self.counts if ("lanes", n) in self.typical}

    def auto_ratio(self):
        return marked(self.typical.get(("lanes", "auto")), min(self.fixed().values(), default=None), AUTO_SLOWER)

    def enough(self, most=AUTO_SLOWER):
        """The least count that takes at most so many times what the best takes; None when there is none."""
        fixed = self.fixed()
        return next((n for n, secs in sorted(fixed.items()) if secs <= most * min(fixed.values())), None)

    def ended_marked(self):
        """With how many connections auto ended, from the fewest to the most."""
        if not self.ended:
            return "–"
        mark = "*" if self.enough() and statistics.median(self.ended) > AUTO_MORE * self.enough() else ""
        return "–".join(map(str, dict.fromkeys([self.ended[0], self.ended[-1]]))) + mark

    def auto_in_words(self):
        fixed = self.fixed()
        best = min(fixed, key=fixed.get, default=None)
        return (f"auto: {spread(self.seconds['lanes', 'auto'], 2)} s, ended with {self.ended_marked()} connections; best "
                f"fixed count: {best}, {fixed.get(best, 0):.2f} s, {self.enough()} would do, {self.enough(SLOWER)} as fast; "
                f"ratio {self.auto_ratio()}")


def missing():
    """What it would need and is not here."""
    return ([] if os.geteuid() == 0 else ["root"]) + [tool for tool in ["nginx", "gcc", "ip"] if not shutil.which(tool)]


def marked(ours, best, most):
    if not ours or not best:
        return "–"
    return f"{ours / best:.2f}" + ("*" if ours > most * best else "")


def all_measured(links, counts, number, program, mb):
    """Prints what came of each link; the verdicts by link."""
    verdicts = {}
    with in_memory() as work:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        write_file(served / "file.bin", round(mb * 1e6))
        for name, link in links.items():
            verdict = Verdict(counts, *measured(link, counts, number, program, work, served / "file.bin", into))
            verdicts[name] = verdict
            print(f"\n{name}, {mb:g} MB, seconds, median (shortest–longest) of {number}, {os.cpu_count()} cores")
            table(["connections", *verdict.tools, "lanes ÷ best other"], verdict.rows())
            print(verdict.auto_in_words(), flush=True)
    return verdicts


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--size", type=float, default=20, help="MB, 10^6 bytes")
    args.add_argument("--connections", default="1,5,10,20,50")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--links", default="", help="texts, with commas between them")
    args.add_argument("--list", action="store_true", help="print the links, and no more")
    args.add_argument("--bin", type=Path, default=RELEASE, help="the folder with the program lanes")
    args = args.parse_args()
    links = {name: link for name, link in LINKS.items() if any(text in name for text in args.links.split(","))}
    if args.list:
        return print("\n".join(links))
    program = args.bin.absolute() / "lanes"
    counts = [int(n) for n in args.connections.split(",")]
    if missing() or not program.exists():
        sys.exit(f"this needs root, nginx, gcc, iproute2, and {program}: cargo build --release")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    verdicts = all_measured(links, counts, args.rounds, program, args.size)
    print("\nlanes ÷ best other at the same count, auto ÷ best fixed count; * is more than aimed at")
    table(["link", *counts, "auto", "ended with", "would do", "as fast"],
          [[name, *map(one.ratio, counts), one.auto_ratio(), one.ended_marked(), one.enough(), one.enough(SLOWER)]
           for name, one in verdicts.items()])


if __name__ == "__main__":
    main()
