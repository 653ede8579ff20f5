#!/usr/bin/env python3
"""Downloads one short file from nginx over real kernel TCP between two network namespaces that an
emulated path connects.

    cargo build --release
    sudo app/bench/far_short.py [--sizes 100,1000,5000] [--rounds 5] [--links 100] [--schemes http,https]

Needs Linux, root, gcc, iproute2 and nginx; installs nothing. lanes and aria2c use their own number of
connections and 16, axel and lftp 8 and 16, curl and wget2 one. In each round every program runs once, in
random order, and every file is compared with the original. `--links` selects the links whose names contain
one of the texts.

Prints for each link, scheme and length the median seconds (shortest and longest in brackets), the time
that the link takes for the bytes alone, and the ratio of lanes with its own number of connections to the
fastest other program. Less is better; the target is 0.85 wherever the bytes do not take most of the time."""
import argparse
from pathlib import Path

from measure import environment, in_memory, median, ratio, rounds, run, spread, table, write_file
from nginx import Nginx
from paths import Link, joined
from tools import RELEASE, peers

LINKS = {
    "20 ms, 200 Mbit/s": Link(20, 200, 488),
    "50 ms, 100 Mbit/s": Link(50, 100, 610),
    "100 ms, 50 Mbit/s": Link(100, 50, 610),
    "100 ms, no limit": Link(100, 0, 0),
    "50 ms, 100 Mbit/s, loss 0.5 %": Link(50, 100, 610, 0.5),
    "100 ms, 50 Mbit/s, loss 0.5 %": Link(100, 50, 610, 0.5),
}


def commands(program, url, size, ca, into):
    """Returns the command lines by program."""
    trust = ["--ca-file", ca] if ca else []
    ours = [program, "get", url, "--output", f"{into}/", "--quiet", *trust]
    others = peers(url, size, ca)
    found = {"lanes": ours, "lanes 16": [*ours, "--connections", 16]}
    for tool, counts in {"curl": [1], "wget2": [1], "aria2c": [5, 16], "axel": [8, 16], "lftp": [8, 16]}.items():
        if tool in others:
            found |= {f"{tool} {n}": others[tool](n) for n in counts}
    return found


def measured(program, link, names, schemes, work, served, into, number):
    """Yields scheme, file and the figures by program."""
    with joined(link) as (server_side, client_side):
        nginx = Nginx(served, work, "10.77.0.2", server_side, tls="https" in schemes)
        try:
            for scheme in schemes:
                base, ca = (nginx.https, nginx.ca) if scheme == "https" else (nginx.http, None)
                for name in names:
                    file = served / name
                    found = commands(program, f"{base}/{name}", file.stat().st_size, ca, into)
                    one = lambda tool: run([*client_side, *found[tool]], into, file, environment(work))
                    yield scheme, file, rounds(number, list(found), one)
        finally:
            nginx.close()


def row(link, scheme, file, figures):
    seconds = {tool: [one.seconds for one in found] for tool, found in figures.items()}
    typical = {tool: median(found) for tool, found in seconds.items() if found}
    best = min((tool for tool in typical if "lanes" not in tool), key=typical.get, default=None)
    size = file.stat().st_size
    bytes_alone = f"{size * 8 / link.rate / 1e6:.2f}" if link.rate else "–"
    return [scheme, f"{size // 1000} kB", *(spread(found, 2) for found in seconds.values()), bytes_alone,
            ratio(typical.get("lanes"), typical.get(best)) + f" ({best})"]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--sizes", default="100,1000,5000", help="kB")
    args.add_argument("--schemes", default="http,https")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--links", default="")
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with the program lanes")
    args = args.parse_args()
    program = args.bin.absolute() / "lanes"
    with in_memory() as work:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        names = []
        for kb in args.sizes.split(","):
            names.append(f"file-{kb}.bin")
            write_file(served / names[-1], int(kb) * 1000)
        for name, link in LINKS.items():
            if not any(text in name for text in args.links.split(",")):
                continue
            rows, head = [], None
            for scheme, file, figures in measured(program, link, names, args.schemes.split(","), work, served, into, args.rounds):
                head = ["scheme", "length", *figures, "bytes alone", "lanes ÷ fastest other"]
                rows.append(row(link, scheme, file, figures))
            print(f"\n{name}, s, median (shortest–longest) of {args.rounds}")
            table(head, rows)


if __name__ == "__main__":
    main()
