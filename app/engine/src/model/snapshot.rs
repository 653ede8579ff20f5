//! The visible state of the engine: plain values, cloned once per frame.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lanes_shared::catalog::Entry;
use lanes_shared::checksum::Digest;
use lanes_shared::link::LinkProfile;
use lanes_shared::wire::Order;

use super::bottleneck::Bottleneck;
use super::command::DownloadId;
use super::connection_state::ConnectionState;
use super::display_text::one_line;
use super::download_log::LogLine;
use super::file_name::safe_name;
use super::host_connection_limit::HostConnectionLimit;
use super::lasting_id::LastingId;
use super::outage::Outage;
use super::priority::Priority;
use super::source_url::{ServerName, Source};
use super::spec::{DownloadSpec, Mode};
use super::timeline::Timeline;
use super::way::WaySnapshot;

/// Most cells of the map of a file, whatever its size.
pub const MAP_CELLS: usize = 600;

/// The state of the engine at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The downloads, oldest first.
    pub downloads: Vec<Arc<DownloadSnapshot>>,
    /// The queued downloads, in the order in which they start.
    pub queue: Arc<[DownloadId]>,
    /// Set if the queue is stopped.
    pub is_queue_stopped: bool,
    /// The catalogues that were requested.
    pub catalogues: BTreeMap<ServerName, Catalogue>,
    /// Servers that refused further connections in the last day.
    pub hosts: Arc<[HostConnectionLimit]>,
    /// Changes whenever anything in the snapshot does.
    pub revision: u64,
    /// Messages for the user about the list of downloads, oldest first.
    pub notices: Vec<String>,
}

impl Snapshot {
    /// Returns the download with this id.
    pub fn download(&self, id: DownloadId) -> Option<&Arc<DownloadSnapshot>> {
        self.downloads.iter().find(|download| download.id == id)
    }
}

/// The catalogue of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Catalogue {
    /// Requested, and not received yet.
    Loading,
    /// Its files, sorted by name.
    Ready(Arc<[Entry]>),
    /// The request failed, for this reason.
    Failed(String),
}

/// The state of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DownloadState {
    /// Queued: as many downloads run as are allowed.
    Queued,
    /// Connecting, or waiting for the first response. The length is not known yet.
    Starting,
    /// Receiving data.
    Running,
    /// All bytes are received; the digest is computed or awaited.
    Verifying,
    /// Paused by the user; its threads have not ended yet.
    Pausing,
    /// Cancelled by the user; its threads have not ended yet.
    Cancelling,
    /// Paused by the user; the partial file is kept.
    Paused,
    /// The file is verified and has its final name.
    Finished,
    /// Failed, for this reason. The partial file is kept, and resuming tries again.
    Failed(String),
    /// Cancelled by the user; the partial file is deleted.
    Cancelled,
}

impl DownloadState {
    /// Returns [`Self::Failed`] with the text of `error` on one line: a part of it may come from a server.
    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(one_line(&error.to_string()).into_owned())
    }

    /// Returns whether its threads run.
    pub fn is_active(&self) -> bool {
        let runs = matches!(self, Self::Starting | Self::Running | Self::Verifying);
        runs || self.is_ending()
    }

    /// Returns whether it is being paused or cancelled.
    pub fn is_ending(&self) -> bool {
        matches!(self, Self::Pausing | Self::Cancelling)
    }

    /// Returns whether [`crate::Command::Resume`] would start it.
    pub fn can_resume(&self) -> bool {
        matches!(self, Self::Queued | Self::Paused | Self::Failed(_))
    }

    /// Returns the name of the state, for the user interface.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Verifying => "Verifying",
            Self::Pausing => "Pausing",
            Self::Cancelling => "Cancelling",
            Self::Paused => "Paused",
            Self::Finished => "Finished",
            Self::Failed(_) => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// The state of one download at one moment.
#[derive(Debug, Clone)]
pub struct DownloadSnapshot {
    /// Its id.
    pub id: DownloadId,
    /// Time at which it starts by itself, if it waits for one.
    pub start_at: Option<SystemTime>,
    /// Id that it keeps over restarts; `None` only outside of an engine.
    pub lasting_id: Option<LastingId>,
    /// Its source. The text of `Display` is redacted.
    pub source: Source,
    /// Name that the file has or will have, without folders.
    pub name: String,
    /// Path that the file has or will have. Not known before the first response.
    pub path: Option<PathBuf>,
    /// Transfer mode.
    pub mode: Mode,
    /// Order of the packets within a run.
    pub order: Order,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// Its state.
    pub state: DownloadState,
    /// Length of the file in bytes; `None` while it is not known.
    pub len: Option<u64>,
    /// Received bytes of the file.
    pub done: u64,
    /// Bytes that an earlier attempt had received.
    pub resumed: u64,
    /// Mean rate over the last second or so, in bytes per second; 0 when it does not run.
    pub rate: f64,
    /// Estimated time to completion.
    pub time_left: Option<Duration>,
    /// Duration of this attempt: from the start before the first connect to the verified file in place,
    /// or until now.
    pub elapsed: Duration,
    /// Digest of the file, once it is verified.
    pub digest: Option<Digest>,
    /// Names of the digests that matched.
    pub checked: Vec<&'static str>,
    /// URL after redirects, if there were any, as it is shown.
    pub final_url: Option<String>,
    /// Validators of this version of the file: names and values of header fields.
    pub validators: Vec<(&'static str, String)>,
    /// The outage, if there is one.
    pub outage: Option<Outage>,
    /// Cause that limits the rate now; after the end, the one that did so for the longest time. `None` if it
    /// is not known.
    pub bottleneck: Option<Bottleneck>,
    /// Number of reconnects, over all connections.
    pub retries: u32,
    /// Requested number of connections, or the present target if it is chosen automatically.
    pub target_connections: u16,
    /// Most connections that are tried, if their number is chosen automatically.
    pub auto_limit: Option<u16>,
    /// Rate limit of this download in bytes per second; `None` for no limit of its own.
    pub rate_limit: Option<u64>,
    /// Priority in the queue and of the shared rate limit.
    pub priority: Priority,
    /// Link that a Lanes server emulates for this download; `None` for the default of the server.
    pub link: Option<LinkProfile>,
    /// The mirrors.
    pub mirrors: Vec<Source>,
    /// Names of the header fields and credentials that it sends, without their values.
    pub sends: Vec<String>,
    /// Set if it failed because the file at the source changed since the download started.
    pub source_changed: bool,
    /// Set if it ended because its URL leads to a Metalink file.
    pub is_metalink: bool,
    /// The connections, by number.
    pub connections: Vec<ConnectionSnapshot>,
    /// The chosen network interfaces; none for the route of the system.
    pub ways: Vec<WaySnapshot>,
    /// Map of the file from its first byte to its last, with at most [`MAP_CELLS`] cells.
    pub map: Arc<[Cell]>,
    /// Messages for the user, oldest first.
    pub notices: Vec<String>,
    /// Time at which it was added.
    pub added: SystemTime,
    /// Modification time of the file at its source.
    pub modified: Option<SystemTime>,
    /// Result of verifying the finished file again.
    pub check: Check,
    /// Activity of its connections in this attempt.
    pub timeline: Arc<Timeline>,
    /// The kept recording of the last attempt.
    pub recorded: Recorded,
    /// Log of all attempts, oldest line first.
    pub log: Arc<[LogLine]>,
}

/// The recording of an attempt that has ended, as a file of the program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Recorded {
    /// There is none.
    #[default]
    Absent,
    /// It is kept and not read: [`crate::Command::ReadRecording`] reads it.
    Stored,
    /// It is being read.
    Reading,
    /// It is kept, and in the snapshot.
    Loaded,
    /// It cannot be read, for this reason.
    Unreadable(String),
}

/// The result of verifying a finished file again.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Check {
    /// Not requested.
    #[default]
    None,
    /// The file is being read; this fraction of it, 0 to 1, has been.
    Running(f32),
    /// The file is unchanged.
    Good,
    /// The file has changed or cannot be read, for this reason.
    Bad(String),
}

impl DownloadSnapshot {
    /// Creates the snapshot of a download that has not started.
    pub fn requested(id: DownloadId, spec: &DownloadSpec, added: SystemTime) -> Self {
        Self {
            id,
            start_at: spec.start_at,
            lasting_id: spec.lasting_id,
            source: spec.source.clone(),
            name: safe_name(&spec.file_name()),
            path: None,
            mode: spec.mode,
            order: spec.order,
            packet_len: spec.packet_len,
            state: DownloadState::Queued,
            len: None,
            done: 0,
            resumed: 0,
            rate: 0.0,
            time_left: None,
            elapsed: Duration::ZERO,
            digest: None,
            checked: Vec::new(),
            final_url: None,
            validators: Vec::new(),
            outage: None,
            bottleneck: Some(Bottleneck::DownloadSlot),
            retries: 0,
            target_connections: spec.max_connections(),
            auto_limit: spec.auto_limit(),
            rate_limit: spec.rate_limit,
            priority: spec.priority,
            link: spec.link.clone(),
            mirrors: spec.mirrors.clone(),
            sends: spec.http.sent_names(),
            source_changed: false,
            is_metalink: false,
            connections: Vec::new(),
            ways: spec.http.ways.iter().map(WaySnapshot::unused).collect(),
            map: Arc::from([]),
            notices: Vec::new(),
            added,
            modified: None,
            check: Check::None,
            timeline: Arc::default(),
            recorded: Recorded::Absent,
            log: Arc::from([]),
        }
    }

    /// Sets the state. The rate is 0 until data is received again.
    pub(crate) fn set_state(&mut self, state: DownloadState) {
        self.state = state;
        self.rate = 0.0;
        self.time_left = None;
        self.outage = None;
        self.bottleneck = (self.state == DownloadState::Queued).then_some(Bottleneck::DownloadSlot);
    }

    /// Returns the received fraction of the file, 0 to 1, or `None` while the length is not known.
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

    /// Returns the number of connections that brought bytes. A connection may be opened for nothing: it is
    /// refused, or the others fetch the file before it is open.
    pub fn used_connections(&self) -> usize {
        let used = |connection: &&ConnectionSnapshot| connection.bytes > 0;
        self.connections.iter().filter(used).count()
    }

    /// Returns the number of established connections.
    pub fn open_connections(&self) -> usize {
        self.connections
            .iter()
            .filter(|connection| connection.state.is_up())
            .count()
    }
}

/// One cell of the map of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cell {
    /// Received fraction of the cell, 0 to 255.
    pub done: u8,
    /// Number of the connection that received bytes of it last; `None` for none, or an earlier
    /// attempt.
    pub connection: Option<u16>,
    /// Set if a segment started here in this attempt.
    pub start: bool,
    /// Set if it was stolen from the connection that owned it.
    pub stolen: bool,
}

/// Returns the length of the cells of the map of a file of `len` bytes in packets of `packet_len` bytes.
pub(crate) fn map_cell_len(len: u64, packet_len: u32) -> u64 {
    let packet_len = u64::from(packet_len).max(1);
    let cell_len = len.div_ceil(MAP_CELLS as u64);
    cell_len
        .checked_next_multiple_of(packet_len)
        .unwrap_or(u64::MAX)
        .max(packet_len)
}

/// The state of one connection at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionSnapshot {
    /// Its number, from 1.
    pub number: u16,
    /// Its state.
    pub state: ConnectionState,
    /// Offset of its last bytes in the file.
    pub offset: u64,
    /// Bytes that it received in this attempt.
    pub bytes: u64,
    /// Mean rate over the last second or so, in bytes per second.
    pub rate: f64,
    /// Time from the start of the attempt to its first byte.
    pub first_byte: Option<Duration>,
    /// Number of reconnects.
    pub retries: u32,
    /// Number of steals from other connections.
    pub steals: u32,
    /// Address of the server, once connected.
    pub remote: Option<SocketAddr>,
    /// Index of its way in [`DownloadSnapshot::ways`].
    pub way: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_text_that_is_not_seen() {
        let failed = DownloadState::failed("server refused: no\r\nSaved\u{202e}");
        let shown = "server refused: no\u{fffd}\u{fffd}Saved\u{fffd}";
        assert_eq!(failed, DownloadState::Failed(shown.to_owned()));
    }
}
