"""Measures the work of an origin behind a cold cache: with one connection, with eight and with auto."""
import os
import random
from pathlib import Path
from typing import NamedTuple

import debian_servers
from lanes import Lanes
from process import StartError, stopping
from trials import place, started, temporary, version_of

LENGTH = 60_000_000
SPEED = "20m"  # of the origin, for each of its connections, in nginx's unit
CONNECTIONS = ("1", "8", "auto")
# The faults of auto: the origin's bytes as a multiple of the file, and the time as a multiple of that of one connection.
MOST_BYTES, MOST_TIME = 3.0, 1.25


class Load(NamedTuple):
    """One cold download: seconds, the origin's requests, its bytes as a multiple of the file, and the connections of Lanes."""
    seconds: float
    requests: int
    times: float
    connections: int | None
    fault: str | None


class Measured(NamedTuple):
    """The loads by number of connections; `reason` tells why there are none."""
    name: str
    version: str
    reason: str | None
    loads: dict


def measure_cache(cache, packages, program, report):
    """Measures one cache, or the origin alone if `cache` is None."""
    name = cache.name if cache else "no cache"
    version = version_of(cache, packages) if cache else packages.version("nginx")
    lacking = [package for package in (cache.packages if cache else ()) if package in packages.missing]
    if lacking or "nginx" in packages.missing:
        return Measured(name, version, "not installed", {})
    loads = {}
    try:
        for connections in CONNECTIONS:
            if stopping.is_set():
                raise StartError("interrupted")
            loads[connections] = cold(cache, packages, program, connections)
    except StartError as error:
        return Measured(name, version, f"did not start: {error}", {})
    loads["auto"] = loads["auto"]._replace(fault=loads["auto"].fault or fault_of_auto(loads))
    for connections, load in loads.items():
        if load.fault:
            report(f"{name}: cold, {connections}: {load.fault}")
    return Measured(name, version, None, loads)


def cold(cache, packages, program, connections):
    """Fetches a file through a cache that has just been started."""
    with temporary() as work:
        folder, home, into = work / "files", work / "home", work / "into"
        folder.mkdir()
        home.mkdir()
        content = random.Random(3).randbytes(LENGTH)
        (folder / "file.bin").write_bytes(content)
        os.utime(folder / "file.bin", (1_700_000_000, 1_700_000_000))
        origin = place(packages, folder, work / "origin")
        with started(limited_nginx(origin), origin):
            if cache is None:
                result = fetch(program, home, into, origin.port, connections)
            else:
                front = place(packages, folder, work / "front")
                with started(cache.command(front, origin.port), front):
                    result = fetch(program, home, into, front.port, connections)
        # The origin has ended, so that its log is complete.
        sent = [int(line) for line in (origin.work / "sent.log").read_text().split()]
        fault = None
        if result.code or result.late:
            fault = f"needless failure, exit code {result.code}: {result.said[-250:]}"
        elif result.content != content:
            fault = "exit code 0, and wrong bytes"
        return Load(result.seconds, len(sent), sum(sent) / LENGTH, result.summary.get("connections"), fault)


def fetch(program, home, into, port, connections):
    return Lanes(program, home).get(port, "/file.bin", into, connections).finish()


def limited_nginx(place):
    """Returns the command of an origin that is as slow as one on the Internet, and logs the length of each answer."""
    command = debian_servers.nginx(place)
    path = Path(command[-1])
    path.write_text(path.read_text().replace("access_log off;", f"""
        log_format sent '$body_bytes_sent'; access_log {place.work}/sent.log sent; limit_rate {SPEED};
        add_header Cache-Control "max-age=600";"""))
    return command


def fault_of_auto(loads):
    """Judges auto beside one connection."""
    one, auto = loads["1"], loads["auto"]
    if auto.times > max(MOST_BYTES, one.times * 1.5):
        return f"the origin sends {auto.times:.1f} times the file, {one.times:.1f} times with one connection"
    if auto.seconds > one.seconds * MOST_TIME + 0.3:
        return f"{auto.seconds:.1f} s, {one.seconds:.1f} s with one connection"
    return None
