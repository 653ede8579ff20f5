#!/usr/bin/env python3
"""Downloads one file over loopback into memory. Compares `lanes get` from `lanes-server` with the
installed ones of curl, wget2, aria2c, axel and lftp, which fetch the same bytes from nginx in the same
run.

    cargo build --release --workspace
    app/bench/loopback.py [--size 1GiB] [--connections 1,5,10,20,50] [--rounds 5] [--link PRESET]

Installs nothing. In each round every program runs at every count, in random order, and every file is
compared with the original. Prints MB/s (10^6 bytes), CPU seconds and memory as `web.py` does."""
import argparse, shutil, subprocess
from pathlib import Path

from measure import Measured, environment, in_memory, rounds, run
from nginx import Nginx
from tools import RELEASE, lanes, peers


def start_server(program, folder, link=None):
    words = ["--link", link] if link else []
    server = subprocess.Popen([program, "--root", folder, "--listen", "127.0.0.1:0", *words],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().split()[-1]


def measured(bin, size, counts, number, link=None):
    """Returns the results. With a link, all programs fetch from lanes-server over that link."""
    program, name = bin / "lanes", f"sample-{size}.bin"
    with in_memory() as work:
        served, into, empty, nginx = work / "served", work / "into", work / "empty", None
        served.mkdir(), into.mkdir(), empty.mkdir()
        server, address = start_server(bin / "lanes-server", empty, link)
        try:
            url, file = f"lanes://{address}/{name}", served / name
            subprocess.run([program, "get", url, "--link", "open-loopback", "--output", file, "--quiet"], check=True)
            size_bytes = file.stat().st_size
            tools = {"lanes": lanes(program, url, into)}
            if link:
                tools |= peers(f"http://{address}/{name}", size_bytes)
            elif shutil.which("nginx"):
                nginx = Nginx(served, work)
                tools |= peers(f"{nginx.http}/{name}", size_bytes)
            env = environment(work)
            turns = [(tool, n) for tool in tools for n in counts]
            figures = rounds(number, turns, lambda turn: run(tools[turn[0]](turn[1]), into, file, env))
            return Measured(f"{link or 'lanes://'}, {size}", size_bytes, counts, tools, figures)
        finally:
            for started in filter(None, [nginx and nginx.process, server]):
                started.terminate()
                started.wait()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--size", default="1GiB")
    args.add_argument("--connections", default="1,5,10,20,50")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--link", help="preset of an emulated link; the other programs use HTTP from the same server")
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with lanes and lanes-server")
    args = args.parse_args()
    counts = [int(n) for n in args.connections.split(",")]
    measured(args.bin.absolute(), args.size, counts, args.rounds, args.link).print()


if __name__ == "__main__":
    main()
