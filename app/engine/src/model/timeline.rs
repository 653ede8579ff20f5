//! What each connection of a download did over time: states, bytes, thefts, arrivals of packets.
//!
//! 1. Memory is bounded whatever the length of the download: time is cut into at most [`MAX_SLOTS`]
//!    slots, and when they are full each two become one. So a download of 20 ms has slots of a
//!    millisecond, and one of an hour has slots of eight seconds.
//! 2. States and thefts have their exact times; of too many the shortest span is forgotten.
//! 3. Of packets about [`MAX_ARRIVALS`] are noted, evenly spread over the file.

use std::time::Duration;

use super::connection_state::ConnectionState;

/// The most slots of time.
pub const MAX_SLOTS: usize = 512;
/// How long a slot is at first.
const FIRST_SLOT: Duration = Duration::from_millis(1);
/// The most spans of states, and the most thefts, of one connection.
const MAX_SPANS: usize = 256;
/// How many packets are noted of a whole file, about.
pub const MAX_ARRIVALS: u64 = 2048;

/// What the connections of one attempt did, from its start.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// How long a slot is.
    pub slot: Duration,
    /// Until when something is known, from the start.
    pub until: Duration,
    /// The connections, by number.
    pub tracks: Vec<Track>,
    /// Packets in the order in which they came.
    pub arrivals: Vec<Arrival>,
}

/// What one connection did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// Bytes that came in each slot; slots after the last byte are left out.
    pub bytes: Vec<f32>,
    /// What it did from when on, in order of time.
    pub states: Vec<(Duration, ConnectionState)>,
    /// When it took half of what another had left, and the number of that connection, from 1.
    pub thefts: Vec<(Duration, u16)>,
}

/// A packet that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    /// When, from the start.
    pub at: Duration,
    /// Its packet id.
    pub packet: u64,
    /// Over which connection, from 1.
    pub connection: u16,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            slot: FIRST_SLOT,
            until: Duration::ZERO,
            tracks: Vec::new(),
            arrivals: Vec::new(),
        }
    }
}

impl Timeline {
    /// Whether nothing is known: nothing happened, or it was too long ago to be kept.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// How many slots have begun.
    pub fn slots(&self) -> usize {
        self.index(self.until) + 1
    }

    /// Bytes a second of one track, with each `per` slots (at least 1) taken together.
    pub fn rates<'a>(&'a self, track: &'a Track, per: usize) -> impl Iterator<Item = f64> + 'a {
        let per = per.max(1);
        (0..self.slots().div_ceil(per)).map(move |column| {
            let slots = column * per..((column + 1) * per).min(track.bytes.len());
            let bytes: f32 = track.bytes.get(slots).unwrap_or_default().iter().sum();
            f64::from(bytes) / self.column_secs(column, per)
        })
    }

    /// How much of a column of slots has passed, in seconds: of the last one only a part.
    fn column_secs(&self, column: usize, per: usize) -> f64 {
        let slot = self.slot.as_secs_f64();
        let whole = slot * per as f64;
        let passed = self.until.as_secs_f64() - whole * column as f64;
        // A column that has only just begun says nothing of a rate.
        passed.clamp(slot / 4.0, whole)
    }

    fn index(&self, at: Duration) -> usize {
        (at.as_secs_f64() / self.slot.as_secs_f64()) as usize
    }

    /// Nothing is known beyond `until`, which never goes back.
    pub(crate) fn advance(&mut self, until: Duration) {
        self.until = self.until.max(until);
        while self.index(self.until) >= MAX_SLOTS {
            self.slot *= 2;
            for track in &mut self.tracks {
                track.bytes = track.bytes.chunks(2).map(|two| two.iter().sum()).collect();
            }
        }
    }

    /// The track of the connection with this index.
    pub(crate) fn track(&mut self, index: usize) -> &mut Track {
        if self.tracks.len() <= index {
            self.tracks.resize_with(index + 1, Track::default);
        }
        &mut self.tracks[index]
    }

    /// Bytes came over a connection between two moments, evenly as far as anyone knows.
    pub(crate) fn came(&mut self, index: usize, from: Duration, to: Duration, bytes: u64) {
        self.advance(to);
        let slot = self.slot.as_secs_f64();
        let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
        let (first, last) = ((from / slot) as usize, (to / slot) as usize);
        let per_sec = bytes as f64 / (to - from).max(1e-9);
        let track = self.track(index);
        if track.bytes.len() <= last {
            track.bytes.resize(last + 1, 0.0);
        }
        for index in first..=last {
            let begins = (slot * index as f64).max(from);
            let ends = (slot * (index + 1) as f64).min(to);
            track.bytes[index] += (per_sec * (ends - begins).max(0.0)) as f32;
        }
    }

    /// A packet came.
    pub(crate) fn arrived(&mut self, arrival: Arrival) {
        // Packets that come again are few, but nobody promises it.
        if self.arrivals.len() < 2 * MAX_ARRIVALS as usize {
            self.arrivals.push(arrival);
        }
    }
}

impl Track {
    /// What it does at the end of what is known.
    pub fn state(&self) -> Option<ConnectionState> {
        self.states.last().map(|(_, state)| *state)
    }

    /// It does something else from `at` on.
    pub(crate) fn turn(&mut self, at: Duration, state: ConnectionState) {
        if self.state() == Some(state) {
            return;
        }
        if self.states.len() >= MAX_SPANS {
            let spans = self.states.windows(2).map(|two| two[1].0 - two[0].0);
            // The first says when it began, so it stays.
            let shortest = spans.enumerate().skip(1).min_by_key(|(_, span)| *span);
            if let Some((index, _)) = shortest {
                self.states.remove(index);
            }
        }
        self.states.push((at, state));
    }

    /// It took half of what connection `from` (from 1) had left.
    pub(crate) fn stole(&mut self, at: Duration, from: u16) {
        if self.thefts.len() < MAX_SPANS {
            self.thefts.push((at, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_short_download_is_seen_by_the_millisecond() {
        let mut timeline = Timeline::default();
        timeline.came(0, ms(1), ms(3), 2000);
        timeline.came(0, ms(3), ms(4), 3000);
        assert_eq!(timeline.tracks[0].bytes[..4], [0.0, 1000.0, 1000.0, 3000.0]);
        let rates = |per| -> Vec<f64> { timeline.rates(&timeline.tracks[0], per).collect() };
        assert_eq!(rates(1)[..4], [0.0, 1.0e6, 1.0e6, 3.0e6]);
        assert_eq!(rates(2)[..2], [0.5e6, 2.0e6]);
    }

    #[test]
    fn spans_stay_bounded_and_the_first_and_last_stay() {
        let mut track = Track::default();
        for i in 0..5000 {
            let state = [ConnectionState::Waiting, ConnectionState::Receiving][i as usize % 2];
            track.turn(ms(i * i), state);
        }
        assert!(track.states.len() <= MAX_SPANS);
        assert_eq!(track.states[0], (ms(0), ConnectionState::Waiting));
        assert_eq!(track.state(), Some(ConnectionState::Receiving));
    }

    proptest! {
        /// However long it takes: no byte is lost, and memory is bounded.
        #[test]
        fn bytes_are_kept_and_slots_bounded(
            steps in prop::collection::vec((1u64..3_000_000, 0u64..1 << 20, 0usize..4), 1..80),
        ) {
            let mut timeline = Timeline::default();
            let (mut at, mut all) = ([Duration::ZERO; 4], 0);
            for (micros, bytes, index) in steps {
                let to = timeline.until.max(at[index]) + Duration::from_micros(micros);
                timeline.came(index, at[index], to, bytes);
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
