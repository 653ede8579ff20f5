#!/usr/bin/env python3
"""Kills aria2c, axel, lftp and ipull in the middle of a download, and continues each file with `lanes get --adopt`.

    cargo build -p lanes
    python3 app/tests/servers/unfinished.py target/debug/lanes [--moments 10] [--ipull FOLDER]

Each program is killed with SIGKILL at ten moments of a download of 200 MB. aria2c, axel and lftp save their state each
second here, rather than each 60 or 10 seconds, so that a short download has states with many bytes. The state that it leaves is read here a second time, independently of
Lanes, and the bytes that it claims are compared with the file. Right is a download with the right bytes, of whose claimed
bytes at most 2 % were fetched again, and which left the other program's files as they were. The bytes are counted by the
server, in its responses. Prints a line for each run and a summary; the exit code is 1 if any run is wrong.

Not part of CI. aria2c, axel and lftp are Debian's packages; ipull is installed from npm into FOLDER, or a temporary folder.
"""
import argparse, email.utils, hashlib, http.server, json, os, random, shutil, signal, struct, subprocess, sys, tempfile
import threading, time
from pathlib import Path
from typing import NamedTuple

LENGTH = 200_000_000 + 12_345
RATE = 12_500_000  # bytes/s of all responses to the other program
FIRST_KILL, KILL_STEP = 3.0, 1.0  # seconds after the start; the whole file takes 16 s
MOST_AGAIN = 0.02
IPULL = "ipull@4.0.3"
LIMIT = 120


class Server:
    """Serves one file at every path, in ranges, and records the bytes of each response."""

    def __init__(self, content):
        self.content, self.rate, self.next, self.lock, self.sent = content, None, 0.0, threading.Lock(), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self.answer(False)

            def do_GET(self):
                self.answer(True)

            def answer(self, has_body):
                length = len(outer.content)
                first, end, status = 0, length, 200
                value = self.headers.get("Range", "")
                if value.startswith("bytes=") and "," not in value:
                    a, _, b = value[6:].partition("-")
                    first, end, status = int(a), min(int(b) + 1, length) if b else length, 206
                self.send_response(status)
                self.send_header("Content-Length", str(end - first))
                self.send_header("Accept-Ranges", "bytes")
                self.send_header("ETag", '"one"')
                self.send_header("Last-Modified", email.utils.formatdate(1_700_000_000, usegmt=True))
                if status == 206:
                    self.send_header("Content-Range", f"bytes {first}-{end - 1}/{length}")
                self.end_headers()
                at = first
                try:
                    while has_body and at < end:
                        piece = outer.content[at:min(at + 65536, end)]
                        outer.wait(len(piece))
                        self.wfile.write(piece)
                        at += len(piece)
                except OSError:
                    self.close_connection = True
                finally:
                    with outer.lock:
                        outer.sent.append((first, at))

            def log_message(self, *_):
                pass

        class Threads(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.http = Threads(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/c.bin"

    def wait(self, count):
        """Waits until `count` bytes may be sent at the common rate."""
        rate = self.rate
        if rate is None:
            return
        with self.lock:
            now = time.monotonic()
            self.next = max(self.next, now) + count / rate
            pause = self.next - now
        time.sleep(max(0, pause))

    def begin(self, rate):
        with self.lock:
            self.rate, self.sent = rate, []


def aria2(folder):
    """Returns the claimed ranges of the control file of aria2, version 1."""
    state = (folder / "c.bin.aria2").read_bytes()
    piece, length = struct.unpack(">IQ", state[10:22])
    (count,) = struct.unpack(">I", state[30:34])
    at, claimed = 34 + count, []
    for index in range(-(-length // piece)):
        if state[34 + index // 8] & (0x80 >> index % 8):
            claimed.append((index * piece, min((index + 1) * piece, length)))
    (in_flight,) = struct.unpack(">I", state[at:at + 4])
    at += 4
    for _ in range(in_flight):
        index, own, count = struct.unpack(">III", state[at:at + 12])
        at += 12
        for block in range(-(-own // 16384)):
            if state[at + block // 8] & (0x80 >> block % 8):
                start = index * piece
                claimed.append((start + block * 16384, start + min((block + 1) * 16384, own)))
        at += count
    return claimed


def without(missing):
    """Returns the ranges of the file that are not missing."""
    claimed, at = [], 0
    for start, end in sorted(missing):
        if start < end:
            claimed.append((at, start))
            at = max(at, end)
    return [(a, b) for a, b in [*claimed, (at, LENGTH)] if a < b]


def axel(folder):
    state = (folder / "c.bin.st").read_bytes()
    (count,) = struct.unpack("=H", state[:2])
    numbers = struct.unpack(f"={2 * count}q", state[10:])
    return without(zip(numbers[::2], numbers[1::2]))


def lftp(folder):
    lines = dict(line.split("=") for line in (folder / "c.bin.lftp-pget-status").read_text().split())
    chunks = sorted({int(key.split(".")[0]) for key in lines if "." in key})
    return without((int(lines[f"{i}.pos"]), int(lines.get(f"{i}.limit", LENGTH))) for i in chunks)


def ipull(folder):
    state = json.loads((folder / "c.bin.ipull").read_bytes()[LENGTH:])
    size = state["chunkSize"]
    return [(i * size, min((i + 1) * size, LENGTH)) for i, chunk in enumerate(state["chunks"]) if chunk == 2]


class Program(NamedTuple):
    """`command` saves `c.bin` into the working folder; `unfinished` is the file that Lanes is given."""
    name: str
    command: list
    unfinished: str
    claimed: object


def programs(url, home, ipull_bin):
    (home / ".axelrc").write_text("save_state_interval = 1\n")
    node = [shutil.which("node") or "node", str(ipull_bin)]
    return [
        Program("aria2c", ["aria2c", "--no-conf", "-q", "-x8", "-s8", "-k1M", "--auto-save-interval=1", url], "c.bin.aria2", aria2),
        Program("axel", ["axel", "-q", "-n", "8", url], "c.bin.st", axel),
        Program("lftp", ["lftp", "--norc", "-c", f"set pget:save-status 1s; pget -n 8 {url}"], "c.bin.lftp-pget-status", lftp),
        Program("ipull", [*node, "-s", ".", "-c", "4", "-st", "ci", url], "c.bin.ipull", ipull),
    ]


def kill_after(program, folder, env, seconds):
    """Starts a program, and kills it and its children after this time. Returns false if it ended before."""
    process = subprocess.Popen(program.command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True


def overlap(ranges, claimed):
    """Returns how many bytes of `ranges`, each counted as often as it occurs, are in `claimed`."""
    return sum(max(0, min(end, b) - max(start, a)) for start, end in ranges for a, b in claimed)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def run(program, lanes, server, work, env, seconds):
    """One run: returns the faults, and the claimed and the repeated bytes."""
    folder, into = work / "other", work / "lanes"
    for path in (folder, into):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    server.begin(RATE)
    if not kill_after(program, folder, env, seconds):
        return ["ended before it was killed"], 0, 0
    try:
        claimed, before = program.claimed(folder), digests(folder)
    except (OSError, ValueError, struct.error, KeyError) as error:
        return [f"{program.name} left no state that can be read: {error}"], 0, 0
    data = next(path for path in (folder / "c.bin", folder / "c.bin.ipull") if path.exists())
    with data.open("rb") as file:
        wrong = [a for a, b in claimed if (file.seek(a), file.read(b - a))[1] != server.content[a:b]]
    faults = [f"{program.name} claims bytes that are not there, at {at}" for at in wrong[:1]]
    server.begin(None)
    done = subprocess.run([str(lanes), "get", server.url, "--adopt", str(folder / program.unfinished), "-n", "8", "--json",
                           "--output", f"{into}/"], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT)
    saved = into / "c.bin"
    if done.returncode:
        faults.append(f"exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    elif saved.read_bytes() != server.content:
        faults.append("wrong bytes")
    if digests(folder) != before:
        faults.append("the files of the other program have changed")
    time.sleep(0.2)  # responses that Lanes has closed end
    with server.lock:
        again = overlap(server.sent, claimed)
    total = sum(b - a for a, b in claimed)
    if again > MOST_AGAIN * total:
        faults.append("more than 2 % fetched again")
    return faults, total, again


def install_ipull(folder):
    if not (folder / "node_modules/.bin/ipull").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", IPULL], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)
    return folder / "node_modules/.bin/ipull"


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("lanes", type=Path)
    args.add_argument("--moments", type=int, default=10)
    args.add_argument("--ipull", type=Path, help="folder of the npm package")
    args = args.parse_args()
    lanes = args.lanes.resolve()
    # In memory, because axel truncates its state before it writes it, which takes long on a busy disk.
    work = Path(tempfile.mkdtemp(prefix="lanes-unfinished-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        home = work / "home"
        home.mkdir()
        env = {name: value for name, value in os.environ.items()
               if not name.lower().endswith("_proxy") and not name.startswith("XDG_")} | {"HOME": str(home)}
        server = Server(random.Random(7).randbytes(LENGTH))
        right = number = 0
        most = 0.0
        for program in programs(server.url, home, install_ipull(args.ipull or work / "ipull")):
            for moment in range(args.moments):
                seconds = FIRST_KILL + moment * KILL_STEP
                faults, claimed, again = run(program, lanes, server, work, env, seconds)
                number, right = number + 1, right + (not faults)
                share = again / claimed if claimed else 0.0
                most = max(most, share)
                print(f"{program.name:7} killed after {seconds:.1f} s: {claimed:11,} bytes claimed, {again:9,} fetched again "
                      f"({100 * share:.2f} %) {'right' if not faults else 'WRONG: ' + '; '.join(faults)}", flush=True)
        print(f"{right} of {number} right; at most {100 * most:.2f} % of the claimed bytes fetched again")
        sys.exit(right != number)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
