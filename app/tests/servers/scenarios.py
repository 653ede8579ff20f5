"""The scenarios: a file is fetched whole, resumed, or changes before or during the download."""
import http.client, os, random, socket, threading, time
from functools import cache
from typing import Callable, NamedTuple

LENGTH = 12_000_000
SHORT = 4_000_000  # length of the file once it is shorter
RATE = "5MB"  # slow enough that a change comes in the middle
CHANGE_AT = 3_000_000  # bytes received when the file changes; sockets hold some MB more
KILL_AT = 6_000_000
KILL_RATE = "3MB"  # so that the kill comes after two seconds; a kill may lose the last one
CONNECTIONS = ("1", "8", "auto")
MODIFIED = 1_700_000_000  # the time of the old version: long ago


@cache
def version(number):
    """Returns the bytes of the old version, 1, or of the new one, 2."""
    return random.Random(number).randbytes(LENGTH)


class Outcome(NamedTuple):
    """The judged result of one run: a word for the table, and what is wrong or None. A failure is vague if it is right to
    fail, but the message does not say that the file changed."""
    word: str
    fault: str | None = None
    vague: bool = False


class Run(NamedTuple):
    """Everything that one run of a scenario needs."""
    lanes: object
    port: int
    path: str  # of the URL
    file: object  # the served file
    into: object
    connections: str
    ranges: bool  # whether the server gives ranges
    beside: bool  # whether it gives them while it sends another response

    def get(self, rate=None):
        return self.lanes.get(self.port, self.path, self.into, self.connections, rate)


class Scenario(NamedTuple):
    name: str
    what: str
    run: Callable[[Run], Outcome]


def prepare(file, scenario):
    """Writes the old version of the file of a scenario."""
    file.write_bytes(b"" if scenario.run is empty else version(1))
    os.utime(file, (MODIFIED, MODIFIED))


def whole(run):
    result = run.get("8MB").finish()
    outcome = unchanged(result, version(1))
    if outcome.fault or run.connections != "8":
        return outcome
    said = result.summary.get("connections")
    if run.ranges and run.beside and (said == 1 or result.sockets == 1):
        return Outcome("ONE", f"one connection (Lanes says {said}), though the server gives ranges")
    if said != 1 and result.sockets == 1:
        return Outcome("UNTRUE", f"Lanes says {said} connections, and used one")
    return outcome


def resumed(run):
    first = run.get(KILL_RATE)
    if not first.wait_for(KILL_AT):
        return early(first)
    first.kill()
    result = run.get().finish()
    outcome = unchanged(result, version(1))
    if not outcome.fault and run.ranges and not result.summary.get("resumed_bytes"):
        return Outcome("AGAIN", "it began again, though the file is unchanged and the server gives ranges")
    return outcome


def empty(run):
    return unchanged(run.get().finish(), b"")


def renamed_over(run):
    return during(run, lambda: replace(run.file, version(2)), version(2))


def overwritten(run):
    return during(run, lambda: overwrite(run.file), version(2))


def cut(run):
    return during(run, lambda: os.truncate(run.file, SHORT), version(1)[:SHORT])


def killed_and_replaced(run):
    return between(run, version(2))


def killed_and_shrunk(run):
    return between(run, version(2)[:SHORT])


def during(run, change, new):
    """Changes the file while it is being fetched."""
    download = run.get(RATE)
    if not download.wait_for(CHANGE_AT):
        return early(download)
    change()
    return changed(download.finish(), new)


def between(run, new):
    """Kills the download, replaces the file, and resumes."""
    first = run.get(KILL_RATE)
    if not first.wait_for(KILL_AT):
        return early(first)
    first.kill()
    replace(run.file, new)
    return changed(run.get().finish(), new)


def early(download):
    """The outcome of a download that ended before the file changed."""
    return Outcome("EARLY", f"it ended too early for the scenario: {download.finish().said[-250:]}")


def replace(file, content):
    """Gives another file the name, as `mv` and most publishing programs do."""
    other = file.with_suffix(".next")
    other.write_bytes(content)
    os.replace(other, file)


def overwrite(file):
    """Writes into the same file, as `cp` and `rsync --inplace` do."""
    with open(file, "r+b") as out:
        out.write(version(2))


def unchanged(result, content):
    """Judges a run for which only these bytes are right."""
    if result.late:
        return Outcome("LATE", f"it was not finished after {result.seconds:.0f} s: {result.said[-200:]}")
    if result.code:
        return Outcome("FAILS", f"needless failure, exit code {result.code}: {result.said[-250:]}")
    if result.content != content:
        return Outcome("MIXED", "exit code 0, and wrong bytes")
    return Outcome("right")


def changed(result, new):
    """Judges a run during which the file changed: one version, or a failure that says so."""
    if result.late and result.content is None:
        return Outcome("waits", f"it was not finished after {result.seconds:.0f} s: {result.said[-200:]}", vague=True)
    if result.code == 0 and result.content in (version(1), new):
        return Outcome("old" if result.content == version(1) else "new")
    if result.code == 0:
        return Outcome("MIXED", "exit code 0, and bytes of two versions")
    if result.content is not None:
        return Outcome("LEFT", f"exit code {result.code}, but a file has the final name: {result.said[-200:]}")
    if not result.says_changed():
        return Outcome("unsaid", f"exit code {result.code} after {result.seconds:.0f} s: {result.said[-250:]}", vague=True)
    return Outcome("said")


SCENARIOS = (
    Scenario("whole", "the unchanged file, with a limit of 8 MB/s", whole),
    Scenario("resumed", "killed in the middle (SIGKILL), the same command again", resumed),
    Scenario("empty", "a file of 0 bytes", empty),
    Scenario("renamed over", "during the download, another file of the same length gets the name", renamed_over),
    Scenario("overwritten", "during the download, other bytes are written into the file", overwritten),
    Scenario("cut", "during the download, the file is truncated to a third", cut),
    Scenario("killed, replaced", "killed; another file of the same length gets the name; the same command again",
             killed_and_replaced),
    Scenario("killed, shrunk", "killed; a shorter file gets the name; the same command again", killed_and_shrunk),
)


def plain_reader(port, path, file):
    """Fetches the file at the same speed without any check, while it is overwritten. Shows that the change comes in time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    response, parts, length, began = connection.getresponse(), [], 0, time.monotonic()
    written = False
    while True:
        try:
            part = response.read(65536)
        except (OSError, http.client.HTTPException):
            break
        if not part:
            break
        parts.append(part)
        length += len(part)
        if not written and length >= CHANGE_AT:
            overwrite(file)
            written = True
        time.sleep(max(0, length / 5e6 - (time.monotonic() - began)))
    connection.close()
    content = b"".join(parts)
    return {version(1): "old", version(2): "new"}.get(content, "mixed" if len(content) == LENGTH else "ended early")


def gives_beside(port, path):
    """Returns whether the server gives a part before it has sent the whole file to a client that reads 8 MB/s."""
    is_sent = threading.Event()

    def read_whole():
        began, length = time.monotonic(), 0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        # Otherwise the buffers of both sides hold nearly the whole file, and the server is done with it at once.
        connection.sock = socket.socket()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sock.connect(("127.0.0.1", port))
        connection.request("GET", path)
        response = connection.getresponse()
        while part := response.read(65536):
            length += len(part)
            time.sleep(max(0, length / 8e6 - (time.monotonic() - began)))
        is_sent.set()

    reader = threading.Thread(target=read_whole)
    reader.start()
    time.sleep(0.2)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Range": "bytes=1000-1999"})
    connection.getresponse().read(1000)
    is_beside = not is_sent.is_set()
    reader.join()
    connection.close()
    return is_beside


def gives_ranges(port, path):
    """Returns whether the server gives a part that is asked for."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Range": "bytes=1000000-1999999"})
    response = connection.getresponse()
    given = response.status == 206 and response.read() == version(1)[1_000_000:2_000_000]
    connection.close()
    return given
