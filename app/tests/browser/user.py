"""A user with a home folder, a display, and the programs of Lanes."""

import json
import os
import signal
import subprocess
import tempfile

from waiting import wait_for


class User:
    """A user whose browsers are connected to Lanes."""

    def __init__(self, program, browser):
        self.program = os.path.abspath(program)
        self.temp = tempfile.TemporaryDirectory(prefix="lanes-browser-", ignore_cleanup_errors=True)
        self.home = self.temp.name
        self.downloads = os.path.join(self.home, "Desktop")
        self.browser_downloads = os.path.join(self.home, "browser")
        for folder in [self.downloads, self.browser_downloads]:
            os.mkdir(folder)
        read, write = os.pipe()
        self.display = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
            pass_fds=[write], stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as file:
            number = file.readline().strip()
        kept = {name: os.environ[name] for name in ["PATH", "LANG"] if name in os.environ}
        self.environment = {
            **kept, "HOME": self.home, "DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1",
            "XDG_RUNTIME_DIR": self.home, "MOZ_DISABLE_CONTENT_SANDBOX": "1",
        }
        said = self.run("integrate", browser)
        self.extension = said.splitlines()[-1].removeprefix("Load the extension from ")
        manifests = [".config/chromium/NativeMessagingHosts", ".mozilla/native-messaging-hosts"]
        paths = [os.path.join(self.home, folder, "io.github.lanesapp.lanes.json") for folder in manifests]
        self.manifest = next(path for path in paths if os.path.exists(path))

    def run(self, *args):
        """Runs lanes and returns what it prints."""
        done = subprocess.run(
            [self.program, *args], env=self.environment, stdout=subprocess.PIPE, text=True, check=True, timeout=60
        )
        return done.stdout

    def start(self, *args):
        """Starts lanes."""
        return subprocess.Popen([self.program, *args], env=self.environment, stdout=subprocess.PIPE, text=True)

    def all_processes(self):
        """The processes with this home folder: id and arguments."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    is_own = f"HOME={self.home}".encode() in file.read().split(b"\0")
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    args = file.read().split(b"\0")
            except OSError:
                continue
            if is_own:
                found.append((int(pid), args))
        return found

    def processes(self):
        """The windows of lanes of this user."""
        return [pid for pid, args in self.all_processes() if args[0] == self.program.encode() and len(args) <= 2]

    def close_window(self):
        """Ends the window, as a crash would."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        wait_for("the end of the window", lambda: not self.processes())

    def set_host(self, path):
        """Makes the browser start another program as the native messaging host."""
        with open(self.manifest, encoding="utf-8") as file:
            manifest = json.load(file)
        before, manifest["path"] = manifest["path"], path
        with open(self.manifest, "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        return before

    def script(self, name, text):
        """Writes an executable script."""
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o700)
        return path

    def leave(self):
        """Ends everything that runs with this home folder."""
        for pid, _ in self.all_processes():
            os.kill(pid, signal.SIGKILL)
        self.display.terminate()
        self.display.wait(timeout=30)
        self.temp.cleanup()
