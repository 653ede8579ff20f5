//! The state of one way of a download.

use std::time::{Duration, Instant};

use crate::model::way::{WayError, WayName, WaySnapshot};
use crate::scheduling::rate_ranking::Choice;

/// Pause before a lost way is tried again, and its longest value; each failure doubles it.
const REST: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(8)];
/// Time constant of the mean of the rate.
const SMOOTHING: Duration = Duration::from_secs(1);
/// Time after which the rate of a number of connections counts: slow start says little.
const SETTLED: Duration = Duration::from_secs(1);

/// The state of one way.
#[derive(Debug, Default)]
pub(super) struct WayState {
    /// The way as a choice; its rate is the goodput of all its connections.
    pub choice: Choice,
    /// Bytes of the connections that have ended.
    brought: u64,
    most_connections: u32,
    /// Connections that it had when it was lost, and that it has not got back.
    pub owed: u32,
    /// Connections that are leaving another way for this one.
    pub reserved: u32,
    /// Set while one connection tries whether a lost way is back.
    pub is_probed: bool,
    /// Reason for which the system says that it cannot be used.
    pub reported: Option<WayError>,
    /// Reason why it is lost.
    pub trouble: Option<WayError>,
    last_trouble: Option<WayError>,
    /// Time before which a lost way is not tried again.
    pub rest_until: Option<Instant>,
    lost_since: Option<Instant>,
    /// Time for which it was lost before.
    down: Duration,
    losses: u32,
    /// Smoothed rate in bytes a second.
    rate: f64,
    /// By number of connections: the highest smoothed rate, once it has settled.
    best: Vec<f64>,
    /// Start of the latest connection.
    entered: Option<Instant>,
    /// All bytes, and the time, at the last measurement.
    measured: Option<(u64, Instant)>,
    last_byte: Option<Instant>,
}

impl WayState {
    /// Returns whether a new connection may use it.
    pub fn is_usable(&self, now: Instant) -> bool {
        self.reported.is_none()
            && !self.is_probed
            && self.rest_until.is_none_or(|until| until <= now)
    }

    /// Counts a new connection.
    pub fn enter(&mut self, now: Instant) {
        if self.choice.connections == 0 {
            // The silence before it is none.
            self.last_byte = Some(now);
        }
        self.choice.connections += 1;
        self.entered = Some(now);
        self.most_connections = self.most_connections.max(self.choice.connections);
    }

    /// Counts the end of a connection that brought `bytes`.
    pub fn leave(&mut self, bytes: u64, now: Instant) {
        self.choice.connections = self.choice.connections.saturating_sub(1);
        self.brought += bytes;
        if std::mem::take(&mut self.is_probed) && self.trouble.is_some() && bytes == 0 {
            self.owed += 1;
            self.rest(now);
        }
    }

    /// Records that the way is lost: its connections will end.
    pub fn lose(&mut self, now: Instant, error: &WayError) {
        let connections = self.choice.connections + std::mem::take(&mut self.reserved);
        self.owed = self.owed.max(connections);
        self.set_trouble(now, error);
    }

    /// Records that a connection could not be made.
    pub fn fail(&mut self, now: Instant, error: &WayError) {
        self.owed = self.owed.max(self.choice.connections);
        self.is_probed = false;
        self.set_trouble(now, error);
    }

    fn set_trouble(&mut self, now: Instant, error: &WayError) {
        if self.trouble.is_none() {
            self.losses += 1;
        }
        self.trouble = Some(error.clone());
        self.last_trouble = Some(error.clone());
        let since = match error {
            WayError::Silent(_) => self.last_byte(now),
            _ => now,
        };
        self.lost_since.get_or_insert(since);
        self.rest(now);
    }

    fn rest(&mut self, now: Instant) {
        let [least, most] = REST;
        let pause = least * (1 << self.choice.failures.min(5));
        self.choice.failures += 1;
        self.rest_until = Some(now + pause.min(most));
    }

    /// Takes the bytes of the present connections. Returns the time for which it was lost, if it is back.
    pub fn measure(&mut self, now: Instant, live: u64) -> Option<Duration> {
        let bytes = self.brought + live;
        let (before, since) = *self.measured.get_or_insert((0, now));
        self.measured = Some((bytes, now));
        let new = bytes.saturating_sub(before);
        let time = now.saturating_duration_since(since);
        if !time.is_zero() {
            let weight = 1.0 - (-time.as_secs_f64() / SMOOTHING.as_secs_f64()).exp();
            let latest = new as f64 / time.as_secs_f64();
            self.rate += weight * (latest - self.rate);
            if self.choice.connections > 0 && self.rate > 1.0 {
                self.choice.rate = Some(self.rate);
                self.record_best(now);
            }
        }
        if new == 0 {
            return None;
        }
        self.last_byte = Some(now);
        // Bytes that arrived before the loss do not count.
        let is_back = self.trouble.is_some() && self.is_probed && live > 0;
        if !is_back {
            return None;
        }
        (self.trouble, self.rest_until, self.is_probed) = (None, None, false);
        self.choice.failures = 0;
        let lost = now.saturating_duration_since(self.lost_since.take().unwrap_or(now));
        self.down += lost;
        Some(lost)
    }

    /// Returns whether the connections have left slow start.
    pub fn is_settled(&self, now: Instant) -> bool {
        let is_past = |since: Instant| now.saturating_duration_since(since) > SETTLED;
        self.entered.is_some_and(is_past)
    }

    /// Records the rate of this number of connections, once its mean holds nothing of before.
    fn record_best(&mut self, now: Instant) {
        let is_known = |since: Instant| now.saturating_duration_since(since) > SMOOTHING * 3;
        if self.entered.is_some_and(is_known) {
            let count = self.choice.connections as usize;
            let best = &mut self.best;
            best.resize(best.len().max(count + 1), 0.0);
            best[count] = best[count].max(self.rate);
        }
    }

    /// Returns the rate with the most connections, divided by that with half of them or fewer.
    fn growth(&self) -> Option<f64> {
        let known = |(_, rate): &(usize, &f64)| **rate > 0.0;
        let (most, rate) = self.best.iter().enumerate().rfind(known)?;
        let few = self
            .best
            .iter()
            .enumerate()
            .take(most / 2 + 1)
            .filter(known);
        few.map(|(_, few)| rate / few).next_back()
    }

    /// Returns the time of the last byte; `now` before any connection.
    pub fn last_byte(&self, now: Instant) -> Instant {
        self.last_byte.unwrap_or(now)
    }

    /// Returns whether more than one connection uses the way, and it is not lost.
    pub fn brought_now(&self) -> bool {
        self.choice.connections > 1 && self.trouble.is_none() && self.rate > 1.0
    }

    /// Returns the state for the screens; `live` are the bytes of the present connections.
    pub fn snapshot(&self, name: &WayName, live: u64, now: Instant) -> WaySnapshot {
        let lost = self
            .lost_since
            .map(|since| now.saturating_duration_since(since));
        WaySnapshot {
            name: name.to_string(),
            bytes: self.brought + live,
            rate: self.rate,
            connections: self.choice.connections,
            most_connections: self.most_connections,
            down_secs: (self.down + lost.unwrap_or_default()).as_secs_f64(),
            losses: self.losses,
            trouble: self.last_trouble.as_ref().map(ToString::to_string),
            growth: self.growth(),
        }
    }
}
