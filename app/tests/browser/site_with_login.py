"""A web site whose files need the cookie of a login."""

import hashlib
import http.server
import threading
import time

COOKIE = "sid=opensesame"
SLOWNESS = 2.5
"""Pause in seconds within a large file that is sent as a whole."""
PAGE = """<!doctype html><title>Files</title><h1>Files</h1>
<a id="one" href="/one.bin">one</a> <a id="two" href="/go/two.bin">two</a> <a id="three" href="/three.bin">three</a>
<a id="four" href="/four.bin">four</a> <a id="five" href="/five.bin">five</a> <a id="six" href="/six.bin">six</a>
<a id="seven" href="/seven.bin">seven</a> <a id="eight" href="/eight.bin">eight</a>
<a id="small" href="/small.bin">small</a> <a id="alt" href="/alt.bin">alt</a>
<a href="/list-0.bin">0</a> <a href="list-1.bin#part">1</a> <a href="/go/list-2.bin">2</a> <a href="/list-0.bin">again</a>
<a href="mailto:a@b">mail</a> <a href="javascript:0">script</a>
<form method="post" action="/posted.bin"><button id="posted">post</button></form>"""


def content(path):
    """The bytes of a file, which depend on its name: 3 MB, or 100 kB for a small one."""
    name = path.rsplit("/", 1)[-1]
    block = hashlib.sha256(name.encode()).digest() * 1024
    return (block * 100)[: 100_000 if "small" in name else 3_000_000]


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves a login, a page of links, and files to those who have the cookie."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/login":
            self.answer(b'<!doctype html><form method="post" action="/login"><button id="login">log in</button></form>')
        elif COOKIE not in self.headers.get("Cookie", ""):
            self.answer(b"no cookie", status=403)
        elif self.path == "/files":
            self.answer(PAGE.encode())
        elif self.path.startswith("/go/"):
            self.answer(b"", status=302, fields={"Location": self.path.removeprefix("/go")})
        else:
            self.file()

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/login":
            self.answer(b"", status=303, fields={"Location": "/files", "Set-Cookie": f"{COOKIE}; HttpOnly; Path=/"})
        else:
            self.file()

    def file(self):
        """Sends a file, or a range of it, as one to save."""
        body, fields = content(self.path), {"Accept-Ranges": "bytes", "ETag": '"1"'}
        name = self.path.rsplit("/", 1)[-1]
        fields["Content-Disposition"] = f'attachment; filename="{name}"'
        self.server.requests.append((name, self.command, dict(self.headers)))
        wanted = self.headers.get("Range", "")
        status = 200
        if wanted.startswith("bytes="):
            first, _, last = wanted[6:].partition("-")
            first, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
            fields["Content-Range"] = f"bytes {first}-{end}/{len(body)}"
            body, status = body[first : end + 1], 206
        self.answer(body, status, fields, "application/octet-stream")

    def answer(self, body, status=200, fields=None, kind="text/html"):
        """Sends a response."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(body), **(fields or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        try:
            if status == 200 and len(body) > 1_000_000:
                # The browser is still busy when its extension hands the download over.
                self.wfile.write(body[:100_000])
                time.sleep(SLOWNESS)
                body = body[100_000:]
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Site(http.server.ThreadingHTTPServer):
    """The site; keeps name, method and header fields of each request for a file."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        """The link to a path."""
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def of_lanes(self, name):
        """The header fields of the requests that Lanes made for a file: those with a range."""
        return [fields for asked, _, fields in self.requests if asked == name and "Range" in fields]

    def handle_error(self, *_):
        """Says nothing of connections that a browser resets."""
