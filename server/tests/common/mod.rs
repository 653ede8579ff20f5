//! A minimal blocking client for tests. It panics on unexpected replies.

#![allow(dead_code, missing_docs)]

pub mod http;
pub mod program;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use lanes_server::{Config, Server};
use lanes_shared::checksum::frame_checksum;
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{
    HEADER_LEN, Header, MAGIC, Opened, Order, PACKET_ID_LEN, PacketHeader, Refusal, Reply, Request,
    RunRequest, kind,
};

/// Timeout of a test; generous, because machines may be slow and busy.
pub const TIMEOUT: Duration = Duration::from_secs(60);

pub fn config(root: Option<&Path>) -> Config {
    Config {
        root: root.map(Path::to_owned),
        listen: ([127, 0, 0, 1], 0).into(),
        ..Config::default()
    }
}

pub fn serve(root: &Path) -> Server {
    Server::start(config(Some(root))).unwrap()
}

/// A received frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    Reply(Reply),
    Packet(u64, Vec<u8>),
    End,
}

pub struct Client {
    pub socket: TcpStream,
}

impl Client {
    /// Connects without sending anything.
    pub fn silent(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(TIMEOUT)).unwrap();
        socket.set_write_timeout(Some(TIMEOUT)).unwrap();
        Self { socket }
    }

    /// Connects and completes the handshake.
    pub fn new(addr: SocketAddr) -> Self {
        let mut client = Self::silent(addr);
        client.hello();
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        client
    }

    pub fn hello(&mut self) {
        self.hello_with_link([5; 16], "");
    }

    /// Sends the hello for a session and its link.
    pub fn hello_with_link(&mut self, session: [u8; 16], link: &str) {
        self.socket.write_all(&MAGIC).unwrap();
        let link = link.to_owned();
        self.request(&[Request::Hello { session, link }]);
    }

    /// Sends all requests in one write.
    pub fn request(&mut self, requests: &[Request]) {
        let mut bytes = Vec::new();
        requests
            .iter()
            .for_each(|request| request.encode(&mut bytes));
        self.socket.write_all(&bytes).unwrap();
    }

    /// Receives the next frame. A reset counts as the end.
    pub fn receive(&mut self) -> Frame {
        let mut header = [0; HEADER_LEN];
        if self.socket.read_exact(&mut header).is_err() {
            return Frame::End;
        }
        let header = Header::parse(header).unwrap();
        let mut payload = vec![0; header.len as usize];
        if self.socket.read_exact(&mut payload).is_err() {
            return Frame::End;
        }
        if header.kind != kind::PACKET {
            return Frame::Reply(Reply::decode(header, &payload).unwrap());
        }
        let bytes = payload.split_off(PACKET_ID_LEN);
        let head = PacketHeader::parse(header, payload.try_into().unwrap());
        assert_eq!(
            header.checksum,
            frame_checksum(head.checksum_start(), &bytes),
            "packet {}",
            head.id
        );
        Frame::Packet(head.id, bytes)
    }

    pub fn reply(&mut self) -> Reply {
        match self.receive() {
            Frame::Reply(reply) => reply,
            other => panic!("expected a reply: {other:?}"),
        }
    }

    pub fn refusal(&mut self) -> (Refusal, String) {
        match self.reply() {
            Reply::Refused { refusal, message } => {
                assert!(message.contains(' '), "not a phrase: {message}");
                (refusal, message)
            }
            other => panic!("expected a refusal: {other:?}"),
        }
    }

    pub fn opened(&mut self) -> Opened {
        match self.reply() {
            Reply::Opened(opened) => opened,
            other => panic!("expected an open file: {other:?}"),
        }
    }

    pub fn open(&mut self, name: &str, packet_len: u32) -> Opened {
        self.request(&[open(name, packet_len)]);
        self.opened()
    }

    /// Receives `count` packets into `file` and returns their ids in the order of arrival.
    pub fn packets(&mut self, count: u64, plan: &PacketPlan, file: &mut [u8]) -> Vec<u64> {
        (0..count)
            .map(|_| match self.receive() {
                Frame::Packet(id, bytes) => {
                    assert_eq!(bytes.len(), plan.len_of(id) as usize);
                    let at = plan.offset(id) as usize;
                    file[at..at + bytes.len()].copy_from_slice(&bytes);
                    id
                }
                other => panic!("expected a packet: {other:?}"),
            })
            .collect()
    }

    pub fn streamed(&mut self) -> Vec<u8> {
        let Reply::Streaming { len } = self.reply() else {
            panic!("expected a stream");
        };
        let mut bytes = vec![0; len as usize];
        self.socket.read_exact(&mut bytes).unwrap();
        bytes
    }
}

pub fn open(name: &str, packet_len: u32) -> Request {
    Request::Open {
        name: name.to_owned(),
        packet_len,
    }
}

pub fn run(first: u64, count: u64, order: Order) -> Request {
    Request::Run(RunRequest {
        first,
        count,
        order,
    })
}

pub fn list(after: &str) -> Request {
    Request::List {
        after: after.to_owned(),
    }
}

/// Waits until `condition` holds. Fails with `description` after a minute.
pub fn wait_until(description: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition() {
        assert!(
            Instant::now() < deadline,
            "not within a minute: {description}"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Returns the names of all threads of this process.
#[cfg(target_os = "linux")]
pub fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    // A thread may end meanwhile.
    let names = tasks.filter_map(|task| name(task.ok()?));
    names.map(|name| name.trim().to_owned()).collect()
}

/// Returns pseudo-random bytes, in which every offset is recognizable.
pub fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    lanes_shared::sample::Sample::new(77).fill(0, &mut bytes);
    bytes
}
