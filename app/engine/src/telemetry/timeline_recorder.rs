//! Keeps the record of one attempt: its [`Timeline`] and its [`Log`], from what the connections
//! counted and noted down.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::connection_counters::ConnectionCounters;
use super::connection_events::ConnectionEvent;
use crate::model::connection_state::ConnectionState;
use crate::model::log::{Log, LogLine};
use crate::model::timeline::{Arrival, Timeline};

/// A connection that was receiving stands still when no byte has come for this long.
const STALL: Duration = Duration::from_secs(1);
/// How often a copy of the time line is given out: as often as a window draws it.
const PUBLISH_EVERY: Duration = Duration::from_millis(200);

/// The record of one attempt.
pub(crate) struct TimelineRecorder {
    started: Instant,
    began: SystemTime,
    timeline: Timeline,
    published: Arc<Timeline>,
    published_at: Option<Instant>,
    log: Log,
    seen: Vec<Seen>,
    sampled: Duration,
    /// How many connections have brought a byte.
    receiving: usize,
}

/// What was last seen of one connection.
#[derive(Default)]
struct Seen {
    bytes: u64,
    last_byte: Duration,
    has_received: bool,
}

impl TimelineRecorder {
    /// The record of an attempt that began at `started`; `log` is that of the attempts before.
    pub fn new(started: Instant, log: Log) -> Self {
        Self {
            started,
            began: SystemTime::now() - started.elapsed(),
            timeline: Timeline::default(),
            published: Arc::default(),
            published_at: None,
            log,
            seen: Vec::new(),
            sampled: Duration::ZERO,
            receiving: 0,
        }
    }

    /// Looks at what came since the last time.
    pub fn sample(&mut self, meters: &[ConnectionCounters]) {
        let now = self.started.elapsed();
        self.timeline.advance(now);
        self.seen.resize_with(meters.len(), Seen::default);
        let of = |(index, meter): (usize, &ConnectionCounters)| {
            let events = meter.events.take().into_iter();
            events.map(move |(at, event)| (at, index, event))
        };
        let mut events: Vec<_> = meters.iter().enumerate().flat_map(of).collect();
        events.sort_by_key(|(at, ..)| *at);
        for (at, index, event) in events {
            let at = at.saturating_duration_since(self.started);
            self.happened(index, at, event, meters.len());
        }
        for (index, meter) in meters.iter().enumerate() {
            self.count(index, meter.bytes(), now);
        }
        self.sampled = now;
    }

    /// Takes the bytes of one connection into account.
    fn count(&mut self, index: usize, bytes: u64, now: Duration) {
        let came = bytes - self.seen[index].bytes;
        let state = self.timeline.track(index).state();
        let number = index + 1;
        if came > 0 {
            let still = now.saturating_sub(self.seen[index].last_byte);
            self.seen[index].bytes = bytes;
            self.seen[index].last_byte = now;
            self.timeline.came(index, self.sampled, now, came);
            if state == Some(ConnectionState::Stalled) {
                self.timeline
                    .track(index)
                    .turn(now, ConnectionState::Receiving);
                self.info(
                    now,
                    format!("Connection {number} receives again after {}", time(still)),
                );
            }
        } else if state == Some(ConnectionState::Receiving) {
            let last = self.seen[index].last_byte;
            if now.saturating_sub(last) >= STALL {
                self.timeline
                    .track(index)
                    .turn(last, ConnectionState::Stalled);
                self.warn(
                    now,
                    format!(
                        "Connection {number} stands still: no byte for {}",
                        time(STALL)
                    ),
                );
            }
        }
    }

    fn happened(&mut self, index: usize, at: Duration, event: ConnectionEvent, all: usize) {
        let number = index + 1;
        match event {
            ConnectionEvent::State(state) => {
                self.timeline.track(index).turn(at, state);
                if state == ConnectionState::Receiving {
                    self.seen[index].last_byte = at;
                    self.first_byte(index, at, all);
                }
            }
            ConnectionEvent::Stole(victim) => {
                let from = victim + 1;
                self.timeline.track(index).stole(at, from as u16);
                self.info(
                    at,
                    format!("Connection {number} took half of what connection {from} had left"),
                );
            }
            ConnectionEvent::Lost(reason) => {
                self.warn(at, format!("Connection {number} was lost: {reason}"));
            }
            ConnectionEvent::Packet(packet) => self.timeline.arrived(Arrival {
                at,
                packet,
                connection: number as u16,
            }),
        }
    }

    /// Says when the first connection receives, and when all do: of fifty the others would be noise.
    fn first_byte(&mut self, index: usize, at: Duration, all: usize) {
        if std::mem::replace(&mut self.seen[index].has_received, true) {
            return;
        }
        self.receiving += 1;
        if self.receiving == 1 {
            let number = index + 1;
            self.info(
                at,
                format!(
                    "The first byte came after {} over connection {number}",
                    time(at)
                ),
            );
        } else if self.receiving == all {
            self.info(
                at,
                format!("All {all} connections receive after {}", time(at)),
            );
        }
    }

    /// Something happened.
    pub fn info(&mut self, since_start: Duration, words: String) {
        self.push(since_start, words, false);
    }

    /// Something went wrong.
    pub fn warn(&mut self, since_start: Duration, words: String) {
        self.push(since_start, words, true);
    }

    fn push(&mut self, since_start: Duration, words: String, trouble: bool) {
        let at = self.began + since_start;
        self.log.push(LogLine {
            at,
            since_start,
            words,
            trouble,
            times: 1,
        });
    }

    /// What connection `index` does, where that is more than it knows itself.
    pub fn is_stalled(&self, index: usize) -> bool {
        let track = self.timeline.tracks.get(index);
        track.is_some_and(|track| track.state() == Some(ConnectionState::Stalled))
    }

    /// The time line as it was within the last moments; with `now`, as it is.
    pub fn timeline(&mut self, now: bool) -> Arc<Timeline> {
        let is_due = |at: Instant| at.elapsed() >= PUBLISH_EVERY;
        if now || self.published_at.is_none_or(is_due) {
            self.published_at = Some(Instant::now());
            self.published = Arc::new(self.timeline.clone());
        }
        Arc::clone(&self.published)
    }

    /// The log so far.
    pub fn log(&mut self) -> Arc<[LogLine]> {
        self.log.snapshot()
    }
}

/// A time in a sentence, with about two digits.
pub(crate) fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        secs if secs >= 9.95 => format!("{secs:.0} s"),
        secs if secs >= 0.995 => format!("{secs:.1} s"),
        secs if secs >= 0.00995 => format!("{:.0} ms", secs * 1000.0),
        secs => format!("{:.1} ms", secs * 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(recorder: &mut TimelineRecorder) -> Vec<String> {
        recorder.log().iter().map(|l| l.words.clone()).collect()
    }

    #[test]
    fn a_connection_that_stands_still_is_seen_from_its_last_byte_on() {
        let started = Instant::now()
            .checked_sub(Duration::from_secs(60))
            .unwrap_or_else(Instant::now);
        let meters = [ConnectionCounters::default()];
        let mut recorder = TimelineRecorder::new(started, Log::default());
        meters[0].received(1000, || Duration::ZERO);
        recorder.sample(&meters);
        let last = recorder.seen[0].last_byte;
        recorder.count(0, 1000, last + STALL / 2);
        assert!(!recorder.is_stalled(0));
        recorder.count(0, 1000, last + STALL);
        assert!(recorder.is_stalled(0));
        recorder.count(0, 1000, last + STALL * 2);
        recorder.count(0, 2000, last + STALL * 3);
        assert!(!recorder.is_stalled(0));
        let states: Vec<_> = recorder.timeline(true).tracks[0].states.clone();
        assert_eq!(states[1], (last, ConnectionState::Stalled));
        assert_eq!(states[2], (last + STALL * 3, ConnectionState::Receiving));
        let words = words(&mut recorder);
        assert_eq!(words[1], "Connection 1 stands still: no byte for 1.0 s");
        assert_eq!(words[2], "Connection 1 receives again after 3.0 s");
        assert_eq!(words.len(), 3, "said once: {words:?}");
    }

    #[test]
    fn what_connections_note_down_is_recorded_with_its_time() {
        let started = Instant::now();
        let meters: Vec<ConnectionCounters> =
            (0..2).map(|_| ConnectionCounters::default()).collect();
        let mut recorder = TimelineRecorder::new(started, Log::default());
        meters[0].set_state(ConnectionState::Waiting);
        meters[0].received(10, || Duration::ZERO);
        meters[1].received(10, || Duration::ZERO);
        meters[1].retried("the server closed it");
        meters[0].packet_completed(7);
        recorder.sample(&meters);
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
        let said = words(&mut recorder).join("\n");
        for part in [
            "over connection 1",
            "All 2 connections",
            "Connection 2 was lost: the server",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
