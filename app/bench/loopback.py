#!/usr/bin/env python3
"""One file over loopback into memory: `lanes get` from `lanes-server`, beside whichever of curl,
axel and aria2c are installed, fetching the same bytes from nginx, all in the same run.

    cargo build --release --workspace
    app/bench/loopback.py [--size 1GiB] [--connections 1,5,10,20,50] [--rounds 5]

Installs nothing. Within a round every tool runs at every count, in random order. Prints medians of
MB/s (10^6 bytes), the ratio of lanes to the best other tool, CPU seconds and peak memory."""
import argparse, os, random, shutil, socket, statistics, subprocess, sys, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANES, SERVER = ROOT / "target/release/lanes", ROOT / "target/release/lanes-server"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_server(folder):
    server = subprocess.Popen([SERVER, "--root", folder, "--listen", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return server, server.stdout.readline().split()[-1]


def start_nginx(folder, work):
    port = free_port()
    (work / "nginx.conf").write_text(f"""
        daemon off; worker_processes auto; pid {work}/nginx.pid; error_log {work}/nginx.log;
        events {{ worker_connections 512; }}
        http {{ access_log off; sendfile on; tcp_nopush on;
                server {{ listen 127.0.0.1:{port}; root {folder}; }} }}""")
    if os.geteuid() == 0:  # its workers are another user
        os.chmod(work, 0o755)
        os.chmod(folder, 0o755)
    nginx = subprocess.Popen(["nginx", "-c", work / "nginx.conf"], stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return nginx, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx did not start: " + (work / "nginx.log").read_text())


def run(command, cwd, expected):
    """Seconds, CPU seconds and peak MiB of one download; None when the file is not whole."""
    for old in cwd.iterdir():
        old.unlink()
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    files = list(cwd.iterdir())
    if status or len(files) != 1 or files[0].stat().st_size != expected:
        print(f"{' '.join(map(str, command))} failed: {error.decode()[-400:]}", file=sys.stderr)
        return None
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--size", default="1GiB")
    args.add_argument("--connections", default="1,5,10,20,50")
    args.add_argument("--rounds", type=int, default=5)
    args = args.parse_args()
    counts = [int(n) for n in args.connections.split(",")]
    name = f"sample-{args.size}.bin"

    work = Path(tempfile.mkdtemp(prefix="lanes-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    servers = []
    try:
        folder, into = work / "served", work / "into"
        folder.mkdir(), into.mkdir()
        samples, address = start_server(work / "into")
        servers.append(samples)
        subprocess.run([LANES, "get", f"lanes://{address}/{name}", "--output", folder / name, "--quiet"], check=True)
        size = (folder / name).stat().st_size
        link = f"lanes://{address}/{name}"

        tools = {"lanes": lambda n: [LANES, "get", link, "--connections", n, "--output", f"{into}/", "--quiet"]}
        if shutil.which("nginx"):
            nginx, base = start_nginx(folder, work)
            servers.append(nginx)
            url = f"{base}/{name}"
            peers = {
                "curl": lambda n: ["curl", "-sO", url],
                "axel": lambda n: ["axel", "-q", "-n", n, url],
                "aria2c": lambda n: ["aria2c", "-q", f"-x{min(n, 16)}", f"-s{n}", "-k1M", "--file-allocation=none", url],
            }
            tools |= {tool: make for tool, make in peers.items() if shutil.which(tool)}

        figures = {}
        for round in range(args.rounds):
            turns = [(tool, n) for tool in tools for n in counts]
            random.Random(round).shuffle(turns)
            for tool, n in turns:
                figure = run([str(x) for x in tools[tool](n)], into, size)
                if figure is None and tool == "lanes":
                    sys.exit(1)
                figures.setdefault((tool, n), []).append(figure or (float("inf"), 0, 0))

        print(f"{args.size}, MB/s, median of {args.rounds} (lowest–highest); {os.cpu_count()} cores")
        print("| connections | " + " | ".join(tools) + " | lanes ÷ best other |")
        print("|---" * (len(tools) + 2) + "|")
        speed = lambda key: sorted(size / 1e6 / s for s, _, _ in figures[key])
        for n in counts:
            row = [speed((tool, n)) for tool in tools]
            medians = [statistics.median(r) for r in row]
            ratio = f"{medians[0] / max(medians[1:]):.2f}" if len(medians) > 1 else "–"
            cells = [f"{m:.0f} ({r[0]:.0f}–{r[-1]:.0f})" for m, r in zip(medians, row)]
            print(f"| {n} | " + " | ".join(cells) + f" | {ratio} |")
        print("\n| connections | " + " | ".join(f"{t} CPU s | MiB" for t in tools) + " |")
        print("|---" * (2 * len(tools) + 1) + "|")
        for n in counts:
            cells = [(statistics.median(c for _, c, _ in figures[t, n]), max(m for _, _, m in figures[t, n])) for t in tools]
            print(f"| {n} | " + " | ".join(f"{cpu:.2f} | {mem:.0f}" for cpu, mem in cells) + " |")
    finally:
        for server in servers:
            server.terminate()
            server.wait()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
