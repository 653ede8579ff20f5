//! One timed download.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::trace::Trace;

/// In how many rounds, from the first on, runs keep a trace: what an experiment holds in memory has a
/// bound whatever the number of its rounds.
pub const TRACED_ROUNDS: u32 = 10;

/// One timed download.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The value of what is varied.
    pub value: u64,
    /// In which round, from 1.
    pub round: u32,
    /// In which place of the whole experiment it was run, from 1.
    pub place: u32,
    /// Completion time in seconds; with an error, the time until it failed.
    pub seconds: f64,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Connections that were used.
    pub connections: u16,
    /// How often a connection was made anew.
    pub retries: u32,
    /// How late the emulated link was, in microseconds: 99 of 100 times it was no later. `None`
    /// where none was asked for or the server did not say.
    pub lateness_p99_us: Option<u64>,
    /// Why the run failed, in words; a failed run counts in no statistic.
    pub error: Option<String>,
    /// What else there is to know of it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// What came when. Only the runs of the first rounds have one: see [`TRACED_ROUNDS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Arc<Trace>>,
}

impl Run {
    /// Whether the file came and was found right.
    pub fn is_good(&self) -> bool {
        self.error.is_none()
    }
}
