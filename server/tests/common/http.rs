//! A tiny HTTP client that says exactly what a test wants said.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a field that comes at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let is_it = |field: &&(String, String)| field.0.eq_ignore_ascii_case(name);
        let mut all = self.fields.iter().filter(is_it);
        let value = all.next().map(|field| field.1.as_str());
        assert!(all.next().is_none(), "{name} comes twice");
        value
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

pub struct Web {
    pub socket: TcpStream,
    /// Read, and of a later response.
    ahead: Vec<u8>,
}

impl Web {
    pub fn new(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        let ahead = Vec::new();
        Self { socket, ahead }
    }

    pub fn say(&mut self, text: impl AsRef<[u8]>) {
        self.socket.write_all(text.as_ref()).unwrap();
    }

    /// Asks with GET and these further fields, each with its line end.
    pub fn get(&mut self, target: &str, fields: &str) -> Response {
        self.say(format!("GET {target} HTTP/1.1\r\nHost: x\r\n{fields}\r\n"));
        self.hear()
    }

    /// Asks with HEAD.
    pub fn head(&mut self, target: &str, fields: &str) -> Response {
        self.say(format!("HEAD {target} HTTP/1.1\r\nHost: x\r\n{fields}\r\n"));
        self.hear_head()
    }

    /// The next response, its body included.
    pub fn hear(&mut self) -> Response {
        let mut response = self.hear_head();
        let len = response
            .field("Content-Length")
            .map_or(0, |len| len.parse().unwrap());
        while self.ahead.len() < len {
            assert!(self.more(), "the body is cut short");
        }
        response.body = self.ahead.drain(..len).collect();
        response
    }

    /// The head of the next response.
    pub fn hear_head(&mut self) -> Response {
        let end = loop {
            if let Some(end) = self.ahead.windows(4).position(|end| end == b"\r\n\r\n") {
                break end;
            }
            assert!(
                self.more(),
                "no response but {:?}",
                String::from_utf8_lossy(&self.ahead)
            );
        };
        let head = String::from_utf8(self.ahead.drain(..end + 4).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap();
        let status = status.split(' ').next().unwrap().parse().unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        let fields = lines.map(field).collect();
        let body = Vec::new();
        Response {
            status,
            fields,
            body,
        }
    }

    /// Asserts that nothing more comes; a reset counts as an end.
    pub fn ends(&mut self) {
        assert!(
            self.ahead.is_empty(),
            "{:?}",
            String::from_utf8_lossy(&self.ahead)
        );
        assert!(!self.more(), "{:?}", String::from_utf8_lossy(&self.ahead));
    }

    /// Reads more; false at the end.
    pub fn more(&mut self) -> bool {
        let mut piece = [0; 65_536];
        match self.socket.read(&mut piece) {
            Ok(len) => {
                self.ahead.extend(&piece[..len]);
                len > 0
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Everything until the end.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.ahead)
    }
}

/// One request over a connection of its own.
pub fn get(addr: SocketAddr, target: &str, fields: &str) -> Response {
    Web::new(addr).get(target, fields)
}
