#!/usr/bin/env python3
"""Downloads one file from nginx over loopback into memory, over http and https. Compares `lanes get`
with the installed ones of curl, wget2, aria2c, axel and lftp in the same run.

    cargo build --release
    app/bench/web.py [--size 1024] [--connections 1,5,10,20,50] [--rounds 5] [--scheme http,https]

Needs nginx, installs nothing. In each round every program runs at every count, in random order, and
every file is compared with the original. curl always uses one connection, aria2c at most 16. If rustc
is installed, a bare loop is measured too: one thread per connection that reads and writes, and nothing
else.

Prints for each count the median MB/s (10^6 bytes, lowest and highest in brackets), CPU seconds per GiB,
the peak memory, and the ratios of lanes to the fastest other program at that count, to the fastest at
any count, and to the bare loop."""
import argparse, shutil, subprocess, sys
from pathlib import Path

from measure import BARE, Measured, environment, in_memory, format_size, rounds, run, write_file
from nginx import Nginx
from tools import RELEASE, ROOT, lanes, peers


def bare_loop(work, address, name, size, into):
    """Returns the bare loop's command by connection count; an empty dict without rustc."""
    if not shutil.which("rustc"):
        return {}
    program = work / "bare_loop"
    subprocess.run(["rustc", "-O", "--edition", "2024", "-o", program, ROOT / "app/examples/bare_loop.rs"], check=True)
    return {BARE: lambda n: [program, address.removeprefix("http://"), f"/{name}", size, n, into / name]}


def measured(bin, mib, counts, number, schemes, every=1):
    """Returns the results by scheme."""
    program, all = bin / "lanes", []
    with in_memory() as work:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        file = served / "file.bin"
        write_file(file, round(mib * (1 << 20)), every)
        size = file.stat().st_size
        nginx, env = Nginx(served, work), environment(work)
        try:
            for scheme in schemes:
                base, ca = (nginx.https, nginx.ca) if scheme == "https" else (nginx.http, None)
                if not base:
                    print("https is skipped: openssl is not installed", file=sys.stderr)
                    continue
                url = f"{base}/{file.name}"
                tools = {"lanes": lanes(program, url, into, ca)} | peers(url, size, ca)
                if scheme == "http":
                    tools |= bare_loop(work, base, file.name, size, into)
                turns = [(tool, n) for tool in tools for n in counts]
                figures = rounds(number, turns, lambda turn: run(tools[turn[0]](turn[1]), into, file, env))
                all.append(Measured(f"{scheme}, {format_size(size)}", size, counts, tools, figures))
        finally:
            nginx.close()
    return all


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--size", type=float, default=1024, help="MiB")
    args.add_argument("--connections", default="1,5,10,20,50")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--scheme", default="http,https")
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with the program lanes")
    args = args.parse_args()
    counts = [int(n) for n in args.connections.split(",")]
    if not shutil.which("nginx") or not (args.bin / "lanes").exists():
        sys.exit(f"missing requirement: needs nginx and {args.bin}/lanes (cargo build --release)")
    for one in measured(args.bin.absolute(), args.size, counts, args.rounds, args.scheme.split(",")):
        one.print()


if __name__ == "__main__":
    main()
