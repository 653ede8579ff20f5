#!/usr/bin/env python3
"""Measures the latency to the first byte over loopback.

    cargo build --release --workspace
    app/bench/first_byte.py [--times 100]

Clients: from the start of the program until its request arrives at a server, which is this script.
Servers: from connect until the first byte of a file arrives, for `lanes-server` over HTTP and for
nginx. Installs nothing. Prints milliseconds; less is better."""
import argparse, shutil, socket, subprocess, time
from pathlib import Path

from loopback import start_server
from measure import Row, environment, in_memory, median, ratio, rounds, spread, table, write_file
from nginx import Nginx
from tools import RELEASE, lanes, peers


def until_asked(command, listener, into, env):
    """Returns the milliseconds until the program's first GET; the response has one byte."""
    for old in into.iterdir():
        old.unlink()
    began = time.monotonic()
    program = subprocess.Popen([str(word) for word in command], cwd=into, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asked, head = None, b""
    # Some programs send HEAD first or open a second connection: the first GET counts.
    while program.poll() is None:
        try:
            connection = listener.accept()[0]
        except TimeoutError:
            continue
        with connection:
            connection.settimeout(5)
            while b"\r\n\r\n" not in head and (piece := connection.recv(4096)):
                head += piece
            if head.startswith(b"GET ") and asked is None:
                asked = (time.monotonic() - began) * 1000
            ranged = b"\r\nrange:" in head.lower()
            status = "206 Partial Content\r\nContent-Range: bytes 0-0/1" if ranged else "200 OK"
            body = b"" if head.startswith(b"HEAD ") else b"x"
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 1\r\nConnection: close\r\n\r\n".encode() + body)
            head = b""
    return asked


def until_answered(address):
    """Returns the milliseconds from connect to the first byte of a file."""
    host, port = address.rsplit(":", 1)
    began = time.monotonic()
    with socket.create_connection((host, int(port))) as s:
        s.sendall(b"GET /sample-1MiB.bin HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        answer = b""
        while len(answer.partition(b"\r\n\r\n")[2]) == 0:
            answer += s.recv(4096)
        took = (time.monotonic() - began) * 1000
        while s.recv(1 << 20):
            pass
    return took


def report(what, figures, ours):
    """Prints the table; returns the row for the table of all benchmarks."""
    typical = {tool: median(found) for tool, found in figures.items() if found}
    best = min((tool for tool in typical if tool != ours), key=typical.get, default=None)
    print(f"\nthe first byte of {what}, ms, median (lowest–highest)")
    table([*figures, f"{ours} ÷ fastest other"],
          [[*(spread(found, 2) for found in figures.values()), ratio(typical.get(ours), typical.get(best))]])
    return [Row("first byte", what, best, typical[best] / typical[ours])] if best and ours in typical else []


def measured(bin, times):
    with in_memory() as work, socket.create_server(("127.0.0.1", 0)) as listener:
        served, into, env = work / "served", work / "into", environment(work)
        served.mkdir(), into.mkdir()
        listener.settimeout(0.05)
        url = "http://{}:{}/x".format(*listener.getsockname())
        tools = {"lanes": lanes(bin / "lanes", url, into)} | peers(url, 1)
        asked = rounds(times, list(tools), lambda tool: until_asked(tools[tool](1), listener, into, env))
        rows = report("clients", asked, "lanes")
        if not shutil.which("nginx"):
            return rows
        write_file(served / "sample-1MiB.bin", 1 << 20)
        server, address = start_server(bin / "lanes-server", served)
        nginx = Nginx(served, work, tls=False)
        try:
            servers = {"lanes-server": address, "nginx": nginx.http.removeprefix("http://")}
            answered = rounds(times * 5, list(servers), lambda one: until_answered(servers[one]))
            return rows + report("servers", answered, "lanes-server")
        finally:
            nginx.close()
            server.terminate()
            server.wait()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--times", type=int, default=100)
    args.add_argument("--bin", type=Path, default=RELEASE, help="folder with lanes and lanes-server")
    args = args.parse_args()
    measured(args.bin.absolute(), args.times)


if __name__ == "__main__":
    main()
