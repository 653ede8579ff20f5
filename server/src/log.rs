//! What happened, in words with times: the last so many lines, for whoever watches the server. The
//! same lines go to the program's log.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::SystemTime;

use crate::end::End;
use crate::sync::lock;

/// How many lines are kept.
const KEPT: usize = 500;
/// How long a line may be, in bytes: much of it is a client's own words.
const LINE_LEN: usize = 400;

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
    pub words: String,
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
pub(crate) struct Log {
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    lines: VecDeque<LogLine>,
    last: u64,
}

impl Log {
    /// Something happened as it should.
    pub fn info(&self, words: String) {
        tracing::info!("{words}");
        self.keep(LogLevel::Info, words);
    }

    /// A client was refused, or lost.
    pub fn notice(&self, words: String) {
        tracing::info!("{words}");
        self.keep(LogLevel::Notice, words);
    }

    /// The server itself lacks something.
    pub fn warn(&self, words: String) {
        tracing::warn!("{words}");
        self.keep(LogLevel::Warning, words);
    }

    /// A connection has ended before its client was done with it.
    pub fn end_of(&self, addr: SocketAddr, end: &End) {
        match end {
            // What the server itself broke off, for a reason in words.
            End::Gone(error) if error.kind() == io::ErrorKind::Other => {
                self.notice(format!("{addr} cut off: {error}"));
            }
            End::Refused(_, words) => self.notice(format!("{addr} cut off: {words}")),
            // Clients come and go.
            End::Gone(error) => tracing::debug!("{addr} lost: {error}"),
        }
    }

    fn keep(&self, level: LogLevel, mut words: String) {
        words.truncate(words.floor_char_boundary(LINE_LEN));
        let mut desk = lock(&self.desk);
        desk.last += 1;
        let number = desk.last;
        if desk.lines.len() == KEPT {
            desk.lines.pop_front();
        }
        desk.lines.push_back(LogLine {
            number,
            at: SystemTime::now(),
            level,
            words,
        });
    }

    /// The lines behind number `after` that are kept, the oldest first.
    pub fn after(&self, after: u64) -> Vec<LogLine> {
        let desk = lock(&self.desk);
        let new = desk.lines.iter().filter(|line| line.number > after);
        new.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_each_has_its_number() {
        let log = Log::default();
        for i in 1..=KEPT + 10 {
            log.info(format!("line {i}"));
        }
        let all = log.after(0);
        assert_eq!(all.len(), KEPT);
        assert_eq!((all[0].number, all[0].words.as_str()), (11, "line 11"));
        let last = log.after(KEPT as u64 + 9);
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].words, format!("line {}", KEPT + 10));
        log.warn("ä".repeat(LINE_LEN));
        let long = log.after(last[0].number);
        assert!(long[0].words.len() <= LINE_LEN, "cut at a character");
        assert_eq!(long[0].level, LogLevel::Warning);
    }
}
