//! The file format of a recording: small, and read as if a stranger had written it.
//!
//! `LNSR`, a version byte, the fields, and the CRC-32C of all that. Numbers are LEB128 varints. Times are
//! in microseconds, those of a list as differences to the time before; packet ids are zigzag differences
//! to the packet before of the same connection. So a packet takes about 4 bytes, and a recording of 50
//! connections about 100 KB. Every count is compared with the limit of what is recorded before anything is
//! allocated.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

use lanes_shared::checksum::frame_checksum;

use self::reader::Reader;
use self::writer::Writer;
use crate::model::connection_state::ConnectionState;
use crate::model::recording::Recording;

/// Longest recording, in bytes. A longer one is not kept.
pub const MAX_RECORDING: usize = 1 << 20;
/// Start of each file, and the version of the format.
const MAGIC: &[u8; 5] = b"LNSR\x01";
/// Length of the checksum at the end, in bytes.
const CHECKSUM: usize = 4;
/// Longest recorded time, in microseconds: ten years.
const MAX_MICROS: u64 = 10 * 366 * 86_400 * 1_000_000;
/// Longest line of a log, in bytes.
const MAX_TEXT: usize = 1024;

/// The states in the order of their codes, which are stable.
const STATES: [ConnectionState; 10] = [
    ConnectionState::New,
    ConnectionState::Queued,
    ConnectionState::Connecting,
    ConnectionState::Waiting,
    ConnectionState::Receiving,
    ConnectionState::Stalled,
    ConnectionState::Limited,
    ConnectionState::Retrying,
    ConnectionState::Done,
    ConnectionState::Lost,
];

/// Why bytes are no recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// They are more than [`MAX_RECORDING`], too few, or start otherwise.
    #[error("it is no recording of this version of Lanes")]
    Format,
    /// They were changed since they were written.
    #[error("it is damaged: its checksum is wrong")]
    Checksum,
    /// This part has impossible values.
    #[error("its {0} are impossible")]
    Invalid(&'static str),
}

impl Recording {
    /// Returns the recording as bytes; `None` if they are more than [`MAX_RECORDING`], even without the
    /// log.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let fits = |bytes: &Vec<u8>| bytes.len() <= MAX_RECORDING;
        let with_log = Some(written(self)).filter(fits);
        let without_log = || {
            let log = std::sync::Arc::from([]);
            Some(written(&Self {
                log,
                ..self.clone()
            }))
            .filter(fits)
        };
        with_log.or_else(without_log)
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// Any [`RecordingError`], whatever the bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordingError> {
        if bytes.len() > MAX_RECORDING {
            return Err(RecordingError::Format);
        }
        let (content, checksum) = bytes
            .split_last_chunk::<CHECKSUM>()
            .ok_or(RecordingError::Format)?;
        let fields = content.strip_prefix(MAGIC).ok_or(RecordingError::Format)?;
        if frame_checksum(0, content).to_le_bytes() != *checksum {
            return Err(RecordingError::Checksum);
        }
        Reader::new(fields).recording()
    }
}

fn written(recording: &Recording) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.raw(MAGIC);
    writer.recording(recording);
    let mut bytes = writer.into_bytes();
    let checksum = frame_checksum(0, &bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}
