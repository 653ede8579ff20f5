//! A Lanes server written by hand: honest, but for what a scenario has it do instead.

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
    HEADER_LEN, Header, MAGIC, Opened, PacketHead, Refusal, Reply, Request, kind,
};

/// What a scenario does with a request of connection `n`, counted from 0: `true` when it has
/// answered, else the honest answer follows.
pub type Script = dyn Fn(&mut Talk, usize, &Request) -> io::Result<bool> + Send + Sync;

/// A server until it is dropped.
pub struct Hostile {
    addr: SocketAddr,
    over: Arc<AtomicBool>,
    sockets: Arc<Mutex<Vec<TcpStream>>>,
    accepting: Option<JoinHandle<()>>,
}

impl Hostile {
    /// A server of one file, whatever its name.
    pub fn start(file: Arc<[u8]>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let sockets = Arc::new(Mutex::new(Vec::new()));
        let (own_over, own_sockets) = (Arc::clone(&over), Arc::clone(&sockets));
        let accept = move || {
            let mut threads = Vec::new();
            for (number, socket) in listener.incoming().enumerate() {
                let (Ok(socket), false) = (socket, own_over.load(Ordering::Relaxed)) else {
                    break;
                };
                own_sockets
                    .lock()
                    .unwrap()
                    .push(socket.try_clone().unwrap());
                let mut talk = Talk::new(socket, &file, &own_over);
                let script = Arc::clone(&script);
                let talks = move || {
                    // An error is a client that has had enough.
                    let _ = talk.hold(number, &*script);
                    let _ = talk.socket.shutdown(Shutdown::Both);
                };
                let thread = Builder::new().name(format!("talk-{number}"));
                threads.push(thread.spawn(talks).unwrap());
            }
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        };
        let accepting = Builder::new().name("hostile".into()).spawn(accept).unwrap();
        Self {
            addr,
            over,
            sockets,
            accepting: Some(accepting),
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.addr));
        for socket in self.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.accepting.take().unwrap().join().unwrap();
    }
}

/// One connection, as the server has it.
pub struct Talk {
    socket: TcpStream,
    pub file: Arc<[u8]>,
    /// Length of the packets that the client asked for, in bytes.
    pub packet_len: u32,
    over: Arc<AtomicBool>,
}

impl Talk {
    fn new(socket: TcpStream, file: &Arc<[u8]>, over: &Arc<AtomicBool>) -> Self {
        Self {
            socket,
            file: Arc::clone(file),
            packet_len: 0,
            over: Arc::clone(over),
        }
    }

    fn hold(&mut self, number: usize, script: &Script) -> io::Result<()> {
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
                self.answer(&request)?;
            }
        }
    }

    /// The honest answer.
    pub fn answer(&mut self, request: &Request) -> io::Result<()> {
        let ids = self.asked(request);
        match request {
            Request::Hello { .. } => self.say(&welcome()),
            Request::Open { .. } => self.say(&Reply::Opened(self.opened())),
            Request::Run(_) | Request::Share { .. } => {
                for id in ids {
                    let packet = self.packet(id);
                    self.raw(&packet)?;
                }
                Ok(())
            }
            Request::Stream { offset } => {
                let file = Arc::clone(&self.file);
                let bytes = &file[*offset as usize..];
                let len = bytes.len() as u64;
                self.say(&Reply::Streaming { len })?;
                self.raw(bytes)
            }
            Request::Digest => self.say(&Reply::DigestIs {
                digest: Some(self.digest()),
                hashed: self.file.len() as u64,
            }),
            Request::LinkReport => self.say(&Reply::LinkReport(Default::default())),
            Request::List { .. } => self.say(&Reply::Catalogue {
                entries: Vec::new(),
                more: false,
            }),
        }
    }

    /// The packets that are asked for; none unless it is packets.
    pub fn asked(&self, request: &Request) -> std::ops::Range<u64> {
        match request {
            Request::Run(run) => run.first..run.first + run.count,
            Request::Share {
                index, of, limit, ..
            } => {
                let plan = self.plan();
                let len = u64::from(self.packet_len);
                let share = segments::share(plan.file_len(), len, (*index).into(), (*of).into());
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

    /// The bytes of packet `id`.
    pub fn bytes(&self, id: u64) -> Vec<u8> {
        let bytes = self.plan().bytes_of(&(id..id + 1));
        self.file[bytes.start as usize..bytes.end as usize].to_vec()
    }

    /// The whole frame of packet `id`.
    pub fn packet(&self, id: u64) -> Vec<u8> {
        packet_of(id, &self.bytes(id))
    }

    pub fn say(&mut self, reply: &Reply) -> io::Result<()> {
        let mut out = Vec::new();
        reply.encode(&mut out);
        self.raw(&out)
    }

    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)
    }

    /// A frame of any kind, length and payload; its checksum is right where the length is.
    pub fn frame(&mut self, kind: u8, len: u32, payload: &[u8]) -> io::Result<()> {
        let header = Header {
            len,
            ..Header::of(kind, payload)
        };
        self.raw(&header.to_bytes())?;
        self.raw(payload)
    }

    /// Says the same for ever.
    pub fn flood(&mut self, reply: &Reply) -> io::Result<bool> {
        let mut one = Vec::new();
        reply.encode(&mut one);
        let many = one.repeat(1000);
        loop {
            self.raw(&many)?;
        }
    }

    /// Says these bytes one a second, and then nothing more.
    pub fn dribble(&mut self, bytes: &[u8]) -> io::Result<bool> {
        for byte in bytes {
            self.raw(&[*byte])?;
            self.pause(Duration::from_secs(1));
        }
        self.silence()
    }

    /// Says nothing more, and listens to nothing.
    pub fn silence(&mut self) -> io::Result<bool> {
        while !self.over.load(Ordering::Relaxed) {
            self.pause(Duration::from_millis(50));
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Waits until something has happened, and a moment for its bytes to arrive; not for ever.
    pub fn wait_for(&self, happened: &AtomicBool) {
        for _ in 0..200 {
            if happened.load(Ordering::Relaxed) {
                return self.pause(Duration::from_millis(100));
            }
            self.pause(Duration::from_millis(20));
        }
    }

    /// Lets time pass, which the client is to spend waiting.
    fn pause(&self, time: Duration) {
        let until = std::time::Instant::now() + time;
        while !self.over.load(Ordering::Relaxed) && std::time::Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    pub fn refuse(&mut self, refusal: Refusal, message: &str) -> io::Result<bool> {
        let message = message.to_owned();
        self.say(&Reply::Refused { refusal, message })?;
        // As the protocol has it.
        let stays = matches!(refusal, Refusal::NoSuchFile | Refusal::Unreadable);
        match stays {
            true => Ok(true),
            false => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

pub fn welcome() -> Reply {
    Reply::Welcome {
        software: "by hand".to_owned(),
    }
}

/// The frame of a packet with its right checksum.
pub fn packet_of(id: u64, bytes: &[u8]) -> Vec<u8> {
    let len = bytes.len() as u32;
    let head = PacketHead { id, len };
    let checksum = frame_checksum(head.checksum_start(), bytes);
    let mut frame = head.to_bytes(checksum).to_vec();
    frame.extend_from_slice(bytes);
    frame
}

/// Every kind of reply.
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
