#!/usr/bin/env bash
# WhiteNoise 6.12.0 (PyPI) answers every range of one byte with 416.
#
# Guess:     `Range: bytes=0-0` is a valid range of one byte (RFC 9110, 14.1.2): 206, Content-Range: bytes 0-0/1000.
#            Download programs use it to ask for the length and for support of ranges.
# Behaviour: ranges of one byte are refused with 416, at every place of the file; ranges of two bytes are served.
# Output:    bytes=0-0 416 bytes */1000
#            bytes=0-1 206 bytes 0-1/1000
#            bytes=500-500 416 bytes */1000
#            bytes=-1 416 bytes */1000
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check whitenoise==6.12.0
mkdir "$folder/files"
head -c 1000 /dev/zero >"$folder/files/file.bin"
cat >"$folder/serve.py" <<'PYTHON'
import sys
from wsgiref.simple_server import make_server
from whitenoise import WhiteNoise

def not_found(environ, start_response):
    start_response("404 Not Found", [])
    return [b""]

server = make_server("127.0.0.1", 0, WhiteNoise(not_found, root=sys.argv[1]))
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
"$folder/venv/bin/python" "$folder/serve.py" "$folder/files" >"$folder/port" 2>/dev/null &
server=$!
until [ -s "$folder/port" ]; do sleep 0.1; done
url="http://127.0.0.1:$(cat "$folder/port")/file.bin"
for range in 0-0 0-1 500-500 -1; do
  echo "bytes=$range $(curl -s -o /dev/null -H "Range: bytes=$range" -w '%{http_code} %header{content-range}' "$url")"
done | sed 's/ *$//' | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
bytes=0-0 416 bytes */1000
bytes=0-1 206 bytes 0-1/1000
bytes=500-500 416 bytes */1000
bytes=-1 416 bytes */1000
SEEN
