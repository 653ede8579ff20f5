//! One timed download.

use serde::{Deserialize, Serialize};

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
}

impl Run {
    /// Whether the file came and was found right.
    pub fn is_good(&self) -> bool {
        self.error.is_none()
    }
}
