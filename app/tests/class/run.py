#!/usr/bin/env python3
"""A class of 30: each student a network namespace with an address of its own, all measure on one server and
send their results.

    cargo build
    sudo python3 app/tests/class/run.py target/debug/lanes target/debug/lanes-server
    sudo python3 app/tests/class/run.py target/debug/lanes --window

The first form checks the CSV that lanes-server writes: a result of each student under the right name and
address, none of the student who sends none, and the bytes of all downloads while one client sends garbage. The
second one opens the window in the namespace of the server and waits until it listens on the network (Server,
Show address, Listen on the local network) with Collect results switched on.

By hand only: it needs root, `ip` and a kernel with namespaces. It touches no interface of the machine and
removes what it made."""
import argparse, csv, os, random, socket, subprocess, sys, tempfile, time
from pathlib import Path

SERVER, BRIDGE, PORT = "lanes-class", "10.77.0.1", 5115
COUNTS = [1, 2, 4, 8]


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def inside(name, *words, **options):
    return subprocess.Popen(["ip", "netns", "exec", name, *map(str, words)], **options)


class Network:
    """A namespace with a bridge for the server, and one for each student."""

    def __init__(self, count):
        self.students = [f"{SERVER}-{index}" for index in range(1, count + 1)]

    def __enter__(self):
        ip("netns", "add", SERVER)
        ip("-n", SERVER, "link", "set", "lo", "up")
        ip("-n", SERVER, "link", "add", "br0", "type", "bridge")
        ip("-n", SERVER, "addr", "add", f"{BRIDGE}/24", "dev", "br0")
        ip("-n", SERVER, "link", "set", "br0", "up")
        for index, name in enumerate(self.students, 1):
            ip("netns", "add", name)
            ip("-n", SERVER, "link", "add", f"s{index}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("-n", SERVER, "link", "set", f"s{index}", "master", "br0", "up")
            ip("-n", name, "addr", "add", f"{address(index)}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
        return self

    def __exit__(self, *_):
        for name in [SERVER, *self.students]:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)


def address(index):
    return f"10.77.0.{index + 10}"


def student(name):
    return f"Student {name.rsplit('-', 1)[1]:0>2}"


def compare(program, name, link, sends, folder):
    """Starts the experiment of a student."""
    words = [program, "compare", f"lanes://{BRIDGE}:{PORT}/sample-1MB.bin", "--link", link, "--runs", "2",
             "-n", ",".join(map(str, COUNTS)), "--seed", random.randrange(10**6)]
    if sends:
        words += ["--send-results", "--name", student(name)]
    home = folder / name
    home.mkdir()
    environment = dict(os.environ, HOME=str(home), XDG_DATA_HOME=str(home), XDG_CONFIG_HOME=str(home))
    return inside(name, *words, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                  text=True)


GARBAGE = f"""
import os, socket, struct
hello = bytes([0x89]) + b"LANES" + bytes([13, 10])
for attempt in range(300):
    with socket.create_connection(("{BRIDGE}", {PORT})) as line:
        line.settimeout(5)
        try:
            line.sendall(hello + bytes([9]) + struct.pack("<I", 30000)[:3] + os.urandom(40000))
            line.recv(1000)
        except OSError:
            pass
"""


def wait_until_reachable(name, server):
    probe = f"import socket; socket.create_connection(('{BRIDGE}', {PORT}), 2)"
    while inside(name, sys.executable, "-c", probe, stderr=subprocess.DEVNULL).wait() != 0:
        if server.poll() is not None:
            sys.exit("the server has ended")
        time.sleep(0.2)


def check(path, names):
    """Checks the CSV against the students that sent results."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for row in rows:
        found.setdefault((row["name"], row["client"]), []).append(int(row["value"]))
        assert 0 < float(row["min_secs"]) <= float(row["median_secs"]) <= float(row["max_secs"]), row
        assert row["runs"] == "2" and row["failed"] == "0", row
    expected = {(student(name), address(int(name.rsplit("-", 1)[1]))) for name in names}
    assert set(found) == expected, f"missing {expected - set(found)}, unexpected {set(found) - expected}"
    assert all(values == COUNTS for values in found.values()), found
    return len(rows)


def peak_mib(process):
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lanes", type=Path)
    parser.add_argument("server", type=Path, nargs="?")
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--link", default="throttled-mirror")
    parser.add_argument("--window", action="store_true")
    arguments = parser.parse_args()
    program = arguments.lanes.resolve()
    with tempfile.TemporaryDirectory() as folder, Network(arguments.students) as network:
        folder = Path(folder)
        path = folder / "class.csv"
        if arguments.window:
            server = inside(SERVER, program)
        else:
            server = inside(SERVER, arguments.server.resolve(), "--listen", f"{BRIDGE}:{PORT}", "--collect", path,
                            "--max-connections", "1000", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_reachable(network.students[0], server)
            begun = time.monotonic()
            names = network.students
            running = [compare(program, name, arguments.link, name != names[-1], folder) for name in names]
            garbage = inside(names[0], sys.executable, "-c", GARBAGE)
            failed = 0
            for name, process in zip(names, running):
                text, _ = process.communicate()
                if process.returncode != 0 or (name != names[-1]) != ("Result sent to" in text):
                    failed += 1
                    print(f"{name}: {process.returncode}\n{text}")
            garbage.wait()
            took = time.monotonic() - begun
            if arguments.window:
                print(f"{len(names) - 1} results sent in {took:.1f} s, {failed} failed; close the window to end")
                server.wait()
                return failed
            peak = peak_mib(server)
            server.terminate()
            server.wait()
            lines = check(path, names[:-1])
            print(f"{len(names)} students, {len(names) - 1} results, {lines} lines of CSV, {failed} failed, "
                  f"{took:.1f} s; peak memory of the server {peak:.0f} MiB")
            return failed
        finally:
            if server.poll() is None:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    sys.exit(main())
