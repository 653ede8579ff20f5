//! A scripted Lanes server: it replies correctly, except where the scenario's script replies instead.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use lanes_shared::checksum::{Digest, frame_checksum};
use lanes_shared::packet::PacketPlan;
use lanes_shared::segments;
use lanes_shared::wire::{
    HEADER_LEN, Header, MAGIC, Opened, PacketHeader, Refusal, Reply, Request, kind,
};

/// Handles a request on connection `n`, counted from 0. Returns `true` if it has replied; with `false` the
/// server sends the correct reply.
pub type Script = dyn Fn(&mut Connection, usize, &Request) -> io::Result<bool> + Send + Sync;

/// A server that runs until it is dropped.
pub struct HostileServer {
    addr: SocketAddr,
    stopped: Arc<AtomicBool>,
    sockets: Arc<Mutex<Vec<TcpStream>>>,
    accept_thread: Option<JoinHandle<()>>,
}

impl HostileServer {
    /// Starts a server that serves `file` under every name.
    pub fn start(file: Arc<[u8]>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let stopped = Arc::new(AtomicBool::new(false));
        let sockets = Arc::new(Mutex::new(Vec::new()));
        let (stop, open_sockets) = (Arc::clone(&stopped), Arc::clone(&sockets));
        let accept = move || {
            let mut threads = Vec::new();
            for (number, socket) in listener.incoming().enumerate() {
                let (Ok(socket), false) = (socket, stop.load(Ordering::Relaxed)) else {
                    break;
                };
                open_sockets
                    .lock()
                    .unwrap()
                    .push(socket.try_clone().unwrap());
                let mut connection = Connection::new(socket, &file, &stop);
                let script = Arc::clone(&script);
                let serve = move || {
                    // The client may close at any time, so an error is no failure of the test.
                    let _ = connection.serve(number, &*script);
                    let _ = connection.socket.shutdown(Shutdown::Both);
                };
                let thread = Builder::new().name(format!("hostile-{number}"));
                threads.push(thread.spawn(serve).unwrap());
            }
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        };
        let accept_thread = Builder::new().name("hostile".into()).spawn(accept).unwrap();
        Self {
            addr,
            stopped,
            sockets,
            accept_thread: Some(accept_thread),
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.addr));
        for socket in self.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.accept_thread.take().unwrap().join().unwrap();
    }
}

/// The server's side of one connection.
pub struct Connection {
    socket: TcpStream,
    pub file: Arc<[u8]>,
    /// Packet length in bytes, as requested by the client.
    pub packet_len: u32,
    stopped: Arc<AtomicBool>,
}

impl Connection {
    fn new(socket: TcpStream, file: &Arc<[u8]>, stopped: &Arc<AtomicBool>) -> Self {
        Self {
            socket,
            file: Arc::clone(file),
            packet_len: 0,
            stopped: Arc::clone(stopped),
        }
    }

    fn serve(&mut self, number: usize, script: &Script) -> io::Result<()> {
        self.socket.read_exact(&mut [0; MAGIC.len()])?;
        loop {
            let mut header = [0; HEADER_LEN];
            self.socket.read_exact(&mut header)?;
            let header = Header::parse(header).unwrap();
            let mut payload = vec![0; header.len as usize];
            self.socket.read_exact(&mut payload)?;
            let request = Request::decode(header, &payload).unwrap();
            if let Request::Open { packet_len, .. } = &request {
                self.packet_len = *packet_len;
            }
            if !script(self, number, &request)? {
                self.reply_correctly(&request)?;
            }
        }
    }

    /// Sends the correct reply.
    pub fn reply_correctly(&mut self, request: &Request) -> io::Result<()> {
        let ids = self.requested_packets(request);
        match request {
            Request::Hello { .. } => self.send(&welcome()),
            Request::Open { .. } => self.send(&Reply::Opened(self.opened())),
            Request::Run(_) | Request::Segment { .. } => {
                for id in ids {
                    let packet = self.packet_frame(id);
                    self.send_raw(&packet)?;
                }
                Ok(())
            }
            Request::Stream { offset } => {
                let file = Arc::clone(&self.file);
                let bytes = &file[*offset as usize..];
                let len = bytes.len() as u64;
                self.send(&Reply::Streaming { len })?;
                self.send_raw(bytes)
            }
            Request::Digest => self.send(&Reply::DigestIs {
                digest: Some(self.digest()),
                hashed: self.file.len() as u64,
            }),
            Request::LinkReport => self.send(&Reply::LinkReport(Default::default())),
            Request::Result(_) => self.send(&Reply::ResultKept {
                is_replaced: false,
                kept: 1,
            }),
            Request::List { .. } => self.send(&Reply::Catalogue {
                entries: Vec::new(),
                more: false,
            }),
        }
    }

    /// Returns the requested packets; empty for other requests.
    pub fn requested_packets(&self, request: &Request) -> std::ops::Range<u64> {
        match request {
            Request::Run(run) => run.first..run.first + run.count,
            Request::Segment {
                index,
                count: of,
                limit,
                ..
            } => {
                let plan = self.plan();
                let len = u64::from(self.packet_len);
                let share =
                    segments::equal_segment(plan.file_len(), len, (*index).into(), (*of).into());
                let ids = plan.ids_of(&share);
                ids.start..ids.end.min(ids.start + (limit / len).max(1))
            }
            _ => 0..0,
        }
    }

    pub fn plan(&self) -> PacketPlan {
        PacketPlan::new(self.file.len() as u64, self.packet_len).unwrap()
    }

    pub fn opened(&self) -> Opened {
        Opened {
            len: self.file.len() as u64,
            packet_len: self.packet_len,
            modified_secs: 1_700_000_000,
            modified_nanos: 5,
            digest: None,
        }
    }

    pub fn digest(&self) -> Digest {
        Digest(*blake3::hash(&self.file).as_bytes())
    }

    /// Returns the payload of packet `id`.
    pub fn packet_bytes(&self, id: u64) -> Vec<u8> {
        let bytes = self.plan().bytes_of(&(id..id + 1));
        self.file[bytes.start as usize..bytes.end as usize].to_vec()
    }

    /// Returns the encoded frame of packet `id`.
    pub fn packet_frame(&self, id: u64) -> Vec<u8> {
        encode_packet(id, &self.packet_bytes(id))
    }

    pub fn send(&mut self, reply: &Reply) -> io::Result<()> {
        let mut out = Vec::new();
        reply.encode(&mut out);
        self.send_raw(&out)
    }

    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// Sends a frame with this kind, length and payload. The checksum is correct if `len` is the length of
    /// the payload.
    pub fn send_frame(&mut self, kind: u8, len: u32, payload: &[u8]) -> io::Result<()> {
        let header = Header {
            len,
            ..Header::of(kind, payload)
        };
        self.send_raw(&header.to_bytes())?;
        self.send_raw(payload)
    }

    /// Sends the same reply until the client closes the connection.
    pub fn send_forever(&mut self, reply: &Reply) -> io::Result<bool> {
        let mut frame = Vec::new();
        reply.encode(&mut frame);
        let many = frame.repeat(1000);
        loop {
            self.send_raw(&many)?;
        }
    }

    /// Sends one byte per second, then stays silent.
    pub fn send_slowly(&mut self, bytes: &[u8]) -> io::Result<bool> {
        for byte in bytes {
            self.send_raw(&[*byte])?;
            self.sleep(Duration::from_secs(1));
        }
        self.stay_silent()
    }

    /// Sends nothing and reads nothing until the server stops.
    pub fn stay_silent(&mut self) -> io::Result<bool> {
        while !self.stopped.load(Ordering::Relaxed) {
            self.sleep(Duration::from_millis(50));
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Waits up to 4 s until `flag` is set, and then 100 ms for the related bytes to arrive.
    pub fn wait_for(&self, flag: &AtomicBool) {
        for _ in 0..200 {
            if flag.load(Ordering::Relaxed) {
                return self.sleep(Duration::from_millis(100));
            }
            self.sleep(Duration::from_millis(20));
        }
    }

    /// Waits for `time`, or until the server stops.
    fn sleep(&self, time: Duration) {
        let until = std::time::Instant::now() + time;
        while !self.stopped.load(Ordering::Relaxed) && std::time::Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    pub fn refuse(&mut self, refusal: Refusal, message: &str) -> io::Result<bool> {
        let message = message.to_owned();
        self.send(&Reply::Refused { refusal, message })?;
        // The protocol closes the connection after every other refusal.
        let keeps_open = matches!(refusal, Refusal::NoSuchFile | Refusal::Unreadable);
        match keeps_open {
            true => Ok(true),
            false => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

pub fn welcome() -> Reply {
    Reply::Welcome {
        software: "hostile test server".to_owned(),
    }
}

/// Encodes the frame of a packet with a correct checksum.
pub fn encode_packet(id: u64, bytes: &[u8]) -> Vec<u8> {
    let len = bytes.len() as u32;
    let head = PacketHeader { id, len };
    let checksum = frame_checksum(head.checksum_start(), bytes);
    let mut frame = head.to_bytes(checksum).to_vec();
    frame.extend_from_slice(bytes);
    frame
}

/// Every reply kind.
pub const REPLIES: [u8; 8] = [
    kind::WELCOME,
    kind::CATALOGUE,
    kind::OPENED,
    kind::PACKET,
    kind::STREAMING,
    kind::DIGEST_IS,
    kind::LINK_REPORT_IS,
    kind::REFUSED,
];
