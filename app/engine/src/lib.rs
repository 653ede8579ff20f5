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

use std::sync::Arc;

use lanes_shared::catalog::Entry;

use crate::download::download_context::{Detail, DownloadContext};
use crate::download::shared_limits::SharedLimits;

pub use crate::manager::batch::{BatchEvent, fetch_all};
pub use crate::manager::engine::Engine;
pub use crate::manager::metalink_fetch::{fetch_metalink, open_metalink};
pub use crate::manager::probe::probe;
pub use crate::model::checksum::Checksum;
pub use crate::model::command::{Command, DownloadId, Limits};
pub use crate::model::connection_state::ConnectionState;
pub use crate::model::file_name::safe_name;
pub use crate::model::http_options::{Auth, HttpOptions, ProxyChoice};
pub use crate::model::http_url::HttpUrl;
pub use crate::model::log::LogLine;
pub use crate::model::outcome::{FetchError, Outcome};
pub use crate::model::piece_hashes::PieceHashes;
pub use crate::model::probe::Probe;
pub use crate::model::snapshot::{
    Catalogue, Cell, Check, ConnectionSnapshot, DownloadSnapshot, DownloadState, MAP_CELLS,
    Snapshot,
};
pub use crate::model::source_url::{ServerName, Source, SourceError};
pub use crate::model::spec::{
    DEFAULT_CONNECTIONS, Destination, DownloadSpec, MAX_CONNECTIONS, MOST_IF_AUTO, Mode, PER_HOST,
};
pub use crate::model::timeline::{Arrival, Timeline, Track};
pub use crate::storage::target_path::{desktop, save_new};
pub use crate::sync::cancel::CancelToken;

/// Called, from any thread, when a snapshot has news. It must return at once.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

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
    cancel: &CancelToken,
    observe: &mut dyn FnMut(&Arc<DownloadSnapshot>),
) -> Result<Outcome, FetchError> {
    let context = DownloadContext::new(DownloadId(0), Detail::Full, SharedLimits::default());
    download::retry_loop::run(&context, request.clone().into(), cancel, None, observe).result
}

/// Asks a server for its whole catalogue, sorted by name. Waits at most ten seconds for a
/// connection, and a minute for all of it.
///
/// # Errors
/// In words.
pub fn list(server: &ServerName) -> Result<Vec<Entry>, String> {
    protocol::lanes::catalogue::list(server).map_err(|error| error.to_string())
}
