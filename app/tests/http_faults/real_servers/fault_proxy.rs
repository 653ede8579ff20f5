//! A TCP proxy that splits, corrupts or truncates what the server sends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};

/// Fault of one connection, in the direction from the server to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyFault {
    /// Forwards in writes of odd lengths, without any other fault.
    SplitWrites,
    /// Flips one bit of the byte at this offset.
    FlipBit(usize),
    /// Closes the connection before this offset, without a TLS `close_notify`.
    Close(usize),
}

/// A proxy that runs until it is dropped.
pub struct FaultProxy {
    addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    accept_thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts a proxy to a local port. Connection `n` gets `faults[n]`, later connections the last fault.
    pub fn to(port: u16, faults: &'static [ProxyFault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (connections, stopped) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (counter, stop) = (Arc::clone(&connections), Arc::clone(&stopped));
        let accept = move || {
            let mut threads = Vec::new();
            loop {
                let (client, _) = listener.accept().unwrap();
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let number = counter.fetch_add(1, Ordering::Relaxed);
                let fault = faults[number.min(faults.len() - 1)];
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (to, from) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                threads.push(spawn(move || {
                    forward_and_close(client, server, ProxyFault::SplitWrites);
                }));
                threads.push(spawn(move || forward_and_close(from, to, fault)));
            }
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        };
        Self {
            addr,
            connections,
            stopped,
            accept_thread: Some(spawn(accept)),
        }
    }

    pub fn port(&self) -> u16 {
        self.addr.port()
    }

    /// Returns the number of accepted connections.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.addr));
        self.accept_thread.take().map(JoinHandle::join);
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new()
        .name("fault-proxy".to_owned())
        .spawn(run)
        .unwrap()
}

/// Forwards until either side closes, then closes both.
fn forward_and_close(from: TcpStream, to: TcpStream, fault: ProxyFault) {
    let _ = forward(&from, &to, fault);
    for side in [from, to] {
        let _ = side.shutdown(Shutdown::Both);
    }
}

fn forward(mut from: &TcpStream, mut to: &TcpStream, fault: ProxyFault) -> io::Result<()> {
    let mut buf = [0; 40_000];
    let mut forwarded = 0;
    loop {
        // Short writes at the start split every handshake message.
        let most = if forwarded < 4000 {
            1 + forwarded % 7
        } else {
            buf.len()
        };
        let len = from.read(&mut buf[..most])?;
        let bytes = &mut buf[..len];
        match fault {
            ProxyFault::FlipBit(at) if (forwarded..forwarded + len).contains(&at) => {
                bytes[at - forwarded] ^= 4;
            }
            ProxyFault::Close(at) if forwarded + len > at => return Ok(()),
            _ => {}
        }
        if len == 0 {
            return Ok(());
        }
        to.write_all(bytes)?;
        forwarded += len;
    }
}
