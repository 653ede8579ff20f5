"""Tries the browser extension with the real browsers. See README.md."""

import argparse
import os
import shutil
import sys
import time

# The module that waits for conditions is that of the scripts of the daemon.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "rpc"))

import chromium
import firefox
from site_with_login import Site, content
from user import User
from waiting import wait_for

BROWSERS = [chromium, firefox]
LINKS = 13
"""Links of the page that lead to files of a web server."""


class Trials:
    """What a user expects, one method each."""

    def __init__(self, user, browser, site):
        self.user, self.browser, self.site = user, browser, site
        self.kept = []

    def login(self):
        """The user logs in; the page sets a cookie that scripts cannot read."""
        self.browser.open(self.site.url("/login"))
        self.browser.click("login")
        wait_for("the page of files", lambda: self.browser.url().endswith("/files"))

    def saved(self, folder, name):
        """Waits for a file with the right bytes."""
        path = os.path.join(folder, name)

        def is_right():
            try:
                with open(path, "rb") as file:
                    return file.read() == content(name)
            except FileNotFoundError:
                return False

        try:
            wait_for(f"{name} in {folder}", is_right)
        except AssertionError as error:
            raise AssertionError(f"{error}; there is {self.files()}") from error

    def files(self):
        """The names of all downloaded files."""
        user = self.user
        return {folder: sorted(os.listdir(folder)) for folder in [user.downloads, user.browser_downloads]}

    def in_lanes(self, name):
        """Waits until Lanes has saved a file, with cookie, referer and user agent, and the browser has not."""
        self.saved(self.user.downloads, name)
        fields = self.site.of_lanes(name)[0]
        assert fields["Referer"] == self.site.url("/files"), fields
        agent = self.browser.script("() => navigator.userAgent")
        assert fields["User-Agent"] == agent, fields
        gone = lambda: not [left for left in os.listdir(self.user.browser_downloads) if name.split(".")[0] in left]
        wait_for(f"the browser to forget {name}", gone)

    def in_browser(self, name):
        """Waits until the browser has saved a file, and Lanes has not."""
        self.saved(self.user.browser_downloads, name)
        assert name not in os.listdir(self.user.downloads), self.files()
        self.kept.append(name)

    def starts_lanes(self):
        """Lanes does not run: two clicks start one window, and the files arrive there."""
        assert not self.user.processes()
        self.browser.click("one")
        self.browser.click("eight")
        self.in_lanes("one.bin")
        self.in_lanes("eight.bin")
        assert len(self.user.processes()) == 1

    def running_window(self):
        """The window is open: it takes the download, also behind a redirect."""
        self.browser.click("two")
        self.in_lanes("two.bin")
        assert len(self.user.processes()) == 1

    def small_files(self):
        """The browser keeps what is under the size."""
        self.browser.click("small")
        self.in_browser("small.bin")

    def alt_click(self):
        """The browser keeps a download that was clicked with Alt."""
        self.browser.click("alt", alt=True)
        self.in_browser("alt.bin")

    def posted_form(self):
        """The browser keeps the answer to a form."""
        self.browser.click("posted")
        self.in_browser("posted.bin")

    def links_of_page(self):
        """The links of a page are collected, filtered, and handed over with their cookies."""
        page, = self.browser.tabs()
        text = lambda name: self.browser.script("(id) => document.getElementById(id).textContent", name)
        self.browser.open(self.browser.extension_page + "popup.html")
        wait_for("the state of Lanes", lambda: text("state").endswith("is running"))
        tabs = set(self.browser.tabs())
        # The popup itself acts on the tab in front, which is that of the popup here.
        self.browser.script("""async (url) => {
            const api = globalThis.browser ?? chrome;
            const { showLinks } = await import(api.runtime.getURL("collect.js"));
            await showLinks((await api.tabs.query({})).find((tab) => tab.url === url));
        }""", self.site.url("/files"))
        self.browser.switch(wait_for("the page of links", lambda: set(self.browser.tabs()) - tabs).pop())
        wait_for("the links", lambda: self.browser.url().startswith(self.browser.extension_page) and "links" in text("state"))
        count = text("state")
        assert count == f"{LINKS} of {LINKS} links", count
        self.browser.script("""() => {
            const field = document.getElementById("filter");
            field.value = "list-*.bin";
            field.dispatchEvent(new Event("input"));
        }""")
        assert text("state") == f"3 of {LINKS} links", text("state")
        self.browser.click("all")
        assert text("download") == "Download 3", text("download")
        self.browser.click("download")
        wait_for("the answer", lambda: text("state") == "Lanes took 3 links")
        self.browser.switch(page)
        for i in range(3):
            self.in_lanes(f"list-{i}.bin")

    def daemon(self):
        """The window is closed and a daemon runs: it takes the download."""
        self.user.close_window()
        daemon = self.user.start("serve", "--rpc-listen", "127.0.0.1:0", "--dir", self.user.downloads)
        assert daemon.stdout.readline().startswith("rpc listening")
        self.browser.click("three")
        self.in_lanes("three.bin")
        assert not self.user.processes()
        daemon.terminate()
        daemon.wait(timeout=30)
        daemon.stdout.close()

    def broken_lanes(self):
        """The host ends at once, hangs, or is not there: the browser downloads by itself."""
        hanging = self.user.script("hanging", "#!/bin/sh\nexec sleep 30\n")
        for link, host in [("four", "/bin/false"), ("five", hanging), ("six", "/no/such/program")]:
            before = self.user.set_host(host)
            since = time.monotonic()
            self.browser.click(link)
            self.in_browser(f"{link}.bin")
            took = time.monotonic() - since
            assert took < 20, took
            print(f"   {os.path.basename(host)}: after {took:.1f} s", flush=True)
            self.user.set_host(before)

    def still_kept(self):
        """Lanes has taken nothing later of what the browser keeps."""
        self.browser.click("seven")
        self.in_lanes("seven.bin")
        for name in self.kept:
            self.saved(self.user.browser_downloads, name)
            assert name not in os.listdir(self.user.downloads) and not self.site.of_lanes(name), name

    ORDER = [
        "login", "starts_lanes", "running_window", "small_files", "alt_click", "posted_form", "links_of_page", "daemon",
        "broken_lanes", "still_kept",
    ]


def try_browser(module, program, extension):
    """Runs all trials with one browser."""
    user, site = User(program, module.NAME), Site()
    try:
        browser = module.Browser(user, os.path.abspath(extension or user.extension))
        trials = Trials(user, browser, site)
        try:
            for name in Trials.ORDER:
                since = time.monotonic()
                getattr(trials, name)()
                print(f"ok {module.NAME} {name} {time.monotonic() - since:.1f} s", flush=True)
        finally:
            browser.close()
        said = user.run("integrate", "--undo").lower()
        assert module.NAME in said and not os.path.exists(user.manifest), said
        assert not os.path.exists(user.extension)
        print(f"ok {module.NAME} undo", flush=True)
    finally:
        user.leave()
        site.shutdown()
        site.server_close()


def main():
    """Runs the trials with each browser that is installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lanes", help="the program")
    parser.add_argument("--only", choices=[module.NAME for module in BROWSERS], help="one browser only")
    parser.add_argument("--extension", help="folder of the extension to try instead of the one in the program")
    args = parser.parse_args()
    chosen = [module for module in BROWSERS if args.only in (None, module.NAME)]
    there = [module for module in chosen if all(map(shutil.which, (*module.PROGRAMS, "Xvfb")))]
    for module in there:
        try_browser(module, args.lanes, args.extension)
    if not there:
        print("no browser with its driver, or no Xvfb: nothing was tried")
        sys.exit(3)


if __name__ == "__main__":
    main()
