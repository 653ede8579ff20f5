//! Simulation driver: runs one download over the emulated link as fast as possible.
//!
//! It uses the segment planner of the engine and follows its rules: connections request in advance,
//! so that none idles within its segment; a steal costs the round trip of a request; near the end
//! idle connections fetch duplicates of the slowest one's pending requests; a connection that is
//! reset reopens and fetches the missing bytes.

mod duplicates;
mod rate_estimator;
mod setup;
mod sim_connection;

use super::packet_log::PacketLog;
use super::random::{Draw, uniform};
use super::{Event, EventKind, Ns, Path, SECOND};
use crate::request_window::RequestWindow;
use crate::segments::Segments;
use crate::shuffle::mix;
use duplicates::{Duplicates, PendingRequest};
use rate_estimator::RateEstimator;
use sim_connection::SimConnection;
use std::ops::Range;
use std::time::Duration;

pub use setup::{Outcome, Plan, Setup};

/// Spread of the start times, in nanoseconds per connection: starting a thread and connecting takes
/// a tenth of a millisecond.
const START_SPREAD_NS: f64 = 1e5;
/// The same behind a policer. No queue spreads the packets there, so the times at which a server
/// answers simultaneous requests stay visible: about a millisecond apart.
const POLICED_START_SPREAD_NS: f64 = 1e6;
/// A simulation is aborted when the link has transmitted this many times the file …
const MAX_CARRIED_FACTOR: u64 = 100;
/// … and at least this many bytes.
const MIN_CARRIED_LIMIT: u64 = 4 << 30;

/// Simulates one download.
pub fn run(setup: &Setup) -> Outcome {
    Driver::new(setup, Path::new(&setup.link)).run()
}

/// Like [`run`], and returns the packets of the download.
pub fn run_logged(setup: &Setup) -> (Outcome, PacketLog) {
    let mut path = Path::new(&setup.link);
    path.start_log();
    let mut driver = Driver::new(setup, path);
    driver.simulate();
    let log = driver.path.take_log();
    (driver.outcome, log)
}

/// Like [`run`], over a path that the caller created.
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
    /// Total speed of all connections.
    speed: RateEstimator,
    missing: u64,
    /// Times of the next check for stalled connections, and for idle ones.
    next_stall_check: Ns,
    next_idle_check: Ns,
    outcome: Outcome,
}

/// Time without data after which a connection is replaced, as in the engine.
const STALL_TIMEOUT: Ns = 5 * SECOND;
/// Key of a connection that opens without a request: not an offset of any file.
const NO_OFFSET: u64 = 1 << 63;
/// Length of the server's reply to a connection without work, in bytes.
const EMPTY_REPLY_LEN: u64 = 64;
/// Interval at which an idle connection looks for work, as in the engine.
const IDLE_POLL_INTERVAL: Ns = SECOND / 5;

impl<'a> Driver<'a> {
    fn new(setup: &'a Setup, path: Path) -> Self {
        let count = setup.connections.max(1);
        let mut segments = Segments::equal(setup.len, setup.granule, count);
        let accepted = setup
            .link
            .max_connections()
            .map_or(count, |max| count.min(max as usize));
        (accepted..count).for_each(|refused| segments.release(refused));
        let startup_time =
            4 * setup.link.rtt() + accepted as u64 * setup.link.accept() + setup.link.stall();
        // A static split models simpler programs, which do not replace stalled connections.
        let idle_timeout = match setup.plan {
            Plan::Stealing => STALL_TIMEOUT.max(startup_time),
            Plan::Static => Ns::MAX,
        };
        Self {
            setup,
            path,
            segments,
            connections: (0..accepted)
                .map(|_| SimConnection::new(idle_timeout))
                .collect(),
            duplicates: Duplicates::default(),
            speed: RateEstimator::new(0),
            missing: setup.len,
            next_stall_check: idle_timeout,
            next_idle_check: Ns::MAX,
            outcome: Outcome {
                done: 0,
                gave_up: false,
                finished: vec![0; count],
                bytes: vec![0; count],
                steals: 0,
                duplicate_fetches: 0,
                resets: 0,
                dropped: 0,
                event_hash: 0,
            },
        }
    }

    fn run(mut self) -> Outcome {
        self.simulate();
        self.outcome
    }

    fn simulate(&mut self) {
        self.start();
        let mut events = Vec::new();
        let limit = (self.setup.len * MAX_CARRIED_FACTOR).max(MIN_CARRIED_LIMIT);
        while self.missing > 0 {
            // Flows with unsent bytes always have a next event, so the loop ends with the file.
            let Some(at) = self.path.next() else {
                break;
            };
            if self.path.carried_bytes() > limit {
                self.give_up(at);
                break;
            }
            let at = at.min(self.next_stall_check).min(self.next_idle_check);
            self.path.advance(at, &mut events);
            for event in events.drain(..) {
                self.on_event(event);
            }
            if at >= self.next_stall_check {
                self.replace_stalled(at);
            }
            if at >= self.next_idle_check {
                self.assign_idle(at);
            }
        }
        self.outcome.dropped = self.path.dropped_packets();
    }

    fn give_up(&mut self, now: Ns) {
        let received = (self.setup.len - self.missing).max(1);
        let factor = self.setup.len as f64 / received as f64;
        self.outcome.done = (now as f64 * factor) as Ns;
        self.outcome.gave_up = true;
    }

    fn start(&mut self) {
        let spread = match self.setup.link.policer_bps() {
            Some(_) => POLICED_START_SPREAD_NS,
            None => START_SPREAD_NS,
        };
        let span = spread * self.connections.len() as f64;
        let start_time = |index: usize| {
            let (seed, phase) = (self.setup.link.seed(), self.setup.phase);
            (uniform(seed, index as u64, Draw::Phase, phase) * span) as Ns
        };
        let mut starts: Vec<_> = (0..self.connections.len())
            .map(|i| (start_time(i), i))
            .collect();
        starts.sort_unstable();
        let first = starts.first().map_or(0, |start| start.0);
        // The first request is for the start of the connection's own segment; the reply reveals the
        // length of the file and thereby the remaining work.
        let first_request = |index: usize| {
            let first_run = match self.setup.plan {
                Plan::Stealing => self.connections[index].request_window.run_size(),
                Plan::Static => u64::MAX,
            };
            self.segments.claim_own(index, first_run)
        };
        let first_requests: Vec<_> = (0..self.connections.len()).map(first_request).collect();
        for (at, index) in starts {
            match &first_requests[index] {
                Some(bytes) => self.open(at - first, index, Some(bytes.clone())),
                None => self.connect(at - first, index),
            }
        }
    }

    /// Reopens connection `index`. One without work still opens, and may fetch duplicates.
    fn connect(&mut self, now: Ns, index: usize) {
        match self.claim(now, index) {
            Some(bytes) => {
                self.open(now, index, Some(bytes));
                self.fill_pipeline(now, index);
            }
            None if self.setup.plan == Plan::Stealing => self.open(now, index, None),
            None => {}
        }
    }

    fn open(&mut self, now: Ns, index: usize, bytes: Option<Range<u64>>) {
        let connection = &mut self.connections[index];
        (connection.opened_at, connection.last_activity) = (now, now);
        (connection.request_window, connection.speed) =
            (RequestWindow::default(), RateEstimator::new(now));
        let key = bytes.as_ref().map_or(NO_OFFSET, |bytes| bytes.start);
        let flow = self.path.open(now, key);
        connection.flow = Some(flow);
        if let Some(bytes) = bytes {
            self.request(now, index, bytes.into());
        } else {
            // The client knows that there is no work once the server has replied.
            connection.outstanding = EMPTY_REPLY_LEN;
            self.path.supply(now, flow, EMPTY_REPLY_LEN);
        }
    }

    fn on_event(&mut self, event: Event) {
        let at = event.at;
        let Some(index) = self
            .connections
            .iter()
            .position(|connection| connection.flow == Some(event.flow))
        else {
            return;
        };
        let value = match event.kind {
            EventKind::Bytes(bytes) => bytes,
            EventKind::Reset => u64::MAX,
        };
        self.outcome.event_hash =
            mix(mix(mix(self.outcome.event_hash ^ at) ^ index as u64) ^ value);
        match event.kind {
            EventKind::Bytes(bytes) => self.on_bytes(at, index, bytes),
            EventKind::Reset => self.on_reset(at, index),
        }
    }

    fn on_bytes(&mut self, now: Ns, index: usize, bytes: u64) {
        let connection = &mut self.connections[index];
        connection.outstanding -= bytes;
        connection.last_activity = now;
        connection.speed.on_received(now, bytes);
        self.speed.on_received(now, bytes);
        connection
            .request_window
            .on_received(Duration::from_nanos(now - connection.opened_at), bytes);
        let (mut left, mut new) = (bytes, 0);
        while let Some(request) = connection.pending.front_mut().filter(|_| left > 0) {
            let step = left.min(request.bytes.end - request.bytes.start);
            new += self.duplicates.on_received(request, step);
            left -= step;
            if request.bytes.is_empty() {
                connection.pending.pop_front();
            }
        }
        self.missing -= new;
        self.outcome.bytes[index] += new;
        if new > 0 {
            self.outcome.finished[index] = now;
        }
        self.outcome.done = now;
        self.fill_pipeline(now, index);
    }

    fn assign_idle(&mut self, now: Ns) {
        self.next_idle_check = Ns::MAX;
        for index in 0..self.connections.len() {
            if self.connections[index].idle_until <= now {
                self.fill_pipeline(now, index);
            } else {
                self.next_idle_check = self.next_idle_check.min(self.connections[index].idle_until);
            }
        }
    }

    fn replace_stalled(&mut self, now: Ns) {
        for index in 0..self.connections.len() {
            let connection = &self.connections[index];
            let Some(flow) = connection.flow.filter(|_| connection.outstanding > 0) else {
                continue;
            };
            if now - connection.last_activity >= connection.idle_timeout {
                self.connections[index].idle_timeout = connection.idle_timeout.saturating_mul(2);
                self.path.close(now, flow);
                self.on_reset(now, index);
            }
        }
        self.next_stall_check = now + SECOND;
    }

    /// Requeues the missing bytes of a connection and reopens it.
    fn on_reset(&mut self, now: Ns, index: usize) {
        self.outcome.resets += 1;
        let connection = &mut self.connections[index];
        (
            connection.flow,
            connection.outstanding,
            connection.idle_until,
        ) = (None, 0, Ns::MAX);
        self.segments.release(index);
        for request in connection.pending.drain(..) {
            self.segments.requeue(self.duplicates.abandon(request));
        }
        for index in 0..self.connections.len() {
            if self.connections[index].flow.is_some() {
                self.fill_pipeline(now, index);
            } else {
                self.connect(now, index);
            }
        }
    }

    /// Requests more until the request window is full; fetches a duplicate when nothing is left to
    /// request.
    fn fill_pipeline(&mut self, now: Ns, index: usize) {
        self.connections[index].idle_until = Ns::MAX;
        while self.connections[index].outstanding < self.target_outstanding(index) {
            let Some(bytes) = self.claim(now, index) else {
                break;
            };
            self.request(now, index, bytes.into());
        }
        if self.connections[index].outstanding > 0 || self.setup.plan == Plan::Static {
            return;
        }
        if let Some(request) = self.duplicate_fetch(now, index) {
            self.request(now, index, request);
        } else {
            self.connections[index].idle_until = now + IDLE_POLL_INTERVAL;
            self.next_idle_check = self.next_idle_check.min(now + IDLE_POLL_INTERVAL);
        }
    }

    fn target_outstanding(&self, index: usize) -> u64 {
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
            // Segments of refused connections are distributed under either policy.
            return self.segments.claim_free(index, limit);
        }
        if connection.outstanding > limit {
            return self.segments.claim_own(index, limit);
        }
        let claim = self.segments.claim(index, limit, |other| {
            connections
                .get(other)
                .map_or(0.0, |connection| connection.speed.at(now))
        })?;
        self.outcome.steals += u32::from(claim.stolen_from.is_some());
        Some(claim.bytes)
    }

    fn request(&mut self, now: Ns, index: usize, request: PendingRequest) {
        let connection = &mut self.connections[index];
        let len = request.bytes.end - request.bytes.start;
        connection.outstanding += len;
        connection.pending.push_back(request);
        if let Some(flow) = connection.flow {
            self.path.supply(now, flow, len);
        }
    }
}
