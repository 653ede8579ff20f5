"""Tries all scenarios on one server or cache."""
import contextlib, http.client, os, shutil, tempfile, time
from pathlib import Path
from typing import NamedTuple

import answers
import debian_servers
import scenarios
from lanes import Lanes
from place import Place
from process import StartError, free_port, running, stopping
from scenarios import CONNECTIONS, SCENARIOS, Run, prepare


class Trial(NamedTuple):
    """The outcomes by (scenario, connections). `reason` tells why there are none."""
    name: str
    version: str
    reason: str | None = None
    ranges: bool = False
    beside: bool = False
    plain_reader: str = ""
    answers: dict = {}
    outcomes: dict = {}


@contextlib.contextmanager
def temporary():
    """Yields a folder, in memory if the system has /dev/shm, that other users can read."""
    folder = Path(tempfile.mkdtemp(prefix="lanes-servers-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def place(packages, folder, work):
    work.mkdir()
    return Place(packages, folder, work, free_port())


@contextlib.contextmanager
def started(command, place):
    """Runs one server in its place until the block ends."""
    environment = place.packages.environment | {"HOME": str(place.work)}
    with running(command, place.port, place.work.with_suffix(".log"), environment, place.work):
        yield


@contextlib.contextmanager
def serving(server, packages, folder, work):
    """Runs a server, or a cache before an nginx; yields its port."""
    with contextlib.ExitStack() as stack:
        front = place(packages, folder, work / "front")
        if hasattr(server, "prefix"):
            command = server.command(front)
        else:
            origin = place(packages, folder, work / "origin")
            stack.enter_context(started(debian_servers.nginx(origin), origin))
            command = server.command(front, origin.port)
        stack.enter_context(started(command, front))
        yield front.port


def wait_for_answer(port, path):
    """Waits until the server answers: some accept connections before they are ready."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise StartError("it does not serve a file of 5 bytes within 30 s")


def version_of(server, packages):
    versions = [packages.version(package) for package in server.packages]
    return versions[0] if versions else packages.python_version()


def try_server(server, packages, program, report):
    """Runs every scenario with every number of connections, one after the other."""
    version, prefix = version_of(server, packages), getattr(server, "prefix", "/")
    if stopping.is_set():
        return Trial(server.name, version, "interrupted")
    lacking = [f"{package}: {packages.missing[package]}" for package in server.packages if package in packages.missing]
    if lacking:
        return Trial(server.name, version, f"not installed ({'; '.join(lacking)})")
    with temporary() as work:
        folder = work / "files"
        folder.mkdir()
        (folder / "ready.txt").write_text("ready")
        # All files are there before the start, as some servers list their folder only once.
        files = {(scenario.name, connections): folder / f"{number}-{connections}.bin"
                 for number, scenario in enumerate(SCENARIOS) for connections in CONNECTIONS}
        for scenario in SCENARIOS:
            for connections in CONNECTIONS:
                prepare(files[scenario.name, connections], scenario)
        answers.prepare(folder)
        control = folder / "control.bin"
        prepare(control, SCENARIOS[0])
        try:
            with serving(server, packages, folder, work) as port:
                wait_for_answer(port, prefix + "ready.txt")
                ranges = scenarios.gives_ranges(port, prefix + files["whole", "1"].name)
                given = answers.ask_all(port, prefix)
                plain = scenarios.plain_reader(port, prefix + control.name, control)
                beside = ranges and scenarios.gives_beside(port, prefix + control.name)
                outcomes = run_all(files, (program, port, prefix, (ranges, beside), work), lambda line: report(f"{server.name}: {line}"))
        except StartError as error:
            return Trial(server.name, version, f"did not start: {error}")
        except (OSError, ValueError, http.client.HTTPException) as error:
            return Trial(server.name, version, f"ended: {error}")
    return Trial(server.name, version, None, ranges, beside, plain, given, outcomes)


def run_all(files, given, report):
    """Runs the scenarios, and returns the outcomes."""
    program, port, prefix, ranges, work = given
    outcomes = {}
    for number, ((name, connections), file) in enumerate(files.items()):
        if stopping.is_set():
            raise StartError("interrupted")
        into, home = work / f"into-{number}", work / f"home-{number}"
        home.mkdir()
        run = Run(Lanes(program, home), port, prefix + file.name, file, into, connections, *ranges)
        outcome = next(scenario for scenario in SCENARIOS if scenario.name == name).run(run)
        outcomes[name, connections] = outcome
        if outcome.fault:
            report(f"{name}, {connections}: {outcome.word}: {outcome.fault}")
        shutil.rmtree(into, ignore_errors=True)
        file.unlink(missing_ok=True)
    return outcomes
