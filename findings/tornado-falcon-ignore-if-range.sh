#!/usr/bin/env bash
# The file handlers of Tornado 6.6.1 and Falcon 4.4.0 (PyPI) serve a range although If-Range names another version.
#
# Guess:     a server that serves ranges and sends an ETag answers `If-Range` with another ETag with 200 and the whole
#            file (RFC 9110, 13.1.5); so a program can resume with it and never mixes two versions.
# Behaviour: If-Range is not read: 206 with the range, of whatever version there is.
# Output:    tornado, range 206, with another If-Range 206
#            falcon, range 206, with another If-Range 206
set -euo pipefail
folder=$(mktemp -d)
trap 'kill ${servers:-} 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tornado==6.6.1 falcon==4.4.0
mkdir "$folder/files"
head -c 1000 /dev/zero >"$folder/files/file.bin"
cat >"$folder/with_tornado.py" <<'PYTHON'
import asyncio, sys
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

async def main():
    sockets = bind_sockets(0, "127.0.0.1")
    app = Application([(r"/(.*)", StaticFileHandler, {"path": sys.argv[1]})])
    HTTPServer(app).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
PYTHON
cat >"$folder/with_falcon.py" <<'PYTHON'
import sys
from wsgiref.simple_server import make_server
import falcon

app = falcon.App()
app.add_static_route("/", sys.argv[1])
server = make_server("127.0.0.1", 0, app)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
for name in tornado falcon; do
  "$folder/venv/bin/python" "$folder/with_$name.py" "$folder/files" >"$folder/port" 2>/dev/null &
  servers="${servers:-} $!"
  until [ -s "$folder/port" ]; do sleep 0.1; done
  url="http://127.0.0.1:$(cat "$folder/port")/file.bin"
  rm "$folder/port"
  status() { curl -s -o /dev/null -w '%{http_code}' -H 'Range: bytes=10-19' "$@" "$url"; }
  echo "$name, range $(status), with another If-Range $(status -H 'If-Range: "another-version"')"
done | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
tornado, range 206, with another If-Range 206
falcon, range 206, with another If-Range 206
SEEN
