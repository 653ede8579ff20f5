//! A minimal HTTP client that sends exactly the bytes a test gives it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::TIMEOUT;

/// A decoded response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the value of a field that occurs at most once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let matches = |field: &&(String, String)| field.0.eq_ignore_ascii_case(name);
        let mut all = self.fields.iter().filter(matches);
        let value = all.next().map(|field| field.1.as_str());
        assert!(all.next().is_none(), "{name} occurs twice");
        value
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

pub struct HttpClient {
    pub socket: TcpStream,
    /// Received bytes that no response has used yet.
    buffer: Vec<u8>,
}

impl HttpClient {
    pub fn new(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.set_write_timeout(Some(TIMEOUT)).unwrap();
        let buffer = Vec::new();
        Self { socket, buffer }
    }

    pub fn from(socket: TcpStream) -> Self {
        let buffer = Vec::new();
        Self { socket, buffer }
    }

    pub fn send(&mut self, text: impl AsRef<[u8]>) {
        self.socket.write_all(text.as_ref()).unwrap();
    }

    /// Sends a GET with further `fields`, each with its line end, and returns the response.
    pub fn get(&mut self, target: &str, fields: &str) -> Response {
        self.send(format!(
            "GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
        ));
        self.receive()
    }

    /// Sends a HEAD and returns the response.
    pub fn head(&mut self, target: &str, fields: &str) -> Response {
        self.send(format!(
            "HEAD {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
        ));
        self.receive_head()
    }

    /// Returns the next response with its body.
    pub fn receive(&mut self) -> Response {
        let mut response = self.receive_head();
        let len = response
            .field("Content-Length")
            .map_or(0, |len| len.parse().unwrap());
        while self.buffer.len() < len {
            assert!(self.read_more(), "the body is incomplete");
        }
        response.body = self.buffer.drain(..len).collect();
        response
    }

    /// Returns the head of the next response.
    pub fn receive_head(&mut self) -> Response {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|end| end == b"\r\n\r\n") {
                break end;
            }
            assert!(
                self.read_more(),
                "incomplete response: {:?}",
                String::from_utf8_lossy(&self.buffer)
            );
        };
        let head = String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap();
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

    /// Asserts that the server has closed the connection. A reset counts as closed.
    pub fn assert_closed(&mut self) {
        assert!(
            self.buffer.is_empty(),
            "{:?}",
            String::from_utf8_lossy(&self.buffer)
        );
        assert!(
            !self.read_more(),
            "{:?}",
            String::from_utf8_lossy(&self.buffer)
        );
    }

    /// Receives more bytes; false at the end.
    pub fn read_more(&mut self) -> bool {
        let mut piece = [0; 65_536];
        match self.socket.read(&mut piece) {
            Ok(len) => {
                self.buffer.extend(&piece[..len]);
                len > 0
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns all bytes up to the end.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.read_more() {}
        std::mem::take(&mut self.buffer)
    }
}

/// Sends a GET over a new connection.
pub fn get(addr: SocketAddr, target: &str, fields: &str) -> Response {
    HttpClient::new(addr).get(target, fields)
}
