"""Builds several emulated paths between two network namespaces, each with a device and addresses of its own:
what a computer with Ethernet, Wi-Fi and a phone has. Needs Linux, root, gcc and iproute2."""
import os, signal, subprocess, tempfile
from pathlib import Path
from typing import NamedTuple

from tools import ROOT

SERVER = "10.78.0.1"


class Way(NamedTuple):
    """Round-trip time in ms, rate in Mbit/s, buffer in KiB, loss in percent."""
    rtt: float
    rate: float
    buffer: int
    loss: float = 0


class SeveralPaths:
    """The paths, until closed. `client` and `server` are what to put before a program to run it on that side;
    `names` are the devices. Programs that bind only a source address find their device by rules."""

    def __init__(self, ways):
        self.spaces = [f"ways-{side}-{os.getpid()}" for side in ("client", "server")]
        self.client, self.server = (["ip", "netns", "exec", space] for space in self.spaces)
        self.names = [f"way{number}" for number in range(len(ways))]
        self.paths = []
        self.work = tempfile.TemporaryDirectory(prefix="ways-")
        try:
            self.build(ways)
        except BaseException:
            self.close()
            raise

    def build(self, ways):
        program = Path(self.work.name) / "path"
        subprocess.run(["gcc", "-O2", "-o", program, ROOT / "shared/validation/path.c", "-lm"], check=True)
        for space in self.spaces:
            run("ip", "netns", "add", space)
            run("ip", "-n", space, "link", "set", "lo", "up")
            for name, value in (("ipv4.tcp_congestion_control", "cubic"), ("ipv4.tcp_no_metrics_save", 1),
                                ("ipv4.conf.all.rp_filter", 0), ("ipv4.conf.default.rp_filter", 0)):
                run("ip", "netns", "exec", space, "sysctl", "-qw", f"net.{name}={value}")
        run("ip", "-n", self.spaces[1], "addr", "add", f"{SERVER}/32", "dev", "lo")
        for number, (name, way) in enumerate(zip(self.names, ways)):
            path = subprocess.Popen([program, *self.spaces, *map(str, way), str(number + 1)], text=True,
                                    stdout=subprocess.PIPE, env=os.environ | {"DEVICE": name}, start_new_session=True)
            self.paths.append(path)
            if path.stdout.readline().strip() != "ready":
                raise OSError(f"path {name} could not be made")
            for space, own in zip(self.spaces, (2, 1)):
                run("ip", "-n", space, "addr", "add", f"10.78.{number + 1}.{own}/24", "dev", name)
                run("ip", "-n", space, "link", "set", name, "mtu", "1500", "txqueuelen", "10000", "up")
            run("ip", "-n", self.spaces[0], "rule", "add", "from", self.address(name), "lookup", str(100 + number))
            self.route(number)

    def address(self, name):
        return f"10.78.{self.names.index(name) + 1}.2"

    def route(self, number):
        name = self.names[number]
        run("ip", "-n", self.spaces[0], "route", "add", "default", "dev", name, "table", str(100 + number))
        run("ip", "-n", self.spaces[0], "route", "add", "default", "dev", name, "metric", str(100 + number))

    def take_down(self, name):
        """Takes the client's device down, as when a cable is pulled."""
        run("ip", "-n", self.spaces[0], "link", "set", name, "down")

    def bring_up(self, name):
        run("ip", "-n", self.spaces[0], "link", "set", name, "up")
        self.route(self.names.index(name))

    def freeze(self, name):
        """Stops all packets of a path; the devices stay up, as when a phone loses its network."""
        self.paths[self.names.index(name)].send_signal(signal.SIGSTOP)

    def thaw(self, name):
        self.paths[self.names.index(name)].send_signal(signal.SIGCONT)

    def close(self):
        for path in self.paths:
            path.send_signal(signal.SIGCONT)
            path.terminate()
            path.wait()
        for space in self.spaces:
            subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)
        self.work.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run(*words):
    subprocess.run(list(map(str, words)), check=True)
