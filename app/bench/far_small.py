#!/usr/bin/env python3
"""Downloads many small files from nginx over real kernel TCP between two network namespaces that an
emulated path connects, by a list of links.

    cargo build --release
    sudo app/bench/far_small.py [--files 200] [--size 20] [--rounds 5] [--links 50] [--mix] [--https] [--metalink]
        [--queue]

Needs Linux, root, gcc, iproute2 and nginx; installs nothing. In each round every program runs once, in
random order, and every file is compared with the original. `--mix` takes 80 % files of 5 to 50 KB, 15 %
of 1 MB and 5 % of 20 MB in place of equal ones. `--https` uses TLS; `--metalink` gives lanes a Metalink
file in place of the list; `--queue` adds the links to the engine as the window does, with its default
settings, 3 downloads at once and at most 16 connections to a server (it compiles
app/engine/examples/queue.rs with rustc). `--links` selects the links whose names contain one of the texts; "loopback" is
the machine's own, without an emulated path.

Prints for each link the median seconds (shortest and longest in brackets), and the ratio of lanes over 16
and over 50 connections to the fastest other program with as many or fewer. Less is better."""
import argparse, contextlib, random, shutil, subprocess
from pathlib import Path

from measure import environment, in_memory, median, ratio, rounds, spread, table, write_file
from nginx import Nginx
from paths import Link, joined
from small import timed
from tools import RELEASE, ROOT

LINKS = {
    "20 ms, 200 Mbit/s": Link(20, 200, 488),
    "50 ms, 100 Mbit/s": Link(50, 100, 610),
    "100 ms, 50 Mbit/s": Link(100, 50, 610),
    "50 ms, 100 Mbit/s, loss 0.5 %": Link(50, 100, 610, 0.5),
    "loopback": None,
}


def commands(program, work, base, ca, names, into, metalink, queue=None):
    """Returns the command lines by program and connections. `ca` is a file with the certificate to trust."""
    trusts = lambda option: [option, ca] if ca else []
    urls = [f"{base}/{name}" for name in names]
    (work / "links").write_text("".join(url + "\n" for url in urls))
    (work / "curl.conf").write_text("".join(f'url = "{url}"\nremote-name\n' for url in urls))
    files = "".join(f'<file name="{name}"><url>{url}</url></file>' for name, url in zip(names, urls))
    (work / "all.meta4").write_text(f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">{files}</metalink>')
    given = [work / "all.meta4"] if metalink else ["-i", work / "links"]
    found = {}
    for n in () if queue else (16, 50):
        found[f"lanes {n}"] = [program, "get", *given, "-n", n, "--max-connections-per-host", n, "--output", f"{into}/",
                               "--quiet", *trusts("--ca-file")]
    if queue:
        found["lanes 16"] = [queue, work / "links", into, *([ca] if ca else [])]
    for n in (16,) if queue else (16, 50):
        found[f"curl -Z {n}"] = ["curl", "-q", "-sS", "-Z", "--parallel-max", n, "-K", work / "curl.conf",
                                 *trusts("--cacert")]
    for n in (5, 16) if queue else (5, 16, 30, 50):
        found[f"wget2 {n}"] = ["wget2", "-q", f"--max-threads={n}", "-i", work / "links", *trusts("--ca-certificate")]
    found["aria2c 16"] = ["aria2c", "--no-conf", "-q", "-j16", "--file-allocation=none", "-i", work / "links",
                          *trusts("--ca-certificate")]
    return {tool: command for tool, command in found.items() if "lanes" in tool or shutil.which(tool.split()[0])}


def compiled_queue(work):
    """Compiles the program that downloads as the window does; returns its path."""
    cargo = ["cargo", "build", "--quiet", "--release", *"-p lanes -p lanes-server -p lanes-engine".split()]
    subprocess.run(cargo, cwd=ROOT, check=True)
    library = f"lanes_engine={RELEASE}/liblanes_engine.rlib"
    rustc = ["rustc", "--edition", "2024", "-O", ROOT / "app/engine/examples/queue.rs", "--extern", library,
             "-L", f"dependency={RELEASE}/deps", "-o", work / "queue"]
    subprocess.run(rustc, cwd=ROOT, check=True)
    return work / "queue"


def lengths(count, kb, mix):
    """Returns the lengths of the files in bytes; always the same."""
    if not mix:
        return [round(kb * 1000)] * count
    chance = random.Random(count)
    small = lambda: chance.randint(5_000, 50_000)
    kinds = [small] * 80 + [lambda: 1_000_000] * 15 + [lambda: 20_000_000] * 5
    return [chance.choice(kinds)() for _ in range(count)]


def measured(link, names, work, served, into, args):
    """Returns the figures by program."""
    path = joined(link) if link else contextlib.nullcontext(([], []))
    with path as (server_side, client_side):
        nginx = Nginx(served, work, "10.77.0.2" if link else "127.0.0.1", server_side, tls=args.https)
        env, program = environment(work), args.bin.absolute() / "lanes"
        try:
            base, ca = (nginx.https, nginx.ca) if args.https else (nginx.http, None)
            queue = compiled_queue(work) if args.queue else None
            found = commands(program, work, base, ca, names, into, args.metalink, queue)
            run = lambda tool: timed([[*client_side, *found[tool]]], names, served, into, env)
            return rounds(args.rounds, list(found), run)
        finally:
            nginx.close()


def report(name, figures):
    typical = {tool: median([one.seconds for one in found]) for tool, found in figures.items() if found}
    cells = [spread([one.seconds for one in found], 2) for found in figures.values()]
    ratios = []
    for n in (16, 50):
        if f"lanes {n}" not in figures:
            continue
        others = [tool for tool in typical if "lanes" not in tool and int(tool.split()[-1]) <= n]
        best = min(others, key=typical.get, default=None)
        ratios.append(ratio(typical.get(f"lanes {n}"), typical.get(best)) + f" ({best})")
    print(f"\n{name}, s, median (lowest–highest)")
    heads = [f"{tool} ÷ fastest" for tool in figures if "lanes" in tool]
    table([*figures, *heads], [[*cells, *ratios]])


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--files", type=int, default=200)
    args.add_argument("--size", type=float, default=20, help="kB")
    args.add_argument("--mix", action="store_true")
    args.add_argument("--https", action="store_true")
    args.add_argument("--metalink", action="store_true")
    args.add_argument("--queue", action="store_true")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--links", default="")
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with the program lanes")
    args = args.parse_args()
    with in_memory() as work:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        names = []
        for number, length in enumerate(lengths(args.files, args.size, args.mix)):
            names.append(f"file-{number:04}.bin")
            write_file(served / names[-1], length)
        for name, link in LINKS.items():
            if any(text in name for text in args.links.split(",")):
                report(name, measured(link, names, work, served, into, args))


if __name__ == "__main__":
    main()
