//! A wire that can be spoilt: passes TCP connections on to a server, each direction by its [`Fate`].

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use socket2::SockRef;

use super::wire_faults::{Fate, Fault};

/// What becomes of connection `n`, counted from 0: of what its client says, and of what it hears.
pub type Fates = dyn Fn(u64) -> [Fate; 2] + Send + Sync;

/// Stands between clients and a server until it is dropped.
pub struct Proxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    sockets: Mutex<Vec<TcpStream>>,
    pumps: Mutex<Vec<JoinHandle<()>>>,
    /// Bytes that passed on to clients.
    passed: AtomicU64,
    connections: AtomicU64,
}

impl Proxy {
    pub fn start(server: SocketAddr, fates: Box<Fates>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let accept = move || {
            while let Ok((client, _)) = listener.accept() {
                if own.over.load(Ordering::Relaxed) {
                    return;
                }
                // A server that is gone is a client that hears the end.
                if let Ok(server) = TcpStream::connect(server) {
                    let number = own.connections.fetch_add(1, Ordering::Relaxed);
                    own.connect(client, server, fates(number));
                }
            }
        };
        let accepting = Builder::new().name("proxy".into()).spawn(accept).unwrap();
        Self {
            addr,
            shared,
            accepting: Some(accepting),
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Bytes that passed on to clients.
    pub fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::Relaxed)
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.addr));
        self.accepting.take().unwrap().join().unwrap();
        for socket in self.shared.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        for pump in self.shared.pumps.lock().unwrap().drain(..) {
            pump.join().unwrap();
        }
    }
}

impl Shared {
    fn connect(self: &Arc<Self>, client: TcpStream, server: TcpStream, fates: [Fate; 2]) {
        let second = |socket: &TcpStream| socket.try_clone().unwrap();
        for socket in [&client, &server] {
            socket.set_nodelay(true).unwrap();
            self.sockets.lock().unwrap().push(second(socket));
        }
        let [says, hears] = fates;
        let back = (second(&server), second(&client), hears, true);
        for (from, to, fate, counts) in [(client, server, says, false), back] {
            let shared = Arc::clone(self);
            let pump = move || {
                let mut pump = Pump {
                    shared: &shared,
                    from,
                    to,
                    counts,
                };
                // An end of either side is the end of both.
                if pump.run(fate).is_none() {
                    let _ = pump.from.shutdown(Shutdown::Both);
                    let _ = pump.to.shutdown(Shutdown::Both);
                }
            };
            let pump = Builder::new().name("pump".into()).spawn(pump).unwrap();
            self.pumps.lock().unwrap().push(pump);
        }
    }
}

/// One direction of one connection.
struct Pump<'a> {
    shared: &'a Shared,
    from: TcpStream,
    to: TcpStream,
    counts: bool,
}

impl Pump<'_> {
    /// Passes bytes on until one side ends (`None`), or nothing is to pass any more.
    fn run(&mut self, fate: Fate) -> Option<()> {
        let mut faults = fate.faults.into_iter().peekable();
        let mut waiting = Vec::new();
        let mut at = 0;
        loop {
            self.read_more(&mut waiting)?;
            // A fault whose place was lost by the one before meets the byte behind it.
            let is_here = |place: u64, at: u64, waiting: &[u8]| {
                !waiting.is_empty() && place < at + waiting.len() as u64
            };
            while let Some((place, fault)) = faults.next_if(|(p, _)| is_here(*p, at, &waiting)) {
                let before = place.saturating_sub(at) as usize;
                self.pass(waiting.drain(..before).as_slice(), fate.rate)?;
                at += before as u64;
                let old = waiting.len();
                if self.apply(fault, &mut waiting)? {
                    return Some(());
                }
                at += (old - waiting.len().min(old)) as u64;
            }
            at += waiting.len() as u64;
            self.pass(&waiting, fate.rate)?;
            waiting.clear();
        }
    }

    /// Does to the waiting bytes what is to happen. Returns whether nothing passes any more.
    fn apply(&mut self, fault: Fault, waiting: &mut Vec<u8>) -> Option<bool> {
        match fault {
            Fault::Flip(bit) => waiting[0] ^= 1 << bit,
            Fault::Cut => return None,
            Fault::Reset => {
                for socket in [&self.from, &self.to] {
                    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
                }
                // The other direction has handles too: only an end of all of them would reset.
                let _ = self.to.shutdown(Shutdown::Both);
                return None;
            }
            Fault::Stall => return Some(true),
            Fault::Delay(time) => self.wait(time),
            Fault::Swap(len) => {
                self.fill(waiting, 2 * len);
                let half = len.min(waiting.len() / 2);
                waiting[..2 * half].rotate_left(half);
            }
            Fault::Repeat(len) => {
                self.fill(waiting, len);
                let piece = waiting[..len.min(waiting.len())].to_vec();
                self.pass(&piece, None)?;
            }
            Fault::Drop(len) => {
                self.fill(waiting, len);
                waiting.drain(..len.min(waiting.len()));
            }
        }
        Some(false)
    }

    fn read_more(&mut self, waiting: &mut Vec<u8>) -> Option<()> {
        let mut buf = [0; 16 * 1024];
        let len = self.from.read(&mut buf).ok().filter(|len| *len > 0)?;
        waiting.extend_from_slice(&buf[..len]);
        Some(())
    }

    /// Reads until `len` bytes wait, if so many come soon.
    fn fill(&mut self, waiting: &mut Vec<u8>, len: usize) {
        let _ = self.from.set_read_timeout(Some(Duration::from_millis(50)));
        while waiting.len() < len && self.read_more(waiting).is_some() {}
        let _ = self.from.set_read_timeout(None);
    }

    fn pass(&mut self, bytes: &[u8], rate: Option<u64>) -> Option<()> {
        // In tenths of a second's worth.
        let piece = rate.map_or(usize::MAX, |rate| (rate / 10).max(1) as usize);
        for piece in bytes.chunks(piece) {
            self.to.write_all(piece).ok()?;
            if self.counts {
                let len = piece.len() as u64;
                self.shared.passed.fetch_add(len, Ordering::Relaxed);
            }
            if let Some(rate) = rate {
                self.wait(Duration::from_secs_f64(piece.len() as f64 / rate as f64));
            }
        }
        Some(())
    }

    /// Lets time pass: what the wire takes is what it is here for.
    fn wait(&self, time: Duration) {
        let step = Duration::from_millis(20);
        let until = std::time::Instant::now() + time;
        while !self.shared.over.load(Ordering::Relaxed) && std::time::Instant::now() < until {
            std::thread::park_timeout(step.min(time));
        }
    }
}
