//! Records one attempt: its [`Timeline`] and its [`Log`], from the counters and events of its
//! connections.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

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
    started_at: SystemTime,
    timeline: Timeline,
    published: Arc<Timeline>,
    published_at: Option<Instant>,
    log: Log,
    seen: Vec<Seen>,
    sampled: Duration,
    /// Number of connections that have received a byte.
    receiving: usize,
}

/// One connection in the last sample.
#[derive(Default)]
struct Seen {
    bytes: u64,
    last_byte: Duration,
    has_received: bool,
}

impl TimelineRecorder {
    /// Creates the record of an attempt that started at `started`. `log` is the log of the earlier
    /// attempts, which this one continues.
    pub fn new(started: Instant, log: Log) -> Self {
        Self {
            started,
            started_at: SystemTime::now() - started.elapsed(),
            timeline: Timeline::default(),
            published: Arc::default(),
            published_at: None,
            log,
            seen: Vec::new(),
            sampled: Duration::ZERO,
            receiving: 0,
        }
    }

    /// Records the events and bytes since the last sample.
    pub fn sample(&mut self, connections: &[ConnectionCounters]) {
        let now = self.started.elapsed();
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
            self.on_bytes(index, counters.bytes(), now);
        }
        self.sampled = now;
    }

    /// Records that connection `index` has received `bytes` in all, at time `now`.
    fn on_bytes(&mut self, index: usize, bytes: u64, now: Duration) {
        let new = bytes - self.seen[index].bytes;
        let state = self.timeline.track(index).state();
        let number = index + 1;
        if new > 0 {
            let stalled = now.saturating_sub(self.seen[index].last_byte);
            self.seen[index].bytes = bytes;
            self.seen[index].last_byte = now;
            self.timeline.add_bytes(index, self.sampled, now, new);
            if state == Some(ConnectionState::Stalled) {
                self.timeline
                    .track(index)
                    .set_state(now, ConnectionState::Receiving);
                let stalled = format_duration(stalled);
                self.info(now, format!("Connection {number} resumed after {stalled}"));
            }
        } else if state == Some(ConnectionState::Receiving) {
            let last = self.seen[index].last_byte;
            if now.saturating_sub(last) >= STALL {
                self.timeline
                    .track(index)
                    .set_state(last, ConnectionState::Stalled);
                let limit = format_duration(STALL);
                self.warn(
                    now,
                    format!("Connection {number} stalled: no data for {limit}"),
                );
            }
        }
    }

    fn on_event(&mut self, index: usize, at: Duration, event: ConnectionEvent, count: usize) {
        let number = index + 1;
        match event {
            ConnectionEvent::State(state) => {
                self.timeline.track(index).set_state(at, state);
                if state == ConnectionState::Receiving {
                    self.seen[index].last_byte = at;
                    self.on_first_byte(index, at, count);
                }
            }
            ConnectionEvent::Stole(victim) => {
                let victim = victim + 1;
                self.timeline.track(index).add_steal(at, victim as u16);
                self.info(
                    at,
                    format!(
                        "Connection {number} stole half of the remaining work of connection {victim}"
                    ),
                );
            }
            ConnectionEvent::Lost(reason) => {
                self.warn(at, format!("Connection {number} was lost: {reason}"));
            }
            ConnectionEvent::Packet(packet) => self.timeline.add_arrival(Arrival {
                at,
                packet,
                connection: number as u16,
            }),
        }
    }

    /// Logs when the first connection receives, and when all do. A line for each of fifty would be
    /// noise.
    fn on_first_byte(&mut self, index: usize, at: Duration, count: usize) {
        if std::mem::replace(&mut self.seen[index].has_received, true) {
            return;
        }
        self.receiving += 1;
        let after = format_duration(at);
        if self.receiving == 1 {
            let number = index + 1;
            self.info(
                at,
                format!("First byte after {after} over connection {number}"),
            );
        } else if self.receiving == count {
            self.info(
                at,
                format!("All {count} connections receive data after {after}"),
            );
        }
    }

    /// Logs `text`.
    pub fn info(&mut self, since_start: Duration, text: String) {
        self.push(since_start, text, false);
    }

    /// Logs `text` as a warning.
    pub fn warn(&mut self, since_start: Duration, text: String) {
        self.push(since_start, text, true);
    }

    fn push(&mut self, since_start: Duration, text: String, is_warning: bool) {
        let at = self.started_at + since_start;
        self.log.push(LogLine {
            at,
            since_start,
            text,
            is_warning,
            count: 1,
        });
    }

    /// Returns whether connection `index` is stalled, which its own counters do not know.
    pub fn is_stalled(&self, index: usize) -> bool {
        let track = self.timeline.tracks.get(index);
        track.is_some_and(|track| track.state() == Some(ConnectionState::Stalled))
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

/// Formats a duration for a sentence, with about two significant digits.
pub(crate) fn format_duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        secs if secs >= 9.95 => format!("{secs:.0} s"),
        secs if secs >= 0.995 => format!("{secs:.1} s"),
        secs if secs >= 0.00995 => format!("{:.0} ms", secs * 1000.0),
        secs => format!("{:.1} ms", secs * 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(recorder: &mut TimelineRecorder) -> Vec<String> {
        recorder.log().iter().map(|l| l.text.clone()).collect()
    }

    #[test]
    fn a_stall_is_dated_back_to_the_last_byte() {
        let started = Instant::now()
            .checked_sub(Duration::from_secs(60))
            .unwrap_or_else(Instant::now);
        let connections = [ConnectionCounters::default()];
        let mut recorder = TimelineRecorder::new(started, Log::default());
        connections[0].received(1000, || Duration::ZERO);
        recorder.sample(&connections);
        let last = recorder.seen[0].last_byte;
        recorder.on_bytes(0, 1000, last + STALL / 2);
        assert!(!recorder.is_stalled(0));
        recorder.on_bytes(0, 1000, last + STALL);
        assert!(recorder.is_stalled(0));
        recorder.on_bytes(0, 1000, last + STALL * 2);
        recorder.on_bytes(0, 2000, last + STALL * 3);
        assert!(!recorder.is_stalled(0));
        let states: Vec<_> = recorder.timeline(true).tracks[0].states.clone();
        assert_eq!(states[1], (last, ConnectionState::Stalled));
        assert_eq!(states[2], (last + STALL * 3, ConnectionState::Receiving));
        let texts = texts(&mut recorder);
        assert_eq!(texts[1], "Connection 1 stalled: no data for 1.0 s");
        assert_eq!(texts[2], "Connection 1 resumed after 3.0 s");
        assert_eq!(texts.len(), 3, "logged once: {texts:?}");
    }

    #[test]
    fn events_of_connections_are_recorded_with_their_times() {
        let started = Instant::now();
        let connections: Vec<ConnectionCounters> =
            (0..2).map(|_| ConnectionCounters::default()).collect();
        let mut recorder = TimelineRecorder::new(started, Log::default());
        connections[0].set_state(ConnectionState::Waiting);
        connections[0].received(10, || Duration::ZERO);
        connections[1].received(10, || Duration::ZERO);
        connections[1].retried("the server closed it");
        connections[0].packet_completed(7);
        recorder.sample(&connections);
        let timeline = recorder.timeline(true);
        let states = |index: usize| -> Vec<_> {
            let track = &timeline.tracks[index];
            track.states.iter().map(|(_, state)| *state).collect()
        };
        assert_eq!(
            states(0),
            [ConnectionState::Waiting, ConnectionState::Receiving]
        );
        assert_eq!(
            states(1),
            [ConnectionState::Receiving, ConnectionState::Retrying]
        );
        assert_eq!(
            (timeline.arrivals[0].packet, timeline.arrivals[0].connection),
            (7, 1)
        );
        let logged = texts(&mut recorder).join("\n");
        for part in [
            "over connection 1",
            "All 2 connections",
            "Connection 2 was lost: the server",
        ] {
            assert!(logged.contains(part), "{logged}");
        }
    }
}
