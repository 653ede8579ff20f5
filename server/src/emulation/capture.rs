//! Capture of the packets that emulated links carry, as one pcapng file for Wireshark.
//!
//! A session keeps its packets in memory, and writes them when it ends or its link is replaced. The
//! capture is bounded: sessions that begin when it is full are left out, and a session that fills it
//! is cut.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use lanes_shared::link::packet_log::PacketLog;
use lanes_shared::link::pcapng::Writer;
use lanes_shared::link::{Ns, Path};

use crate::sync::lock;

/// Largest number of packets of a capture, and of one session in it.
const MAX_PACKETS: usize = 500_000;

/// A file with the packets of all sessions of a server.
pub(crate) struct Capture {
    file: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// `None` after an error.
    writer: Option<Writer<BufWriter<File>>>,
    /// Packets for which there is room.
    left: usize,
}

impl Capture {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn create(file: &FilePath) -> io::Result<Self> {
        let mut writer = Writer::new(BufWriter::new(File::create(file)?))?;
        writer.flush()?;
        let state = State {
            writer: Some(writer),
            left: MAX_PACKETS,
        };
        Ok(Self {
            file: file.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// Lets a path log the packets for which the capture has room.
    pub fn start(&self, path: &mut Path) {
        let left = lock(&self.state).left;
        if left > 0 {
            path.log_into(PacketLog::bounded(left));
        }
    }

    /// Writes what a path has logged since `started`. `window_bytes` is the window of its clients.
    pub fn finish(&self, log: PacketLog, window_bytes: u64, started: Instant) {
        if log.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        let has_room = log.skipped() == 0 && log.len() < state.left;
        state.left = state.left.saturating_sub(log.len());
        let Some(writer) = &mut state.writer else {
            return;
        };
        let written = writer
            .write_log(log, window_bytes, Some(since_1970(started)))
            .and_then(|()| writer.flush());
        if let Err(error) = written {
            tracing::error!("cannot write {}: {error}", self.file.display());
            state.writer = None;
        } else if !has_room {
            let file = self.file.display();
            tracing::warn!(
                "{file} is full: it has {MAX_PACKETS} packets; further ones are left out"
            );
        }
        if !has_room || state.writer.is_none() {
            state.left = 0;
        }
    }
}

/// Returns the time of day of `at`, in nanoseconds since 1970.
fn since_1970(at: Instant) -> Ns {
    let then = SystemTime::now().checked_sub(at.elapsed());
    let since = then.and_then(|then| then.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as Ns)
}
