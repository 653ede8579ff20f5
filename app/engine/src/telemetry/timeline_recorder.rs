//! Records one attempt: its [`Timeline`] and its [`Log`], from the counters and events of its
//! connections.

mod attempt_log;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use self::attempt_log::AttemptLog;
pub(crate) use self::attempt_log::format_duration;
use super::connection_counters::ConnectionCounters;
use super::connection_events::ConnectionEvent;
use crate::model::connection_state::ConnectionState;
use crate::model::download_log::{Log, LogLine};
use crate::model::timeline::{Arrival, Timeline};

/// Time without a byte after which a receiving connection counts as stalled.
const STALL: Duration = Duration::from_secs(1);
/// Interval between copies of the timeline: as often as a window draws it.
const PUBLISH_EVERY: Duration = Duration::from_millis(200);

/// The record of one attempt.
pub(crate) struct TimelineRecorder {
    started: Instant,
    timeline: Timeline,
    published: Arc<Timeline>,
    published_at: Option<Instant>,
    log: AttemptLog,
    seen: Vec<Seen>,
    sampled: Duration,
    /// All packets of the file are recorded, not every n-th.
    has_all_packets: bool,
}

/// One connection in the last sample.
#[derive(Default)]
struct Seen {
    bytes: u64,
    last_byte: Duration,
    has_received: bool,
    /// Last time at which a rate limit held it.
    held: Option<Duration>,
    /// Start of the present wait for bytes in this sample: the last change to receiving.
    receives_since: Option<Duration>,
    /// Completion times of the recorded packets in this sample.
    packets: Vec<Duration>,
    /// Bytes of its incomplete packet at the end of this sample.
    partial: u64,
    /// End of the connection in this sample.
    ended: Option<Duration>,
}

impl TimelineRecorder {
    /// Creates the record of an attempt that started at `started`. `log` is the log of the earlier
    /// attempts, which this one continues.
    pub fn new(started: Instant, log: Log) -> Self {
        Self {
            started,
            timeline: Timeline::default(),
            published: Arc::default(),
            published_at: None,
            log: AttemptLog::new(SystemTime::now() - started.elapsed(), log),
            seen: Vec::new(),
            sampled: Duration::ZERO,
            has_all_packets: true,
        }
    }

    /// Records the events and bytes since the last sample. `has_all_packets` tells that the connections
    /// record each packet, not only every n-th.
    pub fn sample(&mut self, connections: &[ConnectionCounters], has_all_packets: bool) {
        let now = self.started.elapsed();
        self.has_all_packets = has_all_packets;
        self.timeline.advance(now);
        self.seen.resize_with(connections.len(), Seen::default);
        let take = |(index, counters): (usize, &ConnectionCounters)| {
            let events = counters.events.take().into_iter();
            events.map(move |(at, event)| (at, index, event))
        };
        let mut events: Vec<_> = connections.iter().enumerate().flat_map(take).collect();
        events.sort_by_key(|(at, ..)| *at);
        for (at, index, event) in events {
            let at = at.saturating_duration_since(self.started);
            self.on_event(index, at, event, connections.len());
        }
        for (index, counters) in connections.iter().enumerate() {
            if counters.is_held() {
                self.seen[index].held = Some(now);
            }
            self.seen[index].partial = counters.partial();
            self.on_bytes(index, counters.bytes(), now);
        }
        self.sampled = now;
    }

    /// Records that connection `index` has received `bytes` in all, at time `now`.
    fn on_bytes(&mut self, index: usize, bytes: u64, now: Duration) {
        let new = bytes - self.seen[index].bytes;
        let last = self.seen[index].last_byte;
        if new > 0 {
            self.seen[index].bytes = bytes;
            self.seen[index].last_byte = self.add_bytes(index, new, now);
        }
        self.seen[index].packets.clear();
        (self.seen[index].receives_since, self.seen[index].ended) = (None, None);
        let state = self.timeline.track(index).state();
        let held = self.seen[index].held;
        let is_held = held.is_some_and(|at| now.saturating_sub(at) < STALL);
        // A wait for the limit is no silence of the server.
        let silent_since = self.seen[index].last_byte.max(held.unwrap_or_default());
        match state {
            Some(ConnectionState::Receiving | ConnectionState::Stalled) if is_held => {
                self.hold(index, now);
            }
            Some(ConnectionState::Limited) if !is_held => {
                let track = self.timeline.track(index);
                track.set_state(now, ConnectionState::Receiving);
            }
            Some(ConnectionState::Stalled) if new > 0 => {
                let track = self.timeline.track(index);
                track.set_state(now, ConnectionState::Receiving);
                self.log.resumed(now, index + 1, now.saturating_sub(last));
            }
            Some(ConnectionState::Receiving) if now.saturating_sub(silent_since) >= STALL => {
                let track = self.timeline.track(index);
                track.set_state(silent_since, ConnectionState::Stalled);
                self.log.stalled(now, index + 1, STALL);
            }
            _ => {}
        }
    }

    /// Records that the rate limit of the user holds connection `index`.
    fn hold(&mut self, index: usize, now: Duration) {
        let track = self.timeline.track(index);
        track.set_state(now, ConnectionState::Limited);
        self.log.held(now);
    }

    /// Adds `new` bytes of connection `index` since the last sample to the timeline; returns the time of
    /// the last of them. A connection receives from its first byte until it ends. Within that time the
    /// completed packets show when bytes came; those of an incomplete packet, or of packets
    /// that are not recorded, are spread evenly after them.
    fn add_bytes(&mut self, index: usize, new: u64, now: Duration) -> Duration {
        let seen = &mut self.seen[index];
        let packets = std::mem::take(&mut seen.packets);
        let to = seen.ended.unwrap_or(now);
        let mut from = seen
            .receives_since
            .unwrap_or_default()
            .max(self.sampled)
            .min(to);
        let tail = match packets.len() as u64 {
            0 => new,
            _ if self.has_all_packets => seen.partial.min(new),
            // Bytes after the last recorded packet are about as many as between two of them.
            count => new / (count + 1),
        };
        let share = (new - tail) / (packets.len() as u64).max(1);
        let mut left = new - tail;
        for (place, at) in packets.iter().enumerate() {
            let at = (*at).clamp(from, to);
            let is_last = place + 1 == packets.len();
            let bytes = if is_last { left } else { share };
            self.timeline.add_bytes(index, from, at, bytes);
            (from, left) = (at, left - bytes);
        }
        if tail == 0 {
            return from;
        }
        self.timeline.add_bytes(index, from, to, tail);
        to
    }

    /// Records that all bytes of the file have arrived: the file is checked from the last of them on.
    pub fn received_all(&mut self) {
        if self.timeline.received.is_none() {
            self.timeline.received = self.seen.iter().map(|seen| seen.last_byte).max();
        }
    }

    fn on_event(&mut self, index: usize, at: Duration, event: ConnectionEvent, count: usize) {
        let number = index + 1;
        match event {
            ConnectionEvent::State(state) => {
                self.timeline.track(index).set_state(at, state);
                match state {
                    ConnectionState::Receiving => {
                        self.seen[index].ended = None;
                        self.seen[index].last_byte = at;
                        self.seen[index].receives_since.get_or_insert(at);
                        if !std::mem::replace(&mut self.seen[index].has_received, true) {
                            self.log.first_byte(at, number, count);
                        }
                    }
                    ConnectionState::Done | ConnectionState::Lost | ConnectionState::Retrying => {
                        self.seen[index].ended = Some(at);
                    }
                    _ => {}
                }
            }
            ConnectionEvent::Stole(victim) => {
                let victim = victim + 1;
                self.timeline.track(index).add_steal(at, victim as u16);
                self.log.stole(at, number, victim);
            }
            ConnectionEvent::Lost(reason) => {
                self.log.lost(at, number, &reason);
            }
            ConnectionEvent::Packet(packet) => {
                self.seen[index].packets.push(at);
                self.timeline.add_arrival(Arrival {
                    at,
                    packet,
                    connection: number as u16,
                });
            }
        }
    }

    /// Logs `text`.
    pub fn info(&mut self, since_start: Duration, text: String) {
        self.log.push(since_start, text, false);
    }

    /// Logs `text` as a warning.
    pub fn warn(&mut self, since_start: Duration, text: String) {
        self.log.push(since_start, text, true);
    }

    /// Returns the state of connection `index` if it is stalled or held by a rate limit, which its own
    /// counters do not know.
    pub fn derived_state(&self, index: usize) -> Option<ConnectionState> {
        let state = self.timeline.tracks.get(index)?.state()?;
        let is_derived = matches!(state, ConnectionState::Stalled | ConnectionState::Limited);
        is_derived.then_some(state)
    }

    /// Returns the timeline: the present one if `now`, else a copy that is at most
    /// [`PUBLISH_EVERY`] old.
    pub fn timeline(&mut self, now: bool) -> Arc<Timeline> {
        let is_due = |at: Instant| at.elapsed() >= PUBLISH_EVERY;
        if now || self.published_at.is_none_or(is_due) {
            self.published_at = Some(Instant::now());
            self.published = Arc::new(self.timeline.clone());
        }
        Arc::clone(&self.published)
    }

    /// Returns the log so far.
    pub fn log(&mut self) -> Arc<[LogLine]> {
        self.log.snapshot()
    }
}

#[cfg(test)]
mod tests;
