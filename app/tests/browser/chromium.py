"""Drives Debian's Chromium over chromedriver, with nothing but Python."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

PROGRAMS = ("chromium", "chromedriver")
NAME = "chromium"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A headless Chromium with the extension."""

    def __init__(self, user, extension):
        # A profile of its own: the driver does not work with the default one.
        self.profile = os.path.join(user.home, "profile")
        os.makedirs(self.profile)
        hosts = os.path.join(user.home, ".config/chromium/NativeMessagingHosts")
        os.symlink(hosts, os.path.join(self.profile, "NativeMessagingHosts"))
        for _ in range(3):
            self.start(user, extension)
            try:
                self.open("about:blank")
                return
            except TimeoutError:
                # On a busy machine headless Chromium sometimes never loads its first page.
                self.kill()
        raise AssertionError("Chromium does not load a page")

    def start(self, user, extension):
        """Starts driver and browser."""
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=user.environment, start_new_session=True,
        )
        for line in self.driver.stdout:
            if "successfully on port" in line:
                port = line.rstrip(".\n").rsplit(" ", 1)[-1]
                self.base = f"http://127.0.0.1:{port}"
                break
        options = {
            "args": [
                "--headless=new", "--no-sandbox", f"--user-data-dir={self.profile}", "--no-first-run",
                "--disable-features=DisableLoadExtensionCommandLineSwitch", f"--load-extension={extension}",
            ],
            "prefs": {"download.default_directory": user.browser_downloads, "download.prompt_for_download": False},
        }
        # Without it the driver does not list the tabs that the extension opens.
        options["enableExtensionTargets"] = True
        wanted = {"browserName": "chrome", "goog:chromeOptions": options}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def kill(self):
        """Ends driver and browser, which are of one session."""
        os.killpg(self.driver.pid, signal.SIGKILL)
        self.driver.wait(timeout=30)
        self.driver.stdout.close()

    def call(self, method, path, body=None):
        """Calls the driver."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def open(self, url):
        """Loads a page; one of the extension in a tab of its own, as Firefox does."""
        if url.startswith("chrome-extension:"):
            tab = self.call("POST", f"/session/{self.session}/window/new", {"type": "tab"})
            self.switch(tab["handle"])
        self.call("POST", f"/session/{self.session}/url", {"url": url})

    def tabs(self):
        """The handles of the tabs."""
        return self.call("GET", f"/session/{self.session}/window/handles")

    def switch(self, tab):
        """Switches to a tab."""
        self.call("POST", f"/session/{self.session}/window", {"handle": tab})

    def find(self, identity):
        """Finds an element by its id."""
        using = {"using": "css selector", "value": f"#{identity}"}
        return self.call("POST", f"/session/{self.session}/element", using)

    def click(self, identity, alt=False):
        """Clicks an element."""
        self.call("POST", f"/session/{self.session}/actions", {"actions": click_actions(self.find(identity), alt)})
        self.call("DELETE", f"/session/{self.session}/actions")

    def script(self, code, *args):
        """Runs a function of the page that returns a promise."""
        body = {"script": f"return ({code})(...arguments)", "args": list(args)}
        return self.call("POST", f"/session/{self.session}/execute/sync", body)

    def url(self):
        """The address of the page."""
        return self.call("GET", f"/session/{self.session}/url")

    def close(self):
        """Ends browser and driver."""
        try:
            self.call("DELETE", f"/session/{self.session}")
        except (OSError, AssertionError):
            pass  # It is killed next.
        finally:
            self.kill()

    extension_page = "chrome-extension://fkojfljmhjpikaakjmjajadojfgkceek/"


def click_actions(element, alt):
    """The actions of a click, with the Alt key held down or not."""
    keys = [{"type": "keyDown", "value": "\ue00a"}] if alt else [{"type": "pause"}]
    keys += [{"type": "pause"}] * 3 + ([{"type": "keyUp", "value": "\ue00a"}] if alt else [{"type": "pause"}])
    move = {"type": "pointerMove", "origin": element, "x": 0, "y": 0}
    pointer = [{"type": "pause"}, move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
    return [
        {"type": "key", "id": "keys", "actions": keys},
        {"type": "pointer", "id": "mouse", "actions": pointer},
    ]
