//! A wire between a client and a server that is not what it should be.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};

/// What becomes of what the server sends over one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It comes in pieces of odd lengths.
    Pieces,
    /// One bit of it is turned behind so many bytes.
    Turned(usize),
    /// It ends without a word behind so many bytes.
    Cut(usize),
}

/// A wire that lies until it is dropped.
pub struct BadWire {
    addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl BadWire {
    /// Leads to `port` of this machine. The connections have these fates in turn, and the last of them
    /// for ever.
    pub fn to(port: u16, fates: &'static [Fate]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (connections, is_over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (made, over) = (Arc::clone(&connections), Arc::clone(&is_over));
        let accept = move || {
            let mut threads = Vec::new();
            loop {
                let (near, _) = listener.accept().unwrap();
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let number = made.fetch_add(1, Ordering::Relaxed);
                let fate = fates[number.min(fates.len() - 1)];
                let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (to, from) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                threads.push(spawn(move || pass(near, far, Fate::Pieces)));
                threads.push(spawn(move || pass(from, to, fate)));
            }
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        };
        Self {
            addr,
            connections,
            is_over,
            accepting: Some(spawn(accept)),
        }
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// How many connections were made over it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for BadWire {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.addr));
        self.accepting.take().map(JoinHandle::join);
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new()
        .name("bad-wire".to_owned())
        .spawn(run)
        .unwrap()
}

/// Passes on what comes until either side has enough.
fn pass(from: TcpStream, to: TcpStream, fate: Fate) {
    let _ = pass_on(&from, &to, fate);
    for side in [from, to] {
        let _ = side.shutdown(Shutdown::Both);
    }
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream, fate: Fate) -> io::Result<()> {
    let mut buf = [0; 40_000];
    let mut passed = 0;
    loop {
        // The first are short, so that each message of a handshake comes in several.
        let most = if passed < 4000 {
            1 + passed % 7
        } else {
            buf.len()
        };
        let len = from.read(&mut buf[..most])?;
        let piece = &mut buf[..len];
        match fate {
            Fate::Turned(at) if (passed..passed + len).contains(&at) => piece[at - passed] ^= 4,
            Fate::Cut(at) if passed + len > at => return Ok(()),
            _ => {}
        }
        if len == 0 {
            return Ok(());
        }
        to.write_all(piece)?;
        passed += len;
    }
}
