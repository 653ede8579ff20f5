//! Delivery traces in mahimahi's format: one line for each packet that the link can deliver, with the
//! time in milliseconds; after the last line the trace repeats.
//!
//! Sources: Netravali et al., "Mahimahi: Accurate Record-and-Replay for HTTP" (USENIX ATC 2015). A
//! delivery opportunity carries one packet of up to 1,500 bytes; a shorter packet uses it up, and an
//! opportunity that finds no packet is lost.

mod cellular;

use super::{MTU, Ns, SECOND};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maximum number of lines of a trace.
pub const MAX_STAMPS: usize = 1 << 20;
/// Maximum length of the text of a trace, in bytes.
pub const MAX_LEN: usize = 16 << 20;
/// Latest time in a trace, in milliseconds: a day.
const MAX_MS: u32 = 86_400_000;
/// One millisecond.
const MS: Ns = SECOND / 1000;

/// Names of the program's own traces.
pub const BUILTIN: [&str; 1] = [cellular::NAME];

/// A delivery trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Trace {
    name: String,
    /// Times in milliseconds, ascending. There is at least one, and the last is above 0.
    stamps: Arc<[u32]>,
}

/// Reason why a text is no delivery trace.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TraceError {
    /// The text is longer than any trace.
    #[error("trace too long: at most {MAX_LEN} bytes and {MAX_STAMPS} lines")]
    TooLong,
    /// A line is no time.
    #[error(
        "line {line}: a time must be a whole number of milliseconds from 0 to {MAX_MS}, not {text}"
    )]
    NoTime {
        /// Number of the line, from one.
        line: usize,
        /// Start of the line.
        text: String,
    },
    /// A line has an earlier time than the line before it.
    #[error(
        "line {line}: the time must be at least that of the line before it, {before} ms, not {time} ms"
    )]
    Order {
        /// Number of the line, from one.
        line: usize,
        /// Time of the line, in milliseconds.
        time: u32,
        /// Time of the line before, in milliseconds.
        before: u32,
    },
    /// There is no line, or all times are 0.
    #[error("the last time must be above 0 ms, because the trace repeats after it")]
    NoDuration,
    /// The mean rate is out of range.
    #[error("the mean rate must be 0.01 to 10000 Mbit/s, not {} Mbit/s", .0 / 1e6)]
    Rate(f64),
    /// The name is none of the program's traces.
    #[error("no trace {0}; the program has {names}", names = BUILTIN.join(", "))]
    Unknown(String),
}

impl Trace {
    /// Parses a trace; `name` is that of its file. Empty lines at the end do not count.
    ///
    /// # Errors
    /// [`TraceError`] with the number of the first invalid line.
    ///
    /// # Examples
    /// ```
    /// use lanes_shared::link::Trace;
    ///
    /// let trace = Trace::parse("two", "1\n1\n10\n")?;
    /// // Three packets of 1,500 bytes in 10 ms.
    /// assert_eq!(trace.mean_bps(), 3.6e6);
    /// let error = Trace::parse("back", "5\n4\n").unwrap_err();
    /// assert!(error.to_string().starts_with("line 2: the time must be at least"));
    /// # Ok::<(), lanes_shared::link::TraceError>(())
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, TraceError> {
        if text.len() > MAX_LEN {
            return Err(TraceError::TooLong);
        }
        let mut stamps: Vec<u32> = Vec::new();
        for (index, line) in text.trim_end().lines().enumerate() {
            let number = index + 1;
            let time = line.trim().parse::<u32>();
            let time = time.ok().filter(|time| *time <= MAX_MS).ok_or_else(|| {
                let text = format!("{:?}", line.chars().take(20).collect::<String>());
                TraceError::NoTime { line: number, text }
            })?;
            if let Some(before) = stamps.last().copied().filter(|last| time < *last) {
                let line = number;
                return Err(TraceError::Order { line, time, before });
            }
            if stamps.len() == MAX_STAMPS {
                return Err(TraceError::TooLong);
            }
            stamps.push(time);
        }
        if stamps.last().is_none_or(|last| *last == 0) {
            return Err(TraceError::NoDuration);
        }
        let trace = Self {
            name: name.to_owned(),
            stamps: stamps.into(),
        };
        let rate = trace.mean_bps();
        if !(1e4..=1e10).contains(&rate) {
            return Err(TraceError::Rate(rate));
        }
        Ok(trace)
    }

    /// Returns one of the program's own traces.
    pub fn builtin(name: &str) -> Option<Self> {
        (name == cellular::NAME).then(|| Self {
            name: name.to_owned(),
            stamps: cellular::stamps(),
        })
    }

    /// Name of the file, or of a trace of the program.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the trace in mahimahi's format.
    pub fn to_text(&self) -> String {
        let lines = self.stamps.iter().map(|stamp| format!("{stamp}\n"));
        lines.collect()
    }

    /// Returns the mean rate in bit/s, headers included.
    pub fn mean_bps(&self) -> f64 {
        let bits = (self.stamps.len() as u64 * MTU * 8) as f64;
        bits / (self.period() as f64 / 1e9)
    }

    /// Time after which the trace repeats.
    pub(super) fn period(&self) -> Ns {
        self.stamps.last().map_or(MS, |last| Ns::from(*last) * MS)
    }

    /// Returns the time of an opportunity, counted from zero over all repetitions.
    pub(super) fn time(&self, opportunity: u64) -> Ns {
        let count = self.stamps.len() as u64;
        let stamp = self.stamps[(opportunity % count) as usize];
        let round = (opportunity / count).saturating_mul(self.period());
        round.saturating_add(Ns::from(stamp) * MS)
    }

    /// Returns the first opportunity at `time` or later.
    pub(super) fn first_from(&self, time: Ns) -> u64 {
        let period = self.period();
        // The end of a round belongs to it: opportunities there come before those of the next round.
        let round = time.saturating_sub(1) / period;
        let into = time - round * period;
        let earlier = self
            .stamps
            .partition_point(|stamp| Ns::from(*stamp) * MS < into);
        round * self.stamps.len() as u64 + earlier as u64
    }
}

impl From<Trace> for String {
    fn from(trace: Trace) -> Self {
        trace.name
    }
}

impl TryFrom<String> for Trace {
    type Error = TraceError;

    /// Returns the trace of the program with this name; those of files are read with their profile.
    fn try_from(name: String) -> Result<Self, TraceError> {
        Self::builtin(&name).ok_or(TraceError::Unknown(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opportunities_repeat_and_those_at_the_end_of_a_round_are_not_lost() {
        let trace = Trace::parse("t", "0\n2\n2\n5").unwrap();
        let times: Vec<_> = (0..9).map(|i| trace.time(i) / MS).collect();
        assert_eq!(times, [0, 2, 2, 5, 5, 7, 7, 10, 10]);
        for (time, first) in [(0, 0), (1, 1), (2, 1), (3, 3), (5, 3), (6, 5), (10, 7)] {
            assert_eq!(trace.first_from(time * MS), first, "{time}");
        }
        assert_eq!(trace.first_from(2 * MS + 1), 3);
        let single = Trace::parse("t", "10").unwrap();
        assert_eq!(single.time(single.first_from(10 * MS)), 10 * MS);
        assert_eq!(single.time(single.first_from(10 * MS + 1)), 20 * MS);
    }

    #[test]
    fn wrong_traces_are_refused_with_their_line() {
        for (text, message) in [
            ("", "the last time must be above 0 ms"),
            ("0\n0\n", "the last time must be above 0 ms"),
            (
                "1\n\n2",
                "line 2: a time must be a whole number of milliseconds from 0 to 86400000, not \"\"",
            ),
            ("1\n2.5", "line 2: a time must be a whole number"),
            ("1\n-3", "line 2: a time must be a whole number"),
            (
                "7\n3",
                "line 2: the time must be at least that of the line before it, 7 ms, not 3 ms",
            ),
            ("86400001", "line 1: a time must be"),
            ("86400000", "the mean rate must be 0.01 to 10000 Mbit/s"),
        ] {
            let error = Trace::parse("t", text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let long = "1\n".repeat(MAX_STAMPS + 1);
        assert_eq!(Trace::parse("t", &long), Err(TraceError::TooLong));
        let full = "900\n".repeat(MAX_STAMPS - 1) + "2000";
        assert!(Trace::parse("t", &full).is_ok());
    }

    #[test]
    fn the_text_of_a_trace_reads_back_equal() {
        let trace = Trace::builtin("lte-moving").unwrap();
        assert_eq!(Trace::parse("lte-moving", &trace.to_text()), Ok(trace));
    }
}
