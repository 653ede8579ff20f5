//! Runs the daemon: binds its addresses, serves clients, and ends with its signal.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::acceptor::{self, loopback};
use super::access::Access;
use super::backend::Backend as _;
use super::daemon::{Daemon, StartError};
use super::daemon_file::DaemonFile;
use super::listen::{DEFAULT_ADDRESS, ListenError, MOTRIX_ADDRESS, listen};
use super::service::Service;
use super::stop_signal::StopSignal;

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
    /// The address is in use, or cannot be used.
    #[error("{0}; end that program, or choose another address with --rpc-listen")]
    Listen(#[from] ListenError),
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
    daemon: Daemon,
    secret: Option<String>,
    access: Access,
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
            listeners.extend(TcpListener::bind(MOTRIX_ADDRESS).ok());
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
            daemon,
            secret: settings.secret,
            access: settings.access,
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
        Arc::clone(self.daemon.signal())
    }

    /// Serves until the signal. The queue is saved before it returns.
    ///
    /// # Errors
    /// A thread cannot be created.
    pub(crate) fn run(self) -> Result<(), ServeError> {
        let service = Service {
            backend: &self.daemon,
            secret: self.secret.as_deref(),
            access: &self.access,
        };
        let served = acceptor::serve(&self.listeners, &service, || self.daemon.run());
        // Also after an error, so that the queue is saved.
        DaemonFile::remove(&self.state);
        close(self.daemon);
        Ok(served?)
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
