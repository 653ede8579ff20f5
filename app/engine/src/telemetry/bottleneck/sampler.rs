//! Condenses the counters of a download into [`Facts`] of the last seconds.

use std::collections::VecDeque;
use std::time::Duration;

use lanes_os::processor;

use super::facts::{BIN, ConnectionFacts, Facts};
use crate::model::bottleneck::PermitLimit;
use crate::model::connection_state::ConnectionState;
use crate::telemetry::connection_counters::ConnectionCounters;

/// Most bins of a measurement.
const MAX_BINS: usize = 16;
/// Fewest bins of a measurement.
const MIN_BINS: usize = 6;
/// Bins from the first byte of a connection that are left out: slow start.
const SKIPPED: usize = 3;

/// Values of a download that its connections do not count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Present {
    /// See [`Facts::permit_limit`].
    pub permit_limit: Option<PermitLimit>,
    /// See [`Facts::most`].
    pub most: usize,
    /// See [`Facts::is_sole`].
    pub is_sole: bool,
    /// See [`Facts::limits`].
    pub limits: [Option<u64>; 2],
    /// See [`Facts::as_fast_as`].
    pub as_fast_as: Option<usize>,
}

/// Totals at the end of a bin.
#[derive(Debug, Clone, Default)]
struct Sample {
    at: Duration,
    /// By connection: bytes.
    bytes: Vec<u64>,
    /// By connection: it was receiving.
    receives: Vec<bool>,
    /// Time for which each limit held the connections, added up.
    held: [Duration; 2],
    /// Time that the connections spent in writes, added up.
    writing: Duration,
    own: Option<Duration>,
    machine: Option<(u64, u64)>,
}

/// Samples counters at the length of a bin.
#[derive(Debug, Default)]
pub(crate) struct Sampler(VecDeque<Sample>);

impl Sampler {
    /// Takes a sample if one is due at the time `now` since the start. Returns whether it was.
    pub fn sample(&mut self, now: Duration, connections: &[ConnectionCounters]) -> bool {
        if self.0.back().is_some_and(|last| now < last.at + BIN) {
            return false;
        }
        let receives = |one: &ConnectionCounters| one.state() == ConnectionState::Receiving;
        let sample = Sample {
            at: now,
            bytes: connections.iter().map(ConnectionCounters::bytes).collect(),
            receives: connections.iter().map(receives).collect(),
            held: [0, 1].map(|limit| connections.iter().map(|one| one.held(limit)).sum()),
            writing: connections.iter().map(ConnectionCounters::writing).sum(),
            own: processor::own_time(),
            machine: processor::machine_time(),
        };
        if self.0.len() > MAX_BINS + SKIPPED {
            self.0.pop_front();
        }
        self.0.push_back(sample);
        true
    }

    /// Returns the facts of the last bins.
    pub fn facts(&self, connections: &[ConnectionCounters], present: Present) -> Facts {
        let states = || connections.iter().map(ConnectionCounters::state);
        let count = |state| states().filter(|other| *other == state).count();
        let now = self.0.back().map(|last| last.at).unwrap_or_default();
        let last_byte = connections
            .iter()
            .filter_map(|one| one.arrivals.last())
            .fold(0.0, f64::max);
        let mut facts = Facts {
            receiving: count(ConnectionState::Receiving),
            waiting: count(ConnectionState::Queued),
            silent_secs: match last_byte > 0.0 {
                true => (now.as_secs_f64() - last_byte).max(0.0),
                false => 0.0,
            },
            permit_limit: present.permit_limit,
            most: present.most,
            is_sole: present.is_sole,
            limits: present.limits,
            round_trip_secs: round_trip(connections).as_secs_f64(),
            as_fast_as: present.as_fast_as,
            ..Facts::default()
        };
        let bins = self.bins();
        let Some(first) = self.0.len().checked_sub(bins + 1) else {
            return facts;
        };
        let (Some(begin), Some(end)) = (self.0.get(first), self.0.back()) else {
            return facts;
        };
        if bins == 0 {
            return facts;
        }
        self.add_totals(&mut facts, begin, end);
        facts.connections = (0..end.bytes.len())
            .filter(|index| self.age(*index) > bins)
            .map(|index| ConnectionFacts {
                bins: self.bins_of(index, first),
                bursts: connections[index].arrivals.since(begin.at),
            })
            .collect();
        facts
    }

    fn add_totals(&self, facts: &mut Facts, begin: &Sample, end: &Sample) {
        let secs = (end.at - begin.at).as_secs_f64().max(1e-3);
        let bytes = |sample: &Sample| sample.bytes.iter().sum::<u64>();
        let share = |begin: Duration, end: Duration| end.saturating_sub(begin).as_secs_f64() / secs;
        facts.secs = secs;
        facts.rate = (bytes(end) - bytes(begin)) as f64 / secs;
        let receiving = facts.receiving.max(1) as f64;
        facts.held = [0, 1].map(|limit| share(begin.held[limit], end.held[limit]) / receiving);
        facts.writing = share(begin.writing, end.writing);
        facts.own_processors = begin.own.zip(end.own).map(|(begin, end)| share(begin, end));
        facts.processors_busy = begin.machine.zip(end.machine).and_then(|(begin, end)| {
            let (busy, idle) = (end.0.checked_sub(begin.0)?, end.1.checked_sub(begin.1)?);
            (busy + idle > 0).then(|| busy as f64 / (busy + idle) as f64)
        });
    }

    /// Returns the number of bins to measure: those in which the older half of the connections received,
    /// less their slow start.
    fn bins(&self) -> usize {
        let Some(last) = self.0.back() else { return 0 };
        let mut ages: Vec<usize> = (0..last.bytes.len())
            .filter(|index| last.receives[*index])
            .map(|index| self.age(index))
            .collect();
        ages.sort_unstable();
        let of_most = ages.get(ages.len() / 4).copied().unwrap_or_default();
        let settled = of_most.saturating_sub(SKIPPED).max(of_most.min(MIN_BINS));
        settled.min(MAX_BINS).min(self.0.len().saturating_sub(1))
    }

    /// Returns the number of samples, from the last one back, in which connection `index` was receiving
    /// and had received before.
    fn age(&self, index: usize) -> usize {
        let is_old = |sample: &&Sample| {
            let bytes = sample.bytes.get(index).copied().unwrap_or_default();
            bytes > 0 && sample.receives[index]
        };
        self.0.iter().rev().take_while(is_old).count()
    }

    fn bins_of(&self, index: usize, first: usize) -> Vec<u64> {
        let totals = self.0.range(first..).map(|sample| sample.bytes[index]);
        let totals: Vec<u64> = totals.collect();
        totals.windows(2).map(|two| two[1] - two[0]).collect()
    }
}

/// Returns the shortest round trip of the connections; zero if it is not known. Later ones met the queue
/// that the earlier ones filled.
fn round_trip(connections: &[ConnectionCounters]) -> Duration {
    let all = connections.iter().map(ConnectionCounters::round_trip);
    let known = all.filter(|round_trip| !round_trip.is_zero());
    known.min().unwrap_or_default()
}
