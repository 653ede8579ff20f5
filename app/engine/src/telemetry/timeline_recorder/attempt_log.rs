//! The log of one attempt: events of its connections as lines for the user.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::download_log::{Log, LogLine};

/// The log of the attempt, which continues that of the earlier ones.
pub(super) struct AttemptLog {
    started_at: SystemTime,
    log: Log,
    /// Number of connections that have received a byte.
    receiving: usize,
    /// The log says that the rate limit holds the download.
    is_limit_logged: bool,
}

impl AttemptLog {
    pub fn new(started_at: SystemTime, log: Log) -> Self {
        Self {
            started_at,
            log,
            receiving: 0,
            is_limit_logged: false,
        }
    }

    /// Logs the first byte of a connection if it is the first of all or the last of `count`. A line for
    /// each of fifty would be noise.
    pub fn first_byte(&mut self, at: Duration, number: usize, count: usize) {
        self.receiving += 1;
        let after = format_duration(at);
        if self.receiving == 1 {
            let text = format!("First byte after {after} over connection {number}");
            self.push(at, text, false);
        } else if self.receiving == count {
            let text = format!("All {count} connections receive data after {after}");
            self.push(at, text, false);
        }
    }

    pub fn stole(&mut self, at: Duration, number: usize, victim: usize) {
        let text =
            format!("Connection {number} stole half of the remaining work of connection {victim}");
        self.push(at, text, false);
    }

    pub fn lost(&mut self, at: Duration, number: usize, reason: &str) {
        let text = format!("Connection {number} was lost: {reason}");
        self.push(at, text, true);
    }

    /// Logs that no byte came for `silence`.
    pub fn stalled(&mut self, at: Duration, number: usize, silence: Duration) {
        let silence = format_duration(silence);
        let text = format!("Connection {number} stalled: no data for {silence}");
        self.push(at, text, true);
    }

    pub fn resumed(&mut self, at: Duration, number: usize, stalled: Duration) {
        let stalled = format_duration(stalled);
        let text = format!("Connection {number} resumed after {stalled}");
        self.push(at, text, false);
    }

    /// Logs once that the rate limit of the user holds the connections.
    pub fn held(&mut self, at: Duration) {
        if !std::mem::replace(&mut self.is_limit_logged, true) {
            let text = "The speed limit holds the connections back";
            self.push(at, text.to_owned(), false);
        }
    }

    pub fn push(&mut self, since_start: Duration, text: String, is_warning: bool) {
        let at = self.started_at + since_start;
        self.log.push(LogLine {
            at,
            since_start,
            text,
            is_warning,
            count: 1,
        });
    }

    /// Returns the log so far.
    pub fn snapshot(&mut self) -> Arc<[LogLine]> {
        self.log.snapshot()
    }
}

/// Formats a duration for a sentence, with about two significant digits.
pub(crate) fn format_duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        secs if secs >= 9.95 => format!("{secs:.0} s"),
        secs if secs >= 0.995 => format!("{secs:.1} s"),
        secs if secs >= 0.00995 => format!("{:.0} ms", secs * 1000.0),
        secs => format!("{:.1} ms", secs * 1000.0),
    }
}
