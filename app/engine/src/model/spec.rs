//! The specification of a download: the source, the destination and the options.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use lanes_shared::link::{LinkProfile, ProfileError};
use lanes_shared::packet::{DEFAULT_PACKET_LEN, PacketError, PacketPlan};
use lanes_shared::wire::Order;
use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use super::http_options::{HttpOptions, HttpOptionsError};
use super::lasting_id::LastingId;
use super::piece_hashes::PieceHashes;
use super::priority::Priority;
use super::retry_limits::RetryLimits;
use super::source_url::Source;

/// Most connections of one download.
pub const MAX_CONNECTIONS: u16 = 64;
/// Default number of connections of a download.
pub const DEFAULT_CONNECTIONS: u16 = 10;
/// Default limit of connections if their number is chosen automatically.
pub const DEFAULT_AUTO_LIMIT: u16 = 16;
/// Longest file that one connection brings as fast as several, in bytes.
pub(crate) const SMALL_FILE: u64 = 1 << 20;
/// Default limit of connections to one HTTP server.
pub const DEFAULT_PER_HOST: u16 = 16;

/// The transfer mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One connection, plain bytes in order.
    Stream,
    /// One connection, numbered packets.
    Packets,
    /// Many connections, numbered packets.
    Parallel,
}

impl Mode {
    /// All modes, the simplest first.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Packets, Self::Parallel];

    /// Returns the name of the mode, for the user interface and the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Packets => "packets",
            Self::Parallel => "parallel",
        }
    }

    /// Returns the number of connections that the mode opens if `requested` are requested.
    pub fn connections(self, requested: u16) -> u16 {
        match self {
            Self::Stream | Self::Packets => 1,
            Self::Parallel => requested.clamp(1, MAX_CONNECTIONS),
        }
    }
}

/// The destination of a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Destination {
    /// The Desktop, under the server's name.
    Desktop,
    /// This folder, under the server's name.
    Folder(PathBuf),
    /// This path. An existing device or pipe is written in order, and not replaced.
    File(PathBuf),
    /// The standard output, in order.
    Stdout,
}

impl Destination {
    /// Returns whether it contains the name of the file.
    pub fn names_file(&self) -> bool {
        matches!(self, Self::File(_) | Self::Stdout)
    }
}

/// Error in a [`DownloadSpec`], or a file that does not match it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpecError {
    /// The number of connections is out of range.
    #[error("invalid number of connections {0}: choose 1 to {MAX_CONNECTIONS}")]
    Connections(u16),
    /// There are mirrors, and one of them or the source is not on an HTTP server.
    #[error("mirrors must be on HTTP servers: use http:// or https:// URLs")]
    MirrorScheme,
    /// A link is requested, and the source is an HTTP server.
    #[error("only a Lanes server emulates a link: use a lanes:// URL, or leave the link out")]
    LinkOverHttp,
    /// An unfinished file is to be continued, and the source is no HTTP server.
    #[error(
        "only a file of an HTTP server can be continued from another program's: use an http:// or https:// URL"
    )]
    AdoptScheme,
    /// The options for HTTP servers are invalid.
    #[error(transparent)]
    Http(#[from] HttpOptionsError),
    /// The profile of the emulated link is invalid.
    #[error(transparent)]
    Link(#[from] ProfileError),
    /// The packet length is out of range.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// The file at the server has another length than expected.
    #[error("wrong length: the server's file has {len} bytes, expected {expected}")]
    Length {
        /// Length of the file at the server.
        len: u64,
        /// Expected length.
        expected: u64,
    },
    /// The length of the file does not fit the number of piece hashes.
    #[error("wrong length: the server's file has {len} bytes, which do not fit {pieces} pieces")]
    PieceCount {
        /// Length of the file at the server.
        len: u64,
        /// Number of expected piece hashes.
        pieces: usize,
    },
}

/// The specification of one download. It is plain data: it can be cloned, stored and compared field
/// by field.
///
/// # Examples
/// ```
/// use lanes_engine::{Destination, DownloadSpec, MAX_CONNECTIONS};
///
/// let mut spec = DownloadSpec::new("https://example.org/file.iso".parse()?);
/// spec.destination = Destination::Folder("/tmp".into());
/// spec.connections = 8;
/// assert!(spec.check().is_ok());
///
/// spec.connections = MAX_CONNECTIONS + 1;
/// assert!(spec.check().is_err());
/// # Ok::<(), lanes_engine::SourceUrlError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DownloadSpec {
    /// Source of the file.
    pub source: Source,
    /// Other HTTP servers that have the same file.
    pub mirrors: Vec<Source>,
    /// Destination of the file.
    pub destination: Destination,
    /// Transfer mode.
    pub mode: Mode,
    /// Number of connections, 1 to [`MAX_CONNECTIONS`]. Only [`Mode::Parallel`] uses more than one.
    pub connections: u16,
    /// Set to choose the number of connections while the download runs, with `connections` as the
    /// limit.
    pub auto: bool,
    /// Most connections to one HTTP server.
    pub per_host: u16,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// Order in which the server sends the packets of a run.
    pub order: Order,
    /// Name of the file; `None` to take it from the URL or the server.
    pub name: Option<String>,
    /// Expected length in bytes, if it is known. A server with another length is not used.
    pub len: Option<u64>,
    /// Expected digest of the file, in addition to those that the server reports.
    pub checksum: Option<Checksum>,
    /// Expected hashes of the pieces. They are verified if the digest of the whole file is wrong, or
    /// there is no `checksum`; then only the wrong pieces are fetched again.
    pub pieces: Option<Arc<PieceHashes>>,
    /// Set to look for checksums beside the URL of an HTTP server (`SHA256SUMS`, `NAME.sha256` and the like), and
    /// to compare the file with them.
    pub find_checksums: bool,
    /// Set to end the download with [`crate::FetchError::Metalink`] if the URL leads to a Metalink file.
    pub stop_at_metalink: bool,
    /// Link that the server emulates for this download; `None` for the default of the server.
    pub link: Option<LinkProfile>,
    /// Set to flush the file to the disk before the download counts as finished. Experiments clear it:
    /// they measure the network, not the disk.
    pub flush: bool,
    /// Set to give the file the time of the last change that the source reports.
    pub remote_time: bool,
    /// Options for requests to HTTP servers.
    pub http: HttpOptions,
    /// Time at which the download starts by itself; `None` for at once. Resuming it starts it at once too.
    pub start_at: Option<SystemTime>,
    /// Id that the download keeps over restarts; the engine chooses one if there is none.
    pub lasting_id: Option<LastingId>,
    /// Limits of the retries.
    pub retry: RetryLimits,
    /// File that remembers for a day how many connections each server accepts; `None` to remember
    /// nothing.
    pub host_memory: Option<PathBuf>,
    /// Rate limit in bytes per second; `None` for no limit.
    pub rate_limit: Option<u64>,
    /// Priority among the downloads of the engine.
    pub priority: Priority,
    /// Set to open all connections, also if the file would be complete before a further one received
    /// data. Experiments set it: they measure the connections.
    pub open_all_connections: bool,
    /// Set to delete the partial file of an earlier attempt instead of resuming it.
    pub restart: bool,
    /// Set to restart the download if the file at the source has changed.
    pub restart_on_change: bool,
    /// Set if this source replaces another: the partial file at the destination came from elsewhere and
    /// is of the same file. Its length, and the validators if it has any, must agree.
    pub same_file: bool,
    /// Unfinished file of another program, or the state beside it, that the download begins with. It is only
    /// read. A part file of an earlier attempt takes precedence.
    pub adopt: Option<PathBuf>,
}

impl DownloadSpec {
    /// Creates a specification with the default options: to the Desktop, over
    /// [`DEFAULT_CONNECTIONS`].
    pub fn new(source: Source) -> Self {
        Self {
            source,
            mirrors: Vec::new(),
            destination: Destination::Desktop,
            mode: Mode::Parallel,
            connections: DEFAULT_CONNECTIONS,
            auto: false,
            per_host: MAX_CONNECTIONS,
            packet_len: DEFAULT_PACKET_LEN,
            order: Order::InOrder,
            name: None,
            len: None,
            checksum: None,
            pieces: None,
            find_checksums: false,
            stop_at_metalink: false,
            link: None,
            flush: true,
            remote_time: false,
            http: HttpOptions::default(),
            start_at: None,
            lasting_id: None,
            retry: RetryLimits::default(),
            host_memory: None,
            rate_limit: None,
            priority: Priority::Normal,
            open_all_connections: false,
            restart: false,
            restart_on_change: false,
            same_file: false,
            adopt: None,
        }
    }

    /// Returns the greatest number of connections that the mode and the servers allow.
    pub fn max_connections(&self) -> u16 {
        self.allowed_of(self.connections)
    }

    /// Returns the greatest number of connections that the user may choose while the download runs.
    pub(crate) fn connection_capacity(&self) -> u16 {
        self.allowed_of(MAX_CONNECTIONS)
    }

    /// Returns how many of `requested` connections the mode and the servers allow.
    pub(crate) fn allowed_of(&self, requested: u16) -> u16 {
        let requested = self.mode.connections(requested);
        match self.source {
            Source::Lanes { .. } => requested,
            Source::Http(_) => {
                let servers = 1 + self.mirrors.len().min(usize::from(MAX_CONNECTIONS)) as u16;
                requested.min(self.per_host.max(1).saturating_mul(servers))
            }
        }
    }

    /// Returns the limit of connections, if their number is chosen automatically.
    pub(crate) fn auto_limit(&self) -> Option<u16> {
        (self.auto && self.mode == Mode::Parallel).then_some(self.connections)
    }

    /// Returns the source and its mirrors.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        std::iter::once(&self.source).chain(&self.mirrors)
    }

    /// Returns the name of the file as far as it is known without a request, else an empty name.
    pub fn file_name(&self) -> Cow<'_, str> {
        match &self.name {
            Some(name) => name.into(),
            None => self.source.name(),
        }
    }

    /// Checks the length of the file against the expected length and the number of pieces.
    ///
    /// # Errors
    /// [`SpecError::Length`] and [`SpecError::PieceCount`].
    pub(crate) fn check_len(&self, len: u64) -> Result<(), SpecError> {
        if let Some(expected) = self.len.filter(|expected| *expected != len) {
            return Err(SpecError::Length { len, expected });
        }
        match &self.pieces {
            Some(pieces) if !pieces.fits(len) => Err(SpecError::PieceCount {
                len,
                pieces: pieces.count(),
            }),
            _ => Ok(()),
        }
    }

    /// Checks the values that a user may have entered, without any request.
    ///
    /// # Errors
    /// See [`SpecError`].
    pub fn check(&self) -> Result<(), SpecError> {
        if !(1..=MAX_CONNECTIONS).contains(&self.connections) {
            return Err(SpecError::Connections(self.connections));
        }
        let mut sources = self.sources();
        if !self.mirrors.is_empty() && sources.any(|source| source.lanes_server().is_some()) {
            return Err(SpecError::MirrorScheme);
        }
        if self.link.is_some() && self.source.lanes_server().is_none() {
            return Err(SpecError::LinkOverHttp);
        }
        if self.adopt.is_some() && self.source.lanes_server().is_some() {
            return Err(SpecError::AdoptScheme);
        }
        self.http.check()?;
        if let Some(link) = &self.link {
            link.validate()?;
        }
        PacketPlan::new(0, self.packet_len)?;
        Ok(())
    }
}
