//! A proxy in front of a server that forwards a fixed number of bytes to the client, then holds the
//! rest back until it is opened. A test can stop a download half-way with it, however fast the machine is.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, Builder};

/// A proxy that forwards server data up to a byte budget; client data always passes.
#[derive(Clone)]
pub struct ByteGate {
    addr: SocketAddr,
    left: Arc<(Mutex<u64>, Condvar)>,
}

impl ByteGate {
    /// Starts a gate in front of `server` that forwards `bytes` bytes in all.
    pub fn new(server: SocketAddr, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Self {
            addr: listener.local_addr().unwrap(),
            left: Arc::new((Mutex::new(bytes), Condvar::new())),
        };
        let budget = gate.clone();
        spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                spawn(move || forward(from, to, |len| len));
                let budget = budget.clone();
                spawn(move || forward(server, client, |len| budget.wait_for(len)));
            }
        });
        gate
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns true when the byte budget is used up.
    pub fn is_closed(&self) -> bool {
        *self.left.0.lock().unwrap() == 0
    }

    /// Forwards everything from now on.
    pub fn open(&self) {
        *self.left.0.lock().unwrap() = u64::MAX;
        self.left.1.notify_all();
    }

    /// Waits for budget, then takes at most `len` bytes from it and returns how many.
    fn wait_for(&self, len: usize) -> usize {
        let left = self.left.0.lock().unwrap();
        let mut left = self.left.1.wait_while(left, |left| *left == 0).unwrap();
        let passing = (*left).min(len as u64);
        if *left != u64::MAX {
            *left -= passing;
        }
        passing as usize
    }
}

/// Starts a thread that is not joined; it ends with the test process.
fn spawn(work: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    Builder::new().name("gate".to_owned()).spawn(work).unwrap()
}

/// Copies from one socket to the other until either closes; `allow` limits each write.
fn forward(mut from: TcpStream, mut to: TcpStream, allow: impl Fn(usize) -> usize) {
    let mut buf = [0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buf) {
        let mut rest = &buf[..len];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(allow(rest.len()));
            if to.write_all(now).is_err() {
                return;
            }
            rest = later;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
