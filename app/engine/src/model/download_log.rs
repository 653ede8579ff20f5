//! The log of a download: timed lines that show afterwards why it took as long as it did, and never
//! more than a few hundred of them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::display_text::one_line;

/// Most lines that are kept.
pub(crate) const MAX_LINES: usize = 300;
/// Number of first lines that are never dropped: the start of a download explains much of the rest.
const KEPT_FIRST: usize = 50;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Time of the event.
    pub at: SystemTime,
    /// Time of the event since the start of its attempt.
    pub since_start: Duration,
    /// Message for the user.
    pub text: String,
    /// Set for warnings and errors.
    pub is_warning: bool,
    /// Number of times that the event happened in a row. The times are those of the first.
    pub count: u32,
}

/// The log of one download, over all its attempts.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    lines: Vec<LogLine>,
    /// [`Self::lines`] as of the last snapshot.
    shared: Arc<[LogLine]>,
}

impl Default for Log {
    fn default() -> Self {
        Self::from(Arc::from([]))
    }
}

impl From<Arc<[LogLine]>> for Log {
    fn from(shared: Arc<[LogLine]>) -> Self {
        let lines = shared.to_vec();
        Self { lines, shared }
    }
}

impl Log {
    /// Adds a line, or counts the last one again if the text is the same. A full log drops the oldest
    /// line that is not among the first. A part of its text may come from a server.
    pub fn push(&mut self, mut line: LogLine) {
        line.text = one_line(&line.text).into_owned();
        if let Some(last) = self.lines.last_mut().filter(|last| last.text == line.text) {
            last.count += 1;
            return;
        }
        if self.lines.len() >= MAX_LINES {
            self.lines.remove(KEPT_FIRST);
        }
        self.lines.push(line);
    }

    /// Returns the lines, oldest first. Copies them only if there are new ones.
    pub fn snapshot(&mut self) -> Arc<[LogLine]> {
        if self.shared.last() != self.lines.last() {
            self.shared = Arc::from(&self.lines[..]);
        }
        Arc::clone(&self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_text_that_is_not_seen() {
        let mut log = Log::default();
        log.push(LogLine {
            text: "refused: a\nb\u{202e}c".to_owned(),
            ..line(1)
        });
        assert_eq!(log.snapshot()[0].text, "refused: a\u{fffd}b\u{fffd}c");
    }

    fn line(number: usize) -> LogLine {
        LogLine {
            at: SystemTime::UNIX_EPOCH,
            since_start: Duration::from_secs(number as u64),
            text: number.to_string(),
            is_warning: false,
            count: 1,
        }
    }

    #[test]
    fn repeated_lines_are_counted() {
        let mut log = Log::default();
        for number in [1, 1, 1, 2, 1] {
            log.push(line(number));
        }
        let counts: Vec<u32> = log.snapshot().iter().map(|line| line.count).collect();
        assert_eq!(counts, [3, 1, 1]);
    }

    #[test]
    fn a_full_log_keeps_its_first_and_last_lines() {
        let mut log = Log::default();
        for number in 0..10_000 {
            log.push(line(number));
            assert_eq!(log.snapshot().last(), Some(&line(number)));
        }
        let lines = log.snapshot();
        assert_eq!(lines.len(), MAX_LINES);
        assert_eq!(lines[KEPT_FIRST - 1], line(KEPT_FIRST - 1));
        assert_eq!(lines[KEPT_FIRST], line(10_000 - (MAX_LINES - KEPT_FIRST)));
        let same = (log.snapshot(), log.snapshot());
        assert!(Arc::ptr_eq(&same.0, &same.1), "no new line, no copy");
    }
}
