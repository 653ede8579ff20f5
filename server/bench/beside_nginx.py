#!/usr/bin/env python3
"""Throughput of `lanes-server` and nginx to curl over loopback, in the same run.

    cargo build --release -p lanes-server
    server/bench/beside_nginx.py [--size 1073741824] [--connections 1,16] [--rounds 5]

Needs curl and nginx, installs nothing. curl discards the bytes; with n connections, n processes
download a part of the file each. nginx runs with `sendfile on` and with `sendfile off`. Prints the
medians of MB/s (10^6 bytes), the ratio, and the CPU seconds of the server per GiB."""
import argparse, os, random, shutil, socket, statistics, subprocess, sys, tempfile, time
from pathlib import Path

SERVER = Path(__file__).resolve().parents[2] / "target/release/lanes-server"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_lanes(folder):
    server = subprocess.Popen([SERVER, "--root", folder, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().split()[-1]


def start_nginx(folder, work, sendfile):
    port = free_port()
    work = work / f"nginx-{sendfile}"
    work.mkdir()
    (work / "nginx.conf").write_text(f"""
        daemon off; worker_processes auto; pid {work}/nginx.pid; error_log {work}/nginx.log;
        events {{ worker_connections 512; }}
        http {{ access_log off; sendfile {sendfile}; tcp_nopush on;
                client_body_temp_path {work}/b; proxy_temp_path {work}/p;
                fastcgi_temp_path {work}/f; uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
                server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")
    if os.geteuid() == 0:  # its workers run as another user
        for path in (work.parent, work, folder):
            os.chmod(path, 0o755)
    nginx = subprocess.Popen(["nginx", "-c", work / "nginx.conf"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return nginx, f"127.0.0.1:{port}"
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx did not start: " + (work / "nginx.log").read_text())


def cpu_seconds(process):
    """Returns the CPU time of a process and its running children."""
    pids = [process.pid]
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        pids += map(int, (task / "children").read_text().split())
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def fetch(address, name, size, count):
    """Returns the seconds until all parts are complete. Checks the length of each part."""
    ends = [size * i // count for i in range(count + 1)]
    began = time.monotonic()
    curls = []
    for first, end in zip(ends, ends[1:]):
        part = ["-r", f"{first}-{end - 1}"] if count > 1 else []
        command = ["curl", "-s", *part, "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
                   f"http://{address}/{name}"]
        curls.append((end - first, subprocess.Popen(command, stdout=subprocess.PIPE, text=True)))
    for length, curl in curls:
        output = curl.communicate()[0].split()
        if curl.returncode or output != ["206" if count > 1 else "200", str(length)]:
            sys.exit(f"curl failed ({curl.returncode}): {output}, expected {length} bytes")
    return time.monotonic() - began


def measured(size, counts, rounds):
    """Returns MB/s and CPU seconds per GiB of each round, by (server, connections)."""
    work = Path(tempfile.mkdtemp(prefix="lanes-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    servers = {}
    try:
        folder = work / "served"
        folder.mkdir()
        with open(folder / "file.bin", "wb") as file:
            for _ in range(0, size, 1 << 20):
                file.write(random.randbytes(1 << 20))
            file.truncate(size)
        servers["lanes-server"] = start_lanes(folder)
        for sendfile in ("on", "off"):
            servers[f"nginx, sendfile {sendfile}"] = start_nginx(folder, work, sendfile)

        figures = {}
        for round in range(rounds):
            cases = [(server, n) for server in servers for n in counts]
            random.Random(round).shuffle(cases)
            for server, n in cases:
                process, address = servers[server]
                before = cpu_seconds(process)
                seconds = fetch(address, "file.bin", size, n)
                cpu = (cpu_seconds(process) - before) / size * (1 << 30)
                figures.setdefault((server, n), []).append((size / 1e6 / seconds, cpu))
        return figures
    finally:
        for process, _ in servers.values():
            process.terminate()
            process.wait()
        shutil.rmtree(work)


def report(size, figures):
    """Prints the table. Returns rows of: connections, server, speed and CPU time of lanes-server
    relative to the server."""
    rounds = max(map(len, figures.values()))
    print(f"\n{size} bytes to curl, median of {rounds} (lowest–highest); {os.cpu_count()} cores")
    print("| connections | server | MB/s | lanes-server ÷ server | CPU s per GiB |\n|---|---|---|---|---|")
    typical = {case: [statistics.median(values) for values in zip(*rounds)] for case, rounds in figures.items()}
    rows = []
    for (server, n), (speed, cpu) in sorted(typical.items(), key=lambda case: case[0][1]):
        own_speed, own_cpu = typical["lanes-server", n]
        speeds = [one for one, _ in figures[server, n]]
        print(f"| {n} | {server} | {speed:.0f} ({min(speeds):.0f}–{max(speeds):.0f}) | {own_speed / speed:.2f} | {cpu:.2f} |")
        rows.append((n, server, own_speed / speed, own_cpu / cpu if cpu else None))
    return rows


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--size", type=int, default=1 << 30)
    args.add_argument("--connections", default="1,16")
    args.add_argument("--rounds", type=int, default=5)
    args = args.parse_args()
    report(args.size, measured(args.size, [int(n) for n in args.connections.split(",")], args.rounds))


if __name__ == "__main__":
    main()
