//! Downloads without any screen: threads, channels, files. Knows nothing of egui.
//!
//! [`Engine`] owns many downloads and is spoken to by [`Command`] and [`Snapshot`]; [`fetch`] runs
//! one on the caller's thread. Both are the same underneath: a director a download, a worker a
//! connection.

mod download;
mod manager;
pub mod metalink;
mod model;
mod protocol;
mod scheduling;
mod storage;
mod sync;
mod telemetry;
mod transfer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lanes_shared::catalog::Entry;
use lanes_shared::checksum::Digest;
use lanes_shared::wire::LinkReport;

pub use crate::manager::batch::{BatchEvent, fetch_all};
pub use crate::manager::engine::Engine;
pub use crate::manager::probe::{Probe, probe};
pub use crate::model::command::{Command, DownloadId, Limits};
pub use crate::model::http_options::{Auth, HttpOptions, ProxyChoice};
pub use crate::model::http_url::HttpUrl;
pub use crate::model::log::LogLine;
pub use crate::model::piece_hashes::PieceHashes;
pub use crate::model::snapshot::{
    Catalogue, Cell, Check, ConnectionSnapshot, ConnectionState, DownloadSnapshot, DownloadState,
    MAP_CELLS, Snapshot,
};
pub use crate::model::source_url::{ServerName, Source, SourceError};
pub use crate::model::spec::{
    Checksum, DEFAULT_CONNECTIONS, Destination, DownloadSpec, MAX_CONNECTIONS, MOST_IF_AUTO, Mode,
    PER_HOST,
};
pub use crate::model::timeline::{Arrival, Timeline, Track};
pub use crate::protocol::http::transport::pool::ConnectionPool;
pub use crate::scheduling::connection_budget::ConnectionBudget;
pub use crate::scheduling::host_limiter::HostLimiter;
pub use crate::storage::target_path::{desktop, safe_name, save_new};
pub use crate::sync::cancel::CancelToken;
pub use crate::sync::rate_limiter::RateLimiter;

/// Called, from any thread, when a snapshot has news. It must return at once.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

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
    /// The file's BLAKE3 digest, where the source gives it or the user asked for it.
    pub digest: Option<Digest>,
    /// The names of the digests that the file was found to have; none when the source gives none and
    /// only the length could be checked.
    pub checked: Vec<&'static str>,
    /// How the emulated link did, where one was asked for and the server said it.
    pub link_report: Option<LinkReport>,
    /// What else the user should know, in words.
    pub notices: Vec<String>,
}

/// Why a download ended without its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// [`CancelToken::stop`] was called. What came is kept.
    #[error("stopped; what came is kept")]
    Stopped,
    /// The server has no such file: its refusal, in words.
    #[error("{0}")]
    NoSuchFile(String),
    /// The file at the source is not the one that was begun, in words. What came is kept.
    #[error("{0}")]
    Changed(String),
    /// Pieces of the file are wrong, in words. What is right is kept: asked for again, only the wrong
    /// ones are fetched.
    #[error("{0}")]
    Damaged(String),
    /// The link leads to a Metalink file, and [`DownloadSpec::stop_at_metalink`] was asked for.
    #[error("the link leads to a Metalink file, which names other files")]
    Metalink,
    /// It failed; the reason in words. What came is kept.
    #[error("{0}")]
    Failed(String),
}

/// Downloads one file on this thread (and its workers) and returns when it is in place.
///
/// A [`CancelToken`] serves one download: one that fails throws it too, to end its own threads, and
/// [`CancelToken::rearm`] makes it ready for another. `observe` is given a snapshot about twenty times a
/// second, more often at first, and once at the end.
///
/// # Errors
/// See [`FetchError`].
pub fn fetch(
    request: &DownloadSpec,
    stop: &CancelToken,
    observe: &mut dyn FnMut(&Arc<DownloadSnapshot>),
) -> Result<Outcome, FetchError> {
    let past = download::download_context::Past::new(DownloadId(0));
    download::retry_loop::direct(&past, request.clone().into(), stop, None, observe).result
}

/// Asks a server for its whole catalogue, sorted by name. Waits at most ten seconds for a
/// connection, and a minute for all of it.
///
/// # Errors
/// In words.
pub fn list(server: &ServerName) -> Result<Vec<Entry>, String> {
    protocol::lanes::connection::list(server).map_err(|error| error.to_string())
}
