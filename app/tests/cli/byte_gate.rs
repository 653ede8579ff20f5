//! A gate before a server: it lets a number of bytes through to the client, then holds the rest
//! back until it is opened. So a test can stop a download half-way, on any machine.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, Builder};

#[derive(Clone)]
pub struct ByteGate {
    addr: SocketAddr,
    left: Arc<(Mutex<u64>, Condvar)>,
}

impl ByteGate {
    /// A gate that lets `bytes` through.
    pub fn new(server: SocketAddr, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Self {
            addr: listener.local_addr().unwrap(),
            left: Arc::new((Mutex::new(bytes), Condvar::new())),
        };
        let keeper = gate.clone();
        named(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                named(move || pass(from, to, |len| len));
                let keeper = keeper.clone();
                named(move || pass(server, client, |len| keeper.wait_for(len)));
            }
        });
        gate
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Whether all that may pass has passed.
    pub fn is_shut(&self) -> bool {
        *self.left.0.lock().unwrap() == 0
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        *self.left.0.lock().unwrap() = u64::MAX;
        self.left.1.notify_all();
    }

    /// How many of `len` bytes may pass; waits until one may.
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

/// The test's process ends with them: nobody joins these threads.
fn named(work: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    Builder::new().name("gate".to_owned()).spawn(work).unwrap()
}

/// Copies from one socket to the other, as fast as `may` allows, until either is gone.
fn pass(mut from: TcpStream, mut to: TcpStream, may: impl Fn(usize) -> usize) {
    let mut buf = [0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buf) {
        let mut rest = &buf[..len];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(may(rest.len()));
            if to.write_all(now).is_err() {
                return;
            }
            rest = later;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
