"""Runs programs in turns, each fetching the same file, and says how long they took."""
import contextlib, os, random, shutil, statistics, subprocess, sys, tempfile, threading, time
from pathlib import Path
from typing import NamedTuple

GIB = 1 << 30
# What is no program that anybody would download with.
BARE = "bare loop"


@contextlib.contextmanager
def in_memory():
    """A folder that is deleted afterwards, in memory where the system has such."""
    work = Path(tempfile.mkdtemp(prefix="lanes-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


class Figure(NamedTuple):
    """One download: seconds, CPU seconds of the program, and the most memory it had, in MiB."""
    seconds: float
    cpu: float
    mib: float


def environment(home):
    """Nobody's settings and no proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def run(command, into, served, env, limit=300, out=subprocess.DEVNULL):
    """Fetches into the folder `into`, and what the program says into the file `out`; None when what is
    there then is not the file `served`."""
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
    except BaseException:  # whoever stops the bench stops the program
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


def write_file(path, size):
    """Bytes that nobody can guess or compress, the same every time."""
    with open(path, "wb") as file:
        for offset in range(0, size, 1 << 20):
            file.write(random.Random(offset).randbytes(min(1 << 20, size - offset)))


def same(one, other):
    if one.stat().st_size != other.stat().st_size:
        return False
    with open(one, "rb") as a, open(other, "rb") as b:
        return all(piece == b.read(1 << 20) for piece in iter(lambda: a.read(1 << 20), b""))


class Memory:
    """Looks at a process now and then. What `wait4` says would include this script, which began it."""

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
    """`number` times all of `turns` in random order; the figures of `one(turn)` by turn, without those
    that failed."""
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
    """Prints a table of texts."""
    for row in [head, ["---"] * len(head), *rows]:
        print("| " + " | ".join(map(str, row)) + " |", flush=True)


def spread(values, digits=0):
    """Median, lowest and highest, or a dash."""
    if not values:
        return "–"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def median(values):
    """None of nothing."""
    return statistics.median(values) if values else None


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}" if ours and theirs else "–"


def print_tables(what, size, counts, tools, figures):
    """What the tools did at each count, and lanes as a ratio to the best other."""
    others = [tool for tool in tools if tool not in ("lanes", BARE)]
    speeds = {turn: [size / 1e6 / one.seconds for one in found] for turn, found in figures.items()}
    cpu = {turn: median([one.cpu * GIB / size for one in found]) for turn, found in figures.items()}
    best_speed = lambda counts: max((median(speeds[tool, n]) or 0 for tool in others for n in counts), default=0)
    best_cpu = lambda n: min((cpu[tool, n] for tool in others if cpu[tool, n]), default=None)
    bare = lambda n: median(speeds.get((BARE, n), []))

    print(f"\n{what}, MB/s, median (lowest–highest) of {max(map(len, figures.values()))}, {os.cpu_count()} cores")
    table(["connections", *tools, "lanes ÷ best other", "÷ best at any count", "÷ bare loop"],
          [[n, *(spread(speeds[tool, n]) for tool in tools),
            *(ratio(median(speeds["lanes", n]), other) for other in (best_speed([n]), best_speed(counts), bare(n)))]
           for n in counts])
    print(f"\n{what}, CPU seconds per GiB, median; less is better")
    table(["connections", *tools, "lanes ÷ best other"],
          [[n, *(f"{cpu[tool, n]:.2f}" if cpu[tool, n] else "–" for tool in tools), ratio(cpu["lanes", n], best_cpu(n))]
           for n in counts])
    print(f"\n{what}, most memory, MiB")
    table(["connections", *tools],
          [[n, *(f"{max((one.mib for one in figures[tool, n]), default=0):.0f}" for tool in tools)] for n in counts])
