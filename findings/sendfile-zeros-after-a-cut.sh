#!/usr/bin/env bash
# aiohttp 3.14.5 (PyPI), which sends files by Linux's sendfile(2): a client receives zeros that no version of the file has.
#
# Guess:     a file of 100,000 letters is cut to 50,000 after the response is in the socket's buffer. The client receives
#            the 100,000 letters that were sent, or fewer: bytes that the kernel has taken do not change.
# Behaviour: sendfile puts the pages of the file into the buffer, not a copy (its manual page warns of this), and the
#            cut clears the rest of the page in which it falls. The client receives 100,000 bytes as announced, among them
#            3,248 zeros, from the cut to the end of that page of 4,096 bytes, and then letters again.
# Output:    200 Content-Length 100000
#            50000 letters, 3248 zeros, 46752 letters
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5
mkdir "$folder/files"
head -c 100000 /dev/zero | tr '\0' a >"$folder/files/file.bin"
cat >"$folder/serve.py" <<'PYTHON'
import socket, sys
from aiohttp import web

app = web.Application()
app.router.add_static("/", sys.argv[1])
sock = socket.create_server(("127.0.0.1", 0))
print(sock.getsockname()[1], flush=True)
web.run_app(app, sock=sock, print=None)
PYTHON
"$folder/venv/bin/python" "$folder/serve.py" "$folder/files" >"$folder/out" 2>"$folder/log" &
server=$!
until [ -s "$folder/out" ]; do sleep 0.1; done
cat >"$folder/read.py" <<'PYTHON'
import itertools, os, socket, sys, time
port, file = int(sys.argv[1]), sys.argv[2]
client = socket.create_connection(("127.0.0.1", port), timeout=10)
client.sendall(b"GET /file.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
client.recv(1, socket.MSG_PEEK)
# Nothing is read until the server has sent everything, which it does within milliseconds.
time.sleep(1)
os.truncate(file, 50_000)
response = b""
while part := client.recv(65536):
    response += part
head, body = response.split(b"\r\n\r\n", 1)
length = next(line for line in head.decode().split("\r\n") if line.lower().startswith("content-length"))
print(head.split()[1].decode(), length.replace(":", ""))
print(", ".join(f"{len(list(run))} {'letters' if byte else 'zeros'}" for byte, run in itertools.groupby(body)))
PYTHON
python3 "$folder/read.py" "$(head -1 "$folder/out")" "$folder/files/file.bin" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
200 Content-Length 100000
50000 letters, 3248 zeros, 46752 letters
SEEN
