"""Runs of `lanes get`: started, observed, killed, and their results."""
import json, os, re, stat, subprocess, threading, time
from pathlib import Path
from typing import NamedTuple

LIMIT = 30  # seconds until a run is ended
POLL = 0.02
SOCKETS_POLL = 0.1  # the table of sockets is long on a busy machine
# The words with which Lanes says that the file is no longer the same.
SAYS_CHANGED = re.compile(r"chang|differ|shrank|shrunk|shorter|another version|other version", re.I)


class Result(NamedTuple):
    """A finished run. `summary` is the JSON of Lanes, `sockets` the most simultaneous connections to the server,
    `content` the saved file or None, and `late` whether the time limit ended the run."""
    code: int
    seconds: float
    said: str
    summary: dict
    sockets: int
    content: bytes | None
    late: bool

    def says_changed(self):
        """Returns whether the error itself says so: neither a note before it, nor the name of an option."""
        error = re.sub(r"--[a-z-]+", "", self.said[max(0, self.said.find("error:")):])
        return self.code != 0 and not self.late and SAYS_CHANGED.search(error) is not None


class Lanes:
    """The program, with a home folder of its own, so that neither settings nor earlier runs have an effect."""

    def __init__(self, program, home):
        self.program, self.home = program, home
        kept = {name: value for name, value in os.environ.items()
                if not name.lower().endswith("_proxy") and not name.startswith("XDG_")}
        self.environment = kept | {"HOME": str(home), "LANG": "C.UTF-8"}

    def get(self, port, path, into, connections, rate=None):
        """Starts the download of a file into the folder `into`."""
        into.mkdir(exist_ok=True)
        command = [str(self.program), "get", f"http://127.0.0.1:{port}{path}", "--output", str(into / "file.bin"), "--json",
                   "-n", connections]
        return Download(command + (["--limit-rate", rate] if rate else []), self.environment, port, into)


class Download:
    """A running download."""

    def __init__(self, command, environment, port, into):
        self.port, self.into, self.began, self.sockets = port, into, time.monotonic(), 0
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.observer = threading.Thread(target=self.count_sockets)
        self.observer.start()

    def count_sockets(self):
        while self.process.poll() is None:
            self.sockets = max(self.sockets, connections_to(self.port))
            time.sleep(SOCKETS_POLL)

    def wait_for(self, length):
        """Waits until the folder holds about `length` bytes; returns false if the download ends before."""
        while self.process.poll() is None and time.monotonic() - self.began < LIMIT:
            if max(bytes_in_folder(self.into), bytes_without_name(self.process.pid)) >= length:
                return True
            time.sleep(POLL)
        return False

    def kill(self):
        self.process.kill()
        self.finish()

    def finish(self):
        """Waits for the end, and returns the result."""
        late = False
        try:
            out, error = self.process.communicate(timeout=max(0.1, LIMIT - (time.monotonic() - self.began)))
        except subprocess.TimeoutExpired:
            late = True
            self.process.kill()
            out, error = self.process.communicate()
        self.observer.join()
        saved = self.into / "file.bin"
        try:
            summary = json.loads(out)
        except ValueError:
            summary = {}
        text = " / ".join(line.strip() for line in error.splitlines() if line.strip())
        return Result(self.process.returncode, time.monotonic() - self.began, text, summary, self.sockets,
                      saved.read_bytes() if saved.exists() else None, late)


def bytes_in_folder(folder):
    """Returns the allocated bytes; a part file is as long as the file from the start, with holes."""
    return sum(allocated(path) for path in folder.iterdir())


def bytes_without_name(pid):
    """Returns the allocated bytes of the files that a process has open and that have no name, as those of unknown length."""
    try:
        open_files = [Path(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return 0
    return sum(allocated(path, without_name=True) for path in open_files)


def allocated(path, without_name=False):
    try:
        status = path.stat()
    except OSError:  # renamed or closed meanwhile
        return 0
    counts = stat.S_ISREG(status.st_mode) and not (without_name and status.st_nlink)
    return status.st_blocks * 512 if counts else 0


def connections_to(port):
    """Returns the number of established connections of this machine to a port of IPv4 loopback."""
    remote = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(1 for line in lines if line.split()[2] == remote and line.split()[3] == "01")
