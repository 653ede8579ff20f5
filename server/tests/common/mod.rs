//! A tiny client, for the tests only: blocking, and it panics when something is not as expected.

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
    HEADER_LEN, Header, MAGIC, Opened, Order, PACKET_ID_LEN, PacketHead, Refusal, Reply, Request,
    RunAsk, kind,
};

/// How long a test waits before it fails; generous, since machines may be slow and busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

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

/// What comes from a server.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Reply(Reply),
    Packet(u64, Vec<u8>),
    End,
}

pub struct Client {
    pub socket: TcpStream,
}

impl Client {
    /// Connects and says nothing.
    pub fn silent(addr: SocketAddr) -> Self {
        let socket = TcpStream::connect(addr).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    /// Connects and is welcomed.
    pub fn new(addr: SocketAddr) -> Self {
        let mut client = Self::silent(addr);
        client.hello();
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        client
    }

    pub fn hello(&mut self) {
        self.hello_over([5; 16], "");
    }

    /// Says hello for a session and its link.
    pub fn hello_over(&mut self, session: [u8; 16], link: &str) {
        self.socket.write_all(&MAGIC).unwrap();
        let link = link.to_owned();
        self.ask(&[Request::Hello { session, link }]);
    }

    /// Sends all requests in one write.
    pub fn ask(&mut self, requests: &[Request]) {
        let mut bytes = Vec::new();
        requests
            .iter()
            .for_each(|request| request.encode(&mut bytes));
        self.socket.write_all(&bytes).unwrap();
    }

    /// The next frame; a reset counts as an end.
    pub fn hear(&mut self) -> Heard {
        let mut header = [0; HEADER_LEN];
        if self.socket.read_exact(&mut header).is_err() {
            return Heard::End;
        }
        let header = Header::parse(header).unwrap();
        let mut payload = vec![0; header.len as usize];
        if self.socket.read_exact(&mut payload).is_err() {
            return Heard::End;
        }
        if header.kind != kind::PACKET {
            return Heard::Reply(Reply::decode(header, &payload).unwrap());
        }
        let bytes = payload.split_off(PACKET_ID_LEN);
        let head = PacketHead::parse(header, payload.try_into().unwrap());
        assert_eq!(
            header.checksum,
            frame_checksum(head.checksum_start(), &bytes),
            "packet {}",
            head.id
        );
        Heard::Packet(head.id, bytes)
    }

    pub fn reply(&mut self) -> Reply {
        match self.hear() {
            Heard::Reply(reply) => reply,
            other => panic!("no reply but {other:?}"),
        }
    }

    pub fn refusal(&mut self) -> (Refusal, String) {
        match self.reply() {
            Reply::Refused { refusal, message } => {
                assert!(message.contains(' '), "in words: {message}");
                (refusal, message)
            }
            other => panic!("no refusal but {other:?}"),
        }
    }

    pub fn opened(&mut self) -> Opened {
        match self.reply() {
            Reply::Opened(opened) => opened,
            other => panic!("not opened but {other:?}"),
        }
    }

    pub fn open(&mut self, name: &str, packet_len: u32) -> Opened {
        self.ask(&[open(name, packet_len)]);
        self.opened()
    }

    /// Reads packets that tile a file into `file`, and gives their ids as they came.
    pub fn packets(&mut self, count: u64, plan: &PacketPlan, file: &mut [u8]) -> Vec<u64> {
        (0..count)
            .map(|_| match self.hear() {
                Heard::Packet(id, bytes) => {
                    assert_eq!(bytes.len(), plan.len_of(id) as usize);
                    let at = plan.offset(id) as usize;
                    file[at..at + bytes.len()].copy_from_slice(&bytes);
                    id
                }
                other => panic!("no packet but {other:?}"),
            })
            .collect()
    }

    pub fn streamed(&mut self) -> Vec<u8> {
        let Reply::Streaming { len } = self.reply() else {
            panic!("not streaming");
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
    Request::Run(RunAsk {
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

/// Waits until `is_so`, or fails with these words.
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The names of all threads of this process.
#[cfg(target_os = "linux")]
pub fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    // A thread may end while it is looked at.
    let names = tasks.filter_map(|task| name(task.ok()?));
    names.map(|name| name.trim().to_owned()).collect()
}

/// Bytes in which every place is recognisable.
pub fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    lanes_shared::sample::Sample::new(77).fill(0, &mut bytes);
    bytes
}
