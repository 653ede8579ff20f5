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
    /// The log says that the rate limit holds the download.
    is_limit_logged: bool,
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
    /// Completion times of packets in this sample, if all packets of the file are recorded.
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
            started_at: SystemTime::now() - started.elapsed(),
            timeline: Timeline::default(),
            published: Arc::default(),
            published_at: None,
            log,
            seen: Vec::new(),
            sampled: Duration::ZERO,
            receiving: 0,
            is_limit_logged: false,
        }
    }

    /// Records the events and bytes since the last sample. `has_all_packets` tells that the connections
    /// record each packet, not only some, so that packets show when bytes came.
    pub fn sample(&mut self, connections: &[ConnectionCounters], has_all_packets: bool) {
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
            if counters.is_held() {
                self.seen[index].held = Some(now);
            }
            self.seen[index].partial = counters.partial();
            if !has_all_packets {
                self.seen[index].packets.clear();
            }
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
                let (number, stalled) = (index + 1, format_duration(now.saturating_sub(last)));
                self.info(now, format!("Connection {number} resumed after {stalled}"));
            }
            Some(ConnectionState::Receiving) if now.saturating_sub(silent_since) >= STALL => {
                let track = self.timeline.track(index);
                track.set_state(silent_since, ConnectionState::Stalled);
                let (number, limit) = (index + 1, format_duration(STALL));
                let text = format!("Connection {number} stalled: no data for {limit}");
                self.warn(now, text);
            }
            _ => {}
        }
    }

    /// Records that the rate limit of the user holds connection `index`.
    fn hold(&mut self, index: usize, now: Duration) {
        let track = self.timeline.track(index);
        track.set_state(now, ConnectionState::Limited);
        if !std::mem::replace(&mut self.is_limit_logged, true) {
            let text = "The speed limit holds the connections back";
            self.info(now, text.to_owned());
        }
    }

    /// Adds `new` bytes of connection `index` since the last sample to the timeline; returns the time of
    /// the last of them. A connection receives from its first byte until it ends. Within that time the
    /// completed packets show when bytes came; those of an incomplete packet are spread evenly after them.
    fn add_bytes(&mut self, index: usize, new: u64, now: Duration) -> Duration {
        let seen = &mut self.seen[index];
        let packets = std::mem::take(&mut seen.packets);
        let to = seen.ended.unwrap_or(now);
        let mut from = seen
            .receives_since
            .unwrap_or_default()
            .max(self.sampled)
            .min(to);
        let tail = if packets.is_empty() {
            new
        } else {
            seen.partial.min(new)
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
                        self.on_first_byte(index, at, count);
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
        recorder.sample(&connections, true);
        let last = recorder.seen[0].last_byte;
        recorder.on_bytes(0, 1000, last + STALL / 2);
        assert_eq!(recorder.derived_state(0), None);
        recorder.on_bytes(0, 1000, last + STALL);
        assert_eq!(recorder.derived_state(0), Some(ConnectionState::Stalled));
        recorder.on_bytes(0, 1000, last + STALL * 2);
        recorder.on_bytes(0, 2000, last + STALL * 3);
        assert_eq!(recorder.derived_state(0), None);
        let states: Vec<_> = recorder.timeline(true).tracks[0].states.clone();
        assert_eq!(states[1], (last, ConnectionState::Stalled));
        assert_eq!(states[2], (last + STALL * 3, ConnectionState::Receiving));
        let texts = texts(&mut recorder);
        assert_eq!(texts[1], "Connection 1 stalled: no data for 1.0 s");
        assert_eq!(texts[2], "Connection 1 resumed after 3.0 s");
        assert_eq!(texts.len(), 3, "logged once: {texts:?}");
    }

    #[test]
    fn a_connection_held_by_the_limit_is_not_stalled() {
        let mut recorder = TimelineRecorder::new(Instant::now(), Log::default());
        let connections = [ConnectionCounters::default()];
        connections[0].received(1000, || Duration::ZERO);
        recorder.sample(&connections, true);
        let last = recorder.sampled;
        recorder.seen[0].held = Some(last);
        recorder.on_bytes(0, 1000, last + STALL / 2);
        assert_eq!(recorder.derived_state(0), Some(ConnectionState::Limited));
        recorder.seen[0].held = Some(last + STALL);
        recorder.on_bytes(0, 1000, last + STALL * 3 / 2);
        assert_eq!(recorder.derived_state(0), Some(ConnectionState::Limited));
        assert_eq!(
            texts(&mut recorder)[1..],
            ["The speed limit holds the connections back"]
        );
        // Without bytes after the wait, the server is silent.
        recorder.on_bytes(0, 1000, last + STALL * 2);
        recorder.on_bytes(0, 1000, last + STALL * 2 + STALL / 2);
        assert_eq!(recorder.derived_state(0), Some(ConnectionState::Stalled));
    }

    #[test]
    fn rates_of_a_short_download_follow_its_packets() {
        let ms = Duration::from_millis;
        let mut recorder = TimelineRecorder::new(Instant::now(), Log::default());
        recorder.seen.resize_with(1, Seen::default);
        // One sample at the end: the first byte after 4 ms, packets after 6 and 8 ms, the end after 8 ms.
        recorder.on_event(
            0,
            ms(1),
            ConnectionEvent::State(ConnectionState::Waiting),
            1,
        );
        recorder.on_event(
            0,
            ms(4),
            ConnectionEvent::State(ConnectionState::Receiving),
            1,
        );
        for (at, packet) in [(6, 0), (8, 1)] {
            recorder.on_event(0, ms(at), ConnectionEvent::Packet(packet), 1);
        }
        recorder.on_event(0, ms(8), ConnectionEvent::State(ConnectionState::Done), 1);
        recorder.on_bytes(0, 2000, ms(30));
        recorder.received_all();
        recorder.timeline.advance(ms(30));
        let timeline = recorder.timeline(true);
        let rates: Vec<f64> = timeline.rates(&timeline.tracks[0], 1).collect();
        let slots: Vec<usize> = (0..rates.len()).filter(|slot| rates[*slot] > 1.0).collect();
        assert_eq!(slots, [4, 5, 6, 7], "{rates:?}");
        assert_eq!(timeline.received, Some(ms(8)));
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
        recorder.sample(&connections, true);
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
