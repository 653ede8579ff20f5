//! Runs the daemon: binds the addresses, accepts connections, and ends when it is told to.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::access::Access;
use super::daemon::{Daemon, StartError};
use super::daemon_file::DaemonFile;
use super::http_connection;
use super::service::Service;
use super::stop_signal::StopSignal;

/// Default address: that of aria2.
pub(crate) const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 6800);
/// Default port of Motrix, where some clients look. It is used besides the default address if it is free.
const MOTRIX_PORT: u16 = 16800;
/// Most connections at once.
const MAX_CONNECTIONS: usize = 128;
/// Longest time that the engine's threads may take to end. One that resolves a name cannot be interrupted; the
/// queue is on the disk by then.
const MAX_ENDING: Duration = Duration::from_secs(7);

/// Settings of a daemon.
pub(crate) struct Settings {
    /// Address to listen at; `None` for the default one, and Motrix's port if it is free.
    pub listen: Option<SocketAddr>,
    /// Token that clients need.
    pub secret: Option<String>,
    /// Origins and hosts that may use the interface.
    pub access: Access,
    /// Folder for downloads.
    pub root: PathBuf,
    /// Folder of the state.
    pub state: PathBuf,
}

/// Reason why the daemon cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address is in use.
    #[error(
        "{0} is in use: another program, perhaps aria2, listens there; end it, or choose another address with --rpc-listen"
    )]
    InUse(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Reason.
        error: io::Error,
    },
    /// The daemon cannot start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A thread cannot be created, or the daemon's file cannot be written.
    #[error("cannot run the daemon: {0}")]
    Io(#[from] io::Error),
}

/// A daemon that accepts connections from the moment it is bound.
pub(crate) struct Server {
    listeners: Vec<TcpListener>,
    service: Service,
    state: PathBuf,
    /// A notice about a damaged state.
    pub notice: Option<String>,
}

impl Server {
    /// Binds the addresses and starts the daemon.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub(crate) fn bind(settings: Settings) -> Result<Self, ServeError> {
        // First, so that a second daemon ends before it touches the state.
        let mut listeners = vec![listen(settings.listen.unwrap_or(DEFAULT_ADDRESS))?];
        if settings.listen.is_none() {
            let besides = SocketAddr::new(DEFAULT_ADDRESS.ip(), MOTRIX_PORT);
            listeners.extend(listen(besides).ok());
        }
        let (daemon, notice) = Daemon::start(&settings.root, &settings.state)?;
        let address = loopback(listeners[0].local_addr()?);
        let file = DaemonFile {
            address,
            secret: settings.secret.clone(),
            process: std::process::id(),
        };
        file.write(&settings.state)?;
        Ok(Self {
            listeners,
            service: Service {
                daemon,
                secret: settings.secret,
                access: settings.access,
            },
            state: settings.state,
            notice,
        })
    }

    /// Returns the addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
    }

    /// Returns the signal that ends [`Self::run`].
    pub(crate) fn signal(&self) -> Arc<StopSignal> {
        Arc::clone(self.service.daemon.signal())
    }

    /// Serves until the signal. The queue is saved before it returns.
    ///
    /// # Errors
    /// A thread cannot be created.
    pub(crate) fn run(self) -> Result<(), ServeError> {
        let Self {
            listeners,
            service,
            state,
            ..
        } = self;
        let connections = Connections::default();
        let signal = service.daemon.signal();
        let ran = thread::scope(|scope| {
            for listener in &listeners {
                let accept = || accept_all(listener, &service, &connections);
                thread::Builder::new()
                    .name("rpc-accept".into())
                    .spawn_scoped(scope, accept)?;
            }
            service.daemon.run();
            signal.stop();
            service.daemon.notifier.close();
            for listener in &listeners {
                // Wakes the thread that accepts.
                let address = listener.local_addr().map(loopback)?;
                let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
            }
            connections.shut_down();
            io::Result::Ok(())
        });
        // Also after an error, so that the queue is saved.
        DaemonFile::remove(&state);
        close(service.daemon);
        Ok(ran?)
    }
}

/// Closes the daemon on a thread of its own, and waits for that a limited time.
fn close(daemon: Daemon) {
    let (closed, is_closed) = crossbeam_channel::bounded(1);
    let closing = thread::Builder::new()
        .name("rpc-close".into())
        .spawn(move || {
            daemon.close();
            let _ = closed.send(());
        });
    if let Ok(thread) = closing
        && is_closed.recv_timeout(MAX_ENDING).is_ok()
    {
        let _ = thread.join();
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::InUse(address),
        _ => ServeError::Listen { address, error },
    })
}

/// Returns the address at which this machine reaches a listener.
fn loopback(address: SocketAddr) -> SocketAddr {
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
fn accept_all(listener: &TcpListener, service: &Service, connections: &Connections) {
    let signal = service.daemon.signal();
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
