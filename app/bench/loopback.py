#!/usr/bin/env python3
"""One file over loopback into memory: `lanes get` from `lanes-server`, beside whichever of curl, wget2,
aria2c, axel and lftp are installed, fetching the same bytes from nginx, all in the same run.

    cargo build --release --workspace
    app/bench/loopback.py [--size 1GiB] [--connections 1,5,10,20,50] [--rounds 5]

Installs nothing. Within a round every program runs at every count, in random order, and every file is
compared with the one that was served. Prints MB/s (10^6 bytes), CPU seconds and memory, see `http.py`."""
import argparse, shutil, subprocess
from pathlib import Path

from measure import environment, in_memory, print_tables, rounds, run
from nginx import Nginx
from tools import RELEASE, lanes, peers


def start_server(program, folder):
    server = subprocess.Popen([program, "--root", folder, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().split()[-1]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--size", default="1GiB")
    args.add_argument("--connections", default="1,5,10,20,50")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--bin", type=Path, default=RELEASE, help="the folder with lanes and lanes-server")
    args = args.parse_args()
    counts = [int(n) for n in args.connections.split(",")]
    program, name = args.bin.absolute() / "lanes", f"sample-{args.size}.bin"

    with in_memory() as work:
        served, into, nginx = work / "served", work / "into", None
        served.mkdir(), into.mkdir()
        server, address = start_server(args.bin.absolute() / "lanes-server", into)
        try:
            link, file = f"lanes://{address}/{name}", served / name
            subprocess.run([program, "get", link, "--output", file, "--quiet"], check=True)
            size = file.stat().st_size
            tools = {"lanes": lanes(program, link, into)}
            if shutil.which("nginx"):
                nginx = Nginx(served, work)
                tools |= peers(f"{nginx.http}/{name}", size)
            env = environment(work)
            turns = [(tool, n) for tool in tools for n in counts]
            figures = rounds(args.rounds, turns, lambda turn: run(tools[turn[0]](turn[1]), into, file, env))
            print_tables(f"lanes://, {args.size}", size, counts, tools, figures)
        finally:
            for started in filter(None, [nginx and nginx.process, server]):
                started.terminate()
                started.wait()


if __name__ == "__main__":
    main()
