#!/usr/bin/env bash
# sirv 3.0.1 (npm, behind sirv-cli 3.0.1) takes the range `bytes=0-0` for one without an end.
#
# Guess:     206 with one byte, Content-Range: bytes 0-0/1000 (RFC 9110, 14.1.2).
# Behaviour: 206 with the whole file: an end of 0 counts as no end. A program that asks for one byte to learn the
#            length of a large file gets all of it.
# Output:    bytes=0-0 206 bytes 0-999/1000, 1000 bytes
#            bytes=0-1 206 bytes 0-1/1000, 2 bytes
#            bytes=1-1 206 bytes 1-1/1000, 1 bytes
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" sirv@3.0.1 >/dev/null
mkdir "$folder/files"
head -c 1000 /dev/zero >"$folder/files/file.bin"
cat >"$folder/serve.cjs" <<'JS'
const http = require("http"), sirv = require("sirv");
const server = http.createServer(sirv(process.argv[2]));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
(cd "$folder" && exec node serve.cjs files) >"$folder/port" &
server=$!
until [ -s "$folder/port" ]; do sleep 0.1; done
url="http://127.0.0.1:$(cat "$folder/port")/file.bin"
for range in 0-0 0-1 1-1; do
  echo "bytes=$range $(curl -s -o /dev/null -H "Range: bytes=$range" -w '%{http_code} %header{content-range}, %{size_download} bytes' "$url")"
done | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
bytes=0-0 206 bytes 0-999/1000, 1000 bytes
bytes=0-1 206 bytes 0-1/1000, 2 bytes
bytes=1-1 206 bytes 1-1/1000, 1 bytes
SEEN
