"""Drives Firefox ESR over Marionette, the protocol below its driver, with nothing but Python."""

import json
import os
import socket
import subprocess

from chromium import click_actions
from waiting import wait_for

PROGRAMS = ("firefox-esr",)
NAME = "firefox"
ID = "7d2b9f0e-5f0c-4b5e-9a53-0c1f6f2f7a11"


class Browser:
    """A headless Firefox with the extension as a temporary add-on."""

    extension_page = f"moz-extension://{ID}/"

    def __init__(self, user, extension):
        profile = os.path.join(user.home, "profile")
        os.makedirs(profile)
        identity = json.dumps({"lanes@lanesapp.github.io": ID})
        preferences = {
            "marionette.port": 0,
            "browser.download.folderList": 2,
            "browser.download.dir": user.browser_downloads,
            "browser.download.useDownloadDir": True,
            "extensions.webextensions.uuids": identity,
            "datareporting.policy.dataSubmissionEnabled": False,
            "browser.shell.checkDefaultBrowser": False,
        }
        with open(os.path.join(profile, "user.js"), "w", encoding="utf-8") as file:
            for name, value in preferences.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile],
            env=user.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        port = os.path.join(profile, "MarionetteActivePort")
        wait_for("the port of Firefox", lambda: os.path.exists(port) and open(port, encoding="ascii").read())
        with open(port, encoding="ascii") as file:
            self.socket = socket.create_connection(("127.0.0.1", int(file.read())), timeout=120)
        self.reader = self.socket.makefile("rb")
        self.read()
        self.last = 0
        self.call("WebDriver:NewSession", {})
        self.call("Addon:Install", {"path": extension, "temporary": True})

    def read(self):
        """Reads a message: its length, a colon, and JSON."""
        digits = b""
        while (letter := self.reader.read(1)) != b":":
            assert letter, "Firefox closed the connection"
            digits += letter
        return json.loads(self.reader.read(int(digits)))

    def call(self, command, parameters):
        """Calls Firefox."""
        self.last += 1
        message = json.dumps([0, self.last, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.read()
        assert error is None, error
        return result.get("value", result) if isinstance(result, dict) else result

    def open(self, url):
        """Loads a page; one of the extension in a tab of its own, since WebDriver does not load those."""
        if not url.startswith("moz-extension:"):
            self.call("WebDriver:Navigate", {"url": url})
            return
        before = self.tabs()
        self.call("Marionette:SetContext", {"value": "chrome"})
        self.script("(url) => { gBrowser.selectedTab = gBrowser.addTrustedTab(url); }", url)
        self.call("Marionette:SetContext", {"value": "content"})
        self.switch(wait_for("the tab", lambda: set(self.tabs()) - set(before)).pop())
        wait_for("the page of the extension", lambda: self.url() == url and self.script("() => document.readyState === 'complete'"))

    def tabs(self):
        """The handles of the tabs."""
        return self.call("WebDriver:GetWindowHandles", {})

    def switch(self, tab):
        """Switches to a tab."""
        self.call("WebDriver:SwitchToWindow", {"handle": tab})

    def click(self, identity, alt=False):
        """Clicks an element."""
        element = self.call("WebDriver:FindElement", {"using": "css selector", "value": f"#{identity}"})
        self.call("WebDriver:PerformActions", {"actions": click_actions(element, alt)})
        self.call("WebDriver:ReleaseActions", {})

    def script(self, code, *args):
        """Runs a function of the page."""
        body = {"script": f"return ({code})(...arguments)", "args": list(args), "sandbox": None}
        return self.call("WebDriver:ExecuteScript", body)

    def url(self):
        """The address of the page."""
        return self.call("WebDriver:GetCurrentURL", {})

    def close(self):
        """Ends the browser."""
        try:
            self.call("Marionette:Quit", {"flags": ["eForceQuit"]})
        except (AssertionError, OSError):
            self.process.terminate()
        self.reader.close()
        self.socket.close()
        self.process.wait(timeout=30)
