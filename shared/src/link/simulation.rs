//! The simulation driver: one download over the emulated link, as fast as the machine will go.
//!
//! The engine's own planner says who fetches what. Connections ask ahead as the engine's do, so
//! that a connection is never idle within its segment; a theft costs the round trip that a request
//! takes; what the slowest has on its way at the end is raced; a connection that is reset comes again
//! and fetches what was missing.

mod duplicates;
mod rate_estimator;
mod sim_connection;

use super::random::{Draw, uniform};
use super::{Event, EventKind, Link, Ns, Path, SECOND};
use crate::request_window::RequestWindow;
use crate::segments::Segments;
use crate::shuffle::mix;
use duplicates::{Duplicates, PendingRequest};
use rate_estimator::RateEstimator;
use sim_connection::SimConnection;
use std::ops::Range;
use std::time::Duration;

/// How the file is split over the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// Equal segments; who is done takes half of what the slowest has left. As the engine does.
    #[default]
    Stealing,
    /// Equal segments and nothing else, each asked for at once. As simpler programs do.
    Static,
}

/// One download to be simulated.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// The path.
    pub link: Link,
    /// The file's length in bytes.
    pub len: u64,
    /// How many connections are opened; the server may refuse some of them.
    pub connections: usize,
    /// How the file is split.
    pub plan: Plan,
    /// Segment boundaries are multiples of this, in bytes: the packet length.
    pub granule: u64,
    /// Connections start within milliseconds of each other; this chooses when. Real starts vary
    /// too, and a drop-tail queue can favour one phase.
    pub phase: u64,
}

/// How a simulated download went. Times count from the first connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// When the last byte was there; an estimate where the simulation was [given up](Self::gave_up).
    pub done: Ns,
    /// Whether the simulation was ended early because the link carried a hundred times the file and
    /// more: others starve its connections, and `done` supposes that the rest comes as slowly.
    pub gave_up: bool,
    /// When each connection had brought its last byte; zero for one that brought none.
    pub finished: Vec<Ns>,
    /// Bytes that each connection brought.
    pub bytes: Vec<u64>,
    /// How many segments were stolen.
    pub steals: u32,
    /// How often an idle connection fetched what another had on its way.
    pub duplicate_fetches: u32,
    /// How many connections were reset, or replaced because they had stalled.
    pub resets: u32,
    /// How many packets found the buffer full.
    pub dropped: u64,
    /// A hash of everything that the client saw, in order: time, connection, bytes.
    pub log: u64,
}

/// Connections start within this many nanoseconds a connection of each other: to start a thread and
/// to connect takes a tenth of a millisecond.
const PHASES: f64 = 1e5;
/// A simulation ends when the link has carried this many times the file, for whomever …
const MOST_CARRIED: u64 = 100;
/// … and this many bytes.
const LEAST_CARRIED: u64 = 4 << 30;

/// Simulates one download.
pub fn run(setup: &Setup) -> Outcome {
    Driver::new(setup, Path::new(&setup.link)).run()
}

/// The same over a path that was made elsewhere.
#[cfg(test)]
pub(super) fn run_over(setup: &Setup, path: Path) -> Outcome {
    Driver::new(setup, path).run()
}

struct Driver<'a> {
    setup: &'a Setup,
    path: Path,
    segments: Segments,
    connections: Vec<SimConnection>,
    duplicates: Duplicates,
    /// Of all connections together.
    speed: RateEstimator,
    missing: u64,
    /// When to look for stalled connections next, and for something to do for idle ones.
    look_at: Ns,
    idle_at: Ns,
    outcome: Outcome,
}

/// A connection that brings nothing for this long is replaced, as the engine does.
const STALL_TIMEOUT: Ns = 5 * SECOND;
/// The key of a connection that asks for nothing: no file has this offset.
const NO_OFFSET: u64 = 1 << 63;
/// How long the server's answer is that there is nothing to do, in bytes.
const ANSWER: u64 = 64;
/// An idle connection looks for something to do so often, as the engine's do.
const IDLE: Ns = SECOND / 5;

impl<'a> Driver<'a> {
    fn new(setup: &'a Setup, path: Path) -> Self {
        let count = setup.connections.max(1);
        let mut segments = Segments::equal(setup.len, setup.granule, count);
        let taken = setup
            .link
            .max_connections()
            .map_or(count, |most| count.min(most as usize));
        (taken..count).for_each(|refused| segments.release(refused));
        let waits = 4 * setup.link.rtt() + taken as u64 * setup.link.accept() + setup.link.stall();
        // Static splits are those of simpler programs, which wait.
        let idle_timeout = match setup.plan {
            Plan::Stealing => STALL_TIMEOUT.max(waits),
            Plan::Static => Ns::MAX,
        };
        Self {
            setup,
            path,
            segments,
            connections: (0..taken)
                .map(|_| SimConnection::new(idle_timeout))
                .collect(),
            duplicates: Duplicates::default(),
            speed: RateEstimator::from(0),
            missing: setup.len,
            look_at: idle_timeout,
            idle_at: Ns::MAX,
            outcome: Outcome {
                done: 0,
                gave_up: false,
                finished: vec![0; count],
                bytes: vec![0; count],
                steals: 0,
                duplicate_fetches: 0,
                resets: 0,
                dropped: 0,
                log: 0,
            },
        }
    }

    fn run(mut self) -> Outcome {
        self.start();
        let mut events = Vec::new();
        let most = (self.setup.len * MOST_CARRIED).max(LEAST_CARRIED);
        while self.missing > 0 {
            // Flows that owe bytes always have a next event, so this ends with the file.
            let Some(at) = self.path.next() else {
                break;
            };
            if self.path.carried_bytes() > most {
                self.give_up(at);
                break;
            }
            let at = at.min(self.look_at).min(self.idle_at);
            self.path.advance(at, &mut events);
            for event in events.drain(..) {
                self.see(event);
            }
            if at >= self.look_at {
                self.replace_stalled(at);
            }
            if at >= self.idle_at {
                self.employ_idle(at);
            }
        }
        self.outcome.dropped = self.path.dropped_packets();
        self.outcome
    }

    fn give_up(&mut self, now: Ns) {
        let brought = (self.setup.len - self.missing).max(1);
        let times = self.setup.len as f64 / brought as f64;
        self.outcome.done = (now as f64 * times) as Ns;
        self.outcome.gave_up = true;
    }

    fn start(&mut self) {
        let span = PHASES * self.connections.len() as f64;
        let phases = |index: usize| {
            let (seed, phase) = (self.setup.link.seed(), self.setup.phase);
            (uniform(seed, index as u64, Draw::Phase, phase) * span) as Ns
        };
        let mut starts: Vec<_> = (0..self.connections.len())
            .map(|i| (phases(i), i))
            .collect();
        starts.sort_unstable();
        let first = starts.first().map_or(0, |start| start.0);
        // The first request asks for the beginning of the connection's own share; it learns with the
        // reply what else there is to do.
        let first_share = |index: usize| {
            let first_run = match self.setup.plan {
                Plan::Stealing => self.connections[index].request_window.run_size(),
                Plan::Static => u64::MAX,
            };
            self.segments.claim_own(index, first_run)
        };
        let shares: Vec<_> = (0..self.connections.len()).map(first_share).collect();
        for (at, index) in starts {
            match &shares[index] {
                Some(bytes) => self.open(at - first, index, Some(bytes.clone())),
                None => self.connect(at - first, index),
            }
        }
    }

    /// Opens connection `index` anew. One that finds nothing to do still comes, and may race.
    fn connect(&mut self, now: Ns, index: usize) {
        match self.claim(now, index) {
            Some(bytes) => {
                self.open(now, index, Some(bytes));
                self.fill(now, index);
            }
            None if self.setup.plan == Plan::Stealing => self.open(now, index, None),
            None => {}
        }
    }

    fn open(&mut self, now: Ns, index: usize, bytes: Option<Range<u64>>) {
        let connection = &mut self.connections[index];
        (connection.begun, connection.alive) = (now, now);
        (connection.request_window, connection.speed) =
            (RequestWindow::default(), RateEstimator::from(now));
        let key = bytes.as_ref().map_or(NO_OFFSET, |bytes| bytes.start);
        let flow = self.path.open(now, key);
        connection.flow = Some(flow);
        if let Some(bytes) = bytes {
            self.ask(now, index, bytes.into());
        } else {
            // It knows that there is nothing once the server has said so.
            connection.outstanding = ANSWER;
            self.path.supply(now, flow, ANSWER);
        }
    }

    fn see(&mut self, event: Event) {
        let at = event.at;
        let Some(index) = self
            .connections
            .iter()
            .position(|l| l.flow == Some(event.flow))
        else {
            return;
        };
        let what = match event.kind {
            EventKind::Bytes(bytes) => bytes,
            EventKind::Reset => u64::MAX,
        };
        self.outcome.log = mix(mix(mix(self.outcome.log ^ at) ^ index as u64) ^ what);
        match event.kind {
            EventKind::Bytes(bytes) => self.came(at, index, bytes),
            EventKind::Reset => self.was_reset(at, index),
        }
    }

    fn came(&mut self, now: Ns, index: usize, bytes: u64) {
        let connection = &mut self.connections[index];
        connection.outstanding -= bytes;
        connection.alive = now;
        connection.speed.came(now, bytes);
        self.speed.came(now, bytes);
        connection
            .request_window
            .on_received(Duration::from_nanos(now - connection.begun), bytes);
        let (mut left, mut new) = (bytes, 0);
        while let Some(asked) = connection.asked.front_mut().filter(|_| left > 0) {
            let step = left.min(asked.bytes.end - asked.bytes.start);
            new += self.duplicates.came(asked, step);
            left -= step;
            if asked.bytes.is_empty() {
                connection.asked.pop_front();
            }
        }
        self.missing -= new;
        self.outcome.bytes[index] += new;
        if new > 0 {
            self.outcome.finished[index] = now;
        }
        self.outcome.done = now;
        self.fill(now, index);
    }

    fn employ_idle(&mut self, now: Ns) {
        self.idle_at = Ns::MAX;
        for index in 0..self.connections.len() {
            if self.connections[index].idle_until <= now {
                self.fill(now, index);
            } else {
                self.idle_at = self.idle_at.min(self.connections[index].idle_until);
            }
        }
    }

    fn replace_stalled(&mut self, now: Ns) {
        for index in 0..self.connections.len() {
            let connection = &self.connections[index];
            let Some(flow) = connection.flow.filter(|_| connection.outstanding > 0) else {
                continue;
            };
            if now - connection.alive >= connection.idle_timeout {
                self.connections[index].idle_timeout = connection.idle_timeout.saturating_mul(2);
                self.path.close(now, flow);
                self.was_reset(now, index);
            }
        }
        self.look_at = now + SECOND;
    }

    /// What did not come is anybody's, and the connection is opened again.
    fn was_reset(&mut self, now: Ns, index: usize) {
        self.outcome.resets += 1;
        let connection = &mut self.connections[index];
        (
            connection.flow,
            connection.outstanding,
            connection.idle_until,
        ) = (None, 0, Ns::MAX);
        self.segments.release(index);
        for asked in connection.asked.drain(..) {
            self.segments.requeue(self.duplicates.drop(asked));
        }
        for index in 0..self.connections.len() {
            if self.connections[index].flow.is_some() {
                self.fill(now, index);
            } else {
                self.connect(now, index);
            }
        }
    }

    /// Asks for more until enough is on its way; races when there is nothing to ask for.
    fn fill(&mut self, now: Ns, index: usize) {
        self.connections[index].idle_until = Ns::MAX;
        while self.connections[index].outstanding < self.wanted(index) {
            let Some(bytes) = self.claim(now, index) else {
                break;
            };
            self.ask(now, index, bytes.into());
        }
        if self.connections[index].outstanding > 0 || self.setup.plan == Plan::Static {
            return;
        }
        if let Some(asked) = self.race(now, index) {
            self.ask(now, index, asked);
        } else {
            self.connections[index].idle_until = now + IDLE;
            self.idle_at = self.idle_at.min(now + IDLE);
        }
    }

    fn wanted(&self, index: usize) -> u64 {
        match self.setup.plan {
            Plan::Stealing => self.connections[index].request_window.size(),
            Plan::Static => u64::MAX,
        }
    }

    fn claim(&mut self, now: Ns, index: usize) -> Option<Range<u64>> {
        let connections = &self.connections;
        let connection = &connections[index];
        let limit = match self.setup.plan {
            Plan::Stealing => connection.request_window.run_size(),
            Plan::Static => u64::MAX,
        };
        if self.setup.plan == Plan::Static {
            // What refused connections leave is shared out, whatever the plan.
            return self.segments.claim_free(index, limit);
        }
        if connection.outstanding > limit {
            return self.segments.claim_own(index, limit);
        }
        let claim = self.segments.claim(index, limit, |other| {
            connections.get(other).map_or(0.0, |l| l.speed.at(now))
        })?;
        self.outcome.steals += u32::from(claim.stolen_from.is_some());
        Some(claim.bytes)
    }

    fn ask(&mut self, now: Ns, index: usize, asked: PendingRequest) {
        let connection = &mut self.connections[index];
        let len = asked.bytes.end - asked.bytes.start;
        connection.outstanding += len;
        connection.asked.push_back(asked);
        if let Some(flow) = connection.flow {
            self.path.supply(now, flow, len);
        }
    }
}
