"""A lanes serve process, and a slow web server, for the scripts of this folder."""

import hashlib
import http.server
import os
import signal
import subprocess
import threading
import time


class Daemon:
    """A lanes serve process in a folder of its own."""

    def __init__(self, program, folder, *options):
        self.program, self.folder, self.options = os.path.abspath(program), folder, options
        self.start()

    def start(self):
        """Starts the process and reads its port from the first line."""
        self.downloads = os.path.join(self.folder, "downloads")
        self.process = subprocess.Popen(
            [self.program, "serve", "--rpc-listen", "127.0.0.1:0", "--dir", self.downloads,
             "--state", os.path.join(self.folder, "state"), *self.options],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "HOME": self.folder, "XDG_DATA_HOME": self.folder},
        )
        line = self.process.stdout.readline()
        assert line.startswith("rpc listening on 127.0.0.1:"), line
        self.port = int(line.rsplit(":", 1)[1])

    def end(self, number):
        """Sends a signal and waits for the end. Returns the seconds that took."""
        since = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        self.process.stdout.close()
        return time.monotonic() - since

    def kill(self):
        """Ends the process if it still runs."""
        if self.process.poll() is None:
            self.end(signal.SIGKILL)


CONTENT = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(1 << 16))
"""The bytes of every file: 2 MiB."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; paths that begin with /slow take some seconds."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        start, end = 0, len(CONTENT) - 1
        wanted = self.headers.get("Range", "")
        if wanted.startswith("bytes="):
            first, _, last = wanted[6:].partition("-")
            start, end = int(first), min(int(last or end), end)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(CONTENT)}")
        else:
            self.send_response(200)
        self.send_header("ETag", '"one"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end + 1 - start))
        self.end_headers()
        self.server.requests.append((self.path, self.headers))
        step = 32 << 10
        try:
            for at in range(start, end + 1, step):
                self.wfile.write(CONTENT[at:min(at + step, end + 1)])
                if self.path.startswith("/slow"):
                    time.sleep(0.25)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    """Serves each connection in a thread, and keeps path and header fields of each request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []

    def handle_error(self, *_):
        """Says nothing of connections that a paused download resets."""


def web_server():
    """Starts the web server on a free port."""
    server = WebServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
