//! What a screen may see of the engine: plain values, cloned once a frame.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lanes_shared::catalog::Entry;
use lanes_shared::checksum::Digest;
use lanes_shared::wire::Order;

use super::command::DownloadId;
use super::connection_state::ConnectionState;
use super::file_name::safe_name;
use super::log::LogLine;
use super::source_url::ServerName;
use super::spec::{DownloadSpec, Mode};
use super::timeline::Timeline;

/// How many cells the map of a file has at most, whatever the file's size.
pub const MAP_CELLS: usize = 600;

/// Everything the engine knows, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The downloads, oldest first.
    pub downloads: Vec<Arc<DownloadSnapshot>>,
    /// The catalogues that were asked for.
    pub catalogues: BTreeMap<ServerName, Catalogue>,
    /// Another number whenever anything here is another.
    pub revision: u64,
    /// What the user should know of the list itself, in words, oldest first.
    pub remarks: Vec<String>,
}

impl Snapshot {
    /// The download with this number.
    pub fn download(&self, id: DownloadId) -> Option<&Arc<DownloadSnapshot>> {
        self.downloads.iter().find(|download| download.id == id)
    }
}

/// What is known of a server's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Catalogue {
    /// The server was asked and has not answered yet.
    Loading,
    /// Its files, sorted by name.
    Ready(Arc<[Entry]>),
    /// It could not be had, and why, in words.
    Failed(String),
}

/// Where a download stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadState {
    /// As many downloads run as are allowed; it starts when one of them ends.
    Waiting,
    /// Connecting, or asking for the file; its length is not known yet.
    Starting,
    /// Bytes are coming.
    Running,
    /// All bytes are there; the digest is being computed or awaited.
    Checking,
    /// Stopped by the user; its threads are ending.
    Stopping,
    /// Cancelled; its threads are ending.
    Cancelling,
    /// Stopped by the user; what came is kept.
    Paused,
    /// The file is in place and its digest right.
    Finished,
    /// It ended without the file, and why, in words. Resume tries again from what is kept.
    Failed(String),
    /// Cancelled; what came is deleted.
    Cancelled,
}

impl DownloadState {
    /// Whether threads are at work for it.
    pub fn is_active(&self) -> bool {
        let runs = matches!(self, Self::Starting | Self::Running | Self::Checking);
        runs || self.is_ending()
    }

    /// Whether an order to end it was heard, and is being carried out.
    pub fn is_ending(&self) -> bool {
        matches!(self, Self::Stopping | Self::Cancelling)
    }

    /// Whether [`crate::Command::Resume`] would start it again.
    pub fn can_resume(&self) -> bool {
        matches!(self, Self::Waiting | Self::Paused | Self::Failed(_))
    }

    /// The state in one word, for a label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Checking => "Checking",
            Self::Stopping => "Stopping",
            Self::Cancelling => "Cancelling",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Failed(_) => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// One download, at one moment.
#[derive(Debug, Clone)]
pub struct DownloadSnapshot {
    /// Its number.
    pub id: DownloadId,
    /// Its source as a link.
    pub source: String,
    /// The name the file has or will have, without folders.
    pub name: String,
    /// Where the file is or will be; before the source answered it is not known.
    pub path: Option<PathBuf>,
    /// How it comes.
    pub mode: Mode,
    /// The order of packets within a run.
    pub order: Order,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// Where it stands.
    pub state: DownloadState,
    /// Length of the file in bytes, once known.
    pub len: Option<u64>,
    /// Bytes of the file that are there.
    pub done: u64,
    /// Bytes that were there already when this attempt began.
    pub resumed: u64,
    /// Bytes a second over the last second or so; 0 when nothing runs.
    pub rate: f64,
    /// Estimated time left.
    pub left: Option<Duration>,
    /// Time this attempt has taken so far, or took: from the start before the first connect to the
    /// verified file in place.
    pub elapsed: Duration,
    /// The digest of the file, once computed and found right.
    pub digest: Option<Digest>,
    /// The names of the digests that the file was found to have.
    pub checked: Vec<&'static str>,
    /// Where redirects led from the source, when they led anywhere.
    pub final_url: Option<String>,
    /// What the server calls this version of the file: names and values of header fields.
    pub validators: Vec<(&'static str, String)>,
    /// How often a connection was made anew.
    pub retries: u32,
    /// How many connections were asked for, or are wanted now where their number is found.
    pub asked: u16,
    /// Where their number is found while the download runs: the most that is tried.
    pub auto: Option<u16>,
    /// The most bytes a second of this download; `None` for no limit of its own.
    pub rate_limit: Option<u64>,
    /// Other servers that give the same file, as links.
    pub mirrors: Vec<String>,
    /// Whether it failed because the file at the source is not the one that was begun.
    pub has_changed: bool,
    /// Whether it ended because its link leads to a Metalink file, which names other files.
    pub is_metalink: bool,
    /// The connections, by number.
    pub connections: Vec<ConnectionSnapshot>,
    /// The file from its first byte to its last, at most [`MAP_CELLS`] cells.
    pub map: Arc<[Cell]>,
    /// What else the user should know, in words, oldest first.
    pub notices: Vec<String>,
    /// When it was asked for.
    pub added: SystemTime,
    /// When the file was changed last, as its source says.
    pub modified: Option<SystemTime>,
    /// What came of looking at the finished file again.
    pub check: Check,
    /// What its connections did in this attempt.
    pub timeline: Arc<Timeline>,
    /// What happened, oldest first, through all attempts.
    pub log: Arc<[LogLine]>,
}

/// What came of looking at a finished file again.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Check {
    /// Nobody asked.
    #[default]
    None,
    /// It is being read; which share of it has been, 0 to 1.
    Running(f32),
    /// It is what it was when it came.
    Good,
    /// It is not, or cannot be read: in words.
    Bad(String),
}

impl DownloadSnapshot {
    /// A download of which nothing is known but what was asked for.
    pub fn asked(id: DownloadId, request: &DownloadSpec, added: SystemTime) -> Self {
        Self {
            id,
            source: request.source.to_string(),
            name: safe_name(&request.file_name()),
            path: None,
            mode: request.mode,
            order: request.order,
            packet_len: request.packet_len,
            state: DownloadState::Waiting,
            len: None,
            done: 0,
            resumed: 0,
            rate: 0.0,
            left: None,
            elapsed: Duration::ZERO,
            digest: None,
            checked: Vec::new(),
            final_url: None,
            validators: Vec::new(),
            retries: 0,
            asked: request.most_connections(),
            auto: request.most_if_auto(),
            rate_limit: request.rate_limit,
            mirrors: request.mirrors.iter().map(ToString::to_string).collect(),
            has_changed: false,
            is_metalink: false,
            connections: Vec::new(),
            map: Arc::from([]),
            notices: Vec::new(),
            added,
            modified: None,
            check: Check::None,
            timeline: Arc::default(),
            log: Arc::from([]),
        }
    }

    /// It is in another state, and the rest is as it was.
    pub(crate) fn turn(&mut self, state: DownloadState) {
        self.state = state;
        self.rate = 0.0;
        self.left = None;
    }

    /// The share of the file that is there, 0 to 1; `None` while the length is not known.
    pub fn progress(&self) -> Option<f32> {
        match self.len? {
            0 => Some(if self.state == DownloadState::Finished {
                1.0
            } else {
                0.0
            }),
            len => Some((self.done as f64 / len as f64) as f32),
        }
    }

    /// How many connections are up.
    pub fn alive(&self) -> usize {
        self.connections
            .iter()
            .filter(|connection| connection.state.is_up())
            .count()
    }
}

/// One cell of the map of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// The share of the cell that is there, 0 to 255.
    pub done: u8,
    /// The connection that brought bytes here last; `None` for none, or an earlier attempt.
    pub connection: Option<u16>,
    /// Whether a connection began a segment here in this attempt.
    pub start: bool,
    /// Whether a connection took it from the one that was to fetch it.
    pub stolen: bool,
}

/// One connection, at one moment.
#[derive(Debug, Clone)]
pub struct ConnectionSnapshot {
    /// Its number, from 1.
    pub number: u16,
    /// What it is doing.
    pub state: ConnectionState,
    /// Where in the file its last bytes went.
    pub offset: u64,
    /// Bytes it brought in this attempt.
    pub bytes: u64,
    /// Bytes a second over the last second or so.
    pub rate: f64,
    /// From the start of the attempt to its first byte.
    pub first_byte: Option<Duration>,
    /// How often it was made anew.
    pub retries: u32,
    /// How often it took work from another.
    pub steals: u32,
    /// The address of the server, once connected.
    pub remote: Option<SocketAddr>,
}
