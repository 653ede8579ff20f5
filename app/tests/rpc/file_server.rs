//! An HTTP server with one file that keeps the heads of all requests.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::Builder;

use crate::common;

/// Length of the file of [`FileServer::with_file`].
pub const LEN: usize = 300_000;

/// The server. Its thread ends with the process.
pub struct FileServer {
    addr: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Starts a server with pseudo-random bytes, those of `common::bytes(LEN, 1)`.
    pub fn with_file() -> Self {
        Self::new(common::bytes(LEN, 1))
    }

    pub fn new(content: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&heads);
        let content: Arc<[u8]> = content.into();
        let accept = move || {
            for stream in listener.incoming() {
                let (kept, content) = (Arc::clone(&kept), Arc::clone(&content));
                let serve = move || serve(&stream.unwrap(), &kept, &content);
                Builder::new().name("file".into()).spawn(serve).unwrap();
            }
        };
        Builder::new().name("files".into()).spawn(accept).unwrap();
        Self { addr, heads }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.addr)
    }

    /// Returns the heads of all requests.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, heads: &Mutex<Vec<String>>, content: &[u8]) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head) {
                Ok(len) if len > 0 => {}
                _ => return,
            }
        }
        heads.lock().unwrap().push(head);
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            content.len()
        );
        let mut writer = stream;
        let written = writer
            .write_all(answer.as_bytes())
            .and_then(|()| writer.write_all(content));
        if written.is_err() {
            return;
        }
    }
}
