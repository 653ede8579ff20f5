//! What came when, in one run: the file as a whole and each connection, at a bounded number of
//! moments whatever the length of the run.
//!
//! A moment is a snapshot of the download. When there are as many as may be kept, every other one
//! goes, and from then on only half as many are taken.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::{ConnectionSnapshot, ConnectionState, DownloadSnapshot};

mod number_list;

/// The most moments of a run that are kept, the last one not counted.
pub const MOMENTS: usize = 96;

/// What came when, in one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The moments: microseconds since the user's start, rising.
    #[serde(with = "number_list")]
    pub micros: Vec<u64>,
    /// Bytes of the file that were there at each moment.
    #[serde(with = "number_list")]
    pub done: Vec<u64>,
    /// The connections by number, from 1.
    pub connections: Vec<ConnectionTrace>,
}

/// What one connection did, and when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionTrace {
    /// Microseconds from the user's start to its first byte; `None` where none came.
    pub first_byte_micros: Option<u64>,
    /// How often it was made anew.
    pub retries: u32,
    /// How often it took work from another.
    pub steals: u32,
    /// Bytes that it had brought at each moment.
    #[serde(with = "number_list")]
    pub bytes: Vec<u64>,
    /// What it was doing at each moment, a letter each: see [`Activity`].
    pub doing: String,
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// It is not there yet.
    NotStarted,
    /// The TCP connection is being made.
    Connecting,
    /// Asked, and no byte has come yet.
    Waiting,
    /// Bytes are coming.
    Receiving,
    /// Lost, and about to be made anew.
    Retrying,
    /// Nothing is left for it to do, or it was given up.
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
            ConnectionState::Receiving | ConnectionState::Stalled => Self::Receiving,
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
    /// What it was doing at each moment.
    pub fn doing(&self) -> impl Iterator<Item = Activity> + '_ {
        self.doing.chars().map(Activity::from_letter)
    }
}

impl Trace {
    /// The moments in seconds since the user's start.
    pub fn seconds(&self) -> impl Iterator<Item = f64> + '_ {
        self.micros.iter().map(|micros| *micros as f64 / 1e6)
    }

    /// From each moment to the next: both in seconds, and how many bytes a second came between them,
    /// of what `counted` had at each moment.
    pub fn rates<'a>(&'a self, counted: &'a [u64]) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
        let later = self.seconds().zip(counted).skip(1);
        let pairs = self.seconds().zip(counted).zip(later);
        pairs.map(|((from, before), (to, after))| {
            let bytes = after.saturating_sub(*before) as f64;
            (from, to, bytes / (to - from).max(1e-6))
        })
    }

    /// Whether every list is as long as the moments are many and no longer than it may be.
    pub(crate) fn is_sound(&self) -> bool {
        let moments = self.micros.len();
        let connection = |one: &ConnectionTrace| {
            one.bytes.len() == moments && one.doing.chars().count() == moments
        };
        moments <= MOMENTS + 1
            && self.micros.is_sorted()
            && self.done.len() == moments
            && self.connections.iter().all(connection)
    }
}

/// What is seen of a download at one moment.
#[derive(Debug, Clone)]
struct Moment {
    elapsed: Duration,
    done: u64,
    connections: Vec<Seen>,
}

/// What is seen of one connection at one moment.
#[derive(Debug, Clone)]
struct Seen {
    number: u16,
    doing: Activity,
    bytes: u64,
    first_byte: Option<Duration>,
    retries: u32,
    steals: u32,
}

impl Moment {
    fn of(snapshot: &DownloadSnapshot) -> Self {
        let seen = |one: &ConnectionSnapshot| Seen {
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
            connections: snapshot.connections.iter().map(seen).collect(),
        }
    }
}

/// Takes the trace of a run.
#[derive(Default)]
pub(crate) struct Tracer {
    trace: Trace,
    /// How far apart two moments are at least.
    step: Duration,
    /// The moment of the last one.
    taken: Option<Duration>,
    /// What was seen last, where it was not taken.
    last: Option<Moment>,
}

impl Tracer {
    /// The download stands so.
    pub(crate) fn observe(&mut self, now: &DownloadSnapshot) {
        self.see(Moment::of(now));
    }

    fn see(&mut self, now: Moment) {
        if self
            .taken
            .is_some_and(|taken| now.elapsed < taken + self.step)
        {
            self.last = Some(now);
            return;
        }
        if self.trace.micros.len() >= MOMENTS {
            self.trace.thin();
            self.step = now.elapsed / (MOMENTS as u32 / 2);
        }
        self.take(&now);
    }

    /// The trace, with the end of the run in it.
    pub(crate) fn finish(mut self) -> Trace {
        if let Some(last) = self.last.take() {
            self.take(&last);
        }
        self.trace
    }

    fn take(&mut self, now: &Moment) {
        self.last = None;
        self.taken = Some(now.elapsed);
        let moments = self.trace.micros.len();
        self.trace.micros.push(now.elapsed.as_micros() as u64);
        self.trace.done.push(now.done);
        for seen in &now.connections {
            let at = usize::from(seen.number.saturating_sub(1));
            let all = &mut self.trace.connections;
            if at >= all.len() {
                all.resize_with(at + 1, || ConnectionTrace::none(moments));
            }
            let one = &mut all[at];
            one.first_byte_micros = seen.first_byte.map(|time| time.as_micros() as u64);
            one.retries = seen.retries;
            one.steals = seen.steals;
            one.bytes.push(seen.bytes);
            one.doing.push(seen.doing.letter());
        }
        // One that is no longer there keeps what it had.
        for one in &mut self.trace.connections {
            if one.bytes.len() <= moments {
                one.bytes.push(one.bytes.last().copied().unwrap_or(0));
                one.doing.push(Activity::Done.letter());
            }
        }
    }
}

impl Trace {
    /// Lets every other moment go; the first one stays.
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
    /// One that was not there in so many moments.
    fn none(moments: usize) -> Self {
        Self {
            bytes: vec![0; moments],
            doing: Activity::NotStarted.letter().to_string().repeat(moments),
            ..Self::default()
        }
    }
}

fn halve(numbers: &mut Vec<u64>) {
    let mut at = 0;
    numbers.retain(|_| {
        at += 1;
        at % 2 == 1
    });
}

#[cfg(test)]
mod tests;
