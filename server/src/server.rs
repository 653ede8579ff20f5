//! Starting and stopping a server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use lanes_shared::link::{LinkProfile, ProfileError};

use crate::config::Config;

use crate::accept::acceptor;
use crate::accept::acceptor::TcpAcceptor;
use crate::accept::leader_followers::AcceptorPool;
use crate::content::file_root::FileRoot;
use crate::emulation::LinkPolicy;
use crate::state::ServerState;
use crate::sync::lock;
use crate::telemetry::event_log::LogLine;
use crate::telemetry::stats::Stats;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another program listens there.
    #[error("another program uses this port, stop it or choose another port: {0}")]
    AddrInUse(SocketAddr),
    /// The folder cannot be served.
    #[error("cannot serve this folder, choose one that is there and may be read: {1}: {path}", path = .0.display())]
    Root(PathBuf, #[source] io::Error),
    /// The system does not let it listen there.
    #[error("cannot listen, choose another address: {1}: {0}")]
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
    /// Starts a server; when this returns, clients can connect.
    ///
    /// # Errors
    /// When the folder cannot be opened, the port is in use, or the system refuses something.
    pub fn start(config: Config) -> Result<Self, ServerError> {
        let files = FileRoot::new(config.root, config.samples)
            .map_err(|(path, error)| ServerError::Root(path, error))?;
        let link_policy = LinkPolicy {
            default: config.link,
            fixed: config.fixed_link,
        };
        let refuse = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => ServerError::AddrInUse(config.listen),
            _ => ServerError::Io(config.listen, error),
        };
        let listener = acceptor::listen(config.listen).map_err(refuse)?;
        // From here on dropping the server cleans up whatever has been started.
        let addr = listener.local_addr().map_err(refuse)?;
        let mut server = Self {
            addr,
            state: Arc::new(ServerState::new(
                files,
                link_policy,
                config.max_connections,
                config.timeouts,
                config.on_change,
            )),
            hasher: None,
            pool: None,
        };
        let state = Arc::clone(&server.state);
        let hasher = Builder::new().name("hasher".into());
        let hasher = hasher.spawn(move || state.digests.work()).map_err(refuse)?;
        server.hasher = Some(hasher);
        let entrance = TcpAcceptor::new(listener, addr, Arc::clone(&server.state));
        server.pool = Some(AcceptorPool::start(entrance).map_err(refuse)?);
        server.state.log.info(format!(
            "serving at most {} connections: {}",
            config.max_connections, server.addr
        ));
        Ok(server)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A snapshot of its numbers; cheap enough for every frame of a window.
    pub fn stats(&self) -> Stats {
        self.state.stats()
    }

    /// The link emulated for clients that bring none of their own; `None` for none.
    pub fn link(&self) -> Option<LinkProfile> {
        lock(&self.state.link_policy).default.clone()
    }

    /// Changes [`Self::link`]. Running connections over the old link go over the new one as if
    /// they were made anew: they pause for one and a half round trips and start slowly. A running
    /// connection over no emulated link gets one with its next request over HTTP, and none over
    /// the Lanes protocol.
    ///
    /// # Errors
    /// When a field has a value that it cannot have; nothing has changed then.
    pub fn set_link(&self, link: Option<LinkProfile>) -> Result<(), ProfileError> {
        self.state.set_link(link)
    }

    /// What happened, in words: the lines behind number `after`, of at most the last 500.
    pub fn log(&self, after: u64) -> Vec<LogLine> {
        self.state.log.after(after)
    }

    /// Stops: idle connections are told so at once, transfers may run on for [`Timeouts::shutdown`] and
    /// are then told or cut off. All threads have ended on return.
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
            tracing::error!("a thread panicked: hasher");
        }
    }
}
