//! Starts and stops a server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use lanes_shared::link::{LinkProfile, ProfileError};

use crate::accept::acceptor::{self, TcpAcceptor};
use crate::accept::leader_followers::AcceptorPool;
use crate::config::Config;
use crate::content::file_root::FileRoot;
use crate::emulation::capture::Capture;
use crate::emulation::link_policy::LinkPolicy;
use crate::results::collection::ResultCollection;
use crate::state::ServerState;
use crate::telemetry::event_log::LogLine;
use crate::telemetry::stats::Stats;

/// The reason for which a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another program listens on the address.
    #[error("port in use, {0}: stop the other program or choose another port")]
    AddrInUse(SocketAddr),
    /// The root folder cannot be opened.
    #[error("cannot open the folder {path}: {1}; choose a readable folder", path = .0.display())]
    Root(PathBuf, #[source] io::Error),
    /// The file for captured packets cannot be created.
    #[error("cannot create the capture {path}: {1}", path = .0.display())]
    Capture(PathBuf, #[source] io::Error),
    /// The system refuses to listen on the address, or to start a thread.
    #[error("cannot listen on {0}: {1}; choose another address")]
    Io(SocketAddr, #[source] io::Error),
}

/// A running server. Dropping it stops it and joins all its threads.
pub struct Server {
    addr: SocketAddr,
    state: Arc<ServerState>,
    hasher: Option<JoinHandle<()>>,
    pool: Option<Arc<AcceptorPool<TcpAcceptor>>>,
}

impl Server {
    /// Starts a server. Clients can connect when this returns.
    ///
    /// # Errors
    /// [`ServerError::Root`] if the root folder cannot be opened, [`ServerError::Capture`] if the
    /// capture cannot be created, [`ServerError::AddrInUse`] if the
    /// port is in use, and [`ServerError::Io`] for other errors of the system.
    pub fn start(config: Config) -> Result<Self, ServerError> {
        let files = FileRoot::new(config.root, config.samples)
            .map_err(|error| ServerError::Root(error.path, error.source))?;
        let capture = config.capture.as_deref().map(Capture::create).transpose();
        let to_capture_error =
            |error| ServerError::Capture(config.capture.clone().unwrap_or_default(), error);
        let capture = capture.map_err(to_capture_error)?.map(Arc::new);
        let policy = LinkPolicy {
            default: config.link,
            fixed: config.fixed_link,
        };
        let to_server_error = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => ServerError::AddrInUse(config.listen),
            _ => ServerError::Io(config.listen, error),
        };
        let listener = acceptor::listen(config.listen).map_err(to_server_error)?;
        let addr = listener.local_addr().map_err(to_server_error)?;
        // From here on, dropping the server undoes everything.
        let mut server = Self {
            addr,
            state: Arc::new(ServerState::new(
                files,
                (policy, capture),
                config.max_connections,
                config.timeouts,
                config.on_change,
            )),
            hasher: None,
            pool: None,
        };
        server.state.set_results(config.results);
        let state = Arc::clone(&server.state);
        let hasher = Builder::new().name("hasher".into());
        let hasher = hasher.spawn(move || state.digests.run());
        server.hasher = Some(hasher.map_err(to_server_error)?);
        let acceptor = TcpAcceptor::new(listener, addr, Arc::clone(&server.state));
        server.pool = Some(AcceptorPool::start(acceptor).map_err(to_server_error)?);
        server.state.log.info(&format!(
            "serving at most {} connections on {}",
            config.max_connections, server.addr
        ));
        if let Some(file) = &config.capture {
            let file = file.display();
            server
                .state
                .log
                .info(&format!("packets of emulated links are captured in {file}"));
        }
        if !server.addr.ip().to_canonical().is_loopback() {
            server.state.log.warn(&format!(
                "every host that reaches {} can read the served files: there is neither a password \
                 nor encryption",
                server.addr
            ));
        }
        Ok(server)
    }

    /// Returns the address on which the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns a snapshot of the statistics. Cheap enough for every frame of a window.
    pub fn stats(&self) -> Stats {
        self.state.stats()
    }

    /// Returns the link that is emulated for clients without a profile of their own; `None` for no
    /// emulation.
    pub fn link(&self) -> Option<LinkProfile> {
        self.state.sessions.default_link()
    }

    /// Sets [`Self::link`]. Connections on the old link move to the new one like new connections:
    /// they pause for 1.5 round trips and start slowly. A connection without an emulated link joins
    /// the new one with its next request over HTTP, and never over the Lanes protocol.
    ///
    /// # Errors
    /// If a field of the profile is out of range; nothing changes then.
    pub fn set_link(&self, link: Option<LinkProfile>) -> Result<(), ProfileError> {
        self.state.set_link(link)
    }

    /// Keeps the results that clients send from now on in this list, or refuses them with `None`.
    pub fn set_results(&self, results: Option<Arc<ResultCollection>>) {
        self.state.set_results(results);
    }

    /// Returns the lines of the event log with a number above `after`. The last 500 lines are kept.
    pub fn log(&self, after: u64) -> Vec<LogLine> {
        self.state.log.after(after)
    }

    /// Stops the server: closes idle connections at once, and running transfers after
    /// [`Timeouts::shutdown`](crate::Timeouts::shutdown). All threads have ended on return.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.set_stopping();
        if let Some(pool) = self.pool.take() {
            acceptor::close(&pool);
        }
        if self
            .hasher
            .take()
            .is_some_and(|hasher| hasher.join().is_err())
        {
            tracing::error!("thread panicked: hasher");
        }
    }
}
