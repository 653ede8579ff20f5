"""Runs programs that download the same file, in random order, and measures time, CPU and memory."""
import contextlib, os, random, shutil, statistics, subprocess, sys, tempfile, threading, time
from pathlib import Path
from typing import NamedTuple

GIB = 1 << 30
# The baseline, not counted among the other programs.
BARE = "bare loop"


@contextlib.contextmanager
def in_memory():
    """Yields a temporary folder, in memory if the system has /dev/shm."""
    work = Path(tempfile.mkdtemp(prefix="lanes-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Figure(NamedTuple):
    """One download: seconds, CPU seconds of the program, and its peak memory in MiB."""
    seconds: float
    cpu: float
    mib: float


def environment(home):
    """Returns the environment without proxies and with an empty home, so that no user settings apply."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def run(command, into, served, env, limit=300, out=subprocess.DEVNULL):
    """Downloads into the folder `into`; standard output goes to the file `out`. Returns None if the
    program fails or the result differs from the file `served`."""
    for old in into.iterdir():
        old.unlink()
    words = [str(word) for word in command]
    began = time.monotonic()
    process = subprocess.Popen(words, cwd=into, env=env, stdin=subprocess.DEVNULL, stdout=out,
                               stderr=subprocess.PIPE)
    memory, late = Memory(process.pid), threading.Timer(limit, process.kill)
    late.start()
    try:
        error = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:  # stopping the benchmark also stops the program
        process.kill()
        raise
    finally:
        late.cancel()
    seconds = time.monotonic() - began
    process.returncode = status
    files = list(into.iterdir())
    if status or len(files) != 1 or not same(files[0], served):
        print(f"{' '.join(words)} failed: {error.decode()[-400:]}", file=sys.stderr)
        return None
    return Figure(seconds, usage.ru_utime + usage.ru_stime, memory.most_mib())


def write_file(path, size, every=1):
    """Writes `size` reproducible, incompressible bytes. With `every` above 1 only every so many MiB is
    written and the rest is a hole, so that large files fit into memory."""
    with open(path, "wb") as file:
        for offset in range(0, size, every << 20):
            file.seek(offset)
            file.write(random.Random(offset).randbytes(min(1 << 20, size - offset)))
        file.truncate(size)


def format_size(size):
    """Formats a number of bytes in the largest unit that divides it."""
    for unit, name in ((GIB, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"


def same(one, other):
    if one.stat().st_size != other.stat().st_size:
        return False
    with open(one, "rb") as a, open(other, "rb") as b:
        return all(piece == b.read(1 << 20) for piece in iter(lambda: a.read(1 << 20), b""))


class Memory:
    """Polls the peak memory of a process. `wait4` would include this script, from which it was forked."""

    def __init__(self, pid):
        self.pid, self.kib, self.ended = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.ended.wait(0.02):
            try:
                with open(f"/proc/{self.pid}/status") as status:
                    peak = next((line for line in status if line.startswith("VmHWM")), "VmHWM: 0 kB")
            except OSError:
                return
            self.kib = max(self.kib, int(peak.split()[1]))

    def most_mib(self):
        self.ended.set()
        self.thread.join()
        return self.kib / 1024


def rounds(number, turns, one):
    """Calls `one(turn)` for all `turns` in random order, `number` times. Returns the figures by turn,
    without failed runs."""
    figures = {turn: [] for turn in turns}
    for round in range(number):
        order = list(turns)
        random.Random(round).shuffle(order)
        for turn in order:
            figure = one(turn)
            if figure is not None:
                figures[turn].append(figure)
    return figures


def table(head, rows):
    """Prints a Markdown table."""
    for row in [head, ["---"] * len(head), *rows]:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def spread(values, digits=0):
    """Formats the median, lowest and highest value, or a dash."""
    if not values:
        return "–"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def median(values):
    """Returns the median, or None without values."""
    return statistics.median(values) if values else None


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if ours and theirs else "–"


class Row(NamedTuple):
    """Lanes against the fastest other program: ratios of speed and of CPU time, and the peak memory of
    both in MiB; None if not measured."""
    what: str
    how: str
    best: str
    speed: float
    cpu: float = None
    mib: tuple = None

    def cells(self):
        cell = lambda value: f"{value:.2f}" if value else "–"
        mark = "*" if self.speed and self.speed < 0.95 else ""
        return [self.what, self.how, self.best, cell(self.speed) + mark, cell(self.cpu),
                "{:.0f} / {:.0f}".format(*self.mib) if self.mib and all(self.mib) else "–"]


def counted(n):
    return f"{n} connection{'s' if n != 1 else ''}"


HEAD = ["test", "variant", "fastest other", "speed ÷ other", "CPU ÷ other", "MiB, lanes / other"]


class Measured:
    """Results of the tools with a file of `size` bytes, by (tool, count)."""

    def __init__(self, what, size, counts, tools, figures):
        self.what, self.size, self.counts, self.tools, self.figures = what, size, counts, list(tools), figures
        self.others = [tool for tool in self.tools if tool not in ("lanes", BARE)]
        self.speeds = {turn: [size / 1e6 / one.seconds for one in found] for turn, found in figures.items()}
        self.cpu = {turn: median([one.cpu * GIB / size for one in found]) for turn, found in figures.items()}

    def typical(self, tool, n):
        return median(self.speeds.get((tool, n), [])) or 0

    def best(self, n):
        """Returns the fastest other program at this count."""
        return max(self.others, key=lambda tool: self.typical(tool, n), default=None)

    def most_mib(self, tool, n):
        return max((one.mib for one in self.figures[tool, n]), default=0)

    def rows(self):
        rows = []
        for n in self.counts:
            if (best := self.best(n)) and self.typical(best, n) and self.typical("lanes", n):
                cpu = [self.cpu[tool, n] for tool in ("lanes", best)]
                rows.append(Row(self.what, counted(n), best,
                                self.typical("lanes", n) / self.typical(best, n), cpu[0] / cpu[1] if all(cpu) else None,
                                (self.most_mib("lanes", n), self.most_mib(best, n))))
        return rows

    def print(self):
        """Prints the results at each count, and the ratios of lanes to the fastest other program."""
        best_cpu = lambda n: min((self.cpu[tool, n] for tool in self.others if self.cpu[tool, n]), default=None)
        best_at_all = max((self.typical(tool, n) for tool in self.others for n in self.counts), default=0)
        number = max(map(len, self.figures.values()))
        print(f"\n{self.what}, MB/s, median (lowest–highest) of {number}, {os.cpu_count()} cores")
        table(["connections", *self.tools, "lanes ÷ fastest other", "÷ fastest at any count", "÷ bare loop"],
              [[n, *(spread(self.speeds[tool, n]) for tool in self.tools),
                *(ratio(self.typical("lanes", n), other)
                  for other in (self.best(n) and self.typical(self.best(n), n), best_at_all, self.typical(BARE, n)))]
               for n in self.counts])
        print(f"\n{self.what}, median CPU seconds per GiB; less is better")
        table(["connections", *self.tools, "lanes ÷ fastest other"],
              [[n, *(f"{self.cpu[tool, n]:.2f}" if self.cpu[tool, n] else "–" for tool in self.tools),
                ratio(self.cpu["lanes", n], best_cpu(n))] for n in self.counts])
        print(f"\n{self.what}, peak memory, MiB")
        table(["connections", *self.tools], [[n, *(f"{self.most_mib(tool, n):.0f}" for tool in self.tools)] for n in self.counts])
