//! Downloads without any screen: threads, channels, files. Knows nothing of egui.

mod command;
mod request;
mod snapshot;
pub mod source;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lanes_shared::checksum::Digest;

pub use command::{Command, DownloadId};
pub use request::{Checksum, DEFAULT_CONNECTIONS, Destination, MAX_CONNECTIONS, Mode, Request};
pub use snapshot::{
    Catalogue, Cell, ConnectionSnapshot, ConnectionState, DownloadSnapshot, DownloadState,
    MAP_CELLS, Snapshot,
};

/// Called, from any thread, when a snapshot has news. It must return at once.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// The engine: owns the downloads and their threads. Dropping it pauses every download, keeps what
/// came, and joins every thread.
pub struct Engine {}

impl Engine {
    /// Starts the engine's thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(waker: Waker) -> std::io::Result<Self> {
        let _ = waker;
        Ok(Self {})
    }

    /// Starts a download and says which number it has.
    pub fn add(&self, request: Request) -> DownloadId {
        let _ = request;
        DownloadId(0)
    }

    /// Sends an order. Never waits.
    pub fn send(&self, command: Command) {
        let _ = command;
    }

    /// Everything the engine knows now. Cheap: clones pointers.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }
}

/// A switch that stops a download from another thread. Clones share one switch.
#[derive(Clone, Default)]
pub struct Stop {}

impl Stop {
    /// Stops the download: its sockets are shut, [`fetch`] returns [`FetchError::Stopped`].
    pub fn stop(&self) {}
}

/// What became of a download that ended well.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Where the file is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// Completion time: from the start before the first connect to the verified file in place.
    pub elapsed: Duration,
    /// How many connections were used.
    pub connections: u16,
    /// Bytes that were there from an earlier attempt.
    pub resumed_bytes: u64,
    /// How often a connection was made anew.
    pub retries: u32,
    /// The file's BLAKE3 digest.
    pub digest: Digest,
    /// What else the user should know, in words.
    pub notices: Vec<String>,
}

/// Why a download ended without its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// [`Stop::stop`] was called. What came is kept.
    #[error("stopped; what came is kept")]
    Stopped,
    /// It failed; the reason in words. What came is kept.
    #[error("{0}")]
    Failed(String),
}

/// Downloads one file on this thread (and its workers) and returns when it is in place.
///
/// `observe` is given a snapshot about ten times a second and once at the end.
///
/// # Errors
/// See [`FetchError`].
pub fn fetch(
    request: &Request,
    stop: &Stop,
    observe: &mut dyn FnMut(&Arc<DownloadSnapshot>),
) -> Result<Outcome, FetchError> {
    let _ = (request, stop, observe);
    Err(FetchError::Stopped)
}

/// Asks a server for its whole catalogue, sorted by name. Waits at most about ten seconds.
///
/// # Errors
/// In words.
pub fn list(server: &source::ServerName) -> Result<Vec<lanes_shared::catalog::Entry>, String> {
    let _ = server;
    Err(String::new())
}
