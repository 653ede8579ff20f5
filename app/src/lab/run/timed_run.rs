//! The record of one timed download.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::trace::Trace;
use lanes_engine::{Recording, RecordingError};

/// Number of rounds, from the first, whose runs keep a trace. It bounds the memory of an experiment
/// whatever its number of rounds.
pub const TRACED_ROUNDS: u32 = 10;

/// Above this lateness of the emulated link, in microseconds, the time of a run is not reliable.
pub const UNRELIABLE_LATENESS_US: u64 = 10_000;

/// Value of a run over HTTP/3. No number of TCP connections is 0.
pub const HTTP3_VALUE: u64 = 0;

/// One timed download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The swept value.
    pub value: u64,
    /// The round, from 1.
    pub round: u32,
    /// The position of the run in the whole experiment, from 1.
    pub place: u32,
    /// Completion time in seconds; for a failed run, the time until the failure.
    pub seconds: f64,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Connections used.
    pub connections: u16,
    /// Number of reconnections.
    pub retries: u32,
    /// 99th percentile of the lateness of the emulated link, in microseconds. `None` if no link was
    /// requested or the server did not report it.
    pub lateness_p99_us: Option<u64>,
    /// Why the run failed. Failed runs are left out of all statistics.
    pub error: Option<String>,
    /// Further notices about the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// Progress over time, for the first [`TRACED_ROUNDS`] rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Arc<Trace>>,
    /// Recording for a replay as bytes, for the first [`TRACED_ROUNDS`] rounds. The store keeps it in a file
    /// beside the JSON.
    #[serde(skip)]
    pub recording: Option<Arc<[u8]>>,
}

impl Run {
    /// Reads its recording.
    ///
    /// # Errors
    /// Those of [`Recording::from_bytes`].
    pub fn replay(&self) -> Option<Result<Recording, RecordingError>> {
        self.recording.as_deref().map(Recording::from_bytes)
    }

    /// Returns whether the file was received and verified.
    pub fn is_good(&self) -> bool {
        self.error.is_none()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A good run of 1 MB.
    pub(crate) fn run(value: u64, seconds: f64) -> Run {
        Run {
            value,
            round: 1,
            place: 1,
            seconds,
            bytes: 1_000_000,
            connections: 1,
            retries: 0,
            lateness_p99_us: None,
            error: None,
            notices: Vec::new(),
            trace: None,
            recording: None,
        }
    }
}
