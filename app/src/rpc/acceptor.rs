//! Accepts connections at several addresses, and serves each on a thread of its own.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::http_connection;
use super::service::Service;

/// Most connections at once.
const MAX_CONNECTIONS: usize = 128;

/// Serves connections while `follow` runs, which ends with the signal of the service. All connections are closed
/// when it returns.
///
/// # Errors
/// A thread cannot be created.
pub(crate) fn serve(
    listeners: &[TcpListener],
    service: &Service<'_>,
    follow: impl FnOnce(),
) -> io::Result<()> {
    let connections = Connections::default();
    let signal = service.backend.signal();
    thread::scope(|scope| {
        let started = listeners.iter().try_for_each(|listener| {
            let accept = || accept_all(listener, service, &connections);
            let thread = thread::Builder::new().name("rpc-accept".into());
            thread.spawn_scoped(scope, accept).map(drop)
        });
        if started.is_ok() {
            follow();
        }
        signal.stop();
        service.backend.notifier().close();
        for listener in listeners {
            // Wakes the thread that accepts.
            if let Ok(address) = listener.local_addr().map(loopback) {
                let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
            }
        }
        connections.shut_down();
        started
    })
}

/// Returns the address at which this machine reaches a listener.
pub(crate) fn loopback(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The open connections, so that the daemon can end them.
#[derive(Default)]
struct Connections {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    streams: HashMap<u64, Arc<TcpStream>>,
    next: u64,
    is_closed: bool,
}

impl Connections {
    /// Adds a connection; `None` if there are too many, or the daemon is ending.
    fn add(&self, stream: &Arc<TcpStream>) -> Option<u64> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_closed || open.streams.len() >= MAX_CONNECTIONS {
            return None;
        }
        let number = open.next;
        open.next += 1;
        open.streams.insert(number, Arc::clone(stream));
        Some(number)
    }

    fn remove(&self, number: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.streams.remove(&number);
    }

    fn shut_down(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.is_closed = true;
        for stream in open.streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Accepts connections until the signal; each is served by a thread of its own.
fn accept_all(listener: &TcpListener, service: &Service<'_>, connections: &Connections) {
    let signal = service.backend.signal();
    thread::scope(|scope| {
        while !signal.is_stopped() {
            let Ok((stream, _)) = listener.accept() else {
                // Out of descriptors, for example.
                signal.wait_stopped(Duration::from_millis(50));
                continue;
            };
            let stream = Arc::new(stream);
            let Some(number) = connections.add(&stream) else {
                http_connection::refuse(&stream);
                continue;
            };
            let work = move || {
                http_connection::serve(service, &stream);
                connections.remove(number);
            };
            let thread = thread::Builder::new().name("rpc-connection".into());
            if thread.spawn_scoped(scope, work).is_err() {
                connections.remove(number);
            }
        }
    });
}
