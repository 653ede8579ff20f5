#!/usr/bin/env python3
"""Tries a Lanes binary on real file servers and caches, and writes RESULTS.md: run.py PATH/TO/lanes [--only NAME…]"""
import argparse, shlex, signal, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import table
from caches import CACHES
from install import install
from origin_load import measure_cache
from process import stopping
from servers import SERVERS
from trials import try_server

HERE = Path(__file__).parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lanes", type=Path, help="the binary")
    parser.add_argument("--only", nargs="+", metavar="NAME",
                        help="only these servers and caches; prints instead of writing RESULTS.md")
    parser.add_argument("--installed", type=Path, metavar="FOLDER", help="keep the installed servers here, for further runs")
    parser.add_argument("--at-once", type=int, default=4, metavar="N", help="servers tried at once [default: 4]")
    parser.add_argument("--commit", metavar="HASH",
                        help="the commit of the binary [default: that of the work tree that it lies in]")
    return parser.parse_args()


def main():
    args, began = arguments(), time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    program = args.lanes.resolve()
    if not program.is_file():
        sys.exit(f"no such file: {program}; build it with cargo build -p lanes")
    chosen = [entry for entry in (*SERVERS, *CACHES) if not args.only or entry.name in args.only]
    unknown = set(args.only or ()) - {entry.name for entry in chosen}
    if unknown:
        sys.exit(f"no server is called {', '.join(sorted(unknown))}; known: {', '.join(e.name for e in (*SERVERS, *CACHES))}")
    with tempfile.TemporaryDirectory(prefix="lanes-installed-") as temporary:
        folder = (args.installed or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        Path(temporary).chmod(0o755)  # some servers give up the rights of root
        packages = install(folder)
        report(f"installed after {time.monotonic() - began:.0f} s")
        trials = try_all(chosen, packages, program, args.at_once)
        caches = [entry for entry in chosen if entry in CACHES]
        # One after the other, as these are timed.
        loads = [measure_cache(cache, packages, program, report) for cache in ([None, *caches] if caches else [])]
    if stopping.is_set():
        sys.exit(130)
    command = shlex.join(["python3", "app/tests/servers/run.py", *sys.argv[1:]])
    text = table.page(command, program, args.commit, trials, loads, time.monotonic() - began)
    if args.only:
        print(text)
    else:
        (HERE / "RESULTS.md").write_text(text)
    print(table.verdict(trials, loads))
    wrong = any(table.is_wrong(outcome) for trial in trials for outcome in trial.outcomes.values())
    wrong = wrong or any(load.fault for measured in loads for load in measured.loads.values())
    sys.exit(1 if wrong or not any(trial.outcomes for trial in trials) else 0)


def try_all(chosen, packages, program, at_once):
    def one(entry):
        trial = try_server(entry, packages, program, report)
        report(f"{entry.name}: {trial.reason or 'tried'}")
        return trial
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, chosen))


def report(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
