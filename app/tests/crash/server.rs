//! The server of the crash test: files over HTTP with ranges, and one without a length.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, Builder};

use lanes_server::Server;
use tempfile::TempDir;

use crate::common;

/// Files by name, and the servers that serve them.
pub struct Files {
    content: BTreeMap<&'static str, Vec<u8>>,
    server: Server,
    chunked: SocketAddr,
    _root: TempDir,
}

impl Files {
    /// Starts the servers.
    pub fn serve() -> Self {
        let content = BTreeMap::from([
            ("short.bin", common::bytes(30_000, 1)),
            ("long.bin", common::bytes(1_500_000, 2)),
            ("chunked.bin", common::bytes(200_000, 3)),
        ]);
        let root = tempfile::tempdir().unwrap();
        for (name, bytes) in &content {
            fs::write(root.path().join(name), bytes).unwrap();
        }
        Self {
            chunked: serve_chunked(content["chunked.bin"].clone()),
            server: common::serve(root.path()),
            content,
            _root: root,
        }
    }

    pub fn url(&self, name: &str) -> String {
        let address = match name {
            "chunked.bin" => self.chunked,
            _ => self.server.addr(),
        };
        format!("http://{address}/{name}")
    }

    pub fn content(&self, name: &str) -> &[u8] {
        &self.content[name]
    }
}

/// Serves `body` in chunks, to any request, until the test process ends.
fn serve_chunked(body: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let accept = move || {
        thread::scope(|scope| {
            for stream in listener.incoming().flatten() {
                let body = &body;
                let thread = Builder::new().name("chunked".to_owned());
                // A client that was killed closes its connection.
                let serve = move || drop(respond(stream, body));
                thread.spawn_scoped(scope, serve).unwrap();
            }
        });
    };
    Builder::new()
        .name("accept".to_owned())
        .spawn(accept)
        .unwrap();
    address
}

fn respond(mut stream: TcpStream, body: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.push(byte[0]);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
    for chunk in body.chunks(50_000) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")
}
