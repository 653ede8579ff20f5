//! The recording of one attempt: what its views need to show it again.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::download_log::LogLine;
use super::snapshot::{Cell, ConnectionSnapshot, DownloadSnapshot, DownloadState};
use super::timeline::Timeline;

/// The name of a kept recording. Later ones have greater numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RecordingId(pub u64);

impl RecordingId {
    /// Returns an id that is greater than `last`.
    pub fn after(last: Self) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_micros() as u64;
        Self(now.max(last.0.saturating_add(1)))
    }
}

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The recording of an attempt that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Length of the file in bytes, if it was known.
    pub len: Option<u64>,
    /// Bytes of the file that were there at the end.
    pub done: u64,
    /// Bytes that an earlier attempt had received.
    pub resumed: u64,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// Duration of the attempt.
    pub elapsed: Duration,
    /// Activity of the connections.
    pub timeline: Arc<Timeline>,
    /// Map of the file at the end.
    pub map: Arc<[Cell]>,
    /// The connections at the end.
    pub connections: Vec<ConnectionSnapshot>,
    /// The log, oldest line first.
    pub log: Arc<[LogLine]>,
}

impl Recording {
    /// Returns the recording of an attempt that has ended; `None` if nothing was recorded.
    pub fn of(download: &DownloadSnapshot) -> Option<Self> {
        (!download.timeline.is_empty()).then(|| Self {
            len: download.len,
            done: download.done,
            resumed: download.resumed,
            packet_len: download.packet_len,
            elapsed: download.elapsed,
            timeline: Arc::clone(&download.timeline),
            map: Arc::clone(&download.map),
            connections: download.connections.clone(),
            log: Arc::clone(&download.log),
        })
    }

    /// Puts the recording into the snapshot of its download, which has ended.
    pub fn restore_to(self, download: &mut DownloadSnapshot) {
        download.resumed = self.resumed;
        download.packet_len = self.packet_len;
        download.timeline = self.timeline;
        download.map = self.map;
        download.connections = self.connections;
        download.log = self.log;
    }

    /// Turns `requested`, the snapshot of a download that has not started, into that of the recorded one,
    /// which had finished.
    pub fn finish(self, requested: &mut DownloadSnapshot) {
        requested.state = DownloadState::Finished;
        (requested.len, requested.done) = (self.len, self.done);
        requested.elapsed = self.elapsed;
        self.restore_to(requested);
    }
}
