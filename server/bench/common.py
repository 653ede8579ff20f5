"""Shared by the benchmarks: starts and observes a server, and encodes Lanes requests."""
import os, resource, struct, subprocess
from pathlib import Path

SERVER = Path(__file__).resolve().parents[2] / "target/release/lanes-server"
MAGIC, HEADER, PACKET_HEAD = b"\x89LANES\r\n", 8, 16
OPENED, PACKET, STREAMING, WELCOME, REFUSED = 0x83, 0x84, 0x85, 0x81, 0xFF


def raise_descriptor_limit():
    """Raises the descriptor limit of this process and its children to the hard limit."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A running `lanes-server` and its figures from /proc (Linux only)."""

    def __init__(self, *arguments):
        command = [SERVER, "--listen", "127.0.0.1:0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        host, port = self.process.stdout.readline().split()[-1].split(":")
        self.address = host, int(port)
        self.proc = Path(f"/proc/{self.process.pid}")

    def status(self, field):
        """Returns a field of its status: `VmHWM` and `VmRSS` in KiB, `Threads`."""
        for line in (self.proc / "status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])

    def descriptors(self):
        return len(os.listdir(self.proc / "fd"))

    def cpu_seconds(self):
        fields = (self.proc / "stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Terminates the server and returns its exit code."""
        self.process.terminate()
        return self.process.wait(20)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (crc & 1) * 0x82F63B78
    return crc ^ 0xFFFFFFFF


def frame(kind, payload):
    start = bytes([kind]) + len(payload).to_bytes(3, "little")
    return start + struct.pack("<I", crc32c(start + payload)) + payload


def text(value):
    return struct.pack("<H", len(value)) + value.encode()


def hello(session, link=""):
    return MAGIC + frame(1, struct.pack("<H", 1) + session + text(link))


def opening(name, packet_len):
    return frame(3, struct.pack("<I", packet_len) + text(name))


def run(first, count, seed=None):
    order = struct.pack("<BQ", seed is not None, seed or 0)
    return frame(4, struct.pack("<QQ", first, count) + order)


def stream():
    return frame(6, struct.pack("<Q", 0))


def get(name, fields=""):
    return f"GET /{name} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n".encode()


def machine():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
    uname = os.uname()
    return f"{uname.sysname} {uname.release}, {model}, {os.cpu_count()} cores"
