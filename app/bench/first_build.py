#!/usr/bin/env python3
"""Measures a newcomer's first build: cold, in release mode, of the two programs.

    app/bench/first_build.py [--tree FOLDER ...] [--rounds 1] [--target FOLDER]

Builds each tree in turn (by default this one) into an empty target folder, with the crates already
downloaded. Prints processor and wall seconds, the bytes of both programs, and the ten crates that took
longest (from cargo's `--timings`; on a busy machine these are longer than their processor time)."""
import argparse, json, os, re, resource, shutil, statistics, subprocess, tempfile, time
from pathlib import Path

from measure import table
from tools import ROOT

PROGRAMS = ["lanes", "lanes-server"]


def built(tree, target):
    """Builds `tree` into the empty folder `target`; returns processor seconds, wall seconds, the bytes of each
    program, and name and seconds of its dearest crates."""
    packages = [word for program in PROGRAMS for word in ("-p", program)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet", "--timings", *packages, "--target-dir", target],
                   cwd=tree, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sizes = [os.path.getsize(target / "release" / program) for program in PROGRAMS]
    page = (target / "cargo-timings/cargo-timing.html").read_text()
    found = re.search(r"const UNIT_DATA = (\[.*?\]);", page, re.S)
    units = sorted(json.loads(found[1]) if found else [], key=lambda unit: -unit["duration"])
    return cpu, wall, sizes, [f"{unit['name']} {unit['duration']:.0f}" for unit in units[:10]]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--tree", type=Path, action="append", help="folder of a checkout; may be repeated")
    args.add_argument("--rounds", type=int, default=1)
    args.add_argument("--target", type=Path, help="folder for the temporary target folders")
    args = args.parse_args()
    trees = [tree.absolute() for tree in args.tree or [ROOT]]
    figures = {tree: [] for tree in trees}
    for tree in trees:
        subprocess.run(["cargo", "fetch", "--quiet", "--locked"], cwd=tree, check=True)
    for _ in range(args.rounds):
        for tree in trees:
            target = Path(tempfile.mkdtemp(prefix="lanes-first-build-", dir=args.target))
            try:
                figures[tree].append(built(tree, target))
            finally:
                shutil.rmtree(target, ignore_errors=True)
    rows = []
    for tree, found in figures.items():
        middle = lambda at: statistics.median(one[at] for one in found)
        sizes = found[-1][2]
        rows.append([tree.name, f"{middle(0):.0f}", f"{middle(1):.0f}", *(f"{size / 1e6:.1f}" for size in sizes),
                     ", ".join(found[-1][3])])
    table(["tree", "processor s", "wall s", *(f"{program}, MB" for program in PROGRAMS), "longest, s"], rows)


if __name__ == "__main__":
    main()
