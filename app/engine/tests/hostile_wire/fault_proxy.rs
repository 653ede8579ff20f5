//! A TCP proxy that injects faults into each direction of a connection as its [`FaultPlan`] states.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use socket2::SockRef;

use super::wire_faults::{Fault, FaultPlan};

/// Returns the plans of connection `n`, counted from 0: client to server, and server to client.
pub type FaultPlans = dyn Fn(u64) -> [FaultPlan; 2] + Send + Sync;

/// A proxy that runs until it is dropped.
pub struct FaultProxy {
    addr: SocketAddr,
    shared: Arc<Shared>,
    accept_thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    sockets: Mutex<Vec<TcpStream>>,
    pumps: Mutex<Vec<JoinHandle<()>>>,
    /// Number of bytes forwarded to clients.
    bytes_to_client: AtomicU64,
    connections: AtomicU64,
}

impl FaultProxy {
    pub fn start(server: SocketAddr, plans: Box<FaultPlans>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let accept = move || {
            while let Ok((client, _)) = listener.accept() {
                if own.stopped.load(Ordering::Relaxed) {
                    return;
                }
                // Without a server the client's connection is closed.
                if let Ok(server) = TcpStream::connect(server) {
                    let number = own.connections.fetch_add(1, Ordering::Relaxed);
                    own.connect(client, server, plans(number));
                }
            }
        };
        let accept_thread = Builder::new().name("proxy".into()).spawn(accept).unwrap();
        Self {
            addr,
            shared,
            accept_thread: Some(accept_thread),
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the number of bytes forwarded to clients.
    pub fn bytes_to_client(&self) -> u64 {
        self.shared.bytes_to_client.load(Ordering::Relaxed)
    }

    /// Returns the number of proxied connections.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.addr));
        self.accept_thread.take().unwrap().join().unwrap();
        for socket in self.shared.sockets.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
        for pump in self.shared.pumps.lock().unwrap().drain(..) {
            pump.join().unwrap();
        }
    }
}

impl Shared {
    fn connect(self: &Arc<Self>, client: TcpStream, server: TcpStream, plans: [FaultPlan; 2]) {
        let clone = |socket: &TcpStream| socket.try_clone().unwrap();
        for socket in [&client, &server] {
            socket.set_nodelay(true).unwrap();
            self.sockets.lock().unwrap().push(clone(socket));
        }
        let [to_server, to_client] = plans;
        let back = (clone(&server), clone(&client), to_client, true);
        for (from, to, plan, is_to_client) in [(client, server, to_server, false), back] {
            let shared = Arc::clone(self);
            let pump = move || {
                let mut pump = Pump {
                    shared: &shared,
                    from,
                    to,
                    is_to_client,
                };
                // If one direction ends, both sides are closed.
                if pump.run(plan).is_none() {
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
    is_to_client: bool,
}

impl Pump<'_> {
    /// Forwards bytes until one side closes (`None`) or a stall begins (`Some`).
    fn run(&mut self, plan: FaultPlan) -> Option<()> {
        let mut faults = plan.faults.into_iter().peekable();
        let mut buffer = Vec::new();
        let mut at = 0;
        loop {
            self.read_more(&mut buffer)?;
            // A fault whose offset was dropped by the previous fault applies to the next byte.
            let is_due = |offset: u64, at: u64, buffer: &[u8]| {
                !buffer.is_empty() && offset < at + buffer.len() as u64
            };
            while let Some((offset, fault)) = faults.next_if(|(o, _)| is_due(*o, at, &buffer)) {
                let before = offset.saturating_sub(at) as usize;
                self.forward(buffer.drain(..before).as_slice(), plan.rate)?;
                at += before as u64;
                let old = buffer.len();
                if self.apply(fault, &mut buffer)? {
                    return Some(());
                }
                at += (old - buffer.len().min(old)) as u64;
            }
            at += buffer.len() as u64;
            self.forward(&buffer, plan.rate)?;
            buffer.clear();
        }
    }

    /// Applies a fault to the start of the buffer. Returns `None` if the connection closes, `Some(true)` if
    /// it stalls.
    fn apply(&mut self, fault: Fault, buffer: &mut Vec<u8>) -> Option<bool> {
        match fault {
            Fault::FlipBit(bit) => buffer[0] ^= 1 << bit,
            Fault::Close => return None,
            Fault::Reset => {
                for socket in [&self.from, &self.to] {
                    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
                }
                // The other direction holds clones of the sockets; RST is sent only once all are closed.
                let _ = self.to.shutdown(Shutdown::Both);
                return None;
            }
            Fault::Stall => return Some(true),
            Fault::Delay(time) => self.sleep(time),
            Fault::Swap(len) => {
                self.fill(buffer, 2 * len);
                let half = len.min(buffer.len() / 2);
                buffer[..2 * half].rotate_left(half);
            }
            Fault::Duplicate(len) => {
                self.fill(buffer, len);
                let repeated = buffer[..len.min(buffer.len())].to_vec();
                self.forward(&repeated, None)?;
            }
            Fault::Drop(len) => {
                self.fill(buffer, len);
                buffer.drain(..len.min(buffer.len()));
            }
        }
        Some(false)
    }

    fn read_more(&mut self, buffer: &mut Vec<u8>) -> Option<()> {
        let mut buf = [0; 16 * 1024];
        let len = self.from.read(&mut buf).ok().filter(|len| *len > 0)?;
        buffer.extend_from_slice(&buf[..len]);
        Some(())
    }

    /// Reads until the buffer has `len` bytes, or until no bytes arrive for 50 ms.
    fn fill(&mut self, buffer: &mut Vec<u8>, len: usize) {
        let _ = self.from.set_read_timeout(Some(Duration::from_millis(50)));
        while buffer.len() < len && self.read_more(buffer).is_some() {}
        let _ = self.from.set_read_timeout(None);
    }

    fn forward(&mut self, bytes: &[u8], rate: Option<u64>) -> Option<()> {
        // Writes of 100 ms each.
        let chunk_len = rate.map_or(usize::MAX, |rate| (rate / 10).max(1) as usize);
        for chunk in bytes.chunks(chunk_len) {
            self.to.write_all(chunk).ok()?;
            if self.is_to_client {
                let len = chunk.len() as u64;
                self.shared
                    .bytes_to_client
                    .fetch_add(len, Ordering::Relaxed);
            }
            if let Some(rate) = rate {
                self.sleep(Duration::from_secs_f64(chunk.len() as f64 / rate as f64));
            }
        }
        Some(())
    }

    /// Waits for `time`, or until the proxy stops.
    fn sleep(&self, time: Duration) {
        let step = Duration::from_millis(20);
        let until = std::time::Instant::now() + time;
        while !self.shared.stopped.load(Ordering::Relaxed) && std::time::Instant::now() < until {
            std::thread::park_timeout(step.min(time));
        }
    }
}
