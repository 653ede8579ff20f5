//! What happened, in message with times: the last so many lines, for whoever watches the server. The
//! same lines go to the program's log.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::SystemTime;

use crate::protocol::close_reason::CloseReason;
use crate::sync::lock;

/// How many lines are kept.
const MAX_LINES: usize = 500;
/// How long a line may be, in bytes: much of it is a client's own message.
const MAX_LINE_LEN: usize = 400;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Counts lines from 1, those that are not kept any more included.
    pub number: u64,
    /// When it happened.
    pub at: SystemTime,
    /// Whether something is wrong.
    pub level: LogLevel,
    /// What happened.
    pub message: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// It is as it should be.
    Info,
    /// A client was refused, or lost.
    Notice,
    /// The server itself lacks something.
    Warning,
}

/// The last lines.
#[derive(Default)]
pub(crate) struct EventLog {
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    last: u64,
}

impl EventLog {
    /// Something happened as it should.
    pub fn info(&self, message: String) {
        tracing::info!("{message}");
        self.keep(LogLevel::Info, message);
    }

    /// A client was refused, or lost.
    pub fn notice(&self, message: String) {
        tracing::info!("{message}");
        self.keep(LogLevel::Notice, message);
    }

    /// The server itself lacks something.
    pub fn warn(&self, message: String) {
        tracing::warn!("{message}");
        self.keep(LogLevel::Warning, message);
    }

    /// A connection has ended before its client was done with it.
    pub fn log_end(&self, addr: SocketAddr, end: &CloseReason) {
        match end {
            // What the server itself broke off, for a reason in words.
            CloseReason::Gone(error) if error.kind() == io::ErrorKind::Other => {
                self.notice(format!("{addr} cut off: {error}"));
            }
            CloseReason::Refused(_, message) => self.notice(format!("{addr} cut off: {message}")),
            // Clients come and go.
            CloseReason::Gone(error) => tracing::debug!("{addr} lost: {error}"),
        }
    }

    fn keep(&self, level: LogLevel, mut message: String) {
        message.truncate(message.floor_char_boundary(MAX_LINE_LEN));
        let mut lines = lock(&self.lines);
        lines.last += 1;
        let number = lines.last;
        if lines.kept.len() == MAX_LINES {
            lines.kept.pop_front();
        }
        lines.kept.push_back(LogLine {
            number,
            at: SystemTime::now(),
            level,
            message,
        });
    }

    /// The lines behind number `after` that are kept, the oldest first.
    pub fn after(&self, after: u64) -> Vec<LogLine> {
        let lines = lock(&self.lines);
        let new = lines.kept.iter().filter(|line| line.number > after);
        new.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_each_has_its_number() {
        let log = EventLog::default();
        for i in 1..=MAX_LINES + 10 {
            log.info(format!("line {i}"));
        }
        let all = log.after(0);
        assert_eq!(all.len(), MAX_LINES);
        assert_eq!((all[0].number, all[0].message.as_str()), (11, "line 11"));
        let last = log.after(MAX_LINES as u64 + 9);
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].message, format!("line {}", MAX_LINES + 10));
        log.warn("ä".repeat(MAX_LINE_LEN));
        let long = log.after(last[0].number);
        assert!(long[0].message.len() <= MAX_LINE_LEN, "cut at a character");
        assert_eq!(long[0].level, LogLevel::Warning);
    }
}
