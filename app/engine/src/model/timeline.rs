//! The activity of each connection over time: states, bytes, steals and packet arrivals.
//!
//! 1. Memory is bounded whatever the length of the download. Time is divided into at most
//!    [`MAX_SLOTS`] slots; when all are used, each two are merged. A download of 30 ms has slots of
//!    1/16 ms, and one of an hour has slots of 8 s.
//! 2. States and steals have their exact times. Of too many, the shortest span is dropped.
//! 3. About [`MAX_ARRIVALS`] packet arrivals are recorded, evenly spread over the file.

use std::time::Duration;

use super::connection_state::ConnectionState;

/// Most slots of a timeline.
pub const MAX_SLOTS: usize = 512;
/// Length of the slots of a new timeline: over loopback a file of 5 MB is there in 30 ms.
const FIRST_SLOT: Duration = Duration::from_nanos(62_500);
/// Most state spans, and most steals, of one connection.
pub(crate) const MAX_SPANS: usize = 256;
/// Approximate number of packet arrivals recorded for a whole file.
pub const MAX_ARRIVALS: u64 = 2048;
/// Most packet arrivals that are kept, with those of packets that arrived twice.
pub(crate) const MAX_KEPT_ARRIVALS: usize = 2 * MAX_ARRIVALS as usize;

/// The activity of the connections of one attempt. All times count from its start.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Length of a slot.
    pub slot: Duration,
    /// Time up to which the timeline is recorded.
    pub until: Duration,
    /// The connections, by number.
    pub tracks: Vec<Track>,
    /// Packet arrivals, in order of time.
    pub arrivals: Vec<Arrival>,
    /// Time at which the last byte of the file arrived; from then on the file is checked and flushed.
    /// `None` before.
    pub received: Option<Duration>,
}

/// The activity of one connection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// Bytes received in each slot. Slots after the last byte are left out.
    pub bytes: Vec<f32>,
    /// States with the times of their starts, in order of time.
    pub states: Vec<(Duration, ConnectionState)>,
    /// Times at which it stole half of the remaining work of another connection, and the number of
    /// that connection, from 1.
    pub steals: Vec<(Duration, u16)>,
}

/// The arrival of a packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// Time of the arrival.
    pub at: Duration,
    /// Packet id.
    pub packet: u64,
    /// Number of the connection, from 1.
    pub connection: u16,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            slot: FIRST_SLOT,
            until: Duration::ZERO,
            tracks: Vec::new(),
            arrivals: Vec::new(),
            received: None,
        }
    }
}

impl Timeline {
    /// Returns whether nothing is recorded: there was no activity, or it was too long ago to be
    /// kept.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// Returns the number of slots that have started.
    pub fn slots(&self) -> usize {
        self.index(self.until) + 1
    }

    /// Returns the rates of `track` in bytes per second, for each `per` slots (at least 1) merged.
    pub fn rates<'a>(&'a self, track: &'a Track, per: usize) -> impl Iterator<Item = f64> + 'a {
        let per = per.max(1);
        (0..self.slots().div_ceil(per)).map(move |column| {
            let slots = column * per..((column + 1) * per).min(track.bytes.len());
            let bytes: f32 = track.bytes.get(slots).unwrap_or_default().iter().sum();
            f64::from(bytes) / self.column_secs(column, per)
        })
    }

    /// Returns the bytes that `track` had received at time `at`, as if those of a slot came evenly.
    pub fn bytes_at(&self, track: &Track, at: Duration) -> f64 {
        let (whole, part) = self.split(at);
        let before: f64 = track.bytes.iter().take(whole).map(|b| f64::from(*b)).sum();
        before + part * f64::from(track.bytes.get(whole).copied().unwrap_or(0.0))
    }

    /// Returns the timeline as it was at time `at`.
    #[must_use]
    pub fn up_to(&self, at: Duration) -> Self {
        let at = at.min(self.until);
        let (whole, part) = self.split(at);
        let track = |track: &Track| {
            let started = (whole + 1).min(track.bytes.len());
            let mut bytes = track.bytes[..started].to_vec();
            if let Some(last) = bytes.get_mut(whole) {
                *last *= part as f32;
            }
            Track {
                bytes,
                states: until(&track.states, at),
                steals: until(&track.steals, at),
            }
        };
        let arrived = self.arrivals.partition_point(|arrival| arrival.at <= at);
        Self {
            slot: self.slot,
            until: at,
            tracks: self.tracks.iter().map(track).collect(),
            arrivals: self.arrivals[..arrived].to_vec(),
            received: self.received.filter(|received| *received <= at),
        }
    }

    /// Returns the number of slots before the one of time `at`, and the elapsed part of that one, 0 to 1.
    fn split(&self, at: Duration) -> (usize, f64) {
        let whole = self.index(at);
        let start = self.slot.as_secs_f64() * whole as f64;
        let end = (start + self.slot.as_secs_f64()).min(self.until.as_secs_f64());
        let part = (at.as_secs_f64() - start) / (end - start).max(1e-9);
        (whole, part.clamp(0.0, 1.0))
    }

    /// Returns the elapsed part of a column of slots, in seconds. The last column has only a part.
    fn column_secs(&self, column: usize, per: usize) -> f64 {
        let slot = self.slot.as_secs_f64();
        let whole = slot * per as f64;
        let passed = self.until.as_secs_f64() - whole * column as f64;
        // A column that has just started is too short to measure a rate.
        passed.clamp(slot / 4.0, whole)
    }

    fn index(&self, at: Duration) -> usize {
        (at.as_secs_f64() / self.slot.as_secs_f64()) as usize
    }

    /// Extends the timeline to `until`, which never goes back.
    pub(crate) fn advance(&mut self, until: Duration) {
        self.until = self.until.max(until);
        while self.index(self.until) >= MAX_SLOTS {
            self.slot *= 2;
            for track in &mut self.tracks {
                track.bytes = track.bytes.chunks(2).map(|two| two.iter().sum()).collect();
            }
        }
    }

    /// Returns the track of connection `index`, created if it does not exist.
    pub(crate) fn track(&mut self, index: usize) -> &mut Track {
        if self.tracks.len() <= index {
            self.tracks.resize_with(index + 1, Track::default);
        }
        &mut self.tracks[index]
    }

    /// Adds bytes that connection `index` received between two times, spread evenly over them.
    pub(crate) fn add_bytes(&mut self, index: usize, from: Duration, to: Duration, bytes: u64) {
        self.advance(to);
        let slot = self.slot.as_secs_f64();
        // Packets may complete at the same time.
        let (from, to) = (
            from.as_secs_f64().min(to.as_secs_f64() - 1e-6),
            to.as_secs_f64(),
        );
        let from = from.max(0.0);
        let (first, last) = ((from / slot) as usize, (to / slot) as usize);
        let per_sec = bytes as f64 / (to - from).max(1e-9);
        let track = self.track(index);
        if track.bytes.len() <= last {
            track.bytes.resize(last + 1, 0.0);
        }
        for index in first..=last {
            let start = (slot * index as f64).max(from);
            let end = (slot * (index + 1) as f64).min(to);
            track.bytes[index] += (per_sec * (end - start).max(0.0)) as f32;
        }
    }

    /// Adds a packet arrival.
    pub(crate) fn add_arrival(&mut self, arrival: Arrival) {
        // Packets that arrive twice are few, but nothing bounds their number.
        if self.arrivals.len() < MAX_KEPT_ARRIVALS {
            // Connections are sampled one after the other, so a few come out of order.
            let later = self.arrivals.iter().rev();
            let later = later.take_while(|other| other.at > arrival.at).count();
            self.arrivals.insert(self.arrivals.len() - later, arrival);
        }
    }
}

impl Track {
    /// Returns the state at the end of the timeline.
    pub fn state(&self) -> Option<ConnectionState> {
        self.states.last().map(|(_, state)| *state)
    }

    /// Records a change of state at time `at`.
    pub(crate) fn set_state(&mut self, at: Duration, state: ConnectionState) {
        if self.state() == Some(state) {
            return;
        }
        if self.states.len() >= MAX_SPANS {
            let spans = self.states.windows(2).map(|two| two[1].0 - two[0].0);
            // The first span has the start time of the connection, so it stays.
            let shortest = spans.enumerate().skip(1).min_by_key(|(_, span)| *span);
            if let Some((index, _)) = shortest {
                self.states.remove(index);
            }
        }
        self.states.push((at, state));
    }

    /// Records a steal from connection `victim` (from 1).
    pub(crate) fn add_steal(&mut self, at: Duration, victim: u16) {
        if self.steals.len() < MAX_SPANS {
            self.steals.push((at, victim));
        }
    }
}

/// Returns the entries of a list in order of time up to `at`.
fn until<T: Copy>(entries: &[(Duration, T)], at: Duration) -> Vec<(Duration, T)> {
    let entries = entries.iter().take_while(|(when, _)| *when <= at);
    entries.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn bytes_are_spread_over_the_slots_in_which_they_came() {
        let mut timeline = Timeline {
            slot: ms(1),
            ..Timeline::default()
        };
        timeline.add_bytes(0, ms(1), ms(3), 2000);
        timeline.add_bytes(0, ms(3), ms(4), 3000);
        assert_eq!(timeline.tracks[0].bytes[..4], [0.0, 1000.0, 1000.0, 3000.0]);
        let rates = |per| -> Vec<f64> { timeline.rates(&timeline.tracks[0], per).collect() };
        assert_eq!(rates(1)[..4], [0.0, 1.0e6, 1.0e6, 3.0e6]);
        assert_eq!(rates(2)[..2], [0.5e6, 2.0e6]);
    }

    #[test]
    fn a_timeline_can_be_cut_at_any_time() {
        let mut timeline = Timeline {
            slot: ms(2),
            ..Timeline::default()
        };
        timeline.track(0).set_state(ms(0), ConnectionState::Waiting);
        timeline
            .track(0)
            .set_state(ms(4), ConnectionState::Receiving);
        timeline.add_bytes(0, ms(4), ms(8), 4000);
        timeline.add_bytes(0, ms(8), ms(9), 1000);
        for (at, packet) in [(6, 1), (5, 0), (9, 2)] {
            let at = ms(at);
            let connection = 1;
            timeline.add_arrival(Arrival {
                at,
                packet,
                connection,
            });
        }
        timeline.received = Some(ms(9));
        let bytes = |at| timeline.bytes_at(&timeline.tracks[0], ms(at)).round() as u64;
        let all = [bytes(3), bytes(5), bytes(8), bytes(9), bytes(20)];
        assert_eq!(all, [0, 1000, 4000, 5000, 5000]);
        let cut = timeline.up_to(ms(5));
        let packets: Vec<u64> = cut.arrivals.iter().map(|a| a.packet).collect();
        assert_eq!((packets, cut.received, cut.until), (vec![0], None, ms(5)));
        assert_eq!(cut.tracks[0].state(), Some(ConnectionState::Receiving));
        let kept: f32 = cut.tracks[0].bytes.iter().sum();
        assert!((kept - 1000.0).abs() < 1.0, "{kept}");
        assert_eq!(timeline.up_to(ms(100)), timeline);
    }

    #[test]
    fn spans_stay_bounded_and_the_first_and_last_are_kept() {
        let mut track = Track::default();
        for i in 0..5000 {
            let state = [ConnectionState::Waiting, ConnectionState::Receiving][i as usize % 2];
            track.set_state(ms(i * i), state);
        }
        assert!(track.states.len() <= MAX_SPANS);
        assert_eq!(track.states[0], (ms(0), ConnectionState::Waiting));
        assert_eq!(track.state(), Some(ConnectionState::Receiving));
    }

    proptest! {
        /// Whatever the length of the download, no byte is lost and memory is bounded.
        #[test]
        fn bytes_are_kept_and_slots_bounded(
            steps in prop::collection::vec((1u64..3_000_000, 0u64..1 << 20, 0usize..4), 1..80),
        ) {
            let mut timeline = Timeline::default();
            let (mut at, mut all) = ([Duration::ZERO; 4], 0);
            for (micros, bytes, index) in steps {
                let to = timeline.until.max(at[index]) + Duration::from_micros(micros);
                timeline.add_bytes(index, at[index], to, bytes);
                at[index] = to;
                all += bytes;
            }
            let kept: f64 = timeline.tracks.iter().flat_map(|t| &t.bytes).map(|b| f64::from(*b)).sum();
            prop_assert!((kept - all as f64).abs() <= all as f64 * 1e-3 + 1.0, "{kept} of {all}");
            prop_assert!(timeline.slots() <= MAX_SLOTS);
            prop_assert!(timeline.tracks.iter().all(|t| t.bytes.len() <= MAX_SLOTS));
        }
    }
}
