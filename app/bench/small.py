#!/usr/bin/env python3
"""Measures the cost per file of many small files from nginx over loopback into memory.

    cargo build --release
    app/bench/small.py [--files 1000] [--size 10] [--rounds 3]

Two variants: one command for all files (curl and wget2 with a list of links, aria2c with an input file,
lanes with a Metalink file), and one command per file for a tenth of the files. Installs nothing; every
file is compared with the original. Prints milliseconds per file and the ratio of lanes to the fastest
other program; less is better."""
import argparse, random, resource, shutil, subprocess, sys, time
from pathlib import Path

from measure import Figure, Row, environment, in_memory, median, ratio, rounds, same, spread, table, write_file
from nginx import Nginx
from tools import RELEASE, lanes, peers


def lists(program, work, base, names, into):
    """Returns the command that fetches all files, by program."""
    urls = [f"{base}/{name}" for name in names]
    (work / "links").write_text("".join(url + "\n" for url in urls))
    (work / "curl.conf").write_text("".join(f'url = "{url}"\nremote-name\n' for url in urls))
    files = "".join(f'<file name="{name}"><url>{url}</url></file>' for name, url in zip(names, urls))
    (work / "all.meta4").write_text(f'<metalink xmlns="urn:ietf:params:xml:ns:metalink">{files}</metalink>')
    commands = {"lanes": [program, "get", work / "all.meta4", "--output", f"{into}/", "--quiet"],
                "curl": ["curl", "-q", "-sS", "-K", work / "curl.conf"],
                "curl -Z": ["curl", "-q", "-sS", "-Z", "-K", work / "curl.conf"],
                "wget2": ["wget2", "-q", "-i", work / "links"],
                "aria2c": ["aria2c", "--no-conf", "-q", "-j5", "--file-allocation=none", "-i", work / "links"]}
    return {tool: command for tool, command in commands.items() if tool == "lanes" or shutil.which(tool.split()[0])}


def timed(commands, names, served, into, env):
    """Returns seconds and CPU seconds of all commands together; None if a command fails or a file differs."""
    for old in into.iterdir():
        old.unlink()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for command in commands:
        ended = subprocess.run([str(word) for word in command], cwd=into, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=300)
        if ended.returncode:
            print(f"{command[0]} failed: {ended.stderr.decode()[-300:]}", file=sys.stderr)
            return None
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if not all((into / name).exists() and same(into / name, served / name) for name in names):
        print(f"{commands[0][0]} did not download every file correctly", file=sys.stderr)
        return None
    return Figure(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0)


def measured(bin, count, kib, number):
    """Prints both tables; returns their rows for the table of all benchmarks."""
    program, all_rows = bin / "lanes", []
    names = [f"file-{number:04}.bin" for number in range(count)]
    few = random.Random(count).sample(names, max(count // 10, 1))
    with in_memory() as work:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        for name in names:
            write_file(served / name, round(kib * 1024))
        nginx, env = Nginx(served, work, tls=False), environment(work)
        try:
            together = {tool: [command] for tool, command in lists(program, work, nginx.http, names, into).items()}
            alone = {"lanes": lambda url: lanes(program, url, into)(1)}
            for tool in peers("", 1):
                alone[tool] = lambda url, tool=tool: peers(url, 1)[tool](1)
            alone = {tool: [command(f"{nginx.http}/{name}") for name in few] for tool, command in alone.items()}
            for how, tools, fetched in (("one command", together, names), ("one command each", alone, few)):
                what = f"{len(fetched)} files of {kib:g} KiB"
                figures = rounds(number, list(tools), lambda tool: timed(tools[tool], fetched, served, into, env))
                all_rows += report(what, how, figures, len(fetched))
        finally:
            nginx.close()
    return all_rows


def report(what, how, figures, count):
    each = {tool: [one.seconds * 1000 / count for one in found] for tool, found in figures.items()}
    typical = {tool: median(found) for tool, found in each.items() if found}
    cpu = {tool: median([one.cpu for one in found]) for tool, found in figures.items() if found}
    others = [tool for tool in typical if tool != "lanes"]
    best = min(others, key=typical.get, default=None)
    print(f"\n{what}, {how}, ms per file, median (lowest–highest)")
    table([*figures, "lanes ÷ fastest other"],
          [[*(spread(each[tool], 2) for tool in figures), ratio(typical.get("lanes"), typical.get(best))]])
    if not best or "lanes" not in typical:
        return []
    return [Row(what, how, best, typical[best] / typical["lanes"], cpu["lanes"] / cpu[best] if cpu[best] else None)]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--files", type=int, default=1000)
    args.add_argument("--size", type=float, default=10, help="KiB")
    args.add_argument("--rounds", type=int, default=3)
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with the program lanes")
    args = args.parse_args()
    measured(args.bin.absolute(), args.files, args.size, args.rounds)


if __name__ == "__main__":
    main()
