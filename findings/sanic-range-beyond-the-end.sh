#!/usr/bin/env bash
# Sanic 25.12.1 (PyPI) repeats a last byte beyond the end of the file in Content-Range.
#
# Guess:     for a file of 1,000 bytes `Range: bytes=900-1999` is answered with Content-Range: bytes 900-999/1000 and 100
#            bytes: a last byte beyond the end stands for the rest of the file (RFC 9110, 14.1.2 and 14.4).
# Behaviour: 206 with Content-Range: bytes 900-1999/1000, which names bytes that do not exist.
# Output:    bytes=900-999 206 bytes 900-999/1000
#            bytes=900-1999 206 bytes 900-1999/1000
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sanic==25.12.1
mkdir "$folder/files"
head -c 1000 /dev/zero >"$folder/files/file.bin"
cat >"$folder/serve.py" <<'PYTHON'
import socket, sys
from sanic import Sanic

app = Sanic("files")
app.static("/", sys.argv[1], use_content_range=True)
sock = socket.create_server(("127.0.0.1", 0))
print(sock.getsockname()[1], flush=True)
app.run(sock=sock, single_process=True, access_log=False, motd=False)
PYTHON
"$folder/venv/bin/python" "$folder/serve.py" "$folder/files" >"$folder/out" 2>"$folder/log" &
server=$!
until [ -s "$folder/out" ]; do sleep 0.1; done
url="http://127.0.0.1:$(head -1 "$folder/out")/file.bin"
for range in 900-999 900-1999; do
  echo "bytes=$range $(curl -s -m 10 --retry 5 --retry-all-errors -o /dev/null -H "Range: bytes=$range" -w '%{http_code} %header{content-range}' "$url" || true)"
done | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
bytes=900-999 206 bytes 900-999/1000
bytes=900-1999 206 bytes 900-1999/1000
SEEN
