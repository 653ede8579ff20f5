//! The progress of one run over time, for the whole file and for each connection, as a bounded number
//! of samples.
//!
//! A sample is taken from a snapshot of the download. When the trace is full, every other sample is
//! dropped and the sampling interval doubles.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use lanes_engine::{ConnectionSnapshot, ConnectionState, DownloadSnapshot};

mod number_list;

/// The largest number of samples in a trace, without the last one.
pub const MAX_SAMPLES: usize = 96;

/// The progress of one run over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Time of each sample in microseconds since the start of the download, ascending.
    #[serde(with = "number_list")]
    pub micros: Vec<u64>,
    /// Bytes of the file received at each sample.
    #[serde(with = "number_list")]
    pub done: Vec<u64>,
    /// The connections; connection number `n` has index `n - 1`.
    pub connections: Vec<ConnectionTrace>,
}

/// The progress of one connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionTrace {
    /// Microseconds from the start of the download to the first byte; `None` if no byte was received.
    pub first_byte_micros: Option<u64>,
    /// Number of reconnections.
    pub retries: u32,
    /// Number of segments stolen from other connections.
    pub steals: u32,
    /// Bytes received at each sample.
    #[serde(with = "number_list")]
    pub bytes: Vec<u64>,
    /// Activity at each sample, one letter each: see [`Activity`].
    pub doing: String,
}

/// The activity of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// Not opened yet.
    NotStarted,
    /// The TCP handshake is in progress.
    Connecting,
    /// The request is sent; no byte of the response received yet.
    Waiting,
    /// Receiving bytes.
    Receiving,
    /// Lost; a reconnection will follow.
    Retrying,
    /// No work left, or given up.
    Done,
}

impl Activity {
    const LETTERS: [(char, Self); 6] = [
        ('-', Self::NotStarted),
        ('c', Self::Connecting),
        ('w', Self::Waiting),
        ('r', Self::Receiving),
        ('a', Self::Retrying),
        ('d', Self::Done),
    ];

    fn of(state: ConnectionState) -> Self {
        match state {
            ConnectionState::New | ConnectionState::Queued => Self::NotStarted,
            ConnectionState::Connecting => Self::Connecting,
            ConnectionState::Waiting => Self::Waiting,
            ConnectionState::Receiving | ConnectionState::Stalled | ConnectionState::Limited => {
                Self::Receiving
            }
            ConnectionState::Retrying => Self::Retrying,
            ConnectionState::Done | ConnectionState::Lost => Self::Done,
        }
    }

    fn letter(self) -> char {
        let pair = Self::LETTERS.iter().find(|pair| pair.1 == self);
        pair.map_or('-', |pair| pair.0)
    }

    fn from_letter(letter: char) -> Self {
        let pair = Self::LETTERS.iter().find(|pair| pair.0 == letter);
        pair.map_or(Self::NotStarted, |pair| pair.1)
    }
}

impl ConnectionTrace {
    /// Returns the activity at each sample.
    pub fn doing(&self) -> impl Iterator<Item = Activity> + '_ {
        self.doing.chars().map(Activity::from_letter)
    }
}

impl Trace {
    /// Returns the time of each sample in seconds since the start of the download.
    pub fn seconds(&self) -> impl Iterator<Item = f64> + '_ {
        self.micros.iter().map(|micros| *micros as f64 / 1e6)
    }

    /// Returns, for each pair of adjacent samples, both times in seconds and the rate between them in
    /// bytes per second, computed from `counted`, the byte count at each sample.
    pub fn rates<'a>(&'a self, counted: &'a [u64]) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
        let later = self.seconds().zip(counted).skip(1);
        let pairs = self.seconds().zip(counted).zip(later);
        pairs.map(|((from, before), (to, after))| {
            let bytes = after.saturating_sub(*before) as f64;
            (from, to, bytes / (to - from).max(1e-6))
        })
    }

    /// Returns whether all lists have the length of the list of times, which ascend and are at most
    /// [`MAX_SAMPLES`] plus one.
    pub(crate) fn is_sound(&self) -> bool {
        let samples = self.micros.len();
        let connection = |one: &ConnectionTrace| {
            one.bytes.len() == samples && one.doing.chars().count() == samples
        };
        samples <= MAX_SAMPLES + 1
            && self.micros.is_sorted()
            && self.done.len() == samples
            && self.connections.iter().all(connection)
    }
}

/// The state of a download at one point in time.
#[derive(Debug, Clone)]
struct Sample {
    elapsed: Duration,
    done: u64,
    connections: Vec<ConnectionSample>,
}

/// The state of one connection at one point in time.
#[derive(Debug, Clone)]
struct ConnectionSample {
    number: u16,
    doing: Activity,
    bytes: u64,
    first_byte: Option<Duration>,
    retries: u32,
    steals: u32,
}

impl Sample {
    fn of(snapshot: &DownloadSnapshot) -> Self {
        let sample = |one: &ConnectionSnapshot| ConnectionSample {
            number: one.number,
            doing: Activity::of(one.state),
            bytes: one.bytes,
            first_byte: one.first_byte,
            retries: one.retries,
            steals: one.steals,
        };
        Self {
            elapsed: snapshot.elapsed,
            done: snapshot.done,
            connections: snapshot.connections.iter().map(sample).collect(),
        }
    }
}

/// Records the trace of a run.
#[derive(Default)]
pub(crate) struct TraceRecorder {
    trace: Trace,
    /// Smallest interval between two samples.
    interval: Duration,
    /// Time of the last recorded sample.
    recorded: Option<Duration>,
    /// The latest sample, if it came too early to be recorded.
    skipped: Option<Sample>,
}

impl TraceRecorder {
    /// Records a snapshot, unless the last one is too recent.
    pub(crate) fn observe(&mut self, now: &DownloadSnapshot) {
        self.add(Sample::of(now));
    }

    fn add(&mut self, sample: Sample) {
        let recorded = self.recorded;
        if recorded.is_some_and(|recorded| sample.elapsed < recorded + self.interval) {
            self.skipped = Some(sample);
            return;
        }
        if self.trace.micros.len() >= MAX_SAMPLES {
            self.trace.thin();
            self.interval = sample.elapsed / (MAX_SAMPLES as u32 / 2);
        }
        self.record(&sample);
    }

    /// Returns the trace, with the end of the run as its last sample.
    pub(crate) fn finish(mut self) -> Trace {
        if let Some(last) = self.skipped.take() {
            self.record(&last);
        }
        self.trace
    }

    fn record(&mut self, sample: &Sample) {
        self.skipped = None;
        self.recorded = Some(sample.elapsed);
        let samples = self.trace.micros.len();
        self.trace.micros.push(sample.elapsed.as_micros() as u64);
        self.trace.done.push(sample.done);
        for connection in &sample.connections {
            let index = usize::from(connection.number.saturating_sub(1));
            let all = &mut self.trace.connections;
            if index >= all.len() {
                all.resize_with(index + 1, || ConnectionTrace::not_started(samples));
            }
            let one = &mut all[index];
            let first_byte = connection.first_byte;
            one.first_byte_micros = first_byte.map(|time| time.as_micros() as u64);
            one.retries = connection.retries;
            one.steals = connection.steals;
            one.bytes.push(connection.bytes);
            one.doing.push(connection.doing.letter());
        }
        // A connection that is no longer listed keeps its byte count.
        for one in &mut self.trace.connections {
            if one.bytes.len() <= samples {
                one.bytes.push(one.bytes.last().copied().unwrap_or(0));
                one.doing.push(Activity::Done.letter());
            }
        }
    }
}

impl Trace {
    /// Drops every other sample and keeps the first.
    fn thin(&mut self) {
        halve(&mut self.micros);
        halve(&mut self.done);
        for one in &mut self.connections {
            halve(&mut one.bytes);
            one.doing = one.doing.chars().step_by(2).collect();
        }
    }
}

impl ConnectionTrace {
    /// A connection that had not started yet in the first `samples` samples.
    fn not_started(samples: usize) -> Self {
        Self {
            bytes: vec![0; samples],
            doing: Activity::NotStarted.letter().to_string().repeat(samples),
            ..Self::default()
        }
    }
}

fn halve(numbers: &mut Vec<u64>) {
    let mut count = 0;
    numbers.retain(|_| {
        count += 1;
        count % 2 == 1
    });
}

#[cfg(test)]
mod tests;
