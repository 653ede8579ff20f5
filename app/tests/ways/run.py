#!/usr/bin/env python3
"""Downloads over two real ways between network namespaces, of which one is cut in the middle and brought back.

    sudo chrt -r 4 app/tests/ways/run.py target/debug/lanes [--rounds 2]

Cuts the faster and the slower way, by taking its device down and by stopping its packets while the device stays
up. Each run must end with the right bytes, never pause for 2 s (counted at the client's devices), and use the way again.
Needs Linux, root, gcc, iproute2 and nginx. Exits with 1 if a run fails."""
import argparse, json, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from measure import environment, in_memory, same, write_file  # noqa: E402
from nginx import Nginx  # noqa: E402
from several_paths import SERVER, SeveralPaths, Way  # noqa: E402

WAYS = [Way(10, 50, 94), Way(40, 20, 98)]
SIZE, CUT_AFTER, CUT_FOR, STALL = 50_000_000, 1.5, 2.0, 2.0


def received(space):
    """Returns the bytes that the client's devices have received."""
    lines = subprocess.run([*space, "cat", "/proc/net/dev"], capture_output=True, text=True).stdout.splitlines()
    return {line.split(":")[0].strip(): int(line.split(":")[1].split()[0]) for line in lines if ":" in line}


def trial(lanes, paths, url, file, into, work, name, cut, restore):
    for old in into.iterdir():
        old.unlink()
    with tempfile.TemporaryFile("w+") as out:
        began = time.monotonic()
        process = subprocess.Popen([*paths.client, lanes, "get", url, "--interface", ",".join(paths.names), "--json",
                                    "--output", f"{into}/"], stdout=out, stderr=subprocess.DEVNULL, env=environment(work))
        is_cut = is_back = False
        last, grown, longest, after = 0, began, 0.0, 0
        while process.poll() is None:
            time.sleep(0.02)
            now, bytes_now = time.monotonic(), received(paths.client)
            total = sum(bytes_now.get(way, 0) for way in paths.names)
            if total > last + 5000:
                last, grown = total, now
            longest = max(longest, now - grown)
            if not is_cut and now - began > CUT_AFTER:
                is_cut = True
                cut(name)
            if is_cut and not is_back and now - began > CUT_AFTER + CUT_FOR:
                is_back, after = True, bytes_now.get(name, 0)
                restore(name)
        again = received(paths.client).get(name, 0) - after
        out.seek(0)
        result = json.load(out) if process.returncode == 0 else None
    is_right = result is not None and same(into / "file", file)
    is_good = is_right and longest < STALL and is_back and again > 500_000
    print(f"{'ok ' if is_good else 'BAD'} {cut.__name__} {name}: right bytes {is_right}, longest pause {longest:.2f} s, "
          f"{again / 1e6:.1f} MB over it after its return, {time.monotonic() - began:.1f} s", flush=True)
    if result:
        for way in result["ways"]:
            print(f"      {way['name']}: {way['bytes'] / 1e6:.1f} MB, {way['why_not_more']}", flush=True)
    return is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lanes", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    with in_memory() as work, SeveralPaths(WAYS) as paths:
        served, into = work / "served", work / "into"
        served.mkdir(), into.mkdir()
        write_file(served / "file", SIZE)
        nginx = Nginx(served, work, SERVER, paths.server, tls=False)
        try:
            cuts = [(paths.take_down, paths.bring_up), (paths.freeze, paths.thaw)]
            good = [trial(args.lanes.resolve(), paths, f"{nginx.http}/file", served / "file", into, work, name, *cut)
                    for _ in range(args.rounds) for cut in cuts for name in paths.names]
        finally:
            nginx.close()
    print(f"{sum(good)} of {len(good)} good")
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
