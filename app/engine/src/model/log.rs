//! What happened to a download, in words, with times: enough to see afterwards why it took as long
//! as it did, and never more than a few hundred lines.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The most lines that are kept.
pub(crate) const MAX_LINES: usize = 300;
/// How many of the first lines are never dropped: how a download began explains much of the rest.
const KEPT_FIRST: usize = 50;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it happened.
    pub at: SystemTime,
    /// The same, counted from the start of the attempt.
    pub since_start: Duration,
    /// What happened, in words.
    pub words: String,
    /// Whether something went wrong.
    pub trouble: bool,
    /// How often it happened in a row; the times are those of the first.
    pub times: u32,
}

/// The log of one download, through all its attempts.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    lines: Vec<LogLine>,
    /// The same as [`Self::lines`], once somebody asked.
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
    /// Adds a line; to the same words again only one more time. Of a full log the oldest line that is not among the first is dropped.
    pub fn push(&mut self, line: LogLine) {
        if let Some(last) = self
            .lines
            .last_mut()
            .filter(|last| last.words == line.words)
        {
            last.times += 1;
            return;
        }
        if self.lines.len() >= MAX_LINES {
            self.lines.remove(KEPT_FIRST);
        }
        self.lines.push(line);
    }

    /// The lines, oldest first; copied only when there are new ones.
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

    fn line(number: usize) -> LogLine {
        LogLine {
            at: SystemTime::UNIX_EPOCH,
            since_start: Duration::from_secs(number as u64),
            words: number.to_string(),
            trouble: false,
            times: 1,
        }
    }

    #[test]
    fn the_same_again_is_counted() {
        let mut log = Log::default();
        for number in [1, 1, 1, 2, 1] {
            log.push(line(number));
        }
        let times: Vec<u32> = log.snapshot().iter().map(|line| line.times).collect();
        assert_eq!(times, [3, 1, 1]);
    }

    #[test]
    fn a_full_log_keeps_its_beginning_and_its_end() {
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
        assert!(Arc::ptr_eq(&same.0, &same.1), "nothing new, nothing copied");
    }
}
