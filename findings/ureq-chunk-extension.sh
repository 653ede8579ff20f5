#!/usr/bin/env bash
# ureq 3.5.2 (crates.io) fails on a chunk whose line is longer than about 20 bytes.
#
# Guess:     a client ignores chunk extensions that it does not know (RFC 9112, 7.1.1), also one of 40 bytes, such as the
#            signature of a chunk that some storage services append.
# Behaviour: reading the body fails; the same body with a short extension is read.
# Output:    extension of 4 bytes: 5 bytes
#            extension of 40 bytes: an error
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
mkdir -p "$folder/src"
cat >"$folder/Cargo.toml" <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2024"
[dependencies]
ureq = { version = "=3.5.2", default-features = false }
TOML
cat >"$folder/src/main.rs" <<'RUST'
fn main() {
    let port = std::env::args().nth(1).unwrap();
    for len in [4, 40] {
        let url = format!("http://127.0.0.1:{port}/{len}");
        let body = ureq::get(&url).call().and_then(|mut response| response.body_mut().read_to_vec());
        match body {
            Ok(body) => println!("extension of {len} bytes: {} bytes", body.len()),
            Err(error) => {
                eprintln!("{error}");
                println!("extension of {len} bytes: an error");
            }
        }
    }
}
RUST
cat >"$folder/serve.py" <<'PYTHON'
import http.server

class Chunked(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        extension = b";" + b"s" * (int(self.path[1:]) - 1)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5" + extension + b"\r\nhello\r\n0\r\n\r\n")

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chunked)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 "$folder/serve.py" >"$folder/port" 2>/dev/null &
server=$!
until [ -s "$folder/port" ]; do sleep 0.1; done
cargo run --quiet --manifest-path "$folder/Cargo.toml" -- "$(cat "$folder/port")" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
extension of 4 bytes: 5 bytes
extension of 40 bytes: an error
SEEN
