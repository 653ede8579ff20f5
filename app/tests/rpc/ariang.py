"""Shows and steers a running download of lanes serve in the real AriaNg, in headless Chromium. See README.md."""

import argparse
import base64
import functools
import hashlib
import http.server
import json
import os
import sys
import tempfile
import threading
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "browser"))

from chromium import Browser  # noqa: E402
from lanes_daemon import CONTENT, Daemon, web_server  # noqa: E402
from waiting import wait_for  # noqa: E402

SECRET = "s3cret"
FILE = "slow/film.mkv"


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves the front end."""

    def log_message(self, *_):
        pass


class User:
    """The folders of a browser that runs without an extension."""

    def __init__(self, folder):
        self.home = os.path.join(folder, "home")
        self.browser_downloads = os.path.join(folder, "browser")
        os.makedirs(os.path.join(self.home, ".config/chromium/NativeMessagingHosts"))
        self.environment = {**os.environ, "HOME": self.home}


def serve(folder):
    """Serves a folder on a free port, and returns its origin."""
    handler = functools.partial(Files, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def call(port, method, *params):
    """Calls a method of the daemon."""
    body = json.dumps({"jsonrpc": "2.0", "id": "1", "method": method, "params": [f"token:{SECRET}", *params]})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/jsonrpc", body.encode(), timeout=30) as answer:
        return json.load(answer)["result"]


def page_says(browser, *texts):
    """Whether the page shows all of these texts."""
    shown = browser.script("() => document.body.innerText")
    return all(text in shown for text in texts)


def press(browser, selector):
    """Clicks the first visible element of a CSS selector."""
    code = """selector => {
        const shown = [...document.querySelectorAll(selector)].find(one => one.offsetParent !== null);
        if (shown) shown.click();
        return Boolean(shown);
    }"""
    wait_for(selector, lambda: browser.script(code, selector))


def picture(browser, folder, name):
    """Saves a picture of the page."""
    png = browser.call("GET", f"/session/{browser.session}/screenshot")
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(base64.b64decode(png))
    print(f"picture: {path}", flush=True)


def check(program, front_end, pictures, folder):
    """Drives the page; raises an error at the first thing that does not hold."""
    origin = serve(front_end)
    web = web_server()
    daemon = Daemon(program, folder, "--rpc-secret", SECRET, "--rpc-allow-origin", origin)
    browser = Browser(User(folder), "")
    try:
        link = f"http://127.0.0.1:{web.server_address[1]}/{FILE}"
        gid = call(daemon.port, "aria2.addUri", [link], {"split": "2", "max-download-limit": "60K"})
        secret = base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("=")
        settings = f"/settings/rpc/set/http/127.0.0.1/{daemon.port}/jsonrpc/{secret}"
        browser.open(f"{origin}/index.html#!{settings}")
        wait_for("the settings to be taken", lambda: "/downloading" in browser.url())
        wait_for("the download", lambda: page_says(browser, "film.mkv"))
        wait_for("its rate", lambda: page_says(browser, "B/s", "2.00 MB"))
        picture(browser, pictures, "ariang-running.png")
        print("ok shows", flush=True)

        status = lambda: call(daemon.port, "aria2.tellStatus", gid)["status"]  # noqa: E731
        press(browser, f"[data-gid='{gid}']")
        press(browser, "[ng-click=\"changeTasksState('pause')\"]")
        wait_for("the pause", lambda: status() == "paused")
        print("ok pauses", flush=True)
        browser.open(f"{origin}/index.html#!/waiting")
        press(browser, f"[data-gid='{gid}']")
        press(browser, "[ng-click=\"changeTasksState('start')\"]")
        wait_for("the start", lambda: status() == "active")
        print("ok resumes", flush=True)
        browser.open(f"{origin}/index.html#!/task/detail/{gid}")
        wait_for("the details", lambda: page_says(browser, "film.mkv", "Task Size"))
        picture(browser, pictures, "ariang-details.png")
        wait_for("the end", lambda: status() == "complete")
        browser.open(f"{origin}/index.html#!/stopped")
        wait_for("the finished download", lambda: page_says(browser, "film.mkv"))
        picture(browser, pictures, "ariang-finished.png")
        with open(os.path.join(daemon.downloads, "film.mkv"), "rb") as file:
            assert hashlib.sha256(file.read()).digest() == hashlib.sha256(CONTENT).digest()
        print("ok finishes with the right bytes", flush=True)
    finally:
        browser.close()
        daemon.kill()
        web.shutdown()


def main():
    """Runs the checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lanes", help="the program")
    parser.add_argument("ariang", help="folder of AriaNg's published files, with index.html")
    parser.add_argument("--pictures", default=".", help="folder for the pictures")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lanes-ariang-") as folder:
        check(args.lanes, args.ariang, args.pictures, folder)


if __name__ == "__main__":
    main()
